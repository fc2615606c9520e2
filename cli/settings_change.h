// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cli/brokers.h"
#include "cli/change_report.h"
#include "common/concat.h"

// From what brokers have of topics or groups (Settings: ops::TopicSettings or ops::GroupSettings)
// to what they are to have. A command that reached only some of the brokers is mended by the same
// one later: what it has done already is no obstacle.

namespace petrel::cli {

// By name; of each broker that has it.
template <typename Settings>
using KnownSettings = std::map<std::string, std::map<const Broker*, Settings>>;

// What each broker that answers is to be given.
template <typename Settings>
using PlannedSettings = std::map<const Broker*, std::vector<Settings>>;

// Each of `wanted` on every broker that lacks it. AlreadyExists, and nothing is to be done, when
// one is on all of them, or is somewhere with other settings. `kind` as in ChangeReport.
template <typename Settings>
absl::StatusOr<PlannedSettings<Settings>> plan_creation(const std::string& kind,
                                                        const Brokers& brokers,
                                                        const KnownSettings<Settings>& known,
                                                        const std::vector<Settings>& wanted) {
  PlannedSettings<Settings> planned;
  for (const Settings& settings : wanted) {
    const auto found = known.find(settings.name);
    const auto has = [&](const Broker& broker) {
      return found != known.end() && found->second.contains(&broker);
    };
    const bool differs =
        found != known.end() &&
        std::any_of(found->second.begin(), found->second.end(),
                    [&](const auto& entry) { return !(entry.second == settings); });
    bool lacking = false;
    for (const Broker& broker : brokers.all()) {
      if (broker.answers() && !has(broker)) {
        lacking = true;
        planned[&broker].push_back(settings);
      }
    }
    if (differs || !lacking) {
      return absl::AlreadyExistsError(
          concat(kind, " ", settings.name, " exists already",
                 lacking ? " on some brokers, with other settings" : "", "; petrelctl ", kind,
                 " describe ", settings.name, " shows it, petrelctl ", kind, " alter ",
                 settings.name, " changes it", lacking ? " and brings it to all brokers" : ""));
    }
  }
  return planned;
}

// `change` made to what each broker has; one that lacks it gets what the first one that has it will
// have. NotFound, and nothing is to be done, when no broker has it.
template <typename Settings>
absl::StatusOr<PlannedSettings<Settings>> plan_alteration(
    const std::string& kind, const Brokers& brokers, const KnownSettings<Settings>& known,
    const std::vector<std::string>& names, const std::function<void(Settings&)>& change) {
  PlannedSettings<Settings> planned;
  for (const std::string& name : names) {
    const auto found = known.find(name);
    if (found == known.end()) {
      return absl::NotFoundError(
          concat("there is no ", kind, " ", name, "; see petrelctl ", kind, " list"));
    }
    for (const Broker& broker : brokers.all()) {
      if (broker.answers()) {
        const auto own = found->second.find(&broker);
        Settings settings =
            own == found->second.end() ? found->second.begin()->second : own->second;
        change(settings);
        planned[&broker].push_back(std::move(settings));
      }
    }
  }
  return planned;
}

// Gives the brokers what is planned and reports it, one by one.
// `apply` returns the names that were made or changed.
template <typename Settings>
void apply_plan(Brokers& brokers, const KnownSettings<Settings>& known,
                const PlannedSettings<Settings>& planned, const std::vector<std::string>& names,
                const std::function<absl::StatusOr<std::vector<std::string>>(
                    ops::BrokerAdmin&, const std::vector<Settings>&)>& apply,
                ChangeReport& report) {
  for (Broker& broker : brokers.all()) {
    if (!broker.answers()) {
      for (const std::string& name : names) {
        report.add(name, broker, ChangeResult::kNotReached, broker.silence);
      }
      continue;
    }
    const auto found = planned.find(&broker);
    if (found == planned.end()) {
      continue;
    }
    const auto changed = apply(*broker.admin, found->second);
    for (const Settings& settings : found->second) {
      const auto before = known.find(settings.name);
      const bool is_new = before == known.end() || !before->second.contains(&broker);
      if (!changed.ok()) {
        report.add(settings.name, broker,
                   ops::is_unreached(changed.status()) ? ChangeResult::kNotReached
                                                       : ChangeResult::kRefused,
                   changed.status());
      } else if (std::find(changed->begin(), changed->end(), settings.name) == changed->end()) {
        report.add(settings.name, broker, ChangeResult::kUnchanged);
      } else {
        report.add(settings.name, broker, is_new ? ChangeResult::kCreated : ChangeResult::kChanged);
      }
    }
  }
}

// Deletes and reports; NotFound when no broker had one of them and all were asked. `remove` returns
// the names that were there.
absl::StatusOr<int> delete_all(
    const std::string& kind, Brokers& brokers, const std::vector<std::string>& names,
    const std::function<absl::StatusOr<std::vector<std::string>>(ops::BrokerAdmin&)>& remove,
    OutputFormat format);

}  // namespace petrel::cli
