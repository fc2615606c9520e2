// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/sim_disk.h"

#include <algorithm>
#include <cstring>

#include "common/check.h"
#include "common/concat.h"
#include "common/status.h"

namespace petrel::store {
namespace {

std::string parent(const std::string& path) { return path.substr(0, path.find_last_of('/')); }

absl::Status power_is_cut() { return absl::UnavailableError("the power is cut"); }

}  // namespace

// ---- bytes of a file

void SimDisk::Content::resize(uint64_t bytes) {
  if (bytes < size) {
    sectors.erase(sectors.lower_bound((bytes + kSectorBytes - 1) / kSectorBytes), sectors.end());
    if (const auto last = sectors.find(bytes / kSectorBytes); last != sectors.end()) {
      std::fill(last->second.begin() + static_cast<ptrdiff_t>(bytes % kSectorBytes),
                last->second.end(), '\0');
    }
  }
  size = bytes;
}

void SimDisk::Content::write(uint64_t offset, const char* bytes, size_t count) {
  size = std::max(size, offset + count);
  while (count > 0) {
    const uint64_t in_sector = offset % kSectorBytes;
    const size_t part = std::min<size_t>(count, kSectorBytes - in_sector);
    Sector& sector = sectors[offset / kSectorBytes];
    std::memcpy(sector.data() + in_sector, bytes, part);
    offset += part;
    bytes += part;
    count -= part;
  }
}

void SimDisk::Content::read(uint64_t offset, char* into, size_t count) const {
  while (count > 0) {
    const uint64_t in_sector = offset % kSectorBytes;
    const size_t part = std::min<size_t>(count, kSectorBytes - in_sector);
    if (const auto sector = sectors.find(offset / kSectorBytes); sector != sectors.end()) {
      std::memcpy(into, sector->second.data() + in_sector, part);
    } else {
      std::memset(into, 0, part);
    }
    offset += part;
    into += part;
    count -= part;
  }
}

// A sector behind the end is not there.
void SimDisk::Content::apply(const Change& change) {
  if (!change.sector.has_value()) {
    resize(change.size);
  } else if (*change.sector * kSectorBytes < size) {
    sectors[*change.sector] = change.bytes;
  }
}

// ---- open files

class SimDisk::SimFile final : public File {
 public:
  SimFile(SimDisk& disk, std::string path, InodePtr inode)
      : disk_(disk), path_(std::move(path)), inode_(std::move(inode)), life_(disk.life_) {}

  absl::Status write(uint64_t offset, std::span<const iovec> parts) override {
    const absl::Status allowed = begin(Operation::kWrite);
    // A write that the power cut came upon may have reached the disk in part.
    const bool cut_now = disk_.dead_ && disk_.operations_ == disk_.cut_at_ + 1;
    if (!allowed.ok() && !cut_now) return allowed;
    uint64_t at = offset;
    for (const iovec& part : parts) {
      inode_->now.write(at, static_cast<const char*>(part.iov_base), part.iov_len);
      at += part.iov_len;
    }
    inode_->unsynced.push_back({.size = inode_->now.size, .sector = std::nullopt, .bytes = {}});
    for (uint64_t sector = offset / kSectorBytes; sector * kSectorBytes < at; ++sector) {
      inode_->unsynced.push_back(
          {.size = 0, .sector = sector, .bytes = inode_->now.sectors[sector]});
    }
    return allowed;
  }

  absl::Status read(uint64_t offset, std::span<char> into) const override {
    PETREL_RETURN_IF_ERROR(alive());
    PETREL_RETURN_IF_ERROR(disk_.fault(Operation::kRead, path_));
    if (!into.empty() && offset + into.size() > inode_->now.size) {
      return absl::OutOfRangeError(concat("read ", path_, ": it ends at ", inode_->now.size));
    }
    inode_->now.read(offset, into.data(), into.size());
    return absl::OkStatus();
  }

  absl::Status sync() override {
    const absl::Status allowed = begin(Operation::kSync);
    if (absl::IsUnavailable(allowed)) return allowed;
    if (allowed.ok()) {
      for (const Change& change : inode_->unsynced) inode_->durable.apply(change);
    }
    // After a failed sync the kernel takes the pages for clean: a second one would not write them.
    inode_->unsynced.clear();
    return allowed;
  }

  absl::Status allocate(uint64_t offset, uint64_t length) override {
    PETREL_RETURN_IF_ERROR(begin(Operation::kAllocate));
    if (offset + length > inode_->now.size) change_size(offset + length);
    return absl::OkStatus();
  }

  absl::Status truncate(uint64_t size) override {
    PETREL_RETURN_IF_ERROR(begin(Operation::kTruncate));
    change_size(size);
    return absl::OkStatus();
  }

  absl::StatusOr<uint64_t> size() const override {
    PETREL_RETURN_IF_ERROR(alive());
    return inode_->now.size;
  }

  absl::StatusOr<std::vector<FileRange>> data_ranges(uint64_t offset) const override {
    PETREL_RETURN_IF_ERROR(alive());
    std::vector<FileRange> ranges;
    const auto& sectors = inode_->now.sectors;
    for (auto it = sectors.lower_bound(offset / kSectorBytes); it != sectors.end(); ++it) {
      const uint64_t begin = std::max(offset, it->first * kSectorBytes);
      const uint64_t end = std::min((it->first + 1) * kSectorBytes, inode_->now.size);
      if (begin >= end) break;
      if (!ranges.empty() && ranges.back().end == begin) {
        ranges.back().end = end;
      } else {
        ranges.push_back({.begin = begin, .end = end});
      }
    }
    return ranges;
  }

 private:
  absl::Status alive() const {
    return life_ == disk_.life_ && !disk_.dead_ ? absl::OkStatus() : power_is_cut();
  }
  absl::Status begin(Operation operation) {
    if (life_ != disk_.life_) return absl::InternalError("a file of an earlier life");
    return disk_.begin(operation, path_);
  }
  void change_size(uint64_t size) {
    inode_->now.resize(size);
    inode_->unsynced.push_back({.size = size, .sector = std::nullopt, .bytes = {}});
  }

  SimDisk& disk_;
  const std::string path_;
  const InodePtr inode_;
  const uint64_t life_;
};

class SimDisk::SimLock final : public FileLock {
 public:
  SimLock(SimDisk& disk, std::string path)
      : disk_(disk), path_(std::move(path)), life_(disk.life_) {}
  SimLock(const SimLock&) = delete;
  SimLock& operator=(const SimLock&) = delete;
  ~SimLock() override {
    if (life_ == disk_.life_) disk_.locked_.erase(path_);
  }

 private:
  SimDisk& disk_;
  const std::string path_;
  const uint64_t life_;
};

// ---- the disk

SimDisk::SimDisk(const Options& options) : options_(options), random_(options.seed) {}

absl::Status SimDisk::fault(Operation operation, const std::string& path) {
  for (Fault& fault : faults_) {
    if (fault.operation != operation || fault.times == 0) continue;
    if (path.find(fault.path_part) == std::string::npos) continue;
    --fault.times;
    return fault.status;
  }
  return absl::OkStatus();
}

absl::Status SimDisk::begin(Operation operation, const std::string& path) {
  const int64_t number = operations_++;
  if (number == cut_at_) dead_ = true;
  if (dead_) return power_is_cut();
  return fault(operation, path);
}

void SimDisk::apply(std::map<std::string, InodePtr>& names, const NameChange& change) {
  for (const auto& [path, inode] : change) {
    if (inode == nullptr) {
      names.erase(path);
    } else {
      names[path] = inode;
    }
  }
}

void SimDisk::change_names(NameChange change) {
  apply(names_, change);
  unsynced_names_.push_back(std::move(change));
}

absl::StatusOr<std::unique_ptr<File>> SimDisk::open(const std::string& path, OpenMode mode) {
  if (dead_) return power_is_cut();
  auto found = names_.find(path);
  if (found == names_.end()) {
    if (mode != OpenMode::kCreate || !directories_.contains(parent(path))) {
      return absl::NotFoundError(concat("open ", path));
    }
    change_names({{path, std::make_shared<Inode>()}});
    found = names_.find(path);
  }
  return std::make_unique<SimFile>(*this, path, found->second);
}

absl::StatusOr<std::vector<std::string>> SimDisk::list(const std::string& directory) {
  if (dead_) return power_is_cut();
  if (!directories_.contains(directory)) return absl::NotFoundError(concat("list ", directory));
  std::set<std::string> names;
  const std::string prefix = directory + "/";
  const auto add_child = [&](const std::string& path) {
    if (path.starts_with(prefix)) {
      names.insert(path.substr(prefix.size(), path.find('/', prefix.size()) - prefix.size()));
    }
  };
  for (const auto& [path, inode] : names_) add_child(path);
  for (const std::string& path : directories_) add_child(path);
  return std::vector<std::string>(names.begin(), names.end());
}

absl::Status SimDisk::create_directories(const std::string& directory) {
  if (dead_) return power_is_cut();
  for (size_t end = directory.find('/', 1);; end = directory.find('/', end + 1)) {
    directories_.insert(directory.substr(0, end));
    if (end == std::string::npos) return absl::OkStatus();
  }
}

absl::Status SimDisk::rename(const std::string& from, const std::string& to) {
  PETREL_RETURN_IF_ERROR(begin(Operation::kRename, from));
  const auto found = names_.find(from);
  if (found == names_.end()) return absl::NotFoundError(concat("rename ", from));
  const InodePtr inode = found->second;
  change_names({{from, nullptr}, {to, inode}});
  return absl::OkStatus();
}

absl::Status SimDisk::remove(const std::string& path) {
  PETREL_RETURN_IF_ERROR(begin(Operation::kRemove, path));
  if (names_.contains(path)) {
    change_names({{path, nullptr}});
    return absl::OkStatus();
  }
  if (!directories_.contains(path)) return absl::NotFoundError(concat("remove ", path));
  const auto children = list(path);
  if (children.ok() && !children->empty()) {
    return absl::FailedPreconditionError(concat("remove ", path, ": not empty"));
  }
  directories_.erase(path);
  return absl::OkStatus();
}

absl::Status SimDisk::sync_directory(const std::string& directory) {
  PETREL_RETURN_IF_ERROR(begin(Operation::kSyncDirectory, directory));
  std::erase_if(unsynced_names_, [&](const NameChange& change) {
    const bool here = std::any_of(change.begin(), change.end(), [&](const auto& name) {
      return parent(name.first) == directory;
    });
    if (here) apply(durable_names_, change);
    return here;
  });
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<FileLock>> SimDisk::lock(const std::string& path) {
  if (dead_) return power_is_cut();
  if (!locked_.insert(path).second) {
    return absl::FailedPreconditionError(concat("lock ", path, ": held already"));
  }
  return std::make_unique<SimLock>(*this, path);
}

absl::StatusOr<DiskSpace> SimDisk::space(const std::string&) {
  return DiskSpace{.total_bytes = uint64_t{1} << 40, .available_bytes = uint64_t{1} << 39};
}

// ---- faults

void SimDisk::lose_unsynced(Inode& inode, Random& random, bool reorder) {
  const size_t in_order = static_cast<size_t>(random.below(inode.unsynced.size() + 1));
  for (size_t i = 0; i < inode.unsynced.size(); ++i) {
    const bool survives = reorder ? random.below(2) == 0 : i < in_order;
    if (!survives) continue;
    inode.durable.apply(inode.unsynced[i]);
  }
  inode.now = inode.durable;
  inode.unsynced.clear();
}

void SimDisk::crash() {
  for (const NameChange& change : unsynced_names_) {
    if (random_.below(2) == 0) apply(durable_names_, change);
  }
  names_ = durable_names_;
  std::erase_if(names_,
                [&](const auto& name) { return !directories_.contains(parent(name.first)); });
  durable_names_ = names_;
  unsynced_names_.clear();
  for (auto& [path, inode] : names_) lose_unsynced(*inode, random_, options_.reorder);
  restart();
}

void SimDisk::restart() {
  dead_ = false;
  cut_at_ = -1;
  ++life_;
  locked_.clear();
}

void SimDisk::flip_bit(const std::string& path, uint64_t offset, int bit) {
  Inode& inode = *names_.at(path);
  PETREL_CHECK_LT(offset, inode.now.size);
  for (Content* content : {&inode.now, &inode.durable}) {
    char byte = 0;
    content->read(offset, &byte, 1);
    byte = static_cast<char>(byte ^ (1 << bit));
    if (offset < content->size) content->write(offset, &byte, 1);
  }
}

std::vector<std::string> SimDisk::files() const {
  std::vector<std::string> paths;
  for (const auto& [path, inode] : names_) paths.push_back(path);
  return paths;
}

}  // namespace petrel::store
