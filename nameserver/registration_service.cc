// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <grpcpp/grpcpp.h>

#include <string>

#include "absl/base/thread_annotations.h"
#include "common/mutex.h"
#include "nameserver/services.h"
#include "petrel/nameserver/v1/registration.grpc.pb.h"

namespace petrel::nameserver {
namespace {

// absl::StatusCode has gRPC's numbers.
grpc::Status to_grpc(const absl::Status& status) {
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), std::string(status.message()));
}

// One broker's stream: a request, its answer, the next request. Lives until OnDone(), or as long as
// the registry knows it.
//
// The registry may end the stream on any thread, so all operations start under the mutex. gRPC
// completes none of them on the thread that starts it, so no callback meets the mutex locked by
// itself.
class RegisterStream final
    : public grpc::ServerBidiReactor<v1::RegisterRequest, v1::RegisterResponse>,
      public Registry::Connection,
      public std::enable_shared_from_this<RegisterStream> {
 public:
  explicit RegisterStream(Registry& registry) : registry_(registry) {}

  void start() {
    self_ = shared_from_this();
    id_ = registry_.connect(self_);
    read();
  }

  void close(const absl::Status& reason) override { finish(to_grpc(reason)); }

  void OnReadDone(bool ok) override {
    if (!ok) {
      registry_.disconnect(id_);
      return finish(grpc::Status::OK);
    }
    const absl::StatusOr<int64_t> held = registry_.handle(id_, request_);
    const bool leaving = request_.leaving();
    request_.Clear();
    if (!held.ok()) {
      registry_.disconnect(id_);
      return finish(to_grpc(held.status()));
    }
    response_.set_topics_version(*held);
    response_.set_taken_over(leaving && registry_.leave(id_));
    const MutexLock lock(mutex_);
    if (!finished_) {
      StartWrite(&response_);
    }
  }

  void OnWriteDone(bool ok) override {
    if (ok) {
      read();
    } else {
      finish(grpc::Status::OK);
    }
  }

  void OnCancel() override { registry_.disconnect(id_); }

  void OnDone() override {
    registry_.disconnect(id_);
    const std::shared_ptr<RegisterStream> last = std::move(self_);
  }

 private:
  void read() {
    const MutexLock lock(mutex_);
    if (!finished_) {
      StartRead(&request_);
    }
  }

  void finish(const grpc::Status& status) {
    const MutexLock lock(mutex_);
    if (!finished_) {
      finished_ = true;
      Finish(status);
    }
  }

  Registry& registry_;
  std::shared_ptr<RegisterStream> self_;
  ConnectionId id_;
  v1::RegisterRequest request_;
  v1::RegisterResponse response_;
  Mutex mutex_;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
};

class RegistrationService final : public v1::Registration::CallbackService {
 public:
  explicit RegistrationService(Registry& registry) : registry_(registry) {}

  grpc::ServerBidiReactor<v1::RegisterRequest, v1::RegisterResponse>* Register(
      grpc::CallbackServerContext* /*context*/) override {
    const auto stream = std::make_shared<RegisterStream>(registry_);
    stream->start();
    return stream.get();
  }

 private:
  Registry& registry_;
};

class AdminService final : public v1::NameserverAdmin::CallbackService {
 public:
  explicit AdminService(const Registry& registry) : registry_(registry) {}

  grpc::ServerUnaryReactor* ListBrokers(grpc::CallbackServerContext* context,
                                        const v1::ListBrokersRequest* /*request*/,
                                        v1::ListBrokersResponse* response) override {
    *response = registry_.list_brokers();
    return finish(context);
  }

  grpc::ServerUnaryReactor* ListTopics(grpc::CallbackServerContext* context,
                                       const v1::ListTopicsRequest* /*request*/,
                                       v1::ListTopicsResponse* response) override {
    *response = registry_.list_topics();
    return finish(context);
  }

 private:
  static grpc::ServerUnaryReactor* finish(grpc::CallbackServerContext* context) {
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }

  const Registry& registry_;
};

}  // namespace

std::unique_ptr<grpc::Service> make_registration_service(Registry& registry) {
  return std::make_unique<RegistrationService>(registry);
}

std::unique_ptr<grpc::Service> make_admin_service(const Registry& registry) {
  return std::make_unique<AdminService>(registry);
}

}  // namespace petrel::nameserver
