// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/rocketmq_files/rocketmq_config.h"

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "broker/core/core_world.h"
#include "gtest/gtest.h"
#include "petrel/state/v1/state.pb.h"
#include "store/disk/forwarding_disk.h"
#include "store/disk/sim_disk.h"
#include "store/disk/whole_file.h"
#include "store/rocketmq_files.h"

namespace petrel::rocketmq_files {
namespace {

using nlohmann::json;
using store::ConfigFile;
using store::QueueOffset;

// As RocketMQ 5.5.0 writes them, shortened.
constexpr char kTopics[] = R"({"dataVersion":{"counter":0,"stateVersion":0,"timestamp":1},
"topicConfigTable":{
"Orders":{"attributes":{},"order":false,"perm":6,"readQueueNums":4,"topicName":"Orders","writeQueueNums":2},
"Steps":{"attributes":{"message.type":"FIFO"},"perm":4,"readQueueNums":1,"writeQueueNums":1},
"Vast":{"perm":6,"readQueueNums":4096,"writeQueueNums":4096},
"%RETRY%readers":{"perm":6,"readQueueNums":1,"writeQueueNums":1},
"RMQ_SYS_TRACE_TOPIC":{"perm":6,"readQueueNums":1,"writeQueueNums":1},
"DefaultCluster_REPLY_TOPIC":{"perm":6,"readQueueNums":1,"writeQueueNums":1},
"DefaultCluster":{"perm":7,"readQueueNums":16,"writeQueueNums":16}}})";
constexpr char kGroups[] = R"({"subscriptionGroupTable":{
"readers":{"groupName":"readers","consumeEnable":true,"groupRetryPolicy":{"type":"CUSTOMIZED"}},
"slow":{"consumeEnable":false,
"groupRetryPolicy":{"type":"CUSTOMIZED","customizedRetryPolicy":{"next":[1000,5000]}}},
"TOOLS_CONSUMER":{"groupName":"TOOLS_CONSUMER"}}})";
constexpr char kOffsets[] = R"({"groupTopicMap":{"readers":["Orders"]},"offsetTable":{
"Orders@readers":{0:2,3:1},"%RETRY%readers@readers":{0:1},"Gone@readers":{0:9}},"pullOffsetTable":{}})";

constexpr bool kNew = false;  // the directory was not ours before
constexpr bool kOurs = true;

std::vector<ConfigFile> rocketmqs() {
  return {{"consumerOffset.json", kOffsets},
          {"subscriptionGroup.json", kGroups},
          {"topics.json", kTopics},
          {"other.json", "no json"}};
}

TEST(RocketmqConfig, UsersTopicsGroupsAndPositionsAreRead) {
  const auto adopted = read_rocketmq_config(rocketmqs(), kNew);
  ASSERT_TRUE(adopted.ok()) << adopted.status();
  ASSERT_EQ(adopted->topics.size(), 2u);
  EXPECT_EQ(adopted->topics[0].name, "Orders");
  EXPECT_EQ(adopted->topics[0].read_queues, 4);
  EXPECT_EQ(adopted->topics[0].write_queues, 2);
  EXPECT_EQ(adopted->topics[0].message_type, core::MessageType::kNormal);
  EXPECT_EQ(adopted->topics[1].message_type, core::MessageType::kFifo);
  EXPECT_EQ(adopted->topics[1].permission, core::permission::kRead);
  ASSERT_EQ(adopted->groups.size(), 2u);
  EXPECT_TRUE(adopted->groups[0].backoff_ms.empty());
  EXPECT_FALSE(adopted->groups[1].consume_enabled);
  EXPECT_EQ(adopted->groups[1].backoff_ms, (std::vector<int64_t>{1000, 5000}));
  ASSERT_EQ(adopted->positions.size(), 3u);
  EXPECT_EQ(adopted->positions[1].topic, "Orders");
  EXPECT_EQ(adopted->positions[2].queue_id, 3);
  EXPECT_EQ(adopted->positions[2].next, QueueOffset(1));
}

TEST(RocketmqConfig, AFileThatDoesNotParseIsNamed) {
  const ConfigFile broken = {"topics.json", "{\"topicConfigTable\":"};
  for (const auto& adopted : {read_rocketmq_config({broken}, kNew),
                              // It has run here since, so this is RocketMQ's too.
                              read_rocketmq_config({broken, rocketmqs()[0]}, kOurs)}) {
    EXPECT_TRUE(absl::IsFailedPrecondition(adopted.status()));
    EXPECT_NE(adopted.status().message().find("config/topics.json"), std::string::npos);
  }
}

// A piece that has a group's position in queue 2 of a topic, with one open delivery.
std::string piece_of_positions() {
  state::v1::Snapshot piece;
  auto& queue = *piece.add_queues();
  queue.set_group_id(2);
  queue.set_topic_id(1);
  queue.set_queue_id(2);
  queue.set_next_offset(90);
  auto& chunk = *piece.add_chunks();
  chunk.set_group_id(2);
  chunk.set_topic_id(1);
  chunk.set_queue_id(2);
  chunk.set_base(64);
  chunk.set_bitmap(0b1000'1000);
  return piece.SerializeAsString();
}

TEST(RocketmqConfig, WhatIsWrittenKeepsWhatIsRocketmqsOwn) {
  state::v1::Snapshot state;
  auto& topic = *state.add_topics();
  topic.set_name("Mine");
  topic.set_read_queues(3);
  topic.set_write_queues(3);
  topic.set_permission(6);
  topic.set_message_type(1);
  topic.set_retention_ms(3'600'000);
  topic.set_incarnation(1);
  auto& group = *state.add_groups();
  group.set_name("g");
  group.set_incarnation(2);
  const auto files = make_rocketmq_config(
      std::vector{piece_of_positions(), state.SerializeAsString()}, rocketmqs());
  ASSERT_EQ(files.size(), 3u);
  for (const ConfigFile& file : files) {
    for (const std::string_view mark : store::kOwnFileMarks) {
      EXPECT_NE(file.bytes.find(mark), std::string::npos) << file.name;
    }
  }
  const json topics = json::parse(files[0].bytes).at("topicConfigTable");
  EXPECT_TRUE(topics.contains("%RETRY%readers"));
  EXPECT_TRUE(topics.contains("DefaultCluster"));
  EXPECT_FALSE(topics.contains("Orders")) << "deleted here since";
  EXPECT_EQ(topics.at("Mine").at("attributes").dump(), R"({"message.type":"NORMAL"})")
      << "RocketMQ knows no retention of a topic";
  const json offsets = json::parse(files[2].bytes);
  EXPECT_EQ(offsets.at("offsetTable").dump(),
            R"({"%RETRY%readers@readers":{"0":1},"Mine@g":{"2":67}})");
  EXPECT_TRUE(offsets.contains("pullOffsetTable"));
}

TEST(RocketmqConfig, WhereAGroupBeginsIsWrittenAsFarAsRocketmqKnowsIt) {
  state::v1::Snapshot state;
  const std::pair<const char*, core::ConsumeFrom> groups[] = {
      {"undeclared", core::ConsumeFrom::kUndeclared},
      {"first", core::ConsumeFrom::kFirst},
      {"last", core::ConsumeFrom::kLast}};
  for (const auto& [name, from] : groups) {
    auto& group = *state.add_groups();
    group.set_name(name);
    group.set_consume_from(static_cast<int32_t>(from));
  }
  const auto files = make_rocketmq_config(std::vector{state.SerializeAsString()}, {});
  const json table = json::parse(files.at(1).bytes).at("subscriptionGroupTable");
  EXPECT_FALSE(table.at("undeclared").contains("consumeFromMinEnable"));
  EXPECT_EQ(table.at("first").at("consumeFromMinEnable"), true);
  EXPECT_EQ(table.at("last").at("consumeFromMinEnable"), false);
}

TEST(RocketmqConfig, EqualStatesGiveEqualFiles) {
  state::v1::Snapshot state;
  state.add_groups()->set_name("g");
  const std::vector pieces{state.SerializeAsString()};
  const auto first = make_rocketmq_config(pieces, rocketmqs());
  const auto second = make_rocketmq_config(pieces, first);
  for (size_t i = 0; i < first.size(); ++i) EXPECT_EQ(first[i].bytes, second[i].bytes);
}

// Counts what is written, by the file that it is for.
class CountingDisk final : public store::ForwardingDisk {
 public:
  CountingDisk() : ForwardingDisk(std::make_unique<store::SimDisk>(store::SimDisk::Options{})) {}

  absl::StatusOr<std::unique_ptr<store::File>> open(const std::string& path,
                                                    OpenMode mode) override {
    if (mode != OpenMode::kRead) ++writes_[path.substr(0, path.rfind(store::kTemporarySuffix))];
    return ForwardingDisk::open(path, mode);
  }
  std::map<std::string, int> take_writes() { return std::exchange(writes_, {}); }

 private:
  std::map<std::string, int> writes_;
};

TEST(RocketmqConfig, OnlyAFileThatChangesIsWritten) {
  using Writes = std::map<std::string, int>;
  CountingDisk disk;
  const store::StorePaths paths("store");
  store::RocketmqFiles files(disk, paths, make_rocketmq_config);
  ASSERT_TRUE(files.open().ok());
  disk.take_writes();
  state::v1::Snapshot state;
  state.add_topics()->set_name("t");
  const auto write = [&](int64_t complete_ms) {
    state.set_config_version(state.config_version() + 1);
    EXPECT_TRUE(files
                    .write(std::vector{state.SerializeAsString()},
                           {.queues_ms = complete_ms, .index_ms = complete_ms})
                    .ok());
    return disk.take_writes();
  };
  EXPECT_EQ(write(1), (Writes{{"store/config/topics.json", 1},
                              {"store/config/subscriptionGroup.json", 1},
                              {"store/config/consumerOffset.json", 1},
                              {"store/checkpoint", 1}}));
  EXPECT_EQ(write(1), Writes{});
  state.add_groups()->set_name("g");
  EXPECT_EQ(write(1), (Writes{{"store/config/subscriptionGroup.json", 1}}));
  EXPECT_EQ(write(2), (Writes{{"store/checkpoint", 1}}));
}

// ---- taken over by a broker

class AdoptTest : public ::testing::Test {
 protected:
  AdoptTest() {
    core::CoreWorld::Options options;
    options.store.make_rocketmq_config = make_rocketmq_config;
    world_ = std::make_unique<core::CoreWorld>(disk_, "store", options);
    adopt();
  }
  void put_rocketmqs_files() {
    for (const ConfigFile& file : rocketmqs()) {
      if (file.name == "other.json") continue;
      EXPECT_TRUE(store::write_whole_file(disk_, "store/config/" + file.name, file.bytes).ok());
    }
  }
  void adopt() {
    const auto adopted =
        read_rocketmq_config(world_->store().foreign_config(), world_->store().was_ours());
    ASSERT_TRUE(adopted.ok()) << adopted.status();
    world_->core().adopt(*adopted);
    world_->settle();
  }
  void restart(bool clean) {
    clean ? world_->stop() : world_->crash();
    disk_.restart();
    world_->start();
    adopt();
  }
  state::v1::Snapshot state() {
    state::v1::Snapshot snapshot;
    for (const std::string& piece : world_->core().state().capture_all()) {
      EXPECT_TRUE(snapshot.MergeFromString(piece));
    }
    return snapshot;
  }

  store::SimDisk disk_{{}};
  std::unique_ptr<core::CoreWorld> world_;
};

TEST_F(AdoptTest, WhatRocketmqLeftIsTakenOverOnce) {
  world_->stop();
  put_rocketmqs_files();
  restart(/*clean=*/false);
  EXPECT_EQ(state().topics_size(), 2);
  EXPECT_EQ(state().groups_size(), 2);
  EXPECT_EQ(state().queues_size(), 2);
  // Until a snapshot replaces them, the files stay RocketMQ's; what happened here since counts.
  auto& gone = world_->ask<core::DeleteGroupsRequest>([](auto& r) { r.names = {"slow"}; });
  world_->settle();
  ASSERT_TRUE(gone.outcome.ok()) << gone.outcome.text;
  restart(/*clean=*/false);
  EXPECT_EQ(state().groups_size(), 1);
  restart(/*clean=*/true);
  EXPECT_TRUE(world_->store().foreign_config().empty());
  EXPECT_EQ(state().groups_size(), 1);
}

TEST_F(AdoptTest, APositionBeyondTheQueueIsItsEnd) {
  world_->stop();
  put_rocketmqs_files();
  restart(/*clean=*/false);
  const state::v1::Snapshot adopted = state();
  ASSERT_EQ(adopted.queues_size(), 2);
  for (const auto& queue : adopted.queues()) {
    EXPECT_EQ(queue.next_offset(), 0);
  }
}

TEST_F(AdoptTest, AnAbortFileTellsRocketmqOfACrash) {
  EXPECT_TRUE(disk_.open("store/abort", store::Disk::OpenMode::kRead).ok());
  world_->stop();
  EXPECT_TRUE(absl::IsNotFound(disk_.open("store/abort", store::Disk::OpenMode::kRead).status()));
  EXPECT_EQ(store::read_whole_file(disk_, "store/checkpoint")->size(), 4096u);
  world_->start();
  EXPECT_TRUE(disk_.open("store/abort", store::Disk::OpenMode::kRead).ok());
}

// ---- damage

class DamagedConfigTest : public AdoptTest {
 protected:
  DamagedConfigTest() {
    world_->ask<core::ApplyTopicsRequest>(
        [](auto& r) { r.topics = {{.name = "t", .read_queues = 1, .write_queues = 1}}; });
    world_->settle();
    world_->stop();
    for (const char* name : {"topics.json", "subscriptionGroup.json", "consumerOffset.json"}) {
      const std::string path = std::string("store/config/") + name;
      sound_[path] = disk_.bytes_of(path);
    }
  }
  // The broker starts, takes nothing over, and its next stop leaves files that say what they said.
  void expect_harmless() {
    world_->start();
    const auto adopted =
        read_rocketmq_config(world_->store().foreign_config(), world_->store().was_ours());
    ASSERT_TRUE(adopted.ok()) << adopted.status();
    EXPECT_EQ(adopted->fingerprint, "");
    world_->stop();
    for (const auto& [path, bytes] : sound_) {
      const json now = json::parse(disk_.bytes_of(path));
      const json before = json::parse(bytes);
      for (const auto& [key, value] : before.items()) EXPECT_EQ(now.at(key), value) << path;
      disk_.put_file(path, bytes);
    }
  }

  std::map<std::string, std::string> sound_;
};

TEST_F(DamagedConfigTest, ABitThatFlipsTakesNothingOver) {
  for (const auto& [path, bytes] : sound_) {
    for (size_t at = 0; at < bytes.size(); ++at) {
      disk_.flip_bit(path, at, static_cast<int>(at % 8));
      ASSERT_NO_FATAL_FAILURE(expect_harmless()) << path << " " << at;
    }
  }
}

TEST_F(DamagedConfigTest, AnEmptyOrMissingFileOrGarbageTakesNothingOver) {
  for (const auto& [path, bytes] : sound_) {
    disk_.put_file(path, "");
    ASSERT_NO_FATAL_FAILURE(expect_harmless()) << path;
    disk_.erase_file(path);
    ASSERT_NO_FATAL_FAILURE(expect_harmless()) << path;
    disk_.put_file(path, std::string(700, '\xA7'));
    ASSERT_NO_FATAL_FAILURE(expect_harmless()) << path;
    disk_.put_file(path, bytes.substr(0, bytes.size() / 2));
    ASSERT_NO_FATAL_FAILURE(expect_harmless()) << path;
  }
}

}  // namespace
}  // namespace petrel::rocketmq_files
