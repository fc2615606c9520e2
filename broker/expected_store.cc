// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/expected_store.h"

#include <vector>

#include "absl/strings/cord.h"
#include "common/concat.h"
#include "store/store_identity.h"

namespace petrel::broker {

namespace {

constexpr const char* kWrongStore = "petrel.io/wrong-store";

absl::Status wrong_store(const std::string& message) {
  absl::Status status = absl::FailedPreconditionError(
      concat(message,
             ". Give the broker the volume of that store, or a copy of it; or, if its messages "
             "are given up, start without store.expected-id"));
  status.SetPayload(kWrongStore, absl::Cord());
  return status;
}

bool has_log(store::Disk& disk, const std::string& directory) {
  const absl::StatusOr<std::vector<std::string>> files = disk.list(concat(directory, "/commitlog"));
  return files.ok() && !files->empty();
}

}  // namespace

absl::Status check_expected_store(store::Disk& disk, const std::string& directory,
                                  const std::string& expected_id, Random& random) {
  if (expected_id.empty()) {
    return absl::OkStatus();
  }
  const absl::Status there =
      disk.open(concat(directory, "/identity"), store::Disk::OpenMode::kRead).status();
  if (absl::IsNotFound(there) && has_log(disk, directory)) {
    return absl::OkStatus();  // its id had no room yet, or is lost: the store's own check decides
  }
  if (absl::IsNotFound(there)) {
    return wrong_store(concat("store.expected-id is ", expected_id, ", and ", directory,
                              " holds no store: its volume is new, was wiped or is another one"));
  }
  if (!there.ok()) {
    return there;
  }
  const absl::Status opened =
      store::open_identity(disk, directory, {.handed_in = expected_id, .in_snapshots = ""}, random)
          .status();
  return absl::IsFailedPrecondition(opened) ? wrong_store(std::string(opened.message())) : opened;
}

bool is_wrong_store(const absl::Status& status) {
  return status.GetPayload(kWrongStore).has_value();
}

}  // namespace petrel::broker
