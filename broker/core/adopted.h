// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "broker/core/types.h"
#include "store/types.h"

namespace petrel::core {

// What another broker did with the directory before this one got it.
struct Adopted {
  struct Position {
    std::string group;
    std::string topic;
    int32_t queue_id = 0;
    store::QueueOffset next{0};  // all below are done
  };
  std::string fingerprint;  // of what it was read from: the same is adopted once
  std::vector<TopicConfig> topics;
  std::vector<GroupConfig> groups;
  std::vector<Position> positions;
};

}  // namespace petrel::core
