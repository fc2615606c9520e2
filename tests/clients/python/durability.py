# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
"""The halves of a restart test: brokers, or engines inside them, are restarted while they run."""

import threading
import time
from itertools import count as counting
from pathlib import Path

from rocketmq import ConsumeResult, MessageListener

from session import Receiver, within

PATIENCE_S = 240
SENDERS = 4
RETRY_S = 0.05
PACE_S = 0.01


def produce(session):
    """Sends until --count messages are acknowledged; --out gets one message id a line."""
    count, deadline = session.count(2000), within(PATIENCE_S)
    producer = session.producer(session.topic)
    numbers, acked, failures = counting(1), [], []
    lock, never = threading.Lock(), threading.Event()

    def send_until_acked(i):
        while time.monotonic() < deadline:
            try:
                return producer.send(session.message(i)).message_id
            except Exception as error:
                failures.append(error)
                never.wait(RETRY_S)
        return None

    with open(session.options.out, "w", buffering=1) as out:
        def sender():
            while (i := next(numbers)) <= count and (message_id := send_until_acked(i)):
                with lock:
                    out.write(message_id + "\n")
                    acked.append(message_id)

        threads = [threading.Thread(target=sender) for _ in range(SENDERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    print(f"INFO {len(failures)} sends failed and were repeated", flush=True)
    session.report.equal("all-acked", count, len(acked))


def steady(session):
    """Sends at a steady pace, each message once, until there is a file --until: none may fail.

    Brokers are rolled meanwhile. --out gets the id of each acknowledged message.
    """
    until, deadline = Path(session.options.until), within(PATIENCE_S)
    producer = session.producer(session.topic)
    numbers, sent, failures = counting(1), [], []
    never = threading.Event()

    with open(session.options.out, "w", buffering=1) as out:
        def sender():
            while not until.exists() and time.monotonic() < deadline:
                i = next(numbers)
                sent.append(i)
                try:
                    out.write(producer.send(session.message(i)).message_id + "\n")
                except Exception as error:
                    failures.append(error)
                never.wait(PACE_S)

        threads = [threading.Thread(target=sender) for _ in range(SENDERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    print(f"INFO {len(failures)} of {len(sent)} sends failed", flush=True)
    session.report.check("none-failed", not failures, repr(failures[:1]))
    session.report.check("sent-to-the-end", until.exists(), "the roll took too long")


def consume(session):
    """Receives until --expect holds --count ids and all of them were seen."""
    count, expect = session.count(2000), Path(session.options.expect)
    receiver = Receiver(session.simple_consumer(session.topic), 20)
    seen, missing, duplicates, complete = set(), set(), 0, False
    deadline = within(PATIENCE_S)
    while not complete and time.monotonic() < deadline:
        view = receiver.next(within(1))
        if view:
            duplicates += view.message_id in seen
            seen.add(view.message_id)
            # What is not acknowledged, its broker being down, comes again.
            receiver.consumer.ack_async(view)
        if not view or len(seen) >= count:
            acked = _acked(expect)
            missing = acked - seen
            complete = len(acked) == count and not missing
    receiver.close()
    print(f"INFO {duplicates} came more than once", flush=True)
    session.report.check("acked-all-received", complete,
                         f"{len(missing)} acknowledged messages did not come")


class _Seen(MessageListener):
    """Takes every message; remembers which."""

    def __init__(self):
        self.ids = set()

    def consume(self, message):
        self.ids.add(message.message_id)
        return ConsumeResult.SUCCESS


def _acked(expect):
    return set(expect.read_text().split()) if expect.exists() else set()


def _gather(receiver, seen, is_complete, deadline):
    """Receives until is_complete(), which is asked when nothing comes, or a second has gone by."""
    look = time.monotonic()
    while time.monotonic() < deadline:
        view = receiver.next(within(1))
        if view:
            seen.add(view.message_id)
            receiver.consumer.ack_async(view)
        if not view or time.monotonic() > look:
            if is_complete():
                return
            look = within(1)


def follow(session):
    """A push and a simple consumer, in groups of their own, go on while engines are restarted.

    Both get all that --expect says was acknowledged, and a third group, which begins when all is
    over, finds whatever they got: nothing was delivered that was not committed.
    """
    count, expect, group = session.count(2000), Path(session.options.expect), session.group
    deadline = within(PATIENCE_S)
    pushed, received, audited = _Seen(), set(), set()
    push_consumer = session.push_consumer(pushed)
    session.group = f"{group}-simple"
    receiver = Receiver(session.simple_consumer(session.topic), 20)

    def both_have_all():
        acked = _acked(expect)
        return len(acked) == count and acked <= pushed.ids and acked <= received

    _gather(receiver, received, both_have_all, deadline)
    receiver.close()
    push_consumer.shutdown()
    acked, delivered = _acked(expect), pushed.ids | received
    session.group = f"{group}-audit"
    auditor = Receiver(session.simple_consumer(session.topic), 20)
    _gather(auditor, audited, lambda: acked | delivered <= audited, within(60))
    auditor.close()
    report = session.report
    report.equal("all-acked", count, len(acked))
    report.equal("push-misses-nothing", 0, len(acked - pushed.ids))
    report.equal("simple-misses-nothing", 0, len(acked - received))
    report.equal("delivered-was-committed", 0, len(delivered - audited))
