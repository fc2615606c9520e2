// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/disk/sim_disk.h"

#include <algorithm>

#include "common/check.h"
#include "common/concat.h"
#include "common/status.h"

namespace petrel::store {
namespace {

constexpr uint64_t kSectorBytes = SimContent::kSectorBytes;
// Of a disk without a limit.
constexpr uint64_t kTotalBytes = uint64_t{1} << 40;

std::string parent(const std::string& path) { return path.substr(0, path.find_last_of('/')); }

absl::Status power_is_cut() { return absl::UnavailableError("the power is cut"); }

absl::Status no_space(const std::string& path) {
  return absl::ResourceExhaustedError(concat(path, ": no space left on device"));
}

}  // namespace

// ---- open files

class SimDisk::SimFile final : public File {
 public:
  SimFile(SimDisk& disk, std::string path, InodePtr inode)
      : disk_(disk), path_(std::move(path)), inode_(std::move(inode)), life_(disk.life_) {}

  absl::Status write(uint64_t offset, std::span<const iovec> parts) override {
    const absl::Status allowed = begin(Operation::kWrite);
    std::string bytes;
    for (const iovec& part : parts) {
      bytes.append(static_cast<const char*>(part.iov_base), part.iov_len);
    }
    if (!allowed.ok()) {
      // What fails or is cut off may have been done in part.
      if (life_ != disk_.life_ || (disk_.dead_ && !disk_.is_cut_now())) return allowed;
      cut_at_sector(offset, bytes, disk_.random_.below(bytes.size() + 1));
      put(offset, bytes);
      return allowed;
    }
    const uint64_t free_bytes = disk_.free_bytes();
    if (inode_->now.missing_bytes(offset, bytes.size()) > free_bytes) {
      while (inode_->now.missing_bytes(offset, bytes.size()) > free_bytes) {
        cut_at_sector(offset, bytes, bytes.size() - 1);
      }
      put(offset, bytes);
      return no_space(path_);
    }
    if (const std::optional<Mishap> mishap = disk_.take_mishap(path_)) {
      go_wrong(*mishap, offset, bytes);
    } else {
      put(offset, bytes);
    }
    return absl::OkStatus();
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
    if (life_ != disk_.life_ || disk_.dead_) return allowed;
    // After a failed sync part of the data is on the disk, and the kernel takes all of it for
    // clean: a second sync would not write the rest. Sizes are the file system's own; it does not
    // forget.
    std::vector<SimContent::Change> sizes;
    for (SimContent::Change& change : inode_->unsynced) {
      if (allowed.ok() || disk_.random_.below(2) == 0) {
        inode_->durable.apply(change);
      } else if (!change.sector.has_value()) {
        sizes.push_back(change);
      }
    }
    inode_->unsynced = std::move(sizes);
    return allowed;
  }

  absl::Status allocate(uint64_t offset, uint64_t length) override {
    PETREL_RETURN_IF_ERROR(begin(Operation::kAllocate));
    const uint64_t asked = length;
    while (length > 0 && inode_->now.missing_bytes(offset, length) > disk_.free_bytes()) {
      length -= std::min<uint64_t>(length, kSectorBytes);
    }
    inode_->now.reserve(offset, offset + length);
    inode_->durable.reserve(offset, offset + length);
    if (offset + length > inode_->now.size) change_size(offset + length);
    return length < asked ? no_space(path_) : absl::OkStatus();
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
    return inode_->now.data_ranges(offset);
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
  // Shortens what is to be written at `offset` to at most `size`, at the end of a sector.
  static void cut_at_sector(uint64_t offset, std::string& bytes, uint64_t size) {
    if (size >= bytes.size()) return;
    const uint64_t end = (offset + size) / kSectorBytes * kSectorBytes;
    bytes.resize(static_cast<size_t>(end > offset ? end - offset : 0));
  }
  void put(uint64_t offset, const std::string& bytes) {
    if (bytes.empty()) return;
    inode_->now.write(offset, bytes.data(), bytes.size());
    inode_->unsynced.push_back({.size = inode_->now.size, .sector = std::nullopt, .bytes = {}});
    for (uint64_t sector = offset / kSectorBytes; sector * kSectorBytes < offset + bytes.size();
         ++sector) {
      inode_->unsynced.push_back(
          {.size = 0, .sector = sector, .bytes = inode_->now.sectors[sector]});
    }
  }
  // The file's size changes as it should, its bytes do not.
  void go_wrong(const Mishap& mishap, uint64_t offset, const std::string& bytes) {
    inode_->now.write(offset, bytes.data(), bytes.size());
    inode_->unsynced.push_back({.size = inode_->now.size, .sector = std::nullopt, .bytes = {}});
    if (!mishap.elsewhere) return;
    const uint64_t sectors = inode_->now.size / kSectorBytes + 1;
    inode_->durable.write(disk_.random_.below(sectors) * kSectorBytes, bytes.data(), bytes.size());
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
  if (hook_ && !dead_) hook_(operation, path);
  const int64_t number = operations_++;
  if (number == cut_at_) dead_ = true;
  if (dead_) return power_is_cut();
  if (number == fail_at_) return fail_status_;
  return fault(operation, path);
}

bool SimDisk::is_directory(const std::string& path) const {
  const auto found = names_.find(path);
  return found != names_.end() && found->second->is_directory;
}

void SimDisk::apply(Names& names, const NameChange& change) {
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
    if (mode != OpenMode::kCreate || !is_directory(parent(path))) {
      return absl::NotFoundError(concat("open ", path));
    }
    change_names({{path, std::make_shared<Inode>()}});
    found = names_.find(path);
  }
  if (found->second->is_directory) {
    return absl::FailedPreconditionError(concat("open ", path, ": a directory"));
  }
  return std::make_unique<SimFile>(*this, path, found->second);
}

absl::StatusOr<std::vector<std::string>> SimDisk::list(const std::string& directory) {
  if (dead_) return power_is_cut();
  if (!is_directory(directory)) return absl::NotFoundError(concat("list ", directory));
  std::vector<std::string> names;
  const std::string prefix = directory + "/";
  for (auto it = names_.lower_bound(prefix); it != names_.end() && it->first.starts_with(prefix);
       ++it) {
    std::string name = it->first.substr(prefix.size());
    if (name.find('/') == std::string::npos) names.push_back(std::move(name));
  }
  return names;
}

absl::Status SimDisk::create_directories(const std::string& directory) {
  if (dead_) return power_is_cut();
  for (size_t end = directory.find('/', 1);; end = directory.find('/', end + 1)) {
    const std::string path = directory.substr(0, end);
    if (!names_.contains(path)) {
      const auto inode = std::make_shared<Inode>();
      inode->is_directory = true;
      forget_tree(path);
      names_[path] = durable_names_[path] = inode;
    }
    if (end == std::string::npos) return absl::OkStatus();
  }
}

// A directory of this name that was removed, and all that was in it, will not come back.
void SimDisk::forget_tree(const std::string& path) {
  const std::string prefix = path + "/";
  std::erase_if(durable_names_, [&](const auto& name) { return name.first.starts_with(prefix); });
  std::erase_if(unsynced_names_, [&](const NameChange& change) {
    return change.front().first == path || change.front().first.starts_with(prefix);
  });
}

absl::Status SimDisk::rename(const std::string& from, const std::string& to) {
  PETREL_RETURN_IF_ERROR(begin(Operation::kRename, from));
  const auto found = names_.find(from);
  if (found == names_.end() || found->second->is_directory) {
    return absl::NotFoundError(concat("rename ", from));
  }
  const InodePtr inode = found->second;
  change_names({{from, nullptr}, {to, inode}});
  return absl::OkStatus();
}

absl::Status SimDisk::remove(const std::string& path) {
  PETREL_RETURN_IF_ERROR(begin(Operation::kRemove, path));
  if (!names_.contains(path)) return absl::NotFoundError(concat("remove ", path));
  if (is_directory(path)) {
    const auto children = list(path);
    if (children.ok() && !children->empty()) {
      return absl::FailedPreconditionError(concat("remove ", path, ": not empty"));
    }
  }
  change_names({{path, nullptr}});
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

// One operation, which a power cut comes before.
absl::Status SimDisk::sync_all(const std::string& directory) {
  PETREL_RETURN_IF_ERROR(begin(Operation::kSync, directory));
  for (const NameChange& change : unsynced_names_) apply(durable_names_, change);
  unsynced_names_.clear();
  for (const auto& [path, inode] : names_) {
    for (const SimContent::Change& change : inode->unsynced) inode->durable.apply(change);
    inode->unsynced.clear();
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<FileLock>> SimDisk::lock(const std::string& path) {
  if (dead_) return power_is_cut();
  if (!locked_.insert(path).second) {
    return absl::FailedPreconditionError(concat("lock ", path, ": held already"));
  }
  return std::make_unique<SimLock>(*this, path);
}

uint64_t SimDisk::used_bytes() const {
  uint64_t bytes = 0;
  for (const auto& [path, inode] : names_) bytes += inode->now.used_bytes();
  return bytes;
}

uint64_t SimDisk::free_bytes() const {
  if (!space_bytes_.has_value()) return kTotalBytes / 2;
  return *space_bytes_ - std::min(*space_bytes_, used_bytes());
}

absl::StatusOr<DiskSpace> SimDisk::space(const std::string&) {
  if (dead_) return power_is_cut();
  return DiskSpace{.total_bytes = space_bytes_.value_or(kTotalBytes),
                   .available_bytes = free_bytes()};
}

// ---- faults

void SimDisk::fail_at(int64_t operation, absl::Status status) {
  fail_at_ = operation;
  fail_status_ = std::move(status);
}

void SimDisk::heal() {
  faults_.clear();
  mishaps_.clear();
  fail_at_ = -1;
  space_bytes_.reset();
}

std::optional<SimDisk::Mishap> SimDisk::take_mishap(const std::string& path) {
  const auto found = std::find_if(mishaps_.begin(), mishaps_.end(), [&](const Mishap& mishap) {
    return path.find(mishap.path_part) != std::string::npos;
  });
  if (found == mishaps_.end()) return std::nullopt;
  Mishap mishap = std::move(*found);
  mishaps_.erase(found);
  return mishap;
}

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
  // Nothing is in a directory that is not there; parents come before what is in them.
  std::erase_if(names_, [&](const auto& name) {
    const std::string above = parent(name.first);
    return above != name.first && !durable_names_.contains(above) &&
           (durable_names_.erase(name.first), true);
  });
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

void SimDisk::drop_caches() {
  for (auto& [path, inode] : names_) {
    for (const SimContent::Change& change : inode->unsynced) inode->durable.apply(change);
    inode->unsynced.clear();
    inode->now = inode->durable;
  }
}

void SimDisk::flip_bit(const std::string& path, uint64_t offset, int bit) {
  Inode& inode = *names_.at(path);
  PETREL_CHECK_LT(offset, inode.now.size);
  inode.now.flip_bit(offset, bit);
  inode.durable.flip_bit(offset, bit);
}

void SimDisk::put_file(const std::string& path, std::string_view bytes) {
  PETREL_CHECK(is_directory(parent(path))) << path;
  const auto inode = std::make_shared<Inode>();
  if (!bytes.empty()) inode->now.write(0, bytes.data(), bytes.size());
  inode->durable = inode->now;
  names_[path] = durable_names_[path] = inode;
}

void SimDisk::erase_file(const std::string& path) {
  PETREL_CHECK(names_.contains(path) && !is_directory(path)) << path;
  names_.erase(path);
  durable_names_.erase(path);
}

void SimDisk::erase_tree(const std::string& directory) {
  const auto below = [prefix = directory + "/"](const auto& name) {
    return name.first.starts_with(prefix);
  };
  std::erase_if(names_, below);
  std::erase_if(durable_names_, below);
}

// ---- looking at it

std::vector<std::string> SimDisk::files() const {
  std::vector<std::string> paths;
  for (const auto& [path, inode] : names_) {
    if (!inode->is_directory) paths.push_back(path);
  }
  return paths;
}

std::string SimDisk::bytes_of(const std::string& path) const {
  const SimContent& content = names_.at(path)->now;
  std::string bytes(static_cast<size_t>(content.size), '\0');
  content.read(0, bytes.data(), bytes.size());
  return bytes;
}

bool SimDisk::same_bytes(const SimDisk& a, const SimDisk& b, const std::string& path) {
  const auto in_a = a.names_.find(path);
  const auto in_b = b.names_.find(path);
  if (in_a == a.names_.end() || in_b == b.names_.end()) {
    return in_a == a.names_.end() && in_b == b.names_.end();
  }
  return in_a->second->now.same_bytes(in_b->second->now);
}

std::unique_ptr<SimDisk> SimDisk::copy() const {
  auto disk = std::make_unique<SimDisk>(options_);
  for (const auto& [path, inode] : names_) {
    const auto copied = std::make_shared<Inode>(*inode);
    copied->durable = copied->now;
    copied->unsynced.clear();
    disk->names_[path] = disk->durable_names_[path] = copied;
  }
  return disk;
}

}  // namespace petrel::store
