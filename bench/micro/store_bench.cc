// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
// What storing costs: encoding a record, placing it, appending it, writing and syncing a group.

#include <benchmark/benchmark.h>

#include <string>

#include "bench/micro/scratch_directory.h"
#include "bench/stamp.h"
#include "common/check.h"
#include "store/disk/disk.h"
#include "store/log/commit_log.h"
#include "store/log/record.h"

namespace petrel::bench {
namespace {

constexpr char kProperties[] =
    "UNIQ_KEY\x01"
    "01AABBCCDDEEFF00112233445566778899\x02"
    "TAGS\x01"
    "a\x02";

store::RecordFields fields(std::string_view body) {
  store::RecordFields fields;
  fields.topic = "orders";
  fields.body = body;
  fields.properties = kProperties;
  fields.born_ms = 1'700'000'000'000;
  return fields;
}

void encode_record(benchmark::State& state) {
  const std::string body = incompressible_bytes(static_cast<size_t>(state.range(0)), 1);
  for (auto _ : state) benchmark::DoNotOptimize(store::encode_record(fields(body)));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(encode_record)->Arg(128)->Arg(1024)->Arg(16384);

void place_record(benchmark::State& state) {
  const std::string body = incompressible_bytes(static_cast<size_t>(state.range(0)), 1);
  std::string record = *store::encode_record(fields(body));
  for (auto _ : state) {
    store::place_record(record, {.queue_id = 1, .log_offset = store::LogOffset{4096}});
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(place_record)->Arg(128)->Arg(1024)->Arg(16384);

void decode_record(benchmark::State& state) {
  const std::string body = incompressible_bytes(1024, 1);
  std::string record = *store::encode_record(fields(body));
  store::place_record(record, {});
  const auto verify = static_cast<store::Verify>(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(store::decode_record(record, verify));
}
BENCHMARK(decode_record)
    ->Arg(static_cast<int>(store::Verify::kStructure))
    ->Arg(static_cast<int>(store::Verify::kChecksums));

// One item is one message of range(0) bytes; a group of range(1) is appended, then written (and
// synced).
void append_group(benchmark::State& state, bool sync) {
  const ScratchDirectory scratch;
  const auto disk = store::make_posix_disk();
  auto log = store::CommitLog::open(*disk, scratch.path() + "/commitlog", {});
  PETREL_CHECK(log.ok()) << log.status();
  PETREL_CHECK((*log)->recover(store::LogOffset{0}).ok());
  const std::string body = incompressible_bytes(static_cast<size_t>(state.range(0)), 1);
  const std::string record = *store::encode_record(fields(body));
  for (auto _ : state) {
    for (int64_t i = 0; i < state.range(1); ++i) {
      benchmark::DoNotOptimize((*log)->append(record, {}));
    }
    (*log)->submit();
    PETREL_CHECK((*log)->write_group(sync, 0).ok());
  }
  state.SetItemsProcessed(state.iterations() * state.range(1));
  PETREL_CHECK((*log)->close().ok());
}
// The process keeps what it wrote in the page cache, hence the bound on iterations.
BENCHMARK_CAPTURE(append_group, write, false)
    ->ArgsProduct({{128, 1024}, {1, 16, 256}})
    ->Iterations(4000);
BENCHMARK_CAPTURE(append_group, write_and_sync, true)
    ->ArgsProduct({{1024}, {1, 16, 64}})
    ->Iterations(1000)
    ->UseRealTime();

}  // namespace
}  // namespace petrel::bench
