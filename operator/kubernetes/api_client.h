// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/clock.h"
#include "operator/kubernetes/cancel_token.h"
#include "operator/kubernetes/resource_type.h"
#include "operator/kubernetes/transport.h"

namespace petrel::k8s {

// One call as it is counted. A watch is counted when it ends.
struct CallRecord {
  std::string_view verb;               // get list create update apply patch delete watch
  const ResourceType* type = nullptr;  // null for get_path()
  int code = 0;                        // of HTTP; 0 when there was no answer
  int64_t duration_us = 0;
};

// What happens to the objects that the deleted one owns.
enum class Propagation { kBackground, kForeground, kOrphan };

// The verbs of the Kubernetes API. Thread-safe, blocking; cheap to make, so that somebody who needs
// other deadlines makes another one over the same transport. Errors are those of errors.h and
// transport.h.
//
// A call is repeated, up to attempts_max times and while the waits stay within retry_wait_ms_max,
//   - when the server answers 429, or 5xx with Retry-After and the call is idempotent: after the
//     time it asks for,
//   - when no whole answer came (Unavailable) and the call is idempotent.
// get, list, replace, apply, merge_patch and remove are idempotent; create and json_patch are not:
// after Unavailable or DeadlineExceeded they may have been done or not.
class ApiClient {
 public:
  struct Options {
    // Who writes, for server-side apply and managedFields. Stable over versions.
    std::string field_manager;
    int64_t deadline_ms = 30'000;  // of one attempt
    int attempts_max = 4;
    int64_t retry_wait_ms_max = 10'000;  // of all waits of a call
    // Called on the caller's thread after each attempt.
    std::function<void(const CallRecord&)> on_call;
    // Instead of sleeping; for tests.
    std::function<void(int64_t wait_ms)> wait;
  };
  ApiClient(Transport& transport, const Clock& clock, Options options);

  absl::StatusOr<Json> get(const ResourceType& type, const ObjectKey& key);

  // Namespace and name (or generateName) are the object's.
  absl::StatusOr<Json> create(const ResourceType& type, const Json& object);

  // PUT. With the object's resourceVersion, Aborted when it is no longer that.
  absl::StatusOr<Json> replace(const ResourceType& type, const Json& object,
                               std::string_view subresource = "");

  struct ApplyOptions {
    std::string field_manager;  // the client's when empty
    bool force = true;          // takes fields over from other managers
    std::string subresource;    // "status"
    bool dry_run = false;
  };
  // Server-side apply: the whole intent of this field manager each time.
  absl::StatusOr<Json> apply(const ResourceType& type, const Json& object,
                             const ApplyOptions& options);
  absl::StatusOr<Json> apply(const ResourceType& type, const Json& object);

  absl::StatusOr<Json> merge_patch(const ResourceType& type, const ObjectKey& key,
                                   const Json& patch, std::string_view subresource = "");
  // A failed "test" operation is InvalidArgument.
  absl::StatusOr<Json> json_patch(const ResourceType& type, const ObjectKey& key,
                                  const Json& operations, std::string_view subresource = "");

  struct DeleteOptions {
    // Preconditions; Aborted when the object is another one by now.
    std::string uid;
    std::string resource_version;
    Propagation propagation = Propagation::kBackground;
    std::optional<int> grace_period_s;
  };
  // OK when the deletion was accepted: finalizers may still be worked on. NotFound when it is gone.
  absl::Status remove(const ResourceType& type, const ObjectKey& key, const DeleteOptions& options);
  absl::Status remove(const ResourceType& type, const ObjectKey& key) {
    return remove(type, key, DeleteOptions());
  }

  struct ListOptions {
    std::string resource_namespace;  // empty for all
    std::string label_selector;
    std::string field_selector;
    int page = 500;
    // Objects come as PartialObjectMetadata: apiVersion, kind and metadata.
    bool metadata_only = false;
    // Called when the list has to begin again because it took longer than the server keeps its
    // history: what `each` was told so far counts no more. Without it that is OutOfRange.
    std::function<void()> on_restart;
  };
  // Calls `each` for every object, page by page, and returns the resourceVersion to watch from.
  absl::StatusOr<std::string> list(const ResourceType& type, const ListOptions& options,
                                   const std::function<void(Json object)>& each);

  struct WatchOptions : ListOptions {
    std::string resource_version;
    // The server ends the watch after so long; when it has not after this much more, the connection
    // is dead.
    int timeout_s = 300;
    int64_t grace_ms = 15'000;
  };
  // Tells each event, ADDED, MODIFIED, DELETED and BOOKMARK (whose object has little more than a
  // resourceVersion), until
  //   OK           the server ended it: go on from the last resourceVersion
  //   Cancelled    by the token
  //   OutOfRange   the resourceVersion is too old: list again
  //   others       as for each call; go on from the last resourceVersion after a while
  absl::Status watch(const ResourceType& type, const WatchOptions& options,
                     const std::function<void(std::string_view event, Json object)>& on_event,
                     CancelToken& cancel);

  // Any path that answers JSON: "/version", "/apis/petrel.io".
  absl::StatusOr<Json> get_path(std::string_view path);

 private:
  struct Call;
  // Repeats as said above.
  absl::StatusOr<Response> perform(const Call& call);
  // perform(), with anything but 2xx as an error.
  absl::StatusOr<std::string> perform_ok(const Call& call);
  absl::StatusOr<Json> perform_json(const Call& call);
  void record(const Call& call, int code, int64_t start_us);
  absl::StatusOr<Json> patch(const ResourceType& type, const ObjectKey& key, const Json& body,
                             std::string_view content_type, std::string_view subresource);

  Transport& transport_;
  const Clock& clock_;
  const Options options_;
};

}  // namespace petrel::k8s
