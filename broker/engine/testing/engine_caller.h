// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "broker/core/core_port.h"
#include "broker/core/request.h"
#include "common/check.h"
#include "store/log/record.h"

namespace petrel::engine {

// Completes requests on the thread that delivers them.
class CompletingSink final : public core::ReplySink {
 public:
  void deliver(std::vector<std::unique_ptr<core::Request>> finished) override {
    for (auto& request : finished) request->complete();
  }
};

class NobodyConnected final : public core::ClientLiveness {
 public:
  bool connected(std::string_view /*client_id*/) const override { return false; }
  std::vector<core::SentAnswer> take_sent() override { return {}; }
};

// A request that somebody waits for.
template <typename R>
class Awaited final : public R {
 public:
  struct Answer {
    core::Outcome outcome;
    std::vector<core::ReceiveRequest::Delivery> deliveries;  // of a receive
    int32_t queue_id = 0;                                    // of a send
    store::QueueOffset queue_offset{0};
  };
  std::future<Answer> answer() { return answer_.get_future(); }
  void complete() override {
    Answer answer{.outcome = this->outcome};
    if constexpr (std::is_same_v<R, core::ReceiveRequest>) {
      answer.deliveries = std::move(this->deliveries);
    } else if constexpr (std::is_same_v<R, core::SendRequest>) {
      answer.queue_id = this->messages[0].queue_id;
      answer.queue_offset = this->messages[0].queue_offset;
    } else if constexpr (std::is_same_v<R, core::AckRequest>) {
      // Of the whole request, or of its only entry.
      if (answer.outcome.ok()) answer.outcome = this->entries[0].outcome;
    }
    answer_.set_value(std::move(answer));
  }

 private:
  std::promise<Answer> answer_;
};

template <typename R>
using Answered = typename Awaited<R>::Answer;

// Posts what `fill` makes of a request. The answer comes whatever becomes of the engine: a request
// that is let go without one breaks its promise, and get() throws.
template <typename R, typename Fill>
std::future<Answered<R>> ask(core::CorePort& port, Fill fill) {
  auto request = std::make_unique<Awaited<R>>();
  fill(static_cast<R&>(*request));
  auto answer = request->answer();
  std::unique_ptr<core::Request> posted = std::move(request);
  PETREL_CHECK(port.try_post(posted)) << "the mailbox is full";
  return answer;
}

inline std::future<Answered<core::SendRequest>> send(core::CorePort& port, const std::string& topic,
                                                     const std::string& body) {
  return ask<core::SendRequest>(port, [&](core::SendRequest& r) {
    r.topic = topic;
    r.messages.push_back({.record = *store::encode_record({.topic = topic, .body = body})});
  });
}

// Of any queue. wait_until_us: on the engine's clock.
inline std::future<Answered<core::ReceiveRequest>> receive(core::CorePort& port,
                                                           const std::string& topic,
                                                           const std::string& group,
                                                           int64_t wait_until_us) {
  return ask<core::ReceiveRequest>(port, [&](core::ReceiveRequest& r) {
    r.topic = topic;
    r.group = group;
    r.batch_size = 16;
    r.invisible_ms = 60'000;
    r.wait_until_us = wait_until_us;
    r.cancel_id = port.new_cancel_id();
  });
}

inline std::future<Answered<core::AckRequest>> acknowledge(core::CorePort& port,
                                                           const std::string& topic,
                                                           const std::string& group,
                                                           const core::ReceiptHandle& handle) {
  return ask<core::AckRequest>(port, [&](core::AckRequest& r) {
    r.topic = topic;
    r.group = group;
    r.entries.push_back({.handle = handle, .outcome = {}});
  });
}

}  // namespace petrel::engine
