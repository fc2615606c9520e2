// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "broker/filter/comparison.h"

namespace petrel::filter {

// Different names of properties in one expression, so that their values have room on the stack.
inline constexpr size_t kNamesMax = 64;

// Where a value comes from.
struct Operand {
  enum class From : uint8_t {
    kConstant,  // the one at `at`
    kProperty,  // that of the name at `at`
    kStack,     // the truth on top, which is taken away
  };
  From from = From::kConstant;
  uint32_t at = 0;
};

enum class Search : uint8_t { kContains, kStartsWith, kEndsWith };

// One step, on a stack of truths. Skips go forward only, so a program ends.
struct Instruction {
  enum class Op : uint8_t {
    kPush,           // truth
    kPushProperty,   // a property as a condition: false, or unknown where it is missing
    kNot,            // of the top
    kForget,         // makes the top unknown
    kAnd,            // of the two on top
    kOr,             //
    kSkipIf,         // the next `count`, where the top is `truth`
    kSkipIfMissing,  // the next `count`, with unknown pushed, where left is null
    kEqual,          // left = right
    kCompare,        // left, relation, right
    kIsNull,         // left
    kSearch,         // left for the text in right; false for what is no text, `negated` or not
    kIsOneOf,        // left among `count` texts from right on; unknown where it is missing
  };
  Op op;
  Truth truth = Truth::kFalse;
  Relation relation = Relation::kLess;
  Search search = Search::kContains;
  bool negated = false;
  Operand left = {};
  Operand right = {};
  uint32_t count = 0;
};

// A compiled expression. Immutable: any thread.
class Program {
 public:
  struct Parts {
    // What names and texts among the constants view. Its buffer is never moved.
    std::vector<char> text;
    std::vector<std::string_view> names;  // at most kNamesMax
    std::vector<Value> constants;
    std::vector<Instruction> instructions;
  };
  // PETREL_CHECKs that the instructions leave one truth, and have room.
  explicit Program(Parts parts);
  Program(Program&&) = default;
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  // What it says of a message with these properties, as records have them
  // (store/log/record.h); nothing where RocketMQ's evaluation ends with an exception. Allocates
  // nothing.
  std::optional<Truth> evaluate(std::string_view properties) const;

 private:
  Parts parts_;
  std::vector<uint32_t> by_name_;  // indexes of the names, in the order of comes_before()
};

}  // namespace petrel::filter
