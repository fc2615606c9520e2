// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/random.h"
#include "store/disk/disk.h"
#include "store/disk/sim_content.h"

namespace petrel::store {

// A disk in memory that behaves as badly as a real one is allowed to, from one seed. One thread.
//
// What a power cut may do: data that was not synced is lost sector by sector (512 bytes), each
// sector for itself or, in order, from some point on; a size that was not synced is lost; names
// made, changed or removed in a directory that was not synced are lost, each for itself. What a
// power cut may not do: harm anything synced, or tear one sector. (create_directories syncs what it
// makes.)
//
// What else may happen: operations fail, once or often; a sync fails once, whereafter the kernel
// takes the pages for clean although part of them never reached the disk; the disk fills up; a
// write is lost or lands elsewhere though it was reported as done; bits flip; files disappear.
class SimDisk final : public Disk {
 public:
  struct Options {
    uint64_t seed = 1;
    bool reorder = true;  // unsynced sectors are lost each for itself, not from some point on
  };
  explicit SimDisk(const Options& options);

  // Operations that change something are numbered from 0.
  int64_t operations() const { return operations_; }

  // ---- the end of a process or a machine
  // The power goes, or the process is killed, in the midst of this operation: it and all later ones
  // fail, until crash or restart. A write may have been done in part.
  void cut_power_at(int64_t operation) { cut_at_ = operation; }
  // Loses what a power cut may lose, and gives the power back. Files open before stay dead.
  void crash();
  // The process ends but the machine does not: all that was written stays.
  void restart();

  // ---- operations that fail
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
  // Operation number `operation` fails with `status`, the others do not.
  void fail_at(int64_t operation, absl::Status status);
  void heal();
  // Called before each operation that changes something, with its path: for what happens meanwhile,
  // or to let time go by.
  void set_hook(std::function<void(Operation, const std::string&)> hook) {
    hook_ = std::move(hook);
  }

  // ---- room
  // What goes beyond fails with ResourceExhausted; a write or allocation does the part that fits.
  void limit_space(uint64_t bytes) { space_bytes_ = bytes; }
  uint64_t used_bytes() const;

  // ---- damage
  // The next write to such a path is seen by readers until the power goes, or drop_caches, and does
  // not reach the disk / reaches another sector of the file.
  void lose_next_write(std::string path_part) { mishaps_.push_back({std::move(path_part), false}); }
  void misdirect_next_write(std::string path_part) {
    mishaps_.push_back({std::move(path_part), true});
  }
  // All that is not synced is written, and readers see what is on the disk.
  void drop_caches();
  // Visible and durable at once.
  void flip_bit(const std::string& path, uint64_t offset, int bit);
  void put_file(const std::string& path, std::string_view bytes);
  void erase_file(const std::string& path);
  // Everything below a directory.
  void erase_tree(const std::string& directory);

  // ---- looking at it
  std::vector<std::string> files() const;  // all paths, sorted
  bool has_file(const std::string& path) const { return names_.contains(path); }
  std::string bytes_of(const std::string& path) const;
  // Whether a path is the same file on both, or on neither.
  static bool same_bytes(const SimDisk& a, const SimDisk& b, const std::string& path);
  // Another disk with the same files, all of it durable, without faults.
  std::unique_ptr<SimDisk> copy() const;

  absl::StatusOr<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override;
  absl::StatusOr<std::vector<std::string>> list(const std::string& directory) override;
  absl::Status create_directories(const std::string& directory) override;
  absl::Status make_directories(const std::string& directory) override {
    return create_directories(directory);
  }
  absl::Status rename(const std::string& from, const std::string& to) override;
  absl::Status remove(const std::string& path) override;
  absl::Status sync_directory(const std::string& directory) override;
  absl::Status sync_all(const std::string& directory) override;
  absl::StatusOr<std::unique_ptr<FileLock>> lock(const std::string& path) override;
  absl::StatusOr<DiskSpace> space(const std::string& directory) override;

 private:
  struct Inode {
    bool is_directory = false;
    SimContent now;
    SimContent durable;
    std::vector<SimContent::Change> unsynced;
  };
  using InodePtr = std::shared_ptr<Inode>;
  using Names = std::map<std::string, InodePtr>;
  // Names that change together; null removes.
  using NameChange = std::vector<std::pair<std::string, InodePtr>>;
  struct Mishap {
    std::string path_part;
    bool elsewhere = false;
  };

  class SimFile;
  class SimLock;

  // Counts an operation; its error when it must fail.
  absl::Status begin(Operation operation, const std::string& path);
  absl::Status fault(Operation operation, const std::string& path);
  // The operation that the power cut or kill came upon.
  bool is_cut_now() const { return dead_ && operations_ == cut_at_ + 1; }
  uint64_t free_bytes() const;
  std::optional<Mishap> take_mishap(const std::string& path);
  bool is_directory(const std::string& path) const;
  void forget_tree(const std::string& path);
  void change_names(NameChange change);
  static void apply(Names& names, const NameChange& change);
  static void lose_unsynced(Inode& inode, Random& random, bool reorder);

  const Options options_;
  SeededRandom random_;
  int64_t operations_ = 0;
  int64_t cut_at_ = -1;
  bool dead_ = false;
  uint64_t life_ = 0;  // counts restarts
  std::vector<Fault> faults_;
  int64_t fail_at_ = -1;
  absl::Status fail_status_;
  std::optional<uint64_t> space_bytes_;
  std::vector<Mishap> mishaps_;
  std::function<void(Operation, const std::string&)> hook_;
  Names names_;
  Names durable_names_;
  std::vector<NameChange> unsynced_names_;
  std::set<std::string> locked_;
};

}  // namespace petrel::store
