# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
"""One cluster: is it healthy, how much goes through it, how fast, and what runs full."""

from panels import ZERO_IS_BAD, ZERO_IS_GOOD, dashboard, graph, row, stat, steps, table, variable

CLUSTER = 'namespace=~"$namespace",cluster="$cluster"'
BROKER = CLUSTER + ',node_id=~"$broker"'
NAMESERVER = CLUSTER + ',job="petrel-nameserver"'


def rate(metric, by="node_id", more=""):
    return f"sum by ({by}) (rate({metric}{{{BROKER}{more}}}[$__rate_interval]))"


def total_rate(metric):
    return f"sum(rate({metric}{{{BROKER}}}[$__rate_interval]))"


def quantile(share, metric, by="node_id", labels=BROKER):
    return f"histogram_quantile({share}, sum by (le, {by}) (rate({metric}_bucket{{{labels}}}[$__rate_interval])))"


HEALTH = row(
    "Health",
    stat("Brokers in routes", "Brokers that the least informed nameserver gives to clients. Red: there is none.",
         f"min(petrel_nameserver_brokers{{{CLUSTER}}})", thresholds=ZERO_IS_BAD, width=3),
    stat("Brokers down", "Brokers that Prometheus knows and cannot read.",
         f'count(up{{{CLUSTER},job="petrel-broker"}} == 0) or vector(0)', thresholds=ZERO_IS_GOOD, width=3),
    stat("Nameservers up", "Nameservers that Prometheus can read.",
         f"sum(up{{{NAMESERVER}}})", thresholds=ZERO_IS_BAD, width=3),
    stat("Alerts", "Alerts of this cluster that fire now.",
         f'count(ALERTS{{{CLUSTER},alertname=~"Petrel.*",alertstate="firing"}}) or vector(0)',
         thresholds=ZERO_IS_GOOD, width=3),
    stat("Stored a second", "Messages that brokers took from producers.",
         total_rate("rocketmq_messages_in_total"), unit="mps", width=3),
    stat("Delivered a second", "Messages that brokers handed to consumers, retries included.",
         total_rate("rocketmq_messages_out_total"), unit="mps", width=3),
    stat("Backlog", "Messages of all groups that are not acknowledged yet.",
         f"sum(rocketmq_consumer_lag_messages{{{BROKER}}}) or vector(0)", width=3),
    stat("Fullest disk", "Used share of the fullest disk of a broker.",
         f"max(1 - petrel_disk_free_bytes{{{BROKER}}} / petrel_disk_size_bytes{{{BROKER}}})", unit="percentunit",
         thresholds=steps(("green", None), ("orange", 0.8), ("red", 0.9)), width=3, decimals=1),
    table("Brokers", "What each broker does now.", {"node_id": "Broker"}, [
        ("Stored/s", rate("rocketmq_messages_in_total"), "mps"),
        ("Delivered/s", rate("rocketmq_messages_out_total"), "mps"),
        ("Backlog", f"sum by (node_id) (rocketmq_consumer_lag_messages{{{BROKER}}})", "short"),
        ("Log", f"sum by (node_id) (rocketmq_storage_size{{{BROKER}}})", "bytes"),
        ("Disk free", f"min by (node_id) (petrel_disk_free_bytes{{{BROKER}}})", "bytes"),
        ("Topics", f"max by (node_id) (rocketmq_topic_number{{{BROKER}}})", "short"),
        ("Groups", f"max by (node_id) (rocketmq_consumer_group_number{{{BROKER}}})", "short"),
        ("Nameservers", f"min by (node_id) (petrel_registration_nameservers_registered{{{BROKER}}})", "short"),
        ("Up for", f"time() - max by (node_id) (process_start_time_seconds{{{BROKER}}})", "s"),
    ], height=7),
)

TRAFFIC = row(
    "Traffic",
    graph("Messages stored", "Taken from producers, by broker. Uneven lines: producers do not reach every broker.",
          (rate("rocketmq_messages_in_total"), "{{node_id}}"), unit="mps", stacked=True),
    graph("Messages delivered", "Handed to consumers, by broker; a message counts once for each group and attempt.",
          (rate("rocketmq_messages_out_total"), "{{node_id}}"), unit="mps", stacked=True),
    graph("Bytes", "Bodies of messages, all brokers.",
          (total_rate("rocketmq_throughput_in_total"), "stored"),
          (total_rate("rocketmq_throughput_out_total"), "delivered"), unit="Bps"),
)

LATENCY = row(
    "Calls",
    graph("Send latency", "From a send's arrival at the broker to its OK, as durable as the flush mode says.",
          (quantile(0.5, "petrel_send_seconds", "cluster"), "p50"),
          (quantile(0.99, "petrel_send_seconds", "cluster"), "p99"),
          (quantile(0.999, "petrel_send_seconds", "cluster"), "p99.9"), unit="s"),
    graph("Send latency p99 by broker", "One broker above the others: look at its disk below.",
          (quantile(0.99, "petrel_send_seconds"), "{{node_id}}"), unit="s"),
    graph("Latency p99 by call", "Of calls that succeeded, without receives, which wait for messages.",
          (quantile(0.99, "rocketmq_rpc_latency", "request_code",
                    BROKER + ',is_long_polling="false",result="success"'), "{{request_code}}"), unit="ms"),
    graph("Calls a second", "By call.", (rate("rocketmq_rpc_latency_count", "request_code"), "{{request_code}}"),
          unit="reqps"),
    graph("Failed sends", "By the code that the producer got; TOO_MANY_REQUESTS and INTERNAL_SERVER_ERROR are the "
          "broker's, others the producer's.",
          (f'sum by (response_code) (rate(rocketmq_rpc_latency_count{{{BROKER},request_code="send_message",'
           'result="failed"}[$__rate_interval])) or vector(0)', "{{response_code}}"), unit="reqps"),
    graph("What waits in the core", "Requests in the mailbox of the core thread, answers that wait for the log, and "
          "long polls that wait for messages.",
          (f"sum(petrel_core_mailbox_requests{{{BROKER}}})", "mailbox"),
          (f"sum(petrel_core_waiting_replies{{{BROKER}}})", "replies"),
          (f"sum(petrel_core_waiting_receives{{{BROKER}}})", "receives")),
)

STORAGE = row(
    "Storage",
    graph("Disk free", "Of the disk that the store is on. Sends are refused below the reserve.",
          (f"min by (node_id) (petrel_disk_free_bytes{{{BROKER}}})", "{{node_id}}"),
          (f"max(petrel_disk_reserve_bytes{{{BROKER}}})", "reserve"), unit="bytes"),
    graph("Log size", "Bytes of the commit log.", (f"sum by (node_id) (rocketmq_storage_size{{{BROKER}}})",
                                                   "{{node_id}}"), unit="bytes", stacked=True),
    graph("Not yet synced", "Bytes of the log that power loss could take. Small with flush mode Sync; with Async what "
          "came in since the last sync.",
          (f"sum by (node_id) (rocketmq_storage_flush_behind_bytes{{{BROKER}}})", "{{node_id}}"), unit="bytes"),
    graph("Log sync p99", "Time until what was written to the log was durable (fdatasync).",
          (quantile(0.99, "petrel_disk_sync_seconds", labels=BROKER + ',files="commitlog"'), "{{node_id}}"),
          unit="s", thresholds=steps(("green", None), ("red", 1))),
    graph("Log write p99", "Time of one write of a group of records.",
          (quantile(0.99, "petrel_disk_write_seconds", labels=BROKER + ',files="commitlog"'), "{{node_id}}"), unit="s"),
    graph("Bytes in one write", "How much one write carries: group commit at work.",
          (rate("petrel_log_group_bytes_total") + " / " + rate("petrel_log_groups_total") + " or "
           + rate("petrel_log_groups_total"), "{{node_id}}"), unit="bytes"),
    graph("Writes and syncs", "Of the log, all brokers.",
          (total_rate("petrel_log_groups_total"), "writes"), (total_rate("petrel_log_syncs_total"), "syncs"),
          unit="iops"),
    graph("Snapshots", "Snapshots of the broker's state in the last hour; failed ones make the next start longer.",
          (f"sum(increase(petrel_snapshots_total{{{BROKER}}}[1h]))", "written"),
          (f"sum(increase(petrel_snapshot_failures_total{{{BROKER}}}[1h]))", "failed")),
    graph("Starts of brokers", "Within the last hour. More than one or two without a change of the cluster: a broker "
          "fails again and again.",
          (f'sum by (node_id) (changes(process_start_time_seconds{{{BROKER}}}[1h]))', "{{node_id}}")),
)

CLIENTS = row(
    "Clients",
    graph("Producers", "Connected, by language and version of the client.",
          (f"sum by (language, version) (rocketmq_producer_connections{{{BROKER}}}) or vector(0)",
           "{{language}} {{version}}"), stacked=True),
    graph("Consumers", "Connected, by language and version of the client.",
          (f"sum by (language, version) (rocketmq_consumer_connections{{{BROKER}}}) or vector(0)",
           "{{language}} {{version}}"), stacked=True),
    graph("Connections", "Open connections to brokers, and those that were closed before they said anything.",
          (f"sum by (kind) (petrel_rpc_connections{{{BROKER}}})", "{{kind}}"),
          (rate("petrel_rpc_connections_dropped_total", "reason"), "dropped/s: {{reason}}")),
)

NAMESERVERS = row(
    "Nameservers",
    graph("Brokers known", "By nameserver. All should tell the same number.",
          (f"petrel_nameserver_brokers{{{CLUSTER}}}", "{{instance}}"), width=6),
    graph("Registered with", "Nameservers that have a broker's topics, and how many should.",
          (f"min by (node_id) (petrel_registration_nameservers_registered{{{BROKER}}})", "{{node_id}}"),
          (f"max(petrel_registration_nameservers{{{BROKER}}})", "declared"), width=6),
    graph("Route queries", "By what they found.",
          (f"sum by (result) (rate(petrel_nameserver_route_queries_total{{{CLUSTER}}}[$__rate_interval]))",
           "{{result}}"), unit="reqps", width=6),
    graph("Brokers that left", "Evictions a minute, by reason.",
          (f"sum by (reason) (rate(petrel_nameserver_evictions_total{{{CLUSTER}}}[$__rate_interval])) * 60",
           "{{reason}}"), width=6),
)

PROCESSES = row(
    "Processes",
    graph("CPU", "Cores in use.",
          (f"sum by (job, instance) (rate(process_cpu_seconds_total{{{CLUSTER}}}[$__rate_interval]))",
           "{{job}} {{instance}}"), unit="short"),
    graph("Memory", "Resident memory.",
          (f"sum by (job, instance) (process_resident_memory_bytes{{{CLUSTER}}})", "{{job}} {{instance}}"),
          unit="bytes"),
    graph("Open files", "Share of the descriptors that the process may open.",
          (f"max by (job, instance) (process_open_fds{{{CLUSTER}}} / process_max_fds{{{CLUSTER}}})",
           "{{job}} {{instance}}"), unit="percentunit", thresholds=steps(("green", None), ("red", 0.8))),
)

DASHBOARD = dashboard(
    "petrel-cluster",
    "Brokers and nameservers of one Petrel cluster: health, traffic, latency, storage, clients.",
    [
        variable("namespace", "Namespace", "label_values(petrel_nameserver_brokers, namespace)", several=True),
        variable("cluster", "Cluster", 'label_values(petrel_nameserver_brokers{namespace=~"$namespace"}, cluster)'),
        variable("broker", "Broker", f"label_values(rocketmq_topic_number{{{CLUSTER}}}, node_id)", several=True),
    ],
    [HEALTH, TRAFFIC, LATENCY, STORAGE, CLIENTS, NAMESERVERS, PROCESSES])
