// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "store/log/record.h"

namespace petrel::core {

// Which messages of a topic a receive wants; where all of them, there is no filter (a null
// pointer). Immutable: any thread.
//
// The core asks by_tags_code(), as a queue entry is all that it looks at; who has the record asks
// takes() where that is needed.
class MessageFilter {
 public:
  virtual ~MessageFilter() = default;

  enum class Verdict {
    kRefused,      // for certain
    kNeedsRecord,  // takes() tells
    kTaken,        // for certain
  };
  // What a queue entry alone can tell.
  virtual Verdict by_tags_code(int64_t tags_code) const = 0;
  // Exact.
  virtual bool takes(const store::RecordView& record) const = 0;
};

// Whether a message may be wanted, as far as its queue entry tells. `filter` may be null.
inline bool may_take(const MessageFilter* filter, int64_t tags_code) {
  return filter == nullptr || filter->by_tags_code(tags_code) != MessageFilter::Verdict::kRefused;
}

}  // namespace petrel::core
