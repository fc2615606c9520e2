// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "absl/container/btree_map.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "broker/core/core_port.h"
#include "store/log/record.h"
#include "store/message_store.h"
#include "store/types.h"

namespace petrel::core {

// The message that a queue's entry leads to. DataLoss: these bytes are no record, or that of
// another message, as the queue's file is damaged. A view into the bytes; any thread.
absl::StatusOr<store::RecordView> record_of_entry(std::string_view bytes, std::string_view topic,
                                                  int32_t queue_id, store::QueueOffset offset);

// Records for the core that may not be in memory any more: to append a changed copy of one, to ask
// a filter. What is in memory is given at once; the rest is read on the store's executor and given
// in a later turn. Core thread only. Bounded in bytes that are being read.
class RecordLoader {
 public:
  using Loaded = absl::AnyInvocable<void(absl::StatusOr<store::LogSlice>) &&>;

  RecordLoader(store::MessageStore& store, CorePort& self, int64_t bytes_max)
      : store_(store), self_(self), bytes_max_(bytes_max) {}

  // `loaded` is called on the core thread, before this returns or in a later turn, or never if the
  // engine ends before. False, and nothing happens, when too much is being read already; one record
  // always may be.
  bool load(store::LogOffset offset, int32_t size, Loaded loaded);
  // From the store's executor, through the mailbox.
  void finish(uint64_t id, absl::StatusOr<store::LogSlice> record);

  int64_t loading_bytes() const { return loading_bytes_; }

 private:
  struct Load {
    int32_t size = 0;
    Loaded loaded;
  };
  store::MessageStore& store_;
  CorePort& self_;
  const int64_t bytes_max_;
  uint64_t next_id_ = 1;
  int64_t loading_bytes_ = 0;
  absl::btree_map<uint64_t, Load> loads_;
};

}  // namespace petrel::core
