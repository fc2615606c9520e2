# shellcheck shell=bash
# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
# Everything can be removed in any order: nothing hangs, nothing is left.

namespace_gone() { kubectl wait --for=delete --timeout=90s "namespace/$1"; }

anything_left() {
  kubectl get all,configmaps,secrets,serviceaccounts,roles,rolebindings,leases,networkpolicies,pdb -A -o name \
    -l app.kubernetes.io/name=petrel-operator
  kubectl get clusterroles,clusterrolebindings,crds -o name | grep petrel
  true
}

make_deletable() { # topics whose deletion needs brokers that may be gone
  k patch petreltopic simple --type merge -p '{"spec":{"deletionPolicy":"Delete"}}' &&
    k patch petreltopic spread --type merge -p '{"spec":{"deletionPolicy":"DeleteIfEmpty"}}' &&
    k patch petrelconsumergroup simple --type merge -p '{"spec":{"deletionPolicy":"Delete"}}'
}

run_scenario() {
  check "documents whose deletion needs brokers" make_deletable
  check "they are ready" ready petreltopics --all
  check "the cluster is deleted before them" k delete petrelcluster demo --timeout=60s
  check "its Pods are gone" gone pods -l petrel.io/cluster=demo
  check "its volumes stay" same "demo-broker-0-0-data demo-broker-1-0-data demo-broker-2-0-data" names pvc
  check "a topic without a cluster is deleted" k delete petreltopic simple --timeout=30s
  check "a cluster of the same name finds its volumes" k apply -f "$SOURCE/documents/demo.yaml"
  SECONDS_MAX=180 check "and becomes ready" ready petrelcluster/demo
  check "messages of before are there" eventually 30 client --scenario consume --endpoint demo:8081 --topic kept \
    --group kept-again --count 2000 --expect /data/kept
  check "the namespace is deleted with all that is in it" kubectl delete namespace "$NS" --timeout=120s
  check "the kinds may go with the operator" install_operator "$CHART" --set crds.keep=false
  check "helm uninstalls" helm -n "$OPERATOR_NS" uninstall "$RELEASE" --wait --timeout 90s
  check "nothing is left" eventually 30 same "" anything_left
  check "its namespace goes" kubectl delete namespace "$OPERATOR_NS" --timeout=60s
}
