#!/usr/bin/env python3
# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
"""Writes what it reads as one section of bench/RESULTS.md, with date, commit and machine; other sections stay. Lines of JSON
like {"what": "idle", "rss_mib": 21.5} become rows of a table, everything else is Markdown."""

import argparse
import datetime
import json
import os
import pathlib
import platform
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
INTRODUCTION = """# Recorded results

Each section is written by the command that it names, in one run on a machine with nothing else to do.
"""


def machine():
    model = "unknown CPU"
    with open("/proc/cpuinfo", encoding="utf-8") as cpuinfo:
        for line in cpuinfo:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    memory_gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} x {model}, {memory_gib:.0f} GiB, Linux {platform.release()}"


def commit():
    def git(*arguments):
        return subprocess.run(["git", "-C", str(HERE), *arguments], capture_output=True, text=True)
    changed = git("diff", "--quiet", "HEAD", "--", "..", ":!RESULTS.md").returncode != 0
    return (git("rev-parse", "--short", "HEAD").stdout.strip() or "unknown") + (" with local changes" if changed else "")


def figure(name, value):
    return f"{name.replace('_', ' ')} {value:,}" if isinstance(value, (int, float)) else f"{name.replace('_', ' ')} {value}"


def rendered(text):
    """Runs of JSON lines as tables, the rest as it is."""
    lines, in_table = [], False
    for line in text.splitlines():
        if not line.startswith("{"):
            in_table = False
            lines.append(line)
            continue
        if not in_table:
            lines += ["| what | figures |", "|---|---|"]
            in_table = True
        measured = json.loads(line)
        what = measured.pop("what")
        lines.append(f"| {what} | {', '.join(figure(name, value) for name, value in measured.items())} |")
    return "\n".join(lines).strip() + "\n"


def sections_of(path):
    """Title -> text, in their order."""
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    parts = re.split(r"^## (.*)\n", text, flags=re.M)
    return dict(zip(parts[1::2], parts[2::2]))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("section")
    parser.add_argument("--command", required=True, help="what writes the section")
    parser.add_argument("--setting", default="", help="what else the reader must know")
    arguments = parser.parse_args()
    now = datetime.datetime.now(datetime.timezone.utc)
    setting = f" {arguments.setting}." if arguments.setting else ""
    head = f"\n`{arguments.command}`, {now:%Y-%m-%d %H:%M} UTC, commit {commit()}, {machine()}.{setting}\n\n"
    path = HERE / "RESULTS.md"
    sections = sections_of(path)
    sections[arguments.section] = head + rendered(sys.stdin.read())
    path.write_text(INTRODUCTION + "".join(f"\n## {title}\n{text.rstrip()}\n" for title, text in sections.items()),
                    encoding="utf-8")
    print(f"wrote {path}", file=sys.stderr)


if __name__ == "__main__":
    main()
