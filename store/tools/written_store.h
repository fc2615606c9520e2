// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.h"
#include "store/disk/sim_disk.h"
#include "store/message_store.h"
#include "store/testing/open_store.h"

namespace petrel::store {

// A store on a simulated disk, written for a test of the tools and then left as a stop leaves it.
class WrittenStore {
 public:
  static constexpr char kDirectory[] = "store";
  static constexpr char kStateTopic[] = "state";  // whose records may not be lost
  static constexpr IndexGeometry kIndex = {.slots = 16, .entries = 64};

  WrittenStore() { open(); }

  void send(std::string_view topic, int32_t queue_id, std::string_view body,
            std::string_view keys = "") {
    std::string properties = "TAGS\x01red\x02";
    if (!keys.empty()) properties += concat("KEYS\x01", keys, "\x02");
    const std::string record = test_record(topic, body, properties);
    const auto placed = append_and_commit(*store_, record, queue_id,
                                          1'700'000'000'000 + 1'300 * sent(), /*sync=*/true);
    PETREL_CHECK_OK(placed.status());
    records_.push_back(
        {.offset = placed->log_offset.value(), .bytes = static_cast<int64_t>(record.size())});
  }
  void snapshot() { PETREL_CHECK_OK(make_snapshot(*store_, executor_, "state")); }
  void close() {
    PETREL_CHECK(close_store(*store_, {"state"}).ok());
    store_.reset();
    disk_.restart();
  }
  void kill() {
    store_.reset();
    disk_.restart();
  }
  absl::Status open_again() {
    absl::StatusOr<std::unique_ptr<MessageStore>> store =
        open_store(disk_, clock_, executor_, options(), owner_);
    if (!store.ok()) return store.status();
    store_ = *std::move(store);
    return absl::OkStatus();
  }

  struct Record {
    int64_t offset = 0;
    int64_t bytes = 0;
    int64_t end() const { return offset + bytes; }
  };
  const std::vector<Record>& records() const { return records_; }
  int64_t sent() const { return static_cast<int64_t>(records_.size()); }
  SimDisk& disk() { return disk_; }
  MessageStore& store() { return *store_; }
  ManualExecutor& executor() { return executor_; }
  static std::string log_file(int64_t start) {
    const std::string digits = std::to_string(start);
    return concat(kDirectory, "/commitlog/", std::string(20 - digits.size(), '0'), digits);
  }
  void flip_log_bit(int64_t log_offset) {
    const int64_t segment_bytes = small_log_options().segment_bytes;
    const int64_t start = log_offset / segment_bytes * segment_bytes;
    disk_.flip_bit(log_file(start), static_cast<uint64_t>(log_offset - start), 3);
  }
  void write(const std::string& path, uint64_t at, std::string bytes) {
    const auto file = disk_.open(path, Disk::OpenMode::kCreate).value();
    const iovec part = {.iov_base = bytes.data(), .iov_len = bytes.size()};
    PETREL_CHECK(file->write(at, std::span(&part, 1)).ok());
  }

 private:
  class Owner final : public StatelessOwner {
   public:
    bool required(std::string_view topic) const override { return topic == kStateTopic; }
  };

  using Options = MessageStore::Options;
  static Options options() {
    Options options = {.directory = kDirectory, .log = small_log_options()};
    options.index.files.geometry = kIndex;
    return options;
  }
  void open() { PETREL_CHECK(open_again().ok()); }

  SimDisk disk_{{}};
  ManualClock clock_;
  ManualExecutor executor_;
  Owner owner_;
  std::unique_ptr<MessageStore> store_;
  std::vector<Record> records_;
};

}  // namespace petrel::store
