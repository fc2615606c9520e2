// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace apache::rocketmq::v2 {
class Resource;
}

namespace petrel {

// The name by which brokers know a client's topic or group: with the resource's own namespace, or
// else the one of the call's headers. Pure, callable from any thread.
std::string full_name(const apache::rocketmq::v2::Resource& resource,
                      std::string_view call_namespace);

}  // namespace petrel
