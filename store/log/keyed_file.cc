// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/log/keyed_file.h"

#include <cstdint>

#include "common/check.h"
#include "common/concat.h"
#include "common/status.h"
#include "store/disk/whole_file.h"
#include "store/log/crc32.h"

namespace petrel::store {
namespace {

constexpr size_t kFileBytesMax = 64 << 10;

std::string checksum_line(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string line = "crc32 ";
  const uint32_t crc = crc32_ieee(bytes);
  for (int shift = 28; shift >= 0; shift -= 4) line += kDigits[(crc >> shift) & 15];
  return line + "\n";
}

absl::Status damaged(std::string_view what) { return absl::DataLossError(concat(what)); }

// Its checksum is right: somebody wrote it so.
absl::Status not_of_version_1(const std::string& path, std::string_view kind,
                              std::string_view line) {
  const std::string prefix = concat(kind, " ");
  if (!line.starts_with(prefix)) return damaged(concat("it does not begin with ", kind, " 1"));
  return absl::FailedPreconditionError(
      concat(path, " has format ", line.substr(prefix.size()),
             ", and this release reads format 1: a later release has used the directory; start "
             "that one"));
}

}  // namespace

absl::StatusOr<KeyedFile> read_keyed_file(Disk& disk, const std::string& path,
                                          std::string_view kind) {
  {
    PETREL_ASSIGN_OR_RETURN(const std::unique_ptr<File> file,
                            disk.open(path, Disk::OpenMode::kRead));
    PETREL_ASSIGN_OR_RETURN(const uint64_t size, file->size());
    if (size > kFileBytesMax) return damaged("it is too large");
  }
  PETREL_ASSIGN_OR_RETURN(const std::string bytes, read_whole_file(disk, path));
  const size_t crc_bytes = checksum_line("").size();
  if (bytes.size() < crc_bytes) return damaged("it is too short");
  std::string_view rest = std::string_view(bytes).substr(0, bytes.size() - crc_bytes);
  if (!bytes.ends_with(checksum_line(rest))) return damaged("its checksum is wrong");
  const std::string first = concat(kind, " 1\n");
  if (!rest.starts_with(first))
    return not_of_version_1(path, kind, rest.substr(0, rest.find('\n')));
  rest.remove_prefix(first.size());
  KeyedFile facts;
  while (!rest.empty()) {
    const size_t end = rest.find('\n');
    const size_t space = rest.find(' ');
    if (end == std::string_view::npos || space > end) return damaged("a line is no fact");
    facts.emplace(rest.substr(0, space), rest.substr(space + 1, end - space - 1));
    rest.remove_prefix(end + 1);
  }
  return facts;
}

absl::Status write_keyed_file(Disk& disk, const std::string& path, std::string_view kind,
                              const KeyedFile& facts) {
  std::string bytes = concat(kind, " 1\n");
  for (const auto& [key, value] : facts) {
    PETREL_CHECK_EQ(key.find_first_of(" \n"), std::string::npos);
    PETREL_CHECK_EQ(value.find('\n'), std::string::npos);
    bytes += concat(key, " ", value, "\n");
  }
  bytes += checksum_line(bytes);
  PETREL_CHECK_LE(bytes.size(), kFileBytesMax);
  return write_whole_file(disk, path, bytes);
}

}  // namespace petrel::store
