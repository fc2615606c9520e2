// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/core/request.h"

#include "broker/core/broker_core.h"
#include "broker/core/events.h"

namespace petrel::core {
namespace {

// `self` owns `request`.
template <typename T>
std::unique_ptr<T> same(T* request, std::unique_ptr<Request> self) {
  (void)self.release();
  return std::unique_ptr<T>(request);
}

}  // namespace

size_t SendRequest::held_bytes() const {
  size_t bytes = 0;
  for (const Message& message : messages) {
    bytes += message.record.size();
  }
  return bytes;
}

size_t ReceiveRequest::held_bytes() const {
  size_t bytes = 0;
  for (const Delivery& delivery : deliveries) {
    bytes += delivery.record.has_value() ? delivery.record->bytes().size() : 0;
  }
  return bytes;
}

void SendRequest::run(BrokerCore& core, std::unique_ptr<Request> self) {
  core.sends().send(same(this, std::move(self)));
}
void ReceiveRequest::run(BrokerCore& core, std::unique_ptr<Request> self) {
  core.pop().receive(same(this, std::move(self)));
}
void CancelReceive::run(BrokerCore& core, std::unique_ptr<Request>) {
  core.pop().cancel(cancel_id_);
}
void AckRequest::run(BrokerCore& core, std::unique_ptr<Request> self) {
  core.acks().acknowledge(same(this, std::move(self)));
}
void EntryMismatchRequest::run(BrokerCore& core, std::unique_ptr<Request> /*self*/) {
  core.acks().entry_mismatch(*this);
}
void GiveBackRequest::run(BrokerCore& core, std::unique_ptr<Request> /*self*/) {
  core.acks().give_back(*this);
}
void DeadLetterRequest::run(BrokerCore& core, std::unique_ptr<Request> self) {
  core.dead_letters().forward(same(this, std::move(self)));
}
void ChangeInvisibleRequest::run(BrokerCore& core, std::unique_ptr<Request> self) {
  core.acks().change_invisible(same(this, std::move(self)));
}
void EnsureTopicRequest::run(BrokerCore& core, std::unique_ptr<Request> self) {
  core.catalog().ensure_topic(same(this, std::move(self)));
}
void ApplyTopicsRequest::run(BrokerCore& core, std::unique_ptr<Request> self) {
  core.catalog().apply_topics(same(this, std::move(self)));
}
void DeleteTopicsRequest::run(BrokerCore& core, std::unique_ptr<Request> self) {
  core.catalog().delete_topics(same(this, std::move(self)));
}
void ApplyGroupsRequest::run(BrokerCore& core, std::unique_ptr<Request> self) {
  core.catalog().apply_groups(same(this, std::move(self)));
}
void DeleteGroupsRequest::run(BrokerCore& core, std::unique_ptr<Request> self) {
  core.catalog().delete_groups(same(this, std::move(self)));
}
void ResetGroupRequest::run(BrokerCore& core, std::unique_ptr<Request> self) {
  core.resets().reset(same(this, std::move(self)));
}
void ListTopicsRequest::run(BrokerCore& core, std::unique_ptr<Request> self) {
  core.listings().list_topics(same(this, std::move(self)));
}
void ListGroupsRequest::run(BrokerCore& core, std::unique_ptr<Request> self) {
  core.listings().list_groups(same(this, std::move(self)));
}

void LogProgressed::run(BrokerCore& core, std::unique_ptr<Request>) {
  core.log_progress(progress_);
}
void LogFailed::run(BrokerCore& core, std::unique_ptr<Request>) { core.log_failed(status_); }
void DiskMeasured::run(BrokerCore& core, std::unique_ptr<Request>) {
  core.disk_measured(space_, full_);
}

void RetentionDue::run(BrokerCore& core, std::unique_ptr<Request>) {
  core.retention_due(std::move(result_));
}
void RecordLoaded::run(BrokerCore& core, std::unique_ptr<Request>) {
  core.records().finish(id_, std::move(record_));
}
void PageLoaded::run(BrokerCore& core, std::unique_ptr<Request>) {
  core.pop().page_loaded(topic_, queue_id_, std::move(page_));
}
void QueueBeginFound::run(BrokerCore& core, std::unique_ptr<Request>) {
  core.pop().begin_found(where_, found_);
}
void ResetPointFound::run(BrokerCore& core, std::unique_ptr<Request>) {
  core.resets().found(reset_, queue_, found_);
}
void SnapshotDone::run(BrokerCore& core, std::unique_ptr<Request>) {
  core.snapshot_done(std::move(result_));
}
void BeginShutdown::run(BrokerCore& core, std::unique_ptr<Request>) { core.begin_shutdown(); }

}  // namespace petrel::core
