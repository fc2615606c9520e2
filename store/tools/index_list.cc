// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/tools/index_list.h"

#include <algorithm>

#include "common/concat.h"
#include "common/status.h"
#include "store/disk/whole_file.h"

namespace petrel::store {
namespace {

bool possible(const IndexHeader& header, const IndexGeometry& geometry) {
  return header.count >= 1 && header.count <= geometry.entries && header.used_slots >= 0 &&
         header.used_slots < header.count && header.used_slots <= geometry.slots &&
         header.begin >= LogOffset(0) && header.begin <= header.end;
}

absl::Status look_at_file(Disk& disk, const IndexGeometry& geometry, IndexFileOnDisk& seen) {
  PETREL_ASSIGN_OR_RETURN(const std::unique_ptr<File> file,
                          disk.open(seen.path, Disk::OpenMode::kRead));
  PETREL_ASSIGN_OR_RETURN(const uint64_t bytes, file->size());
  seen.bytes = static_cast<int64_t>(bytes);
  if (bytes != index_file_bytes(geometry)) {
    seen.damage = concat("has ", bytes, " bytes instead of ", index_file_bytes(geometry));
    return absl::OkStatus();
  }
  char header[kIndexHeaderBytes];
  PETREL_RETURN_IF_ERROR(file->read(0, header));
  seen.header = decode_index_header(header);
  seen.slots_synced = seen.header.count;
  if (!possible(seen.header, geometry)) seen.damage = "has an impossible header";
  return absl::OkStatus();
}

absl::StatusOr<std::optional<IndexMark>> look_at_mark(Disk& disk, const std::string& path) {
  const absl::StatusOr<std::string> bytes = read_whole_file(disk, path);
  if (absl::IsNotFound(bytes.status())) return std::optional<IndexMark>();
  PETREL_RETURN_IF_ERROR(bytes.status());
  return decode_index_mark(*bytes);
}

// What the mark says of the files: which of them count, and what of the newest one does.
void judge_by_mark(const IndexMark& mark, IndexList& list) {
  const auto newer =
      std::find_if(list.files.begin(), list.files.end(),
                   [&](const IndexFileOnDisk& file) { return file.name > mark.newest; });
  const int64_t known = newer - list.files.begin();
  for (auto file = newer; file != list.files.end(); ++file) file->left_over = true;
  for (int64_t i = 0; i < known - mark.files; ++i) {
    list.files[static_cast<size_t>(i)].left_over = true;
  }
  list.missing = std::max<int64_t>(0, mark.files - known);
  if (mark.files == 0) return;
  if (known == 0 || list.files[static_cast<size_t>(known - 1)].name != mark.newest) {
    list.missing = std::max<int64_t>(1, list.missing);
    return;
  }
  IndexFileOnDisk& newest = list.files[static_cast<size_t>(known - 1)];
  if (!newest.damage.empty()) return;
  const IndexHeader& header = newest.header;
  const bool ours = header == mark.header ||
                    (header.count == mark.slots_synced && header.count < mark.header.count);
  if (!ours) {
    newest.damage = "has another header than index.synced knows";
    return;
  }
  newest.header = mark.header;
  newest.slots_synced = mark.slots_synced;
}

void judge_order(IndexList& list) {
  const IndexFileOnDisk* before = nullptr;
  for (IndexFileOnDisk& file : list.files) {
    if (file.left_over || !file.damage.empty()) continue;
    if (before != nullptr && before->header.end >= file.header.begin) {
      file.damage = concat("begins at log offset ", file.header.begin.value(), ", but ",
                           before->name, " ends at ", before->header.end.value());
    }
    before = &file;
  }
}

}  // namespace

absl::StatusOr<IndexList> look_at_index(Disk& disk, const std::string& store_directory,
                                        const IndexGeometry& geometry) {
  const std::string directory = concat(store_directory, "/index");
  IndexList list;
  list.directory = directory;
  PETREL_ASSIGN_OR_RETURN(list.mark, look_at_mark(disk, concat(directory, ".synced")));
  const absl::StatusOr<std::vector<std::string>> names = disk.list(directory);
  if (!names.ok() && !absl::IsNotFound(names.status())) return names.status();
  if (names.ok()) {
    for (const std::string& name : *names) {
      if (!is_index_file_name(name)) continue;
      IndexFileOnDisk& seen = list.files.emplace_back();
      seen.name = name;
      seen.path = concat(directory, "/", name);
      PETREL_RETURN_IF_ERROR(look_at_file(disk, geometry, seen));
    }
  }
  if (list.mark.has_value()) judge_by_mark(*list.mark, list);
  judge_order(list);
  return list;
}

}  // namespace petrel::store
