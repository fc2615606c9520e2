// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "broker/core/core_port.h"
#include "common/executor.h"

// What a front end works with, stepped by hand on one thread: for tests.
namespace petrel::frontend {

// Collects requests; the test answers them.
class FakeCore final : public core::CorePort {
 public:
  bool try_post(std::unique_ptr<core::Request>& request) override {
    if (full) {
      return false;
    }
    posted.push_back(std::move(request));
    return true;
  }
  void post_internal(std::unique_ptr<core::Request> request) override {
    posted.push_back(std::move(request));
  }
  // The oldest request, which must be a RequestT.
  template <typename RequestT>
  RequestT& front() {
    return dynamic_cast<RequestT&>(*posted.at(0));
  }
  // Answers the oldest request.
  void complete(core::OutcomeCode code = core::OutcomeCode::kOk) {
    std::unique_ptr<core::Request> request = std::move(posted.at(0));
    posted.erase(posted.begin());
    request->outcome.code = code;
    request->complete();
  }

  std::vector<std::unique_ptr<core::Request>> posted;
  bool full = false;
};

// Runs tasks when the test says so.
class FakeReaders final : public Executor {
 public:
  void post(absl::AnyInvocable<void() &&> task) override { tasks.push_back(std::move(task)); }
  void run() {
    for (auto& task : std::exchange(tasks, {})) {
      std::move(task)();
    }
  }
  std::vector<absl::AnyInvocable<void() &&>> tasks;
};

}  // namespace petrel::frontend
