// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/control/document_writer.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "common/status.h"

namespace petrel::ops {
namespace {

using k8s::Json;

constexpr int kConflictsMax = 5;

// The object's finalizers with ours, or without; nothing when they are so already.
std::optional<Json> changed_finalizers(const Json& object, bool present) {
  if (k8s::has_finalizer(object, kFinalizer) == present) {
    return std::nullopt;
  }
  Json finalizers = object.at("metadata").value("finalizers", Json::array());
  if (present) {
    finalizers.push_back(kFinalizer);
  } else {
    finalizers.erase(std::remove(finalizers.begin(), finalizers.end(), kFinalizer),
                     finalizers.end());
  }
  return finalizers;
}

}  // namespace

// A call of set_finalizers() that waits.
struct DocumentWriter::Batch {
  Mutex mutex;
  CondVar done;
  size_t remaining ABSL_GUARDED_BY(mutex);
  std::map<std::string, absl::Status> failures ABSL_GUARDED_BY(mutex);

  explicit Batch(size_t documents) : remaining(documents) {}

  void finish(const std::string& id, const absl::Status& status) {
    const MutexLock lock(mutex);
    if (!status.ok()) {
      failures[id] = status;
    }
    if (--remaining == 0) {
      done.notify_all();
    }
  }

  std::map<std::string, absl::Status> wait() {
    const MutexLock lock(mutex);
    while (remaining > 0) {
      done.wait(mutex);
    }
    return std::move(failures);
  }
};

DocumentWriter::DocumentWriter(k8s::ApiClient& api, const Clock& clock, const Caches& caches,
                               Callbacks callbacks)
    : api_(api),
      clock_(clock),
      caches_(caches),
      callbacks_(std::move(callbacks)),
      threads_(make_thread_pool("documents", kThreads)) {}

DocumentWriter::~DocumentWriter() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  threads_.reset();
}

void DocumentWriter::write_status(DocumentPointer document, WantedStatus wanted, Urgency urgency) {
  const DocumentKey key{document->kind, document->key};
  {
    const MutexLock lock(mutex_);
    const auto [found, is_new] = writes_.try_emplace(key);
    Write& write = found->second;
    const bool raised = !is_new && urgency < write.urgency;
    write.document = std::move(document);
    write.wanted = std::move(wanted);
    write.urgency = is_new ? urgency : std::min(urgency, write.urgency);
    if (!is_new && !raised) {
      return;
    }
    order_[static_cast<size_t>(urgency)].push_back(key);
  }
  threads_->post([this] { work_once(); });
}

std::map<std::string, absl::Status> DocumentWriter::set_finalizers(
    const std::vector<DocumentPointer>& documents, bool present) {
  if (documents.empty()) {
    return {};
  }
  Batch batch(documents.size());
  {
    const MutexLock lock(mutex_);
    for (const DocumentPointer& document : documents) {
      finalizers_.emplace_back([this, document, present, &batch] {
        batch.finish(document->id, set_finalizer(*document, present));
      });
    }
  }
  for (size_t i = 0; i < documents.size(); ++i) {
    threads_->post([this] { work_once(); });
  }
  return batch.wait();
}

size_t DocumentWriter::waiting() const {
  const MutexLock lock(mutex_);
  return writes_.size();
}

void DocumentWriter::work_once() {
  std::function<void()> finalizer;
  std::optional<Write> next;
  DocumentKey key;
  {
    const MutexLock lock(mutex_);
    if (!finalizers_.empty()) {
      finalizer = std::move(finalizers_.front());
      finalizers_.pop_front();
    } else if (!stopping_) {
      for (auto& order : order_) {
        while (!order.empty() && !next.has_value()) {
          key = order.front();
          order.pop_front();
          const auto found = writes_.find(key);
          // Another thread that writes this document takes what has come meanwhile, too.
          if (found != writes_.end() && !under_way_.contains(key)) {
            next = std::move(found->second);
            writes_.erase(found);
            under_way_.insert(key);
          }
        }
      }
    }
  }
  if (finalizer) {
    finalizer();
  }
  while (next.has_value()) {
    write(*next);
    next.reset();
    const MutexLock lock(mutex_);
    if (const auto found = writes_.find(key); found != writes_.end() && !stopping_) {
      next = std::move(found->second);
      writes_.erase(found);
    } else {
      under_way_.erase(key);
    }
  }
}

void DocumentWriter::write(const Write& write) {
  if (!callbacks_.may_write()) {
    return;
  }
  const IndexedDocument& document = *write.document;
  k8s::Informer& cache = caches_.documents(document.kind, document.key.resource_namespace);
  const std::shared_ptr<const Json> object = cache.get(document.key);
  if (object == nullptr || k8s::uid_of(*object) != document.uid) {
    return;
  }
  std::optional<Json> patch = status_patch(*object, write.wanted, clock_.wall_ms());
  if (!patch.has_value()) {
    return;
  }
  // The API server refuses the patch for another object of the same name.
  (*patch)["metadata"]["uid"] = document.uid;
  const absl::StatusOr<Json> written =
      api_.merge_patch(type_of(document.kind), document.key, *patch, "status");
  if (absl::IsNotFound(written.status())) {
    return;
  }
  if (!written.ok()) {
    callbacks_.on_failure(document, written.status());
    return;
  }
  cache.observe_write(*written);
  for (const Condition& condition : write.wanted.conditions) {
    if (condition_reason(*object, condition.type) != condition.reason) {
      callbacks_.on_transition(*written, condition);
    }
  }
}

absl::Status DocumentWriter::set_finalizer(const IndexedDocument& document, bool present) {
  const k8s::ResourceType& type = type_of(document.kind);
  k8s::Informer& cache = caches_.documents(document.kind, document.key.resource_namespace);
  std::shared_ptr<const Json> object = cache.get(document.key);
  absl::Status status;
  for (int attempt = 0; attempt < kConflictsMax; ++attempt) {
    if (attempt > 0) {
      absl::StatusOr<Json> read = api_.get(type, document.key);
      if (absl::IsNotFound(read.status())) {
        return absl::OkStatus();
      }
      PETREL_RETURN_IF_ERROR(read.status());
      object = std::make_shared<const Json>(*std::move(read));
    }
    if (object == nullptr || k8s::uid_of(*object) != document.uid) {
      return absl::OkStatus();
    }
    if (!callbacks_.may_write()) {
      return absl::UnavailableError("this replica does not lead any more");
    }
    const std::optional<Json> finalizers = changed_finalizers(*object, present);
    if (!finalizers.has_value()) {
      return absl::OkStatus();
    }
    const Json patch = {
        {"metadata",
         {{"resourceVersion", k8s::resource_version_of(*object)}, {"finalizers", *finalizers}}}};
    const absl::StatusOr<Json> written = api_.merge_patch(type, document.key, patch);
    status = written.status();
    if (absl::IsNotFound(status)) {
      return absl::OkStatus();
    }
    if (written.ok() && finalizers->empty() && k8s::is_deleting(*written)) {
      cache.observe_removal(document.key, document.uid);
    } else if (written.ok()) {
      cache.observe_write(*written);
    }
    if (!absl::IsAborted(status)) {
      return status;
    }
  }
  return status;
}

}  // namespace petrel::ops
