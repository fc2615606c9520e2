// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/mutex.h"

// Metrics of a process, in Prometheus's model. Modules keep references to counters, gauges and
// histograms and touch them with one relaxed atomic operation; names, help and labels are said
// once, where the module's metrics are made.
//
//   struct StoreMetrics {
//     explicit StoreMetrics(MetricRegistry& registry)
//         : synced_bytes(registry.counter("petrel_store_synced_bytes_total", "Bytes made
//         durable")),
//           sync_seconds(registry.histogram("petrel_store_sync_seconds", "Time of one fdatasync",
//           latency_buckets())) {}
//     Counter& synced_bytes;
//     Histogram& sync_seconds;   // observe(microseconds)
//   };
//
// Metrics live as long as the registry, or until their series is removed. The library's own
// Histogram takes a mutex for every observation and its Counter a compare-and-swap loop over a
// double, so values are kept here, and the library gives the model and the text format.

namespace prometheus {
struct MetricFamily;
}

namespace petrel {

// Only grows. Safe from any thread.
class Counter {
 public:
  void add(int64_t amount = 1) { value_.fetch_add(amount, std::memory_order_relaxed); }
  int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<int64_t> value_{0};
};

// Goes up and down. Safe from any thread.
class Gauge {
 public:
  void set(double value) { value_.store(value, std::memory_order_relaxed); }
  void add(double amount) { value_.fetch_add(amount, std::memory_order_relaxed); }
  double value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<double> value_{0};
};

// Upper bounds of a histogram's buckets in the unit that is observed, ascending, and how many such
// units make one of the unit that is exported: latencies are observed in microseconds and exported
// in seconds. (Dividing gives the bound that a person would write: 0.0001, not 9.999e-05.)
struct Buckets {
  std::vector<int64_t> bounds;
  double units_per_exported = 1;
};

// 50 us to 10 s.
const Buckets& latency_buckets();
// 256 B to 4 MiB, in powers of four.
const Buckets& size_buckets();

// Counts observations by bucket. Safe from any thread.
class Histogram {
 public:
  explicit Histogram(const Buckets& buckets);

  void observe(int64_t value) { observe(value, 1); }
  // The same value count times.
  void observe(int64_t value, int64_t count) {
    const auto bucket = std::lower_bound(bounds_.begin(), bounds_.end(), value) - bounds_.begin();
    counts_[static_cast<size_t>(bucket)].fetch_add(count, std::memory_order_relaxed);
    sum_.fetch_add(value * count, std::memory_order_relaxed);
  }

  const std::vector<int64_t>& bounds() const { return bounds_; }
  double units_per_exported() const { return units_per_exported_; }
  // Of one bucket alone; bounds().size() is the one above all bounds.
  int64_t count(size_t bucket) const { return counts_[bucket].load(std::memory_order_relaxed); }
  int64_t sum() const { return sum_.load(std::memory_order_relaxed); }

 private:
  const std::vector<int64_t> bounds_;
  const double units_per_exported_;
  std::vector<std::atomic<int64_t>> counts_;
  std::atomic<int64_t> sum_{0};
};

// Values of a family's labels, in the order in which the family names them.
using LabelValues = std::vector<std::string>;

inline constexpr size_t kSeriesMaxDefault = 10'000;

// All series of one name. At most series_max are kept; the values of further ones go together into
// one series whose labels all say "other", so that no client can make the process grow by inventing
// names. Safe from any thread; with() takes a lock and is for setting up, not for the path of a
// message: keep the reference.
template <typename Metric>
class Family {
 public:
  Family(std::vector<std::string> label_names, size_t series_max,
         std::function<std::unique_ptr<Metric>()> make, Counter* overflows)
      : label_names_(std::move(label_names)),
        series_max_(series_max),
        make_(std::move(make)),
        overflows_(overflows) {}

  // The series with these label values, made at first use.
  Metric& with(const LabelValues& values);

  // Forgets the series; references to it end. Nothing happens when there is none. The series
  // "other" stays.
  void remove(const LabelValues& values);

  const std::vector<std::string>& label_names() const { return label_names_; }
  void for_each(const std::function<void(const LabelValues&, const Metric&)>& visit) const;

 private:
  const std::vector<std::string> label_names_;
  const size_t series_max_;
  const std::function<std::unique_ptr<Metric>()> make_;
  Counter* const overflows_;
  mutable Mutex mutex_;
  std::map<LabelValues, std::unique_ptr<Metric>> series_ ABSL_GUARDED_BY(mutex_);
};

extern template class Family<Counter>;
extern template class Family<Gauge>;
extern template class Family<Histogram>;

// One sample of a metric that is computed when it is asked for.
struct Sample {
  LabelValues labels;
  double value = 0;
};

// Names and values of labels that every series of a process carries.
using ConstantLabels = std::vector<std::pair<std::string, std::string>>;

// All metrics of a process. Registering a name twice, or a name or label that Prometheus does not
// allow, is a programmer error.
class MetricRegistry {
 public:
  explicit MetricRegistry(ConstantLabels constant_labels = {});
  ~MetricRegistry();
  MetricRegistry(const MetricRegistry&) = delete;
  MetricRegistry& operator=(const MetricRegistry&) = delete;

  Counter& counter(const std::string& name, const std::string& help);
  Gauge& gauge(const std::string& name, const std::string& help);
  Histogram& histogram(const std::string& name, const std::string& help, const Buckets& buckets);

  Family<Counter>& counters(const std::string& name, const std::string& help,
                            std::vector<std::string> labels, size_t series_max = kSeriesMaxDefault);
  Family<Gauge>& gauges(const std::string& name, const std::string& help,
                        std::vector<std::string> labels, size_t series_max = kSeriesMaxDefault);
  Family<Histogram>& histograms(const std::string& name, const std::string& help,
                                std::vector<std::string> labels, const Buckets& buckets,
                                size_t series_max = kSeriesMaxDefault);

  // Calls back for the samples of a gauge or counter at every scrape, on the scraping thread. What
  // the callback reads must outlive the registry, or the serving of it.
  enum class Kind { kGauge, kCounter };
  void computed(Kind kind, const std::string& name, const std::string& help,
                std::vector<std::string> labels, std::function<std::vector<Sample>()> samples);

  // Everything in Prometheus's text format, version 0.0.4. Families in the order of their names.
  // Any thread.
  std::string text() const;

 private:
  struct Entry;
  template <typename Metric>
  Family<Metric>& add_family(const std::string& name, const std::string& help,
                             std::vector<std::string> labels, size_t series_max,
                             std::function<std::unique_ptr<Metric>()> make);
  void add_entry(const std::string& name, const std::vector<std::string>& labels,
                 std::unique_ptr<Entry> entry);

  const ConstantLabels constant_labels_;
  Family<Counter>* overflows_;
  mutable Mutex mutex_;
  std::map<std::string, std::unique_ptr<Entry>> entries_ ABSL_GUARDED_BY(mutex_);
};

// petrel_build_info{version,commit} 1, and the process_* metrics that Prometheus's client libraries
// agree on: CPU seconds, resident memory, open descriptors and their limit, start time, threads.
void add_process_metrics(MetricRegistry& registry, const std::string& version,
                         const std::string& commit);

}  // namespace petrel
