#!/usr/bin/env bash
# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
# The recorded runs: starts broker, nameserver and the empty gRPC service as plain processes on this machine, loads
# them, and writes bench/RESULTS.md.
set -euo pipefail

usage() {
  cat <<'HELP'
usage: bench/run.sh BUILD_DIR [RUN...]
  ceiling     1 KiB unary sends, 256 in flight: empty gRPC service and broker in turns (ABAB...)
  batch       16 messages of 1 KiB a request, 64 requests in flight
  open-loop   5,000 sends of 1 KiB a second: latency from the intended time
  sync        the same with SYNC_FLUSH, 64 in flight
  end-to-end  5,000 messages a second, sent and received: latency, loss
  drain       1,000,000 messages stored, then received and acknowledged
  idle        memory of a broker and a nameserver that do nothing
  start       exec to the first accepted send, five times
  peer        Apache RocketMQ's proxy with the same sends, when PEER_ENDPOINT (host:port) and PEER_PIDS are given
All of them by default; bench/RESULTS.md is written only then.
Environment: ROUNDS (5) SECONDS_EACH (10) QUIET_MAX_S (30: wait at most so long for an idle machine) PREFER (a command
before clients and servers, such as "chrt -r 1", to keep other processes off the cores) FILL_CACHE (1: fill the page
cache first, as it is on a machine that has been up for a while; on a virtual machine the first touch of a page goes to
the hypervisor and costs ten times the copy into it) WORK (a new directory below TMPDIR).
HELP
}

if [ $# -lt 1 ] || [ "$1" = "--help" ]; then
  usage
  [ $# -ge 1 ] && exit 0 || exit 1
fi
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/wait_for_port.sh
. "$here/../scripts/wait_for_port.sh"
bin=$(cd "$1" && pwd)/bin
shift
runs=("$@")
all_runs=(ceiling batch open-loop sync end-to-end drain idle start peer)
[ ${#runs[@]} -eq 0 ] && runs=("${all_runs[@]}")

rounds=${ROUNDS:-5}
seconds_each=${SECONDS_EACH:-10}
window_s=$seconds_each
work=${WORK:-$(mktemp -d "${TMPDIR:-/tmp}/petrel-bench.XXXXXX")}
mkdir -p "$work"
results=$work/results.jsonl
broker_port=${BROKER_PORT:-28081}
nameserver_port=${NAMESERVER_PORT:-28070}
empty_port=${EMPTY_PORT:-28090}
read -ra prefer <<< "${PREFER:-env}"
topic=bench
group=bench

# Processes that this script started, by name.
declare -A pids
finish() {
  local pid
  for pid in "${pids[@]}"; do kill "$pid" 2> /dev/null || true; done
  wait
  rm -rf "$work/fill" "$work"/store.*
}
trap finish EXIT

stop() {
  [ -n "${pids[$1]:-}" ] || return 0
  kill "${pids[$1]}"
  wait "${pids[$1]}" || true
  unset "pids[$1]"
}

# broker_config FLUSH_MODE: a broker without nameserver, one topic's queues on demand.
broker_config() {
  cat > "$work/broker.yaml" <<YAML
broker:
  name: bench
  advertised-address: 127.0.0.1:$broker_port
store:
  directory: $store
  flush-mode: $1
grpc:
  port: $broker_port
http:
  port: $((broker_port + 1))
topics:
  auto-create: true
YAML
}

# Each broker has a new store, and all stay until the end: what was deleted would be free memory again, see FILL_CACHE.
new_store() { store=$(mktemp -d "$work/store.XXXXXX"); }

start_broker() {
  new_store
  broker_config "${1:-async}"
  "${prefer[@]}" "$bin/petrel-broker" --config "$work/broker.yaml" > "$work/broker.log" 2>&1 &
  pids[broker]=$!
  wait_for_port "$broker_port"
}

start_nameserver() {
  printf 'grpc:\n  port: %s\nhttp:\n  port: %s\n' "$nameserver_port" $((nameserver_port + 2)) > "$work/nameserver.yaml"
  "${prefer[@]}" "$bin/petrel-nameserver" --config "$work/nameserver.yaml" > "$work/nameserver.log" 2>&1 &
  pids[nameserver]=$!
  wait_for_port "$nameserver_port"
}

start_empty() {
  "${prefer[@]}" "$bin/petrel-bench" empty-server --port "$empty_port" 2> "$work/empty.log" &
  pids[empty]=$!
  wait_for_port "$empty_port"
}

# Waits until the machine's cores are nine tenths idle for two seconds.
wait_until_quiet() {
  local i before after
  for ((i = 0; i < ${QUIET_MAX_S:-30}; i += 2)); do
    before=($(head -n 1 /proc/stat))
    sleep 2
    after=($(head -n 1 /proc/stat))
    [ $((10 * (after[4] - before[4] + after[5] - before[5]))) -ge $((9 * 2 * $(getconf CLK_TCK) * $(nproc))) ] && return 0
  done
  return 0
}

# measure LABEL MODE PORT PIDS ARGUMENT...: one run; its line of JSON goes to the results.
measure() {
  local label=$1 mode=$2 port=$3 server_pids=() pid status=0
  for pid in $4; do server_pids+=(--server-pid "$pid"); done
  shift 4
  wait_until_quiet
  printf '%s\n' "--- $label" >&2
  "${prefer[@]}" "$bin/petrel-bench" "$mode" --label "$label" --endpoint "127.0.0.1:$port" --topic "$topic" \
    --warmup-s 3 --duration-s "$window_s" "${server_pids[@]}" "$@" >> "$results" || status=$?
  # 3: errors, loss or a rate not held, which the result itself says.
  [ $status -eq 0 ] || [ $status -eq 3 ]
}

run_ceiling() {
  local round
  start_empty
  start_broker async
  for ((round = 0; round < rounds; round++)); do
    measure "empty service, 1 KiB, 256 in flight" produce "$empty_port" "${pids[empty]}" --inflight 256
    measure "broker, 1 KiB, 256 in flight" produce "$broker_port" "${pids[broker]}" --inflight 256
  done
  stop broker
  stop empty
}

run_batch() {
  local round
  start_empty
  start_broker async
  for ((round = 0; round < rounds; round++)); do
    measure "empty service, 16 x 1 KiB a request, 64 in flight" produce "$empty_port" "${pids[empty]}" --batch 16 --inflight 64
    measure "broker, 16 x 1 KiB a request, 64 in flight" produce "$broker_port" "${pids[broker]}" --batch 16 --inflight 64
  done
  stop broker
  stop empty
}

run_open_loop() {
  local round
  start_broker async
  for ((round = 0; round < rounds; round++)); do
    measure "broker, 1 KiB, 5,000/s open loop" produce "$broker_port" "${pids[broker]}" --rate 5000
  done
  stop broker
}

run_sync() {
  local round
  "${prefer[@]}" "$bin/petrel-bench" disk --directory "$work" | sed 's/^{/{"label":"disk",/' >> "$results"
  start_broker sync
  for ((round = 0; round < rounds; round++)); do
    measure "broker, SYNC_FLUSH, 1 KiB, 64 in flight" produce "$broker_port" "${pids[broker]}" --inflight 64
  done
  stop broker
}

run_end_to_end() {
  local round
  start_broker async
  for ((round = 0; round < rounds; round++)); do
    measure "broker, 1 KiB, 5,000/s sent and received" both "$broker_port" "${pids[broker]}" --rate 5000 --group "$group"
  done
  stop broker
}

run_drain() {
  local window_s=300
  start_broker async
  # The group is used before there are messages, so that it begins with the first one.
  measure "(group)" both "$broker_port" "" --group "$group" --rate 100 --count 100
  measure "broker, fill for the drain" produce "$broker_port" "${pids[broker]}" --batch 16 --inflight 64 --count 1000000
  measure "broker, 1,000,000 x 1 KiB received and acknowledged" consume "$broker_port" "${pids[broker]}" \
    --group "$group" --count 1000000 --receivers 8
  stop broker
}

# rss_mib NAME: resident memory of a process.
rss_mib() { awk '/^VmRSS:/ {printf "%.1f", $2 / 1024}' "/proc/${pids[$1]}/status"; }

run_idle() {
  start_nameserver
  start_broker async
  sleep 10
  printf '{"label":"idle","broker_rss_mib":%s,"nameserver_rss_mib":%s}\n' "$(rss_mib broker)" "$(rss_mib nameserver)" \
    >> "$results"
  stop broker
  stop nameserver
}

run_start() {
  local round
  for ((round = 0; round < 5; round++)); do
    new_store
    broker_config async
    wait_until_quiet
    "${prefer[@]}" "$bin/petrel-bench" first-send --endpoint "127.0.0.1:$broker_port" --topic "$topic" -- \
      "$bin/petrel-broker" --config "$work/broker.yaml" 2>> "$work/broker.log" |
      sed 's/^{/{"label":"start",/' >> "$results"
  done
}

# Its topic and its servers are there already: see the table's note.
run_peer() {
  [ -n "${PEER_ENDPOINT:-}" ] || return 0
  local round port=${PEER_ENDPOINT##*:}
  for ((round = 0; round < rounds; round++)); do
    measure "Apache RocketMQ 5.5.0 proxy, 1 KiB, 256 in flight" produce "$port" "${PEER_PIDS:-}" --inflight 256
    measure "Apache RocketMQ 5.5.0 proxy, 1 KiB, 5,000/s open loop" produce "$port" "${PEER_PIDS:-}" --rate 5000
  done
}

# Clean pages of a file that is not used: they are what the kernel takes for new ones.
fill_cache() {
  local free_mib
  free_mib=$(awk '/^MemFree:/ {print int($2 / 1024)}' /proc/meminfo)
  [ "$free_mib" -gt 600 ] || return 0
  dd if=/dev/zero of="$work/fill" bs=1M count=$((free_mib - 300)) 2> /dev/null
  sync "$work/fill"
}

: > "$results"
[ "${FILL_CACHE:-0}" = 0 ] || fill_cache
for run in "${runs[@]}"; do
  case $run in
    ceiling | batch | open-loop | sync | end-to-end | drain | idle | start | peer) "run_${run//-/_}" ;;
    *)
      usage >&2
      exit 1
      ;;
  esac
done

setting="${seconds_each} s a run"
[ -z "${PREFER:-}" ] || setting+=", processes under \`$PREFER\`"
[ "${FILL_CACHE:-0}" = 0 ] || setting+=", page cache filled beforehand"
if [ "${runs[*]}" = "${all_runs[*]}" ]; then
  python3 "$here/table.py" "$results" | "$here/record.py" "Messages" --command bench/run.sh --setting "$setting"
else
  python3 "$here/table.py" "$results"
fi
