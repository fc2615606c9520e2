// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "broker/core/core_port.h"
#include "broker/core/message_filter.h"
#include "broker/frontend/answer_memory.h"
#include "broker/frontend/client_registry.h"
#include "common/executor.h"
#include "store/log/log_range.h"
#include "store/log/record.h"

// From what the core delivered to what a front end gives its client, whatever the protocol.
//
// Bytes: a batch has at most CoreOptions::receive_bytes_max of records, or one that is larger.
// Records in the log's memory are lent, not copied, and keep the part of it that they lie in, which
// the log bounds (CommitLog::Options::pinned_bytes_max); others are copies that the batch owns.
// These, and what is made of one message at a time to send it, come out of the AnswerMemory: a
// batch has its share of it until it ends, which should be when the client has taken it. While
// there is no room, receives wait for their answer and hold no record.
namespace petrel::frontend {

// The messages that one receive got for a client. Used by one thread at a time, in this order:
// made and loaded by a DeliveryLoader, read, settled. One that is destroyed unsettled counts as not
// taken at all.
class DeliveryBatch {
 public:
  struct Message {
    core::ReceiptHandle handle;
    int32_t attempt = 1;  // 1 for the first delivery
    store::LogSlice slice;
    store::RecordView record;  // of slice
  };

  // Takes over what the core answered; `core` and `clients` outlive the batch.
  DeliveryBatch(core::CorePort& core, ClientRegistry& clients, core::ReceiveRequest& answered);
  DeliveryBatch(const DeliveryBatch&) = delete;
  DeliveryBatch& operator=(const DeliveryBatch&) = delete;
  ~DeliveryBatch();

  const std::string& group() const { return group_; }
  const std::string& topic() const { return topic_; }
  int64_t delivered_ms() const { return delivered_ms_; }
  // In the order in which the core took them. Perhaps none.
  const std::vector<Message>& messages() const { return messages_; }

  // Once: the client has the first `taken` messages. The others become visible again after
  // kComesAgainMs, and that is no further attempt. Of a receive that has its deliveries renewed,
  // those are noted as sent.
  void settle(size_t taken);
  static constexpr int64_t kComesAgainMs = 1'000;

 private:
  friend class DeliveryLoader;
  // Of the AnswerMemory, to load and send it.
  int64_t bytes_needed() const;
  void let_go_of_memory();
  // Nobody gets what is not loaded; it becomes visible again soon.
  void give_up();
  using ReadRecord = std::function<absl::StatusOr<store::LogSlice>(store::LogOffset, int32_t size)>;
  bool in_memory() const;
  void load(const ReadRecord& read_record);
  absl::Status load(core::ReceiveRequest::Delivery& delivery, const ReadRecord& read_record,
                    Message* message) const;
  void acknowledge(const std::vector<core::ReceiptHandle>& handles);
  void tell_mismatch(std::vector<core::ReceiptHandle> handles);
  void give_back(std::vector<core::ReceiptHandle> handles);
  void note_sent(size_t taken);
  template <typename RequestT>
  std::unique_ptr<RequestT> make_request() const;

  core::CorePort& core_;
  ClientRegistry& clients_;
  const core::Principal principal_;
  const std::string group_;
  const std::string topic_;
  const std::string client_id_;
  const std::shared_ptr<const core::MessageFilter> filter_;  // null: everything
  const bool renewed_;                                       // by the broker
  const int64_t delivered_ms_;
  AnswerMemory::Share memory_;
  std::vector<core::ReceiveRequest::Delivery> deliveries_;  // not yet loaded
  std::vector<Message> messages_;
  bool settled_ = false;
};

// Makes batches. Any thread.
class DeliveryLoader {
 public:
  // May block: it is called on `readers` alone. Unavailable: nobody can read just now.
  using ReadRecord = DeliveryBatch::ReadRecord;
  using Done = absl::AnyInvocable<void(std::unique_ptr<DeliveryBatch>) &&>;

  // All outlive the loader, and it every batch.
  DeliveryLoader(core::CorePort& core, ClientRegistry& clients, ReadRecord read_record,
                 Executor& readers, AnswerMemory& memory)
      : core_(core),
        clients_(clients),
        read_record_(std::move(read_record)),
        readers_(readers),
        memory_(memory) {}

  // Reads and decodes the records of a receive that was answered kOk, and calls `done` once: here
  // and now if they are all in memory and there is memory for the answer, else on a reader thread.
  // If there was none for as long as AnswerMemory lets wait, the batch has no messages, and they
  // become visible again soon.
  //
  // Left out of the batch are messages that the filter, which saw but their queue entry, takes not
  // after all: they are acknowledged; those whose record is not where their queue entry says: the
  // core is told (EntryMismatchRequest); those that nobody can read just now: they become visible
  // again soon; and those whose reading failed: they are, when their invisible time is over.
  void load(core::ReceiveRequest& answered, Done done);

 private:
  void load_when_there_is_memory(std::unique_ptr<DeliveryBatch> batch, Done done);

  core::CorePort& core_;
  ClientRegistry& clients_;
  const ReadRecord read_record_;
  Executor& readers_;
  AnswerMemory& memory_;
};

}  // namespace petrel::frontend
