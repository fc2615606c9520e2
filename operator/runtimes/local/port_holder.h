// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace petrel::ops {

// The process that listens on a TCP port of this machine, for people: "petrel-broker
// --config=/.../broker-0/config.yaml (pid 4711)". Empty when there is none, or it is another user's
// and nobody may look. Any thread.
std::string port_holder(uint16_t port);

}  // namespace petrel::ops
