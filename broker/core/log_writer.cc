// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/core/log_writer.h"

#include "common/check.h"
#include "common/status.h"
#include "store/log/record.h"

namespace petrel::core {

absl::StatusOr<store::MessageStore::Placed> LogWriter::append_message(std::string_view record,
                                                                      int32_t queue_id) {
  PETREL_RETURN_IF_ERROR(failure_);
  if (parts_.changes.must_precede_messages()) {
    PETREL_RETURN_IF_ERROR(append_changes());
  }
  return parts_.store.append(record, queue_id, parts_.time.log_ms);
}

absl::Status LogWriter::append_changes() {
  if (!failure_.ok() || parts_.changes.empty()) {
    return failure_;
  }
  const std::string body = parts_.changes.take();
  const auto record = store::encode_record({.topic = kStateTopic,
                                            .body = body,
                                            .born_ms = parts_.time.log_ms,
                                            .born_host = parts_.options.store_host,
                                            .store_host = parts_.options.store_host});
  PETREL_CHECK(record.ok()) << record.status().ToString();
  const StateApplier::AppliedAlready applied(parts_.applier);
  const auto placed = parts_.store.append(*record, 0, parts_.time.log_ms);
  failure_ = placed.status();
  return failure_;
}

std::optional<Outcome> LogWriter::why_scarce() const {
  if (!scarce()) {
    return std::nullopt;
  }
  if (parts_.store.log().reserve_runs_out()) {
    return Outcome{OutcomeCode::kDiskFull,
                   "the broker's disk has no room for what this would write"};
  }
  return Outcome{OutcomeCode::kOverloaded, "the disk does not keep up; try again"};
}

}  // namespace petrel::core
