# shellcheck shell=bash
# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
# Sourced: images from folders with buildah, in a store of their own, without any registry.

# open_image_store DIR: where buildah keeps layers from now on.
open_image_store() {
  mkdir -p "$1"
  printf '[storage]\ndriver = "overlay"\ngraphroot = "%s/layers"\nrunroot = "%s/run"\n' "$1" "$1" > "$1/storage.conf"
  export CONTAINERS_STORAGE_CONF=$1/storage.conf BUILDAH_ISOLATION=chroot BUILDAH_FORMAT=docker
}

# close_image_store DIR: unmounts and removes it.
close_image_store() {
  ! mountpoint -q "$1/layers/overlay" || umount "$1/layers/overlay"
  rm -rf "$1"
}

# make_image ROOT ARCHIVE NAME CONFIG...: all below ROOT becomes the image; CONFIG is for `buildah config`.
make_image() {
  local root=$1 archive=$2 name=$3 container
  shift 3
  container=$(buildah from scratch)
  buildah copy -q "$container" "$root" / > /dev/null
  buildah config --env PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin "$@" "$container"
  rm -f "$archive"
  buildah commit -q --rm "$container" "docker-archive:$archive:$name" > /dev/null
  printf '%s: %.1f MB\n' "$name" "$(stat -c %s "$archive")e-6"
}

# copy_resolver ROOT: what glibc loads only when a name is looked up.
copy_resolver() {
  local library libraries
  libraries=$(dirname "$(ldconfig -p | awk '/libc\.so\.6 .*x86-64|libc\.so\.6 .*AArch64/ {print $NF; exit}')")
  mkdir -p "$1$libraries" "$1/etc" "$1/lib64"
  for library in libc.so.6 libresolv.so.2 libnss_files.so.2 libnss_dns.so.2; do
    cp -nL "$libraries/$library" "$1$libraries/"
  done
  [ ! -e /lib64/ld-linux-x86-64.so.2 ] || cp -nL /lib64/ld-linux-x86-64.so.2 "$1/lib64/"
  echo 'hosts: files dns' > "$1/etc/nsswitch.conf"
}
