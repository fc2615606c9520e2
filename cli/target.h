// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cli/command.h"
#include "operator/brokers/channel.h"
#include "operator/runtimes/local/cluster_record.h"
#include "operator/runtimes/local/layout.h"

// Which cluster a command means.

namespace petrel::cli {

// A cluster that `petrelctl up` made on this machine.
struct LocalCluster {
  ops::Layout layout;
  ops::ClusterRecord record;
};

// ~/.petrel/NAME
absl::StatusOr<std::string> default_data_dir(const std::string& cluster_name);

// Where `up` keeps a cluster of that name: --data, else --context or the name below ~/.petrel.
// Absolute.
absl::StatusOr<std::string> data_dir_of(const Globals& globals, const std::string& cluster_name);

// --data, else --context below ~/.petrel, else the only cluster there. NotFound when there is none
// or there are several.
absl::StatusOr<LocalCluster> find_local_cluster(const Globals& globals);

// Where messages are sent to and received from: --endpoint, else the local cluster's brokers that
// run, any of which will do, else, when there is no local cluster, 127.0.0.1:8081. At least one;
// Unavailable when no broker of the local cluster runs.
absl::StatusOr<std::vector<ops::Connection>> access_points(const Globals& globals);

// The first of them.
absl::StatusOr<ops::Connection> access_point(const Globals& globals);

// Where a broker is, by the name that the nameserver or the local cluster has for it; empty when
// nobody has one.
struct BrokerPlace {
  std::string name;
  ops::Connection connection;
  // Why it is not to be asked; empty otherwise. Of a local cluster, the process does not run, and
  // whoever answers at its address is of another one. Of a nameserver, the broker has left it.
  std::string missing;
};

// All brokers of the cluster, those that do not run too: of --endpoint, which is a nameserver that
// knows them or one broker; else those of the local cluster; else that of 127.0.0.1:8081.
absl::StatusOr<std::vector<BrokerPlace>> broker_places(const Globals& globals);

// --bin-dir, else the directory that petrelctl is in.
std::string bin_dir(const Globals& globals);

}  // namespace petrel::cli
