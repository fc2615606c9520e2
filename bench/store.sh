#!/usr/bin/env bash
# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
# The store's recorded runs: the store alone (petrel-bench-store), and a broker that is killed with a large log. Writes the
# section "Store" of bench/RESULTS.md.
set -euo pipefail

usage() {
  cat <<'HELP'
usage: bench/store.sh BUILD_DIR [RUN...]
  append       records of 1 KiB and of 128 B, ASYNC_FLUSH, as many as one core takes
  sync         64 writers with SYNC_FLUSH beside what a write and sync of 4 KiB takes
  cold-reader  latency of appends alone and beside a reader that drains old records at 500 MB/s
  queues       100,000 queues: memory, snapshots, start
  disk-io      one group of the log in the ways that Linux has: pwritev, RWF_DSYNC, io_uring
  kill         a broker killed with LOG_GIB of log: kill -9 to the first accepted send
  peer         Apache RocketMQ's own store, killed with as much and opened again; needs Maven and Java 17
All of them by default; bench/RESULTS.md is written only then.
Environment: LOG_GIB (10) ROUNDS (3) WORK (a new directory below TMPDIR; needs twice LOG_GIB of room).
HELP
}

if [ $# -lt 1 ] || [ "$1" = "--help" ]; then
  usage
  [ $# -ge 1 ] && exit 0 || exit 1
fi
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/wait_for_port.sh
. "$here/../scripts/wait_for_port.sh"
# shellcheck source=scripts/maven.sh
. "$here/../scripts/maven.sh"
build=$(cd "$1" && pwd)
bin=$build/bin
shift
runs=("$@")
all_runs=(append sync cold-reader queues disk-io kill peer)
[ ${#runs[@]} -eq 0 ] && runs=("${all_runs[@]}")
rounds=${ROUNDS:-3}
log_gib=${LOG_GIB:-10}
work=${WORK:-$(mktemp -d "${TMPDIR:-/tmp}/petrel-bench-store.XXXXXX")}
mkdir -p "$work"
results=$work/results.md
port=${BROKER_PORT:-28081}
broker=

finish() {
  [ -z "$broker" ] || kill -9 "$broker" 2> /dev/null || true
  rm -rf "$work"/store.* "$work/peer"
}
trap finish EXIT

# bench RUN ARGUMENT...: one run in a new directory, which does not stay.
bench() {
  local run=$1 store
  shift
  store=$(mktemp -d "$work/store.XXXXXX")
  "$bin/petrel-bench-store" "$run" "$store/it" "$@" | tee -a "$results"
  rm -rf "$store"
}

result() { printf '%s\n' "$1" | tee -a "$results"; }

run_append() {
  local round
  for ((round = 0; round < rounds; round++)); do
    bench append --body 1024 --messages 2000000
    bench append --body 128 --messages 6000000
  done
}

run_sync() {
  local round
  for ((round = 0; round < rounds; round++)); do bench sync; done
}

run_cold_reader() {
  local round
  for ((round = 0; round < rounds; round++)); do
    bench cold-reader
    bench cold-reader --sync
  done
}

run_queues() { bench queues; }

run_disk_io() { bench disk-io; }

broker_config() {
  cat > "$work/broker.yaml" <<YAML
broker:
  name: bench
  advertised-address: 127.0.0.1:$port
store:
  directory: $1
grpc:
  port: $port
http:
  port: $((port + 1))
topics:
  auto-create: true
YAML
}

# Killed in the midst of sends, then started by first-send, which measures exec to the first accepted message.
run_kill() {
  local store round sender
  store=$(mktemp -d "$work/store.XXXXXX")
  broker_config "$store"
  "$bin/petrel-broker" --config "$work/broker.yaml" > "$work/broker.log" 2>&1 &
  broker=$!
  wait_for_port "$port" 30
  "$bin/petrel-bench" produce --endpoint "127.0.0.1:$port" --topic bench --batch 16 --inflight 64 --warmup-s 0 \
    --duration-s 600 --count $((log_gib * 880000)) > /dev/null 2>> "$work/bench.log" || [ $? -eq 3 ]
  for ((round = 0; round < rounds; round++)); do
    "$bin/petrel-bench" produce --endpoint "127.0.0.1:$port" --topic bench --batch 16 --inflight 64 --warmup-s 0 \
      --duration-s 60 > /dev/null 2>&1 &
    sender=$!
    sleep 5
    kill -9 "$broker"
    wait "$broker" 2> /dev/null || true
    kill -9 "$sender"
    wait "$sender" 2> /dev/null || true
    "$bin/petrel-bench" first-send --endpoint "127.0.0.1:$port" --topic bench -- \
      "$bin/petrel-broker" --config "$work/broker.yaml" 2>> "$work/broker.log" |
      python3 -c "
import json, sys
run = json.load(sys.stdin)
print(json.dumps({'what': 'broker killed with $(du -sm "$store/commitlog" | cut -f1) MiB of log, exec to the first accepted send', **run}))" |
      tee -a "$results"
    "$bin/petrel-broker" --config "$work/broker.yaml" >> "$work/broker.log" 2>&1 &
    broker=$!
    wait_for_port "$port" 30
  done
  kill "$broker"
  wait "$broker" || true
  broker=
  rm -rf "$store"
}

run_peer() {
  local round begin_ns
  compile_with_maven "$here/store/peer" "$work/peer"
  java_store() {
    java -Xmx2g -cp "$work/peer/classes:$(< "$work/peer/classpath.txt")" petrel.bench.PeerStore "$@" 2>> "$work/java.log"
  }
  # It ends as a killed process does.
  java_store fill "$work/store.peer" "$log_gib" || true
  for ((round = 0; round < rounds; round++)); do
    begin_ns=$(date +%s%N)
    java_store open "$work/store.peer" "$begin_ns" | tee -a "$results"
  done
  rm -rf "$work/store.peer"
}

: > "$results"
for run in "${runs[@]}"; do
  case $run in
    append | sync | cold-reader | queues | disk-io | kill | peer) "run_${run//-/_}" ;;
    *)
      usage >&2
      exit 1
      ;;
  esac
done
if [ "${runs[*]}" = "${all_runs[*]}" ]; then
  "$here/record.py" "Store" --command bench/store.sh --setting "$log_gib GiB of log for kill and peer" < "$results"
fi
