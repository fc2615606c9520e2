#!/usr/bin/env python3
# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
"""Asks a Prometheus for everything that a dashboard shows: each query of each panel must return data.

Prints a line for each panel that begins with PASS or FAIL, and a closing line that counts.
"""

import argparse
import math
import sys
import time
import urllib.error

from dashboards import Prometheus, choose, expressions, fill, load


def problem_of(prometheus, expression):
    """Why the expression shows nothing, or None."""
    try:
        samples = prometheus.query(expression)
    except urllib.error.HTTPError as error:
        return f"{error.code}: {error.read().decode(errors='replace')[:300]}"
    if not samples:
        return "no data"
    if all(math.isnan(float(sample["value"][1])) for sample in samples):
        return "nothing but NaN"
    return None


def look(dashboard, prometheus, interval, chosen):
    """(panel, [problem...]) in the dashboard's order."""
    values, missing = choose(dashboard, prometheus, interval, chosen)
    results = {"variables": missing}
    for title, letter, expression in expressions(dashboard):
        problems = results.setdefault(title, [])
        filled = fill(expression, values)
        problem = problem_of(prometheus, filled)
        if problem:
            problems.append(f"{letter}: {problem}: {filled}")
    return results


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dashboard", help="the dashboard's JSON file")
    parser.add_argument("prometheus", help="its URL, like http://127.0.0.1:9090")
    parser.add_argument("--interval", default="1m", help="for $__rate_interval: at least four scrapes")
    parser.add_argument("--wait", type=float, default=60, help="seconds until everything must have data")
    parser.add_argument("--variable", action="append", default=[], metavar="NAME=VALUE", help="instead of the first found")
    options = parser.parse_args()
    dashboard = load(options.dashboard)
    prometheus = Prometheus(options.prometheus)
    chosen = dict(variable.split("=", 1) for variable in options.variable)

    deadline = time.monotonic() + options.wait
    while True:
        results = look(dashboard, prometheus, options.interval, chosen)
        if not any(results.values()) or time.monotonic() > deadline:
            break
        time.sleep(1)

    for title, problems in results.items():
        print(f"{'FAIL' if problems else 'PASS'} {dashboard['uid']}: {title}")
        for problem in problems:
            print(f"     {problem}")
    failed = sum(1 for problems in results.values() if problems)
    print(f"{len(results) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
