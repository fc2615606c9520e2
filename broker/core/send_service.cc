// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/core/send_service.h"

#include <string>
#include <utility>

#include "common/check.h"
#include "common/concat.h"

namespace petrel::core {
namespace {

OutcomeCode append_failure(const absl::Status& status, const store::CommitLog& log) {
  switch (status.code()) {
    case absl::StatusCode::kResourceExhausted:
      return log.lacks_room() ? OutcomeCode::kDiskFull : OutcomeCode::kOverloaded;
    case absl::StatusCode::kInvalidArgument:
      return OutcomeCode::kInvalidArgument;
    default:
      return OutcomeCode::kStoreFailed;
  }
}

Outcome check_topic(const TopicConfig& topic, const SendRequest& request) {
  if ((topic.permission & permission::kWrite) == 0) {
    return {OutcomeCode::kNoWritableQueue,
            concat("topic '", topic.name, "' does not allow sending")};
  }
  for (const auto& message : request.messages) {
    if (message.type != topic.message_type) {
      return {OutcomeCode::kMessageTypeConflict,
              concat("topic '", topic.name, "' takes messages of another type")};
    }
  }
  return {};
}

}  // namespace

void SendService::send(std::unique_ptr<SendRequest> request) {
  request->outcome = check(*request);
  const TopicState* topic = nullptr;
  if (request->outcome.ok()) {
    topic = parts_.catalog.ensure_topic(request->topic, request->outcome);
  }
  if (topic != nullptr) {
    request->outcome = check_topic(topic->config, *request);
  }
  if (request->outcome.ok()) {
    request->outcome = append_all(*topic, *request);
  }
  if (!request->outcome.ok()) {
    return parts_.outbox.now(std::move(request));
  }
  const auto promise = request->wait ? Outbox::Promise::kCommitted : Outbox::Promise::kAppended;
  parts_.outbox.when(promise, std::move(request));
}

Outcome SendService::check(const SendRequest& request) const {
  if (disk_full_) {
    return {OutcomeCode::kDiskFull, "the broker's disk is full"};
  }
  const auto bytes = static_cast<int64_t>(request.held_bytes());
  if (bytes > parts_.options.unwritten_bytes_max) {
    return {OutcomeCode::kTooLarge, concat("the messages of one request come to ", bytes,
                                           " bytes; ", parts_.options.unwritten_bytes_max,
                                           " are the most: send them in several requests")};
  }
  if (parts_.writer.unwritten_bytes() + bytes > parts_.options.unwritten_bytes_max) {
    return {OutcomeCode::kOverloaded, "the disk does not keep up; try again"};
  }
  return {};
}

// Of a request that fails half way, some messages may be stored: the sender is told of the failure,
// sends all of them again, and consumers see duplicates.
Outcome SendService::append_all(const TopicState& topic, SendRequest& request) {
  const int32_t queue_id = next_queue(topic.config);
  for (auto& message : request.messages) {
    const auto placed = parts_.writer.append_message(message.record, queue_id);
    if (!placed.ok()) {
      return {append_failure(placed.status(), parts_.store.log()),
              std::string(placed.status().message())};
    }
    message.queue_id = queue_id;
    message.queue_offset = placed->queue_offset;
    message.log_offset = placed->log_offset;
  }
  return {};
}

int32_t SendService::next_queue(const TopicConfig& topic) {
  PETREL_CHECK_GT(topic.write_queues, 0);
  return static_cast<int32_t>(turns_[TopicId(topic.incarnation)]++ %
                              static_cast<uint32_t>(topic.write_queues));
}

}  // namespace petrel::core
