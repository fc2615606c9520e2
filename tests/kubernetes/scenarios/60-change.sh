# shellcheck shell=bash
# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
# A change of configuration, and of the image: one Pod at a time, each ready before the next.

# Writes, for each change of a broker's Pod, how many of them are not ready then.
watch_unready() {
  local status='{.object.status.conditions[?(@.type=="Ready")].status}'
  k get pods -l petrel.io/cluster=demo,app.kubernetes.io/component=broker --watch --output-watch-events \
    -o "jsonpath={.type} {.object.metadata.name} $status{'\n'}" | count_unready > "$LOGS/unready" &
  watcher=$!
}

count_unready() {
  local event pod ready
  local -A away=()
  while read -r event pod ready; do
    if [ "$event" != DELETED ] && [ "$ready" = True ]; then unset "away[$pod]"; else away[$pod]=1; fi
    echo ${#away[@]}
  done
}

one_at_a_time() {
  local most
  most=$(sort -n "$LOGS/unready" | tail -n 1)
  [ "$most" = 1 ] || { echo "$most Pods were not ready at a time"; return 1; }
}

images() { k get pods -l petrel.io/cluster=demo,app.kubernetes.io/component="$1" -o 'jsonpath={.items[*].spec.containers[0].image}'; }

uids() { k get pods -l petrel.io/cluster=demo,app.kubernetes.io/component="$1" -o 'jsonpath={.items[*].metadata.uid}'; }

logs_at() { # LEVEL: every broker runs with it
  local pod
  for pod in $(broker_pods demo); do
    field "configmap/$pod-config" '{.data.config\.yaml}' | grep "log.level.*$1" || return 1
  done
}

# The official Go client makes all attempts of a send at one broker.
send_steadily() {
  k exec client -- rm -f /data/over /data/steady
  client --scenario steady --endpoint demo:8081 --topic changed --out /data/steady --until /data/over \
    > "$LOGS/steady" 2>&1 &
  sender=$!
  check "a client sends" eventually 30 k exec client -- grep -q . /data/steady
}

no_send_failed() {
  cat "$LOGS/steady"
  grep -q '^PASS steady/none-failed' "$LOGS/steady" && ! grep -q '^FAIL' "$LOGS/steady"
}

run_scenario() {
  local watcher sender before nameservers
  check "messages are stored before" \
    client --scenario produce --endpoint demo:8081 --topic changed --count 500 --out /data/changed
  send_steadily
  before=$(uids broker) nameservers=$(uids nameserver)
  watch_unready
  check "the configuration is changed" patch petrelcluster/demo '{"spec":{"broker":{"config":{"log.level":"debug"}}}}'
  check "every broker gets it" eventually 150 logs_at debug
  SECONDS_MAX=180 check "the cluster becomes ready" ready petrelcluster/demo
  check "every broker was replaced" differs "$before" uids broker
  k exec client -- touch /data/over
  wait "$sender" || true
  check "no send of a client failed meanwhile" no_send_failed
  check "the image is changed" patch petrelcluster/demo '{"spec":{"broker":{"image":"petrel-broker:next"}}}'
  check "every broker gets it" eventually 180 same "petrel-broker:next petrel-broker:next" images broker
  SECONDS_MAX=180 check "the cluster becomes ready again" ready petrelcluster/demo
  kill "$watcher"
  check "at no time were two brokers away" one_at_a_time
  check "nameservers were left alone" same "$nameservers" uids nameserver
  check "every message is there" \
    client --scenario consume --endpoint demo:8081 --topic changed --group changed --count 500 --expect /data/changed
}
