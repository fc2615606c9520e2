// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/clock.h"
#include "common/config.h"
#include "common/tls.h"

namespace petrel {

// Where a server's certificate comes from: two files, or a directory in which one is made at first
// start.
struct TlsConfig {
  std::string certificate_file;
  std::string key_file;
  std::string directory;

  // Declares tls.certificate-file, tls.key-file and tls.directory, and that the files come
  // together.
  void declare(ConfigSchema& schema);

  // With neither files nor directory the certificate lives as long as the process.
  absl::StatusOr<TlsIdentity> identity(const std::vector<std::string>& further_names,
                                       const Clock& clock) const;
};

}  // namespace petrel
