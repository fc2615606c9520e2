#!/bin/bash
# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
# Starts a real Kubernetes cluster on this machine, or whatever of it is missing, and waits until all of it is ready.
# 0 nodes: the control plane alone. APISERVER_ARGS are further arguments of the API server.
#   tests/lab/up.sh [NODES]       default 3
set -euo pipefail
cd "$(dirname "$0")"
. ./lib.sh
. ./pki.sh
nodes=${1:-3}

# Namespace lab-control holds the switch; the host has one link into it. Nothing forwards to the outside, and the
# unreachable routes stop a packet to a Pod that is gone from leaving by the machine's own default route.
make_network() {
  [ ! -e /run/netns/lab-control ] || return 0
  local range
  ip netns add lab-control
  ip -n lab-control link set lo up
  ip -n lab-control link add br0 type bridge
  ip -n lab-control addr add "$CONTROL_IP/24" dev br0
  ip -n lab-control link set br0 up
  for range in $NET.0/24 $SERVICE_CIDR $POD_NET.0.0/16; do ip route replace unreachable "$range" metric 4000; done
  ip link add lab0 type veth peer name host netns lab-control
  ip -n lab-control link set host master br0 up
  ip addr add "$HOST_IP/24" dev lab0
  ip link set lab0 up
  nsenter --net=/run/netns/lab-control sysctl -qw net.ipv4.ip_forward=1
}

make_credentials() {
  local name
  make_control_plane_certificates
  for name in admin controller-manager scheduler proxy; do make_kubeconfig "$STATE/$name.conf" $name; done
}

start_etcd() {
  start etcd lab-control etcd --name lab --data-dir "$STATE/etcd" --unsafe-no-fsync --log-level warn \
    --listen-client-urls http://127.0.0.1:2379 --advertise-client-urls http://127.0.0.1:2379 \
    --listen-peer-urls http://127.0.0.1:2380 --initial-advertise-peer-urls http://127.0.0.1:2380 \
    --initial-cluster lab=http://127.0.0.1:2380
}

start_apiserver() {
  local eviction_s=10
  # shellcheck disable=SC2086
  start apiserver lab-control kube-apiserver --etcd-servers=http://127.0.0.1:2379 \
    --advertise-address=$CONTROL_IP --secure-port=6443 --service-cluster-ip-range=$SERVICE_CIDR \
    --allow-privileged=true --authorization-mode=Node,RBAC --enable-admission-plugins=NodeRestriction \
    --client-ca-file="$PKI/ca.crt" --tls-cert-file="$PKI/apiserver.crt" --tls-private-key-file="$PKI/apiserver.key" \
    --kubelet-certificate-authority="$PKI/ca.crt" --kubelet-client-certificate="$PKI/apiserver-kubelet.crt" \
    --kubelet-client-key="$PKI/apiserver-kubelet.key" --kubelet-preferred-address-types=InternalIP \
    --service-account-issuer=https://kubernetes.default.svc.cluster.local \
    --service-account-key-file="$PKI/service-accounts.pub" \
    --service-account-signing-key-file="$PKI/service-accounts.key" \
    --requestheader-client-ca-file="$PKI/front-ca.crt" --requestheader-allowed-names=front-proxy-client \
    --requestheader-username-headers=X-Remote-User --requestheader-group-headers=X-Remote-Group \
    --requestheader-extra-headers-prefix=X-Remote-Extra- \
    --proxy-client-cert-file="$PKI/front-proxy.crt" --proxy-client-key-file="$PKI/front-proxy.key" \
    --enable-aggregator-routing=true \
    --default-not-ready-toleration-seconds=$eviction_s --default-unreachable-toleration-seconds=$eviction_s \
    ${APISERVER_ARGS:-}
  wait_for 60 kubectl get --raw /readyz || {
    tail -n 20 "$LOGS/apiserver.log" >&2
    fail "the API server is not ready; its log is above"
  }
  say "API server ready"
}

start_controllers() {
  start controller-manager lab-control kube-controller-manager --kubeconfig="$STATE/controller-manager.conf" \
    --authentication-kubeconfig="$STATE/controller-manager.conf" \
    --authorization-kubeconfig="$STATE/controller-manager.conf" --bind-address=127.0.0.1 --leader-elect=false \
    --use-service-account-credentials --service-account-private-key-file="$PKI/service-accounts.key" \
    --root-ca-file="$PKI/ca.crt" --cluster-signing-cert-file="$PKI/ca.crt" --cluster-signing-key-file="$PKI/ca.key" \
    --node-monitor-period=2s --node-monitor-grace-period=12s
  start scheduler lab-control kube-scheduler --kubeconfig="$STATE/scheduler.conf" --bind-address=127.0.0.1 \
    --authentication-kubeconfig="$STATE/scheduler.conf" --authorization-kubeconfig="$STATE/scheduler.conf" \
    --leader-elect=false
}

start_nodes() {
  local i boot boots=()
  for i in $(seq "$nodes"); do ./node.sh prepare "$i"; done
  for i in $(seq "$nodes"); do ./node.sh boot "$i" & boots+=($!); done
  for boot in "${boots[@]}"; do wait "$boot"; done
  for i in $(seq "$nodes"); do
    wait_for 60 kubectl wait --for=condition=Ready "node/n$i" --timeout=1s || {
      tail -n 20 "$LOGS/kubelet-n$i.log" >&2
      fail "node n$i is not ready; its kubelet's log is above"
    }
  done
  say "$nodes node(s) ready"
}

start_addons() {
  kubectl apply -f manifests/coredns.yaml > /dev/null
  sed "s#@VOLUMES@#$STATE/volumes#" manifests/local-path.yaml | kubectl apply -f - > /dev/null
  kubectl -n kube-system rollout status deployment/coredns --timeout=90s > /dev/null
  kubectl -n kube-system rollout status deployment/local-path --timeout=90s > /dev/null
  say "cluster DNS and volumes ready"
}

need_root
[ -f "$IMAGES/.inputs" ] || fail "not built yet: tests/lab/build.sh"
[ "$nodes" -le "$NODES_MAX" ] || fail "at most $NODES_MAX nodes"
mkdir -p "$STATE"/{run,log,etcd}
chmod 700 "$STATE"
make_network
make_credentials
start_etcd
start_apiserver
start_controllers
[ "$nodes" -eq 0 ] || start_nodes
wait_for 60 kubectl -n default get serviceaccount default || fail "no default service account: see $LOGS"
[ "$nodes" -eq 0 ] || start_addons
say "lab ready: export KUBECONFIG=$KUBECONFIG"
