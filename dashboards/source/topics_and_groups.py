# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
"""Topics and consumer groups of one cluster: who sends, who keeps up, who does not."""

from panels import ZERO_IS_GOOD, dashboard, graph, row, stat, table, variable

CLUSTER = 'namespace=~"$namespace",cluster="$cluster"'
BROKER = CLUSTER + ',node_id=~"$broker"'
TOPIC = BROKER + ',topic=~"$topic",is_system="false"'
GROUP = TOPIC + ',consumer_group=~"$group"'
IN_GROUP = BROKER + ',consumer_group=~"$group",is_system="false"'
PAIR = "topic, consumer_group"


def topic_rate(metric, by="topic"):
    return f"sum by ({by}) (rate({metric}{{{TOPIC}}}[$__rate_interval]))"


def group_rate(metric, by=PAIR, more=""):
    return f"sum by ({by}) (rate({metric}{{{GROUP}{more}}}[$__rate_interval]))"


def group_sum(metric, by=PAIR):
    return f"sum by ({by}) ({metric}{{{GROUP}}})"


def size_quantile(share):
    return (f'histogram_quantile({share}, sum by (le, topic) (rate(rocketmq_message_size_bucket{{{BROKER},'
            'topic=~"$topic"}[$__rate_interval])))')


CONNECTED = f"sum by (consumer_group) (rocketmq_consumer_connections{{{IN_GROUP}}})"

OVERVIEW = row(
    "Overview",
    stat("Number of topics", "Topics of the broker that has most of them.", f"max(rocketmq_topic_number{{{BROKER}}})"),
    stat("Number of groups", "Consumer groups of the broker that has most of them.",
         f"max(rocketmq_consumer_group_number{{{BROKER}}})"),
    stat("Stored a second", "Messages that producers sent to the chosen topics.",
         f"sum(rate(rocketmq_messages_in_total{{{TOPIC}}}[$__rate_interval]))", unit="mps"),
    stat("Delivered a second", "Messages that the chosen groups got.",
         f"sum(rate(rocketmq_messages_out_total{{{GROUP}}}[$__rate_interval]))", unit="mps"),
    stat("Backlog", "Messages that the chosen groups have not acknowledged.",
         f"sum(rocketmq_consumer_lag_messages{{{GROUP}}})"),
    stat("Backlog without consumers", "Groups that have messages waiting and no consumer connected.",
         f"count((sum by (consumer_group) (rocketmq_consumer_lag_messages{{{GROUP}}}) > 0) unless ({CONNECTED} > 0))"
         " or vector(0)", thresholds=ZERO_IS_GOOD),
)

TOPICS = row(
    "Topics",
    table("Topics", "What goes through each topic now.", {"topic": "Topic"}, [
        ("Stored/s", topic_rate("rocketmq_messages_in_total"), "mps"),
        ("Bytes stored/s", topic_rate("rocketmq_throughput_in_total"), "Bps"),
        ("Delivered/s", topic_rate("rocketmq_messages_out_total"), "mps"),
        ("Backlog of all groups", f"sum by (topic) (rocketmq_consumer_lag_messages{{{TOPIC}}})", "short"),
        ("Groups", f"count by (topic) (count by (topic, consumer_group) (rocketmq_consumer_lag_messages{{{TOPIC}}}))",
         "short"),
    ]),
    graph("Stored, top 10", "Topics that producers send most to.",
          (f"topk(10, {topic_rate('rocketmq_messages_in_total')})", "{{topic}}"), unit="mps"),
    graph("Bytes stored, top 10", "Bodies of messages.",
          (f"topk(10, {topic_rate('rocketmq_throughput_in_total')})", "{{topic}}"), unit="Bps"),
    graph("Stored by broker", "Of the chosen topics. Uneven: a topic does not have queues on every broker.",
          (topic_rate("rocketmq_messages_in_total", "node_id"), "{{node_id}}"), unit="mps", stacked=True),
    graph("Delivered, top 10", "Topics that consumers get most from.",
          (f"topk(10, {topic_rate('rocketmq_messages_out_total')})", "{{topic}}"), unit="mps"),
    graph("Message size", "Half of the messages are not larger than p50, 99 of 100 not larger than p99.",
          (size_quantile(0.5), "{{topic}} p50"), (size_quantile(0.99), "{{topic}} p99"), unit="bytes"),
    graph("Mean size", "Bytes of a body, mean over the interval.",
          (topic_rate("rocketmq_throughput_in_total") + " / (" + topic_rate("rocketmq_messages_in_total") + " > 0) or "
           + topic_rate("rocketmq_throughput_in_total"), "{{topic}}"), unit="bytes"),
)

GROUPS = row(
    "Consumer groups",
    table("Groups", "How far each group is behind. Backlog = not delivered + in flight.",
          {"consumer_group": "Group", "topic": "Topic"}, [
              ("Backlog", group_sum("rocketmq_consumer_lag_messages"), "short"),
              ("Not delivered", group_sum("rocketmq_consumer_ready_messages"), "short"),
              ("In flight", group_sum("rocketmq_consumer_inflight_messages"), "short"),
              ("Delivered/s", group_rate("rocketmq_messages_out_total"), "mps"),
              ("Time to drain", f"{group_sum('rocketmq_consumer_lag_messages')} / "
               f"({group_rate('rocketmq_messages_out_total')} > 0)", "s"),
          ]),
    graph("Backlog, top 10", "Messages not yet acknowledged. A line that only rises: consumers do not keep up.",
          (f"topk(10, {group_sum('rocketmq_consumer_lag_messages')})", "{{consumer_group}} {{topic}}")),
    graph("Growth of the backlog", "Messages a second over five minutes; below zero the group catches up.",
          (f"sum by ({PAIR}) (deriv(rocketmq_consumer_lag_messages{{{GROUP}}}[5m]))",
           "{{consumer_group}} {{topic}}"), unit="mps"),
    graph("Delivered", "Messages handed to each group, attempts included.",
          (group_rate("rocketmq_messages_out_total"), "{{consumer_group}} {{topic}}"), unit="mps"),
    graph("In flight", "Delivered and not yet acknowledged. Flat at a high level: consumers hang.",
          (group_sum("rocketmq_consumer_inflight_messages"), "{{consumer_group}} {{topic}}")),
    graph("Bytes delivered", "Bodies of messages.",
          (group_rate("rocketmq_throughput_out_total"), "{{consumer_group}} {{topic}}"), unit="Bps"),
    graph("Consumers", "Connected, by group and language.",
          (f"sum by (consumer_group, language, version) (rocketmq_consumer_connections{{{IN_GROUP}}}) or vector(0)",
           "{{consumer_group}} {{language}} {{version}}"), stacked=True),
)
GROUPS[1][2]["fieldConfig"]["defaults"].pop("min")  # growth may be negative

DASHBOARD = dashboard(
    "petrel-topics-and-groups",
    "Topics and consumer groups of one Petrel cluster: traffic, backlog, consumers.",
    [
        variable("namespace", "Namespace", "label_values(rocketmq_topic_number, namespace)", several=True),
        variable("cluster", "Cluster", 'label_values(rocketmq_topic_number{namespace=~"$namespace"}, cluster)'),
        variable("broker", "Broker", f"label_values(rocketmq_topic_number{{{CLUSTER}}}, node_id)", several=True),
        variable("topic", "Topic", f"label_values(rocketmq_messages_in_total{{{CLUSTER}}}, topic)", several=True),
        variable("group", "Group", f"label_values(rocketmq_consumer_lag_messages{{{CLUSTER}}}, consumer_group)",
                 several=True),
    ],
    [OVERVIEW, TOPICS, GROUPS])
