// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <iostream>
#include <string_view>

#include "operator/resources/crd.h"
#include "operator/resources/reference.h"

// petrel-print-resource crd|reference KIND: what the chart and docs/resources hold, on the standard
// output.
int main(int argc, char** argv) {
  const std::string_view what = argc == 3 ? argv[1] : "";
  const petrel::ops::Kind* kind = argc == 3 ? petrel::ops::find_kind(argv[2]) : nullptr;
  if (kind == nullptr || (what != "crd" && what != "reference")) {
    std::cerr << "usage: petrel-print-resource crd|reference KIND\n";
    return 2;
  }
  std::cout << (what == "crd" ? petrel::ops::crd_yaml(*kind) : petrel::ops::reference(*kind));
  return 0;
}
