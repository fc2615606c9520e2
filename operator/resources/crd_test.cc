// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/resources/crd.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "operator/resources/documents.h"
#include "operator/resources/objects.h"
#include "operator/resources/resource.h"
#include "operator/resources/yaml_text.h"
#include "operator/resources/yaml_to_json.h"

namespace petrel::ops {
namespace {

using nlohmann::json;
using testing::IsEmpty;

std::string testdata(const std::string& name) {
  std::ifstream file(std::string(PETREL_TESTDATA) + "/" + name);
  EXPECT_TRUE(file) << name;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<json> documents_in(const std::string& name) {
  const YamlText yaml = yaml_to_json(testdata(name));
  EXPECT_THAT(yaml.problems, IsEmpty());
  std::vector<json> documents;
  for (const YamlDocument& document : yaml.documents) {
    documents.push_back(document.value);
  }
  return documents;
}

absl::StatusOr<std::vector<Resource>> parse(const json& document) {
  return parse_documents(document.dump(), "testdata");
}

json definition(const char* kind) {
  const YamlText yaml = yaml_to_json(crd_yaml(*find_kind(kind)));
  EXPECT_THAT(yaml.problems, IsEmpty());
  return yaml.documents.at(0).value;
}

const json& version(const json& crd) { return crd.at("spec").at("versions").at(0); }

// tests/charts asks a real API server about the same documents.
TEST(Testdata, AcceptedDocumentsAreAcceptedFromFilesAndFromTheApi) {
  for (const json& document : documents_in("accepted.yaml")) {
    const auto parsed = parse(document);
    ASSERT_TRUE(parsed.ok()) << parsed.status();
    const auto object = read_object(document);
    ASSERT_TRUE(object.ok()) << object.status();
    EXPECT_EQ(object->spec, parsed->front().spec);
  }
}

TEST(Testdata, RefusedDocumentsAreRefused) {
  for (const json& document : documents_in("refused.yaml")) {
    EXPECT_FALSE(parse(document).ok()) << document;
  }
}

TEST(Testdata, ChangesAreJudged) {
  const std::vector<json> documents = documents_in("changes.yaml");
  for (size_t i = 0; i + 1 < documents.size(); i += 2) {
    const Resource before = parse(documents[i])->front();
    const Resource after = parse(documents[i + 1])->front();
    EXPECT_EQ(check_change(before, after).ok(), after.annotations.at("change") == "accepted")
        << after.name << ": " << check_change(before, after);
  }
}

TEST(Crd, DefaultsOfTheApiServerAreThoseOfFiles) {
  const json crd = definition("PetrelCluster");
  const json& spec = version(crd).at("schema").at("openAPIV3Schema").at("properties").at("spec");
  EXPECT_EQ(spec.at("default"), json::object());
  const json& broker = spec.at("properties").at("broker");
  EXPECT_EQ(broker.at("default"), json::object());
  EXPECT_EQ(broker.at("properties").at("flushMode").at("default"), "Async");
  EXPECT_EQ(broker.at("properties").at("resources").at("default").at("requests").at("cpu"), "250m");
  EXPECT_EQ(broker.at("properties").at("storage").at("properties").at("size").at("default"),
            "10Gi");
}

TEST(Crd, ATopicMustHaveASpecAndAClusterMustNot) {
  const json topic = definition("PetrelTopic");
  const json cluster = definition("PetrelCluster");
  EXPECT_EQ(version(topic).at("schema").at("openAPIV3Schema").at("required"), json({"spec"}));
  EXPECT_FALSE(version(cluster).at("schema").at("openAPIV3Schema").contains("required"));
}

TEST(Crd, StatusHasNoDefaultsAndConditionsAreMergedByType) {
  for (const Kind& kind : kinds()) {
    const json crd = definition(std::string(kind.name).c_str());
    const json& status =
        version(crd).at("schema").at("openAPIV3Schema").at("properties").at("status");
    EXPECT_EQ(status.dump().find("\"default\""), std::string::npos);
    EXPECT_EQ(status.at("properties").at("conditions").at("x-kubernetes-list-map-keys"),
              json({"type"}));
    EXPECT_TRUE(version(crd).at("subresources").contains("status"));
  }
}

// A column that names a field which is not there would stay empty without a word.
TEST(Crd, ColumnsAndScaleNameFieldsThatAreDeclared) {
  for (const Kind& kind : kinds()) {
    std::vector<std::string_view> paths = {kind.scale_spec_path, kind.scale_status_path,
                                           kind.scale_selector_path};
    for (const Column& column : kind.columns) {
      paths.push_back(column.path);
    }
    for (std::string_view path : paths) {
      if (path.empty() || path.starts_with(".metadata.") ||
          path.starts_with(".status.conditions[")) {
        continue;
      }
      const Field* field = path.starts_with(".spec.") ? &kind.spec : &kind.status;
      std::istringstream words{std::string(path)};
      std::string word;
      std::getline(words, word, '.');
      std::getline(words, word, '.');
      while (std::getline(words, word, '.')) {
        const auto found = std::find_if(field->fields.begin(), field->fields.end(),
                                        [&](const Field& child) { return child.key == word; });
        ASSERT_NE(found, field->fields.end()) << kind.name << path;
        field = &*found;
      }
    }
  }
}

TEST(YamlText, IsReadBackAsTheSameValue) {
  for (
      const char* text :
      {R"({"a": "true", "b": ["no", "", "~", "1", "1.5", "0x1", "x: y", "# c", "a\nb", "é", " "]})",
       R"([[1, [2, {"k": [{}, []]}]], {"a": {"b": null, "c": false}}, "on", -3, 1.5])",
       R"({"": {"- x": [{"p": 1, "q": [2]}, {"r": "2026-11-21T15:00:00Z"}]}, "no": "y"})"}) {
    const auto value = nlohmann::ordered_json::parse(text);
    const YamlText yaml = yaml_to_json(yaml_text(value));
    ASSERT_THAT(yaml.problems, IsEmpty()) << yaml_text(value);
    EXPECT_EQ(yaml.documents.at(0).value, json::parse(text)) << yaml_text(value);
  }
}

}  // namespace
}  // namespace petrel::ops
