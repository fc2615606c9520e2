// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/frontend/post.h"

#include "common/check.h"

namespace petrel::frontend {

void post(core::CorePort& core, std::unique_ptr<core::Request> request) {
  if (core.try_post(request)) {
    return;
  }
  PETREL_CHECK(request != nullptr);
  request->outcome = {core::OutcomeCode::kOverloaded, "the broker has too many requests waiting"};
  request->complete();
}

}  // namespace petrel::frontend
