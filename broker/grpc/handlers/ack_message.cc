// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <optional>
#include <utility>
#include <vector>

#include "broker/grpc/handlers/handlers.h"
#include "broker/grpc/receipt_handle_text.h"
#include "broker/grpc/validation.h"

namespace petrel::grpcfront {
namespace {

constexpr int kEntriesMax = 1024;

class Ack final : public core::AckRequest {
 public:
  explicit Ack(AckMessageCall& call) : call_(call) {}

  // Entries of the request whose handle could not be read are not among `entries`.
  void add(std::optional<core::ReceiptHandle> handle) {
    readable_.push_back(handle.has_value());
    if (handle.has_value()) {
      entries.push_back({.handle = *handle, .outcome = {}});
    }
  }

  void complete() override {
    rmq::AckMessageResponse& response = call_.response();
    size_t next = 0;
    for (int i = 0; i < call_.request().entries_size(); ++i) {
      const rmq::AckMessageEntry& asked = call_.request().entries(i);
      rmq::AckMessageResultEntry* entry = response.add_entries();
      entry->set_message_id(asked.message_id());
      entry->set_receipt_handle(asked.receipt_handle());
      if (!readable_[static_cast<size_t>(i)]) {
        set_status(rmq::INVALID_RECEIPT_HANDLE, "no receipt handle of this broker",
                   entry->mutable_status());
      } else {
        set_status(outcome.ok() ? entries[next].outcome : outcome, entry->mutable_status());
        ++next;
      }
    }
    summarise(response);
    call_.finish();
  }

 private:
  static void summarise(rmq::AckMessageResponse& response) {
    *response.mutable_status() = response.entries(0).status();
    for (const rmq::AckMessageResultEntry& entry : response.entries()) {
      if (entry.status().code() == response.status().code()) {
        continue;
      }
      set_status(rmq::MULTIPLE_RESULTS, "the entries have different results",
                 response.mutable_status());
      return;
    }
  }

  AckMessageCall& call_;
  std::vector<bool> readable_;
};

Verdict check_request(const AckMessageCall& call, const Ack& ack) {
  if (Verdict verdict = check_group(ack.group); !verdict.ok()) {
    return verdict;
  }
  if (Verdict verdict = check_topic(ack.topic); !verdict.ok()) {
    return verdict;
  }
  const int entries = call.request().entries_size();
  if (entries == 0 || entries > kEntriesMax) {
    return {rmq::BAD_REQUEST, "the request has no entries, or more than 1024"};
  }
  return {};
}

}  // namespace

void ack_message(FrontEnd& front, AckMessageCall& call) {
  if (Verdict verdict = check_context(call.context()); !verdict.ok()) {
    return answer(call, verdict);
  }
  auto ack = std::make_unique<Ack>(call);
  ack->group = full_name(call.context(), call.request().group());
  ack->topic = full_name(call.context(), call.request().topic());
  if (Verdict verdict = check_request(call, *ack); !verdict.ok()) {
    return answer(call, verdict);
  }
  for (const rmq::AckMessageEntry& entry : call.request().entries()) {
    ack->add(parse_receipt_handle(entry.receipt_handle(), front.options.broker_name));
  }
  if (ack->entries.empty()) {
    return ack->complete();
  }
  post(front, call, std::move(ack));
}

}  // namespace petrel::grpcfront
