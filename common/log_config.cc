// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "common/log_config.h"

namespace petrel {

void declare_log(ConfigSchema& schema, log::Options* options) {
  schema.section("log", "The process's own log");
  schema.add_enum("log.level", &options->level,
                  {{"debug", log::Level::kDebug},
                   {"info", log::Level::kInfo},
                   {"warn", log::Level::kWarn},
                   {"error", log::Level::kError}},
                  {.help = "Least important lines that are written"});
  schema.add_enum("log.format", &options->format,
                  {{"text", log::Format::kText}, {"json", log::Format::kJson}},
                  {.help = "Form of a line"});
  schema.add("log.file", &options->file, {.help = "File to write to; empty: standard error"});
  schema.add_bytes("log.file-size-max", &options->file_size_bytes_max,
                   {.help = "Size at which the file is set aside and a new one begun",
                    .min = 64 << 10,
                    .max = int64_t{1} << 40});
  schema.add(
      "log.files-max", &options->file_count_max,
      {.help = "Files that were set aside and are kept", .unit = "files", .min = 0, .max = 1000});
}

}  // namespace petrel
