// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/kubernetes/testing/raw_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "common/check.h"
#include "common/concat.h"

namespace petrel::k8s::testing {

std::string RawServer::Peer::read_request() {
  std::string text;
  size_t wanted = std::string::npos;
  while (text.size() < wanted) {
    std::array<char, 4096> buffer;
    const ssize_t count = recv(fd_, buffer.data(), buffer.size(), 0);
    if (count <= 0) {
      return "";
    }
    text.append(buffer.data(), static_cast<size_t>(count));
    const size_t head_end = text.find("\r\n\r\n");
    if (wanted == std::string::npos && head_end != std::string::npos) {
      const size_t length = text.find("Content-Length: ");
      wanted = head_end + 4;
      if (length < head_end) {
        wanted += std::strtoul(text.c_str() + length + 16, nullptr, 10);
      }
    }
  }
  return text;
}

bool RawServer::Peer::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0) {
      return false;
    }
    bytes.remove_prefix(static_cast<size_t>(count));
  }
  return true;
}

void RawServer::Peer::wait_for_end() {
  std::array<char, 4096> buffer;
  while (recv(fd_, buffer.data(), buffer.size(), 0) > 0) {
  }
}

void RawServer::Peer::abort() {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
}

RawServer::RawServer(Handler handler) : handler_(std::move(handler)) {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  PETREL_CHECK_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
  PETREL_CHECK_EQ(listen(listener_, 64), 0);
  PETREL_CHECK_EQ(getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size), 0);
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_all(); });
}

RawServer::~RawServer() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    shutdown(listener_, SHUT_RDWR);
    for (const int fd : open_) {
      shutdown(fd, SHUT_RDWR);
    }
  }
  acceptor_.join();
  for (std::thread& handler : handlers_) {
    handler.join();
  }
  close(listener_);
}

std::string RawServer::url() const { return concat("http://127.0.0.1:", port_); }

void RawServer::accept_all() {
  for (;;) {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) {
      return;
    }
    MutexLock lock(mutex_);
    if (stopping_) {
      close(fd);
      return;
    }
    open_.push_back(fd);
    const int number = connections_++;
    handlers_.emplace_back([this, fd, number] {
      Peer peer(fd);
      handler_(peer, number);
      MutexLock closing(mutex_);
      std::erase(open_, fd);
      close(fd);
    });
  }
}

std::string http_answer(int code, std::string_view body, std::string_view header_lines) {
  return concat("HTTP/1.1 ", code, " X\r\nContent-Length: ", body.size(), "\r\n", header_lines,
                "\r\n", body);
}

}  // namespace petrel::k8s::testing
