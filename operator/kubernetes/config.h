// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

// Where the API server is and how to speak to it, read from kubeconfig files or from what a Pod is
// given. What is kept in files that others rotate stays a file name here; credentials.h reads it,
// again and again. Blocking calls for the start of a process.

namespace petrel::k8s {

// A value given as text, or the file that has it. The file wins when both are set and is read
// again later.
struct TextSource {
  std::string text;
  std::string file;
  bool empty() const { return text.empty() && file.empty(); }
};

// A program that prints credentials (client.authentication.k8s.io).
struct ExecPlugin {
  std::string api_version;
  std::string command;
  std::vector<std::string> arguments;
  std::vector<std::pair<std::string, std::string>> environment;
  std::string install_hint;
  // The text that the plugin finds in KUBERNETES_EXEC_INFO.
  std::string exec_info;
};

// Act as somebody else (RBAC verb "impersonate"). Nobody when the user is empty.
struct Impersonation {
  std::string user;
  std::string uid;
  std::vector<std::string> groups;
  std::map<std::string, std::vector<std::string>> extra;
};

struct ClientConfig {
  std::string server;  // https://host:port[/path]
  // The name that the server's certificate must have when it is not that of `server`.
  std::string tls_server_name;
  // http://host:port of a proxy that takes CONNECT; empty for none.
  std::string proxy_url;
  // Who may have signed the server's certificate, as PEM; the system's authorities when empty.
  TextSource certificate_authority;
  // PEM, both or none.
  TextSource client_certificate;
  TextSource client_key;
  TextSource token;
  std::optional<ExecPlugin> exec;
  Impersonation impersonation;
  // What the context or the Pod's own namespace says, else "default".
  std::string default_namespace = "default";
};

struct KubeconfigOptions {
  // Merged: the first file that says something about a name holds. Of several, those that are not
  // there are passed over; a single one must be there.
  std::vector<std::string> files;
  // The files' current-context when empty.
  std::string context;
};

// InvalidArgument with file and field for what cannot be used. TLS verification cannot be switched
// off: insecure-skip-tls-verify is refused.
absl::StatusOr<ClientConfig> load_kubeconfig(const KubeconfigOptions& options);

// What the kubelet gives to a Pod.
struct InClusterEnvironment {
  std::string host;  // KUBERNETES_SERVICE_HOST
  std::string port;  // KUBERNETES_SERVICE_PORT
  std::string directory = "/var/run/secrets/kubernetes.io/serviceaccount";
};
InClusterEnvironment in_cluster_environment();
// FailedPrecondition outside of a Pod.
absl::StatusOr<ClientConfig> load_in_cluster(
    const InClusterEnvironment& environment = in_cluster_environment());

// The file when one is named, else those of $KUBECONFIG, else the Pod's, else ~/.kube/config.
absl::StatusOr<ClientConfig> load_default(const std::string& kubeconfig_file,
                                          const std::string& context);

// "https://host:port/path" in parts; the host of an IPv6 address is without brackets.
struct ServerUrl {
  bool tls = true;
  std::string host;
  int port = 443;
  std::string path;  // "" or "/path"
};
absl::StatusOr<ServerUrl> parse_server_url(std::string_view url);

}  // namespace petrel::k8s
