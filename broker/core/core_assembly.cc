// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/core/core_assembly.h"

#include <utility>

#include "common/check.h"
#include "common/status.h"

namespace petrel::core {
namespace {

CoreOptions core_options(const CoreAssembly::Options& options) {
  CoreOptions core = options.core;
  const store::CommitLog::Options& log = options.store.log;
  core.state_record_bytes_max = state_record_bytes_max(log.segment_bytes, log.record_bytes_max);
  core.log_retention_ms = options.store.retention.age_ms;
  return core;
}

}  // namespace

CoreAssembly::CoreAssembly(const Options& options, const Parts& parts)
    : options_(options),
      parts_(parts),
      own_log_time_(parts.clock),
      core_(core_options(options), parts.log_time == nullptr ? own_log_time_ : *parts.log_time,
            parts.liveness, parts.replies, parts.registry) {}

// The store first: it may still write to the core's port, never to the core.
CoreAssembly::~CoreAssembly() = default;

absl::Status CoreAssembly::open(const store::MessageStore::Executors& executors, CorePort& self) {
  PETREL_CHECK(store_ == nullptr);
  PETREL_ASSIGN_OR_RETURN(store_, store::MessageStore::open(parts_.disk, parts_.clock, executors,
                                                            options_.store, core_.owner()));
  return core_.start(*store_, self, parts_.observer);
}

void CoreAssembly::lead(const Adopted& adopted) {
  core_.lead();
  core_.adopt(adopted);
}

absl::StatusOr<Adopted> CoreAssembly::read_foreign_config() const {
  PETREL_CHECK(store_ != nullptr);
  if (!options_.read_foreign_config) {
    return Adopted();
  }
  return options_.read_foreign_config(store_->foreign_config(), store_->was_ours());
}

absl::Status CoreAssembly::lead() {
  PETREL_ASSIGN_OR_RETURN(const Adopted adopted, read_foreign_config());
  lead(adopted);
  return absl::OkStatus();
}

void CoreAssembly::end() { core_.end(store_->log().progress()); }

absl::Status CoreAssembly::close() {
  PETREL_CHECK(core_.idle()) << "requests wait for what was never written";
  return store_->close(core_.capture_for_close(), store_->committed());
}

void CoreAssembly::abandon() { core_.abandon(); }

}  // namespace petrel::core
