#!/bin/bash
# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
# Installs the operator on a real Kubernetes of three nodes and runs the scenarios beside it, in order. See README.md.
#   tests/kubernetes/run.sh BUILD_DIR [SCENARIO...]      default: all files of scenarios/
# shellcheck disable=SC2034 # the scenarios use what looks unused here
set -uo pipefail
[ $# -ge 1 ] || { echo "usage: $0 BUILD_DIR [SCENARIO...]" >&2; exit 2; }
SOURCE=$(cd "$(dirname "$0")" && pwd)
ROOT=$(cd "$SOURCE/../.." && pwd)
BUILD=$(cd "$1" && pwd) || exit 1
shift

if [ -z "${PETREL_LAB_READY:-}" ]; then # outside the lab: make it, and come again inside
  if ! "$ROOT/tests/lab/build.sh" || ! "$SOURCE/images.sh" "$BUILD" "$BUILD/kubernetes"; then
    echo "0 passed, 1 failed"
    exit 1
  fi
  export PETREL_LAB_READY=1
  export APISERVER_ARGS="--audit-policy-file=$SOURCE/audit-policy.yaml --audit-log-path=$BUILD/kubernetes/audit.log"
  exec "$ROOT/tests/lab/with.sh" 3 "$0" "$BUILD" "$@"
fi

. "$SOURCE/lib.sh"
LOGS=$BUILD/kubernetes-logs
LAB_LOGS=$(dirname "$KUBECONFIG")/log
AUDIT=$BUILD/kubernetes/audit.log
CHART=$ROOT/charts/petrel-operator
rm -rf "$LOGS"
mkdir -p "$LOGS"
: > "$LOGS/results"

"$ROOT/tests/lab/load.sh" "$BUILD"/kubernetes/*.tar || { echo "0 passed, 1 failed"; exit 1; }
scenarios=("$@")
[ $# -gt 0 ] || mapfile -t scenarios < <(basename -s .sh "$SOURCE"/scenarios/*.sh)
for scenario in "${scenarios[@]}"; do
  began=$SECONDS
  # shellcheck source=/dev/null
  . "$SOURCE/scenarios/$scenario.sh"
  run_scenario
  echo "     $scenario took $((SECONDS - began)) s"
done

passed=$(grep -c '^PASS' "$LOGS/results")
failed=$(grep -c '^FAIL' "$LOGS/results")
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
