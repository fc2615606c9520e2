// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "common/config_loader.h"
#include "store/disk/disk.h"

namespace petrel::broker {

// The life of a broker process, from its command line to its exit code: configuration, log, server,
// and an orderly stop at SIGTERM, SIGINT or when the store has failed. `disk` holds the store.
int run_program(int argc, char** argv, const ProgramInfo& program,
                std::unique_ptr<store::Disk> disk = store::make_posix_disk());

}  // namespace petrel::broker
