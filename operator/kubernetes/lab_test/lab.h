// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "operator/kubernetes/api_client.h"
#include "operator/kubernetes/config.h"
#include "operator/kubernetes/transport.h"
#include "operator/kubernetes/waitable_clock.h"

// The client against a real API server, the one that $KUBECONFIG names, as somebody who may do
// everything. What must be so of the server: it has a controller manager, and it compacts its
// history often (--etcd-compaction-interval=5s).

namespace petrel::k8s {

// A kind of the tests' own: spec {size, text}, status {seen}; "size" has a greatest value.
inline const ResourceType kWidgets{"conformance.petrel.io", "v1", "widgets", "Widget"};

// The server compacts what is older than one or two of its intervals.
constexpr int kCompactionSecondsMax = 120;

// What all tests need on the server: a namespace of this run, and widgets. Made for the first test,
// removed after the last.
class Lab final : public ::testing::Environment {
 public:
  // The process's only one; owned by GoogleTest.
  static Lab& get();

  absl::Status prepared();
  void TearDown() override;

  // Watches the object until it is as wanted; a deleted one is null. False after some minutes.
  bool wait_until(const ResourceType& type, const ObjectKey& key,
                  const std::function<bool(const Json&)>& wanted);

  SystemWaitableClock clock;
  ClientConfig config;
  std::unique_ptr<Transport> transport;
  std::unique_ptr<ApiClient> client;
  std::string resource_namespace;

 private:
  absl::Status prepare();

  std::optional<absl::Status> prepared_;
};

class LabTest : public ::testing::Test {
 protected:
  void SetUp() override;

  static ApiClient& client() { return *Lab::get().client; }
  static std::string resource_namespace() { return Lab::get().resource_namespace; }
  static ObjectKey key(const std::string& name) { return {resource_namespace(), name}; }
  static Json config_map(const std::string& name, const Json& data = Json::object());
  static Json widget(const std::string& name, const Json& spec);
};

}  // namespace petrel::k8s
