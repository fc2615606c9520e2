// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"

// Declarative configuration. Each module has a struct of its settings, whose initialisers are the
// defaults, and declares them once; file, flags, checks, --help, --print-config and the reference
// table follow from that.
//
//   struct StoreConfig {
//     std::string directory = "data";
//     FlushMode flush_mode = FlushMode::kAsync;
//     int64_t flush_interval_ms = 500;
//
//     void declare(ConfigSchema& schema) {
//       schema.section("store", "Where messages are kept");
//       schema.add("store.directory", &directory, {.help = "Directory of the log"});
//       schema.add_enum("store.flush-mode", &flush_mode,
//                       {{"ASYNC_FLUSH", FlushMode::kAsync}, {"SYNC_FLUSH", FlushMode::kSync}},
//                       {.help = "What a send waits for"});
//       schema.add_duration_ms("store.flush-interval", &flush_interval_ms,
//                              {.help = "Time between syncs in ASYNC_FLUSH", .min = 1, .max =
//                              60'000});
//     }
//   };
//
// common/config_loader.h fills the structs. All of this happens in main() before other threads
// exist.

namespace petrel {

// What a declaration says besides key, target and type.
struct PropertyInfo {
  std::string help;
  // What a plain number counts ("messages"). Sizes and durations carry their unit in the value.
  std::string unit = {};
  // Inclusive; for numbers, sizes (bytes) and durations (milliseconds).
  int64_t min = 0;
  int64_t max = std::numeric_limits<int64_t>::max();
  // For texts and lists: refuses one value; the message says what is expected.
  std::function<absl::Status(const std::string&)> validate = {};
};

// One declared property. value() and set() reach the target.
class ConfigProperty {
 public:
  virtual ~ConfigProperty() = default;

  const std::string& key() const { return key_; }
  const std::string& help() const { return help_; }
  const std::string& unit() const { return unit_; }
  // The value at declaration, as YAML.
  const std::string& default_yaml() const { return default_yaml_; }
  // "a whole number from 1 to 100": ends the sentence "expected ...".
  const std::string& expectation() const { return expectation_; }
  // What stands for the value in --help: "SIZE".
  const std::string& placeholder() const { return placeholder_; }
  virtual bool is_list() const { return false; }

  // Assigns the target from its texts: exactly one unless is_list(). The error says what is
  // expected.
  virtual absl::Status set(const std::vector<std::string>& texts) = 0;
  // The target's value as YAML that set() reads back; one line.
  virtual std::string yaml() const = 0;

 protected:
  ConfigProperty(std::string key, PropertyInfo info, std::string placeholder,
                 std::string expectation);

 private:
  friend class ConfigSchema;
  std::string key_;
  std::string help_;
  std::string unit_;
  std::string placeholder_;
  std::string expectation_;
  std::string default_yaml_;
};

// The properties of one program. Keys are lower-case words with hyphens, joined by dots:
// "store.flush-mode". Keys that repeat, that are a section of another key, or whose default is out
// of bounds are programmer errors.
class ConfigSchema {
 public:
  struct Section {
    std::string prefix;
    std::string title;
  };

  ConfigSchema();
  ~ConfigSchema();
  ConfigSchema(const ConfigSchema&) = delete;
  ConfigSchema& operator=(const ConfigSchema&) = delete;

  // Names the group of all keys that begin with "prefix.".
  void section(std::string prefix, std::string title);

  // Targets must outlive the schema.
  void add(std::string key, bool* target, PropertyInfo info);
  void add(std::string key, std::string* target, PropertyInfo info);
  void add(std::string key, std::vector<std::string>* target, PropertyInfo info);
  template <std::integral Int>
  void add(std::string key, Int* target, PropertyInfo info);
  void add_bytes(std::string key, int64_t* target, PropertyInfo info);
  void add_duration_ms(std::string key, int64_t* target, PropertyInfo info);
  template <typename Enum>
  void add_enum(std::string key, Enum* target, std::vector<std::pair<std::string, Enum>> choices,
                PropertyInfo info);

  // Runs after all values are in: for rules over several properties.
  void add_check(std::function<absl::Status()> check);
  absl::Status run_checks() const;

  const std::vector<std::unique_ptr<ConfigProperty>>& properties() const { return properties_; }
  const std::vector<Section>& sections() const { return sections_; }
  // Null when no such key is declared.
  ConfigProperty* find(std::string_view key) const;
  // Whether keys begin with "prefix.".
  bool is_section(std::string_view prefix) const;
  // ", did you mean 'x'?" or "" when no key is near.
  std::string suggestion(std::string_view key) const;

 private:
  void add_number(std::string key, std::function<int64_t()> get, std::function<void(int64_t)> set,
                  PropertyInfo info);
  void add_choice(std::string key, std::vector<std::string> names, std::function<size_t()> get,
                  std::function<void(size_t)> set, PropertyInfo info);
  void add_property(std::unique_ptr<ConfigProperty> property);

  std::vector<std::unique_ptr<ConfigProperty>> properties_;
  std::vector<Section> sections_;
  std::vector<std::function<absl::Status()>> checks_;
};

template <std::integral Int>
void ConfigSchema::add(std::string key, Int* target, PropertyInfo info) {
  static_assert(sizeof(Int) < sizeof(int64_t) || std::signed_integral<Int>,
                "int64_t holds every value");
  info.min = std::max(info.min, static_cast<int64_t>(std::numeric_limits<Int>::min()));
  info.max = std::min(info.max, static_cast<int64_t>(std::numeric_limits<Int>::max()));
  add_number(
      std::move(key), [target] { return static_cast<int64_t>(*target); },
      [target](int64_t value) { *target = static_cast<Int>(value); }, std::move(info));
}

template <typename Enum>
void ConfigSchema::add_enum(std::string key, Enum* target,
                            std::vector<std::pair<std::string, Enum>> choices, PropertyInfo info) {
  std::vector<std::string> names;
  std::vector<Enum> values;
  for (auto& [name, value] : choices) {
    names.push_back(std::move(name));
    values.push_back(value);
  }
  auto get = [target, values] {
    size_t index = 0;
    while (index < values.size() && values[index] != *target) {
      ++index;
    }
    return index;
  };
  auto set = [target, values](size_t index) { *target = values[index]; };
  add_choice(std::move(key), std::move(names), std::move(get), std::move(set), std::move(info));
}

}  // namespace petrel
