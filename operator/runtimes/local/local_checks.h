// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"

// Small looks at ports and logs of this machine. Any thread.

namespace petrel::ops {

// What a member says of itself.
struct Readiness {
  enum class Kind {
    kReady,
    kNotReady,
    kNobody,  // listens there
    kSilent,  // takes the connection, and answers nothing for half a second
  };
  Kind kind = Kind::kNobody;
  std::string why;  // kNotReady: in its words
};

// Asks GET /readyz on the port of 127.0.0.1. Takes a second at most.
Readiness ask_readiness(uint16_t port);

// FailedPrecondition, saying what to do, when the port is taken.
absl::Status check_port_is_free(uint16_t port);

// The file's last line that is not empty, cut to what fits a message; "no output" when it has none.
std::string last_line(const std::string& file);

}  // namespace petrel::ops
