// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <yaml-cpp/yaml.h>

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/escaping.h"
#include "common/concat.h"
#include "common/file_util.h"
#include "common/status.h"
#include "common/yaml_documents.h"
#include "operator/kubernetes/config.h"

namespace petrel::k8s {
namespace {

constexpr int64_t kFileBytesMax = 4 << 20;

// The value of one entry of clusters, users or contexts, and where it was found.
struct Entry {
  YAML::Node value;
  std::string file;
  std::string name;
};
using Entries = std::map<std::string, Entry>;

struct Merged {
  Entries clusters;
  Entries users;
  Entries contexts;
  std::string current_context;
};

// A member of a map, or a null node: those that the library gives for missing members throw.
YAML::Node member_of(const YAML::Node& map, const std::string& name) {
  if (!map.IsMap()) {
    return {};
  }
  YAML::Node value = map[name];
  return value.IsDefined() ? value : YAML::Node();
}

// Reads one entry's fields. The first field that is of no use is kept as the error.
class Fields {
 public:
  explicit Fields(const Entry& entry) : entry_(entry) {}

  const absl::Status& error() const { return error_; }
  YAML::Node node(const char* field) const { return member_of(entry_.value, field); }
  bool has(const char* field) const { return !node(field).IsNull(); }

  std::string text(const char* field) {
    if (!has(field)) {
      return "";
    }
    if (!node(field).IsScalar()) {
      refuse(field, "must be text");
      return "";
    }
    return node(field).Scalar();
  }

  bool is_true(const char* field) { return text(field) == "true"; }

  // A field FIELD with a file's name and FIELD-data with its contents in base64, which wins.
  TextSource source(const char* field) {
    const std::string data_field = concat(field, "-data");
    const std::string data = text(data_field.c_str());
    TextSource source;
    if (!data.empty()) {
      if (!absl::Base64Unescape(data, &source.text)) {
        refuse(data_field.c_str(), "is not base64");
      }
      return source;
    }
    source.file = path(text(field));
    return source;
  }

  // Names of files are relative to the directory of the file that has them.
  std::string path(const std::string& name) const {
    if (name.empty() || name.front() == '/') {
      return name;
    }
    return (std::filesystem::path(entry_.file).parent_path() / name).string();
  }

  void refuse(const char* field, std::string_view why) {
    if (error_.ok()) {
      error_ =
          absl::InvalidArgumentError(concat(entry_.file, ": ", entry_.name, ": ", field, " ", why));
    }
  }

 private:
  const Entry& entry_;
  absl::Status error_;
};

void merge_list(const YAML::Node& list, const char* member, const std::string& file,
                Entries* entries) {
  if (!list.IsSequence()) {
    return;
  }
  for (const YAML::Node& item : list) {
    if (!member_of(item, "name").IsScalar()) {
      continue;
    }
    const std::string name = member_of(item, "name").Scalar();
    // The first file that has a name holds; emplace keeps what is there.
    entries->emplace(name, Entry{member_of(item, member), file, concat(member, " ", name)});
  }
}

absl::Status merge_file(const std::string& file, Merged* merged) {
  PETREL_ASSIGN_OR_RETURN(const std::string text, read_file(file, kFileBytesMax));
  for (const YAML::Node& document : load_yaml_documents(text)) {
    merge_list(member_of(document, "clusters"), "cluster", file, &merged->clusters);
    merge_list(member_of(document, "users"), "user", file, &merged->users);
    merge_list(member_of(document, "contexts"), "context", file, &merged->contexts);
    const YAML::Node current = member_of(document, "current-context");
    if (merged->current_context.empty() && current.IsScalar()) {
      merged->current_context = current.Scalar();
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<Merged> merge(const std::vector<std::string>& files) {
  Merged merged;
  for (const std::string& file : files) {
    absl::Status status;
    try {
      status = merge_file(file, &merged);
    } catch (const YAML::Exception& e) {
      status = absl::InvalidArgumentError(concat(file, ": ", e.what()));
    }
    if (!status.ok() && !(absl::IsNotFound(status) && files.size() > 1)) {
      return status;
    }
  }
  return merged;
}

absl::StatusOr<const Entry*> find(const Entries& entries, const std::string& name,
                                  std::string_view what) {
  const auto found = entries.find(name);
  if (found == entries.end()) {
    return absl::InvalidArgumentError(concat("kubeconfig has no ", what, " '", name, "'"));
  }
  return &found->second;
}

absl::Status read_cluster(const Entry& entry, ClientConfig* config) {
  Fields fields(entry);
  config->server = fields.text("server");
  config->tls_server_name = fields.text("tls-server-name");
  config->proxy_url = fields.text("proxy-url");
  config->certificate_authority = fields.source("certificate-authority");
  if (fields.is_true("insecure-skip-tls-verify")) {
    fields.refuse("insecure-skip-tls-verify",
                  "is refused: give certificate-authority or tls-server-name instead");
  }
  if (auto url = parse_server_url(config->server); !url.ok()) {
    fields.refuse("server", std::string(url.status().message()));
  }
  return fields.error();
}

void read_impersonation(Fields& fields, Impersonation* impersonation) {
  impersonation->user = fields.text("as");
  impersonation->uid = fields.text("as-uid");
  for (const YAML::Node& group : fields.node("as-groups")) {
    impersonation->groups.push_back(group.as<std::string>());
  }
  for (const auto& extra : fields.node("as-user-extra")) {
    impersonation->extra[extra.first.as<std::string>()] =
        extra.second.as<std::vector<std::string>>();
  }
}

absl::StatusOr<ExecPlugin> read_exec(const Fields& user) {
  const Entry entry{user.node("exec"), user.path("x"), "exec"};
  Fields fields(entry);
  ExecPlugin plugin;
  plugin.api_version = fields.text("apiVersion");
  plugin.install_hint = fields.text("installHint");
  plugin.command = fields.text("command");
  if (plugin.command.find('/') != std::string::npos) {
    plugin.command = fields.path(plugin.command);  // otherwise it is looked up in PATH
  }
  for (const YAML::Node& argument : fields.node("args")) {
    plugin.arguments.push_back(argument.as<std::string>());
  }
  for (const YAML::Node& variable : fields.node("env")) {
    plugin.environment.emplace_back(member_of(variable, "name").as<std::string>(),
                                    member_of(variable, "value").as<std::string>());
  }
  constexpr std::string_view kV1 = "client.authentication.k8s.io/v1";
  constexpr std::string_view kV1Beta1 = "client.authentication.k8s.io/v1beta1";
  if (plugin.api_version != kV1 && plugin.api_version != kV1Beta1) {
    fields.refuse("apiVersion", concat("must be ", kV1, " or ", kV1Beta1));
  }
  if (plugin.command.empty()) {
    fields.refuse("command", "is missing");
  }
  if (fields.text("interactiveMode") == "Always") {
    fields.refuse("interactiveMode", "Always: the plugin wants a terminal");
  }
  PETREL_RETURN_IF_ERROR(fields.error());
  return plugin;
}

// What the plugin may want to know of the cluster.
absl::StatusOr<std::string> exec_info(const ExecPlugin& plugin, bool with_cluster,
                                      const ClientConfig& config) {
  nlohmann::json spec = {{"interactive", false}};
  if (with_cluster) {
    nlohmann::json& cluster = spec["cluster"];
    cluster["server"] = config.server;
    std::string authority = config.certificate_authority.text;
    if (!config.certificate_authority.file.empty()) {
      PETREL_ASSIGN_OR_RETURN(authority,
                              read_file(config.certificate_authority.file, kFileBytesMax));
    }
    if (!authority.empty()) {
      cluster["certificate-authority-data"] = absl::Base64Escape(authority);
    }
    if (!config.tls_server_name.empty()) {
      cluster["tls-server-name"] = config.tls_server_name;
    }
    if (!config.proxy_url.empty()) {
      cluster["proxy-url"] = config.proxy_url;
    }
  }
  return nlohmann::json{
      {"apiVersion", plugin.api_version}, {"kind", "ExecCredential"}, {"spec", std::move(spec)}}
      .dump();
}

// After the cluster, of which plugins may be told.
absl::Status read_user(const Entry& entry, ClientConfig* config) {
  Fields fields(entry);
  config->client_certificate = fields.source("client-certificate");
  config->client_key = fields.source("client-key");
  config->token.text = fields.text("token");
  config->token.file = fields.path(fields.text("tokenFile"));
  read_impersonation(fields, &config->impersonation);
  if (config->client_certificate.empty() != config->client_key.empty()) {
    fields.refuse("client-certificate", "and client-key go together");
  }
  if (fields.has("auth-provider")) {
    fields.refuse("auth-provider", "was replaced by exec in Kubernetes 1.26");
  }
  if (fields.has("username") || fields.has("password")) {
    fields.refuse("username", "and password are not taken by Kubernetes since 1.19");
  }
  PETREL_RETURN_IF_ERROR(fields.error());
  if (fields.has("exec")) {
    PETREL_ASSIGN_OR_RETURN(ExecPlugin plugin, read_exec(fields));
    const YAML::Node with_cluster = member_of(fields.node("exec"), "provideClusterInfo");
    PETREL_ASSIGN_OR_RETURN(plugin.exec_info,
                            exec_info(plugin, with_cluster.as<bool>(false), *config));
    config->exec = std::move(plugin);
  }
  return absl::OkStatus();
}

absl::StatusOr<ClientConfig> config_of(const Merged& merged, const std::string& context_name) {
  if (context_name.empty()) {
    return absl::InvalidArgumentError("kubeconfig has no current-context, and none was named");
  }
  PETREL_ASSIGN_OR_RETURN(const Entry* context, find(merged.contexts, context_name, "context"));
  Fields fields(*context);
  ClientConfig config;
  if (const std::string name = fields.text("namespace"); !name.empty()) {
    config.default_namespace = name;
  }
  PETREL_ASSIGN_OR_RETURN(const Entry* cluster,
                          find(merged.clusters, fields.text("cluster"), "cluster"));
  PETREL_RETURN_IF_ERROR(read_cluster(*cluster, &config));
  if (const std::string user_name = fields.text("user"); !user_name.empty()) {
    PETREL_ASSIGN_OR_RETURN(const Entry* user, find(merged.users, user_name, "user"));
    PETREL_RETURN_IF_ERROR(read_user(*user, &config));
  }
  return config;
}

}  // namespace

absl::StatusOr<ClientConfig> load_kubeconfig(const KubeconfigOptions& options) {
  PETREL_ASSIGN_OR_RETURN(const Merged merged, merge(options.files));
  try {
    return config_of(merged, options.context.empty() ? merged.current_context : options.context);
  } catch (const YAML::Exception& e) {
    return absl::InvalidArgumentError(concat("kubeconfig: ", e.what()));
  }
}

}  // namespace petrel::k8s
