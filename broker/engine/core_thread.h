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
  CoreThread(core::BrokerCore& core, const Clock& clock, size_t mailbox_capacity)
      : core_(core), clock_(clock), mailbox_(mailbox_capacity) {}
  ~CoreThread() override { stop(); }

  // After core::BrokerCore::start.
  void start();
  // Runs what is in the mailbox, then ends the thread. Nothing is taken any more.
  void stop();

  bool try_post(std::unique_ptr<core::Request>& request) override {
    return mailbox_.try_push(std::move(request));
  }
  void post_internal(std::unique_ptr<core::Request> request) override {
    mailbox_.push_unbounded(std::move(request));
  }
  size_t mailbox_size() const { return mailbox_.size(); }

 private:
  void run();

  core::BrokerCore& core_;
  const Clock& clock_;
  BoundedMailbox<std::unique_ptr<core::Request>> mailbox_;
  std::thread thread_;
};

}  // namespace petrel::engine
