# shellcheck shell=bash
# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
# The operator is uninstalled before its clusters: they run on, and nothing hangs when they are deleted without it.

finalizers() { k get petreltopics,petrelconsumergroups -o 'jsonpath={.items[*].metadata.finalizers}'; }

run_scenario() {
  check "namespaces that enforce the restricted profile" kubectl apply -f "$SOURCE/documents/operator-namespace.yaml" \
    -f "$SOURCE/documents/shop.yaml"
  check "helm installs the chart" install_operator
  check "two operators are available" operator_ready
  check "topics whose deletion needs brokers" k apply -f "$SOURCE/documents/second.yaml"
  SECONDS_MAX=180 check "with a cluster that is ready" ready petrelcluster/second
  check "are ready" ready petreltopics --all
  check "and held by the operator" differs "" finalizers
  check "helm uninstalls" helm -n "$OPERATOR_NS" uninstall "$RELEASE" --wait --timeout 90s
  check "the operator let go of them" same "" finalizers
  check "the cluster runs on" k wait --for=condition=Ready --timeout=10s pods -l petrel.io/cluster=second
  check "everything is deleted" k delete --timeout=60s -f "$SOURCE/documents/second.yaml"
  check "the namespace is deleted" kubectl delete namespace "$NS" --timeout=120s
  check "the kinds are deleted" kubectl delete crd --timeout=60s -l app.kubernetes.io/part-of=petrel
  check "its namespace goes" kubectl delete namespace "$OPERATOR_NS" --timeout=60s
}
