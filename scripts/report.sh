# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
# What a suite of ./test says at its end, and the report of all of them. To be sourced.
# shellcheck shell=bash
REPORT_NAMES_MAX=50 # of a suite
report=()           # lines

# counts_of LOG: "PASSED FAILED", from the last line that counts, ctest's or one of ours; fails if there is none.
counts_of() {
  local line failed all
  if line=$(grep -aE '^[0-9]+ passed, [0-9]+ failed' "$1" | tail -n 1) && [ -n "$line" ]; then
    awk '{print $1, $3}' <<< "$line"
  elif line=$(grep -aE '% tests passed, [0-9]+ tests failed out of [0-9]+' "$1" | tail -n 1) && [ -n "$line" ]; then
    read -r failed all <<< "$(sed -E 's/.* ([0-9]+) tests failed out of ([0-9]+).*/\1 \2/' <<< "$line")"
    echo "$((all - failed)) $failed"
  else
    return 1
  fi
}

# failures_in LOG: what failed, a line each: ctest's closing list, or the lines of a suite of ours that begin with FAIL, FAILED or
# ERROR, perhaps after a title. Of a suite that says neither, its last lines.
failures_in() {
  local found
  found=$(sed -nE '/^The following tests FAILED:/,$ s/^[[:space:]]+[0-9]+ - (.* \([A-Za-z ]+\))$/\1/p' "$1")
  [ -n "$found" ] || found=$(grep -aE '^([^:]+: )?(FAIL|FAILED|ERROR)[: ]' "$1" | sed -E 's/^(FAIL|FAILED|ERROR):? //')
  [ -n "$found" ] || found=$(grep -av '^[[:space:]]*$' "$1" | tail -n 3)
  head -n "$REPORT_NAMES_MAX" <<< "$found" | cut -c 1-300
  local more=$(($(wc -l <<< "$found") - REPORT_NAMES_MAX))
  if [ "$more" -gt 0 ]; then echo "and $more more"; fi
}

# note_time WHAT SECONDS [COUNTS]: adds a line to the report.
note_time() {
  report+=("$(printf '%-16s %3d min %02d s%s' "$1" $(($2 / 60)) $(($2 % 60)) "${3:-}")")
}

# note_suite SUITE SECONDS PASSED FAILED LOG: adds it and what failed of it to the report.
note_suite() {
  local name
  note_time "$1" "$2" "$(printf '  %6d passed %5d failed' "$3" "$4")"
  [ "$4" -ne 0 ] || return 0
  while IFS= read -r name; do report+=("    $name"); done < <(failures_in "$5")
}

print_report() {
  printf '\n=== report\n'
  printf '%s\n' "${report[@]}"
}
