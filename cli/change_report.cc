// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "cli/change_report.h"

#include <iostream>
#include <utility>

#include "common/concat.h"

namespace petrel::cli {

namespace {

std::string word(ChangeResult result) {
  switch (result) {
    case ChangeResult::kCreated:
      return "created";
    case ChangeResult::kChanged:
      return "changed";
    case ChangeResult::kUnchanged:
      return "unchanged";
    case ChangeResult::kDeleted:
      return "deleted";
    case ChangeResult::kAbsent:
      return "absent";
    case ChangeResult::kNotReached:
      return "notReached";
    case ChangeResult::kRefused:
      return "refused";
  }
  return "";
}

}  // namespace

ChangeReport::ChangeReport(std::string kind, OutputFormat format)
    : kind_(std::move(kind)), format_(format) {}

void ChangeReport::add(const std::string& name, const Broker& broker, ChangeResult result,
                       const absl::Status& why) {
  refused_ |= result == ChangeResult::kRefused;
  not_reached_ |= result == ChangeResult::kNotReached;
  did_anything_ |= result != ChangeResult::kUnchanged && result != ChangeResult::kAbsent;
  if (format_ == OutputFormat::kTable) {
    return print(name, broker, result, why);
  }
  list_.push_back({{kind_, name},
                   {"broker", broker.name},
                   {"address", broker.address()},
                   {"result", word(result)},
                   {"error", std::string(why.message())}});
}

void ChangeReport::print(const std::string& name, const Broker& broker, ChangeResult result,
                         const absl::Status& why) const {
  const std::string what = concat(kind_ == "group" ? "consumer group " : "topic ", name);
  switch (result) {
    case ChangeResult::kCreated:
    case ChangeResult::kChanged:
    case ChangeResult::kDeleted:
      std::cout << what << ' ' << word(result) << " on " << broker.name << '\n';
      break;
    case ChangeResult::kUnchanged:
    case ChangeResult::kAbsent:
      break;
    case ChangeResult::kNotReached:
      std::cout.flush();
      std::cerr << "petrelctl: " << what << " NOT DONE on " << broker.name << ": " << why.message()
                << "; run the same command again when it answers\n";
      break;
    case ChangeResult::kRefused:
      std::cout.flush();
      std::cerr << "petrelctl: " << what << " refused by " << broker.name << ": " << why.message()
                << '\n';
      break;
  }
}

int ChangeReport::conclude() const {
  if (format_ != OutputFormat::kTable) {
    print_value(list_, format_, std::cout);
  } else if (!did_anything_) {
    std::cout << "nothing to do: all is so already\n";
  }
  if (refused_) {
    return kFailed;
  }
  return not_reached_ ? kPartial : kOk;
}

}  // namespace petrel::cli
