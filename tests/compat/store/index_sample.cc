// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
//
// petrel-index-sample write DIRECTORY COUNT: makes a store with COUNT messages of topic Indexed and
// an index of small files. Message n is stored n seconds after 2023-11-14 22:13:20 UTC, with
// message id "ID<n>" and the keys "key<n>" and "even" or "odd". petrel-index-sample query DIRECTORY
// KEY: opens the store and prints the bodies of the messages with this key, the newest first.
#include <charconv>
#include <iostream>
#include <limits>
#include <string_view>

#include "common/check.h"
#include "common/clock.h"
#include "common/concat.h"
#include "common/executor.h"
#include "store/log/record.h"
#include "store/message_store.h"
#include "store/testing/open_store.h"

namespace petrel::store {
namespace {

constexpr std::string_view kTopic = "Indexed";
constexpr int64_t kBeginMs = 1'700'000'000'000;

class Sample {
 public:
  explicit Sample(std::string directory) {
    MessageStore::Options options;
    options.directory = std::move(directory);
    options.index.files.geometry = {.slots = 100, .entries = 1000};  // as ReadIndex.java sets it
    store_ = open_store(*disk_, clock_, *executor_, options, owner_).value();
  }

  void send(int number) {
    const std::string body = concat("message ", number);
    const std::string properties = concat("UNIQ_KEY\x01", "ID", number, "\x02KEYS\x01", "key",
                                          number, " ", number % 2 == 0 ? "even" : "odd", "\x02");
    const int64_t time_ms = kBeginMs + int64_t{number} * 1000;
    RecordFields fields;
    fields.topic = kTopic;
    fields.body = body;
    fields.properties = properties;
    fields.born_ms = time_ms;
    fields.born_host = {.ip = {127, 0, 0, 1}, .port = 4711};
    fields.store_host = {.ip = {127, 0, 0, 1}, .port = 8081};
    const std::string record = encode_record(fields).value();
    PETREL_CHECK_OK(store_->append(record, 0, time_ms).status());
  }

  void print(const std::string& key) {
    const auto answer =
        store_->indexer()
            .query({.topic = std::string(kTopic),
                    .key = key,
                    .stored = {.begin_ms = 0, .end_ms = std::numeric_limits<int64_t>::max() / 2},
                    .records_max = 10'000})
            .value();
    PETREL_CHECK_EQ(answer.behind_bytes, 0);
    for (const LogSlice& slice : answer.records) {
      std::cout << decode_record(slice.bytes(), Verify::kChecksums)->body << "\n";
    }
  }

  void close() { PETREL_CHECK_OK(close_store(*store_)); }

 private:
  const std::unique_ptr<Disk> disk_ = make_posix_disk();
  const std::unique_ptr<Executor> executor_ = make_thread_pool("store", 1);
  SystemClock clock_;
  StatelessOwner owner_;
  std::unique_ptr<MessageStore> store_;
};

int run(std::string_view command, const std::string& directory, std::string_view argument) {
  Sample sample(directory);
  if (command == "query") {
    sample.print(std::string(argument));
  } else {
    int count = 0;
    std::from_chars(argument.data(), argument.data() + argument.size(), count);
    for (int number = 0; number < count; ++number) sample.send(number);
  }
  sample.close();
  return 0;
}

}  // namespace
}  // namespace petrel::store

int main(int argc, char** argv) {
  const std::string_view command = argc == 4 ? argv[1] : "";
  if (command != "write" && command != "query") {
    std::cerr << "usage: petrel-index-sample write DIRECTORY COUNT\n"
                 "       petrel-index-sample query DIRECTORY KEY\n";
    return 2;
  }
  return petrel::store::run(command, argv[2], argv[3]);
}
