# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
"""The operator: does one replica lead, does its work get done, and is it quiet when nothing changes."""

from panels import ZERO_IS_GOOD, dashboard, graph, row, stat, steps, table, variable

JOB = 'job="petrel-operator",namespace=~"$namespace"'
# The time of the last success carries the namespace and name of a cluster instead of the operator's.
BY_CLUSTER = 'job="petrel-operator"'


def rate(metric, by, more=""):
    return f"sum by ({by}) (rate({metric}{{{JOB}{more}}}[$__rate_interval]))"


def quantile(share, metric, by="job", more=""):
    return (f"histogram_quantile({share}, sum by (le, {by}) "
            f"(rate({metric}_bucket{{{JOB}{more}}}[$__rate_interval])))")


WRITES = ',verb!~"get|list|watch"'

HEALTH = row(
    "Health",
    stat("Leaders", "Replicas that do the work: exactly one.", f"sum(petrel_operator_leader{{{JOB}}})",
         thresholds=steps(("red", None), ("green", 1), ("red", 2))),
    stat("Replicas", "Replicas that Prometheus can read.", f"sum(up{{{JOB}}})",
         thresholds=steps(("red", None), ("orange", 1), ("green", 2))),
    stat("Not ready", "Clusters, topics and consumer groups that are not as declared.",
         f'sum(petrel_operator_objects{{{JOB},ready="false"}}) or vector(0)', thresholds=ZERO_IS_GOOD),
    stat("Oldest work", "How long the oldest cluster has waited for a round, or been worked on.",
         f"max(petrel_operator_queue_oldest_seconds{{{JOB}}})", unit="s",
         thresholds=steps(("green", None), ("orange", 60), ("red", 300))),
    stat("Failed rounds", "Within the last 15 minutes.",
         f'sum(increase(petrel_operator_reconciles_total{{{JOB},result="failed"}}[15m]))',
         thresholds=ZERO_IS_GOOD, decimals=0),
    stat("Writes a minute", "Calls that change something in Kubernetes. Zero when nothing changes, but for the leader's "
         "lease.", f'sum(rate(petrel_operator_api_requests_total{{{JOB}{WRITES},resource!="leases"}}'
         "[$__rate_interval])) * 60 or vector(0)", unit="short", decimals=1),
)

WORK = row(
    "Work",
    graph("Documents", "Of each kind, by whether they are as declared.",
          (f"sum by (kind, ready) (petrel_operator_objects{{{JOB}}})", "{{kind}} ready: {{ready}}")),
    graph("Rounds", "A round looks at one cluster with its topics and groups, and takes one step.",
          (rate("petrel_operator_reconciles_total", "result"), "{{result}}"), unit="ops"),
    graph("Time of a round", "From taking a cluster from the queue until its step is done.",
          (quantile(0.5, "petrel_operator_reconcile_seconds"), "p50"),
          (quantile(0.99, "petrel_operator_reconcile_seconds"), "p99"), unit="s"),
    graph("Time to converge", "From the first sight of a change until all of it is done.",
          (quantile(0.5, "petrel_operator_converge_seconds"), "p50"),
          (quantile(0.99, "petrel_operator_converge_seconds"), "p99"), unit="s"),
    graph("Queue", "Clusters that wait for a round and how long the oldest has; statuses that are to be written.",
          (f"sum(petrel_operator_queue_depth{{{JOB}}})", "clusters"),
          (f"sum(petrel_operator_status_writes_waiting{{{JOB}}})", "statuses to be written"),
          (f"max(petrel_operator_queue_oldest_seconds{{{JOB}}})", "seconds of the oldest")),
    graph("Put into the queue", "Changes that were seen, and rounds again after an error.",
          (f"sum(rate(petrel_operator_queue_adds_total{{{JOB}}}[$__rate_interval]))", "added"),
          (f"sum(rate(petrel_operator_queue_retries_total{{{JOB}}}[$__rate_interval]))", "after an error"),
          unit="ops"),
    table("Last success", "How long ago a round over each cluster ended without an error. A quiet cluster needs no rounds, "
          "so a large number alone is no fault.", {"namespace": "Namespace", "cluster": "Cluster"}, [
              ("Ago", f"time() - max by (namespace, cluster) "
               f"(petrel_operator_last_success_timestamp_seconds{{{BY_CLUSTER}}})", "s"),
          ], width=16, height=7),
    graph("Changes on brokers", "Calls that change topics or groups, by result.",
          (rate("petrel_operator_broker_changes_total", "call, result"), "{{call}} {{result}}"), unit="ops", height=7),
)

API = row(
    "Kubernetes API",
    graph("Calls", "By verb.", (rate("petrel_operator_api_requests_total", "verb"), "{{verb}}"), unit="reqps"),
    graph("Writes", "By resource. Without a change there are none but those of the leader's lease.",
          (rate("petrel_operator_api_requests_total", "verb, resource", WRITES), "{{verb}} {{resource}}"), unit="reqps"),
    graph("Answers", "By HTTP status; 0: no answer. 409 is an object that changed meanwhile, 429 an API server that asks "
          "for patience.", (rate("petrel_operator_api_requests_total", "code"), "{{code}}"), unit="reqps"),
    graph("Latency p99", "By verb, without watches.",
          (quantile(0.99, "petrel_operator_api_request_seconds", "verb"), "{{verb}}"), unit="s"),
    graph("Watches begun again", "After an error, by resource.",
          (rate("petrel_operator_watch_restarts_total", "resource") + " or vector(0)", "{{resource}}"), unit="ops"),
    graph("Changes that watches told", "By resource.",
          (rate("petrel_operator_watch_events_total", "resource"), "{{resource}}"), unit="ops"),
)

PROCESS = row(
    "Process",
    graph("CPU", "Cores in use.",
          (f"sum by (pod, instance) (rate(process_cpu_seconds_total{{{JOB}}}[$__rate_interval]))",
           "{{pod}} {{instance}}")),
    graph("Memory", "Resident memory.",
          (f"sum by (pod, instance) (process_resident_memory_bytes{{{JOB}}})", "{{pod}} {{instance}}"), unit="bytes"),
    graph("Objects in memory", "What the caches keep, by resource.",
          (f"sum by (resource) (petrel_operator_cached_objects{{{JOB}}})", "{{resource}}")),
    graph("Leader", "Which replica leads; steps show when leadership went over.",
          (f"sum by (pod, instance) (petrel_operator_leader{{{JOB}}})", "{{pod}} {{instance}}"), maximum=1),
)

DASHBOARD = dashboard(
    "petrel-operator",
    "petrel-operator: leadership, work, calls of the Kubernetes API.",
    [variable("namespace", "Namespace", "label_values(petrel_operator_leader, namespace)", several=True)],
    [HEALTH, WORK, API, PROCESS])
