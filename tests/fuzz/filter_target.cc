// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "absl/status/status.h"
#include "broker/filter/parser.h"
#include "common/check.h"
#include "common/concat.h"
#include "tests/fuzz/target.h"

namespace petrel::fuzz {
namespace {

// An expression, a zero byte, and properties.
std::string input(std::string_view expression, std::string_view properties) {
  return concat(expression, '\0', properties);
}

void run(std::string_view bytes) {
  const size_t end = std::min(bytes.find('\0'), bytes.size());
  const std::string_view expression = bytes.substr(0, end);
  const std::string_view properties = bytes.substr(std::min(end + 1, bytes.size()));
  auto program = filter::parse(expression);
  if (!program.ok()) {
    PETREL_CHECK(absl::IsInvalidArgument(program.status())) << program.status();
    PETREL_CHECK_LE(program.status().message().size(), size_t{256});
    return;
  }
  PETREL_CHECK_LE(expression.size(), filter::kExpressionBytesMax);
  const auto truth = program->evaluate(properties);
  // Neither the text of the expression nor what it cannot name counts.
  const filter::Program moved = *std::move(program);
  PETREL_CHECK(moved.evaluate(concat("no-name\x01value\x02", properties)) == truth);
  (void)moved.evaluate("");
}

}  // namespace

Target filter_target() {
  const std::string properties =
      "a\x01"
      "2\x02region\x01it's\x02half\x01 0.5f\x02TAGS\x01red\x02yes\x01true\x02";
  return {
      .name = "filter",
      .examples = {input("a BETWEEN 0 AND 3 AND region = 'it''s'", properties),
                   input("NOT (a IN ('1', '2')) OR half >= .5e0 /* x */ AND yes = TRUE",
                         properties),
                   input("region NOT CONTAINS 'x' AND TAGS STARTSWITH 'r' -- y\n", properties),
                   input("-(a = 1) NOT BETWEEN -(a > half) AND +3L OR b IS NOT NULL", properties),
                   input("(((a <> 2147483648))) = (region ENDSWITH '''s') OR NULL", properties)},
      .run = run};
}

}  // namespace petrel::fuzz
