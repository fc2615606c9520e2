// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/kubernetes/config.h"

#include <charconv>
#include <cstdlib>

#include "common/concat.h"
#include "common/file_util.h"
#include "common/status.h"

namespace petrel::k8s {
namespace {

constexpr int64_t kNameBytesMax = 4096;

std::string environment(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::vector<std::string> split_paths(std::string_view list) {
  std::vector<std::string> paths;
  while (!list.empty()) {
    const size_t end = std::min(list.find(':'), list.size());
    if (end > 0) {
      paths.emplace_back(list.substr(0, end));
    }
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return paths;
}

absl::Status bad_url(std::string_view url) {
  return absl::InvalidArgumentError(concat("'", url, "' is not like https://host:port/path"));
}

}  // namespace

absl::StatusOr<ServerUrl> parse_server_url(std::string_view url) {
  const std::string_view whole = url;
  ServerUrl parsed;
  if (url.starts_with("https://")) {
    url.remove_prefix(8);
  } else if (url.starts_with("http://")) {
    parsed.tls = false;
    parsed.port = 80;
    url.remove_prefix(7);
  } else {
    return bad_url(whole);
  }
  const size_t path_start = std::min(url.find('/'), url.size());
  parsed.path = url.substr(path_start);
  while (parsed.path.ends_with('/')) {
    parsed.path.pop_back();
  }
  std::string_view authority = url.substr(0, path_start);
  if (authority.starts_with('[')) {
    const size_t end = authority.find(']');
    if (end == std::string_view::npos) {
      return bad_url(whole);
    }
    parsed.host = authority.substr(1, end - 1);
    authority.remove_prefix(end + 1);
  } else {
    const size_t end = std::min(authority.find(':'), authority.size());
    parsed.host = authority.substr(0, end);
    authority.remove_prefix(end);
  }
  if (!authority.empty()) {
    const char* const end = authority.data() + authority.size();
    const auto [read, error] = std::from_chars(authority.data() + 1, end, parsed.port);
    if (authority.front() != ':' || error != std::errc() || read != end || parsed.port < 1 ||
        parsed.port > 65535) {
      return bad_url(whole);
    }
  }
  const bool plain = parsed.host.find_first_of("@?# \t\r\n") == std::string::npos &&
                     parsed.path.find_first_of("?# \t\r\n") == std::string::npos;
  if (parsed.host.empty() || !plain) {
    return bad_url(whole);
  }
  return parsed;
}

InClusterEnvironment in_cluster_environment() {
  return {.host = environment("KUBERNETES_SERVICE_HOST"),
          .port = environment("KUBERNETES_SERVICE_PORT")};
}

absl::StatusOr<ClientConfig> load_in_cluster(const InClusterEnvironment& environment) {
  if (environment.host.empty() || environment.port.empty()) {
    return absl::FailedPreconditionError(
        "not in a Pod: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set");
  }
  const bool is_ipv6 = environment.host.find(':') != std::string::npos;
  ClientConfig config;
  config.server = concat("https://", is_ipv6 ? "[" : "", environment.host, is_ipv6 ? "]" : "", ":",
                         environment.port);
  PETREL_RETURN_IF_ERROR(parse_server_url(config.server).status());
  config.certificate_authority.file = concat(environment.directory, "/ca.crt");
  config.token.file = concat(environment.directory, "/token");
  auto own_namespace = read_file(concat(environment.directory, "/namespace"), kNameBytesMax);
  if (own_namespace.ok() && !own_namespace->empty()) {
    config.default_namespace = *std::move(own_namespace);
  }
  return config;
}

absl::StatusOr<ClientConfig> load_default(const std::string& kubeconfig_file,
                                          const std::string& context) {
  if (!kubeconfig_file.empty()) {
    return load_kubeconfig({.files = {kubeconfig_file}, .context = context});
  }
  if (const auto files = split_paths(environment("KUBECONFIG")); !files.empty()) {
    return load_kubeconfig({.files = files, .context = context});
  }
  if (const InClusterEnvironment pod = in_cluster_environment(); !pod.host.empty()) {
    return load_in_cluster(pod);
  }
  return load_kubeconfig(
      {.files = {concat(environment("HOME"), "/.kube/config")}, .context = context});
}

}  // namespace petrel::k8s
