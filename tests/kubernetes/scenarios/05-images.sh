# shellcheck shell=bash
# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
# What images consist of: a node that has one version's libraries need not fetch them again with the next version.

# image layers|labels PROGRAM [FOLDER]
image() { python3 "$SOURCE/image_archive.py" "$1" "${3:-$BUILD/kubernetes}/petrel-$2.tar"; }

count_layers() { image layers "$1" | wc -l; }

layer_of_nameserver() { image layers nameserver "${2:-}" | sed -n "$1p"; } # NUMBER [FOLDER]

labels_of() { image labels "$1" | sed -n 's/^org\.opencontainers\.image\.//p'; }

# next_nameserver FOLDER: its image with another program in it, made anew.
next_nameserver() {
  mkdir -p "$1/bin"
  head -c 100 /dev/urandom > "$1/noise"
  objcopy --add-section .noise="$1/noise" "$BUILD/bin/petrel-nameserver" "$1/bin/petrel-nameserver"
  "$ROOT/scripts/images/build.sh" "$1" "$1" next nameserver
}

run_scenario() {
  local name next=$LOGS/next-image
  for name in broker nameserver operator; do
    check "petrel-$name has two layers" same 2 count_layers "$name"
    check "it tells what it is" same "$(printf '%s\n' description licenses revision title version)" labels_of "$name"
  done
  check "another program is made an image" next_nameserver "$next"
  check "its libraries are the layer of before" same "$(layer_of_nameserver 1)" layer_of_nameserver 1 "$next"
  check "the program's layer is another" differs "$(layer_of_nameserver 2)" layer_of_nameserver 2 "$next"
}
