// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/kubernetes/resource_type.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/concat.h"

namespace petrel::k8s {
namespace {

// The member, or null when there is none or `object` has no members.
const Json* find(const Json& object, std::string_view name) {
  if (!object.is_object()) {
    return nullptr;
  }
  const auto found = object.find(name);
  return found == object.end() ? nullptr : &*found;
}

const Json* metadata_field(const Json& object, std::string_view name) {
  const Json* metadata = find(object, "metadata");
  return metadata == nullptr ? nullptr : find(*metadata, name);
}

std::string text_of(const Json* value) {
  return value != nullptr && value->is_string() ? value->get<std::string>() : std::string();
}

std::string entry_of(const Json& object, std::string_view map, std::string_view name) {
  const Json* entries = metadata_field(object, map);
  return entries == nullptr ? std::string() : text_of(find(*entries, name));
}

}  // namespace

std::string ObjectKey::str() const {
  return resource_namespace.empty() ? name : concat(resource_namespace, "/", name);
}

ObjectKey ObjectKey::parse(std::string_view text) {
  const size_t slash = text.find('/');
  if (slash == std::string_view::npos) {
    return {"", std::string(text)};
  }
  return {std::string(text.substr(0, slash)), std::string(text.substr(slash + 1))};
}

std::string ResourceType::api_version() const {
  return group.empty() ? version : concat(group, "/", version);
}

std::string ResourceType::str() const {
  return group.empty() ? plural : concat(plural, ".", group);
}

std::string ResourceType::collection_path(std::string_view resource_namespace) const {
  std::string path = concat(group.empty() ? "/api/" : "/apis/", api_version());
  if (namespaced && !resource_namespace.empty()) {
    path += concat("/namespaces/", percent_encode(resource_namespace));
  }
  return concat(path, "/", plural);
}

std::string ResourceType::object_path(const ObjectKey& key, std::string_view subresource) const {
  std::string path = concat(collection_path(key.resource_namespace), "/", percent_encode(key.name));
  return subresource.empty() ? path : concat(path, "/", percent_encode(subresource));
}

ObjectKey key_of(const Json& object) {
  return {text_of(metadata_field(object, "namespace")), text_of(metadata_field(object, "name"))};
}

std::string uid_of(const Json& object) { return text_of(metadata_field(object, "uid")); }

std::string resource_version_of(const Json& object) {
  return text_of(metadata_field(object, "resourceVersion"));
}

int64_t generation_of(const Json& object) {
  const Json* value = metadata_field(object, "generation");
  return value != nullptr && value->is_number_integer() ? value->get<int64_t>() : 0;
}

bool is_deleting(const Json& object) {
  return !text_of(metadata_field(object, "deletionTimestamp")).empty();
}

std::string label_of(const Json& object, std::string_view name) {
  return entry_of(object, "labels", name);
}

std::string annotation_of(const Json& object, std::string_view name) {
  return entry_of(object, "annotations", name);
}

bool has_finalizer(const Json& object, std::string_view name) {
  const Json* finalizers = metadata_field(object, "finalizers");
  return finalizers != nullptr && finalizers->is_array() &&
         std::ranges::any_of(*finalizers, [&](const Json& item) {
           return item.is_string() && item.get_ref<const std::string&>() == name;
         });
}

absl::StatusOr<Json> parse_json(std::string_view text, std::string_view what) {
  // Without exceptions a bad text gives a value of its own kind.
  Json value = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (value.is_discarded()) {
    constexpr size_t kShownBytesMax = 80;
    return absl::InvalidArgumentError(
        concat(what, " is not JSON: ", text.substr(0, kShownBytesMax)));
  }
  return value;
}

std::string percent_encode(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string encoded;
  encoded.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool unreserved = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                            (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
    if (unreserved) {
      encoded += c;
    } else {
      encoded += {'%', kHex[byte >> 4U], kHex[byte & 15U]};
    }
  }
  return encoded;
}

}  // namespace petrel::k8s
