#!/usr/bin/env python3
# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
"""Each alert is silent, fires, and is silent again, as promtool computes it: check_alerts.py PROMTOOL WORK_DIR.

Prints lines that begin with PASS or FAIL, and a closing line that counts.
"""

import json
import pathlib
import re
import subprocess
import sys

RULES = pathlib.Path(__file__).resolve().parents[2] / "dashboards/petrel-rules.yaml"

BROKER = '{namespace="n",cluster="c",node_id="broker-0"}'
GIB = 1 << 30


def labels(text, more):
    return text[:-1] + "," + more + "}"


def sends(code):
    return "rocketmq_rpc_latency_count" + labels(BROKER, f'request_code="send_message",response_code="{code}"')


def slow(metric, more=""):
    """A histogram of which everything is above 1 s from minute 10 to 40, and below otherwise."""
    base = labels(BROKER, more) if more else BROKER
    fast, all_of_it = "0+60x10 600+0x30 600+60x60", "0+60x100"
    return {f"{metric}_bucket" + labels(base, 'le="1"'): fast,
            f"{metric}_bucket" + labels(base, 'le="5"'): all_of_it,
            f"{metric}_bucket" + labels(base, 'le="+Inf"'): all_of_it}


# Alert: (minutes at which it is silent, fires, is silent again), {series: values, one a minute}
CASES = {
    "PetrelNoBroker": ((2, 6, 15), {
        'petrel_nameserver_brokers{namespace="n",cluster="c",instance="a"}': "2x3 0x6 2x10",
        'petrel_nameserver_brokers{namespace="n",cluster="c",instance="b"}': "2x2 0x7 2x10"}),
    "PetrelNoNameserver": ((2, 6, 15), {
        "petrel_registration_nameservers" + BROKER: "2x20",
        "petrel_registration_nameservers_registered" + BROKER: "2x3 0x6 2x10"}),
    "PetrelNameserverMissing": ((2, 8, 15), {
        "petrel_registration_nameservers" + BROKER: "2x20",
        "petrel_registration_nameservers_registered" + BROKER: "2x3 1x6 2x10"}),
    "PetrelBrokerDown": ((2, 6, 15), {'up{job="petrel-broker",cluster="c",instance="a"}': "1x3 0x6 1x10"}),
    "PetrelNameserverDown": ((2, 6, 15), {'up{job="petrel-nameserver",cluster="c",instance="a"}': "1x3 0x6 1x10"}),
    "PetrelBrokerRestarts": ((2, 12, 60), {
        "process_start_time_seconds" + labels(BROKER, 'job="petrel-broker"'): "100x3 200x3 300x3 400x60"}),
    "PetrelDiskFull": ((2, 6, 15), {
        "petrel_disk_refuses_sends" + BROKER: "0x3 1x6 0x10"}),
    "PetrelDiskFilling": ((50, 105, 200), {
        "petrel_disk_reserve_bytes" + BROKER: f"{GIB}x300",
        "petrel_disk_size_bytes" + BROKER: f"{100 * GIB}x300",
        "petrel_disk_free_bytes" + BROKER: f"{40 * GIB}x60 {40 * GIB}-{GIB // 5}x50 {30 * GIB}x200"}),
    "PetrelDiskNearlyFull": ((2, 10, 20), {
        "petrel_disk_reserve_bytes" + BROKER: f"{GIB}x30",
        "petrel_disk_size_bytes" + BROKER: f"{100 * GIB}x30",
        "petrel_disk_free_bytes" + BROKER: f"{50 * GIB}x3 {14 * GIB}x9 {50 * GIB}x15"}),
    "PetrelUnreadDeleted": ((2, 10, 90), {
        "petrel_retention_unread_messages_total" + labels(BROKER, 'topic="t",consumer_group="g"'): "_x5 7x100"}),
    "PetrelRetentionFailing": ((2, 10, 90), {"petrel_retention_failures_total" + BROKER: "0x5 1x100"}),
    "PetrelSyncSlow": ((8, 30, 60), slow("petrel_disk_sync_seconds", 'files="commitlog"')),
    "PetrelSnapshotsFailing": ((2, 10, 90), {"petrel_snapshot_failures_total" + BROKER: "0x5 1x100"}),
    "PetrelIndexFailing": ((2, 10, 90), {"petrel_index_failures_total" + BROKER: "0x5 1x100"}),
    "PetrelStoreDamaged": ((2, 10, 90), {
        "petrel_store_damaged_bytes" + BROKER: "0x5 700x20 0x80",
        "petrel_store_refused_reads_total" + BROKER: "0x5 1x100"}),
    "PetrelClockJumped": ((4, 20, 60), {"petrel_wall_clock_ahead_ms" + BROKER: "0x5 -90000x30 0x60"}),
    "PetrelSendErrors": ((8, 30, 60), {
        sends("OK"): "0+60x100",
        sends("ILLEGAL_TOPIC"): "0+60x100",
        sends("INTERNAL_SERVER_ERROR"): "0x10 0+6x30 180x60"}),
    "PetrelSendSlow": ((8, 30, 60), slow("petrel_send_seconds")),
    "PetrelLagGrowing": ((20, 60, 110), {
        "rocketmq_consumer_lag_messages" + labels(BROKER, 'topic="t",consumer_group="g"'):
            "20000x25 20000+1000x40 60000-1000x50"}),
    "PetrelGroupWithoutConsumers": ((10, 40, 60), {
        "rocketmq_consumer_lag_messages" + labels(BROKER, 'topic="t",consumer_group="g"'): "5000x70",
        "rocketmq_consumer_connections" + labels(BROKER, 'consumer_group="g"'): "1x15 0x30 1x30"}),
    "PetrelOpenFiles": ((2, 10, 20), {
        'process_open_fds{job="petrel-broker",instance="a"}': "10x3 90x9 10x15",
        'process_max_fds{job="petrel-broker",instance="a"}': "100x30"}),
    "PetrelMetricsOverflow": ((2, 10, 40), {'petrel_metrics_overflow_total{instance="a",family="f"}': "0x5 3x50"}),
    "PetrelOperatorDown": ((2, 10, 20), {'up{job="petrel-operator",instance="a"}': "1x3 0x9 1x15"}),
    "PetrelOperatorWithoutLeader": ((2, 8, 20), {
        'petrel_operator_leader{namespace="n",instance="a"}': "1x3 0x20",
        'petrel_operator_leader{namespace="n",instance="b"}': "0x10 1x20"}),
    "PetrelOperatorStuck": ((2, 20, 32), {
        'petrel_operator_queue_oldest_seconds{namespace="n",instance="a"}': "0x3 0+60x20 0x10"}),
    "PetrelOperatorErrors": ((8, 35, 60), {
        'petrel_operator_reconciles_total{namespace="n",result="converged"}': "0+6x10 60x30 60+6x50",
        'petrel_operator_reconciles_total{namespace="n",result="failed"}': "0x10 0+6x30 180x50"}),
    "PetrelObjectsNotReady": ((2, 25, 40), {
        'petrel_operator_objects{namespace="n",kind="PetrelTopic",ready="true"}': "9x50",
        'petrel_operator_objects{namespace="n",kind="PetrelTopic",ready="false"}': "0x3 1x27 0x20"}),
    "PetrelBrokerWithoutItsData": ((2, 10, 40), {
        'petrel_operator_brokers_without_their_data{namespace="n",cluster="demo"}': "0x3 1x20 0x30"}),
    "PetrelOperatorApiErrors": ((8, 30, 60), {
        'petrel_operator_api_requests_total{namespace="n",verb="get",code="200"}': "0+60x100",
        'petrel_operator_api_requests_total{namespace="n",verb="apply",code="409"}': "0+60x100",
        'petrel_operator_api_requests_total{namespace="n",verb="apply",code="503"}': "0x10 0+60x30 1800x60"}),
}


def promtool_test(alert):
    minutes, series = CASES[alert]
    firing = f'count(ALERTS{{alertname="{alert}",alertstate="firing"}}) or vector(0)'
    return {
        "rule_files": [str(RULES)],
        "evaluation_interval": "1m",
        "tests": [{
            "name": alert,
            "interval": "1m",
            "input_series": [{"series": name, "values": values} for name, values in series.items()],
            "promql_expr_test": [
                {"expr": firing, "eval_time": f"{minute}m", "exp_samples": [{"labels": "{}", "value": value}]}
                for minute, value in zip(minutes, (0, 1, 0))],
        }],
    }


def main():
    promtool, work = sys.argv[1], pathlib.Path(sys.argv[2])
    alerts = re.findall(r"^ *- alert: (\w+)$", RULES.read_text(), re.M)
    errors = {alert: "" if alert in CASES else "no test" for alert in alerts}
    errors |= {alert: "there is no such alert" for alert in CASES if alert not in alerts}
    for alert in [alert for alert, error in errors.items() if not error]:
        path = work / f"{alert}.yaml"
        path.write_text(json.dumps(promtool_test(alert), indent=1))
        done = subprocess.run([promtool, "test", "rules", str(path)], capture_output=True, text=True, check=False)
        errors[alert] = "" if done.returncode == 0 else done.stdout + done.stderr
    for alert, error in errors.items():
        print(f"{'FAIL' if error else 'PASS'} {alert} fires and resolves")
        if error:
            print(error)
    failed = sum(1 for error in errors.values() if error)
    print(f"{len(errors) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
