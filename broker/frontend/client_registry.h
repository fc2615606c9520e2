// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "broker/core/client_liveness.h"
#include "broker/frontend/client.h"
#include "broker/frontend/client_channel.h"
#include "common/clock.h"
#include "common/mutex.h"
#include "common/string_map.h"

namespace petrel::frontend {

// The clients that are connected, through whichever front end: who they are, how to tell them
// something, and which answers they were written. Any thread.
//
// A client enters when it has described itself and leaves when it says so, when it is silent for
// kSilenceMs, or kChannelLossMs after its channel broke unless it is heard again.
class ClientRegistry final : public core::ClientLiveness {
 public:
  static constexpr int64_t kSilenceMs = 120'000;
  static constexpr int64_t kChannelLossMs = 15'000;

  explicit ClientRegistry(const Clock& clock) : clock_(clock) {}

  // The client described itself over `channel`, which replaces an earlier one of the client.
  void put(std::string_view client_id, Client client, std::shared_ptr<ClientChannel> channel);
  // Nothing if the client has another channel by now.
  void channel_closed(std::string_view client_id, const ClientChannel* channel);
  // Null for a client that did not describe itself; otherwise it counts as heard now.
  std::shared_ptr<const Client> heard(std::string_view client_id);
  std::shared_ptr<const Client> find(std::string_view client_id) const;
  bool remove(std::string_view client_id);

  bool connected(std::string_view client_id) const override { return find(client_id) != nullptr; }
  // For take_sent().
  void answer_sent(core::SentAnswer answer);
  std::vector<core::SentAnswer> take_sent() override;

  // Drops those that were silent too long and ends their channels; called about every second. A
  // Java client that closes while it renews its stream waits in close() for the end of that stream.
  void expire();
  // To every client with a channel.
  void ask_to_reconnect(std::string_view broker_address) const;
  // Ends every channel, after what was sent.
  void end_channels() const;

  size_t size() const;
  int32_t producers() const;
  int32_t clients_of_group(std::string_view group) const;
  std::vector<std::shared_ptr<const Client>> clients() const;

  struct Connected {
    std::string client_id;
    std::shared_ptr<const Client> client;
    int64_t since_ms = 0;  // wall clock
    bool lost = false;     // its channel ended, and it was not heard since
  };
  // The first `limit` clients behind the id `after`, by their ids; with a group, of that only.
  std::vector<Connected> list(std::string_view group, std::string_view after, size_t limit) const;

 private:
  struct Entry {
    std::shared_ptr<const Client> client;
    std::shared_ptr<ClientChannel> channel;  // null: none at the moment
    bool lost = false;                       // as in Connected
    int64_t expires_us = 0;
    int64_t since_ms = 0;
  };
  std::vector<std::shared_ptr<ClientChannel>> channels() const;
  std::vector<std::shared_ptr<ClientChannel>> take_expired();
  int64_t after_ms(int64_t ms) const { return clock_.mono_us() + ms * 1000; }

  const Clock& clock_;
  mutable Mutex mutex_;
  OrderedStringMap<Entry> entries_ ABSL_GUARDED_BY(mutex_);
  Mutex sent_mutex_;
  std::vector<core::SentAnswer> sent_ ABSL_GUARDED_BY(sent_mutex_);
};

}  // namespace petrel::frontend
