// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/concat.h"

namespace petrel::store {

// Where everything of one store lies.
class StorePaths {
 public:
  explicit StorePaths(std::string root) : root_(std::move(root)) {}

  const std::string& root() const { return root_; }
  std::string lock() const { return concat(root_, "/lock"); }
  std::string log() const { return concat(root_, "/commitlog"); }
  std::string snapshots() const { return concat(root_, "/snapshots"); }
  std::string config() const { return concat(root_, "/config"); }
  std::string checkpoint() const { return concat(root_, "/checkpoint"); }
  std::string abort() const { return concat(root_, "/abort"); }
  // Files that were deleted, on their way out.
  std::string removed() const { return concat(root_, "/removed"); }
  std::string queues() const { return concat(root_, "/consumequeue"); }
  std::string topic(std::string_view name) const { return concat(queues(), "/", name); }
  std::string queue(std::string_view topic_name, int32_t queue_id) const {
    return concat(topic(topic_name), "/", queue_id);
  }

 private:
  std::string root_;
};

}  // namespace petrel::store
