// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace petrel {

// Raises the soft limit of open descriptors to the hard one, as servers do at their start, and
// gives the limit that holds then. The usual soft limit of 1024 exists for programs that still use
// select().
int64_t raise_open_files_limit();

// Asks the allocator to share few arenas among threads. glibc's default is eight a core, and memory
// that a thread freed into one is of no use to threads of another: a server with many short-lived
// threads, as the gRPC library starts, would hold a multiple of what it uses. Before other threads.
void economize_memory();

// Debian's Abseil is built with its lock-order checker on, which costs the gRPC library some 5 % of
// its time in a process that does nothing about it. Off.
void economize_locks();

}  // namespace petrel
