// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <unordered_map>

#include "common/mutex.h"

namespace petrel {

enum class ConnectionKind : uint8_t { kPlaintext = 0, kTls = 1 };
inline constexpr size_t kConnectionKinds = 2;

// How many of the sockets that were given away are still open.
//
// The gRPC library owns a descriptor once it has it and tells nobody when it closes it. But a
// socket has an identity (device and inode) that its number loses when it is closed, and asking for
// it harms nobody, whatever the number means by then. Counting asks for every socket: some
// milliseconds for 10,000. Safe from any thread.
class OpenSockets {
 public:
  using Counts = std::array<size_t, kConnectionKinds>;  // by ConnectionKind

  // Before fd is given away.
  void add(int fd, ConnectionKind kind);

  // The open ones; forgets the others.
  Counts count();

  // Sockets added and not yet known to be closed: an upper bound of what count() would say, and
  // cheap.
  size_t known() const;

 private:
  struct Identity {
    dev_t device;
    ino_t inode;
    ConnectionKind kind;
  };

  static bool identify(int fd, Identity* identity);

  mutable Mutex mutex_;
  std::unordered_map<int, Identity> sockets_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace petrel
