#!/bin/bash
# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
# Checks the chart, the manifests and the examples, on a control plane without nodes. See check.py.
#   tests/charts/run.sh
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
# shellcheck source=scripts/packages.sh
. "$root/scripts/packages.sh"
ensure_packages python3 python3-yaml
"$root/tests/lab/build.sh"
exec "$root/tests/lab/with.sh" 0 "$here/check.py"
