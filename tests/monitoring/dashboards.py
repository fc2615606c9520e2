# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
"""Reads dashboards as Grafana would: their panels, and their expressions with the variables filled in."""

import json
import pathlib
import re
import urllib.parse
import urllib.request


def load(path):
    return json.loads(pathlib.Path(path).read_text())


def panels(dashboard):
    """All that show something, also those in collapsed rows."""
    for panel in dashboard["panels"]:
        for inner in panel.get("panels", []):
            yield inner
        if panel["type"] != "row":
            yield panel


def expressions(dashboard):
    """(panel title, query letter, expression) of each query."""
    for panel in panels(dashboard):
        for query in panel["targets"]:
            yield panel["title"], query["refId"], query["expr"]


def variables(dashboard):
    return {variable["name"]: variable for variable in dashboard["templating"]["list"]}


def fill(text, values):
    """`text` with $name and ${name} replaced."""
    return re.sub(r"\$(?:\{(\w+)\}|(\w+))", lambda match: values[match[1] or match[2]], text)


class Prometheus:
    def __init__(self, url):
        self.url = url.rstrip("/")

    def get(self, path, **parameters):
        """The data of an answer of the HTTP API. urllib.error.HTTPError tells of an expression that does not parse."""
        query = urllib.parse.urlencode(parameters, doseq=True)
        with urllib.request.urlopen(f"{self.url}/api/v1/{path}?{query}", timeout=30) as answer:
            return json.load(answer)["data"]

    def query(self, expression):
        return self.get("query", query=expression)["result"]

    def label_values(self, definition, values):
        """What Grafana's label_values(METRIC, LABEL) finds."""
        metric, label = re.fullmatch(r"label_values\((.*),\s*(\w+)\)", definition).groups()
        return self.get(f"label/{label}/values", **{"match[]": fill(metric, values)})


def choose(dashboard, prometheus, interval, chosen=None):
    """Values for a dashboard's variables: those given, All where that can be chosen, or the first that there is."""
    values = {"__rate_interval": interval, "__interval": interval, "__range": "1h", "datasource": ""}
    missing = []
    for name, variable in variables(dashboard).items():
        if variable["type"] != "query":
            continue
        found = prometheus.label_values(variable["definition"], values)
        # Outside Kubernetes there is no namespace.
        if not found and name != "namespace":
            missing.append(f"variable {name}: {variable['definition']} finds nothing")
        values[name] = variable["allValue"] if variable["includeAll"] else (found or ["none"])[0]
        if chosen and name in chosen:
            values[name] = chosen[name]
    return values, missing
