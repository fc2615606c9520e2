// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "tests/oracle/broken_owner.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "broker/core/changes.h"
#include "common/check.h"
#include "petrel/state/v1/state.pb.h"

namespace petrel::oracle {
namespace {

using state::v1::Event;
using state::v1::StateRecord;

void forget_extensions(StateRecord& record) {
  auto& events = *record.mutable_events();
  events.erase(std::remove_if(events.begin(), events.end(),
                              [](const Event& event) { return event.has_extension(); }),
               events.end());
}

void read_clock(StateRecord& record, int64_t decided_ms, int64_t now_ms) {
  for (Event& event : *record.mutable_events()) {
    if (event.has_delivery()) {
      auto& delivery = *event.mutable_delivery();
      delivery.set_visible_at_ms(delivery.visible_at_ms() - decided_ms + now_ms);
    }
  }
}

// Nobody is connected to a follower.
void read_clients(StateRecord& record) {
  for (Event& event : *record.mutable_events()) {
    if (event.has_delivery()) {
      event.mutable_delivery()->clear_client_id();
      event.mutable_delivery()->clear_renew_until_ms();
    }
  }
}

void number_by_hash(StateRecord& record) {
  absl::flat_hash_set<std::string> names;
  std::vector<state::v1::ClientSet*> clients;
  for (Event& event : *record.mutable_events()) {
    if (event.has_client_set()) {
      clients.push_back(event.mutable_client_set());
      names.insert(event.client_set().name());
    }
  }
  auto name = names.begin();
  for (state::v1::ClientSet* const client : clients) {
    client->set_name(*name++);
  }
}

void forget_end_of_open(StateRecord& record) {
  for (Event& event : *record.mutable_events()) {
    if (event.has_position()) {
      event.mutable_position()->clear_end_open();
    }
  }
}

class BrokenOwner final : public store::MessageStore::Owner {
 public:
  BrokenOwner(store::MessageStore::Owner& core, const Clock& clock, Defect defect)
      : core_(core), clock_(clock), defect_(defect) {}

  absl::Status restore(store::MessageStore& store, std::span<const std::string> state) override {
    return core_.restore(store, state);
  }
  bool required(std::string_view topic) const override { return core_.required(topic); }
  absl::Status apply(store::MessageStore& store, const store::RecordView& record) override {
    if (record.topic != core::kStateTopic) {
      store::RecordView moved = record;
      moved.properties = defect_ == Defect::kMoveForgotten ? "" : record.properties;
      return core_.apply(store, moved);
    }
    StateRecord events;
    PETREL_CHECK(events.ParseFromArray(record.body.data(), static_cast<int>(record.body.size())));
    break_one(events, record.store_ms);
    const std::string body = events.SerializeAsString();
    store::RecordView broken = record;
    broken.body = body;
    return core_.apply(store, broken);
  }

 private:
  void break_one(StateRecord& events, int64_t decided_ms) const {
    switch (defect_) {
      case Defect::kNothing:
      case Defect::kMoveForgotten:
        return;
      case Defect::kEventForgotten:
        return forget_extensions(events);
      case Defect::kReadsClock:
        return read_clock(events, decided_ms, clock_.wall_ms());
      case Defect::kReadsClients:
        return read_clients(events);
      case Defect::kResetKeepsOpen:
        return forget_end_of_open(events);
      case Defect::kOrderOfHashMap:
        return number_by_hash(events);
    }
  }

  store::MessageStore::Owner& core_;
  const Clock& clock_;
  const Defect defect_;
};

}  // namespace

std::unique_ptr<store::MessageStore::Owner> make_broken_owner(store::MessageStore::Owner& core,
                                                              const Clock& clock, Defect defect) {
  return std::make_unique<BrokenOwner>(core, clock, defect);
}

}  // namespace petrel::oracle
