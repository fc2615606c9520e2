// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "broker/core/broker_core.h"
#include "broker/core/core_assembly.h"
#include "broker/core/registry.h"
#include "common/clock.h"
#include "store/disk/sim_disk.h"
#include "store/message_store.h"
#include "store/test_util.h"

namespace petrel::oracle {

// A broker that has nothing but the log of another one: it takes the committed bytes as they stand
// there, applies them, and never decides anything. Its disk does not fail, and it takes no
// snapshot: all that it knows it has from the log's first record on. One thread.
class Shadow {
 public:
  // What stands between its store and its core; null: nothing. For tests of the comparison.
  using Between = std::function<std::unique_ptr<store::MessageStore::Owner>(
      store::MessageStore::Owner& core, const Clock& clock)>;
  // `segment_bytes`: of the leader's log.
  Shadow(int64_t segment_bytes, ManualClock& clock, Between between);
  ~Shadow();

  // Takes what the leader's log has below `committed`, at most `bytes_max` of it at a time.
  absl::Status follow(const store::CommitLog& leader, store::LogOffset committed,
                      int64_t bytes_max);
  // The leader lost what is behind `end`: forgets it, and all that it knows, and reads its log
  // anew.
  absl::Status rewind(store::LogOffset end);
  store::LogOffset end() const { return store_->log().end(); }

  const core::BrokerState& state() const { return core_->state(); }
  store::MessageStore& store() { return *store_; }

 private:
  class NoClients final : public core::ClientLiveness {
   public:
    bool connected(std::string_view /*client_id*/) const override { return false; }
    std::vector<core::SentAnswer> take_sent() override { return {}; }
  };
  class NoPort final : public core::CorePort, public core::ReplySink {
   public:
    bool try_post(std::unique_ptr<core::Request>& /*request*/) override { return false; }
    void post_internal(std::unique_ptr<core::Request> /*request*/) override {}
    void deliver(std::vector<std::unique_ptr<core::Request>> /*finished*/) override {}
  };
  absl::Status open();
  void drop();

  store::MessageStore::Options options_;
  ManualClock& clock_;
  core::LogTime log_time_{clock_};  // of no use to who follows
  const Between between_;
  store::SimDisk disk_{{}};
  store::ManualExecutor executor_;
  NoClients clients_;
  NoPort port_;
  std::unique_ptr<core::Registry> registry_;
  std::unique_ptr<core::BrokerCore> core_;
  std::unique_ptr<store::MessageStore::Owner> owner_;
  std::unique_ptr<store::MessageStore> store_;
};

// What is compared: a broker's state, and what its queues show.
struct Side {
  const core::BrokerState& state;
  store::MessageStore& store;
};

// Byte for byte, where both have come to the same place of the log: the state as a snapshot has it,
// and of each queue of `topics` its bounds, totals and entries. Entries that are not in the live
// side's memory are left out. The error says what differs. Adds to `bytes` what was compared.
absl::Status compare(Side live, Side shadow, const std::vector<std::string>& topics,
                     int64_t& bytes);

}  // namespace petrel::oracle
