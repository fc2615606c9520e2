// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/core/waiting_receives.h"

#include <string>

#include "common/check.h"

namespace petrel::core {

WaitingReceives::Line::iterator WaitingReceives::park(Line& line, Waiter waiting) {
  PETREL_CHECK(waiting.request != nullptr && waiting.request->deliveries.empty())
      << "a receive that has its messages does not wait";
  const CancelId id = waiting.request->cancel_id;
  const int64_t deadline_us = waiting.deadline_us;
  line.push_back(std::move(waiting));
  const auto waiter = std::prev(line.end());
  const bool inserted = by_cancel_id_.emplace(id, Position{&line, waiter}).second;
  PETREL_CHECK(inserted) << "two receives have the cancel id " << id.value();
  deadlines_.emplace(deadline_us, id);
  count(waiter->request->client_id, 1);
  return waiter;
}

int32_t WaitingReceives::of_client(std::string_view client_id) const {
  const auto known = by_client_.find(client_id);
  return known == by_client_.end() ? 0 : known->second;
}

void WaitingReceives::count(std::string_view client_id, int32_t change) {
  if (client_id.empty()) {
    return;
  }
  const auto counted = by_client_.try_emplace(std::string(client_id)).first;
  counted->second += change;
  PETREL_CHECK_GE(counted->second, 0) << client_id;
  if (counted->second == 0) {
    by_client_.erase(counted);
  }
}

std::unique_ptr<ReceiveRequest> WaitingReceives::unpark(Line& line, Line::iterator waiter) {
  const CancelId id = waiter->request->cancel_id;
  PETREL_CHECK_EQ(by_cancel_id_.erase(id), size_t{1});
  PETREL_CHECK_EQ(deadlines_.erase({waiter->deadline_us, id}), size_t{1});
  auto request = std::move(waiter->request);
  line.erase(waiter);
  count(request->client_id, -1);
  return request;
}

std::unique_ptr<ReceiveRequest> WaitingReceives::cancel(CancelId id) {
  const auto it = by_cancel_id_.find(id);
  if (it == by_cancel_id_.end()) {
    return nullptr;
  }
  const Position position = it->second;
  PETREL_CHECK(position.waiter->request->cancel_id == id) << "cancel id " << id.value();
  return unpark(*position.line, position.waiter);
}

WaitingReceives::Receives WaitingReceives::unpark_line(Line& line) {
  Receives receives;
  while (!line.empty()) {
    receives.push_back(unpark(line, line.begin()));
  }
  return receives;
}

WaitingReceives::Receives WaitingReceives::unpark_expired(int64_t now_us) {
  Receives receives;
  while (!deadlines_.empty() && deadlines_.begin()->first <= now_us) {
    receives.push_back(cancel(deadlines_.begin()->second));
  }
  return receives;
}

WaitingReceives::Receives WaitingReceives::unpark_all() {
  Receives receives;
  while (!deadlines_.empty()) {
    receives.push_back(cancel(deadlines_.begin()->second));
  }
  PETREL_CHECK(by_cancel_id_.empty()) << by_cancel_id_.size() << " receives have no deadline";
  return receives;
}

std::optional<int64_t> WaitingReceives::next_deadline_us() const {
  return deadlines_.empty() ? std::nullopt : std::optional(deadlines_.begin()->first);
}

}  // namespace petrel::core
