// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "cli/store_lock.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "common/concat.h"

namespace petrel::cli {

namespace {

bool is_same_file(const std::filesystem::path& path, const struct stat& file) {
  struct stat other {};
  return ::stat(path.c_str(), &other) == 0 && other.st_dev == file.st_dev &&
         other.st_ino == file.st_ino;
}

// "petrel-broker (pid 4711)": processes that have the file open, as far as this user may see them.
std::string processes_with(int fd) {
  struct stat file {};
  if (::fstat(fd, &file) != 0) {
    return "";
  }
  std::string found;
  std::error_code error;
  for (const auto& process : std::filesystem::directory_iterator("/proc", error)) {
    const std::string pid = process.path().filename();
    if (pid.find_first_not_of("0123456789") != std::string::npos) {
      continue;
    }
    if (pid == std::to_string(::getpid())) {
      continue;
    }
    std::error_code not_ours;
    for (const auto& open : std::filesystem::directory_iterator(process.path() / "fd", not_ours)) {
      if (!is_same_file(open.path(), file)) {
        continue;
      }
      std::string name;
      std::ifstream comm(process.path() / "comm");
      std::getline(comm, name);
      found += concat(found.empty() ? "" : ", ", name, " (pid ", pid, ")");
      break;
    }
  }
  return found;
}

}  // namespace

absl::StatusOr<StoreLock> StoreLock::take(const std::string& directory, Mode mode) {
  const std::string path = concat(directory, "/lock");
  const int flags = mode == Mode::kRead ? O_RDONLY : O_RDWR | O_CREAT;
  constexpr mode_t kFileMode = 0644;
  const int fd = ::open(path.c_str(), flags | O_CLOEXEC, kFileMode);
  if (fd < 0 && errno == ENOENT && mode == Mode::kRead) {
    return StoreLock(-1);
  }
  if (fd < 0) {
    return absl::UnavailableError(concat("cannot open ", path, ": ", std::strerror(errno)));
  }
  StoreLock lock(fd);
  struct flock range {};
  range.l_type = static_cast<int16_t>(mode == Mode::kRead ? F_RDLCK : F_WRLCK);
  range.l_whence = SEEK_SET;
  range.l_len = 1;
  if (::fcntl(fd, F_OFD_SETLK, &range) == 0) {
    return lock;
  }
  const std::string who = processes_with(fd);
  return absl::FailedPreconditionError(
      concat(directory, " is in use by ", who.empty() ? "another process" : who));
}

StoreLock::~StoreLock() {
  if (fd_ >= 0) {
    ::close(fd_);
  }
}

}  // namespace petrel::cli
