#!/usr/bin/env python3
# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
"""Tests of check.py: each rule refuses a file that breaks it, and takes one that does not."""

import pathlib
import sys
import tempfile
import unittest

import check


def header(name):
    return f'#include "{name}"\n'


class Includes(unittest.TestCase):
    def test_only_go_the_way_of_the_table(self):
        self.assertEqual(check.check_includes({"store/log/a.cc": header("store/disk/disk.h")}), [])
        self.assertEqual(len(check.check_includes({"store/disk/a.cc": header("store/log/a.h")})), 1)
        self.assertEqual(len(check.check_includes({"broker/core/a.cc": header("apache/rocketmq/v2/service.pb.h")})), 1)
        self.assertEqual(len(check.check_includes({"operator/plan/a.cc": header("operator/kubernetes/a.h")})), 1)

    def test_reach_what_the_allowed_ones_may_include(self):
        self.assertEqual(check.check_includes({"broker/grpc/handlers/a.cc": header("store/log/record.h")}), [])

    def test_of_tests_may_go_up_in_a_store_and_a_broker(self):
        self.assertEqual(check.check_includes({"store/log/a_test.cc": header("store/message_store.h")}), [])
        self.assertEqual(len(check.check_includes({"store/log/a.cc": header("store/message_store.h")})), 1)

    def test_of_test_support_stay_in_tests(self):
        support = header("nameserver/testing/addresses.h")
        self.assertEqual(len(check.check_test_support({"nameserver/a.cc": support})), 1)
        self.assertEqual(check.check_test_support({"nameserver/a_test.cc": support}), [])

    def test_of_a_folder_without_a_row_are_refused(self):
        self.assertEqual(len(check.check_includes({"elsewhere/a.cc": ""})), 1)


class Map(unittest.TestCase):
    def table(self, rows):
        return "## Map\n\n| folder | job | may include |\n|---|---|---|\n" + "".join(rows) + "\n## Next\n"

    def rows(self):
        return [f"| `{unit}` | x | {', '.join(sorted(may - {'petrel', 'apache/rocketmq'} if unit == 'proto' else may)) or '-'} |\n"
                for unit, may in check.MAY_INCLUDE.items()]

    def test_agrees_row_by_row(self):
        self.assertEqual(check.check_map({}, self.table(self.rows())), [])

    def test_with_a_row_too_few_or_too_many_or_another_cell_is_refused(self):
        self.assertEqual(len(check.check_map({}, self.table(self.rows()[1:]))), 1)
        self.assertEqual(len(check.check_map({}, self.table(self.rows() + ["| `more` | x | - |\n"]))), 1)
        changed = [row.replace("| broker/core, proto |", "| proto |") for row in self.rows()]
        self.assertGreater(len(check.check_map({}, self.table(changed))), 0)


class Threads(unittest.TestCase):
    def refused(self, name, text):
        return [error for error in check.check_threads({name: text}) if name in error]

    def test_do_not_begin_in_core_or_store(self):
        for text in ("std::thread t;", "std::async(f);", "pthread_create(x);", "std::mutex m;"):
            self.assertEqual(len(self.refused("broker/core/a.cc", text)), 1, text)
            self.assertEqual(len(self.refused("store/log/a.h", text)), 1, text)
        self.assertEqual(self.refused("broker/engine/a.cc", "std::thread t;"), [])
        self.assertEqual(self.refused("broker/core/a_test.cc", "std::thread t;"), [])

    def test_an_exception_that_is_gone_is_told(self):
        self.assertEqual(len(check.check_threads({})), len(check.THREADS_PENDING))


class Functions(unittest.TestCase):
    def lengths(self, text):
        return [lines for _, lines in check.functions_of(text)]

    def test_are_measured_from_brace_to_brace(self):
        self.assertEqual(self.lengths("namespace a {\nint f() {\n  return 1;\n}\n}\n"), [3])
        self.assertEqual(self.lengths("class A : public B {\n  void f() const override {\n    if (x) {\n    }\n  }\n};\n"), [4])

    def test_tables_and_classes_are_none(self):
        self.assertEqual(self.lengths("constexpr int kA[] = {\n1,\n2,\n};\nenum class E {\nkA\n};\n"), [])

    def test_braces_in_strings_and_comments_do_not_count(self):
        self.assertEqual(self.lengths('void f() {\n  g("}", \'}\', 1\'000);  // }\n}\nvoid h() {\n  a(R"(\n})");\n}\n'), [3, 4])

    def test_longer_than_the_limit_are_refused(self):
        def source(lines):
            return "void f() {\n" + "g();\n" * (lines - 2) + "}\n"
        self.assertEqual(check.check_functions({"a.cc": source(59)}), [])
        self.assertEqual(len(check.check_functions({"a.cc": source(60)})), 1)


class Readmes(unittest.TestCase):
    def test_stand_in_each_folder_of_sources_and_are_short(self):
        with tempfile.TemporaryDirectory() as directory:
            root = pathlib.Path(directory)
            (root / "a").mkdir()
            files = {"a/x.cc": ""}
            self.assertEqual(len(check.check_readmes(files, root)), 1)
            (root / "a" / "README.md").write_text("line\n" * 60)
            self.assertEqual(check.check_readmes(files, root), [])
            (root / "a" / "README.md").write_text("line\n" * 61)
            self.assertEqual(len(check.check_readmes(files, root)), 1)


    def test_tell_of_the_support_for_tests(self):
        with tempfile.TemporaryDirectory() as directory:
            root = pathlib.Path(directory)
            (root / "a" / "testing").mkdir(parents=True)
            files = {"a/testing/y.h": ""}
            (root / "a" / "README.md").write_text("the job\n")
            self.assertEqual(len(check.check_readmes(files, root)), 1)
            (root / "a" / "README.md").write_text("the job; `testing/` has a fake\n")
            self.assertEqual(check.check_readmes(files, root), [])
            (root / "a" / "README.md").write_text("the job\n")
            (root / "a" / "testing" / "README.md").write_text("the fake\n")
            self.assertEqual(check.check_readmes(files, root), [])


class Documents(unittest.TestCase):
    def refused(self, text):
        return check.check_names_in("a/README.md", text, ["a/b/x.h", "a/y_test.cc", "run.sh"], {"YTest.HoldsAlways"})

    def test_name_files_that_are_there(self):
        self.assertEqual(self.refused("`x.h`, `b/x.h`, `a/b/x.h`, `run.sh`, `*_test.cc`, `{cluster,group}_kind.cc`"), [])
        for gone in ("`z.h`", "`c/x.h`", "| z.cc |", "see gone/run.sh"):
            self.assertEqual(len(self.refused(gone)), 1, gone)

    def test_name_tests_that_are_there(self):
        self.assertEqual(self.refused("`YTest.HoldsAlways`, `YTest.Holds*`, `YTest.*`, `Core::adopt`"), [])
        for gone in ("`YTest.Holds`", "`YTest.Is*`", "`ZTest.*`"):
            self.assertEqual(len(self.refused(gone)), 1, gone)

    def test_tests_are_found_however_they_are_made(self):
        text = "TEST(A, B) {}\nTEST_F(C,\n       D) {}\nTEST_P(E, F) {}\n"
        self.assertEqual(check.tests_of({"a_test.cc": text}), {"A.B", "C.D", "E.F"})


class Seams(unittest.TestCase):
    def test_core_and_store_read_no_clock(self):
        self.assertEqual(len(check.check_seams({"store/log/a.cc": "std::chrono::steady_clock::now()"})), 1)
        self.assertEqual(check.check_seams({"store/log/a_test.cc": "std::chrono::steady_clock::now()"}), [])

    def test_nor_by_another_name_nor_sleep(self):
        for text in ("absl::Now()", "absl::SleepFor(d);", "usleep(1);", "time(nullptr)", "std::this_thread::sleep_for(d);"):
            self.assertEqual(len(check.check_seams({"broker/core/a.cc": text})), 1, text)
        self.assertEqual(check.check_seams({"broker/core/a.cc": "deliver_time(0); on_time(nullptr_t());"}), [])


if __name__ == "__main__":
    result = unittest.TextTestRunner(verbosity=0).run(unittest.defaultTestLoader.loadTestsFromModule(sys.modules["__main__"]))
    failed = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)
