// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/store_fuzz.h"

#include <map>
#include <string>
#include <utility>

#include "absl/functional/function_ref.h"
#include "common/check.h"
#include "common/status.h"
#include "store/log/big_endian.h"
#include "store/log/crc32.h"
#include "store/log/record_layout.h"
#include "store/queue/queue_dispatch.h"

namespace petrel::fuzz {

using store::LogOffset;
using store::QueueOffset;

FuzzStore::FuzzStore() {
  for (const char* directory : {"store/commitlog", "store/consumequeue/T/0", "store/snapshots"}) {
    PETREL_CHECK_OK(disk_.create_directories(directory));
  }
}

absl::Status FuzzStore::open() {
  store::MessageStore::Options options;
  options.directory = "store";
  options.log = store::small_log_options();
  PETREL_ASSIGN_OR_RETURN(store_, store::open_store(disk_, clock_, executor_, options, *this));
  return absl::OkStatus();
}

void FuzzStore::end() {
  executor_.run_all();
  store_.reset();
  disk_.restart();
}

std::string FuzzStore::placed_record(std::string_view topic, std::string_view body,
                                     const store::RecordPlacement& placement) {
  std::string record = store::test_record(topic, body, "TAGS\x01red\x02");
  store::place_record(record, placement);
  return record;
}

void FuzzStore::check_queues() {
  const store::CommitLog& log = store_->log();
  // A queue begins anew with an offset of 0; what was before is forgotten.
  std::map<std::pair<std::string, int32_t>, LogOffset> begins;
  const auto visit = [&](absl::FunctionRef<void(const store::RecordView&)> each) {
    PETREL_CHECK_OK(log.visit(log.begin(), log.end(), [&](const store::RecordView& record) {
      if (store::has_place(record)) each(record);
      return absl::OkStatus();
    }));
  };
  visit([&](const store::RecordView& record) {
    if (record.queue_offset == QueueOffset(0)) {
      begins[{std::string(record.topic), record.queue_id}] = record.log_offset;
    }
  });
  visit([&](const store::RecordView& record) {
    const auto begin = begins.find({std::string(record.topic), record.queue_id});
    if (begin == begins.end() || record.log_offset >= begin->second) check_entry(record);
  });
}

void FuzzStore::check_entry(const store::RecordView& record) {
  store::ConsumeQueue* const queue = store_->find_queue(record.topic, record.queue_id);
  if (queue == nullptr || record.queue_offset < queue->min()) return;
  PETREL_CHECK_LT(record.queue_offset, queue->max());
  store::QueueEntry entry;
  if (queue->read(record.queue_offset, std::span(&entry, 1)) == 0) {
    store_->load_queue_page(queue, record.queue_offset, [&](auto page) {
      if (page.ok()) store_->finish_load(queue, *page);
    });
    executor_.run_all();
    if (queue->read(record.queue_offset, std::span(&entry, 1)) == 0) return;
  }
  const absl::Status read = store_->log().read(entry.log_offset, entry.size).status();
  PETREL_CHECK(read.ok() || absl::IsDataLoss(read) || absl::IsOutOfRange(read)) << read.ToString();
}

void mend_record(std::string& record) {
  namespace layout = store::layout;
  if (record.size() < layout::kRecordBytesMin + layout::kCrcPropertyBytes) return;
  store::store_big_endian(record.data() + layout::kTotalSize, static_cast<int32_t>(record.size()));
  const size_t covered = record.size() - layout::kCrcPropertyBytes;
  auto crc = static_cast<uint32_t>(store::crc32_java(std::string_view(record).substr(0, covered)));
  char* at = record.data() + covered;
  at = std::copy(layout::kCrcName.begin(), layout::kCrcName.end(), at);
  *at++ = layout::kNameEnd;
  for (size_t i = 0; i < layout::kCrcDigits; ++i, crc /= 10) {
    *at++ = static_cast<char>('0' + crc % 10);
  }
  *at = layout::kPropertyEnd;
}

void mend_records(std::string& bytes) {
  for (size_t at = 0; at + store::kBlankHeaderBytes <= bytes.size();) {
    const auto total = store::load_big_endian<int32_t>(bytes.data() + at);
    if (total < static_cast<int32_t>(store::layout::kRecordBytesMin) ||
        static_cast<size_t>(total) > bytes.size() - at) {
      return;
    }
    std::string record = bytes.substr(at, static_cast<size_t>(total));
    mend_record(record);
    bytes.replace(at, record.size(), record);
    at += record.size();
  }
}

}  // namespace petrel::fuzz
