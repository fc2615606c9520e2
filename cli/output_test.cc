// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "cli/output.h"

#include <gtest/gtest.h>

#include <sstream>

namespace petrel::cli {
namespace {

TEST(Table, ColumnsAreAlignedAndNumbersStandRight) {
  Table table({"NAME", "COUNT"});
  table.add({"a", "5"});
  table.add({"longer", "1234567"});
  std::ostringstream out;
  table.print(out);
  EXPECT_EQ(out.str(),
            "NAME      COUNT\n"
            "a             5\n"
            "longer  1234567\n");
}

TEST(Table, AnEmptyLastCellLeavesNoBlanks) {
  Table table({"NAME", "NOTE"});
  table.add({"a", ""});
  std::ostringstream out;
  table.print(out);
  EXPECT_EQ(out.str(), "NAME  NOTE\na\n");
}

TEST(Table, AFlushPrintsWhatWasAddedSinceAndHeadersOnce) {
  Table table({"ID", "NOTE"});
  std::ostringstream out;
  table.add({"longer", "a"});
  table.flush(out);
  table.add({"b", "c"});
  table.flush(out);
  EXPECT_EQ(out.str(), "ID      NOTE\nlonger  a\nb       c\n");
}

TEST(ListPrinter, AListPrintedByItemsIsTheListPrintedAtOnce) {
  const std::vector<nlohmann::ordered_json> lists = {
      nlohmann::ordered_json::array(), {{{"a", 1}}}, {{{"a", 1}, {"b", {"x", "y"}}}, {{"a", 2}}}};
  for (const nlohmann::ordered_json& list : lists) {
    for (const OutputFormat format : {OutputFormat::kJson, OutputFormat::kYaml}) {
      std::ostringstream at_once;
      print_value(list, format, at_once);
      std::ostringstream by_items;
      ListPrinter printer(format, by_items);
      for (const nlohmann::ordered_json& item : list) {
        printer.add(item);
      }
      printer.finish();
      EXPECT_EQ(by_items.str(), at_once.str());
    }
  }
}

TEST(PutBody, OnlyTextIsShownAsText) {
  const auto put = [](std::string_view body) {
    nlohmann::ordered_json json = nlohmann::ordered_json::object();
    put_body(body, json);
    return json.dump();
  };
  EXPECT_EQ(put("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80"),
            "{\"body\":\"gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80\"}");
  EXPECT_EQ(put(""), "{\"body\":\"\"}");
  EXPECT_EQ(put("\xff"), "{\"bodyBase64\":\"/w==\"}");
  EXPECT_EQ(put("a\xc3"), "{\"bodyBase64\":\"YcM=\"}") << "a cut character";
  EXPECT_EQ(put("\xc0\xaf"), "{\"bodyBase64\":\"wK8=\"}") << "a longer form than needed";
  EXPECT_EQ(put("\xed\xa0\x80"), "{\"bodyBase64\":\"7aCA\"}") << "a surrogate";
  EXPECT_EQ(put("\xf4\x90\x80\x80"), "{\"bodyBase64\":\"9JCAgA==\"}") << "beyond Unicode";
}

TEST(ParseDurations, HaveCommasBetweenThem) {
  EXPECT_EQ(*parse_durations_ms("10s,1m,10m"), (std::vector<int64_t>{10'000, 60'000, 600'000}));
  EXPECT_EQ(*parse_durations_ms("1s"), std::vector<int64_t>{1'000});
  for (const char* bad : {"", "1s,", ",1s", "1s 2s", "soon"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(parse_durations_ms(bad).status())) << bad;
  }
}

TEST(PrintValue, YamlQuotesTextSoThatItIsReadBackAsText) {
  std::ostringstream out;
  print_value({{"text", "true"}, {"number", 5}, {"none", nullptr}, {"list", {"x"}}},
              OutputFormat::kYaml, out);
  EXPECT_EQ(out.str(), "text: \"true\"\nnumber: 5\nnone: null\nlist:\n  - \"x\"\n");
}

TEST(PrintValue, BytesThatAreNotUtf8DoNotBreakJson) {
  std::ostringstream out;
  print_value({{"body", "\xff"}}, OutputFormat::kJson, out);
  EXPECT_EQ(out.str(), "{\n  \"body\": \"\xef\xbf\xbd\"\n}\n");
}

TEST(Printable, ControlBytesNeverReachTheTerminal) {
  EXPECT_EQ(printable("a\x1b[2Jb\nc", 20), "a.[2Jb.c");
  EXPECT_EQ(printable("abcdef", 3), "abc...");
}

TEST(FormatAge, HasTwoUnitsAtMost) {
  EXPECT_EQ(format_age(-5), "0s");
  EXPECT_EQ(format_age(8'999), "8s");
  EXPECT_EQ(format_age(312'000), "5m12s");
  EXPECT_EQ(format_age(7'260'000), "2h1m");
  EXPECT_EQ(format_age(90'000'000), "1d1h");
}

TEST(Output, SizesAreShort) {
  EXPECT_EQ(format_size(0), "0B");
  EXPECT_EQ(format_size(1023), "1023B");
  EXPECT_EQ(format_size(1024), "1.0KiB");
  EXPECT_EQ(format_size(1536), "1.5KiB");
  EXPECT_EQ(format_size(10 << 10), "10KiB");
  EXPECT_EQ(format_size((int64_t{42} << 20) + 1), "42MiB");
  EXPECT_EQ(format_size(int64_t{5'000} << 40), "5000TiB");
}

}  // namespace
}  // namespace petrel::cli
