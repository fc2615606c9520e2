// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/rocketmq_files/rocketmq_config.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cctype>
#include <charconv>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <tuple>
#include <utility>

#include "broker/rocketmq_files/lenient_json.h"
#include "common/concat.h"
#include "common/java_hash.h"
#include "common/log.h"
#include "petrel/state/v1/state.pb.h"
#include "proto/names.h"

namespace petrel::rocketmq_files {
namespace {

using nlohmann::json;
using store::ConfigFile;

constexpr log::Logger kLog("rocketmq-files");

constexpr char kTopicsFile[] = "topics.json";
constexpr char kGroupsFile[] = "subscriptionGroup.json";
constexpr char kOffsetsFile[] = "consumerOffset.json";
constexpr char kTopicTable[] = "topicConfigTable";
constexpr char kDataVersion[] = "dataVersion";
constexpr char kGroupTable[] = "subscriptionGroupTable";
constexpr char kOffsetTable[] = "offsetTable";
constexpr char kMessageType[] = "message.type";
constexpr int kPermissionMask = core::permission::kRead | core::permission::kWrite;

constexpr std::array<std::pair<core::MessageType, std::string_view>, 4> kMessageTypes = {{
    {core::MessageType::kNormal, "NORMAL"},
    {core::MessageType::kFifo, "FIFO"},
    {core::MessageType::kDelay, "DELAY"},
    {core::MessageType::kTransaction, "TRANSACTION"},
}};

template <typename T>
T value_or(const json& object, const char* key, T otherwise) {
  const auto found = object.find(key);
  if (found == object.end()) return otherwise;
  if constexpr (std::is_same_v<T, bool>) {
    return found->is_boolean() ? found->get<bool>() : otherwise;
  } else if constexpr (std::is_integral_v<T>) {
    return found->is_number_integer() ? found->get<T>() : otherwise;
  } else {
    return found->is_string() ? found->get<std::string>() : otherwise;
  }
}

const json& object_at(const json& object, const char* key) {
  static const json kEmpty = json::object();
  const auto found = object.find(key);
  return found != object.end() && found->is_object() ? *found : kEmpty;
}

// Groups that RocketMQ makes for itself, besides those that no client may use.
constexpr std::array<std::string_view, 8> kRocketmqGroups = {
    "TOOLS_CONSUMER",    "FILTERSRV_CONSUMER", "__MONITOR_CONSUMER", "CLIENT_INNER_PRODUCER",
    "SELF_TEST_P_GROUP", "SELF_TEST_C_GROUP",  "SCHEDULE_CONSUMER",  "CID_ONS-HTTP-PROXY"};

bool is_users_topic_name(std::string_view name) {
  return validate_topic_name(name).ok() && !is_retry_topic(name) && !name.starts_with("RMQ_SYS_") &&
         !name.ends_with("_REPLY_TOPIC");
}
// Topics of the cluster's and the broker's name are RocketMQ's, too: others inherit from them.
bool is_users_topic(std::string_view name, const json& topic) {
  constexpr int kInherit = 1;
  return is_users_topic_name(name) && topic.is_object() &&
         (value_or(topic, "perm", 0) & kInherit) == 0;
}
bool is_users_group_name(std::string_view name) {
  return validate_group_name(name).ok() && !name.starts_with("CID_ONSAPI_") &&
         std::find(kRocketmqGroups.begin(), kRocketmqGroups.end(), name) == kRocketmqGroups.end();
}
bool is_users_group(std::string_view name, const json&) { return is_users_group_name(name); }
// "topic@group"
bool is_users_offset(std::string_view key, const json&) {
  const size_t at = key.find('@');
  return at != std::string_view::npos && is_users_topic_name(key.substr(0, at)) &&
         is_users_group_name(key.substr(at + 1));
}

const ConfigFile* find_file(const std::vector<ConfigFile>& files, std::string_view name) {
  const auto found =
      std::find_if(files.begin(), files.end(), [&](const auto& file) { return file.name == name; });
  return found == files.end() ? nullptr : &*found;
}

// Of topics, groups, and "topic@group". Another name is damage, and no reason to keep it.
bool is_rocketmq_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '%' || c == '|' || c == '-' ||
           c == '_' || c == '@';
  });
}

// A file that is there, without the entries of its table that the state decides; empty if there is
// none. Entries of RocketMQ's own stay.
json others_in(const std::vector<ConfigFile>& present, std::string_view name, const char* table,
               bool (*is_users)(std::string_view, const json&)) {
  const ConfigFile* const file = find_file(present, name);
  json root = file == nullptr ? json::object() : parse_lenient_json(file->bytes);
  if (!root.is_object()) root = json::object();
  json kept = json::object();
  for (const auto& [key, value] : object_at(root, table).items()) {
    if (is_rocketmq_name(key) && !is_users(key, value)) kept[key] = value;
  }
  root[table] = std::move(kept);
  return root;
}

json data_version(int64_t version) {
  return {{"counter", version}, {"stateVersion", 0}, {"timestamp", version}};
}

// `root` is the file that is there with another table. If that is the same table the file stays as
// it is, and need not be written; else it gets the state's version.
ConfigFile to_file(const char* name, json root, int64_t version,
                   const std::vector<ConfigFile>& present) {
  // RocketMQ leaves out the marks when it writes the file (kOwnFileMarks). Keys come in their
  // order, so one mark is the first and one the last.
  root["createdBy"] = "petrel";
  root["writtenBy"] = "petrel";
  const auto before = value_or(object_at(root, kDataVersion), "timestamp", int64_t{-1});
  root[kDataVersion] = data_version(before);
  const ConfigFile* const there = find_file(present, name);
  if (there != nullptr && root.dump() == there->bytes) return *there;
  root[kDataVersion] = data_version(version);
  return {name, root.dump()};
}

json to_json(const state::v1::Topic& topic) {
  json attributes = json::object();
  for (const auto& [type, name] : kMessageTypes) {
    if (static_cast<int32_t>(type) == topic.message_type()) attributes[kMessageType] = name;
  }
  return {{"topicName", topic.name()},
          {"readQueueNums", topic.read_queues()},
          {"writeQueueNums", topic.write_queues()},
          {"perm", topic.permission()},
          {"topicFilterType", "SINGLE_TAG"},
          {"topicSysFlag", 0},
          {"order", false},
          {"attributes", std::move(attributes)}};
}

json to_json(const state::v1::Group& group) {
  json value = {{"groupName", group.name()}, {"consumeEnable", group.consume_enabled()}};
  // RocketMQ knows no more of where a group begins.
  if (group.consume_from() != static_cast<int32_t>(core::ConsumeFrom::kUndeclared)) {
    value["consumeFromMinEnable"] =
        group.consume_from() == static_cast<int32_t>(core::ConsumeFrom::kFirst);
  }
  if (!group.backoff_ms().empty()) {
    value["groupRetryPolicy"] = {{"type", "CUSTOMIZED"},
                                 {"customizedRetryPolicy", {{"next", group.backoff_ms()}}}};
  }
  return value;
}

// What the files say of a state.
struct Known {
  int64_t version = 0;
  std::vector<state::v1::Topic> topics;
  std::vector<state::v1::Group> groups;
  // Of each group, topic and queue id: the lowest offset that is not done.
  std::map<std::tuple<int64_t, int64_t, int32_t>, int64_t> positions;
};

void add_position(const std::tuple<int64_t, int64_t, int32_t>& queue, int64_t offset, Known& into) {
  const auto [position, first] = into.positions.try_emplace(queue, offset);
  position->second = std::min(position->second, offset);
}

bool read_piece(const std::string& bytes, Known& into) {
  state::v1::Snapshot piece;
  if (!piece.ParseFromString(bytes)) {
    return false;
  }
  into.version = std::max(into.version, piece.config_version());
  into.topics.insert(into.topics.end(), piece.topics().begin(), piece.topics().end());
  into.groups.insert(into.groups.end(), piece.groups().begin(), piece.groups().end());
  for (const auto& queue : piece.queues()) {
    add_position({queue.group_id(), queue.topic_id(), queue.queue_id()}, queue.next_offset(), into);
  }
  for (const auto& chunk : piece.chunks()) {
    add_position({chunk.group_id(), chunk.topic_id(), chunk.queue_id()},
                 chunk.base() + std::countr_zero(chunk.bitmap()), into);
  }
  return true;
}

// By id.
template <typename Config>
std::map<int64_t, std::string> names_of(const std::vector<Config>& configs) {
  std::map<int64_t, std::string> names;
  for (const Config& config : configs) {
    names.emplace(config.incarnation(), config.name());
  }
  return names;
}

// ---- reading

std::optional<core::TopicConfig> read_topic(const std::string& name, const json& value) {
  core::TopicConfig topic{.name = name};
  topic.read_queues = value_or(value, "readQueueNums", 16);
  topic.write_queues = value_or(value, "writeQueueNums", 16);
  topic.permission = value_or(value, "perm", kPermissionMask) & kPermissionMask;
  topic.message_type = core::MessageType::kNormal;
  const auto declared = value_or(object_at(value, "attributes"), kMessageType, std::string());
  for (const auto& [type, type_name] : kMessageTypes) {
    if (type_name == declared) topic.message_type = type;
  }
  const int32_t most = std::max(topic.read_queues, topic.write_queues);
  const int32_t least = std::min(topic.read_queues, topic.write_queues);
  if (least >= 1 && most <= core::kQueuesPerTopicMax) return topic;
  kLog.warn("a topic of another broker is not taken over: its number of queues",
            {{"topic", name}, {"read", topic.read_queues}, {"write", topic.write_queues}});
  return std::nullopt;
}

core::GroupConfig read_group(const std::string& name, const json& value) {
  core::GroupConfig group{.name = name};
  if (!value.is_object()) return group;
  group.consume_enabled = value_or(value, "consumeEnable", true);
  const json& policy = object_at(value, "groupRetryPolicy");
  if (value_or(policy, "type", std::string()) != "CUSTOMIZED") return group;
  const json& customized = object_at(policy, "customizedRetryPolicy");
  const auto next = customized.find("next");
  if (next == customized.end() || !next->is_array()) return group;
  for (const json& step : *next) {
    if (step.is_number_integer()) group.backoff_ms.push_back(step.get<int64_t>());
  }
  return group;
}

void read_positions(const std::string& key, const json& value, core::Adopted& into) {
  const size_t at = key.find('@');
  if (!value.is_object()) return;
  for (const auto& [queue, offset] : value.items()) {
    int32_t queue_id = -1;
    const auto [end, error] = std::from_chars(queue.data(), queue.data() + queue.size(), queue_id);
    const bool number = error == std::errc() && end == queue.data() + queue.size();
    if (!number || queue_id < 0 || queue_id >= core::kQueuesPerTopicMax ||
        !offset.is_number_integer() || offset.get<int64_t>() < 0) {
      continue;
    }
    into.positions.push_back({.group = key.substr(at + 1),
                              .topic = key.substr(0, at),
                              .queue_id = queue_id,
                              .next = store::QueueOffset(offset.get<int64_t>())});
  }
}

void read_topics(const json& table, core::Adopted& into) {
  for (const auto& [name, value] : table.items()) {
    if (!is_users_topic(name, value)) continue;
    if (std::optional<core::TopicConfig> topic = read_topic(name, value)) {
      into.topics.push_back(*std::move(topic));
    }
  }
}

void read_groups(const json& table, core::Adopted& into) {
  for (const auto& [name, value] : table.items()) {
    if (is_users_group_name(name)) into.groups.push_back(read_group(name, value));
  }
}

void read_offsets(const json& table, core::Adopted& into) {
  for (const auto& [key, value] : table.items()) {
    if (is_users_offset(key, value)) read_positions(key, value, into);
  }
}

// Each file and what of it is taken over.
struct Source {
  const char* file;
  const char* table;
  void (*read)(const json& table, core::Adopted& into);
};
constexpr std::array<Source, 3> kSources = {{{kTopicsFile, kTopicTable, read_topics},
                                             {kGroupsFile, kGroupTable, read_groups},
                                             {kOffsetsFile, kOffsetTable, read_offsets}}};

absl::Status does_not_parse(const ConfigFile& file) {
  return absl::FailedPreconditionError(concat(
      "config/", file.name, " in the store directory does not parse; repair it, put ", file.name,
      ".bak in its place, which RocketMQ keeps of the one before, or move it away if topics, ",
      "groups and positions of the broker before do not matter"));
}

}  // namespace

std::vector<ConfigFile> make_rocketmq_config(std::span<const std::string> state,
                                             const std::vector<ConfigFile>& present) {
  Known known;
  for (const std::string& piece : state) {
    if (!read_piece(piece, known)) {
      return {};
    }
  }
  json topics = others_in(present, kTopicsFile, kTopicTable, is_users_topic);
  for (const auto& topic : known.topics) {
    topics[kTopicTable][topic.name()] = to_json(topic);
  }
  json groups = others_in(present, kGroupsFile, kGroupTable, is_users_group);
  for (const auto& group : known.groups) {
    groups[kGroupTable][group.name()] = to_json(group);
  }
  json offsets = others_in(present, kOffsetsFile, kOffsetTable, is_users_offset);
  const auto topic_names = names_of(known.topics);
  const auto group_names = names_of(known.groups);
  for (const auto& [queue, offset] : known.positions) {
    const auto& [group_id, topic_id, queue_id] = queue;
    const auto group = group_names.find(group_id);
    const auto topic = topic_names.find(topic_id);
    if (group != group_names.end() && topic != topic_names.end()) {
      offsets[kOffsetTable][concat(topic->second, "@", group->second)][std::to_string(queue_id)] =
          offset;
    }
  }
  return {to_file(kTopicsFile, std::move(topics), known.version, present),
          to_file(kGroupsFile, std::move(groups), known.version, present),
          to_file(kOffsetsFile, std::move(offsets), known.version, present)};
}

absl::StatusOr<core::Adopted> read_rocketmq_config(const std::vector<ConfigFile>& files,
                                                   bool was_ours) {
  core::Adopted adopted;
  const ConfigFile* damaged = nullptr;
  for (const Source& source : kSources) {
    const ConfigFile* const file = find_file(files, source.file);
    if (file == nullptr) continue;
    const json root = parse_lenient_json(file->bytes);
    if (!root.is_object()) {
      damaged = file;
      continue;
    }
    source.read(object_at(root, source.table), adopted);
    adopted.fingerprint +=
        concat(file->name, " ", file->bytes.size(), " ", java_hash_code(file->bytes), ";");
  }
  if (damaged == nullptr) return adopted;
  if (!was_ours || !adopted.fingerprint.empty()) return does_not_parse(*damaged);
  kLog.warn("a file for RocketMQ was damaged; the next snapshot writes it again",
            {{"file", concat("config/", damaged->name)}});
  return adopted;
}

}  // namespace petrel::rocketmq_files
