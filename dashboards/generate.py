#!/usr/bin/env python3
# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
"""Writes the dashboards' JSON from source/. With --check it writes nothing and fails if a file is not what source/ says."""

import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "source"))
sys.dont_write_bytecode = True

import cluster  # noqa: E402
import the_operator  # noqa: E402
import topics_and_groups  # noqa: E402


def main():
    check = sys.argv[1:] == ["--check"]
    stale = []
    for module in (cluster, topics_and_groups, the_operator):
        path = HERE / f"{module.DASHBOARD['uid']}.json"
        text = json.dumps(module.DASHBOARD, indent=2) + "\n"
        if not check:
            path.write_text(text)
        elif not path.exists() or path.read_text() != text:
            stale.append(path.name)
    for name in stale:
        print(f"dashboards/{name} is not what dashboards/source says; run dashboards/generate.py")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
