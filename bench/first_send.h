// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace petrel::bench {

struct FirstSendOptions {
  std::vector<std::string> command;  // the server's program and its arguments
  std::string endpoint;
  std::string topic;  // one that the server has or creates
  double timeout_s = 30;
};

// Starts the server as a child process, tries every millisecond to connect and then to send one
// message, and answers how many milliseconds passed from just before the fork to the first OK. The
// child is ended with SIGTERM. Unavailable when it did not accept a message in time.
absl::StatusOr<double> measure_first_send_ms(const FirstSendOptions& options);

}  // namespace petrel::bench
