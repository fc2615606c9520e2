// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "common/clock.h"
#include "store/disk/sim_disk.h"
#include "store/message_store.h"
#include "store/testing/open_store.h"

namespace petrel::fuzz {

// A store on a simulated disk that a target put files on.
class FuzzStore final : public store::StatelessOwner {
 public:
  FuzzStore();

  store::SimDisk& disk() { return disk_; }
  absl::Status open();
  // Ends as when the process is killed.
  void end();
  store::MessageStore& store() { return *store_; }
  // A record as it stands in the log at `placement`.
  static std::string placed_record(std::string_view topic, std::string_view body,
                                   const store::RecordPlacement& placement);
  // Reads every entry of every queue of the log's records: what is served is what the log has
  // there.
  void check_queues();

 private:
  void check_entry(const store::RecordView& record);

  store::SimDisk disk_{{}};
  ManualClock clock_;
  store::ManualExecutor executor_;
  std::unique_ptr<store::MessageStore> store_;
};

// Makes the checksums of one record that is all of `record` fit.
void mend_record(std::string& record);
// The same for records as they follow one another by their sizes.
void mend_records(std::string& bytes);

}  // namespace petrel::fuzz
