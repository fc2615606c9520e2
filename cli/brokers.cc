// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "cli/brokers.h"

#include <algorithm>
#include <iostream>
#include <utility>

#include "cli/target.h"
#include "common/concat.h"
#include "common/status.h"

namespace petrel::cli {

absl::StatusOr<Brokers> Brokers::find(const Globals& globals) {
  PETREL_ASSIGN_OR_RETURN(const std::vector<BrokerPlace> places, broker_places(globals));
  std::vector<Broker> all;
  for (const BrokerPlace& place : places) {
    all.push_back({.name = place.name.empty() ? place.connection.address : place.name,
                   .admin = std::make_unique<ops::BrokerAdmin>(place.connection),
                   .silence = place.missing.empty() ? absl::OkStatus()
                                                    : absl::UnavailableError(place.missing)});
  }
  Brokers brokers(std::move(all));
  PETREL_RETURN_IF_ERROR(brokers.ask([](Broker& broker) -> absl::Status {
    PETREL_ASSIGN_OR_RETURN(const auto described, broker.admin->describe());
    broker.name = described.broker_name();
    return absl::OkStatus();
  }));
  return brokers;
}

absl::Status Brokers::ask(const std::function<absl::Status(Broker&)>& ask) {
  for (Broker& broker : all_) {
    if (!broker.answers()) {
      continue;
    }
    absl::Status asked = ask(broker);
    if (ops::is_unreached(asked)) {
      broker.silence = std::move(asked);
    } else if (!asked.ok()) {
      return asked;
    }
  }
  return answering() > 0 ? absl::OkStatus() : all_.front().silence;
}

absl::StatusOr<int> not_found(const Brokers& brokers, const std::string& kind,
                              const std::string& name) {
  if (const int code = brokers.conclude(); code != kOk) {
    std::cerr << "petrelctl: no broker that answers has the " << kind << ' ' << name << '\n';
    return code;
  }
  return absl::NotFoundError(
      concat("there is no ", kind, " ", name, "; see petrelctl ", kind, " list"));
}

size_t Brokers::answering() const {
  return static_cast<size_t>(
      std::count_if(all_.begin(), all_.end(), [](const Broker& b) { return b.answers(); }));
}

void print_partial(size_t answering, size_t all, std::ostream& out) {
  if (answering < all) {
    out << "\nPARTIAL: " << answering << " of " << all
        << " brokers answer, and all numbers are theirs alone\n";
  }
}

void Brokers::tell_partial(std::ostream& out) const {
  print_partial(answering(), all_.size(), out);
}

void tell_silence(const std::string& broker, const absl::Status& why) {
  std::cerr << "petrelctl: without broker " << broker << ": " << why.message() << '\n';
}

int Brokers::conclude() const {
  for (const Broker& broker : all_) {
    if (!broker.answers()) {
      tell_silence(broker.name, broker.silence);
    }
  }
  return answering() == all_.size() ? kOk : kPartial;
}

}  // namespace petrel::cli
