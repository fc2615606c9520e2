#!/usr/bin/env python3
"""Prints a file for remarks and a command for each unit of our own sources, a line each.

usage: units.py day|night BUILD_DIR    BUILD_DIR holds compile_commands.json
"""

import json
import pathlib
import shlex
import sys

# A unit includes sources, which is what bugprone-suspicious-include is about.
TIDY = ["clang-tidy-16", "-p", ".", "--quiet", "--checks=-bugprone-suspicious-include"]


def main():
    time, build = sys.argv[1], pathlib.Path(sys.argv[2])
    units = json.loads((build / "compile_commands.json").read_text())
    ours = [unit for unit in units if "/proto/generated/" not in unit["file"]]
    for number, unit in enumerate(ours):
        print(f"remarks/{number}")
        if time == "night":
            print(shlex.join([*TIDY, unit["file"]]))
        else:
            print(unit["command"].replace(" -c ", " -fsyntax-only "))
    return 0 if ours else 1


if __name__ == "__main__":
    sys.exit(main())
