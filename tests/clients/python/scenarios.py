# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
"""The scenarios of ../README.md. Each is one function of a session."""

import queue
import time
from collections import Counter

from rocketmq import ConsumeResult, Message, MessageListener

import payload
from session import Receiver, within

UNKNOWN = "no-such-topic"
REFUSED = 7
INVISIBLE_S = 10
EXTENDED_S = 20
EARLY_S = 1  # servers may be early by clock granularity, never by so much


def transport(session):
    """One message there and back with the transport that --tls chooses."""
    session.send([1])
    receiver = Receiver(session.simple_consumer(session.topic), 30)
    view = receiver.next(within(30))
    session.report.check(f"tls-{session.options.tls}", view is not None, receiver.last_error)
    if view:
        receiver.consumer.ack(view)
    receiver.close()


def simple(session):
    """Sends synchronously and asynchronously, receives, checks every field, acknowledges."""
    count = session.count(200)
    producer = session.producer(session.topic)
    sent = {i: producer.send(session.message(i)).message_id for i in range(count // 2)}
    session.report.equal("send-sync", count // 2, len(sent))
    futures = {i: producer.send_async(session.message(i)) for i in range(count // 2, count)}
    sent |= {i: future.result(timeout=30).message_id for i, future in futures.items()}
    session.report.equal("send-async", count, len(sent))
    producer.shutdown()
    _receive(session, sent)


def _receive(session, sent, invisible_s=15):
    receiver = Receiver(session.simple_consumer(session.topic), invisible_s)
    received, differences, attempts, again = {}, [], Counter(), 0
    deadline = within(60)
    while view := receiver.next(deadline):
        i = payload.index(view)
        differences.append(payload.difference(view))
        attempts[view.delivery_attempt] += 1
        again += i in received
        received[i] = view.message_id
        receiver.consumer.ack(view)
        if len(received) == len(sent):
            # From here on only a message whose acknowledgement was lost could come.
            deadline = min(deadline, within(invisible_s + 3))
    receiver.close()
    report = session.report
    report.check("receive-all", received.keys() == sent.keys(),
                 f"{len(received)} of {len(sent)}, {receiver.last_error}")
    report.equal("message-ids", sent, received)
    report.check("content", not any(differences), next(filter(None, differences), ""))
    report.equal("first-attempt", {1: len(sent)}, dict(attempts))
    report.equal("acked-stays-away", 0, again)


class _Listener(MessageListener):
    def __init__(self):
        self.deliveries = queue.Queue()

    def consume(self, message):
        i, attempt = payload.index(message), message.delivery_attempt
        self.deliveries.put((i, attempt, payload.difference(message)))
        refuse = i == REFUSED and attempt == 1
        return ConsumeResult.FAILURE if refuse else ConsumeResult.SUCCESS


def push(session):
    """A push consumer gets each message once; the one it refuses at first comes once more."""
    count, listener = session.count(200), _Listener()
    session.push_consumer(listener)
    session.send(range(count))
    times, differences, last = Counter(), [], 0
    deadline = within(90)
    try:
        while True:
            left = max(0.0, deadline - time.monotonic())
            i, attempt, difference = listener.deliveries.get(timeout=left)
            times[i] += 1
            differences.append(difference)
            last = attempt if i == REFUSED else last
            if len(times) == count and times[REFUSED] == 2:
                deadline = min(deadline, within(5))
    except queue.Empty:
        pass
    report = session.report
    report.equal("consumed-all", count, len(times))
    report.check("content", not any(differences), next(filter(None, differences), ""))
    report.equal("refused-comes-again", 2, times[REFUSED])
    report.equal("attempt-of-second-delivery", 2, last)
    del times[REFUSED]
    report.equal("others-exactly-once", 0, sum(n != 1 for n in times.values()))


def tags(session):
    """The expression "a || b" gets the messages tagged a or b, neither c nor untagged ones."""
    count = session.count(60)
    session.send(range(1, count))
    untagged = Message()
    untagged.topic, untagged.body = session.topic, b"untagged"
    untagged.add_property("index", str(count))
    producer = session.producer(session.topic)
    producer.send(untagged)
    producer.shutdown()
    expected = {i for i in range(1, count) if payload.tag(i) != "c"}
    receiver = Receiver(session.simple_consumer(session.topic, "a || b"), 30)
    received, deadline = set(), within(60)
    while view := receiver.next(deadline):
        received.add(payload.index(view))
        receiver.consumer.ack(view)
        if len(received) == len(expected):
            deadline = min(deadline, within(6))
    receiver.close()
    session.report.equal("exactly-a-or-b", expected, received)


def redelivery(session):
    """Message 1 is left alone and comes again after the invisible duration; message 2 has its
    invisible duration extended and comes again later. Both then are in their second attempt."""
    session.send([1, 2])
    report = session.report
    receiver = Receiver(session.simple_consumer(session.topic), INVISIBLE_S)
    first_seen, away, attempts, extra = {}, {}, {}, 0
    deadline = within(120)
    while view := receiver.next(deadline):
        i = payload.index(view)
        if i not in first_seen:
            first_seen[i] = time.monotonic()
            report.equal(f"first-attempt-{i}", 1, view.delivery_attempt)
            if i == 2:
                receiver.consumer.change_invisible_duration(view, EXTENDED_S)
        elif i not in away:
            away[i] = time.monotonic() - first_seen[i]
            attempts[i] = view.delivery_attempt
            receiver.consumer.ack(view)
        else:
            extra += 1
        if len(away) == 2:
            deadline = min(deadline, within(INVISIBLE_S + 2))
    receiver.close()
    report.equal("second-attempts", {1: 2, 2: 2}, attempts)
    report.check("invisible-duration", away.get(1, 0) >= INVISIBLE_S - EARLY_S, f"{away}")
    report.check("changed-invisible-duration", away.get(2, 0) >= EXTENDED_S - EARLY_S, f"{away}")
    report.equal("acked-stays-away", 0, extra)


def spread(session):
    """Messages go to every broker of the route, and one consumer gets them all."""
    count = session.count(64)
    producer = session.producer(session.topic)
    sent_to = {str(producer.send(session.message(i)).message_queue.endpoints)
               for i in range(1, count + 1)}
    producer.shutdown()
    receiver = Receiver(session.simple_consumer(session.topic), 30)
    received, received_from, deadline = set(), set(), within(60)
    while len(received) < count and (view := receiver.next(deadline)):
        received.add(payload.index(view))
        received_from.add(str(view.endpoints))
        receiver.consumer.ack(view)
    receiver.close()
    session.report.equal("received-all", count, len(received))
    session.report.check("sent-to-all-brokers", len(sent_to) == session.options.brokers,
                         f"sent to {sent_to}")
    session.report.equal("received-from-the-same", sent_to, received_from)


def errors(session):
    """Unknown topic, too large a body, a message type that the topic does not take."""
    def plain(topic, size):
        m = Message()
        m.topic, m.body = topic, bytes(size)
        return m

    report = session.report
    producer = session.producer(session.topic)
    # This client keeps the status code of a failed route query to its log, and starts a consumer
    # of an unknown topic all the same.
    report.refused("unknown-topic", lambda: producer.send(plain(UNKNOWN, 1)), "route")
    report.refused("oversized-body",
                   lambda: producer.send(plain(session.topic, (4 << 20) + 1)), "size")
    fifo = plain(session.topic, 1)
    fifo.message_group = "one"
    report.refused("wrong-message-type", lambda: producer.send(fifo), "type")
    producer.send(plain(session.topic, 4 << 20))
    report.check("largest-body", True)
