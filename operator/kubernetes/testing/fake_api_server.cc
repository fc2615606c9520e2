// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/kubernetes/testing/fake_api_server.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "common/check.h"
#include "common/concat.h"
#include "operator/kubernetes/testing/server_state.h"

namespace petrel::k8s::testing {
namespace {

constexpr std::chrono::seconds kWaitMax(30);
// Clients go on after the server has done its part.
constexpr std::chrono::milliseconds kLookAgainInterval(2);

bool is_write(const FakeApiServer::Request& request) {
  const std::string& verb = request.verb;
  return (verb == "create" || verb == "update" || verb == "patch" || verb == "apply" ||
          verb == "delete") &&
         request.resource != "leases" && request.resource != "events";
}

}  // namespace

FakeApiServer::State::State(Options chosen)
    : config(std::move(chosen)),
      store(config.clock == nullptr ? system_clock : *config.clock, config.events_max),
      token(config.token),
      listener(
          [this](const HttpRequest& request, Exchange& exchange) { handle(request, exchange); }) {}

void FakeApiServer::State::changed_locked() {
  ++changes;
  changed.notify_all();
}

void FakeApiServer::State::log_code_locked(size_t log_index, int code) {
  if (log_index >= requests_forgotten) {
    requests[log_index - requests_forgotten].code = code;
  }
  changed_locked();
}

void FakeApiServer::State::respond(const Answer& answer, Exchange& exchange, size_t log_index) {
  {
    MutexLock lock(mutex);
    log_code_locked(log_index, answer.code);
  }
  std::string headers;
  if (answer.retry_after_s >= 0) {
    headers = concat("Retry-After: ", answer.retry_after_s, "\r\n");
  }
  exchange.respond(answer.code, "application/json", answer.body.dump(), headers);
}

void FakeApiServer::State::handle(const HttpRequest& request, Exchange& exchange) {
  const ApiCall call = ApiCall::of(request);
  size_t log_index = 0;
  std::optional<MetFault> fault;
  {
    MutexLock lock(mutex);
    log_index = requests_forgotten + requests.size();
    requests.push_back({.verb = call.verb,
                        .resource = call.plural,
                        .subresource = call.subresource,
                        .key = call.key,
                        .field_manager = request.parameter("fieldManager"),
                        .path = request.target,
                        .user_agent = request.header("user-agent"),
                        .body = request.body});
    fault = meet_fault_locked(call);
    changed_locked();
  }
  if (fault && commit_fault(*fault, call, request, exchange, log_index)) {
    return;
  }
  if (call.verb == "watch") {
    serve_watch(call, request, exchange, log_index);
    return;
  }
  Answer answer;
  {
    MutexLock lock(mutex);
    answer = answer_locked(call, request);
  }
  respond(answer, exchange, log_index);
}

FakeApiServer::FakeApiServer(Options options) : state_(std::make_unique<State>(options)) {
  state_->port = state_->listener.start(options.port);
}

FakeApiServer::~FakeApiServer() { stop(); }

int FakeApiServer::port() const { return state_->port; }

std::string FakeApiServer::url() const { return concat("http://127.0.0.1:", state_->port); }

void FakeApiServer::serve(const ResourceType& type) {
  MutexLock lock(state_->mutex);
  state_->store.serve(type);
}

// --- The store, by hand ---

Json FakeApiServer::put(const ResourceType& type, Json object) {
  MutexLock lock(state_->mutex);
  state_->changed_locked();
  return state_->store.put(type, std::move(object));
}

std::shared_ptr<const Json> FakeApiServer::find(const ResourceType& type,
                                                const ObjectKey& key) const {
  MutexLock lock(state_->mutex);
  return state_->store.find(type, key);
}

std::vector<std::shared_ptr<const Json>> FakeApiServer::all(const ResourceType& type) const {
  MutexLock lock(state_->mutex);
  std::vector<std::shared_ptr<const Json>> objects;
  for (const auto& [key, object] : state_->store.all(type)) {
    objects.push_back(object);
  }
  return objects;
}

void FakeApiServer::set_status(const ResourceType& type, const ObjectKey& key, const Json& patch) {
  MutexLock lock(state_->mutex);
  const ObjectPointer before = state_->store.find(type, key);
  PETREL_CHECK(before != nullptr) << key.str();
  Json proposed = *before;
  proposed["status"].merge_patch(patch);
  PETREL_CHECK_OK(state_->store.update(type, key, std::move(proposed), {"test", "status"}));
  state_->changed_locked();
}

void FakeApiServer::edit(const ResourceType& type, const ObjectKey& key, const Json& patch) {
  MutexLock lock(state_->mutex);
  const ObjectPointer before = state_->store.find(type, key);
  PETREL_CHECK(before != nullptr) << key.str();
  Json proposed = *before;
  proposed.merge_patch(patch);
  PETREL_CHECK_OK(state_->store.update(type, key, std::move(proposed), {"kubectl-edit", ""}));
  state_->changed_locked();
}

void FakeApiServer::erase(const ResourceType& type, const ObjectKey& key) {
  MutexLock lock(state_->mutex);
  PETREL_CHECK_OK(state_->store.remove(type, key, {}));
  state_->changed_locked();
}

void FakeApiServer::hold_deletions(const ResourceType& type, bool hold) {
  MutexLock lock(state_->mutex);
  state_->store.hold_deletions(type, hold);
}

void FakeApiServer::finish_deletion(const ResourceType& type, const ObjectKey& key) {
  MutexLock lock(state_->mutex);
  state_->store.finish_deletion(type, key);
  state_->changed_locked();
}

void FakeApiServer::set_admission(const ResourceType& type, Admission admission) {
  MutexLock lock(state_->mutex);
  state_->store.set_admission(type, std::move(admission));
}

// --- Watches and versions ---

std::string FakeApiServer::resource_version() const {
  MutexLock lock(state_->mutex);
  return concat(state_->store.version());
}

void FakeApiServer::compact() {
  MutexLock lock(state_->mutex);
  state_->store.compact();
}

void FakeApiServer::send_bookmarks() {
  MutexLock lock(state_->mutex);
  ++state_->bookmarks_asked;
  state_->changed_locked();
}

void FakeApiServer::end_watches() {
  MutexLock lock(state_->mutex);
  ++state_->watches_ended;
  state_->changed_locked();
}

size_t FakeApiServer::watches(std::string_view resource) const {
  MutexLock lock(state_->mutex);
  size_t count = 0;
  for (const auto& [name, running] : state_->watches_by_resource) {
    count += resource.empty() || resource == name ? running : 0;
  }
  return count;
}

// --- Faults ---

void FakeApiServer::inject(Fault fault) {
  MutexLock lock(state_->mutex);
  state_->faults.push_back(std::move(fault));
}

void FakeApiServer::clear_faults() {
  MutexLock lock(state_->mutex);
  state_->faults.clear();
  ++state_->faults_cleared;
  state_->changed_locked();
}

int64_t FakeApiServer::faults_met() const {
  MutexLock lock(state_->mutex);
  return state_->faults_met;
}

void FakeApiServer::set_token(std::string token) {
  MutexLock lock(state_->mutex);
  state_->token = std::move(token);
}

void FakeApiServer::stop() {
  {
    MutexLock lock(state_->mutex);
    state_->stopping = true;
    state_->changed_locked();
  }
  state_->listener.stop();
}

void FakeApiServer::start() {
  {
    MutexLock lock(state_->mutex);
    state_->stopping = false;
  }
  state_->listener.start(state_->port);
}

void FakeApiServer::restart() {
  stop();
  start();
}

// --- What clients did ---

std::vector<FakeApiServer::Request> FakeApiServer::requests() const {
  MutexLock lock(state_->mutex);
  return state_->requests;
}

size_t FakeApiServer::count(std::string_view verb, std::string_view resource) const {
  MutexLock lock(state_->mutex);
  return static_cast<size_t>(
      std::count_if(state_->requests.begin(), state_->requests.end(), [&](const Request& request) {
        return (verb.empty() || request.verb == verb) &&
               (resource.empty() || request.resource == resource);
      }));
}

size_t FakeApiServer::writes() const {
  MutexLock lock(state_->mutex);
  return static_cast<size_t>(
      std::count_if(state_->requests.begin(), state_->requests.end(), is_write));
}

void FakeApiServer::clear_requests() {
  MutexLock lock(state_->mutex);
  state_->requests_forgotten += state_->requests.size();
  state_->requests.clear();
}

bool FakeApiServer::wait_for(const std::function<bool()>& condition) const {
  const auto deadline = std::chrono::steady_clock::now() + kWaitMax;
  int64_t seen = -1;
  for (;;) {
    {
      MutexLock lock(state_->mutex);
      if (seen == state_->changes) {
        state_->changed.wait_until(state_->mutex,
                                   std::chrono::steady_clock::now() + kLookAgainInterval);
      }
      seen = state_->changes;
    }
    if (condition()) {
      return true;
    }
    if (std::chrono::steady_clock::now() >= deadline) {
      return false;
    }
  }
}

}  // namespace petrel::k8s::testing
