// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/runtimes/kubernetes/store_check.h"

#include <nlohmann/json.hpp>

#include "common/concat.h"
#include "operator/kubernetes/resource_type.h"

namespace petrel::ops {

namespace {

// "its store S"
std::string store_of(const StoreRecord& record) {
  return record.store_id.empty() ? "its store" : concat("its store ", record.store_id);
}

std::string what_to_do(const StoreRecord& record) {
  return concat(
      ". Its messages are kept nowhere else: make a claim of that name, with the labels of the "
      "cluster's other claims, for a volume with them (the old one, or a copy), or, to go on "
      "without "
      "them, annotate the cluster with ",
      kAcceptLossAnnotation, "=", record.id_to_accept());
}

DataProblem lost(const StoreRecord& record, const StoreFacts& facts) {
  return {"VolumeLost", concat("PersistentVolumeClaim ", facts.claim_name, ", with ",
                               store_of(record), ", is gone", what_to_do(record))};
}

DataProblem dying(const StoreFacts& facts) {
  return {
      "VolumeDying",
      concat("PersistentVolumeClaim ", facts.claim_name,
             " is being deleted, and goes as soon as its Pod does: the Pod is left running; copy "
             "its messages")};
}

DataProblem another(const StoreRecord& record, const StoreFacts& facts, const std::string& why) {
  return {"VolumeUnknown", concat("PersistentVolumeClaim ", facts.claim_name, " has not ",
                                  store_of(record), ": ", why, what_to_do(record))};
}

}  // namespace

StoreVerdict check_store(const std::optional<StoreRecord>& record, const StoreFacts& facts,
                         const std::set<std::string>& accepted) {
  const std::string claim_uid = facts.claim == nullptr ? "" : k8s::uid_of(*facts.claim);
  const bool is_dying = facts.claim != nullptr && k8s::is_deleting(*facts.claim);
  if (!record || accepted.contains(record->id_to_accept())) {
    StoreVerdict verdict;
    if (is_dying) {
      verdict.problem = dying(facts);
    } else if (!claim_uid.empty() && (!record || !facts.told_id.empty())) {
      verdict.record = StoreRecord{claim_uid, facts.told_id};
    }
    return verdict;
  }
  StoreVerdict verdict{.problem = {}, .record = record};
  const bool is_other =
      !record->store_id.empty() && !facts.told_id.empty() && facts.told_id != record->store_id;
  if (facts.claim == nullptr) {
    verdict.problem = lost(*record, facts);
  } else if (is_dying) {
    verdict.problem = dying(facts);
  } else if (!facts.refused_by_broker.empty()) {
    verdict.problem = another(*record, facts, facts.refused_by_broker);
  } else if (is_other) {
    verdict.problem =
        another(*record, facts, concat("its broker serves the store ", facts.told_id));
  } else if (claim_uid == record->claim_uid) {
    if (record->store_id.empty()) {
      verdict.record->store_id = facts.told_id;
    }
  } else if (!record->store_id.empty() && facts.told_id == record->store_id) {
    verdict.record->claim_uid = claim_uid;  // a volume that somebody restored
  } else if (record->store_id.empty() || !facts.broker_verifies) {
    verdict.problem = another(*record, facts, "it is another claim of that name");
  }
  return verdict;
}

}  // namespace petrel::ops
