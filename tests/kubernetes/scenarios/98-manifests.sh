# shellcheck shell=bash
# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
# The same without Helm, and the examples as they are.

run_scenario() {
  local example
  check "a namespace that enforces the restricted profile" kubectl apply -f "$SOURCE/documents/shop.yaml"
  check "kubectl applies the manifests" kubectl apply -k "$ROOT/manifests"
  check "two operators are available" operator_ready
  for example in kubernetes kubernetes-durable; do
    check "examples/$example.yaml is accepted" eventually 30 k apply -f "$ROOT/examples/$example.yaml"
  done
  SECONDS_MAX=240 check "their clusters become ready" ready petrelclusters --all
  check "their topics and groups become ready" ready petreltopics,petrelconsumergroups --all
  check "a Pod with clients" k apply -f "$SOURCE/client.yaml"
  check "is ready" ready pod/client
  check "messages go there and back" client --scenario simple --endpoint shop:8081 --topic orders --group billing
  check "kubectl deletes the examples" \
    k delete --timeout=90s -f "$ROOT/examples/kubernetes.yaml" -f "$ROOT/examples/kubernetes-durable.yaml"
  check "kubectl deletes the manifests" kubectl delete --timeout=90s -k "$ROOT/manifests"
  check "the namespace is deleted" kubectl delete namespace "$NS" --timeout=120s
}
