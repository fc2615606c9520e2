// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "common/check.h"

#include <cstdlib>
#include <iostream>
#include <sstream>

namespace petrel::internal {

struct CheckFailure::Message {
  std::ostringstream out;
};

CheckFailure::CheckFailure(const char* file, int line, const std::string& what)
    : message_(std::make_unique<Message>()) {
  message_->out << file << ":" << line << ": check failed: " << what << " ";
}

CheckFailure::~CheckFailure() {
  message_->out << "\n";
  // One write, so that messages of two failing threads do not mix.
  std::cerr << message_->out.str() << std::flush;
  std::abort();
}

std::ostream& CheckFailure::stream() { return message_->out; }

struct OperandPrinter::Streams {
  const char* expression;
  std::ostringstream left;
  std::ostringstream right;
};

OperandPrinter::OperandPrinter(const char* expression)
    : streams_(std::make_unique<Streams>(Streams{expression, {}, {}})) {}

OperandPrinter::~OperandPrinter() = default;

std::ostream& OperandPrinter::left() { return streams_->left; }

std::ostream& OperandPrinter::right() { return streams_->right; }

std::unique_ptr<std::string> OperandPrinter::finish() {
  return std::make_unique<std::string>(std::string(streams_->expression) + " (" +
                                       streams_->left.str() + " vs " + streams_->right.str() + ")");
}

}  // namespace petrel::internal
