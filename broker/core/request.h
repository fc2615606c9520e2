// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker/core/cancel_id.h"
#include "broker/core/message_filter.h"
#include "broker/core/principal.h"
#include "broker/core/types.h"
#include "store/log/commit_log.h"
#include "store/types.h"

// What front ends ask of the core. A request is one value that travels: an I/O thread fills its
// inputs and posts it, the core thread fills its results, and complete() runs on the thread that
// the ReplySink chooses. A front end derives from the request it needs and answers its caller in
// complete(). No protocol shows here.
namespace petrel::core {

class BrokerCore;

class Request {
 public:
  Request() = default;
  Request(const Request&) = delete;
  Request& operator=(const Request&) = delete;
  virtual ~Request() = default;

  // What the core takes while it ends, or can hardly append.
  enum class Admission {
    kWork,       // refused as soon as shutdown begins, and while the log can hardly take more
    kSettling,   // concerns what was delivered already: taken until the core stops
    kEssential,  // the same, also while the log can hardly take more: it changes nothing, or
                 // nobody would say it again
    kInternal,   // from the broker's own threads
  };
  virtual Admission admission() const { return Admission::kWork; }

  // Records that it holds, in bytes: what bounds those that wait for the core, or for their answer.
  // Others are small, and bounded by how many wait. Whoever owns it.
  virtual size_t held_bytes() const { return 0; }

  // Core thread: one call into the core. Takes the owner of *this, to keep it until the answer is
  // due.
  virtual void run(BrokerCore& core, std::unique_ptr<Request> self) = 0;
  // The ReplySink's thread, exactly once, after the results are filled. The request is destroyed
  // afterwards.
  virtual void complete() = 0;

  Principal principal;

  // The request as a whole. Per-item outcomes, where a request has items, stand with the items.
  Outcome outcome;
};

// Takes finished requests from the core, many at a time; never blocks. A front end runs complete()
// on its own threads.
class ReplySink {
 public:
  virtual ~ReplySink() = default;
  virtual void deliver(std::vector<std::unique_ptr<Request>> finished) = 0;
};

// Stores messages of one topic, all in one queue or none. Finished when they are as durable as the
// flush mode says.
class SendRequest : public Request {
 public:
  struct Message {
    std::string record;  // store::encode_record
    MessageType type = MessageType::kNormal;
    // results
    int32_t queue_id = 0;
    store::QueueOffset queue_offset{0};
    store::LogOffset log_offset{0};
  };
  std::string topic;
  std::vector<Message> messages;
  // RocketMQ's WAIT property. False: answered as soon as the messages are appended.
  bool wait = true;
  size_t held_bytes() const final;
  void run(BrokerCore& core, std::unique_ptr<Request> self) final;
};

// Takes up to batch_size messages for a group, in CoreOptions::receive_bytes_max or one that is
// larger, waiting for the first until wait_until_us.
class ReceiveRequest : public Request {
 public:
  std::string group;
  std::string topic;
  int32_t queue_id = -1;                        // -1: any readable queue of this broker
  std::shared_ptr<const MessageFilter> filter;  // null: everything
  int32_t batch_size = 1;
  int64_t invisible_ms = 0;
  int64_t wait_until_us = 0;  // Clock::mono_us; in the past: do not wait
  bool auto_renew = false;    // the broker renews while client_id is connected (leases.h)
  std::string client_id;
  CancelId cancel_id;  // names this request to CancelReceive

  struct Delivery {
    ReceiptHandle handle;
    int32_t attempt = 1;      // 1 for the first delivery
    int32_t record_size = 0;  // bytes in the log at handle.log_offset
    std::optional<store::LogSlice>
        record;  // filled when in memory; else the front end reads it from the log
  };
  std::vector<Delivery> deliveries;  // results; empty with kNoMessage
  int64_t delivered_ms = 0;
  size_t held_bytes() const final;
  void run(BrokerCore& core, std::unique_ptr<Request> self) final;
};

// Finishes a waiting ReceiveRequest with kCancelled; nothing if it is answered already.
class CancelReceive final : public Request {
 public:
  explicit CancelReceive(CancelId cancel_id) : cancel_id_(cancel_id) {}
  Admission admission() const override { return Admission::kInternal; }
  void run(BrokerCore& core, std::unique_ptr<Request> self) override;
  void complete() override {}

 private:
  const CancelId cancel_id_;
};

// Acknowledges deliveries. Finished when the acknowledgements are as durable as a sent message.
class AckRequest : public Request {
 public:
  struct Entry {
    ReceiptHandle handle;
    Outcome outcome;  // result: kOk or kInvalidReceiptHandle
  };
  std::string group;
  std::string topic;
  std::vector<Entry> entries;
  Admission admission() const override { return Admission::kSettling; }
  void run(BrokerCore& core, std::unique_ptr<Request> self) final;
};

// Gives a message up: it moves to the dead letter queue of its group. Finished when that is as
// durable as a sent message.
class DeadLetterRequest : public Request {
 public:
  std::string group;
  std::string topic;
  ReceiptHandle handle;
  std::string client_id;  // who gives it up; stands with the dead letter
  Admission admission() const final { return Admission::kSettling; }
  void run(BrokerCore& core, std::unique_ptr<Request> self) final;
};

// Moves the end of one delivery's invisible time to now + invisible_ms. The old handle is dead
// afterwards.
class ChangeInvisibleRequest : public Request {
 public:
  std::string group;
  std::string topic;
  ReceiptHandle handle;  // in: the delivery; out: its new handle
  int64_t invisible_ms = 0;
  bool suspend = false;  // the next delivery is not a further attempt
  Admission admission() const final { return Admission::kSettling; }
  void run(BrokerCore& core, std::unique_ptr<Request> self) final;
};

// Deliveries whose queue entry did not lead to their message: the queue's file is damaged, or the
// log. The message comes again soon if it can be found, not as a further attempt;
// else it is acknowledged. Deliveries that are over are left out.
class EntryMismatchRequest final : public Request {
 public:
  std::string group;
  std::string topic;
  std::vector<ReceiptHandle> handles;
  Admission admission() const override { return Admission::kEssential; }
  void run(BrokerCore& core, std::unique_ptr<Request> self) override;
  void complete() override {}
};

// Deliveries that nobody got: each message comes again after comes_again_ms, not as a further
// attempt. Deliveries that are over are left out.
class GiveBackRequest final : public Request {
 public:
  std::string group;
  std::string topic;
  std::vector<ReceiptHandle> handles;
  int64_t comes_again_ms = 0;
  Admission admission() const override { return Admission::kEssential; }
  void run(BrokerCore& core, std::unique_ptr<Request> self) override;
  void complete() override {}
};

// Makes a topic with the broker's defaults if it is absent and configuration allows; else
// kTopicNotFound.
class EnsureTopicRequest : public Request {
 public:
  std::string topic;
  void run(BrokerCore& core, std::unique_ptr<Request> self) final;
};

// --- administration: all or nothing; finished when as durable as a message ---

// Changes in one request: they become one record of the log, which must hold them.
inline constexpr size_t kChangesPerRequestMax = 10'000;

class ApplyTopicsRequest : public Request {
 public:
  std::vector<TopicConfig> topics;  // 0 and unspecified fields take defaults
  std::vector<std::string> changed;
  int64_t config_version = 0;
  void run(BrokerCore& core, std::unique_ptr<Request> self) final;
};

class DeleteTopicsRequest : public Request {
 public:
  std::vector<std::string> names;
  bool only_empty = false;  // leaves topics alone that have messages
  std::vector<std::string> deleted;
  std::vector<std::string> kept;  // because of only_empty
  int64_t config_version = 0;
  void run(BrokerCore& core, std::unique_ptr<Request> self) final;
};

class ApplyGroupsRequest : public Request {
 public:
  std::vector<GroupConfig> groups;  // kUndeclared: as it is; kLast for one that is made
  std::vector<std::string> changed;
  int64_t config_version = 0;
  void run(BrokerCore& core, std::unique_ptr<Request> self) final;
};

class DeleteGroupsRequest : public Request {
 public:
  std::vector<std::string> names;
  std::vector<std::string> deleted;
  int64_t config_version = 0;
  void run(BrokerCore& core, std::unique_ptr<Request> self) final;
};

// Lets a group consume again, or skip (reset_service.h). Finished when all queues have moved.
class ResetGroupRequest : public Request {
 public:
  enum class Target {
    kEarliest,  // the first message that there is
    kLatest,    // behind all that can be read
    kTime,      // the first message stored at `value`, Unix ms, or later
    kOffset,    // `value`, of one queue of one topic
  };
  struct Queue {
    std::string topic;
    int32_t queue_id = 0;
    store::QueueOffset from{0};  // of the first message that was not delivered yet
    store::QueueOffset to{0};
    bool begun = true;     // else `from` is where it begins, or the first message
    bool clamped = false;  // there is no message at the offset that was asked for
    int64_t open = 0;      // deliveries that end
    // Messages that come again, or are not delivered; those below `from` that are open not counted.
    int64_t again() const { return to < from ? from - to : 0; }
    int64_t skipped() const { return from < to ? to - from : 0; }
  };
  std::string group;
  std::vector<std::string> topics;  // none: all that it has received from
  std::optional<int32_t> queue_id;  // none: all queues
  Target target = Target::kEarliest;
  int64_t value = 0;
  bool dry_run = false;  // tells what it would do
  std::vector<Queue> queues;
  void run(BrokerCore& core, std::unique_ptr<Request> self) final;
};

// How much a list tells of each topic or group besides its settings.
enum class Detail { kFull, kTotals, kSettings };

// Which topics or groups a list tells of: those named, or all in order of their names, of which
// `limit` (0: no limit) behind `after` are told.
struct ListRange {
  std::vector<std::string> names;
  std::string after;
  int32_t limit = 0;
};

class ListTopicsRequest : public Request {
 public:
  struct Queue {
    int32_t queue_id = 0;
    store::QueueOffset min{0};
    store::QueueOffset max{0};
    int64_t size_bytes = 0;
    int64_t oldest_ms = 0;
    int64_t newest_ms = 0;
  };
  struct Totals {
    int64_t messages = 0;
    int64_t size_bytes = 0;
    int64_t oldest_ms = 0;
    int64_t newest_ms = 0;
  };
  struct Topic {
    TopicConfig config;
    bool system = false;
    std::vector<Queue> queues;  // with kFull
    Totals totals;              // but with kSettings
  };
  ListRange range;
  bool include_system = false;  // on the last page
  Detail detail = Detail::kFull;
  std::vector<Topic> topics;
  bool more = false;  // there are topics behind the last one
  int64_t config_version = 0;
  Admission admission() const final { return Admission::kEssential; }
  void run(BrokerCore& core, std::unique_ptr<Request> self) final;
};

class ListGroupsRequest : public Request {
 public:
  struct Subscription {
    std::string topic;
    struct Queue {
      int32_t queue_id = 0;
      store::QueueOffset next{0};  // of the first message that was not delivered yet
      int64_t lag = 0;
      int64_t in_flight = 0;
      bool begun = true;         // else `next` is where it would begin
      bool lag_at_most = false;  // that takes a search: it begins at `next` or later
    };
    int64_t lag = 0;            // stored, not yet delivered
    int64_t in_flight = 0;      // delivered, not yet acknowledged
    std::vector<Queue> queues;  // with kFull
    bool begun = true;          // any queue
    bool lag_at_most = false;   // so of a queue
  };
  struct Group {
    GroupConfig config;
    std::vector<Subscription> subscriptions;  // with kFull
    int64_t lag = 0;                          // sums, but with kSettings
    int64_t in_flight = 0;
    bool lag_at_most = false;
    bool absent = false;  // there is no such group; what a receive that made it would begin with
  };
  ListRange range;
  Detail detail = Detail::kFull;
  // By group: topics that are told of it also where it has not received from them. Groups that
  // range.names has and that are not there are told if they are here.
  std::map<std::string, std::vector<std::string>> interests;
  std::vector<Group> groups;
  bool more = false;
  int64_t config_version = 0;
  Admission admission() const final { return Admission::kEssential; }
  void run(BrokerCore& core, std::unique_ptr<Request> self) final;
};

}  // namespace petrel::core
