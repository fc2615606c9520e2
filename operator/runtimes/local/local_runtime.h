// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/clock.h"
#include "operator/brokers/broker_admin.h"
#include "operator/plan/reconcile.h"
#include "operator/runtimes/local/cluster_record.h"
#include "operator/runtimes/local/layout.h"
#include "operator/runtimes/local/process.h"
#include "operator/runtimes/local/stop_watch.h"

namespace petrel::ops {

// Members as processes of this machine, each with a directory of its own below the data directory
// (layout.h). They outlive this object and the program. Used from one thread, and for act() by one
// program at a time (data_lock.h).
class LocalRuntime final : public Runtime {
 public:
  // `record` is what was applied; it is changed and saved when a document is forgotten.
  LocalRuntime(
      Layout layout, std::string bin_dir, ClusterRecord record,
      Phases phases = [](const std::string&) {});
  ~LocalRuntime() override;

  const Layout& layout() const { return layout_; }

  // What the record asks for, for the planner.
  absl::StatusOr<Desired> desired() const;

  // Asks the programs themselves whether they accept what the record declares. InvalidArgument when
  // not.
  absl::Status check_configurations() const;

  // The same of one member, with what it would be started with. NotFound without a program.
  absl::Status check_configuration_of(const MemberId& member) const;

  // Of members that are declared and do not run. FailedPrecondition when ports that they need are
  // taken, with all of them and by whom.
  absl::Status check_ports() const;

  absl::StatusOr<Snapshot> observe() override;
  absl::Status act(const Action& action) override;
  void wait() override;

 private:
  absl::StatusOr<std::map<MemberId, std::string>> configs() const;
  absl::StatusOr<ObservedMember> observe_member(const MemberId& member);
  BrokerAdmin& admin(const MemberId& broker);

  absl::Status start(const MemberId& member);
  absl::Status stop(const MemberId& member);
  // When the process was told to end: now, or by a command that was interrupted afterwards
  // (StoppingMember::told_us).
  absl::StatusOr<int64_t> terminate_once(const MemberId& member, const ProcessRecord& process);
  absl::Status forget(const std::string& document);

  const Layout layout_;
  const std::string bin_dir_;
  ClusterRecord record_;
  const Phases phases_;
  std::map<MemberId, std::unique_ptr<BrokerAdmin>> admins_;
  struct Started {
    // How the process ended, once it did.
    std::string end;
    // When it was first seen to be ready; 0: not yet.
    int64_t ready_at_us = 0;
  };
  const SystemClock clock_;
  // By this object.
  std::map<MemberId, Started> started_;
};

// Members that have a directory below the data directory, nameservers first.
std::vector<MemberId> existing_members(const std::string& data_dir);

// A broker finishes its calls and writes a snapshot.
inline constexpr int64_t kStopAllMs = 30'000;

// Stops all members that run, brokers first, those of a role at the same time; what has not ended
// kill_ms after it was told to stop is killed. Returns what was done, "stop broker-0", and the
// phases of those that were killed.
absl::StatusOr<std::vector<std::string>> stop_all(
    const Layout& layout, const Phases& phases = [](const std::string&) {},
    int64_t kill_ms = kStopAllMs);

}  // namespace petrel::ops
