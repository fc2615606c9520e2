// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/resources/kinds.h"

namespace petrel::ops {

const std::vector<Kind>& kinds() {
  static const std::vector<Kind> all = {cluster_kind(), topic_kind(), group_kind()};
  return all;
}

const Kind* find_kind(std::string_view name) {
  for (const Kind& kind : kinds()) {
    if (kind.name == name) {
      return &kind;
    }
  }
  return nullptr;
}

}  // namespace petrel::ops
