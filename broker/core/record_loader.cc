// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/core/record_loader.h"

#include <utility>

#include "broker/core/events.h"
#include "common/check.h"
#include "common/concat.h"
#include "common/status.h"

namespace petrel::core {

absl::StatusOr<store::RecordView> record_of_entry(std::string_view bytes, std::string_view topic,
                                                  int32_t queue_id, store::QueueOffset offset) {
  PETREL_ASSIGN_OR_RETURN(const store::RecordView record,
                          store::decode_record(bytes, store::Verify::kStructure));
  if (record.topic != topic || record.queue_id != queue_id || record.queue_offset != offset) {
    return absl::DataLossError(concat("the queue's file leads to ", record.topic, "/",
                                      record.queue_id, " ", record.queue_offset.value()));
  }
  return record;
}

bool RecordLoader::load(store::LogOffset offset, int32_t size, Loaded loaded) {
  PETREL_CHECK_GT(size, 0);
  if (auto hot = store_.log().read_hot(offset, size)) {
    std::move(loaded)(*std::move(hot));
    return true;
  }
  if (loading_bytes_ > 0 && loading_bytes_ + size > bytes_max_) {
    return false;
  }
  const uint64_t id = next_id_++;
  loading_bytes_ += size;
  loads_.emplace(id, Load{size, std::move(loaded)});
  store_.load_record(offset, size, [&self = self_, id](absl::StatusOr<store::LogSlice> record) {
    self.post_internal(std::make_unique<RecordLoaded>(id, std::move(record)));
  });
  return true;
}

void RecordLoader::finish(uint64_t id, absl::StatusOr<store::LogSlice> record) {
  const auto it = loads_.find(id);
  PETREL_CHECK(it != loads_.end()) << "load " << id;
  Load load = std::move(it->second);
  loads_.erase(it);
  loading_bytes_ -= load.size;
  PETREL_CHECK_GE(loading_bytes_, 0);
  if (record.ok()) {
    PETREL_CHECK_EQ(record->bytes().size(), static_cast<size_t>(load.size)) << "load " << id;
  }
  std::move(load.loaded)(std::move(record));
}

}  // namespace petrel::core
