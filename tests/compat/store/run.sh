#!/usr/bin/env bash
# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#
# run.sh BUILD_DIR: RocketMQ and Petrel open each other's store directories. BUILD_DIR is a CMake build directory in
# which petrel-store-sample, petrel-store-exchange and petrel-index-sample are built. The first run downloads
# artefacts through Maven.
set -euo pipefail

if [[ $# -ne 1 ]]; then
  echo "usage: $0 BUILD_DIR" >&2
  exit 2
fi

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=scripts/maven.sh
. "$here/../../../scripts/maven.sh"
build=$(cd "$1" && pwd)
work=$build/compat-store
for program in petrel-store-sample petrel-store-exchange petrel-index-sample; do
  if [[ ! -x $build/bin/$program ]]; then
    echo "$0: $build/bin/$program is missing; build it: ninja -C $build $program" >&2
    exit 1
  fi
done

mkdir -p "$work"
trap 'rm -rf "$work"/store*' EXIT
rm -rf "$work"/store*
compile_with_maven "$here" "$work"

status=0
passed=0
failed=0
# step TITLE COMMAND...: runs one side's turn and adds up its closing line.
step() {
  local title=$1 line
  shift
  "$@" 2>>"$work/run.log" >"$work/step.out" || status=1
  grep FAILED "$work/step.out" | sed "s/^/$title: /" || true
  line=$(tail -1 "$work/step.out")
  if [[ $line =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
    passed=$((passed + BASH_REMATCH[1]))
    failed=$((failed + BASH_REMATCH[2]))
  else
    echo "FAILED: $title did not end with its line; see $work/run.log"
    failed=$((failed + 1))
  fi
  echo "$title: $line"
}
rocketmq() {
  java -cp "$work/classes:$(<"$work/classpath.txt")" "$@"
}
exchange() {
  "$build/bin/petrel-store-exchange" "$@"
}
# Of the messages, 50 more than Petrel wrote, each second has the key "even".
find_after_rocketmq() {
  local even last
  even=$("$build/bin/petrel-index-sample" query "$work/store-index" even | wc -l)
  last=$("$build/bin/petrel-index-sample" query "$work/store-index" ID$((messages + 49)))
  if [[ $even -eq $(((messages + 50) / 2)) && $last == "message $((messages + 49))" ]]; then
    echo "1 passed, 0 failed"
  else
    echo "FAILED: $even messages with the key even, and '$last' is the last"
    echo "0 passed, 1 failed"
  fi
}

: >"$work/run.log"
messages=1000
log_end=$("$build/bin/petrel-store-sample" "$work/store" $messages)
step "RocketMQ reads Petrel's store" rocketmq petrel.compat.ReadStore "$work/store" $messages "$log_end"

step "RocketMQ makes a store" rocketmq petrel.compat.Exchange write "$work/store-made"
for turn in continue crash; do
  cp -r "$work/store-made" "$work/store-$turn"
  step "Petrel goes on with it ($turn)" exchange $turn "$work/store-$turn"
  step "RocketMQ goes on with that" rocketmq petrel.compat.Exchange check "$work/store-$turn"
  step "Petrel again" exchange again "$work/store-$turn"
done
messages=3000
"$build/bin/petrel-index-sample" write "$work/store-index" $messages
step "RocketMQ finds by Petrel's index" rocketmq petrel.compat.ReadIndex read "$work/store-index" $messages \
  "$work/store-twins"
step "RocketMQ goes on with the index" rocketmq petrel.compat.ReadIndex extend "$work/store-index" $messages
step "Petrel finds everything" find_after_rocketmq
echo "$passed passed, $failed failed"
[[ $failed -eq 0 && $status -eq 0 ]]
