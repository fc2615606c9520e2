#!/bin/bash
# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
# The lab's own images as archives in the cache, made of what is on this machine, without any registry:
# pause (a Pod's first process), tools (busybox), coredns, local-path.
set -euo pipefail
cd "$(dirname "$0")"
. ../lib.sh
. ../../../scripts/images/lib.sh

inputs() { cat build.sh pause.c "$BIN/coredns" "$BIN/local-path-provisioner" /bin/busybox | sha256sum; }

pause_root() {
  gcc -Os -static -s -o "$1/pause" pause.c
}

# busybox loads glibc's resolver when it runs; without it, looking up a name crashes.
tools_root() {
  local applet
  mkdir -p "$1"/{bin,tmp,etc,proc,sys,dev}
  chmod 1777 "$1/tmp"
  cp /bin/busybox "$1/bin/"
  for applet in $(busybox --list | grep -vx busybox); do ln -s busybox "$1/bin/$applet"; done
  copy_resolver "$1"
}

[ "$(cat "$IMAGES/.inputs" 2> /dev/null)" != "$(inputs)" ] || { echo "lab images: there"; exit 0; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work"/{pause,tools,coredns,local-path/tmp}
open_image_store "$work/store"
pause_root "$work/pause"
tools_root "$work/tools"
cp "$BIN/coredns" "$work/coredns/"
cp "$BIN/local-path-provisioner" "$work/local-path/"
make_image "$work/pause" "$IMAGES/pause.tar" lab.local/pause:1 --entrypoint '["/pause"]'
make_image "$work/tools" "$IMAGES/tools.tar" lab.local/tools:1 --entrypoint '["/bin/sh"]'
make_image "$work/coredns" "$IMAGES/coredns.tar" lab.local/coredns:1 --entrypoint '["/coredns"]'
make_image "$work/local-path" "$IMAGES/local-path.tar" lab.local/local-path:1 \
  --entrypoint '["/local-path-provisioner"]'
inputs > "$IMAGES/.inputs"
