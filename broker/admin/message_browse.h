// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "grpcpp/support/status.h"
#include "petrel/admin/v1/admin.pb.h"
#include "store/log/commit_log.h"

namespace petrel::broker {

// The most of the log that one answer looks through.
inline constexpr int64_t kBrowsedBytesMax = 16 << 20;

// What BrowseMessages does: reads the log from a place on, or from the segment in which a time
// lies, up to `end`, and tells the messages that are asked for. Damaged places are stepped over. A
// reader thread: it reads files.
grpc::Status browse_messages(const store::CommitLog& log, store::LogOffset end,
                             const admin::v1::BrowseMessagesRequest& request,
                             admin::v1::BrowseMessagesResponse* response,
                             int64_t browsed_bytes_max = kBrowsedBytesMax);

}  // namespace petrel::broker
