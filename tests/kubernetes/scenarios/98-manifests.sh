# shellcheck shell=bash
# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
# The same without Helm, and the examples as they are; at the end the operator goes first, and nothing hangs.

run_scenario() {
  check "kubectl applies the manifests" kubectl apply --server-side -f "$ROOT/manifests"
}
