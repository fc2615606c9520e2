// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
//
// petrel-store-sample DIRECTORY COUNT: makes a store with COUNT messages of topic Sample, message n
// in queue n % 4, and prints where its log ends.
#include <charconv>
#include <iostream>
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

void send(MessageStore& store, const Clock& clock, int number) {
  const std::string_view tag = number % 2 == 0 ? "even" : "odd";
  const std::string body = concat("message ", number);
  const std::string properties = concat("KEYS\x01", "key", number, "\x02TAGS\x01", tag, "\x02");
  RecordFields fields;
  fields.topic = "Sample";
  fields.body = body;
  fields.properties = properties;
  fields.born_ms = clock.wall_ms();
  fields.born_host = {.ip = {127, 0, 0, 1}, .port = 4711};
  fields.store_host = {.ip = {127, 0, 0, 1}, .port = 8081};
  const std::string record = encode_record(fields).value();
  PETREL_CHECK_OK(store.append(record, number % 4, clock.wall_ms()).status());
}

int make_sample(const std::string& directory, int count) {
  const std::unique_ptr<Disk> disk = make_posix_disk();
  const std::unique_ptr<Executor> executor = make_thread_pool("store", 1);
  SystemClock clock;
  StatelessOwner owner;
  MessageStore::Options options;
  options.directory = directory;
  const auto store = open_store(*disk, clock, *executor, options, owner).value();
  for (int number = 0; number < count; ++number) send(*store, clock, number);
  PETREL_CHECK_OK(close_store(*store));
  std::cout << store->log().end() << "\n";
  return 0;
}

}  // namespace
}  // namespace petrel::store

int main(int argc, char** argv) {
  int count = 0;
  const std::string_view number = argc == 3 ? argv[2] : "";
  const auto parsed = std::from_chars(number.data(), number.data() + number.size(), count);
  if (number.empty() || parsed.ec != std::errc() || count < 0) {
    std::cerr << "usage: petrel-store-sample DIRECTORY COUNT\n";
    return 2;
  }
  return petrel::store::make_sample(argv[1], count);
}
