#!/usr/bin/env python3
# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
"""Rules about the tree that a compiler does not check. Prints what breaks them, and a closing line that counts."""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]

# folder -> folders that its files may include from (besides itself). DESIGN: arrows go one way.
MAY_INCLUDE = {
    "common": set(),
    "common/rpc": {"common"},
    "proto": {"common", "apache/rocketmq", "petrel"},
    "store": {"common"},
    "broker/core": {"common", "store", "petrel"},
    "broker/exchange": {"common", "proto", "petrel", "store", "broker/core"},
    "broker/engine": {"common", "store", "broker/core"},
    "broker": {"common", "common/rpc", "proto", "apache/rocketmq", "petrel", "store", "broker/core", "broker/engine",
               "broker/exchange"},
    "nameserver": {"common", "common/rpc", "proto", "apache/rocketmq", "petrel"},
    "operator": {"common", "common/rpc", "proto", "apache/rocketmq", "petrel"},
    # store: `petrelctl store` looks at a store directory when no broker can, with the code that knows its layout.
    "cli": {"common", "common/rpc", "proto", "apache/rocketmq", "petrel", "operator", "store"},
    "bench": {"common", "common/rpc", "proto", "apache/rocketmq", "petrel", "store", "broker/core"},
    # broker: a test composes a broker on a disk of its own.
    "tests": {"common", "common/rpc", "proto", "apache/rocketmq", "petrel", "store", "broker/core", "broker/engine", "broker/exchange", "broker",
              "operator", "cli"},
}
FIRST_LINE = "Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0"
MAIN_LINES_MAX = 150


def folder_of(path):
    """The longest key of MAY_INCLUDE that is a prefix of path."""
    matches = [f for f in MAY_INCLUDE if path == f or path.startswith(f + "/")]
    return max(matches, key=len) if matches else None


def generated_root(path):
    for root in ("apache/rocketmq", "petrel"):
        if path.startswith(root + "/"):
            return root
    return None


def check_includes(files):
    errors = []
    for name, text in files.items():
        here = folder_of(name)
        if here is None:
            continue
        for included in re.findall(r'^#include "([^"]+)"', text, re.M):
            there = generated_root(included) or folder_of(included)
            if there is None or there == here:
                continue
            if there not in MAY_INCLUDE[here]:
                errors.append(f"{name}: includes {included}, but {here} may include only "
                              f"{', '.join(sorted(MAY_INCLUDE[here])) or 'itself'}")
    return errors


def check_first_lines(files):
    return [f"{name}: the first line is not the copyright line" for name, text in files.items()
            if FIRST_LINE not in text.split("\n", 1)[0]]


def check_mains(files):
    return [f"{name}: {text.count(chr(10))} lines; main.cc only composes (at most {MAIN_LINES_MAX})"
            for name, text in files.items()
            if name.endswith("/main.cc") and not name.startswith("bench/") and text.count("\n") > MAIN_LINES_MAX]


def check_seams(files):
    """core and store take time, chance, threads and files from outside, so that they run in a simulator."""
    forbidden = re.compile(r"std::this_thread::sleep|std::random_device|\brand\(\)|gettimeofday|std::chrono::\w+_clock|"
                           r"clock_gettime|std::fstream|std::ifstream|std::ofstream|\bfopen\(")
    errors = []
    for name, text in files.items():
        if not name.startswith(("broker/core/", "store/")) or name.endswith("_test.cc"):
            continue
        for match in forbidden.finditer(text):
            errors.append(f"{name}: uses {match.group(0)} instead of a seam (Clock, Random, Disk, Executor)")
    return errors


def check_core_has_no_threads(files):
    """The engine gives the core its thread."""
    forbidden = re.compile(r"std::j?thread\b|\bpthread_\w+|std::async\b|#include <(?:thread|future)>")
    return [f"{name}: uses {match.group(0)}; threads belong to broker/engine"
            for name, text in files.items() if name.startswith("broker/core/") and not name.endswith("_test.cc")
            for match in forbidden.finditer(text)]


def check_each_header_is_once(files):
    return [f"{name}: no #pragma once" for name, text in files.items()
            if name.endswith(".h") and "#pragma once" not in text]


def main():
    names = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.cc", "*.h"],
                           cwd=ROOT, check=True, capture_output=True, text=True).stdout.split()
    files = {n: (ROOT / n).read_text() for n in names if (ROOT / n).exists()}
    if not files:
        sys.exit("no sources found")
    checks = [check_includes, check_first_lines, check_mains, check_seams, check_core_has_no_threads, check_each_header_is_once]
    failed = 0
    for check in checks:
        errors = check(files)
        failed += bool(errors)
        for error in errors:
            print(error)
    print(f"{len(checks) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
