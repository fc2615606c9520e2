// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/runtimes/local/cluster_record.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/concat.h"
#include "common/file_util.h"
#include "common/status.h"

namespace petrel::ops {

namespace {

using nlohmann::json;

constexpr int kFormatVersion = 1;
constexpr int64_t kRecordBytesMax = 64 << 20;

json to_json(const Document& document) {
  const Resource& resource = document.resource;
  return {{"kind", resource.kind},
          {"name", resource.name},
          {"namespace", resource.resource_namespace},
          {"labels", resource.labels},
          {"annotations", resource.annotations},
          {"spec", json::parse(resource.spec)},
          {"generation", document.generation},
          {"deleting", document.deleting}};
}

json to_json(const std::vector<Document>& documents) {
  json list = json::array();
  for (const Document& document : documents) {
    list.push_back(to_json(document));
  }
  return list;
}

// Throws json::exception.
Document document_from(const json& value) {
  Document document;
  Resource& resource = document.resource;
  value.at("kind").get_to(resource.kind);
  value.at("name").get_to(resource.name);
  value.at("namespace").get_to(resource.resource_namespace);
  value.at("labels").get_to(resource.labels);
  value.at("annotations").get_to(resource.annotations);
  resource.spec = value.at("spec").dump();
  value.at("generation").get_to(document.generation);
  value.at("deleting").get_to(document.deleting);
  return document;
}

// Throws json::exception.
ClusterRecord record_from(const json& value) {
  ClusterRecord record;
  value.at("portBase").get_to(record.port_base);
  record.cluster = document_from(value.at("cluster"));
  for (const json& topic : value.at("topics")) {
    record.topics.push_back(document_from(topic));
  }
  for (const json& group : value.at("groups")) {
    record.groups.push_back(document_from(group));
  }
  return record;
}

absl::StatusOr<Document> next_document(const Document* before, const Resource& declared) {
  Document next{.resource = declared};
  if (before != nullptr) {
    PETREL_RETURN_IF_ERROR(check_change(before->resource, declared));
    const bool changed = before->deleting || before->resource.spec != declared.spec;
    next.generation = before->generation + (changed ? 1 : 0);
  }
  return next;
}

absl::StatusOr<std::vector<Document>> next_documents(const std::vector<Document>& before,
                                                     const std::vector<Resource>& declared) {
  std::vector<Document> next;
  for (const Resource& resource : declared) {
    const auto found = std::find_if(before.begin(), before.end(), [&](const Document& document) {
      return document.resource.id() == resource.id();
    });
    PETREL_ASSIGN_OR_RETURN(Document document,
                            next_document(found == before.end() ? nullptr : &*found, resource));
    next.push_back(std::move(document));
  }
  for (const Document& document : before) {
    const bool still_there = std::any_of(
        declared.begin(), declared.end(),
        [&](const Resource& resource) { return resource.id() == document.resource.id(); });
    if (!still_there) {
      next.push_back(document);
      next.back().deleting = true;
    }
  }
  std::sort(next.begin(), next.end(),
            [](const Document& a, const Document& b) { return a.resource.name < b.resource.name; });
  return next;
}

}  // namespace

Desired desired_of(const ClusterRecord& record) {
  const auto resource = [](const Document& document) {
    Resource copy = document.resource;
    copy.generation = document.generation;
    copy.deleting = document.deleting;
    return copy;
  };
  Desired desired{.cluster = declared_cluster(resource(record.cluster))};
  for (const Document& topic : record.topics) {
    desired.topics.push_back(declared_topic(resource(topic)));
  }
  for (const Document& group : record.groups) {
    desired.groups.push_back(declared_group(resource(group)));
  }
  return desired;
}

absl::StatusOr<ClusterRecord> next_record(const std::optional<ClusterRecord>& before,
                                          const Declaration& declaration,
                                          std::optional<int> port_base) {
  static const ClusterRecord kNothing;
  const ClusterRecord& old = before ? *before : kNothing;
  if (before && old.cluster.resource.name != declaration.cluster.name) {
    return absl::InvalidArgumentError(
        concat(declaration.cluster.declared_at, ": ", declaration.cluster.id(),
               ": the data directory belongs to ", old.cluster.resource.id(),
               "; choose another one with --data"));
  }
  ClusterRecord next;
  next.port_base = port_base.value_or(old.port_base);
  PETREL_ASSIGN_OR_RETURN(next.cluster,
                          next_document(before ? &old.cluster : nullptr, declaration.cluster));
  PETREL_ASSIGN_OR_RETURN(next.topics, next_documents(old.topics, declaration.topics));
  PETREL_ASSIGN_OR_RETURN(next.groups, next_documents(old.groups, declaration.groups));
  return next;
}

absl::StatusOr<std::optional<ClusterRecord>> load_record(const std::string& file) {
  absl::StatusOr<std::string> text = read_file(file, kRecordBytesMax);
  if (absl::IsNotFound(text.status())) {
    return std::nullopt;
  }
  PETREL_RETURN_IF_ERROR(text.status());
  try {
    const json value = json::parse(*text);
    if (const int version = value.at("formatVersion").get<int>(); version != kFormatVersion) {
      return absl::DataLossError(concat(file, " has format ", version,
                                        ", and this petrelctl knows ", kFormatVersion,
                                        "; use the petrelctl that wrote it"));
    }
    return record_from(value);
  } catch (const json::exception& error) {
    return absl::DataLossError(concat(file, " is damaged: ", error.what()));
  }
}

absl::Status save_record(const std::string& file, const ClusterRecord& record) {
  const json value = {{"formatVersion", kFormatVersion},
                      {"portBase", record.port_base},
                      {"cluster", to_json(record.cluster)},
                      {"topics", to_json(record.topics)},
                      {"groups", to_json(record.groups)}};
  const std::string text = value.dump(2) + "\n";
  // A full disk is no reason not to start again what was declared before.
  if (read_file(file, kRecordBytesMax).value_or("") == text) {
    return absl::OkStatus();
  }
  return write_file_atomic(file, text, 0644);
}

}  // namespace petrel::ops
