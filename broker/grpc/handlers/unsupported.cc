// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/grpc/handlers/handlers.h"
#include "common/concat.h"

namespace petrel::grpcfront {

Verdict not_implemented(std::string_view rpc) {
  return {rmq::NOT_IMPLEMENTED, concat("this broker does not offer ", rpc)};
}

}  // namespace petrel::grpcfront
