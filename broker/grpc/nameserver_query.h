// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "broker/grpc/cluster_routes.h"
#include "common/clock.h"

namespace petrel::grpcfront {

// QueryRoute calls to the configured nameservers (host:port), with a deadline of a second.
// `client_id` is what they see as the caller, `ca_file` whose certificates they may show (empty:
// anyone's): it is read again after a connection failed, at most every second. Answers come on a
// thread of its own. The clock outlives it.
// Destroyed when no call is under way any more.
std::unique_ptr<NameserverQuery> make_nameserver_query(const Clock& clock,
                                                       std::vector<std::string> nameservers,
                                                       std::string client_id,
                                                       const std::string& ca_file);

}  // namespace petrel::grpcfront
