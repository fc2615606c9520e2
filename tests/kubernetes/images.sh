#!/bin/bash
# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
# Makes the images under test from a build directory, and one for clients: busybox, petrelctl, petrel-bench, and the official Go
# client's program of tests/clients. The tag is the chart's appVersion, so that chart, manifests and examples are used as
# they are; petrel-broker:next is the same broker under another name, to change to.
#   tests/kubernetes/images.sh BUILD_DIR OUT_DIR
set -euo pipefail
build=$(cd "$1" && pwd)
mkdir -p "$2"
out=$(cd "$2" && pwd)
cd "$(dirname "$0")"
. ../../scripts/images/lib.sh
. ../lab/lib.sh

inputs() {
  sha256sum "$build"/bin/petrel{-broker,-nameserver,-operator,ctl,-bench} ../clients/go/* ../../scripts/images/* \
    ../../Dockerfile ../../charts/petrel-operator/Chart.yaml images.sh /bin/busybox
}

[ "$(cat "$out/.inputs" 2> /dev/null)" != "$(inputs)" ] || exit 0
rm -f "$out/.inputs"
../../scripts/images/build.sh "$build" "$out" "$(sed -n 's/^appVersion: "\(.*\)"/\1/p' ../../charts/petrel-operator/Chart.yaml)"

work=$(mktemp -d)
trap 'close_image_store "$work/store"; rm -rf "$work"' EXIT
open_image_store "$work/store"

client_image() {
  local root=$work/client
  ../../scripts/images/root.sh "$build/bin/petrelctl" "$root"
  install "$build/bin/petrel-bench" "$root/usr/local/bin/"
  (cd ../clients/go && CGO_ENABLED=0 go build -o "$root/usr/local/bin/conformance" .)
  mkdir -p "$root/bin"
  cp /bin/busybox "$root/bin/"
  busybox --list | grep -vx busybox | while read -r applet; do ln -s busybox "$root/bin/$applet"; done
  make_image "$root" "$out/client.tar" petrel-test-client:test --user 10001:10001 --entrypoint '["/bin/sh"]'
}

next_broker_image() {
  local container
  container=$(buildah from --quiet "docker-archive:$out/petrel-broker.tar")
  buildah config --label generation=next "$container"
  rm -f "$out/petrel-broker-next.tar"
  buildah commit -q --rm "$container" "docker-archive:$out/petrel-broker-next.tar:petrel-broker:next" > /dev/null
}

client_image
next_broker_image
inputs > "$out/.inputs"
