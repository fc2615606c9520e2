#!/bin/bash
# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
# Ends what up.sh started, by pid, and removes its namespaces, mounts, cgroups and data. The unreachable routes stay,
# so that a straggler's packet never leaves this machine; --routes removes them, too.
#   tests/lab/down.sh [--routes]
set -uo pipefail
cd "$(dirname "$0")" || exit 1
. ./lib.sh
need_root

for node in "$STATE"/n[0-9]*; do [ ! -d "$node" ] || ./node.sh off "${node##*/n}"; done
for name in scheduler controller-manager apiserver etcd; do stop $name TERM 1; done # their data goes, too
for file in "$STATE"/run/*.pid; do [ ! -e "$file" ] || stop "$(basename "$file" .pid)"; done
# Mounts, the deepest first.
awk -v state="$STATE/" 'index($5, state) == 1 {print $5}' /proc/self/mountinfo | sort -r | while read -r mount; do
  umount -l "$mount"
done
for namespace in $(ip netns list | awk '/^lab-(control|n[0-9])/ {print $1}'); do ip netns del "$namespace"; done
ip link del lab0 2> /dev/null
for root in $(cgroup_roots); do
  [ ! -d "$root/$CGROUP" ] || find "$root/$CGROUP" -depth -type d -exec rmdir {} + 2> /dev/null
done
[ ! -s "$STATE/sysctl.save" ] || sysctl -q -p "$STATE/sysctl.save"
rm -rf "$STATE"
if [ "${1:-}" = --routes ]; then
  for range in $NET.0/24 $SERVICE_CIDR $POD_NET.0.0/16; do ip route del unreachable "$range" metric 4000 2> /dev/null; done
fi
say "lab down"
