// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cli/command.h"
#include "common/status.h"
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

  // Has `call` ask each broker that answers, all at the same time on threads of their own: those
  // that hang cost one time-out together. Then `take` gets the answers, on this thread and in the
  // order of the cluster. A broker that turns out not to be reachable is silent from then on;
  // another error ends the round. Unavailable when none is left.
  //   call: absl::StatusOr<Answer>(Broker&), uses nothing of another broker
  //   take: absl::Status(Broker&, Answer)
  template <typename Call, typename Take>
  absl::Status ask(const Call& call, const Take& take) {
    std::vector<std::optional<std::invoke_result_t<const Call&, Broker&>>> answers(all_.size());
    at_once([&](size_t i) { answers[i].emplace(call(all_[i])); });
    for (size_t i = 0; i < all_.size(); ++i) {
      if (answers[i]) {
        const absl::Status asked =
            answers[i]->ok() ? take(all_[i], **std::move(answers[i])) : answers[i]->status();
        PETREL_RETURN_IF_ERROR(note(all_[i], asked));
      }
    }
    return answering() > 0 ? absl::OkStatus() : all_.front().silence;
  }

  // In the order of the cluster, those that do not answer too.
  std::vector<Broker>& all() { return all_; }
  const std::vector<Broker>& all() const { return all_; }
  size_t answering() const;
  bool is_partial() const { return answering() < all_.size(); }

  // Names of those that answer and are not among these, which have a member `broker`.
  template <typename OnBrokers>
  std::vector<std::string> others(const OnBrokers& on) const {
    std::vector<std::string> names;
    for (const Broker& broker : all_) {
      const bool among = std::any_of(on.begin(), on.end(),
                                     [&](const auto& each) { return each.broker == &broker; });
      if (broker.answers() && !among) {
        names.push_back(broker.name);
      }
    }
    return names;
  }

  // A line that marks what was printed as sums over some brokers only; nothing if all answer.
  void tell_partial(std::ostream& out) const;

  // Tells on standard error which brokers did not answer. kOk, or kPartial if there are any.
  int conclude() const;

 private:
  // `work` with the place of each broker that answers, on as many threads.
  void at_once(const std::function<void(size_t)>& work) const;
  // An error that does not mean that the broker was not reached.
  static absl::Status note(Broker& broker, const absl::Status& asked);

  std::vector<Broker> all_;
};

// Marks what was printed as of some brokers only, as Brokers::tell_partial does.
void print_partial(size_t answering, size_t all, std::ostream& out);

// "missing on broker-1, broker-2"; "" when on none.
std::string missing_text(const std::vector<std::string>& brokers);

// Tells on standard error of a broker that is left out.
void tell_silence(const std::string& broker, const absl::Status& why);

// NotFound of a topic or group (`kind`) that no broker has; or kPartial, as it may be on one of
// those that do not answer, which are told.
absl::StatusOr<int> not_found(const Brokers& brokers, const std::string& kind,
                              const std::string& name);

}  // namespace petrel::cli
