// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "absl/status/status.h"
#include "cli/brokers.h"
#include "cli/output.h"

namespace petrel::cli {

enum class ChangeResult {
  kCreated,
  kChanged,
  kUnchanged,  // it was as asked
  kDeleted,
  kAbsent,      // was to be deleted, and not there
  kNotReached,  // the broker did not answer: done or not, nobody knows
  kRefused,
};

// What a command did to topics or groups, broker by broker. One thread.
class ChangeReport {
 public:
  // `kind` is "topic" or "group". With kTable each result is printed as it is added, on standard
  // output, or standard error for those that failed; otherwise conclude() prints all.
  ChangeReport(std::string kind, OutputFormat format);

  // `why` is told with kNotReached and kRefused.
  void add(const std::string& name, const Broker& broker, ChangeResult result,
           const absl::Status& why = absl::OkStatus());

  // kFailed when a broker refused something, else kPartial when one was not reached, else kOk.
  int conclude() const;

 private:
  void print(const std::string& name, const Broker& broker, ChangeResult result,
             const absl::Status& why) const;

  const std::string kind_;
  const OutputFormat format_;
  nlohmann::ordered_json list_ = nlohmann::ordered_json::array();
  bool did_anything_ = false;
  bool refused_ = false;
  bool not_reached_ = false;
};

}  // namespace petrel::cli
