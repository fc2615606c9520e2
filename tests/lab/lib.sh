# shellcheck shell=bash
# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
# Sourced by the lab's scripts: names, addresses, and processes that are known by pid and start time.
# shellcheck disable=SC2034

LAB=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
CACHE=${PETREL_LAB_CACHE:-$HOME/.cache/petrel-lab}
BIN=$CACHE/bin
IMAGES=$CACHE/images
STATE=$CACHE/state # of the lab that runs; removed by down.sh
LOGS=$STATE/log
PKI=$STATE/pki

NET=172.30.0 # the lab's wire; exists only in namespaces that up.sh makes
CONTROL_IP=$NET.1
HOST_IP=$NET.254 # the host's end of the one veth pair, so that tests reach the API and Pods
SERVICE_CIDR=10.96.0.0/16
DNS_IP=10.96.0.10
POD_NET=10.244 # node i has $POD_NET.i.0/24
NODES_MAX=9
CGROUP=petrel-lab

export KUBECONFIG=$STATE/admin.conf
export PATH=$BIN:$PATH

fail() {
  echo "lab: $*" >&2
  exit 1
}

say() { printf '[%3d s] %s\n' "$SECONDS" "$*"; }

need_root() { [ "$(id -u)" -eq 0 ] || fail "needs root: it makes network namespaces, mounts and cgroups"; }

node_ip() { echo "$NET.$((10 + $1))"; }

# start NAME NAMESPACE COMMAND...: a daemon in a network namespace. The mount namespace stays the host's,
# because 'ip netns exec' would hide /sys/fs/cgroup. File 9 is the lock of with.sh.
start() {
  local name=$1 namespace=$2 pid
  shift 2
  ! running "$name" > /dev/null || return 0
  setsid nsenter --net="/run/netns/$namespace" -- "$@" >> "$LOGS/$name.log" 2>&1 < /dev/null 9>&- &
  pid=$!
  echo "$pid $(awk '{print $22}' "/proc/$pid/stat")" > "$STATE/run/$name.pid"
}

# running NAME: prints the pid if it still is the process that start began; a reused pid or a zombie is not.
running() {
  local pid started
  { read -r pid started < "$STATE/run/$1.pid"; } 2> /dev/null || return 1
  [ "$(awk '$3 != "Z" {print $22}' "/proc/$pid/stat" 2> /dev/null)" = "$started" ] && echo "$pid"
}

# stop NAME [SIGNAL] [SECONDS]: and SIGKILL after SECONDS.
stop() {
  local name=$1 pid
  if pid=$(running "$name"); then
    kill "-${2:-TERM}" "$pid" 2> /dev/null || true
    wait_for "${3:-10}" not running "$name" || kill -KILL "$pid" 2> /dev/null || true
  fi
  rm -f "$STATE/run/$name.pid"
}

not() { ! "$@"; }

# wait_for SECONDS COMMAND...: until the command succeeds.
wait_for() {
  local tries=$(($1 * 10))
  shift
  while [ "$tries" -gt 0 ]; do
    ! "$@" > /dev/null 2>&1 || return 0
    tries=$((tries - 1))
    sleep 0.1
  done
  return 1
}

# The folders of our cgroup: one per controller with version 1, one with version 2.
cgroup_roots() {
  if [ -f /sys/fs/cgroup/cgroup.controllers ]; then
    echo /sys/fs/cgroup
  else
    local controller
    for controller in cpu cpuacct cpuset memory pids blkio devices freezer systemd; do
      [ ! -d "/sys/fs/cgroup/$controller" ] || echo "/sys/fs/cgroup/$controller"
    done
  fi
}

# cgroup_processes GROUP: pids of all processes below.
cgroup_processes() {
  local root=/sys/fs/cgroup/pids
  [ -d "$root" ] || root=/sys/fs/cgroup
  find "$root/$1" -name cgroup.procs -exec cat {} + 2> /dev/null || true
}
