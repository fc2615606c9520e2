// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace google::protobuf {
class MessageLite;
}

namespace petrel::core {

// Makes the pieces of a snapshot from its parts, one after the other. Each piece is the bytes of a
// petrel.state.v1.Snapshot with some of its fields, so it can be read by itself.
class StatePieces {
 public:
  static constexpr size_t kPieceBytesMax = 256 * 1024;

  // `part` is a value of the field of this number, which is repeated or stands in one piece only.
  // Goes into the next piece if it does not fit; a part that is larger than a piece has one for
  // itself.
  void add(int field, const google::protobuf::MessageLite& part);
  // Fields that are not repeated: a Snapshot of which nothing else is set.
  void add_fields(const google::protobuf::MessageLite& snapshot);
  // Of all that was added.
  size_t bytes() const { return bytes_; }
  std::vector<std::string> take() && { return std::move(pieces_); }

 private:
  // Room for so many more bytes at the end of the piece that is returned.
  std::string& piece_with_room(size_t bytes);

  std::vector<std::string> pieces_;
  size_t bytes_ = 0;
};

}  // namespace petrel::core
