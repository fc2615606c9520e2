# shellcheck shell=bash
# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
# The next version of the chart, with a changed CRD. Brokers run on.

next_chart() {
  rm -rf "$LOGS/next-chart"
  cp -r "$CHART" "$LOGS/next-chart"
  sed -i 's/^version: .*/version: 99.0.0/' "$LOGS/next-chart/Chart.yaml"
  grep -rl 'What every broker is like' "$LOGS/next-chart" |
    xargs sed -i 's/What every broker is like/What every broker is like in the next version/'
}

crd_says() { kubectl get crd petrelclusters.petrel.io -o json | grep "$1"; }

pod_uids() { k get pods -l petrel.io/cluster=demo -o 'jsonpath={.items[*].metadata.uid}'; }

run_scenario() {
  local before
  before=$(pod_uids)
  next_chart
  check "helm upgrades" install_operator "$LOGS/next-chart"
  check "operators are available" operator_ready
  check "the kinds are those of the new chart" eventually 30 crd_says 'in the next version'
  check "the cluster is ready" ready petrelcluster/demo
  check "no Pod of it was touched" same "$before" pod_uids
  check "documents are still reconciled" k patch petreltopic simple --type merge -p '{"spec":{"queuesPerBroker":6}}'
  check "by the new operator" eventually 30 same 18 field petreltopic/simple '{.status.queues}'
}
