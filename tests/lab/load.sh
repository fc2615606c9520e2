#!/bin/bash
# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
# Gives images to every node of the running lab.
#   tests/lab/load.sh ARCHIVE.tar...
set -euo pipefail
cd "$(dirname "$0")" && . ./lib.sh && cd - > /dev/null
for socket in "$STATE"/n[0-9]*/containerd.sock; do
  for archive in "$@"; do ctr -a "$socket" -n k8s.io images import "$archive" > /dev/null; done
done
