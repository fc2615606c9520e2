// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/resources/documents.h"

#include <absl/strings/str_join.h>

#include <algorithm>
#include <iostream>
#include <iterator>
#include <optional>

#include "common/concat.h"
#include "common/edit_distance.h"
#include "common/file_util.h"
#include "operator/resources/field_builders.h"
#include "operator/resources/objects.h"
#include "operator/resources/schema.h"
#include "operator/resources/yaml_to_json.h"

namespace petrel::ops {

namespace {

using nlohmann::json;

Field metadata_field(const Kind& kind) {
  return {.key = "metadata",
          .type = FieldType::kObject,
          .fields = {
              kind.document_name,
              {.key = "namespace",
               .description = "The Kubernetes namespace.",
               .default_json = "\"default\"",
               .characters_max = 63,
               .pattern = kLabelPattern,
               .pattern_words = kLabelWords},
              {.key = "labels", .type = FieldType::kStringMap, .default_json = "{}"},
              {.key = "annotations",
               .type = FieldType::kStringMap,
               .default_json = "{}",
               .characters_max = 1 << 18},
          }};
}

// Reads one document; problems go to `problems`.
class DocumentReader {
 public:
  DocumentReader(YamlDocument& document, const std::string& file_name,
                 std::vector<std::string>& problems)
      : document_(document), file_name_(file_name), problems_(problems) {}

  std::optional<Resource> read() {
    json& value = document_.value;
    if (!value.is_object()) {
      fail("", false, "a document must be a mapping with apiVersion, kind, metadata and spec");
      return std::nullopt;
    }
    who_ = concat(text_at("/kind", "document"), "/", text_at("/metadata/name", "unnamed"));
    const Kind* kind = check_kind();
    if (kind == nullptr) {
      return std::nullopt;
    }
    const size_t problems_before = problems_.size();
    const auto report = [this](const std::string& pointer, bool at_key, std::string text) {
      fail(pointer, at_key, std::move(text));
    };
    check_top_keys();
    check_part(metadata_field(*kind), report);
    check_part(kind->spec, report);
    if (problems_.size() != problems_before) {
      return std::nullopt;
    }
    return resource(*kind, report);
  }

 private:
  const Kind* check_kind() {
    const std::string version = text_at("/apiVersion", "");
    if (version != kApiVersion) {
      fail("/apiVersion", false,
           version.empty() ? concat("apiVersion: is required: ", kApiVersion)
                           : concat("apiVersion: must be ", kApiVersion, ", not ", version));
      return nullptr;
    }
    const std::string name = text_at("/kind", "");
    const Kind* kind = find_kind(name);
    if (kind == nullptr) {
      std::vector<std::string> known;
      for (const Kind& k : kinds()) {
        known.emplace_back(k.name);
      }
      fail("/kind", false,
           concat("kind: must be ", absl::StrJoin(known, " or "),
                  name.empty() ? "" : concat(", not ", name)));
    }
    return kind;
  }

  void check_top_keys() {
    static const std::vector<std::string_view> kKnown = {"apiVersion", "kind", "metadata", "spec",
                                                         "status"};
    for (const auto& [key, item] : document_.value.items()) {
      if (std::find(kKnown.begin(), kKnown.end(), key) == kKnown.end()) {
        const std::string_view near = nearest(key, kKnown);
        fail(concat("/", key), true,
             concat(key, ": unknown field",
                    near.empty() ? "" : concat("; did you mean ", near, "?")));
      }
    }
  }

  void check_part(const Field& field, const Report& report) {
    const std::string key(field.key);
    json& part = document_.value[key];
    if (part.is_null()) {
      part = json::object();
    }
    if (field.key == "metadata" && part.is_object()) {
      drop_kubernetes_own(part);
    }
    check_and_default(field, concat("/", key), part, report);
  }

  static void drop_kubernetes_own(json& metadata) {
    for (const char* key : {"creationTimestamp", "deletionGracePeriodSeconds", "deletionTimestamp",
                            "finalizers", "generateName", "generation", "managedFields",
                            "ownerReferences", "resourceVersion", "selfLink", "uid"}) {
      metadata.erase(key);
    }
  }

  std::optional<Resource> resource(const Kind& kind, const Report& report) {
    const json& metadata = document_.value["metadata"];
    json& spec = document_.value["spec"];
    Resource result;
    result.kind = kind.name;
    result.name = metadata.at("name").get<std::string>();
    result.resource_namespace = metadata.at("namespace").get<std::string>();
    result.labels = metadata.at("labels").get<std::map<std::string, std::string>>();
    result.annotations = metadata.at("annotations").get<std::map<std::string, std::string>>();
    result.declared_at = where("", false);
    const size_t problems_before = problems_.size();
    default_to_document_name(kind, result.name, spec, report);
    if (problems_.size() != problems_before) {
      return std::nullopt;
    }
    result.spec = spec_text(spec);
    return result;
  }

  std::string text_at(const std::string& pointer, std::string fallback) const {
    const json::json_pointer at(pointer);
    if (document_.value.contains(at) && document_.value.at(at).is_string()) {
      return document_.value.at(at).get<std::string>();
    }
    return fallback;
  }

  // Of the value, or of the nearest one around it that was written.
  std::string where(std::string pointer, bool at_key) const {
    Mark mark;
    if (const auto key = document_.keys.find(pointer); at_key && key != document_.keys.end()) {
      mark = key->second;
    } else {
      auto found = document_.values.find(pointer);
      while (found == document_.values.end() && !pointer.empty()) {
        pointer.resize(pointer.rfind('/'));
        found = document_.values.find(pointer);
      }
      mark = found == document_.values.end() ? Mark{} : found->second;
    }
    return concat(file_name_, ":", mark.line, ":", mark.column);
  }

  void fail(const std::string& pointer, bool at_key, std::string text) {
    problems_.push_back(
        concat(where(pointer, at_key), ": ", who_.empty() ? "" : concat(who_, ": "), text));
  }

  YamlDocument& document_;
  const std::string& file_name_;
  std::vector<std::string>& problems_;
  std::string who_;
};

std::vector<Resource> parse(std::string_view text, const std::string& file_name,
                            std::vector<std::string>& problems) {
  YamlText yaml = yaml_to_json(text);
  for (const YamlProblem& problem : yaml.problems) {
    problems.push_back(
        concat(file_name, ":", problem.mark.line, ":", problem.mark.column, ": ", problem.text));
  }
  std::vector<Resource> resources;
  for (YamlDocument& document : yaml.documents) {
    if (std::optional<Resource> r = DocumentReader(document, file_name, problems).read()) {
      resources.push_back(*std::move(r));
    }
  }
  return resources;
}

absl::StatusOr<std::string> read_standard_input() {
  std::string text;
  char buffer[8192];
  while (std::cin.read(buffer, sizeof(buffer)) || std::cin.gcount() > 0) {
    text.append(buffer, static_cast<size_t>(std::cin.gcount()));
    if (std::ssize(text) > kDocumentFileBytesMax) {
      return absl::ResourceExhaustedError("the standard input holds more than 16 MiB");
    }
  }
  return text;
}

}  // namespace

absl::StatusOr<std::vector<Resource>> parse_documents(std::string_view text,
                                                      const std::string& file_name) {
  std::vector<std::string> problems;
  std::vector<Resource> resources = parse(text, file_name, problems);
  if (!problems.empty()) {
    return absl::InvalidArgumentError(absl::StrJoin(problems, "\n"));
  }
  return resources;
}

absl::StatusOr<std::vector<Resource>> read_documents(const std::vector<std::string>& files) {
  std::vector<std::string> problems;
  std::vector<Resource> resources;
  for (const std::string& file : files) {
    absl::StatusOr<std::string> text =
        file == "-" ? read_standard_input() : read_file(file, kDocumentFileBytesMax);
    if (!text.ok()) {
      return text.status();
    }
    std::vector<Resource> more = parse(*text, file == "-" ? "stdin" : file, problems);
    std::move(more.begin(), more.end(), std::back_inserter(resources));
  }
  if (!problems.empty()) {
    return absl::InvalidArgumentError(absl::StrJoin(problems, "\n"));
  }
  return resources;
}

}  // namespace petrel::ops
