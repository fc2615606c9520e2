// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/frontend/delivery_loader.h"

#include <gtest/gtest.h>

#include <map>
#include <optional>

#include "broker/core/tag_filter.h"
#include "broker/frontend/testing/fake_core.h"
#include "common/clock.h"
#include "common/concat.h"

namespace petrel::frontend {
namespace {

class Answered final : public core::ReceiveRequest {
 public:
  void complete() override {}
};

class DeliveryLoaderTest : public testing::Test {
 protected:
  DeliveryLoaderTest() { ask(""); }
  void ask(const std::string& client_id) {
    answered_.principal.name = "alice";
    answered_.group = "g";
    answered_.topic = "orders";
    answered_.client_id = client_id;
    answered_.delivered_ms = 77;
    answered_.deliveries.clear();
  }
  void deliver(const std::string& body, const std::string& tag = "", bool in_memory = true) {
    const int64_t offset = 1000 + static_cast<int64_t>(records_.size());
    const std::string properties = tag.empty() ? "" : concat("TAGS\x01", tag, "\x02");
    const std::string& record = records_[offset] =
        *store::encode_record({.topic = "orders", .body = body, .properties = properties});
    core::ReceiveRequest::Delivery& delivery = answered_.deliveries.emplace_back();
    delivery.handle = {.log_offset = store::LogOffset(offset), .delivery_id = 5};
    delivery.attempt = 3;
    delivery.record_size = static_cast<int32_t>(record.size());
    if (in_memory) {
      delivery.record = store::LogSlice(nullptr, record);
    }
  }
  void load() {
    loader_.load(answered_, [this](std::unique_ptr<DeliveryBatch> batch) {
      EXPECT_EQ(batch_, nullptr) << "loaded twice";
      batch_ = std::move(batch);
    });
  }
  std::vector<std::string> bodies() const {
    std::vector<std::string> bodies;
    for (const DeliveryBatch::Message& message : batch_->messages()) {
      bodies.emplace_back(message.record.body);
    }
    return bodies;
  }
  template <typename RequestT>
  const RequestT& posted() {
    const auto& request = core_.front<RequestT>();
    EXPECT_EQ(request.group, "g");
    EXPECT_EQ(request.topic, "orders");
    EXPECT_EQ(request.principal.name, "alice");
    return request;
  }
  absl::StatusOr<store::LogSlice> read(store::LogOffset offset) {
    if (!failure_.ok()) {
      return failure_;
    }
    return store::LogSlice(nullptr, records_.at(offset.value()));
  }

  FakeCore core_;
  FakeReaders readers_;
  absl::Status failure_;
  std::map<int64_t, std::string> records_;  // by log offset
  static constexpr int64_t kMemory = 10'000;
  static constexpr int64_t kWaitMs = 1'000;
  ManualClock clock_;
  ClientRegistry clients_{clock_};
  AnswerMemory memory_{clock_, {.bytes_max = kMemory, .client_percent = 25, .wait_ms = kWaitMs}};
  DeliveryLoader loader_{core_, clients_,
                         [this](store::LogOffset offset, int32_t) { return read(offset); },
                         readers_, memory_};
  Answered answered_;
  std::unique_ptr<DeliveryBatch> batch_;
};

using Bodies = std::vector<std::string>;

TEST_F(DeliveryLoaderTest, WhatIsInMemoryIsThereAtOnce) {
  deliver("a");
  deliver("b");
  load();
  ASSERT_NE(batch_, nullptr);
  EXPECT_TRUE(readers_.tasks.empty());
  EXPECT_EQ(bodies(), (Bodies{"a", "b"}));
  EXPECT_EQ(batch_->messages()[1].handle.log_offset, store::LogOffset(1001));
  EXPECT_EQ(batch_->messages()[1].attempt, 3);
  EXPECT_EQ(batch_->group(), "g");
  EXPECT_EQ(batch_->topic(), "orders");
  EXPECT_EQ(batch_->delivered_ms(), 77);
  batch_->settle(2);
  EXPECT_TRUE(core_.posted.empty());
}

TEST_F(DeliveryLoaderTest, OneThatIsNotInMemoryTakesAllToAReader) {
  deliver("hot");
  deliver("cold", "", false);
  load();
  EXPECT_EQ(batch_, nullptr);
  readers_.run();
  ASSERT_NE(batch_, nullptr);
  EXPECT_EQ(bodies(), (Bodies{"hot", "cold"}));
}

TEST_F(DeliveryLoaderTest, WhatTheExactFilterRefusesIsAcknowledged) {
  ASSERT_EQ(store::tags_code("Aa"), store::tags_code("BB"));  // as Java has it
  answered_.filter = *core::parse_tag_filter("Aa");
  deliver("wanted", "Aa");
  deliver("collision", "BB");
  load();
  EXPECT_EQ(bodies(), Bodies{"wanted"});
  const auto& ack = posted<core::AckRequest>();
  ASSERT_EQ(ack.entries.size(), 1U);
  EXPECT_EQ(ack.entries[0].handle.log_offset, store::LogOffset(1001));
}

TEST_F(DeliveryLoaderTest, AnEntryThatLeadsToAnotherMessageIsToldToTheCore) {
  deliver("another");
  deliver("kept");
  answered_.deliveries[0].handle.queue_offset = store::QueueOffset(7);
  load();
  EXPECT_EQ(bodies(), Bodies{"kept"});
  const auto& mismatch = posted<core::EntryMismatchRequest>();
  ASSERT_EQ(mismatch.handles.size(), 1U);
  EXPECT_EQ(mismatch.handles[0].queue_offset, store::QueueOffset(7));
}

TEST_F(DeliveryLoaderTest, ARecordThatIsDamagedOrGoneIsToldToTheCore) {
  for (const absl::Status& gone : {absl::DataLossError("damaged"), absl::OutOfRangeError("old")}) {
    answered_.group = "g";
    answered_.topic = "orders";
    answered_.deliveries.clear();
    deliver("cold", "", false);
    failure_ = gone;
    load();
    readers_.run();
    EXPECT_EQ(bodies(), Bodies());
    EXPECT_EQ(posted<core::EntryMismatchRequest>().handles.size(), 1U);
    core_.posted.clear();
    batch_.reset();
  }
}

TEST_F(DeliveryLoaderTest, AReadThatFailsLeavesTheMessageToItsInvisibleTime) {
  deliver("cold", "", false);
  failure_ = absl::InternalError("the disk does not answer");
  load();
  readers_.run();
  EXPECT_EQ(bodies(), Bodies());
  batch_.reset();
  EXPECT_TRUE(core_.posted.empty());
}

TEST_F(DeliveryLoaderTest, WhatNobodyCanReadJustNowIsVisibleAgainSoon) {
  deliver("cold", "", false);
  failure_ = absl::UnavailableError("no engine serves");
  load();
  readers_.run();
  EXPECT_EQ(bodies(), Bodies());
  const auto& back = posted<core::GiveBackRequest>();
  EXPECT_EQ(back.comes_again_ms, DeliveryBatch::kComesAgainMs);
  EXPECT_EQ(back.handles.size(), 1U);
}

TEST_F(DeliveryLoaderTest, WhatTheClientDidNotTakeIsVisibleAgainSoon) {
  deliver("taken");
  deliver("lost");
  deliver("lost, too");
  load();
  batch_->settle(1);
  batch_.reset();
  ASSERT_EQ(core_.posted.size(), 1U) << "one request, as only so many are kept for the next engine";
  const auto& back = posted<core::GiveBackRequest>();
  ASSERT_EQ(back.handles.size(), 2U);
  EXPECT_EQ(back.handles[0].log_offset, store::LogOffset(1001));
  EXPECT_EQ(back.handles[1].log_offset, store::LogOffset(1002));
  EXPECT_EQ(back.comes_again_ms, DeliveryBatch::kComesAgainMs);
}

TEST_F(DeliveryLoaderTest, OfRenewedDeliveriesIsNotedWhatHasLeft) {
  answered_.auto_renew = true;
  for (const char* body : {"a", "b", "c", "d"}) {
    deliver(body);
  }
  for (size_t i = 0; i < 4; ++i) {
    answered_.deliveries[i].handle.delivery_id = static_cast<int64_t>(5 + i);
  }
  load();
  batch_->settle(3);
  const auto sent = clients_.take_sent();
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].group, "g");
  EXPECT_EQ(sent[0].topic, "orders");
  ASSERT_EQ(sent[0].runs.size(), 3U);
  EXPECT_EQ(sent[0].runs[2].delivery_id, 7);
  EXPECT_EQ(sent[0].runs[2].first, store::QueueOffset(0));
  EXPECT_EQ(sent[0].runs[2].end, store::QueueOffset(1));
  EXPECT_TRUE(clients_.take_sent().empty()) << "it is told once";
  EXPECT_EQ(posted<core::GiveBackRequest>().handles.size(), 1U);
}

TEST_F(DeliveryLoaderTest, NothingIsNotedOfWhatNobodyTookOrNobodyRenews) {
  deliver("a");
  load();
  batch_->settle(1);
  EXPECT_TRUE(clients_.take_sent().empty());
  batch_.reset();
  answered_.deliveries.clear();
  answered_.group = "g";
  answered_.topic = "orders";
  answered_.auto_renew = true;
  deliver("b");
  load();
  batch_->settle(0);
  EXPECT_TRUE(clients_.take_sent().empty());
}

TEST_F(DeliveryLoaderTest, ABatchThatIsDestroyedUnsettledWasNotTaken) {
  deliver("a");
  deliver("b");
  load();
  batch_.reset();
  EXPECT_EQ(posted<core::GiveBackRequest>().handles.size(), 2U);
}

TEST_F(DeliveryLoaderTest, ABatchThatNobodyReadsAnyMoreIsGivenBack) {
  deliver("cold", "", false);
  load();
  readers_.tasks.clear();
  EXPECT_EQ(batch_, nullptr);
  EXPECT_EQ(posted<core::GiveBackRequest>().handles.at(0).log_offset, store::LogOffset(1000));
}

TEST_F(DeliveryLoaderTest, ABatchTakesMemoryForWhatIsReadAndForOneMessageOnItsWay) {
  deliver(std::string(1'000, 'x'));
  deliver(std::string(2'000, 'x'), "", false);
  const int64_t cold = answered_.deliveries[1].record_size;
  load();
  readers_.run();
  EXPECT_EQ(memory_.held_bytes(), 3 * cold);
  batch_->settle(2);
  EXPECT_EQ(memory_.held_bytes(), 3 * cold) << "it may be on its way still";
  batch_.reset();
  EXPECT_EQ(memory_.held_bytes(), 0);
}

TEST_F(DeliveryLoaderTest, WithoutMemoryAnAnswerWaitsHoldsNothingAndReadsLater) {
  AnswerMemory::Share others = memory_.try_take("others", kMemory);
  const auto lent = std::make_shared<std::string>();
  deliver("hot");
  answered_.deliveries[0].record = store::LogSlice(lent, records_.at(1000));
  load();
  EXPECT_EQ(batch_, nullptr);
  EXPECT_EQ(lent.use_count(), 1) << "what waits lends nothing of the log";
  EXPECT_EQ(memory_.waiting(), 1U);
  others = {};
  readers_.run();
  ASSERT_NE(batch_, nullptr);
  EXPECT_EQ(bodies(), Bodies{"hot"});
  EXPECT_GT(memory_.held_bytes(), 0);
}

TEST_F(DeliveryLoaderTest, AnAnswerThatGetsNoMemoryInTimeIsGivenBack) {
  AnswerMemory::Share others = memory_.try_take("others", kMemory);
  deliver("late");
  load();
  clock_.advance_ms(kWaitMs);
  memory_.expire();
  readers_.run();
  ASSERT_NE(batch_, nullptr) << "the client is answered";
  EXPECT_EQ(bodies(), Bodies());
  EXPECT_EQ(posted<core::GiveBackRequest>().handles.size(), 1U);
  batch_->settle(0);
  EXPECT_EQ(core_.posted.size(), 1U) << "once";
}

TEST_F(DeliveryLoaderTest, WhoHasAllOfItsPartWaitsAndAnotherClientGoesOn) {
  ask("reads nothing");
  AnswerMemory::Share unread = memory_.try_take("reads nothing", kMemory / 4);
  deliver("waits");
  load();
  EXPECT_EQ(batch_, nullptr);
  ask("reads");
  deliver("goes on");
  load();
  ASSERT_NE(batch_, nullptr);
  EXPECT_EQ(bodies(), Bodies{"goes on"});
  batch_.reset();
  EXPECT_EQ(memory_.waiting(), 1U);
  unread = {};
  readers_.run();
  ASSERT_NE(batch_, nullptr);
  EXPECT_EQ(bodies(), Bodies{"waits"});
}

TEST_F(DeliveryLoaderTest, MoreThanThereIsCannotBeTaken) {
  deliver("a");
  load();
  EXPECT_DEATH(batch_->settle(2), "taken");
}

}  // namespace
}  // namespace petrel::frontend
