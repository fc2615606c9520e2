# shellcheck shell=bash
# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
# The official Go client in a Pod, through DNS names.

run_scenario() {
  check "a Pod with clients" k apply -f "$SOURCE/client.yaml"
  check "is ready" ready pod/client
  check "messages go there and back through the Service" \
    client --scenario simple --endpoint demo:8081 --topic simple --group simple
  check "messages go to all brokers, found through a nameserver" client --scenario spread --topic spread \
    --group spread --endpoint demo-nameserver-1.demo-nameservers.shop.svc.cluster.local:8080 --brokers 2
}
