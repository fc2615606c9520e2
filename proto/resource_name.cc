// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "proto/resource_name.h"

#include "apache/rocketmq/v2/definition.pb.h"
#include "proto/names.h"

namespace petrel {

std::string full_name(const apache::rocketmq::v2::Resource& resource,
                      std::string_view call_namespace) {
  const std::string_view own = resource.resource_namespace();
  return with_namespace(own.empty() ? call_namespace : own, resource.name());
}

}  // namespace petrel
