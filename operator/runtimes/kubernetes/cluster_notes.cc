// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/runtimes/kubernetes/cluster_notes.h"

#include <absl/strings/numbers.h>
#include <absl/strings/str_split.h>

#include <nlohmann/json.hpp>

#include "common/concat.h"

namespace petrel::ops {

namespace {

using k8s::Json;

constexpr std::string_view kBrokerPrefix = "broker-";

std::string text_at(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

std::optional<MemberId> broker_of(std::string_view name) {
  int index = 0;
  if (name.starts_with(kBrokerPrefix) &&
      absl::SimpleAtoi(std::string(name.substr(kBrokerPrefix.size())), &index) && index >= 0 &&
      MemberId{Role::kBroker, index}.name() == name) {
    return MemberId{Role::kBroker, index};
  }
  return std::nullopt;
}

}  // namespace

std::optional<Pins> read_pins(const Json& cluster_object) {
  const absl::StatusOr<Json> json =
      k8s::parse_json(k8s::annotation_of(cluster_object, kPinsAnnotation), kPinsAnnotation);
  if (!json.ok() || !json->is_object()) {
    return std::nullopt;
  }
  Pins pins{.broker_image = text_at(*json, "brokerImage"),
            .nameserver_image = text_at(*json, "nameserverImage"),
            .renewed = text_at(*json, "renewed")};
  if (const auto version = json->find("settings");
      version != json->end() && version->is_number_integer()) {
    pins.settings_version = version->get<int>();
  }
  const bool whole =
      !pins.broker_image.empty() && !pins.nameserver_image.empty() && pins.settings_version > 0;
  return whole ? std::optional(pins) : std::nullopt;
}

std::string text_of(const Pins& pins) {
  return Json({{"brokerImage", pins.broker_image},
               {"nameserverImage", pins.nameserver_image},
               {"settings", pins.settings_version},
               {"renewed", pins.renewed}})
      .dump();
}

absl::StatusOr<StoreRecords> read_store_records(const Json& cluster_object) {
  StoreRecords records;
  const std::string text = k8s::annotation_of(cluster_object, kStoresAnnotation);
  if (text.empty()) {
    return records;
  }
  const absl::StatusOr<Json> parsed = k8s::parse_json(text, kStoresAnnotation);
  bool sound = parsed.ok() && parsed->is_object();
  const Json json = sound ? *parsed : Json::object();
  for (const auto& [name, value] : json.items()) {
    const std::optional<MemberId> broker = broker_of(name);
    sound = sound && broker && value.is_object() && !text_at(value, "claim").empty();
    if (sound) {
      records[*broker] = StoreRecord{text_at(value, "claim"), text_at(value, "store")};
    }
  }
  if (!sound) {
    return absl::InvalidArgumentError(
        concat("metadata.annotations: ", kStoresAnnotation,
               " cannot be read, so nobody knows which volumes the cluster must have: restore it, "
               "or remove it once every broker has its volume"));
  }
  return records;
}

std::string text_of(const StoreRecords& records) {
  Json json = Json::object();
  for (const auto& [broker, record] : records) {
    json[broker.name()] = {{"claim", record.claim_uid}, {"store", record.store_id}};
  }
  return json.dump();
}

std::set<std::string> accepted_losses(const Json& cluster_object) {
  const std::string text = k8s::annotation_of(cluster_object, kAcceptLossAnnotation);
  return absl::StrSplit(text, absl::ByAnyChar(", "), absl::SkipEmpty());
}

}  // namespace petrel::ops
