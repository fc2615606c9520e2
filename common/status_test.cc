// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "common/status.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace petrel {
namespace {

absl::Status fail_if(bool fail) { return fail ? absl::AbortedError("asked to") : absl::OkStatus(); }

absl::StatusOr<std::unique_ptr<int>> make(bool fail) {
  PETREL_RETURN_IF_ERROR(fail_if(fail));
  return std::make_unique<int>(3);
}

absl::StatusOr<int> doubled(bool fail) {
  PETREL_ASSIGN_OR_RETURN(const std::unique_ptr<int> number, make(fail));
  return *number * 2;
}

TEST(Status, MacrosPassValuesOnAndErrorsUp) {
  EXPECT_EQ(*doubled(false), 6);
  EXPECT_EQ(doubled(true).status(), absl::AbortedError("asked to"));
}

TEST(Status, ErrnoBecomesItsCanonicalCodeWithContext) {
  const absl::Status status = errno_status(ENOENT, "open /x");
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(status.message(), "open /x: No such file or directory");
}

TEST(Status, AnnotatePutsContextFirstAndKeepsTheCode) {
  EXPECT_EQ(annotate(absl::DataLossError("bad crc"), "segment 0"),
            absl::DataLossError("segment 0: bad crc"));
  EXPECT_TRUE(annotate(absl::OkStatus(), "segment 0").ok());
}

}  // namespace
}  // namespace petrel
