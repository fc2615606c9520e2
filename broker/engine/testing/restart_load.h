// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "broker/core/registry.h"
#include "broker/engine/engine_slot.h"
#include "broker/engine/testing/engine_caller.h"
#include "common/clock.h"
#include "common/concat.h"

namespace petrel::engine {

// Callers of all kinds on threads of their own, who go on whatever becomes of the engine, and who
// remember what they were told. check() compares that with what the last engine has:
//
//   - a send that was acknowledged is there, once, at the place that its answer named;
//   - a send of unknown fate is there once or not at all;
//   - whatever was delivered is still there at its place: it had been committed;
//   - a message whose acknowledgement was answered OK never came again;
//   - topics whose making was answered OK are there.
class RestartLoad {
 public:
  RestartLoad(EngineSlot& slot, const core::Registry& registry, const Clock& clock)
      : slot_(slot), registry_(registry), clock_(clock) {}
  ~RestartLoad() { stop(); }

  void start() {
    for (int i = 0; i < kSenders; ++i) threads_.emplace_back([this, i] { send_all(i); });
    for (int i = 0; i < kReceivers; ++i) threads_.emplace_back([this] { receive_all(); });
    threads_.emplace_back([this] { administer(); });
    threads_.emplace_back([this] { look(); });
  }
  void stop() {
    over_ = true;
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }
  int64_t acknowledged_sends() const { return acknowledged_sends_; }
  int64_t deliveries() const { return deliveries_; }
  int64_t refusals() const { return refusals_; }

  // After stop(), with an engine that serves.
  void check() {
    std::map<Place, std::string> stored;
    std::map<std::string, Place> places;
    while (true) {
      const auto received = receive(slot_, kTopic, "audit", clock_.mono_us() + 200'000).get();
      if (received.deliveries.empty()) break;
      for (const auto& delivery : received.deliveries) {
        const std::optional<std::string> body = body_of(delivery);
        ASSERT_TRUE(body.has_value());
        stored[place_of(delivery)] = *body;
        EXPECT_TRUE(places.emplace(*body, place_of(delivery)).second) << *body << " is there twice";
      }
    }
    for (const auto& [body, place] : sent_) {
      const auto found = places.find(body);
      ASSERT_NE(found, places.end()) << body << " was acknowledged and is lost";
      EXPECT_EQ(found->second, place) << body << " is elsewhere";
    }
    for (const auto& [place, body] : delivered_) {
      const auto found = stored.find(place);
      ASSERT_NE(found, stored.end()) << body << " was delivered and is not there";
      EXPECT_EQ(found->second, body);
    }
    for (const std::string& topic : topics_) {
      EXPECT_NE(registry_.find_topic(topic), nullptr) << topic << " was made and is lost";
    }
  }

 private:
  static constexpr int kSenders = 3;
  static constexpr int kReceivers = 2;
  static constexpr int kTopics = 100;
  static constexpr char kTopic[] = "orders";
  static constexpr char kGroup[] = "billing";
  using Place = std::pair<int32_t, int64_t>;  // queue, offset

  static Place place_of(const core::ReceiveRequest::Delivery& delivery) {
    return {delivery.handle.queue_id, delivery.handle.queue_offset.value()};
  }
  // Nothing while no engine serves.
  std::optional<std::string> body_of(const core::ReceiveRequest::Delivery& delivery) {
    const auto slice = slot_.read_record(delivery.handle.log_offset, delivery.record_size);
    if (absl::IsUnavailable(slice.status())) return std::nullopt;
    EXPECT_TRUE(slice.ok()) << slice.status();
    if (!slice.ok()) return std::nullopt;
    return std::string(store::decode_record(slice->bytes(), store::Verify::kStructure)->body);
  }

  // Whoever meets no engine lets others run.
  bool refused(const core::Outcome& outcome) {
    if (outcome.code != core::OutcomeCode::kNotServing) return false;
    ++refusals_;
    std::this_thread::yield();
    return true;
  }

  void send_all(int sender) {
    for (int i = 0; !over_; ++i) {
      const std::string body = concat("sender ", sender, " message ", i);
      const auto answer = send(slot_, kTopic, body).get();
      if (refused(answer.outcome)) continue;
      ASSERT_TRUE(answer.outcome.ok()) << answer.outcome.text;
      ++acknowledged_sends_;
      const std::lock_guard lock(mutex_);
      sent_[body] = {answer.queue_id, answer.queue_offset.value()};
    }
  }

  void receive_all() {
    while (!over_) {
      const int64_t asked = ++moment_;
      const auto answer = receive(slot_, kTopic, kGroup, clock_.mono_us() + 20'000).get();
      if (refused(answer.outcome)) continue;
      ASSERT_TRUE(answer.outcome.ok() || answer.outcome.code == core::OutcomeCode::kNoMessage)
          << answer.outcome.text;
      for (const auto& delivery : answer.deliveries) take(delivery, asked);
    }
  }
  void take(const core::ReceiveRequest::Delivery& delivery, int64_t asked) {
    ++deliveries_;
    const Place place = place_of(delivery);
    const std::optional<std::string> body = body_of(delivery);
    {
      const std::lock_guard lock(mutex_);
      const auto finished = finished_.find(place);
      EXPECT_FALSE(finished != finished_.end() && finished->second < asked)
          << "queue " << place.first << " offset " << place.second << " came after its ack";
      if (body.has_value()) {
        const auto [known, first] = delivered_.emplace(place, *body);
        EXPECT_EQ(known->second, *body) << "another message at the same place";
      }
    }
    const auto acked = acknowledge(slot_, kTopic, kGroup, delivery.handle).get();
    if (!acked.outcome.ok()) return;
    const std::lock_guard lock(mutex_);
    finished_[place] = ++moment_;
  }

  void administer() {
    for (int i = 0; !over_; ++i) {
      const std::string name = concat("topic-", i % kTopics);
      const auto made = ask<core::ApplyTopicsRequest>(slot_, [&](auto& r) {
                          r.topics = {{.name = name, .read_queues = 1, .write_queues = 1}};
                        }).get();
      if (!refused(made.outcome)) {
        ASSERT_TRUE(made.outcome.ok()) << made.outcome.text;
        topics_.insert(name);
      }
      (void)ask<core::ListGroupsRequest>(slot_, [](auto&) {}).get();
    }
  }

  void look() {
    while (!over_) {
      if (const auto engine = slot_.lease()) {
        EXPECT_GE(engine->store().log().end().value(),
                  engine->store().log().progress().written.value());
        EXPECT_GE(engine->core_stats().turns.load(), 0);
        engine->store().indexer().tick();
      }
      std::this_thread::yield();
    }
  }

  EngineSlot& slot_;
  const core::Registry& registry_;
  const Clock& clock_;
  std::atomic<bool> over_{false};
  std::atomic<int64_t> moment_{0};  // orders what different threads saw
  std::atomic<int64_t> acknowledged_sends_{0};
  std::atomic<int64_t> deliveries_{0};
  std::atomic<int64_t> refusals_{0};
  std::mutex mutex_;
  std::map<std::string, Place> sent_;  // acknowledged
  std::map<Place, std::string> delivered_;
  std::map<Place, int64_t> finished_;  // acknowledged by the group: when that was known
  std::set<std::string> topics_;       // the administering thread's
  std::vector<std::thread> threads_;
};

}  // namespace petrel::engine
