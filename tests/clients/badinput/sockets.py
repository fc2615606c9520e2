# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
"""Peers that do not speak the protocol at all, or stop in the middle of it."""

import os
import random
import resource
import socket
import struct
import threading
import time

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
SETTINGS = b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"
PATIENCE_S = 60
IDLE = 5000
SILENT = 500
FDS_OF_EARLIER = 320
_pause = threading.Event()


def connect(endpoint):
    host, port = endpoint.rsplit(":", 1)
    return socket.create_connection((host, int(port)), timeout=PATIENCE_S)


def wait_until(condition, seconds=PATIENCE_S):
    """Polls: what is watched is another process."""
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        _pause.wait(0.05)
    return condition()


class Process:
    """File descriptors and resident memory of the server."""

    def __init__(self, pid):
        self._pid = pid

    def fds(self):
        return len(os.listdir(f"/proc/{self._pid}/fd"))

    def rss_mib(self):
        with open(f"/proc/{self._pid}/statm") as f:
            return int(f.read().split()[1]) * resource.getpagesize() >> 20

    def threads(self):
        return len(os.listdir(f"/proc/{self._pid}/task"))


def _frame(kind, flags, stream, payload):
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def garbage(endpoint, report, probe):
    """The server closes what it cannot be, and serves everybody else meanwhile."""
    rng = random.Random(1)
    openings = {
        "random-bytes": b"\x00" + rng.randbytes(4096),
        "http1": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        "not-tls-after-0x16": b"\x16\x03\x01" + rng.randbytes(4096),
        "half-a-preface-then-garbage": PREFACE[:10] + rng.randbytes(4096),
        "garbage-after-the-preface": PREFACE + SETTINGS + b"\xff" * 4096,
        "frame-of-16-MiB": PREFACE + SETTINGS + b"\xff\xff\xff\x00\x00\x00\x00\x00\x01" + bytes(65536),
        "headers-of-garbage": PREFACE + SETTINGS + _frame(1, 4, 1, b"\xbf\xff" * 512),
    }
    for name, opening in openings.items():
        with connect(endpoint) as s:
            try:
                s.sendall(opening)
                while s.recv(65536):
                    pass
                closed = True
            except ConnectionError:
                closed = True
            except TimeoutError:
                closed = False
        report.check(name, closed, f"still open after {PATIENCE_S} s")
    report.check("served-after-garbage", probe(), "no message came through")


def half_open(endpoint, report, probe):
    """Connections that stop before, in and after the opening, and ones that are cut."""
    stopped = []
    for i in range(300):
        s = connect(endpoint)
        s.sendall([b"", b"\x16", b"\x16\x03\x01\x02", PREFACE[:12], PREFACE, PREFACE + SETTINGS]
                  [i % 6])
        stopped.append(s)
    report.check("served-beside-half-open", probe(), "no message came through")
    for i, s in enumerate(stopped):
        if i % 2:  # cut with RST instead of closed
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        s.close()


def idle(endpoint, report, probe, process):
    """5,000 connections that say hello and no more cost no thread each, and 500 that say nothing
    are closed by the server."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, IDLE + 2000)), hard))
    threads, before = process.threads(), process.fds()
    connections = []
    try:
        silent = [connect(endpoint) for _ in range(SILENT)]
        connections += silent
        for _ in range(IDLE):
            s = connect(endpoint)
            connections.append(s)
            s.sendall(PREFACE + SETTINGS)
        # Descriptors of earlier connections may still have been closing.
        enough = before + IDLE - FDS_OF_EARLIER
        report.check("5000-are-accepted", wait_until(lambda: process.fds() >= enough),
                     f"{process.fds() - before} open")
        report.check("served-beside-5000-idle", probe(), "no message came through")
        grown = process.threads() - threads
        report.check("no-thread-each", grown < 64, f"{grown} more threads")
        report.check("silent-are-closed", all(map(_closes, silent)), "still open")
    finally:
        for s in connections:
            s.close()


def _closes(s):
    try:
        return s.recv(1) == b""
    except ConnectionError:
        return True
    except TimeoutError:
        return False
