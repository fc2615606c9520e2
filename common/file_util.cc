// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "common/file_util.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include "common/concat.h"
#include "common/status.h"

namespace petrel {
namespace {

// Owns a descriptor for a scope.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) {
      ::close(fd_);
    }
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int get() const { return fd_; }

 private:
  const int fd_;
};

absl::Status write_all(int fd, std::string_view data, const std::string& path) {
  while (!data.empty()) {
    const ssize_t written = ::write(fd, data.data(), data.size());
    if (written < 0 && errno == EINTR) {
      continue;
    }
    if (written < 0) {
      return errno_status(errno, concat("write ", path));
    }
    data.remove_prefix(static_cast<size_t>(written));
  }
  return absl::OkStatus();
}

absl::Status write_synced(const std::string& path, std::string_view contents, mode_t mode) {
  // Made unreadable for others from the first moment; an older file of a crash is replaced, not
  // reused.
  ::unlink(path.c_str());
  const Descriptor file(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR));
  if (file.get() < 0) {
    return errno_status(errno, concat("create ", path));
  }
  PETREL_RETURN_IF_ERROR(write_all(file.get(), contents, path));
  if (::fchmod(file.get(), mode) != 0) {
    return errno_status(errno, concat("chmod ", path));
  }
  if (::fsync(file.get()) != 0) {
    return errno_status(errno, concat("fsync ", path));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> read_file(const std::string& path, int64_t size_bytes_max) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0) {
    return errno_status(errno, concat("open ", path));
  }
  struct stat info {};
  if (::fstat(file.get(), &info) != 0) {
    return errno_status(errno, concat("stat ", path));
  }
  if (!S_ISREG(info.st_mode)) {
    return absl::InvalidArgumentError(concat(path, " is not a regular file"));
  }
  // Read to the end and not to the size that stat gave, which is 0 in /proc.
  std::string contents;
  char buffer[16384];
  for (;;) {
    const ssize_t got = ::read(file.get(), buffer, sizeof(buffer));
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got < 0) {
      return errno_status(errno, concat("read ", path));
    }
    if (got == 0) {
      return contents;
    }
    contents.append(buffer, static_cast<size_t>(got));
    if (static_cast<int64_t>(contents.size()) > size_bytes_max) {
      return absl::ResourceExhaustedError(
          concat(path, " is larger than ", size_bytes_max, " bytes"));
    }
  }
}

absl::Status write_file_atomic(const std::string& path, std::string_view contents, mode_t mode) {
  const std::string temporary = path + ".tmp";
  absl::Status status = write_synced(temporary, contents, mode);
  if (status.ok() && ::rename(temporary.c_str(), path.c_str()) != 0) {
    status = errno_status(errno, concat("rename ", temporary));
  }
  if (!status.ok()) {
    ::unlink(temporary.c_str());
    return status;
  }
  return sync_directory(parent_of(path));
}

std::string parent_of(const std::string& path) {
  const std::string parent = std::filesystem::path(path).parent_path().string();
  return parent.empty() ? "." : parent;
}

absl::Status make_directories(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) {
    return errno_status(error.value(), concat("make directory ", path));
  }
  return absl::OkStatus();
}

absl::Status sync_directory(const std::string& path) {
  const Descriptor directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() < 0) {
    return errno_status(errno, concat("open directory ", path));
  }
  if (::fsync(directory.get()) != 0) {
    return errno_status(errno, concat("fsync directory ", path));
  }
  return absl::OkStatus();
}

}  // namespace petrel
