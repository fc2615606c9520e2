// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/grpc/status_map.h"

#include "common/check.h"

namespace petrel::grpcfront {

rmq::Code to_code(core::OutcomeCode code) {
  using core::OutcomeCode;
  switch (code) {
    case OutcomeCode::kOk:
      return rmq::OK;
    case OutcomeCode::kTopicNotFound:
      return rmq::TOPIC_NOT_FOUND;
    case OutcomeCode::kGroupNotFound:
      return rmq::CONSUMER_GROUP_NOT_FOUND;
    case OutcomeCode::kMessageTypeConflict:
      return rmq::MESSAGE_PROPERTY_CONFLICT_WITH_TYPE;
    case OutcomeCode::kNoWritableQueue:
    case OutcomeCode::kNoReadableQueue:
    case OutcomeCode::kForbidden:
      return rmq::FORBIDDEN;
    case OutcomeCode::kNoMessage:
      return rmq::MESSAGE_NOT_FOUND;
    case OutcomeCode::kInvalidReceiptHandle:
      return rmq::INVALID_RECEIPT_HANDLE;
    case OutcomeCode::kInvalidArgument:
      return rmq::BAD_REQUEST;
    case OutcomeCode::kTooLarge:
      return rmq::PAYLOAD_TOO_LARGE;
    case OutcomeCode::kFlushDiskTimeout:
      return rmq::MASTER_PERSISTENCE_TIMEOUT;
    case OutcomeCode::kFlushReplicaTimeout:
      return rmq::SLAVE_PERSISTENCE_TIMEOUT;
    case OutcomeCode::kReplicasNotAvailable:
      return rmq::HA_NOT_AVAILABLE;
    // Official clients come back after a back-off: a producer with its next attempt, which it makes
    // at once after any other code and so uses them up; a push consumer within 20 ms.
    case OutcomeCode::kNotServing:
    case OutcomeCode::kOverloaded:
      return rmq::TOO_MANY_REQUESTS;
    case OutcomeCode::kUnsupported:
      return rmq::UNSUPPORTED;
    // Clients try another broker on this one.
    case OutcomeCode::kDiskFull:
    case OutcomeCode::kCancelled:
    case OutcomeCode::kStoreFailed:
    case OutcomeCode::kShuttingDown:
      return rmq::INTERNAL_SERVER_ERROR;
  }
  PETREL_CHECK(false) << "outcome code " << static_cast<int>(code);
  return rmq::INTERNAL_SERVER_ERROR;
}

void set_status(rmq::Code code, std::string_view text, rmq::Status* status) {
  status->set_code(code);
  status->set_message(text.data(), text.size());
}

void set_status(const Verdict& verdict, rmq::Status* status) {
  set_status(verdict.code, verdict.ok() ? "OK" : verdict.text, status);
}

void set_status(const core::Outcome& outcome, rmq::Status* status) {
  const rmq::Code code = to_code(outcome.code);
  set_status(code, outcome.text.empty() ? rmq::Code_Name(code) : outcome.text, status);
}

void set_ok(rmq::Status* status) { set_status(rmq::OK, "OK", status); }

}  // namespace petrel::grpcfront
