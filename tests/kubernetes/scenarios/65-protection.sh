# shellcheck shell=bash
# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
# Nothing is lost by YAML: a name that is taken, a typo, other versions of the operator, fewer queues, a lost volume.

reason() { # RESOURCE CONDITION
  field "$1" "{.status.conditions[?(@.type==\"$2\")].reason}"
}

# Of members: not the one that checks a configuration. None is an answer too.
second_pods() {
  k get pods -l petrel.io/cluster=second -o 'jsonpath={range .items[*]}{.metadata.name} {.metadata.uid}{"\n"}{end}' |
    sed '/-check /d'
}

foreign_service() {
  check "somebody has a Service of the cluster's name" k create service clusterip second --tcp=80:80
  check "the cluster is declared" k apply -f "$SOURCE/documents/second.yaml"
  check "and refused for its name" eventually 60 same NameTaken reason petrelcluster/second Accepted
  check "the Service is left alone" same 80 field service/second '{.spec.ports[*].port}'
  check "once it is gone" k delete service second
  SECONDS_MAX=240 check "the cluster becomes ready" ready petrelcluster/second
  SECONDS_MAX=60 check "with its topics" ready petreltopics --all
}

says_typo() { field petrelcluster/second '{.status.conditions[?(@.type=="Accepted")].message}' | grep -q log.levle; }

config_typo() {
  local before
  before=$(second_pods)
  check "a key is mistyped" patch petrelcluster/second '{"spec":{"broker":{"config":{"log.levle":"debug"}}}}'
  check "the program refuses it" eventually 90 same ConfigurationRefused reason petrelcluster/second Accepted
  check "by its name" eventually 5 says_typo
  check "no Pod is taken down" same "$before" second_pods
  check "it is mended" patch petrelcluster/second '{"spec":{"broker":{"config":{"log.levle":null}}}}'
  SECONDS_MAX=120 check "the cluster is ready" ready petrelcluster/second
  check "no Pod was touched" same "$before" second_pods
}

other_operators() {
  local before
  before=$(second_pods)
  check "an operator with another default image is installed" install_operator "$CHART" --set-string images.broker.tag=next
  check "it is available" operator_ready
  check "it changes no Pod" always 15 same "$before" second_pods
  check "and the one of before again" install_operator
  check "it is available too" operator_ready
  check "it changes no Pod either" always 15 same "$before" second_pods
  SECONDS_MAX=60 check "the cluster is ready" ready petrelcluster/second
}

fewer_queues() {
  check "messages are stored" client --scenario produce --endpoint second:8081 --topic second-0 --count 100 --out /data/second
  check "with fewer queues" patch petreltopic/second-0 '{"spec":{"queuesPerBroker":1}}'
  check "the topic tells what would be hidden" eventually 60 same QueuesDraining reason petreltopic/second-0 Ready
  check "every message is received" \
    client --scenario consume --endpoint second:8081 --topic second-0 --group second --count 100 --expect /data/second
  check "others come to the queues that stay" client --scenario produce --endpoint second:8081 --topic second-0 --count 20 \
    --out /data/second-more
  SECONDS_MAX=90 check "and the topic has fewer queues though nobody reads them" ready petreltopic/second-0
}

stores_id() { # of broker-0 of the cluster "second"
  field petrelcluster/second '{.metadata.annotations.petrel\.io/stores}' |
    sed -n 's/.*"broker-0":{"claim":"[^"]*","store":"\([^"]*\)".*/\1/p'
}

lost_volume() {
  local id
  id=$(stores_id)
  check "the store is noted" test -n "$id"
  check "a volume is deleted" k delete pvc second-broker-0-0-data --wait=false
  check "which is told while its Pod keeps it" eventually 30 same VolumeDying reason petrelcluster/second DataIntact
  check "its Pod is deleted" k delete pod second-broker-0-0
  check "the volume is told to be lost" eventually 60 same VolumeLost reason petrelcluster/second DataIntact
  check "it is not made again" always 10 fails k get pvc second-broker-0-0-data
  check "the store is given up" k annotate petrelcluster second "petrel.io/accept-data-loss=$id"
  SECONDS_MAX=180 check "the cluster becomes ready" ready petrelcluster/second
  check "with another store" differs "$id" stores_id
}

run_scenario() {
  foreign_service
  config_typo
  other_operators
  fewer_queues
  lost_volume
  check "the second cluster is deleted" k delete --timeout=90s -f "$SOURCE/documents/second.yaml"
  check "its Pods go" eventually 90 same "" second_pods
}
