// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "broker/core/adopted.h"
#include "broker/core/broker_core.h"
#include "broker/core/client_liveness.h"
#include "broker/core/core_port.h"
#include "broker/core/options.h"
#include "broker/core/registry.h"
#include "common/clock.h"
#include "common/executor.h"
#include "store/disk/disk.h"
#include "store/message_store.h"

namespace petrel::core {

// A store and the core over it: the one place that puts them together and takes them apart. It has
// no threads: a broker's engine runs it on some (broker/engine), a benchmark or a test steps it.
//
// One thread at a time. Lifecycle: construct, open, lead when this one leads, turns of core() and
// writes of store().log(), then either end() and close(), or abandon(). The destructor lets go of
// whatever there is, as a crash of the process would, and waits for what the store has under way.
// A second life needs a second object.
class CoreAssembly {
 public:
  struct Options {
    // What follows from the store's options is filled in here: the size of state records, and how
    // long the log keeps messages.
    CoreOptions core;
    store::MessageStore::Options store;
    // Reads what another broker left in the directory (MessageStore::foreign_config). Null: nothing
    // is taken over.
    std::function<absl::StatusOr<Adopted>(const std::vector<store::ConfigFile>& files,
                                          bool was_ours)>
        read_foreign_config;
  };
  // All of it outlives the assembly.
  struct Parts {
    store::Disk& disk;
    Clock& clock;
    ClientLiveness& liveness;
    ReplySink& replies;
    Registry& registry;
    MessageObserver* observer = nullptr;  // may be null
    // Of the process, so that it goes on from one assembly to the next. Null: of this one's own.
    LogTime* log_time = nullptr;
  };
  CoreAssembly(const Options& options, const Parts& parts);
  ~CoreAssembly();

  // Opens the store and the core's state with it. `executors` run the store's work beside the core;
  // results come to `self`. All outlive the assembly, or its store.
  absl::Status open(const store::MessageStore::Executors& executors, CorePort& self);

  // What only a leader does begins. Before the first turn, or in one.
  absl::StatusOr<Adopted> read_foreign_config() const;
  void lead(const Adopted& adopted);
  absl::Status lead();

  // After the last turn and the last write: answers what waited for that ...
  void end();
  // ... and writes the last snapshot. The store is unlocked afterwards. An error leaves on disk
  // what a crash would.
  absl::Status close();
  // Instead of both: answers what waits without writing anything.
  void abandon();
  // Lets go of the store; waits for what it has under way. close() and abandon() do not yet.
  void drop_store() { store_.reset(); }

  BrokerCore& core() { return core_; }
  const BrokerCore& core() const { return core_; }
  // From a successful open() to drop_store().
  store::MessageStore& store() { return *store_; }
  const store::MessageStore& store() const { return *store_; }

 private:
  const Options options_;
  const Parts parts_;
  LogTime own_log_time_;
  BrokerCore core_;
  std::unique_ptr<store::MessageStore> store_;
};

}  // namespace petrel::core
