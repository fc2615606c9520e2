// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/random.h"
#include "store/disk/disk.h"

namespace petrel::store {

// Which store a directory is: its maker hands an id in, or one is minted, and the directory keeps
// it for good. Nobody opens it for another. So a volume that was wiped, copied or mixed up is
// noticed.
struct StoreIdentity {
  std::string id;  // 1 to kStoreIdBytesMax of [A-Za-z0-9._-] (snapshot_file.h)
  // The directory has it. Else it is of this process only, until keep_identity returns OK.
  bool kept = true;
};

// Who says which store it is, besides the file; empty: nobody.
struct IdentityClaims {
  std::string handed_in;
  std::string in_snapshots;  // which it has, so the file was lost
};

bool is_store_id(std::string_view id);

// The identity of the store in `directory`, which must be there, from its file `identity`:
//   absent   made, durably, with the id in snapshots, else with the one handed in, else with a
//            minted one. A disk without room for it is told, and no reason not to open what is
//            there: it is kept later
//   present  returned
// FailedPrecondition naming both when another id is handed in.
// DataLoss when the file is damaged, InvalidArgument when `handed_in` is no id. The file is a
// keyed file (disk/keyed_file.h) of the kind petrel-identity with the key `id`. The opening thread;
// a crash leaves no file or all of it.
absl::StatusOr<StoreIdentity> open_identity(Disk& disk, const std::string& directory,
                                            const IdentityClaims& claims, Random& random);
// Writes it, durably, to a directory that has none. Any thread, blocking.
absl::Status keep_identity(Disk& disk, const std::string& directory, const std::string& id);

}  // namespace petrel::store
