// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "common/yaml_documents.h"

#include <yaml-cpp/eventhandler.h>

#include <sstream>

namespace petrel {
namespace {

// Follows a parser without building anything.
class DocumentStarts final : public YAML::EventHandler {
 public:
  YAML::Mark last = YAML::Mark::null_mark();

  void OnDocumentStart(const YAML::Mark& mark) override { last = mark; }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t,
                const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}
};

}  // namespace

std::vector<YAML::Node> load_yaml_documents(const std::string& text) {
  std::istringstream in(text);
  YAML::Parser parser(in);
  DocumentStarts starts;
  for (YAML::Mark before = starts.last; parser.HandleNextDocument(starts); before = starts.last) {
    if (before.pos == starts.last.pos) {
      throw YAML::ParserException(starts.last, "unexpected punctuation");
    }
  }
  return YAML::LoadAll(text);
}

}  // namespace petrel
