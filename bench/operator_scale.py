#!/usr/bin/env python3
# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
"""Measures the operator with thousands of PetrelTopics, as one who uses the Kubernetes API. Prints a line of JSON for each
measurement: idle operator, topics created to all Ready, memory then, writes in a quiet minute, single change to Ready."""

import argparse
import base64
import concurrent.futures
import http.client
import json
import re
import ssl
import tempfile
import threading
import time
import urllib.parse
import urllib.request

API = "/apis/petrel.io/v1alpha1"
PREFIX = "scale-"
CREATORS = 16
READY_S_MAX = 300
IDLE_S_MAX = 5


class Api:
    """The API server with the client certificate of a kubeconfig in JSON; one kept connection for each thread."""

    def __init__(self, kubeconfig):
        config = json.load(open(kubeconfig))
        cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
        self.address = urllib.parse.urlparse(cluster["server"]).netloc
        self.tls = ssl.create_default_context(cadata=decoded(cluster, "certificate-authority"))
        with tempfile.NamedTemporaryFile("w") as pem:
            pem.write(decoded(user, "client-certificate") + decoded(user, "client-key"))
            pem.flush()
            self.tls.load_cert_chain(pem.name)
        self.local = threading.local()

    def connect(self, timeout_s=60):
        return http.client.HTTPSConnection(self.address, context=self.tls, timeout=timeout_s)

    def call(self, method, path, body=None, content_type="application/json"):
        # The API server closes connections that are idle for long.
        if time.monotonic() - getattr(self.local, "used", -1e9) > IDLE_S_MAX:
            self.local.connection = self.connect()
        self.local.used = time.monotonic()
        self.local.connection.request(method, path, json.dumps(body) if body is not None else None,
                                      {"Content-Type": content_type})
        response = self.local.connection.getresponse()
        text = response.read()
        if response.status >= 300:
            raise RuntimeError(f"{method} {path}: {response.status} {text[:300]}")
        return text

    def json(self, method, path, body=None, content_type="application/json"):
        return json.loads(self.call(method, path, body, content_type))

    def watch(self, path, version):
        while True:  # the API server ends a watch when it likes, for one that its reader is slow
            connection = self.connect(READY_S_MAX)
            connection.request("GET", f"{path}?watch=1&resourceVersion={version}")
            response = connection.getresponse()
            rest = b""
            while piece := response.read1(1 << 16):
                *lines, rest = (rest + piece).split(b"\n")
                for event in map(json.loads, lines):
                    version = event["object"].get("metadata", {}).get("resourceVersion", version)
                    yield event


def decoded(holder, key):
    if key in holder:
        return open(holder[key]).read()
    return base64.b64decode(holder[key + "-data"]).decode()


def is_ready(topic):
    return any(c["type"] == "Ready" and c["status"] == "True" and
               c.get("observedGeneration") == topic["metadata"]["generation"]
               for c in topic.get("status", {}).get("conditions", []))


class Readiness:
    """Follows all topics on a thread of its own, and tells when which generation became Ready."""

    def __init__(self, api, path):
        self.changed = threading.Condition()
        self.ready = {}
        listed = api.json("GET", path + "?limit=1")
        thread = threading.Thread(target=self.follow, args=(api, path, listed["metadata"]["resourceVersion"]), daemon=True)
        thread.start()

    def follow(self, api, path, version):
        for event in api.watch(path, version):
            topic = event["object"]
            is_ours = topic.get("metadata", {}).get("name", "").startswith(PREFIX)
            if event["type"] in ("ADDED", "MODIFIED") and is_ours and is_ready(topic):
                with self.changed:
                    self.ready[topic["metadata"]["name"]] = (topic["metadata"]["generation"], time.monotonic())
                    self.changed.notify_all()
            elif event["type"] == "ERROR":
                raise RuntimeError(f"the watch of {path}: {topic}")

    def wait(self, condition):
        with self.changed:
            if not self.changed.wait_for(lambda: condition(self.ready), READY_S_MAX):
                raise RuntimeError(f"not Ready in {READY_S_MAX} s: {len(self.ready)} are")
            return dict(self.ready)


def metrics_of(url):
    values = {}
    for line in urllib.request.urlopen(url, timeout=10).read().decode().splitlines():
        if not line.startswith("#"):
            name, value = line.rsplit(" ", 1)
            values[name] = float(value)
    return values


class OperatorProcess:
    """The replica that leads, by its metrics."""

    def __init__(self, api, namespace, urls):
        if not urls:
            selector = "app.kubernetes.io/name%3Dpetrel-operator"
            pods = api.json("GET", f"/api/v1/namespaces/{namespace}/pods?labelSelector={selector}")
            urls = [f"http://{pod['status']['podIP']}:8082/metrics" for pod in pods["items"]]
        self.url = next(url for url in urls if metrics_of(url).get("petrel_operator_leader") == 1)
        self.others = [url for url in urls if url != self.url]

    def metrics(self):
        return metrics_of(self.url)

    @staticmethod
    def rss_mib(metrics):
        return round(metrics["process_resident_memory_bytes"] / 2**20, 1)


def server_writes(api):
    """Writes of our kinds and of what the operator owns, as the API server counts them; the leader's Lease is none."""
    pattern = re.compile(r'^apiserver_request_total\{.*resource="(petrel\w+|pods|services|configmaps|persistentvolumeclaims|'
                         r'poddisruptionbudgets|events)".*verb="(POST|PUT|PATCH|APPLY|DELETE)"')
    return sum(float(line.rsplit(" ", 1)[1]) for line in api.call("GET", "/metrics").decode().splitlines()
               if pattern.match(line))


def tell(what, **numbers):
    print(json.dumps({"what": what, **numbers}), flush=True)


def percentile(sorted_values, fraction):
    return sorted_values[min(len(sorted_values) - 1, int(fraction * len(sorted_values)))]


def measure_quiet(what, api, operator, seconds):
    writes, before, began = server_writes(api), operator.metrics(), time.monotonic()
    time.sleep(seconds)
    after, took = operator.metrics(), time.monotonic() - began
    changes = sum(v - before.get(k, 0) for k, v in after.items() if k.startswith("petrel_operator_broker_changes_total"))
    cpu = after["process_cpu_seconds_total"] - before["process_cpu_seconds_total"]
    tell(what, seconds=round(took, 1), api_writes=server_writes(api) - writes, broker_writes=changes,
         cpu_percent=round(100 * cpu / took, 2), rss_mib=operator.rss_mib(after))


def create_topics(api, path, cluster, count, readiness):
    def create(i):
        api.call("POST", path, {"apiVersion": "petrel.io/v1alpha1", "kind": "PetrelTopic",
                                "metadata": {"name": f"{PREFIX}{i:05}"},
                                "spec": {"clusterRef": {"name": cluster}, "queuesPerBroker": 1}})

    began = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(CREATORS) as pool:
        list(pool.map(create, range(count)))
    created = time.monotonic()
    readiness.wait(lambda ready: len(ready) == count)
    tell(f"{count} topics created to all Ready", seconds=round(time.monotonic() - began, 2),
         creating_seconds=round(created - began, 2))


def measure_changes(api, path, count, readiness, rounds):
    latencies = []
    for i in range(rounds):
        name = f"{PREFIX}{i * 37 % count:05}"
        began = time.monotonic()
        topic = api.json("PATCH", f"{path}/{name}", {"spec": {"queuesPerBroker": 2 + i // count}},
                         "application/merge-patch+json")
        generation = topic["metadata"]["generation"]
        ready = readiness.wait(lambda r, n=name, g=generation: r.get(n, (0, 0))[0] >= g)
        latencies.append(1000 * (ready[name][1] - began))
        time.sleep(0.2)
    latencies.sort()
    tell("single change to Ready", changes=rounds, p50_ms=round(percentile(latencies, 0.5), 1),
         p99_ms=round(percentile(latencies, 0.99), 1), max_ms=round(latencies[-1], 1))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kubeconfig", required=True)
    parser.add_argument("--namespace", required=True)
    parser.add_argument("--cluster", required=True)
    parser.add_argument("--operator-namespace", default="petrel-system", help="its Pods are looked for there")
    parser.add_argument("--operator-metrics", action="append", default=[], help="or URLs of /metrics, one a replica")
    parser.add_argument("--topics", type=int, default=5000)
    parser.add_argument("--changes", type=int, default=200)
    parser.add_argument("--quiet-seconds", type=int, default=60)
    arguments = parser.parse_args()
    api = Api(arguments.kubeconfig)
    path = f"{API}/namespaces/{arguments.namespace}/petreltopics"
    operator = OperatorProcess(api, arguments.operator_namespace, arguments.operator_metrics)
    measure_quiet("idle with one cluster", api, operator, 20)
    readiness = Readiness(api, path)
    create_topics(api, path, arguments.cluster, arguments.topics, readiness)
    time.sleep(5)
    for url in operator.others:
        tell("memory of the replica that waits", rss_mib=OperatorProcess.rss_mib(metrics_of(url)))
    measure_quiet(f"quiet with {arguments.topics} topics", api, operator, arguments.quiet_seconds)
    measure_changes(api, path, arguments.topics, readiness, arguments.changes)


if __name__ == "__main__":
    main()
