# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
"""A push consumer works on messages while its brokers are away."""

import threading
import time
from collections import Counter
from pathlib import Path

from rocketmq import ConsumeResult, MessageListener

import payload
from durability import PATIENCE_S
from session import within


class _Holder(MessageListener):
    """Holds the messages 1 to count until it is told to let go; counts all that come."""

    def __init__(self, count, out):
        self.begun, self.done, self.release = Counter(), 0, threading.Event()
        self._count, self._out, self._lock = count, out, threading.Lock()

    def consume(self, message):
        index = payload.index(message)
        with self._lock:
            self.begun[index] += 1
            if index <= self._count:
                self._out.write(f"{index}\n")
        if index <= self._count:
            self.release.wait()
        with self._lock:
            self.done += 1
        return ConsumeResult.SUCCESS


def _await(condition):
    deadline, never = within(PATIENCE_S), threading.Event()
    while not condition() and time.monotonic() < deadline:
        never.wait(0.1)
    return condition()


def held(session):
    """Brokers are away for longer than a delivery is renewed for: no held message comes twice.

    --out gets a line a held message; --until is there when the brokers are back.
    """
    count, until, report = session.count(8), Path(session.options.until), session.report
    with open(session.options.out, "w", buffering=1) as out:
        listener = _Holder(count, out)
        session.push_consumer(listener)
        session.send(range(1, count + 1))
        _await(until.exists)
        session.send(range(count + 1, 2 * count + 1))
        # A delivery that is due again goes before or with what is new in its queue.
        flows = _await(lambda: len(listener.begun) == 2 * count)
        listener.release.set()
        ended = _await(lambda: listener.done >= 2 * count)
        report.check("flows-again", flows, f"got {sorted(listener.begun)}")
        report.check("all-done", ended, f"{listener.done} ended")
        report.equal("each-once", 0, sum(n != 1 for n in listener.begun.values()))
