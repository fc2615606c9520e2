// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "store/log/damage_list.h"
#include "store/log/segments.h"
#include "store/log/sync_mark.h"

namespace petrel::store {

// Cuts the log's files back to `to`, a record's end. In this order, each step durable before the
// next:
//   1. the mark goes down: what is missing behind it is a torn tail from now on, and no damage;
//   2. files behind go, the last first, so that no gap comes back;
//   3. the file that holds `to` is zero from there on.
// A power cut before 1 leaves the log as it was; later, it ends at `to` or at a record's end behind
// it, and recovery cuts off what does not follow from there. After the return no old record can
// come back, whatever is appended over it. `required` is the last required record before `to`, if
// it is known. An error is final: only a recovery knows where the log ends then.
absl::Status truncate_log_files(int64_t to, std::optional<int64_t> required, Segments& segments,
                                SyncMark& mark, DamageList& damage);

}  // namespace petrel::store
