# shellcheck shell=bash
# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
# Clusters of other namespaces that are half dead, that never start, that take no plaintext, or that are deleted with their
# namespace: the others go on.

pods_of_demo() { k get pods -l petrel.io/cluster=demo -o 'jsonpath={.items[*].metadata.uid}'; }

queues_of_simple() { field petreltopic/simple '{.status.queues}'; }

# demo_goes_on WHEN: a change of a document is applied on all brokers, and no Pod was touched.
demo_goes_on() {
  local more brokers
  more=$(($(field petreltopic/simple '{.spec.queuesPerBroker}') + 1))
  brokers=$(field petrelcluster/demo '{.spec.brokerGroups.replicas}')
  check "$1 a topic of demo is changed" patch petreltopic/simple "{\"spec\":{\"queuesPerBroker\":$more}}"
  check "on each of its brokers" eventually 30 same $((more * brokers)) queues_of_simple
  check "demo is ready" ready petrelcluster/demo
  check "and no Pod of it was touched" same "$DEMO_PODS" pods_of_demo
}

condition_of() { # NAMESPACE RESOURCE TYPE: its reason
  kubectl -n "$1" get "$2" -o "jsonpath={.status.conditions[?(@.type==\"$3\")].reason}"
}

lose_half() {
  kubectl -n ruin delete pvc half-broker-0-0-data --wait=false && kubectl -n ruin delete pod half-broker-0-0
}

queues_on_living() {
  kubectl -n ruin get petreltopic left -o 'jsonpath={.status.brokers[?(@.broker=="broker-1")].queues}'
}

half_dead() {
  check "half of a cluster loses its volume" lose_half
  check "which is told" eventually 90 same VolumeLost condition_of ruin petrelcluster/half DataIntact
  check "a topic of it is changed" kubectl -n ruin patch petreltopic left --type merge -p '{"spec":{"queuesPerBroker":3}}'
  check "on the broker that lives" eventually 60 same 3 queues_on_living
  check "and is not Ready" eventually 30 same BrokerNotAnswering condition_of ruin petreltopic/left Ready
  check "a cluster that no node will have waits" \
    eventually 60 same MemberNotReady condition_of ruin petrelcluster/never Ready
  demo_goes_on "Meanwhile"
}

at_the_stall() { # TLS: a message there and back
  client --scenario transport --endpoint stall.market:8081 --topic fruit --group cooks --tls "$1"
}

plaintext_was_refused() {
  kubectl -n market logs stall-broker-0-0 | grep -q 'plaintext connection refused'
}

# Operator, nameserver and broker of a cluster that takes no plaintext found each other, or it would not be ready.
demands_tls() {
  check "a client with TLS is served there" at_the_stall on
  check "one without is not" fails at_the_stall off
  check "and the broker says so" plaintext_was_refused
  check "plaintext is allowed" kubectl -n market patch petrelcluster stall --type merge -p '{"spec":{"tls":{"mode":"Permissive"}}}'
  check "and served soon" eventually 150 at_the_stall off
}

run_scenario() {
  DEMO_PODS=$(pods_of_demo)
  check "neighbours are declared" kubectl apply -f "$SOURCE/documents/neighbours.yaml"
  check "one becomes ready" kubectl -n market wait --for=condition=Ready --timeout=180s petrelcluster/stall petreltopic/fruit \
    petrelconsumergroup/cooks
  demands_tls
  check "so does another" kubectl -n ruin wait --for=condition=Ready --timeout=180s petrelcluster/half petreltopic/left
  half_dead
  check "a namespace is deleted with its cluster" kubectl delete namespace market --timeout=120s
  demo_goes_on "Then"
  check "and one with clusters that do not work" kubectl delete namespace ruin --timeout=120s
  demo_goes_on "Then"
}
