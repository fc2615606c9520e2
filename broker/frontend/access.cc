// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/frontend/access.h"

#include "common/check.h"

namespace petrel::frontend {

core::Outcome authorize_all(const Access& access, const core::Principal& principal,
                            std::span<const Need> needs) {
  PETREL_CHECK(!needs.empty());
  for (const Need& need : needs) {
    core::Outcome outcome = access.authorize(principal, need.action, need.kind, need.name);
    if (!outcome.ok()) {
      return outcome;
    }
  }
  return {};
}

}  // namespace petrel::frontend
