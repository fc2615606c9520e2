// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace petrel::bench {

// A serialised SendMessageRequest of which only message ids and stamps change from one request to
// the next: filling one is a copy and a few stores, so that the generator, which shares the machine
// with the server, spends as little as it can. Immutable after construction.
class SendTemplate {
 public:
  struct Options {
    std::string topic;
    int32_t queue_id = 0;
    size_t body_bytes = 1024;  // at least kStampBytes
    size_t messages = 1;
    uint64_t run_id = 0;
    uint64_t seed = 0;
  };

  explicit SendTemplate(const Options& options);

  size_t size_bytes() const { return bytes_.size(); }

  // Writes size_bytes() at out: messages first_number, first_number + 1, ... sent at sent_ns.
  void fill(int64_t sent_ns, uint64_t first_number, char* out) const;

 private:
  struct Place {
    size_t id_digits;  // where the 16 hexadecimal digits of the number are
    size_t stamp;      // where the body begins
  };

  uint64_t run_id_;
  std::string bytes_;
  std::vector<Place> places_;
};

}  // namespace petrel::bench
