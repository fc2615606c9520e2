// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "broker/core/adopted.h"
#include "store/rocketmq_files.h"

// Topics, groups and positions as RocketMQ 5.5 keeps them in store/config (TopicConfigManager,
// SubscriptionGroupManager and ConsumerOffsetManager of org.apache.rocketmq.broker), JSON:
//   topics.json            dataVersion, topicConfigTable {topic: readQueueNums, writeQueueNums,
//                          perm, attributes {message.type}, ...}
//   subscriptionGroup.json dataVersion, forbiddenTable, subscriptionGroupTable {group: groupName,
//                          consumeEnable, groupRetryPolicy, ...}
//   consumerOffset.json    dataVersion, offsetTable {"topic@group": {queue id: offset}}
// RocketMQ writes queue ids without quotes. What is RocketMQ's own (system and retry topics, system
// groups) is not taken over, and stays in the files as it is. Pure functions, any thread.
namespace petrel::rocketmq_files {

// The files for a state, in the pieces of a snapshot (each a petrel.state.v1.Snapshot) in any
// order. A position is the lowest offset that is not done, so a RocketMQ broker delivers again what
// was in flight. No file if a piece does not parse.
std::vector<store::ConfigFile> make_rocketmq_config(std::span<const std::string> state,
                                                    const std::vector<store::ConfigFile>& present);

// What the files say that another broker wrote. One that does not parse: RocketMQ writes the
// positions whenever it has run, so if the directory was ours before and no other of these files is
// RocketMQ's, then it is one of ours that was damaged, and says nothing that the state does not.
// Otherwise FailedPrecondition naming the file, for nobody else knows what was in it.
absl::StatusOr<core::Adopted> read_rocketmq_config(const std::vector<store::ConfigFile>& files,
                                                   bool was_ours);

}  // namespace petrel::rocketmq_files
