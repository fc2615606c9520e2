// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/config.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "common/log_config.h"
#include "common/status.h"
#include "proto/endpoints.h"
#include "store/store_identity.h"

namespace petrel::broker {
namespace {

constexpr int kDefaultGrpcPort = 8081;
constexpr int kDefaultHttpPort = 5557;
// Properties, topic and the fixed fields of a record besides its body.
constexpr int64_t kRecordOverheadMax = 128 << 10;

bool is_any_address(const std::string& host) {
  return host == "0.0.0.0" || host == "::" || host.empty();
}

absl::Status check_name(const std::string& name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  };
  if (!name.empty() && name.size() <= 127 && std::all_of(name.begin(), name.end(), allowed)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError("1 to 127 letters, digits, '-', '_' or '.'");
}

absl::Status check_address(const std::string& text) {
  const auto address = parse_host_port(text);
  if (!address.ok()) return absl::InvalidArgumentError("host:port, or [ipv6]:port");
  if (is_any_address(address->host)) {
    return absl::InvalidArgumentError("an address that others can connect to");
  }
  return absl::OkStatus();
}

std::string first_address() {
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0) return "127.0.0.1";
  const std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> owner(list, freeifaddrs);
  for (const ifaddrs* entry = list; entry != nullptr; entry = entry->ifa_next) {
    if (entry->ifa_addr == nullptr || entry->ifa_addr->sa_family != AF_INET) continue;
    if ((entry->ifa_flags & IFF_LOOPBACK) != 0 || (entry->ifa_flags & IFF_UP) == 0) continue;
    std::array<char, INET_ADDRSTRLEN> text{};
    const auto* address = reinterpret_cast<const sockaddr_in*>(entry->ifa_addr);
    if (inet_ntop(AF_INET, &address->sin_addr, text.data(), text.size()) != nullptr) {
      return text.data();
    }
  }
  return "127.0.0.1";
}

}  // namespace

BrokerConfig::BrokerConfig() {
  rpc.listener.port = kDefaultGrpcPort;
  http.port = kDefaultHttpPort;
  store.directory = "data";
}

void BrokerConfig::declare(ConfigSchema& schema) {
  declare_identity(schema);
  declare_servers(schema);
  declare_store(schema);
  declare_retention(schema);
  declare_messaging(schema);
  declare_limits(schema);
  declare_process(schema);
  schema.add_check([this] { return check(); });
}

void BrokerConfig::declare_identity(ConfigSchema& schema) {
  schema.section("broker", "Who this broker is, and who is told of it");
  schema.add("broker.cluster", &cluster,
             {.help = "Name of the cluster that the broker belongs to", .validate = check_name});
  schema.add("broker.name", &broker_name,
             {.help = "Name of the broker group, unique in the cluster", .validate = check_name});
  schema.add("broker.id", &broker_id,
             {.help = "Member of the broker group; 0 is its master", .max = 1'000});
  schema.add("broker.nameservers", &nameservers,
             {.help = "Nameservers to register with, as host:port; none: the broker stands alone",
              .validate = check_address});
  schema.add("broker.nameserver-ca-file", &nameserver_ca_file,
             {.help = "PEM file of the authorities that a nameserver's certificate may come from, "
                      "which must be for its host then; empty: any certificate will do"});
  schema.add("broker.advertised-address", &advertised_address,
             {.help = "host:port that clients are told to connect to; empty: the address of this "
                      "machine and grpc.port",
              .validate = [](const std::string& text) {
                return text.empty() ? absl::OkStatus() : check_address(text);
              }});
}

void BrokerConfig::declare_servers(ConfigSchema& schema) {
  schema.section("grpc", "The port for RocketMQ 5 clients and administration, TLS and plaintext");
  rpc.declare(schema, "grpc");
  schema.section("http", "The port for metrics and health checks");
  http.declare(schema, "http");
  tls.declare(schema);
}

void BrokerConfig::declare_store(ConfigSchema& schema) {
  schema.section("store", "Where and how messages are kept");
  schema.add("store.directory", &store.directory, {.help = "Directory of the store"});
  schema.add("store.expected-id", &expected_store_id,
             {.help = "Id of the store that must be in the directory: on another one, or an empty "
                      "directory, the broker does not start. Empty: any store, and a new one in an "
                      "empty directory",
              .validate = [](const std::string& id) {
                return id.empty() || store::is_store_id(id)
                           ? absl::OkStatus()
                           : absl::InvalidArgumentError("1 to 64 letters, digits, '.', '_' or '-'");
              }});
  schema.add_enum("store.flush-mode", &core.flush_mode,
                  {{"async", store::FlushMode::kAsync}, {"sync", store::FlushMode::kSync}},
                  {.help = "What an OK promises: async: written, survives the process; sync: "
                           "synced, survives power loss"});
  schema.add_duration_ms("store.flush-interval", &log_thread.flush_interval_ms,
                         {.help = "Time between syncs with async", .min = 1, .max = 60'000});
  schema.add_bytes(
      "store.segment-size", &store.log.segment_bytes,
      {.help = "Size of one file of a new log, or a sixteenth of the volume if that is "
               "less. A log keeps the size that it was made with",
       .min = 1 << 20,
       .max = int64_t{1} << 30});
  schema.add_bytes("store.memory", &store.log.hot_bytes,
                   {.help = "Newest part of the log that is kept in memory for consumers",
                    .min = 1 << 20,
                    .max = int64_t{64} << 30});
  schema.add_bytes("store.memory-lent", &store.log.pinned_bytes_max,
                   {.help = "Memory beside store.memory that consumers which read slowly may keep; "
                            "beyond it they get copies (limits.answer-memory)",
                    .min = 0,
                    .max = int64_t{64} << 30});
  schema.add_bytes("store.snapshot-size", &store.snapshot_log_bytes,
                   {.help = "Log after which a snapshot bounds what a start replays",
                    .min = 1 << 20,
                    .max = int64_t{1} << 40});
  schema.add_duration_ms(
      "store.snapshot-interval", &store.snapshot_interval_ms,
      {.help = "Time after which a snapshot is taken likewise", .min = 1'000, .max = 86'400'000});
  schema.add("store.index", &store.index.enabled,
             {.help = "Index messages by their keys and ids, for petrelctl message query"});
}

void BrokerConfig::declare_retention(ConfigSchema& schema) {
  store::RetentionOptions& retention = store.retention;
  schema.add_duration_ms("store.file-reserved-time", &retention.age_ms,
                         {.help = "Age at which messages may be deleted", .min = 1'000});
  schema.add_bytes("store.log-size-max", &retention.log_bytes_max,
                   {.help = "Size of the log beyond which the oldest messages are deleted, of "
                            "whatever age; 0: no limit"});
  schema.add("store.delete-when", &retention.delete_hour,
             {.help = "Hour of the day, in UTC, in which old messages are deleted; -1: any",
              .unit = "hours",
              .min = -1,
              .max = 23});
  schema.add(
      "store.keep-unread", &retention.keep_unread,
      {.help = "Keep old messages that a consumer group of their topic has not acknowledged, "
               "until the log's size or the disk forces their deletion"});
  schema.add_duration_ms("store.clean-resource-interval", &log_thread.disk_check_interval_ms,
                         {.help = "Time between looks for what is to be deleted; every second "
                                  "while the disk gets full",
                          .min = 1'000,
                          .max = 3'600'000});
  const auto add_percent = [&](const char* key, int32_t* target, const char* help) {
    schema.add(key, target, {.help = help, .unit = "percent", .min = 1, .max = 100});
  };
  add_percent("store.disk-max-used-space-ratio", &retention.disk.early_percent,
              "Use of the disk beyond which old messages are deleted at any hour; 100: never");
  add_percent("store.disk-space-clean-forcibly-ratio", &retention.disk.force_percent,
              "Use of the disk beyond which the oldest messages are deleted, of whatever age; 100: "
              "never");
  add_percent("store.disk-space-warning-level-ratio", &retention.disk.full_percent,
              "Use of the disk beyond which sends are refused; 100: see store.disk-reserve");
  schema.add_bytes("store.disk-reserve", &retention.disk.reserve_bytes,
                   {.help = "Free space below which sends are refused, too; at most 5 % of the "
                            "disk"});
}

void BrokerConfig::declare_messaging(ConfigSchema& schema) {
  schema.section("topics", "Topics and consumer groups that are made on first use");
  schema.add("topics.auto-create", &core.auto_create_topics,
             {.help = "Make a topic when it is first used"});
  schema.add("topics.default-queues", &core.default_queues,
             {.help = "Queues of a topic that says nothing about it",
              .unit = "queues",
              .min = 1,
              .max = core::kQueuesPerTopicMax});
  schema.section("groups", "Consumer groups that are made on first use");
  schema.add("groups.auto-create", &core.auto_create_groups,
             {.help = "Make a consumer group when it is first used"});
  schema.add("groups.auto-create-max", &core.auto_create_groups_max,
             {.help = "Consumer groups with which the broker makes no more of them itself",
              .unit = "groups",
              .min = 1,
              .max = 1'000'000});
}

void BrokerConfig::declare_limits(ConfigSchema& schema) {
  schema.section("limits", "What clients may ask");
  schema.add("limits.body-size", &body_bytes_max,
             {.help = "Largest message body", .unit = "bytes", .min = 1'024, .max = 16 << 20});
  schema.add("limits.in-flight-per-queue", &core.in_flight_per_queue_max,
             {.help = "Messages of one queue that a group may hold at a time: neither acknowledged "
                      "nor due again",
              .unit = "messages",
              .min = 1,
              .max = 1'000'000});
  schema.add_bytes("limits.receive-size", &core.receive_bytes_max,
                   {.help = "Messages in one answer to a receive; a larger one comes alone",
                    .min = 1'024,
                    .max = 64 << 20});
  schema.add(
      "limits.waiting-receives", &core.waiting_receives_max,
      {.help = "Receives that may wait for messages", .unit = "calls", .min = 1, .max = 1'000'000});
  schema.add(
      "limits.waiting-receives-per-client", &core.waiting_receives_per_client_max,
      {.help = "Of these, those of one client", .unit = "calls", .min = 1, .max = 1'000'000});
  schema.add("limits.waiting-requests", &mailbox_max,
             {.help = "Requests that may wait for the core thread",
              .unit = "requests",
              .min = 64,
              .max = 1 << 20});
  schema.add_bytes("limits.waiting-requests-size", &mailbox_bytes_max,
                   {.help = "Messages in them; one request is always taken",
                    .min = 1 << 20,
                    .max = int64_t{4} << 30});
  schema.add_bytes("limits.answer-memory", &answers.bytes_max,
                   {.help = "Memory for answers with messages that are under way, beside what "
                            "store.memory-lent allows; beyond it receives wait",
                    .min = 16 << 20,
                    .max = int64_t{64} << 30});
  schema.add("limits.answer-memory-per-client", &answers.client_percent,
             {.help = "Of this memory, what one client may have; one answer is always allowed. "
                      "Beyond it the client waits, and others do not",
              .unit = "percent",
              .min = 1,
              .max = 100});
  schema.add_duration_ms("limits.answer-stall-timeout", &answers.wait_ms,
                         {.help = "Time for a client to take one message of an answer, and for a "
                                  "receive to get memory; then the messages are given back",
                          .min = 1'000,
                          .max = 600'000});
  schema.add_duration_ms("limits.settings-timeout", &settings_ms,
                         {.help = "Time for a client to send its settings on its telemetry stream",
                          .min = 1'000,
                          .max = 600'000});
  schema.add("limits.undescribed-streams", &undescribed_streams_max,
             {.help = "Telemetry streams whose clients have not sent their settings yet",
              .unit = "streams",
              .min = 1,
              .max = 1'000'000});
}

void BrokerConfig::declare_process(ConfigSchema& schema) {
  schema.section("process", "Threads and the end of the process");
  schema.add("process.reply-threads", &reply_threads,
             {.help = "Threads that answer calls; 0: the core thread does, best with few cores",
              .unit = "threads",
              .min = 0,
              .max = 64});
  schema.add("process.reader-threads", &reader_threads,
             {.help = "Threads that read messages from files for consumers",
              .unit = "threads",
              .min = 1,
              .max = 64});
  schema.add_duration_ms(
      "process.leave-time", &leave_time_ms,
      {.help = "How long a broker serves on after SIGTERM, out of routes, for producers to go to "
               "other brokers; it stops at once if there are none of either",
       .max = 600'000});
  schema.add_duration_ms("process.shutdown-grace", &shutdown_grace_ms,
                         {.help = "Time that calls get to end at shutdown", .max = 600'000});
  declare_log(schema, &log);
}

absl::Status BrokerConfig::check() const {
  if (rpc.listener.port == 0) {
    return absl::InvalidArgumentError("grpc.port is 0, but clients must be told the port");
  }
  if (store.directory.empty()) return absl::InvalidArgumentError("store.directory is empty");
  if (rpc.receive_bytes_max < body_bytes_max + kRecordOverheadMax) {
    return absl::InvalidArgumentError(
        "a request with one body of limits.body-size must fit into the largest gRPC message");
  }
  if (store.log.segment_bytes < segment_bytes_min()) {
    return absl::InvalidArgumentError("store.segment-size is too small for limits.body-size");
  }
  return absl::OkStatus();
}

int64_t BrokerConfig::segment_bytes_min() const {
  return 2 * (body_bytes_max + kRecordOverheadMax);
}

std::string BrokerConfig::advertised() const {
  if (!advertised_address.empty()) return advertised_address;
  const std::string& host = rpc.listener.host;
  return to_string(HostPort{is_any_address(host) ? first_address() : host,
                            static_cast<uint16_t>(rpc.listener.port)});
}

}  // namespace petrel::broker
