// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace petrel::k8s {

// Makes lines of bytes that arrive in pieces: how a watch frames its events. One owner thread.
class LineSplitter {
 public:
  // Lines may have line_bytes_max bytes, without the end of line.
  explicit LineSplitter(size_t line_bytes_max) : line_bytes_max_(line_bytes_max) {}

  // Tells each line that the bytes complete, without its end, while on_line returns OK; that error
  // otherwise. ResourceExhausted for a line that is too long. After an error it is of no use.
  absl::Status add(std::string_view bytes,
                   const std::function<absl::Status(std::string_view line)>& on_line);

  // Bytes of a line that is not complete.
  size_t pending_bytes() const { return pending_.size(); }

 private:
  const size_t line_bytes_max_;
  std::string pending_;
};

}  // namespace petrel::k8s
