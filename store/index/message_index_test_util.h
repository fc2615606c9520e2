// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "store/disk/sim_disk.h"
#include "store/index/message_index.h"
#include "store/test_util.h"

namespace petrel::store {

// A log and its index on one simulated disk, in the directory "store", with files so small that a
// few records fill them.
class IndexedLog {
 public:
  explicit IndexedLog(SimDisk::Options options = {}) : disk_(options) {}

  static MessageIndex::Options options(std::string directory = "store") {
    return {.directory = std::move(directory),
            .geometry = {.slots = 8, .entries = 16},
            .unflushed_entries_max = 6};
  }

  absl::Status open() {
    index_.reset();
    log_.reset();
    PETREL_RETURN_IF_ERROR(disk_.create_directories("store"));
    PETREL_ASSIGN_OR_RETURN(log_, CommitLog::open(disk_, "store/commitlog", small_log_options()));
    PETREL_RETURN_IF_ERROR(log_->recover(LogOffset(0)));
    PETREL_ASSIGN_OR_RETURN(index_, MessageIndex::open(disk_, *log_, options()));
    return absl::OkStatus();
  }
  void close() {
    index_.reset();
    log_.reset();
  }

  // Appends and writes a record; syncs when asked to.
  absl::Status send(std::string_view topic, std::string_view keys, bool sync = false) {
    const std::string properties =
        concat("UNIQ_KEY\x01", "ID", sent_, "\x02KEYS\x01", keys, "\x02");
    const std::string record = test_record(topic, concat("body ", sent_), properties);
    PETREL_RETURN_IF_ERROR(
        log_->append(record, {.queue_offset = QueueOffset(sent_), .store_ms = time_of(sent_)})
            .status());
    ++sent_;
    log_->submit();
    return log_->write_group(sync, 0).status();
  }
  absl::Status follow() { return index_->follow(log_->end(), 1 << 20); }

  static int64_t time_of(int64_t number) { return 1'700'000'000'000 + number * 700; }

  // The bodies of what is found.
  std::vector<std::string> find(std::string_view topic, std::string_view key,
                                TimeRange range = {.begin_ms = 0, .end_ms = INT64_MAX / 2}) {
    std::vector<std::string> found;
    const absl::Status status =
        index_->find(topic, key, range, [&](const LogSlice&, const RecordView& record) {
          found.emplace_back(record.body);
          return true;
        });
    EXPECT_TRUE(status.ok()) << status;
    return found;
  }

  // The bytes of all index files below a directory.
  std::map<std::string, std::string> files(const std::string& directory) {
    std::map<std::string, std::string> all;
    const std::vector<std::string> names = disk_.list(directory + "/index").value();
    for (const std::string& name : names) {
      const auto file = disk_.open(concat(directory, "/index/", name), Disk::OpenMode::kRead);
      std::string& bytes = all[name];
      bytes.resize((*file)->size().value());
      EXPECT_TRUE((*file)->read(0, bytes).ok());
    }
    return all;
  }
  // The same of an index that is built anew from the log.
  std::map<std::string, std::string> rebuilt_files() {
    const std::string directory = concat("rebuilt", ++rebuilds_);
    EXPECT_TRUE(disk_.create_directories(directory).ok());
    const auto index = MessageIndex::open(disk_, *log_, options(directory)).value();
    EXPECT_TRUE(index->follow(log_->end(), 1 << 20).ok());
    EXPECT_TRUE(index->flush().ok());
    return files(directory);
  }

  SimDisk& disk() { return disk_; }
  CommitLog& log() { return *log_; }
  MessageIndex& index() { return *index_; }
  bool is_open() const { return index_ != nullptr; }
  int64_t sent() const { return sent_; }
  void forget_sent_behind(int64_t count) { sent_ = count; }

 private:
  SimDisk disk_;
  std::unique_ptr<CommitLog> log_;
  std::unique_ptr<MessageIndex> index_;
  int64_t sent_ = 0;
  int rebuilds_ = 0;
};

}  // namespace petrel::store
