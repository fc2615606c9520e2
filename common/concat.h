// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <charconv>
#include <concepts>
#include <string>
#include <string_view>

// concat("segment ", name, " has ", size, " bytes"): text and numbers to one std::string.
//
// absl::StrCat of Debian 12 does not take std::string_view, because that library is built for
// C++14, where absl::string_view is a type of its own. A std::string converts to it, so messages of
// absl::Status are made here.

namespace petrel {
namespace internal {

// The text of one argument, valid as long as this object.
class ConcatPiece {
 public:
  ConcatPiece(std::string_view text) : text_(text) {}
  ConcatPiece(const std::string& text) : text_(text) {}
  ConcatPiece(const char* text) : text_(text) {}
  ConcatPiece(char c) : text_(buffer_, 1) { buffer_[0] = c; }
  template <typename Number>
  requires(std::integral<Number> || std::floating_point<Number>) &&
      (!std::same_as<Number, char>)ConcatPiece(Number number) {
    if constexpr (std::same_as<Number, bool>) {
      text_ = number ? "true" : "false";
    } else {
      const auto result = std::to_chars(buffer_, buffer_ + sizeof(buffer_), number);
      text_ = std::string_view(buffer_, static_cast<size_t>(result.ptr - buffer_));
    }
  }
  // Anything else that views as text (absl::string_view).
  template <typename Text>
  requires requires(const Text& t) {
    { t.data() } -> std::same_as<const char*>;
    t.size();
  }
  ConcatPiece(const Text& text) : text_(text.data(), text.size()) {}
  ConcatPiece(const ConcatPiece&) = delete;
  ConcatPiece& operator=(const ConcatPiece&) = delete;

  std::string_view text() const { return text_; }

 private:
  char buffer_[32];
  std::string_view text_;
};

std::string concat_pieces(std::initializer_list<std::string_view> pieces);

}  // namespace internal

template <typename... Args>
std::string concat(const Args&... args) {
  return internal::concat_pieces({internal::ConcatPiece(args).text()...});
}

}  // namespace petrel
