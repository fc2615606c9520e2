# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
"""A client that says exactly what it is told to: raw RPCs on stubs generated from proto/."""

import itertools
import threading
import time

import grpc
from apache.rocketmq.v2 import definition_pb2 as d
from apache.rocketmq.v2 import service_pb2 as s
from apache.rocketmq.v2 import service_pb2_grpc as rpc

AWAIT_S = 5
LARGE = [("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", -1)]


class Peer:
    """One channel. Talks to the broker at endpoint only, whatever routes say."""

    _serial = itertools.count(1)

    def __init__(self, endpoint, topic, group):
        self.endpoint = endpoint
        self.topic = topic
        self.group = group
        self.client_id = f"badinput@{next(self._serial)}@{time.monotonic_ns()}"
        # Its own connection, not one that grpc shares between channels to the same address.
        options = LARGE + [("grpc.use_local_subchannel_pool", 1)]
        self.channel = grpc.insecure_channel(endpoint, options)
        self.stub = rpc.MessagingServiceStub(self.channel)
        self._closing = threading.Event()
        self._telemetry = None

    def metadata(self, **changes):
        """The headers of a well-behaved client; None leaves one out."""
        headers = {"x-mq-client-id": self.client_id, "x-mq-language": "PYTHON",
                   "x-mq-protocol": "v2", "x-mq-client-version": "5.1.2"}
        headers.update({name.replace("_", "-"): value for name, value in changes.items()})
        return [(name, value) for name, value in headers.items() if value is not None]

    def call(self, method, request, timeout=30, metadata=None):
        return getattr(self.stub, method)(request, timeout=timeout,
                                          metadata=metadata or self.metadata())

    def introduce(self):
        """Opens the telemetry stream as a simple consumer and waits for the settings' answer."""
        settings = d.Settings(
            client_type=d.SIMPLE_CONSUMER,
            subscription=d.Subscription(
                group=resource(self.group),
                subscriptions=[d.SubscriptionEntry(topic=resource(self.topic),
                                                   expression=everything())]))

        def commands():
            yield s.TelemetryCommand(settings=settings)
            self._closing.wait()

        self._telemetry = self.stub.Telemetry(commands(), metadata=self.metadata())
        return next(self._telemetry)

    def close(self):
        self._closing.set()
        self.channel.close()

    def message(self, body=b"x", topic=None, **system):
        system.setdefault("message_id", f"{time.monotonic_ns():034X}")
        system.setdefault("message_type", d.NORMAL)
        system.setdefault("body_encoding", d.IDENTITY)
        return d.Message(topic=resource(self.topic if topic is None else topic), body=body,
                         system_properties=d.SystemProperties(**system))

    def send(self, *messages, **options):
        return self.call("SendMessage", s.SendMessageRequest(messages=messages), **options)

    def receive_request(self, **changes):
        fields = dict(group=resource(self.group), message_queue=self.queue(), batch_size=16,
                      filter_expression=everything())
        fields.update(changes)
        request = s.ReceiveMessageRequest(**fields)
        if "invisible_duration" not in changes:
            request.invisible_duration.seconds = 10
        if "long_polling_timeout" not in changes:
            request.long_polling_timeout.seconds = AWAIT_S
        return request

    def receive(self, timeout=30, **changes):
        """(code of the status, messages)"""
        code, messages = None, []
        for part in self.call("ReceiveMessage", self.receive_request(**changes), timeout):
            if part.HasField("status"):
                code = part.status.code
            elif part.HasField("message"):
                messages.append(part.message)
        return code, messages

    def queue(self):
        """Every queue of the broker."""
        return d.MessageQueue(topic=resource(self.topic), id=-1, permission=d.READ_WRITE)

    def ack(self, handle, message_id="x"):
        entry = s.AckMessageEntry(message_id=message_id, receipt_handle=handle)
        reply = self.call("AckMessage", s.AckMessageRequest(
            group=resource(self.group), topic=resource(self.topic), entries=[entry]))
        return reply.entries[0].status.code if reply.entries else reply.status.code

    def change_invisible(self, message, seconds):
        request = s.ChangeInvisibleDurationRequest(
            group=resource(self.group), topic=resource(self.topic),
            receipt_handle=message.system_properties.receipt_handle,
            message_id=message.system_properties.message_id)
        request.invisible_duration.seconds = seconds
        return self.call("ChangeInvisibleDuration", request)

    def next_message(self, wait_s=60):
        """Receives until something comes: (first message) or None."""
        deadline = time.monotonic() + wait_s
        while time.monotonic() < deadline:
            _, messages = self.receive()
            if messages:
                return messages[0]
        return None


def resource(name):
    return d.Resource(name=name)


def everything():
    return d.FilterExpression(type=d.TAG, expression="*")


def code_name(code):
    return d.Code.Name(code) if code in d.Code.values() else str(code)
