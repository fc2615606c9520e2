// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "cli/store.h"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "common/concat.h"

namespace petrel::cli {

std::string advice_on_lost_state(const store::StoreReport& report, const std::string& directory) {
  const bool lost = std::any_of(report.lost.begin(), report.lost.end(), [](const auto& range) {
    return range.topic == kStateTopic && !range.in_snapshot;
  });
  if (!lost) {
    return "";
  }
  return concat(
      "\nSome of the broker's own state is lost: changes of topics and groups, or what groups "
      "have\n"
      "consumed. No broker starts: restore the named file of commitlog/ from a copy. Where there "
      "is\n"
      "none, petrelctl store repair ",
      directory,
      " ends the log before it, so that a broker starts with what\n"
      "was until then; what is behind moves aside, and petrelctl store dump prints its messages, "
      "to be\n"
      "sent again.\n");
}

void add_store(CLI::App& app, Invocation& invocation) {
  CLI::App* store = app.add_subcommand(
      "store", "Look at a broker's store directory while the broker does not run, or copy it");
  store->require_subcommand(1);
  add_store_inspect(*store, invocation);
  add_store_verify(*store, invocation);
  add_store_backup(*store, invocation);
  add_store_repair(*store, invocation);
  add_store_dump(*store, invocation);
  store->footer(
      "Start with inspect: what is there, and does a broker use it. verify reads everything and\n"
      "names what is damaged. repair moves aside what stops a broker from starting, and asks "
      "first;\n"
      "the other commands change nothing. backup copies a store, also of a broker that runs.");
}

}  // namespace petrel::cli
