// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/temp_directory.h"
#include "tests/e2e/process.h"

// Real servers for a test: each a process with its own ports and directory, stopped with the test.

namespace petrel::e2e {

// Longer than anything takes that works, on a busy machine too.
inline constexpr int64_t kPatienceMs = 30'000;

// Looks at the condition every few milliseconds until it holds (true) or the time is over.
bool eventually(const std::function<bool()>& condition, int64_t timeout_ms = kPatienceMs);

// A port that nothing listens on now. Each call gives another one.
int free_port();

// One server program. It keeps its ports and directory when it is started again.
class Server {
 public:
  // A name in the directory of this build's programs. It gets the flags of its ports, and what
  // add_flag() says, at each start.
  explicit Server(std::string program);
  void add_flag(std::string flag) { flags_.push_back(std::move(flag)); }

  // Starts the process; true once /readyz says so. A test fails with the process's log otherwise.
  [[nodiscard]] bool start();
  // The same of a process that may end before it is ready: false then.
  [[nodiscard]] bool try_start();
  [[nodiscard]] bool start_on_small_disk(const std::string& mount_point, int64_t size_bytes);
  // SIGTERM; the exit code, or what Process::wait gives.
  std::optional<int> stop();
  // Waits for an end that is under way; as stop().
  std::optional<int> wait_for_end() { return process_->wait(kPatienceMs); }
  // SIGKILL.
  void kill() { process_->kill(); }
  void signal(int number) { process_->signal(number); }
  // Of the process that was started last.
  pid_t pid() const { return process_->pid(); }
  bool is_running() { return process_ != nullptr && process_->is_running(); }

  // Path of the executable.
  std::string program() const;
  int grpc_port() const { return grpc_port_; }
  // host:port of the gRPC port.
  std::string address() const;
  const std::string& directory() const { return directory_.path(); }
  // Everything that it has written to standard output and error.
  std::string log() const;
  // The body of a page of the HTTP port; "" when it does not answer 200.
  std::string page(const std::string& path) const;
  int64_t resident_bytes() const;

 private:
  // False when it ended or does not get ready.
  bool launch(ProcessOptions options);
  bool launch_and_expect_ready(ProcessOptions options);

  const std::string program_;
  std::vector<std::string> flags_;
  const int grpc_port_ = free_port();
  const int http_port_ = free_port();
  const TempDirectory directory_;
  std::unique_ptr<Process> process_;
};

// For a broker "a" that makes topics by itself, and whose log has small files, which are captured
// and cleaned often.
void add_short_log_flags(Server& broker, const std::string& store);

}  // namespace petrel::e2e
