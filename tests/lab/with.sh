#!/bin/bash
# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
# Runs a command beside a lab of its own: KUBECONFIG is set, kubectl and helm are in PATH. The lab is made for the
# command and removed after it, however it ends. There is one lab on a machine at a time; the next one waits.
#   tests/lab/with.sh NODES COMMAND...
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/lib.sh"
[ $# -ge 2 ] || fail "usage: with.sh NODES COMMAND..."
nodes=$1
shift

need_root
mkdir -p "$CACHE"
exec 9> "$CACHE/lab.lock"
flock -w 1800 9 || fail "another lab has been running for half an hour"
if [ -e "$STATE/owner" ]; then
  "$here/down.sh" # left by one that was killed
elif [ -e "$STATE" ]; then
  fail "a lab that somebody started by hand is there; tests/lab/down.sh removes it"
fi
mkdir -p "$STATE"
echo "$$ $*" > "$STATE/owner"
trap '"$here/down.sh" 9>&-' EXIT
trap 'exit 130' INT TERM
"$here/up.sh" "$nodes"
"$@"
