// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "bench/first_send.h"

#include <fcntl.h>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <random>
#include <thread>

#include "apache/rocketmq/v2/service.grpc.pb.h"
#include "bench/connection.h"
#include "bench/send_template.h"
#include "bench/stamp.h"

namespace petrel::bench {
namespace {

namespace rmq = apache::rocketmq::v2;
constexpr std::chrono::milliseconds kPause{1};

// A server under measurement; its standard output goes to our standard error.
class Child {
 public:
  explicit Child(const std::vector<std::string>& command) {
    std::vector<char*> arguments;
    for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    pid_ = fork();
    if (pid_ != 0) return;
    dup2(STDERR_FILENO, STDOUT_FILENO);
    execvp(arguments[0], arguments.data());
    constexpr int kCannotExecute = 127;
    _exit(kCannotExecute);
  }
  ~Child() {
    if (pid_ <= 0 || has_ended_) return;
    kill(pid_, SIGTERM);
    waitpid(pid_, nullptr, 0);
  }
  bool is_running() {
    if (pid_ > 0 && !has_ended_) has_ended_ = waitpid(pid_, nullptr, WNOHANG) == pid_;
    return pid_ > 0 && !has_ended_;
  }

 private:
  pid_t pid_ = -1;
  bool has_ended_ = false;
};

bool can_connect(const rmq::Address& address) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const std::string port = std::to_string(address.port());
  if (getaddrinfo(address.host().c_str(), port.c_str(), &hints, &found) != 0) return false;
  const int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool connected = fd >= 0 && connect(fd, found->ai_addr, found->ai_addrlen) == 0;
  if (fd >= 0) close(fd);
  freeaddrinfo(found);
  return connected;
}

rmq::SendMessageRequest one_message(const std::string& topic) {
  const SendTemplate send({.topic = topic, .run_id = std::random_device()()});
  std::string bytes(send.size_bytes(), '\0');
  send.fill(monotonic_ns(), 0, bytes.data());
  rmq::SendMessageRequest request;
  request.ParseFromString(bytes);
  return request;
}

}  // namespace

absl::StatusOr<double> measure_first_send_ms(const FirstSendOptions& options) {
  const absl::StatusOr<rmq::Endpoints> endpoints = parse_endpoint(options.endpoint);
  if (!endpoints.ok()) return endpoints.status();
  if (can_connect(endpoints->addresses(0))) {
    return absl::AlreadyExistsError("something listens on " + options.endpoint);
  }
  const rmq::SendMessageRequest request = one_message(options.topic);
  const std::string client_id = make_client_id();
  std::string last_failure = "nothing listens";
  const int64_t begin_ns = monotonic_ns();
  const int64_t give_up_ns = begin_ns + static_cast<int64_t>(options.timeout_s * 1e9);
  Child server(options.command);
  std::unique_ptr<rmq::MessagingService::Stub> stub;
  for (; monotonic_ns() < give_up_ns && server.is_running(); std::this_thread::sleep_for(kPause)) {
    if (!stub) {
      // A refused gRPC connection would be tried again only after its back-off.
      if (!can_connect(endpoints->addresses(0))) continue;
      stub = rmq::MessagingService::NewStub(make_channel(options.endpoint, /*tls=*/false));
    }
    grpc::ClientContext context;
    add_client_metadata(context, client_id);
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(1));
    rmq::SendMessageResponse response;
    const grpc::Status status = stub->SendMessage(&context, request, &response);
    if (status.ok() && response.status().code() == rmq::OK) {
      return static_cast<double>(monotonic_ns() - begin_ns) / 1e6;
    }
    last_failure = status.ok() ? rmq::Code_Name(response.status().code()) : status.error_message();
    if (!status.ok()) stub.reset();
  }
  return absl::UnavailableError("no send was accepted; last: " + last_failure);
}

}  // namespace petrel::bench
