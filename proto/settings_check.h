// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace apache::rocketmq::v2 {
class Settings;
enum Code : int;
}  // namespace apache::rocketmq::v2

namespace petrel {

// What a client is answered whose settings are refused; OK and no message when they are sound.
struct SettingsVerdict {
  apache::rocketmq::v2::Code code;
  std::string message;
};

// Whether the settings say publishing or subscription, and name topics and a group that may exist.
// Names without a namespace are of the call's. Pure, callable from any thread.
SettingsVerdict check_settings(const apache::rocketmq::v2::Settings& settings,
                               std::string_view call_namespace);

}  // namespace petrel
