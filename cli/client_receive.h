// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "cli/client.h"
#include "cli/client_session.h"

namespace petrel::cli {

// Receives from the brokers of a topic, each on a thread of its own. Never are more messages asked
// for than are still wanted, so that none has to be given back: what one broker was asked for and
// does not have soon, the next one is asked for. All of it is one thread's but the threads inside.
class Receiving {
 public:
  // The session outlives it, and has greeted the brokers, of which there is at least one.
  Receiving(ClientSession& session, const ReceiveOptions& options,
            const std::vector<RouteBroker>& brokers);
  ~Receiving();

  // The messages that have come since the call before, waiting for one at least. Empty when all
  // that were wanted have come, the time is over, or no broker gives any.
  std::vector<ReceivedMessage> next();

  // Ends all calls. Messages that came and were not told by next().
  std::vector<ReceivedMessage> stop();

  // Why brokers stopped giving, in their order; OK for those that did not. After stop().
  std::vector<absl::Status> errors() const;

 private:
  class Threads;
  const std::unique_ptr<Threads> threads_;
};

}  // namespace petrel::cli
