// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "broker/core/broker_core.h"
#include "broker/core/core_world.h"
#include "broker/core/tag_filter.h"
#include "common/concat.h"
#include "common/temp_directory.h"
#include "store/log/record.h"

namespace petrel::core {

// A core in a world of its own, with a store on disk, and what tests ask of it.
class BrokerCoreTest : public ::testing::Test {
 protected:
  void build(CoreWorld::Options options = {}) {
    world_ = std::make_unique<CoreWorld>(*disk_, directory_.path(), std::move(options));
  }
  CoreWorld& world() {
    if (world_ == nullptr) build();
    return *world_;
  }

  void create_topic(const std::string& name, int32_t queues = 1) {
    auto& apply = world().ask<ApplyTopicsRequest>([&](auto& r) {
      r.topics = {{.name = name, .read_queues = queues, .write_queues = queues}};
    });
    world().settle();
    ASSERT_TRUE(apply.done);
    ASSERT_TRUE(apply.outcome.ok()) << apply.outcome.text;
  }

  CoreWorld::Kept<SendRequest>& send(const std::string& topic, const std::string& body,
                                     const std::string& tag = "") {
    return world().ask<SendRequest>([&](auto& r) {
      r.topic = topic;
      const std::string properties = tag.empty() ? "" : concat("TAGS\x01", tag, "\x02");
      auto record = store::encode_record({.topic = topic, .body = body, .properties = properties});
      EXPECT_TRUE(record.ok()) << record.status().ToString();
      r.messages.push_back({.record = *std::move(record)});
    });
  }

  struct Receive {
    std::string group = "g";
    std::string topic = "t";
    int32_t batch = 16;
    int64_t invisible_ms = 10'000;
    int64_t wait_us = 0;
    std::string tags = "*";
    std::string renew_client = "";
  };
  CoreWorld::Kept<ReceiveRequest>& receive(const Receive& how) {
    return world().ask<ReceiveRequest>([&](auto& r) {
      r.group = how.group;
      r.topic = how.topic;
      r.batch_size = how.batch;
      r.invisible_ms = how.invisible_ms;
      r.wait_until_us = world().clock.mono_us() + how.wait_us;
      r.filter = *parse_tag_filter(how.tags);
      r.auto_renew = !how.renew_client.empty();
      r.client_id = how.renew_client;
      r.cancel_id = world().new_cancel_id();
    });
  }
  CoreWorld::Kept<ReceiveRequest>& receive_now(const Receive& how) {
    auto& request = receive(how);
    world().settle();
    EXPECT_TRUE(request.done);
    return request;
  }

  CoreWorld::Kept<AckRequest>& ack(const ReceiveRequest& received, size_t index = 0) {
    return world().ask<AckRequest>([&](auto& r) {
      r.group = received.group;
      r.topic = received.topic;
      r.entries = {{.handle = received.deliveries.at(index).handle}};
    });
  }

  static std::string body_of(const ReceiveRequest::Delivery& delivery) {
    if (!delivery.record) return "(not in memory)";
    const auto record = store::decode_record(delivery.record->bytes(), store::Verify::kChecksums);
    return record.ok() ? std::string(record->body) : record.status().ToString();
  }

  TempDirectory directory_;
  std::unique_ptr<store::Disk> disk_ = store::make_posix_disk();
  std::unique_ptr<CoreWorld> world_;
};

}  // namespace petrel::core
