// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>

#include "common/clock.h"
#include "operator/kubernetes/testing/fake_api_server.h"
#include "operator/kubernetes/transport.h"
#include "operator/runtimes/kubernetes/kubernetes_runtime.h"

// For tests: an API server, a kubelet that makes Pods ready and ends them, brokers that live as
// long as their Pods run and keep their content like volumes do, and rounds of a reconciler.

namespace petrel::ops {

class KubernetesWorld {
 public:
  KubernetesWorld();
  ~KubernetesWorld();

  // What is declared from now on.
  void declare(std::shared_ptr<const DeclaredCluster> cluster);

  // The cluster's document was deleted, and another one of its name is there; what it owned is
  // still there. Nothing is noted.
  void document_is_made_again();
  // As kubectl annotate does; null removes it.
  void annotate(std::string_view annotation, const k8s::Json& text);
  std::string annotation(std::string_view name) const;

  struct Round {
    Snapshot snapshot;
    Plan plan;
    int failures = 0;
  };
  // Declare, observe, decide and act once.
  Round round();
  // Rounds and kubelets until nothing is left to do or to wait for, at most 200.
  Round settle();
  // The operator dies: whatever it kept in memory is lost.
  void restart_operator();
  // One step of all kubelets.
  void kubelets();

  k8s::Json status(const Snapshot& snapshot) const { return runtime_->status_fields(snapshot); }
  std::shared_ptr<const k8s::Json> pod(const std::string& name) const;
  k8s::Json object(const k8s::ResourceType& type, const std::string& name) const;
  // Names of all objects of a type.
  std::set<std::string> names(const k8s::ResourceType& type) const;

  ManualClock clock;
  k8s::testing::FakeApiServer server;
  Desired desired;
  // metadata.uid of the cluster's document.
  std::string uid;
  // By Pod.
  std::map<std::string, BrokerContent> contents;
  // Text in a configuration that programs refuse; empty: none.
  std::string refused;
  // Pods that a kubelet does not make ready.
  std::set<std::string> broken;
  // Pods whose broker does not find its store on its volume.
  std::set<std::string> strangers;
  // Pods that looked at a configuration.
  int checks_run = 0;
  // Most Pods that were declared and not ready at once, since it was set to 0.
  int not_ready_max = 0;
  KubernetesDefaults defaults{.broker_image = "broker:1", .nameserver_image = "nameserver:1"};

 private:
  bool run_check(const k8s::Json& pod);

  class Cache;
  class Brokers;

  std::unique_ptr<k8s::Transport> transport_;
  std::unique_ptr<k8s::ApiClient> api_;
  std::unique_ptr<Cache> cache_;
  std::unique_ptr<Brokers> brokers_;
  std::unique_ptr<KubernetesRuntime> runtime_;
  int ips_ = 0;
  int documents_ = 0;
};

}  // namespace petrel::ops
