// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "store/snapshot/snapshot_file.h"

// Snapshots of versions 1 and 2, which were written as a whole, big-endian:
//   0 "PTRLSNAP" | 8 version i32 | 12 crc32 u32 of all bytes from 16 on | 16 file size i64
//   24 log offset i64 | 32 created, ms i64 | 40 topic count i32
//   per topic: name length u16, name, queue count i32, per queue: queueId i32, min i64, max i64,
//     front i64 (not in version 1)
//   state length i64, state
// A directory that an older broker had is opened with them; none is written any more. Pure.
namespace petrel::store {

bool is_older_snapshot_version(int32_t version);
// Their state is one piece. DataLoss when anything is wrong with the bytes.
absl::StatusOr<Snapshot> decode_older_snapshot(std::string_view bytes);

}  // namespace petrel::store
