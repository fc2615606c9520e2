// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "common/config.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "common/check.h"
#include "common/concat.h"
#include "common/edit_distance.h"
#include "common/status.h"
#include "common/units.h"

namespace petrel {
namespace {

// A JSON string is a YAML double-quoted scalar.
std::string yaml_quoted(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

absl::Status run(const std::function<absl::Status(const std::string&)>& validate,
                 const std::string& text) {
  return validate ? validate(text) : absl::OkStatus();
}

class BoolProperty final : public ConfigProperty {
 public:
  BoolProperty(std::string key, bool* target, PropertyInfo info)
      : ConfigProperty(std::move(key), std::move(info), "true|false", "true or false"),
        target_(target) {}

  absl::Status set(const std::vector<std::string>& texts) override {
    if (texts[0] != "true" && texts[0] != "false") {
      return absl::InvalidArgumentError(concat("expected ", expectation()));
    }
    *target_ = texts[0] == "true";
    return absl::OkStatus();
  }

  std::string yaml() const override { return *target_ ? "true" : "false"; }

 private:
  bool* const target_;
};

class TextProperty final : public ConfigProperty {
 public:
  TextProperty(std::string key, std::string* target, PropertyInfo info)
      : ConfigProperty(std::move(key), info, "TEXT", "a text"),
        target_(target),
        validate_(std::move(info.validate)) {}

  absl::Status set(const std::vector<std::string>& texts) override {
    PETREL_RETURN_IF_ERROR(run(validate_, texts[0]));
    *target_ = texts[0];
    return absl::OkStatus();
  }

  std::string yaml() const override { return yaml_quoted(*target_); }

 private:
  std::string* const target_;
  const std::function<absl::Status(const std::string&)> validate_;
};

class ListProperty final : public ConfigProperty {
 public:
  ListProperty(std::string key, std::vector<std::string>* target, PropertyInfo info)
      : ConfigProperty(std::move(key), info, "TEXT,TEXT,...", "a list of texts"),
        target_(target),
        validate_(std::move(info.validate)) {}

  bool is_list() const override { return true; }

  absl::Status set(const std::vector<std::string>& texts) override {
    for (const std::string& text : texts) {
      PETREL_RETURN_IF_ERROR(run(validate_, text));
    }
    *target_ = texts;
    return absl::OkStatus();
  }

  std::string yaml() const override {
    std::string result = "[";
    for (const std::string& text : *target_) {
      result += (result.size() > 1 ? ", " : "") + yaml_quoted(text);
    }
    return result + "]";
  }

 private:
  std::vector<std::string>* const target_;
  const std::function<absl::Status(const std::string&)> validate_;
};

// How a whole number is written: plainly, as a size, or as a duration.
struct Notation {
  std::string placeholder;
  std::string noun;
  absl::StatusOr<int64_t> (*parse)(std::string_view text);
  std::string (*format)(int64_t value);
};

absl::StatusOr<int64_t> parse_plain(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    return absl::InvalidArgumentError("not a whole number");
  }
  return value;
}

std::string format_plain(int64_t value) { return concat(value); }

const Notation& plain_notation() {
  static const Notation& notation =
      *new Notation{"NUMBER", "a whole number", parse_plain, format_plain};
  return notation;
}

const Notation& bytes_notation() {
  static const Notation& notation =
      *new Notation{"SIZE", "a size like 64MiB", parse_bytes, format_bytes};
  return notation;
}

const Notation& duration_notation() {
  static const Notation& notation =
      *new Notation{"DURATION", "a duration like 500ms", parse_duration_ms, format_duration_ms};
  return notation;
}

std::string describe_range(const Notation& notation, const PropertyInfo& info) {
  std::string text = notation.noun;
  const bool bounded = info.max != std::numeric_limits<int64_t>::max();
  if (bounded) {
    text += concat(" from ", notation.format(info.min), " to ", notation.format(info.max));
  } else if (info.min != std::numeric_limits<int64_t>::min()) {
    text += concat(" of at least ", notation.format(info.min));
  }
  return text;
}

class NumberProperty final : public ConfigProperty {
 public:
  NumberProperty(std::string key, const Notation& notation, std::function<int64_t()> get,
                 std::function<void(int64_t)> assign, const PropertyInfo& info)
      : ConfigProperty(std::move(key), info, notation.placeholder, describe_range(notation, info)),
        notation_(notation),
        get_(std::move(get)),
        assign_(std::move(assign)),
        min_(info.min),
        max_(info.max) {}

  absl::Status set(const std::vector<std::string>& texts) override {
    const absl::StatusOr<int64_t> value = notation_.parse(texts[0]);
    if (!value.ok() || *value < min_ || *value > max_) {
      return absl::InvalidArgumentError(concat("expected ", expectation()));
    }
    assign_(*value);
    return absl::OkStatus();
  }

  std::string yaml() const override { return notation_.format(get_()); }

 private:
  const Notation& notation_;
  const std::function<int64_t()> get_;
  const std::function<void(int64_t)> assign_;
  const int64_t min_;
  const int64_t max_;
};

std::string joined(const std::vector<std::string>& words, std::string_view separator) {
  std::string result;
  for (const std::string& word : words) {
    result += concat(result.empty() ? "" : separator, word);
  }
  return result;
}

class ChoiceProperty final : public ConfigProperty {
 public:
  ChoiceProperty(std::string key, std::vector<std::string> names, std::function<size_t()> get,
                 std::function<void(size_t)> assign, PropertyInfo info)
      : ConfigProperty(std::move(key), std::move(info), joined(names, "|"),
                       "one of " + joined(names, ", ")),
        names_(std::move(names)),
        get_(std::move(get)),
        assign_(std::move(assign)) {}

  absl::Status set(const std::vector<std::string>& texts) override {
    const auto found = std::find(names_.begin(), names_.end(), texts[0]);
    if (found == names_.end()) {
      return absl::InvalidArgumentError(concat("expected ", expectation()));
    }
    assign_(static_cast<size_t>(found - names_.begin()));
    return absl::OkStatus();
  }

  std::string yaml() const override {
    const size_t index = get_();
    PETREL_CHECK_LT(index, names_.size())
        << key() << " has a value that its declaration does not name";
    return names_[index];
  }

 private:
  const std::vector<std::string> names_;
  const std::function<size_t()> get_;
  const std::function<void(size_t)> assign_;
};

bool is_well_formed(const std::string& key) {
  char previous = '.';
  for (const char c : key) {
    const bool word = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    const bool joint = (c == '.' || c == '-') && previous != '.' && previous != '-';
    if (!word && !joint) {
      return false;
    }
    previous = c;
  }
  return previous != '.' && previous != '-';
}

}  // namespace

ConfigProperty::ConfigProperty(std::string key, PropertyInfo info, std::string placeholder,
                               std::string expectation)
    : key_(std::move(key)),
      help_(std::move(info.help)),
      unit_(std::move(info.unit)),
      placeholder_(std::move(placeholder)),
      expectation_(std::move(expectation)) {}

ConfigSchema::ConfigSchema() = default;

ConfigSchema::~ConfigSchema() = default;

void ConfigSchema::section(std::string prefix, std::string title) {
  sections_.push_back({std::move(prefix), std::move(title)});
}

void ConfigSchema::add(std::string key, bool* target, PropertyInfo info) {
  add_property(std::make_unique<BoolProperty>(std::move(key), target, std::move(info)));
}

void ConfigSchema::add(std::string key, std::string* target, PropertyInfo info) {
  add_property(std::make_unique<TextProperty>(std::move(key), target, std::move(info)));
}

void ConfigSchema::add(std::string key, std::vector<std::string>* target, PropertyInfo info) {
  add_property(std::make_unique<ListProperty>(std::move(key), target, std::move(info)));
}

void ConfigSchema::add_bytes(std::string key, int64_t* target, PropertyInfo info) {
  add_property(std::make_unique<NumberProperty>(
      std::move(key), bytes_notation(), [target] { return *target; },
      [target](int64_t value) { *target = value; }, info));
}

void ConfigSchema::add_duration_ms(std::string key, int64_t* target, PropertyInfo info) {
  add_property(std::make_unique<NumberProperty>(
      std::move(key), duration_notation(), [target] { return *target; },
      [target](int64_t value) { *target = value; }, info));
}

void ConfigSchema::add_number(std::string key, std::function<int64_t()> get,
                              std::function<void(int64_t)> set, PropertyInfo info) {
  add_property(std::make_unique<NumberProperty>(std::move(key), plain_notation(), std::move(get),
                                                std::move(set), info));
}

void ConfigSchema::add_choice(std::string key, std::vector<std::string> names,
                              std::function<size_t()> get, std::function<void(size_t)> set,
                              PropertyInfo info) {
  add_property(std::make_unique<ChoiceProperty>(std::move(key), std::move(names), std::move(get),
                                                std::move(set), std::move(info)));
}

void ConfigSchema::add_property(std::unique_ptr<ConfigProperty> property) {
  const std::string& key = property->key();
  PETREL_CHECK(is_well_formed(key)) << key;
  PETREL_CHECK(find(key) == nullptr && !is_section(key)) << key << " is declared twice";
  for (size_t dot = key.find('.'); dot != std::string::npos; dot = key.find('.', dot + 1)) {
    PETREL_CHECK(find(key.substr(0, dot)) == nullptr) << key << " lies under another property";
  }
  property->default_yaml_ = property->yaml();
  properties_.push_back(std::move(property));
}

void ConfigSchema::add_check(std::function<absl::Status()> check) {
  checks_.push_back(std::move(check));
}

absl::Status ConfigSchema::run_checks() const {
  for (const auto& check : checks_) {
    PETREL_RETURN_IF_ERROR(check());
  }
  return absl::OkStatus();
}

ConfigProperty* ConfigSchema::find(std::string_view key) const {
  for (const auto& property : properties_) {
    if (property->key() == key) {
      return property.get();
    }
  }
  return nullptr;
}

bool ConfigSchema::is_section(std::string_view prefix) const {
  return std::any_of(properties_.begin(), properties_.end(), [prefix](const auto& property) {
    const std::string& key = property->key();
    return key.size() > prefix.size() && key.compare(0, prefix.size(), prefix) == 0 &&
           key[prefix.size()] == '.';
  });
}

std::string ConfigSchema::suggestion(std::string_view key) const {
  std::vector<std::string_view> candidates;
  for (const auto& property : properties_) {
    const std::string_view candidate = property->key();
    candidates.push_back(candidate);
    const size_t dot = candidate.find('.');
    if (dot != std::string_view::npos) {
      candidates.push_back(candidate.substr(0, dot));
    }
  }
  const std::string_view best = nearest(key, candidates);
  return best.empty() ? "" : concat(", did you mean '", best, "'?");
}

}  // namespace petrel
