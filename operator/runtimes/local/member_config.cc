// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/runtimes/local/member_config.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <string_view>
#include <utility>

#include "common/concat.h"
#include "common/status.h"
#include "operator/runtimes/members/digest.h"

namespace petrel::ops {

namespace {

constexpr size_t kOutputBytesMax = 64 << 10;
// Where the program that checks a configuration finds it.
constexpr int kConfigFd = 3;
constexpr std::string_view kConfigFile = "/proc/self/fd/3";

absl::Status write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t size = write(fd, text.data(), text.size());
    if (size < 0) {
      return errno_status(errno, "write");
    }
    text.remove_prefix(static_cast<size_t>(size));
  }
  return absl::OkStatus();
}

// Without "FILE:12:3: ".
std::string without_places(std::string text) {
  for (size_t at = text.find(kConfigFile); at != std::string::npos; at = text.find(kConfigFile)) {
    const size_t end = text.find_first_not_of(":0123456789", at + kConfigFile.size());
    text.erase(at,
               end == std::string::npos || text[end] != ' ' ? kConfigFile.size() : end + 1 - at);
  }
  while (!text.empty() && text.back() == '\n') {
    text.pop_back();
  }
  return text;
}

absl::Status run_check(const std::string& program, int config_fd) {
  int fds[2];
  if (pipe2(fds, O_CLOEXEC) != 0) {
    return errno_status(errno, "pipe2");
  }
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&files, fds[1], 1);
  posix_spawn_file_actions_adddup2(&files, fds[1], 2);
  posix_spawn_file_actions_adddup2(&files, config_fd, kConfigFd);
  const std::string config = concat("--config=", kConfigFile);
  std::array<char*, 4> argv = {const_cast<char*>(program.c_str()),
                               const_cast<char*>(config.c_str()),
                               const_cast<char*>("--check-config"), nullptr};
  pid_t pid = 0;
  const int error = posix_spawn(&pid, program.c_str(), &files, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&files);
  close(fds[1]);
  std::string output;
  std::array<char, 4096> buffer;
  ssize_t size = 0;
  while (error == 0 && (size = read(fds[0], buffer.data(), buffer.size())) > 0) {
    if (output.size() < kOutputBytesMax) {
      output.append(buffer.data(), static_cast<size_t>(size));
    }
  }
  close(fds[0]);
  if (error != 0) {
    return errno_status(error, concat("cannot start ", program));
  }
  int status = 0;
  waitpid(pid, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0
             ? absl::OkStatus()
             : absl::InvalidArgumentError(without_places(output));
}

}  // namespace

absl::StatusOr<std::string> program_file(const std::string& bin_dir, Role role) {
  std::string file = concat(bin_dir, "/", program_name(role));
  if (access(file.c_str(), X_OK) != 0) {
    return absl::NotFoundError(
        concat("there is no program ", file, "; name the directory that has it with --bin-dir"));
  }
  return file;
}

absl::StatusOr<std::string> member_config(const Resource& cluster, const Layout& layout,
                                          const MemberId& member) {
  const ClusterSpec spec = cluster_spec(cluster);
  MemberPlace place{.made_by = "petrelctl",
                    .host = kLocalHost,
                    .grpc_port = layout.grpc_port(member),
                    .http_port = layout.http_port(member),
                    .advertised_address = layout.grpc_address(member),
                    .store_directory = layout.store_dir(member)};
  for (int i = 0; i < spec.nameservers; ++i) {
    place.nameservers.push_back(layout.grpc_address({Role::kNameserver, i}));
  }
  MemberSettings settings = member_settings(cluster.name, spec, member, place);
  if (!settings.refused.empty()) {
    return absl::InvalidArgumentError(
        concat(cluster.declared_at.empty() ? "" : concat(cluster.declared_at, ": "), cluster.id(),
               ": ", settings.refused.front().message));
  }
  return std::move(settings.text);
}

absl::StatusOr<std::string> member_digest(const std::string& config_text,
                                          const std::string& program) {
  struct stat file;
  if (stat(program.c_str(), &file) != 0) {
    return errno_status(errno, program);
  }
  const std::string all = concat(config_text, program, "\n", file.st_size, " ", file.st_mtim.tv_sec,
                                 ".", file.st_mtim.tv_nsec);
  return digest_of(all);
}

absl::Status check_configuration(const std::string& program, const std::string& config_text) {
  const int config_fd = memfd_create("configuration", MFD_CLOEXEC);
  if (config_fd < 0) {
    return errno_status(errno, "memfd_create");
  }
  absl::Status checked = write_all(config_fd, config_text);
  if (checked.ok()) {
    checked = run_check(program, config_fd);
  }
  close(config_fd);
  return checked;
}

}  // namespace petrel::ops
