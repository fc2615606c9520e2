// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "store/disk/disk.h"
#include "store/index/index_file.h"
#include "store/tools/store_verify.h"

namespace petrel::store {

struct BackupOptions {
  // The owner's own records: where the last of them is goes into the copy's sync mark.
  std::string state_topic;
  // Bytes of the log that are copied, and that are to be; may be empty. Called often.
  std::function<void(int64_t copied, int64_t total)> progress = {};
  IndexGeometry index = {};
};

// What a backup has in it.
struct StoreBackup {
  int64_t log_begin = 0;
  int64_t log_end = 0;
  std::optional<int64_t> snapshot;  // log offset; none: the whole log makes up for it
  StoreReport report;               // of the copy. Damage in it is the store's own, byte by byte
};

// Copies the store in `from` to the directory `to`, from which a broker starts as after a crash,
// while a broker of Petrel may run on `from`; it is neither asked nor stopped nor locked out. Needs
// that appends go to the log in its order, which is true of this store's log and not of another
// broker's: a RocketMQ broker is to be stopped.
//
// Everything that was written to the log before the call is in the copy: with either flush mode
// that is all that was acknowledged. What is written meanwhile may be, up to one point of the log.
// The newest sound snapshot, the log up to that point and the queue files are copied, without the
// room that they reserve; the index and the broker's TLS key are not. A file that retention deletes
// meanwhile is left out if the snapshot does not need it; else all begins again with a newer
// snapshot, keeping the files that are copied already.
//
// `to` must not exist, or be an empty directory. All is made in <to>.partial, durably, verified
// there, and renamed at the end, so that a directory of the name `to` is whole. The begin of the
// log comes last and the snapshot after it, so that no broker takes what was interrupted for a
// store that lost its front.
//
// InvalidArgument: `to` is inside of `from`. AlreadyExists: `to` is not empty, or <to>.partial is
// there. ResourceExhausted: not enough room. DataLoss: the log of `from` has lost its end,
// or it has lost its begin and all snapshots, so that no broker starts there; or the copy is not
// what `from` has. Aborted: files vanished again and again. Otherwise the disk's. After an
// error <to>.partial may be there.
absl::StatusOr<StoreBackup> back_up_store(Disk& disk, const std::string& from,
                                          const std::string& to, const BackupOptions& options);

}  // namespace petrel::store
