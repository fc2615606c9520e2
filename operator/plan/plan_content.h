// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include "operator/plan/plan.h"

namespace petrel::ops {

// The parts of decide() about topics and consumer groups, with one action per broker and kind of
// change. What no document declares is left alone. A deletion waits until every broker answers,
// and leaves alone what another document declares.
void plan_topics(const Desired& desired, const Snapshot& snapshot, Plan& plan);
void plan_groups(const Desired& desired, const Snapshot& snapshot, Plan& plan);

}  // namespace petrel::ops
