// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "common/clock.h"
#include "common/random.h"
#include "store/message_store.h"
#include "store/sim_disk.h"
#include "store/test_util.h"

namespace petrel::store {

// A record that the workload appended.
struct SentRecord {
  std::string topic;
  int32_t queue_id = 0;
  QueueOffset queue_offset{0};
  std::string body;
  LogOffset offset{0};
  LogOffset end{0};
};

// All records ever appended whose fate is not that they were lost, in log order.
using History = std::vector<SentRecord>;

// The records of one topic that deletes another one: the body is its name.
inline constexpr char kControlTopic[] = "control";

// What else must hold of an open store, for a view that the queues say nothing about. Add one to
// CrashRun::views().
struct CrashView {
  std::string name;
  // Now and then during the workload; may be empty. An error ends the life.
  std::function<absl::Status(MessageStore&, Random&)> act;
  // After each recovery. An error is a bug.
  std::function<absl::Status(MessageStore&, const History&)> check;
};

// One store on one simulated disk through several lives, next to a history of what was done to it.
// Everything follows from the seed. One thread; what a broker does on several threads happens in
// between: snapshots are written while records are appended.
class CrashRun {
 public:
  struct Options {
    uint64_t seed = 1;
    bool reorder = true;  // see SimDisk::Options
  };
  explicit CrashRun(const Options& options);
  ~CrashRun();

  SimDisk& disk() { return disk_; }
  std::vector<CrashView>& views() { return views_; }

  // Opens the store: recovery.
  absl::Status open();
  // Appends, syncs, snapshots, deletes topics, `steps` times, or until the store or the disk fails.
  void work(int steps);

  // While it is open.
  MessageStore& store() { return *store_; }
  // What made this life's work end, if anything did.
  const absl::Status& failure() const { return failed_; }
  // Whether an append of this life was refused for lack of room.
  bool refused() const { return refused_; }
  // Behind the last record that was appended and is not known to be lost.
  LogOffset end() const { return sent_.empty() ? LogOffset(0) : sent_.back().end; }

  // How a life may end. After each, only open().
  void lose_power();
  void kill();
  absl::Status close();

  // After open(): nothing that was promised is lost, nothing is there that was not sent, queues are
  // dense and have what was sent, and the owner's state fits. The error says what is wrong.
  absl::Status check();
  // That all views are byte for byte what they become when only the log is kept.
  absl::Status compare_with_rebuild() const;

 private:
  class Owner;
  using QueueKey = std::pair<std::string, int32_t>;

  absl::Status open_on(SimDisk& disk, Owner& owner, std::unique_ptr<MessageStore>* store) const;
  absl::Status step();
  absl::Status send(const std::string& topic, int32_t queue_id, std::string body);
  absl::Status send_some();
  absl::Status flush(bool sync);
  absl::Status delete_topic(const std::string& topic);
  void begin_snapshot();
  void run_tasks();
  void end_life();

  absl::Status check_log();
  absl::Status check_queues();
  absl::Status check_queue(const QueueKey& key, const std::vector<const SentRecord*>& records);
  absl::StatusOr<std::string> body_of(ConsumeQueue& queue, QueueOffset offset);

  SeededRandom random_;
  SimDisk disk_;
  mutable ManualClock clock_;
  mutable ManualExecutor executor_;
  MessageStore::Options store_options_;
  std::vector<CrashView> views_;

  std::unique_ptr<Owner> owner_;
  std::unique_ptr<MessageStore> store_;
  absl::Status failed_;  // of this life
  bool refused_ = false;
  bool in_hook_ = false;
  std::shared_ptr<MessageStore::SnapshotResult> written_snapshot_;  // not finished yet

  History sent_;
  size_t applied_ = 0;    // of sent_, the rest is appended only
  LogOffset synced_{0};   // promised to outlive a power cut
  LogOffset written_{0};  // promised to outlive the process
};

}  // namespace petrel::store
