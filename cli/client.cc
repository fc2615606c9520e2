// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "cli/client.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "apache/rocketmq/v2/service.grpc.pb.h"
#include "cli/client_wire.h"
#include "common/clock.h"
#include "common/concat.h"
#include "common/mutex.h"
#include "common/random.h"
#include "common/status.h"
#include "proto/endpoints.h"

namespace petrel::cli {

namespace {

using Stub = rmq::MessagingService::Stub;
using TelemetryStream = grpc::ClientReaderWriter<rmq::TelemetryCommand, rmq::TelemetryCommand>;

constexpr int64_t kCallTimeoutMs = 10'000;
// Servers take no shorter wait for messages than this, and no longer one than that.
constexpr int64_t kPollMsMin = 5'000;
constexpr int64_t kPollMsMax = 20'000;
constexpr int64_t kPollGraceMs = 5'000;
constexpr size_t kBatchMax = 32;
constexpr int64_t kReleasedAfterMs = 1'000;

google::protobuf::Duration duration(int64_t duration_ms) {
  google::protobuf::Duration result;
  result.set_seconds(duration_ms / 1000);
  result.set_nanos(static_cast<int32_t>(duration_ms % 1000 * 1'000'000));
  return result;
}

// One broker of a topic.
struct RouteBroker {
  rmq::Broker broker;
  std::string address;
  std::vector<int32_t> writable_queues;
  bool readable = false;
};

// A Telemetry stream, which a server wants to see before it serves a client.
struct Telemetry {
  grpc::ClientContext context;
  std::unique_ptr<TelemetryStream> stream;

  ~Telemetry() {
    if (stream != nullptr) {
      context.TryCancel();
      stream->Finish();
    }
  }
};

}  // namespace

class Client::Session {
 public:
  explicit Session(const ops::Connection& access_point)
      : access_point_(access_point),
        machine_(SystemRandom().next()),
        client_id_(concat("petrelctl@", getpid(), "@", machine_)) {}

  absl::StatusOr<std::vector<RouteBroker>> route(const std::string& topic);
  absl::Status greet(const std::string& address, const rmq::Settings& settings);
  Stub& stub(const std::string& address);
  ops::Connection connection(const std::string& address) const;
  void prepare(grpc::ClientContext& context, int64_t timeout_ms) const;
  std::string next_message_id() { return make_message_id(machine_, clock_.wall_ms(), ++number_); }
  const Clock& clock() const { return clock_; }
  size_t next_turn() { return turn_++; }
  rmq::Settings producer_settings(const std::string& topic) const;
  rmq::Settings consumer_settings(const ReceiveOptions& options) const;

  // One round trip of a unary call to a server.
  template <typename Request, typename Response>
  absl::Status call(const std::string& address,
                    grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                    const Request& request, Response* response) {
    grpc::ClientContext context;
    prepare(context, kCallTimeoutMs);
    return ops::from_grpc((stub(address).*method)(&context, request, response), address);
  }

 private:
  const ops::Connection access_point_;
  const SystemClock clock_;
  const uint64_t machine_;
  const std::string client_id_;
  uint32_t number_ = 0;
  size_t turn_ = 0;
  std::map<std::string, std::unique_ptr<Stub>> stubs_;
  std::map<std::string, std::unique_ptr<Telemetry>> telemetry_;
};

ops::Connection Client::Session::connection(const std::string& address) const {
  ops::Connection result = access_point_;
  result.address = address;
  return result;
}

Stub& Client::Session::stub(const std::string& address) {
  std::unique_ptr<Stub>& stub = stubs_[address];
  if (stub == nullptr) {
    stub = rmq::MessagingService::NewStub(ops::make_channel(connection(address)));
  }
  return *stub;
}

void Client::Session::prepare(grpc::ClientContext& context, int64_t timeout_ms) const {
  context.AddMetadata("x-mq-client-id", client_id_);
  context.AddMetadata("x-mq-language", "CPP");
  context.AddMetadata("x-mq-protocol", "v2");
  context.AddMetadata("x-mq-client-version", "5.0.0");
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(timeout_ms));
}

absl::StatusOr<std::vector<RouteBroker>> Client::Session::route(const std::string& topic) {
  rmq::QueryRouteRequest request;
  request.mutable_topic()->set_name(topic);
  PETREL_ASSIGN_OR_RETURN(const HostPort host_port, parse_host_port(access_point_.address));
  set_endpoints(host_port, request.mutable_endpoints());
  rmq::QueryRouteResponse response;
  PETREL_RETURN_IF_ERROR(call(access_point_.address, &Stub::QueryRoute, request, &response));
  if (response.status().code() == rmq::TOPIC_NOT_FOUND) {
    return absl::NotFoundError(
        concat("there is no topic ", topic, "; create it with: petrelctl topic create ", topic));
  }
  PETREL_RETURN_IF_ERROR(annotate(from_status(response.status()), concat("topic ", topic)));
  std::vector<RouteBroker> brokers;
  for (const rmq::MessageQueue& queue : response.message_queues()) {
    auto found = std::find_if(brokers.begin(), brokers.end(), [&](const RouteBroker& known) {
      return known.broker.name() == queue.broker().name() &&
             known.broker.id() == queue.broker().id();
    });
    if (found == brokers.end()) {
      if (queue.broker().endpoints().addresses().empty()) {
        return absl::InternalError(
            concat("the server names no address of broker ", queue.broker().name()));
      }
      const rmq::Address& address = queue.broker().endpoints().addresses(0);
      brokers.push_back(
          {.broker = queue.broker(),
           .address = to_string(HostPort{address.host(), static_cast<uint16_t>(address.port())})});
      found = brokers.end() - 1;
    }
    if (queue.permission() == rmq::WRITE || queue.permission() == rmq::READ_WRITE) {
      found->writable_queues.push_back(queue.id());
    }
    found->readable |= queue.permission() == rmq::READ || queue.permission() == rmq::READ_WRITE;
  }
  return brokers;
}

rmq::Settings Client::Session::producer_settings(const std::string& topic) const {
  rmq::Settings settings;
  settings.set_client_type(rmq::PRODUCER);
  settings.mutable_publishing()->add_topics()->set_name(topic);
  *settings.mutable_request_timeout() = duration(kCallTimeoutMs);
  settings.mutable_user_agent()->set_language(rmq::CPP);
  return settings;
}

rmq::Settings Client::Session::consumer_settings(const ReceiveOptions& options) const {
  rmq::Settings settings;
  settings.set_client_type(rmq::SIMPLE_CONSUMER);
  rmq::Subscription& subscription = *settings.mutable_subscription();
  subscription.mutable_group()->set_name(options.group);
  rmq::SubscriptionEntry& entry = *subscription.add_subscriptions();
  entry.mutable_topic()->set_name(options.topic);
  entry.mutable_expression()->set_type(rmq::TAG);
  entry.mutable_expression()->set_expression(options.tags);
  *settings.mutable_request_timeout() = duration(kCallTimeoutMs);
  settings.mutable_user_agent()->set_language(rmq::CPP);
  return settings;
}

absl::Status Client::Session::greet(const std::string& address, const rmq::Settings& settings) {
  std::unique_ptr<Telemetry>& telemetry = telemetry_[address];
  if (telemetry != nullptr) {
    return absl::OkStatus();
  }
  auto opened = std::make_unique<Telemetry>();
  // The stream is open as long as this object lives, and a call is bounded by its own deadline;
  // this one bounds a program that hangs.
  constexpr int64_t kStreamTimeoutMs = 24LL * 3600 * 1000;
  prepare(opened->context, kStreamTimeoutMs);
  opened->stream = stub(address).Telemetry(&opened->context);
  rmq::TelemetryCommand command;
  *command.mutable_settings() = settings;
  if (opened->stream->Write(command)) {
    rmq::TelemetryCommand reply;
    while (opened->stream->Read(&reply)) {
      if (reply.has_settings()) {
        telemetry = std::move(opened);
        return absl::OkStatus();
      }
    }
  }
  const grpc::Status status = opened->stream->Finish();
  opened->stream.reset();
  return status.ok() ? absl::UnavailableError(concat(address, " ended the connection"))
                     : ops::from_grpc(status, address);
}

Client::Client(const ops::Connection& access_point)
    : session_(std::make_unique<Session>(access_point)) {}

Client::~Client() = default;

absl::StatusOr<std::vector<SentMessage>> Client::send(
    const std::string& topic, const std::vector<OutgoingMessage>& messages) {
  PETREL_ASSIGN_OR_RETURN(std::vector<RouteBroker> brokers, session_->route(topic));
  std::erase_if(brokers, [](const RouteBroker& broker) { return broker.writable_queues.empty(); });
  if (brokers.empty()) {
    return absl::PermissionDeniedError(concat("topic ", topic, " does not allow sending"));
  }
  const size_t turn = session_->next_turn();
  const RouteBroker& broker = brokers[turn % brokers.size()];
  PETREL_RETURN_IF_ERROR(session_->greet(broker.address, session_->producer_settings(topic)));
  rmq::SendMessageRequest request;
  for (const OutgoingMessage& message : messages) {
    rmq::Message* wire = request.add_messages();
    to_wire(message, topic, session_->clock().wall_ms(), wire);
    wire->mutable_system_properties()->set_message_id(session_->next_message_id());
    const auto& queues = broker.writable_queues;
    wire->mutable_system_properties()->set_queue_id(queues[turn / brokers.size() % queues.size()]);
  }
  rmq::SendMessageResponse response;
  PETREL_RETURN_IF_ERROR(session_->call(broker.address, &Stub::SendMessage, request, &response));
  if (response.status().code() != rmq::MULTIPLE_RESULTS) {
    PETREL_RETURN_IF_ERROR(from_status(response.status()));
  }
  std::vector<SentMessage> sent;
  for (const rmq::SendResultEntry& entry : response.entries()) {
    PETREL_RETURN_IF_ERROR(from_status(entry.status()));
    sent.push_back({entry.message_id(), broker.broker.name(), entry.offset()});
  }
  return sent;
}

namespace {

// What the receives from several brokers, each on a thread of its own, come to.
class Collector {
 public:
  Collector(size_t count, std::chrono::steady_clock::time_point deadline)
      : count_(count), deadline_(deadline) {}

  // How many are still wanted; 0 ends the thread. `context` is cancelled when none are any more.
  size_t begin(grpc::ClientContext& context) {
    MutexLock lock(mutex_);
    if (finished_ || messages_.size() >= count_) {
      return 0;
    }
    calls_.push_back(&context);
    return count_ - messages_.size();
  }

  // A call is over, well or not.
  void end(grpc::ClientContext& context, std::vector<ReceivedMessage> messages,
           const absl::Status& status) {
    MutexLock lock(mutex_);
    std::erase(calls_, &context);
    std::move(messages.begin(), messages.end(), std::back_inserter(messages_));
    if (!status.ok() && !finished_) {
      error_ = status;
      ++failed_;
    }
    changed_.notify_all();
  }

  // Returns when there is nothing left to wait for, after cancelling what still runs.
  void wait(size_t threads) {
    MutexLock lock(mutex_);
    while (messages_.size() < count_ && failed_ < threads &&
           std::chrono::steady_clock::now() < deadline_) {
      changed_.wait_until(mutex_, deadline_);
    }
    finished_ = true;
    for (grpc::ClientContext* call : calls_) {
      call->TryCancel();
    }
  }

  // After all threads have ended.
  std::vector<ReceivedMessage> take() {
    MutexLock lock(mutex_);
    return std::move(messages_);
  }
  absl::Status error() {
    MutexLock lock(mutex_);
    return error_;
  }

 private:
  const size_t count_;
  const std::chrono::steady_clock::time_point deadline_;
  Mutex mutex_;
  CondVar changed_;
  std::vector<ReceivedMessage> messages_ ABSL_GUARDED_BY(mutex_);
  std::vector<grpc::ClientContext*> calls_ ABSL_GUARDED_BY(mutex_);
  absl::Status error_ ABSL_GUARDED_BY(mutex_);
  size_t failed_ ABSL_GUARDED_BY(mutex_) = 0;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
};

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
  *request.mutable_invisible_duration() = duration(options.invisible_ms);
  *request.mutable_long_polling_timeout() = duration(poll_ms);
  return request;
}

// One receive: the messages that came, even when it ended badly.
absl::Status receive_once(Stub& stub, grpc::ClientContext& context,
                          const rmq::ReceiveMessageRequest& request, const RouteBroker& broker,
                          std::vector<ReceivedMessage>& messages) {
  const auto reader = stub.ReceiveMessage(&context, request);
  rmq::ReceiveMessageResponse response;
  absl::Status result;
  while (reader->Read(&response)) {
    if (response.has_message()) {
      absl::StatusOr<ReceivedMessage> message = from_wire(response.message(), broker.broker.name());
      if (message.ok()) {
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
    result.Update(ops::from_grpc(ended, broker.address));
  }
  return result;
}

}  // namespace

absl::StatusOr<std::vector<ReceivedMessage>> Client::receive(const ReceiveOptions& options) {
  PETREL_ASSIGN_OR_RETURN(std::vector<RouteBroker> brokers, session_->route(options.topic));
  std::erase_if(brokers, [](const RouteBroker& broker) { return !broker.readable; });
  if (brokers.empty()) {
    return absl::PermissionDeniedError(
        concat("topic ", options.topic, " does not allow receiving"));
  }
  for (const RouteBroker& broker : brokers) {
    PETREL_RETURN_IF_ERROR(session_->greet(broker.address, session_->consumer_settings(options)));
  }
  const auto deadline =
      std::chrono::steady_clock::now() + std::chrono::milliseconds(options.wait_ms);
  const int64_t poll_ms = std::clamp(options.wait_ms, kPollMsMin, kPollMsMax);
  Collector collector(options.count, deadline);
  std::vector<std::thread> threads;
  for (const RouteBroker& broker : brokers) {
    threads.emplace_back([&, &stub = session_->stub(broker.address)] {
      absl::Status status;
      while (status.ok()) {
        grpc::ClientContext context;
        session_->prepare(context, poll_ms + kPollGraceMs);
        const size_t wanted = collector.begin(context);
        if (wanted == 0) {
          return;
        }
        rmq::ReceiveMessageRequest request = receive_request(options, broker, poll_ms);
        request.set_batch_size(static_cast<int32_t>(std::min(wanted, kBatchMax)));
        std::vector<ReceivedMessage> messages;
        status = receive_once(stub, context, request, broker, messages);
        collector.end(context, std::move(messages), status);
      }
    });
  }
  collector.wait(threads.size());
  for (std::thread& thread : threads) {
    thread.join();
  }
  std::vector<ReceivedMessage> messages = collector.take();
  if (messages.empty() && !collector.error().ok()) {
    return collector.error();
  }
  while (messages.size() > options.count) {
    const ReceivedMessage& surplus = messages.back();
    const auto broker = std::find_if(brokers.begin(), brokers.end(), [&](const RouteBroker& b) {
      return b.broker.name() == surplus.broker;
    });
    rmq::ChangeInvisibleDurationRequest release;
    release.mutable_group()->set_name(options.group);
    release.mutable_topic()->set_name(options.topic);
    release.set_receipt_handle(surplus.receipt_handle);
    release.set_message_id(surplus.message_id);
    *release.mutable_invisible_duration() = duration(kReleasedAfterMs);
    rmq::ChangeInvisibleDurationResponse released;
    PETREL_RETURN_IF_ERROR(
        session_->call(broker->address, &Stub::ChangeInvisibleDuration, release, &released));
    messages.pop_back();
  }
  return messages;
}

absl::Status Client::acknowledge(const std::string& group,
                                 const std::vector<ReceivedMessage>& messages) {
  if (messages.empty()) {
    return absl::OkStatus();
  }
  PETREL_ASSIGN_OR_RETURN(const std::vector<RouteBroker> brokers,
                          session_->route(messages.front().topic));
  for (const RouteBroker& broker : brokers) {
    rmq::AckMessageRequest request;
    request.mutable_group()->set_name(group);
    request.mutable_topic()->set_name(messages.front().topic);
    for (const ReceivedMessage& message : messages) {
      if (message.broker == broker.broker.name()) {
        rmq::AckMessageEntry* entry = request.add_entries();
        entry->set_message_id(message.message_id);
        entry->set_receipt_handle(message.receipt_handle);
      }
    }
    if (request.entries().empty()) {
      continue;
    }
    rmq::AckMessageResponse response;
    PETREL_RETURN_IF_ERROR(session_->call(broker.address, &Stub::AckMessage, request, &response));
    for (const rmq::AckMessageResultEntry& entry : response.entries()) {
      PETREL_RETURN_IF_ERROR(
          annotate(from_status(entry.status()), concat("acknowledging ", entry.message_id())));
    }
    PETREL_RETURN_IF_ERROR(from_status(response.status()));
  }
  return absl::OkStatus();
}

}  // namespace petrel::cli
