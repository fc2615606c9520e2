# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
"""The two halves of a restart test: brokers are killed and restarted while both run."""

import threading
import time
from itertools import count as counting
from pathlib import Path

from session import Receiver, within

PATIENCE_S = 240
SENDERS = 4
RETRY_S = 0.05


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
            acked = set(expect.read_text().split()) if expect.exists() else set()
            missing = acked - seen
            complete = len(acked) == count and not missing
    receiver.close()
    print(f"INFO {duplicates} came more than once", flush=True)
    session.report.check("acked-all-received", complete,
                         f"{len(missing)} acknowledged messages did not come")
