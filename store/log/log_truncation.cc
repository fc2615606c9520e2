// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/log/log_truncation.h"

#include "common/check.h"
#include "common/status.h"

namespace petrel::store {

absl::Status truncate_log_files(int64_t to, std::optional<int64_t> required, Segments& segments,
                                SyncMark& mark, DamageList& damage) {
  PETREL_CHECK_GE(to, segments.begin());
  PETREL_CHECK_LE(to, segments.end());
  PETREL_CHECK(!required.has_value() || *required < to);
  PETREL_RETURN_IF_ERROR(mark.write(to, required));
  PETREL_RETURN_IF_ERROR(mark.sync());
  PETREL_RETURN_IF_ERROR(segments.cut_behind(to));
  damage.forget_from(LogOffset(to));
  return absl::OkStatus();
}

}  // namespace petrel::store
