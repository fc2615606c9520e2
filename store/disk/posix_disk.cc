// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdio>

#include "common/concat.h"
#include "common/file_util.h"
#include "common/status.h"
#include "store/disk/disk.h"

namespace petrel::store {
namespace {

constexpr mode_t kFileMode = 0640;
constexpr mode_t kDirectoryMode = 0750;

// Shorter ones count as data. Where a file system takes what was read for data, each start leaves
// more and smaller holes; so there are not more ranges than the file has such pieces.
constexpr uint64_t kHoleBytesMin = 64 << 10;

absl::Status failed(std::string_view what, const std::string& path) {
  const int error = errno;
  return errno_status(error, concat(what, " ", path));
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }

 private:
  int fd_;
};

// Repeats a call that a signal interrupted.
template <typename F>
auto uninterrupted(F&& call) {
  while (true) {
    const auto result = call();
    if (result >= 0 || errno != EINTR) return result;
  }
}

class PosixFile final : public File {
 public:
  PosixFile(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}

  absl::Status write(uint64_t offset, std::span<const iovec> parts) override {
    while (!parts.empty()) {
      const auto batch = parts.first(std::min<size_t>(parts.size(), IOV_MAX));
      size_t bytes = 0;
      for (const iovec& part : batch) bytes += part.iov_len;
      const ssize_t written = uninterrupted([&] {
        return ::pwritev(fd_.get(), batch.data(), static_cast<int>(batch.size()),
                         static_cast<off_t>(offset));
      });
      if (written < 0) return failed("write", path_);
      if (static_cast<size_t>(written) < bytes) {
        PETREL_RETURN_IF_ERROR(write_rest(offset, batch, static_cast<size_t>(written)));
      }
      offset += bytes;
      parts = parts.subspan(batch.size());
    }
    return absl::OkStatus();
  }

  absl::Status read(uint64_t offset, std::span<char> into) const override {
    while (!into.empty()) {
      const ssize_t bytes = uninterrupted(
          [&] { return ::pread(fd_.get(), into.data(), into.size(), static_cast<off_t>(offset)); });
      if (bytes < 0) return failed("read", path_);
      if (bytes == 0) {
        return absl::OutOfRangeError(concat("read ", path_, ": it ends at ", offset));
      }
      offset += static_cast<uint64_t>(bytes);
      into = into.subspan(static_cast<size_t>(bytes));
    }
    return absl::OkStatus();
  }

  absl::Status sync() override {
    if (uninterrupted([&] { return ::fdatasync(fd_.get()); }) < 0) return failed("sync", path_);
    return absl::OkStatus();
  }

  absl::Status allocate(uint64_t offset, uint64_t length) override {
    const int result = uninterrupted([&] {
      return ::fallocate(fd_.get(), 0, static_cast<off_t>(offset), static_cast<off_t>(length));
    });
    if (result < 0) return failed("allocate", path_);
    return absl::OkStatus();
  }

  absl::Status truncate(uint64_t size) override {
    const int result =
        uninterrupted([&] { return ::ftruncate(fd_.get(), static_cast<off_t>(size)); });
    if (result < 0) return failed("truncate", path_);
    return absl::OkStatus();
  }

  absl::StatusOr<uint64_t> size() const override {
    struct stat status {};
    if (::fstat(fd_.get(), &status) < 0) return failed("stat", path_);
    return static_cast<uint64_t>(status.st_size);
  }

  absl::StatusOr<std::vector<FileRange>> data_ranges(uint64_t offset) const override {
    std::vector<FileRange> ranges;
    PETREL_ASSIGN_OR_RETURN(const uint64_t file_size, size());
    while (offset < file_size) {
      const off_t data = ::lseek(fd_.get(), static_cast<off_t>(offset), SEEK_DATA);
      if (data < 0 && errno == ENXIO) break;  // nothing but holes up to the end
      const off_t hole = data < 0 ? data : ::lseek(fd_.get(), data, SEEK_HOLE);
      if (hole < 0 && errno == EINVAL) {  // a file system that does not know its holes
        return std::vector<FileRange>{{.begin = offset, .end = file_size}};
      }
      if (hole < 0) return failed("seek", path_);
      offset = static_cast<uint64_t>(hole);
      const auto begin = static_cast<uint64_t>(data);
      if (!ranges.empty() && begin - ranges.back().end < kHoleBytesMin) {
        ranges.back().end = offset;
      } else {
        ranges.push_back({.begin = begin, .end = offset});
      }
    }
    return ranges;
  }

 private:
  // After a short write: what is left of `parts`, piece by piece.
  absl::Status write_rest(uint64_t offset, std::span<const iovec> parts, size_t written) {
    for (const iovec& part : parts) {
      size_t done = std::min(written, part.iov_len);
      written -= done;
      while (done < part.iov_len) {
        const ssize_t more = uninterrupted([&] {
          return ::pwrite(fd_.get(), static_cast<const char*>(part.iov_base) + done,
                          part.iov_len - done, static_cast<off_t>(offset + done));
        });
        if (more < 0) return failed("write", path_);
        if (more == 0) return absl::InternalError(concat("write ", path_, ": no progress"));
        done += static_cast<size_t>(more);
      }
      offset += part.iov_len;
    }
    return absl::OkStatus();
  }

  const std::string path_;
  const Descriptor fd_;
};

class PosixLock final : public FileLock {
 public:
  explicit PosixLock(int fd) : fd_(fd) {}

 private:
  const Descriptor fd_;
};

class PosixDisk final : public Disk {
 public:
  absl::StatusOr<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override {
    const int flags = mode == OpenMode::kRead        ? O_RDONLY
                      : mode == OpenMode::kReadWrite ? O_RDWR
                                                     : O_RDWR | O_CREAT;
    const int fd =
        uninterrupted([&] { return ::open(path.c_str(), flags | O_CLOEXEC, kFileMode); });
    if (fd < 0) return failed("open", path);
    return std::make_unique<PosixFile>(path, fd);
  }

  absl::StatusOr<std::vector<std::string>> list(const std::string& directory) override {
    DIR* const stream = ::opendir(directory.c_str());
    if (stream == nullptr) return failed("list", directory);
    std::vector<std::string> names;
    errno = 0;
    while (const dirent* entry = ::readdir(stream)) {
      const std::string_view name = entry->d_name;
      if (name != "." && name != "..") names.emplace_back(name);
    }
    const int error = errno;
    ::closedir(stream);
    if (error != 0) return errno_status(error, concat("list ", directory));
    std::sort(names.begin(), names.end());
    return names;
  }

  absl::Status create_directories(const std::string& directory) override {
    for (size_t end = directory.find('/', 1);; end = directory.find('/', end + 1)) {
      const std::string prefix = directory.substr(0, end);
      if (::mkdir(prefix.c_str(), kDirectoryMode) < 0) {
        if (errno != EEXIST) return failed("create directory", prefix);
      } else if (absl::Status status = sync_directory(parent_of(prefix)); !status.ok()) {
        return status;
      }
      if (end == std::string::npos) return absl::OkStatus();
    }
  }

  absl::Status make_directories(const std::string& directory) override {
    if (::mkdir(directory.c_str(), kDirectoryMode) == 0 || errno == EEXIST) return absl::OkStatus();
    if (errno != ENOENT) return failed("create directory", directory);
    if (absl::Status made = make_directories(parent_of(directory)); !made.ok()) return made;
    if (::mkdir(directory.c_str(), kDirectoryMode) == 0) return absl::OkStatus();
    return failed("create directory", directory);
  }

  absl::Status rename(const std::string& from, const std::string& to) override {
    if (::rename(from.c_str(), to.c_str()) < 0) return failed("rename", from);
    return absl::OkStatus();
  }

  absl::Status remove(const std::string& path) override {
    if (std::remove(path.c_str()) < 0) return failed("remove", path);
    return absl::OkStatus();
  }

  absl::Status sync_directory(const std::string& directory) override {
    const Descriptor fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd.valid()) return failed("open directory", directory);
    if (uninterrupted([&] { return ::fsync(fd.get()); }) < 0) {
      return failed("sync directory", directory);
    }
    return absl::OkStatus();
  }

  // Linux tells of errors that came before the call, too, unless somebody was told already.
  absl::Status sync_all(const std::string& directory) override {
    const Descriptor fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd.valid()) return failed("open directory", directory);
    if (uninterrupted([&] { return ::syncfs(fd.get()); }) < 0) return failed("sync all", directory);
    return absl::OkStatus();
  }

  absl::StatusOr<std::unique_ptr<FileLock>> lock(const std::string& path) override {
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kFileMode);
    if (fd < 0) return failed("open", path);
    auto held = std::make_unique<PosixLock>(fd);
    // The byte that RocketMQ locks. An open-file-description lock conflicts with the process locks
    // that Java takes, and with a second store in this process too.
    struct flock range {};
    range.l_type = F_WRLCK;
    range.l_whence = SEEK_SET;
    range.l_start = 0;
    range.l_len = 1;
    if (::fcntl(fd, F_OFD_SETLK, &range) < 0) {
      if (errno == EAGAIN || errno == EACCES) {
        return absl::FailedPreconditionError(
            concat("lock ", path, ": another process uses this directory"));
      }
      return failed("lock", path);
    }
    return held;
  }

  absl::StatusOr<DiskSpace> space(const std::string& directory) override {
    struct statvfs status {};
    if (::statvfs(directory.c_str(), &status) < 0) return failed("statvfs", directory);
    // As df counts: what only root may use is not there.
    const uint64_t used = status.f_blocks - status.f_bfree;
    return DiskSpace{.total_bytes = (used + status.f_bavail) * status.f_frsize,
                     .available_bytes = status.f_bavail * status.f_frsize};
  }
};

}  // namespace

std::unique_ptr<Disk> make_posix_disk() { return std::make_unique<PosixDisk>(); }

}  // namespace petrel::store
