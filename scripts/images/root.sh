#!/bin/bash
# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
# Makes the file tree of an image: one program, the libraries that it loads, glibc's resolver, the certificates of
# public authorities, an unprivileged user; of each Debian package that a file comes from its licence and its record in
# the package database, so that scanners know what is inside. No shell, no package manager. The program itself goes to
# PROGRAM_ROOT, which may be ROOT. All files have the time of SOURCE_DATE_EPOCH (0), so that a tree of the same content is the
# same layer whenever it was made.
#   scripts/images/root.sh PROGRAM ROOT [PROGRAM_ROOT]
set -euo pipefail
. "$(dirname "$0")/lib.sh"

[ $# -eq 2 ] || [ $# -eq 3 ] || { echo "usage: $0 PROGRAM ROOT [PROGRAM_ROOT]" >&2; exit 2; }
program=$1 root=$2 program_root=${3:-$2}

copy_program() {
  local library
  install -D -m 755 "$program" "$program_root/usr/local/bin/$(basename "$program")"
  strip "$program_root/usr/local/bin/$(basename "$program")"
  ! ldd "$program" | grep 'not found' >&2 || exit 1
  for library in $(ldd "$program" | grep -oE '/[^ ]+'); do
    mkdir -p "$root$(dirname "$library")"
    cp -nL "$library" "$root$library"
  done
}

copy_system_files() {
  mkdir -p "$root"/{etc/ssl/certs,etc/petrel,var/lib/petrel,tmp,proc,sys,dev}
  chmod 1777 "$root/tmp"
  chown 10001:10001 "$root/var/lib/petrel"
  echo 'petrel:x:10001:10001::/var/lib/petrel:/usr/sbin/nologin' > "$root/etc/passwd"
  echo 'petrel:x:10001:' > "$root/etc/group"
  cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
  cp -L /usr/lib/os-release "$root/etc/os-release"
  copy_resolver "$root"
}

# packages_of FILE...: the Debian packages that they come from. Libraries are listed below /lib or /usr/lib, which are
# one folder; the package database knows one of the names, so that not finding the others is no error.
packages_of() {
  local file names=()
  for file in "$@"; do names+=("$file" "/usr$file" "${file#/usr}"); done
  { dpkg -S "${names[@]}" 2> /dev/null || true; } | cut -d : -f 1 | sort -u
}

copy_package_records() {
  local libraries package
  mapfile -t libraries < <(cd "$root" && find . -name '*.so*' -type f | cut -c 2-)
  mkdir -p "$root/var/lib/dpkg/status.d"
  for package in $(packages_of "${libraries[@]}"); do
    dpkg -s "$package" > "$root/var/lib/dpkg/status.d/$package"
    install -D -m 644 "/usr/share/doc/$package/copyright" "$root/usr/share/doc/$package/copyright"
  done
  [ -e "$root/var/lib/dpkg/status.d/libc6" ] || { echo "$0: no Debian packages below $program" >&2; exit 1; }
}

copy_program
copy_system_files
copy_package_records
find "$root" "$program_root" -exec touch -h -d "@${SOURCE_DATE_EPOCH:-0}" {} +
