# shellcheck shell=bash
# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
# A node loses its power under a broker, and gets it back. Its volume is only there, so the broker waits for it.

node_of() { field "pod/$1" '{.spec.nodeName}'; }

serves() { # GROUP
  client --scenario transport --endpoint "demo-broker-$1-0.demo-brokers.shop.svc.cluster.local:8081" \
    --topic simple --group simple
}

run_scenario() {
  local lost=1 left=0 node
  if [ "$(node_of demo-broker-1-0)" = "$(node_of client)" ]; then # the client stays
    lost=0 left=1
  fi
  node=$(node_of demo-broker-$lost-0)
  check "$node, where broker-$lost is, loses its power" "$ROOT/tests/lab/node.sh" off "${node#n}"
  check "the cluster says that it is not ready" \
    k wait --for=condition=Ready=False petrelcluster/demo --timeout=60s
  # The only Pod of the name service may have been on that node, too.
  check "broker-$left still serves, as soon as its name resolves" eventually 60 serves $left
  check "the power is back" "$ROOT/tests/lab/node.sh" boot "${node#n}"
  check "$node is ready" kubectl wait --for=condition=Ready "node/$node" --timeout=60s
  SECONDS_MAX=180 check "the cluster becomes ready" ready petrelcluster/demo
  # A nameserver that was just started learns of the brokers within seconds.
  check "both brokers serve, as soon as routes are whole" eventually 60 client --scenario spread --endpoint demo:8081 --topic spread --group spread --brokers 2
}
