// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/status.h"
#include "store/message_store.h"
#include "store/test_util.h"

// A store as a broker has it that is alone, for tests and benchmarks: what is written is committed.
namespace petrel::store {

// Without state of its own.
class StatelessOwner : public MessageStore::Owner {
 public:
  absl::Status restore(MessageStore& /*store*/, std::span<const std::string> /*state*/) override {
    return absl::OkStatus();
  }
  absl::Status apply(MessageStore& /*store*/, const RecordView& /*record*/) override {
    return absl::OkStatus();
  }
};

inline void commit_written(MessageStore& store) {
  store.commit(CommittedOffset(store.log().progress().written.value()), [](std::string_view) {});
}

// Opens, with all that the log has applied and committed.
inline absl::StatusOr<std::unique_ptr<MessageStore>> open_store(
    Disk& disk, Clock& clock, Executor& executor, const MessageStore::Options& options,
    MessageStore::Owner& owner) {
  PETREL_ASSIGN_OR_RETURN(std::unique_ptr<MessageStore> store,
                          MessageStore::open(disk, clock, executor, options, owner));
  PETREL_RETURN_IF_ERROR(store->apply_to(store->log().end()).status());
  commit_written(*store);
  PETREL_RETURN_IF_ERROR(store->finish_open());
  return store;
}

// Writes what was appended, and commits it.
inline absl::Status write_and_commit(MessageStore& store, bool sync = false) {
  store.log().submit();
  PETREL_RETURN_IF_ERROR(store.log().write_group(sync, 0).status());
  commit_written(store);
  return absl::OkStatus();
}

inline absl::StatusOr<MessageStore::Placed> append_and_commit(MessageStore& store,
                                                              std::string_view record,
                                                              int32_t queue_id, int64_t store_ms,
                                                              bool sync = false) {
  PETREL_ASSIGN_OR_RETURN(const MessageStore::Placed placed,
                          store.append(record, queue_id, store_ms));
  PETREL_RETURN_IF_ERROR(write_and_commit(store, sync));
  return placed;
}

// Writes and commits all that there is, and closes.
inline absl::Status close_store(MessageStore& store, std::vector<std::string> state = {}) {
  PETREL_RETURN_IF_ERROR(store.log().close());
  return store.close(std::move(state), CommittedOffset(store.log().end().value()));
}

// Begins a snapshot of what is committed, and captures all of it.
inline void capture_snapshot(MessageStore& store) {
  store.begin_snapshot();
  while (!store.capture_snapshot(std::numeric_limits<size_t>::max())) continue;
}

// A snapshot, whole.
inline absl::Status make_snapshot(MessageStore& store, ManualExecutor& executor,
                                  std::string state = "") {
  capture_snapshot(store);
  absl::Status outcome = absl::InternalError("it was not written");
  store.write_snapshot({std::move(state)}, [&](auto written) {
    outcome = written.status();
    if (written.ok()) store.finish_snapshot(*written);
  });
  executor.run_all();
  return outcome;
}

}  // namespace petrel::store
