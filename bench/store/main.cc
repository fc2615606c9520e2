// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
// petrel-bench-store: the store alone, without a protocol around it. bench/store.sh runs it.

#include <CLI/CLI.hpp>

#include "bench/store/scenario.h"

namespace petrel::bench {
namespace {

template <typename Options>
CLI::App* add(CLI::App& app, const std::string& name, const std::string& help, Options& options,
              void (*run)(const Options&)) {
  CLI::App* command = app.add_subcommand(name, help);
  command->add_option("DIRECTORY", options.directory, "A new directory")->required();
  command->callback([&options, run] { run(options); });
  return command;
}

}  // namespace
}  // namespace petrel::bench

int main(int argc, char** argv) {
  using namespace petrel::bench;
  CLI::App app("Measures a part of the store on the real disk; prints lines of JSON");
  app.require_subcommand(1);
  app.option_defaults()->always_capture_default();

  AppendOptions append;
  CLI::App* command = add(app, "append", "Records a second, ASYNC_FLUSH", append, run_append);
  command->add_option("--body", append.body_bytes, "Bytes of a message");
  command->add_option("--messages", append.messages, "How many");

  SyncOptions sync;
  command = add(app, "sync", "Records a second, SYNC_FLUSH", sync, run_sync);
  command->add_option("--body", sync.body_bytes, "Bytes of a message");
  command->add_option("--writers", sync.writers, "Who wait for their record each");
  command->add_option("--seconds", sync.seconds, "How long");

  ColdReaderOptions reader;
  command = add(app, "cold-reader", "Latency of appends beside a reader of old records", reader,
                run_cold_reader);
  command->add_option("--cold-bytes", reader.cold_bytes, "Old records");
  command->add_option("--appends", reader.appends_per_s, "Appends a second, a multiple of 1,000");
  command->add_option("--read", reader.read_bytes_per_s, "Bytes a second to read");
  command->add_option("--seconds", reader.seconds, "Of each phase");
  command->add_flag("--sync", reader.sync, "Latency until synced, not written");

  QueuesOptions queues;
  command = add(app, "queues", "Memory, snapshot and start of many queues", queues, run_queues);
  command->add_option("--topics", queues.topics, "Topics");
  command->add_option("--queues", queues.queues_per_topic, "Queues of each");

  DiskIoOptions disk_io;
  command = add(app, "disk-io", "One group of the log: pwritev, RWF_DSYNC, io_uring", disk_io,
                run_disk_io);
  command->add_option("--times", disk_io.times, "Groups of each size and way");

  CLI11_PARSE(app, argc, argv);
  return 0;
}
