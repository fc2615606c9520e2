// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/grpc/nameserver_query.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/support/async_unary_call.h>

#include <chrono>
#include <memory>
#include <thread>
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
  rmq::QueryRouteResponse response;
  grpc::Status status;
  std::unique_ptr<grpc::ClientAsyncResponseReader<rmq::QueryRouteResponse>> reader;

  Query(Line& asked, NameserverQuery::Done told)
      : line(asked), stub(asked.stub()), done(std::move(told)) {}
};

// Answers come on a thread of its own, not on those that the library keeps for callbacks: gRPC 1.51
// aborts now and then when the last channel that these serve ends soon after a call.
class GrpcNameserverQuery final : public NameserverQuery {
 public:
  GrpcNameserverQuery(const Clock& clock, std::vector<std::string> nameservers,
                      std::string client_id, const std::string& ca_file)
      : client_id_(std::move(client_id)) {
    for (std::string& address : nameservers) {
      lines_.push_back(std::make_unique<Line>(clock, std::move(address), ca_file));
    }
    thread_ = std::thread([this] { take_answers(); });
  }

  ~GrpcNameserverQuery() override {
    {
      const MutexLock lock(mutex_);
      while (under_way_ > 0) {
        ended_.wait(mutex_);
      }
    }
    queue_.Shutdown();
    thread_.join();
  }

  size_t nameservers() const override { return lines_.size(); }

  void query(size_t nameserver, const std::string& topic, Done done) override {
    {
      const MutexLock lock(mutex_);
      ++under_way_;
    }
    auto query = std::make_unique<Query>(*lines_[nameserver], std::move(done));
    query->context.set_deadline(std::chrono::system_clock::now() + kTimeout);
    query->context.AddMetadata("x-mq-client-id", client_id_);
    rmq::QueryRouteRequest request;
    request.mutable_topic()->set_name(topic);
    query->reader = query->stub->AsyncQueryRoute(&query->context, request, &queue_);
    Query* const asked = query.release();  // take_answers() gets it as a tag
    asked->reader->Finish(&asked->response, &asked->status, asked);
  }

 private:
  void take_answers() {
    void* tag = nullptr;
    bool ok = false;
    while (queue_.Next(&tag, &ok)) {
      answer(std::unique_ptr<Query>(static_cast<Query*>(tag)));
    }
  }

  void answer(std::unique_ptr<Query> query) {
    query->line.answered(*query->stub, query->status);
    if (query->status.ok()) {
      std::move(query->done)(std::move(query->response));
    } else {
      std::move(query->done)(absl::UnavailableError(query->status.error_message()));
    }
    query.reset();
    const MutexLock lock(mutex_);
    --under_way_;
    ended_.notify_all();
  }

  const std::string client_id_;
  std::vector<std::unique_ptr<Line>> lines_;
  grpc::CompletionQueue queue_;
  std::thread thread_;
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
