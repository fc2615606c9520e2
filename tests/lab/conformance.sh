#!/bin/bash
# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
# The tests that need a real API server (label lab), beside one without nodes. Its etcd compacts every few seconds, so that
# old resource versions are answered with 410.
#   tests/lab/conformance.sh BUILD_DIR
set -euo pipefail
[ $# -eq 1 ] || { echo "usage: $0 BUILD_DIR" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
"$here/build.sh"
APISERVER_ARGS=--etcd-compaction-interval=5s \
  exec "$here/with.sh" 0 ctest --test-dir "$1" --output-on-failure --no-tests=error -L lab
