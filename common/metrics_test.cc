// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "common/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "common/concat.h"

namespace petrel {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Metrics, TextHasHelpTypeAndValuesInOrderOfNames) {
  MetricRegistry registry;
  registry.gauge("petrel_b", "A gauge").set(1.5);
  registry.counter("petrel_a_total", "A counter").add(3);
  const std::string text = registry.text();
  EXPECT_THAT(
      text,
      HasSubstr(
          "# HELP petrel_a_total A counter\n# TYPE petrel_a_total counter\npetrel_a_total 3"));
  EXPECT_THAT(text, HasSubstr("# TYPE petrel_b gauge\npetrel_b 1.5"));
  EXPECT_LT(text.find("petrel_a_total"), text.find("petrel_b"));
}

TEST(Metrics, SameLabelsAreTheSameSeries) {
  MetricRegistry registry;
  auto& family = registry.counters("petrel_x_total", "X", {"topic", "group"});
  family.with({"t", "g"}).add(1);
  family.with({"t", "g"}).add(1);
  family.with({"t\"\n", "g"}).add(1);
  EXPECT_THAT(registry.text(), HasSubstr("petrel_x_total{topic=\"t\",group=\"g\"} 2\n"));
  EXPECT_THAT(registry.text(), HasSubstr("petrel_x_total{topic=\"t\\\"\\n\",group=\"g\"} 1\n"));
}

TEST(Metrics, ConstantLabelsComeFirstOnEverySeries) {
  MetricRegistry registry(ConstantLabels{{"cluster", "c1"}});
  registry.counter("petrel_a_total", "A").add(3);
  registry.counters("petrel_b_total", "B", {"topic"}).with({"t"}).add(1);
  registry.computed(MetricRegistry::Kind::kGauge, "petrel_c", "C", {}, [] {
    return std::vector<Sample>{{{}, 5}};
  });
  const std::string text = registry.text();
  EXPECT_THAT(text, HasSubstr("petrel_a_total{cluster=\"c1\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("petrel_b_total{cluster=\"c1\",topic=\"t\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("petrel_c{cluster=\"c1\"} 5\n"));
}

TEST(Metrics, RemovedSeriesAreGone) {
  MetricRegistry registry;
  auto& family = registry.gauges("petrel_x", "X", {"topic"});
  family.with({"t"}).set(1);
  family.remove({"t"});
  family.remove({"never was"});
  EXPECT_THAT(registry.text(), Not(HasSubstr("topic=\"t\"")));
}

TEST(Metrics, FullFamilySendsNewSeriesToOtherAndCountsThem) {
  MetricRegistry registry;
  auto& family = registry.counters("petrel_x_total", "X", {"topic"}, 2);
  for (const char* topic : {"a", "b", "c", "d", "a"}) {
    family.with({topic}).add(1);
  }
  family.remove({"other"});
  const std::string text = registry.text();
  EXPECT_THAT(text, HasSubstr("petrel_x_total{topic=\"a\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("petrel_x_total{topic=\"other\"} 2\n"));
  EXPECT_THAT(text, Not(HasSubstr("topic=\"c\"")));
  EXPECT_THAT(text, HasSubstr("petrel_metrics_overflow_total{family=\"petrel_x_total\"} 2\n"));
}

TEST(Metrics, HistogramBoundsAreInclusiveAndExportedInTheirUnit) {
  MetricRegistry registry;
  Histogram& histogram = registry.histogram("petrel_x_seconds", "X", {{1000, 2000}, 1e6});
  histogram.observe(1000);
  histogram.observe(1001, 2);
  histogram.observe(5000);
  const std::string text = registry.text();
  EXPECT_THAT(text, HasSubstr("petrel_x_seconds_bucket{le=\"0.001\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("petrel_x_seconds_bucket{le=\"0.002\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("petrel_x_seconds_bucket{le=\"+Inf\"} 4\n"));
  EXPECT_THAT(text, HasSubstr("petrel_x_seconds_count 4\n"));
  EXPECT_THAT(text, HasSubstr("petrel_x_seconds_sum 0.008002"));
}

TEST(Metrics, CommonBucketsAreAscending) {
  EXPECT_EQ(Histogram(latency_buckets()).bounds().back(), 10'000'000);
  EXPECT_EQ(Histogram(size_buckets()).bounds().back(), 4 << 20);
}

TEST(Metrics, ComputedSamplesAreAskedForAtEachScrape) {
  MetricRegistry registry;
  int scrapes = 0;
  registry.computed(MetricRegistry::Kind::kGauge, "petrel_lag", "Lag", {"group"}, [&scrapes] {
    ++scrapes;
    return std::vector<Sample>{{{"g"}, scrapes * 10.0}};
  });
  EXPECT_THAT(registry.text(), HasSubstr("petrel_lag{group=\"g\"} 10\n"));
  EXPECT_THAT(registry.text(), HasSubstr("petrel_lag{group=\"g\"} 20\n"));
}

TEST(Metrics, ProcessMetricsHavePlausibleValues) {
  MetricRegistry registry;
  add_process_metrics(registry, "1.0", "abc");
  const std::string text = registry.text();
  EXPECT_THAT(text, HasSubstr("petrel_build_info{version=\"1.0\",commit=\"abc\"} 1\n"));
  const auto value = [&text](const std::string& name) {
    const size_t at = text.find(concat("\n", name, " "));
    EXPECT_NE(at, std::string::npos) << name;
    return std::stod(text.substr(at + name.size() + 2));
  };
  EXPECT_GT(value("process_cpu_seconds_total"), 0);
  EXPECT_GT(value("process_resident_memory_bytes"), 1 << 20);
  EXPECT_GE(value("process_threads"), 1);
  EXPECT_GE(value("process_open_fds"), 3);
  EXPECT_GT(value("process_max_fds"), value("process_open_fds"));
  EXPECT_GT(value("process_start_time_seconds"), 1.6e9);
}

TEST(Metrics, CountsFromManyThreadsAreExact) {
  MetricRegistry registry;
  auto& counters = registry.counters("petrel_x_total", "X", {"topic"});
  Histogram& histogram = registry.histogram("petrel_y", "Y", {{10}, 1});
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&] {
      for (int i = 0; i < 10'000; ++i) {
        counters.with({"t"}).add();
        histogram.observe(i % 20);
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(counters.with({"t"}).value(), 40'000);
  EXPECT_EQ(histogram.count(0) + histogram.count(1), 40'000);
}

TEST(MetricsDeathTest, NamesThatPrometheusRefusesOrThatRepeatAbort) {
  MetricRegistry registry;
  registry.counter("petrel_x_total", "X");
  EXPECT_DEATH(registry.gauge("petrel_x_total", "X"), "registered twice");
  EXPECT_DEATH(registry.gauge("petrel x", "X"), "petrel x");
  EXPECT_DEATH(registry.gauges("petrel_z", "Z", {"a-b"}), "a-b");
}

}  // namespace
}  // namespace petrel
