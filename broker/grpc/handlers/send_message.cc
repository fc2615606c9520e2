// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "broker/grpc/handlers/handlers.h"
#include "broker/grpc/message_codec.h"
#include "broker/grpc/validation.h"

namespace petrel::grpcfront {
namespace {

class Send final : public core::SendRequest {
 public:
  Send(FrontEnd& front, SendMessageCall& call) : front_(front), call_(call) {}

  // An OK here promises what the broker's flush mode says: written, or synced.
  void complete() override {
    rmq::SendMessageResponse& response = call_.response();
    if (outcome.ok()) {
      set_ok(response.mutable_status());
      fill_entries(response);
      front_.metrics.sent(topic, static_cast<int64_t>(messages.size()), body_bytes_);
    } else {
      set_status(outcome, response.mutable_status());
    }
    call_.finish();
  }

  void add_body_bytes(size_t bytes) { body_bytes_ += static_cast<int64_t>(bytes); }

 private:
  void fill_entries(rmq::SendMessageResponse& response) {
    for (int i = 0; i < call_.request().messages_size(); ++i) {
      rmq::SendResultEntry* entry = response.add_entries();
      set_ok(entry->mutable_status());
      entry->set_message_id(call_.request().messages(i).system_properties().message_id());
      entry->set_offset(messages[static_cast<size_t>(i)].queue_offset.value());
    }
  }

  FrontEnd& front_;
  SendMessageCall& call_;
  int64_t body_bytes_ = 0;
};

bool same_topic(const rmq::Resource& a, const rmq::Resource& b) {
  return a.name() == b.name() && a.resource_namespace() == b.resource_namespace();
}

Verdict check_request(const SendMessageCall& call, const std::string& topic) {
  const auto& messages = call.request().messages();
  if (messages.empty()) {
    return {rmq::MESSAGE_CORRUPTED, "the request has no messages"};
  }
  for (const rmq::Message& message : messages) {
    if (!same_topic(message.topic(), messages[0].topic())) {
      return {rmq::MESSAGE_CORRUPTED, "the messages of the request are not all of one topic"};
    }
  }
  return check_topic(topic);
}

Verdict add_message(FrontEnd& front, const rmq::Message& message, const SendOrigin& origin,
                    Send& send) {
  core::SendRequest::Message& out = send.messages.emplace_back();
  Verdict verdict = check_message(message, front.options.settings.body_size_bytes_max);
  if (verdict.ok()) {
    verdict = derive_message_type(message.system_properties(), &out.type);
  }
  if (verdict.ok()) {
    verdict = encode_message(message, origin, &out);
  }
  send.add_body_bytes(message.body().size());
  return verdict;
}

}  // namespace

void send_message(FrontEnd& front, SendMessageCall& call) {
  if (Verdict verdict = check_context(call.context()); !verdict.ok()) {
    return answer(call, verdict);
  }
  const auto& messages = call.request().messages();
  auto send = std::make_unique<Send>(front, call);
  if (!messages.empty()) {
    send->topic = full_name(call.context(), messages[0].topic());
  }
  if (Verdict verdict = check_request(call, send->topic); !verdict.ok()) {
    return answer(call, verdict);
  }
  const SendOrigin origin{.topic = send->topic,
                          .born_host = call.peer(),
                          .store_host = front.options.store_host,
                          .now_ms = front.clock.wall_ms()};
  send->messages.reserve(static_cast<size_t>(messages.size()));
  for (const rmq::Message& message : messages) {
    if (Verdict verdict = add_message(front, message, origin, *send); !verdict.ok()) {
      return answer(call, verdict);
    }
  }
  post(front, call, std::move(send));
}

}  // namespace petrel::grpcfront
