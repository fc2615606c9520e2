// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "bench/proc_stat.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <sstream>
#include <string>

namespace petrel::bench {
namespace {

absl::StatusOr<std::string> read_file(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  if (!file || !(text << file.rdbuf())) return absl::NotFoundError("cannot read " + path);
  return text.str();
}

// Takes the next word off the front of text, which is empty afterwards when there is no other.
std::string_view next_word(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  const std::string_view word = text.substr(0, text.find_first_of(" \t\n"));
  text.remove_prefix(word.size());
  return word;
}

bool parse_number(std::string_view word, uint64_t& number) {
  const char* end = word.data() + word.size();
  const auto parsed = std::from_chars(word.data(), end, number);
  return !word.empty() && parsed.ec == std::errc() && parsed.ptr == end;
}

double ticks_to_s(uint64_t ticks) {
  return static_cast<double>(ticks) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

}  // namespace

absl::StatusOr<uint64_t> parse_cpu_ticks(std::string_view stat) {
  // The second field is the command in parentheses and may itself hold spaces and parentheses.
  const size_t command_end = stat.rfind(')');
  if (command_end == std::string_view::npos) return absl::DataLossError("stat without a command");
  stat.remove_prefix(command_end + 1);
  constexpr int kFieldsBeforeUserTime = 11;
  for (int i = 0; i < kFieldsBeforeUserTime; ++i) next_word(stat);
  uint64_t user = 0;
  uint64_t system = 0;
  if (!parse_number(next_word(stat), user) || !parse_number(next_word(stat), system)) {
    return absl::DataLossError("stat without CPU times");
  }
  return user + system;
}

absl::StatusOr<uint64_t> parse_status_bytes(std::string_view status, std::string_view name) {
  while (!status.empty()) {
    std::string_view line = status.substr(0, status.find('\n'));
    status.remove_prefix(std::min(line.size() + 1, status.size()));
    const std::string_view label = next_word(line);
    if (!label.ends_with(':') || label.substr(0, label.size() - 1) != name) continue;
    uint64_t kib = 0;
    if (parse_number(next_word(line), kib) && next_word(line) == "kB") return kib * 1024;
    break;
  }
  return absl::DataLossError("status without " + std::string(name));
}

absl::StatusOr<uint64_t> parse_busy_ticks(std::string_view machine_stat) {
  if (next_word(machine_stat) != "cpu") return absl::DataLossError("stat without a cpu line");
  // user nice system idle iowait irq softirq; steal and guest times are not ours.
  constexpr int kIdle = 3;
  constexpr int kIoWait = 4;
  constexpr int kFields = 7;
  uint64_t busy = 0;
  for (int field = 0; field < kFields; ++field) {
    uint64_t ticks = 0;
    if (!parse_number(next_word(machine_stat), ticks)) {
      return absl::DataLossError("stat without CPU times");
    }
    if (field != kIdle && field != kIoWait) busy += ticks;
  }
  return busy;
}

absl::StatusOr<ProcStat> read_proc_stat(pid_t pid) {
  const std::string directory = "/proc/" + std::to_string(pid) + "/";
  const absl::StatusOr<std::string> stat = read_file(directory + "stat");
  if (!stat.ok()) return stat.status();
  const absl::StatusOr<std::string> status = read_file(directory + "status");
  if (!status.ok()) return status.status();
  const absl::StatusOr<uint64_t> ticks = parse_cpu_ticks(*stat);
  if (!ticks.ok()) return ticks.status();
  const absl::StatusOr<uint64_t> rss = parse_status_bytes(*status, "VmRSS");
  if (!rss.ok()) return rss.status();
  const absl::StatusOr<uint64_t> anon = parse_status_bytes(*status, "RssAnon");
  if (!anon.ok()) return anon.status();
  return ProcStat{.cpu_s = ticks_to_s(*ticks), .rss_bytes = *rss, .rss_anon_bytes = *anon};
}

double own_cpu_s() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double machine_cpu_s() {
  const absl::StatusOr<std::string> stat = read_file("/proc/stat");
  if (!stat.ok()) return 0;
  const absl::StatusOr<uint64_t> ticks = parse_busy_ticks(*stat);
  return ticks.ok() ? ticks_to_s(*ticks) : 0;
}

}  // namespace petrel::bench
