// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/brokers/testing/freezable_proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

#include "common/check.h"
#include "common/concat.h"

namespace petrel::ops {
namespace {

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

}  // namespace

// One direction of a connection.
struct FreezableProxy::Pipe {
  int from;
  int to;
  int epoch;
};

FreezableProxy::FreezableProxy(const std::string& target)
    : target_port_(std::stoi(target.substr(target.rfind(':') + 1))),
      listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof(address);
  PETREL_CHECK_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
  PETREL_CHECK_EQ(listen(listener_, 16), 0);
  PETREL_CHECK_EQ(getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size), 0);
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_all(); });
}

FreezableProxy::~FreezableProxy() {
  shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  close(listener_);
  std::vector<std::thread> pipes;
  {
    const MutexLock lock(mutex_);
    for (const int socket : sockets_) {
      shutdown(socket, SHUT_RDWR);
    }
    pipes = std::move(pipes_);
  }
  for (std::thread& pipe : pipes) {
    pipe.join();
  }
  for (const int socket : sockets_) {
    close(socket);
  }
}

std::string FreezableProxy::address() const { return concat("127.0.0.1:", port_); }

void FreezableProxy::freeze() {
  const MutexLock lock(mutex_);
  frozen_ = true;
  ++epoch_;
}

void FreezableProxy::thaw() {
  const MutexLock lock(mutex_);
  frozen_ = false;
  ++epoch_;
}

void FreezableProxy::accept_all() {
  for (;;) {
    const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) {
      return;
    }
    const int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = loopback(target_port_);
    // An unreachable target ends the connection when the pipes first read.
    (void)connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
    const MutexLock lock(mutex_);
    sockets_.insert(sockets_.end(), {client, server});
    const int epoch = frozen_ ? -1 : epoch_;
    pipes_.emplace_back([this, pipe = Pipe{client, server, epoch}] { forward(pipe); });
    pipes_.emplace_back([this, pipe = Pipe{server, client, epoch}] { forward(pipe); });
  }
}

void FreezableProxy::forward(const Pipe& pipe) {
  std::array<char, 16'384> buffer{};
  for (;;) {
    const ssize_t count = read(pipe.from, buffer.data(), buffer.size());
    if (count <= 0) {
      break;
    }
    {
      const MutexLock lock(mutex_);
      if (pipe.epoch != epoch_) {
        continue;
      }
    }
    if (write(pipe.to, buffer.data(), static_cast<size_t>(count)) != count) {
      break;
    }
  }
  shutdown(pipe.to, SHUT_RDWR);
}

}  // namespace petrel::ops
