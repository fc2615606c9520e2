// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/engine/core_thread.h"

#include <pthread.h>

#include <algorithm>
#include <optional>
#include <vector>

namespace petrel::engine {

void CoreThread::start() {
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "core");
    run();
  });
}

void CoreThread::stop() {
  mailbox_.close();
  if (thread_.joinable()) thread_.join();
}

void CoreThread::run() {
  std::vector<std::unique_ptr<core::Request>> batch;
  std::optional<int64_t> due_us = core_.turn(batch);
  for (;;) {
    int64_t wait_us = decltype(mailbox_)::kWaitForever;
    if (due_us) wait_us = std::max<int64_t>(*due_us - clock_.mono_us(), 0);
    const bool open = mailbox_.drain(&batch, wait_us);
    due_us = core_.turn(batch);
    if (!open) return;
  }
}

}  // namespace petrel::engine
