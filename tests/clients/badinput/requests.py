# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
"""Well-formed RPCs with contents that must be refused, each with its status code."""

from apache.rocketmq.v2 import definition_pb2 as d
from apache.rocketmq.v2 import service_pb2 as s

from peer import code_name, resource

BODY_MAX = 4 << 20
ILLEGAL_NAMES = ["a b", "a/b", "../../etc/passwd", "t\u00f6pic", "a\u0000b", "a" * 128]
SYSTEM_TOPICS = ["SCHEDULE_TOPIC_XXXX", "RMQ_SYS_TRANS_HALF_TOPIC", "rmq_sys_REVIVE_LOG_x"]
UNKNOWN = "never-declared"


class Expect:
    """Compares status codes by name."""

    def __init__(self, report):
        self.report = report

    def code(self, name, code, *expected):
        self.report.check(name, code_name(code) in expected,
                          f"expected {' or '.join(expected)}, got {code_name(code)}")

    def sent(self, name, reply, *expected):
        """Of a send both the whole and its entry carry the code."""
        code = reply.entries[0].status.code if reply.entries else reply.status.code
        self.code(name, code, *expected)


def messages(peer, expect):
    """SendMessage with one wrong thing each."""
    def refused(name, expected, *sent):
        expect.sent(name, peer.send(*sent), expected)

    refused("oversized-body", "MESSAGE_BODY_TOO_LARGE", peer.message(bytes(BODY_MAX + 1)))
    refused("empty-body", "MESSAGE_BODY_EMPTY", peer.message(b""))
    refused("blank-tag", "ILLEGAL_MESSAGE_TAG", peer.message(tag=" "))
    refused("tag-with-bar", "ILLEGAL_MESSAGE_TAG", peer.message(tag="a|b"))
    refused("tag-with-control-character", "ILLEGAL_MESSAGE_TAG", peer.message(tag="a\u0001"))
    refused("blank-key", "ILLEGAL_MESSAGE_KEY", peer.message(keys=[" "]))
    refused("blank-message-id", "ILLEGAL_MESSAGE_ID", peer.message(message_id=" "))
    refused("no-messages", "MESSAGE_CORRUPTED")
    refused("two-topics", "MESSAGE_CORRUPTED", peer.message(), peer.message(topic=UNKNOWN))
    fifo = peer.message(message_type=d.FIFO, message_group="one")
    refused("type-of-other-topics", "MESSAGE_PROPERTY_CONFLICT_WITH_TYPE", fifo)
    group = peer.message(message_type=d.FIFO, message_group="g" * 64)
    refused("long-message-group", "ILLEGAL_MESSAGE_GROUP", group)
    for name, properties, expected in [
            ("129-properties", {f"k{i}": "v" for i in range(129)}, "MESSAGE_PROPERTIES_TOO_LARGE"),
            ("large-properties", {"k": "v" * 16385}, "MESSAGE_PROPERTIES_TOO_LARGE"),
            ("reserved-property", {"UNIQ_KEY": "v"}, "ILLEGAL_MESSAGE_PROPERTY_KEY"),
            ("property-with-control-character", {"k\u0002": "v"}, "ILLEGAL_MESSAGE_PROPERTY_KEY")]:
        message = peer.message()
        message.user_properties.update(properties)
        refused(name, expected, message)


def names(peer, expect):
    """Topic and group names that are none, or none of ours."""
    def route(topic):
        return peer.call("QueryRoute", s.QueryRouteRequest(topic=resource(topic))).status.code

    for i, topic in enumerate(ILLEGAL_NAMES):
        expect.code(f"route-of-illegal-topic-{i}", route(topic), "ILLEGAL_TOPIC")
        sent = peer.send(peer.message(topic=topic))
        expect.sent(f"send-to-illegal-topic-{i}", sent, "ILLEGAL_TOPIC")
    for topic in SYSTEM_TOPICS:
        sent = peer.send(peer.message(topic=topic))
        expect.sent(f"send-to-{topic}", sent, "ILLEGAL_TOPIC")
    expect.code("route-of-unknown-topic", route(UNKNOWN), "TOPIC_NOT_FOUND")
    expect.sent("send-to-unknown-topic", peer.send(peer.message(topic=UNKNOWN)), "TOPIC_NOT_FOUND")
    unknown = d.MessageQueue(topic=resource(UNKNOWN), id=-1)
    code, _ = peer.receive(message_queue=unknown)
    expect.code("receive-from-unknown-topic", code, "TOPIC_NOT_FOUND")
    for i, group in enumerate(["a b", "g" * 121, "CID_RMQ_SYS_x"]):
        code, _ = peer.receive(group=resource(group))
        expect.code(f"receive-for-illegal-group-{i}", code, "ILLEGAL_CONSUMER_GROUP")


def client_identity(peer, expect):
    """Every RPC wants a client id; a heartbeat wants settings first."""
    for label, client_id in [("missing", None), ("empty", "")]:
        anonymous = peer.metadata(x_mq_client_id=client_id)
        route = s.QueryRouteRequest(topic=resource(peer.topic))
        for method, request in [("QueryRoute", route), ("Heartbeat", s.HeartbeatRequest()),
                                ("AckMessage", s.AckMessageRequest()),
                                ("NotifyClientTermination", s.NotifyClientTerminationRequest())]:
            code = peer.call(method, request, metadata=anonymous).status.code
            expect.code(f"{method}-with-{label}-client-id", code, "CLIENT_ID_REQUIRED")
        code = peer.send(peer.message(), metadata=anonymous).status.code
        expect.code(f"SendMessage-with-{label}-client-id", code, "CLIENT_ID_REQUIRED")
    stranger = peer.metadata(x_mq_client_id="stranger")
    heartbeat = s.HeartbeatRequest(group=resource(peer.group), client_type=d.SIMPLE_CONSUMER)
    code = peer.call("Heartbeat", heartbeat, metadata=stranger).status.code
    expect.code("heartbeat-without-settings", code, "UNRECOGNIZED_CLIENT_TYPE")
    chatty = peer.metadata(x_mq_language="KLINGON", x_mq_protocol="v9", authorization="none")
    code = peer.call("QueryRoute", route, metadata=chatty).status.code
    expect.code("unknown-language-is-fine", code, "OK")


def receives(peer, expect):
    """Durations and filters out of bounds."""
    def request(name, expected, **changes):
        code, _ = peer.receive(**changes)
        expect.code(name, code, *expected)

    short, long = peer.receive_request(), peer.receive_request()
    short.invisible_duration.seconds = 9
    long.invisible_duration.seconds = 12 * 3600 + 1
    for name, changed in [("short", short), ("long", long)]:
        request(f"{name}-invisible-duration", ["ILLEGAL_INVISIBLE_TIME"],
                invisible_duration=changed.invisible_duration)
    request("deadline-too-near-to-poll", ["ILLEGAL_POLLING_TIME"], timeout=2)
    broken = d.FilterExpression(type=d.SQL, expression="a > > 1")
    # UNSUPPORTED by a broker that has no SQL filters.
    request("broken-sql-filter", ["ILLEGAL_FILTER_EXPRESSION", "UNSUPPORTED"],
            filter_expression=broken)


def receipt_handles(peer, expect):
    """Handles that are no handles, of the past, or replaced."""
    garbage = ["", "x", "1 2 3", "a b c d e f g h i", "9" * 4000, "-1 -1 -1 -1 0 b -1 -1 -1"]
    for i, handle in enumerate(garbage):
        expect.code(f"garbage-handle-{i}", peer.ack(handle), "INVALID_RECEIPT_HANDLE")
    peer.send(peer.message(b"expires"))
    first = peer.next_message()
    second = peer.next_message()
    attempts = [m.system_properties.delivery_attempt for m in (first, second) if m]
    expect.report.equal("comes-again", [1, 2], attempts)
    if not second:
        return
    old = first.system_properties
    code = peer.ack(old.receipt_handle, old.message_id)
    expect.code("expired-handle", code, "INVALID_RECEIPT_HANDLE")
    reply = peer.change_invisible(second, 30)
    expect.code("change-invisible-duration", reply.status.code, "OK")
    replaced = second.system_properties
    code = peer.ack(replaced.receipt_handle, replaced.message_id)
    expect.code("replaced-handle", code, "INVALID_RECEIPT_HANDLE")
    expect.code("new-handle", peer.ack(reply.receipt_handle, replaced.message_id), "OK")
    code = peer.change_invisible(second, 12 * 3600 + 1).status.code
    expect.code("long-change", code, "ILLEGAL_INVISIBLE_TIME")


CHECKS = [messages, names, client_identity, receives, receipt_handles]
