// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/runtimes/local/local_checks.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <httplib.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "common/concat.h"
#include "common/signals.h"
#include "common/status.h"
#include "operator/runtimes/local/layout.h"

namespace petrel::ops {

namespace {

constexpr time_t kProbeTimeoutUs = 500'000;
constexpr size_t kLineBytesMax = 400;

}  // namespace

Readiness ask_readiness(uint16_t port) {
  const SigpipeGuard no_sigpipe;
  httplib::Client client(kLocalHost, port);
  client.set_connection_timeout(0, kProbeTimeoutUs);
  client.set_read_timeout(0, kProbeTimeoutUs);
  const httplib::Result result = client.Get("/readyz");
  using Kind = Readiness::Kind;
  if (!result) {
    const bool refused = result.error() == httplib::Error::Connection;
    return {.kind = refused ? Kind::kNobody : Kind::kSilent, .why = ""};
  }
  if (result->status == 200) {
    return {.kind = Kind::kReady, .why = ""};
  }
  // "serving: why", a line of each check that fails.
  const std::string line = result->body.substr(0, result->body.find('\n'));
  const size_t name_end = line.find(": ");
  return {.kind = Kind::kNotReady,
          .why = line.substr(name_end == std::string::npos ? 0 : name_end + 2, kLineBytesMax)};
}

// Connecting, and not binding, is what tells: binding also fails for the remains of a server's
// closed connections, which do not keep the next server from listening.
absl::Status check_port_is_free(uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) {
    return errno_status(errno, "socket");
  }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int error = 0;
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    error = errno;
  }
  if (error == EINPROGRESS) {
    pollfd waited{.fd = fd, .events = POLLOUT, .revents = 0};
    socklen_t size = sizeof(error);
    poll(&waited, 1, kProbeTimeoutUs / 1000);
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
  }
  close(fd);
  if (error == ECONNREFUSED) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(
      concat("port ", port,
             " is in use by another process; stop that one, or move this cluster "
             "with --port-base"));
}

std::string last_line(const std::string& file) {
  const int fd = open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    return "no output";
  }
  std::array<char, 8192> buffer;
  const off_t end = lseek(fd, 0, SEEK_END);
  const off_t from = std::max<off_t>(0, end - static_cast<off_t>(buffer.size()));
  const ssize_t size = pread(fd, buffer.data(), buffer.size(), from);
  close(fd);
  std::string text(buffer.data(), size > 0 ? static_cast<size_t>(size) : 0);
  text.resize(text.find_last_not_of(" \r\n\t") + 1);
  const size_t before = text.rfind('\n');
  text = before == std::string::npos ? text : text.substr(before + 1);
  return text.empty() ? "no output" : text.substr(0, kLineBytesMax);
}

}  // namespace petrel::ops
