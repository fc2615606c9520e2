// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/output.h"
#include "cli/point_in_time.h"
#include "common/clock.h"
#include "common/concat.h"
#include "common/status.h"
#include "petrel/admin/v1/admin.pb.h"

// Messages as brokers have stored them, for people and programs; on standard output.

namespace petrel::cli {

// A message and the broker that has it.
struct StoredMessage {
  std::string broker;
  std::string address;
  petrel::admin::v1::StoredMessage message;
};

// The times of a question, as they stand on the command line; empty: not asked for.
// InvalidArgument when they are the wrong way round.
template <typename Request>
absl::Status set_times(const std::string& from, const std::string& to, Request& request) {
  const int64_t now_ms = SystemClock().wall_ms();
  if (!from.empty()) {
    PETREL_ASSIGN_OR_RETURN(const int64_t begin_ms, parse_time_ms(from, now_ms));
    request.set_begin_ms(begin_ms);
  }
  if (!to.empty()) {
    PETREL_ASSIGN_OR_RETURN(const int64_t end_ms, parse_time_ms(to, now_ms));
    request.set_end_ms(end_ms);
  }
  if (!from.empty() && !to.empty() && request.begin_ms() > request.end_ms()) {
    return absl::InvalidArgumentError(
        concat("--from ", from, " is later than --to ", to, ": nothing is stored between them"));
  }
  return absl::OkStatus();
}

nlohmann::ordered_json to_json(const StoredMessage& stored);

// A table of messages, and a row of it.
Table message_table();
void add_row(const StoredMessage& stored, Table& table);

// A line each; nothing when there are none, or an empty list.
void print_list(const std::vector<StoredMessage>& messages, OutputFormat format);

// With all its properties, and its body if it is not compressed.
void print_whole(const StoredMessage& stored, OutputFormat format);

}  // namespace petrel::cli
