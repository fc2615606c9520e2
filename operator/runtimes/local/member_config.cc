// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/runtimes/local/member_config.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "common/check.h"
#include "common/concat.h"
#include "common/status.h"

namespace petrel::ops {

namespace {

using Settings = std::vector<std::pair<std::string, nlohmann::json>>;

constexpr size_t kOutputBytesMax = 64 << 10;

Settings common_settings(const Layout& layout, const MemberId& member) {
  return {{"grpc.host", kLocalHost},
          {"grpc.port", layout.grpc_port(member)},
          {"http.host", kLocalHost},
          {"http.port", layout.http_port(member)}};
}

Settings broker_settings(const Resource& cluster, const ClusterSpec& spec, const Layout& layout,
                         const MemberId& member) {
  nlohmann::json nameservers = nlohmann::json::array();
  for (int i = 0; i < spec.nameservers; ++i) {
    nameservers.push_back(layout.grpc_address({Role::kNameserver, i}));
  }
  return {{"broker.cluster", cluster.name},
          {"broker.name", member.name()},
          {"broker.id", 0},
          {"broker.advertised-address", layout.grpc_address(member)},
          {"broker.nameservers", nameservers},
          {"store.directory", layout.store_dir(member)},
          {"store.flush-mode", spec.flush_mode == FlushMode::kSync ? "sync" : "async"},
          {"topics.auto-create", spec.auto_create_topics},
          {"groups.auto-create", spec.auto_create_groups}};
}

// Which field, if any, a key that is set already follows from.
std::string where_it_is_set(const std::string& key) {
  static const std::map<std::string, std::string> kFields = {
      {"broker.nameservers", "spec.nameservers.replicas"},
      {"broker.cluster", "metadata.name"},
      {"store.flush-mode", "spec.broker.flushMode"},
      {"topics.auto-create", "spec.broker.autoCreateTopics"},
      {"groups.auto-create", "spec.broker.autoCreateGroups"}};
  const auto found = kFields.find(key);
  return found == kFields.end() ? "is given to each member by itself; remove it"
                                : concat("follows from ", found->second, "; remove it");
}

}  // namespace

std::string program_name(Role role) {
  return role == Role::kNameserver ? "petrel-nameserver" : "petrel-broker";
}

absl::StatusOr<std::string> program_file(const std::string& bin_dir, Role role) {
  std::string file = concat(bin_dir, "/", program_name(role));
  if (access(file.c_str(), X_OK) != 0) {
    return absl::NotFoundError(
        concat("there is no program ", file, "; name the directory that has it with --bin-dir"));
  }
  return file;
}

absl::StatusOr<std::string> member_config(const Resource& cluster, const Layout& layout,
                                          const MemberId& member) {
  const ClusterSpec spec = cluster_spec(cluster);
  const bool broker = member.role == Role::kBroker;
  Settings settings = common_settings(layout, member);
  if (broker) {
    Settings more = broker_settings(cluster, spec, layout, member);
    std::move(more.begin(), more.end(), std::back_inserter(settings));
  }
  for (const auto& [key, value] : broker ? spec.broker_config : spec.nameserver_config) {
    const bool taken = std::any_of(settings.begin(), settings.end(),
                                   [&](const auto& setting) { return setting.first == key; });
    if (taken) {
      return absl::InvalidArgumentError(
          concat(cluster.declared_at.empty() ? "" : concat(cluster.declared_at, ": "), cluster.id(),
                 ": spec.", broker ? "broker" : "nameservers", ".config: ", key, " ",
                 where_it_is_set(key)));
    }
    settings.emplace_back(key, value);
  }
  std::string text = "# Made by petrelctl from the declared cluster; changes here are lost.\n";
  for (const auto& [key, value] : settings) {
    // A JSON value is YAML too.
    text += concat(nlohmann::json(key).dump(), ": ", value.dump(), "\n");
  }
  return text;
}

absl::StatusOr<std::string> member_digest(const std::string& config_text,
                                          const std::string& program) {
  struct stat file;
  if (stat(program.c_str(), &file) != 0) {
    return errno_status(errno, program);
  }
  const std::string all = concat(config_text, program, "\n", file.st_size, " ", file.st_mtim.tv_sec,
                                 ".", file.st_mtim.tv_nsec);
  std::array<unsigned char, EVP_MAX_MD_SIZE> hash{};
  unsigned int size = 0;
  PETREL_CHECK_EQ(EVP_Digest(all.data(), all.size(), hash.data(), &size, EVP_sha256(), nullptr), 1);
  std::string text;
  constexpr size_t kDigestBytes = 16;
  for (size_t i = 0; i < kDigestBytes; ++i) {
    constexpr std::string_view kHex = "0123456789abcdef";
    text += kHex[hash[i] >> 4];
    text += kHex[hash[i] & 15];
  }
  return text;
}

absl::Status check_configuration(const std::string& program, const std::string& config_file) {
  int fds[2];
  if (pipe2(fds, O_CLOEXEC) != 0) {
    return errno_status(errno, "pipe2");
  }
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&files, fds[1], 1);
  posix_spawn_file_actions_adddup2(&files, fds[1], 2);
  const std::string config = "--config=" + config_file;
  std::array<char*, 4> argv = {const_cast<char*>(program.c_str()),
                               const_cast<char*>(config.c_str()),
                               const_cast<char*>("--check-config"), nullptr};
  pid_t pid = 0;
  const int error = posix_spawn(&pid, program.c_str(), &files, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&files);
  close(fds[1]);
  std::string output;
  std::array<char, 4096> buffer;
  ssize_t size = 0;
  while (error == 0 && (size = read(fds[0], buffer.data(), buffer.size())) > 0) {
    if (output.size() < kOutputBytesMax) {
      output.append(buffer.data(), static_cast<size_t>(size));
    }
  }
  close(fds[0]);
  if (error != 0) {
    return errno_status(error, concat("cannot start ", program));
  }
  int status = 0;
  waitpid(pid, &status, 0);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
    return absl::OkStatus();
  }
  while (!output.empty() && output.back() == '\n') {
    output.pop_back();
  }
  return absl::InvalidArgumentError(output);
}

}  // namespace petrel::ops
