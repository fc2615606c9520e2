// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cli/command.h"
#include "operator/brokers/broker_admin.h"

// The brokers of a cluster, as commands list and change what they have. Some may be down: what the
// others say is shown, and those that are missing are told, with an exit code of its own.

namespace petrel::cli {

struct Broker {
  // As it tells; of one that does not answer, as the nameserver or the local cluster has it, else
  // its address.
  std::string name;
  std::unique_ptr<ops::BrokerAdmin> admin;
  // Why it is not asked (any more). OK while it answers.
  absl::Status silence;

  const std::string& address() const { return admin->address(); }
  bool answers() const { return silence.ok(); }
};

// One thread.
class Brokers {
 public:
  // Those of the cluster that the options mean (target.h), each asked for its name. Unavailable
  // when none answers.
  static absl::StatusOr<Brokers> find(const Globals& globals);
  explicit Brokers(std::vector<Broker> all) : all_(std::move(all)) {}

  // Calls `ask` for each broker that answers. One that turns out not to be reachable is silent from
  // then on; another error ends the round. Unavailable when none is left.
  absl::Status ask(const std::function<absl::Status(Broker&)>& ask);

  // In the order of the cluster, those that do not answer too.
  std::vector<Broker>& all() { return all_; }
  const std::vector<Broker>& all() const { return all_; }
  size_t answering() const;
  bool is_partial() const { return answering() < all_.size(); }

  // A line that marks what was printed as sums over some brokers only; nothing if all answer.
  void tell_partial(std::ostream& out) const;

  // Tells on standard error which brokers did not answer. kOk, or kPartial if there are any.
  int conclude() const;

 private:
  std::vector<Broker> all_;
};

// Marks what was printed as of some brokers only, as Brokers::tell_partial does.
void print_partial(size_t answering, size_t all, std::ostream& out);

// Tells on standard error of a broker that is left out.
void tell_silence(const std::string& broker, const absl::Status& why);

// NotFound of a topic or group (`kind`) that no broker has; or kPartial, as it may be on one of
// those that do not answer, which are told.
absl::StatusOr<int> not_found(const Brokers& brokers, const std::string& kind,
                              const std::string& name);

}  // namespace petrel::cli
