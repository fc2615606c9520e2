// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/resources/schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

namespace petrel::ops {
namespace {

using nlohmann::json;

// The declaration is data, so what it must keep to is tested over all of it.
void check_declaration(const Field& field, const std::string& path) {
  SCOPED_TRACE(path);
  EXPECT_FALSE(field.description.empty());
  EXPECT_LE(field.min, field.max);
  EXPECT_EQ(field.pattern.empty(), field.pattern_words.empty());
  EXPECT_EQ(field.type == FieldType::kObject || field.type == FieldType::kObjectList,
            !field.fields.empty());
  if (!field.default_json.empty()) {
    EXPECT_FALSE(field.required);
    json value = json::parse(field.default_json);
    check_and_default(field, "", value, [](const std::string&, bool, const std::string& text) {
      ADD_FAILURE() << "the default is refused: " << text;
    });
    // Absent fields are given it as it stands here.
    EXPECT_EQ(value, json::parse(field.default_json));
  }
  std::set<std::string_view> keys;
  for (const Field& child : field.fields) {
    EXPECT_TRUE(keys.insert(child.key).second) << child.key;
    check_declaration(child, path + "." + std::string(child.key));
  }
}

TEST(Schema, EveryFieldIsDescribedAndItsDefaultIsAllowed) {
  for (const Kind& kind : kinds()) {
    EXPECT_FALSE(kind.description.empty());
    EXPECT_EQ(find_kind(kind.name), &kind);
    check_declaration(kind.document_name, std::string(kind.name) + ".metadata.name");
    check_declaration(kind.spec, std::string(kind.name) + ".spec");
    check_declaration(kind.status, std::string(kind.name) + ".status");
  }
  EXPECT_EQ(find_kind("PetrelQueue"), nullptr);
}

TEST(Schema, AnImmutableFieldMayNotChange) {
  const Field spec{.key = "spec",
                   .type = FieldType::kObject,
                   .fields = {{.key = "name", .immutable = true}, {.key = "color"}}};
  std::vector<std::string> texts;
  const Report report = [&](const std::string&, bool, const std::string& text) {
    texts.push_back(text);
  };
  const json before = {{"name", "a"}, {"color", "red"}};
  check_change(spec, "/spec", before, {{"name", "a"}, {"color", "blue"}}, report);
  EXPECT_THAT(texts, testing::IsEmpty());
  check_change(spec, "/spec", before, {{"name", "b"}, {"color", "red"}}, report);
  EXPECT_THAT(texts, testing::ElementsAre("spec.name: may not change once applied: it was \"a\" "
                                          "and would become \"b\""));
}

}  // namespace
}  // namespace petrel::ops
