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

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=scripts/maven.sh
. "$here/../../../scripts/maven.sh"
build=$(cd "$1" && pwd)
work=$build/compat-proto
ours=$build/proto/petrel.protoset
if [[ ! -f $ours ]]; then
  echo "$0: $ours is missing; build it: ninja -C $build petrel_protoset" >&2
  exit 1
fi

compile_with_maven "$here" "$work"
exec java -cp "$work/classes:$(<"$work/classpath.txt")" petrel.compat.CompareProtos "$ours" "$work/rocketmq.protoset"
