# shellcheck shell=bash
# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
# What others changed by hand is repaired, on Kubernetes and on the brokers; and when nothing changed, nothing is written.

on_broker() { # GROUP PETRELCTL-ARGUMENTS...
  local group=$1
  shift
  k exec client -- petrelctl --endpoint "demo-broker-$group-0.demo-brokers.shop.svc.cluster.local:8081" "$@"
}

has_queues() { # GROUP TOPIC QUEUES
  on_broker "$1" -o json topic describe "$2" | grep -E "\"writeQueues\": *$3\b"
}

service_port() { field service/demo '{.spec.ports[?(@.name=="grpc")].port}'; }

operator_writes() {
  grep -c "\"username\":\"system:serviceaccount:$OPERATOR_NS:" "$AUDIT"
}

quiet() { # for 15 seconds
  local before after
  before=$(operator_writes)
  always 15 true
  after=$(operator_writes)
  [ "$before" = "$after" ] || {
    grep "\"username\":\"system:serviceaccount:$OPERATOR_NS:" "$AUDIT" | tail -n +$((before + 1)) |
      grep -oE '"(verb|requestURI)":"[^"]*"' | sort | uniq -c
    return 1
  }
}

run_scenario() {
  local uid
  check "an edited Service" k patch service demo --type json \
    -p '[{"op": "replace", "path": "/spec/ports/0/port", "value": 9999}]'
  check "is as declared again" eventually 20 same 8081 service_port
  uid=$(field service/demo-brokers '{.metadata.uid}')
  check "a deleted Service" k delete service demo-brokers
  check "is there again" eventually 20 differs "$uid" field service/demo-brokers '{.metadata.uid}'
  check "a deleted disruption budget" k delete pdb demo-brokers
  check "is there again" eventually 20 field pdb/demo-brokers '{.metadata.uid}'
  check "a removed label" k label pod demo-broker-1-0 petrel.io/broker-group-
  check "is there again" eventually 60 same 1 field pod/demo-broker-1-0 '{.metadata.labels.petrel\.io/broker-group}'
  check "a topic deleted on a broker" on_broker 1 topic delete spread --yes
  check "is there again within seconds" eventually 10 on_broker 1 topic describe spread
  check "a topic changed on a broker" on_broker 0 topic alter simple --queues 9
  check "is as declared again" eventually 10 has_queues 0 simple 4
  SECONDS_MAX=60 check "all is ready" ready petrelclusters,petreltopics,petrelconsumergroups --all
  check "nothing is written when nothing changes" quiet
}
