// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "proto/settings_check.h"

#include "apache/rocketmq/v2/definition.pb.h"
#include "proto/names.h"
#include "proto/resource_name.h"

namespace petrel {
namespace {

namespace v2 = apache::rocketmq::v2;

SettingsVerdict verdict(const absl::Status& status, v2::Code refusal) {
  return status.ok() ? SettingsVerdict{v2::OK, ""}
                     : SettingsVerdict{refusal, std::string(status.message())};
}

SettingsVerdict check_topic(const v2::Resource& topic, std::string_view call_namespace) {
  return verdict(validate_topic_name(full_name(topic, call_namespace)), v2::ILLEGAL_TOPIC);
}

SettingsVerdict check_publishing(const v2::Publishing& publishing,
                                 std::string_view call_namespace) {
  for (const v2::Resource& topic : publishing.topics()) {
    if (SettingsVerdict found = check_topic(topic, call_namespace); found.code != v2::OK) {
      return found;
    }
  }
  return {v2::OK, ""};
}

SettingsVerdict check_subscription(const v2::Subscription& subscription,
                                   std::string_view call_namespace) {
  if (subscription.has_group()) {
    SettingsVerdict found =
        verdict(validate_group_name(full_name(subscription.group(), call_namespace)),
                v2::ILLEGAL_CONSUMER_GROUP);
    if (found.code != v2::OK) {
      return found;
    }
  }
  for (const v2::SubscriptionEntry& entry : subscription.subscriptions()) {
    if (SettingsVerdict found = check_topic(entry.topic(), call_namespace); found.code != v2::OK) {
      return found;
    }
  }
  return {v2::OK, ""};
}

}  // namespace

SettingsVerdict check_settings(const v2::Settings& settings, std::string_view call_namespace) {
  switch (settings.pub_sub_case()) {
    case v2::Settings::kPublishing:
      return check_publishing(settings.publishing(), call_namespace);
    case v2::Settings::kSubscription:
      return check_subscription(settings.subscription(), call_namespace);
    case v2::Settings::PUB_SUB_NOT_SET:
      break;
  }
  return {v2::BAD_REQUEST, "the settings say neither publishing nor subscription"};
}

}  // namespace petrel
