// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/admin/audit.h"

#include "common/concat.h"
#include "common/log.h"
#include "common/units.h"

namespace petrel::broker {
namespace {

constexpr log::Logger kLog("audit");

std::string text_of(const core::TopicConfig& topic) {
  return concat("readQueues=", topic.read_queues, " writeQueues=", topic.write_queues,
                " permission=", topic.permission, " retention=",
                topic.retention_ms == 0 ? "log" : format_duration_ms(topic.retention_ms));
}

std::string text_of(core::ConsumeFrom from, int64_t time_ms) {
  switch (from) {
    case core::ConsumeFrom::kUndeclared:
      return "undeclared";
    case core::ConsumeFrom::kFirst:
      return "first";
    case core::ConsumeFrom::kLast:
      return "last";
    case core::ConsumeFrom::kTime:
      break;
  }
  return concat(time_ms, "ms");
}

std::string text_of(const core::GroupConfig& group) {
  std::string backoff;
  for (const int64_t delay_ms : group.backoff_ms) {
    backoff += concat(backoff.empty() ? "" : ",", format_duration_ms(delay_ms));
  }
  return concat("consumeEnabled=", group.consume_enabled, " maxAttempts=", group.deliveries_max(),
                " backoff=", backoff.empty() ? "default" : backoff,
                " consumeFrom=", text_of(group.consume_from, group.consume_from_ms));
}

// "-" for what is not there.
template <typename Config>
std::string before_of(const std::map<std::string, std::shared_ptr<const Config>>& known,
                      const std::string& name) {
  const auto found = known.find(name);
  return found == known.end() || found->second == nullptr ? "-" : text_of(*found->second);
}

void tell(std::string_view what, const std::string& who, std::string_view kind,
          const std::string& name, const std::string& before, const std::string& after) {
  kLog.info(what, {{"by", who}, {kind, name}, {"before", before}, {"after", after}});
}

}  // namespace

void Audit::topic_applied(const core::TopicConfig& after) const {
  const std::string before = before_of(topics_, after.name);
  tell(before == "-" ? "topic created" : "topic changed", who_, "topic", after.name, before,
       text_of(after));
}

void Audit::topic_deleted(const std::string& name) const {
  tell("topic deleted", who_, "topic", name, before_of(topics_, name), "-");
}

void Audit::group_applied(const core::GroupConfig& after) const {
  const std::string before = before_of(groups_, after.name);
  tell(before == "-" ? "group created" : "group changed", who_, "group", after.name, before,
       text_of(after));
}

void Audit::group_deleted(const std::string& name) const {
  tell("group deleted", who_, "group", name, before_of(groups_, name), "-");
}

void Audit::engine_restart(std::string_view how) const {
  kLog.info("engine restart", {{"by", who_}, {"how", std::string(how)}});
}

}  // namespace petrel::broker
