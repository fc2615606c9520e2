// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cerrno>
#include <iostream>
#include <memory>
#include <utility>

#include "cli/command.h"
#include "cli/member.h"
#include "cli/target.h"
#include "common/concat.h"
#include "common/signals.h"
#include "common/status.h"

namespace petrel::cli {

namespace {

constexpr int kPollIntervalMs = 200;

struct LogsOptions {
  std::string member;
  size_t lines = 100;
  bool follow = false;
};

class LogFile {
 public:
  static absl::StatusOr<std::unique_ptr<LogFile>> open(const std::string& path) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
      return errno_status(errno, path);
    }
    return std::unique_ptr<LogFile>(new LogFile(fd));
  }
  ~LogFile() { close(fd_); }
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;

  // Where the last `lines` lines begin.
  off_t begin_of_last(size_t lines) const {
    off_t at = lseek(fd_, 0, SEEK_END);
    bool at_end = true;
    std::array<char, 64 << 10> buffer;
    while (at > 0) {
      const auto size = static_cast<size_t>(std::min(at, static_cast<off_t>(buffer.size())));
      const ssize_t got = pread(fd_, buffer.data(), size, at - static_cast<off_t>(size));
      if (got <= 0) {
        return at;
      }
      for (auto i = static_cast<size_t>(got); i > 0; --i) {
        // The newline at the very end begins no line.
        if (buffer.at(i - 1) == '\n' && !std::exchange(at_end, false) && --lines == 0) {
          return at - static_cast<off_t>(size) + static_cast<off_t>(i);
        }
        at_end = false;
      }
      at -= static_cast<off_t>(size);
    }
    return 0;
  }

  // Prints what is there from `at` on; returns where that ends.
  off_t print_from(off_t at) const {
    std::array<char, 64 << 10> buffer;
    ssize_t got = 0;
    while ((got = pread(fd_, buffer.data(), buffer.size(), at)) > 0) {
      std::cout.write(buffer.data(), got);
      at += got;
    }
    std::cout.flush();
    return at;
  }

 private:
  explicit LogFile(int fd) : fd_(fd) {}
  const int fd_;
};

absl::StatusOr<int> logs(const Globals& globals, const LogsOptions& options) {
  // A reader that has gone ends it.
  const SigpipeGuard no_sigpipe;
  PETREL_ASSIGN_OR_RETURN(const LocalCluster cluster, find_local_cluster(globals));
  PETREL_ASSIGN_OR_RETURN(const ops::MemberId member, find_member(cluster, options.member));
  PETREL_ASSIGN_OR_RETURN(const auto file, LogFile::open(cluster.layout.log_file(member)));
  off_t at = file->print_from(file->begin_of_last(options.lines));
  while (options.follow && std::cout) {
    poll(nullptr, 0, kPollIntervalMs);
    at = file->print_from(at);
  }
  return kOk;
}

}  // namespace

void add_logs(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<LogsOptions>();
  CLI::App* command =
      app.add_subcommand("logs", "Show what a member of a local cluster has logged");
  command->add_option("MEMBER", options->member, "Name of the member, as in petrelctl status")
      ->required();
  command->add_option("--lines", options->lines, "How many lines, the last ones")
      ->check(CLI::Range(size_t{1}, size_t{1'000'000'000}))
      ->capture_default_str();
  command->add_flag("-f,--follow", options->follow, "Go on with what it logs from now on");
  command->footer(
      "Examples:\n"
      "  petrelctl logs broker-0\n"
      "  petrelctl logs -f nameserver-0 --lines 10");
  command->callback([&invocation, options] {
    invocation.command = [&invocation, options] { return logs(invocation.globals, *options); };
  });
}

}  // namespace petrel::cli
