// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "cli/suggest.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string_view>

#include "common/concat.h"
#include "common/edit_distance.h"

namespace petrel::cli {

namespace {

// From the program to the command that the words have led to so far.
using Path = std::vector<const CLI::App*>;

std::string text_of(const Path& path) {
  std::string text;
  for (const CLI::App* app : path) {
    text += concat(text.empty() ? "" : " ", app->get_name());
  }
  return text;
}

const CLI::App* find_command(const CLI::App& app, const std::string& word) {
  const auto commands = app.get_subcommands([&](const CLI::App* c) { return c->check_name(word); });
  return commands.empty() ? nullptr : commands.front();
}

// An option of a command, or of one that it is below.
const CLI::Option* find_option(const Path& path, const std::string& name) {
  for (const CLI::App* app : path) {
    for (const CLI::Option* option : app->get_options()) {
      if (option->check_name(name)) {
        return option;
      }
    }
  }
  return nullptr;
}

std::string no_command(const Path& path, const std::string& word) {
  std::vector<std::string_view> known;
  for (const CLI::App* command : path.back()->get_subcommands({})) {
    if (command->get_group().empty()) {
      continue;  // not for people
    }
    known.push_back(command->get_name());
  }
  const std::string_view near = nearest(word, known);
  return concat(text_of(path), " has no command ", word,
                near.empty() ? "" : concat("; did you mean ", near, "?"));
}

std::string no_option(const Path& path, const std::string& name) {
  std::vector<std::string> known;
  for (const CLI::App* app : path) {
    for (const CLI::Option* option : app->get_options()) {
      for (const std::string& long_name : option->get_lnames()) {
        known.push_back(concat("--", long_name));
      }
    }
  }
  const std::string_view near = nearest(name, {known.begin(), known.end()});
  return concat(text_of(path), " has no option ", name,
                near.empty() ? "" : concat("; did you mean ", near, "?"));
}

}  // namespace

std::string explain_unknown_word(const CLI::App& app, const std::vector<std::string>& words) {
  Path path = {&app};
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word == "--" || path.back()->get_prefix_command()) {
      return "";
    }
    if (word.size() > 1 && word.front() == '-') {
      const size_t equals = word.find('=');
      const std::string name = word.substr(0, equals);
      const CLI::Option* option = find_option(path, name);
      if (option == nullptr && name.starts_with("--")) {
        return no_option(path, name);
      }
      // Its values, or as many as there can be.
      int values =
          option == nullptr || equals != std::string::npos ? 0 : option->get_items_expected_max();
      for (; values > 0 && i + 1 < words.size() && !words[i + 1].starts_with("-"); --values) {
        ++i;
      }
    } else if (const CLI::App* command = find_command(*path.back(), word)) {
      path.push_back(command);
    } else if (!path.back()->get_subcommands({}).empty()) {
      return no_command(path, word);
    }
  }
  return "";
}

}  // namespace petrel::cli
