// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "bench/consumer.h"

#include <chrono>
#include <optional>

#include "bench/stamp.h"

namespace petrel::bench {
namespace {

constexpr std::chrono::seconds kAckTimeout{10};
constexpr std::chrono::seconds kPollTimeout{10};
constexpr std::chrono::seconds kPollDeadline{15};
constexpr std::chrono::milliseconds kRetryPause{100};

void add_failure(ErrorCounts& errors, const grpc::Status& status) {
  errors.add("grpc " + std::to_string(status.error_code()), status.error_message());
}

}  // namespace

// The tag of everything on the completion queue.
class Consumer::Call {
 public:
  virtual ~Call() = default;
  virtual void on_completed(bool ok) = 0;
};

class Consumer::StopSignal final : public Call {
 public:
  explicit StopSignal(Consumer& consumer) : consumer_(consumer) {}
  void on_completed(bool ok) override;

 private:
  Consumer& consumer_;
};

// One AckMessage call.
class Consumer::Ack final : public Call {
 public:
  explicit Ack(Consumer& consumer) : consumer_(consumer) {}

  void start(rmq::MessagingService::Stub& stub, const rmq::AckMessageRequest& request) {
    reader_.reset();  // lives in the memory of the call that the context owns
    context_.emplace();
    consumer_.session_.add_metadata(*context_);
    context_->set_deadline(std::chrono::system_clock::now() + kAckTimeout);
    response_.Clear();
    reader_ = stub.AsyncAckMessage(&*context_, request, &consumer_.queue_);
    reader_->Finish(&response_, &status_, this);
  }

  void on_completed(bool /*ok*/) override {
    Result& result = consumer_.result_;
    if (!status_.ok()) {
      add_failure(result.errors, status_);
    } else if (response_.status().code() != rmq::OK) {
      result.errors.add("ack " + rmq::Code_Name(response_.status().code()),
                        response_.status().message());
    }
    for (const rmq::AckMessageResultEntry& entry : response_.entries()) {
      if (entry.status().code() == rmq::OK) ++result.acknowledged;
    }
    consumer_.recycle(this);
  }

 private:
  Consumer& consumer_;
  std::optional<grpc::ClientContext> context_;
  std::unique_ptr<grpc::ClientAsyncResponseReader<rmq::AckMessageResponse>> reader_;
  rmq::AckMessageResponse response_;
  grpc::Status status_;
};

// One long poll after another on one connection.
class Consumer::Receive final : public Call {
 public:
  Receive(Consumer& consumer, const Session::Broker& broker, size_t connection)
      : consumer_(consumer), stub_(broker.channels[connection % broker.channels.size()]) {
    constexpr int kAnyQueue = -1;
    const Session::Options& session = consumer.session_.options();
    request_.mutable_group()->set_name(session.group);
    rmq::MessageQueue& queue = *request_.mutable_message_queue();
    queue.mutable_topic()->set_name(session.topic);
    queue.set_id(kAnyQueue);
    queue.set_permission(rmq::READ_WRITE);
    *queue.mutable_broker() = broker.broker;
    request_.mutable_filter_expression()->set_type(rmq::TAG);
    request_.mutable_filter_expression()->set_expression("*");
    request_.set_batch_size(consumer.options_.batch);
    request_.mutable_invisible_duration()->set_seconds(consumer.options_.invisible_s);
    request_.mutable_long_polling_timeout()->set_seconds(kPollTimeout.count());
  }

  void start() {
    state_ = State::kStarting;
    reader_.reset();  // lives in the memory of the call that the context owns
    context_.emplace();
    consumer_.session_.add_metadata(*context_);
    context_->set_deadline(std::chrono::system_clock::now() + kPollDeadline);
    ack_.Clear();
    code_ = rmq::CODE_UNSPECIFIED;
    reader_ = stub_.AsyncReceiveMessage(&*context_, request_, &consumer_.queue_, this);
  }

  void cancel() {
    if (state_ == State::kPausing) {
      pause_.Cancel();
    } else {
      context_->TryCancel();
    }
  }

  void on_completed(bool ok) override {
    switch (state_) {
      case State::kStarting:
      case State::kReading:
        read_or_finish(ok);
        return;
      case State::kFinishing:
        on_finished();
        return;
      case State::kPausing:
        next();
        return;
    }
  }

 private:
  enum class State { kStarting, kReading, kFinishing, kPausing };

  void read_or_finish(bool ok) {
    if (ok && state_ == State::kReading) on_content();
    if (!ok) {
      state_ = State::kFinishing;
      reader_->Finish(&status_, this);
      return;
    }
    state_ = State::kReading;
    reader_->Read(&response_, this);
  }

  void on_content() {
    if (response_.has_status()) {
      code_ = response_.status().code();
      if (code_ != rmq::OK && code_ != rmq::MESSAGE_NOT_FOUND) {
        consumer_.result_.errors.add("receive " + rmq::Code_Name(code_),
                                     response_.status().message());
      }
    } else if (response_.has_message()) {
      const rmq::SystemProperties& system = response_.message().system_properties();
      consumer_.on_message(response_.message());
      rmq::AckMessageEntry& entry = *ack_.add_entries();
      entry.set_message_id(system.message_id());
      entry.set_receipt_handle(system.receipt_handle());
    }
  }

  void on_finished() {
    const bool failed = !status_.ok() && !consumer_.stopping_;
    if (failed) add_failure(consumer_.result_.errors, status_);
    if (ack_.entries().empty()) {
      if (!consumer_.stopping_) ++consumer_.result_.empty_answers;
    } else {
      *ack_.mutable_group() = request_.group();
      *ack_.mutable_topic() = request_.message_queue().topic();
      consumer_.send_ack(stub_, ack_);
    }
    if ((failed || (code_ != rmq::OK && code_ != rmq::MESSAGE_NOT_FOUND)) && !consumer_.stopping_) {
      state_ = State::kPausing;
      pause_.Set(&consumer_.queue_, std::chrono::system_clock::now() + kRetryPause, this);
      return;
    }
    next();
  }

  void next() {
    if (consumer_.stopping_) {
      --consumer_.open_calls_;
    } else {
      start();
    }
  }

  Consumer& consumer_;
  rmq::MessagingService::Stub stub_;
  rmq::ReceiveMessageRequest request_;
  rmq::ReceiveMessageResponse response_;
  rmq::AckMessageRequest ack_;
  State state_ = State::kStarting;
  rmq::Code code_ = rmq::CODE_UNSPECIFIED;
  std::optional<grpc::ClientContext> context_;
  std::unique_ptr<grpc::ClientAsyncReader<rmq::ReceiveMessageResponse>> reader_;
  grpc::Status status_;
  grpc::Alarm pause_;
};

void Consumer::StopSignal::on_completed(bool /*ok*/) {
  consumer_.stopping_ = true;
  --consumer_.open_calls_;
  for (const auto& receive : consumer_.receives_) receive->cancel();
}

Consumer::Consumer(const Session& session, const Options& options, const Window& window)
    : session_(session),
      options_(options),
      window_(window),
      stop_signal_(std::make_unique<StopSignal>(*this)) {
  for (const Session::Broker& broker : session.brokers()) {
    for (int i = 0; i < options.receivers; ++i) {
      receives_.push_back(std::make_unique<Receive>(*this, broker, static_cast<size_t>(i)));
    }
  }
}

Consumer::~Consumer() {
  if (thread_.joinable()) stop();
}

void Consumer::start() {
  open_calls_ = static_cast<int>(receives_.size()) + 1;  // and the stop signal
  for (const auto& receive : receives_) receive->start();
  thread_ = std::thread([this] { run(); });
}

Consumer::Result Consumer::stop() {
  stop_alarm_.Set(&queue_, std::chrono::system_clock::now(), stop_signal_.get());
  thread_.join();
  return std::move(result_);
}

void Consumer::run() {
  void* tag = nullptr;
  bool ok = false;
  while (open_calls_ > 0 && queue_.Next(&tag, &ok)) static_cast<Call*>(tag)->on_completed(ok);
  queue_.Shutdown();
  while (queue_.Next(&tag, &ok)) {
  }
}

void Consumer::on_message(const rmq::Message& message) {
  const int64_t now_ns = monotonic_ns();
  ++result_.received;
  received_count_.store(result_.received, std::memory_order_relaxed);
  if (window_.contains(now_ns)) {
    ++result_.messages;
    result_.body_bytes += message.body().size();
    result_.last_done_ns = now_ns;
  }
  const std::optional<Stamp> stamp = read_stamp(message.body());
  if (!stamp || stamp->run_id != options_.run_id) return;
  if (!result_.seen.insert(stamp->number)) {
    ++result_.duplicates;
    return;
  }
  own_count_.store(own_count() + 1, std::memory_order_relaxed);
  if (window_.contains(stamp->sent_ns)) result_.end_to_end_ns.record(now_ns - stamp->sent_ns);
}

void Consumer::send_ack(rmq::MessagingService::Stub& stub, const rmq::AckMessageRequest& request) {
  if (free_acks_.empty()) {
    acks_.push_back(std::make_unique<Ack>(*this));
    free_acks_.push_back(acks_.back().get());
  }
  Ack* ack = free_acks_.back();
  free_acks_.pop_back();
  ++open_calls_;
  ack->start(stub, request);
}

void Consumer::recycle(Ack* ack) {
  --open_calls_;
  free_acks_.push_back(ack);
}

}  // namespace petrel::bench
