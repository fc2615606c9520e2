// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include "operator/plan/plan.h"

namespace petrel::ops {

// The part of decide() about members and what they share, and the cluster's conditions. What is not
// running starts, all at once; as it was before while what it should run is not known to be good.
// What runs with an old digest restarts once the program took its configuration, one at a time: the
// next one when the last one is ready and answers, and all brokers are registered with all
// nameservers, or had some seconds to be. Thus whoever goes is known to be missed by nobody: a
// broker that stops leads its clients to those that nameservers know (broker/README.md), and
// whatever nameserver clients ask. Who serves nobody goes first, then nameservers.
// A nameserver too many stops once no broker has a configuration that names it. A broker group is
// never removed.
//
// A member whose data is in doubt is neither started nor taken down.
//
// A paused cluster gets its conditions and no actions, as does one that is being deleted. Without a
// cluster there is nothing.
void plan_members(const Desired& desired, const Snapshot& snapshot, Plan& plan);

}  // namespace petrel::ops
