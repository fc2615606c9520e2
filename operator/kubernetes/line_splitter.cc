// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/kubernetes/line_splitter.h"

#include "common/concat.h"
#include "common/status.h"

namespace petrel::k8s {

absl::Status LineSplitter::add(std::string_view bytes,
                               const std::function<absl::Status(std::string_view)>& on_line) {
  while (!bytes.empty()) {
    const size_t end = bytes.find('\n');
    const std::string_view part = bytes.substr(0, end);
    if (pending_.size() + part.size() > line_bytes_max_) {
      return absl::ResourceExhaustedError(concat("a line is over ", line_bytes_max_, " bytes"));
    }
    if (end == std::string_view::npos) {
      pending_.append(part);
      return absl::OkStatus();
    }
    bytes.remove_prefix(end + 1);
    if (pending_.empty()) {
      PETREL_RETURN_IF_ERROR(on_line(part));
      continue;
    }
    pending_.append(part);
    const std::string line = std::move(pending_);
    pending_.clear();
    PETREL_RETURN_IF_ERROR(on_line(line));
  }
  return absl::OkStatus();
}

}  // namespace petrel::k8s
