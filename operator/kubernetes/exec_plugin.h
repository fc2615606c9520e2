// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "operator/kubernetes/config.h"

namespace petrel::k8s {

// What a credential plugin printed: a token, or a certificate with its key, or both.
struct ExecCredential {
  std::string token;
  std::string certificate_pem;
  std::string key_pem;
  int64_t expires_wall_ms = INT64_MAX;  // INT64_MAX: does not expire
};

struct ExecLimits {
  int64_t deadline_ms = 60'000;  // then it is killed
  size_t output_bytes_max = 1 << 20;
};

// Runs the plugin, without a terminal. Blocking. Unauthenticated with what it wrote to its standard
// error when it fails, cannot be found, or prints no credential.
absl::StatusOr<ExecCredential> run_exec_plugin(const ExecPlugin& plugin,
                                               const ExecLimits& limits = {});

// The credential in an ExecCredential object as JSON text.
absl::StatusOr<ExecCredential> parse_exec_credential(const std::string& text,
                                                     const std::string& api_version);

}  // namespace petrel::k8s
