// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/kubernetes/leader_election.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/status/status.h"
#include "common/check.h"
#include "common/concat.h"
#include "common/log.h"
#include "operator/kubernetes/api_time.h"

namespace petrel::k8s {
namespace {

constexpr log::Logger kLog("leader-election");
constexpr double kJitterFactor = 1.2;
// No lease of anybody counts for longer, whatever it says.
constexpr int64_t kLeaseSecondsMax = 3'600;

std::string text_of(const Json& spec, const char* name) {
  const auto found = spec.find(name);
  return found != spec.end() && found->is_string() ? found->get<std::string>() : "";
}

int64_t number_of(const Json& spec, const char* name) {
  const auto found = spec.find(name);
  return found != spec.end() && found->is_number_integer() ? found->get<int64_t>() : 0;
}

}  // namespace

struct LeaderElector::State {
  State(ApiClient& api_client, const WaitableClock& wait_clock, Random& random_source,
        Options chosen, Callbacks callback_functions)
      : api(api_client),
        clock(wait_clock),
        random(random_source),
        options(std::move(chosen)),
        callbacks(std::move(callback_functions)),
        log_limit(wait_clock) {}

  bool acquire();
  bool hold();
  absl::Status try_acquire_or_renew();
  void observe(Json object);
  bool held_by_another() const;
  Json next_lease(const std::string& holder) const;
  absl::Status write(const std::string& holder);
  void release();
  // False after stop().
  bool wait_until(int64_t deadline_us);
  bool wait_ms(int64_t delay_ms) { return wait_until(clock.mono_us() + delay_ms * 1000); }
  void log_failure(const absl::Status& status);
  const Json& spec() const;

  ApiClient& api;
  const WaitableClock& clock;
  Random& random;
  const Options options;
  const Callbacks callbacks;

  // The thread of run().
  Json lease;               // as last read or written; null: there is none
  int64_t observed_us = 0;  // when its spec was first seen
  log::Limiter log_limit;

  mutable Mutex mutex;
  CondVar changed;
  std::string leader ABSL_GUARDED_BY(mutex);
  int64_t renewed_us ABSL_GUARDED_BY(mutex) = 0;  // when the last renewal was sent
  bool leading ABSL_GUARDED_BY(mutex) = false;
  bool stopped ABSL_GUARDED_BY(mutex) = false;
};

const Json& LeaderElector::State::spec() const {
  static const Json nothing = Json::object();
  if (!lease.is_object()) {
    return nothing;
  }
  const auto found = lease.find("spec");
  return found != lease.end() && found->is_object() ? *found : nothing;
}

// A lease that differs from the one seen before is taken to have been renewed now.
void LeaderElector::State::observe(Json object) {
  const Json before = spec();
  lease = std::move(object);
  if (spec() != before) {
    observed_us = clock.mono_us();
  }
  const std::string holder = text_of(spec(), "holderIdentity");
  {
    MutexLock lock(mutex);
    if (holder == leader) {
      return;
    }
    leader = holder;
  }
  if (!holder.empty() && callbacks.on_new_leader) {
    callbacks.on_new_leader(holder);
  }
}

bool LeaderElector::State::held_by_another() const {
  const std::string holder = text_of(spec(), "holderIdentity");
  const int64_t seconds =
      std::clamp<int64_t>(number_of(spec(), "leaseDurationSeconds"), 0, kLeaseSecondsMax);
  return !holder.empty() && holder != options.identity &&
         clock.mono_us() < observed_us + seconds * 1'000'000;
}

Json LeaderElector::State::next_lease(const std::string& holder) const {
  const std::string now = micro_time(clock.wall_ms());
  const bool same_holder = text_of(spec(), "holderIdentity") == options.identity;
  Json next =
      lease.is_object()
          ? lease
          : Json{{"apiVersion", kLeases.api_version()},
                 {"kind", kLeases.kind},
                 {"metadata",
                  {{"namespace", options.lease.resource_namespace}, {"name", options.lease.name}}}};
  const std::string acquired = text_of(spec(), "acquireTime");
  next["spec"] = {{"holderIdentity", holder},
                  // A lease without a holder is anybody's at once.
                  {"leaseDurationSeconds", holder.empty() ? 1 : options.lease_duration_ms / 1000},
                  {"acquireTime", same_holder && !acquired.empty() ? acquired : now},
                  {"renewTime", now},
                  {"leaseTransitions", number_of(spec(), "leaseTransitions") +
                                           (same_holder || !lease.is_object() ? 0 : 1)}};
  return next;
}

absl::Status LeaderElector::State::write(const std::string& holder) {
  const int64_t sent_us = clock.mono_us();
  const Json next = next_lease(holder);
  auto written = lease.is_object() ? api.replace(kLeases, next) : api.create(kLeases, next);
  if (!written.ok()) {
    return written.status();
  }
  observe(*std::move(written));
  MutexLock lock(mutex);
  renewed_us = sent_us;
  return absl::OkStatus();
}

absl::Status LeaderElector::State::try_acquire_or_renew() {
  bool holds = false;
  {
    MutexLock lock(mutex);
    holds = leading;
  }
  if (holds) {
    // What was written last is most likely still there.
    const absl::Status renewed = write(options.identity);
    if (!absl::IsAborted(renewed) && !absl::IsNotFound(renewed)) {
      return renewed;
    }
  }
  auto read = api.get(kLeases, options.lease);
  if (absl::IsNotFound(read.status())) {
    lease = Json();
  } else if (!read.ok()) {
    return read.status();
  } else {
    observe(*std::move(read));
  }
  if (held_by_another()) {
    return absl::FailedPreconditionError(concat("held by ", text_of(spec(), "holderIdentity")));
  }
  return write(options.identity);
}

bool LeaderElector::State::wait_until(int64_t deadline_us) {
  MutexLock lock(mutex);
  while (!stopped && clock.mono_us() < deadline_us) {
    clock.wait_until(mutex, changed, deadline_us);
  }
  return !stopped;
}

void LeaderElector::State::log_failure(const absl::Status& status) {
  kLog.limited(log_limit, log::Level::kWarn, "the lease cannot be written",
               {{"lease", options.lease.str()}, {"error", status.ToString()}});
}

// True once the lease is held, false after stop().
bool LeaderElector::State::acquire() {
  while (wait_ms(0)) {
    const absl::Status status = try_acquire_or_renew();
    if (status.ok()) {
      MutexLock lock(mutex);
      leading = true;
      return true;
    }
    if (!absl::IsFailedPrecondition(status) && !absl::IsAborted(status) &&
        !absl::IsAlreadyExists(status)) {
      log_failure(status);
    }
    const double jitter = kJitterFactor * random.fraction();
    wait_ms(static_cast<int64_t>(static_cast<double>(options.retry_period_ms) * (1 + jitter)));
  }
  return false;
}

// Renews until the lease is lost (true) or stop() (false).
bool LeaderElector::State::hold() {
  for (;;) {
    int64_t deadline_us = 0;
    {
      MutexLock lock(mutex);
      deadline_us = renewed_us + options.renew_deadline_ms * 1000;
    }
    const int64_t next_us = clock.mono_us() + options.retry_period_ms * 1000;
    if (!wait_until(std::min(next_us, deadline_us))) {
      return false;
    }
    if (clock.mono_us() >= deadline_us) {
      return true;
    }
    const absl::Status status = try_acquire_or_renew();
    if (absl::IsFailedPrecondition(status)) {
      return true;  // another has it
    }
    if (!status.ok()) {
      log_failure(status);
    }
  }
}

// Gives the lease back, so that another need not wait for its end.
void LeaderElector::State::release() {
  const absl::Status status = write("");
  if (!status.ok()) {
    log_failure(status);
  }
}

LeaderElector::LeaderElector(ApiClient& api, const WaitableClock& clock, Random& random,
                             Options options, Callbacks callbacks)
    : state_(
          std::make_unique<State>(api, clock, random, std::move(options), std::move(callbacks))) {
  const Options& chosen = state_->options;
  PETREL_CHECK(!chosen.identity.empty());
  PETREL_CHECK_GT(chosen.lease_duration_ms, chosen.renew_deadline_ms);
  PETREL_CHECK_GT(chosen.renew_deadline_ms, chosen.retry_period_ms);
}

LeaderElector::~LeaderElector() = default;

bool LeaderElector::run() {
  if (!state_->acquire()) {
    return false;
  }
  kLog.info("leading", {{"lease", state_->options.lease.str()}});
  state_->callbacks.on_started();
  const bool lost = state_->hold();
  {
    MutexLock lock(state_->mutex);
    state_->leading = false;
  }
  state_->callbacks.on_stopped();
  if (!lost) {
    state_->release();
  }
  return lost;
}

void LeaderElector::stop() {
  MutexLock lock(state_->mutex);
  state_->stopped = true;
  state_->changed.notify_all();
}

bool LeaderElector::is_leader() const {
  MutexLock lock(state_->mutex);
  return state_->leading &&
         state_->clock.mono_us() < state_->renewed_us + state_->options.renew_deadline_ms * 1000;
}

std::string LeaderElector::leader() const {
  MutexLock lock(state_->mutex);
  return state_->leader;
}

}  // namespace petrel::k8s
