# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
"""Bad input against one broker: a clear status each time, nothing leaks, nobody else notices."""

import argparse
import sys

import requests
import sockets
import streams
from peer import Peer
from report import Report

FD_SLACK = 16
RSS_MIB_SLACK = 24


def make_probe(endpoint, topic, group):
    """A healthy client's whole round on its own connection: true when its message came through."""
    def probe():
        peer = Peer(endpoint, topic, group)
        try:
            peer.introduce()
            sent = peer.message(b"probe")
            peer.send(sent)
            while message := peer.next_message():
                system = message.system_properties
                peer.ack(system.receipt_handle, system.message_id)
                if system.message_id == sent.system_properties.message_id:
                    return True
            return False
        finally:
            peer.close()
    return probe


def every_check(options, report, probe, process):
    peer = Peer(options.endpoint, options.topic, options.group)
    peer.introduce()
    for check in requests.CHECKS:
        check(peer, requests.Expect(report))
    for check in streams.CHECKS:
        check(peer, report)
    peer.close()
    sockets.garbage(options.endpoint, report, probe)
    sockets.half_open(options.endpoint, report, probe)
    if process:
        sockets.idle(options.endpoint, report, probe, process)
    report.check("served-at-the-end", probe(), "no message came through")


class Quiet:
    """Takes the checks of a repetition: only what it leaves behind matters."""

    failed = False

    def check(self, *_):
        pass

    def equal(self, *_):
        pass


def connection_checks(options, probe, process):
    sockets.garbage(options.endpoint, Quiet(), probe)
    sockets.half_open(options.endpoint, Quiet(), probe)
    sockets.idle(options.endpoint, Quiet(), probe, process)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--endpoint", required=True, help="host:port of one broker")
    parser.add_argument("--pid", type=int, help="of that broker; needed for the leak checks")
    parser.add_argument("--topic", required=True, help="empty, type Normal, used by nobody else")
    parser.add_argument("--group", required=True)
    parser.add_argument("--probe-topic", required=True)
    parser.add_argument("--probe-group", required=True)
    options = parser.parse_args()
    report = Report("badinput")
    probe = make_probe(options.endpoint, options.probe_topic, options.probe_group)
    process = sockets.Process(options.pid) if options.pid else None
    try:
        report.check("served-at-the-start", probe(), "no message came through")
        before = process.fds() if process else 0
        every_check(options, report, probe, process)
        if process:
            leaks(options, report, probe, process, before)
    except Exception as error:
        report.check("completes", False, repr(error))
    sys.exit(report.failed)


def leaks(options, report, probe, process, fds_before):
    """The first round may warm up caches and allocators; a second one must not add to that."""
    def settled():
        return process.fds() <= fds_before + FD_SLACK

    report.check("descriptors-return", sockets.wait_until(settled),
                 f"{fds_before} before, {process.fds()} after")
    rss = process.rss_mib()
    connection_checks(options, probe, process)
    report.check("descriptors-return-again", sockets.wait_until(settled),
                 f"{fds_before} before, {process.fds()} after")
    again = process.rss_mib()
    report.check("memory-does-not-grow", again <= rss + RSS_MIB_SLACK,
                 f"{rss} MiB after one round, {again} MiB after two")


if __name__ == "__main__":
    main()
