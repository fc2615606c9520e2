// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/engine/engine_slot.h"

#include <string>
#include <utility>

#include "common/check.h"
#include "common/log.h"

namespace petrel::engine {

namespace {

constexpr log::Logger kLog("engine");

}  // namespace

absl::Status not_serving() {
  return absl::UnavailableError("the broker opens its store; try again");
}

EngineSlot::Lease EngineSlot::lease() const {
  EngineGate::Pass pass = gate_.enter();
  Engine* const engine = pass ? engine_ : nullptr;
  return {std::move(pass), engine};
}

bool EngineSlot::try_post(std::unique_ptr<core::Request>& request) {
  if (const Lease engine = lease()) return engine->port().try_post(request);
  request->outcome = {core::OutcomeCode::kNotServing, std::string(not_serving().message())};
  request->complete();
  request.reset();
  return true;
}

void EngineSlot::post_internal(std::unique_ptr<core::Request> request) {
  if (const Lease engine = lease()) return engine->port().post_internal(std::move(request));
  const MutexLock lock(mutex_);
  // serve() opens the gate before it takes what is kept: nothing stays behind.
  if (const Lease engine = lease()) return engine->port().post_internal(std::move(request));
  if (kept_.size() < kKeptMax) {
    kept_.push_back(std::move(request));
  } else {
    ++dropped_;
  }
}

void EngineSlot::post(absl::AnyInvocable<void() &&> task) {
  if (const Lease engine = lease()) return engine->readers().post(std::move(task));
  idle_reader_->post(std::move(task));
}

absl::StatusOr<store::LogSlice> EngineSlot::read_record(store::LogOffset offset,
                                                        int32_t size) const {
  const Lease engine = lease();
  if (!engine) return not_serving();
  return engine->store().log().read(offset, size);
}

void EngineSlot::serve(Engine& engine) {
  PETREL_CHECK(engine_ == nullptr);
  engine_ = &engine;
  gate_.open();
  starts_.fetch_add(1, std::memory_order_relaxed);
  const MutexLock lock(mutex_);
  for (auto& request : kept_) engine.port().post_internal(std::move(request));
  kept_.clear();
  if (const int64_t dropped = std::exchange(dropped_, 0); dropped > 0) {
    kLog.warn("the engine did not hear of deliveries that nobody got; they come again later",
              {{"batches", dropped}});
  }
}

void EngineSlot::withdraw() {
  gate_.close();
  engine_ = nullptr;
}

}  // namespace petrel::engine
