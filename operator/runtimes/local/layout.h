// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "operator/plan/member.h"

namespace petrel::ops {

// Where the members of a cluster on this machine listen and keep their files. A value.
//
//   DATA/cluster.json               the documents that were applied (cluster_record.h)
//   DATA/lock                       held while one petrelctl changes things
//   DATA/broker-0/config.yaml       what the process was started with
//   DATA/broker-0/process.json      which process that is (process.h)
//   DATA/broker-0/stopping          which process was told to end, and when
//   DATA/broker-0/log               what it printed
//   DATA/broker-0/data/             its messages
//
// Ports: nameserver-0 has 8080 (gRPC) and 5558 (HTTP), broker-0 has 8081 and 5557; further brokers
// count up from 18081 and 15557, further nameservers from 28081 and 25558. With a port base B:
// nameserver i has B+2i and B+2i+1, broker i has B+100+2i and B+100+2i+1.
struct Layout {
  std::string data_dir;
  // 0: the ports above.
  int port_base = 0;

  uint16_t grpc_port(const MemberId& member) const;
  uint16_t http_port(const MemberId& member) const;
  // 127.0.0.1:port
  std::string grpc_address(const MemberId& member) const;

  std::string record_file() const { return data_dir + "/cluster.json"; }
  std::string lock_file() const { return data_dir + "/lock"; }
  std::string member_dir(const MemberId& member) const { return data_dir + "/" + member.name(); }
  std::string config_file(const MemberId& member) const {
    return member_dir(member) + "/config.yaml";
  }
  std::string process_file(const MemberId& member) const {
    return member_dir(member) + "/process.json";
  }
  std::string stopping_file(const MemberId& member) const {
    return member_dir(member) + "/stopping";
  }
  std::string log_file(const MemberId& member) const { return member_dir(member) + "/log"; }
  std::string store_dir(const MemberId& member) const { return member_dir(member) + "/data"; }
};

// The bounds of a port base that leave room for every member.
inline constexpr int kPortBaseMin = 1024;
inline constexpr int kPortBaseMax = 65000;

inline constexpr const char* kLocalHost = "127.0.0.1";

}  // namespace petrel::ops
