// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
//
// petrel-filter-cases SEED EXPRESSIONS SETS MALFORMED: prints expressions by chance, and what our
// filter says of them and of messages. CompareFilters.java reads it. Texts are in base64; a line is
//   X EXPRESSION taken|refused
//   P PROPERTIES T|F|N|E    of the expression above: true, false, unknown, ends with an exception
//   M                       the changed ones begin
// The first EXPRESSIONS follow the grammar, MALFORMED more are changed; each that is taken has SETS
// of properties.
#include <charconv>
#include <cstdint>
#include <iostream>
#include <string>
#include <string_view>

#include "absl/strings/escaping.h"
#include "broker/filter/parser.h"
#include "common/check.h"
#include "tests/compat/filter/case_source.h"

namespace petrel::filter {
namespace {

std::string encoded(const std::string& text) { return absl::Base64Escape(text); }

char letter_of(std::optional<Truth> truth) {
  if (!truth) {
    return 'E';
  }
  switch (*truth) {
    case Truth::kTrue:
      return 'T';
    case Truth::kFalse:
      return 'F';
    case Truth::kUnknown:
      return 'N';
  }
  PETREL_CHECK(false) << "truth " << static_cast<int>(*truth);
}

void tell(CaseSource& source, const std::string& expression, uint64_t sets) {
  const auto program = parse(expression);
  std::cout << "X " << encoded(expression) << (program.ok() ? " taken\n" : " refused\n");
  for (uint64_t set = 0; program.ok() && set < sets; ++set) {
    const std::string properties = source.properties();
    std::cout << "P " << encoded(properties) << ' ' << letter_of(program->evaluate(properties))
              << '\n';
  }
}

uint64_t number(std::string_view text) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  PETREL_CHECK(error == std::errc() && end == text.data() + text.size()) << text;
  return value;
}

int run(uint64_t seed, uint64_t expressions, uint64_t sets, uint64_t malformed) {
  CaseSource source(seed);
  for (uint64_t i = 0; i < expressions; ++i) {
    tell(source, source.expression(), sets);
  }
  std::cout << "M\n";
  for (uint64_t i = 0; i < malformed; ++i) {
    tell(source, source.malformed(), sets);
  }
  return std::cout.flush() ? 0 : 1;
}

}  // namespace
}  // namespace petrel::filter

int main(int argc, char** argv) {
  if (argc != 5) {
    std::cerr << "usage: petrel-filter-cases SEED EXPRESSIONS SETS MALFORMED\n";
    return 2;
  }
  using petrel::filter::number;
  return petrel::filter::run(number(argv[1]), number(argv[2]), number(argv[3]), number(argv[4]));
}
