# shellcheck shell=bash
# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
# A node loses its power under a broker, and gets it back. Its volume is only there, so the broker waits for it.

# The client may have been on that node.
client_pod() {
  k get pod client > /dev/null 2>&1 || k apply -f "$SOURCE/client.yaml"
  ready pod/client
}

run_scenario() {
  local node
  node=$(field pod/demo-broker-1-0 '{.spec.nodeName}')
  check "$node, where broker-1 is, loses its power" "$ROOT/tests/lab/node.sh" off "${node#n}"
  check "the cluster says that it is not ready" \
    k wait --for=condition=Ready=False petrelcluster/demo --timeout=60s
  check "broker-0 still serves" client --scenario transport --endpoint \
    demo-broker-0-0.demo-brokers.shop.svc.cluster.local:8081 --topic simple --group simple
  check "the power is back" "$ROOT/tests/lab/node.sh" boot "${node#n}"
  check "$node is ready" kubectl wait --for=condition=Ready "node/$node" --timeout=60s
  SECONDS_MAX=180 check "the cluster becomes ready" ready petrelcluster/demo
  check "the client's Pod is there" eventually 60 client_pod
  check "both brokers serve" client --scenario spread --endpoint demo:8081 --topic spread --group spread --brokers 2
}
