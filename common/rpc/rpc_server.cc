// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "common/rpc/rpc_server.h"

#include <grpc/grpc.h>
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/resource_quota.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <atomic>
#include <chrono>
#include <thread>
#include <utility>

#include "common/concat.h"
#include "common/mutex.h"
#include "common/rpc/grpc_log.h"
#include "common/status.h"

namespace petrel {
namespace {

using Acceptor = grpc::experimental::ExternalConnectionAcceptor;

constexpr int kMetadataBytesMax = 64 << 10;
constexpr int kPingIntervalMinMs = 1'000;
constexpr int kThreadsMax = 64;  // of the library's executors; callbacks need two on two cores

// For clients to read what was sent last, and to close by themselves.
constexpr std::chrono::milliseconds kLinger{250};

// How many calls are under way, and the wait for their end. Any thread.
class OpenCalls {
 public:
  using Deadline = std::chrono::steady_clock::time_point;

  void began() { open_.fetch_add(1, std::memory_order_relaxed); }
  void ended() {
    if (open_.fetch_sub(1, std::memory_order_acq_rel) > 1) {
      return;
    }
    const MutexLock lock(mutex_);
    changed_.notify_all();
  }
  // The server is gone: nothing to wait for any more.
  void close() {
    const MutexLock lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }
  void wait_for_none(Deadline deadline) {
    const MutexLock lock(mutex_);
    while (!closed_ && open_.load(std::memory_order_acquire) > 0 &&
           std::chrono::steady_clock::now() < deadline) {
      changed_.wait_until(mutex_, deadline);
    }
  }
  // Whether that came before the deadline.
  bool wait_for_close(Deadline deadline) {
    const MutexLock lock(mutex_);
    while (!closed_ && std::chrono::steady_clock::now() < deadline) {
      changed_.wait_until(mutex_, deadline);
    }
    return closed_;
  }

 private:
  std::atomic<int64_t> open_{0};
  Mutex mutex_;
  CondVar changed_;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
};

// The library makes the context of each call through this, which so counts them.
class CountedContexts final : public grpc::ContextAllocator {
 public:
  explicit CountedContexts(std::shared_ptr<OpenCalls> calls) : calls_(std::move(calls)) {}

  grpc::CallbackServerContext* NewCallbackServerContext() override {
    calls_->began();
    return new grpc::CallbackServerContext;
  }
  grpc::GenericCallbackServerContext* NewGenericCallbackServerContext() override {
    calls_->began();
    return new grpc::GenericCallbackServerContext;
  }
  void Release(grpc::CallbackServerContext* context) override {
    delete context;
    calls_->ended();
  }
  void Release(grpc::GenericCallbackServerContext* context) override {
    delete context;
    calls_->ended();
  }

 private:
  const std::shared_ptr<OpenCalls> calls_;
};

void set_limits(const RpcServerConfig& config, grpc::ServerBuilder& builder) {
  builder.SetMaxReceiveMessageSize(static_cast<int>(config.receive_bytes_max));
  builder.SetMaxSendMessageSize(-1);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kMetadataBytesMax);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, static_cast<int>(config.streams_max));
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS,
                             static_cast<int>(config.handshake_timeout_ms));
  grpc::ResourceQuota quota("petrel");
  quota.Resize(static_cast<size_t>(config.memory_bytes_max));
  quota.SetMaxThreads(kThreadsMax);
  builder.SetResourceQuota(quota);
}

void set_keepalive(const RpcServerConfig& config, grpc::ServerBuilder& builder) {
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS,
                             static_cast<int>(config.keepalive_interval_ms));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS,
                             static_cast<int>(config.keepalive_timeout_ms));
  // Clients ping as they like: official ones do so without a call and more often than the library's
  // default allows, and would be sent away with "too many pings".
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                             kPingIntervalMinMs);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PING_STRIKES, 0);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
}

void set_economy(grpc::ServerBuilder& builder) {
  // Bookkeeping of every channel and call that nothing here reads.
  builder.AddChannelArgument(GRPC_ARG_ENABLE_CHANNELZ, 0);
  builder.AddChannelArgument(GRPC_ARG_MAX_CHANNEL_TRACE_EVENT_MEMORY_PER_NODE, 0);
}

std::shared_ptr<grpc::ServerCredentials> tls_credentials(const TlsIdentity& identity) {
  grpc::SslServerCredentialsOptions options(GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE);
  options.pem_key_cert_pairs.push_back({identity.private_key_pem, identity.certificate_pem});
  return grpc::SslServerCredentials(options);
}

}  // namespace

void RpcServerConfig::declare(ConfigSchema& schema, const std::string& prefix) {
  const auto key = [&prefix](const char* name) { return concat(prefix, ".", name); };
  schema.add(key("host"), &listener.host,
             {.help = "Address to listen on; \"::\" is every address, IPv4 too"});
  schema.add(key("port"), &listener.port,
             {.help = "Port for TLS and plaintext; 0 takes any free one", .max = 65'535});
  schema.add_enum(key("tls-mode"), &listener.tls_mode,
                  {{"permissive", TlsMode::kPermissive}, {"enforcing", TlsMode::kEnforcing}},
                  {.help = "permissive: TLS and plaintext are taken; enforcing: TLS only, a "
                           "plaintext connection is closed at once"});
  schema.add(
      key("connections-max"), &listener.connections_max,
      {.help = "Open connections; further ones are closed at once", .min = 1, .max = 1'000'000});
  schema.add(key("undecided-max"), &listener.undecided_max,
             {.help = "Connections that have sent nothing yet; one more closes the oldest",
              .min = 1,
              .max = 1'000'000});
  schema.add_duration_ms(
      key("first-byte-timeout"), &listener.first_byte_timeout_ms,
      {.help = "How long a connection may send nothing at first", .min = 1, .max = 3'600'000});
  schema.add_duration_ms(
      key("handshake-timeout"), &handshake_timeout_ms,
      {.help = "How long TLS and HTTP/2 may take to be set up", .min = 1, .max = 3'600'000});
  schema.add_bytes(key("receive-size-max"), &receive_bytes_max,
                   {.help = "Largest request", .min = 1 << 10, .max = 1 << 30});
  schema.add_bytes(
      key("memory-max"), &memory_bytes_max,
      {.help = "Memory for requests and replies on their way; beyond it reading slows down",
       .min = 16 << 20,
       .max = int64_t{1} << 40});
  schema.add(key("streams-max"), &streams_max,
             {.help = "Calls at a time on one connection; the client holds further ones back",
              .min = 1,
              .max = 1'000'000});
  schema.add_duration_ms(key("keepalive-interval"), &keepalive_interval_ms,
                         {.help = "Silence after which a client is asked for a sign of life",
                          .min = 1'000,
                          .max = 86'400'000});
  schema.add_duration_ms(
      key("keepalive-timeout"), &keepalive_timeout_ms,
      {.help = "How long a client may take to give it", .min = 1'000, .max = 3'600'000});
}

struct RpcServer::State {
  std::unique_ptr<DualListener> listener;
  std::unique_ptr<Acceptor> plaintext;
  std::unique_ptr<Acceptor> tls;
  std::unique_ptr<grpc::Server> server;
  const std::shared_ptr<OpenCalls> calls = std::make_shared<OpenCalls>();
  bool is_shut_down = false;
};

absl::StatusOr<std::unique_ptr<RpcServer>> RpcServer::prepare(const RpcServerConfig& config,
                                                              const RpcServices& services,
                                                              const TlsIdentity& identity,
                                                              const Clock& clock,
                                                              MetricRegistry& registry) {
  route_grpc_log();
  auto state = std::make_unique<State>();
  PETREL_ASSIGN_OR_RETURN(state->listener, DualListener::bind(config.listener, clock, registry));
  grpc::ServerBuilder builder;
  set_limits(config, builder);
  set_keepalive(config, builder);
  set_economy(builder);
  builder.SetContextAllocator(std::make_unique<CountedContexts>(state->calls));
  for (grpc::Service* service : services.services) {
    builder.RegisterService(service);
  }
  if (services.generic != nullptr) {
    builder.RegisterCallbackGenericService(services.generic);
  }
  using From = grpc::ServerBuilder::experimental_type::ExternalConnectionType;
  state->plaintext = builder.experimental().AddExternalConnectionAcceptor(
      From::FROM_FD, grpc::InsecureServerCredentials());
  state->tls = builder.experimental().AddExternalConnectionAcceptor(From::FROM_FD,
                                                                    tls_credentials(identity));
  state->server = builder.BuildAndStart();
  if (state->server == nullptr) {
    return absl::InternalError("the gRPC server did not start; its reason is on standard error");
  }
  return std::unique_ptr<RpcServer>(new RpcServer(std::move(state)));
}

RpcServer::RpcServer(std::unique_ptr<State> state) : state_(std::move(state)) {}

RpcServer::~RpcServer() { shutdown(0); }

int RpcServer::port() const { return state_->listener->port(); }

void RpcServer::start() {
  state_->listener->start([state = state_.get()](int fd, ConnectionKind kind) {
    Acceptor::NewConnectionParameters connection;
    connection.fd = fd;
    (kind == ConnectionKind::kTls ? state->tls : state->plaintext)
        ->HandleNewConnection(&connection);
  });
}

void RpcServer::shutdown(int64_t grace_ms) {
  if (std::exchange(state_->is_shut_down, true)) {
    return;
  }
  state_->listener->stop();
  const std::chrono::milliseconds grace(grace_ms);
  // The library waits for each connection to be closed, which a client that does not read never
  // does; with no call under way there is nothing to be patient for.
  std::thread impatience([this, deadline = std::chrono::steady_clock::now() + grace] {
    state_->calls->wait_for_none(deadline);
    if (!state_->calls->wait_for_close(std::chrono::steady_clock::now() + kLinger)) {
      grpc_server_cancel_all_calls(state_->server->c_server());
    }
  });
  state_->server->Shutdown(std::chrono::system_clock::now() + grace);
  state_->calls->close();
  impatience.join();
  state_->server->Wait();
}

}  // namespace petrel
