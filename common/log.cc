// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "common/log.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <cmath>
#include <exception>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "common/concat.h"

namespace petrel::log {
namespace {

struct Backend {
  std::shared_ptr<spdlog::logger> logger;
  Format format = Format::kText;
};

spdlog::level::level_enum to_spdlog(Level level) {
  switch (level) {
    case Level::kDebug:
      return spdlog::level::debug;
    case Level::kInfo:
      return spdlog::level::info;
    case Level::kWarn:
      return spdlog::level::warn;
    case Level::kError:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

// Upper-case and padded in text; JSON has the plain word.
std::string_view level_name(Level level, Format format) {
  switch (level) {
    case Level::kDebug:
      return format == Format::kText ? "DEBUG" : "debug";
    case Level::kInfo:
      return format == Format::kText ? "INFO " : "info";
    case Level::kWarn:
      return format == Format::kText ? "WARN " : "warn";
    case Level::kError:
      return format == Format::kText ? "ERROR" : "error";
  }
  return "ERROR";
}

Backend make_backend(const Options& options) {
  std::shared_ptr<spdlog::sinks::sink> sink;
  if (options.file.empty()) {
    sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  } else {
    sink = std::make_shared<spdlog::sinks::rotating_file_sink_mt>(
        options.file, static_cast<size_t>(options.file_size_bytes_max),
        static_cast<size_t>(options.file_count_max));
  }
  Backend backend{std::make_shared<spdlog::logger>("petrel", std::move(sink)), options.format};
  backend.logger->set_level(to_spdlog(options.level));
  backend.logger->flush_on(spdlog::level::debug);
  backend.logger->set_pattern(options.format == Format::kText
                                  ? "%Y-%m-%dT%H:%M:%S.%eZ %v"
                                  : "{\"time\":\"%Y-%m-%dT%H:%M:%S.%eZ\",%v}",
                              spdlog::pattern_time_type::utc);
  return backend;
}

// The one process-wide object: a process has one log. Never destroyed, because threads may log
// until the end.
Backend& backend() {
  static Backend& instance = *new Backend(make_backend(Options()));
  return instance;
}

bool is_bare_word(std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= ' ' || byte == '"' || byte == '=' || byte == '\\' || byte == 0x7f) {
      return false;
    }
  }
  return !text.empty();
}

std::string quote(std::string_view text) {
  // Bytes that are not UTF-8 are replaced rather than thrown at.
  return nlohmann::json(std::string(text))
      .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void append_number(std::string* out, double value, Format format) {
  if (!std::isfinite(value) && format == Format::kJson) {
    out->append(concat("null"));
  } else {
    out->append(concat(value));
  }
}

void append_value(std::string* out, const Field::Value& value, Format format) {
  if (const auto* flag = std::get_if<bool>(&value)) {
    out->append(concat(*flag ? "true" : "false"));
  } else if (const auto* whole = std::get_if<int64_t>(&value)) {
    out->append(concat(*whole));
  } else if (const auto* natural = std::get_if<uint64_t>(&value)) {
    out->append(concat(*natural));
  } else if (const auto* real = std::get_if<double>(&value)) {
    append_number(out, *real, format);
  } else if (const auto* text = std::get_if<std::string_view>(&value)) {
    const bool bare = format == Format::kText && is_bare_word(*text);
    out->append(concat(bare ? std::string(*text) : quote(*text)));
  }
}

void append_field(std::string* out, const Field& field, Format format) {
  if (format == Format::kText) {
    out->append(concat(" ", field.key(), "="));
  } else {
    out->append(concat(",", quote(field.key()), ":"));
  }
  append_value(out, field.value(), format);
}

}  // namespace

absl::Status init(const Options& options) {
  try {
    backend() = make_backend(options);
  } catch (const std::exception& error) {
    return absl::UnavailableError(
        concat("cannot open log file ", options.file, ": ", error.what()));
  }
  return absl::OkStatus();
}

std::string format_text(std::string_view logger, std::string_view message, Fields fields) {
  std::string line = concat(logger, ": ", message);
  for (const Field& field : fields) {
    append_field(&line, field, Format::kText);
  }
  return line;
}

std::string format_json(std::string_view logger, std::string_view message, Fields fields) {
  std::string line = concat("\"logger\":", quote(logger), ",\"message\":", quote(message));
  for (const Field& field : fields) {
    append_field(&line, field, Format::kJson);
  }
  return line;
}

bool Limiter::admit(int64_t* suppressed) {
  const int64_t now_us = clock_.mono_us();
  int64_t next_us = next_us_.load(std::memory_order_relaxed);
  if (now_us < next_us || !next_us_.compare_exchange_strong(next_us, now_us + interval_us_,
                                                            std::memory_order_relaxed)) {
    suppressed_.fetch_add(1, std::memory_order_relaxed);
    return false;
  }
  *suppressed = suppressed_.exchange(0, std::memory_order_relaxed);
  return true;
}

bool Logger::enabled(Level level) { return backend().logger->should_log(to_spdlog(level)); }

void Logger::limited(Limiter& limiter, Level level, std::string_view message, Fields fields) const {
  int64_t suppressed = 0;
  if (enabled(level) && limiter.admit(&suppressed)) {
    write(level, message, fields, suppressed);
  }
}

void Logger::write(Level level, std::string_view message, Fields fields, int64_t suppressed) const {
  if (!enabled(level)) {
    return;
  }
  const Backend& target = backend();
  const bool text = target.format == Format::kText;
  std::string line =
      text ? concat(level_name(level, target.format), " ", format_text(name_, message, fields))
           : concat("\"level\":\"", level_name(level, target.format), "\",",
                    format_json(name_, message, fields));
  if (suppressed > 0) {
    append_field(&line, Field("suppressed", suppressed), target.format);
  }
  target.logger->log(to_spdlog(level), spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace petrel::log
