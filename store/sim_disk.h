// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/random.h"
#include "store/disk.h"

namespace petrel::store {

// A disk in memory that behaves as badly as a real one is allowed to, from one seed. One thread.
//
// What a power cut may do: data that was not synced is lost sector by sector (512 bytes), each
// sector for itself or, in order, from some point on; a size that was not synced is lost; names
// made, changed or removed in a directory that was not synced are lost, each for itself. What a
// power cut may not do: harm anything synced, or tear one sector.
class SimDisk final : public Disk {
 public:
  struct Options {
    uint64_t seed = 1;
    bool reorder = true;  // unsynced sectors are lost each for itself, not from some point on
  };
  explicit SimDisk(const Options& options);

  // Operations that change something are numbered from 0.
  int64_t operations() const { return operations_; }
  // The power goes in the midst of this operation: it and all later ones fail, until restart.
  void cut_power_at(int64_t operation) { cut_at_ = operation; }
  // Loses what a power cut may lose, and gives the power back. Files open before stay dead.
  void crash();
  // The process ends but the machine does not: all that was written stays.
  void restart();

  enum class Operation {
    kRead,
    kWrite,
    kSync,
    kAllocate,
    kTruncate,
    kRename,
    kRemove,
    kSyncDirectory
  };
  struct Fault {
    Operation operation = Operation::kWrite;
    std::string path_part;  // of the paths that fail
    absl::Status status;
    int64_t times = 1;
  };
  void inject(Fault fault) { faults_.push_back(std::move(fault)); }
  void heal() { faults_.clear(); }
  // Damages a stored byte, visible and durable.
  void flip_bit(const std::string& path, uint64_t offset, int bit);
  std::vector<std::string> files() const;  // all paths, sorted

  absl::StatusOr<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override;
  absl::StatusOr<std::vector<std::string>> list(const std::string& directory) override;
  absl::Status create_directories(const std::string& directory) override;
  absl::Status rename(const std::string& from, const std::string& to) override;
  absl::Status remove(const std::string& path) override;
  absl::Status sync_directory(const std::string& directory) override;
  absl::StatusOr<std::unique_ptr<FileLock>> lock(const std::string& path) override;
  absl::StatusOr<DiskSpace> space(const std::string& directory) override;

 private:
  static constexpr uint64_t kSectorBytes = 512;
  using Sector = std::array<char, kSectorBytes>;

  // A change of a file: a new size, or one whole sector.
  struct Change {
    uint64_t size = 0;
    std::optional<uint64_t> sector;
    Sector bytes{};
  };
  // Bytes of a file; sectors that are not there are zero.
  struct Content {
    uint64_t size = 0;
    std::map<uint64_t, Sector> sectors;

    void apply(const Change& change);

    void resize(uint64_t bytes);
    void write(uint64_t offset, const char* bytes, size_t count);
    void read(uint64_t offset, char* into, size_t count) const;
  };
  struct Inode {
    Content now;
    Content durable;
    std::vector<Change> unsynced;
  };
  using InodePtr = std::shared_ptr<Inode>;
  // Names that change together; null removes.
  using NameChange = std::vector<std::pair<std::string, InodePtr>>;

  class SimFile;
  class SimLock;

  // Counts an operation; its error when it must fail.
  absl::Status begin(Operation operation, const std::string& path);
  absl::Status fault(Operation operation, const std::string& path);
  void change_names(NameChange change);
  static void apply(std::map<std::string, InodePtr>& names, const NameChange& change);
  static void lose_unsynced(Inode& inode, Random& random, bool reorder);

  const Options options_;
  SeededRandom random_;
  int64_t operations_ = 0;
  int64_t cut_at_ = -1;
  bool dead_ = false;
  uint64_t life_ = 0;  // counts restarts
  std::vector<Fault> faults_;
  std::map<std::string, InodePtr> names_;
  std::map<std::string, InodePtr> durable_names_;
  std::vector<NameChange> unsynced_names_;
  std::set<std::string> directories_;
  std::set<std::string> locked_;
};

}  // namespace petrel::store
