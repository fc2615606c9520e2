// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/frontend/answer_memory.h"

#include <vector>

#include "common/check.h"

namespace petrel::frontend {

AnswerMemory::AnswerMemory(const Clock& clock, const Limits& limits)
    : clock_(clock),
      limits_(limits),
      client_bytes_max_(limits.bytes_max / 100 * limits.client_percent) {}

bool AnswerMemory::has_room(int64_t bytes) const {
  return held_bytes_ == 0 || held_bytes_ + bytes <= limits_.bytes_max;
}

bool AnswerMemory::is_within_part(const Client& client, int64_t bytes) const {
  return client.held_bytes == 0 || client.held_bytes + bytes <= client_bytes_max_;
}

AnswerMemory::Client& AnswerMemory::client(std::string_view client_id) {
  const auto known = clients_.find(client_id);
  if (known != clients_.end()) {
    return *known->second;
  }
  auto client = std::make_unique<Client>();
  client->id = std::string(client_id);
  return *clients_.emplace(client->id, std::move(client)).first->second;
}

AnswerMemory::Share AnswerMemory::take(Client& client, int64_t bytes) {
  held_bytes_ += bytes;
  client.held_bytes += bytes;
  ++client.shares;
  return {this, &client, bytes};
}

void AnswerMemory::put_next(Client& client, Ticket ticket) {
  if (client.next == ticket) {
    return;
  }
  if (client.next != kNoTicket) {
    next_.erase(client.next);
  }
  if (ticket != kNoTicket) {
    next_.insert(ticket);
  }
  client.next = ticket;
}

void AnswerMemory::changed(Client& client) {
  const Ticket first = client.waiting.empty() ? kNoTicket : client.waiting.front();
  PETREL_CHECK(client.next == kNoTicket || client.next == first)
      << client.id << ": " << client.next << " would get memory before " << first;
  if (first != kNoTicket) {
    put_next(client, is_within_part(client, waiting_.at(first).bytes) ? first : kNoTicket);
  } else if (client.shares == 0) {
    clients_.erase(client.id);
  }
}

AnswerMemory::Granted AnswerMemory::pop_first_of(Client& client) {
  put_next(client, kNoTicket);
  const auto first = waiting_.find(client.waiting.front());
  Granted granted = std::move(first->second.granted);
  waiting_.erase(first);
  client.waiting.pop_front();
  return granted;
}

AnswerMemory::Share AnswerMemory::try_take(std::string_view client_id, int64_t bytes) {
  PETREL_CHECK_GE(bytes, 0);
  const MutexLock lock(mutex_);
  if (!next_.empty() || !has_room(bytes)) {
    return {};
  }
  Client& asking = client(client_id);
  if (!asking.waiting.empty() || !is_within_part(asking, bytes)) {
    return {};
  }
  return take(asking, bytes);
}

void AnswerMemory::wait(std::string_view client_id, int64_t bytes, Granted granted) {
  PETREL_CHECK_GE(bytes, 0);
  {
    const MutexLock lock(mutex_);
    Client& asking = client(client_id);
    const Ticket ticket = ++last_ticket_;
    waiting_.emplace(ticket, Waiting{.client = &asking,
                                     .bytes = bytes,
                                     .deadline_us = clock_.mono_us() + limits_.wait_ms * 1000,
                                     .granted = std::move(granted)});
    asking.waiting.push_back(ticket);
    changed(asking);
  }
  grant();  // there may be room by now
}

void AnswerMemory::give_back(Client& client, int64_t bytes) {
  {
    const MutexLock lock(mutex_);
    held_bytes_ -= bytes;
    client.held_bytes -= bytes;
    --client.shares;
    PETREL_CHECK_GE(held_bytes_, 0);
    PETREL_CHECK_GE(client.held_bytes, 0) << client.id;
    changed(client);
  }
  grant();
}

void AnswerMemory::grant() {
  std::vector<std::pair<Granted, Share>> granted;
  {
    const MutexLock lock(mutex_);
    while (!next_.empty()) {
      const Waiting& first = waiting_.at(*next_.begin());
      if (!has_room(first.bytes)) {
        break;
      }
      Client& client = *first.client;
      PETREL_CHECK_EQ(client.next, *next_.begin()) << client.id;
      Share share = take(client, first.bytes);
      granted.emplace_back(pop_first_of(client), std::move(share));
      changed(client);
    }
  }
  for (auto& [told, share] : granted) {
    std::move(told)(std::move(share));
  }
}

// All wait equally long, so the first to be late is the first of its client.
void AnswerMemory::expire() {
  std::vector<Granted> late;
  {
    const MutexLock lock(mutex_);
    while (!waiting_.empty() && waiting_.begin()->second.deadline_us <= clock_.mono_us()) {
      Client& client = *waiting_.begin()->second.client;
      late.push_back(pop_first_of(client));
      changed(client);
    }
  }
  for (Granted& told : late) {
    std::move(told)(Share());
  }
  grant();  // the next one may be smaller
}

int64_t AnswerMemory::held_bytes() const {
  const MutexLock lock(mutex_);
  return held_bytes_;
}

size_t AnswerMemory::waiting() const {
  const MutexLock lock(mutex_);
  return waiting_.size();
}

}  // namespace petrel::frontend
