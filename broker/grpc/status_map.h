// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "apache/rocketmq/v2/definition.pb.h"
#include "broker/core/types.h"

// How the core's outcomes and our own refusals become apache.rocketmq.v2.Status. Pure functions.
namespace petrel::grpcfront {

namespace rmq = ::apache::rocketmq::v2;

// The result of looking at a request: OK, or the status to answer with.
struct Verdict {
  rmq::Code code = rmq::OK;
  std::string text;
  bool ok() const { return code == rmq::OK; }
};

rmq::Code to_code(core::OutcomeCode code);

void set_status(rmq::Code code, std::string_view text, rmq::Status* status);
void set_status(const Verdict& verdict, rmq::Status* status);
// The outcome's text, or the code's name where it has none.
void set_status(const core::Outcome& outcome, rmq::Status* status);
void set_ok(rmq::Status* status);

}  // namespace petrel::grpcfront
