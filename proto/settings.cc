// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "proto/settings.h"

#include "absl/status/status.h"
#include "apache/rocketmq/v2/definition.pb.h"

namespace petrel {
namespace {

namespace v2 = apache::rocketmq::v2;

// How often and how fast a producer tries again.
constexpr int32_t kSendAttemptsMax = 3;
constexpr int64_t kSendBackoffInitialMs = 10;
constexpr int64_t kSendBackoffMaxMs = 1000;
constexpr float kSendBackoffMultiplier = 2;

constexpr int32_t kLiteTopicSizeMax = 64;

void set_duration(int64_t duration_ms, google::protobuf::Duration* out) {
  out->set_seconds(duration_ms / 1000);
  out->set_nanos(static_cast<int32_t>(duration_ms % 1000 * 1'000'000));
}

void set_publishing(const ServerSettings& server, v2::Settings* settings) {
  settings->mutable_publishing()->set_max_body_size(server.body_size_bytes_max);
  settings->mutable_publishing()->set_validate_message_type(server.validate_message_type);

  v2::RetryPolicy* policy = settings->mutable_backoff_policy();
  policy->set_max_attempts(kSendAttemptsMax);
  v2::ExponentialBackoff* backoff = policy->mutable_exponential_backoff();
  set_duration(kSendBackoffInitialMs, backoff->mutable_initial());
  set_duration(kSendBackoffMaxMs, backoff->mutable_max());
  backoff->set_multiplier(kSendBackoffMultiplier);
}

void set_subscription(const ServerSettings& server, const GroupSettings& group,
                      v2::Settings* settings) {
  v2::Subscription* subscription = settings->mutable_subscription();
  subscription->set_fifo(group.fifo);
  subscription->set_receive_batch_size(server.receive_batch_max);
  set_duration(server.long_polling_timeout_ms, subscription->mutable_long_polling_timeout());
  subscription->set_max_lite_topic_size(kLiteTopicSizeMax);

  v2::RetryPolicy* policy = settings->mutable_backoff_policy();
  policy->set_max_attempts(group.attempts_max);
  v2::CustomizedBackoff* backoff = policy->mutable_customized_backoff();
  backoff->clear_next();
  for (const int64_t delay_ms :
       group.backoff_ms.empty() ? redelivery_ladder_ms() : group.backoff_ms) {
    set_duration(delay_ms, backoff->add_next());
  }
}

}  // namespace

const std::vector<int64_t>& redelivery_ladder_ms() {
  static const std::vector<int64_t> ladder = {
      1'000,   5'000,   10'000,  30'000,  60'000,  120'000,   180'000,   240'000,   300'000,
      360'000, 420'000, 480'000, 540'000, 600'000, 1'200'000, 1'800'000, 3'600'000, 7'200'000};
  return ladder;
}

absl::StatusOr<v2::Settings> merge_settings(const v2::Settings& client,
                                            const ServerSettings& server,
                                            const GroupSettings& group) {
  v2::Settings merged = client;
  switch (client.pub_sub_case()) {
    case v2::Settings::kPublishing:
      set_publishing(server, &merged);
      break;
    case v2::Settings::kSubscription:
      set_subscription(server, group, &merged);
      break;
    case v2::Settings::PUB_SUB_NOT_SET:
      return absl::InvalidArgumentError("settings have neither publishing nor subscription");
  }
  // No collector of client metrics is configured here.
  merged.mutable_metric()->set_on(false);
  merged.mutable_metric()->clear_endpoints();
  return merged;
}

}  // namespace petrel
