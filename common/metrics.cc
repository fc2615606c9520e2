// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "common/metrics.h"

#include <prometheus/check_names.h>
#include <prometheus/client_metric.h>
#include <prometheus/metric_family.h>
#include <prometheus/metric_type.h>
#include <prometheus/text_serializer.h>

#include <limits>

#include "common/check.h"

namespace petrel {
namespace {

constexpr char kOther[] = "other";

using Values = prometheus::ClientMetric;

void fill(const Counter& counter, Values* out) {
  out->counter.value = static_cast<double>(counter.value());
}

void fill(const Gauge& gauge, Values* out) { out->gauge.value = gauge.value(); }

void fill(const Histogram& histogram, Values* out) {
  const size_t buckets = histogram.bounds().size();
  int64_t total = 0;
  for (size_t i = 0; i <= buckets; ++i) {
    total += histogram.count(i);
    const double bound =
        i < buckets ? static_cast<double>(histogram.bounds()[i]) / histogram.units_per_exported()
                    : std::numeric_limits<double>::infinity();
    out->histogram.bucket.push_back({static_cast<uint64_t>(total), bound});
  }
  // The buckets' own total and no counter beside them, so that a scrape never contradicts itself.
  out->histogram.sample_count = static_cast<uint64_t>(total);
  out->histogram.sample_sum = static_cast<double>(histogram.sum()) / histogram.units_per_exported();
}

void label(const std::vector<std::string>& names, const LabelValues& values, Values* out) {
  PETREL_CHECK_EQ(names.size(), values.size());
  for (size_t i = 0; i < names.size(); ++i) {
    out->label.push_back({names[i], values[i]});
  }
}

prometheus::MetricType type_of(const Counter*) { return prometheus::MetricType::Counter; }
prometheus::MetricType type_of(const Gauge*) { return prometheus::MetricType::Gauge; }
prometheus::MetricType type_of(const Histogram*) { return prometheus::MetricType::Histogram; }

Buckets microseconds(std::vector<int64_t> bounds_us) { return {std::move(bounds_us), 1e6}; }

}  // namespace

const Buckets& latency_buckets() {
  static const Buckets& buckets = *new Buckets(
      microseconds({50,      100,     200,     300,       500,       750,       1'000,
                    1'500,   2'000,   3'000,   5'000,     10'000,    20'000,    50'000,
                    100'000, 200'000, 500'000, 1'000'000, 2'000'000, 5'000'000, 10'000'000}));
  return buckets;
}

const Buckets& size_buckets() {
  static const Buckets& buckets =
      *new Buckets{{1 << 8, 1 << 10, 1 << 12, 1 << 14, 1 << 16, 1 << 18, 1 << 20, 1 << 22}, 1};
  return buckets;
}

Histogram::Histogram(const Buckets& buckets)
    : bounds_(buckets.bounds),
      units_per_exported_(buckets.units_per_exported),
      counts_(buckets.bounds.size() + 1) {
  PETREL_CHECK(std::is_sorted(bounds_.begin(), bounds_.end()));
}

template <typename Metric>
Metric& Family<Metric>::with(const LabelValues& values) {
  PETREL_CHECK_EQ(values.size(), label_names_.size());
  MutexLock lock(mutex_);
  auto found = series_.find(values);
  if (found == series_.end() && series_.size() >= series_max_) {
    overflows_->add();
    found = series_.try_emplace(LabelValues(label_names_.size(), kOther)).first;
  } else if (found == series_.end()) {
    found = series_.try_emplace(values).first;
  }
  if (found->second == nullptr) {
    found->second = make_();
  }
  return *found->second;
}

template <typename Metric>
void Family<Metric>::remove(const LabelValues& values) {
  MutexLock lock(mutex_);
  // Several holders may share the series "other".
  if (values != LabelValues(label_names_.size(), kOther)) {
    series_.erase(values);
  }
}

template <typename Metric>
void Family<Metric>::for_each(
    const std::function<void(const LabelValues&, const Metric&)>& visit) const {
  MutexLock lock(mutex_);
  for (const auto& [values, metric] : series_) {
    visit(values, *metric);
  }
}

template class Family<Counter>;
template class Family<Gauge>;
template class Family<Histogram>;

// One name: how to collect it.
struct MetricRegistry::Entry {
  virtual ~Entry() = default;
  virtual prometheus::MetricFamily collect() const = 0;

  std::string name;
  std::string help;
};

namespace {

template <typename Metric, typename EntryBase>
struct FamilyEntry final : EntryBase {
  FamilyEntry(std::vector<std::string> labels, size_t series_max,
              std::function<std::unique_ptr<Metric>()> make, Counter* overflows)
      : family(std::move(labels), series_max, std::move(make), overflows) {}

  prometheus::MetricFamily collect() const override {
    prometheus::MetricFamily out{
        this->name, this->help, type_of(static_cast<const Metric*>(nullptr)), {}};
    family.for_each([&](const LabelValues& values, const Metric& metric) {
      label(family.label_names(), values, &out.metric.emplace_back());
      fill(metric, &out.metric.back());
    });
    return out;
  }

  Family<Metric> family;
};

template <typename EntryBase>
struct ComputedEntry final : EntryBase {
  prometheus::MetricFamily collect() const override {
    const bool is_counter = kind == MetricRegistry::Kind::kCounter;
    prometheus::MetricFamily out{
        this->name,
        this->help,
        is_counter ? prometheus::MetricType::Counter : prometheus::MetricType::Gauge,
        {}};
    for (const Sample& sample : samples()) {
      Values& values = out.metric.emplace_back();
      label(labels, sample.labels, &values);
      (is_counter ? values.counter.value : values.gauge.value) = sample.value;
    }
    return out;
  }

  MetricRegistry::Kind kind{};
  std::vector<std::string> labels;
  std::function<std::vector<Sample>()> samples;
};

}  // namespace

MetricRegistry::MetricRegistry(ConstantLabels constant_labels)
    : constant_labels_(std::move(constant_labels)) {
  for (const auto& [name, value] : constant_labels_) {
    PETREL_CHECK(prometheus::CheckLabelName(name)) << "constant label " << name;
  }
  using Entries = FamilyEntry<Counter, Entry>;
  // Counts its own overflow nowhere: its labels are the names of families, which the program fixes.
  static Counter& ignored = *new Counter();
  auto entry = std::make_unique<Entries>(
      std::vector<std::string>{"family"}, kSeriesMaxDefault,
      [] { return std::make_unique<Counter>(); }, &ignored);
  entry->help =
      "Requests for a series that went to the series 'other', because the family was full";
  overflows_ = &entry->family;
  add_entry("petrel_metrics_overflow_total", {"family"}, std::move(entry));
}

MetricRegistry::~MetricRegistry() = default;

void MetricRegistry::add_entry(const std::string& name, const std::vector<std::string>& labels,
                               std::unique_ptr<Entry> entry) {
  PETREL_CHECK(prometheus::CheckMetricName(name)) << name;
  for (const std::string& label_name : labels) {
    PETREL_CHECK(prometheus::CheckLabelName(label_name)) << name << " has label " << label_name;
  }
  entry->name = name;
  MutexLock lock(mutex_);
  const bool inserted = entries_.emplace(name, std::move(entry)).second;
  PETREL_CHECK(inserted) << "metric " << name << " is registered twice";
}

template <typename Metric>
Family<Metric>& MetricRegistry::add_family(const std::string& name, const std::string& help,
                                           std::vector<std::string> labels, size_t series_max,
                                           std::function<std::unique_ptr<Metric>()> make) {
  auto entry = std::make_unique<FamilyEntry<Metric, Entry>>(labels, series_max, std::move(make),
                                                            &overflows_->with({name}));
  entry->help = help;
  Family<Metric>& family = entry->family;
  add_entry(name, labels, std::move(entry));
  return family;
}

Counter& MetricRegistry::counter(const std::string& name, const std::string& help) {
  return counters(name, help, {}).with({});
}

Gauge& MetricRegistry::gauge(const std::string& name, const std::string& help) {
  return gauges(name, help, {}).with({});
}

Histogram& MetricRegistry::histogram(const std::string& name, const std::string& help,
                                     const Buckets& buckets) {
  return histograms(name, help, {}, buckets).with({});
}

Family<Counter>& MetricRegistry::counters(const std::string& name, const std::string& help,
                                          std::vector<std::string> labels, size_t series_max) {
  return add_family<Counter>(name, help, std::move(labels), series_max,
                             [] { return std::make_unique<Counter>(); });
}

Family<Gauge>& MetricRegistry::gauges(const std::string& name, const std::string& help,
                                      std::vector<std::string> labels, size_t series_max) {
  return add_family<Gauge>(name, help, std::move(labels), series_max,
                           [] { return std::make_unique<Gauge>(); });
}

Family<Histogram>& MetricRegistry::histograms(const std::string& name, const std::string& help,
                                              std::vector<std::string> labels,
                                              const Buckets& buckets, size_t series_max) {
  return add_family<Histogram>(name, help, std::move(labels), series_max,
                               [buckets] { return std::make_unique<Histogram>(buckets); });
}

void MetricRegistry::computed(Kind kind, const std::string& name, const std::string& help,
                              std::vector<std::string> labels,
                              std::function<std::vector<Sample>()> samples) {
  auto entry = std::make_unique<ComputedEntry<Entry>>();
  entry->help = help;
  entry->kind = kind;
  entry->labels = labels;
  entry->samples = std::move(samples);
  add_entry(name, labels, std::move(entry));
}

std::string MetricRegistry::text() const {
  std::vector<const Entry*> entries;
  {
    // Entries are never removed, so that callbacks run without the lock and may use the registry.
    MutexLock lock(mutex_);
    for (const auto& [name, entry] : entries_) {
      entries.push_back(entry.get());
    }
  }
  std::vector<prometheus::ClientMetric::Label> constants;
  for (const auto& [name, value] : constant_labels_) {
    constants.push_back({name, value});
  }
  std::vector<prometheus::MetricFamily> families;
  families.reserve(entries.size());
  for (const Entry* entry : entries) {
    families.push_back(entry->collect());
    for (Values& values : families.back().metric) {
      values.label.insert(values.label.begin(), constants.begin(), constants.end());
    }
  }
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace petrel
