# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
"""Message number i of a topic: every byte follows from (topic, i)."""

from rocketmq import Message

NOTE = "grüße ✓ 你好"
TAGS = "abc"


def body(topic, i):
    fill = 1 << 20 if i == 0 else i * 37 % 2000
    cycle = bytes((i * 31 + j) & 255 for j in range(256))
    return f"{topic}#{i}:".encode() + (cycle * (fill // 256 + 1))[:fill]


def tag(i):
    return TAGS[i % len(TAGS)]


def message(topic, i):
    m = Message()
    m.topic = topic
    m.body = body(topic, i)
    m.tag = tag(i)
    m.keys = f"key-{i}"  # the setter adds
    m.keys = f"all-{topic}"
    m.add_property("index", str(i))
    m.add_property("note", NOTE)
    return m


def index(view):
    return int(view.properties["index"])


def difference(view):
    """Empty when view is message number index(view) of its topic, or else what differs."""
    i, topic = index(view), view.topic
    if view.corrupted or view.body != body(topic, i):
        return f"body of {i}"
    if view.tag != tag(i):
        return f"tag of {i} is {view.tag}"
    if set(view.keys) != {f"key-{i}", f"all-{topic}"}:
        return f"keys of {i} are {view.keys}"
    if dict(view.properties) != {"index": str(i), "note": NOTE}:
        return f"properties of {i} are {view.properties}"
    return ""
