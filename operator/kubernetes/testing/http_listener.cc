// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/kubernetes/testing/http_listener.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>
#include <utility>

#include "common/check.h"
#include "common/concat.h"

namespace petrel::k8s::testing {
namespace {

constexpr size_t kHeadBytesMax = 64 << 10;
constexpr size_t kBodyBytesMax = 64 << 20;

std::string lower_case(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

std::string hexadecimal(size_t number) {
  char buffer[32];
  const auto result = std::to_chars(buffer, buffer + sizeof(buffer), number, 16);
  return std::string(buffer, result.ptr);
}

// The part of the text before the separator, which is removed from it with the separator.
std::string_view take_until(std::string_view& text, std::string_view separator) {
  const size_t at = text.find(separator);
  const std::string_view part = text.substr(0, at);
  text = at == std::string_view::npos ? std::string_view() : text.substr(at + separator.size());
  return part;
}

void parse_target(std::string_view target, HttpRequest& request) {
  request.target = std::string(target);
  request.path = std::string(take_until(target, "?"));
  while (!target.empty()) {
    std::string_view value = take_until(target, "&");
    const std::string_view name = take_until(value, "=");
    request.query[percent_decode(name)] = percent_decode(value);
  }
}

void parse_head(std::string_view head, HttpRequest& request) {
  std::string_view line = take_until(head, "\r\n");
  request.method = std::string(take_until(line, " "));
  parse_target(take_until(line, " "), request);
  while (!head.empty()) {
    std::string_view value = take_until(head, "\r\n");
    const std::string name = lower_case(take_until(value, ":"));
    const size_t begin = value.find_first_not_of(' ');
    request.headers[name] = begin == std::string_view::npos ? "" : std::string(value.substr(begin));
  }
}

// Reads until the buffer has so many bytes; false when the connection ends before.
bool read_to(int socket, std::string& buffer, size_t size) {
  char bytes[16384];
  while (buffer.size() < size) {
    const ssize_t count = recv(socket, bytes, sizeof(bytes), 0);
    if (count <= 0) {
      return false;
    }
    buffer.append(bytes, static_cast<size_t>(count));
  }
  return true;
}

// The next request of the connection; "buffer" keeps what was read beyond it.
std::optional<HttpRequest> read_request(int socket, std::string& buffer) {
  size_t end = 0;
  while ((end = buffer.find("\r\n\r\n")) == std::string::npos) {
    if (buffer.size() > kHeadBytesMax || !read_to(socket, buffer, buffer.size() + 1)) {
      return std::nullopt;
    }
  }
  HttpRequest request;
  parse_head(std::string_view(buffer).substr(0, end), request);
  buffer.erase(0, end + 4);
  const std::string length_text = request.header("content-length");
  size_t length = 0;
  std::from_chars(length_text.data(), length_text.data() + length_text.size(), length);
  if (length > kBodyBytesMax || !read_to(socket, buffer, length)) {
    return std::nullopt;
  }
  request.body = buffer.substr(0, length);
  buffer.erase(0, length);
  return request;
}

}  // namespace

std::string HttpRequest::header(const std::string& lower_case_name) const {
  const auto found = headers.find(lower_case_name);
  return found == headers.end() ? "" : found->second;
}

std::string HttpRequest::parameter(const std::string& name) const {
  const auto found = query.find(name);
  return found == query.end() ? "" : found->second;
}

std::string percent_decode(std::string_view text) {
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    int code = 0;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(&text[i + 1], &text[i + 1] + 2, code, 16).ec == std::errc()) {
      result += static_cast<char>(code);
      i += 2;
    } else {
      result += text[i] == '+' ? ' ' : text[i];
    }
  }
  return result;
}

bool Exchange::send_all(std::string_view bytes) {
  while (!cut_ && !bytes.empty()) {
    const ssize_t count = send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0) {
      cut_ = true;
      break;
    }
    bytes.remove_prefix(static_cast<size_t>(count));
  }
  return !cut_;
}

bool Exchange::respond(int code, const std::string& content_type, const std::string& body,
                       const std::string& extra_headers) {
  return send_all(concat("HTTP/1.1 ", code, " Answer\r\nContent-Type: ", content_type,
                         "\r\nContent-Length: ", body.size(), "\r\n", extra_headers, "\r\n", body));
}

bool Exchange::begin_stream(const std::string& content_type) {
  return send_all(concat("HTTP/1.1 200 OK\r\nContent-Type: ", content_type,
                         "\r\nTransfer-Encoding: chunked\r\n\r\n"));
}

bool Exchange::write_chunk(std::string_view bytes) {
  return send_all(concat(hexadecimal(bytes.size()), "\r\n", bytes, "\r\n"));
}

void Exchange::write_half_chunk(std::string_view bytes) {
  send_all(concat(hexadecimal(bytes.size()), "\r\n", bytes.substr(0, bytes.size() / 2)));
}

bool Exchange::end_stream() { return send_all("0\r\n\r\n"); }

void Exchange::cut(bool reset) {
  if (reset) {
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  }
  cut_ = true;
}

bool Exchange::peer_is_there() const {
  char byte = 0;
  const ssize_t count = recv(socket_, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return !cut_ && (count > 0 || (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)));
}

int HttpListener::start(int port) {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  PETREL_CHECK_GE(listener_, 0);
  const int on = 1;
  setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  PETREL_CHECK_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0)
      << "port " << port;
  PETREL_CHECK_EQ(listen(listener_, SOMAXCONN), 0);
  PETREL_CHECK_EQ(getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size), 0);
  stopping_ = false;
  acceptor_ = std::thread([this] { accept_loop(); });
  return ntohs(address.sin_port);
}

void HttpListener::accept_loop() {
  for (;;) {
    const int accepted = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (accepted < 0) {
      if (stopping_) {
        return;
      }
      continue;
    }
    const int on = 1;
    setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    reap(/*all=*/false);
    MutexLock lock(mutex_);
    Connection& connection = connections_.emplace_back();
    connection.socket = accepted;
    connection.thread = std::thread([this, &connection] { serve(connection); });
  }
}

void HttpListener::serve(Connection& connection) {
  std::string buffer;
  while (!stopping_) {
    const std::optional<HttpRequest> request = read_request(connection.socket, buffer);
    if (!request) {
      break;
    }
    Exchange exchange(connection.socket);
    handler_(*request, exchange);
    if (exchange.is_cut()) {
      break;
    }
  }
  MutexLock lock(mutex_);
  close(connection.socket);
  connection.socket = -1;
  connection.finished = true;
}

void HttpListener::reap(bool all) {
  std::list<Connection> ended;
  {
    MutexLock lock(mutex_);
    for (auto it = connections_.begin(); it != connections_.end();) {
      const auto next = std::next(it);
      if (all || it->finished) {
        ended.splice(ended.end(), connections_, it);
      }
      it = next;
    }
    for (const Connection& connection : ended) {
      if (connection.socket >= 0) {
        shutdown(connection.socket, SHUT_RDWR);
      }
    }
  }
  for (Connection& connection : ended) {
    connection.thread.join();
  }
}

void HttpListener::stop() {
  if (listener_ < 0) {
    return;
  }
  stopping_ = true;
  shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  close(listener_);
  listener_ = -1;
  reap(/*all=*/true);
}

}  // namespace petrel::k8s::testing
