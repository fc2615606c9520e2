// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <httplib.h>
#include <netinet/tcp.h>
#include <poll.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "common/concat.h"
#include "common/mutex.h"
#include "common/signals.h"
#include "common/status.h"
#include "operator/kubernetes/credentials.h"
#include "operator/kubernetes/errors.h"
#include "operator/kubernetes/resource_type.h"
#include "operator/kubernetes/socket_guard.h"
#include "operator/kubernetes/tls_settings.h"
#include "operator/kubernetes/transport.h"

namespace petrel::k8s {
namespace {

// The library's own limits per read stand behind the guard's, which is exact.
constexpr int64_t kLibrarySlackMs = 1'000;

// One connection, used by one call at a time. The TLS parts outlive the client that refers to them.
struct Connection {
  std::shared_ptr<const TlsSettings> tls;  // null without TLS
  TlsSettings::Outcome outcome;
  std::unique_ptr<httplib::ClientImpl> client;
  bool kept = false;  // an earlier call left it open
  int64_t idle_since_us = 0;
};

void set_option(int fd, int level, int option, int64_t value) {
  const int number = static_cast<int>(value);
  // What the kernel does not take, it does not take: the guard ends the call all the same.
  setsockopt(fd, level, option, &number, sizeof(number));
}

// Lets the kernel notice a peer that vanished, both while we wait and while we send.
void watch_peer(int fd, int64_t dead_peer_ms) {
  constexpr int64_t kProbes = 3;
  const int64_t interval_s = std::max<int64_t>(1, dead_peer_ms / 1000 / (kProbes + 1));
  set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, interval_s);
  set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, interval_s);
  set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, kProbes);
  set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, dead_peer_ms);
}

// Nothing is to be read from an idle connection: neither bytes nor its end.
bool is_quiet(int fd) {
  pollfd descriptor{.fd = fd, .events = POLLIN, .revents = 0};
  return fd >= 0 && poll(&descriptor, 1, 0) == 0;
}

bool is_this_machine(const std::string& host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

std::string host_header(const ServerUrl& url) {
  const bool is_ipv6 = url.host.find(':') != std::string::npos;
  return concat(is_ipv6 ? "[" : "", url.host, is_ipv6 ? "]" : "", ":", url.port);
}

httplib::Headers headers_of(const Request& request, const Credential& credential,
                            const Impersonation& impersonation, bool with_credentials) {
  httplib::Headers headers = {{"Accept", request.accept}};
  if (!request.content_type.empty()) {
    headers.emplace("Content-Type", request.content_type);
  }
  if (!with_credentials) {
    return headers;
  }
  if (!credential.token.empty()) {
    headers.emplace("Authorization", concat("Bearer ", credential.token));
  }
  if (!impersonation.user.empty()) {
    headers.emplace("Impersonate-User", impersonation.user);
  }
  if (!impersonation.uid.empty()) {
    headers.emplace("Impersonate-Uid", impersonation.uid);
  }
  for (const std::string& group : impersonation.groups) {
    headers.emplace("Impersonate-Group", group);
  }
  for (const auto& [key, values] : impersonation.extra) {
    for (const std::string& value : values) {
      headers.emplace(concat("Impersonate-Extra-", percent_encode(key)), value);
    }
  }
  return headers;
}

class HttpTransport final : public Transport {
 public:
  HttpTransport(const ClientConfig& config, ServerUrl server, std::optional<ServerUrl> proxy,
                const HttpTransportOptions& options, const Clock& clock)
      : server_(std::move(server)),
        proxy_(std::move(proxy)),
        sends_credentials_(server_.tls || is_this_machine(server_.host)),
        server_name_(config.tls_server_name.empty() ? server_.host : config.tls_server_name),
        impersonation_(config.impersonation),
        options_(options),
        clock_(clock),
        credentials_(config, clock) {}
  ~HttpTransport() override {
    const SigpipeGuard no_sigpipe;
    MutexLock lock(mutex_);
    idle_.clear();
  }

  absl::StatusOr<Response> send(const Request& request) override {
    return authorized(request, Stream{});
  }

  absl::StatusOr<Response> stream(const Request& request,
                                  const std::function<bool(std::string_view)>& on_bytes,
                                  CancelToken& cancel) override {
    return authorized(request, Stream{&on_bytes, &cancel});
  }

 private:
  struct Stream {
    const std::function<bool(std::string_view)>* on_bytes = nullptr;
    CancelToken* cancel = nullptr;
  };
  struct Exchange;

  absl::StatusOr<Response> authorized(const Request& request, const Stream& stream);
  absl::StatusOr<Response> attempt(const Request& request, const Stream& stream,
                                   const Credential& credential, SocketGuard::Call& call);
  absl::Status exchange(Connection& connection, const httplib::Request& message,
                        httplib::Response& answer, SocketGuard::Call& call);
  absl::Status error_of(const Connection& connection, httplib::Error error,
                        SocketGuard::End end) const;

  absl::StatusOr<std::shared_ptr<const TlsSettings>> tls_settings(const Credential& credential);
  absl::StatusOr<std::unique_ptr<Connection>> open(std::shared_ptr<const TlsSettings> tls) const;
  std::unique_ptr<Connection> take_idle(const std::shared_ptr<const TlsSettings>& tls);
  void keep(std::unique_ptr<Connection> connection);

  const ServerUrl server_;
  const std::optional<ServerUrl> proxy_;
  const bool sends_credentials_;
  const std::string server_name_;
  const Impersonation impersonation_;
  const HttpTransportOptions options_;
  const Clock& clock_;
  Credentials credentials_;
  SocketGuard guard_;

  Mutex mutex_;
  std::shared_ptr<const TlsSettings> tls_ ABSL_GUARDED_BY(mutex_);
  // The one used last is at the end and used first, so that the others grow old.
  std::vector<std::unique_ptr<Connection>> idle_ ABSL_GUARDED_BY(mutex_);
};

absl::StatusOr<Response> HttpTransport::authorized(const Request& request, const Stream& stream) {
  const SigpipeGuard no_sigpipe;
  SocketGuard::Call call(guard_, request.deadline_ms);
  std::optional<CancelToken::Interrupt> interrupt;
  if (stream.cancel != nullptr) {
    interrupt.emplace(*stream.cancel, [&call] { call.interrupt(); });
  }
  Credential credential;
  if (sends_credentials_) {
    PETREL_ASSIGN_OR_RETURN(credential, credentials_.current());
  }
  auto response = attempt(request, stream, credential, call);
  if (!sends_credentials_ || !response.ok() || response->code != 401) {
    return response;
  }
  // Nothing was done, whatever the request was. Once more, if there is anything newer.
  auto renewed = credentials_.renewed(credential);
  if (!renewed.ok() || *renewed == credential) {
    return response;
  }
  return attempt(request, stream, *renewed, call);
}

// Collects what one answer brings.
struct HttpTransport::Exchange {
  const std::function<bool(std::string_view)>* on_bytes = nullptr;
  int64_t body_bytes_max = 0;

  int code = 0;
  std::string body;
  bool too_large = false;
  bool stopped = false;  // by on_bytes

  bool receive(std::string_view bytes) {
    if (on_bytes != nullptr && code == 200) {
      stopped = !(*on_bytes)(bytes);
      return !stopped;
    }
    too_large = static_cast<int64_t>(body.size() + bytes.size()) > body_bytes_max;
    if (!too_large) {
      body.append(bytes);
    }
    return !too_large;
  }
};

absl::StatusOr<Response> HttpTransport::attempt(const Request& request, const Stream& stream,
                                                const Credential& credential,
                                                SocketGuard::Call& call) {
  PETREL_ASSIGN_OR_RETURN(const std::shared_ptr<const TlsSettings> tls, tls_settings(credential));
  Exchange collected{.on_bytes = stream.on_bytes, .body_bytes_max = options_.body_bytes_max};
  httplib::Request message;
  message.method = request.method;
  message.path = server_.path + request.path;
  message.body = request.body;
  message.headers = headers_of(request, credential, impersonation_, sends_credentials_);
  message.headers.emplace("Host", host_header(server_));
  message.headers.emplace("User-Agent", options_.user_agent);
  if (request.method == "GET" && stream.on_bytes == nullptr) {
    message.headers.emplace("Accept-Encoding", "gzip");
  }
  message.response_handler = [&](const httplib::Response& head) {
    collected.code = head.status;
    return true;
  };
  message.content_receiver = [&](const char* data, size_t size, uint64_t, uint64_t) {
    return collected.receive({data, size});
  };

  httplib::Response answer;
  absl::Status status;
  std::unique_ptr<Connection> connection;
  if (stream.on_bytes == nullptr) {
    connection = take_idle(tls);
  }
  const bool kept = connection != nullptr;
  if (!kept) {
    PETREL_ASSIGN_OR_RETURN(connection, open(tls));
  }
  status = exchange(*connection, message, answer, call);
  if (kept && request.idempotent && absl::IsUnavailable(status) && collected.code == 0) {
    // The server closed it just when we wrote.
    PETREL_ASSIGN_OR_RETURN(connection, open(tls));
    answer = httplib::Response();
    status = exchange(*connection, message, answer, call);
  }
  if (collected.too_large) {
    return absl::ResourceExhaustedError(
        concat("the answer to ", request.path, " is over ", options_.body_bytes_max, " bytes"));
  }
  if (!status.ok() && !collected.stopped) {
    return status;
  }
  if (stream.on_bytes == nullptr) {
    keep(std::move(connection));
  }
  Response response{.code = answer.status, .retry_after_ms = -1, .body = std::move(collected.body)};
  if (const auto header = answer.headers.find("Retry-After"); header != answer.headers.end()) {
    response.retry_after_ms = parse_retry_after_ms(header->second, clock_.wall_ms());
  }
  return response;
}

absl::Status HttpTransport::exchange(Connection& connection, const httplib::Request& message,
                                     httplib::Response& answer, SocketGuard::Call& call) {
  httplib::ClientImpl& client = *connection.client;
  const std::chrono::milliseconds limit(call.remaining_ms() + kLibrarySlackMs);
  client.set_connection_timeout(
      std::min(limit, std::chrono::milliseconds(options_.connect_timeout_ms)));
  client.set_read_timeout(limit);
  client.set_write_timeout(limit);
  client.set_socket_options([this, &call](socket_t fd) {
    watch_peer(fd, options_.dead_peer_ms);
    call.uses(fd);
  });
  if (connection.kept) {
    call.uses(client.socket());
  }
  ERR_clear_error();
  auto error = httplib::Error::Success;
  httplib::Request sent = message;
  bool ok = false;
  try {
    ok = client.send(sent, answer, error);
  } catch (const std::exception& e) {
    return absl::UnavailableError(concat(server_.host, ": ", e.what()));
  }
  client.set_socket_options(nullptr);  // `call` ends before the connection
  return ok ? absl::OkStatus() : error_of(connection, error, call.end());
}

absl::Status HttpTransport::error_of(const Connection& connection, httplib::Error error,
                                     SocketGuard::End end) const {
  const std::string server = host_header(server_);
  switch (end) {
    case SocketGuard::End::kInterrupted:
      return absl::CancelledError("cancelled");
    case SocketGuard::End::kDeadline:
      return absl::DeadlineExceededError(concat(server, " took too long"));
    case SocketGuard::End::kNone:
      break;
  }
  if (!connection.outcome.verify_error.empty()) {
    return absl::FailedPreconditionError(concat("the certificate of ", server, " as ", server_name_,
                                                ": ", connection.outcome.verify_error));
  }
  std::string details;
  if (const unsigned long code = ERR_peek_last_error(); code != 0) {
    char text[256];
    ERR_error_string_n(code, text, sizeof(text));
    details = concat(": ", text);
    ERR_clear_error();
  }
  return absl::UnavailableError(
      concat(server, ": ", httplib::to_string(error), " failed", details));
}

absl::StatusOr<std::shared_ptr<const TlsSettings>> HttpTransport::tls_settings(
    const Credential& credential) {
  if (!server_.tls) {
    return std::shared_ptr<const TlsSettings>();
  }
  MutexLock lock(mutex_);
  if (tls_ == nullptr || tls_->input().authorities_pem != credential.authorities_pem ||
      tls_->input().certificate_pem != credential.certificate_pem ||
      tls_->input().key_pem != credential.key_pem) {
    PETREL_ASSIGN_OR_RETURN(tls_, TlsSettings::make({.server_name = server_name_,
                                                     .authorities_pem = credential.authorities_pem,
                                                     .certificate_pem = credential.certificate_pem,
                                                     .key_pem = credential.key_pem}));
    idle_.clear();  // they speak for the old ones
  }
  return tls_;
}

absl::StatusOr<std::unique_ptr<Connection>> HttpTransport::open(
    std::shared_ptr<const TlsSettings> tls) const {
  auto connection = std::make_unique<Connection>();
  if (tls == nullptr) {
    connection->client = std::make_unique<httplib::ClientImpl>(server_.host, server_.port);
  } else {
    auto client = std::make_unique<httplib::SSLClient>(server_.host, server_.port);
    if (!client->is_valid()) {
      return absl::ResourceExhaustedError("no TLS context");
    }
    PETREL_RETURN_IF_ERROR(tls->configure(client->ssl_context(), &connection->outcome));
    // The library's own verification would also trust the system's authorities; that of the
    // context, which fails the handshake, is stricter.
    client->enable_server_certificate_verification(false);
    connection->client = std::move(client);
    connection->tls = std::move(tls);
  }
  connection->client->set_keep_alive(true);
  connection->client->set_follow_location(false);
  connection->client->set_url_encode(false);
  connection->client->set_tcp_nodelay(true);
  if (proxy_) {
    connection->client->set_proxy(proxy_->host, proxy_->port);
  }
  return connection;
}

std::unique_ptr<Connection> HttpTransport::take_idle(
    const std::shared_ptr<const TlsSettings>& tls) {
  const int64_t oldest_us = clock_.mono_us() - options_.idle_ms_max * 1000;
  MutexLock lock(mutex_);
  while (!idle_.empty()) {
    std::unique_ptr<Connection> connection = std::move(idle_.back());
    idle_.pop_back();
    if (connection->tls == tls && connection->idle_since_us >= oldest_us &&
        is_quiet(connection->client->socket())) {
      return connection;
    }
  }
  return nullptr;
}

void HttpTransport::keep(std::unique_ptr<Connection> connection) {
  if (connection->client->is_socket_open() == 0) {
    return;
  }
  connection->kept = true;
  connection->idle_since_us = clock_.mono_us();
  MutexLock lock(mutex_);
  if (idle_.size() == options_.idle_connections_max) {
    idle_.erase(idle_.begin());
  }
  idle_.push_back(std::move(connection));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Transport>> make_http_transport(const ClientConfig& config,
                                                               const HttpTransportOptions& options,
                                                               const Clock& clock) {
  PETREL_ASSIGN_OR_RETURN(ServerUrl server, parse_server_url(config.server));
  std::optional<ServerUrl> proxy;
  if (!config.proxy_url.empty()) {
    PETREL_ASSIGN_OR_RETURN(proxy, parse_server_url(config.proxy_url));
    if (proxy->tls) {
      return absl::InvalidArgumentError(
          concat("proxy ", config.proxy_url, ": only http:// proxies can be used"));
    }
  }
  return std::make_unique<HttpTransport>(config, std::move(server), std::move(proxy), options,
                                         clock);
}

}  // namespace petrel::k8s
