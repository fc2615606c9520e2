// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "broker/core/request.h"
#include "common/random.h"
#include "tests/oracle/totals.h"
#include "tests/oracle/witness.h"
#include "tests/oracle/world.h"

namespace petrel::oracle {

// What a core may do wrong so that a follower does the same: only the model notices. It is made
// wrong on the way to the core and back.
enum class Tampering {
  kNothing,
  kFilter,           // messages of any tag are handed out
  kAcknowledgement,  // one is answered OK, and forgotten
  kPromise,          // a send is answered before it is safe
  kGivenUp,          // messages are, and nobody asked
};

// What producers, consumers and administrators ask of a core, at random: each call of a function
// posts one request, which the core looks at in its next turn. Over few names, so that topics and
// groups are deleted and made again all the time.
class Clients {
 public:
  // All outlive it.
  Clients(World& world, Witness& witness, Random& random, Totals& totals,
          Tampering tampering = Tampering::kNothing);

  void send();
  void receive();
  void acknowledge();
  void change_invisible();
  void give_up();
  void report_mismatch();
  void cancel_receive();
  // Of clients whose deliveries the broker renews.
  void come_or_go();
  // Half of those that are connected are gone: they find their way back later, or never.
  void lose_some();
  void ensure_topic();
  void apply_topic();
  void delete_topic();
  void apply_group();
  void delete_group();
  // To places that need no search.
  void reset_group();
  // How full the disk is, upon which old messages may be deleted.
  void measure_disk();
  void list_topics();
  void list_groups();

  // The core is gone, and whoever waited has no answer.
  void life_ended();

  // All that there may ever be, and the system's.
  static const std::vector<std::string>& topics();

 private:
  struct Held {
    std::string group;
    std::string topic;
    core::ReceiptHandle handle;
  };
  using Receive = World::Asked<core::ReceiveRequest>;

  std::string a_topic();
  // One that is received from: dead letters, too.
  std::string a_source();
  std::string a_group();
  std::string a_client();
  bool one_in(uint64_t count) { return random_.below(count) == 0; }
  // A delivery that somebody has, or had once; null: there was none yet.
  const Held* some_held();
  core::SendRequest::Message make_message(const std::string& topic);
  void answered(Receive& receive);
  template <typename R>
  std::unique_ptr<World::Asked<R>> make(const std::string& kind);
  // Its answer promises that it outlives a crash.
  template <typename R>
  void promise(World::Asked<R>& request);

  World& world_;
  Witness& witness_;
  Random& random_;
  Totals& totals_;
  // The last entry's answer is made up.
  void withhold_last(World::Asked<core::AckRequest>& request);

  const Tampering tampering_;
  std::deque<Held> held_;  // newest last
  std::set<core::CancelId> waiting_;
  int64_t bodies_ = 0;
  int64_t clients_made_ = 0;
};

}  // namespace petrel::oracle
