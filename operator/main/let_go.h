// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "operator/kubernetes/api_client.h"

// `petrel-operator let-go [NAMESPACE...]`: the last thing that an operator does before it is gone
// for good. Without it, a topic or group whose deletion policy asks brokers for something could not
// be deleted any more, nor its namespace, nor the definition of its kind.

namespace petrel::ops {

// Removes the operator's finalizer from all topics and groups of these namespaces, or of all when
// there are none. Nothing happens on brokers. How many had it; kinds that are not there have none.
// No operator may run: it would put the finalizers back.
absl::StatusOr<int> let_go(k8s::ApiClient& api, const std::vector<std::string>& namespaces);

// The same for main(): with the Pod's service account, or else the usual kubeconfig. The exit code.
int let_go_command(const std::vector<std::string>& namespaces, std::ostream& out);

}  // namespace petrel::ops
