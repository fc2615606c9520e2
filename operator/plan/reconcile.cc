// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/plan/reconcile.h"

#include <utility>
#include <vector>

#include "common/status.h"

namespace petrel::ops {

namespace {

template <typename Documents>
void forget(Documents& documents, const std::string& id) {
  std::erase_if(documents,
                [&](const auto& document) { return document->deleting && document->id == id; });
}

bool refused(const Plan& plan) {
  for (const auto& [id, conditions] : plan.conditions) {
    for (const Condition& condition : conditions) {
      if (condition.type == "Accepted" && !condition.status) {
        return true;
      }
    }
  }
  return false;
}

// Whether the same action may well succeed a little later.
bool is_transient(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status) || absl::IsAborted(status);
}

// Only what is refused keeps the plan from being converged.
bool all_ready(const Plan& plan) {
  for (const auto& [id, conditions] : plan.conditions) {
    for (const Condition& condition : conditions) {
      if (condition.type == "Ready" && !condition.status) {
        return false;
      }
    }
  }
  return plan.actions.empty();
}

}  // namespace

absl::StatusOr<ReconcileResult> reconcile(Desired& desired, Runtime& runtime, const Clock& clock,
                                          int64_t timeout_ms, const Progress& progress) {
  const int64_t deadline_us = clock.mono_us() + timeout_ms * 1000;
  ReconcileResult result;
  while (true) {
    PETREL_ASSIGN_OR_RETURN(const Snapshot snapshot, runtime.observe());
    result.plan = decide(desired, snapshot);
    const bool settled =
        result.plan.converged() || (refused(result.plan) && all_ready(result.plan));
    if (settled || (result.plan.stuck && result.plan.actions.empty()) ||
        clock.mono_us() >= deadline_us) {
      return result;
    }
    result.last_error = absl::OkStatus();
    for (const Action& action : result.plan.actions) {
      progress(action);
      if (absl::Status acted = runtime.act(action); !acted.ok()) {
        result.last_error = annotate(acted, action.describe());
        if (!is_transient(acted)) {
          return result;
        }
        continue;
      }
      ++result.actions_done;
      if (action.kind == ActionKind::kForgetDocument) {
        forget(desired.topics, action.object);
        forget(desired.groups, action.object);
      }
    }
    if (result.plan.actions.empty() || !result.last_error.ok()) {
      runtime.wait();
    }
  }
}

}  // namespace petrel::ops
