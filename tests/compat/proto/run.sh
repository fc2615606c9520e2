#!/usr/bin/env bash
# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#
# run.sh BUILD_DIR: compares our protocol definitions with the published RocketMQ ones. BUILD_DIR is a CMake build
# directory in which the target petrel_protoset is built. The first run downloads the artefact through Maven.
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
work=$build/compat-proto
ours=$build/proto/petrel.protoset
if [[ ! -f $ours ]]; then
  echo "$0: $ours is missing; build it: ninja -C $build petrel_protoset" >&2
  exit 1
fi

mkdir -p "$work"
if ! mvn -q -B -f "$here/pom.xml" -Dwork.directory="$work" compile >"$work/maven.log" 2>&1; then
  cat "$work/maven.log" >&2
  exit 1
fi
exec java -cp "$work/classes:$(<"$work/classpath.txt")" petrel.compat.CompareProtos "$ours" "$work/rocketmq.protoset"
