// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "cli/output.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <utility>

#include "absl/strings/escaping.h"
#include "common/check.h"
#include "common/concat.h"
#include "common/status.h"
#include "common/units.h"

namespace petrel::cli {

namespace {

bool is_number(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
}

// The bytes of the character that begins with `first`; 0 when none does.
size_t utf8_length(unsigned char first) {
  if (first < 0x80) {
    return 1;
  }
  if (first >= 0xc2 && first < 0xe0) {
    return 2;
  }
  if (first >= 0xe0 && first < 0xf0) {
    return 3;
  }
  return first >= 0xf0 && first < 0xf5 ? 4 : 0;
}

// Shortest forms only, no surrogates, nothing beyond U+10FFFF.
bool is_utf8(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[at + i]); };
    const size_t length = utf8_length(byte(0));
    if (length == 0 || length > text.size() - at) {
      return false;
    }
    for (size_t i = 1; i < length; ++i) {
      if ((byte(i) & 0xc0) != 0x80) {
        return false;
      }
    }
    if (length > 2) {
      const int high = byte(0) << 8 | byte(1);
      if (high < 0xe0a0 || (high >= 0xeda0 && high < 0xee00) || (high >= 0xf000 && high < 0xf090) ||
          high >= 0xf490) {
        return false;
      }
    }
    at += length;
  }
  return true;
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

Table::Table(std::vector<std::string> headers)
    : headers_(std::move(headers)), numeric_(headers_.size(), false) {
  for (const std::string& header : headers_) {
    widths_.push_back(header.size());
  }
}

void Table::add(std::vector<std::string> cells) {
  PETREL_CHECK_EQ(cells.size(), headers_.size());
  rows_.push_back(std::move(cells));
}

void Table::measure() {
  for (size_t column = 0; column < headers_.size(); ++column) {
    bool all_numbers = !rows_.empty();
    for (const std::vector<std::string>& row : rows_) {
      widths_[column] = std::max(widths_[column], row[column].size());
      all_numbers = all_numbers && is_number(row[column]);
    }
    numeric_[column] = all_numbers;
  }
}

void Table::print(std::ostream& out) const {
  Table copy(headers_);
  copy.rows_ = rows_;
  copy.flush(out);
}

void Table::flush(std::ostream& out) {
  measure();
  const auto print_row = [&](const std::vector<std::string>& row) {
    std::string line;
    for (size_t column = 0; column < row.size(); ++column) {
      const std::string padding(widths_[column] - row[column].size(), ' ');
      line += concat(column == 0 ? "" : "  ", numeric_[column] ? concat(padding, row[column])
                                                               : concat(row[column], padding));
    }
    line.resize(line.find_last_not_of(' ') + 1);
    out << line << '\n';
  };
  if (!begun_) {
    print_row(headers_);
    begun_ = true;
  }
  for (const std::vector<std::string>& row : rows_) {
    print_row(row);
  }
  rows_.clear();
}

void ListPrinter::add(const nlohmann::ordered_json& item) {
  if (format_ == OutputFormat::kYaml) {
    print_value(nlohmann::ordered_json::array({item}), format_, out_);
  } else {
    out_ << (begun_ ? ",\n  " : "[\n  ");
    for (const char c :
         item.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace)) {
      out_ << c << (c == '\n' ? "  " : "");
    }
  }
  begun_ = true;
}

void ListPrinter::finish() {
  if (!begun_) {
    print_value(nlohmann::ordered_json::array(), format_, out_);
  } else if (format_ == OutputFormat::kJson) {
    out_ << "\n]\n";
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

void put_body(std::string_view body, nlohmann::ordered_json& message) {
  if (is_utf8(body)) {
    message["body"] = std::string(body);
  } else {
    message["bodyBase64"] = absl::Base64Escape(absl::string_view(body.data(), body.size()));
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

absl::StatusOr<std::vector<int64_t>> parse_durations_ms(const std::string& text) {
  std::vector<int64_t> durations;
  for (size_t from = 0; from <= text.size();) {
    const size_t comma = std::min(text.find(',', from), text.size());
    PETREL_ASSIGN_OR_RETURN(const int64_t duration_ms,
                            parse_duration_ms(std::string_view(text).substr(from, comma - from)));
    durations.push_back(duration_ms);
    from = comma + 1;
  }
  return durations;
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
