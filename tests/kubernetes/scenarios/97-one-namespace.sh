# shellcheck shell=bash
# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
# An operator that is given one namespace: it runs clusters there, and has no rights elsewhere.

operator_may() { # VERB RESOURCE NAMESPACE [SUBRESOURCE]
  kubectl auth can-i "$1" "$2" -n "$3" ${4:+--subresource "$4"} \
    --as "system:serviceaccount:$OPERATOR_NS:$(kubectl -n "$OPERATOR_NS" get serviceaccounts \
      -l app.kubernetes.io/name=petrel-operator -o 'jsonpath={.items[0].metadata.name}')"
}

run_scenario() {
  check "namespaces that enforce the restricted profile" kubectl apply -f "$SOURCE/documents/operator-namespace.yaml" \
    -f "$SOURCE/documents/shop.yaml"
  check "helm installs the chart for $NS" install_operator "$CHART" --set "watchNamespaces={$NS},crds.keep=false"
  check "two operators are available" operator_ready
  check "it may make Pods in $NS" operator_may create pods "$NS"
  check "but not elsewhere" fails operator_may create pods default
  check "nor read Secrets" fails operator_may get secrets "$NS"
  check "nor run commands in Pods" fails operator_may create pods "$NS" exec
  check "a cluster is declared" k apply -f "$SOURCE/documents/second.yaml"
  SECONDS_MAX=180 check "it becomes ready" ready petrelcluster/second
  check "it is deleted" k delete --timeout=90s -f "$SOURCE/documents/second.yaml"
  check "the namespace is deleted" kubectl delete namespace "$NS" --timeout=120s
  check "helm uninstalls" helm -n "$OPERATOR_NS" uninstall "$RELEASE" --wait --timeout 90s
  check "its namespace goes" kubectl delete namespace "$OPERATOR_NS" --timeout=60s
}
