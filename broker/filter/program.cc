// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/filter/program.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <utility>

#include "common/check.h"
#include "store/log/record.h"

namespace petrel::filter {
namespace {

using Op = Instruction::Op;

// A level of parentheses or signs leaves at most four truths below it: one each of OR, AND, =, and
// BETWEEN. So it is enough for kDepthMax of parser.h.
constexpr size_t kStackMax = 256;

// Empty where the message has none. A property without a value counts as missing, and of several
// with one name the last counts, as in RocketMQ.
using Properties = std::array<std::string_view, kNamesMax>;

// Any order does; lengths differ mostly, and cost nothing to compare.
bool comes_before(std::string_view left, std::string_view right) {
  return left.size() != right.size() ? left.size() < right.size() : left < right;
}

int taken_by(const Operand& operand) { return operand.from == Operand::From::kStack ? 1 : 0; }

// How many truths are more on the stack after an instruction than before it, on the way that does
// not skip: where a skip ends, there are as many.
int growth(const Instruction& instruction) {
  switch (instruction.op) {
    case Op::kNot:
    case Op::kForget:
    case Op::kSkipIf:
    case Op::kSkipIfMissing:
      return 0;
    case Op::kAnd:
    case Op::kOr:
      return -1;
    default:
      return 1 - taken_by(instruction.left) - taken_by(instruction.right);
  }
}

Truth negation(Truth truth) {
  switch (truth) {
    case Truth::kFalse:
      return Truth::kTrue;
    case Truth::kTrue:
      return Truth::kFalse;
    case Truth::kUnknown:
      return Truth::kUnknown;
  }
  PETREL_CHECK(false) << "truth " << static_cast<int>(truth);
}

// AND with kFalse as what decides, OR with kTrue.
Truth combination(Truth left, Truth right, Truth decides) {
  if (left == decides || right == decides) {
    return decides;
  }
  return left == Truth::kUnknown ? left : right;
}

bool found(std::string_view text, Search search, std::string_view part) {
  switch (search) {
    case Search::kContains:  // In linear time, which std::string_view::find() does not promise.
      return ::memmem(text.data(), text.size(), part.data(), part.size()) != nullptr;
    case Search::kStartsWith:
      return text.starts_with(part);
    case Search::kEndsWith:
      return text.ends_with(part);
  }
  PETREL_CHECK(false) << "search " << static_cast<int>(search);
}

class Evaluation {
 public:
  Evaluation(const Program::Parts& program, const Properties& properties)
      : program_(program), properties_(properties) {}

  std::optional<Truth> run() {
    for (size_t at = 0; at < program_.instructions.size(); ++at) {
      const Instruction& instruction = program_.instructions[at];
      if (skips(instruction)) {
        at += instruction.count;
      } else if (!step(instruction)) {
        return std::nullopt;
      }
    }
    return stack_[0];
  }

 private:
  bool skips(const Instruction& instruction) {
    if (instruction.op == Op::kSkipIf) {
      return top() == instruction.truth;
    }
    if (instruction.op == Op::kSkipIfMissing && is_null(take(instruction.left))) {
      return push(Truth::kUnknown);
    }
    return false;
  }

  // False where the evaluation ends without a result.
  bool step(const Instruction& instruction) {
    switch (instruction.op) {
      case Op::kSkipIf:
      case Op::kSkipIfMissing:
        return true;
      case Op::kPush:
        return push(instruction.truth);
      case Op::kPushProperty:
        return push(is_null(take(instruction.left)) ? Truth::kUnknown : Truth::kFalse);
      case Op::kNot:
        top() = negation(top());
        return true;
      case Op::kForget:
        top() = Truth::kUnknown;
        return true;
      case Op::kAnd:
        return combine(Truth::kFalse);
      case Op::kOr:
        return combine(Truth::kTrue);
      case Op::kIsNull:
        return push(is_null(take(instruction.left)) ? Truth::kTrue : Truth::kFalse);
      case Op::kEqual: {
        const Value right = take(instruction.right);
        return push(equal(take(instruction.left), right));
      }
      case Op::kCompare: {
        const Value right = take(instruction.right);
        return push(compare(take(instruction.left), instruction.relation, right));
      }
      case Op::kSearch:
        return push(search(instruction));
      case Op::kIsOneOf:
        return push(is_one_of(instruction));
    }
    PETREL_CHECK(false) << "instruction " << static_cast<int>(instruction.op);
  }

  bool combine(Truth decides) {
    const Truth right = pop();
    top() = combination(top(), right, decides);
    return true;
  }

  Truth search(const Instruction& instruction) {
    const Value where = take(instruction.left);
    const auto* text = std::get_if<std::string_view>(&where);
    if (text == nullptr) {
      return Truth::kFalse;
    }
    const auto part = std::get<std::string_view>(take(instruction.right));
    return found(*text, instruction.search, part) != instruction.negated ? Truth::kTrue
                                                                         : Truth::kFalse;
  }

  Truth is_one_of(const Instruction& instruction) {
    const Value value = take(instruction.left);
    if (is_null(value)) {
      return Truth::kUnknown;
    }
    const Value* first = &program_.constants[instruction.right.at];
    const Value* end = first + instruction.count;
    return (std::find(first, end, value) != end) != instruction.negated ? Truth::kTrue
                                                                        : Truth::kFalse;
  }

  Value take(const Operand& operand) {
    switch (operand.from) {
      case Operand::From::kConstant:
        return program_.constants[operand.at];
      case Operand::From::kProperty: {
        const std::string_view text = properties_[operand.at];
        return text.empty() ? Value() : Value(text);
      }
      case Operand::From::kStack: {
        const Truth truth = pop();
        return truth == Truth::kUnknown ? Value() : Value(truth == Truth::kTrue);
      }
    }
    PETREL_CHECK(false) << "operand from " << static_cast<int>(operand.from);
  }

  bool push(std::optional<Truth> truth) {
    if (truth) {
      stack_[size_++] = *truth;
    }
    return truth.has_value();
  }
  Truth pop() { return stack_[--size_]; }
  Truth& top() { return stack_[size_ - 1]; }

  const Program::Parts& program_;
  const Properties& properties_;
  std::array<Truth, kStackMax> stack_;  // of what the constructor of Program has measured
  size_t size_ = 0;
};

}  // namespace

Program::Program(Parts parts) : parts_(std::move(parts)), by_name_(parts_.names.size()) {
  PETREL_CHECK_LE(parts_.names.size(), kNamesMax);
  std::iota(by_name_.begin(), by_name_.end(), 0U);
  std::sort(by_name_.begin(), by_name_.end(), [&](uint32_t left, uint32_t right) {
    return comes_before(parts_.names[left], parts_.names[right]);
  });
  int size = 0;
  for (const Instruction& instruction : parts_.instructions) {
    size += growth(instruction);
    PETREL_CHECK_GE(size, 0);
    PETREL_CHECK_LE(static_cast<size_t>(size), kStackMax);
  }
  PETREL_CHECK_EQ(size, 1);
}

std::optional<Truth> Program::evaluate(std::string_view properties) const {
  Properties found;
  store::for_each_property(properties, [&](std::string_view name, std::string_view value) {
    if (value.empty()) {
      return;
    }
    const auto at = std::lower_bound(by_name_.begin(), by_name_.end(), name,
                                     [&](uint32_t slot, std::string_view wanted) {
                                       return comes_before(parts_.names[slot], wanted);
                                     });
    if (at != by_name_.end() && parts_.names[*at] == name) {
      found[*at] = value;
    }
  });
  return Evaluation(parts_, found).run();
}

}  // namespace petrel::filter
