// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/kubernetes/exec_plugin.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "common/concat.h"
#include "common/status.h"

extern char** environ;

namespace petrel::k8s {
namespace {

using std::chrono::steady_clock;

// Of its standard error, shown when it fails.
constexpr size_t kErrorTextBytesMax = 2048;

// A pipe whose ends are closed when it goes.
class Pipe {
 public:
  Pipe() {
    if (pipe2(ends_.data(), O_CLOEXEC) != 0) {
      ends_ = {-1, -1};
    }
  }
  ~Pipe() {
    close_end(0);
    close_end(1);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  bool ok() const { return ends_[0] >= 0; }
  int read_end() const { return ends_[0]; }
  int write_end() const { return ends_[1]; }
  void close_write_end() { close_end(1); }

 private:
  void close_end(size_t end) {
    if (ends_[end] >= 0) {
      close(ends_[end]);
      ends_[end] = -1;
    }
  }
  std::array<int, 2> ends_{-1, -1};
};

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) {
    pointers.push_back(text.data());
  }
  pointers.push_back(nullptr);
  return pointers;
}

std::vector<std::string> environment_of(const ExecPlugin& plugin) {
  auto settings = plugin.environment;
  settings.emplace_back("KUBERNETES_EXEC_INFO", plugin.exec_info);
  std::vector<std::string> environment;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text = *variable;
    const bool replaced = std::ranges::any_of(settings, [&](const auto& setting) {
      return text.substr(0, text.find('=')) == setting.first;
    });
    if (!replaced) {
      environment.emplace_back(text);
    }
  }
  for (const auto& [name, value] : settings) {
    environment.push_back(concat(name, "=", value));
  }
  return environment;
}

// The process id, or a negative errno.
pid_t spawn(const ExecPlugin& plugin, const Pipe& output, const Pipe& errors) {
  std::vector<std::string> words = {plugin.command};
  words.insert(words.end(), plugin.arguments.begin(), plugin.arguments.end());
  std::vector<std::string> environment = environment_of(plugin);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, output.write_end(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, errors.write_end(), STDERR_FILENO);
  // Servers block signals; the plugin starts as from a shell.
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  sigset_t defaults;
  sigemptyset(&defaults);
  sigaddset(&defaults, SIGPIPE);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);

  pid_t pid = -1;
  const int error = posix_spawnp(&pid, plugin.command.c_str(), &actions, &attributes,
                                 pointers_to(words).data(), pointers_to(environment).data());
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  return error == 0 ? pid : -error;
}

struct Output {
  std::string text;
  std::string error_text;
  bool whole = false;  // both streams ended within the limits
};

// What the pipe has, appended up to the limit. False at its end.
bool drain(int fd, std::string* text, size_t bytes_max) {
  std::array<char, 4096> buffer;
  const ssize_t count = read(fd, buffer.data(), buffer.size());
  if (count <= 0) {
    return count < 0 && errno == EINTR;
  }
  text->append(buffer.data(), std::min(static_cast<size_t>(count), bytes_max - text->size()));
  return true;
}

Output read_output(const Pipe& output, const Pipe& errors, const ExecLimits& limits) {
  const auto deadline = steady_clock::now() + std::chrono::milliseconds(limits.deadline_ms);
  Output result;
  std::array<pollfd, 2> fds = {{{output.read_end(), POLLIN, 0}, {errors.read_end(), POLLIN, 0}}};
  while (fds[0].fd >= 0 || fds[1].fd >= 0) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - steady_clock::now()).count();
    if (left <= 0) {
      return result;
    }
    if (poll(fds.data(), fds.size(), static_cast<int>(left)) <= 0) {
      continue;
    }
    // poll() passes over negative descriptors.
    if (fds[0].revents != 0 && !drain(fds[0].fd, &result.text, limits.output_bytes_max)) {
      fds[0].fd = -1;
    }
    if (fds[1].revents != 0 && !drain(fds[1].fd, &result.error_text, kErrorTextBytesMax)) {
      fds[1].fd = -1;
    }
    if (result.text.size() == limits.output_bytes_max) {
      return result;
    }
  }
  result.whole = true;
  return result;
}

int wait_for(pid_t pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

absl::Status failure(const ExecPlugin& plugin, std::string_view what, std::string_view details) {
  return absl::UnauthenticatedError(
      concat("credential plugin ", plugin.command, " ", what, details.empty() ? "" : ": ", details,
             plugin.install_hint.empty() ? "" : "\n", plugin.install_hint));
}

}  // namespace

absl::StatusOr<ExecCredential> run_exec_plugin(const ExecPlugin& plugin, const ExecLimits& limits) {
  Pipe output;
  Pipe errors;
  if (!output.ok() || !errors.ok()) {
    return errno_status(errno, "pipe");
  }
  const pid_t pid = spawn(plugin, output, errors);
  if (pid < 0) {
    return failure(plugin, "does not start", std::string(errno_status(-pid, "spawn").message()));
  }
  output.close_write_end();
  errors.close_write_end();
  const Output result = read_output(output, errors, limits);
  if (!result.whole) {
    kill(pid, SIGKILL);  // our child, and not waited for yet: the id is its own
    wait_for(pid);
    return failure(plugin, "took too long or printed too much", result.error_text);
  }
  const int status = wait_for(pid);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    return failure(plugin, concat("failed with wait status ", status), result.error_text);
  }
  auto credential = parse_exec_credential(result.text, plugin.api_version);
  if (!credential.ok()) {
    return failure(plugin, std::string(credential.status().message()), "");
  }
  return credential;
}

absl::StatusOr<ExecCredential> parse_exec_credential(const std::string& text,
                                                     const std::string& api_version) {
  const nlohmann::json object = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object()) {
    return absl::InvalidArgumentError("printed no JSON object");
  }
  const auto text_at = [&](const char* pointer) {
    const nlohmann::json::json_pointer at(pointer);
    return object.contains(at) && object[at].is_string() ? object[at].get<std::string>() : "";
  };
  if (text_at("/kind") != "ExecCredential" || text_at("/apiVersion") != api_version) {
    return absl::InvalidArgumentError(concat("printed ", text_at("/apiVersion"), " ",
                                             text_at("/kind"), " instead of ", api_version,
                                             " ExecCredential"));
  }
  ExecCredential credential{.token = text_at("/status/token"),
                            .certificate_pem = text_at("/status/clientCertificateData"),
                            .key_pem = text_at("/status/clientKeyData")};
  if (credential.certificate_pem.empty() != credential.key_pem.empty()) {
    return absl::InvalidArgumentError("printed only one of certificate and key");
  }
  if (credential.token.empty() && credential.certificate_pem.empty()) {
    return absl::InvalidArgumentError("printed neither token nor certificate");
  }
  const std::string expires = text_at("/status/expirationTimestamp");
  absl::Time time;
  if (!expires.empty()) {
    if (!absl::ParseTime(absl::RFC3339_full, expires, &time, nullptr)) {
      return absl::InvalidArgumentError(concat("printed the expirationTimestamp ", expires));
    }
    credential.expires_wall_ms = absl::ToUnixMillis(time);
  }
  return credential;
}

}  // namespace petrel::k8s
