// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "broker/core/changes.h"
#include "broker/core/request.h"
#include "store/message_store.h"

// What the broker's own threads tell the core, through the same mailbox as requests. Nobody waits
// for an answer.
namespace petrel::core {

class InternalEvent : public Request {
 public:
  Admission admission() const final { return Admission::kInternal; }
  void complete() final {}
};

class LogProgressed final : public InternalEvent {
 public:
  explicit LogProgressed(const store::LogProgress& progress) : progress_(progress) {}
  void run(BrokerCore& core, std::unique_ptr<Request> self) override;

 private:
  store::LogProgress progress_;
};

class LogFailed final : public InternalEvent {
 public:
  explicit LogFailed(absl::Status status) : status_(std::move(status)) {}
  void run(BrokerCore& core, std::unique_ptr<Request> self) override;

 private:
  absl::Status status_;
};

// Now and then, and when `full` changes. No space: it could not be measured.
class DiskMeasured final : public InternalEvent {
 public:
  DiskMeasured(const std::optional<store::DiskSpace>& space, bool full)
      : space_(space), full_(full) {}
  void run(BrokerCore& core, std::unique_ptr<Request> self) override;

 private:
  std::optional<store::DiskSpace> space_;
  bool full_;
};

// The store found out what is to be deleted.
class RetentionDue final : public InternalEvent {
 public:
  using Result = std::shared_ptr<store::MessageStore::RetentionResult>;
  explicit RetentionDue(Result result) : result_(std::move(result)) {}
  void run(BrokerCore& core, std::unique_ptr<Request> self) override;

 private:
  Result result_;
};

class RecordLoaded final : public InternalEvent {
 public:
  RecordLoaded(uint64_t id, absl::StatusOr<store::LogSlice> record)
      : id_(id), record_(std::move(record)) {}
  void run(BrokerCore& core, std::unique_ptr<Request> self) override;

 private:
  uint64_t id_;
  absl::StatusOr<store::LogSlice> record_;
};

class PageLoaded final : public InternalEvent {
 public:
  using Page = absl::StatusOr<std::shared_ptr<store::MessageStore::LoadedPage>>;
  PageLoaded(std::string topic, int32_t queue_id, Page page)
      : topic_(std::move(topic)), queue_id_(queue_id), page_(std::move(page)) {}
  void run(BrokerCore& core, std::unique_ptr<Request> self) override;

 private:
  std::string topic_;
  int32_t queue_id_;
  Page page_;
};

// Where a group is to begin in a queue.
class QueueBeginFound final : public InternalEvent {
 public:
  using Found = absl::StatusOr<store::QueueOffset>;
  QueueBeginFound(const Changes::Queue& where, Found found)
      : where_(where), found_(std::move(found)) {}
  void run(BrokerCore& core, std::unique_ptr<Request> self) override;

 private:
  Changes::Queue where_;
  Found found_;
};

// The place of a time in one of the queues of a reset.
class ResetPointFound final : public InternalEvent {
 public:
  using Found = absl::StatusOr<store::QueueOffset>;
  ResetPointFound(uint64_t reset, size_t queue, Found found)
      : reset_(reset), queue_(queue), found_(std::move(found)) {}
  void run(BrokerCore& core, std::unique_ptr<Request> self) override;

 private:
  uint64_t reset_;
  size_t queue_;
  Found found_;
};

class SnapshotDone final : public InternalEvent {
 public:
  using Result = absl::StatusOr<std::shared_ptr<store::MessageStore::SnapshotResult>>;
  explicit SnapshotDone(Result result) : result_(std::move(result)) {}
  void run(BrokerCore& core, std::unique_ptr<Request> self) override;

 private:
  Result result_;
};

class BeginShutdown final : public InternalEvent {
 public:
  void run(BrokerCore& core, std::unique_ptr<Request> self) override;
};

}  // namespace petrel::core
