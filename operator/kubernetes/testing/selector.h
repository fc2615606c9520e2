// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "operator/kubernetes/resource_type.h"

namespace petrel::k8s::testing {

// A parsed label selector ("a=b,c!=d,e in (f,g),h,!i") and field selector ("metadata.name=x,
// spec.nodeName!=y"). Immutable.
class Selector {
 public:
  // InvalidArgument for what is none.
  static absl::StatusOr<Selector> parse(std::string_view labels, std::string_view fields);

  bool matches(const Json& object) const;

 private:
  struct Term {
    std::string name;
    std::vector<std::string> values;  // empty: the label only has to be there
    bool negated = false;
    bool is_field = false;
  };
  static absl::StatusOr<Term> parse_term(std::string_view text);

  std::vector<Term> terms_;
};

}  // namespace petrel::k8s::testing
