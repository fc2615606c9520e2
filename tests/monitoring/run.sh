#!/usr/bin/env bash
# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
# Dashboards and alerts: their structure, each alert in promtool, and each panel against a real Prometheus that scrapes a
# running cluster with traffic. See README.md.
#   tests/monitoring/run.sh BUILD_DIR
set -uo pipefail

[ $# -eq 1 ] || { echo "usage: $0 BUILD_DIR" >&2; exit 2; }
build=$(cd "$1" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
work=$build/monitoring
port_base=${PORT_BASE:-24500} # nameservers; brokers are 100 higher, Prometheus 50
# shellcheck source=scripts/packages.sh
. "$root/scripts/packages.sh"
# shellcheck source=tests/monitoring/prometheus.sh
. "$here/prometheus.sh"

nameserver_http=("127.0.0.1:$((port_base + 1))" "127.0.0.1:$((port_base + 3))")
broker_http=("127.0.0.1:$((port_base + 101))" "127.0.0.1:$((port_base + 103))")
prometheus_address=127.0.0.1:$((port_base + 50))
traffic_seconds=300

rm -rf "$work"
mkdir -p "$work"
passed=0
failed=0
pass() { echo "PASS $*"; passed=$((passed + 1)); }
fail() { echo "FAIL $*"; failed=$((failed + 1)); }
# Shows what a check prints, but for its closing line, whose counts are added.
count() { # COMMAND...
  local lines last
  lines=$("$@" 2>&1)
  last=$(tail -n 1 <<< "$lines")
  if [[ $last =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
    head -n -1 <<< "$lines"
    passed=$((passed + BASH_REMATCH[1]))
    failed=$((failed + BASH_REMATCH[2]))
  else
    echo "$lines"
    fail "$* did not end"
  fi
}

children=()
petrelctl() { "$build/bin/petrelctl" --data "$work/data" "$@" >> "$work/petrelctl.log" 2>&1; }
clean_up() {
  local child
  for child in "${children[@]}"; do kill "$child" 2> /dev/null; done
  wait
  petrelctl down
}

declare_cluster() { # writes cluster.yaml
  cat > "$work/cluster.yaml" << 'YAML'
apiVersion: petrel.io/v1alpha1
kind: PetrelCluster
metadata: {name: watched}
spec:
  nameservers: {replicas: 2}
  brokerGroups: {replicas: 2}
---
apiVersion: petrel.io/v1alpha1
kind: PetrelTopic
metadata: {name: orders}
spec: {clusterRef: {name: watched}, queuesPerBroker: 4}
---
apiVersion: petrel.io/v1alpha1
kind: PetrelConsumerGroup
metadata: {name: billing}
spec: {clusterRef: {name: watched}}
YAML
}

# As docs/monitoring.md tells, with scrapes each second.
configure_prometheus() {
  sed -e "s#BROKERS#$(targets "${broker_http[@]}")#; s#NAMESERVERS#$(targets "${nameserver_http[@]}")#" \
    -e "s#RULES#$root/dashboards/petrel-rules.yaml#" > "$work/prometheus.yaml" << 'YAML'
global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: [RULES]
scrape_configs:
  - job_name: petrel-broker
    honor_labels: true
    static_configs: [{targets: [BROKERS], labels: {cluster: watched}}]
  - job_name: petrel-nameserver
    honor_labels: true
    static_configs: [{targets: [NAMESERVERS], labels: {cluster: watched}}]
YAML
}
targets() { local IFS=,; echo "$*"; }

start_traffic() {
  "$build/bin/petrel-bench" both --endpoint "127.0.0.1:$((port_base + 100))" --topic orders --group billing \
    --rate 200 --size 512 --warmup-s 0 --duration-s "$traffic_seconds" > "$work/bench.log" 2>&1 &
  children+=($!)
}

start_prometheus() {
  "$prometheus" --config.file="$work/prometheus.yaml" --storage.tsdb.path="$work/prometheus" \
    --web.listen-address="$prometheus_address" --log.level=warn > "$work/prometheus.log" 2>&1 &
  children+=($!)
}

ask() { # EXPRESSION: the values that Prometheus has for it
  curl -s -G "http://$prometheus_address/api/v1/query" --data-urlencode "query=$1" |
    python3 -c 'import json, sys; print(*[s["value"][1] for s in json.load(sys.stdin)["data"]["result"]])' 2> /dev/null
}
await() { # SECONDS WHAT COMMAND...: PASS as soon as the command succeeds
  local end=$((SECONDS + $1)) what=$2
  shift 2
  until "$@"; do
    if [ $SECONDS -ge $end ]; then
      fail "$what"
      return 1
    fi
    sleep 0.2
  done
  pass "$what"
}
all_targets_are_up() { [ "$(ask 'sum(up) == 4')" = 4 ]; }
rules_are_healthy() {
  curl -s "http://$prometheus_address/api/v1/rules" | python3 -c '
import json, sys
rules = [rule for group in json.load(sys.stdin)["data"]["groups"] for rule in group["rules"]]
sys.exit(0 if rules and all(rule["health"] == "ok" for rule in rules) else 1)'
}
# Of a group that no operator serves, only the alert that says so may be there.
only_the_operator_is_missing() { [ "$(ask 'count(ALERTS{alertname!="PetrelOperatorDown"}) or vector(0)')" = 0 ]; }
broker_is_missed() { [ -n "$(ask 'ALERTS{alertname="PetrelBrokerDown"}')" ]; }

live_checks() {
  declare_cluster
  configure_prometheus
  if ! petrelctl up -f "$work/cluster.yaml" --port-base "$port_base"; then
    tail -n 5 "$work/petrelctl.log"
    fail "a cluster starts"
    return
  fi
  start_traffic
  start_prometheus
  await 60 "Prometheus scrapes two brokers and two nameservers" all_targets_are_up || return
  count "$here/check_panels.py" --interval 10s "$root/dashboards/petrel-cluster.json" "http://$prometheus_address"
  count "$here/check_panels.py" --interval 10s "$root/dashboards/petrel-topics-and-groups.json" "http://$prometheus_address"
  await 30 "Prometheus evaluates all rules" rules_are_healthy
  await 10 "a healthy cluster raises no alert" only_the_operator_is_missing
  petrelctl down
  await 30 "the brokers are missed when they are gone" broker_is_missed
}

find_prometheus "$work" || { echo "0 passed, 1 failed"; exit 1; }
count "$here/check_structure.py" "$promtool" "$work"
count "$here/check_alerts.py" "$promtool" "$work"
trap clean_up EXIT
live_checks
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
