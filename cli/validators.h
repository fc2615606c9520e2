// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <map>
#include <string>

// Checks of values on the command line, made while it is parsed: a value that is refused there ends
// with kUsage, whatever the brokers would say.

namespace petrel::cli {

// "30s", "1h30m", 0.
CLI::Validator duration();
// Durations with commas between them: "10s,1m,10m".
CLI::Validator durations();
// The same, or "default".
CLI::Validator durations_or_default();
// As parse_time_ms takes it.
CLI::Validator point_in_time();
// A file of certificates in PEM form.
CLI::Validator certificates_file();
CLI::Validator topic_name();
CLI::Validator group_name();
// As parse_group_begin takes it.
CLI::Validator consume_from();
// Of a message: without '|', not blank; empty for none.
CLI::Validator tag();
CLI::Validator not_blank();
CLI::Validator host_port();
// "NAME=VALUE"
CLI::Validator name_and_value();

// One of these texts, in whatever case: becomes the number that it stands for.
CLI::Validator one_of(const std::map<std::string, int>& values);
template <typename Enum>
CLI::Validator one_of(const std::map<std::string, Enum>& values) {
  std::map<std::string, int> numbers;
  for (const auto& [text, value] : values) {
    numbers[text] = static_cast<int>(value);
  }
  return one_of(numbers);
}

}  // namespace petrel::cli
