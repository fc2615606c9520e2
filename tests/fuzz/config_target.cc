// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "broker/rocketmq_files/rocketmq_config.h"
#include "common/check.h"
#include "petrel/state/v1/state.pb.h"
#include "tests/fuzz/target.h"

namespace petrel::fuzz {
namespace {

constexpr std::array<const char*, 3> kNames = {"topics.json", "subscriptionGroup.json",
                                               "consumerOffset.json"};

std::vector<std::string> sound_state() {
  state::v1::Snapshot state;
  auto& topic = *state.add_topics();
  topic.set_name("Orders");
  topic.set_read_queues(2);
  topic.set_write_queues(2);
  topic.set_incarnation(1);
  auto& group = *state.add_groups();
  group.set_name("readers");
  group.set_incarnation(2);
  auto& queue = *state.add_queues();
  queue.set_group_id(2);
  queue.set_topic_id(1);
  queue.set_next_offset(7);
  return {state.SerializeAsString()};
}

// What is taken over can be, and what is written beside it says what the state says.
void run(std::string_view bytes) {
  for (const char* name : kNames) {
    const std::vector<store::ConfigFile> present = {{name, std::string(bytes)}};
    for (const bool was_ours : {false, true}) {
      const auto adopted = rocketmq_files::read_rocketmq_config(present, was_ours);
      if (!adopted.ok()) {
        PETREL_CHECK(absl::IsFailedPrecondition(adopted.status()) && !was_ours);
        continue;
      }
      for (const core::TopicConfig& topic : adopted->topics) {
        PETREL_CHECK(topic.read_queues > 0 && topic.read_queues <= core::kQueuesPerTopicMax);
        PETREL_CHECK(topic.write_queues > 0 && topic.write_queues <= core::kQueuesPerTopicMax);
      }
      for (const core::Adopted::Position& position : adopted->positions) {
        PETREL_CHECK(position.queue_id >= 0 && position.queue_id < core::kQueuesPerTopicMax);
        PETREL_CHECK_GE(position.next, store::QueueOffset(0));
      }
    }
    const auto files = rocketmq_files::make_rocketmq_config(std::vector{sound_state()}, present);
    const auto again = rocketmq_files::read_rocketmq_config(files, /*was_ours=*/false);
    PETREL_CHECK_OK(again.status());
    PETREL_CHECK_EQ(again->topics.size(), size_t{1});
    PETREL_CHECK_EQ(again->groups.size(), size_t{1});
    PETREL_CHECK_EQ(again->positions.size(), size_t{1});
  }
}

}  // namespace

Target rocketmq_config_target() {
  std::vector<std::string> examples = {
      R"({"offsetTable":{"Orders@readers":{0:2,3:1},"%RETRY%readers@readers":{0:1}}})"};
  for (const store::ConfigFile& file :
       rocketmq_files::make_rocketmq_config(std::vector{sound_state()}, {})) {
    examples.push_back(file.bytes);
  }
  return {.name = "rocketmq_config", .examples = std::move(examples), .run = run};
}

}  // namespace petrel::fuzz
