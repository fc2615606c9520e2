// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "common/yaml_documents.h"

#include <gtest/gtest.h>

namespace petrel {
namespace {

TEST(YamlDocuments, AreAllDocumentsOfTheText) {
  const auto documents = load_yaml_documents("a: 1\n---\nb: [2, 3]\n");
  ASSERT_EQ(documents.size(), 2u);
  EXPECT_EQ(documents[1]["b"][1].as<int>(), 3);
}

TEST(YamlDocuments, PunctuationThatStandsAloneIsAnErrorAndNoEndlessText) {
  for (const char* text : {",", "a: 1\n,", "]", "}\n"}) {
    EXPECT_THROW(load_yaml_documents(text), YAML::Exception) << text;
  }
}

}  // namespace
}  // namespace petrel
