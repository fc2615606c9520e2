// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <malloc.h>
#include <unistd.h>

#include <filesystem>

#include "bench/proc_stat.h"
#include "bench/stamp.h"
#include "bench/store/bare_store.h"
#include "bench/store/scenario.h"
#include "bench/store/threadless_core.h"
#include "common/concat.h"
#include "store/log/record.h"

namespace petrel::bench {
namespace {

using Requests = ThreadlessCore::Requests;

class Send final : public core::SendRequest {
 public:
  void complete() override {}
};
class Apply final : public core::ApplyTopicsRequest {
 public:
  void complete() override {}
};

std::string topic_name(int32_t topic) { return concat("orders-of-tenant-", 100'000 + topic); }

double wall_s() { return static_cast<double>(monotonic_ns()) / 1e9; }
double own_memory_mib() {
  return static_cast<double>(read_proc_stat(getpid()).value().rss_anon_bytes) / (1 << 20);
}

// What one step took: of the clock, of this thread (the core) and of the process.
class Step {
 public:
  nlohmann::ordered_json end() const {
    return {{"wall_s", wall_s() - wall_s_},
            {"core_cpu_s", thread_cpu_s() - core_cpu_s_},
            {"cpu_s", own_cpu_s() - cpu_s_},
            {"memory_mib", own_memory_mib()}};
  }

 private:
  double wall_s_ = wall_s();
  double core_cpu_s_ = thread_cpu_s();
  double cpu_s_ = own_cpu_s();
};

void create(ThreadlessCore& core, const QueuesOptions& options) {
  constexpr int32_t kTopicsPerRequest = 1000;
  for (int32_t first = 0; first < options.topics; first += kTopicsPerRequest) {
    auto apply = std::make_unique<Apply>();
    for (int32_t i = first; i < std::min(first + kTopicsPerRequest, options.topics); ++i) {
      core::TopicConfig config;
      config.name = topic_name(i);
      config.read_queues = config.write_queues = options.queues_per_topic;
      apply->topics.push_back(std::move(config));
    }
    Requests requests;
    requests.push_back(std::move(apply));
    core.run(std::move(requests));
  }
}

Requests sends_to(const std::string& topic, int32_t messages, size_t body_bytes) {
  const std::string body = incompressible_bytes(body_bytes, 1);
  store::RecordFields fields;
  fields.topic = topic;
  fields.body = body;
  Requests requests;
  for (int32_t i = 0; i < messages; ++i) {
    auto send = std::make_unique<Send>();
    send->topic = topic;
    send->messages.resize(1);
    send->messages[0].record = *store::encode_record(fields);
    requests.push_back(std::move(send));
  }
  return requests;
}

// A message to each queue: sends go round the queues of a topic.
void send_to_all(ThreadlessCore& core, const QueuesOptions& options) {
  constexpr size_t kBodyBytes = 128;
  for (int32_t topic = 0; topic < options.topics; ++topic) {
    core.run(sends_to(topic_name(topic), options.queues_per_topic, kBodyBytes));
  }
}

// As much log as the snapshot of all queues has written, so that the next one is due; all of it to
// the queues of every 100th topic.
void send_to_one_percent(ThreadlessCore& core, const QueuesOptions& options) {
  constexpr size_t kBodyBytes = 4096;
  constexpr int64_t kBytesForEach = 4608;
  const int64_t end =
      core.store().log().end().value() + kBytesForEach * options.topics * options.queues_per_topic;
  while (core.store().log().end().value() < end) {
    for (int32_t topic = 0; topic < options.topics; topic += 100) {
      core.run(sends_to(topic_name(topic), 4 * options.queues_per_topic, kBodyBytes));
    }
  }
}

// One snapshot, from the turn that captures the state to the turn that learns of its end.
nlohmann::ordered_json snapshot(ThreadlessCore& core, const std::string& directory) {
  const int64_t before = core.core().stats().snapshots.load();
  const Step step;
  core.begin_snapshot();
  const double captured_cpu_s = step.end()["core_cpu_s"];
  while (core.core().stats().snapshots.load() == before) {
    usleep(1000);
    core.settle();
  }
  nlohmann::ordered_json result = step.end();
  result["capture_cpu_s"] = captured_cpu_s;
  uintmax_t bytes = 0;
  for (const auto& file : std::filesystem::directory_iterator(directory + "/snapshots")) {
    bytes = std::max(bytes, file.file_size());
  }
  result["bytes"] = bytes;
  return result;
}

}  // namespace

void run_queues(const QueuesOptions& options) {
  const std::string queues =
      concat(int64_t{options.topics} * options.queues_per_topic, " queues: ");
  {
    ThreadlessCore core(options.directory);
    print_result(queues + "before", {{"memory_mib", own_memory_mib()}});
    const Step creating;
    create(core, options);
    print_result(queues + "topics created", creating.end());
    const Step sending;
    send_to_all(core, options);
    print_result(queues + "a message in each", sending.end());
    print_result(queues + "snapshot, all changed", snapshot(core, options.directory));
    send_to_one_percent(core, options);
    print_result(queues + "snapshot, 1 % changed", snapshot(core, options.directory));
    const Step closing;
    core.close();
    print_result(queues + "stop", closing.end());
  }
  malloc_trim(0);
  const Step starting;
  ThreadlessCore core(options.directory);
  print_result(queues + "start", starting.end());
}

}  // namespace petrel::bench
