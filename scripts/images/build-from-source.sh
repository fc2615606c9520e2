#!/bin/bash
# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
# Builds the three images with the whole Dockerfile, on a Debian 12 that debootstrap makes here: what `docker build`
# does where a registry can be reached. Takes as long as a build from nothing.
#   scripts/images/build-from-source.sh OUT_DIR TAG
set -euo pipefail
[ $# -eq 2 ] || { echo "usage: $0 OUT_DIR TAG" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
tag=$2
mkdir -p "$1"
out=$(cd "$1" && pwd)
. "$here/lib.sh"
. "$here/../packages.sh"
ensure_packages buildah debootstrap

# The base gets the package sources of this machine.
make_base() {
  local root=$1
  debootstrap --variant=minbase --include=ca-certificates bookworm "$root" > "$out/debootstrap.log" 2>&1 ||
    { tail -n 5 "$out/debootstrap.log" >&2; exit 1; }
  rm -f "$root/etc/apt/sources.list"
  cp -a /etc/apt/. "$root/etc/apt/"
  cp -a /usr/share/keyrings/. "$root/usr/share/keyrings/"
  rm -rf "$root"/var/cache/apt/archives/*.deb
}

import_base() {
  local container
  container=$(buildah from scratch)
  buildah copy -q "$container" "$1" / > /dev/null
  buildah config --cmd /bin/bash "$container"
  buildah commit -q --rm "$container" localhost/debian:bookworm > /dev/null
}

work=$(mktemp -d)
trap 'close_image_store "$work/store"; rm -rf "$work"' EXIT
open_image_store "$work/store"
make_base "$work/base"
import_base "$work/base"
rm -rf "$work/base"
for name in broker nameserver operator; do # the first builds, the others find its layers
  buildah build --layers --pull=never --build-arg BASE=localhost/debian:bookworm --target "$name" \
    --tag "petrel-$name:$tag" "$here/../.."
  rm -f "$out/petrel-$name.tar"
  buildah push -q "petrel-$name:$tag" "docker-archive:$out/petrel-$name.tar:petrel-$name:$tag"
  printf 'petrel-%s:%s: %.1f MB\n' "$name" "$tag" "$(stat -c %s "$out/petrel-$name.tar")e-6"
done
