// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "cli/settings_change.h"

namespace petrel::cli {

absl::StatusOr<int> delete_all(
    const std::string& kind, Brokers& brokers, const std::vector<std::string>& names,
    const std::function<absl::StatusOr<std::vector<std::string>>(ops::BrokerAdmin&)>& remove,
    OutputFormat format) {
  ChangeReport report(kind, format);
  std::vector<std::string> missing = names;
  for (Broker& broker : brokers.all()) {
    const absl::StatusOr<std::vector<std::string>> deleted =
        broker.answers() ? remove(*broker.admin) : broker.silence;
    for (const std::string& name : names) {
      if (!deleted.ok()) {
        std::erase(missing, name);  // nobody knows
        report.add(name, broker,
                   ops::is_unreached(deleted.status()) ? ChangeResult::kNotReached
                                                       : ChangeResult::kRefused,
                   deleted.status());
      } else if (std::find(deleted->begin(), deleted->end(), name) == deleted->end()) {
        report.add(name, broker, ChangeResult::kAbsent);
      } else {
        std::erase(missing, name);
        report.add(name, broker, ChangeResult::kDeleted);
      }
    }
  }
  if (!missing.empty()) {
    if (missing.size() < names.size() || format != OutputFormat::kTable) {
      report.conclude();
    }
    return absl::NotFoundError(
        concat("there is no ", kind, " ", missing.front(), "; see petrelctl ", kind, " list"));
  }
  return report.conclude();
}

}  // namespace petrel::cli
