# shellcheck shell=bash
# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
# More broker groups and nameservers, and the refusal of fewer groups.

run_scenario() {
  check "a third group is asked for, with the scale subresource" k scale petrelcluster/demo --replicas=3
  check "its Pod appears" eventually 60 same "demo-broker-0-0 demo-broker-1-0 demo-broker-2-0" broker_pods demo
  SECONDS_MAX=180 check "the cluster becomes ready" ready petrelcluster/demo
  check "topics have queues on it" eventually 60 same 12 field petreltopic/scaled '{.status.queues}'
  check "topics are ready" ready petreltopics --all
  check "messages go to all three" \
    client --scenario spread --endpoint demo:8081 --topic scaled --group scaled --brokers 3
  check "a third nameserver is asked for" patch petrelcluster/demo '{"spec":{"nameservers":{"replicas":3}}}'
  check "it becomes ready" eventually 90 ready pod/demo-nameserver-2
  SECONDS_MAX=240 check "brokers know it" ready petrelcluster/demo
  check "messages go through it" client --scenario spread --topic spread --group spread --brokers 3 \
    --endpoint demo-nameserver-2.demo-nameservers.shop.svc.cluster.local:8080
  check "one nameserver is asked for" patch petrelcluster/demo '{"spec":{"nameservers":{"replicas":1}}}'
  check "the others go" eventually 90 same demo-nameserver-0 names pods \
    petrel.io/cluster=demo,app.kubernetes.io/component=nameserver
  SECONDS_MAX=240 check "the cluster becomes ready again" ready petrelcluster/demo
  check "fewer groups are asked for" patch petrelcluster/demo '{"spec":{"brokerGroups":{"replicas":2}}}'
  check "which is refused, and said so" eventually 30 differs True \
    field petrelcluster/demo '{.status.conditions[?(@.type=="Accepted")].status}'
  check "no broker is removed" always 3 same "demo-broker-0-0 demo-broker-1-0 demo-broker-2-0" broker_pods demo
  check "three groups again" patch petrelcluster/demo '{"spec":{"brokerGroups":{"replicas":3}}}'
  check "the cluster is ready" ready petrelcluster/demo
}
