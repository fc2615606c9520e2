// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "common/concat.h"

namespace petrel::internal {

std::string concat_pieces(std::initializer_list<std::string_view> pieces) {
  size_t size = 0;
  for (const std::string_view piece : pieces) {
    size += piece.size();
  }
  std::string result;
  result.reserve(size);
  for (const std::string_view piece : pieces) {
    result.append(piece);
  }
  return result;
}

}  // namespace petrel::internal
