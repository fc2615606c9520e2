// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "cli/brokers.h"

#include <algorithm>
#include <atomic>
#include <iostream>
#include <thread>
#include <utility>

#include "cli/target.h"
#include "common/concat.h"
#include "common/status.h"

namespace petrel::cli {

namespace {

constexpr size_t kThreadsMax = 64;

}  // namespace

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
  PETREL_RETURN_IF_ERROR(
      brokers.ask([](const Broker& broker) { return broker.admin->describe(); },
                  [](Broker& broker, const ops::admin::DescribeBrokerResponse& described) {
                    broker.name = described.broker_name();
                    return absl::OkStatus();
                  }));
  return brokers;
}

void Brokers::at_once(const std::function<void(size_t)>& work) const {
  std::atomic<size_t> next{0};
  const auto take_work = [&] {
    for (size_t i = next++; i < all_.size(); i = next++) {
      if (all_[i].answers()) {
        work(i);
      }
    }
  };
  // This thread is one of them.
  std::vector<std::thread> threads;
  for (size_t i = 1; i < std::min(answering(), kThreadsMax); ++i) {
    threads.emplace_back(take_work);
  }
  take_work();
  for (std::thread& thread : threads) {
    thread.join();
  }
}

absl::Status Brokers::note(Broker& broker, const absl::Status& asked) {
  if (!ops::is_unreached(asked)) {
    return asked;
  }
  broker.silence = asked;
  return absl::OkStatus();
}

std::string missing_text(const std::vector<std::string>& brokers) {
  std::string text;
  for (const std::string& broker : brokers) {
    text += concat(text.empty() ? "missing on " : ", ", broker);
  }
  return text;
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
