#!/usr/bin/env bash
# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
# The operator at scale, on a real Kubernetes of one node (tests/lab): its chart, a cluster of two broker groups, and
# thousands of PetrelTopics. Prints one line of JSON for each measurement of operator_scale.py.
#   bench/operator.sh BUILD_DIR [TOPICS]      default 5000
set -euo pipefail
[ $# -ge 1 ] || { echo "usage: $0 BUILD_DIR [TOPICS]" >&2; exit 2; }
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/.." && pwd)
build=$(cd "$1" && pwd)
topics=${2:-5000}

if [ -z "${PETREL_LAB_READY:-}" ]; then # outside the lab: make it, and come again inside
  "$root/tests/lab/build.sh"
  "$root/scripts/images/build.sh" "$build" "$build/kubernetes" \
    "$(sed -n 's/^appVersion: "\(.*\)"/\1/p' "$root/charts/petrel-operator/Chart.yaml")"
  PETREL_LAB_READY=1 exec "$root/tests/lab/with.sh" 1 "$0" "$build" "$topics"
fi

"$root/tests/lab/load.sh" "$build"/kubernetes/petrel-{broker,nameserver,operator}.tar
kubectl create namespace petrel-system
kubectl create namespace shop
helm -n petrel-system install petrel "$root/charts/petrel-operator" --wait --timeout 90s > /dev/null
began=$(date +%s.%N)
kubectl -n shop apply -f - <<'YAML'
apiVersion: petrel.io/v1alpha1
kind: PetrelCluster
metadata: {name: demo}
spec:
  nameservers: {replicas: 1}
  brokerGroups: {replicas: 2}
  broker: {resources: {requests: {cpu: 100m, memory: 128Mi}}, storage: {size: 1Gi}}
YAML
kubectl -n shop wait --for=condition=Ready petrelcluster/demo --timeout=120s
printf '{"what": "cluster apply to Ready", "seconds": %.1f}\n' "$(echo "$(date +%s.%N) - $began" | bc)"
kubectl config view --raw --minify -o json > "$build/kubernetes/kubeconfig.json"
"$root/tests/lab/inside.sh" python3 "$here/operator_scale.py" --kubeconfig "$build/kubernetes/kubeconfig.json" \
  --namespace shop --cluster demo --operator-namespace petrel-system --topics "$topics"
