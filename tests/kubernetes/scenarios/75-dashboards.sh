# shellcheck shell=bash
# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
# A Prometheus that scrapes what the chart's PodMonitors select: every panel of every dashboard has data, and nothing is alarming.

PROMETHEUS=127.0.0.1:9090 # in the control plane's network

start_prometheus() {
  . "$ROOT/scripts/packages.sh"
  . "$ROOT/tests/monitoring/prometheus.sh"
  find_prometheus "$LOGS" || return 1
  helm template "$RELEASE" "$CHART" -n "$OPERATOR_NS" --api-versions monitoring.coreos.com/v1 |
    "$SOURCE/prometheus_config.py" "$ROOT/dashboards/petrel-rules.yaml" "$LOGS/pods.json" > "$LOGS/prometheus.yaml" || return 1
  "$ROOT/tests/lab/inside.sh" "$prometheus" --config.file="$LOGS/prometheus.yaml" --storage.tsdb.path="$LOGS/prometheus" \
    --web.listen-address="$PROMETHEUS" --log.level=warn > "$LOGS/prometheus.log" 2>&1 &
  prometheus_pid=$!
}

ask() { # EXPRESSION: the values that Prometheus has for it
  "$ROOT/tests/lab/inside.sh" curl -sf -G "http://$PROMETHEUS/api/v1/query" --data-urlencode "query=$1" |
    python3 -c 'import json, sys; print(*[s["value"][1] for s in json.load(sys.stdin)["data"]["result"]])'
}

panels() { # DASHBOARD
  "$ROOT/tests/lab/inside.sh" "$ROOT/tests/monitoring/check_panels.py" "$ROOT/dashboards/$1.json" \
    "http://$PROMETHEUS" --interval 1m --wait 90 > "$LOGS/panels-$1" || { grep FAIL "$LOGS/panels-$1"; return 1; }
}

run_scenario() {
  local dashboard
  start_prometheus # not in check, whose subshell would end it
  check "Prometheus finds brokers, nameservers and operators by the PodMonitors" \
    eventually 60 same "$(($(names pods petrel.io/cluster=demo | wc -w) + 2))" ask 'sum(up)'
  k exec client -- petrelctl --endpoint demo:8081 bench both --topic simple --group simple --rate 100 \
    --duration-s 40 > "$LOGS/traffic" 2>&1 &
  local traffic=$!
  check "something to converge" k patch petreltopic spread --type merge -p '{"spec":{"queuesPerBroker":5}}'
  for dashboard in petrel-cluster petrel-topics-and-groups petrel-operator; do
    check "every panel of $dashboard has data" panels $dashboard
  done
  check "nothing is alarming" same "" ask 'ALERTS{alertstate="firing"}'
  kill "$prometheus_pid"
  wait "$traffic" "$prometheus_pid" 2> /dev/null
  check "the traffic has ended" eventually 60 same 0 field petrelconsumergroup/simple '{.status.members}'
}
