// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "common/clock.h"
#include "store/message_store.h"

namespace petrel::oracle {

// How applying an event may be wrong so that a replica comes to another state than the leader: the
// comparison must notice each.
enum class Defect {
  kNothing,
  kEventForgotten,  // the leader decided that a delivery goes on, and no record says so
  kReadsClock,      // a delivery ends so long after it is applied, not after it was decided
  kReadsClients,    // a delivery is renewed if the client is connected where it is applied
  kMoveForgotten,   // a dead letter is there, and its message with the group as well
  kResetKeepsOpen,  // a reset leaves open what it was to end
  kOrderOfHashMap,  // clients that are new in one record are numbered in the order of a hash map
};

// Stands between a follower's store and its core, and does to the records what a core with this
// defect would. Where the leader decides, such a core does what is right: the clock is that of the
// decision, and the client is there.
std::unique_ptr<store::MessageStore::Owner> make_broken_owner(store::MessageStore::Owner& core,
                                                              const Clock& clock, Defect defect);

}  // namespace petrel::oracle
