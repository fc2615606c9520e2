// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

namespace petrel {

// SIGTERM and SIGINT as something that main() waits for; SIGPIPE is ignored for good.
//
// Made first in main(), before other threads exist, because threads inherit the blocking of the two
// signals. So do child processes: whoever starts some calls unblock_stop_signals() in the child
// before exec. One per process.
class StopSignal {
 public:
  StopSignal();
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  // Blocks until a signal arrives or request() was called; gives the reason: "SIGTERM", "SIGINT" or
  // that of request().
  std::string wait();

  // Any thread: ends the wait, as when the store has failed. Later reasons are ignored.
  void request(const std::string& reason);

 private:
  struct State;
  const std::unique_ptr<State> state_;
};

// Only makes system calls that are allowed between fork and exec.
void unblock_stop_signals();

// While it lives, writing to a connection that the peer has reset is an error (EPIPE) in the thread
// that made it, and does not end the process, whatever the process does with SIGPIPE. For libraries
// that write to sockets without MSG_NOSIGNAL, as OpenSSL's. Two or three system calls.
class SigpipeGuard {
 public:
  SigpipeGuard();
  ~SigpipeGuard();
  SigpipeGuard(const SigpipeGuard&) = delete;
  SigpipeGuard& operator=(const SigpipeGuard&) = delete;

 private:
  // Already so: by an outer guard, or by whoever made the thread.
  bool was_blocked_ = false;
};

}  // namespace petrel
