// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/clock.h"
#include "common/random.h"
#include "store/disk/sim_disk.h"
#include "store/message_store.h"
#include "store/testing/control_owner.h"

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

// Under which key a record is found; many have the same.
std::string key_of(std::string_view body);

// A view of the log beside the queues, as long as the store is open. Add one with
// CrashRun::add_view.
class CrashView {
 public:
  virtual ~CrashView() = default;
  virtual std::string_view name() const = 0;
  // Now and then during the workload. An error ends the life.
  virtual absl::Status act(Random& random) = 0;
  // After each recovery: what the view says fits the records that are there.
  virtual absl::Status check(const History& sent) = 0;
  // Before a clean end: brings everything to disk.
  virtual absl::Status close() = 0;
};
using OpenView = std::function<absl::StatusOr<std::unique_ptr<CrashView>>(SimDisk&, MessageStore&)>;

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
  void add_view(OpenView open) { open_views_.push_back(std::move(open)); }
  // From now on the log may lack records where the store says that it is damaged.
  void allow_damage() { damage_allowed_ = true; }

  // Opens the store: recovery.
  absl::Status open();
  // Appends, syncs, snapshots, deletes topics and the oldest segments, `steps` times, or until the
  // store or the disk fails.
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

  // A store and its views.
  struct Opened {
    std::unique_ptr<MessageStore> store;
    std::vector<std::unique_ptr<CrashView>> views;
    absl::Status close(std::string state);
  };
  absl::Status open_on(SimDisk& disk, Owner& owner, Opened* opened) const;
  absl::Status step();
  absl::Status send(const std::string& topic, int32_t queue_id, std::string body);
  absl::Status send_some();
  absl::Status flush(bool sync);
  absl::Status decide(const std::string& events);
  void begin_snapshot();
  void begin_retention();
  void finish_pending();
  void run_tasks();
  void end_life();

  void remember_queues();
  std::string describe_queues() const;
  absl::Status check_log();
  bool is_damaged(const SentRecord& record) const;
  absl::Status check_rocketmq_files() const;
  absl::Status check_queues();
  absl::Status check_queue(const QueueKey& key, const std::vector<const SentRecord*>& records);

  SeededRandom random_;
  SimDisk disk_;
  mutable ManualClock clock_;
  mutable ManualExecutor executor_;
  MessageStore::Options store_options_;
  std::vector<OpenView> open_views_;
  bool damage_allowed_ = false;

  std::unique_ptr<Owner> owner_;
  Opened opened_;
  MessageStore* store_ = nullptr;  // of opened_
  absl::Status failed_;            // of this life
  bool refused_ = false;
  bool in_hook_ = false;
  bool undecided_ = false;      // what was decided could not be said in the log
  bool in_use_marked_ = false;  // the file that tells RocketMQ so was there at start
  bool abort_lost_ = false;     // and a power cut took it
  // Done by the executor, not finished yet.
  std::shared_ptr<MessageStore::SnapshotResult> written_snapshot_;
  std::shared_ptr<MessageStore::RetentionResult> due_;

  // Of the life before, if the next one must find the same: min, max, next and totals of all
  // queues.
  std::optional<std::string> queues_before_;

  History sent_;
  LogOffset synced_{0};   // promised to outlive a power cut
  LogOffset written_{0};  // promised to outlive the process
  LogOffset begin_{0};    // what is before was deleted, and stays so
};

}  // namespace petrel::store
