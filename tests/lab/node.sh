#!/bin/bash
# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
# One node: a network namespace with containerd, kubelet and kube-proxy, in zone-1, zone-2 or zone-3.
#   tests/lab/node.sh prepare|boot|off|cut|mend I
# off: as if its power failed. cut: its link is down, its Pods run on. mend: the link is up again.
set -euo pipefail
cd "$(dirname "$0")"
. ./lib.sh
. ./pki.sh
command=$1 i=$2
node=n$i namespace=lab-$node dir=$STATE/$node ip=$(node_ip "$i") socket=$STATE/$node/containerd.sock
zone=zone-$(((i - 1) % 3 + 1))

make_network() {
  [ ! -e "/run/netns/$namespace" ] || return 0
  local other
  ip netns add "$namespace"
  ip -n "$namespace" link set lo up
  ip -n lab-control link add "$node" type veth peer name eth0 netns "$namespace"
  ip -n lab-control link set "$node" master br0 up
  ip -n "$namespace" addr add "$ip/24" dev eth0
  ip -n "$namespace" link set eth0 up
  ip -n "$namespace" route add default via "$CONTROL_IP" # which forwards nothing to the outside
  nsenter --net="/run/netns/$namespace" sysctl -qw net.ipv4.ip_forward=1
  # This node's Pods: from the control plane, from the host; and the other nodes' Pods from here.
  ip -n lab-control route replace "$POD_NET.$i.0/24" via "$ip"
  ip route replace "$POD_NET.$i.0/24" via "$ip" dev lab0
  for other in $(seq "$NODES_MAX"); do
    [ "$other" = "$i" ] || ip -n "$namespace" route replace "$POD_NET.$other.0/24" via "$(node_ip "$other")"
  done
}

make_cgroup() {
  local root group file
  for root in $(cgroup_roots); do
    for group in "$CGROUP" "$CGROUP/$node"; do
      mkdir -p "$root/$group"
      if [ "${root##*/}" = cpuset ]; then # a new group has no processors until it is given some
        for file in cpuset.cpus cpuset.mems; do cat "$root/$file" > "$root/$group/$file"; done
      fi
    done
  done
}

write_pod_network() {
  cat > "$dir/cni/net.d/10-lab.conflist" << JSON
{"cniVersion": "0.4.0", "name": "lab", "plugins": [
  {"type": "bridge", "bridge": "cni0", "isGateway": true, "hairpinMode": true, "ipMasq": false,
   "ipam": {"type": "host-local", "dataDir": "$dir/cni/ipam", "ranges": [[{"subnet": "$POD_NET.$i.0/24"}]],
            "routes": [{"dst": "0.0.0.0/0"}]}},
  {"type": "portmap", "capabilities": {"portMappings": true}}]}
JSON
}

# restrict_oom_score_adj: without CAP_SYS_RESOURCE no Pod would start otherwise.
write_containerd_config() {
  local plugin=io.containerd
  cat > "$dir/containerd.toml" << TOML
version = 2
root = "$dir/containerd"
state = "$dir/run"
disabled_plugins = ["$plugin.snapshotter.v1.btrfs", "$plugin.snapshotter.v1.zfs", "$plugin.snapshotter.v1.aufs",
  "$plugin.snapshotter.v1.devmapper", "$plugin.tracing.processor.v1.otlp", "$plugin.internal.v1.tracing"]
[grpc]
  address = "$socket"
[plugins."$plugin.internal.v1.opt"]
  path = "$dir/opt"
[plugins."$plugin.grpc.v1.cri"]
  sandbox_image = "lab.local/pause:1"
  netns_mounts_under_state_dir = true
  disable_tcp_service = true
  restrict_oom_score_adj = true
  [plugins."$plugin.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "$dir/cni/net.d"
  [plugins."$plugin.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    default_runtime_name = "runc"
    [plugins."$plugin.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."$plugin.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false
        Root = "$dir/runc"
TOML
}

write_kubelet_config() {
  cat > "$dir/kubelet.yaml" << YAML
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: $ip
authentication: {anonymous: {enabled: false}, webhook: {enabled: true}, x509: {clientCAFile: $PKI/ca.crt}}
authorization: {mode: Webhook}
tlsCertFile: $PKI/$node.crt
tlsPrivateKeyFile: $PKI/$node.key
cgroupDriver: cgroupfs
cgroupRoot: /$CGROUP/$node
failCgroupV1: false
failSwapOn: false
containerRuntimeEndpoint: unix://$socket
clusterDNS: [$DNS_IP]
clusterDomain: cluster.local
resolvConf: $dir/resolv.conf
oomScoreAdj: 0
podLogsDir: $dir/pods
volumePluginDir: $dir/volume-plugins
staticPodPath: ""
maxPods: 60
maxOpenFiles: $(ulimit -Hn)
nodeStatusUpdateFrequency: 4s
nodeLeaseDurationSeconds: 8
imageGCHighThresholdPercent: 100
imageGCLowThresholdPercent: 99
evictionHard: {memory.available: "0%", nodefs.available: "0%", nodefs.inodesFree: "0%", imagefs.available: "0%"}
YAML
}

write_proxy_config() {
  cat > "$dir/proxy.yaml" << YAML
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: iptables
clusterCIDR: $POD_NET.0.0/16
hostnameOverride: $node
bindAddress: $ip
oomScoreAdj: 0
metricsBindAddress: 127.0.0.1:10249
healthzBindAddress: 127.0.0.1:10256
clientConnection: {kubeconfig: $STATE/proxy.conf}
conntrack: {maxPerCore: 0, min: 0, tcpEstablishedTimeout: 0s, tcpCloseWaitTimeout: 0s}
YAML
}

prepare() {
  mkdir -p "$dir"/{cni/net.d,kubelet,containerd,pods,run}
  make_network
  make_cgroup
  [ -s "$PKI/$node.crt" ] ||
    make_certificate ca "$node" "/O=system:nodes/CN=system:node:$node" clientAuth,serverAuth "DNS:$node,IP:$ip"
  make_kubeconfig "$dir/kubelet.conf" "$node"
  echo "# no names from outside" > "$dir/resolv.conf"
  write_pod_network
  write_containerd_config
  write_kubelet_config
  write_proxy_config
}

# The kubelet sets these for the whole machine; down.sh restores them.
save_sysctls() {
  [ -s "$STATE/sysctl.save" ] ||
    sysctl vm.overcommit_memory vm.panic_on_oom kernel.panic kernel.panic_on_oops kernel.keys.root_maxkeys \
      kernel.keys.root_maxbytes fs.inotify.max_user_instances > "$STATE/sysctl.save"
  sysctl -qw fs.inotify.max_user_instances=1024
}

boot() {
  local archive
  save_sysctls
  start "containerd-$node" "$namespace" containerd --config "$dir/containerd.toml"
  wait_for 30 ctr -a "$socket" version || fail "containerd of $node does not answer: see $LOGS/containerd-$node.log"
  for archive in "$IMAGES"/*.tar; do ctr -a "$socket" -n k8s.io images import "$archive" > /dev/null; done
  start "kubelet-$node" "$namespace" kubelet --config="$dir/kubelet.yaml" --kubeconfig="$dir/kubelet.conf" \
    --root-dir="$dir/kubelet" --node-ip="$ip" --hostname-override="$node" \
    --node-labels="topology.kubernetes.io/zone=$zone,topology.kubernetes.io/region=lab"
  start "proxy-$node" "$namespace" kube-proxy --config="$dir/proxy.yaml"
}

# The pids of the shims that this node's containerd started: one per Pod.
shims() { # grep fails when a process ends meanwhile
  { grep -lsF containerd-shim /proc/[0-9]*/cmdline || true; } | { xargs -r grep -lsF -- "$socket" || true; } | cut -d / -f 3
}

off() {
  local pids name
  for name in kubelet proxy containerd; do stop "$name-$node" KILL 2; done
  for _ in 1 2 3 4 5; do
    mapfile -t pids < <(shims; cgroup_processes "$CGROUP/$node")
    [ ${#pids[@]} -gt 0 ] || return 0
    kill -KILL "${pids[@]}" 2> /dev/null || true
    sleep 0.1
  done
}

need_root
case $command in
  prepare | boot | off) "$command" ;;
  cut) ip -n lab-control link set "$node" down ;;
  mend) ip -n lab-control link set "$node" up ;;
  *) fail "usage: node.sh prepare|boot|off|cut|mend I" ;;
esac
