// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/grpc/validation.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>

#include "broker/core/tag_filter.h"
#include "common/concat.h"
#include "proto/names.h"
#include "proto/property_names.h"

namespace petrel::grpcfront {
namespace {

// ISO control characters in UTF-8: U+0000..U+001F, U+007F..U+009F.
bool has_control_character(std::string_view text) {
  unsigned char before = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      return true;
    }
    if (before == 0xc2 && byte >= 0x80 && byte <= 0x9f) {
      return true;
    }
    before = byte;
  }
  return false;
}

bool is_blank(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c == ' ' || c == '\t'; });
}

Verdict check_body(std::string_view body, int64_t body_bytes_max) {
  if (body.empty()) {
    return {rmq::MESSAGE_BODY_EMPTY, "the message body is empty"};
  }
  if (static_cast<int64_t>(body.size()) > body_bytes_max) {
    return {rmq::MESSAGE_BODY_TOO_LARGE,
            concat("the message body has ", body.size(), " bytes, more than ", body_bytes_max)};
  }
  return {};
}

Verdict check_tag(std::string_view tag) {
  if (is_blank(tag)) {
    return {rmq::ILLEGAL_MESSAGE_TAG, "the tag is blank"};
  }
  if (tag.find('|') != std::string_view::npos) {
    return {rmq::ILLEGAL_MESSAGE_TAG, "the tag contains '|'"};
  }
  if (has_control_character(tag)) {
    return {rmq::ILLEGAL_MESSAGE_TAG, "the tag contains a control character"};
  }
  return {};
}

Verdict check_key(std::string_view key) {
  if (is_blank(key)) {
    return {rmq::ILLEGAL_MESSAGE_KEY, "a message key is blank"};
  }
  if (has_control_character(key)) {
    return {rmq::ILLEGAL_MESSAGE_KEY, "a message key contains a control character"};
  }
  return {};
}

Verdict check_message_group(std::string_view group) {
  if (is_blank(group)) {
    return {rmq::ILLEGAL_MESSAGE_GROUP, "the message group is blank"};
  }
  if (group.size() > kMessageGroupBytesMax) {
    return {rmq::ILLEGAL_MESSAGE_GROUP,
            concat("the message group has more than ", kMessageGroupBytesMax, " bytes")};
  }
  if (has_control_character(group)) {
    return {rmq::ILLEGAL_MESSAGE_GROUP, "the message group contains a control character"};
  }
  return {};
}

Verdict check_user_property(const std::string& key, const std::string& value) {
  if (key.empty() || has_control_character(key) || has_control_character(value)) {
    return {rmq::ILLEGAL_MESSAGE_PROPERTY_KEY,
            "a property has an empty name, or a control character in its name or value"};
  }
  if (property::is_reserved(key)) {
    return {rmq::ILLEGAL_MESSAGE_PROPERTY_KEY, concat("the property name ", key, " is reserved")};
  }
  return {};
}

Verdict check_properties(const rmq::Message& message) {
  const rmq::SystemProperties& system = message.system_properties();
  if (message.user_properties().size() > kUserPropertiesMax) {
    return {rmq::MESSAGE_PROPERTIES_TOO_LARGE,
            concat("the message has more than ", kUserPropertiesMax, " properties")};
  }
  size_t bytes = system.tag().size();
  for (const std::string& key : system.keys()) {
    bytes += key.size();
  }
  for (const auto& [key, value] : message.user_properties()) {
    if (Verdict verdict = check_user_property(key, value); !verdict.ok()) {
      return verdict;
    }
    bytes += key.size() + value.size();
  }
  if (bytes > kPropertyBytesMax) {
    return {rmq::MESSAGE_PROPERTIES_TOO_LARGE, concat("tag, keys and properties have ", bytes,
                                                      " bytes, more than ", kPropertyBytesMax)};
  }
  return {};
}

// What is stored as a property text must not contain the separators of the layout.
Verdict check_stored_texts(const rmq::SystemProperties& system) {
  if (is_blank(system.message_id()) || has_control_character(system.message_id())) {
    return {rmq::ILLEGAL_MESSAGE_ID, "the message id is blank or contains a control character"};
  }
  if (has_control_character(system.born_host()) || has_control_character(system.trace_context())) {
    return {rmq::BAD_REQUEST, "born host or trace context contain a control character"};
  }
  return {};
}

}  // namespace

Verdict check_topic(std::string_view full_name) {
  const absl::Status status = validate_topic_name(full_name);
  if (status.ok()) {
    return {};
  }
  return {rmq::ILLEGAL_TOPIC, std::string(status.message())};
}

Verdict check_group(std::string_view full_name) {
  const absl::Status status = validate_group_name(full_name);
  if (status.ok()) {
    return {};
  }
  return {rmq::ILLEGAL_CONSUMER_GROUP, std::string(status.message())};
}

Verdict check_message(const rmq::Message& message, int64_t body_bytes_max) {
  const rmq::SystemProperties& system = message.system_properties();
  if (Verdict verdict = check_body(message.body(), body_bytes_max); !verdict.ok()) {
    return verdict;
  }
  if (Verdict verdict = check_properties(message); !verdict.ok()) {
    return verdict;
  }
  if (system.has_tag()) {
    if (Verdict verdict = check_tag(system.tag()); !verdict.ok()) {
      return verdict;
    }
  }
  for (const std::string& key : system.keys()) {
    if (Verdict verdict = check_key(key); !verdict.ok()) {
      return verdict;
    }
  }
  if (system.has_message_group()) {
    if (Verdict verdict = check_message_group(system.message_group()); !verdict.ok()) {
      return verdict;
    }
  }
  return check_stored_texts(system);
}

Verdict derive_message_type(const rmq::SystemProperties& properties, core::MessageType* type) {
  const rmq::MessageType said = properties.message_type();
  rmq::MessageType derived = rmq::NORMAL;
  int kinds = 0;
  const auto add = [&](bool present, rmq::MessageType kind) {
    if (!present) {
      return;
    }
    derived = kind;
    ++kinds;
  };
  add(properties.has_message_group(), rmq::FIFO);
  add(properties.has_delivery_timestamp(), rmq::DELAY);
  add(said == rmq::TRANSACTION, rmq::TRANSACTION);
  add(properties.has_lite_topic(), rmq::LITE);
  add(properties.has_priority(), rmq::PRIORITY);
  if (kinds > 1) {
    return {rmq::MESSAGE_PROPERTY_CONFLICT_WITH_TYPE,
            "the message has properties of several message types"};
  }
  if (said != rmq::MESSAGE_TYPE_UNSPECIFIED && said != derived) {
    return {rmq::MESSAGE_PROPERTY_CONFLICT_WITH_TYPE,
            concat("the message says ", rmq::MessageType_Name(said), " and has the properties of ",
                   rmq::MessageType_Name(derived))};
  }
  if (derived == rmq::LITE || derived == rmq::PRIORITY) {
    return {rmq::MESSAGE_PROPERTY_CONFLICT_WITH_TYPE,
            concat("no topic here accepts ", rmq::MessageType_Name(derived), " messages")};
  }
  *type = static_cast<core::MessageType>(derived);
  return {};
}

Verdict parse_filter(const rmq::FilterExpression& expression,
                     std::shared_ptr<const core::MessageFilter>* filter) {
  if (expression.type() == rmq::SQL) {
    return {rmq::UNSUPPORTED, "this broker filters by tags; SQL expressions are not supported"};
  }
  auto parsed = core::parse_tag_filter(expression.expression());
  if (!parsed.ok()) {
    return {rmq::ILLEGAL_FILTER_EXPRESSION, std::string(parsed.status().message())};
  }
  *filter = *std::move(parsed);
  return {};
}

Verdict check_invisible_ms(int64_t invisible_ms, int64_t min_ms) {
  if (invisible_ms >= min_ms && invisible_ms <= kInvisibleMsMax) {
    return {};
  }
  return {rmq::ILLEGAL_INVISIBLE_TIME,
          concat("the invisible duration of ", invisible_ms, " ms is not between ", min_ms,
                 " ms and ", kInvisibleMsMax, " ms")};
}

Verdict choose_poll_ms(const PollTimes& times, rmq::Code illegal, int64_t* poll_ms) {
  constexpr int64_t kForever = std::numeric_limits<int64_t>::max();
  const int64_t remaining = times.remaining_ms < 0 ? kForever : times.remaining_ms;
  const int64_t wanted =
      times.asked_ms >= 0 ? times.asked_ms : remaining - times.request_timeout_ms / 2;
  *poll_ms = std::clamp(wanted, kPollMsMin, kPollMsMax);
  if (*poll_ms <= remaining) {
    return {};
  }
  if (remaining < kPollMsMin) {
    return {illegal, concat("the call's deadline leaves ", remaining,
                            " ms, less than the shortest wait of ", kPollMsMin, " ms")};
  }
  *poll_ms = remaining;
  return {};
}

rmq::Code illegal_polling_code(std::string_view client_version) {
  constexpr int kSince[] = {5, 0, 3};
  const char* at = client_version.data();
  const char* const end = at + client_version.size();
  for (const int since : kSince) {
    int number = 0;
    const auto parsed = std::from_chars(at, end, number);
    if (parsed.ec != std::errc()) {
      return rmq::BAD_REQUEST;
    }
    if (number != since) {
      return number > since ? rmq::ILLEGAL_POLLING_TIME : rmq::BAD_REQUEST;
    }
    at = parsed.ptr == end ? end : parsed.ptr + 1;
  }
  return rmq::ILLEGAL_POLLING_TIME;
}

int64_t to_ms(const google::protobuf::Duration& duration) {
  constexpr int64_t kSecondsMax = int64_t{1} << 40;
  return std::clamp(duration.seconds(), -kSecondsMax, kSecondsMax) * 1000 +
         duration.nanos() / 1'000'000;
}

}  // namespace petrel::grpcfront
