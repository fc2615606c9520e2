# shellcheck shell=bash
# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
# A cluster with topics and groups, from one file.

nodes_of_brokers() {
  k get pods -l petrel.io/cluster=demo,app.kubernetes.io/component=broker -o 'jsonpath={.items[*].spec.nodeName}' |
    tr ' ' '\n' | sort -u | wc -l
}

row() { # RESOURCE COLUMNS: what `kubectl get` shows
  k get "$1" --no-headers | awk -v columns="$2" '{n = split(columns, c, ","); for (i = 1; i <= n; i++) printf "%s ", $c[i]; exit}' | xargs
}

run_scenario() {
  check "the documents are accepted" k apply -f "$SOURCE/documents/demo.yaml"
  SECONDS_MAX=180 check "the cluster becomes ready" ready petrelcluster/demo
  check "its topics and groups become ready" ready petreltopics,petrelconsumergroups --all
  check "Pods have the names that clients are told" \
    same "demo-broker-0-0 demo-broker-1-0 demo-nameserver-0 demo-nameserver-1" names pods petrel.io/cluster=demo
  check "each broker has a volume" same "demo-broker-0-0-data demo-broker-1-0-data" names pvc petrel.io/cluster=demo
  check "Services for clients, brokers and nameservers" \
    same "demo demo-brokers demo-nameservers" names services petrel.io/cluster=demo
  check "disruption budgets for brokers and nameservers" \
    same "demo-brokers demo-nameservers" names pdb petrel.io/cluster=demo
  check "brokers are on different nodes" same 2 nodes_of_brokers
  check "kubectl get shows what is ready" same "True 2 2/2 5" row petrelcluster/demo 2,3,4,5
}
