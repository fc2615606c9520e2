// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/core/log_writer.h"

#include "common/check.h"
#include "common/status.h"
#include "store/log/record.h"

namespace petrel::core {

absl::StatusOr<store::MessageStore::Placed> LogWriter::append_message(std::string_view record,
                                                                      int32_t queue_id) {
  if (parts_.changes.must_precede_messages()) {
    PETREL_RETURN_IF_ERROR(append_changes());
  }
  return parts_.store.append(record, queue_id, parts_.time.wall_ms);
}

absl::Status LogWriter::append_changes() {
  if (parts_.changes.empty()) {
    return absl::OkStatus();
  }
  const std::string body = parts_.changes.take();
  const auto record = store::encode_record({.topic = kStateTopic,
                                            .body = body,
                                            .born_ms = parts_.time.wall_ms,
                                            .born_host = parts_.options.store_host,
                                            .store_host = parts_.options.store_host});
  PETREL_CHECK(record.ok()) << record.status().ToString();
  const StateApplier::AppliedAlready applied(parts_.applier);
  const auto placed = parts_.store.append(*record, 0, parts_.time.wall_ms);
  if (!placed.ok()) {
    failed_(placed.status());
  }
  return placed.status();
}

}  // namespace petrel::core
