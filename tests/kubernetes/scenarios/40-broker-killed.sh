# shellcheck shell=bash
# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
# A broker's Pod is killed; every message that was stored is on its volume.

kill_pod() { # POD: and wait until the operator made another one
  local uid
  uid=$(field "pod/$1" '{.metadata.uid}')
  k delete pod "$1" --grace-period=0 --force
  eventually 60 differs "$uid" field "pod/$1" '{.metadata.uid}'
}

run_scenario() {
  local volume
  check "2,000 messages are stored" \
    client --scenario produce --endpoint demo:8081 --topic kept --count 2000 --out /data/kept
  volume=$(field pvc/demo-broker-0-0-data '{.metadata.uid} {.spec.volumeName}')
  check "a killed Pod is made again" kill_pod demo-broker-0-0
  check "it becomes ready" ready pod/demo-broker-0-0
  check "the cluster becomes ready" ready petrelcluster/demo
  check "the volume is the same" same "$volume" field pvc/demo-broker-0-0-data '{.metadata.uid} {.spec.volumeName}'
  check "a killed nameserver is made again" kill_pod demo-nameserver-0
  check "the cluster becomes ready again" ready petrelcluster/demo
  check "every message is there" \
    client --scenario consume --endpoint demo:8081 --topic kept --group kept --count 2000 --expect /data/kept
}
