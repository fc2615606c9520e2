// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace petrel::cli {

enum class OutputFormat { kTable, kJson, kYaml };

// Rows under headers in columns of equal width, two spaces apart. Numbers are right-aligned.
class Table {
 public:
  explicit Table(std::vector<std::string> headers);
  // As many cells as there are headers.
  void add(std::vector<std::string> cells);
  bool empty() const { return rows_.empty(); }
  void print(std::ostream& out) const;
  // Prints what was added since the last call, under the headers the first time, and forgets it.
  // For tables that have no end: columns only get wider.
  void flush(std::ostream& out);

 private:
  void measure();

  const std::vector<std::string> headers_;
  std::vector<std::vector<std::string>> rows_;
  std::vector<size_t> widths_;
  std::vector<bool> numeric_;
  bool begun_ = false;
};

// A list as print_value() prints it, an item at a time. The format is not kTable.
class ListPrinter {
 public:
  ListPrinter(OutputFormat format, std::ostream& out) : format_(format), out_(out) {}
  void add(const nlohmann::ordered_json& item);
  // Closes the list.
  void finish();

 private:
  const OutputFormat format_;
  std::ostream& out_;
  bool begun_ = false;
};

// As JSON with two spaces of indentation, or as YAML. The format is not kTable.
void print_value(const nlohmann::ordered_json& value, OutputFormat format, std::ostream& out);

// A message's body, as a member of its JSON: "body" if it is text (UTF-8), else "bodyBase64".
void put_body(std::string_view body, nlohmann::ordered_json& message);

// One line of at most `characters_max`: bytes that no terminal should get become dots.
std::string printable(std::string_view text, size_t characters_max);

// "2026-11-21 10:33:52" in local time; "" for 0.
std::string format_time(int64_t time_ms);

// Durations on a command line: "10s,1m,10m".
absl::StatusOr<std::vector<int64_t>> parse_durations_ms(const std::string& text);

// "3d4h", "5m12s", "8s": two units at most.
std::string format_age(int64_t age_ms);

// "0B", "812B", "1.5KiB", "42MiB": two digits or more, and so not exact.
std::string format_size(int64_t size_bytes);

// Names of a topic's permission bits and message type.
std::string permission_name(int32_t permission);
std::string message_type_name(int32_t type);

}  // namespace petrel::cli
