// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
//
// Stands in for petrel-nameserver and petrel-broker in tests: serves /readyz on http.port of its
// configuration and ends on SIGTERM. The file "fail" in its working directory makes it end at once
// with code 7, and "deaf" makes it ignore SIGTERM.

#include <httplib.h>
#include <signal.h>
#include <unistd.h>
#include <yaml-cpp/yaml.h>

#include <cstdio>
#include <string_view>
#include <thread>

int main(int argc, char** argv) {
  constexpr std::string_view kConfig = "--config=";
  if (argc < 2 || std::string_view(argv[1]).substr(0, kConfig.size()) != kConfig) {
    return 2;
  }
  const YAML::Node config = YAML::LoadFile(argv[1] + kConfig.size());
  if (config["refused"]) {
    fprintf(stderr, "%s:1:1: unknown key 'refused'\n", argv[1] + kConfig.size());
    return 1;
  }
  if (argc > 2) {
    return 0;  // --check-config
  }
  if (access("fail", F_OK) == 0) {
    fprintf(stderr, "first line\ncannot open the store\n");
    return 7;
  }
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigprocmask(SIG_BLOCK, &signals, nullptr);
  httplib::Server server;
  server.Get("/readyz", [](const httplib::Request&, httplib::Response& response) {
    response.set_content("ok\n", "text/plain");
  });
  const bool bound = server.bind_to_port("127.0.0.1", config["http.port"].as<int>());
  std::thread serving([&] { server.listen_after_bind(); });
  int signal = 0;
  do {
    sigwait(&signals, &signal);
  } while (access("deaf", F_OK) == 0);
  server.stop();
  serving.join();
  return bound ? 0 : 1;
}
