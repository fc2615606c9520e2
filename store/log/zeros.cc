// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/log/zeros.h"

namespace petrel::store {
namespace {

char bytes[64 << 10];  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables): never written,
                       // so it costs no memory, which a const one in the binary would

}  // namespace

std::string_view zeros() { return {bytes, sizeof(bytes)}; }

}  // namespace petrel::store
