// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include "absl/status/status.h"
#include "store/log/record.h"
#include "store/queue/consume_queue.h"

// Which place a record has in its queue, ours and those that RocketMQ wrote
// (org.apache.rocketmq.store.CommitLog.checkMessageAndReturnSize and its dispatchers). Pure.
namespace petrel::store {

// Prepared and rolled back messages of RocketMQ's are in no queue.
bool has_place(const RecordView& record);

// FailedPrecondition for a record that is a batch of RocketMQ's queue type BatchCQ: such queues
// have another layout, and their records more than one offset.
absl::Status check_batch(const RecordView& record);

// FailedPrecondition for a record whose topic or queue cannot have a directory of its own: the name
// would lead elsewhere, or is none. Clients cannot name such a topic; a log from elsewhere may.
absl::Status check_place(const RecordView& record);

// The record's entry. In RocketMQ's topic of delayed messages the tagsCode is the time at which the
// message is due, in ms, by the default levels of messageDelayLevel.
QueueEntry queue_entry_of(const RecordView& record);

}  // namespace petrel::store
