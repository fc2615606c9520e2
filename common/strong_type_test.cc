// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "common/strong_type.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <sstream>
#include <type_traits>
#include <unordered_set>

#include "absl/container/flat_hash_set.h"

namespace petrel {
namespace {

struct OffsetTag {
  static constexpr bool kIsPosition = true;
};
using Offset = StrongInt<OffsetTag, int64_t>;
using QueueId = StrongInt<struct QueueIdTag, int32_t>;
using Flags = StrongInt<struct FlagsTag, uint8_t>;

template <typename A, typename B>
concept Addable = requires(A a, B b) {
  a + b;
};

static_assert(!std::is_convertible_v<int64_t, Offset> && !std::is_convertible_v<Offset, int64_t>);
static_assert(!std::is_constructible_v<Offset, QueueId>);
static_assert(Addable<Offset, int64_t> && !Addable<Offset, Offset>);
static_assert(!Addable<QueueId, int32_t>, "identifiers do not calculate");
static_assert(sizeof(Offset) == sizeof(int64_t));

TEST(StrongInt, StartsAtZeroAndKeepsItsValue) {
  EXPECT_EQ(Offset().value(), 0);
  EXPECT_EQ(Offset(42).value(), 42);
  EXPECT_LT(QueueId(-1), QueueId(0));
}

TEST(StrongInt, PositionsMoveByDistanceAndSubtractToDistance) {
  Offset offset(100);
  EXPECT_EQ(offset + 20, Offset(120));
  EXPECT_EQ(offset - 20, Offset(80));
  EXPECT_EQ(Offset(130) - offset, 30);
  offset += 5;
  offset -= 1;
  EXPECT_EQ(++offset, Offset(105));
}

TEST(StrongInt, HashesInBothKindsOfTables) {
  const std::unordered_set<QueueId> standard = {QueueId(1), QueueId(2), QueueId(1)};
  const absl::flat_hash_set<QueueId> flat = {QueueId(1), QueueId(2), QueueId(1)};
  EXPECT_EQ(standard.size(), 2U);
  EXPECT_EQ(flat.size(), 2U);
}

TEST(StrongInt, PrintsAsANumberEvenWhenItIsAByte) {
  std::ostringstream out;
  out << Offset(-7) << " " << Flags(uint8_t{65});
  EXPECT_EQ(out.str(), "-7 65");
}

}  // namespace
}  // namespace petrel
