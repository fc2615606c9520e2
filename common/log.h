// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

#include "absl/status/status.h"
#include "common/clock.h"

// The process's log: lines of a level, the logger's name, a constant message and key=value fields.
//
//   const log::Logger logger("store");
//   logger.info("segment prepared", {{"file", path}, {"took_ms", took_ms}});
//
// gives   2026-11-21T10:33:52.123Z INFO  store: segment prepared file=00000000001073741824
// took_ms=3 or, as JSON, one object a line with the members time, level, logger, message and the
// fields.
//
// Safe from any thread. Writing takes a lock and a system call, so nothing on the path of a message
// logs; what may repeat goes through a Limiter.

namespace petrel::log {

enum class Level : int { kDebug = 0, kInfo = 1, kWarn = 2, kError = 3 };
enum class Format : int { kText = 0, kJson = 1 };

struct Options {
  Level level = Level::kInfo;
  Format format = Format::kText;
  // Empty: standard error. Otherwise a file that is rotated at file_size_bytes_max, with
  // file_count_max old ones kept as FILE.1, FILE.2, ...
  std::string file;
  int64_t file_size_bytes_max = 64 << 20;
  int64_t file_count_max = 4;
};

// Starts or restarts the log; main() calls it before other threads exist. Until then lines of level
// info and above go to standard error as text. Fails when the file cannot be opened, and then
// leaves the log as it was.
absl::Status init(const Options& options);

// One key=value. It refers to the text that it is given, and so lives no longer than the call it is
// an argument of.
class Field {
 public:
  using Value = std::variant<bool, int64_t, uint64_t, double, std::string_view>;

  Field(std::string_view key, bool value) : key_(key), value_(value) {}
  Field(std::string_view key, std::signed_integral auto value)
      : key_(key), value_(static_cast<int64_t>(value)) {}
  Field(std::string_view key, std::unsigned_integral auto value)
      : key_(key), value_(static_cast<uint64_t>(value)) {}
  Field(std::string_view key, double value) : key_(key), value_(value) {}
  Field(std::string_view key, std::string_view value) : key_(key), value_(value) {}
  Field(std::string_view key, const std::string& value) : Field(key, std::string_view(value)) {}
  Field(std::string_view key, const char* value) : Field(key, std::string_view(value)) {}

  std::string_view key() const { return key_; }
  const Value& value() const { return value_; }

 private:
  std::string_view key_;
  Value value_;
};

using Fields = std::initializer_list<Field>;

// Lets one line through per interval and counts the others. One for each place that logs; safe from
// any thread.
class Limiter {
 public:
  explicit Limiter(const Clock& clock, int64_t interval_ms = 1000)
      : clock_(clock), interval_us_(interval_ms * 1000) {}

  // True when this line may be written; *suppressed is then the number of lines dropped since the
  // last one.
  bool admit(int64_t* suppressed);

 private:
  const Clock& clock_;
  const int64_t interval_us_;
  std::atomic<int64_t> next_us_{INT64_MIN};
  std::atomic<int64_t> suppressed_{0};
};

// A named source of lines; cheap to make and to copy. The name is a literal, or outlives the
// logger.
class Logger {
 public:
  explicit constexpr Logger(std::string_view name) : name_(name) {}

  void debug(std::string_view message, Fields fields = {}) const {
    write(Level::kDebug, message, fields);
  }
  void info(std::string_view message, Fields fields = {}) const {
    write(Level::kInfo, message, fields);
  }
  void warn(std::string_view message, Fields fields = {}) const {
    write(Level::kWarn, message, fields);
  }
  void error(std::string_view message, Fields fields = {}) const {
    write(Level::kError, message, fields);
  }

  // The same, at most once per interval of the limiter; the line says suppressed=N when N lines
  // were dropped.
  void limited(Limiter& limiter, Level level, std::string_view message, Fields fields = {}) const;

  // To spare the making of costly fields.
  static bool enabled(Level level);

 private:
  void write(Level level, std::string_view message, Fields fields, int64_t suppressed = 0) const;

  std::string_view name_;
};

// Only for tests of what a line looks like: "name: message key=value" and
// "\"logger\":...,\"message\":...".
std::string format_text(std::string_view logger, std::string_view message, Fields fields);
std::string format_json(std::string_view logger, std::string_view message, Fields fields);

}  // namespace petrel::log
