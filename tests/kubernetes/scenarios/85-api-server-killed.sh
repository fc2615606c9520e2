# shellcheck shell=bash
# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
# The API server is killed and comes back; operators and brokers outlive it.

# It is gone when this returns: up.sh takes one that is still ending for one that runs.
kill_api_server() {
  (
    # shellcheck source=tests/lab/lib.sh
    . "$ROOT/tests/lab/lib.sh"
    stop apiserver KILL
  )
}

run_scenario() {
  check "the API server is killed" kill_api_server
  check "it comes back" "$ROOT/tests/lab/up.sh" 3
  check "a change is reconciled" k patch petreltopic changed --type merge -p '{"spec":{"queuesPerBroker":5}}'
  check "within a minute" eventually 60 same 15 field petreltopic/changed '{.status.queues}'
  SECONDS_MAX=60 check "all is ready" ready petrelclusters,petreltopics,petrelconsumergroups --all
}
