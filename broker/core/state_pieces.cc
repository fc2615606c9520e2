// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/core/state_pieces.h"

#include <cstdint>

#include "broker/core/state_codec.h"
#include "common/check.h"
#include "petrel/state/v1/state.pb.h"

namespace petrel::core {
namespace {

constexpr size_t kFrameBytesMax = 12;  // tag and length of a part

void add_varint(uint64_t value, std::string& into) {
  for (; value >= 0x80; value >>= 7) {
    into += static_cast<char>(value | 0x80);
  }
  into += static_cast<char>(value);
}

// Of a message whose ByteSizeLong() was asked a moment ago, for which it has computed all sizes.
void add_sized(const google::protobuf::MessageLite& message, size_t size, std::string& into) {
  const size_t begin = into.size();
  into.resize(begin + size);
  auto* const target = reinterpret_cast<uint8_t*>(into.data() + begin);
  const uint8_t* const end = message.SerializeWithCachedSizesToArray(target);
  PETREL_CHECK_EQ(static_cast<size_t>(end - target), size);
}

}  // namespace

std::string& StatePieces::piece_with_room(size_t bytes) {
  if (pieces_.empty() || pieces_.back().size() + bytes > kPieceBytesMax) {
    std::string& piece = pieces_.emplace_back();
    piece.reserve(kPieceBytesMax);
    state::v1::Snapshot head;
    head.set_format(kSnapshotFormat);
    head.AppendToString(&piece);
  }
  return pieces_.back();
}

void StatePieces::add(int field, const google::protobuf::MessageLite& part) {
  constexpr uint64_t kLengthDelimited = 2;
  const size_t size = part.ByteSizeLong();
  std::string& piece = piece_with_room(size + kFrameBytesMax);
  const size_t before = piece.size();
  add_varint(static_cast<uint64_t>(field) << 3 | kLengthDelimited, piece);
  add_varint(size, piece);
  add_sized(part, size, piece);
  bytes_ += piece.size() - before;
}

void StatePieces::add_fields(const google::protobuf::MessageLite& snapshot) {
  const size_t size = snapshot.ByteSizeLong();
  add_sized(snapshot, size, piece_with_room(size));
  bytes_ += size;
}

}  // namespace petrel::core
