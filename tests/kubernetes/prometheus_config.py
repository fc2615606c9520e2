#!/usr/bin/env python3
# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
"""Makes of a rendered chart (on stdin) the configuration that the Prometheus operator would make of its PodMonitors, with a
scrape each second and the chart's own rules. Prints YAML. Debian's Prometheus cannot ask Kubernetes for Pods, so those that
are there now are written to a file with the labels that it would give them.

usage: prometheus_config.py RULES_FILE PODS_FILE < rendered.yaml      PODS_FILE is written
"""

import json
import re
import subprocess
import sys

import yaml

META = "__meta_kubernetes_"


def snake(name):
    return re.sub(r"[A-Z]", lambda letter: "_" + letter.group().lower(), name)


def label_name(label):
    return META + "pod_label_" + re.sub(r"\W", "_", label)


def targets():
    """A target for each port of each Pod, as of kubernetes_sd_configs with the role pod."""
    pods = json.loads(subprocess.check_output(["kubectl", "get", "pods", "-A", "-o", "json"]))["items"]
    for pod in pods:
        labels = {META + "namespace": pod["metadata"]["namespace"], META + "pod_name": pod["metadata"]["name"],
                  **{label_name(label): value for label, value in pod["metadata"].get("labels", {}).items()}}
        for container in pod["spec"]["containers"]:
            for port in container.get("ports", []):
                yield {"targets": [f"{pod['status'].get('podIP')}:{port['containerPort']}"],
                       "labels": {**labels, META + "pod_container_port_name": port.get("name", "")}}


def keep(source, values):
    return {"action": "keep", "source_labels": [source], "regex": "|".join(map(re.escape, values))}


def scrape_config(monitor, endpoint, number, pods_file):
    spec, metadata = monitor["spec"], monitor["metadata"]
    namespaces = spec.get("namespaceSelector", {})
    selected = [keep(label_name(label), [value]) for label, value in spec["selector"]["matchLabels"].items()]
    if not namespaces.get("any"):
        selected.append(keep(META + "namespace", namespaces.get("matchNames", [metadata["namespace"]])))
    own = [{snake(key): value for key, value in relabeling.items()} for relabeling in endpoint.get("relabelings", [])]
    return {
        "job_name": f"{metadata['namespace']}/{metadata['name']}/{number}",
        "honor_labels": endpoint.get("honorLabels", False),
        "metrics_path": endpoint.get("path", "/metrics"),
        "file_sd_configs": [{"files": [pods_file]}],
        "relabel_configs": selected + [
            keep(META + "pod_container_port_name", [endpoint["port"]]),
            {"source_labels": [META + "namespace"], "target_label": "namespace"},
            {"source_labels": [META + "pod_name"], "target_label": "pod"},
        ] + own,
    }


def main():
    rules, pods_file = sys.argv[1:]
    with open(pods_file, "w", encoding="utf-8") as file:
        json.dump(list(targets()), file)
    monitors = [document for document in yaml.safe_load_all(sys.stdin) if document and document["kind"] == "PodMonitor"]
    configs = [scrape_config(monitor, endpoint, number, pods_file)
               for monitor in monitors for number, endpoint in enumerate(monitor["spec"]["podMetricsEndpoints"])]
    yaml.safe_dump({"global": {"scrape_interval": "1s", "evaluation_interval": "1s"}, "rule_files": [rules],
                    "scrape_configs": configs}, sys.stdout, sort_keys=False)


if __name__ == "__main__":
    main()
