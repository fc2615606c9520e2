// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/kubernetes/lab_test/lab.h"

#include <unistd.h>

#include <cstdlib>

#include "common/concat.h"
#include "common/status.h"

namespace petrel::k8s {
namespace {

// The garbage collector learns of new kinds every 30 s, and waits for all of them.
constexpr int kWaitSeconds = 150;

ObjectKey definition_key() { return {"", "widgets.conformance.petrel.io"}; }

Json widget_definition() {
  return Json::parse(R"({
    "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
    "metadata": {"name": "widgets.conformance.petrel.io"},
    "spec": {
      "group": "conformance.petrel.io", "scope": "Namespaced",
      "names": {"plural": "widgets", "singular": "widget", "kind": "Widget"},
      "versions": [{
        "name": "v1", "served": true, "storage": true, "subresources": {"status": {}},
        "schema": {"openAPIV3Schema": {
          "type": "object",
          "properties": {
            "spec": {
              "type": "object",
              "properties": {"size": {"type": "integer", "format": "int64"}, "text": {"type": "string"}},
              "x-kubernetes-validations": [{"rule": "!has(self.size) || self.size < 9007199254740995",
                                            "message": "too big"}]},
            "status": {"type": "object", "properties": {"seen": {"type": "integer", "format": "int64"}}}
          }}}}]}})");
}

Lab* const lab = static_cast<Lab*>(::testing::AddGlobalTestEnvironment(new Lab()));

}  // namespace

Lab& Lab::get() { return *lab; }

absl::Status Lab::prepared() {
  if (!prepared_) {
    prepared_ = prepare();
  }
  return *prepared_;
}

absl::Status Lab::prepare() {
  const char* kubeconfig = std::getenv("KUBECONFIG");
  if (kubeconfig == nullptr || *kubeconfig == '\0') {
    return absl::FailedPreconditionError("KUBECONFIG must name a cluster to test with");
  }
  PETREL_ASSIGN_OR_RETURN(config, load_default("", ""));
  PETREL_ASSIGN_OR_RETURN(
      transport, make_http_transport(config, {.user_agent = "petrel-conformance-test"}, clock));
  client = std::make_unique<ApiClient>(*transport, clock,
                                       ApiClient::Options{.field_manager = "conformance"});
  resource_namespace = concat("conformance-", getpid());
  PETREL_RETURN_IF_ERROR(client
                             ->create(kNamespaces, {{"apiVersion", "v1"},
                                                    {"kind", "Namespace"},
                                                    {"metadata", {{"name", resource_namespace}}}})
                             .status());
  PETREL_RETURN_IF_ERROR(client->apply(kCustomResourceDefinitions, widget_definition()).status());
  const bool established =
      wait_until(kCustomResourceDefinitions, definition_key(), [](const Json& object) {
        return object.dump().find("\"type\":\"Established\"") != std::string::npos;
      });
  return established ? absl::OkStatus() : absl::UnavailableError("widgets are not established");
}

void Lab::TearDown() {
  if (!prepared_ || !prepared_->ok()) {
    return;
  }
  EXPECT_TRUE(client->remove(kNamespaces, {"", resource_namespace}).ok());
  EXPECT_TRUE(client->remove(kCustomResourceDefinitions, definition_key()).ok());
}

bool Lab::wait_until(const ResourceType& type, const ObjectKey& key,
                     const std::function<bool(const Json&)>& wanted) {
  CancelToken cancel;
  ApiClient::WatchOptions options;
  options.resource_namespace = key.resource_namespace;
  options.field_selector = concat("metadata.name=", key.name);
  options.timeout_s = kWaitSeconds;
  Json there;
  const auto version = client->list(type, options, [&](Json object) { there = std::move(object); });
  if (!version.ok()) {
    return false;
  }
  if (wanted(there)) {
    return true;
  }
  options.resource_version = *version;
  bool met = false;
  const absl::Status status = client->watch(
      type, options,
      [&](std::string_view event, const Json& object) {
        if (event != "BOOKMARK" && wanted(event == "DELETED" ? Json() : object)) {
          met = true;
          cancel.cancel();
        }
      },
      cancel);
  return met && absl::IsCancelled(status);
}

void LabTest::SetUp() {
  const absl::Status status = Lab::get().prepared();
  ASSERT_TRUE(status.ok()) << status;
}

Json LabTest::config_map(const std::string& name, const Json& data) {
  return {{"apiVersion", "v1"},
          {"kind", "ConfigMap"},
          {"metadata", {{"namespace", resource_namespace()}, {"name", name}}},
          {"data", data}};
}

Json LabTest::widget(const std::string& name, const Json& spec) {
  return {{"apiVersion", kWidgets.api_version()},
          {"kind", kWidgets.kind},
          {"metadata", {{"namespace", resource_namespace()}, {"name", name}}},
          {"spec", spec}};
}

}  // namespace petrel::k8s
