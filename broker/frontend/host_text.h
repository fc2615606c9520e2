// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "store/log/record.h"

namespace petrel::frontend {

// The addresses in records as text and back. Pure functions; any thread.

// "ip:port", IPv6 in brackets.
std::string format_host(const store::HostAddress& host);
// An address with port in this form; zeros for anything else.
store::HostAddress parse_host(std::string_view ip, uint16_t port);

}  // namespace petrel::frontend
