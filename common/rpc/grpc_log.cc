// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "common/rpc/grpc_log.h"

#include <grpc/support/log.h>

#include <string_view>

#include "common/clock.h"
#include "common/log.h"

namespace petrel {
namespace {

log::Level level_of(gpr_log_severity severity) {
  switch (severity) {
    case GPR_LOG_SEVERITY_DEBUG:
      return log::Level::kDebug;
    case GPR_LOG_SEVERITY_INFO:
      return log::Level::kInfo;
    case GPR_LOG_SEVERITY_ERROR:
      return log::Level::kWarn;  // nearly always a client's doing; what fails for us comes back as
                                 // a status
  }
  return log::Level::kWarn;
}

// The library takes a plain function, so what it needs is the process's.
void write_line(gpr_log_func_args* line) {
  static const SystemClock& clock = *new SystemClock();
  static log::Limiter& limiter = *new log::Limiter(clock);
  constexpr log::Logger kLog("grpc");
  const std::string_view file(line->file);
  kLog.limited(limiter, level_of(line->severity), line->message,
               {{"file", file.substr(file.rfind('/') + 1)}, {"line", line->line}});
}

}  // namespace

void route_grpc_log() { gpr_set_log_function(write_line); }

void silence_grpc_log() {
  gpr_set_log_function([](gpr_log_func_args*) {});
}

}  // namespace petrel
