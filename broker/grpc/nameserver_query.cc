// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/grpc/nameserver_query.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <chrono>
#include <utility>

#include "apache/rocketmq/v2/service.grpc.pb.h"
#include "common/mutex.h"
#include "common/rpc/dial.h"

namespace petrel::grpcfront {
namespace {

constexpr std::chrono::milliseconds kTimeout{1'000};
constexpr int64_t kRedialIntervalMs = 1'000;

// Where one nameserver is asked. A connection that fails may have failed for what the channel has
// of the authorities, so the next call dials again; one that takes its time is left to it.
class Line {
 public:
  using Stub = rmq::MessagingService::Stub;

  Line(const Clock& clock, std::string address, std::string ca_file)
      : clock_(clock), address_(std::move(address)), ca_file_(std::move(ca_file)) {}

  std::shared_ptr<Stub> stub() {
    const MutexLock lock(mutex_);
    const int64_t now_us = clock_.mono_us();
    if (stub_ == nullptr || (failed_ && now_us - dialled_us_ >= kRedialIntervalMs * 1000)) {
      stub_ = rmq::MessagingService::NewStub(dial(address_, ca_file_));
      dialled_us_ = now_us;
      failed_ = false;
    }
    return stub_;
  }
  void answered(const Stub& stub, const grpc::Status& status) {
    const MutexLock lock(mutex_);
    if (&stub == stub_.get()) {
      failed_ = status.error_code() == grpc::StatusCode::UNAVAILABLE;
    }
  }

 private:
  const Clock& clock_;
  const std::string address_;
  const std::string ca_file_;
  Mutex mutex_;
  std::shared_ptr<Stub> stub_ ABSL_GUARDED_BY(mutex_);
  int64_t dialled_us_ ABSL_GUARDED_BY(mutex_) = 0;
  bool failed_ ABSL_GUARDED_BY(mutex_) = false;  // for the last call
};

struct Query {
  Line& line;
  std::shared_ptr<Line::Stub> stub;
  NameserverQuery::Done done;
  grpc::ClientContext context;
  rmq::QueryRouteRequest request;
  rmq::QueryRouteResponse response;

  Query(Line& asked, NameserverQuery::Done told)
      : line(asked), stub(asked.stub()), done(std::move(told)) {}
};

class GrpcNameserverQuery final : public NameserverQuery {
 public:
  GrpcNameserverQuery(const Clock& clock, std::vector<std::string> nameservers,
                      std::string client_id, const std::string& ca_file)
      : client_id_(std::move(client_id)) {
    for (std::string& address : nameservers) {
      lines_.push_back(std::make_unique<Line>(clock, std::move(address), ca_file));
    }
  }

  ~GrpcNameserverQuery() override {
    const MutexLock lock(mutex_);
    while (under_way_ > 0) {
      ended_.wait(mutex_);
    }
  }

  size_t nameservers() const override { return lines_.size(); }

  void query(size_t nameserver, const std::string& topic, Done done) override {
    {
      const MutexLock lock(mutex_);
      ++under_way_;
    }
    auto query = std::make_shared<Query>(*lines_[nameserver], std::move(done));
    query->context.set_deadline(std::chrono::system_clock::now() + kTimeout);
    query->context.AddMetadata("x-mq-client-id", client_id_);
    query->request.mutable_topic()->set_name(topic);
    query->stub->async()->QueryRoute(
        &query->context, &query->request, &query->response,
        [this, query](const grpc::Status& status) { answer(*query, status); });
  }

 private:
  void answer(Query& query, const grpc::Status& status) {
    query.line.answered(*query.stub, status);
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
  std::vector<std::unique_ptr<Line>> lines_;
  Mutex mutex_;
  CondVar ended_;
  size_t under_way_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace

std::unique_ptr<NameserverQuery> make_nameserver_query(const Clock& clock,
                                                       std::vector<std::string> nameservers,
                                                       std::string client_id,
                                                       const std::string& ca_file) {
  return std::make_unique<GrpcNameserverQuery>(clock, std::move(nameservers), std::move(client_id),
                                               ca_file);
}

}  // namespace petrel::grpcfront
