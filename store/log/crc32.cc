// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/log/crc32.h"

#include <isa-l/crc.h>

namespace petrel::store {

uint32_t crc32_ieee(std::string_view bytes, uint32_t before) {
  return crc32_gzip_refl(before, reinterpret_cast<const unsigned char*>(bytes.data()),
                         bytes.size());
}

int32_t crc32_java(std::string_view bytes) {
  return static_cast<int32_t>(crc32_ieee(bytes) & 0x7FFFFFFF);
}

}  // namespace petrel::store
