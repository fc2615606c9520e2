// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "store/store_identity.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "common/check.h"
#include "common/concat.h"
#include "common/log.h"
#include "common/status.h"
#include "store/log/keyed_file.h"
#include "store/snapshot/snapshot_file.h"

namespace petrel::store {
namespace {

constexpr log::Logger kLog("store");

constexpr std::string_view kKind = "petrel-identity";
constexpr std::string_view kIdKey = "id";

// As a UUID of random bits is written.
std::string mint(Random& random) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string id = "xxxxxxxx-xxxx-4xxx-axxx-xxxxxxxxxxxx";
  for (char& digit : id) {
    if (digit == 'x') digit = kDigits[random.below(kDigits.size())];
  }
  PETREL_CHECK(is_store_id(id));
  return id;
}

std::string path_in(const std::string& directory) { return concat(directory, "/identity"); }

absl::Status check_same(const std::string& directory, const std::string& id,
                        const std::string& handed_in) {
  if (handed_in.empty() || handed_in == id) return absl::OkStatus();
  return absl::FailedPreconditionError(
      concat(directory, " is the store ", id, ", not ", handed_in, ", which was to be opened"));
}

absl::StatusOr<StoreIdentity> make_identity(Disk& disk, const std::string& directory,
                                            std::string id) {
  const absl::Status kept = keep_identity(disk, directory, id);
  if (!kept.ok() && !absl::IsResourceExhausted(kept)) return kept;
  if (!kept.ok()) {
    kLog.warn("the store's new id cannot be kept yet; it is tried again",
              {{"id", id}, {"error", concat(kept.message())}});
  }
  return StoreIdentity{.id = std::move(id), .kept = kept.ok()};
}

}  // namespace

bool is_store_id(std::string_view id) {
  const auto is_allowed = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  };
  return !id.empty() && id.size() <= kStoreIdBytesMax &&
         std::all_of(id.begin(), id.end(), is_allowed);
}

absl::StatusOr<StoreIdentity> open_identity(Disk& disk, const std::string& directory,
                                            const IdentityClaims& claims, Random& random) {
  const std::string& handed_in = claims.handed_in;
  if (!handed_in.empty() && !is_store_id(handed_in)) {
    return absl::InvalidArgumentError(concat("\"", handed_in, "\" is no store id: 1 to ",
                                             kStoreIdBytesMax,
                                             " letters, digits, '.', '_' or '-'"));
  }
  const std::string path = path_in(directory);
  const absl::StatusOr<KeyedFile> found = read_keyed_file(disk, path, kKind);
  if (absl::IsNotFound(found.status())) {
    if (!claims.in_snapshots.empty()) {
      PETREL_RETURN_IF_ERROR(check_same(directory, claims.in_snapshots, handed_in));
      return make_identity(disk, directory, claims.in_snapshots);
    }
    return make_identity(disk, directory, handed_in.empty() ? mint(random) : handed_in);
  }
  const bool has_id =
      found.ok() && found->contains(kIdKey) && is_store_id(found->find(kIdKey)->second);
  if (absl::IsDataLoss(found.status()) || (found.ok() && !has_id)) {
    return absl::DataLossError(concat(
        path, " is damaged (", found.ok() ? "no id" : found.status().message(),
        "), so nobody can tell which store this is: restore the file, or remove it if you are "
        "sure that the directory is the right one"));
  }
  PETREL_RETURN_IF_ERROR(found.status());
  const std::string& id = found->find(kIdKey)->second;
  PETREL_RETURN_IF_ERROR(check_same(directory, id, handed_in));
  // The process that made it may have been killed before its name was durable.
  PETREL_RETURN_IF_ERROR(disk.sync_directory(directory));
  return StoreIdentity{.id = id};
}

absl::Status keep_identity(Disk& disk, const std::string& directory, const std::string& id) {
  PETREL_CHECK(is_store_id(id)) << id;
  return write_keyed_file(disk, path_in(directory), kKind, {{std::string(kIdKey), id}});
}

}  // namespace petrel::store
