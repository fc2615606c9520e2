// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "cli/validators.h"

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "cli/output.h"
#include "cli/point_in_time.h"
#include "common/clock.h"
#include "common/concat.h"
#include "common/rpc/channel_credentials.h"
#include "common/status.h"
#include "common/units.h"
#include "proto/endpoints.h"
#include "proto/names.h"

namespace petrel::cli {

namespace {

CLI::Validator validator(std::function<absl::Status(const std::string&)> check) {
  return CLI::Validator(
      [check = std::move(check)](std::string& text) { return std::string(check(text).message()); },
      "");
}

bool is_blank(const std::string& text) {
  return text.find_first_not_of(" \t\r\n") == std::string::npos;
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
  return validator([](const std::string& text) {
    return parse_time_ms(text, SystemClock().wall_ms()).status();
  });
}

CLI::Validator certificates_file() {
  return validator([](const std::string& file) -> absl::Status {
    PETREL_ASSIGN_OR_RETURN(const std::string text, read_authorities(file));
    return absl::StrContains(text, "-----BEGIN CERTIFICATE-----")
               ? absl::OkStatus()
               : absl::InvalidArgumentError(concat(file, " has no certificate in PEM form"));
  });
}

CLI::Validator topic_name() {
  return validator([](const std::string& text) { return validate_topic_name(text); });
}

CLI::Validator group_name() {
  return validator([](const std::string& text) { return validate_group_name(text); });
}

CLI::Validator consume_from() {
  return validator([](const std::string& text) {
    return parse_group_begin(text, SystemClock().wall_ms()).status();
  });
}

CLI::Validator tag() {
  return validator([](const std::string& text) {
    return text.empty() || (text.find('|') == std::string::npos && !is_blank(text))
               ? absl::OkStatus()
               : absl::InvalidArgumentError(
                     concat("'", text, "' is no tag, which has no '|' and is not blank"));
  });
}

CLI::Validator not_blank() {
  return validator([](const std::string& text) {
    return is_blank(text) ? absl::InvalidArgumentError("must not be blank") : absl::OkStatus();
  });
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
