// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include "operator/plan/plan.h"

namespace petrel::ops {

// The part of decide() about members and what they share, and the cluster's conditions. What is not
// running starts, all at once. What runs with an old digest restarts, one at a time while all
// others are ready, nameservers first; one that is not ready goes before. A nameserver too many
// stops once no broker has a configuration that names it. A broker group is never removed.
//
// A paused cluster gets its conditions and no actions, as does one that is being deleted. Without a
// cluster there is nothing.
void plan_members(const Desired& desired, const Snapshot& snapshot, Plan& plan);

}  // namespace petrel::ops
