// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/concat.h"
#include "operator/kubernetes/testing/server_state.h"

namespace petrel::k8s::testing {
namespace {

using SteadyClock = std::chrono::steady_clock;
using Kind = FakeApiServer::Fault::Kind;

constexpr std::chrono::hours kForever(1);
constexpr std::chrono::milliseconds kPeerCheckInterval(20);

std::string reason_of(const FakeApiServer::Fault& fault) {
  if (!fault.reason.empty()) {
    return fault.reason;
  }
  switch (fault.code) {
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "NotFound";
    case 409:
      return "Conflict";
    case 410:
      return "Expired";
    case 429:
      return "TooManyRequests";
    case 500:
      return "InternalError";
    case 504:
      return "Timeout";
    default:
      return "ServiceUnavailable";
  }
}

Answer answer_of_fault(const FakeApiServer::Fault& fault) {
  Answer answer{fault.code, status_object(fault.code, reason_of(fault), "a fault of the test"),
                fault.retry_after_s};
  if (fault.retry_after_s >= 0) {
    answer.body["details"]["retryAfterSeconds"] = fault.retry_after_s;
  }
  return answer;
}

}  // namespace

std::optional<FakeApiServer::State::MetFault> FakeApiServer::State::meet_fault_locked(
    const ApiCall& call) {
  for (Fault& fault : faults) {
    if ((!fault.verb.empty() && fault.verb != call.verb) ||
        (!fault.resource.empty() && fault.resource != call.plural) || fault.times == 0) {
      continue;
    }
    if (fault.skip > 0) {
      --fault.skip;
      continue;
    }
    fault.times -= fault.times > 0 ? 1 : 0;
    ++faults_met;
    return MetFault{fault, faults_cleared};
  }
  return std::nullopt;
}

void FakeApiServer::State::stay_silent(const Exchange& exchange, int64_t cleared_before,
                                       std::chrono::milliseconds time_max) {
  const SteadyClock::time_point deadline = SteadyClock::now() + time_max;
  MutexLock lock(mutex);
  while (!stopping && cleared_before == faults_cleared && SteadyClock::now() < deadline &&
         exchange.peer_is_there()) {
    changed.wait_until(mutex, std::min(deadline, SteadyClock::now() + kPeerCheckInterval));
  }
}

bool FakeApiServer::State::commit_fault(const MetFault& met, const ApiCall& call,
                                        const HttpRequest& request, Exchange& exchange,
                                        size_t log_index) {
  const bool is_watch = call.verb == "watch";
  const Fault& fault = met.fault;
  switch (fault.kind) {
    case Kind::kStatus:
      respond(answer_of_fault(fault), exchange, log_index);
      return true;
    case Kind::kErrorEvent:
      exchange.begin_stream("application/json");
      exchange.write_chunk(Json{{"type", "ERROR"}, {"object", answer_of_fault(fault).body}}.dump() +
                           "\n");
      exchange.end_stream();
      return true;
    case Kind::kCut:
    case Kind::kReset:
      if (is_watch) {
        exchange.begin_stream("application/json");
        exchange.write_half_chunk(
            R"({"type":"ADDED","object":{"metadata":{"name":"cut in two"}}})");
      }
      exchange.cut(fault.kind == Kind::kReset);
      return true;
    case Kind::kSilence:
      if (is_watch) {
        exchange.begin_stream("application/json");
      }
      stay_silent(exchange, met.cleared_before, kForever);
      exchange.cut(/*reset=*/false);
      return true;
    case Kind::kSlow:
      stay_silent(exchange, met.cleared_before, std::chrono::milliseconds(fault.delay_ms));
      return false;
    case Kind::kLost: {
      MutexLock lock(mutex);
      log_code_locked(log_index, answer_locked(call, request).code);
      exchange.cut(/*reset=*/false);
      return true;
    }
    case Kind::kGarbage:
      exchange.respond(200, "application/json", "this is not JSON\n");
      return true;
  }
  return false;
}

}  // namespace petrel::k8s::testing
