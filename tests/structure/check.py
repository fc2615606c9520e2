#!/usr/bin/env python3
# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
"""Rules about the tree that a compiler does not check. Prints what breaks them, and a closing line that counts.

A file of sources belongs to the unit with the longest name that its path begins with: a folder, or one of a folder's files.
"""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]

# unit -> units that its files may include from, besides itself and whatever those may include. The same rows as the map
# in ARCHITECTURE.md, which says what each is for.
MAY_INCLUDE = {
    "common": set(),
    "common/rpc": {"common"},
    "proto": {"common", "petrel", "apache/rocketmq"},
    "store/disk": {"common"},
    "store/types.h": {"store/disk"},
    "store/log": {"store/types.h"},
    "store/queue": {"store/log"},
    "store/index": {"store/log"},
    "store/snapshot": {"store/queue"},
    "store/retention": {"store/queue", "store/index"},
    "store": {"store/index", "store/snapshot", "store/retention"},
    "store/tools": {"store"},
    "broker/core": {"store", "petrel"},
    "broker/filter": {"broker/core"},
    "broker/rocketmq_files": {"broker/core", "proto"},
    "broker/engine": {"broker/core", "broker/rocketmq_files"},
    "broker/frontend": {"broker/core"},
    "broker/grpc": {"broker/frontend", "common/rpc", "proto"},
    "broker/registration": {"broker/core", "common/rpc", "proto"},
    "broker/admin": {"broker/engine", "broker/frontend", "proto"},
    "broker/metrics": {"broker/engine", "broker/grpc", "broker/registration"},
    "broker": {"broker/admin", "broker/metrics", "common/rpc"},
    "nameserver": {"proto", "common/rpc"},
    "operator/resources": {"common"},
    "operator/kubernetes": {"common"},
    "operator/plan": {"operator/resources"},
    "operator/brokers": {"common/rpc", "operator/plan", "proto"},
    "operator/runtimes/members": {"operator/plan"},
    "operator/runtimes/local": {"operator/brokers", "operator/runtimes/members"},
    "operator/runtimes/kubernetes": {"operator/brokers", "operator/kubernetes", "operator/runtimes/members"},
    "operator/control": {"operator/runtimes/kubernetes"},
    "operator/main": {"operator/control"},
    "cli": {"operator/runtimes/local", "store/tools", "proto"},
    "bench": {"broker/filter", "common/rpc", "proto"},
    "tests": {"broker", "broker/filter", "operator/main", "cli"},
}
# Generated from proto/, each a unit of its own: `petrel` is our messages, without RocketMQ's.
GENERATED = ("petrel", "apache/rocketmq")
# Files that stand below their folder: what the folders of store share, and what snapshots need of RocketMQ's files.
UNIT_OF_FILE = {
    "store/job_count.h": "store/types.h",
    "store/rocketmq_files.cc": "store/snapshot",
    "store/rocketmq_files.h": "store/snapshot",
    "store/store_paths.h": "store/types.h",
}
# In whole subtrees, tests may use what is above them: a store or broker in full, to test its parts with.
TESTS_MAY_INCLUDE = {"store": {"store"}, "broker": {"broker"}}

# Folders that have no README yet.
README_PENDING = set()
README_LINES_MAX = {"store": 200}
README_LINES_MAX_DEFAULT = 60

# Threads that have still to move out of broker/core.
THREADS_PENDING = set()

FIRST_LINE = "Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0"
MAIN_LINES_MAX = 150
FUNCTION_LINES_MAX = 59


def is_test(name):
    return (name.endswith("_test.cc") or "/testing/" in name or name.startswith("tests/") or is_test_support(name))


def is_test_support(name):
    """What only tests may include."""
    return "/testing/" in name or re.search(r"(^|/)(\w*test_util|written_store)\.h$", name) is not None


def unit_of(path):
    if path in UNIT_OF_FILE:
        return UNIT_OF_FILE[path]
    for root in GENERATED:
        if path.startswith(root + "/"):
            return root
    matches = [u for u in MAY_INCLUDE if path == u or path.startswith(u + "/")]
    return max(matches, key=len) if matches else None


def closure(unit):
    """All that may be included, directly or by way of what may be."""
    reached, todo = set(), [unit]
    while todo:
        for other in MAY_INCLUDE.get(todo.pop(), ()):
            if other not in reached:
                reached.add(other)
                todo.append(other)
    return reached


def allowed_for(name):
    unit = unit_of(name)
    allowed = closure(unit) | {unit}
    if is_test(name):
        for subtree, more in TESTS_MAY_INCLUDE.items():
            if name.startswith(subtree + "/"):
                for other in more:
                    allowed |= closure(other) | {other}
    return allowed


def includes_of(text):
    return re.findall(r'^#include "([^"]+)"', text, re.M)


def check_includes(files):
    errors = []
    for name, text in files.items():
        if unit_of(name) is None:
            errors.append(f"{name}: in no unit of MAY_INCLUDE")
            continue
        allowed = allowed_for(name)
        for included in includes_of(text):
            there = unit_of(included)
            if there is not None and there not in allowed:
                errors.append(f"{name}: includes {included}, but {unit_of(name)} may include only "
                              f"{', '.join(sorted(allowed - {unit_of(name)})) or 'itself'}")
    return errors


def check_no_cycles(_files):
    return [f"MAY_INCLUDE: {unit} may include itself by way of others" for unit in MAY_INCLUDE if unit in closure(unit)]


def check_test_support(files):
    return [f"{name}: includes {included}, which is for tests" for name, text in files.items()
            if not is_test(name) and not name.startswith("bench/") for included in includes_of(text) if is_test_support(included)]


def rows_of_map(architecture):
    """unit -> set of units, as the table under "## Map" has them."""
    section = architecture.split("## Map", 1)[1].split("\n## ", 1)[0]
    rows = {}
    for line in section.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        names = re.findall(r"`([^`]+)`", cells[0])
        if len(cells) != 3 or not names:
            continue
        may = set() if cells[2] == "-" else {name.strip(" `") for name in cells[2].split(",")}
        rows[names[0].rstrip("/")] = may
    return rows


def check_map(_files, architecture=None):
    """ARCHITECTURE.md's map and MAY_INCLUDE are one table. `petrel` and `apache/rocketmq` are part of proto there."""
    if architecture is None:
        architecture = (ROOT / "ARCHITECTURE.md").read_text()
    rows = rows_of_map(architecture)
    errors = [f"ARCHITECTURE.md: the map has no row {unit}" for unit in MAY_INCLUDE if unit not in rows]
    errors += [f"ARCHITECTURE.md: the map's row {unit} is not in MAY_INCLUDE" for unit in rows if unit not in MAY_INCLUDE]
    for unit, may in rows.items():
        wanted = MAY_INCLUDE.get(unit, may) - ({"petrel", "apache/rocketmq"} if unit == "proto" else set())
        if may != wanted:
            errors.append(f"ARCHITECTURE.md: the map says that {unit} may include {', '.join(sorted(may)) or '-'}, "
                          f"MAY_INCLUDE says {', '.join(sorted(wanted)) or '-'}")
    return errors


def check_first_lines(files):
    return [f"{name}: the first line is not the copyright line" for name, text in files.items()
            if FIRST_LINE not in text.split("\n", 1)[0]]


def check_mains(files):
    return [f"{name}: {text.count(chr(10))} lines; main.cc only composes (at most {MAIN_LINES_MAX})"
            for name, text in files.items()
            if name.endswith("/main.cc") and not name.startswith("bench/") and text.count("\n") > MAIN_LINES_MAX]


def in_simulator(name):
    return name.startswith(("broker/core/", "store/")) and not is_test(name)


def check_seams(files):
    """core and store take time, chance, threads and files from outside, so that they run in a simulator."""
    forbidden = re.compile(r"std::this_thread::sleep|absl::SleepFor|\b(?:u|nano)?sleep\(|std::random_device|absl::BitGen|\brand\(\)|"
                           r"gettimeofday|std::chrono::\w+_clock|clock_gettime|absl::(?:Now|GetCurrentTimeNanos)\(|"
                           r"\btime\((?:nullptr|NULL|0)\)|std::fstream|std::ifstream|std::ofstream|\bfopen\(")
    return [f"{name}: uses {match.group(0)} instead of a seam (Clock, Random, Disk, Executor)"
            for name, text in files.items() if in_simulator(name) for match in forbidden.finditer(text)]


def check_threads(files):
    """No thread begins in core or store, and their locks are the annotated ones."""
    forbidden = re.compile(r"std::(?:thread|jthread|async|mutex)\b|\bpthread_\w+")
    errors = [f"{name}: uses {match.group(0)}; threads are the engine's, locks are common/mutex.h's"
              for name, text in files.items() if in_simulator(name) and name not in THREADS_PENDING
              for match in forbidden.finditer(text)]
    return errors + [f"{name}: is gone; take it out of THREADS_PENDING in {pathlib.Path(__file__).name}"
                     for name in sorted(THREADS_PENDING) if name not in files]


def check_each_header_is_once(files):
    return [f"{name}: no #pragma once" for name, text in files.items()
            if name.endswith(".h") and "#pragma once" not in text]


def blanked(text):
    """The text with comments, strings and characters as spaces, lines kept."""
    pattern = r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|(?<![0-9a-zA-Z])\'(?:\\.|[^\'\\\n])+\'|^[ \t]*#(?:\\\n|[^\n])*'
    return re.sub(pattern, lambda match: re.sub(r"[^\n]", " ", match.group(0)), text, flags=re.S | re.M)


CONTAINER = re.compile(r"\s*(?:template\s*<.*>\s*)?(?:inline\s+|typedef\s+)?(?:namespace|class|struct|enum|union|extern)\b", re.S)


def functions_of(text):
    """(line, lines) of each function body that stands in a namespace or class: from its brace to the closing one."""
    code = blanked(text)
    found, stack, begin, line = [], [], 0, 1
    for at, char in enumerate(code):
        if char == "\n":
            line += 1
        elif char == "{":
            before = code[begin:at].rstrip()
            outer = not stack or stack[-1][0] == "container"
            if outer and CONTAINER.match(before) and not before.endswith(")"):
                kind = "container"
            else:
                kind = "function" if outer and not before.endswith(("=", ",", "(")) else "inner"
            stack.append((kind, line))
            begin = at + 1
        elif char == "}" and stack:
            kind, opened = stack.pop()
            if kind == "function":
                found.append((opened, line - opened + 1))
            begin = at + 1
        elif char == ";":
            begin = at + 1
    return found


def check_functions(files):
    return [f"{name}:{line}: a function of {lines} lines; at most {FUNCTION_LINES_MAX}"
            for name, text in files.items() if not is_test(name)
            for line, lines in functions_of(text) if lines > FUNCTION_LINES_MAX]


def check_readmes(files, root=ROOT):
    """Each folder of sources says its job. A folder testing/ is told of by its parent, unless it has a README of its own."""
    errors = []
    for folder in sorted({str(pathlib.PurePosixPath(name).parent) for name in files if "/testing/" in name}):
        parent = root / pathlib.PurePosixPath(folder).parent / "README.md"
        told = parent.exists() and "testing/" in parent.read_text()
        if not told and not (root / folder / "README.md").exists():
            errors.append(f"{folder}: neither has a README.md nor is told of in that of its parent")
    folders = {str(pathlib.PurePosixPath(name).parent) for name in files if name.endswith(".cc")}
    for folder in sorted(folders):
        readme = root / folder / "README.md"
        if folder.endswith("/testing") or (folder in README_PENDING and not readme.exists()):
            continue
        if not readme.exists():
            errors.append(f"{folder}: no README.md (job, not its job, entry points, tests)")
            continue
        lines = readme.read_text().count("\n")
        lines_max = README_LINES_MAX.get(folder, README_LINES_MAX_DEFAULT)
        if lines > lines_max:
            errors.append(f"{folder}/README.md: {lines} lines; at most {lines_max}")
    return errors


def tests_of(files):
    """Suite.Name of each test, with typed and parameterised ones."""
    return {f"{suite}.{name}" for text in files.values()
            for suite, name in re.findall(r"\bTEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)\)", text)}


def check_names_in(document, text, paths, tests):
    """Files and tests that a text names: `a/b.h` is there, if some path ends so; `Suite.Na*` is, if some test begins so."""
    known = {"/".join(parts[at:]) for parts in (path.split("/") for path in paths) for at in range(len(parts))}
    errors = [f"{document}: names {name}, which is not there"
              for name in re.findall(r"(?<![\w}*/.-])[\w/-]+\.(?:h|cc|py|sh|proto)\b", text) if name not in known]
    for test in re.findall(r"`([A-Z]\w+\.(?:[A-Z]\w*)?\*?)`", text):
        stem = test.rstrip("*")
        if not (any(each.startswith(stem) for each in tests) if test.endswith("*") else stem in tests):
            errors.append(f"{document}: names the test {test}, which is not there")
    return errors


def check_documents(files, root=ROOT):
    """ARCHITECTURE.md and the READMEs name no file and no test that is gone."""
    paths = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=root, check=True,
                           capture_output=True, text=True).stdout.split()
    tests = tests_of(files)
    return [error for path in paths if path.endswith(("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md")) and (root / path).exists()
            for error in check_names_in(path, (root / path).read_text(), [p for p in paths if (root / p).exists()], tests)]


CHECKS = [check_includes, check_no_cycles, check_test_support, check_map, check_first_lines, check_mains, check_seams,
          check_threads, check_each_header_is_once, check_functions, check_readmes, check_documents]


def main():
    names = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.cc", "*.h"],
                           cwd=ROOT, check=True, capture_output=True, text=True).stdout.split()
    files = {n: (ROOT / n).read_text() for n in names if (ROOT / n).exists()}
    if not files:
        sys.exit("no sources found")
    failed = 0
    for check in CHECKS:
        errors = check(files)
        failed += bool(errors)
        for error in errors:
            print(f"FAIL {error}")
    print(f"{len(CHECKS) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
