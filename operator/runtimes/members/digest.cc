// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/runtimes/members/digest.h"

#include <openssl/evp.h>

#include <array>
#include <cstddef>

#include "common/check.h"

namespace petrel::ops {

std::string digest_of(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> hash{};
  unsigned int size = 0;
  PETREL_CHECK_EQ(EVP_Digest(text.data(), text.size(), hash.data(), &size, EVP_sha256(), nullptr),
                  1);
  constexpr size_t kDigestBytes = 16;
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string result;
  for (size_t i = 0; i < kDigestBytes; ++i) {
    result += kHex[hash[i] >> 4];
    result += kHex[hash[i] & 15];
  }
  return result;
}

}  // namespace petrel::ops
