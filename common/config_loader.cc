// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "common/config_loader.h"

#include <algorithm>
#include <array>
#include <iostream>
#include <set>
#include <string_view>

#include "common/concat.h"
#include "common/config_text.h"
#include "common/config_yaml.h"
#include "common/file_util.h"
#include "common/status.h"

namespace petrel {
namespace {

constexpr int64_t kFileBytesMax = 1 << 20;
constexpr int kExitBadUsage = 2;

constexpr std::array<std::string_view, 5> kRequests = {"help", "version", "check-config",
                                                       "print-config", "print-config-docs"};

struct Flag {
  std::string key;
  std::string value;
};

struct CommandLine {
  std::set<std::string> requests;
  std::optional<std::string> file;
  std::vector<Flag> flags;

  bool asks(const std::string& request) const { return requests.contains(request); }
};

bool is_request(std::string_view name) {
  return std::find(kRequests.begin(), kRequests.end(), name) != kRequests.end();
}

// Takes the arguments apart one by one.
class Parser {
 public:
  Parser(const std::vector<std::string>& arguments, const ConfigSchema& schema)
      : arguments_(arguments), schema_(schema) {}

  absl::StatusOr<CommandLine> parse() {
    while (next_ < arguments_.size()) {
      PETREL_RETURN_IF_ERROR(parse_one(arguments_[next_++]));
    }
    return std::move(line_);
  }

 private:
  absl::Status parse_one(const std::string& argument) {
    if (!argument.starts_with("--") || argument.size() == 2) {
      return absl::InvalidArgumentError(
          concat("unexpected argument '", argument, "': options are --KEY=VALUE"));
    }
    const size_t equals = argument.find('=');
    const std::string name = argument.substr(2, equals == std::string::npos ? equals : equals - 2);
    if (!seen_.insert(name).second) {
      return absl::InvalidArgumentError(concat("option --", name, " is given twice"));
    }
    if (is_request(name)) {
      if (equals != std::string::npos) {
        return absl::InvalidArgumentError(concat("option --", name, " takes no value"));
      }
      line_.requests.insert(name);
      return absl::OkStatus();
    }
    if (name != "config" && schema_.find(name) == nullptr) {
      return absl::InvalidArgumentError(
          concat("unknown option '--", name, "'", schema_.suggestion(name)));
    }
    PETREL_ASSIGN_OR_RETURN(std::string value, value_of(name, argument, equals));
    if (name == "config") {
      line_.file = std::move(value);
    } else {
      line_.flags.push_back({name, std::move(value)});
    }
    return absl::OkStatus();
  }

  // What follows "=", or else the next argument, which then is no option itself.
  absl::StatusOr<std::string> value_of(const std::string& name, const std::string& argument,
                                       size_t equals) {
    if (equals != std::string::npos) {
      return argument.substr(equals + 1);
    }
    if (next_ == arguments_.size() || arguments_[next_].starts_with("--")) {
      return absl::InvalidArgumentError(
          concat("option --", name, " needs a value: --", name, "=VALUE"));
    }
    return arguments_[next_++];
  }

  const std::vector<std::string>& arguments_;
  const ConfigSchema& schema_;
  size_t next_ = 0;
  std::set<std::string> seen_;
  CommandLine line_;
};

std::vector<std::string> split_list(const std::string& value) {
  std::vector<std::string> items;
  size_t begin = 0;
  while (!value.empty() && begin <= value.size()) {
    const size_t end = std::min(value.find(',', begin), value.size());
    items.push_back(value.substr(begin, end - begin));
    begin = end + 1;
  }
  return items;
}

absl::Status apply_flag(const Flag& flag, ConfigSchema& schema) {
  ConfigProperty& property = *schema.find(flag.key);
  const absl::Status status = property.set(
      property.is_list() ? split_list(flag.value) : std::vector<std::string>{flag.value});
  return annotate(status, concat("--", flag.key, ": '", flag.value, "' is not allowed"));
}

absl::Status apply(const CommandLine& line, ConfigSchema& schema) {
  if (line.file) {
    PETREL_ASSIGN_OR_RETURN(const std::string text, read_file(*line.file, kFileBytesMax));
    PETREL_RETURN_IF_ERROR(apply_yaml(text, *line.file, schema));
  }
  for (const Flag& flag : line.flags) {
    PETREL_RETURN_IF_ERROR(apply_flag(flag, schema));
  }
  return schema.run_checks();
}

void print_help(const ProgramInfo& program, const ConfigSchema& schema, std::ostream& out) {
  out << program.name << ": " << program.summary << "\n\nUsage: " << program.name
      << " [--config=FILE] [--KEY=VALUE ...]\n\n"
         "  --config=FILE         Read this YAML file; flags override it\n"
         "  --check-config        Say whether the configuration is valid, and end\n"
         "  --print-config        Print the configuration in effect as YAML, and end\n"
         "  --print-config-docs   Print a reference of all keys as Markdown, and end\n"
         "  --version             Print the version, and end\n"
         "  --help                Print this, and end\n"
      << config_help(schema);
}

}  // namespace

absl::StatusOr<NextStep> load_config(const std::vector<std::string>& arguments,
                                     const ProgramInfo& program, ConfigSchema& schema,
                                     std::ostream& out) {
  PETREL_ASSIGN_OR_RETURN(const CommandLine line, Parser(arguments, schema).parse());
  if (line.asks("help")) {
    print_help(program, schema, out);
    return NextStep::kExit;
  }
  if (line.asks("version")) {
    out << program.name << " " << program.version << " (" << program.commit << ")\n";
    return NextStep::kExit;
  }
  if (line.asks("print-config-docs")) {
    out << config_markdown(schema);
    return NextStep::kExit;
  }
  PETREL_RETURN_IF_ERROR(apply(line, schema));
  if (line.asks("print-config")) {
    out << config_yaml(schema);
    return NextStep::kExit;
  }
  if (line.asks("check-config")) {
    out << "the configuration is valid\n";
    return NextStep::kExit;
  }
  return NextStep::kRun;
}

std::optional<int> configure(int argc, char** argv, const ProgramInfo& program,
                             ConfigSchema& schema) {
  const absl::StatusOr<NextStep> next =
      load_config({argv + 1, argv + argc}, program, schema, std::cout);
  if (!next.ok()) {
    std::cerr << program.name << ": " << next.status().message() << "\nTry " << program.name
              << " --help\n";
    return kExitBadUsage;
  }
  if (*next == NextStep::kExit) {
    return std::cout.flush() ? 0 : 1;
  }
  return std::nullopt;
}

}  // namespace petrel
