// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/main/probe_command.h"

#include <httplib.h>

#include <chrono>
#include <cstdlib>
#include <regex>
#include <thread>

#include "common/concat.h"
#include "common/signals.h"

namespace petrel::ops {

namespace {

constexpr time_t kAnswerTimeoutSeconds = 5;
constexpr std::chrono::milliseconds kPause(500);

// The status code, or why there is none.
std::string answer(const std::string& origin, const std::string& path) {
  const SigpipeGuard no_sigpipe;
  httplib::Client client(origin);
  client.set_connection_timeout(kAnswerTimeoutSeconds);
  client.set_read_timeout(kAnswerTimeoutSeconds);
  const httplib::Result result = client.Get(path.c_str());
  return result ? concat(result->status) : httplib::to_string(result.error());
}

}  // namespace

int probe_command(const std::string& url, int64_t timeout_ms, std::ostream& out) {
  static const std::regex kUrl(R"((http://[^/]+)(/.*)?)");
  std::smatch parts;
  if (!std::regex_match(url, parts, kUrl)) {
    out << "not an http URL: " << url << "\n";
    return 2;
  }
  const std::string path = parts[2].matched ? parts[2].str() : "/";
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout_ms);
  while (true) {
    const std::string said = answer(parts[1].str(), path);
    if (said == "200" || std::chrono::steady_clock::now() >= deadline) {
      out << url << ": " << said << "\n";
      return said == "200" ? EXIT_SUCCESS : EXIT_FAILURE;
    }
    std::this_thread::sleep_for(kPause);
  }
}

}  // namespace petrel::ops
