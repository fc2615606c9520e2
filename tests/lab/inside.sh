#!/bin/bash
# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
# Runs a command in the control plane's network, which reaches Pods and Services' endpoints and nothing outside.
#   tests/lab/inside.sh COMMAND...
set -euo pipefail
. "$(dirname "$0")/lib.sh"
exec nsenter --net=/run/netns/lab-control -- "$@"
