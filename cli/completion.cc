// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "cli/command.h"
#include "common/concat.h"

namespace petrel::cli {

namespace {

// The words that may follow a command: its subcommands and long options.
std::string words_after(const CLI::App& command) {
  std::string words;
  for (const CLI::App* sub : command.get_subcommands({})) {
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
  for (const CLI::App* sub : command.get_subcommands({})) {
    text += cases(*sub, concat(path, path.empty() ? "" : " ", sub->get_name()));
  }
  return text;
}

// Every command's name, for telling commands from values of options.
std::string all_names(const CLI::App& command) {
  std::string text;
  for (const CLI::App* sub : command.get_subcommands({})) {
    text += concat(text.empty() ? "" : "|", sub->get_name());
    const std::string more = all_names(*sub);
    text += more.empty() ? "" : concat("|", more);
  }
  return text;
}

std::string bash_script(const CLI::App& app) {
  return concat(R"(# bash completion of petrelctl: source this file.
_petrelctl() {
  local word path="" words="" i
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
  case "${COMP_WORDS[COMP_CWORD-1]}" in
  -f|--file|--data|--bin-dir|--tls-ca)
    COMPREPLY=($(compgen -f -- "${COMP_WORDS[COMP_CWORD]}"))
    return ;;
  -o|--output)
    COMPREPLY=($(compgen -W "table json yaml" -- "${COMP_WORDS[COMP_CWORD]}"))
    return ;;
  esac
  case "$path" in
)",
                cases(app, ""), R"(  esac
  COMPREPLY=($(compgen -W "$words" -- "${COMP_WORDS[COMP_CWORD]}"))
}
complete -o filenames -F _petrelctl petrelctl
)");
}

}  // namespace

void add_completion(CLI::App& app, Invocation& invocation) {
  auto shell = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand("completion", "Print a script that completes commands");
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
