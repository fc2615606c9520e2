#!/bin/bash
# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
# Sourced by run.sh: the cluster under test. Its ports follow from PORT_BASE as petrelctl documents.

NAMESERVER=127.0.0.1:$PORT_BASE
BROKER_0=127.0.0.1:$((PORT_BASE + 100))
BROKER_1=127.0.0.1:$((PORT_BASE + 102))

petrelctl() { "$BUILD/bin/petrelctl" "$@"; }

declare_topic_and_group() { # NAME
  cat <<YAML
---
apiVersion: petrel.io/v1alpha1
kind: PetrelTopic
metadata: {name: $1}
spec: {clusterRef: {name: clients}, queuesPerBroker: 4}
YAML
  declare_group "$1"
}

declare_group() { # NAME
  cat <<YAML
---
apiVersion: petrel.io/v1alpha1
kind: PetrelConsumerGroup
metadata: {name: $1}
spec: {clusterRef: {name: clients}}
YAML
}

cluster_up() { # also brings back members that were killed
  petrelctl --data "$WORK/data" up -f "$WORK/cluster.yaml" --port-base "$PORT_BASE" \
    >>"$LOGS/petrelctl.log" 2>&1 || { tail -n 20 "$LOGS/petrelctl.log" >&2; return 1; }
}

cluster_down() {
  petrelctl --data "$WORK/data" down "$@" >>"$LOGS/petrelctl.log" 2>&1
}

member_pid() { # MEMBER
  grep -o '"pid": *[0-9]*' "$WORK/data/$1/process.json" | grep -o '[0-9]*'
}

kill_member() { # MEMBER
  kill -9 "$(member_pid "$1")"
}

restart_engine() { # BROKER [--drop]
  petrelctl --data "$WORK/data" broker restart-engine "$@" >>"$LOGS/petrelctl.log" 2>&1
}

cluster_flushes_in_sync() { # from now on an answer promises what survives a power loss
  grep -q flushMode: "$WORK/cluster.yaml" ||
    sed -i '0,/^  broker:/s//  broker:\n    flushMode: Sync/' "$WORK/cluster.yaml"
  cluster_up
}

cluster_enforces_tls() { # from now on plaintext is refused
  grep -q '^  tls:' "$WORK/cluster.yaml" ||
    sed -i '0,/^spec:/s//spec:\n  tls: {mode: Enforcing}/' "$WORK/cluster.yaml"
  cluster_up
}
