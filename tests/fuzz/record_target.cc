// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "common/check.h"
#include "store/log/record.h"
#include "tests/fuzz/store_fuzz.h"
#include "tests/fuzz/target.h"

namespace petrel::fuzz {
namespace {

bool lies_in(std::string_view part, std::string_view whole) {
  return part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

void run(std::string_view bytes) {
  const auto record = store::decode_record(bytes, store::Verify::kStructure);
  const auto sound = store::decode_record(bytes, store::Verify::kChecksums);
  if (sound.ok()) PETREL_CHECK_OK(record.status());
  if (!record.ok()) return;
  PETREL_CHECK(lies_in(record->bytes, bytes));
  for (const std::string_view part : {record->topic, record->body, record->properties}) {
    PETREL_CHECK(lies_in(part, record->bytes));
  }
  PETREL_CHECK_LE(record->topic.size() + record->body.size() + record->properties.size(),
                  record->bytes.size());
  size_t seen = 0;
  store::for_each_property(record->properties, [&](std::string_view name, std::string_view value) {
    seen += name.size() + value.size();
    PETREL_CHECK(lies_in(name, record->properties) && lies_in(value, record->properties));
  });
  PETREL_CHECK_LE(seen, record->properties.size());
  (void)store::tags_code(store::find_property(record->properties, "TAGS"));
}

}  // namespace

Target record_target() {
  store::RecordFields ipv6;
  ipv6.topic = "T";
  ipv6.body = "body";
  ipv6.properties = "KEYS\x01k1 k2\x02UNIQ_KEY\x01id\x02";
  ipv6.born_host.ipv6 = true;
  ipv6.store_host.ipv6 = true;
  std::string record = store::encode_record(ipv6).value();
  store::place_record(record, {.queue_id = 3, .queue_offset = store::QueueOffset(7)});
  return {.name = "record",
          .examples = {FuzzStore::placed_record("topic", "a body", {}),
                       FuzzStore::placed_record(std::string(200, 't'), "", {}), record},
          .run = run,
          .mend = mend_record};
}

}  // namespace petrel::fuzz
