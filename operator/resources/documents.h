// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "operator/resources/resource.h"

// YAML text to resources. A text holds any number of documents, which become JSON as kubectl makes
// it: plain true, 12 and null are a boolean, a number and nothing, all else is a string. Keys may
// not repeat.

namespace petrel::ops {

inline constexpr int64_t kDocumentFileBytesMax = 16 << 20;

// Reads, checks and completes all documents of `text`. InvalidArgument with one line
// "file:line:column: kind/name: path: what is wrong" for each thing that is wrong.
absl::StatusOr<std::vector<Resource>> parse_documents(std::string_view text,
                                                      const std::string& file_name);

// Likewise for files, "-" being the standard input; an error of the file when one cannot be read.
// The errors of all files are told together.
absl::StatusOr<std::vector<Resource>> read_documents(const std::vector<std::string>& files);

}  // namespace petrel::ops
