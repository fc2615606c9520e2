// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/btree_map.h"
#include "absl/container/btree_set.h"
#include "absl/functional/any_invocable.h"
#include "common/clock.h"
#include "common/mutex.h"
#include "common/string_map.h"

namespace petrel::frontend {

// The memory that answers with messages may take, for all connections together: what they hold of
// records that were read, and what is made of them to be sent. Any thread.
//
// Who asks gets its share at once while there is room, else when others gave back theirs, in the
// order of asking. If nobody has a share, one is given, however large. An answer that makes no
// progress gives its share back by being ended; who waits as long gets none.
//
// One client has client_percent of it at most, or one answer; what it asks for beyond waits for its
// own answers alone, and others go past. So a client that reads nothing costs the others its part,
// and no time. Those that do not name themselves are one client.
class AnswerMemory {
 public:
  struct Limits {
    int64_t bytes_max = 128 << 20;
    int32_t client_percent = 25;
    int64_t wait_ms = 15'000;
  };

 private:
  struct Client;

 public:
  AnswerMemory(const Clock& clock, const Limits& limits);
  explicit AnswerMemory(const Clock& clock) : AnswerMemory(clock, Limits()) {}
  // Those who wait are dropped.
  ~AnswerMemory() = default;
  AnswerMemory(const AnswerMemory&) = delete;
  AnswerMemory& operator=(const AnswerMemory&) = delete;

  // Bytes that are set aside until it is destroyed. The memory outlives it.
  class Share {
   public:
    Share() = default;
    Share(Share&& other) noexcept
        : memory_(std::exchange(other.memory_, nullptr)),
          client_(other.client_),
          bytes_(other.bytes_) {}
    Share& operator=(Share&& other) noexcept {
      std::swap(memory_, other.memory_);
      std::swap(client_, other.client_);
      std::swap(bytes_, other.bytes_);
      return *this;
    }
    ~Share() {
      if (memory_ != nullptr) {
        memory_->give_back(*client_, bytes_);
      }
    }
    explicit operator bool() const { return memory_ != nullptr; }

   private:
    friend class AnswerMemory;
    Share(AnswerMemory* memory, Client* client, int64_t bytes)
        : memory_(memory), client_(client), bytes_(bytes) {}
    AnswerMemory* memory_ = nullptr;
    Client* client_ = nullptr;  // there while it has a share
    int64_t bytes_ = 0;
  };

  // Empty when there is no room now, or others wait for it.
  Share try_take(std::string_view client_id, int64_t bytes);
  // `granted` gets the share, here or later on the thread that made room, or an empty one when
  // wait_ms are over. It must not take long, nor give a share back.
  using Granted = absl::AnyInvocable<void(Share) &&>;
  void wait(std::string_view client_id, int64_t bytes, Granted granted);
  // Gives up on those who waited too long; called about every second.
  void expire();

  int64_t held_bytes() const;
  size_t waiting() const;

 private:
  using Ticket = int64_t;  // grows with each that waits
  static constexpr Ticket kNoTicket = 0;
  struct Waiting {
    Client* client = nullptr;
    int64_t bytes = 0;
    int64_t deadline_us = 0;
    Granted granted;
  };
  // One that has a share, or waits for one.
  struct Client {
    std::string id;
    int64_t shares = 0;
    int64_t held_bytes = 0;
    std::deque<Ticket> waiting;
    Ticket next = kNoTicket;  // which of these is in next_: the first, or none
  };
  bool has_room(int64_t bytes) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool is_within_part(const Client& client, int64_t bytes) const;
  Client& client(std::string_view client_id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Share take(Client& client, int64_t bytes) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // What the client has, or who is its first that waits, changed. It may be gone afterwards.
  void changed(Client& client) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void put_next(Client& client, Ticket ticket) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Granted pop_first_of(Client& client) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void give_back(Client& client, int64_t bytes);
  void grant();

  const Clock& clock_;
  const Limits limits_;
  const int64_t client_bytes_max_;
  mutable Mutex mutex_;
  int64_t held_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  Ticket last_ticket_ ABSL_GUARDED_BY(mutex_) = kNoTicket;
  absl::btree_map<Ticket, Waiting> waiting_ ABSL_GUARDED_BY(mutex_);
  // Of those that wait, the first of each client that is within its part: it waits for others.
  absl::btree_set<Ticket> next_ ABSL_GUARDED_BY(mutex_);
  StringMap<std::unique_ptr<Client>> clients_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace petrel::frontend
