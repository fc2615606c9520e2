// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
// What an SQL92 filter costs a message, and an expression.

#include <benchmark/benchmark.h>

#include <string>
#include <string_view>

#include "broker/filter/sql_filter.h"
#include "common/check.h"
#include "store/log/record.h"

namespace petrel::bench {
namespace {

constexpr std::string_view kRange = "a BETWEEN 0 AND 3 AND region = 'eu'";
constexpr std::string_view kList =
    "TAGS IN ('red', 'green', 'blue') AND (price > 99.5 OR customer STARTSWITH 'gold-')";

// Six properties, as a message of an application has them.
constexpr std::string_view kProperties =
    "UNIQ_KEY\x01"
    "01F4A3C2D1E0B5A6978803070000000A\x02"
    "TAGS\x01"
    "green\x02"
    "a\x01"
    "2\x02"
    "region\x01"
    "eu\x02"
    "price\x01"
    "120.25\x02"
    "customer\x01"
    "silver-0815\x02";

void takes(benchmark::State& state, std::string_view expression) {
  const auto filter = filter::parse_sql_filter(expression);
  PETREL_CHECK_OK(filter.status());
  const store::RecordView record{.properties = kProperties};
  PETREL_CHECK((*filter)->takes(record));
  for (auto _ : state) {
    benchmark::DoNotOptimize((*filter)->takes(record));
  }
}
BENCHMARK_CAPTURE(takes, range, kRange);
BENCHMARK_CAPTURE(takes, list, kList);

void parses(benchmark::State& state, std::string_view expression) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(filter::parse_sql_filter(expression));
  }
}
BENCHMARK_CAPTURE(parses, range, kRange);
BENCHMARK_CAPTURE(parses, list, kList);

}  // namespace
}  // namespace petrel::bench
