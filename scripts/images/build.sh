#!/bin/bash
# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
# Makes the images petrel-broker, petrel-nameserver and petrel-operator as archives from programs that are already
# built, with the last stages of the Dockerfile. Needs no registry; the programs must be built on a Debian 12.
#   scripts/images/build.sh BUILD_DIR OUT_DIR TAG [broker|nameserver|operator]...
set -euo pipefail
[ $# -ge 3 ] || { echo "usage: $0 BUILD_DIR OUT_DIR TAG [broker|nameserver|operator]..." >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "$1" && pwd) tag=$3
mkdir -p "$2"
out=$(cd "$2" && pwd)
shift 3
names=("$@")
[ $# -gt 0 ] || names=(broker nameserver operator)
. "$here/lib.sh"

work=$(mktemp -d)
trap 'close_image_store "$work/store"; rm -rf "$work"' EXIT
open_image_store "$work/store"
for name in "${names[@]}"; do
  "$here/root.sh" "$build/bin/petrel-$name" "$work/built/image/$name" "$work/built/program/$name"
done
for name in "${names[@]}"; do
  rm -f "$out/petrel-$name.tar"
  buildah build --quiet --layers --build-context "build=$work/built" --target "$name" \
    --build-arg VERSION="$tag" --build-arg REVISION="$(git -C "$here" rev-parse HEAD 2> /dev/null || true)" \
    --tag "docker-archive:$out/petrel-$name.tar:petrel-$name:$tag" "$here/../.." > /dev/null
  printf 'petrel-%s:%s: %.1f MB\n' "$name" "$tag" "$(stat -c %s "$out/petrel-$name.tar")e-6"
done
