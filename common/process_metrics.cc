// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <dirent.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "common/file_util.h"
#include "common/metrics.h"

namespace petrel {
namespace {

constexpr int64_t kStatBytesMax = 65'536;

// The fields of /proc/self/stat after the name, which may itself hold blanks and brackets. Index 0
// is the state.
std::vector<std::string> stat_fields() {
  const auto contents = read_file("/proc/self/stat", kStatBytesMax);
  std::vector<std::string> fields;
  if (!contents.ok() || contents->rfind(')') == std::string::npos) {
    return fields;
  }
  size_t begin = contents->rfind(')') + 2;
  while (begin < contents->size()) {
    const size_t end = std::min(contents->find_first_of(" \n", begin), contents->size());
    fields.push_back(contents->substr(begin, end - begin));
    begin = end + 1;
  }
  return fields;
}

// Field numbers are those of proc(5), which counts from 1 and has the state at 3.
double stat_field(size_t number) {
  const std::vector<std::string> fields = stat_fields();
  return number - 3 < fields.size() ? std::strtod(fields[number - 3].c_str(), nullptr) : 0;
}

double cpu_seconds() {
  timespec used{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) * 1e-9;
}

double resident_bytes() { return stat_field(24) * static_cast<double>(sysconf(_SC_PAGESIZE)); }

double thread_count() { return stat_field(20); }

double open_descriptors() {
  DIR* directory = opendir("/proc/self/fd");
  if (directory == nullptr) {
    return 0;
  }
  int count = -3;  // ".", ".." and the one that lists
  while (readdir(directory) != nullptr) {
    ++count;
  }
  closedir(directory);
  return count;
}

double descriptors_max() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  return static_cast<double>(limit.rlim_cur);
}

// Seconds since 1970: now, less the time since boot, plus the start in ticks after boot.
double start_time_seconds() {
  timespec wall{};
  timespec since_boot{};
  clock_gettime(CLOCK_REALTIME, &wall);
  clock_gettime(CLOCK_BOOTTIME, &since_boot);
  const double boot = static_cast<double>(wall.tv_sec - since_boot.tv_sec) +
                      static_cast<double>(wall.tv_nsec - since_boot.tv_nsec) * 1e-9;
  return boot + stat_field(22) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

}  // namespace

void add_process_metrics(MetricRegistry& registry, const std::string& version,
                         const std::string& commit) {
  registry.gauges("petrel_build_info", "Always 1; the labels say what runs", {"version", "commit"})
      .with({version, commit})
      .set(1);
  registry
      .gauge("process_start_time_seconds",
             "Start time of the process since the Unix epoch in seconds")
      .set(start_time_seconds());
  const auto compute = [&registry](MetricRegistry::Kind kind, const char* name, const char* help,
                                   double (*value)()) {
    registry.computed(kind, name, help, {}, [value] { return std::vector<Sample>{{{}, value()}}; });
  };
  using Kind = MetricRegistry::Kind;
  compute(Kind::kCounter, "process_cpu_seconds_total",
          "Total user and system CPU time spent in seconds", cpu_seconds);
  compute(Kind::kGauge, "process_resident_memory_bytes", "Resident memory size in bytes",
          resident_bytes);
  compute(Kind::kGauge, "process_threads", "Number of threads", thread_count);
  compute(Kind::kGauge, "process_open_fds", "Number of open file descriptors", open_descriptors);
  compute(Kind::kGauge, "process_max_fds", "Maximum number of open file descriptors",
          descriptors_max);
}

}  // namespace petrel
