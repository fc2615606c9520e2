// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "cli/validators.h"

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "cli/output.h"
#include "common/concat.h"
#include "common/units.h"
#include "operator/resources/consume_from.h"
#include "proto/endpoints.h"
#include "proto/names.h"

namespace petrel::cli {

namespace {

CLI::Validator validator(std::function<absl::Status(const std::string&)> check) {
  return CLI::Validator(
      [check = std::move(check)](std::string& text) { return std::string(check(text).message()); },
      "");
}

}  // namespace

CLI::Validator duration() {
  return validator([](const std::string& text) { return parse_duration_ms(text).status(); });
}

CLI::Validator durations() {
  return validator([](const std::string& text) { return parse_durations_ms(text).status(); });
}

CLI::Validator durations_or_default() {
  return validator([](const std::string& text) {
    return text == "default" ? absl::OkStatus() : parse_durations_ms(text).status();
  });
}

CLI::Validator point_in_time() {
  return validator([](const std::string& text) { return parse_time_ms(text, 0).status(); });
}

CLI::Validator topic_name() {
  return validator([](const std::string& text) { return validate_topic_name(text); });
}

CLI::Validator group_name() {
  return validator([](const std::string& text) { return validate_group_name(text); });
}

CLI::Validator consume_from() {
  return validator([](const std::string& text) { return ops::parse_consume_from(text).status(); });
}

CLI::Validator host_port() {
  return validator([](const std::string& text) { return parse_host_port(text).status(); });
}

CLI::Validator name_and_value() {
  return validator([](const std::string& text) {
    const size_t equals = text.find('=');
    return equals == std::string::npos || equals == 0
               ? absl::InvalidArgumentError(concat("'", text, "': write it as NAME=VALUE"))
               : absl::OkStatus();
  });
}

CLI::Validator one_of(const std::map<std::string, int>& values) {
  return CLI::Validator(
      [values](std::string& text) {
        std::string known;
        for (const auto& [name, number] : values) {
          if (absl::EqualsIgnoreCase(name, text)) {
            text = std::to_string(number);
            return std::string();
          }
          known += concat(known.empty() ? "" : ", ", name);
        }
        return concat("'", text, "' is none of ", known);
      },
      "");
}

}  // namespace petrel::cli
