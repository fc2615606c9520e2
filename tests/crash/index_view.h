// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/crash/crash_run.h"

namespace petrel::store {

enum class Expect { kEveryRecord, kNoWrongRecord /* damage may hide one */ };

// The index by key, with files so small that a few records fill one.
OpenView index_view(Expect expect = Expect::kEveryRecord);

}  // namespace petrel::store
