// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/kubernetes/api_client.h"

#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>
#include <utility>

#include "common/concat.h"
#include "common/status.h"
#include "operator/kubernetes/errors.h"
#include "operator/kubernetes/line_splitter.h"

namespace petrel::k8s {
namespace {

constexpr char kJsonType[] = "application/json";
constexpr char kApplyType[] = "application/apply-patch+yaml";  // JSON is YAML
constexpr char kMergePatchType[] = "application/merge-patch+json";
constexpr char kJsonPatchType[] = "application/json-patch+json";
constexpr char kMetadataListType[] =
    "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
constexpr char kMetadataType[] = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";

// Objects have at most a few MiB in etcd; an event has one, with its managedFields.
constexpr size_t kEventBytesMax = 16 * 1024 * 1024;
// Before a call without an answer is repeated: doubles with each attempt.
constexpr int64_t kFirstWaitMs = 100;
constexpr int kListRestartsMax = 3;

// "?a=b&c=d", without what is empty.
class Query {
 public:
  Query& add(std::string_view name, std::string_view value) {
    if (!value.empty()) {
      text_ += concat(text_.empty() ? "?" : "&", name, "=", percent_encode(value));
    }
    return *this;
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

std::string_view name_of(Propagation propagation) {
  switch (propagation) {
    case Propagation::kBackground:
      return "Background";
    case Propagation::kForeground:
      return "Foreground";
    case Propagation::kOrphan:
      return "Orphan";
  }
  return "Background";
}

// Bytes that are not UTF-8 become U+FFFD; by default they would be an exception.
std::string body_of(const Json& object) {
  return object.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string text_in(const Json& object, const Json::json_pointer& at) {
  return object.contains(at) && object[at].is_string() ? object[at].get<std::string>() : "";
}

}  // namespace

// One request with what its messages and its record say.
struct ApiClient::Call {
  std::string_view verb;
  const ResourceType* type = nullptr;
  std::string what;  // "pods ns/name"
  Request request;
};

namespace {

std::string what_of(const ResourceType& type, const ObjectKey& key) {
  return concat(type.str(), " ", key.str());
}

absl::Status tell_items(const ResourceType& type, bool metadata_only, Json& page,
                        const std::function<void(Json)>& each) {
  const auto items = page.find("items");
  if (items == page.end() || items->is_null()) {
    return absl::OkStatus();
  }
  if (!items->is_array()) {
    return absl::UnavailableError(concat("the list of ", type.str(), " has no items"));
  }
  for (Json& item : *items) {
    // In lists, objects of the built-in kinds come without these.
    if (!metadata_only && item.is_object()) {
      item.emplace("apiVersion", type.api_version());
      item.emplace("kind", type.kind);
    }
    each(std::move(item));
  }
  return absl::OkStatus();
}

absl::Status tell_event(std::string_view line,
                        const std::function<void(std::string_view, Json)>& on_event) {
  if (line.empty()) {
    return absl::OkStatus();
  }
  auto event = parse_json(line, "the event");
  if (!event.ok()) {
    return absl::UnavailableError(std::string(event.status().message()));
  }
  const std::string type = text_in(*event, Json::json_pointer("/type"));
  if (!event->is_object()) {
    return absl::UnavailableError("the event is no object");
  }
  Json& object = (*event)["object"];
  if (type == "ERROR") {
    return error_of_object(object);
  }
  // More types may come to be: who is told passes over those that it does not know.
  on_event(type, std::move(object));
  return absl::OkStatus();
}

}  // namespace

ApiClient::ApiClient(Transport& transport, const Clock& clock, Options options)
    : transport_(transport), clock_(clock), options_([&] {
        if (!options.wait) {
          options.wait = [](int64_t wait_ms) {
            std::this_thread::sleep_for(std::chrono::milliseconds(wait_ms));
          };
        }
        return std::move(options);
      }()) {}

void ApiClient::record(const Call& call, int code, int64_t start_us) {
  if (options_.on_call) {
    options_.on_call({.verb = call.verb,
                      .type = call.type,
                      .code = code,
                      .duration_us = clock_.mono_us() - start_us});
  }
}

absl::StatusOr<Response> ApiClient::perform(const Call& call) {
  int64_t waited_ms = 0;
  int64_t backoff_ms = kFirstWaitMs;
  for (int attempt = 1;; ++attempt) {
    const int64_t start_us = clock_.mono_us();
    auto response = transport_.send(call.request);
    record(call, response.ok() ? response->code : 0, start_us);

    int64_t wait_ms = -1;
    if (response.ok()) {
      // 429 means that nothing was done; 5xx may come after something was.
      const bool may_repeat =
          response->code == 429 || (response->code >= 500 && call.request.idempotent);
      if (may_repeat) {
        const absl::Status error =
            error_of_response(response->code, response->body, response->retry_after_ms);
        wait_ms = retry_after_ms(error);
      }
    } else if (absl::IsUnavailable(response.status()) && call.request.idempotent) {
      wait_ms = backoff_ms;
      backoff_ms *= 2;
    }
    if (wait_ms < 0 || attempt >= options_.attempts_max ||
        waited_ms + wait_ms > options_.retry_wait_ms_max) {
      return response;
    }
    options_.wait(wait_ms);
    waited_ms += wait_ms;
  }
}

absl::StatusOr<std::string> ApiClient::perform_ok(const Call& call) {
  const auto context = [&] { return concat(call.verb, " ", call.what); };
  auto response = perform(call);
  if (!response.ok()) {
    return annotate(response.status(), context());
  }
  if (response->code < 200 || response->code > 299) {
    return annotate(error_of_response(response->code, response->body, response->retry_after_ms),
                    context());
  }
  return std::move(response->body);
}

absl::StatusOr<Json> ApiClient::perform_json(const Call& call) {
  PETREL_ASSIGN_OR_RETURN(const std::string body, perform_ok(call));
  auto object = parse_json(body, concat("the answer to ", call.verb, " ", call.what));
  if (!object.ok()) {
    // Not what was asked is wrong, but what answered.
    return absl::UnavailableError(std::string(object.status().message()));
  }
  return object;
}

absl::StatusOr<Json> ApiClient::get(const ResourceType& type, const ObjectKey& key) {
  return perform_json(
      {.verb = "get",
       .type = &type,
       .what = what_of(type, key),
       .request = {
           .method = "GET", .path = type.object_path(key), .deadline_ms = options_.deadline_ms}});
}

absl::StatusOr<Json> ApiClient::get_path(std::string_view path) {
  return perform_json(
      {.verb = "get",
       .what = std::string(path),
       .request = {
           .method = "GET", .path = std::string(path), .deadline_ms = options_.deadline_ms}});
}

absl::StatusOr<Json> ApiClient::create(const ResourceType& type, const Json& object) {
  const ObjectKey key = key_of(object);
  const Query query = Query().add("fieldManager", options_.field_manager);
  return perform_json(
      {.verb = "create",
       .type = &type,
       .what = what_of(type, key),
       .request = {.method = "POST",
                   .path = type.collection_path(key.resource_namespace) + query.text(),
                   .content_type = kJsonType,
                   .body = body_of(object),
                   .deadline_ms = options_.deadline_ms,
                   .idempotent = false}});
}

absl::StatusOr<Json> ApiClient::replace(const ResourceType& type, const Json& object,
                                        std::string_view subresource) {
  const ObjectKey key = key_of(object);
  const Query query = Query().add("fieldManager", options_.field_manager);
  return perform_json({.verb = "update",
                       .type = &type,
                       .what = what_of(type, key),
                       .request = {.method = "PUT",
                                   .path = type.object_path(key, subresource) + query.text(),
                                   .content_type = kJsonType,
                                   .body = body_of(object),
                                   .deadline_ms = options_.deadline_ms}});
}

absl::StatusOr<Json> ApiClient::apply(const ResourceType& type, const Json& object,
                                      const ApplyOptions& options) {
  const ObjectKey key = key_of(object);
  const Query query =
      Query()
          .add("fieldManager",
               options.field_manager.empty() ? options_.field_manager : options.field_manager)
          .add("force", options.force ? "true" : "false")
          .add("dryRun", options.dry_run ? "All" : "");
  return perform_json(
      {.verb = "apply",
       .type = &type,
       .what = what_of(type, key),
       .request = {.method = "PATCH",
                   .path = type.object_path(key, options.subresource) + query.text(),
                   .content_type = kApplyType,
                   .body = body_of(object),
                   .deadline_ms = options_.deadline_ms}});
}

absl::StatusOr<Json> ApiClient::apply(const ResourceType& type, const Json& object) {
  return apply(type, object, ApplyOptions());
}

absl::StatusOr<Json> ApiClient::patch(const ResourceType& type, const ObjectKey& key,
                                      const Json& body, std::string_view content_type,
                                      std::string_view subresource) {
  const Query query = Query().add("fieldManager", options_.field_manager);
  return perform_json({.verb = "patch",
                       .type = &type,
                       .what = what_of(type, key),
                       .request = {.method = "PATCH",
                                   .path = type.object_path(key, subresource) + query.text(),
                                   .content_type = std::string(content_type),
                                   .body = body_of(body),
                                   .deadline_ms = options_.deadline_ms,
                                   .idempotent = content_type == kMergePatchType}});
}

absl::StatusOr<Json> ApiClient::merge_patch(const ResourceType& type, const ObjectKey& key,
                                            const Json& patch_object,
                                            std::string_view subresource) {
  return patch(type, key, patch_object, kMergePatchType, subresource);
}

absl::StatusOr<Json> ApiClient::json_patch(const ResourceType& type, const ObjectKey& key,
                                           const Json& operations, std::string_view subresource) {
  return patch(type, key, operations, kJsonPatchType, subresource);
}

absl::Status ApiClient::remove(const ResourceType& type, const ObjectKey& key,
                               const DeleteOptions& options) {
  Json body = {{"kind", "DeleteOptions"},
               {"apiVersion", "v1"},
               {"propagationPolicy", name_of(options.propagation)}};
  if (!options.uid.empty()) {
    body["preconditions"]["uid"] = options.uid;
  }
  if (!options.resource_version.empty()) {
    body["preconditions"]["resourceVersion"] = options.resource_version;
  }
  if (options.grace_period_s) {
    body["gracePeriodSeconds"] = *options.grace_period_s;
  }
  return perform_ok({.verb = "delete",
                     .type = &type,
                     .what = what_of(type, key),
                     .request = {.method = "DELETE",
                                 .path = type.object_path(key),
                                 .content_type = kJsonType,
                                 .body = body_of(body),
                                 .deadline_ms = options_.deadline_ms}})
      .status();
}

absl::StatusOr<std::string> ApiClient::list(const ResourceType& type, const ListOptions& options,
                                            const std::function<void(Json)>& each) {
  std::string resource_version;  // of the first page: of all of them
  std::string continue_token;
  for (int restarts = 0;;) {
    const Query query = Query()
                            .add("labelSelector", options.label_selector)
                            .add("fieldSelector", options.field_selector)
                            .add("limit", std::to_string(options.page))
                            .add("continue", continue_token);
    auto page = perform_json(
        {.verb = "list",
         .type = &type,
         .what = what_of(type, {options.resource_namespace, "*"}),
         .request = {.method = "GET",
                     .path = type.collection_path(options.resource_namespace) + query.text(),
                     .accept = options.metadata_only ? kMetadataListType : kJsonType,
                     .deadline_ms = options_.deadline_ms}});
    if (!page.ok() && absl::IsOutOfRange(page.status()) && !continue_token.empty() &&
        options.on_restart && ++restarts <= kListRestartsMax) {
      options.on_restart();
      continue_token.clear();
      resource_version.clear();
      continue;
    }
    PETREL_RETURN_IF_ERROR(page.status());
    PETREL_RETURN_IF_ERROR(tell_items(type, options.metadata_only, *page, each));
    if (resource_version.empty()) {
      resource_version = resource_version_of(*page);
    }
    continue_token = text_in(*page, Json::json_pointer("/metadata/continue"));
    if (continue_token.empty()) {
      return resource_version;
    }
  }
}

absl::Status ApiClient::watch(
    const ResourceType& type, const WatchOptions& options,
    const std::function<void(std::string_view event, Json object)>& on_event, CancelToken& cancel) {
  const Query query = Query()
                          .add("watch", "true")
                          .add("allowWatchBookmarks", "true")
                          .add("labelSelector", options.label_selector)
                          .add("fieldSelector", options.field_selector)
                          .add("resourceVersion", options.resource_version)
                          .add("timeoutSeconds", std::to_string(options.timeout_s));
  const Call call{
      .verb = "watch",
      .type = &type,
      .what = what_of(type, {options.resource_namespace, "*"}),
      .request = {.method = "GET",
                  .path = type.collection_path(options.resource_namespace) + query.text(),
                  .accept = options.metadata_only ? kMetadataType : kJsonType,
                  .deadline_ms = int64_t{options.timeout_s} * 1000 + options.grace_ms}};

  LineSplitter lines(kEventBytesMax);
  absl::Status told;
  const int64_t start_us = clock_.mono_us();
  auto response = transport_.stream(
      call.request,
      [&](std::string_view bytes) {
        told = lines.add(bytes, [&](std::string_view line) { return tell_event(line, on_event); });
        return told.ok() && !cancel.cancelled();
      },
      cancel);
  record(call, response.ok() ? response->code : 0, start_us);

  absl::Status status = told;
  if (cancel.cancelled()) {
    status = absl::CancelledError("cancelled");
  } else if (!response.ok()) {
    status = response.status();
  } else if (response->code != 200) {
    status = error_of_response(response->code, response->body, response->retry_after_ms);
  } else if (status.ok() && lines.pending_bytes() > 0) {
    status = absl::UnavailableError("the stream ended within an event");
  }
  return annotate(status, concat("watch ", call.what));
}

}  // namespace petrel::k8s
