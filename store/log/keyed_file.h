// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "store/disk/disk.h"

// A few facts in a small text file that is written as a whole:
//   <kind> 1
//   <key> <value>         any number of lines, sorted
//   crc32 <8 hex digits>  of all bytes before
// The 1 is the version of this format. Readers take keys that they do not know as they are, so that
// later versions can add some. Blocking; the opening thread.
namespace petrel::store {

using KeyedFile = std::map<std::string, std::string, std::less<>>;

// NotFound if there is none; DataLoss when it is not such a file; FailedPrecondition naming both
// versions when it is of a later one.
absl::StatusOr<KeyedFile> read_keyed_file(Disk& disk, const std::string& path,
                                          std::string_view kind);

// Durable when it returns (whole_file.h). Keys have no space, nothing has a line break.
absl::Status write_keyed_file(Disk& disk, const std::string& path, std::string_view kind,
                              const KeyedFile& facts);

}  // namespace petrel::store
