#!/usr/bin/env python3
# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
"""Checks dashboards and alerts without running anything of Petrel: check_structure.py PROMTOOL WORK_DIR.

Prints lines that begin with PASS or FAIL, and a closing line that counts.
"""

import json
import pathlib
import re
import subprocess
import sys

from dashboards import expressions, fill, load, panels, variables

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = ROOT / "dashboards"
BUILT_IN = {"__rate_interval", "__interval", "__range"}
GRID_WIDTH = 24


def unique_ids(dashboard):
    ids = [panel["id"] for panel in dashboard["panels"]]
    return [f"panel id {i} is there {ids.count(i)} times" for i in sorted(set(ids)) if ids.count(i) > 1]


def unique_titles(dashboard):
    titles = [panel["title"] for panel in panels(dashboard)]
    return [f"title {title} is there twice" for title in sorted(set(titles)) if titles.count(title) > 1]


def grid(dashboard):
    errors = []
    taken = {}
    for panel in dashboard["panels"]:
        position = panel["gridPos"]
        if position["x"] < 0 or position["x"] + position["w"] > GRID_WIDTH:
            errors.append(f"{panel['title']}: beyond the grid's width")
        for x in range(position["x"], position["x"] + position["w"]):
            for y in range(position["y"], position["y"] + position["h"]):
                other = taken.setdefault((x, y), panel["title"])
                if other != panel["title"]:
                    errors.append(f"{panel['title']} and {other} overlap at {x},{y}")
    return errors[:10]


def descriptions(dashboard):
    return [f"{panel['title']}: no unit or no description" for panel in panels(dashboard)
            if not panel["description"] or not panel["fieldConfig"]["defaults"].get("unit")]


def known_variables(dashboard):
    known = set(variables(dashboard)) | BUILT_IN
    return [f"{title}: unknown variable {name}" for title, _, expr in expressions(dashboard)
            for pair in re.findall(r"\$(?:\{(\w+)\}|(\w+))", expr) for name in pair if name and name not in known]


def data_source(dashboard):
    return [f"{panel['title']}: query {query['refId']} does not use the variable" for panel in panels(dashboard)
            for query in panel["targets"] if query["datasource"]["uid"] != "${datasource}"]


def links(dashboard):
    uids = {load(path)["uid"] for path in FOLDER.glob("*.json")}
    linked = {link["url"].rsplit("/", 1)[1] for link in dashboard["links"]}
    return [f"no link to {uid}" for uid in uids - linked - {dashboard["uid"]}] + \
           [f"a link to {uid}, which is not there" for uid in linked - uids]


def parses(dashboard, promtool, work):
    """Every expression as a recording rule, for promtool to read."""
    values = {name: "x" for name in variables(dashboard)} | {name: "1m" for name in BUILT_IN}
    rules = [{"record": f"panel_{number}", "expr": fill(expr, values)}
             for number, (_, _, expr) in enumerate(expressions(dashboard))]
    path = work / f"{dashboard['uid']}-expressions.yaml"
    path.write_text(json.dumps({"groups": [{"name": "expressions", "rules": rules}]}))
    return run([promtool, "check", "rules", "--lint=none", path])


def run(command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    return [] if done.returncode == 0 else [(done.stdout + done.stderr).strip()]


def runbook():
    """Each alert has its chapter, and each chapter its alert."""
    alerts = re.findall(r"^ *- alert: (\w+)$", (FOLDER / "petrel-rules.yaml").read_text(), re.M)
    chapters = re.findall(r"^### (Petrel\w+)$", (ROOT / "docs/monitoring.md").read_text(), re.M)
    return [f"docs/monitoring.md says nothing of {name}" for name in alerts if name not in chapters] + \
           [f"docs/monitoring.md tells of {name}, which is no alert" for name in chapters if name not in alerts]


def main():
    promtool, work = sys.argv[1], pathlib.Path(sys.argv[2])
    checks = [("dashboards/*.json are what dashboards/source says", run([FOLDER / "generate.py", "--check"])),
              ("the rules are sound", run([promtool, "check", "rules", FOLDER / "petrel-rules.yaml"])),
              ("each alert has a runbook", runbook())]
    for path in sorted(FOLDER.glob("*.json")):
        dashboard = load(path)
        checks += [(f"{path.name}: {what}", errors) for what, errors in [
            ("panel ids are unique", unique_ids(dashboard)),
            ("titles are unique", unique_titles(dashboard)),
            ("no panels overlap", grid(dashboard)),
            ("each panel has a unit and a description", descriptions(dashboard)),
            ("all variables exist", known_variables(dashboard)),
            ("all queries use the chosen data source", data_source(dashboard)),
            ("links lead to the other dashboards", links(dashboard)),
            ("every expression parses", parses(dashboard, promtool, work)),
        ]]
    for what, errors in checks:
        print(f"{'FAIL' if errors else 'PASS'} {what}")
        for error in errors:
            print(f"     {error}")
    failed = sum(1 for _, errors in checks if errors)
    print(f"{len(checks) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
