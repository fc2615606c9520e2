// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/kubernetes/credentials.h"

#include <string_view>
#include <utility>

#include "common/concat.h"
#include "common/file_util.h"
#include "common/log.h"
#include "common/status.h"

namespace petrel::k8s {
namespace {

constexpr log::Logger kLog("kubernetes");
constexpr int64_t kFileBytesMax = 1 << 20;

// The value of a source into *value, which stays as it is when the file cannot be read.
absl::Status read_source(const TextSource& source, std::string* value) {
  if (source.file.empty()) {
    *value = source.text;
    return absl::OkStatus();
  }
  PETREL_ASSIGN_OR_RETURN(*value, read_file(source.file, kFileBytesMax));
  return absl::OkStatus();
}

// Files with a token may end with a newline.
void trim_end(std::string* text) {
  while (!text->empty() && (text->back() == '\n' || text->back() == '\r' || text->back() == ' ')) {
    text->pop_back();
  }
}

}  // namespace

Credentials::Credentials(ClientConfig config, const Clock& clock)
    : config_(std::move(config)), clock_(clock) {}

absl::StatusOr<Credential> Credentials::current() {
  MutexLock lock(mutex_);
  if (!files_ || clock_.mono_us() - files_read_us_ >= kFileAgeMsMax * 1000) {
    PETREL_RETURN_IF_ERROR(read_files());
  }
  const bool expired = plugin_ && plugin_->expires_wall_ms != INT64_MAX &&
                       clock_.wall_ms() >= plugin_->expires_wall_ms - kExpiryMarginMs;
  if (config_.exec && (!plugin_ || expired)) {
    PETREL_RETURN_IF_ERROR(run_plugin());
  }
  return combined();
}

absl::StatusOr<Credential> Credentials::renewed(const Credential& refused) {
  MutexLock lock(mutex_);
  if (files_ && combined() != refused) {
    return combined();
  }
  PETREL_RETURN_IF_ERROR(read_files());
  if (config_.exec) {
    PETREL_RETURN_IF_ERROR(run_plugin());
  }
  return combined();
}

absl::Status Credentials::read_files() {
  // Certificate and key are replaced together or not at all.
  Credential read = files_.value_or(Credential());
  absl::Status status = read_source(config_.certificate_authority, &read.authorities_pem);
  status.Update(read_source(config_.client_certificate, &read.certificate_pem));
  status.Update(read_source(config_.client_key, &read.key_pem));
  status.Update(read_source(config_.token, &read.token));
  trim_end(&read.token);
  files_read_us_ = clock_.mono_us();
  if (status.ok()) {
    files_ = std::move(read);
    return absl::OkStatus();
  }
  const std::string message(status.message());
  if (!files_) {
    return absl::UnauthenticatedError(message);
  }
  kLog.warn("credentials stay as they were", {{"error", message}});
  return absl::OkStatus();
}

absl::Status Credentials::run_plugin() {
  PETREL_ASSIGN_OR_RETURN(plugin_, run_exec_plugin(*config_.exec));
  return absl::OkStatus();
}

Credential Credentials::combined() const {
  Credential credential = *files_;
  if (plugin_) {
    if (!plugin_->token.empty()) {
      credential.token = plugin_->token;
    }
    if (!plugin_->certificate_pem.empty()) {
      credential.certificate_pem = plugin_->certificate_pem;
      credential.key_pem = plugin_->key_pem;
    }
  }
  return credential;
}

}  // namespace petrel::k8s
