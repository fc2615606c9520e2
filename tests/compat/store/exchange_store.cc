// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
//
// petrel-store-exchange continue|again|crash DIRECTORY: Petrel's turns with a store directory that
// it shares with RocketMQ; Exchange.java has RocketMQ's. `continue` opens what RocketMQ made, reads
// everything and adds to it; `crash` does so and ends without closing; `again` opens what RocketMQ
// continued. Prints what is wrong, and a closing line.
#include <iostream>
#include <string>
#include <string_view>

#include "broker/core/core_world.h"
#include "broker/rocketmq_files/rocketmq_config.h"
#include "common/concat.h"
#include "store/log/record.h"

namespace petrel::core {
namespace {

constexpr char kTopic[] = "Orders";
constexpr int32_t kQueues = 4;
constexpr int64_t kWritten = 1000;  // by RocketMQ at first
constexpr int64_t kPetrelWritten = 400;
constexpr int64_t kAdded = 100;  // by RocketMQ at last

class Exchange {
 public:
  explicit Exchange(const std::string& directory)
      : disk_(store::make_posix_disk()), world_(*disk_, directory, options()) {
    const auto adopted = rocketmq_files::read_rocketmq_config(world_.store().foreign_config(),
                                                              world_.store().was_ours());
    check("RocketMQ's files parse", true, adopted.ok());
    if (adopted.ok()) world_.core().adopt(*adopted);
    world_.settle();
  }

  void continue_it() {
    check("the topic", true, describes_topic());
    check("the log is sound", int64_t{0}, world_.store().log().damage().count());
    check_queues(kWritten / kQueues);
    check("the topic made again begins at 0", int64_t{1}, max_of("Again", 0));
    // RocketMQ's group had done 100 of queue 0 and 50 of queue 1.
    check("messages for readers", kWritten - 150, receive_all("readers"));
    check("messages for a new group", int64_t{10}, receive_some("fresh", 10));
    make_topic("Made");
    // A snapshot, with RocketMQ's files; what comes behind is in the log only.
    world_.clock.advance_ms(61'000);
    world_.settle();
    check("snapshots", int64_t{1}, world_.core().stats().snapshots.load());
    for (int64_t n = 0; n < kPetrelWritten; ++n) send(n);
    check_queues((kWritten + kPetrelWritten) / kQueues);
  }
  void again() {
    check_queues((kWritten + kPetrelWritten + kAdded) / kQueues);
    // RocketMQ moved the group to one before the end of each queue.
    check("messages for readers", int64_t{kQueues}, receive_all("readers"));
  }
  void close() { world_.stop(); }
  int finish() const {
    std::cout << passed_ << " passed, " << failed_ << " failed\n";
    return failed_ == 0 ? 0 : 1;
  }

 private:
  static CoreWorld::Options options() {
    CoreWorld::Options options;
    options.store.make_rocketmq_config = rocketmq_files::make_rocketmq_config;
    return options;
  }

  template <typename T>
  void check(std::string_view what, const T& expected, const T& actual) {
    if (expected == actual) {
      ++passed_;
      return;
    }
    ++failed_;
    std::cout << "FAILED: " << what << ": expected " << expected << ", got " << actual << "\n";
  }

  bool describes_topic() {
    auto& list = world_.ask<ListTopicsRequest>([](auto&) {});
    world_.settle();
    for (const auto& topic : list.topics) {
      if (topic.config.name != kTopic) continue;
      return topic.config.read_queues == kQueues && topic.config.write_queues == kQueues;
    }
    return false;
  }
  int64_t max_of(std::string_view topic, int32_t queue_id) {
    const store::ConsumeQueue* const queue = world_.store().find_queue(topic, queue_id);
    return queue == nullptr ? -1 : queue->max().value();
  }
  void check_queues(int64_t messages) {
    for (int32_t id = 0; id < kQueues; ++id) {
      check(concat("messages of queue ", id), messages, max_of(kTopic, id));
    }
  }
  void make_topic(const std::string& name) {
    world_.ask<ApplyTopicsRequest>(
        [&](auto& r) { r.topics = {{.name = name, .read_queues = 1, .write_queues = 1}}; });
    world_.settle();
  }
  void send(int64_t number) {
    const std::string body = concat("petrel ", number);
    const std::string properties = concat("KEYS\x01petrel", number, "\x02");
    auto& sent = world_.ask<SendRequest>([&](auto& r) {
      r.topic = kTopic;
      r.messages.push_back({.record = store::encode_record({.topic = kTopic,
                                                            .body = body,
                                                            .properties = properties,
                                                            .born_ms = world_.clock.wall_ms()})
                                          .value()});
    });
    world_.settle();
    if (!sent.outcome.ok()) check("a send", std::string(), sent.outcome.text);
  }

  // Receives and acknowledges until there is nothing left; returns how many were sound.
  int64_t receive_all(const std::string& group) {
    int64_t sound = 0;
    while (true) {
      auto& received = receive(group, 32);
      if (received.deliveries.empty()) return sound;
      auto& acked = world_.ask<AckRequest>([&](auto& r) {
        r.group = group;
        r.topic = kTopic;
        for (const auto& delivery : received.deliveries) {
          r.entries.push_back({.handle = delivery.handle, .outcome = {}});
        }
      });
      world_.settle();
      if (!acked.done) return -1;
      sound += count_sound(received);
    }
  }
  int64_t receive_some(const std::string& group, int32_t count) {
    return count_sound(receive(group, count));
  }
  CoreWorld::Kept<ReceiveRequest>& receive(const std::string& group, int32_t batch) {
    auto& received = world_.ask<ReceiveRequest>([&](auto& r) {
      r.group = group;
      r.topic = kTopic;
      r.batch_size = batch;
      r.invisible_ms = 60'000;
      r.wait_until_us = world_.clock.mono_us() + 1;
      r.cancel_id = world_.new_cancel_id();
    });
    world_.settle();
    if (!received.done) {
      world_.clock.advance_ms(3'000);
      world_.settle();
    }
    return received;
  }
  int64_t count_sound(const ReceiveRequest& received) {
    int64_t sound = 0;
    for (const auto& delivery : received.deliveries) {
      const auto slice =
          world_.store().log().read(delivery.handle.log_offset, delivery.record_size);
      if (!slice.ok()) continue;
      const auto record = store::decode_record(slice->bytes(), store::Verify::kChecksums);
      if (!record.ok() || record->queue_offset != delivery.handle.queue_offset) continue;
      const int64_t number =
          delivery.handle.queue_offset.value() * kQueues + delivery.handle.queue_id;
      if (number >= kWritten || record->body == concat("rocketmq ", number)) ++sound;
    }
    return sound;
  }

  const std::unique_ptr<store::Disk> disk_;
  CoreWorld world_;
  int passed_ = 0;
  int failed_ = 0;
};

int run(std::string_view turn, const std::string& directory) {
  Exchange exchange(directory);
  if (turn == "again") {
    exchange.again();
  } else {
    exchange.continue_it();
  }
  if (turn != "crash") exchange.close();
  return exchange.finish();
}

}  // namespace
}  // namespace petrel::core

int main(int argc, char** argv) {
  const std::string_view turn = argc == 3 ? argv[1] : "";
  if (turn != "continue" && turn != "again" && turn != "crash") {
    std::cerr << "usage: petrel-store-exchange continue|again|crash DIRECTORY\n";
    return 2;
  }
  return petrel::core::run(turn, argv[2]);
}
