// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace petrel::store {

// CRC-32 with the IEEE polynomial, as java.util.zip.CRC32 computes it; of `bytes` behind others
// that have the checksum `before`.
uint32_t crc32_ieee(std::string_view bytes, uint32_t before = 0);

// The form in which RocketMQ keeps it in an int: without the highest bit.
int32_t crc32_java(std::string_view bytes);

}  // namespace petrel::store
