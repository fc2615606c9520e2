# shellcheck shell=bash
# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
# The chart on an empty cluster.

leads() {
  kubectl -n "$OPERATOR_NS" get lease petrel-operator -o 'jsonpath={.spec.holderIdentity}' | grep .
}

refused() { # YAML
  ! k apply --dry-run=server -f - <<< "$1"
}

run_scenario() {
  check "namespaces that enforce the restricted profile" kubectl apply -f "$SOURCE/documents/operator-namespace.yaml" \
    -f "$SOURCE/documents/shop.yaml"
  check "helm installs the chart" install_operator
  check "two operators are available" operator_ready
  check "helm test passes" helm -n "$OPERATOR_NS" test "$RELEASE" --timeout 60s
  check "one of them leads" eventually 30 leads
  check "the kinds are established" kubectl wait --for=condition=Established --timeout=30s \
    crd/petrelclusters.petrel.io crd/petreltopics.petrel.io crd/petrelconsumergroups.petrel.io
  check "kubectl explains fields" kubectl explain petrelcluster.spec.broker.storage.deletionPolicy
  check "the API server refuses a value out of bounds" refused '
    {apiVersion: petrel.io/v1alpha1, kind: PetrelCluster, metadata: {name: x}, spec: {brokerGroups: {replicas: 0}}}'
}
