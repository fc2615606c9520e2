// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "cli/group_change.h"

#include <iostream>

#include "cli/brokers.h"
#include "cli/confirm.h"
#include "cli/group_view.h"
#include "cli/settings_change.h"
#include "common/concat.h"
#include "common/status.h"

namespace petrel::cli {

namespace {

using Known = KnownSettings<ops::GroupSettings>;
using Planned = PlannedSettings<ops::GroupSettings>;

int carry_out(const Globals& globals, Brokers& brokers, const Known& known, const Planned& planned,
              const std::vector<std::string>& names) {
  ChangeReport report("group", globals.output);
  apply_plan<ops::GroupSettings>(
      brokers, known, planned, names,
      [](ops::BrokerAdmin& admin, const std::vector<ops::GroupSettings>& groups) {
        return admin.apply_groups(groups);
      },
      report);
  return report.conclude();
}

// What waits while a group is switched off.
void tell_of_switching_off(const GroupViews& views) {
  for (const auto& [name, view] : views) {
    if (view.settings().consume_enabled) {
      std::cerr << "petrelctl: consumer group " << name << ": receives are refused from now on; "
                << view.totals().lag << " messages wait, and more will\n";
    }
  }
}

std::vector<std::string> costs_of_deletion(const GroupViews& views) {
  std::vector<std::string> costs;
  for (const auto& [name, view] : views) {
    const GroupView::Totals totals = view.totals();
    if (totals.lag + totals.in_flight > 0) {
      costs.push_back(concat("consumer group ", name, " has not acknowledged ",
                             totals.lag_at_most ? "up to " : "", totals.lag + totals.in_flight,
                             " messages, of which ", totals.in_flight,
                             " are delivered; where it is will be forgotten"));
    }
  }
  return costs;
}

}  // namespace

void GroupChange::apply_to(ops::GroupSettings& settings) const {
  settings.consume_from = consume_from.value_or(settings.consume_from);
  settings.consume_enabled = consume_enabled.value_or(settings.consume_enabled);
  settings.attempts_max = attempts_max.value_or(settings.attempts_max);
  if (backoff == "default") {
    settings.backoff_ms.clear();
  } else if (!backoff.empty()) {
    settings.backoff_ms = parse_durations_ms(backoff).value_or(settings.backoff_ms);
  }
}

absl::StatusOr<int> create_groups(const Globals& globals, const std::vector<std::string>& names,
                                  const GroupChange& change) {
  PETREL_ASSIGN_OR_RETURN(Brokers brokers, Brokers::find(globals));
  PETREL_ASSIGN_OR_RETURN(const GroupViews views, view_groups(brokers, names));
  std::vector<ops::GroupSettings> wanted;
  for (const std::string& name : names) {
    ops::GroupSettings& settings = wanted.emplace_back();
    settings.name = name;
    // What a broker makes of nothing, so that the same command finds what it did before.
    settings.consume_from.kind = ops::ConsumeFrom::Kind::kLast;
    change.apply_to(settings);
  }
  const Known known = settings_of(views);
  PETREL_ASSIGN_OR_RETURN(const Planned planned, plan_creation("group", brokers, known, wanted));
  return carry_out(globals, brokers, known, planned, names);
}

absl::StatusOr<int> alter_groups(const Globals& globals, const std::vector<std::string>& names,
                                 const GroupChange& change) {
  PETREL_ASSIGN_OR_RETURN(Brokers brokers, Brokers::find(globals));
  PETREL_ASSIGN_OR_RETURN(const GroupViews views, view_groups(brokers, names));
  const Known known = settings_of(views);
  PETREL_ASSIGN_OR_RETURN(const Planned planned,
                          plan_alteration<ops::GroupSettings>(
                              "group", brokers, known, names,
                              [&](ops::GroupSettings& settings) { change.apply_to(settings); }));
  if (change.consume_enabled == false) {
    tell_of_switching_off(views);
  }
  if (change.consume_from) {
    std::cerr << "petrelctl: --consume-from holds for topics that a group has not received from; "
                 "where it has begun it goes on\n";
  }
  return carry_out(globals, brokers, known, planned, names);
}

absl::StatusOr<int> delete_groups(const Globals& globals, const std::vector<std::string>& names,
                                  bool yes) {
  PETREL_ASSIGN_OR_RETURN(Brokers brokers, Brokers::find(globals));
  PETREL_ASSIGN_OR_RETURN(const GroupViews views, view_groups(brokers, names));
  const std::vector<std::string> costs = costs_of_deletion(views);
  if (!costs.empty()) {
    PETREL_RETURN_IF_ERROR(confirm(costs, yes));
  }
  return delete_all(
      "group", brokers, names, [&](ops::BrokerAdmin& admin) { return admin.delete_groups(names); },
      globals.output);
}

}  // namespace petrel::cli
