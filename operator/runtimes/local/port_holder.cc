// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/runtimes/local/port_holder.h"

#include <absl/strings/numbers.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "common/concat.h"

namespace petrel::ops {

namespace {

namespace fs = std::filesystem;

constexpr size_t kCommandBytesMax = 200;

// What descriptors of sockets that listen on the port link to: "socket:[INODE]". A line of the
// kernel's table is: slot, local address:port in hexadecimal, remote one, state, three queues and
// timers, user, timeout, inode.
std::set<std::string> listening_sockets(uint16_t port) {
  constexpr char kListening[] = "0A";
  std::set<std::string> sockets;
  for (const char* table : {"/proc/net/tcp", "/proc/net/tcp6"}) {
    std::ifstream file(table);
    for (std::string line; std::getline(file, line);) {
      std::istringstream fields(line);
      std::string slot, local, remote, state, queues, timer, retransmits, user, timeout, inode;
      fields >> slot >> local >> remote >> state >> queues >> timer >> retransmits >> user >>
          timeout >> inode;
      const size_t colon = local.rfind(':');
      uint32_t local_port = 0;
      if (state == kListening && colon != std::string::npos &&
          absl::SimpleHexAtoi(local.substr(colon + 1), &local_port) && local_port == port) {
        sockets.insert(concat("socket:[", inode, "]"));
      }
    }
  }
  return sockets;
}

bool has_descriptor(const fs::path& process, const std::set<std::string>& links) {
  std::error_code error;
  for (fs::directory_iterator entry(process / "fd", error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code closed;  // since it was listed
    if (links.contains(fs::read_symlink(entry->path(), closed).string())) {
      return true;
    }
  }
  return false;
}

// Its words, the program without its directory.
std::string command_of(const fs::path& process) {
  std::ostringstream words;
  words << std::ifstream(process / "cmdline").rdbuf();
  std::string text = words.str();
  const std::string program = text.substr(0, text.find('\0'));
  text.erase(0, program.rfind('/') + 1);
  std::replace(text.begin(), text.end(), '\0', ' ');
  text.resize(std::min(text.find_last_not_of(' ') + 1, kCommandBytesMax));
  return text;
}

}  // namespace

std::string port_holder(uint16_t port) {
  const std::set<std::string> sockets = listening_sockets(port);
  if (sockets.empty()) {
    return "";
  }
  std::error_code error;
  for (fs::directory_iterator entry("/proc", error), end; !error && entry != end;
       entry.increment(error)) {
    int pid = 0;
    if (absl::SimpleAtoi(entry->path().filename().string(), &pid) &&
        has_descriptor(entry->path(), sockets)) {
      return concat(command_of(entry->path()), " (pid ", pid, ")");
    }
  }
  return "";
}

}  // namespace petrel::ops
