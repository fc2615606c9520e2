// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "tests/oracle/world.h"

#include "broker/core/changes.h"
#include "common/check.h"
#include "common/status.h"

namespace petrel::oracle {
namespace {

// Rounds in which the core comes to rest, or it never does.
constexpr int kRoundsMax = 10'000;

}  // namespace

World::World(Options options) : disk(options.disk), options_(std::move(options)) {}

World::~World() {
  executor_.drop_all();
  mailbox_.clear();
}

void World::Background::run_one() {
  auto task = std::move(tasks_.front());
  tasks_.pop_front();
  std::move(task)();
}

// --- requests ------------------------------------------------------------------------------------

void World::post(std::unique_ptr<core::Request> request, std::function<void()> decided) {
  mailbox_.push_back(std::move(request));
  tell_decided(std::move(decided));
}

bool World::try_post(std::unique_ptr<core::Request>& request) {
  mailbox_.push_back(std::move(request));
  return true;
}

void World::post_internal(std::unique_ptr<core::Request> request) {
  Told told = Told::kOther;
  if (dynamic_cast<core::RetentionDue*>(request.get()) != nullptr) {
    told = Told::kDeletion;
  } else if (dynamic_cast<core::QueueBeginFound*>(request.get()) != nullptr) {
    told = Told::kBegin;
  }
  loaded_ |= dynamic_cast<core::PageLoaded*>(request.get()) != nullptr;
  mailbox_.push_back(std::move(request));
  tell_decided([this, told] { happened(told); });
}

void World::deliver(std::vector<std::unique_ptr<core::Request>> finished) {
  for (auto& request : finished) {
    request->complete();
  }
}

void World::say_sent(const core::ReceiveRequest& request) {
  core::SentAnswer answer{.group = request.group, .topic = request.topic, .runs = {}};
  for (const auto& delivery : request.deliveries) {
    answer.add(delivery.handle);
  }
  sent_.push_back(std::move(answer));
}

void World::dead_lettered(const core::DeadLetter& letter) {
  dead_letters_.push_back({.topic = std::string(letter.topic),
                           .group = std::string(letter.group),
                           .queue_id = letter.origin.queue_id,
                           .offset = letter.origin.offset.value(),
                           .copy_offset = letter.offset.value(),
                           .log_offset = letter.log_offset.value(),
                           .record_bytes = letter.record_bytes});
}

// --- a life --------------------------------------------------------------------------------------

absl::Status World::open() {
  PETREL_CHECK(assembly_ == nullptr);
  log_failed_ = false;
  log_time_.emplace(clock);
  registry_ = std::make_unique<core::Registry>();
  auto assembly =
      std::make_unique<core::CoreAssembly>(options_.assembly, core::CoreAssembly::Parts{
                                                                  .disk = disk,
                                                                  .clock = clock,
                                                                  .liveness = *this,
                                                                  .replies = *this,
                                                                  .registry = *registry_,
                                                                  .observer = this,
                                                                  .log_time = &*log_time_,
                                                              });
  absl::Status opened = assembly->open(executor_, *this);
  if (opened.ok()) {
    opened = assembly->lead();
  }
  if (!opened.ok()) {
    executor_.drop_all();
    mailbox_.clear();
    return opened;
  }
  assembly_ = std::move(assembly);
  told_ = store().log().progress();
  return absl::OkStatus();
}

bool World::has_failed() const {
  return log_failed_ || (assembly_ != nullptr && assembly_->core().stats().store_failed);
}

void World::turn() {
  std::vector<std::unique_ptr<core::Request>> batch = std::exchange(mailbox_, {});
  before_turn();
  const std::optional<int64_t> due_us = core().turn(batch);
  turn_is_due_ = due_us && *due_us <= clock.mono_us();
  after_turn();
  loaded_ = false;
}

void World::flush(bool sync) {
  if (log_failed_) {
    return;
  }
  const auto progress = store().log().write_group(sync, 0);
  if (!progress.ok()) {
    log_failed_ = true;
    return post_internal(std::make_unique<core::LogFailed>(progress.status()));
  }
  if (progress->written != told_.written || progress->synced != told_.synced) {
    told_ = *progress;
    post_internal(std::make_unique<core::LogProgressed>(*progress));
  }
}

bool World::run_background(size_t tasks) {
  for (size_t i = 0; i < tasks && !executor_.empty(); ++i) {
    executor_.run_one();
  }
  return !executor_.empty();
}

void World::settle(bool sync) {
  for (int round = 0; round < kRoundsMax; ++round) {
    turn();
    while (run_background(1)) {
    }
    flush(sync);
    if (has_failed()) {
      return turn();
    }
    if (mailbox_.empty() && !turn_is_due_) {
      return;
    }
  }
  PETREL_CHECK(false) << "the core does not come to rest: " << mailbox_.size()
                      << " wait, a turn is due " << turn_is_due_ << ", waiting receives "
                      << core().stats().waiting_receives;
}

absl::Status World::close() {
  closing_ = true;
  mailbox_.push_back(std::make_unique<core::BeginShutdown>());
  settle(/*sync=*/true);
  assembly_->end();
  return assembly_->close();
}

absl::Status World::end(End how) {
  const absl::Status closed = how == End::kClose ? close() : absl::OkStatus();
  executor_.drop_all();
  mailbox_.clear();
  sent_.clear();
  dead_letters_.clear();
  assembly_.reset();
  closing_ = false;
  if (how == End::kPowerCut) {
    disk.crash();
  } else {
    disk.restart();
  }
  return closed;
}

// --- looked at -----------------------------------------------------------------------------------

store::LogOffset World::promised() const {
  const store::LogProgress progress = assembly_->store().log().progress();
  const bool sync = options_.assembly.core.flush_mode == store::FlushMode::kSync;
  return store::LogOffset(sync ? progress.synced.value() : progress.written.value());
}

store::LogOffset World::outlives(End how) const {
  const store::LogProgress progress = assembly_->store().log().progress();
  return store::LogOffset(how == End::kPowerCut ? progress.synced.value()
                                                : progress.written.value());
}

int64_t World::state_records() { return store().queue(core::kStateTopic, 0)->next().value(); }

}  // namespace petrel::oracle
