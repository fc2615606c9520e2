// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "common/check.h"
#include "operator/kubernetes/api_client.h"
#include "operator/kubernetes/testing/fake_api_server.h"
#include "operator/kubernetes/transport.h"
#include "operator/kubernetes/waitable_clock.h"

namespace petrel::k8s::testing {

// A client of a fake API server that does not wait before it repeats a call.
class TestClient {
 public:
  explicit TestClient(const FakeApiServer& server, int64_t deadline_ms = 10'000,
                      int attempts_max = 1, const std::string& token_file = "")
      : transport_(connect(server.url(), token_file, clock_)),
        api_(*transport_, clock_,
             {.field_manager = "tester",
              .deadline_ms = deadline_ms,
              .attempts_max = attempts_max,
              .wait = [](int64_t) {}}) {}

  ApiClient& api() { return api_; }

 private:
  static std::unique_ptr<Transport> connect(const std::string& url, const std::string& token_file,
                                            const Clock& clock) {
    ClientConfig config;
    config.server = url;
    config.token.file = token_file;
    auto transport = make_http_transport(config, {.user_agent = "tester/1"}, clock);
    PETREL_CHECK_OK(transport);
    return *std::move(transport);
  }

  SystemClock clock_;
  std::unique_ptr<Transport> transport_;
  ApiClient api_;
};

}  // namespace petrel::k8s::testing
