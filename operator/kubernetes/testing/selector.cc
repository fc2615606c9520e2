// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/kubernetes/testing/selector.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "common/concat.h"
#include "common/status.h"

namespace petrel::k8s::testing {
namespace {

std::string trim(std::string_view text) {
  const size_t begin = text.find_first_not_of(' ');
  if (begin == std::string_view::npos) {
    return "";
  }
  return std::string(text.substr(begin, text.find_last_not_of(' ') - begin + 1));
}

// At commas that are not in parentheses.
std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> parts;
  std::string part;
  int depth = 0;
  for (const char c : text) {
    depth += c == '(' ? 1 : c == ')' ? -1 : 0;
    if (c == ',' && depth == 0) {
      parts.push_back(trim(part));
      part.clear();
    } else {
      part += c;
    }
  }
  if (!trim(part).empty()) {
    parts.push_back(trim(part));
  }
  return parts;
}

std::optional<std::string> label(const Json& object, const std::string& name) {
  const auto metadata = object.find("metadata");
  if (metadata == object.end() || !metadata->contains("labels")) {
    return std::nullopt;
  }
  const Json& labels = (*metadata)["labels"];
  const auto found = labels.find(name);
  return found == labels.end() ? std::nullopt
                               : std::optional<std::string>(found->get<std::string>());
}

// Absent fields are empty, as in the API.
std::string field(const Json& object, std::string path) {
  std::replace(path.begin(), path.end(), '.', '/');
  const Json::json_pointer pointer("/" + path);
  if (!object.contains(pointer)) {
    return "";
  }
  const Json& value = object[pointer];
  return value.is_string() ? value.get<std::string>() : value.dump();
}

}  // namespace

absl::StatusOr<Selector::Term> Selector::parse_term(std::string_view text) {
  Term term;
  for (const std::string_view op : {"!=", "==", "="}) {
    if (const size_t at = text.find(op); at != std::string_view::npos) {
      term.name = trim(text.substr(0, at));
      term.values = {trim(text.substr(at + op.size()))};
      term.negated = op == "!=";
      return term;
    }
  }
  if (const size_t open = text.find(" ("); open != std::string_view::npos && text.back() == ')') {
    const std::string head = trim(text.substr(0, open));
    const size_t space = head.rfind(' ');
    const std::string op = space == std::string::npos ? "" : head.substr(space + 1);
    if (op != "in" && op != "notin") {
      return absl::InvalidArgumentError(concat("unable to parse requirement: ", text));
    }
    term.name = trim(head.substr(0, space));
    term.values = split(text.substr(open + 2, text.size() - open - 3));
    term.negated = op == "notin";
    return term;
  }
  term.negated = text.starts_with("!");
  term.name = trim(text.substr(term.negated ? 1 : 0));
  if (term.name.empty() || term.name.find(' ') != std::string::npos) {
    return absl::InvalidArgumentError(concat("unable to parse requirement: ", text));
  }
  return term;
}

absl::StatusOr<Selector> Selector::parse(std::string_view labels, std::string_view fields) {
  Selector selector;
  for (const std::string& part : split(labels)) {
    PETREL_ASSIGN_OR_RETURN(Term term, parse_term(part));
    selector.terms_.push_back(std::move(term));
  }
  for (const std::string& part : split(fields)) {
    PETREL_ASSIGN_OR_RETURN(Term term, parse_term(part));
    term.is_field = true;
    selector.terms_.push_back(std::move(term));
  }
  return selector;
}

bool Selector::matches(const Json& object) const {
  return std::all_of(terms_.begin(), terms_.end(), [&](const Term& term) {
    const std::optional<std::string> value =
        term.is_field ? field(object, term.name) : label(object, term.name);
    const bool found = value.has_value() &&
                       (term.values.empty() || std::find(term.values.begin(), term.values.end(),
                                                         *value) != term.values.end());
    return found != term.negated;
  });
}

}  // namespace petrel::k8s::testing
