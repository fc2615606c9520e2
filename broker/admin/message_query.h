// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/support/status.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "petrel/admin/v1/admin.pb.h"
#include "store/log/record.h"
#include "store/message_store.h"

// What QueryMessages and GetMessage do. Reader threads: they read files.
namespace petrel::broker {

// The place where a message is stored, as RocketMQ names it: IP address (4 or 16 bytes), port (4)
// and log offset (8) in upper-case hexadecimal.
struct OffsetId {
  store::HostAddress store_host;
  store::LogOffset log_offset{0};
};
std::string format_offset_id(const OffsetId& id);
// Nothing when the text is none.
std::optional<OffsetId> parse_offset_id(std::string_view text);

// With the first bytes of the body, at most body_bytes_max.
void write_stored_message(const store::RecordView& record, int64_t body_bytes_max,
                          admin::v1::StoredMessage* message);

grpc::Status query_messages(store::Indexer& indexer, const admin::v1::QueryMessagesRequest& request,
                            admin::v1::QueryMessagesResponse* response);
// NOT_FOUND also when another broker stored what is there.
grpc::Status get_message(const store::CommitLog& log, const admin::v1::GetMessageRequest& request,
                         admin::v1::GetMessageResponse* response);

}  // namespace petrel::broker
