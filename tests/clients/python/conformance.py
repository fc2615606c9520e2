# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
"""Runs one scenario of the official Python client against --endpoint; exit code 1 on failure."""

import argparse
import os
import sys

import durability
import held
import scenarios
from report import Report
from session import Session

SCENARIOS = [scenarios.transport, scenarios.simple, scenarios.push, scenarios.tags,
             scenarios.redelivery, scenarios.spread, scenarios.errors, durability.produce,
             durability.steady, durability.consume, durability.follow, held.held]


def main():
    by_name = {f.__name__: f for f in SCENARIOS}
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--endpoint", required=True, help="host:port of a broker or nameserver")
    parser.add_argument("--tls", choices=["default", "on", "off"], default="default")
    parser.add_argument("--topic", required=True)
    parser.add_argument("--group", default="")
    parser.add_argument("--scenario", required=True, choices=by_name)
    parser.add_argument("--count", type=int, default=0, help="0 is the scenario's own number")
    parser.add_argument("--brokers", type=int, default=2)
    parser.add_argument("--until", help="file that steady ends with, and that held waits for")
    parser.add_argument("--out", help="produce, steady: file of acknowledged message ids;"
                        " held: of held messages")
    parser.add_argument("--expect", help="consume, follow: file of acknowledged message ids")
    options = parser.parse_args()
    report = Report(options.scenario)
    try:
        by_name[options.scenario](Session(options, report))
    except Exception as error:
        report.check("completes", False, repr(error))
    sys.stdout.flush()
    os._exit(1 if report.failed else 0)  # the client leaves threads behind that are not daemons


if __name__ == "__main__":
    main()
