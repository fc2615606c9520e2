// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "tests/e2e/process.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "common/concat.h"
#include "common/signals.h"
#include "common/status.h"
#include "tests/e2e/harness.h"

namespace petrel::e2e {
namespace {

constexpr int kCannotStart = 127;

// All texts that the child needs between fork and exec, where it must not allocate.
struct Prepared {
  std::vector<std::string> texts;
  std::vector<char*> argv;
  std::string mount_options;
  std::string user_map;
  std::string group_map;
};

Prepared prepare(const ProcessOptions& options) {
  Prepared prepared;
  prepared.texts.push_back(options.program);
  prepared.texts.insert(prepared.texts.end(), options.arguments.begin(), options.arguments.end());
  for (std::string& text : prepared.texts) {
    prepared.argv.push_back(text.data());
  }
  prepared.argv.push_back(nullptr);
  prepared.mount_options = concat("size=", options.mount_bytes);
  prepared.user_map = concat("0 ", getuid(), " 1");
  prepared.group_map = concat("0 ", getgid(), " 1");
  return prepared;
}

bool write_text(const char* path, const std::string& text) {
  const int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool ok = write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  close(fd);
  return ok;
}

// A mount that only this process sees, allowed to anybody inside a user namespace of their own.
bool mount_memory(const ProcessOptions& options, const Prepared& prepared) {
  return unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 && write_text("/proc/self/setgroups", "deny") &&
         write_text("/proc/self/uid_map", prepared.user_map) &&
         write_text("/proc/self/gid_map", prepared.group_map) &&
         mount("tmpfs", options.mount_point.c_str(), "tmpfs", 0, prepared.mount_options.c_str()) ==
             0;
}

[[noreturn]] void become(const ProcessOptions& options, const Prepared& prepared, int log_fd) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  unblock_stop_signals();
  dup2(log_fd, STDOUT_FILENO);
  dup2(log_fd, STDERR_FILENO);
  if (options.mount_point.empty() || mount_memory(options, prepared)) {
    execv(prepared.argv[0], prepared.argv.data());
  }
  const char* reason = strerror(errno);
  (void)!write(STDERR_FILENO, reason, strlen(reason));
  _exit(kCannotStart);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Process>> Process::start(const ProcessOptions& options) {
  const int log_fd =
      open(options.log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (log_fd < 0) return errno_status(errno, options.log_file);
  const Prepared prepared = prepare(options);
  const pid_t pid = fork();
  if (pid == 0) become(options, prepared, log_fd);
  const int error = errno;
  close(log_fd);
  if (pid < 0) return errno_status(error, "fork");
  return std::unique_ptr<Process>(new Process(pid));
}

Process::~Process() { kill(); }

void Process::signal(int number) {
  if (!is_running()) return;
  ::kill(pid_, number);
  if (number == SIGSTOP) {  // its other threads run on until one has taken the signal
    siginfo_t stopped{};
    waitid(P_PID, static_cast<id_t>(pid_), &stopped, WSTOPPED | WEXITED | WNOWAIT);
  }
}

bool Process::is_running() {
  int status = 0;
  if (!result_.has_value() && waitpid(pid_, &status, WNOHANG) == pid_) {
    result_ = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }
  return !result_.has_value();
}

std::optional<int> Process::wait(int64_t timeout_ms) {
  eventually([this] { return !is_running(); }, timeout_ms);
  return result_;
}

void Process::kill() {
  signal(SIGKILL);
  constexpr int64_t kLongMs = 60'000;
  (void)wait(kLongMs);
}

}  // namespace petrel::e2e
