# shellcheck shell=bash
# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
# Both operators are killed while they make a cluster; the next ones go on where these were.

kill_operators() {
  local pods
  mapfile -t pods < <(operator_pods)
  kubectl -n "$OPERATOR_NS" delete "${pods[@]}" --grace-period=0 --force
}

exists() { k get "$1"; }

run_scenario() {
  check "a second cluster is declared" k apply -f "$SOURCE/documents/second.yaml"
  check "its first Pod appears" eventually 30 exists pod/second-nameserver-0
  check "all operators are killed" kill_operators
  SECONDS_MAX=180 check "the cluster becomes ready" ready petrelcluster/second
  check "its topics become ready" ready petreltopics --all
  check "nothing was made twice" \
    same "second-broker-0-0 second-broker-1-0 second-nameserver-0" names pods petrel.io/cluster=second
  check "the first cluster is as it was" ready petrelcluster/demo
  check "the second cluster is deleted with its topics" \
    k delete --timeout=90s -f "$SOURCE/documents/second.yaml"
  check "its Pods are gone" gone pods -l petrel.io/cluster=second
  check "its volumes are gone, as it said" gone pvc -l petrel.io/cluster=second
  check "operators are available" operator_ready
}
