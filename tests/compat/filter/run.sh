#!/usr/bin/env bash
# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#
# run.sh BUILD_DIR: RocketMQ's filter and ours say the same of expressions and messages. BUILD_DIR is a CMake build
# directory in which petrel-filter-cases is built. PETREL_FILTER_SEED and PETREL_FILTER_EXPRESSIONS change the cases. The
# first run downloads artefacts through Maven.
set -euo pipefail

if [[ $# -ne 1 ]]; then
  echo "usage: $0 BUILD_DIR" >&2
  exit 2
fi

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=scripts/maven.sh
. "$here/../../../scripts/maven.sh"
build=$(cd "$1" && pwd)
work=$build/compat-filter
if [[ ! -x $build/bin/petrel-filter-cases ]]; then
  echo "$0: $build/bin/petrel-filter-cases is missing; build it: ninja -C $build petrel-filter-cases" >&2
  exit 1
fi
seed=${PETREL_FILTER_SEED:-1}
expressions=${PETREL_FILTER_EXPRESSIONS:-20000}

compile_with_maven "$here" "$work"
trap 'rm -f "$work/cases"' EXIT
echo "PETREL_FILTER_SEED=$seed PETREL_FILTER_EXPRESSIONS=$expressions"
"$build/bin/petrel-filter-cases" "$seed" "$expressions" 12 20000 > "$work/cases"
java -cp "$work/classes:$(<"$work/classpath.txt")" petrel.compat.CompareFilters "$work/cases"
