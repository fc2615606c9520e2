// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <set>
#include <string_view>

#include "cli/brokers.h"
#include "cli/command.h"
#include "cli/target.h"
#include "common/concat.h"
#include "common/status.h"
#include "operator/runtimes/local/local_runtime.h"

namespace petrel::cli {

namespace {

bool is_shown(const CLI::App* command) { return !command->get_group().empty(); }

// The words that may follow a command: its subcommands and long options.
std::string words_after(const CLI::App& command) {
  std::string words;
  for (const CLI::App* sub : command.get_subcommands(is_shown)) {
    words += concat(words.empty() ? "" : " ", sub->get_name());
  }
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) {
      words += concat(words.empty() ? "" : " ", "--", name);
    }
  }
  return words;
}

// One line of a case statement for each command: "topic list") words="--system --help";;
std::string cases(const CLI::App& command, const std::string& path) {
  std::string text = concat("    \"", path, "\") words=\"", words_after(command), "\" ;;\n");
  for (const CLI::App* sub : command.get_subcommands(is_shown)) {
    text += cases(*sub, concat(path, path.empty() ? "" : " ", sub->get_name()));
  }
  return text;
}

// Every command's name, for telling commands from values of options.
std::string all_names(const CLI::App& command) {
  std::string text;
  for (const CLI::App* sub : command.get_subcommands(is_shown)) {
    text += concat(text.empty() ? "" : "|", sub->get_name());
    const std::string more = all_names(*sub);
    text += more.empty() ? "" : concat("|", more);
  }
  return text;
}

// What the script asks for while somebody types; answers in the time that a person waits, or not at
// all.
constexpr std::string_view kNamesFunction = R"(_petrelctl_names() {
  local -a globals=()
  local i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "${COMP_WORDS[i]}" in
    --data|--context|--endpoint|--tls-ca) globals+=("${COMP_WORDS[i]}" "${COMP_WORDS[i+1]}") ;;
    --tls) globals+=(--tls) ;;
    esac
  done
  timeout 3 petrelctl "${globals[@]}" complete "$1" 2>/dev/null
}
)";

// The part of the script that completes values: names of topics, groups and members, and files.
constexpr std::string_view kValues = R"(  case "${COMP_WORDS[COMP_CWORD-1]}" in
  -f|--file|--data|--bin-dir|--tls-ca)
    COMPREPLY=($(compgen -f -- "${COMP_WORDS[COMP_CWORD]}"))
    return ;;
  -o|--output) words="table json yaml" ;;
  --topic) words=$(_petrelctl_names topics) ;;
  --group) words=$(_petrelctl_names groups) ;;
  esac
  if [[ -n $words ]]; then
    COMPREPLY=($(compgen -W "$words" -- "${COMP_WORDS[COMP_CWORD]}"))
    return
  fi
  if [[ ${COMP_WORDS[COMP_CWORD]} != -* ]]; then
    case "$path" in
    "topic describe"|"topic alter"|"topic delete") names=$(_petrelctl_names topics) ;;
    "group describe"|"group alter"|"group delete") names=$(_petrelctl_names groups) ;;
    "logs"|"restart"|"config show") names=$(_petrelctl_names members) ;;
    "broker restart-engine") names=$(_petrelctl_names brokers) ;;
    esac
  fi
)";

std::string bash_script(const CLI::App& app) {
  return concat("# bash completion of petrelctl: source this file.\n", kNamesFunction,
                R"(_petrelctl() {
  local word path="" words="" names="" i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="${COMP_WORDS[i]}"
    case "$word" in
    )",
                all_names(app), R"()
      case "${COMP_WORDS[i-1]}" in
      -*) ;;
      *) path="${path:+$path }$word" ;;
      esac ;;
    esac
  done
)",
                kValues, R"(  case "$path" in
)",
                cases(app, ""), R"(  esac
  COMPREPLY=($(compgen -W "$names $words" -- "${COMP_WORDS[COMP_CWORD]}"))
}
complete -o filenames -F _petrelctl petrelctl
)");
}

absl::StatusOr<std::vector<std::string>> names_of(const Globals& globals, const std::string& kind) {
  std::vector<std::string> names;
  if (kind == "members") {
    PETREL_ASSIGN_OR_RETURN(const LocalCluster cluster, find_local_cluster(globals));
    for (const ops::MemberId& member : ops::existing_members(cluster.layout.data_dir)) {
      names.push_back(member.name());
    }
    return names;
  }
  PETREL_ASSIGN_OR_RETURN(Brokers brokers, Brokers::find(globals));
  std::set<std::string> found;
  const auto add = [&](const Broker& broker, const ops::BrokerContent& content) {
    found.insert(kind == "brokers" ? broker.name : "");
    for (const auto& [name, topic] : content.topics) {
      found.insert(kind == "topics" ? name : "");
    }
    for (const auto& [name, group] : content.groups) {
      found.insert(kind == "groups" ? name : "");
    }
    return absl::OkStatus();
  };
  PETREL_RETURN_IF_ERROR(
      brokers.ask([](const Broker& broker) { return broker.admin->content(); }, add));
  found.erase("");
  return std::vector<std::string>(found.begin(), found.end());
}

// For the script alone.
void add_complete(CLI::App& app, Invocation& invocation) {
  auto kind = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand("complete", "Print names, one a line");
  command->group("");  // not in the help
  command->add_option("KIND", *kind, "topics, groups, brokers or members")
      ->required()
      ->check(CLI::IsMember({"topics", "groups", "brokers", "members"}));
  command->callback([&invocation, kind] {
    invocation.command = [&invocation, kind]() -> absl::StatusOr<int> {
      PETREL_ASSIGN_OR_RETURN(const auto names, names_of(invocation.globals, *kind));
      for (const std::string& name : names) {
        std::cout << name << '\n';
      }
      return kOk;
    };
  });
}

}  // namespace

void add_completion(CLI::App& app, Invocation& invocation) {
  add_complete(app, invocation);
  auto shell = std::make_shared<std::string>();
  CLI::App* command =
      app.add_subcommand("completion", "Print a script that completes commands, options and names");
  command->add_option("SHELL", *shell, "bash or zsh")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh"}));
  command->footer(
      "Examples:\n"
      "  source <(petrelctl completion bash)\n"
      "  source <(petrelctl completion zsh)");
  command->callback([&invocation, &app, shell] {
    invocation.command = [&app, shell]() -> absl::StatusOr<int> {
      if (*shell == "zsh") {
        std::cout << "autoload -U +X compinit && compinit\n"
                     "autoload -U +X bashcompinit && bashcompinit\n";
      }
      std::cout << bash_script(app);
      return kOk;
    };
  });
}

}  // namespace petrel::cli
