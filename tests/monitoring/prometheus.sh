# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Sourced: finds Prometheus and promtool, or unpacks Debian's package without installing it, so that no service is started.

# find_prometheus DIR: sets $prometheus and $promtool. Unpacks below DIR if there are none.
find_prometheus() {
  if command -v prometheus promtool > /dev/null; then
    prometheus=$(command -v prometheus)
    promtool=$(command -v promtool)
    return
  fi
  local unpacked=$1/../prometheus-package
  mkdir -p "$unpacked"
  if [ ! -x "$unpacked/usr/bin/promtool" ]; then
    unpack_package prometheus "$unpacked" || return 1
  fi
  prometheus=$unpacked/usr/bin/prometheus
  promtool=$unpacked/usr/bin/promtool
}
