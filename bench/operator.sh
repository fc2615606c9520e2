#!/usr/bin/env bash
# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
# The operator at scale, on a real Kubernetes of one node (tests/lab): its chart, a cluster of two broker groups, and
# thousands of PetrelTopics. A section of bench/RESULTS.md tells what operator_scale.py measured.
#   bench/operator.sh BUILD_DIR [TOPICS]      default 5000
set -euo pipefail
[ $# -ge 1 ] || { echo "usage: $0 BUILD_DIR [TOPICS]" >&2; exit 2; }
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/.." && pwd)
build=$(cd "$1" && pwd)
topics=${2:-5000}

if [ -z "${PETREL_LAB_READY:-}" ]; then # outside the lab: make it, and come again inside
  "$root/tests/lab/build.sh"
  "$root/tests/kubernetes/images.sh" "$build" "$build/kubernetes"
  PETREL_LAB_READY=1 exec "$root/tests/lab/with.sh" 1 "$0" "$build" "$topics"
fi

results=$(mktemp)
trap 'rm -f "$results"' EXIT
k() { kubectl -n shop "$@"; }

"$root/tests/lab/load.sh" "$build"/kubernetes/*.tar
kubectl create namespace petrel-system
kubectl create namespace shop
helm -n petrel-system install petrel "$root/charts/petrel-operator" --wait --timeout 90s > /dev/null
k apply -f "$root/tests/kubernetes/client.yaml"
k wait --for=condition=Ready pod/client --timeout=60s

client() { k exec client -- petrelctl --endpoint demo:8081 "$@" > /dev/null 2>&1; }
seconds_since() { awk -v now="$(date +%s.%N)" -v then="$1" 'BEGIN {printf "%.1f", now - then}'; }

began=$(date +%s.%N)
k apply -f - <<'YAML'
apiVersion: petrel.io/v1alpha1
kind: PetrelCluster
metadata: {name: demo}
spec:
  nameservers: {replicas: 1}
  brokerGroups: {replicas: 2}
  broker: {resources: {requests: {cpu: 100m, memory: 128Mi}}, storage: {size: 1Gi}}
---
apiVersion: petrel.io/v1alpha1
kind: PetrelTopic
metadata: {name: first}
spec: {clusterRef: {name: demo}}
---
apiVersion: petrel.io/v1alpha1
kind: PetrelConsumerGroup
metadata: {name: first}
spec: {clusterRef: {name: demo}}
YAML
until client send --topic first --body hello; do sleep 0.1; done
until client receive --topic first --group first --count 1; do sleep 0.1; done
printf '{"what": "cluster, topic and group applied to the first message received in a Pod", "seconds": %s}\n' \
  "$(seconds_since "$began")" | tee "$results"
k wait --for=condition=Ready petrelcluster/demo --timeout=120s
kubectl config view --raw --minify -o json > "$build/kubernetes/kubeconfig.json"
"$root/tests/lab/inside.sh" python3 "$here/operator_scale.py" --kubeconfig "$build/kubernetes/kubeconfig.json" \
  --namespace shop --cluster demo --operator-namespace petrel-system --topics "$topics" | tee -a "$results"
"$here/record.py" Operator --command bench/operator.sh \
  --setting "Kubernetes itself, one node, runs on the same cores" < "$results"
