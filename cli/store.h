// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "cli/command.h"
#include "store/tools/store_verify.h"

// petrelctl store: work on a store directory itself, without a broker.
namespace petrel::cli {

void add_store_inspect(CLI::App& store, Invocation& invocation);
void add_store_verify(CLI::App& store, Invocation& invocation);
void add_store_repair(CLI::App& store, Invocation& invocation);
void add_store_dump(CLI::App& store, Invocation& invocation);
void add_store_backup(CLI::App& store, Invocation& invocation);

// The broker's own records (broker/core/journal.h); their bodies are petrel.state.v1.StateRecord.
inline constexpr std::string_view kStateTopic = "rmq_sys_PETREL_STATE";

// What to do when some of them are lost; empty if none are.
std::string advice_on_lost_state(const store::StoreReport& report, const std::string& directory);

}  // namespace petrel::cli
