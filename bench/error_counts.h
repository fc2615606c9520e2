// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace petrel::bench {

// Failures by what the server or the transport called them, with one message of each kind.
class ErrorCounts {
 public:
  void add(const std::string& code, const std::string& message) {
    Kind& kind = kinds_[code];
    if (kind.count++ == 0) kind.example = message;
  }

  void merge(const ErrorCounts& other) {
    for (const auto& [code, theirs] : other.kinds_) {
      Kind& kind = kinds_[code];
      if (kind.count == 0) kind.example = theirs.example;
      kind.count += theirs.count;
    }
  }

  struct Kind {
    uint64_t count = 0;
    std::string example;
  };
  const std::map<std::string, Kind>& kinds() const { return kinds_; }

 private:
  std::map<std::string, Kind> kinds_;
};

}  // namespace petrel::bench
