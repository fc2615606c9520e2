# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
# wait_for_port PORT [SECONDS]: until something listens there on this machine; fails after SECONDS, 10 by default.
# To be sourced.
wait_for_port() {
  local i
  for ((i = 0; i < ${2:-10} * 100; i++)); do
    (exec 3<> "/dev/tcp/127.0.0.1/$1") 2> /dev/null && return 0
    sleep 0.01
  done
  echo "nothing listens on port $1" >&2
  return 1
}
