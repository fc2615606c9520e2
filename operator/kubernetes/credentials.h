// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/clock.h"
#include "common/mutex.h"
#include "operator/kubernetes/config.h"
#include "operator/kubernetes/exec_plugin.h"

namespace petrel::k8s {

// What connections and requests are made with, as of now.
struct Credential {
  std::string authorities_pem;
  std::string certificate_pem;
  std::string key_pem;
  std::string token;

  friend bool operator==(const Credential&, const Credential&) = default;
};

// The credentials of a configuration, kept fresh: files are read again when they were read
// kFileAgeMsMax ago, a plugin runs again when what it gave expires. Thread-safe; blocks while the
// plugin runs.
class Credentials {
 public:
  // The kubelet replaces the token of a Pod minutes before it expires.
  static constexpr int64_t kFileAgeMsMax = 50'000;
  // What a plugin gave is used until so long before it expires.
  static constexpr int64_t kExpiryMarginMs = 10'000;

  Credentials(ClientConfig config, const Clock& clock);

  // Unauthenticated when there is none. A file that can no longer be read keeps the value that it
  // had.
  absl::StatusOr<Credential> current();

  // After the server refused this one: reads files and runs the plugin again, unless another thread
  // did meanwhile. The same credential comes back when there is no newer one.
  absl::StatusOr<Credential> renewed(const Credential& refused);

 private:
  absl::Status read_files() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status run_plugin() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Credential combined() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const ClientConfig config_;
  const Clock& clock_;
  Mutex mutex_;
  std::optional<Credential> files_ ABSL_GUARDED_BY(mutex_);
  int64_t files_read_us_ ABSL_GUARDED_BY(mutex_) = 0;
  std::optional<ExecCredential> plugin_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace petrel::k8s
