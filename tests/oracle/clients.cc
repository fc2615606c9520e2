// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "tests/oracle/clients.h"

#include <array>
#include <iterator>
#include <optional>
#include <type_traits>

#include "broker/core/changes.h"
#include "broker/core/move_origin.h"
#include "broker/core/tag_filter.h"
#include "common/check.h"
#include "common/concat.h"
#include "store/log/record.h"

namespace petrel::oracle {
namespace {

constexpr size_t kTopicsOfUsers = 3;  // the first ones
constexpr size_t kHeldMax = 200;      // deliveries remembered: many of them are over
constexpr std::array kTags = {"", "red", "green", "blue"};
struct Filter {
  const char* expression;
  Model::Tags tags;
};
const std::array<Filter, 5> kFilters = {Filter{"*", {}}, Filter{"*", {}}, Filter{"red", {"red"}},
                                        Filter{"red || green", {"red", "green"}},
                                        Filter{"blue", {"blue"}}};
constexpr std::array<int64_t, 5> kInvisibleMs = {1, 500, 3'000, 30'000, 600'000};

template <typename Choices>
auto one_of(Random& random, const Choices& choices) {
  return choices[random.below(std::size(choices))];
}

}  // namespace

Clients::Clients(World& world, Witness& witness, Random& random, Totals& totals,
                 Tampering tampering)
    : world_(world), witness_(witness), random_(random), totals_(totals), tampering_(tampering) {}

const std::vector<std::string>& Clients::topics() {
  static const std::vector<std::string> names{"orders",
                                              "bills",
                                              "clicks",
                                              core::dead_letter_topic("group-0"),
                                              core::dead_letter_topic("group-1"),
                                              core::dead_letter_topic("group-2"),
                                              std::string(core::kStateTopic)};
  return names;
}

std::string Clients::a_topic() { return topics()[random_.below(kTopicsOfUsers)]; }

std::string Clients::a_source() {
  return one_in(8) ? topics()[random_.below(topics().size() - 1)] : a_topic();
}

std::string Clients::a_group() { return concat("group-", random_.below(3)); }

std::string Clients::a_client() {
  if (world_.clients.empty()) {
    return "";
  }
  return *std::next(world_.clients.begin(),
                    static_cast<std::ptrdiff_t>(random_.below(world_.clients.size())));
}

const Clients::Held* Clients::some_held() {
  if (held_.empty()) {
    return nullptr;
  }
  const uint64_t recent = one_in(4) ? held_.size() : std::min<uint64_t>(held_.size(), 24);
  return &held_[held_.size() - 1 - random_.below(recent)];
}

template <typename R>
std::unique_ptr<World::Asked<R>> Clients::make(const std::string& kind) {
  ++totals_.operations[kind];
  auto request = std::make_unique<World::Asked<R>>();
  if constexpr (!std::is_same_v<R, core::ChangeInvisibleRequest>) {
    request->decided = [this](R& decided) { witness_.decided(decided); };
  }
  return request;
}

template <typename R>
void Clients::promise(World::Asked<R>& request) {
  request.answered = [this](R& answered) { witness_.answered_promise(answered); };
}

void Clients::life_ended() {
  waiting_.clear();
  lose_some();
}

void Clients::lose_some() {
  const auto before = world_.clients;
  for (const std::string& client : before) {
    if (one_in(2)) {
      world_.clients.erase(client);
      witness_.connection_changed(client, false);
    }
  }
}

// --- producers -----------------------------------------------------------------------------------

core::SendRequest::Message Clients::make_message(const std::string& topic) {
  const std::string tag = one_of(random_, kTags);
  const std::string body = concat("message ", ++bodies_, std::string(random_.below(160), '.'));
  const std::string properties = tag.empty() ? "" : concat("TAGS\x01", tag, "\x02");
  auto record = store::encode_record({.topic = topic, .body = body, .properties = properties});
  PETREL_CHECK_OK(record.status());
  return {.record = *std::move(record)};
}

void Clients::send() {
  auto request = make<core::SendRequest>("send");
  request->topic = a_topic();
  request->wait = !one_in(12);
  const bool promised = request->wait;
  request->wait = promised && tampering_ != Tampering::kPromise;
  request->answered = [this, promised](core::SendRequest& sent) {
    if (promised) {
      witness_.answered_promise(sent);
    }
  };
  const uint64_t count = one_in(6) ? 2 + random_.below(6) : 1;
  for (uint64_t i = 0; i < count; ++i) {
    request->messages.push_back(make_message(request->topic));
  }
  world_.ask(std::move(request));
}

// --- consumers -----------------------------------------------------------------------------------

void Clients::receive() {
  auto request = make<core::ReceiveRequest>("receive");
  request->group = a_group();
  request->topic = a_source();
  request->queue_id = one_in(4) ? static_cast<int32_t>(random_.below(4)) : -1;
  const Filter filter = one_of(random_, kFilters);
  if (tampering_ != Tampering::kFilter) {
    request->filter = *core::parse_tag_filter(filter.expression);
  }
  request->batch_size = 1 + static_cast<int32_t>(random_.below(one_in(3) ? 32 : 4));
  request->invisible_ms = one_of(random_, kInvisibleMs);
  request->wait_until_us = world_.clock.mono_us();
  request->cancel_id = world_.new_cancel_id();
  if (one_in(4)) {
    request->wait_until_us += static_cast<int64_t>(random_.below(20'000'000));
    waiting_.insert(request->cancel_id);
  }
  if (one_in(5)) {
    request->client_id = a_client();
    request->auto_renew = !request->client_id.empty();
  }
  request->answered = [this](Receive& receive) { answered(receive); };
  witness_.asked(*request, filter.tags);
  world_.ask(std::move(request));
}

void Clients::answered(Receive& receive) {
  witness_.answered(receive);
  waiting_.erase(receive.cancel_id);
  for (const auto& delivery : receive.deliveries) {
    held_.push_back({receive.group, receive.topic, delivery.handle});
    if (held_.size() > kHeldMax) {
      held_.pop_front();
    }
  }
  if (receive.auto_renew && !receive.deliveries.empty() && !one_in(5)) {  // else it is lost
    world_.say_sent(receive);
    witness_.answer_sent(receive);
  }
}

// Right ones, stale ones, and some twice.
void Clients::acknowledge() {
  const Held* const first = some_held();
  if (first == nullptr) {
    return;
  }
  auto request = make<core::AckRequest>("acknowledge");
  request->group = first->group;
  request->topic = first->topic;
  request->entries.push_back({.handle = first->handle, .outcome = {}});
  for (const Held& held : held_) {
    const bool same = held.group == first->group && held.topic == first->topic;
    if (same && one_in(3) && request->entries.size() < 40) {
      request->entries.push_back({.handle = held.handle, .outcome = {}});
    }
  }
  if (one_in(10)) {
    ++request->entries.back().handle.delivery_id;
  }
  request->answered = [this](core::AckRequest& answered) { witness_.answered_acks(answered); };
  if (tampering_ == Tampering::kAcknowledgement) {
    withhold_last(*request);
  }
  world_.ask(std::move(request));
}

void Clients::withhold_last(World::Asked<core::AckRequest>& request) {
  core::AckRequest::Entry last = request.entries.back();
  std::erase_if(request.entries, [&](const core::AckRequest::Entry& entry) {
    return entry.handle.queue_id == last.handle.queue_id &&
           entry.handle.queue_offset == last.handle.queue_offset;
  });
  request.decided = [this, last](core::AckRequest& acked) mutable {
    if (!witness_.expects(acked.group, acked.topic, last.handle)) {
      last.outcome = {core::OutcomeCode::kInvalidReceiptHandle, ""};
    }
    acked.entries.push_back(last);
    witness_.decided(acked);
    acked.entries.pop_back();
  };
}

void Clients::change_invisible() {
  const Held* const held = some_held();
  if (held == nullptr) {
    return;
  }
  auto request = make<core::ChangeInvisibleRequest>("change invisible");
  request->group = held->group;
  request->topic = held->topic;
  request->handle = held->handle;
  request->invisible_ms = one_of(random_, kInvisibleMs);
  request->suspend = one_in(3);
  request->decided = [this, handle = held->handle](auto& changed) {
    witness_.decided(changed, handle);
  };
  request->answered = [this](auto& changed) {
    witness_.answered_promise(changed);
    if (changed.outcome.ok()) {
      held_.push_back({changed.group, changed.topic, changed.handle});
    }
  };
  world_.ask(std::move(request));
}

void Clients::give_up() {
  const Held* const held = some_held();
  if (held == nullptr) {
    return;
  }
  ++totals_.operations["give up"];
  auto request = std::make_unique<World::Asked<core::DeadLetterRequest>>();
  request->group = held->group;
  request->topic = held->topic;
  request->handle = held->handle;
  request->client_id = a_client();
  request->answered = [this](auto& answered) { witness_.answered(answered); };
  request->decided = [](auto&) {};
  // What comes of it may be decided, and answered, before the next request is looked at.
  world_.before([this, asked = request.get()] {
    if (tampering_ != Tampering::kGivenUp) {
      witness_.asked_to_give_up(*asked);
    }
  });
  world_.ask(std::move(request));
}

void Clients::report_mismatch() {
  const Held* const some = some_held();
  if (some == nullptr) {
    return;
  }
  const Held held = *some;
  ++totals_.operations["mismatch"];
  auto request = std::make_unique<core::EntryMismatchRequest>();
  request->group = held.group;
  request->topic = held.topic;
  request->handles = {held.handle};
  world_.post(std::move(request),
              [this, held] { witness_.decided_mismatch(held.group, held.topic, held.handle); });
}

void Clients::cancel_receive() {
  if (waiting_.empty()) {
    return;
  }
  ++totals_.operations["cancel"];
  world_.post(std::make_unique<core::CancelReceive>(*waiting_.begin()), [] {});
}

void Clients::come_or_go() {
  ++totals_.operations["client comes or goes"];
  if (world_.clients.size() < 4 || one_in(2)) {
    const std::string client = concat("client-", ++clients_made_ % 50);
    world_.clients.insert(client);
    witness_.connection_changed(client, true);
  } else {
    const std::string client = a_client();
    world_.clients.erase(client);
    witness_.connection_changed(client, false);
  }
}

// --- administrators ------------------------------------------------------------------------------

void Clients::ensure_topic() {
  auto request = make<core::EnsureTopicRequest>("ensure topic");
  request->topic = a_topic();
  promise(*request);
  world_.ask(std::move(request));
}

void Clients::apply_topic() {
  auto request = make<core::ApplyTopicsRequest>("apply topics");
  const uint64_t count = 1 + random_.below(2);
  for (uint64_t i = 0; i < count; ++i) {
    core::TopicConfig topic{.name = a_topic()};
    topic.read_queues = static_cast<int32_t>(random_.below(4));
    topic.write_queues = one_in(2) ? topic.read_queues : static_cast<int32_t>(random_.below(4));
    topic.permission = one_in(8) ? static_cast<int32_t>(random_.below(5)) : 0;
    topic.retention_ms = one_in(3) ? 1'000 + static_cast<int64_t>(random_.below(600'000)) : 0;
    request->topics.push_back(topic);
  }
  promise(*request);
  world_.ask(std::move(request));
}

void Clients::delete_topic() {
  auto request = make<core::DeleteTopicsRequest>("delete topics");
  request->names.push_back(a_topic());
  request->only_empty = one_in(2);
  promise(*request);
  world_.ask(std::move(request));
}

void Clients::apply_group() {
  auto request = make<core::ApplyGroupsRequest>("apply groups");
  core::GroupConfig group{.name = a_group()};
  group.consume_enabled = !one_in(4);
  if (one_in(3)) {
    group.backoff_ms = {1'000, static_cast<int64_t>(random_.below(10'000))};
  }
  group.attempts_max = one_in(2) ? 1 + static_cast<int32_t>(random_.below(4)) : 0;
  group.consume_from = static_cast<core::ConsumeFrom>(random_.below(4));
  if (group.consume_from == core::ConsumeFrom::kTime) {
    group.consume_from_ms = world_.log_ms() - static_cast<int64_t>(random_.below(60'000));
  }
  request->groups.push_back(std::move(group));
  promise(*request);
  world_.ask(std::move(request));
}

void Clients::delete_group() {
  auto request = make<core::DeleteGroupsRequest>("delete groups");
  request->names.push_back(a_group());
  promise(*request);
  world_.ask(std::move(request));
}

void Clients::reset_group() {
  using Target = core::ResetGroupRequest::Target;
  auto request = make<core::ResetGroupRequest>("reset group");
  request->group = a_group();
  request->target =
      one_of(random_, std::array{Target::kEarliest, Target::kLatest, Target::kOffset});
  if (request->target == Target::kOffset || one_in(3)) {
    request->topics = {a_topic()};
  }
  if (request->target == Target::kOffset || one_in(4)) {
    request->queue_id = static_cast<int32_t>(random_.below(4));
  }
  if (request->target == Target::kOffset) {
    request->value = static_cast<int64_t>(random_.below(200));
  }
  request->dry_run = one_in(4);
  request->answered = [this, dry_run = request->dry_run](core::ResetGroupRequest& answered) {
    if (!dry_run) {
      witness_.answered_promise(answered);
    } else {
      witness_.answered_freely(answered);
    }
  };
  world_.ask(std::move(request));
}

void Clients::measure_disk() {
  ++totals_.operations["measure disk"];
  const bool full = one_in(12);
  std::optional<store::DiskSpace> space;
  if (one_in(12)) {
    space = store::DiskSpace{.total_bytes = 1 << 30, .available_bytes = 1 << 26};
  }
  world_.post(std::make_unique<core::DiskMeasured>(space, full),
              [this, full, some = space] { witness_.disk_measured(full, some.has_value()); });
}

void Clients::list_topics() {
  auto request = make<core::ListTopicsRequest>("list topics");
  request->include_system = one_in(4);
  world_.ask(std::move(request));
}

void Clients::list_groups() {
  auto request = make<core::ListGroupsRequest>("list groups");
  if (one_in(3)) {
    request->range.names = {a_group()};
  }
  world_.ask(std::move(request));
}

}  // namespace petrel::oracle
