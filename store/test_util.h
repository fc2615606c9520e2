// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "common/check.h"
#include "common/concat.h"
#include "common/executor.h"
#include "store/log/commit_log.h"
#include "store/log/record.h"

// What tests of the store have in common.
namespace petrel::store {

// Tasks wait until the test runs them.
class ManualExecutor final : public Executor {
 public:
  void post(absl::AnyInvocable<void() &&> task) override { tasks_.push_back(std::move(task)); }
  void run_all() {
    while (!tasks_.empty()) {
      absl::AnyInvocable<void()&&> task = std::move(tasks_.front());
      tasks_.pop_front();
      std::move(task)();
    }
  }
  // As when the process dies.
  void drop_all() { tasks_.clear(); }

 private:
  std::deque<absl::AnyInvocable<void() &&>> tasks_;
};

inline std::string test_record(std::string_view topic, std::string_view body,
                               std::string_view properties = "") {
  RecordFields fields;
  fields.topic = topic;
  fields.body = body;
  fields.properties = properties;
  fields.born_ms = 1'700'000'000'000;
  fields.born_host = {.ip = {127, 0, 0, 1}, .port = 4711};
  fields.store_host = {.ip = {127, 0, 0, 1}, .port = 8081};
  return encode_record(fields).value();
}

// Small sizes, so that a few records fill segments and blocks.
inline CommitLog::Options small_log_options() {
  CommitLog::Options options;
  options.segment_bytes = 4096;
  options.block_bytes = 1024;
  options.hot_bytes = 4096;
  options.unwritten_bytes_max = 64 << 10;
  options.prepare_bytes = 1024;
  options.record_bytes_max = 2048;
  options.reserve_bytes = 0;  // many append more than a segment before they write
  return options;
}

}  // namespace petrel::store
