// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "broker/core/principal.h"
#include "broker/core/types.h"

// Who may do what. A front end has one place between the arrival of a call and its handler; there
// it names what the call needs leave for and asks, before anything else is done.
namespace petrel::frontend {

// RocketMQ's actions, and being connected at all.
enum class Action {
  kConnect,
  kPublish,    // send, and what belongs to it
  kSubscribe,  // receive, acknowledge, and what belongs to it
  kCreate,     // make or change: administration declares what should be there
  kUpdate,
  kDelete,
  kGet,
  kList,
};

enum class ResourceKind { kBroker, kTopic, kGroup };

// One thing that a call needs leave for.
struct Need {
  Action action = Action::kConnect;
  ResourceKind kind = ResourceKind::kBroker;
  std::string name = {};  // with its namespace, as the caller says it: perhaps of nothing that
                          // exists; empty for a broker, and for all of a kind
};

// Any thread; must not block, as it is asked on the threads that read calls.
class Access {
 public:
  virtual ~Access() = default;
  // kOk, or why not: as a rule kForbidden.
  virtual core::Outcome authorize(const core::Principal& principal, Action action,
                                  ResourceKind kind, std::string_view name) const = 0;
};

class AllowAll final : public Access {
 public:
  core::Outcome authorize(const core::Principal&, Action, ResourceKind,
                          std::string_view) const override {
    return {};
  }
};

// The first refusal, or kOk. At least one need: a call that needs leave for nothing is a mistake.
core::Outcome authorize_all(const Access& access, const core::Principal& principal,
                            std::span<const Need> needs);

}  // namespace petrel::frontend
