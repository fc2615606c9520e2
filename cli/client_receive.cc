// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "cli/client_receive.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "cli/wanted_messages.h"
#include "common/mutex.h"

namespace petrel::cli {

namespace {

using Instant = std::chrono::steady_clock::time_point;
using std::chrono::milliseconds;

// Servers take no shorter wait for messages than this, and no longer one than that.
constexpr int64_t kPollMsMin = 5'000;
constexpr int64_t kPollMsMax = 20'000;
constexpr int64_t kPollGraceMs = 5'000;
// A broker that was asked for all that is wanted has this long, while others wait for their turn. A
// message that arrives just when it is over may stay hidden until its invisible time ends.
constexpr milliseconds kTurn{500};
// A broker that cannot be reached is asked again so often.
constexpr milliseconds kAskAgain{1'000};

rmq::ReceiveMessageRequest receive_request(const ReceiveOptions& options, const RouteBroker& broker,
                                           int64_t poll_ms) {
  rmq::ReceiveMessageRequest request;
  request.mutable_group()->set_name(options.group);
  rmq::MessageQueue& queue = *request.mutable_message_queue();
  queue.mutable_topic()->set_name(options.topic);
  queue.set_id(-1);  // any queue of the broker
  queue.set_permission(rmq::READ_WRITE);
  *queue.mutable_broker() = broker.broker;
  request.mutable_filter_expression()->set_type(rmq::TAG);
  request.mutable_filter_expression()->set_expression(options.tags);
  *request.mutable_invisible_duration() = to_duration(options.invisible_ms);
  *request.mutable_long_polling_timeout() = to_duration(poll_ms);
  return request;
}

// One receive: the messages that came, even when it ended badly.
absl::Status receive_once(rmq::MessagingService::Stub& stub, const ops::Connection& connection,
                          grpc::ClientContext& context, const rmq::ReceiveMessageRequest& request,
                          const RouteBroker& broker, std::vector<ReceivedMessage>& messages) {
  const auto reader = stub.ReceiveMessage(&context, request);
  rmq::ReceiveMessageResponse response;
  absl::Status result;
  while (reader->Read(&response)) {
    if (response.has_message()) {
      absl::StatusOr<ReceivedMessage> message = from_wire(response.message(), broker.broker.name());
      if (message.ok()) {
        message->address = broker.address;
        messages.push_back(*std::move(message));
      } else {
        result = message.status();
      }
    } else if (response.has_status() && response.status().code() != rmq::MESSAGE_NOT_FOUND) {
      result.Update(from_status(response.status()));
    }
  }
  const grpc::Status ended = reader->Finish();
  if (ended.error_code() != grpc::StatusCode::CANCELLED) {
    result.Update(ops::from_grpc(ended, connection));
  }
  return result;
}

}  // namespace

class Receiving::Threads {
 public:
  Threads(ClientSession& session, const ReceiveOptions& options,
          const std::vector<RouteBroker>& brokers)
      : session_(session),
        options_(options),
        deadline_(std::chrono::steady_clock::now() + milliseconds(options.wait_ms)),
        wanted_(options.count, brokers.size()),
        errors_(brokers.size()) {
    for (size_t i = 0; i < brokers.size(); ++i) {
      threads_.emplace_back(
          [this, i, broker = brokers[i], &stub = session.stub(brokers[i].address)] {
            receive_from(i, broker, stub);
          });
    }
  }

  ~Threads() { stop(); }

  std::vector<ReceivedMessage> next() {
    MutexLock lock(mutex_);
    while (messages_.empty() && ended_ < threads_.size() &&
           std::chrono::steady_clock::now() < deadline_) {
      end_turn();
      changed_.wait_until(mutex_, std::min(deadline_, std::chrono::steady_clock::now() + kTurn));
    }
    return std::exchange(messages_, {});
  }

  std::vector<ReceivedMessage> stop() {
    wanted_.end();
    {
      MutexLock lock(mutex_);
      stopping_ = true;
      stopped_.notify_all();
      for (Call& call : calls_) {
        call.context->TryCancel();
      }
    }
    for (std::thread& thread : threads_) {
      thread.join();
    }
    threads_.clear();
    MutexLock lock(mutex_);
    return std::exchange(messages_, {});
  }

  std::vector<absl::Status> errors() {
    MutexLock lock(mutex_);
    return errors_;
  }

 private:
  struct Call {
    grpc::ClientContext* context;
    Instant turn_ends;
  };

  void receive_from(size_t index, const RouteBroker& broker, rmq::MessagingService::Stub& stub) {
    absl::Status status;
    while (status.ok() || may_come_back(status)) {
      const size_t asked = wanted_.take(index);
      if (asked == 0) {
        break;
      }
      std::vector<ReceivedMessage> received;
      status = receive_some(broker, stub, asked, received);
      wanted_.settle(asked, received.size());
      MutexLock lock(mutex_);
      std::move(received.begin(), received.end(), std::back_inserter(messages_));
      errors_[index] = status;
      changed_.notify_all();
    }
    MutexLock lock(mutex_);
    ++ended_;
    changed_.notify_all();
  }

  // A broker that was not reached may be restarting: true after a while, unless all is over.
  bool may_come_back(const absl::Status& status) {
    if (!ops::is_unreached(status)) {
      return false;
    }
    const auto again = std::chrono::steady_clock::now() + kAskAgain;
    MutexLock lock(mutex_);
    while (!stopping_ && std::chrono::steady_clock::now() < std::min(again, deadline_)) {
      stopped_.wait_until(mutex_, std::min(again, deadline_));
    }
    return !stopping_ && std::chrono::steady_clock::now() < deadline_;
  }

  absl::Status receive_some(const RouteBroker& broker, rmq::MessagingService::Stub& stub,
                            size_t asked, std::vector<ReceivedMessage>& received) {
    const auto now = std::chrono::steady_clock::now();
    const int64_t left_ms = std::chrono::duration_cast<milliseconds>(deadline_ - now).count();
    const int64_t poll_ms = std::clamp(left_ms, kPollMsMin, kPollMsMax);
    grpc::ClientContext context;
    session_.prepare(context, poll_ms + kPollGraceMs);
    {
      MutexLock lock(mutex_);
      if (stopping_) {
        return absl::OkStatus();
      }
      calls_.push_back({&context, now + kTurn});
    }
    rmq::ReceiveMessageRequest request = receive_request(options_, broker, poll_ms);
    request.set_batch_size(static_cast<int32_t>(asked));
    const absl::Status status =
        receive_once(stub, session_.connection(broker.address), context, request, broker, received);
    MutexLock lock(mutex_);
    std::erase_if(calls_, [&](const Call& call) { return call.context == &context; });
    return status;
  }

  // Lets others be asked for what a broker does not seem to have.
  void end_turn() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (!wanted_.is_contended()) {
      return;
    }
    const auto now = std::chrono::steady_clock::now();
    for (Call& call : calls_) {
      if (call.turn_ends <= now) {
        call.context->TryCancel();
      }
    }
  }

  ClientSession& session_;
  const ReceiveOptions options_;
  const Instant deadline_;
  WantedMessages wanted_;
  Mutex mutex_;
  CondVar changed_;
  CondVar stopped_;
  std::vector<ReceivedMessage> messages_ ABSL_GUARDED_BY(mutex_);
  std::vector<Call> calls_ ABSL_GUARDED_BY(mutex_);
  std::vector<absl::Status> errors_ ABSL_GUARDED_BY(mutex_);
  size_t ended_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

Receiving::Receiving(ClientSession& session, const ReceiveOptions& options,
                     const std::vector<RouteBroker>& brokers)
    : threads_(std::make_unique<Threads>(session, options, brokers)) {}

Receiving::~Receiving() = default;

std::vector<ReceivedMessage> Receiving::next() { return threads_->next(); }

std::vector<ReceivedMessage> Receiving::stop() { return threads_->stop(); }

std::vector<absl::Status> Receiving::errors() const { return threads_->errors(); }

}  // namespace petrel::cli
