// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace petrel::fuzz {

// Something that reads bytes which anybody may have written. It may refuse them; it may not crash,
// read outside, loop, take memory without bound, or believe what contradicts itself: run() checks
// what it made of them, and aborts.
struct Target {
  std::string name;
  // Sound inputs, to start from.
  std::vector<std::string> examples;
  std::function<void(std::string_view)> run;
  // Makes the checksums of a changed input fit again, so that what is behind them is reached too.
  // May be empty.
  std::function<void(std::string&)> mend = {};
};

Target record_target();
Target recovery_target();
Target raw_append_target();
Target sync_mark_target();
Target damage_list_target();
Target queue_file_target();
Target snapshot_target();
Target index_target();
Target rocketmq_config_target();
Target state_snapshot_target();
Target state_event_target();
Target filter_target();

std::vector<Target> all_targets();

}  // namespace petrel::fuzz
