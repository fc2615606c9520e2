# shellcheck shell=bash
# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
# Sourced by run.sh: checks, bounded waits, and what is kept when a check fails.
# run.sh and the scenarios use what looks unused here, and set the rest.
# shellcheck disable=SC2034,SC2154

NS=shop                # the namespace of the clusters under test
OPERATOR_NS=petrel-system
RELEASE=petrel

# install_operator [CHART] [HELM-ARGUMENTS...]: or upgrade it. Images are those of the chart's version.
install_operator() {
  local chart=${1:-$CHART}
  shift || true
  helm -n "$OPERATOR_NS" upgrade --install "$RELEASE" "$chart" "$@"
}

operator_ready() {
  kubectl -n "$OPERATOR_NS" rollout status deployment -l app.kubernetes.io/name=petrel-operator --timeout=90s
}

k() { kubectl -n "$NS" "$@"; }

# check SENTENCE COMMAND...: passes when the command does; its last lines tell why when it does not.
check() {
  local sentence=$1 out began=$SECONDS
  shift
  if out=$("$@" 2>&1); then
    record PASS "$sentence ($((SECONDS - began)) s)"
  else
    record FAIL "$sentence: $(tail -n 3 <<< "$out" | tr '\n' ' ' | cut -c 1-500)"
    collect
  fi
}

record() { # PASS|FAIL TEXT
  printf '%s %s: %s\n' "$1" "$scenario" "$2" | tee -a "$LOGS/results"
}

# eventually SECONDS COMMAND...: polls until the command succeeds; fails with what it said last.
eventually() {
  local deadline=$((SECONDS + $1)) out
  shift
  until out=$("$@" 2>&1); do
    if [ $SECONDS -ge $deadline ]; then
      echo "$out"
      return 1
    fi
    sleep 0.2
  done
}

# always SECONDS COMMAND...: holds all that time.
always() {
  local deadline=$((SECONDS + $1))
  shift
  while [ $SECONDS -lt $deadline ]; do
    "$@" || return 1
    sleep 0.5
  done
}

# same EXPECTED COMMAND...: the command's output is EXPECTED.
same() {
  local expected=$1 actual
  shift
  actual=$("$@") || return 1
  [ "$actual" = "$expected" ] || {
    echo "expected '$expected', got '$actual'"
    return 1
  }
}

differs() { ! same "$@" > /dev/null; }

fails() { ! "$@"; }

field() { # RESOURCE JSONPATH
  k get "$1" -o "jsonpath=$2"
}

ready() { # RESOURCE...: Ready, of the generation that it has now
  k wait --for=condition=Ready --timeout="${SECONDS_MAX:-120}s" "$@"
}

gone() { # RESOURCE...
  k wait --for=delete --timeout="${SECONDS_MAX:-60}s" "$@"
}

# patch RESOURCE JSON
patch() { k patch "$1" --type merge -p "$2"; }

# names RESOURCE [SELECTOR]: sorted, on one line.
names() {
  k get "$1" ${2:+-l "$2"} -o name | sed 's#.*/##' | sort | xargs
}

broker_pods() { names pods "petrel.io/cluster=$1,app.kubernetes.io/component=broker"; }

# client ARGUMENTS...: one scenario of the official Go client, inside a Pod. See tests/clients.
client() {
  k exec client -- timeout 240 conformance "$@" 2> "$LOGS/client.err" | tee "$LOGS/client.out"
  [ "${PIPESTATUS[0]}" -eq 0 ] && grep -q '^PASS' "$LOGS/client.out" && ! grep -q '^FAIL' "$LOGS/client.out"
}

operator_pods() {
  kubectl -n "$OPERATOR_NS" get pods -l app.kubernetes.io/name=petrel-operator -o name
}

# collect: logs, events and objects at the time of a failure, in a folder of its own.
collect() {
  local dir namespace pod
  dir=$(mktemp -d "$LOGS/failure-$scenario-XXX")
  for namespace in "$NS" "$OPERATOR_NS" kube-system; do
    kubectl get events -n "$namespace" --sort-by=.lastTimestamp > "$dir/$namespace-events" 2>&1
    kubectl get all,pvc,configmaps,pdb,leases -n "$namespace" -o wide > "$dir/$namespace-objects" 2>&1
    kubectl describe pods -n "$namespace" > "$dir/$namespace-pods" 2>&1
    for pod in $(kubectl get pods -n "$namespace" -o name 2> /dev/null); do
      kubectl logs -n "$namespace" "$pod" --tail=2000 > "$dir/$namespace-${pod#pod/}.log" 2>&1
      kubectl logs -n "$namespace" "$pod" --previous --tail=2000 > "$dir/$namespace-${pod#pod/}.previous.log" 2> /dev/null ||
        rm -f "$dir/$namespace-${pod#pod/}.previous.log"
    done
  done
  kubectl get petrelclusters,petreltopics,petrelconsumergroups -A -o yaml > "$dir/documents.yaml" 2>&1
  kubectl get crds,pv -o wide > "$dir/cluster-objects" 2>&1
  cp "$LOGS"/client.{out,err} "$dir/" 2> /dev/null
  cp -r "$LAB_LOGS" "$dir/lab"
  echo "     kept in $dir"
}
