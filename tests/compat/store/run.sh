#!/usr/bin/env bash
# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#
# run.sh BUILD_DIR: RocketMQ's own store opens a store that ours wrote, and reads every message. BUILD_DIR is a CMake
# build directory in which the target petrel-store-sample is built. The first run downloads artefacts through Maven.
set -euo pipefail

if [[ $# -ne 1 ]]; then
  echo "usage: $0 BUILD_DIR" >&2
  exit 2
fi
for tool in mvn java; do
  if ! command -v "$tool" >/dev/null; then
    echo "$0: $tool is missing; on Debian: apt-get install maven default-jdk-headless" >&2
    exit 1
  fi
done

here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "$1" && pwd)
work=$build/compat-store
sample=$build/bin/petrel-store-sample
if [[ ! -x $sample ]]; then
  echo "$0: $sample is missing; build it: ninja -C $build petrel-store-sample" >&2
  exit 1
fi

mkdir -p "$work"
rm -rf "$work/store"
if ! mvn -q -B -f "$here/pom.xml" -Dwork.directory="$work" compile >"$work/maven.log" 2>&1; then
  cat "$work/maven.log" >&2
  exit 1
fi
messages=1000
log_end=$("$sample" "$work/store" $messages)
status=0
java -cp "$work/classes:$(<"$work/classpath.txt")" petrel.compat.ReadStore "$work/store" $messages "$log_end" \
  2>"$work/java.log" || status=$?
rm -rf "$work/store"
exit $status
