// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "broker/core/types.h"
#include "petrel/nameserver/v1/registration.pb.h"

namespace petrel::broker {

// What one nameserver was told of this broker's topics, and the requests that bring it up to date.
// One owner thread.
class TableDiff {
 public:
  using Topics = std::vector<std::shared_ptr<const core::TopicConfig>>;

  // The next request tells everything.
  void reset();
  // Fills everything after a reset, or else what changed since the last call; perhaps nothing.
  void fill(const Topics& topics, nameserver::v1::RegisterRequest* request);

 private:
  void add(const core::TopicConfig& topic, nameserver::v1::RegisterRequest* request);

  bool full_ = true;
  std::map<std::string, int64_t> told_;  // topic -> TopicConfig::version
};

}  // namespace petrel::broker
