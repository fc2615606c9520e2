// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/core/broker_core.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>

#include "broker/core/core_world.h"
#include "common/concat.h"
#include "common/temp_directory.h"
#include "store/record.h"

namespace petrel::core {
namespace {

using store::QueueOffset;

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
      auto record = store::encode_record({.topic = topic, .body = body});
      ASSERT_TRUE(record.ok());
      r.messages.push_back(
          {.record = *std::move(record), .tags_code = tag.empty() ? 0 : store::tags_code(tag)});
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
      r.filter = *TagFilter::parse(how.tags);
      r.auto_renew = !how.renew_client.empty();
      r.client_id = how.renew_client;
      r.cancel_id = ++last_cancel_id_;
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
  uint64_t last_cancel_id_ = 0;
};

// --- sending and durability

TEST_F(BrokerCoreTest, ASendIsAnsweredWhenItIsWritten) {
  create_topic("t");
  auto& sent = send("t", "hello");
  world().turn();
  EXPECT_FALSE(sent.done);
  world().flush(/*sync=*/false);
  world().turn();
  ASSERT_TRUE(sent.done);
  EXPECT_TRUE(sent.outcome.ok());
  EXPECT_EQ(sent.messages[0].queue_offset, QueueOffset(0));
}

TEST_F(BrokerCoreTest, WithSyncFlushASendIsAnsweredWhenItIsSynced) {
  build({.core = {.flush_mode = store::FlushMode::kSync}});
  create_topic("t");
  auto& sent = send("t", "hello");
  world().turn();
  world().flush(/*sync=*/false);
  world().turn();
  EXPECT_FALSE(sent.done);
  world().flush(/*sync=*/true);
  world().turn();
  EXPECT_TRUE(sent.done);
}

TEST_F(BrokerCoreTest, AMessageIsNotDeliveredBeforeItIsCommitted) {
  create_topic("t");
  send("t", "hello");
  auto& early = receive({});
  world().turn();
  ASSERT_TRUE(early.done);
  EXPECT_EQ(early.code(), OutcomeCode::kNoMessage);
  world().settle();
  auto& later = receive_now({});
  ASSERT_EQ(later.deliveries.size(), 1u);
  EXPECT_EQ(body_of(later.deliveries[0]), "hello");
}

TEST_F(BrokerCoreTest, WithSyncFlushAMessageIsNotDeliveredBeforeItIsSynced) {
  build({.core = {.flush_mode = store::FlushMode::kSync}});
  create_topic("t");
  send("t", "hello");
  world().turn();
  world().flush(/*sync=*/false);
  world().turn();
  auto& early = receive({});
  world().turn();
  ASSERT_TRUE(early.done);
  EXPECT_EQ(early.code(), OutcomeCode::kNoMessage);
  world().flush(/*sync=*/true);
  world().turn();
  EXPECT_EQ(receive_now({}).deliveries.size(), 1u);
}

TEST_F(BrokerCoreTest, SendsGoRoundTheQueuesAndOffsetsAreDense) {
  create_topic("t", 4);
  std::map<int32_t, int64_t> next;
  for (int i = 0; i < 20; ++i) {
    auto& sent = send("t", "x");
    world().settle();
    EXPECT_EQ(sent.messages[0].queue_offset.value(), next[sent.messages[0].queue_id]++);
  }
  EXPECT_EQ(next.size(), 4u);
  for (const auto& [queue, count] : next) EXPECT_EQ(count, 5) << queue;
}

TEST_F(BrokerCoreTest, SendingToAnUnknownTopicIsRefusedUnlessTopicsAreMadeOnUse) {
  auto& refused = send("nowhere", "x");
  world().settle();
  EXPECT_EQ(refused.code(), OutcomeCode::kTopicNotFound);
  world_.reset();
  build({.core = {.auto_create_topics = true, .default_queues = 3}});
  auto& taken = send("nowhere", "x");
  world().settle();
  EXPECT_TRUE(taken.outcome.ok()) << taken.outcome.text;
  EXPECT_EQ(world().directory().find_topic("nowhere")->write_queues, 3);
}

TEST_F(BrokerCoreTest, PermissionsAndTypesAreRespected) {
  world().ask<ApplyTopicsRequest>([](auto& r) {
    r.topics = {{.name = "read", .permission = permission::kRead},
                {.name = "write", .permission = permission::kWrite}};
  });
  world().settle();
  auto& to_read = send("read", "x");
  auto& from_write = receive({.topic = "write"});
  auto& fifo = world().ask<SendRequest>([](auto& r) {
    r.topic = "write";
    r.messages.push_back({.record = *store::encode_record({.topic = "write", .body = "x"}),
                          .type = MessageType::kFifo});
  });
  world().settle();
  EXPECT_EQ(to_read.code(), OutcomeCode::kNoWritableQueue);
  EXPECT_EQ(from_write.code(), OutcomeCode::kNoReadableQueue);
  EXPECT_EQ(fifo.code(), OutcomeCode::kMessageTypeConflict);
}

TEST_F(BrokerCoreTest, AFullDiskRefusesSendsButNotAcknowledgements) {
  create_topic("t");
  send("t", "x");
  world().settle();
  auto& received = receive_now({});
  world().post_internal(std::make_unique<DiskMeasured>(std::nullopt, true));
  auto& refused = send("t", "y");
  auto& acked = ack(received);
  world().settle();
  EXPECT_EQ(refused.code(), OutcomeCode::kDiskFull);
  EXPECT_TRUE(acked.entries[0].outcome.ok());
}

// --- receiving

TEST_F(BrokerCoreTest, AWaitingReceiveGetsAMessageWhenItArrives) {
  create_topic("t");
  auto& waiting = receive({.wait_us = 20'000'000});
  world().settle();
  EXPECT_FALSE(waiting.done);
  send("t", "hello");
  world().settle();
  ASSERT_TRUE(waiting.done);
  EXPECT_EQ(body_of(waiting.deliveries.at(0)), "hello");
}

TEST_F(BrokerCoreTest, AWaitingReceiveEndsEmptyAtItsDeadline) {
  create_topic("t");
  auto& waiting = receive({.wait_us = 5'000'000});
  world().settle();
  world().clock.advance_ms(4'999);
  world().settle();
  EXPECT_FALSE(waiting.done);
  world().clock.advance_ms(1);
  world().settle();
  ASSERT_TRUE(waiting.done);
  EXPECT_EQ(waiting.code(), OutcomeCode::kNoMessage);
}

TEST_F(BrokerCoreTest, ACancelledReceiveTakesNothing) {
  create_topic("t");
  auto& waiting = receive({.wait_us = 20'000'000});
  world().settle();
  world().post_request(std::make_unique<CancelReceive>(waiting.cancel_id));
  send("t", "hello");
  world().settle();
  EXPECT_EQ(waiting.code(), OutcomeCode::kCancelled);
  EXPECT_EQ(receive_now({}).deliveries.size(), 1u);
}

TEST_F(BrokerCoreTest, OneMessageGoesToOneOfTheWaitingReceivesOfAGroupAndToEveryGroup) {
  create_topic("t");
  auto& first = receive({.wait_us = 20'000'000});
  auto& second = receive({.wait_us = 20'000'000});
  auto& other = receive({.group = "h", .wait_us = 20'000'000});
  world().settle();
  send("t", "hello");
  world().settle();
  EXPECT_TRUE(first.done);
  EXPECT_FALSE(second.done);
  EXPECT_TRUE(other.done);
}

TEST_F(BrokerCoreTest, AFilterSkipsOtherTagsForGood) {
  create_topic("t");
  for (const char* tag : {"red", "green", "red", "blue"}) send("t", tag, tag);
  world().settle();
  auto& red = receive_now({.tags = "red || blue"});
  ASSERT_EQ(red.deliveries.size(), 3u);
  EXPECT_EQ(body_of(red.deliveries[2]), "blue");
  EXPECT_EQ(receive_now({.tags = "green"}).code(), OutcomeCode::kNoMessage);
  EXPECT_EQ(receive_now({.group = "h", .tags = "green"}).deliveries.size(), 1u);
}

TEST_F(BrokerCoreTest, ABatchIsCollectedFromSeveralQueues) {
  create_topic("t", 4);
  for (int i = 0; i < 12; ++i) send("t", concat(i));
  world().settle();
  auto& received = receive_now({.batch = 10});
  EXPECT_EQ(received.deliveries.size(), 10u);
  EXPECT_EQ(receive_now({.batch = 10}).deliveries.size(), 2u);
}

TEST_F(BrokerCoreTest, AGroupThatHoldsTooManyOpenMessagesGetsNoNewOnes) {
  build({.core = {.in_flight_per_queue_max = 3}});
  create_topic("t");
  for (int i = 0; i < 5; ++i) send("t", concat(i));
  world().settle();
  auto& first = receive_now({.batch = 3});
  ASSERT_EQ(first.deliveries.size(), 3u);
  auto& waiting = receive({.wait_us = 20'000'000});
  world().settle();
  EXPECT_FALSE(waiting.done);
  ack(first);
  world().settle();
  ASSERT_TRUE(waiting.done) << "an acknowledgement makes room";
  EXPECT_EQ(body_of(waiting.deliveries.at(0)), "3");
}

// --- acknowledging and redelivery

TEST_F(BrokerCoreTest, AnAcknowledgedMessageDoesNotComeAgain) {
  create_topic("t");
  send("t", "hello");
  world().settle();
  auto& acked = ack(receive_now({}));
  world().settle();
  EXPECT_TRUE(acked.entries[0].outcome.ok());
  world().clock.advance_ms(3'600'000);
  EXPECT_EQ(receive_now({}).code(), OutcomeCode::kNoMessage);
}

TEST_F(BrokerCoreTest, AnUnacknowledgedMessageComesAgainAsTheSecondAttempt) {
  create_topic("t");
  send("t", "hello");
  world().settle();
  auto& first = receive_now({.invisible_ms = 10'000});
  EXPECT_EQ(first.deliveries.at(0).attempt, 1);
  auto& waiting = receive({.wait_us = 20'000'000});
  world().settle();
  world().clock.advance_ms(9'999);
  world().settle();
  EXPECT_FALSE(waiting.done);
  world().clock.advance_ms(1);
  world().settle();
  ASSERT_TRUE(waiting.done);
  EXPECT_EQ(waiting.deliveries.at(0).attempt, 2);
  auto& late = ack(first);
  auto& good = ack(waiting);
  world().settle();
  EXPECT_EQ(late.entries[0].outcome.code, OutcomeCode::kInvalidReceiptHandle);
  EXPECT_TRUE(good.entries[0].outcome.ok());
}

TEST_F(BrokerCoreTest, AnExpiredHandleIsInvalidEvenBeforeTheRedelivery) {
  create_topic("t");
  send("t", "hello");
  world().settle();
  auto& first = receive_now({.invisible_ms = 10'000});
  world().clock.advance_ms(10'000);
  auto& late = ack(first);
  world().settle();
  EXPECT_EQ(late.entries[0].outcome.code, OutcomeCode::kInvalidReceiptHandle);
}

TEST_F(BrokerCoreTest, ChangingTheInvisibleTimeGivesANewHandleAndKillsTheOld) {
  create_topic("t");
  send("t", "hello");
  world().settle();
  auto& received = receive_now({.invisible_ms = 10'000});
  const auto change = [&](const ReceiptHandle& handle, int64_t invisible_ms) -> auto& {
    return world().ask<ChangeInvisibleRequest>([&](auto& r) {
      r.group = "g";
      r.topic = "t";
      r.handle = handle;
      r.invisible_ms = invisible_ms;
    });
  };
  auto& changed = change(received.deliveries[0].handle, 60'000);
  world().settle();
  ASSERT_TRUE(changed.outcome.ok());
  auto& again = change(received.deliveries[0].handle, 60'000);
  world().settle();
  EXPECT_EQ(again.code(), OutcomeCode::kInvalidReceiptHandle);
  world().clock.advance_ms(59'999);
  EXPECT_EQ(receive_now({}).code(), OutcomeCode::kNoMessage);
  auto& at_once = change(changed.handle, 0);
  world().settle();
  ASSERT_TRUE(at_once.outcome.ok());
  EXPECT_EQ(receive_now({}).deliveries.at(0).attempt, 2);
}

TEST_F(BrokerCoreTest, TheBrokerRenewsWhileTheClientIsConnected) {
  build({.core = {.renew_interval_ms = 60'000, .renew_total_ms = 600'000}});
  create_topic("t");
  send("t", "hello");
  world().settle();
  world().clients.insert("c1");
  auto& received = receive_now({.renew_client = "c1"});
  for (int minute = 0; minute < 5; ++minute) {
    world().clock.advance_ms(60'000);
    EXPECT_EQ(receive_now({}).code(), OutcomeCode::kNoMessage) << minute;
  }
  auto& acked = ack(received);
  world().settle();
  EXPECT_TRUE(acked.entries[0].outcome.ok()) << "the first handle lives as long as it is renewed";
}

TEST_F(BrokerCoreTest, ALostClientsMessagesComeAgain) {
  create_topic("t");
  send("t", "hello");
  world().settle();
  world().clients.insert("c1");
  receive_now({.renew_client = "c1"});
  world().clock.advance_ms(90'000);
  EXPECT_EQ(receive_now({}).code(), OutcomeCode::kNoMessage);
  world().clients.clear();
  world().clock.advance_ms(60'000);
  EXPECT_EQ(receive_now({}).deliveries.at(0).attempt, 2);
}

TEST_F(BrokerCoreTest, RenewalEndsAtItsLimit) {
  build({.core = {.renew_interval_ms = 60'000, .renew_total_ms = 120'000}});
  create_topic("t");
  send("t", "hello");
  world().settle();
  world().clients.insert("c1");
  receive_now({.renew_client = "c1"});
  world().clock.advance_ms(60'000);
  world().settle();
  world().clock.advance_ms(60'000);
  EXPECT_EQ(receive_now({}).deliveries.at(0).attempt, 2);
}

// --- topics and groups

TEST_F(BrokerCoreTest, ApplyingWhatIsThereWritesNothing) {
  create_topic("t", 4);
  const auto end = world().store().log().end();
  const int64_t version = world().directory().config_version();
  auto& again = world().ask<ApplyTopicsRequest>(
      [](auto& r) { r.topics = {{.name = "t", .read_queues = 4, .write_queues = 4}}; });
  world().settle();
  EXPECT_TRUE(again.done);
  EXPECT_TRUE(again.changed.empty());
  EXPECT_EQ(world().store().log().end(), end);
  EXPECT_EQ(world().directory().config_version(), version);
}

TEST_F(BrokerCoreTest, OneBadTopicOfManyChangesNothing) {
  auto& apply = world().ask<ApplyTopicsRequest>([](auto& r) {
    r.topics = {{.name = "good"}, {.name = "bad", .read_queues = 100'000}};
  });
  world().settle();
  EXPECT_EQ(apply.code(), OutcomeCode::kInvalidArgument);
  EXPECT_EQ(world().directory().find_topic("good"), nullptr);
}

TEST_F(BrokerCoreTest, DeletingATopicEndsItsReceivesAndANewOneStartsEmpty) {
  create_topic("t");
  send("t", "old");
  world().settle();
  auto& waiting = receive({.wait_us = 20'000'000, .tags = "none"});
  world().settle();
  auto& deleted = world().ask<DeleteTopicsRequest>([](auto& r) { r.names = {"t", "never"}; });
  world().settle();
  EXPECT_EQ(deleted.deleted, std::vector<std::string>{"t"});
  EXPECT_EQ(waiting.code(), OutcomeCode::kTopicNotFound);
  EXPECT_EQ(receive_now({}).code(), OutcomeCode::kTopicNotFound);
  create_topic("t");
  auto& sent = send("t", "new");
  world().settle();
  EXPECT_EQ(sent.messages[0].queue_offset, QueueOffset(0));
  EXPECT_EQ(body_of(receive_now({}).deliveries.at(0)), "new");
}

TEST_F(BrokerCoreTest, ATopicDeletedWhileItsMessagesAreUncommittedLeavesNoTrace) {
  create_topic("t");
  send("t", "old");
  world().ask<DeleteTopicsRequest>([](auto& r) { r.names = {"t"}; });
  world().ask<ApplyTopicsRequest>([](auto& r) { r.topics = {{.name = "t", .read_queues = 1}}; });
  world().settle();
  EXPECT_EQ(receive_now({}).code(), OutcomeCode::kNoMessage);
  world().restart_after_crash();
  EXPECT_EQ(receive_now({}).code(), OutcomeCode::kNoMessage);
}

TEST_F(BrokerCoreTest, MessagesOfANewTopicStandBehindTheDeletionOfTheOldOneInTheLog) {
  build({.core = {.auto_create_topics = true, .default_queues = 1}});
  send("t", "old");
  world().settle();
  // Both in one turn of the core.
  world().ask<DeleteTopicsRequest>([](auto& r) { r.names = {"t"}; });
  send("t", "new");
  world().settle();
  world().restart_after_crash();
  const ReceiveRequest::Delivery& delivery = receive_now({}).deliveries.at(0);
  EXPECT_EQ(delivery.handle.queue_offset, QueueOffset(0));
  const auto slice = world().store().log().read(delivery.handle.log_offset, delivery.record_size);
  ASSERT_TRUE(slice.ok()) << slice.status().ToString();
  EXPECT_EQ(store::decode_record(slice->bytes(), store::Verify::kChecksums)->body, "new");
}

ListTopicsRequest::Topic only_topic(const ListTopicsRequest& listed) {
  EXPECT_EQ(listed.topics.size(), 1U);
  return listed.topics.at(0);
}

TEST_F(BrokerCoreTest, ATopicsSizeAndTimesSurviveRestarts) {
  create_topic("t", 2);
  const int64_t first_ms = world().clock.wall_ms();
  auto& first = send("t", "one");
  world().settle();
  world().clock.advance_ms(5'000);
  auto& second = send("t", "twenty-two");
  world().settle();
  const auto bytes =
      static_cast<int64_t>(first.messages[0].record.size() + second.messages[0].record.size());
  const auto check = [&] {
    auto& listed = world().ask<ListTopicsRequest>([](auto& r) { r.range.names = {"t"}; });
    world().settle();
    const ListTopicsRequest::Topic topic = only_topic(listed);
    EXPECT_EQ(topic.totals.messages, 2);
    EXPECT_EQ(topic.totals.size_bytes, bytes);
    EXPECT_EQ(topic.totals.oldest_ms, first_ms);
    EXPECT_EQ(topic.totals.newest_ms, first_ms + 5'000);
    EXPECT_EQ(topic.queues.at(0).size_bytes + topic.queues.at(1).size_bytes, bytes);
    EXPECT_EQ(topic.queues.at(1).oldest_ms, topic.queues.at(1).newest_ms);
  };
  check();
  world().restart_after_crash();  // from the log alone
  check();
  world().stop();
  world().start();  // from a snapshot
  check();
}

TEST_F(BrokerCoreTest, ADeletedTopicLeavesNoSizeBehind) {
  create_topic("t");
  send("t", "old");
  world().settle();
  world().ask<DeleteTopicsRequest>([](auto& r) { r.names = {"t"}; });
  create_topic("t");
  world().restart_after_crash();
  auto& listed = world().ask<ListTopicsRequest>([](auto& r) { r.detail = Detail::kTotals; });
  world().settle();
  const ListTopicsRequest::Topic topic = only_topic(listed);
  EXPECT_EQ(topic.totals.size_bytes, 0);
  EXPECT_EQ(topic.totals.oldest_ms, 0);
  EXPECT_TRUE(topic.queues.empty());
}

TEST_F(BrokerCoreTest, TopicsWithMessagesCanBeLeftAlone) {
  create_topic("empty");
  create_topic("used");
  send("used", "x");  // appended in the turn of the deletion, and not committed yet
  auto& deleted = world().ask<DeleteTopicsRequest>([](auto& r) {
    r.names = {"empty", "used", "never"};
    r.only_empty = true;
  });
  world().settle();
  EXPECT_EQ(deleted.deleted, std::vector<std::string>{"empty"});
  EXPECT_EQ(deleted.kept, std::vector<std::string>{"used"});
  EXPECT_NE(world().directory().find_topic("used"), nullptr);
}

TEST_F(BrokerCoreTest, ListsComeInPagesInOrderOfNames) {
  for (const char* name : {"d", "a", "c", "b"}) create_topic(name);
  std::vector<std::string> names;
  std::string after;
  for (bool more = true; more;) {
    auto& listed = world().ask<ListTopicsRequest>([&](auto& r) {
      r.range = {.after = after, .limit = 3};
      r.include_system = true;
      r.detail = Detail::kSettings;
    });
    world().settle();
    for (const auto& topic : listed.topics) names.push_back(topic.config.name);
    more = listed.more;
    after = names.back();
  }
  EXPECT_EQ(names, (std::vector<std::string>{"a", "b", "c", "d", std::string(kStateTopic)}));
}

TEST_F(BrokerCoreTest, ChangesAreNamedSinceAVersion) {
  create_topic("old");
  world().restart_after_crash();
  const int64_t start = world().directory().config_version();
  EXPECT_TRUE(world().directory().changes_since(start - 1).all);
  create_topic("new");
  world().ask<DeleteTopicsRequest>([](auto& r) { r.names = {"old"}; });
  world().ask<ApplyGroupsRequest>([](auto& r) { r.groups = {{.name = "g"}}; });
  world().settle();
  const ConfigChanges changes = world().directory().changes_since(start);
  EXPECT_EQ(changes.version, world().directory().config_version());
  EXPECT_EQ(changes.topics, (std::vector<std::string>{"new", "old"}));
  EXPECT_EQ(changes.groups, std::vector<std::string>{"g"});
}

TEST_F(BrokerCoreTest, MoreChangesThanARecordOfTheLogHoldsAreRefused) {
  auto& apply = world().ask<ApplyTopicsRequest>([](auto& r) {
    for (size_t i = 0; i <= kChangesPerRequestMax; ++i)
      r.topics.push_back({.name = concat("t", i)});
  });
  world().settle();
  EXPECT_EQ(apply.code(), OutcomeCode::kInvalidArgument);
  EXPECT_EQ(world().directory().topic_count(), 0U);
}

TEST_F(BrokerCoreTest, ThousandsOfTopicsAreMadeAtOnceOrNoneWhenTheLogCannotHoldThemInARecord) {
  const auto apply = [this](size_t count, size_t name_bytes) {
    auto& request = world().ask<ApplyTopicsRequest>([&](auto& r) {
      for (size_t i = 0; i < count; ++i) {
        r.topics.push_back({.name = concat(std::string(name_bytes - 5, 'n'), 10'000 + i)});
      }
    });
    world().settle();
    return request.code();
  };
  EXPECT_EQ(apply(5'000, 127), OutcomeCode::kInvalidArgument);
  EXPECT_EQ(world().directory().topic_count(), 0U);
  EXPECT_EQ(apply(5'000, 30), OutcomeCode::kOk);
  EXPECT_EQ(apply(2'000, 127), OutcomeCode::kOk);
  world().restart_after_crash();
  EXPECT_EQ(world().directory().topic_count(), 7'000U);
}

TEST_F(BrokerCoreTest, AGroupCanBeSwitchedOff) {
  create_topic("t");
  world().ask<ApplyGroupsRequest>(
      [](auto& r) { r.groups = {{.name = "g", .consume_enabled = false}}; });
  world().settle();
  EXPECT_EQ(receive_now({}).code(), OutcomeCode::kNoReadableQueue);
}

TEST_F(BrokerCoreTest, ListingsTellLagAndOpenDeliveries) {
  create_topic("t");
  for (int i = 0; i < 5; ++i) send("t", "x");
  world().settle();
  receive_now({.batch = 2});
  auto& groups = world().ask<ListGroupsRequest>([](auto&) {});
  auto& topics = world().ask<ListTopicsRequest>([](auto& r) { r.include_system = true; });
  world().settle();
  ASSERT_EQ(groups.groups.size(), 1u);
  ASSERT_EQ(groups.groups[0].subscriptions.size(), 1u);
  EXPECT_EQ(groups.groups[0].subscriptions[0].lag, 3);
  EXPECT_EQ(groups.groups[0].subscriptions[0].in_flight, 2);
  ASSERT_EQ(topics.topics.size(), 2u);
  EXPECT_EQ(topics.topics[0].queues.at(0).max, QueueOffset(5));
  EXPECT_TRUE(topics.topics[1].system);
}

TEST_F(BrokerCoreTest, LagCountsQueuesThatTheGroupHasNotBegun) {
  create_topic("t", 4);
  for (int i = 0; i < 8; ++i) send("t", "x");
  world().settle();
  receive_now({.batch = 1});
  auto& groups = world().ask<ListGroupsRequest>([](auto&) {});
  world().settle();
  EXPECT_EQ(groups.groups.at(0).subscriptions.at(0).lag, 7);
}

// --- restarts

TEST_F(BrokerCoreTest, AfterACrashTheStateIsWhatItWas) {
  create_topic("t", 2);
  for (int i = 0; i < 10; ++i) send("t", concat(i));
  world().settle();
  auto& received = receive_now({.batch = 6});
  ack(received, 0);
  ack(received, 3);
  world().settle();
  const std::string before = world().core().snapshot_for_close();
  world().restart_after_crash();
  EXPECT_EQ(world().core().snapshot_for_close(), before);
  auto& acked = ack(received, 1);
  world().settle();
  EXPECT_TRUE(acked.entries[0].outcome.ok()) << "a handle from before the crash is good";
  EXPECT_EQ(receive_now({}).deliveries.size(), 4u);
}

TEST_F(BrokerCoreTest, ASnapshotAndTheLogBehindItGiveTheStateToo) {
  build({.store = {.snapshot_log_bytes = 2'000}});
  create_topic("t", 2);
  for (int round = 0; round < 20; ++round) {
    for (int i = 0; i < 5; ++i) send("t", concat(round, "-", i));
    world().settle();
    auto& received = receive_now({.batch = 4});
    ack(received, static_cast<size_t>(round) % received.deliveries.size());
    world().settle();
  }
  EXPECT_GT(world().core().stats().snapshots, 0);
  const std::string before = world().core().snapshot_for_close();
  world().restart_after_crash();
  EXPECT_EQ(world().core().snapshot_for_close(), before);
  world().stop();
  world().start();
  EXPECT_EQ(world().core().snapshot_for_close(), before);
}

TEST_F(BrokerCoreTest, AfterARestartOldMessagesAreFoundThoughTheirQueueIsNotInMemory) {
  create_topic("t");
  for (int i = 0; i < 3'000; ++i) send("t", concat(i));
  world().settle();
  world().stop();
  world().start();
  std::set<int64_t> offsets;
  while (offsets.size() < 3'000) {
    auto& received = receive({.batch = 32, .wait_us = 1'000'000});
    world().settle();
    ASSERT_TRUE(received.done);
    ASSERT_FALSE(received.deliveries.empty()) << offsets.size();
    for (const auto& delivery : received.deliveries) {
      EXPECT_TRUE(offsets.insert(delivery.handle.queue_offset.value()).second);
      const auto slice =
          world().store().log().read(delivery.handle.log_offset, delivery.record_size);
      ASSERT_TRUE(slice.ok()) << slice.status().ToString();
    }
  }
}

// Every message that was answered OK is consumed, whatever crashes come between; without a crash,
// once.
TEST_F(BrokerCoreTest, AtLeastOnceHoldsOverRandomHistoriesWithCrashes) {
  for (uint32_t seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE(concat("seed ", seed));
    TempDirectory directory;
    CoreWorld::Options options{.store = {.snapshot_log_bytes = 4'000 + 1'000 * int64_t{seed % 5}}};
    world_ = std::make_unique<CoreWorld>(*disk_, directory.path(), options);
    std::mt19937 random(seed);
    create_topic("t", 3);
    std::set<std::string> answered, consumed;
    std::vector<std::pair<std::string, CoreWorld::Kept<SendRequest>*>> sent;
    const auto note_answers = [&] {
      for (const auto& [body, request] : sent) {
        if (request->done && request->outcome.ok()) answered.insert(body);
      }
      sent.clear();
    };
    const auto consume = [&] {
      auto& received = receive_now({.batch = 5});
      for (size_t i = 0; i < received.deliveries.size(); ++i) {
        const auto& delivery = received.deliveries[i];
        const auto slice =
            world().store().log().read(delivery.handle.log_offset, delivery.record_size);
        ASSERT_TRUE(slice.ok());
        if (random() % 4 == 0) continue;  // this consumer dies
        consumed.insert(
            std::string(store::decode_record(slice->bytes(), store::Verify::kChecksums)->body));
        ack(received, i);
      }
    };
    for (int step = 0; step < 200; ++step) {
      switch (random() % 8) {
        case 0:
          if (random() % 4 == 0) {
            world().settle();
            note_answers();
            world().restart_after_crash();
          }
          break;
        case 1:
        case 2:
          consume();
          break;
        case 3:
          world().clock.advance_ms(static_cast<int64_t>(random() % 8'000));
          break;
        default: {
          const std::string body = concat(seed, "-", step);
          sent.emplace_back(body, &send("t", body));
          if (random() % 2 == 0) world().turn();
        }
      }
    }
    world().settle();
    note_answers();
    for (int i = 0; i < 400 && consumed.size() < answered.size(); ++i) {
      world().clock.advance_ms(10'000);
      consume();
      world().settle();
    }
    EXPECT_EQ(consumed, answered);
    world_.reset();
  }
}

// --- the end

TEST_F(BrokerCoreTest, ShutdownEndsWaitingReceivesRefusesNewWorkAndStillTakesAcknowledgements) {
  create_topic("t");
  send("t", "hello");
  world().settle();
  auto& received = receive_now({});
  auto& waiting = receive({.wait_us = 20'000'000});
  world().settle();
  world().post_internal(std::make_unique<BeginShutdown>());
  auto& sent = send("t", "more");
  auto& acked = ack(received);
  world().settle();
  EXPECT_EQ(waiting.code(), OutcomeCode::kNoMessage);
  EXPECT_EQ(sent.code(), OutcomeCode::kShuttingDown);
  EXPECT_TRUE(acked.entries[0].outcome.ok());
}

TEST_F(BrokerCoreTest, AFailedStoreAnswersEverythingThatWaitsAndComes) {
  create_topic("t");
  auto& sent = send("t", "hello");
  auto& waiting = receive({.wait_us = 20'000'000});
  world().turn();
  world().post_internal(std::make_unique<LogFailed>(absl::DataLossError("fdatasync: EIO")));
  world().turn();
  EXPECT_EQ(sent.code(), OutcomeCode::kStoreFailed);
  EXPECT_EQ(waiting.code(), OutcomeCode::kStoreFailed);
  auto& later = send("t", "more");
  world().turn();
  EXPECT_EQ(later.code(), OutcomeCode::kStoreFailed);
}

}  // namespace
}  // namespace petrel::core
