#!/bin/bash
# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
# Makes all that a lab runs: Debian packages, Kubernetes and its company from the Go modules that mods/ pins, and
# the lab's own images. What is already there is not made again. From nothing: about 11 minutes on two free cores.
#   tests/lab/build.sh [MODULE...]      kubernetes etcd coredns lpp helm kubeconform; all of them by default
set -euo pipefail
cd "$(dirname "$0")"
. ./lib.sh
. ../../scripts/packages.sh

KUBERNETES=v1.34.4
HELM=v3.19.5

# version_flags: what Kubernetes' own build would put into its binaries.
version_flags() {
  local package
  for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
    printf -- '-X %s.%s ' "$package" "gitVersion=$KUBERNETES" "$package" gitMajor=1 "$package" gitMinor=34 \
      "$package" gitTreeState=clean "$package" gitCommit=from-module "$package" buildDate=1970-01-01T00:00:00Z
  done
}

helm_flags() {
  local package
  echo "-X helm.sh/helm/v3/internal/version.version=$HELM"
  for package in pkg/chartutil pkg/lint/rules; do # the Kubernetes that `helm template` supposes
    echo "-X helm.sh/helm/v3/$package.k8sVersionMajor=1 -X helm.sh/helm/v3/$package.k8sVersionMinor=34"
  done
}

# inputs MODULE ARGUMENTS...: a digest of all that decides what the build makes.
inputs() {
  local module=$1
  { go version; echo "$@"; cat "mods/$module"/*; } | sha256sum | cut -c 1-16
}

# build MODULE LINKER-FLAGS PROGRAM...: the programs are tools of the module's go.mod, or the module itself.
build() {
  local module=$1 flags="-s -w $2" stamp=$BIN/.$1 began=$SECONDS digest program target=tool
  shift 2
  digest=$(inputs "$module" "$flags" "$*")
  for program in "$@"; do [ -x "$BIN/$program" ] || rm -f "$stamp"; done
  [ "$(cat "$stamp" 2> /dev/null)" != "$digest" ] || { echo "$module: there"; return; }
  [ ! -f "mods/$module/main.go" ] || target=.
  [ "$module" != etcd ] || target=go.etcd.io/etcd/server/v3
  echo "$module: building"
  if [ "$target" = tool ]; then
    (cd "mods/$module" && go build -ldflags "$flags" -o "$BIN/" tool)
  else
    (cd "mods/$module" && go build -ldflags "$flags" -o "$BIN/$1" "$target")
  fi
  for program in "$@"; do [ -x "$BIN/$program" ] || fail "$module did not make $program"; done
  echo "$digest" > "$stamp"
  echo "$module: built in $((SECONDS - began)) s"
}

build_module() {
  case $1 in
    kubernetes)
      build kubernetes "$(version_flags)" \
        kube-apiserver kube-controller-manager kube-scheduler kubelet kube-proxy kubectl ;;
    etcd) build etcd "" etcd ;;
    coredns) build coredns "" coredns ;;
    lpp) build lpp "" local-path-provisioner ;;
    helm) build helm "$(helm_flags)" helm ;;
    kubeconform) build kubeconform "" kubeconform ;;
    *) fail "no such module: $1" ;;
  esac
}

need_root
ensure_packages "${lab_packages[@]}"
command -v go > /dev/null || fail "'go' is missing. Install Go 1.26 or newer: https://go.dev/dl/"
mkdir -p "$BIN" "$IMAGES"
exec 8> "$CACHE/build.lock"
flock 8
export CGO_ENABLED=0 GOTOOLCHAIN=local GOFLAGS="-buildvcs=false -mod=readonly -trimpath"
modules=("$@")
[ $# -gt 0 ] || modules=(kubernetes etcd coredns lpp helm kubeconform)
for module in "${modules[@]}"; do build_module "$module"; done
[ $# -gt 0 ] || images/build.sh
