// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/grpc/nameserver_query.h"

#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <chrono>
#include <utility>

#include "apache/rocketmq/v2/service.grpc.pb.h"
#include "common/mutex.h"
#include "common/rpc/channel_credentials.h"

namespace petrel::grpcfront {
namespace {

constexpr std::chrono::milliseconds kTimeout{1'000};

struct Query {
  grpc::ClientContext context;
  rmq::QueryRouteRequest request;
  rmq::QueryRouteResponse response;
  NameserverQuery::Done done;
};

std::shared_ptr<grpc::Channel> open_channel(const std::string& address,
                                            const std::string& ca_file) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1'000);
  // A nameserver that starts anew may have another address, and one that is gone may leave a
  // connection behind that nothing ends.
  arguments.SetInt(GRPC_ARG_DNS_MIN_TIME_BETWEEN_RESOLUTIONS_MS, 1'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 10'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 5'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  return grpc::CreateCustomChannel(address, tls_channel_credentials(ca_file), arguments);
}

class GrpcNameserverQuery final : public NameserverQuery {
 public:
  GrpcNameserverQuery(const std::vector<std::string>& nameservers, std::string client_id,
                      const std::string& ca_file)
      : client_id_(std::move(client_id)) {
    for (const std::string& address : nameservers) {
      stubs_.push_back(rmq::MessagingService::NewStub(open_channel(address, ca_file)));
    }
  }

  ~GrpcNameserverQuery() override {
    const MutexLock lock(mutex_);
    while (under_way_ > 0) {
      ended_.wait(mutex_);
    }
  }

  size_t nameservers() const override { return stubs_.size(); }

  void query(size_t nameserver, const std::string& topic, Done done) override {
    {
      const MutexLock lock(mutex_);
      ++under_way_;
    }
    auto query = std::make_shared<Query>();
    query->context.set_deadline(std::chrono::system_clock::now() + kTimeout);
    query->context.AddMetadata("x-mq-client-id", client_id_);
    query->request.mutable_topic()->set_name(topic);
    query->done = std::move(done);
    stubs_[nameserver]->async()->QueryRoute(
        &query->context, &query->request, &query->response,
        [this, query](const grpc::Status& status) { answer(*query, status); });
  }

 private:
  void answer(Query& query, const grpc::Status& status) {
    if (status.ok()) {
      std::move(query.done)(std::move(query.response));
    } else {
      std::move(query.done)(absl::UnavailableError(status.error_message()));
    }
    const MutexLock lock(mutex_);
    --under_way_;
    ended_.notify_all();
  }

  const std::string client_id_;
  std::vector<std::unique_ptr<rmq::MessagingService::Stub>> stubs_;
  Mutex mutex_;
  CondVar ended_;
  size_t under_way_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace

std::unique_ptr<NameserverQuery> make_nameserver_query(std::vector<std::string> nameservers,
                                                       std::string client_id,
                                                       const std::string& ca_file) {
  return std::make_unique<GrpcNameserverQuery>(nameservers, std::move(client_id), ca_file);
}

}  // namespace petrel::grpcfront
