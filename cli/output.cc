// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "cli/output.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>
#include <utility>

#include "common/check.h"
#include "common/concat.h"
#include "common/units.h"

namespace petrel::cli {

namespace {

bool is_number(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
}

void emit(YAML::Emitter& yaml, const nlohmann::ordered_json& value) {
  if (value.is_object()) {
    yaml << YAML::BeginMap;
    for (const auto& [key, item] : value.items()) {
      yaml << YAML::Key << key << YAML::Value;
      emit(yaml, item);
    }
    yaml << YAML::EndMap;
  } else if (value.is_array()) {
    yaml << YAML::BeginSeq;
    for (const nlohmann::ordered_json& item : value) {
      emit(yaml, item);
    }
    yaml << YAML::EndSeq;
  } else if (value.is_string()) {
    // Quoted, so that "true" and "12" are read back as text.
    yaml << YAML::DoubleQuoted << value.get<std::string>();
  } else if (value.is_null()) {
    yaml << YAML::Null;
  } else {
    yaml << value.dump();
  }
}

}  // namespace

Table::Table(std::vector<std::string> headers) : headers_(std::move(headers)) {}

void Table::add(std::vector<std::string> cells) {
  PETREL_CHECK_EQ(cells.size(), headers_.size());
  rows_.push_back(std::move(cells));
}

void Table::print(std::ostream& out) const {
  std::vector<size_t> widths;
  std::vector<bool> numeric;
  for (size_t column = 0; column < headers_.size(); ++column) {
    size_t width = headers_[column].size();
    bool all_numbers = !rows_.empty();
    for (const std::vector<std::string>& row : rows_) {
      width = std::max(width, row[column].size());
      all_numbers = all_numbers && is_number(row[column]);
    }
    widths.push_back(width);
    numeric.push_back(all_numbers);
  }
  const auto print_row = [&](const std::vector<std::string>& row) {
    std::string line;
    for (size_t column = 0; column < row.size(); ++column) {
      const std::string padding(widths[column] - row[column].size(), ' ');
      line += concat(column == 0 ? "" : "  ",
                     numeric[column] ? concat(padding, row[column]) : concat(row[column], padding));
    }
    line.resize(line.find_last_not_of(' ') + 1);
    out << line << '\n';
  };
  print_row(headers_);
  for (const std::vector<std::string>& row : rows_) {
    print_row(row);
  }
}

void print_value(const nlohmann::ordered_json& value, OutputFormat format, std::ostream& out) {
  if (format == OutputFormat::kYaml) {
    YAML::Emitter yaml;
    yaml.SetNullFormat(YAML::LowerNull);
    emit(yaml, value);
    out << yaml.c_str() << '\n';
  } else {
    out << value.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << '\n';
  }
}

std::string printable(std::string_view text, size_t characters_max) {
  std::string line;
  for (char c : text.substr(0, characters_max)) {
    const auto byte = static_cast<unsigned char>(c);
    line += byte < 0x20 || byte == 0x7f ? '.' : c;
  }
  return text.size() > characters_max ? line + "..." : line;
}

std::string format_time(int64_t time_ms) {
  if (time_ms == 0) {
    return "";
  }
  const time_t seconds = time_ms / 1000;
  tm local{};
  localtime_r(&seconds, &local);
  std::array<char, 32> text{};
  return {text.data(), strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S", &local)};
}

absl::StatusOr<int64_t> parse_time_ms(const std::string& text, int64_t now_ms) {
  int64_t number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (parsed.ec == std::errc() && parsed.ptr == text.data() + text.size() && number >= 0) {
    return number;
  }
  if (const auto age_ms = parse_duration_ms(text); age_ms.ok()) {
    return now_ms - *age_ms;
  }
  tm local{};
  local.tm_isdst = -1;
  const char* const end = strptime(text.c_str(), "%Y-%m-%d %H:%M:%S", &local);
  if (end == nullptr || *end != '\0') {
    return absl::InvalidArgumentError(
        concat("'", text, "' is no time: 2026-11-21 10:33:52, 2h (ago), or milliseconds"));
  }
  return int64_t{mktime(&local)} * 1000;
}

std::string format_age(int64_t age_ms) {
  const int64_t seconds = std::max<int64_t>(0, age_ms / 1000);
  if (seconds >= 86'400) {
    return concat(seconds / 86'400, "d", seconds % 86'400 / 3600, "h");
  }
  if (seconds >= 3600) {
    return concat(seconds / 3600, "h", seconds % 3600 / 60, "m");
  }
  return seconds >= 60 ? concat(seconds / 60, "m", seconds % 60, "s") : concat(seconds, "s");
}

std::string format_size(int64_t size_bytes) {
  constexpr std::array<std::string_view, 5> kUnits = {"B", "KiB", "MiB", "GiB", "TiB"};
  size_t unit = 0;
  int64_t tenths = size_bytes * 10;
  while (tenths >= 10'240 && unit + 1 < kUnits.size()) {
    tenths /= 1024;
    ++unit;
  }
  if (unit == 0 || tenths >= 100) {
    return concat(tenths / 10, kUnits.at(unit));
  }
  return concat(tenths / 10, ".", tenths % 10, kUnits.at(unit));
}

std::string permission_name(int32_t permission) {
  switch (permission & 6) {
    case 6:
      return "ReadWrite";
    case 4:
      return "ReadOnly";
    case 2:
      return "WriteOnly";
    default:
      return "None";
  }
}

std::string message_type_name(int32_t type) {
  constexpr std::array<const char*, 5> kNames = {"Unspecified", "Normal", "Fifo", "Delay",
                                                 "Transaction"};
  return type >= 0 && static_cast<size_t>(type) < kNames.size() ? kNames[static_cast<size_t>(type)]
                                                                : concat("type ", type);
}

}  // namespace petrel::cli
