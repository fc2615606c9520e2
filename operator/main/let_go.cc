// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/main/let_go.h"

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "common/clock.h"
#include "common/concat.h"
#include "common/status.h"
#include "common/version.h"
#include "operator/control/document_index.h"
#include "operator/kubernetes/config.h"
#include "operator/kubernetes/transport.h"

namespace petrel::ops {

namespace {

using k8s::Json;

constexpr int kAttemptsMax = 5;

// Others' finalizers stay; somebody else's change in between is noticed, and it is done again.
absl::Status remove_finalizer(k8s::ApiClient& api, const k8s::ResourceType& type, Json object) {
  for (int attempt = 1;; ++attempt) {
    if (!k8s::has_finalizer(object, kFinalizer)) {
      return absl::OkStatus();
    }
    Json finalizers = object.at("metadata").at("finalizers");
    finalizers.erase(std::remove(finalizers.begin(), finalizers.end(), kFinalizer),
                     finalizers.end());
    const absl::Status patched =
        api.merge_patch(type, k8s::key_of(object),
                        {{"metadata",
                          {{"resourceVersion", k8s::resource_version_of(object)},
                           {"finalizers", std::move(finalizers)}}}})
            .status();
    if (patched.ok() || absl::IsNotFound(patched)) {
      return absl::OkStatus();
    }
    if (!absl::IsAborted(patched) || attempt == kAttemptsMax) {
      return patched;
    }
    auto read = api.get(type, k8s::key_of(object));
    if (!read.ok()) {
      return absl::IsNotFound(read.status()) ? absl::OkStatus() : read.status();
    }
    object = *std::move(read);
  }
}

absl::Status collect(k8s::ApiClient& api, const k8s::ResourceType& type,
                     const std::string& resource_namespace, std::vector<Json>& objects) {
  k8s::ApiClient::ListOptions options;
  options.resource_namespace = resource_namespace;
  options.metadata_only = true;
  const size_t before = objects.size();
  options.on_restart = [&] { objects.resize(before); };
  const absl::Status listed = api.list(type, options,
                                       [&](Json object) {
                                         if (k8s::has_finalizer(object, kFinalizer)) {
                                           objects.push_back(std::move(object));
                                         }
                                       })
                                  .status();
  return absl::IsNotFound(listed) ? absl::OkStatus() : listed;
}

}  // namespace

absl::StatusOr<int> let_go(k8s::ApiClient& api, const std::vector<std::string>& namespaces) {
  int count = 0;
  for (const DocumentKind kind : {DocumentKind::kTopic, DocumentKind::kGroup}) {
    std::vector<Json> objects;
    if (namespaces.empty()) {
      PETREL_RETURN_IF_ERROR(collect(api, type_of(kind), "", objects));
    }
    for (const std::string& each : namespaces) {
      PETREL_RETURN_IF_ERROR(collect(api, type_of(kind), each, objects));
    }
    for (Json& object : objects) {
      PETREL_RETURN_IF_ERROR(remove_finalizer(api, type_of(kind), std::move(object)));
      ++count;
    }
  }
  return count;
}

int let_go_command(const std::vector<std::string>& namespaces, std::ostream& out) {
  const SystemClock clock;
  const auto run = [&]() -> absl::StatusOr<int> {
    PETREL_ASSIGN_OR_RETURN(const k8s::ClientConfig client, k8s::load_default("", ""));
    k8s::HttpTransportOptions options;
    options.user_agent = concat("petrel-operator/", kVersion, " (linux)");
    PETREL_ASSIGN_OR_RETURN(const std::unique_ptr<k8s::Transport> transport,
                            k8s::make_http_transport(client, options, clock));
    k8s::ApiClient api(*transport, clock, {.field_manager = "petrel-operator"});
    return let_go(api, namespaces);
  };
  const absl::StatusOr<int> count = run();
  if (!count.ok()) {
    out << count.status().ToString() << "\n";
    return EXIT_FAILURE;
  }
  out << "Let go of " << *count << " topics and groups.\n";
  return EXIT_SUCCESS;
}

}  // namespace petrel::ops
