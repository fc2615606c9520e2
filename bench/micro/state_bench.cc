// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
// What the broker's state costs: events of deliveries and acknowledgements, made and applied, and a
// capture of a large state in slices.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <ctime>
#include <string>
#include <vector>

#include "broker/core/state.h"
#include "common/check.h"
#include "petrel/state/v1/state.pb.h"

namespace petrel::bench {
namespace {

using core::BrokerState;
using state::v1::Event;
using state::v1::StateRecord;

void apply(const Event& event, BrokerState& state) { PETREL_CHECK_OK(state.apply(event)); }

// Topic 1, group 2, client 1.
void fill(BrokerState& state) {
  Event event;
  auto& topic = *event.mutable_topic_set()->mutable_topic();
  topic.set_name("orders");
  topic.set_version(1);
  topic.set_incarnation(1);
  apply(event, state);
  auto& group = *event.mutable_group_set()->mutable_group();
  group.set_name("billing");
  group.set_version(2);
  group.set_incarnation(2);
  apply(event, state);
  event.mutable_client_set()->set_client_id(1);
  event.mutable_client_set()->set_name("client");
  apply(event, state);
}

template <typename Placed>
void set_place(int32_t queue_id, int64_t first, int64_t count, Placed& into) {
  into.set_group_id(2);
  into.set_topic_id(1);
  into.set_queue_id(queue_id);
  into.mutable_offsets()->Reserve(static_cast<int>(count));
  for (int64_t offset = first; offset < first + count; ++offset) {
    into.add_offsets(offset);
  }
}

void make_delivery(int32_t queue_id, int64_t first, int64_t count, Event& into) {
  auto& delivery = *into.mutable_delivery();
  set_place(queue_id, first, count, delivery);
  delivery.set_delivery_id(1'700'000'000'000 + first);
  delivery.set_visible_at_ms(1'700'000'030'000 + first);
  delivery.set_next_offset(first + count);
  delivery.set_client_id(1);
  delivery.set_renew_until_ms(1'700'009'000'000);
}

// A turn's events: a batch delivered, and the one of `behind` batches ago acknowledged.
void deliver_and_acknowledge(benchmark::State& bench) {
  const int64_t batch = bench.range(0);
  const int64_t behind = bench.range(1);
  BrokerState state;
  fill(state);
  StateRecord record;
  int64_t first = 0;
  for (auto _ : bench) {
    Event& delivery = *record.add_events();
    make_delivery(0, first, batch, delivery);
    apply(delivery, state);
    if (first >= behind * batch) {
      Event& acknowledged = *record.add_events();
      set_place(0, first - behind * batch, batch, *acknowledged.mutable_acknowledged());
      apply(acknowledged, state);
    }
    first += batch;
    record.Clear();
  }
  bench.counters["per_message"] = benchmark::Counter(
      static_cast<double>(first), benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK(deliver_and_acknowledge)->Args({32, 0})->Args({32, 100})->Args({1, 100});

// Of this thread: what a slice takes when nobody else wants the processor.
double cpu_us() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

// 100,000 queues of a group with 10 open deliveries each, in slices of 64 KiB; with `busy`, an
// acknowledgement in each chunk of 100 queues between two slices.
void capture(benchmark::State& bench) {
  const bool busy = bench.range(0) != 0;
  constexpr int32_t kTopics = 1'000;
  constexpr int32_t kQueues = 100;
  BrokerState state;
  fill(state);
  Event event;
  for (int32_t i = 0; i < kTopics; ++i) {
    auto& topic = *event.mutable_topic_set()->mutable_topic();
    topic.set_name("topic-" + std::to_string(i));
    topic.set_version(3 + i);
    topic.set_incarnation(3 + i);
    apply(event, state);
    for (int32_t queue_id = 0; queue_id < kQueues; ++queue_id) {
      make_delivery(queue_id, 100, 10, event);
      event.mutable_delivery()->set_topic_id(3 + i);
      apply(event, state);
      event.Clear();
    }
  }
  std::vector<double> slices_us;
  size_t bytes = 0;
  int64_t round = 0;
  for (auto _ : bench) {
    int32_t topic = 0;
    state.begin_capture();
    bool done = false;
    while (!done) {
      for (int32_t queue_id = 0; busy && queue_id < kQueues; ++queue_id) {
        event.Clear();
        set_place(queue_id, 100 + round % 9, 1, *event.mutable_acknowledged());
        event.mutable_acknowledged()->set_topic_id(3 + (topic * 7) % kTopics);
        apply(event, state);
      }
      ++topic;
      const double begin_us = cpu_us();
      done = state.capture_some(64 * 1024);
      slices_us.push_back(cpu_us() - begin_us);
    }
    ++round;
    bytes = 0;
    for (const std::string& piece : state.take_captured()) {
      bytes += piece.size();
    }
  }
  std::sort(slices_us.begin(), slices_us.end());
  bench.counters["slice_median_us"] = slices_us[slices_us.size() / 2];
  bench.counters["slice_p99_us"] = slices_us[slices_us.size() * 99 / 100];
  bench.counters["slice_max_us"] = slices_us.back();
  bench.counters["bytes"] = static_cast<double>(bytes);
}
BENCHMARK(capture)->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond)->Iterations(8);

}  // namespace
}  // namespace petrel::bench
