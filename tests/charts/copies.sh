#!/bin/sh
# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
# The chart's copies of dashboards and alerts are what dashboards/ has; with --write they become so.
set -eu
cd "$(dirname "$0")/../.."
files=charts/petrel-operator/files
if [ "${1:-}" = --write ]; then
  mkdir -p "$files/dashboards"
  rm -f "$files"/dashboards/*.json
  cp dashboards/*.json "$files/dashboards/"
  cp dashboards/petrel-rules.yaml "$files/"
fi
[ "$(cd dashboards && ls ./*.json)" = "$(cd "$files/dashboards" && ls ./*.json)" ]
for file in dashboards/*.json; do
  diff "$file" "$files/$file"
done
diff dashboards/petrel-rules.yaml "$files/petrel-rules.yaml"
