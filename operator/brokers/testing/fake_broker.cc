// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/brokers/testing/fake_broker.h"

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_builder.h>

#include <chrono>

#include "common/check.h"
#include "common/clock.h"
#include "common/concat.h"
#include "common/tls.h"

namespace petrel::ops {

namespace v1 = petrel::admin::v1;

namespace {

std::shared_ptr<grpc::ServerCredentials> self_signed_credentials() {
  const absl::StatusOr<TlsIdentity> identity = make_self_signed_identity({}, SystemClock());
  PETREL_CHECK(identity.ok()) << identity.status();
  grpc::SslServerCredentialsOptions options;
  options.pem_key_cert_pairs.push_back({identity->private_key_pem, identity->certificate_pem});
  return grpc::SslServerCredentials(options);
}

}  // namespace

class FakeBroker::Service final : public v1::BrokerAdmin::Service {
 public:
  explicit Service(FakeBroker& broker) : broker_(broker) {}

  grpc::Status ListTopics(grpc::ServerContext*, const v1::ListTopicsRequest* request,
                          v1::ListTopicsResponse* response) override {
    const MutexLock lock(broker_.mutex_);
    broker_.topic_lists_.emplace_back(request->names().begin(), request->names().end());
    ++broker_.hanging_calls_;
    broker_.news_.notify_all();
    while (broker_.hanging_ && !broker_.stopping_) {
      broker_.news_.wait(broker_.mutex_);
    }
    --broker_.hanging_calls_;
    if (broker_.lists_to_fail_ > 0) {
      --broker_.lists_to_fail_;
      return {grpc::StatusCode::RESOURCE_EXHAUSTED, "try again"};
    }
    const std::set<std::string> names(request->names().begin(), request->names().end());
    for (const auto& [name, topic] : broker_.topics_) {
      if (!names.empty() && !names.contains(name)) {
        continue;
      }
      if (name <= request->after()) {
        continue;
      }
      if (request->limit() > 0 && response->topics_size() == request->limit()) {
        response->set_more(true);
        break;
      }
      *response->add_topics() = topic;
    }
    response->set_config_version(broker_.version_);
    return grpc::Status::OK;
  }

  grpc::Status DescribeBroker(grpc::ServerContext*, const v1::DescribeBrokerRequest*,
                              v1::DescribeBrokerResponse* response) override {
    const MutexLock lock(broker_.mutex_);
    response->set_store_id(kStoreId);
    *response->mutable_signs() = broker_.signs_;
    return grpc::Status::OK;
  }

  grpc::Status ListGroups(grpc::ServerContext*, const v1::ListGroupsRequest* request,
                          v1::ListGroupsResponse* response) override {
    const MutexLock lock(broker_.mutex_);
    const std::set<std::string> names(request->names().begin(), request->names().end());
    for (const std::string& name : broker_.groups_) {
      if (names.empty() || names.contains(name)) {
        v1::GroupStatus* group = response->add_groups();
        group->mutable_spec()->set_name(name);
        group->mutable_totals()->set_lag(name == broker_.lagging_ ? 1 : 0);
        if (name == broker_.lagging_ && !broker_.lagging_topic_.empty()) {
          v1::GroupStatus::Subscription* subscription = group->add_subscriptions();
          subscription->set_topic(broker_.lagging_topic_);
          subscription->set_lag(static_cast<int64_t>(broker_.lagging_queues_.size()));
          for (const int32_t id : broker_.lagging_queues_) {
            v1::GroupStatus::Subscription::Queue* queue = subscription->add_queues();
            queue->set_queue_id(id);
            queue->set_lag(1);
          }
        }
      }
    }
    return grpc::Status::OK;
  }

  grpc::Status DeleteTopics(grpc::ServerContext*, const v1::DeleteTopicsRequest* request,
                            v1::DeleteTopicsResponse* response) override {
    for (const std::string& name : request->names()) {
      if (request->only_empty() && broker_.topic_size(name) > 0) {
        response->add_kept(name);
      } else {
        response->set_config_version(broker_.delete_topic(name));
        response->add_deleted(name);
      }
    }
    return grpc::Status::OK;
  }

  grpc::Status DeleteGroups(grpc::ServerContext*, const v1::DeleteGroupsRequest* request,
                            v1::DeleteGroupsResponse* response) override {
    const MutexLock lock(broker_.mutex_);
    for (const std::string& name : request->names()) {
      if (broker_.groups_.erase(name) > 0) {
        response->add_deleted(name);
      }
    }
    return grpc::Status::OK;
  }

  // Ends with the broker, also when the watcher went away before.
  grpc::Status WatchConfig(grpc::ServerContext*, const v1::WatchConfigRequest*,
                           grpc::ServerWriter<v1::ConfigChanged>* writer) override {
    int64_t told = -1;
    for (;;) {
      v1::ConfigChanged message;
      {
        const MutexLock lock(broker_.mutex_);
        while (!broker_.stopping_ && (broker_.held_ || told == broker_.version_)) {
          broker_.news_.wait(broker_.mutex_);
        }
        if (broker_.stopping_) {
          return {grpc::StatusCode::UNAVAILABLE, "shutting down"};
        }
        message.set_config_version(broker_.version_);
        *message.mutable_signs() = broker_.signs_;
        message.set_all(told < 0);
        for (const Change& change : broker_.changes_) {
          if (told < 0 || change.version <= told) {
            continue;
          }
          change.is_topic ? message.add_topics(change.name) : message.add_groups(change.name);
        }
        told = broker_.version_;
      }
      if (!writer->Write(message)) {
        return grpc::Status::OK;
      }
    }
  }

 private:
  FakeBroker& broker_;
};

// As of a broker, told without a name; a version of its own wakes the watchers.
void FakeBroker::set_signs(const v1::BrokerSigns& signs) {
  const MutexLock lock(mutex_);
  signs_ = signs;
  ++version_;
  news_.notify_all();
}

FakeBroker::FakeBroker() : address_("127.0.0.1:0"), service_(std::make_unique<Service>(*this)) {
  start();
}

FakeBroker::~FakeBroker() { stop(); }

void FakeBroker::start() {
  {
    const MutexLock lock(mutex_);
    stopping_ = false;
  }
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort(address_, self_signed_credentials(), &port);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PING_STRIKES, 0);
  builder.RegisterService(service_.get());
  server_ = builder.BuildAndStart();
  PETREL_CHECK(server_ != nullptr) << address_;
  address_ = concat("127.0.0.1:", port);
}

void FakeBroker::stop() {
  if (server_ == nullptr) {
    return;
  }
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    news_.notify_all();
  }
  server_->Shutdown(std::chrono::system_clock::now());
  server_->Wait();
  server_.reset();
}

int64_t FakeBroker::changed(bool is_topic, const std::string& name) {
  changes_.push_back({++version_, is_topic, name});
  news_.notify_all();
  return version_;
}

int64_t FakeBroker::set_topic(const std::string& name, int32_t queues) {
  const MutexLock lock(mutex_);
  v1::TopicSpec& spec = *topics_[name].mutable_spec();
  spec.set_name(name);
  spec.set_read_queues(queues);
  spec.set_write_queues(queues);
  return changed(true, name);
}

int64_t FakeBroker::delete_topic(const std::string& name) {
  const MutexLock lock(mutex_);
  topics_.erase(name);
  return changed(true, name);
}

int64_t FakeBroker::set_group(const std::string& name) {
  const MutexLock lock(mutex_);
  groups_.insert(name);
  return changed(false, name);
}

void FakeBroker::set_topic_size(const std::string& name, int64_t size_bytes) {
  const MutexLock lock(mutex_);
  topics_[name].mutable_totals()->set_size_bytes(size_bytes);
}

int64_t FakeBroker::topic_size(const std::string& name) const {
  const MutexLock lock(mutex_);
  const auto found = topics_.find(name);
  return found == topics_.end() ? 0 : found->second.totals().size_bytes();
}

void FakeBroker::set_lagging(const std::string& group, const std::string& topic,
                             const std::vector<int32_t>& queues) {
  const MutexLock lock(mutex_);
  lagging_ = group;
  lagging_topic_ = topic;
  lagging_queues_ = queues;
}

void FakeBroker::set_queues(const std::string& topic, int32_t read, int32_t write) {
  const MutexLock lock(mutex_);
  v1::TopicStatus& status = topics_[topic];
  status.mutable_spec()->set_name(topic);
  status.mutable_spec()->set_read_queues(read);
  status.mutable_spec()->set_write_queues(write);
  status.clear_queues();
  for (int32_t i = 0; i < read; ++i) {
    v1::TopicStatus::Queue* queue = status.add_queues();
    queue->set_queue_id(i);
    queue->set_min_offset(4);
    queue->set_max_offset(5);
  }
}

bool FakeBroker::has_group(const std::string& name) const {
  const MutexLock lock(mutex_);
  return groups_.contains(name);
}

void FakeBroker::hold_watchers(bool held) {
  const MutexLock lock(mutex_);
  held_ = held;
  news_.notify_all();
}

void FakeBroker::hang_lists(bool hanging) {
  const MutexLock lock(mutex_);
  hanging_ = hanging;
  news_.notify_all();
}

void FakeBroker::await_hanging_list() {
  const MutexLock lock(mutex_);
  while (hanging_calls_ == 0) {
    news_.wait(mutex_);
  }
}

void FakeBroker::fail_lists(int count) {
  const MutexLock lock(mutex_);
  lists_to_fail_ = count;
}

std::vector<std::vector<std::string>> FakeBroker::topic_lists() const {
  const MutexLock lock(mutex_);
  return topic_lists_;
}

}  // namespace petrel::ops
