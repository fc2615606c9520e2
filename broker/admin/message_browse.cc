// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/admin/message_browse.h"

#include <algorithm>

#include "broker/admin/admin_messages.h"
#include "broker/admin/message_query.h"
#include "common/concat.h"

namespace petrel::broker {
namespace {

namespace v1 = admin::v1;

constexpr int32_t kLimitMax = 64;
constexpr int32_t kLimitDefault = 32;
constexpr int64_t kBodyBytesMax = 65'536;

// Store times may go back a little between records.
constexpr int64_t kTimeSlackMs = 60'000;

// Where records of that time, and later ones, begin at the latest.
store::LogOffset place_of_time(const store::CommitLog& log, int64_t begin_ms) {
  store::LogOffset place = log.begin();
  for (const store::LogSegment& segment : log.segments()) {
    if (segment.first_ms != 0 && segment.first_ms < begin_ms - kTimeSlackMs) {
      place = std::max(place, segment.start);
    }
  }
  return place;
}

bool is_asked_for(const store::RecordView& record, const v1::BrowseMessagesRequest& request) {
  return record.topic == request.topic() &&
         (!request.has_queue_id() || record.queue_id == request.queue_id()) &&
         record.queue_offset.value() >= request.queue_offset() &&
         record.store_ms >= request.begin_ms() &&
         (request.end_ms() == 0 || record.store_ms <= request.end_ms());
}

}  // namespace

grpc::Status browse_messages(const store::CommitLog& log, store::LogOffset end,
                             const v1::BrowseMessagesRequest& request,
                             v1::BrowseMessagesResponse* response, int64_t browsed_bytes_max) {
  if (request.topic().empty()) {
    return {grpc::StatusCode::INVALID_ARGUMENT, "a topic is needed"};
  }
  if (request.limit() < 0 || request.limit() > kLimitMax) {
    return {grpc::StatusCode::INVALID_ARGUMENT, concat("limit is 1 to ", kLimitMax)};
  }
  store::LogOffset from = request.log_offset() == 0
                              ? place_of_time(log, request.begin_ms())
                              : std::max(log.begin(), store::LogOffset(request.log_offset()));
  if (request.from_end()) {
    from = end;
  }
  store::LogOffset next = std::min(from, end);
  const int32_t limit = request.limit() == 0 ? kLimitDefault : request.limit();
  const int64_t body_bytes_max = std::min<int64_t>(request.body_bytes_max(), kBodyBytesMax);
  const auto take = [&](const store::RecordView& record) -> absl::Status {
    // At least one record, or no question would get beyond a large one.
    if (response->messages_size() == limit ||
        (record.log_offset - from >= browsed_bytes_max && record.log_offset > from)) {
      next = record.log_offset;
      response->set_more(true);
      return absl::CancelledError("enough");
    }
    next = record.log_offset + static_cast<int64_t>(record.bytes.size());
    if (is_asked_for(record, request)) {
      write_stored_message(record, body_bytes_max, response->add_messages());
    }
    return absl::OkStatus();
  };
  const absl::Status visited = next < end ? log.visit(next, end, take) : absl::OkStatus();
  if (!visited.ok() && !response->more()) {
    return to_status(visited);
  }
  // What is behind the last record is no record: the rest of a segment, or damage.
  response->set_next_log_offset(response->more() ? next.value() : end.value());
  return grpc::Status::OK;
}

}  // namespace petrel::broker
