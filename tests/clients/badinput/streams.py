# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
"""Broken gRPC: bodies that are no messages, headers too large, streams that end early."""

import grpc
from apache.rocketmq.v2 import service_pb2 as s
from apache.rocketmq.v2 import service_pb2_grpc as rpc

from peer import Peer, resource

SERVICE = "/apache.rocketmq.v2.MessagingService/"
CANCELLED = 200


def _status(call):
    """The gRPC status that a call ends with."""
    try:
        call()
        return grpc.StatusCode.OK
    except grpc.RpcError as error:
        return error.code()


def not_protobuf(peer, report):
    for method in ["SendMessage", "QueryRoute", "AckMessage"]:
        raw = peer.channel.unary_unary(SERVICE + method)
        status = _status(lambda: raw(b"\xff" * 64, timeout=10, metadata=peer.metadata()))
        # Which one it is depends on the gRPC library below.
        report.check(f"{method}-of-garbage", status in (
            grpc.StatusCode.INTERNAL, grpc.StatusCode.INVALID_ARGUMENT,
            grpc.StatusCode.UNKNOWN, grpc.StatusCode.UNIMPLEMENTED), f"ended with {status}")
    raw = peer.channel.unary_unary(SERVICE + "NoSuchMethod")
    status = _status(lambda: raw(b"", timeout=10, metadata=peer.metadata()))
    report.equal("unknown-method", grpc.StatusCode.UNIMPLEMENTED, status)


def huge_header(peer, report):
    other = Peer(peer.endpoint, peer.topic, peer.group)
    for size in (64 << 10, 1 << 20):
        metadata = other.metadata(x_mq_session_token="t" * size)
        route = s.QueryRouteRequest(topic=resource(other.topic))
        status = _status(lambda: other.call("QueryRoute", route, 10, metadata))
        report.check(f"header-of-{size >> 10}-KiB", status in (
            grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.INTERNAL,
            grpc.StatusCode.UNAVAILABLE), f"ended with {status}")
    other.close()


def huge_request(peer, report):
    """Far beyond the body limit: refused by one status or the other, in bounded memory."""
    def send():
        code = peer.send(peer.message(bytes(256 << 20))).status.code
        assert code not in (0, 20000), "was accepted"

    status = _status(send)
    report.check("request-of-256-MiB", status in (
        grpc.StatusCode.OK, grpc.StatusCode.RESOURCE_EXHAUSTED), f"ended with {status}")


def telemetry(peer, report):
    def first_reply(*commands):
        calls = peer.stub.Telemetry(iter(commands), timeout=10, metadata=peer.metadata())
        return _status(lambda: list(calls))

    nothing = first_reply()
    report.equal("telemetry-that-says-nothing", grpc.StatusCode.OK, nothing)
    empty = s.TelemetryCommand()
    empty.settings.SetInParent()
    status = first_reply(empty)
    report.equal("settings-of-neither-kind", grpc.StatusCode.INVALID_ARGUMENT, status)


def cancelled_receives(peer, report):
    """Receives whose clients left take no message with them."""
    calls = [rpc.MessagingServiceStub(peer.channel).ReceiveMessage(
        peer.receive_request(), timeout=30, metadata=peer.metadata()) for _ in range(CANCELLED)]
    for call in calls:
        call.cancel()
    peer.send(peer.message(b"still here"))
    message = peer.next_message(wait_s=30)
    report.check("message-after-cancelled-receives",
                 message is not None and message.body == b"still here", "did not come")
    if message:
        peer.ack(message.system_properties.receipt_handle, message.system_properties.message_id)


CHECKS = [not_protobuf, huge_header, huge_request, telemetry, cancelled_receives]
