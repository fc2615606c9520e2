// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/core/state.h"
#include "common/check.h"
#include "petrel/state/v1/state.pb.h"
#include "tests/fuzz/target.h"

namespace petrel::fuzz {
namespace {

using core::BrokerState;

void fill(BrokerState& state) {
  core::TopicConfig topic;
  topic.name = "orders";
  topic.read_queues = topic.write_queues = 2;
  core::TopicState& orders = state.set_topic(topic);
  core::GroupConfig group;
  group.name = "billing";
  core::GroupState& billing = state.set_group(group);
  core::Subscription& subscription = state.subscription(billing, orders);
  core::GroupQueue& queue = subscription.at(1);
  queue.reposition(store::QueueOffset(5));
  queue.restore(store::QueueOffset(3), {.delivery_id = 1, .visible_at_ms = 10});
  state.totals("orders").count(1, 100, 1'700'000'000'000);
}

// What was restored is a state: it gives a snapshot that restores to the same one.
void run_snapshot(std::string_view bytes) {
  BrokerState state;
  if (!state.restore(bytes).ok()) return;
  const std::string snapshot = state.snapshot();
  BrokerState again;
  PETREL_CHECK_OK(again.restore(snapshot));
  PETREL_CHECK(again.snapshot() == snapshot);
}

void run_event(std::string_view bytes) {
  petrel::state::v1::Event event;
  if (!event.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return;
  BrokerState state;
  fill(state);
  if (!state.apply(event).ok()) return;
  const std::string snapshot = state.snapshot();
  BrokerState again;
  PETREL_CHECK_OK(again.restore(snapshot));
}

}  // namespace

Target state_snapshot_target() {
  BrokerState state;
  fill(state);
  const std::string sound = state.snapshot();
  // Twice the same positions: a message would be twice in flight.
  return {.name = "state_snapshot", .examples = {sound, sound + sound}, .run = run_snapshot};
}

Target state_event_target() {
  std::vector<std::string> examples;
  const auto* const descriptor = petrel::state::v1::Event::descriptor();
  // One empty event of each kind; mutation fills them.
  for (int i = 0; i < descriptor->field_count(); ++i) {
    petrel::state::v1::Event event;
    if (descriptor->field(i)->message_type() == nullptr || descriptor->field(i)->is_repeated()) {
      continue;
    }
    event.GetReflection()->MutableMessage(&event, descriptor->field(i));
    examples.push_back(event.SerializeAsString());
  }
  return {.name = "state_event", .examples = std::move(examples), .run = run_event};
}

}  // namespace petrel::fuzz
