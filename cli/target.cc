// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "cli/target.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <stdlib.h>

#include <chrono>
#include <filesystem>
#include <system_error>

#include "common/concat.h"
#include "common/status.h"
#include "operator/runtimes/local/local_runtime.h"
#include "operator/runtimes/local/process.h"
#include "petrel/nameserver/v1/registration.grpc.pb.h"
#include "proto/endpoints.h"

namespace petrel::cli {

namespace {

namespace ns = petrel::nameserver::v1;

constexpr const char* kDefaultEndpoint = "127.0.0.1:8081";
constexpr std::chrono::seconds kCallTimeout{10};

absl::StatusOr<std::string> contexts_dir() {
  const char* home = getenv("HOME");
  if (home == nullptr || *home == '\0') {
    return absl::NotFoundError("HOME is not set; name the cluster's directory with --data");
  }
  return concat(home, "/.petrel");
}

std::string absolute(const std::string& path) {
  std::error_code ignored;  // a path that cannot be made absolute is told as it is
  return std::filesystem::absolute(path, ignored).lexically_normal().string();
}

// Directories of local clusters below ~/.petrel.
std::vector<std::string> known_data_dirs() {
  std::vector<std::string> found;
  const absl::StatusOr<std::string> contexts = contexts_dir();
  std::error_code error;
  if (contexts.ok()) {
    for (std::filesystem::directory_iterator entry(*contexts, error), end; !error && entry != end;
         entry.increment(error)) {
      const ops::Layout layout{.data_dir = entry->path().string()};
      if (std::filesystem::exists(layout.record_file(), error)) {
        found.push_back(layout.data_dir);
      }
    }
  }
  return found;
}

absl::StatusOr<std::string> chosen_data_dir(const Globals& globals) {
  if (!globals.data.empty()) {
    return globals.data;
  }
  if (!globals.context.empty()) {
    return default_data_dir(globals.context);
  }
  const std::vector<std::string> known = known_data_dirs();
  if (known.size() == 1) {
    return known.front();
  }
  if (known.empty()) {
    return absl::NotFoundError(
        "there is no local cluster; start one with petrelctl up -f FILE, or name one with --data");
  }
  std::string names;
  for (const std::string& dir : known) {
    names += concat(names.empty() ? "" : ", ", std::filesystem::path(dir).filename().string());
  }
  return absl::NotFoundError(
      concat("there are several local clusters; choose one of ", names, " with --context"));
}

// To what somebody named, who says whether it is to be encrypted: it need not be Petrel.
ops::Connection connection(const Globals& globals, const std::string& address) {
  return {
      .address = address, .tls = globals.tls || !globals.tls_ca.empty(), .ca_file = globals.tls_ca};
}

ops::Connection to_member(const Globals& globals, const std::string& address) {
  return {.address = address, .ca_file = globals.tls_ca};
}

// Whether a cluster was named, so that there is no default to fall back to.
bool names_cluster(const Globals& globals) {
  return !globals.data.empty() || !globals.context.empty();
}

// Empty when the endpoint is no nameserver.
absl::StatusOr<std::vector<BrokerPlace>> brokers_of_nameserver(const Globals& globals,
                                                               const ops::Connection& endpoint) {
  const auto stub = ns::NameserverAdmin::NewStub(ops::make_channel(endpoint));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kCallTimeout);
  ns::ListBrokersResponse response;
  const grpc::Status listed = stub->ListBrokers(&context, {}, &response);
  if (listed.error_code() == grpc::StatusCode::UNIMPLEMENTED) {
    return std::vector<BrokerPlace>();
  }
  PETREL_RETURN_IF_ERROR(ops::from_grpc(listed, endpoint));
  std::vector<BrokerPlace> places;
  for (const auto& entry : response.brokers()) {
    places.push_back({.name = entry.broker().broker_name(),
                      .connection = connection(globals, entry.broker().grpc_address()),
                      .missing = ""});
  }
  for (const auto& entry : response.gone()) {
    places.push_back(
        {.name = entry.broker().broker_name(),
         .connection = connection(globals, entry.broker().grpc_address()),
         .missing = concat("the nameserver lost it at ", format_time(entry.last_heard_ms()))});
  }
  if (places.empty()) {
    return absl::UnavailableError(
        concat("no broker has registered with the nameserver ", endpoint.address));
  }
  return places;
}

std::vector<ops::MemberId> broker_members(const LocalCluster& cluster) {
  std::vector<ops::MemberId> members = ops::existing_members(cluster.layout.data_dir);
  std::erase_if(members, [](const ops::MemberId& m) { return m.role != ops::Role::kBroker; });
  return members;
}

bool runs(const LocalCluster& cluster, const ops::MemberId& member) {
  const auto process = ops::read_process_record(cluster.layout.process_file(member));
  return process.ok() && process->has_value() && ops::is_running(**process);
}

// The addresses of those that run, of which there is at least one.
absl::StatusOr<std::vector<std::string>> running_brokers(const LocalCluster& cluster) {
  std::vector<std::string> addresses;
  for (const ops::MemberId& member : broker_members(cluster)) {
    if (runs(cluster, member)) {
      addresses.push_back(cluster.layout.grpc_address(member));
    }
  }
  if (addresses.empty()) {
    return absl::UnavailableError(concat(cluster.record.cluster.resource.name,
                                         " does not run; start it with petrelctl up -f FILE"));
  }
  return addresses;
}

}  // namespace

absl::StatusOr<std::string> default_data_dir(const std::string& cluster_name) {
  PETREL_ASSIGN_OR_RETURN(const std::string contexts, contexts_dir());
  return concat(contexts, "/", cluster_name);
}

absl::StatusOr<std::string> data_dir_of(const Globals& globals, const std::string& cluster_name) {
  if (!globals.data.empty()) {
    return absolute(globals.data);
  }
  PETREL_ASSIGN_OR_RETURN(
      const std::string data_dir,
      default_data_dir(globals.context.empty() ? cluster_name : globals.context));
  return absolute(data_dir);
}

absl::StatusOr<LocalCluster> find_local_cluster(const Globals& globals) {
  PETREL_ASSIGN_OR_RETURN(const std::string data_dir, chosen_data_dir(globals));
  LocalCluster cluster;
  cluster.layout.data_dir = absolute(data_dir);
  PETREL_ASSIGN_OR_RETURN(std::optional<ops::ClusterRecord> record,
                          ops::load_record(cluster.layout.record_file()));
  if (!record) {
    return absl::NotFoundError(
        concat("there is no cluster in ", data_dir, "; start one with petrelctl up -f FILE"));
  }
  cluster.record = *std::move(record);
  cluster.layout.port_base = cluster.record.port_base;
  return cluster;
}

absl::StatusOr<std::vector<ops::Connection>> access_points(const Globals& globals) {
  if (!globals.endpoint.empty()) {
    PETREL_RETURN_IF_ERROR(annotate(parse_host_port(globals.endpoint).status(), "--endpoint"));
    return std::vector<ops::Connection>{connection(globals, globals.endpoint)};
  }
  const absl::StatusOr<LocalCluster> cluster = find_local_cluster(globals);
  if (cluster.ok()) {
    PETREL_ASSIGN_OR_RETURN(const std::vector<std::string> addresses, running_brokers(*cluster));
    std::vector<ops::Connection> connections;
    for (const std::string& address : addresses) {
      connections.push_back(to_member(globals, address));
    }
    return connections;
  }
  if (names_cluster(globals) || !absl::IsNotFound(cluster.status()) || !known_data_dirs().empty()) {
    return cluster.status();
  }
  return std::vector<ops::Connection>{connection(globals, kDefaultEndpoint)};
}

absl::StatusOr<ops::Connection> access_point(const Globals& globals) {
  PETREL_ASSIGN_OR_RETURN(const std::vector<ops::Connection> connections, access_points(globals));
  return connections.front();
}

absl::StatusOr<std::vector<BrokerPlace>> broker_places(const Globals& globals) {
  std::vector<BrokerPlace> places;
  if (globals.endpoint.empty()) {
    const absl::StatusOr<LocalCluster> cluster = find_local_cluster(globals);
    if (cluster.ok()) {
      for (const ops::MemberId& member : broker_members(*cluster)) {
        places.push_back({.name = member.name(),
                          .connection = to_member(globals, cluster->layout.grpc_address(member)),
                          .missing = runs(*cluster, member)
                                         ? ""
                                         : "it does not run; petrelctl status tells more"});
      }
    }
  }
  if (places.empty()) {
    PETREL_ASSIGN_OR_RETURN(const ops::Connection endpoint, access_point(globals));
    PETREL_ASSIGN_OR_RETURN(places, brokers_of_nameserver(globals, endpoint));
    if (places.empty()) {
      places.push_back({.name = "", .connection = endpoint, .missing = ""});
    }
  }
  return places;
}

std::string bin_dir(const Globals& globals) {
  if (!globals.bin_dir.empty()) {
    return globals.bin_dir;
  }
  std::error_code error;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? "." : self.parent_path().string();
}

}  // namespace petrel::cli
