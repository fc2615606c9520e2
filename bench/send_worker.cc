// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "bench/send_worker.h"

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/slice.h>

#include <algorithm>
#include <chrono>

#include "bench/stamp.h"

namespace petrel::bench {
namespace {

constexpr std::chrono::seconds kCallTimeout{10};

}  // namespace

SendWorker::SendWorker(Producer& producer, const Session& session, int slots)
    : producer_(producer), session_(session) {
  const Producer::Options& options = producer.options_;
  for (const Session::Broker& broker : session.brokers()) {
    for (const std::shared_ptr<grpc::Channel>& channel : broker.channels) {
      stubs_.push_back(std::make_unique<SendStub>(channel));
      for (int32_t queue_id : broker.queue_ids) {
        targets_.push_back({.stub = stubs_.back().get(),
                            .send_template = SendTemplate({.topic = session.options().topic,
                                                           .queue_id = queue_id,
                                                           .body_bytes = options.body_bytes,
                                                           .messages = options.messages_per_request,
                                                           .run_id = options.run_id,
                                                           .seed = options.seed})});
      }
    }
  }
  for (int i = 0; i < slots; ++i) {
    slots_.push_back(std::make_unique<Slot>());
    free_slots_.push_back(slots_.back().get());
  }
}

SendWorker::~SendWorker() { stop(); }

void SendWorker::start(bool use_all_slots) {
  thread_ = std::thread([this] { run(); });
  while (use_all_slots && start_on_free_slot()) {
  }
}

void SendWorker::stop() {
  if (!thread_.joinable()) return;
  queue_.Shutdown();
  thread_.join();
}

bool SendWorker::start_on_free_slot() {
  Slot* slot = nullptr;
  {
    const std::lock_guard lock(free_mutex_);
    if (free_slots_.empty()) return false;
    slot = free_slots_.back();
    free_slots_.pop_back();
  }
  busy_slots_.fetch_add(1, std::memory_order_relaxed);
  if (const auto ticket = producer_.next_ticket()) {
    send(*slot, *ticket);
    return true;
  }
  park(*slot);
  return false;
}

void SendWorker::park(Slot& slot) {
  {
    const std::lock_guard lock(free_mutex_);
    free_slots_.push_back(&slot);
  }
  busy_slots_.fetch_sub(1, std::memory_order_release);
}

void SendWorker::run() {
  void* tag = nullptr;
  bool ok = false;
  while (queue_.Next(&tag, &ok)) {
    Slot& slot = *static_cast<Slot*>(tag);
    complete(slot);
    if (const auto ticket = producer_.next_ticket()) {
      send(slot, *ticket);
    } else {
      park(slot);
    }
  }
}

void SendWorker::send(Slot& slot, const Producer::Ticket& ticket) {
  const size_t turn = next_target_.fetch_add(1, std::memory_order_relaxed);
  const Target& target = targets_[turn % targets_.size()];
  slot.ticket = ticket;
  grpc::Slice bytes(target.send_template.size_bytes());
  // The slice is new and nobody else has it yet; its class only has no writable view.
  char* out = const_cast<char*>(reinterpret_cast<const char*>(bytes.begin()));
  target.send_template.fill(ticket.intended_ns, ticket.first_number, out);
  const grpc::ByteBuffer request(&bytes, 1);
  slot.reader.reset();  // lives in the memory of the call that the context owns
  slot.context.emplace();
  session_.add_metadata(*slot.context);
  slot.context->set_wait_for_ready(true);
  slot.context->set_deadline(std::chrono::system_clock::now() + kCallTimeout);
  slot.response.Clear();
  slot.reader = target.stub->PrepareUnaryCall(&*slot.context, method_, request, &queue_);
  slot.reader->StartCall();
  slot.reader->Finish(&slot.response, &slot.status, &slot);
}

void SendWorker::complete(const Slot& slot) {
  const int64_t now_ns = monotonic_ns();
  const Window& window = producer_.window_;
  const uint64_t messages = producer_.options_.messages_per_request;
  if (!slot.status.ok() || slot.response.status().code() != rmq::OK) {
    count_refused(slot);
    return;
  }
  if (window.contains(slot.ticket.intended_ns)) {
    result_.latency_ns.record(now_ns - slot.ticket.intended_ns);
  }
  if (window.contains(now_ns)) {
    result_.messages += messages;
    result_.last_done_ns = now_ns;
  }
  for (uint64_t i = 0; i < messages; ++i) result_.accepted.insert(slot.ticket.first_number + i);
  accepted_count_.store(accepted_count() + messages, std::memory_order_relaxed);
}

void SendWorker::count_refused(const Slot& slot) {
  const uint64_t messages = producer_.options_.messages_per_request;
  result_.messages_failed += messages;
  if (!slot.status.ok()) {
    result_.errors.add("grpc " + std::to_string(slot.status.error_code()),
                       slot.status.error_message());
    return;
  }
  const rmq::Status& status = slot.response.status();
  result_.errors.add(rmq::Code_Name(status.code()), status.message());
  // Of a request with several answers some messages may have been accepted.
  const auto entries = static_cast<uint64_t>(slot.response.entries_size());
  for (uint64_t i = 0; i < std::min(entries, messages); ++i) {
    if (slot.response.entries(static_cast<int>(i)).status().code() != rmq::OK) continue;
    result_.accepted.insert(slot.ticket.first_number + i);
    --result_.messages_failed;
  }
}

}  // namespace petrel::bench
