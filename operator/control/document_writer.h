// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "common/clock.h"
#include "common/executor.h"
#include "common/mutex.h"
#include "operator/control/caches.h"
#include "operator/control/document_index.h"
#include "operator/control/status.h"
#include "operator/kubernetes/api_client.h"

namespace petrel::ops {

// Writes status and finalizers of documents, several at a time but never more than kThreads.
// Nothing is written that the cache says already. Safe from any thread.
class DocumentWriter {
 public:
  static constexpr int kThreads = 16;

  struct Callbacks {
    // A condition got another status or reason: for events.
    std::function<void(const k8s::Json& object, const Condition& condition)> on_transition;
    // The status could not be written, for another reason than that the document is gone.
    std::function<void(const IndexedDocument& document, const absl::Status& status)> on_failure;
    // Asked before each write: false once the work ends or another replica leads.
    std::function<bool()> may_write = [] { return true; };
  };

  // What is passed outlives this. The destructor drops what waits, and waits for what is under way.
  DocumentWriter(k8s::ApiClient& api, const Clock& clock, const Caches& caches,
                 Callbacks callbacks);
  ~DocumentWriter();
  DocumentWriter(const DocumentWriter&) = delete;
  DocumentWriter& operator=(const DocumentWriter&) = delete;

  // What people wait for goes first.
  enum class Urgency { kNow, kLater };

  // Returns at once. Of several for one document that wait, the last one is written.
  void write_status(std::shared_ptr<const IndexedDocument> document, WantedStatus wanted,
                    Urgency urgency);

  // Adds or takes away our finalizer, before all else that waits. Returns when all is done: the
  // failures, by Declared::id. That a document is gone is no failure.
  std::map<std::string, absl::Status> set_finalizers(
      const std::vector<std::shared_ptr<const IndexedDocument>>& documents, bool present);

  // Statuses that wait.
  size_t waiting() const;

 private:
  using DocumentPointer = std::shared_ptr<const IndexedDocument>;
  using DocumentKey = std::pair<DocumentKind, k8s::ObjectKey>;
  struct Write {
    DocumentPointer document;
    WantedStatus wanted;
    Urgency urgency = Urgency::kLater;
  };
  struct Batch;

  void work_once();
  void write(const Write& write);
  absl::Status set_finalizer(const IndexedDocument& document, bool present);

  k8s::ApiClient& api_;
  const Clock& clock_;
  const Caches& caches_;
  const Callbacks callbacks_;
  mutable Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::deque<std::function<void()>> finalizers_ ABSL_GUARDED_BY(mutex_);
  std::map<DocumentKey, Write> writes_ ABSL_GUARDED_BY(mutex_);
  // By urgency. A document whose write became urgent stays in the other one too.
  std::array<std::deque<DocumentKey>, 2> order_ ABSL_GUARDED_BY(mutex_);
  // Nobody else writes these now.
  std::set<DocumentKey> under_way_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<Executor> threads_;  // last: its threads use all others
};

}  // namespace petrel::ops
