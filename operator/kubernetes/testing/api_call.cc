// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/kubernetes/testing/api_call.h"

#include <algorithm>
#include <vector>

namespace petrel::k8s::testing {
namespace {

std::string verb_of(const HttpRequest& request, bool has_name) {
  if (request.method == "GET") {
    const std::string watch = request.parameter("watch");
    return has_name ? "get" : watch == "1" || watch == "true" ? "watch" : "list";
  }
  if (request.method == "PATCH") {
    const bool apply = request.header("content-type").starts_with("application/apply-patch");
    return apply ? "apply" : "patch";
  }
  if (request.method == "POST") {
    return has_name ? "" : "create";
  }
  if (!has_name) {
    return "";
  }
  return request.method == "PUT" ? "update" : request.method == "DELETE" ? "delete" : "";
}

}  // namespace

std::vector<std::string> path_segments(std::string_view path) {
  std::vector<std::string> segments;
  while (!path.empty()) {
    path.remove_prefix(1);  // the slash
    const size_t end = std::min(path.find('/'), path.size());
    segments.push_back(percent_decode(path.substr(0, end)));
    path.remove_prefix(end);
  }
  return segments;
}

ApiCall ApiCall::of(const HttpRequest& request) {
  ApiCall call;
  const std::vector<std::string> path = path_segments(request.path);
  size_t at = 0;
  if (path.size() >= 3 && path[0] == "api") {
    call.version = path[1];
    at = 2;
  } else if (path.size() >= 4 && path[0] == "apis") {
    call.group = path[1];
    call.version = path[2];
    at = 3;
  } else {
    return call;
  }
  // "namespaces/NS/..." leads to what is in a namespace, unless it is about the namespace itself.
  const bool about_namespace =
      at + 2 >= path.size() || path[at + 2] == "status" || path[at + 2] == "finalize";
  if (path[at] == "namespaces" && !about_namespace) {
    call.key.resource_namespace = path[at + 1];
    at += 2;
  }
  call.plural = path[at];
  if (at + 1 < path.size()) {
    call.key.name = path[at + 1];
  }
  if (at + 2 < path.size()) {
    call.subresource = path[at + 2];
  }
  call.verb = verb_of(request, !call.key.name.empty());
  return call;
}

}  // namespace petrel::k8s::testing
