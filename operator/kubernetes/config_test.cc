// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/kubernetes/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>

#include "common/concat.h"
#include "common/temp_directory.h"

namespace petrel::k8s {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

// A file in a directory of the test; returns its path.
std::string write(const TempDirectory& directory, const std::string& name,
                  const std::string& text) {
  std::ofstream(directory.file(name)) << text;
  return directory.file(name);
}

constexpr char kOneOfEach[] = R"(
apiVersion: v1
kind: Config
current-context: first
clusters:
- name: c
  cluster:
    server: https://api.example.org:6443
    certificate-authority: pki/ca.crt
    tls-server-name: kubernetes
    proxy-url: http://proxy:3128
users:
- name: u
  user:
    token: secret
contexts:
- name: first
  context: {cluster: c, user: u, namespace: team}
- name: second
  context: {cluster: c}
)";

std::string with_user(const std::string& user) {
  return concat(R"(
current-context: x
clusters: [{name: c, cluster: {server: "https://h"}}]
contexts: [{name: x, context: {cluster: c, user: u}}]
users:
- name: u
  user: )",
                user);
}

absl::StatusOr<ClientConfig> load_text(const std::string& text) {
  const TempDirectory directory;
  return load_kubeconfig({.files = {write(directory, "config", text)}});
}

TEST(KubeconfigTest, AContextNamesClusterUserAndNamespace) {
  const TempDirectory directory;
  const auto config = load_kubeconfig({.files = {write(directory, "config", kOneOfEach)}});
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->server, "https://api.example.org:6443");
  EXPECT_EQ(config->tls_server_name, "kubernetes");
  EXPECT_EQ(config->proxy_url, "http://proxy:3128");
  EXPECT_EQ(config->certificate_authority.file, directory.file("pki/ca.crt"));
  EXPECT_EQ(config->token.text, "secret");
  EXPECT_EQ(config->default_namespace, "team");
}

TEST(KubeconfigTest, AnotherContextCanBeNamed) {
  const TempDirectory directory;
  const std::string file = write(directory, "config", kOneOfEach);
  const auto config = load_kubeconfig({.files = {file}, .context = "second"});
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_TRUE(config->token.empty());
  EXPECT_EQ(config->default_namespace, "default");

  EXPECT_THAT(load_kubeconfig({.files = {file}, .context = "third"}).status().message(),
              HasSubstr("no context 'third'"));
}

TEST(KubeconfigTest, DataWinsOverFiles) {
  const auto config = load_text(R"(
current-context: x
clusters: [{name: c, cluster: {server: "https://h", certificate-authority: f, certificate-authority-data: Q0E=}}]
contexts: [{name: x, context: {cluster: c, user: u}}]
users: [{name: u, user: {client-certificate-data: Q0VSVA==, client-key-data: S0VZ}}]
)");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->certificate_authority.text, "CA");
  EXPECT_EQ(config->certificate_authority.file, "");
  EXPECT_EQ(config->client_certificate.text, "CERT");
  EXPECT_EQ(config->client_key.text, "KEY");
}

TEST(KubeconfigTest, OfSeveralFilesTheFirstToSaySomethingHolds) {
  const TempDirectory directory;
  const std::string first = write(directory, "first", R"(
clusters: [{name: c, cluster: {server: "https://first"}}]
contexts: [{name: x, context: {cluster: c, user: u}}]
)");
  const std::string second = write(directory, "second", R"(
current-context: x
clusters: [{name: c, cluster: {server: "https://second"}}]
users: [{name: u, user: {token: t}}]
)");
  const auto config = load_kubeconfig({.files = {directory.file("missing"), first, second}});
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->server, "https://first");
  EXPECT_EQ(config->token.text, "t");
}

TEST(KubeconfigTest, FilesAreRelativeToTheFileThatNamesThem) {
  const TempDirectory one;
  const TempDirectory two;
  const std::string first = write(one, "config", R"(
current-context: x
contexts: [{name: x, context: {cluster: c, user: u}}]
users: [{name: u, user: {tokenFile: token, client-certificate: /abs/cert, client-key: key}}]
)");
  const std::string second =
      write(two, "config",
            "clusters: [{name: c, cluster: {server: 'https://h', certificate-authority: ca}}]");
  const auto config = load_kubeconfig({.files = {first, second}});
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->token.file, one.file("token"));
  EXPECT_EQ(config->client_certificate.file, "/abs/cert");
  EXPECT_EQ(config->client_key.file, one.file("key"));
  EXPECT_EQ(config->certificate_authority.file, two.file("ca"));
}

TEST(KubeconfigTest, JsonIsYaml) {
  const auto config = load_text(
      R"({"current-context":"x","clusters":[{"name":"c","cluster":{"server":"https://h"}}],
          "contexts":[{"name":"x","context":{"cluster":"c"}}],"users":null})");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->server, "https://h");
}

TEST(KubeconfigTest, AnExecPluginKnowsItsCluster) {
  const auto config = load_text(R"(
current-context: x
clusters: [{name: c, cluster: {server: "https://h", certificate-authority-data: Q0E=, tls-server-name: n}}]
contexts: [{name: x, context: {cluster: c, user: u}}]
users:
- name: u
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1
      command: login
      args: [get, token]
      env: [{name: REGION, value: north}]
      installHint: apt install login
      provideClusterInfo: true
      interactiveMode: IfAvailable
)");
  ASSERT_TRUE(config.ok()) << config.status();
  ASSERT_TRUE(config->exec.has_value());
  EXPECT_EQ(config->exec->command, "login");
  EXPECT_THAT(config->exec->arguments, ElementsAre("get", "token"));
  EXPECT_THAT(config->exec->environment, ElementsAre(Pair("REGION", "north")));
  EXPECT_EQ(config->exec->install_hint, "apt install login");
  EXPECT_EQ(nlohmann::json::parse(config->exec->exec_info), nlohmann::json::parse(R"({
    "apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential",
    "spec": {"interactive": false,
             "cluster": {"server": "https://h", "certificate-authority-data": "Q0E=",
                         "tls-server-name": "n"}}})"));
}

TEST(KubeconfigTest, APluginWithADirectoryIsRelativeToTheFile) {
  const TempDirectory directory;
  const auto config = load_kubeconfig(
      {.files = {write(directory, "config",
                       with_user("{exec: {apiVersion: client.authentication.k8s.io/v1beta1, "
                                 "command: ./login}}"))}});
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->exec->command, directory.file("./login"));
  EXPECT_EQ(config->exec->exec_info.find("cluster"), std::string::npos);
}

TEST(KubeconfigTest, ImpersonationIsRead) {
  const auto config = load_text(
      with_user("{as: jane, as-uid: '7', as-groups: [a, b], as-user-extra: {scopes: [view]}}"));
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->impersonation.user, "jane");
  EXPECT_EQ(config->impersonation.uid, "7");
  EXPECT_THAT(config->impersonation.groups, ElementsAre("a", "b"));
  EXPECT_THAT(config->impersonation.extra, ElementsAre(Pair("scopes", ElementsAre("view"))));
}

TEST(KubeconfigTest, WhatCannotBeUsedIsRefusedByName) {
  const auto message = [](const std::string& text) {
    return std::string(load_text(text).status().message());
  };
  EXPECT_THAT(message(with_user("{auth-provider: {name: gcp}}")), HasSubstr("auth-provider"));
  EXPECT_THAT(message(with_user("{username: a, password: b}")), HasSubstr("username"));
  EXPECT_THAT(message(with_user("{client-certificate: a}")), HasSubstr("go together"));
  EXPECT_THAT(message(with_user("{client-certificate-data: '%%', client-key-data: ''}")),
              HasSubstr("client-certificate-data is not base64"));
  EXPECT_THAT(message(with_user("{token: [1]}")), HasSubstr("token must be text"));
  EXPECT_THAT(message(with_user("{exec: {command: x}}")), HasSubstr("apiVersion must be"));
  EXPECT_THAT(message(with_user("{exec: {apiVersion: client.authentication.k8s.io/v1}}")),
              HasSubstr("command is missing"));
  EXPECT_THAT(message(with_user("{exec: {apiVersion: client.authentication.k8s.io/v1, command: x, "
                                "interactiveMode: Always}}")),
              HasSubstr("wants a terminal"));
  EXPECT_THAT(message(with_user("{exec: {apiVersion: client.authentication.k8s.io/v1, command: x, "
                                "args: [[1]]}}")),
              HasSubstr("kubeconfig: "));
  EXPECT_THAT(message(R"(
current-context: x
clusters: [{name: c, cluster: {server: "https://h", insecure-skip-tls-verify: true}}]
contexts: [{name: x, context: {cluster: c}}]
)"),
              HasSubstr("insecure-skip-tls-verify is refused"));
  EXPECT_THAT(message("current-context: x\ncontexts: [{name: x, context: {cluster: c}}]"),
              HasSubstr("no cluster 'c'"));
  EXPECT_THAT(message("contexts: []"), HasSubstr("no current-context"));
  EXPECT_THAT(message("a: [unclosed"), HasSubstr("config: "));
  EXPECT_THAT(message("- just\n- a list"), HasSubstr("no current-context"));
}

TEST(KubeconfigTest, ASingleFileMustBeThere) {
  const TempDirectory directory;
  EXPECT_FALSE(load_kubeconfig({.files = {directory.file("missing")}}).ok());
}

TEST(InClusterTest, APodHasTokenAuthorityAndNamespace) {
  const TempDirectory directory;
  write(directory, "namespace", "petrel-system");
  const auto config =
      load_in_cluster({.host = "10.96.0.1", .port = "443", .directory = directory.path()});
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->server, "https://10.96.0.1:443");
  EXPECT_EQ(config->token.file, directory.file("token"));
  EXPECT_EQ(config->certificate_authority.file, directory.file("ca.crt"));
  EXPECT_EQ(config->default_namespace, "petrel-system");
}

TEST(InClusterTest, AnIpv6AddressGetsBrackets) {
  const auto config = load_in_cluster({.host = "fd00::1", .port = "443", .directory = "/none"});
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->server, "https://[fd00::1]:443");
  EXPECT_EQ(config->default_namespace, "default");
}

TEST(InClusterTest, OutsideOfAPodThereIsNone) {
  EXPECT_TRUE(absl::IsFailedPrecondition(load_in_cluster({.host = "", .port = ""}).status()));
}

// Sets a variable of the environment for a scope.
class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) {
    if (const char* before = std::getenv(name)) {
      before_ = before;
    }
    setenv(name, value.c_str(), 1);
  }
  ~Variable() {
    if (before_) {
      setenv(name_, before_->c_str(), 1);
    } else {
      unsetenv(name_);
    }
  }

 private:
  const char* name_;
  std::optional<std::string> before_;
};

TEST(DefaultConfigTest, AFileThenTheVariableThenThePodThenTheHomeDirectory) {
  const TempDirectory directory;
  const auto file = [&](const std::string& name) {
    return write(directory, name,
                 concat("{current-context: x, clusters: [{name: c, cluster: {server: 'https://",
                        name, "'}}], contexts: [{name: x, context: {cluster: c}}]}"));
  };
  const std::string flag = file("flag");
  const std::string listed = file("listed");
  std::filesystem::create_directory(directory.file(".kube"));
  std::filesystem::copy_file(file("home"), directory.file(".kube/config"));

  const Variable home("HOME", directory.path());
  const Variable kubeconfig("KUBECONFIG", concat(directory.file("missing"), "::", listed));
  const Variable host("KUBERNETES_SERVICE_HOST", "10.0.0.1");
  const Variable port("KUBERNETES_SERVICE_PORT", "443");
  EXPECT_EQ(load_default(flag, "")->server, "https://flag");
  EXPECT_EQ(load_default("", "")->server, "https://listed");
  setenv("KUBECONFIG", "", 1);
  EXPECT_EQ(load_default("", "")->server, "https://10.0.0.1:443");
  unsetenv("KUBERNETES_SERVICE_HOST");
  EXPECT_EQ(load_default("", "")->server, "https://home");
}

TEST(ServerUrlTest, HostPortAndPath) {
  const auto url = parse_server_url("https://api.example.org:6443/clusters/one/");
  ASSERT_TRUE(url.ok());
  EXPECT_TRUE(url->tls);
  EXPECT_EQ(url->host, "api.example.org");
  EXPECT_EQ(url->port, 6443);
  EXPECT_EQ(url->path, "/clusters/one");

  EXPECT_EQ(parse_server_url("https://h")->port, 443);
  EXPECT_EQ(parse_server_url("http://h/")->port, 80);
  EXPECT_EQ(parse_server_url("http://h/")->path, "");
  EXPECT_EQ(parse_server_url("https://[fd00::1]:1")->host, "fd00::1");
  EXPECT_EQ(parse_server_url("https://[fd00::1]")->port, 443);
}

TEST(ServerUrlTest, BadOnesAreRefused) {
  for (const char* url :
       {"", "h:1", "ftp://h", "https://", "https://:1", "https://h:", "https://h:0",
        "https://h:70000", "https://h:1x", "https://[::1", "https://[::1]x", "https://u@h",
        "https://h/a?b", "https://h/a b", "https://h\r\nX: y"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(parse_server_url(url).status())) << url;
  }
}

}  // namespace
}  // namespace petrel::k8s
