// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "common/rpc/open_sockets.h"

#include <sys/stat.h>

namespace petrel {

bool OpenSockets::identify(int fd, Identity* identity) {
  struct stat info {};
  if (fstat(fd, &info) != 0) {
    return false;
  }
  identity->device = info.st_dev;
  identity->inode = info.st_ino;
  return true;
}

void OpenSockets::add(int fd, ConnectionKind kind) {
  Identity identity{0, 0, kind};
  if (!identify(fd, &identity)) {
    return;
  }
  MutexLock lock(mutex_);
  // An entry with this number is of a socket that was closed.
  sockets_.insert_or_assign(fd, identity);
}

OpenSockets::Counts OpenSockets::count() {
  Counts counts{};
  MutexLock lock(mutex_);
  for (auto entry = sockets_.begin(); entry != sockets_.end();) {
    const Identity& known = entry->second;
    Identity now{};
    if (identify(entry->first, &now) && now.device == known.device && now.inode == known.inode) {
      ++counts[static_cast<size_t>(known.kind)];
      ++entry;
    } else {
      entry = sockets_.erase(entry);
    }
  }
  return counts;
}

size_t OpenSockets::known() const {
  MutexLock lock(mutex_);
  return sockets_.size();
}

}  // namespace petrel
