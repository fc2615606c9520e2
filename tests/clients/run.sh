#!/bin/bash
# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
# Drives the official RocketMQ 5 clients against a Petrel of two brokers. See README.md.
#   tests/clients/run.sh BUILD_DIR [java|go|python|node|rust|badinput]...
set -euo pipefail

[ $# -ge 1 ] || { echo "usage: $0 BUILD_DIR [java|go|python|node|rust|badinput]..." >&2; exit 2; }
BUILD=$(cd "$1" && pwd)
shift
PARTS=${*:-java go python node rust badinput}
SOURCE=$(cd "$(dirname "$0")" && pwd)
WORK=$BUILD/clients
LOGS=$BUILD/clients-logs
PORT_BASE=${PORT_BASE:-22400}
RESTART_MESSAGES=4000
ENGINE_RESTARTS=12
HELD=8
AWAY_SECONDS=65
SCENARIO_SECONDS=420

. "$SOURCE/cluster.sh"
. "$SOURCE/toolchains.sh"

scenarios_of() { # LANGUAGE
  case $1 in
    rust) echo transport simple tags redelivery spread errors ;;
    badinput) echo ;;
    *) echo transport simple push tags redelivery spread errors ;;
  esac
}

# node: a scenario of its own is still to be written.
follows() { [[ " java go python " == *" $1 "* ]]; }

restarts() { [ "$1" != rust ] && [ "$1" != badinput ]; } # rust: its receive panics without a broker

record() { # LINE...
  printf '%s\n' "$@" | tee -a "$LOGS/results"
}

# Clients log to standard error.
run_client() { # LANGUAGE LABEL ARGUMENTS...
  local language=$1 log=$LOGS/$1-$2
  shift 2
  export -f "run_$language" # timeout starts programs only
  SOURCE=$SOURCE WORK=$WORK LOGS=$LOGS timeout "$SCENARIO_SECONDS" \
    bash -c '"$@"' bash "run_$language" "$@" >"$log.out" 2>"$log.err"
}

# Runs one scenario and records its checks under LANGUAGE-LABEL.
run_scenario() { # LANGUAGE LABEL ARGUMENTS...
  local language=$1 label=$2 code=0 checks
  local log=$LOGS/$language-$label
  run_client "$@" || code=$?
  checks=$(grep -aE '^(PASS|FAIL|INFO) ' "$log.out" | sed -E "s#^([A-Z]+) #\1 $language-$label: #") || true
  [ -z "$checks" ] || record "$checks"
  if [ "$code" -ne 0 ] && ! grep -aq '^FAIL ' "$log.out"; then
    record "FAIL $language-$label: ended with code $code, see $log.err"
  elif [ -z "$checks" ]; then
    record "FAIL $language-$label: checked nothing, see $log.err"
  fi
}

conformance() { # LANGUAGE LABEL SCENARIO NAME ARGUMENTS...
  local language=$1 label=$2 scenario=$3 name=$4
  shift 4
  run_scenario "$language" "$label" --scenario "$scenario" --endpoint "${ENDPOINT:-$BROKER_0}" \
    --topic "$language-$name" --group "$language-$name" "$@"
}

# Everything that needs no restart.
language_scenarios() { # LANGUAGE
  local language=$1 scenario
  for scenario in $(scenarios_of "$language"); do
    conformance "$language" "$scenario" "$scenario" "$scenario"
  done
  ENDPOINT=$NAMESERVER conformance "$language" through-nameserver transport transport
  case $language in # TLS is their default
    java | go) conformance "$language" plaintext transport transport --tls off ;;
  esac
}

lines() { # FILE
  if [ -f "$1" ]; then wc -l <"$1"; else echo 0; fi
}

wait_for_lines() { # FILE NUMBER: or until the producer, pid $producer, has ended
  while [ "$(lines "$1")" -lt "$2" ] && kill -0 "$producer" 2>/dev/null; do
    sleep 0.05
  done
}

# Messages flow while first one broker, then the one that is the access point, dies and comes back.
restart_under_load() { # LANGUAGE
  local language=$1 acked=$LOGS/$1-acked n=$RESTART_MESSAGES consumer producer
  conformance "$language" restart-consume consume restart --count "$n" --expect "$acked" &
  consumer=$!
  conformance "$language" restart-produce produce restart --count "$n" --out "$acked" &
  producer=$!
  wait_for_lines "$acked" $((n / 4))
  kill_member broker-1
  wait_for_lines "$acked" $((n / 2))
  cluster_up
  wait_for_lines "$acked" $((n * 5 / 8))
  kill_member broker-0
  cluster_up
  wait "$producer" "$consumer"
}

# Messages that nobody has received yet are there after every broker was killed at once.
restart_at_rest() { # LANGUAGE
  local language=$1 acked=$LOGS/$1-acked-at-rest
  conformance "$language" rest-produce produce rest --count 500 --out "$acked"
  kill_member broker-0
  kill_member broker-1
  cluster_up
  conformance "$language" rest-consume consume rest --count 500 --expect "$acked"
}

# Push consumers work on messages while both brokers are killed and away for longer than the minute
# that a delivery is renewed for: none of these comes a second time.
restart_while_held() { # LANGUAGE...
  local language consumers=() back=$LOGS/held-back
  rm -f "$back"
  for language in "$@"; do
    conformance "$language" held held held --count "$HELD" --out "$LOGS/$language-held" --until "$back" &
    consumers+=($!)
    producer=$! wait_for_lines "$LOGS/$language-held" "$HELD"
  done
  sleep 2 # the last second of a killed broker may come again: docs/design/0009
  kill_member broker-0
  kill_member broker-1
  sleep "$AWAY_SECONDS"
  cluster_up
  : >"$back"
  wait "${consumers[@]}"
}

# Engines are closed, and dropped as by a crash, inside running brokers: clients go on.
engines_under_load() { # LANGUAGE
  local language=$1 acked=$LOGS/$1-acked-engine n=$RESTART_MESSAGES consumer producer i how broker
  rm -f "$acked"
  conformance "$language" engine-follow follow engine --count "$n" --expect "$acked" &
  consumer=$!
  conformance "$language" engine-produce produce engine --count "$n" --out "$acked" &
  producer=$!
  for ((i = 1; i <= ENGINE_RESTARTS; i++)); do
    wait_for_lines "$acked" $((n * i / (ENGINE_RESTARTS + 1)))
    broker=$([ $((i % 2)) = 0 ] && echo "$BROKER_0" || echo "$BROKER_1")
    how=$([ $((i % 4)) -lt 2 ] && echo --drop || echo)
    restart_engine "$broker" $how || record "FAIL $language-engine: restart $i failed"
  done
  wait "$producer" "$consumer"
}

# A changed configuration rolls both brokers, the access point first, under all clients at once: no
# send may fail.
roll_under_load() { # LANGUAGE...
  local language producers=() over=$LOGS/roll-over
  rm -f "$over"
  for language in "$@"; do
    conformance "$language" roll-produce steady roll --out "$LOGS/$language-acked-roll" \
      --until "$over" &
    producers+=($!)
    producer=$! wait_for_lines "$LOGS/$language-acked-roll" 100
  done
  cluster_flushes_in_sync || record "FAIL roll: petrelctl up failed"
  : >"$over"
  wait "${producers[@]}"
}

# The cluster demands TLS: who uses it is served, plaintext is refused.
tls_enforced() {
  local part
  cluster_enforces_tls || record "FAIL tls: petrelctl up failed"
  for part in $PARTS; do
    case $part in
      java | go) conformance "$part" tls-enforced transport transport ;; # TLS is their default
      python)
        cat "$WORK"/data/broker-*/data/tls-certificate.pem >"$LOGS/certificates.pem"
        GRPC_DEFAULT_SSL_ROOTS_FILE_PATH=$LOGS/certificates.pem \
          conformance python tls-enforced transport transport --tls on
        plaintext_is_refused python
        ;;
    esac
  done
}

plaintext_is_refused() { # LANGUAGE
  if run_client "$1" plaintext-refused --scenario transport --endpoint "$BROKER_0" \
    --topic "$1-transport" --group "$1-transport" --tls off; then
    record "FAIL $1-plaintext-refused: it was served"
  elif petrelctl --data "$WORK/data" logs broker-0 | grep -q 'plaintext connection refused'; then
    record "PASS $1-plaintext-refused"
  else
    record "FAIL $1-plaintext-refused: it failed for another reason"
  fi
}

bad_input() {
  run_scenario badinput all --endpoint "$BROKER_0" --pid "$(member_pid broker-0)" \
    --topic badinput --group badinput --probe-topic badinput-probe --probe-group badinput-probe
}

prepare() {
  local part scenario
  mkdir -p "$WORK" "$LOGS/home"
  : >"$LOGS/results"
  cp "$SOURCE/cluster.yaml" "$WORK/cluster.yaml"
  for part in $PARTS; do
    declare -f "prepare_$part" >/dev/null || { echo "no such part: $part" >&2; exit 2; }
    echo "preparing $part"
    "prepare_$part"
    for scenario in $(scenarios_of "$part") $(restarts "$part" && echo restart rest); do
      declare_topic_and_group "$part-$scenario" >>"$WORK/cluster.yaml"
    done
    ! follows "$part" || {
      declare_topic_and_group "$part-engine"
      declare_topic_and_group "$part-roll"
      declare_topic_and_group "$part-held"
      declare_group "$part-engine-simple"
      declare_group "$part-engine-audit"
    } >>"$WORK/cluster.yaml"
  done
  declare_topic_and_group badinput >>"$WORK/cluster.yaml"
  declare_topic_and_group badinput-probe >>"$WORK/cluster.yaml"
}

main() {
  prepare
  [ ! -d "$WORK/data" ] || cluster_down --wipe --yes
  trap 'cluster_down || true' EXIT
  cluster_up
  local part jobs=()
  for part in $PARTS; do # each mostly waits, so they wait together
    [ "$part" = badinput ] || { language_scenarios "$part" & jobs+=($!); }
  done
  [ ${#jobs[@]} -eq 0 ] || wait "${jobs[@]}"
  [[ " $PARTS " != *" badinput "* ]] || bad_input
  for part in $PARTS; do
    ! restarts "$part" || { restart_under_load "$part"; restart_at_rest "$part"; }
  done
  local rolled=()
  for part in $PARTS; do
    ! follows "$part" || rolled+=("$part")
  done
  restart_while_held "${rolled[@]}"
  roll_under_load "${rolled[@]}"
  for part in "${rolled[@]}"; do
    engines_under_load "$part"
  done
  tls_enforced
  local passed failed
  passed=$(grep -c '^PASS' "$LOGS/results") || true
  failed=$(grep -c '^FAIL' "$LOGS/results") || true
  echo "$passed passed, $failed failed"
  [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
}

main
