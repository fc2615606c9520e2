// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "tests/e2e/harness.h"

#include <gtest/gtest.h>
#include <httplib.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <sstream>
#include <thread>
#include <utility>

#include "common/check.h"
#include "common/concat.h"
#include "common/signals.h"

namespace petrel::e2e {
namespace {

constexpr char kLoopback[] = "127.0.0.1";

bool can_bind(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  const bool ok = bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  close(fd);
  return ok;
}

std::string read_file(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

}  // namespace

bool eventually(const std::function<bool()>& condition, int64_t timeout_ms) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout_ms);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

int free_port() {
  // Below the ports that the kernel gives to outgoing connections; tests that run at the same time
  // begin elsewhere.
  constexpr int kFirst = 20'000;
  constexpr int kCount = 12'000;
  static int next = static_cast<int>(getpid()) * 31 % kCount;
  for (int i = 0; i < kCount; ++i) {
    const int port = kFirst + next;
    next = (next + 1) % kCount;
    if (can_bind(port)) return port;
  }
  PETREL_CHECK(false) << "no free port";
  return 0;
}

Server::Server(std::string program) : program_(std::move(program)) {}

bool Server::start() { return launch_and_expect_ready({}); }

bool Server::try_start() { return launch({}); }

bool Server::start_on_small_disk(const std::string& mount_point, int64_t size_bytes) {
  ProcessOptions options;
  options.mount_point = mount_point;
  options.mount_bytes = size_bytes;
  return launch_and_expect_ready(std::move(options));
}

bool Server::launch_and_expect_ready(ProcessOptions options) {
  const bool ready = launch(std::move(options));
  EXPECT_TRUE(ready) << program_ << " is not ready:\n" << log();
  return ready;
}

bool Server::launch(ProcessOptions options) {
  process_.reset();
  options.program = program();
  options.arguments = flags_;
  for (const char* section : {"grpc", "http"}) {
    options.arguments.push_back(concat("--", section, ".host=", kLoopback));
  }
  options.arguments.push_back(concat("--grpc.port=", grpc_port_));
  options.arguments.push_back(concat("--http.port=", http_port_));
  options.log_file = directory_.file("log");
  auto process = Process::start(options);
  if (!process.ok()) {
    ADD_FAILURE() << process.status();
    return false;
  }
  process_ = *std::move(process);
  (void)eventually([this] { return !process_->is_running() || !page("/readyz").empty(); });
  return process_->is_running() && !page("/readyz").empty();
}

std::optional<int> Server::stop() {
  process_->signal(SIGTERM);
  return process_->wait(kPatienceMs);
}

std::string Server::program() const { return concat(PETREL_BIN_DIR "/", program_); }

std::string Server::address() const { return concat(kLoopback, ":", grpc_port_); }

std::string Server::log() const { return read_file(directory_.file("log")); }

std::string Server::page(const std::string& path) const {
  const SigpipeGuard no_sigpipe;
  httplib::Client client(kLoopback, http_port_);
  const httplib::Result result = client.Get(path.c_str());
  return result && result->status == 200 ? result->body : std::string();
}

int64_t Server::resident_bytes() const {
  std::istringstream fields(read_file(concat("/proc/", process_->pid(), "/statm")));
  int64_t total_pages = 0;
  int64_t resident_pages = 0;
  fields >> total_pages >> resident_pages;
  return resident_pages * sysconf(_SC_PAGESIZE);
}

void add_short_log_flags(Server& broker, const std::string& store) {
  broker.add_flag("--broker.name=a");
  broker.add_flag(concat("--broker.advertised-address=", broker.address()));
  broker.add_flag(concat("--store.directory=", store));
  broker.add_flag("--store.segment-size=1MiB");
  broker.add_flag("--store.snapshot-size=1MiB");
  broker.add_flag("--store.clean-resource-interval=1s");
  broker.add_flag("--limits.body-size=65536");
  broker.add_flag("--topics.auto-create=true");
}

}  // namespace petrel::e2e
