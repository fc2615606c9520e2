// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "broker/core/core_world.h"

namespace petrel::core {

// The options under which the directories of this folder were written, and are opened: small
// segments, no snapshot before `snapshot_interval_ms`, RocketMQ's config files beside.
CoreWorld::Options directory_options(int64_t snapshot_interval_ms);

// What a core knows, as text: one fact a line, sorted. Equal cores give equal texts, whatever the
// format of their store; so this is the only place that has to follow the core's interfaces.
//   adopted FINGERPRINT               config_version N
//   topic NAME settings...            queue TOPIC/ID min max bytes oldest_ms newest_ms
//   group NAME settings...            position GROUP TOPIC/ID next last_delivery_id
//   open GROUP TOPIC/ID/OFFSET delivery_id visible_at_ms attempt suspended renew_client
//     renew_until_ms                  (delivered, neither acknowledged nor given up)
//   message TOPIC/ID/OFFSET store_ms tag key crc    (each record of the log that a queue has)
// Left out: the system topic, whose records the next release may write otherwise. Everything must
// be settled; takes one turn of the core.
std::string listing(CoreWorld& world);

}  // namespace petrel::core
