#!/usr/bin/env bash
# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
# Tests of scripts/report.sh: what ./test says at its end is found in what suites print.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=scripts/report.sh
. "$here/../../scripts/report.sh"
log=$(mktemp)
trap 'rm -f "$log"' EXIT

passed=0
failed=0
# equal WHAT EXPECTED ACTUAL
equal() {
  if [ "$2" = "$3" ]; then
    passed=$((passed + 1))
  else
    printf 'FAIL %s: expected\n%s\n  got\n%s\n' "$1" "$2" "$3"
    failed=$((failed + 1))
  fi
}

cat > "$log" <<'LOG'
1/4 Test  #3: store_test/Log.Opens ....***Failed    0.02 sec
[  FAILED  ] Log.Opens (3 ms)
FAIL is only what a program printed

33% tests passed, 2 tests failed out of 3

Total Test time (real) =   1.05 sec

The following tests FAILED:
	  3 - store_test/Log.Opens (Failed)
	 14 - docs/configuration-of-broker (Not Run)
Errors while running CTest
LOG
equal "ctest's counts" "1 2" "$(counts_of "$log")"
equal "ctest's names" $'store_test/Log.Opens (Failed)\ndocs/configuration-of-broker (Not Run)' "$(failures_in "$log")"

cat > "$log" <<'LOG'
PASS java-simple: sends
FAIL java-push: receives all
RocketMQ goes on: FAILED: offset: expected 3, got 4
INFO FAIL is not at the start here
2 passed, 1 failed
3 passed, 2 failed
LOG
equal "a script's counts are its last" "3 2" "$(counts_of "$log")"
equal "a script's names" $'java-push: receives all\nRocketMQ goes on: FAILED: offset: expected 3, got 4' "$(failures_in "$log")"

printf 'one\ntwo\nthree\nno such program\n\n' > "$log"
equal "no counts" "" "$(counts_of "$log" || true)"
equal "of one that died, the last lines" $'two\nthree\nno such program' "$(failures_in "$log")"
note_time build 61
note_suite lab 125 0 1 "$log"
note_suite unit 3 10 0 "$log"
equal "the report" "
=== report
build              1 min 01 s
lab                2 min 05 s       0 passed     1 failed
    two
    three
    no such program
unit               0 min 03 s      10 passed     0 failed" "$(print_report)"

for i in $(seq $((REPORT_NAMES_MAX + 2))); do echo "FAIL $i"; done > "$log"
equal "many names are cut" "and 2 more" "$(failures_in "$log" | tail -n 1)"

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
