// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "common/concat.h"
#include "operator/kubernetes/errors.h"
#include "operator/kubernetes/testing/server_state.h"

// Everything but watches: one request, one answer.

namespace petrel::k8s::testing {
namespace {

int64_t number_of(const std::string& text) {
  int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::string manager_of(const HttpRequest& request) {
  const std::string named = request.parameter("fieldManager");
  if (!named.empty()) {
    return named;
  }
  const std::string agent = request.header("user-agent");
  return agent.substr(0, agent.find('/'));
}

Json parse_body(const HttpRequest& request) {
  return Json::parse(request.body, nullptr, /*allow_exceptions=*/false);
}

Answer bad_request(std::string_view message) {
  return answer_of(api_error(400, "BadRequest", message));
}

// A continue token: the version of the first page and the key of the last object that was told.
struct Continuation {
  int64_t version = 0;
  ObjectKey after;

  std::string str() const {
    return concat(version, "|", after.resource_namespace, "|", after.name);
  }
  static Continuation parse(const std::string& text) {
    Continuation result;
    const size_t first = text.find('|');
    const size_t second = text.find('|', first + 1);
    result.version = number_of(text);
    result.after = {text.substr(first + 1, second - first - 1), text.substr(second + 1)};
    return result;
  }
};

}  // namespace

Json status_object(int code, std::string_view reason, std::string_view message) {
  return Json{{"kind", "Status"},    {"apiVersion", "v1"}, {"metadata", Json::object()},
              {"status", "Failure"}, {"message", message}, {"reason", reason},
              {"code", code}};
}

Answer answer_of(const absl::Status& error) {
  const int code = http_code(error) == 0 ? 422 : http_code(error);
  const std::string reason = api_reason(error);
  return {code, status_object(code, reason.empty() ? "Invalid" : reason, concat(error.message()))};
}

Answer answer_of(absl::StatusOr<Json> result, int code) {
  return result.ok() ? Answer{code, *std::move(result)} : answer_of(result.status());
}

Json metadata_of(const Json& object) {
  return Json{{"apiVersion", "meta.k8s.io/v1"},
              {"kind", "PartialObjectMetadata"},
              {"metadata", object["metadata"]}};
}

bool wants_metadata_only(const HttpRequest& request) {
  return request.header("accept").find("as=PartialObjectMetadata") != std::string::npos;
}

Answer FakeApiServer::State::answer_locked(const ApiCall& call, const HttpRequest& request) {
  if (!token.empty() && request.header("authorization") != "Bearer " + token) {
    return answer_of(api_error(401, "Unauthorized", "Unauthorized"));
  }
  if (call.plural.empty()) {
    return discover_locked(request);
  }
  const ResourceType* type = store.find_type(call.group, call.version, call.plural);
  if (type == nullptr) {
    return answer_of(
        api_error(404, "NotFound", "the server could not find the requested resource"));
  }
  if (call.verb == "list") {
    return list_locked(*type, call, request);
  }
  if (call.verb == "get") {
    const ObjectPointer object = store.find(*type, call.key);
    if (object == nullptr) {
      return answer_of(
          api_error(404, "NotFound", concat(type->str(), " \"", call.key.name, "\" not found")));
    }
    return {200, wants_metadata_only(request) ? metadata_of(*object) : *object};
  }
  if (call.verb.empty()) {
    return answer_of(api_error(405, "MethodNotAllowed",
                               "the server does not allow this method on the requested resource"));
  }
  const Answer answer = write_locked(*type, call, request);
  changed_locked();
  return answer;
}

Answer FakeApiServer::State::list_locked(const ResourceType& type, const ApiCall& call,
                                         const HttpRequest& request) {
  const auto selector =
      Selector::parse(request.parameter("labelSelector"), request.parameter("fieldSelector"));
  if (!selector.ok()) {
    return bad_request(concat(selector.status().message()));
  }
  const auto& objects = store.all(type);
  Continuation at{store.version(), {}};
  auto object = objects.lower_bound({call.key.resource_namespace, ""});
  const std::string token_text = request.parameter("continue");
  if (!token_text.empty()) {
    at = Continuation::parse(token_text);
    if (const absl::Status known = store.check_version(at.version); !known.ok()) {
      return answer_of(api_error(410, "Expired",
                                 "The provided continue parameter is too old to display a "
                                 "consistent list result."));
    }
    object = objects.upper_bound(at.after);
  }
  const bool metadata_only = wants_metadata_only(request);
  const int64_t limit = number_of(request.parameter("limit"));
  Json items = Json::array();
  Json metadata = {{"resourceVersion", concat(at.version)}};
  for (; object != objects.end(); ++object) {
    const std::string& in = object->first.resource_namespace;
    if (!call.key.resource_namespace.empty() && in != call.key.resource_namespace) {
      break;
    }
    if (!selector->matches(*object->second)) {
      continue;
    }
    if (limit > 0 && static_cast<int64_t>(items.size()) == limit) {
      metadata["continue"] = at.str();
      break;
    }
    items.push_back(metadata_only ? metadata_of(*object->second) : *object->second);
    at.after = object->first;
  }
  return {200, Json{{"kind", metadata_only ? "PartialObjectMetadataList" : type.kind + "List"},
                    {"apiVersion", metadata_only ? "meta.k8s.io/v1" : type.api_version()},
                    {"metadata", std::move(metadata)},
                    {"items", std::move(items)}}};
}

Answer FakeApiServer::State::write_locked(const ResourceType& type, const ApiCall& call,
                                          const HttpRequest& request) {
  if (type.namespaced && call.key.resource_namespace.empty()) {
    return bad_request("a namespace is required");
  }
  if (!call.subresource.empty() && call.subresource != "status") {
    return answer_of(api_error(404, "NotFound", "the server could not find the subresource"));
  }
  if (call.verb == "delete") {
    return delete_locked(type, call, request);
  }
  const WriteOptions options{manager_of(request), call.subresource,
                             request.parameter("dryRun") == "All"};
  if (call.verb == "patch") {
    return patch_locked(type, call, request, options);
  }
  Json object = parse_body(request);
  if (!object.is_object()) {
    return bad_request("the body is no object");
  }
  if (object.value("kind", "") != type.kind ||
      object.value("apiVersion", "") != type.api_version()) {
    return bad_request(concat("the body is no ", type.kind, " of ", type.api_version()));
  }
  if (type.namespaced) {
    object["metadata"]["namespace"] = call.key.resource_namespace;
  }
  if (call.verb == "create") {
    return answer_of(store.create(type, std::move(object), options), 201);
  }
  if (key_of(object).name != call.key.name) {
    return bad_request("the name of the object does not match the name on the URL");
  }
  if (call.verb == "update") {
    return answer_of(store.update(type, call.key, std::move(object), options));
  }
  const bool is_new = store.find(type, call.key) == nullptr;
  const bool force = request.parameter("force") == "true";
  return answer_of(store.apply(type, call.key, std::move(object), options, force),
                   is_new ? 201 : 200);
}

Answer FakeApiServer::State::patch_locked(const ResourceType& type, const ApiCall& call,
                                          const HttpRequest& request, const WriteOptions& options) {
  const ObjectPointer before = store.find(type, call.key);
  if (before == nullptr) {
    return answer_of(
        api_error(404, "NotFound", concat(type.str(), " \"", call.key.name, "\" not found")));
  }
  const std::string content_type = request.header("content-type");
  const Json patch = parse_body(request);
  Json proposed = *before;
  if (content_type.starts_with("application/merge-patch+json") && patch.is_object()) {
    proposed.merge_patch(patch);
  } else if (content_type.starts_with("application/json-patch+json") && patch.is_array()) {
    try {
      proposed = proposed.patch(patch);
    } catch (const Json::exception& error) {
      return answer_of(api_error(422, "Invalid", error.what()));
    }
  } else {
    return answer_of(api_error(415, "UnsupportedMediaType", concat("no patch: ", content_type)));
  }
  return answer_of(store.update(type, call.key, std::move(proposed), options));
}

Answer FakeApiServer::State::delete_locked(const ResourceType& type, const ApiCall& call,
                                           const HttpRequest& request) {
  RemoveOptions options;
  if (const std::string asked = request.parameter("propagationPolicy"); !asked.empty()) {
    options.propagation = asked;
  }
  if (!request.body.empty()) {
    const Json body = parse_body(request);
    if (!body.is_object()) {
      return bad_request("the body is no DeleteOptions");
    }
    options.propagation = body.value("propagationPolicy", options.propagation);
    options.uid = body.value(Json::json_pointer("/preconditions/uid"), "");
    options.resource_version = body.value(Json::json_pointer("/preconditions/resourceVersion"), "");
  }
  return answer_of(store.remove(type, call.key, options));
}

Answer FakeApiServer::State::discover_locked(const HttpRequest& request) {
  const std::vector<std::string> path = path_segments(request.path);
  if (request.path == "/version") {
    return {200, Json{{"major", "1"}, {"minor", "34"}, {"gitVersion", "v1.34.0"}}};
  }
  if (request.path == "/api") {
    return {200, Json{{"kind", "APIVersions"}, {"versions", Json::array({"v1"})}}};
  }
  const bool one_version = (path.size() == 2 && path[0] == "api") || path.size() == 3;
  std::map<std::string, std::set<std::string>> groups;
  Json resources = Json::array();
  for (const ResourceType& type : store.types()) {
    groups[type.group].insert(type.version);
    const std::string prefix = type.group.empty() ? "/api/" : "/apis/";
    if (request.path == prefix + type.api_version()) {
      resources.push_back(
          {{"name", type.plural}, {"kind", type.kind}, {"namespaced", type.namespaced}});
    }
  }
  if (one_version && !resources.empty()) {
    return {200, Json{{"kind", "APIResourceList"}, {"resources", std::move(resources)}}};
  }
  Json list = Json::array();
  for (const auto& [group, versions] : groups) {
    Json entry = {{"kind", "APIGroup"}, {"name", group}, {"versions", Json::array()}};
    for (const std::string& version : versions) {
      entry["versions"].push_back(
          {{"groupVersion", concat(group, "/", version)}, {"version", version}});
    }
    if (request.path == "/apis/" + group) {
      return {200, std::move(entry)};
    }
    if (!group.empty()) {
      list.push_back(std::move(entry));
    }
  }
  if (request.path == "/apis") {
    return {200, Json{{"kind", "APIGroupList"}, {"groups", std::move(list)}}};
  }
  return answer_of(api_error(404, "NotFound", "the server could not find the requested resource"));
}

}  // namespace petrel::k8s::testing
