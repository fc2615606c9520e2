// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "bench/send_template.h"

#include <unistd.h>

#include <cstring>
#include <string_view>

#include "apache/rocketmq/v2/service.pb.h"
#include "bench/stamp.h"
#include "common/check.h"

namespace petrel::bench {
namespace {

namespace rmq = apache::rocketmq::v2;

constexpr size_t kDigits = 16;
constexpr std::string_view kHex = "0123456789ABCDEF";

void write_hex(uint64_t value, char* out) {
  for (size_t i = kDigits; i-- > 0; value >>= 4) out[i] = kHex[value & 0xf];
}

// 34 characters as clients of RocketMQ 5 make them: version 01, then here run id and number.
std::string message_id(uint64_t run_id, uint64_t number) {
  std::string id = "01" + std::string(2 * kDigits, '0');
  write_hex(run_id, id.data() + 2);
  write_hex(number, id.data() + 2 + kDigits);
  return id;
}

void set_message(const SendTemplate::Options& options, size_t index, rmq::Message& message) {
  message.mutable_topic()->set_name(options.topic);
  message.set_body(incompressible_bytes(options.body_bytes, options.seed + index));
  rmq::SystemProperties& system = *message.mutable_system_properties();
  system.set_message_id(message_id(options.run_id, index));
  system.set_message_type(rmq::NORMAL);
  system.set_body_encoding(rmq::IDENTITY);
  system.set_queue_id(options.queue_id);
  system.mutable_born_timestamp()->set_seconds(time(nullptr));
  char host[256] = "localhost";
  gethostname(host, sizeof host - 1);
  system.set_born_host(host);
}

}  // namespace

SendTemplate::SendTemplate(const Options& options) : run_id_(options.run_id) {
  PETREL_CHECK(options.body_bytes >= kStampBytes) << options.body_bytes;
  rmq::SendMessageRequest request;
  for (size_t i = 0; i < options.messages; ++i) set_message(options, i, *request.add_messages());
  bytes_ = request.SerializeAsString();
  size_t from = 0;
  for (const rmq::Message& message : request.messages()) {
    const size_t id = bytes_.find(message.system_properties().message_id(), from);
    const size_t body = bytes_.find(message.body(), from);
    PETREL_CHECK(id != std::string::npos && body != std::string::npos);
    places_.push_back({.id_digits = id + 2 + kDigits, .stamp = body});
    from = std::max(id, body);
  }
}

void SendTemplate::fill(int64_t sent_ns, uint64_t first_number, char* out) const {
  std::memcpy(out, bytes_.data(), bytes_.size());
  for (uint64_t number = first_number; const Place& place : places_) {
    write_hex(number, out + place.id_digits);
    write_stamp({.sent_ns = sent_ns, .run_id = run_id_, .number = number}, out + place.stamp);
    ++number;
  }
}

}  // namespace petrel::bench
