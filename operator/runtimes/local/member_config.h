// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "operator/plan/member.h"
#include "operator/resources/resource.h"
#include "operator/runtimes/local/layout.h"
#include "operator/runtimes/members/member_settings.h"

// What a member's process is started with: the program and its configuration file. Pure but for
// check_configuration and program_file. Any thread.

namespace petrel::ops {

// The program's path in bin_dir. NotFound when it is not there.
absl::StatusOr<std::string> program_file(const std::string& bin_dir, Role role);

// The text of the configuration file. InvalidArgument when the declared config holds keys that
// follow from other parts of the declaration.
absl::StatusOr<std::string> member_config(const Resource& cluster, const Layout& layout,
                                          const MemberId& member);

// Identifies a configuration text and the program file that it is for. Changes with both.
absl::StatusOr<std::string> member_digest(const std::string& config_text,
                                          const std::string& program);

// Asks the program whether it accepts the text. InvalidArgument with its words when not, which do
// not name the file and line that it read, as nobody can look there. Leaves no file behind.
absl::Status check_configuration(const std::string& program, const std::string& config_text);

}  // namespace petrel::ops
