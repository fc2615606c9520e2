// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "operator/kubernetes/resource_type.h"
#include "operator/kubernetes/testing/http_listener.h"

namespace petrel::k8s::testing {

// What a request asks of the API, by its method, path and content type.
struct ApiCall {
  std::string verb;  // get list watch create update patch apply delete; empty: none of the API's
  std::string group;
  std::string version;
  std::string plural;  // empty for discovery and other paths
  std::string subresource;
  ObjectKey key;  // no name for a collection

  static ApiCall of(const HttpRequest& request);
};

// "/apis/petrel.io/v1" -> the text after the prefix, split at slashes and decoded.
std::vector<std::string> path_segments(std::string_view path);

}  // namespace petrel::k8s::testing
