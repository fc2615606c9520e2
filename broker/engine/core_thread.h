// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <thread>

#include "broker/core/broker_core.h"
#include "broker/core/core_port.h"
#include "common/bounded_mailbox.h"
#include "common/clock.h"

namespace petrel::engine {

// Runs a core::BrokerCore on a thread of its own.
class CoreThread final : public core::CorePort {
 public:
  // Requests that wait are at most so many, and hold at most so much, or are one.
  struct MailboxLimits {
    size_t requests = 65'536;
    size_t bytes = 64 << 20;
  };
  CoreThread(core::BrokerCore& core, const Clock& clock, const MailboxLimits& limits)
      : core_(core), clock_(clock), mailbox_(limits.requests, limits.bytes) {}
  ~CoreThread() override { stop(); }

  // After core::BrokerCore::start.
  void start();
  // Runs what is in the mailbox, then ends the thread. Nothing is taken any more.
  void stop();

  bool try_post(std::unique_ptr<core::Request>& request) override {
    const size_t bytes = request->held_bytes();
    return mailbox_.try_push(std::move(request), bytes);
  }
  void post_internal(std::unique_ptr<core::Request> request) override {
    mailbox_.push_unbounded(std::move(request));
  }
  size_t mailbox_size() const { return mailbox_.size(); }
  size_t mailbox_bytes() const { return mailbox_.bytes(); }

 private:
  void run();

  core::BrokerCore& core_;
  const Clock& clock_;
  BoundedMailbox<std::unique_ptr<core::Request>> mailbox_;
  std::thread thread_;
};

}  // namespace petrel::engine
