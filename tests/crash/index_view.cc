// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "tests/crash/index_view.h"

#include <limits>
#include <set>

#include "common/concat.h"
#include "common/status.h"
#include "store/index/message_index.h"

namespace petrel::store {
namespace {

class IndexView final : public CrashView {
 public:
  IndexView(std::unique_ptr<MessageIndex> index, CommitLog& log, Expect expect)
      : index_(std::move(index)), log_(log), expect_(expect) {}

  std::string_view name() const override { return "index"; }

  absl::Status act(Random& random) override {
    const LogOffset written(log_.progress().written.value());
    PETREL_RETURN_IF_ERROR(index_->follow(written, static_cast<int64_t>(random.below(8000))));
    if (random.below(3) == 0) PETREL_RETURN_IF_ERROR(index_->flush());
    return index_->remove_before(log_.begin());
  }

  absl::Status check(const History& sent) override {
    std::map<std::pair<std::string, std::string>, std::set<LogOffset>> expected;
    for (const SentRecord& record : sent) {
      if (record.offset < log_.begin() || record.offset >= index_->indexed()) continue;
      expected[{record.topic, key_of(record.body)}].insert(record.offset);
    }
    for (auto& [key, offsets] : expected) {
      PETREL_RETURN_IF_ERROR(check_key(key.first, key.second, offsets));
    }
    return absl::OkStatus();
  }

  absl::Status close() override {
    PETREL_RETURN_IF_ERROR(log_.close());
    PETREL_RETURN_IF_ERROR(index_->follow(log_.end(), std::numeric_limits<int64_t>::max()));
    return index_->flush();
  }

 private:
  absl::Status check_key(const std::string& topic, const std::string& key,
                         std::set<LogOffset>& missing) {
    const TimeRange always = {.begin_ms = 0, .end_ms = std::numeric_limits<int64_t>::max()};
    absl::Status wrong;
    PETREL_RETURN_IF_ERROR(
        index_->find(topic, key, always, [&](const LogSlice&, const RecordView& record) {
          const bool fits = record.topic == topic && key_of(record.body) == key;
          const bool expected = missing.erase(record.log_offset) > 0;
          if (!fits || (!expected && record.log_offset < index_->indexed())) {
            wrong = absl::InternalError(concat("finds ", record.log_offset.value(), " for ", key));
          }
          return wrong.ok();
        }));
    PETREL_RETURN_IF_ERROR(wrong);
    if (missing.empty() || expect_ == Expect::kNoWrongRecord) return absl::OkStatus();
    return absl::InternalError(concat("does not find ", missing.begin()->value(), " for ", key));
  }

  const std::unique_ptr<MessageIndex> index_;
  CommitLog& log_;
  const Expect expect_;
};

}  // namespace

OpenView index_view(Expect expect) {
  return
      [expect](SimDisk& disk, MessageStore& store) -> absl::StatusOr<std::unique_ptr<CrashView>> {
        MessageIndex::Options options;
        options.directory = "store";
        options.geometry = {.slots = 16, .entries = 64};
        options.unflushed_entries_max = 20;
        PETREL_ASSIGN_OR_RETURN(auto index, MessageIndex::open(disk, store.log(), options));
        return std::make_unique<IndexView>(std::move(index), store.log(), expect);
      };
}

}  // namespace petrel::store
