// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/runtimes/local/data_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "absl/memory/memory.h"
#include "common/concat.h"
#include "common/file_util.h"
#include "common/status.h"

namespace petrel::ops {

absl::StatusOr<std::unique_ptr<DataLock>> DataLock::take(const std::string& data_dir,
                                                         const std::string& lock_file) {
  PETREL_RETURN_IF_ERROR(make_directories(data_dir));
  const int fd = open(lock_file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) {
    return errno_status(errno, concat("open ", lock_file));
  }
  std::unique_ptr<DataLock> lock = absl::WrapUnique(new DataLock(fd));
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    return errno == EWOULDBLOCK
               ? absl::FailedPreconditionError(concat("another petrelctl is at work on ", data_dir,
                                                      "; wait until it is done"))
               : errno_status(errno, concat("lock ", lock_file));
  }
  return lock;
}

DataLock::~DataLock() { close(fd_); }

}  // namespace petrel::ops
