// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "broker/core/types.h"

// The receipt handle as clients carry it, in RocketMQ's form, which its tools read:
//   startOffset popTimeMs invisibleMs reviveQueueId topicType brokerName queueId queueOffset
//   commitLogOffset
// separated by single spaces. Here startOffset is the queue offset, reviveQueueId and topicType
// are 0.
namespace petrel::grpcfront {

std::string format_receipt_handle(const core::ReceiptHandle& handle, std::string_view broker_name);

// Empty for a text of another form, or a handle that another broker gave.
std::optional<core::ReceiptHandle> parse_receipt_handle(std::string_view text,
                                                        std::string_view broker_name);

}  // namespace petrel::grpcfront
