// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/grpc/handlers/not_offered.h"

#include "common/check.h"
#include "common/concat.h"

namespace petrel::grpcfront {

Verdict not_offered_verdict(const CallContext& context, std::string_view request) {
  constexpr std::string_view kSuffix = "Request";
  PETREL_CHECK(request.ends_with(kSuffix)) << request;
  Verdict verdict = check_context(context);
  if (!verdict.ok()) {
    return verdict;
  }
  request.remove_suffix(kSuffix.size());
  return {rmq::NOT_IMPLEMENTED, concat("this broker does not offer ", request)};
}

}  // namespace petrel::grpcfront
