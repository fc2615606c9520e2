// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/grpc/message_codec.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>
#include <vector>

#include "broker/frontend/host_text.h"
#include "common/check.h"
#include "common/concat.h"
#include "proto/property_names.h"

namespace petrel::grpcfront {
namespace {

constexpr char kNameEnd = '\x01';
constexpr char kValueEnd = '\x02';

void append_property(std::string_view name, std::string_view value, std::string* properties) {
  properties->append(name);
  properties->push_back(kNameEnd);
  properties->append(value);
  properties->push_back(kValueEnd);
}

void append_keys(const rmq::SystemProperties& system, std::string* properties) {
  if (system.keys().empty()) {
    return;
  }
  properties->append(property::kKeys);
  properties->push_back(kNameEnd);
  bool first = true;
  for (const std::string& key : system.keys()) {
    if (!first) {
      properties->append(property::kKeySeparator);
    }
    first = false;
    properties->append(key);
  }
  properties->push_back(kValueEnd);
}

void append_user_properties(const rmq::Message& message, std::string* properties) {
  const bool traced = message.system_properties().has_trace_context();
  std::vector<std::pair<std::string_view, std::string_view>> sorted;
  sorted.reserve(static_cast<size_t>(message.user_properties().size()));
  for (const auto& [name, value] : message.user_properties()) {
    // The system's own property wins over a user's of the same name.
    if (traced && name == property::kTraceContext) {
      continue;
    }
    sorted.emplace_back(name, value);
  }
  std::sort(sorted.begin(), sorted.end());
  for (const auto& [name, value] : sorted) {
    append_property(name, value, properties);
  }
}

int64_t born_ms(const rmq::SystemProperties& system, int64_t now_ms) {
  if (!system.has_born_timestamp()) {
    return now_ms;
  }
  // As far as Java's Instant goes: more would overflow in the product.
  constexpr int64_t kSecondsMax = 31'556'889'864'403'199;
  const int64_t seconds = system.born_timestamp().seconds();
  if (seconds < 0 || seconds > kSecondsMax / 1000) {
    return now_ms;
  }
  return seconds * 1000 + system.born_timestamp().nanos() / 1'000'000;
}

std::string make_properties(const rmq::Message& message, const SendOrigin& origin,
                            int64_t born_at_ms) {
  const rmq::SystemProperties& system = message.system_properties();
  std::string properties;
  properties.reserve(256);
  append_property(property::kMessageId, system.message_id(), &properties);
  if (system.has_tag()) {
    append_property(property::kTag, system.tag(), &properties);
  }
  append_keys(system, &properties);
  append_property(property::kProducerGroup, origin.topic, &properties);
  append_property(property::kBornTimestamp, concat(born_at_ms), &properties);
  if (!system.born_host().empty()) {
    append_property(property::kBornHost, system.born_host(), &properties);
  }
  if (system.has_trace_context()) {
    append_property(property::kTraceContext, system.trace_context(), &properties);
  }
  if (!message.user_properties().empty()) {
    append_user_properties(message, &properties);
  }
  return properties;
}

void decode_keys(std::string_view keys, rmq::SystemProperties* system) {
  while (!keys.empty()) {
    const size_t end = keys.find(' ');
    if (end != 0) {
      system->add_keys(std::string(keys.substr(0, end)));
    }
    if (end == std::string_view::npos) {
      return;
    }
    keys.remove_prefix(end + 1);
  }
}

// Puts one stored property where the protocol has it; false for the user's own.
bool decode_system_property(std::string_view name, std::string_view value,
                            rmq::SystemProperties* system) {
  if (name == property::kTag) {
    system->set_tag(std::string(value));
  } else if (name == property::kKeys) {
    decode_keys(value, system);
  } else if (name == property::kMessageId) {
    system->set_message_id(std::string(value));
  } else if (name == property::kBornHost) {
    system->set_born_host(std::string(value));
  } else if (name == property::kDeadLetterTopic) {
    system->mutable_dead_letter_queue()->set_topic(std::string(value));
  } else if (name == property::kDeadLetterMessageId) {
    system->mutable_dead_letter_queue()->set_message_id(std::string(value));
  } else {
    if (name == property::kTraceContext) {
      system->set_trace_context(std::string(value));
    }
    return property::is_reserved(name);
  }
  return true;
}

void decode_properties(std::string_view properties, rmq::Message* out) {
  rmq::SystemProperties* system = out->mutable_system_properties();
  store::for_each_property(properties, [&](std::string_view name, std::string_view value) {
    if (decode_system_property(name, value, system)) {
      return;
    }
    (*out->mutable_user_properties())[std::string(name)] = std::string(value);
  });
}

}  // namespace

Verdict encode_message(const rmq::Message& message, const SendOrigin& origin,
                       core::SendRequest::Message* out) {
  const rmq::SystemProperties& system = message.system_properties();
  store::RecordFields fields;
  fields.born_ms = born_ms(system, origin.now_ms);
  const std::string properties = make_properties(message, origin, fields.born_ms);
  fields.topic = origin.topic;
  fields.body = message.body();
  fields.properties = properties;
  fields.sys_flag = system.body_encoding() == rmq::GZIP ? store::sys_flag::kCompressed : 0;
  fields.born_host = origin.born_host;
  fields.store_host = origin.store_host;
  auto record = store::encode_record(fields);
  if (!record.ok()) {
    return {rmq::MESSAGE_PROPERTIES_TOO_LARGE, std::string(record.status().message())};
  }
  out->record = *std::move(record);
  return {};
}

void decode_message(const store::RecordView& record, DeliveryTexts delivery, rmq::Message* out) {
  out->Clear();
  *out->mutable_topic() = delivery.topic;
  out->set_body(record.body.data(), record.body.size());
  decode_properties(record.properties, out);
  rmq::SystemProperties* system = out->mutable_system_properties();
  system->mutable_body_digest()->set_type(rmq::MD5);
  system->mutable_body_digest()->set_checksum(md5_hex(record.body));
  const bool compressed = (record.sys_flag & store::sys_flag::kCompressed) != 0;
  system->set_body_encoding(compressed ? rmq::GZIP : rmq::IDENTITY);
  system->set_message_type(rmq::NORMAL);
  set_timestamp_ms(record.born_ms, system->mutable_born_timestamp());
  if (system->born_host().empty()) {
    system->set_born_host(frontend::format_host(record.born_host));
  }
  set_timestamp_ms(record.store_ms, system->mutable_store_timestamp());
  system->set_store_host(frontend::format_host(record.store_host));
  system->set_receipt_handle(std::move(delivery.receipt_handle));
  system->set_queue_id(record.queue_id);
  system->set_queue_offset(record.queue_offset.value());
  system->set_delivery_attempt(delivery.attempt);
}

std::string md5_hex(std::string_view body) {
  struct Hasher {
    std::unique_ptr<EVP_MD, decltype(&EVP_MD_free)> md5{EVP_MD_fetch(nullptr, "MD5", nullptr),
                                                        EVP_MD_free};
    std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context{EVP_MD_CTX_new(),
                                                                    EVP_MD_CTX_free};
  };
  // Fetching an algorithm takes longer than hashing a small body.
  thread_local const Hasher hasher;
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned int size = 0;
  PETREL_CHECK(EVP_DigestInit_ex2(hasher.context.get(), hasher.md5.get(), nullptr) == 1);
  PETREL_CHECK(EVP_DigestUpdate(hasher.context.get(), body.data(), body.size()) == 1);
  PETREL_CHECK(EVP_DigestFinal_ex(hasher.context.get(), digest.data(), &size) == 1);
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string hex;
  hex.reserve(size * 2);
  for (unsigned int i = 0; i < size; ++i) {
    hex.push_back(kDigits[digest[i] >> 4]);
    hex.push_back(kDigits[digest[i] & 15]);
  }
  return hex;
}

void set_timestamp_ms(int64_t ms, google::protobuf::Timestamp* timestamp) {
  timestamp->set_seconds(ms / 1000);
  timestamp->set_nanos(static_cast<int32_t>(ms % 1000 * 1'000'000));
}

}  // namespace petrel::grpcfront
