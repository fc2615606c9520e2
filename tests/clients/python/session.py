# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
"""Started clients for one scenario, and a receiver over a SimpleConsumer."""

import queue
import threading
import time

from rocketmq import (ClientConfiguration, Credentials, FilterExpression, Producer, PushConsumer,
                      SimpleConsumer)

import payload

AWAIT_S = 5
RECEIVES = 8
BATCH = 16
RETRY_S = 0.1


class Session:
    def __init__(self, options, report):
        self.options = options
        self.report = report
        self.topic = options.topic
        self.group = options.group

    def _configuration(self):
        return ClientConfiguration(self.options.endpoint, Credentials())

    def _transport(self):
        """--tls default passes nothing: the client's own default is plaintext."""
        return {} if self.options.tls == "default" else {"tls_enable": self.options.tls == "on"}

    def producer(self, *topics):
        producer = Producer(self._configuration(), list(topics), **self._transport())
        producer.startup()
        return producer

    def simple_consumer(self, topic, tags="*"):
        consumer = SimpleConsumer(
            self._configuration(), self.group, {topic: FilterExpression(tags)},
            await_duration=AWAIT_S, **self._transport())
        consumer.startup()
        return consumer

    def push_consumer(self, listener):
        consumer = PushConsumer(
            self._configuration(), self.group, listener, {self.topic: FilterExpression("*")},
            **self._transport())
        consumer.startup()
        return consumer

    def count(self, otherwise):
        return self.options.count or otherwise

    def message(self, i):
        return payload.message(self.topic, i)

    def send(self, numbers):
        producer = self.producer(self.topic)
        for i in numbers:
            producer.send(self.message(i))
        producer.shutdown()


class Receiver:
    """Keeps several receives in flight, because each of them waits at one queue only."""

    def __init__(self, consumer, invisible_s):
        self.consumer = consumer
        self.last_error = "no error"
        self._invisible_s = invisible_s
        self._arrived = queue.Queue()
        self._closed = threading.Event()
        for _ in range(RECEIVES):
            threading.Thread(target=self._loop, daemon=True).start()

    def _loop(self):
        while not self._closed.is_set():
            try:
                for view in self.consumer.receive(BATCH, self._invisible_s):
                    self._arrived.put(view)
            except Exception as error:
                self.last_error = repr(error)
                self._closed.wait(RETRY_S)

    def next(self, deadline):
        """The next message, or None when none comes before the deadline (time.monotonic)."""
        try:
            return self._arrived.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            return None

    def close(self):
        self._closed.set()


def within(seconds):
    return time.monotonic() + seconds
