// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/server.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "common/mutex.h"
#include "operator/brokers/channel.h"
#include "petrel/admin/v1/admin.grpc.pb.h"

namespace petrel::ops {

// The admin service of a broker that holds nothing but what the test gave it, on a port of this
// machine: for tests. Any thread.
class FakeBroker {
 public:
  static constexpr const char* kStoreId = "store-of-a-fake";

  FakeBroker();
  ~FakeBroker();

  // On the same port each time.
  void start();
  void stop();
  Connection connection() const { return {.address = address_}; }

  // These return the new config_version.
  int64_t set_topic(const std::string& name, int32_t queues);
  int64_t delete_topic(const std::string& name);
  int64_t set_group(const std::string& name);
  void set_signs(const ::petrel::admin::v1::BrokerSigns& signs);
  // Changes nothing that watchers are told of.
  void set_topic_size(const std::string& name, int64_t size_bytes);

  // A message is in each queue that is read.
  void set_queues(const std::string& topic, int32_t read, int32_t write);
  int64_t topic_size(const std::string& name) const;
  // The group has a message of the topic before it in each of the queues.
  void set_lagging(const std::string& group, const std::string& topic = "",
                   const std::vector<int32_t>& queues = {});
  bool has_group(const std::string& name) const;

  // While held, watchers are told nothing.
  void hold_watchers(bool held);
  // While hanging, lists of topics are not answered.
  void hang_lists(bool hanging);
  void await_hanging_list();
  // The next so many lists of topics fail.
  void fail_lists(int count);

  // The names of each list of topics so far; no names for a list of all.
  std::vector<std::vector<std::string>> topic_lists() const;

 private:
  class Service;
  struct Change {
    int64_t version;
    bool is_topic;
    std::string name;
  };
  int64_t changed(bool is_topic, const std::string& name) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  std::string address_;
  std::unique_ptr<Service> service_;
  std::unique_ptr<grpc::Server> server_;

  mutable Mutex mutex_;
  CondVar news_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool held_ ABSL_GUARDED_BY(mutex_) = false;
  bool hanging_ ABSL_GUARDED_BY(mutex_) = false;
  int hanging_calls_ ABSL_GUARDED_BY(mutex_) = 0;
  int lists_to_fail_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t version_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<std::string, ::petrel::admin::v1::TopicStatus> topics_ ABSL_GUARDED_BY(mutex_);
  ::petrel::admin::v1::BrokerSigns signs_ ABSL_GUARDED_BY(mutex_);
  std::set<std::string> groups_ ABSL_GUARDED_BY(mutex_);
  std::string lagging_ ABSL_GUARDED_BY(mutex_);
  std::string lagging_topic_ ABSL_GUARDED_BY(mutex_);
  std::vector<int32_t> lagging_queues_ ABSL_GUARDED_BY(mutex_);
  std::vector<Change> changes_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::vector<std::string>> topic_lists_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace petrel::ops
