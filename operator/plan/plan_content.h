// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include "operator/plan/plan.h"

namespace petrel::ops {

// The parts of decide() about topics and consumer groups.
//
// A name is held by one document: the oldest that is not being deleted, else the oldest. Only the
// holder is carried out; others are told who it is, and are let go when they are deleted. What no
// document declares is left alone, and what exists already is adopted: changed where it differs.
//
// A deletion waits until every broker answers. DeleteIfEmpty also waits until no broker has
// messages of the topic, or lag or members of the group, and writes nothing meanwhile. Without a
// cluster, or with one that is being deleted, there is nothing to wait for: documents that are
// deleted are forgotten.
void plan_topics(const Desired& desired, const Snapshot& snapshot, Plan& plan);
void plan_groups(const Desired& desired, const Snapshot& snapshot, Plan& plan);

}  // namespace petrel::ops
