// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/target.h"

namespace petrel::fuzz {

std::vector<Target> all_targets() {
  return {record_target(),         recovery_target(),    raw_append_target(),
          sync_mark_target(),      damage_list_target(), queue_file_target(),
          snapshot_target(),       index_target(),       rocketmq_config_target(),
          state_snapshot_target(), state_event_target(), filter_target()};
}

}  // namespace petrel::fuzz
