// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace petrel::cli {

// Of a command line that was refused: its first word that is no command or option where it stands,
// and what was probably meant. "there is no command topics; did you mean topic?". Empty when all
// words are known. `words` are the arguments without the program's name.
std::string explain_unknown_word(const CLI::App& app, const std::vector<std::string>& words);

}  // namespace petrel::cli
