// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "common/random.h"

namespace petrel::filter {

// Expressions and properties by chance, all from one seed: every construct of the grammar over a
// few names, and values of all types for these, so that the three truths, exceptions and refusals
// all come often. Expressions stay within the bounds of broker/filter/parser.h.
class CaseSource {
 public:
  explicit CaseSource(uint64_t seed) : random_(seed) {}

  // Follows the grammar; RocketMQ refuses some for what they put together.
  std::string expression() { return condition(kDepth); }
  // An expression with a few characters or tokens gone, added, exchanged, or tokens alone.
  std::string malformed();
  // As a record has them, with names twice, without a value, and things that are no properties.
  std::string properties();

 private:
  static constexpr int kDepth = 3;

  std::string condition(int depth);
  std::string predicate(int depth);
  std::string any_predicate(int depth);
  std::string operand(int depth);
  std::string ordered_operand(int depth);
  std::string list();
  std::string changed(std::string text);
  std::string token();
  std::string value_of(std::string_view name);

  std::string name() { return std::string(pick(kNames)); }
  std::string number();
  std::string string();
  // In any case.
  std::string word(std::string_view word);
  // What may stand between two tokens.
  std::string blank();

  bool chance(uint64_t one_in) { return random_.below(one_in) == 0; }
  template <typename List>
  std::string_view pick(const List& list) {
    return std::data(list)[random_.below(std::size(list))];
  }
  std::string_view pick(std::initializer_list<std::string_view> list) {
    return std::data(list)[random_.below(list.size())];
  }

  static constexpr std::string_view kNames[] = {"i", "n",   "d",    "s",   "t",
                                                "b", "any", "TAGS", "_k$1"};

  SeededRandom random_;
};

}  // namespace petrel::filter
