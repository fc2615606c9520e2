// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "broker/frontend/access.h"

namespace petrel::frontend {

// Refuses one name of one kind, or everything; remembers what was asked.
class Deny final : public Access {
 public:
  // Everything.
  Deny() = default;
  Deny(ResourceKind kind, std::string name) : all_(false), kind_(kind), name_(std::move(name)) {}

  core::Outcome authorize(const core::Principal&, Action action, ResourceKind kind,
                          std::string_view name) const override {
    const std::lock_guard lock(mutex_);
    asked_.push_back({action, kind, std::string(name)});
    if (all_ || (kind == kind_ && name == name_)) {
      return {core::OutcomeCode::kForbidden, "not for you"};
    }
    return {};
  }
  std::vector<Need> asked() const {
    const std::lock_guard lock(mutex_);
    return asked_;
  }

 private:
  const bool all_ = true;
  const ResourceKind kind_ = ResourceKind::kBroker;
  const std::string name_;
  mutable std::mutex mutex_;
  mutable std::vector<Need> asked_;
};

}  // namespace petrel::frontend
