// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <google/protobuf/util/json_util.h>

#include <CLI/CLI.hpp>
#include <iomanip>
#include <iostream>
#include <memory>
#include <optional>

#include "cli/store.h"
#include "cli/store_lock.h"
#include "common/concat.h"
#include "common/status.h"
#include "petrel/state/v1/state.pb.h"
#include "store/log/segment_size.h"
#include "store/store_paths.h"
#include "store/tools/log_survey.h"

namespace petrel::cli {

namespace {

using store::LogGap;
using store::RecordView;

constexpr size_t kBodyCharactersShown = 60;

struct DumpOptions {
  std::string directory;
  int64_t from = 0;
  int64_t limit = 100;
  std::string topic;
  std::optional<int32_t> queue_id;
  std::string key;
  bool full = false;
};

bool has_key(const RecordView& record, std::string_view key) {
  if (store::find_property(record.properties, "UNIQ_KEY") == key) {
    return true;
  }
  std::string_view keys = store::find_property(record.properties, "KEYS");
  while (!keys.empty()) {
    const size_t end = keys.find(' ');
    if (keys.substr(0, end) == key) {
      return true;
    }
    keys.remove_prefix(end == std::string_view::npos ? keys.size() : end + 1);
  }
  return false;
}

bool is_chosen(const RecordView& record, const DumpOptions& options) {
  return (options.topic.empty() || record.topic == options.topic) &&
         (!options.queue_id.has_value() || record.queue_id == *options.queue_id) &&
         (options.key.empty() || has_key(record, options.key));
}

// A change of the broker's state as JSON; nothing for other records.
std::optional<std::string> state_changes(const RecordView& record) {
  if (record.topic != kStateTopic) {
    return std::nullopt;
  }
  state::v1::StateRecord changes;
  if (!changes.ParseFromArray(record.body.data(), static_cast<int>(record.body.size()))) {
    return std::nullopt;
  }
  std::string json;
  if (!google::protobuf::util::MessageToJsonString(changes, &json).ok()) {
    return std::nullopt;
  }
  return json;
}

nlohmann::ordered_json to_json(const RecordView& record) {
  nlohmann::ordered_json properties = nlohmann::ordered_json::object();
  store::for_each_property(record.properties, [&](std::string_view key, std::string_view value) {
    properties[std::string(key)] = std::string(value);
  });
  nlohmann::ordered_json json = {{"logOffset", record.log_offset.value()},
                                 {"bytes", record.bytes.size()},
                                 {"topic", std::string(record.topic)},
                                 {"queueId", record.queue_id},
                                 {"queueOffset", record.queue_offset.value()},
                                 {"storedMs", record.store_ms},
                                 {"bornMs", record.born_ms},
                                 {"flag", record.flag},
                                 {"sysFlag", record.sys_flag},
                                 {"reconsumeTimes", record.reconsume_times},
                                 {"properties", std::move(properties)}};
  if (const std::optional<std::string> changes = state_changes(record)) {
    json["state"] = nlohmann::ordered_json::parse(*changes);
  } else {
    put_body(record.body, json);
  }
  return json;
}

void print_line(const RecordView& record) {
  const std::string body = state_changes(record).value_or(std::string(record.body));
  std::cout << std::right << std::setw(12) << record.log_offset.value() << std::setw(9)
            << record.bytes.size() << "  " << format_time(record.store_ms) << "  " << record.topic
            << '/' << record.queue_id << ' ' << record.queue_offset.value() << "  "
            << printable(body, kBodyCharactersShown) << '\n';
}

void print_full(const RecordView& record) {
  std::cout << "log offset " << record.log_offset.value() << ", " << record.bytes.size()
            << " bytes: " << printable(record.topic, record.topic.size()) << " queue "
            << record.queue_id << " offset " << record.queue_offset.value() << '\n'
            << "  stored   " << format_time(record.store_ms) << '\n'
            << "  born     " << format_time(record.born_ms) << '\n';
  if (record.reconsume_times != 0) {
    std::cout << "  retries  " << record.reconsume_times << '\n';
  }
  store::for_each_property(record.properties, [](std::string_view key, std::string_view value) {
    std::cout << "  property " << printable(key, key.size()) << " = "
              << printable(value, value.size()) << '\n';
  });
  const std::string body = state_changes(record).value_or(std::string(record.body));
  std::cout << "  body     " << printable(body, body.size()) << "\n\n";
}

class Printer final : public store::LogVisitor {
 public:
  Printer(const DumpOptions& options, OutputFormat format) : options_(options), format_(format) {}

  absl::Status record(const RecordView& record) override {
    if (!is_chosen(record, options_)) {
      return absl::OkStatus();
    }
    if (options_.limit > 0 && printed_ == options_.limit) {
      next_ = record.log_offset.value();
      return absl::CancelledError("enough");
    }
    ++printed_;
    if (format_ != OutputFormat::kTable) {
      std::cout << to_json(record).dump(-1, ' ', false,
                                        nlohmann::ordered_json::error_handler_t::replace)
                << '\n';
    } else if (options_.full) {
      print_full(record);
    } else {
      print_line(record);
    }
    return absl::OkStatus();
  }
  absl::Status gap(const LogGap& gap) override {
    std::cerr << "no sound record from log offset " << gap.begin << " to " << gap.end << " in "
              << gap.path << ": " << gap.why << '\n';
    damaged_ = true;
    return absl::OkStatus();
  }

  int64_t printed() const { return printed_; }
  bool damaged() const { return damaged_; }
  std::optional<int64_t> next() const { return next_; }

 private:
  const DumpOptions& options_;
  const OutputFormat format_;
  int64_t printed_ = 0;
  bool damaged_ = false;
  std::optional<int64_t> next_;
};

absl::StatusOr<int> dump(const Globals& globals, const DumpOptions& options) {
  PETREL_ASSIGN_OR_RETURN(const StoreLock lock,
                          StoreLock::take(options.directory, StoreLock::Mode::kRead));
  const auto disk = store::make_posix_disk();
  PETREL_ASSIGN_OR_RETURN(
      const store::LogFiles files,
      store::find_sized_log_files(*disk, store::StorePaths(options.directory).log()));
  Printer printer(options, globals.output);
  const absl::StatusOr<store::LogEnd> end = store::survey_log(*disk, files, options.from, printer);
  if (!end.ok() && !absl::IsCancelled(end.status())) {
    return end.status();
  }
  if (printer.next().has_value()) {
    std::cerr << printer.printed() << " records; there are more: --from " << *printer.next()
              << '\n';
  } else {
    std::cerr << printer.printed() << " records; the log ends at offset " << end->offset << '\n';
  }
  return printer.damaged() ? kFailed : kOk;
}

}  // namespace

void add_store_dump(CLI::App& store, Invocation& invocation) {
  auto options = std::make_shared<DumpOptions>();
  CLI::App* command = store.add_subcommand(
      "dump", "Print records in log order, stepping over damage. Changes nothing");
  command->add_option("DIRECTORY", options->directory, "The store's directory: commitlog/ is in it")
      ->required();
  command->add_option("--from", options->from, "Log offset to begin at; need not be a record's")
      ->check(CLI::NonNegativeNumber);
  command->add_option("--limit", options->limit, "At most so many records; 0: all (default: 100)")
      ->check(CLI::NonNegativeNumber);
  command->add_option("--topic", options->topic, "Only records of this topic");
  command->add_option("--queue", options->queue_id, "Only records of this queue id")
      ->check(CLI::NonNegativeNumber);
  command->add_option("--key", options->key, "Only records with this message id or key");
  command->add_flag("--full", options->full, "All properties and the whole body");
  command->footer(
      "With -o json: one object a line, bodies that are no text in Base64. Changes of the broker's "
      "own state are\n"
      "shown as what they change.\n\n"
      "Examples:\n"
      "  petrelctl store dump ~/.petrel/quickstart/broker-0/data --topic orders --limit 10\n"
      "  petrelctl store dump ~/.petrel/quickstart/broker-0/data --key 01020304 --full\n"
      "  petrelctl -o json store dump ~/.petrel/quickstart/broker-0/data --limit 0 > "
      "records.jsonl");
  command->callback([&invocation, options] {
    invocation.command = [&invocation, options] { return dump(invocation.globals, *options); };
  });
}

}  // namespace petrel::cli
