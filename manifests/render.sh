#!/bin/bash
# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
# Renders the chart into the files of this folder, or of another one. Needs helm.
#   manifests/render.sh [FOLDER]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
chart=$here/../charts/petrel-operator
into=${1:-$here}
mkdir -p "$into/monitoring"

# render ARGUMENTS...: without what only Helm looks at.
render() {
  helm template petrel "$chart" --namespace petrel-system --kube-version 1.34.0 --skip-tests \
    --set crds.keep=false,letGo.enabled=false "$@" |
    sed -e '/^ *helm\.sh\/chart:/d' -e '/^ *app\.kubernetes\.io\/managed-by: Helm$/d' -e '/^# Source: /d'
}

{
  cat <<'NAMESPACE'
# Petrel's operator, rendered from charts/petrel-operator by manifests/render.sh.
---
apiVersion: v1
kind: Namespace
metadata:
  name: petrel-system
  labels:
    app.kubernetes.io/part-of: petrel
    pod-security.kubernetes.io/enforce: restricted
NAMESPACE
  render --set monitoring.dashboards.enabled=false
} > "$into/install.yaml"

{
  echo '# PodMonitors and alerts for Prometheus'"'"' operator and dashboards for Grafana, rendered by manifests/render.sh.'
  render --api-versions monitoring.coreos.com/v1 --show-only templates/podmonitors.yaml \
    --show-only templates/prometheusrule.yaml --show-only templates/dashboards.yaml
} > "$into/monitoring/monitoring.yaml"
