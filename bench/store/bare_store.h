// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <time.h>

#include <cmath>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "bench/histogram.h"
#include "common/check.h"
#include "common/clock.h"
#include "common/executor.h"
#include "store/log/record.h"
#include "store/message_store.h"
#include "store/testing/open_store.h"

// What the runs share: a store without a broker, and small measures.
namespace petrel::bench {

class BareStore {
 public:
  explicit BareStore(const std::string& directory)
      : executor_(make_thread_pool("store", 1)), disk_(store::make_posix_disk()) {
    auto store = store::open_store(*disk_, clock_, *executor_, {.directory = directory}, owner_);
    PETREL_CHECK(store.ok()) << store.status();
    store_ = *std::move(store);
  }
  store::MessageStore* operator->() { return store_.get(); }
  store::CommitLog& log() { return store_->log(); }
  store::Disk& disk() { return *disk_; }

 private:
  store::StatelessOwner owner_;
  SystemClock clock_;
  std::unique_ptr<Executor> executor_;
  std::unique_ptr<store::Disk> disk_;
  std::unique_ptr<store::MessageStore> store_;
};

// As a client of the official SDKs would have it encoded.
inline std::string encoded_record(std::string_view body) {
  store::RecordFields fields;
  fields.topic = "orders";
  fields.body = body;
  fields.properties =
      "UNIQ_KEY\x01"
      "01AABBCCDDEEFF00112233445566778899\x02"
      "TAGS\x01"
      "a\x02";
  fields.born_ms = 1'700'000'000'000;
  return store::encode_record(fields).value();
}

inline double thread_cpu_s() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

// A line of results as bench/record.py reads it. Fractions are rounded to three digits.
inline void print_result(std::string_view what, const nlohmann::ordered_json& figures) {
  nlohmann::ordered_json line = {{"what", what}};
  for (const auto& [name, value] : figures.items()) {
    if (!value.is_number_float()) {
      line[name] = value;
    } else if (const double number = value; std::abs(number) >= 100) {
      line[name] = std::llround(number);
    } else {
      line[name] = std::round(number * 1000) / 1000;
    }
  }
  std::cout << line.dump() << std::endl;
}

// Milliseconds of a histogram of nanoseconds.
inline double quantile_ms(const Histogram& times_ns, double quantile) {
  return static_cast<double>(times_ns.quantile(quantile)) / 1e6;
}

}  // namespace petrel::bench
