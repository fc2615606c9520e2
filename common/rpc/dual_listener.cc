// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "common/rpc/dual_listener.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <map>
#include <thread>
#include <utility>

#include "common/check.h"
#include "common/concat.h"
#include "common/log.h"
#include "common/status.h"

namespace petrel {
namespace {

constexpr int kBacklog = 1024;
constexpr int kAcceptsPerTurn =
    64;  // so that a flood of connections does not starve those that wait
constexpr int64_t kPauseUs = 100'000;  // without descriptors
constexpr int64_t kCountIntervalUs = 100'000;
constexpr unsigned char kTlsHandshakeRecord = 0x16;

// Tokens of epoll; connections count up from the first.
constexpr uint64_t kListenerToken = 0;
constexpr uint64_t kStopToken = 1;
constexpr uint64_t kFirstConnectionToken = 2;

constexpr log::Logger kLog("rpc");

struct AddressDeleter {
  void operator()(addrinfo* address) const { freeaddrinfo(address); }
};

absl::StatusOr<int> listen_on(const std::string& host, int port) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (error != 0) {
    return absl::InvalidArgumentError(concat("address ", host, ": ", gai_strerror(error)));
  }
  const std::unique_ptr<addrinfo, AddressDeleter> address(found);
  const int fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) {
    return errno_status(errno, "socket");
  }
  const int on = 1;
  const int off = 0;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (address->ai_family == AF_INET6) {
    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));  // "::" is IPv4 too
  }
  if (::bind(fd, address->ai_addr, address->ai_addrlen) != 0 || listen(fd, kBacklog) != 0) {
    const int bind_error = errno;
    ::close(fd);
    return absl::UnavailableError(
        errno_status(bind_error, concat("listen on ", host, ":", port)).message());
  }
  return fd;
}

int port_of(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  PETREL_CHECK_EQ(getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size), 0);
  if (address.ss_family == AF_INET6) {
    return ntohs(reinterpret_cast<const sockaddr_in6*>(&address)->sin6_port);
  }
  return ntohs(reinterpret_cast<const sockaddr_in*>(&address)->sin_port);
}

// host:port of the other end; "?" when it is gone already.
std::string peer_of(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  std::array<char, NI_MAXHOST> host{};
  std::array<char, NI_MAXSERV> port{};
  if (getpeername(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0 ||
      getnameinfo(reinterpret_cast<const sockaddr*>(&address), size, host.data(), host.size(),
                  port.data(), port.size(), NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
    return "?";
  }
  const bool is_v6 = address.ss_family == AF_INET6;
  return concat(is_v6 ? "[" : "", host.data(), is_v6 ? "]:" : ":", port.data());
}

struct ListenerMetrics {
  explicit ListenerMetrics(MetricRegistry& registry)
      : accepted(registry.counters("petrel_rpc_connections_accepted_total",
                                   "Connections by what their first byte said", {"kind"})),
        dropped(registry.counters("petrel_rpc_connections_dropped_total",
                                  "Connections that were not taken, by reason", {"reason"})),
        pauses(registry.counter("petrel_rpc_accept_pauses_total",
                                "Times that accepting paused because descriptors had run out")),
        plaintext(accepted.with({"plaintext"})),
        tls(accepted.with({"tls"})),
        limit(dropped.with({"connections-max"})),
        crowded(dropped.with({"undecided-max"})),
        silent(dropped.with({"first-byte-timeout"})),
        not_tls(dropped.with({"tls-mode"})),
        closed_by_peer(dropped.with({"closed-by-peer"})) {}

  Family<Counter>& accepted;
  Family<Counter>& dropped;
  Counter& pauses;
  Counter& plaintext;
  Counter& tls;
  Counter& limit;
  Counter& crowded;
  Counter& silent;
  Counter& not_tls;
  Counter& closed_by_peer;
};

}  // namespace

// What the listener's thread owns, apart from what bind() and stop() touch while it does not run.
class DualListener::Loop {
 public:
  Loop(int listener_fd, const DualListenerOptions& options, const Clock& clock,
       MetricRegistry& registry)
      : options_(options),
        clock_(clock),
        metrics_(registry),
        limit_limiter_(clock),
        not_tls_limiter_(clock),
        descriptor_limiter_(clock),
        listener_fd_(listener_fd),
        port_(port_of(listener_fd)),
        stop_fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
        epoll_fd_(epoll_create1(EPOLL_CLOEXEC)) {
    PETREL_CHECK_GE(stop_fd_, 0) << "errno " << errno;
    PETREL_CHECK_GE(epoll_fd_, 0) << "errno " << errno;
    watch(stop_fd_, EPOLLIN, kStopToken);
    // The registry may be asked after the listener is gone.
    registry.computed(MetricRegistry::Kind::kGauge, "petrel_rpc_connections", "Open connections",
                      {"kind"}, [sockets = open_sockets_] {
                        const OpenSockets::Counts counts = sockets->count();
                        return std::vector<Sample>{{{"plaintext"}, static_cast<double>(counts[0])},
                                                   {{"tls"}, static_cast<double>(counts[1])}};
                      });
  }

  ~Loop() {
    stop();
    close_listener();
    ::close(stop_fd_);
    ::close(epoll_fd_);
  }

  int port() const { return port_; }

  void start(HandOver hand_over) {
    PETREL_CHECK(!thread_.joinable() && listener_fd_ >= 0) << "a listener starts once";
    hand_over_ = std::move(hand_over);
    watch(listener_fd_, EPOLLIN, kListenerToken);
    thread_ = std::thread([this] { run(); });
  }

  void stop() {
    if (!thread_.joinable()) {
      return;
    }
    const uint64_t one = 1;
    PETREL_CHECK_EQ(::write(stop_fd_, &one, sizeof(one)), static_cast<ssize_t>(sizeof(one)));
    thread_.join();
  }

 private:
  struct Undecided {
    int fd;
    int64_t deadline_us;
  };
  // By token, and so in the order of arrival and of deadlines.
  using UndecidedMap = std::map<uint64_t, Undecided>;

  void run() {
    pthread_setname_np(pthread_self(), "rpc-accept");
    std::array<epoll_event, 256> events{};
    bool stopping = false;
    while (!stopping) {
      const int count =
          epoll_wait(epoll_fd_, events.data(), static_cast<int>(events.size()), wait_ms());
      PETREL_CHECK(count >= 0 || errno == EINTR) << "epoll_wait, errno " << errno;
      for (int i = 0; i < count; ++i) {
        const epoll_event& event = events[static_cast<size_t>(i)];
        if (event.data.u64 == kStopToken) {
          stopping = true;
        } else if (event.data.u64 == kListenerToken) {
          accept_some();
        } else {
          decide(event.data.u64);
        }
      }
      drop_silent();
      resume_accepting();
    }
    close_listener();
    while (!undecided_.empty()) {
      drop(undecided_.begin());
    }
  }

  // Until the first deadline or the end of the pause; -1 when there is neither.
  int wait_ms() const {
    int64_t until_us = INT64_MAX;
    if (!undecided_.empty()) {
      until_us = undecided_.begin()->second.deadline_us;
    }
    if (paused_until_us_ != 0) {
      until_us = std::min(until_us, paused_until_us_);
    }
    if (until_us == INT64_MAX) {
      return -1;
    }
    const int64_t rounded_up_ms = (until_us - clock_.mono_us() + 999) / 1000;
    return static_cast<int>(std::clamp<int64_t>(rounded_up_ms, 0, 60'000));
  }

  void accept_some() {
    for (int i = 0; i < kAcceptsPerTurn; ++i) {
      const int fd = accept4(listener_fd_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd >= 0) {
        admit(fd);
      } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
        return;
      } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
        pause_accepting(errno);
        return;
      }
      // Anything else concerns the one connection that is gone already.
    }
  }

  void admit(int fd) {
    if (is_full()) {
      ::close(fd);
      metrics_.limit.add();
      kLog.limited(limit_limiter_, log::Level::kWarn, "connection refused, too many are open",
                   {{"connections_max", options_.connections_max}});
      return;
    }
    if (std::cmp_greater_equal(undecided_.size(), options_.undecided_max)) {
      metrics_.crowded.add();
      drop(undecided_.begin());
    }
    const uint64_t token = next_token_++;
    undecided_.emplace(token,
                       Undecided{fd, clock_.mono_us() + options_.first_byte_timeout_ms * 1000});
    watch(fd, EPOLLIN | EPOLLRDHUP, token);
  }

  // Believes the cheap upper bound as long as it is below the limit, and counts no more often than
  // it pays.
  bool is_full() {
    const auto at_limit = [this] {
      return std::cmp_greater_equal(open_sockets_->known() + undecided_.size(),
                                    options_.connections_max);
    };
    const int64_t now_us = clock_.mono_us();
    if (at_limit() && now_us >= next_count_us_) {
      next_count_us_ = now_us + kCountIntervalUs;
      open_sockets_->count();
    }
    return at_limit();
  }

  // The first byte is here, or the end of the connection.
  void decide(uint64_t token) {
    const auto found = undecided_.find(token);
    if (found == undecided_.end()) {
      return;  // dropped earlier in this turn
    }
    const int fd = found->second.fd;
    unsigned char first = 0;
    const ssize_t got = recv(fd, &first, 1, MSG_PEEK | MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
      return;
    }
    if (got <= 0) {
      metrics_.closed_by_peer.add();
      drop(found);
      return;
    }
    const ConnectionKind kind =
        first == kTlsHandshakeRecord ? ConnectionKind::kTls : ConnectionKind::kPlaintext;
    if (kind == ConnectionKind::kPlaintext && options_.tls_mode == TlsMode::kEnforcing) {
      refuse_plaintext(found);
      return;
    }
    epoll_ctl(epoll_fd_, EPOLL_CTL_DEL, fd, nullptr);
    undecided_.erase(found);
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    (kind == ConnectionKind::kTls ? metrics_.tls : metrics_.plaintext).add();
    open_sockets_->add(fd, kind);
    hand_over_(fd, kind);
  }

  void refuse_plaintext(UndecidedMap::iterator connection) {
    metrics_.not_tls.add();
    kLog.limited(not_tls_limiter_, log::Level::kWarn, "plaintext connection refused",
                 {{"peer", peer_of(connection->second.fd)}, {"grpc.tls-mode", "enforcing"}});
    drop(connection);
  }

  void drop_silent() {
    const int64_t now_us = undecided_.empty() ? 0 : clock_.mono_us();
    while (!undecided_.empty() && undecided_.begin()->second.deadline_us <= now_us) {
      metrics_.silent.add();
      drop(undecided_.begin());
    }
  }

  void drop(UndecidedMap::iterator connection) {
    ::close(connection->second.fd);  // leaves epoll by itself
    undecided_.erase(connection);
  }

  void pause_accepting(int error) {
    metrics_.pauses.add();
    kLog.limited(descriptor_limiter_, log::Level::kError, "cannot accept connections, pausing",
                 {{"error", std::string(absl::ErrnoToStatus(error, "accept").message())}});
    epoll_ctl(epoll_fd_, EPOLL_CTL_DEL, listener_fd_, nullptr);
    paused_until_us_ = clock_.mono_us() + kPauseUs;
  }

  void resume_accepting() {
    if (paused_until_us_ != 0 && clock_.mono_us() >= paused_until_us_) {
      paused_until_us_ = 0;
      watch(listener_fd_, EPOLLIN, kListenerToken);
    }
  }

  void watch(int fd, uint32_t what, uint64_t token) {
    epoll_event event{};
    event.events = what;
    event.data.u64 = token;
    PETREL_CHECK_EQ(epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, fd, &event), 0) << "errno " << errno;
  }

  void close_listener() {
    if (listener_fd_ >= 0) {
      ::close(listener_fd_);
      listener_fd_ = -1;
    }
  }

  const DualListenerOptions options_;
  const Clock& clock_;
  ListenerMetrics metrics_;
  log::Limiter limit_limiter_;
  log::Limiter not_tls_limiter_;
  log::Limiter descriptor_limiter_;
  const std::shared_ptr<OpenSockets> open_sockets_ = std::make_shared<OpenSockets>();
  int listener_fd_;
  const int port_;
  const int stop_fd_;
  const int epoll_fd_;
  HandOver hand_over_;
  UndecidedMap undecided_;
  uint64_t next_token_ = kFirstConnectionToken;
  int64_t paused_until_us_ = 0;  // 0: accepting
  int64_t next_count_us_ = 0;
  std::thread thread_;
};

absl::StatusOr<std::unique_ptr<DualListener>> DualListener::bind(const DualListenerOptions& options,
                                                                 const Clock& clock,
                                                                 MetricRegistry& registry) {
  PETREL_ASSIGN_OR_RETURN(const int fd, listen_on(options.host, options.port));
  return std::unique_ptr<DualListener>(
      new DualListener(std::make_unique<Loop>(fd, options, clock, registry)));
}

DualListener::DualListener(std::unique_ptr<Loop> loop) : loop_(std::move(loop)) {}

DualListener::~DualListener() = default;

int DualListener::port() const { return loop_->port(); }

void DualListener::start(HandOver hand_over) { loop_->start(std::move(hand_over)); }

void DualListener::stop() { loop_->stop(); }

}  // namespace petrel
