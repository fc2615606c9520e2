// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/filter/lexer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace petrel::filter {
namespace {

using ::testing::ElementsAre;
using Kinds = std::vector<TokenKind>;
using Texts = std::vector<std::string>;

std::vector<Token> tokens_of(std::string_view text) {
  std::vector<Token> tokens;
  Lexer lexer(text);
  do {
    tokens.push_back(lexer.next());
  } while (tokens.back().kind != TokenKind::kEnd && tokens.back().kind != TokenKind::kInvalid);
  return tokens;
}

Kinds kinds_of(std::string_view text) {
  Kinds kinds;
  for (const Token& token : tokens_of(text)) {
    kinds.push_back(token.kind);
  }
  return kinds;
}

Texts texts_of(std::string_view text) {
  Texts texts;
  for (const Token& token : tokens_of(text)) {
    texts.emplace_back(token.text);
  }
  return texts;
}

TEST(Lexer, WordsAreKnownInAnyCaseAndOnlyWhole) {
  EXPECT_THAT(kinds_of("not And OR between iN"),
              ElementsAre(TokenKind::kNot, TokenKind::kAnd, TokenKind::kOr, TokenKind::kBetween,
                          TokenKind::kIn, TokenKind::kEnd));
  EXPECT_THAT(kinds_of("true False NULL is"),
              ElementsAre(TokenKind::kTrue, TokenKind::kFalse, TokenKind::kNull, TokenKind::kIs,
                          TokenKind::kEnd));
  EXPECT_THAT(kinds_of("contains StartsWith ENDSWITH"),
              ElementsAre(TokenKind::kContains, TokenKind::kStartsWith, TokenKind::kEndsWith,
                          TokenKind::kEnd));
  EXPECT_THAT(kinds_of("nots _and $or in1"),
              ElementsAre(TokenKind::kName, TokenKind::kName, TokenKind::kName, TokenKind::kName,
                          TokenKind::kEnd));
}

TEST(Lexer, SignsAreAsLongAsTheyCanBe) {
  EXPECT_THAT(
      kinds_of("<><=<>=>=(,)+-"),
      ElementsAre(TokenKind::kNotEqual, TokenKind::kLessEqual, TokenKind::kNotEqual,
                  TokenKind::kEqual, TokenKind::kGreaterEqual, TokenKind::kOpen, TokenKind::kComma,
                  TokenKind::kClose, TokenKind::kPlus, TokenKind::kMinus, TokenKind::kEnd));
}

TEST(Lexer, NumbersEndWhereTheLongestOneDoes) {
  for (const char* number : {"5.5", "5.", ".5", "5e3", "5.E-7", ".5e+1", "007.5", "00e1"}) {
    EXPECT_THAT(kinds_of(number), ElementsAre(TokenKind::kFloat, TokenKind::kEnd)) << number;
  }
  for (const char* number : {"0", "5", "120L", "7l"}) {
    EXPECT_THAT(kinds_of(number), ElementsAre(TokenKind::kInteger, TokenKind::kEnd)) << number;
  }
  EXPECT_THAT(texts_of("007 0L 5x 1e 1e+ 1..5"), ElementsAre("0", "0", "7", "0", "L", "5", "x", "1",
                                                             "e", "1", "e", "+", "1.", ".5", ""));
}

TEST(Lexer, TwoQuotesGoOnWithAString) {
  EXPECT_THAT(texts_of("'a''b' '' '''' 'é'"), ElementsAre("'a''b'", "''", "''''", "'é'", ""));
}

TEST(Lexer, AStringWithoutItsEndIsNoTokenUnlessTwoQuotesWereOne) {
  EXPECT_THAT(kinds_of("'a"), ElementsAre(TokenKind::kInvalid));
  EXPECT_THAT(texts_of("'a''b"), ElementsAre("'a'", "'b"));
  EXPECT_THAT(texts_of("'a''b''c"), ElementsAre("'a''b'", "'c"));
}

TEST(Lexer, BlanksAndCommentsAreSkipped) {
  EXPECT_THAT(texts_of(" \t\n\r\f a /* * / ** */ b--c\nd--\r/**/e/***/"),
              ElementsAre("a", "b", "d", "e", ""));
}

TEST(Lexer, ALineCommentNeedsTheEndOfItsLine) {
  EXPECT_THAT(texts_of("a --b"), ElementsAre("a", "-", "-", "b", ""));
}

TEST(Lexer, WhatBeginsNoTokenIsOneCharacter) {
  for (const char* text : {"@", "!", "/* a", "/", ".", ".e5", "é", ";", "\x01", "\""}) {
    EXPECT_THAT(kinds_of(text), ElementsAre(TokenKind::kInvalid)) << text;
  }
  EXPECT_THAT(texts_of("éa"), ElementsAre("é"));
  Lexer lexer("@a");
  EXPECT_EQ(lexer.next().kind, TokenKind::kInvalid);
  EXPECT_EQ(lexer.next().kind, TokenKind::kInvalid);
}

TEST(Lexer, ADescriptionIsCutBetweenCharacters) {
  EXPECT_EQ(describe(tokens_of("").front()), "the end");
  EXPECT_EQ(describe(tokens_of("region").front()), "`region`");
  EXPECT_EQ(describe(tokens_of("é").front()), "`é`");
  EXPECT_EQ(describe(tokens_of("'abc").front()), "a string without its end: 'abc");
  std::string text = "'";
  for (int i = 0; i < 30; ++i) {
    text += "é";
  }
  std::string shown = "`'";
  for (int i = 0; i < 23; ++i) {
    shown += "é";
  }
  EXPECT_EQ(describe(tokens_of(text + "'").front()), shown + "...`");
}

}  // namespace
}  // namespace petrel::filter
