// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "tests/oracle/history.h"

#include <algorithm>
#include <string>
#include <utility>

#include "common/concat.h"
#include "common/status.h"

namespace petrel::oracle {
namespace {

// A mishap in the midst of something has come after so many operations.
constexpr int64_t kUnderwayMax = 60;
// Recoveries that are cut short themselves, of one life.
constexpr int kBrokenRecoveriesMax = 3;
constexpr int64_t kHourMs = 3'600'000;
// Of a broker that runs: turns are not further apart.
constexpr int64_t kTurnAtLeastMs = 5'000;

World::Options world_options(Random& random, uint64_t seed) {
  World::Options options;
  options.disk = {.seed = seed, .reorder = random.below(4) != 0};
  core::CoreOptions& core = options.assembly.core;
  core.flush_mode = random.below(2) == 0 ? store::FlushMode::kSync : store::FlushMode::kAsync;
  core.auto_create_topics = random.below(2) == 0;
  core.auto_create_groups = random.below(4) != 0;
  core.default_queues = 1 + static_cast<int32_t>(random.below(3));
  core.in_flight_per_queue_max = random.below(3) == 0 ? 10 : 20'000;
  core.scan_entries_max = random.below(3) == 0 ? 8 : 8'192;
  store::MessageStore::Options& store = options.assembly.store;
  store.directory = "store";
  store.index.enabled = false;
  store.log.segment_bytes = random.below(2) == 0 ? 16 << 10 : 64 << 10;
  store.log.record_bytes_max = store.log.segment_bytes / 2;
  store.log.block_bytes = 4 << 10;
  store.log.hot_bytes = random.below(2) == 0 ? 4 << 10 : 256 << 10;
  store.log.reserve_bytes =
      0;  // of such small files it is much, and what it refuses is of no interest
  store.log.prepare_bytes = random.below(2) == 0 ? 0 : 4 << 10;
  store.snapshot_log_bytes = 4'000 << random.below(5);
  store::RetentionOptions& retention = store.retention;
  retention.age_ms = random.below(2) == 0 ? kHourMs : 72 * kHourMs;
  retention.log_bytes_max = random.below(3) == 0 ? 5 * store.log.segment_bytes : 0;
  retention.keep_unread = random.below(2) == 0;
  return options;
}

}  // namespace

History::History(const Options& options, Totals& totals)
    : random_(options.seed),
      totals_(totals),
      operations_before_(totals.all_operations()),
      mishaps_(random_, kOperationsPerHistory * 9 / 10),
      world_(world_options(random_, options.seed)),
      shadow_(world_.options().assembly.store.log.segment_bytes, world_.clock, options.between),
      witness_(world_, totals),
      clients_(world_, witness_, random_, totals, options.tampering) {
  world_.happened = [this](World::Told told) { witness_.happened(told); };
  world_.before_turn = [this] { witness_.begin_turn(); };
  world_.after_turn = [this] { witness_.end_turn(); };
}

bool History::syncs() const {
  return world_.options().assembly.core.flush_mode == store::FlushMode::kSync;
}

absl::Status History::run() {
  ++totals_.seeds;
  PETREL_RETURN_IF_ERROR(world_.open());
  absl::Status status;
  while (status.ok() && (operation() < kOperationsPerHistory || !mishaps_.all_taken())) {
    status = step();
  }
  while (status.ok() && underway_.has_value()) {
    status = end_life(underway_->mishap);
  }
  if (status.ok()) {
    status = settle();
  }
  if (status.ok()) {
    return world_.end(End::kClose);
  }
  return {status.code(),
          concat("after ", operation(), " operations", lives_, ": ", status.message())};
}

absl::Status History::step() {
  PETREL_RETURN_IF_ERROR(meet_mishaps());
  const uint64_t kind = random_.below(100);
  if (kind < 88) {
    ask();
  } else if (kind < 94) {
    let_time_go_by();
  } else {
    ask_rarely();
  }
  return schedule();
}

void History::ask() {
  const uint64_t kind = random_.below(100);
  if (kind < 36) {
    clients_.send();
  } else if (kind < 64) {
    clients_.receive();
  } else if (kind < 86) {
    clients_.acknowledge();
  } else if (kind < 93) {
    clients_.change_invisible();
  } else if (kind < 94) {
    clients_.give_up();
  } else if (kind < 95) {
    clients_.cancel_receive();
  } else {
    clients_.come_or_go();
  }
}

void History::ask_rarely() {
  switch (random_.below(22)) {
    case 0:
      return clients_.delete_topic();
    case 1:
      return clients_.delete_group();
    case 2:
    case 3:
      return clients_.apply_group();
    case 4:
    case 5:
    case 6:
      return clients_.apply_topic();
    case 7:
    case 8:
      return clients_.ensure_topic();
    case 9:
    case 10:
      return clients_.report_mismatch();
    case 11:
    case 12:
    case 13:
      return clients_.list_topics();
    case 14:
    case 15:
    case 16:
    case 17:
      return underway_.has_value() ? clients_.list_topics() : clients_.measure_disk();
    case 18:
    case 19:
      return clients_.reset_group();
    default:
      return clients_.list_groups();
  }
}

void History::let_time_go_by() {
  ++totals_.operations["time"];
  if (one_in(30)) {
    const auto days = static_cast<int64_t>(random_.below(7)) - 3;
    world_.clock.jump_wall_ms(one_in(3) ? days * 24 * kHourMs : days * 10'000);
  } else if (one_in(40)) {
    world_.clock.advance_ms(static_cast<int64_t>(random_.below(4)) * kHourMs);
  } else if (one_in(16)) {
    stand_still();
  } else if (one_in(8)) {
    for (int64_t ms = static_cast<int64_t>(random_.below(120'000)); ms > 0; ms -= kTurnAtLeastMs) {
      world_.clock.advance_ms(std::min(ms, kTurnAtLeastMs));
      world_.turn();
    }
  } else {
    world_.clock.advance_ms(static_cast<int64_t>(random_.below(3'000)));
  }
}

// The whole process: who is silent for so long counts as gone, until it is heard again.
void History::stand_still() {
  ++totals_.faults["stands still"];
  world_.clock.advance_ms(static_cast<int64_t>(random_.below(200'000)));
  clients_.lose_some();
}

// What the broker's threads do meanwhile.
absl::Status History::schedule() {
  if (one_in(3)) {
    world_.turn();
  }
  if (one_in(4)) {
    world_.flush(syncs() || one_in(4));
  }
  if (one_in(4)) {
    // First, as files that the shadow has not read may go.
    PETREL_RETURN_IF_ERROR(underway_.has_value() ? absl::OkStatus() : follow());
    world_.run_background(1 + random_.below(3));
  }
  return one_in(60) && !underway_.has_value() ? settle() : witness_.status();
}

absl::Status History::follow() {
  const auto bytes_max = static_cast<int64_t>(random_.below(20'000));
  return shadow_.follow(world_.store().log(), store::LogOffset(world_.store().committed().value()),
                        bytes_max);
}

absl::Status History::settle() {
  PETREL_RETURN_IF_ERROR(follow());
  world_.settle(syncs() || one_in(3));
  witness_.settled();
  PETREL_RETURN_IF_ERROR(witness_.status());
  PETREL_RETURN_IF_ERROR(follow());
  ++totals_.comparisons;
  return compare({world_.core().state(), world_.store()}, {shadow_.state(), shadow_.store()},
                 Clients::topics(), totals_.bytes_compared);
}

// --- lives ---------------------------------------------------------------------------------------

absl::Status History::meet_mishaps() {
  if (underway_.has_value()) {
    const bool over = world_.has_failed() || operation() > underway_->until;
    return over ? end_life(underway_->mishap) : absl::OkStatus();
  }
  const std::optional<Mishap> mishap = mishaps_.take(operation());
  if (!mishap.has_value()) {
    return absl::OkStatus();
  }
  ++totals_.faults[std::string(to_string(*mishap))];
  if (prepare(*mishap, world_.disk, random_)) {
    underway_ = Underway{.mishap = *mishap, .until = operation() + kUnderwayMax};
    witness_.disk_fails();
    return absl::OkStatus();
  }
  return end_life(*mishap);
}

absl::Status History::end_life(Mishap mishap) {
  const End how = end_of(mishap);
  underway_.reset();
  if (how == End::kClose) {
    PETREL_RETURN_IF_ERROR(settle());
  }
  totals_.snapshots += world_.core().stats().snapshots;
  const store::LogOffset at_least = world_.outlives(how);
  const store::LogOffset synced = world_.outlives(End::kPowerCut);
  lives_ += concat("; ", to_string(mishap), " at ", operation(), " with the log at ",
                   world_.store().log().end().value());
  PETREL_RETURN_IF_ERROR(world_.end(how));
  clients_.life_ended();
  witness_.life_ended();
  return begin_life(at_least, synced);
}

// A start may be cut short itself. True if that happened.
absl::StatusOr<bool> History::open() {
  bool cut = false;
  for (int i = 0; i < kBrokenRecoveriesMax && one_in(6); ++i) {
    prepare(Mishap::kPowerCutInTheMidst, world_.disk, random_);
    const absl::Status opened = world_.open();
    if (opened.ok()) {
      ++totals_.faults["power cut after a start"];
      underway_ =
          Underway{.mishap = Mishap::kPowerCutInTheMidst, .until = operation() + kUnderwayMax};
      return cut;
    }
    ++totals_.faults["power cut in a start"];
    world_.disk.crash();
    cut = true;
  }
  PETREL_RETURN_IF_ERROR(world_.open());
  return cut;
}

absl::Status History::begin_life(store::LogOffset at_least, store::LogOffset synced) {
  world_.disk.heal();
  PETREL_ASSIGN_OR_RETURN(const bool cut, open());
  at_least = cut ? synced : at_least;
  ++totals_.restarts;
  const store::LogOffset end = world_.store().log().end();
  if (end < at_least) {
    return absl::InternalError(
        concat("the log ends at ", end.value(), ", promised was ", at_least.value()));
  }
  witness_.life_began(end, world_.state_records());
  PETREL_RETURN_IF_ERROR(witness_.status());
  if (underway_.has_value()) {
    witness_.disk_fails();
  }
  if (end < shadow_.end() || one_in(4)) {
    PETREL_RETURN_IF_ERROR(shadow_.rewind(std::min(end, shadow_.end())));
  }
  return underway_.has_value() ? absl::OkStatus() : follow();
}

}  // namespace petrel::oracle
