// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/core/state.h"
#include "broker/core/testing/state_events.h"
#include "common/check.h"
#include "petrel/state/v1/state.pb.h"
#include "tests/fuzz/target.h"

namespace petrel::fuzz {
namespace {

using core::BrokerState;
namespace events = core::events;

void fill(BrokerState& state) {
  constexpr events::Queue kQueue{.group = 2, .topic = 1, .queue_id = 1};
  events::apply_all(
      {events::topic_set("orders", 1), events::group_set("billing", 2),
       events::client_set(1, "client"), events::position(kQueue, 5),
       events::delivery(
           kQueue, {.offsets = {5, 6, 70}, .id = 1, .visible_at_ms = 10, .next = 71, .client = 1})},
      state);
}

// A state that came about somehow: it hangs together, and its snapshot restores to the same one.
void check_sound(const BrokerState& state) {
  state.check_invariants();
  BrokerState again;
  PETREL_CHECK_OK(again.restore(state.capture_all()));
  again.check_invariants();
  PETREL_CHECK(events::bytes_of(again) == events::bytes_of(state));
}

void run_snapshot(std::string_view bytes) {
  BrokerState state;
  if (state.restore(std::vector{std::string(bytes)}).ok()) {
    check_sound(state);
  }
}

void run_event(std::string_view bytes) {
  petrel::state::v1::Event event;
  if (!event.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return;
  }
  BrokerState state;
  fill(state);
  const std::string before = events::bytes_of(state);
  if (state.apply(event).ok()) {
    check_sound(state);
  } else {
    PETREL_CHECK(events::bytes_of(state) == before) << "half an event was applied";
  }
}

std::string first_format_snapshot() {
  petrel::state::v1::Snapshot old;
  old.set_config_version(2);
  old.add_topics()->set_name("orders");
  old.mutable_topics(0)->set_version(1);
  old.add_groups()->set_name("billing");
  old.mutable_groups(0)->set_version(2);
  auto& position = *old.add_positions();
  position.set_group("billing");
  position.set_topic("orders");
  position.set_next_offset(5);
  position.add_in_flight()->set_offset(3);
  position.mutable_in_flight(0)->set_renew_client_id("client");
  return old.SerializeAsString();
}

}  // namespace

Target state_snapshot_target() {
  BrokerState state;
  fill(state);
  const std::string sound = events::bytes_of(state);
  const std::string old = first_format_snapshot();
  // Twice the same: a message would be twice in flight.
  return {.name = "state_snapshot",
          .examples = {sound, sound + sound, old, old + old},
          .run = run_snapshot};
}

Target state_event_target() {
  constexpr events::Queue kQueue{.group = 2, .topic = 1, .queue_id = 1};
  std::vector<std::string> examples;
  for (const events::Event& event :
       {events::delivery(kQueue, {.offsets = {6, 71}, .id = 2, .next = 80, .client = 1}),
        events::acknowledged(kQueue, {5, 70}), events::extension(kQueue, {.offset = 6, .id = 2}),
        events::position(kQueue, 60), events::queue_shortened("orders", 1, 70),
        events::topic_removed(1, 3), events::group_removed(2, 3)}) {
    examples.push_back(event.SerializeAsString());
  }
  const auto* const descriptor = petrel::state::v1::Event::descriptor();
  // One empty event of each kind; mutation fills them.
  for (int i = 0; i < descriptor->field_count(); ++i) {
    petrel::state::v1::Event event;
    event.GetReflection()->MutableMessage(&event, descriptor->field(i));
    examples.push_back(event.SerializeAsString());
  }
  return {.name = "state_event", .examples = std::move(examples), .run = run_event};
}

}  // namespace petrel::fuzz
