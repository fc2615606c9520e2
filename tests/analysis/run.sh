#!/usr/bin/env bash
# What clang finds by reading: nothing is built but what protoc generates.
# usage: tests/analysis/run.sh [day|night]
#   day    the compiler's front end over all sources: its warnings, and -Wthread-safety
#   night  clang-tidy with the checks of .clang-tidy over the same
# Sources are read in units of several, which takes half the time. Closes with a line that counts units.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
petrel_root=$PWD
build=$petrel_root/build/analysis
# shellcheck source=scripts/packages.sh
. scripts/packages.sh

time=${1:-day}
case $time in
  day) packages=(clang-16) ;;
  night) packages=(clang-16 clang-tidy-16) ;;
  *)
    sed -n '3,5s/^# //p' "$0" >&2
    exit 2
    ;;
esac

# fail WHY: the line that counts, for what ended before there was anything to count.
fail() {
  echo "$1"
  echo "0 passed, 1 failed"
  exit 1
}

ensure_packages "${packages[@]}" || fail "clang is not there."
mkdir -p "$build"
cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DPETREL_UNITY=ON -DCMAKE_CXX_COMPILER=clang++-16 \
  > "$build/configure.log" 2>&1 || { cat "$build/configure.log"; fail "cmake did not configure."; }
mapfile -t headers < <(ninja -C "$build" -t targets all | grep -oE '^proto/generated/[^:]*\.h')
ninja -C "$build" "${headers[@]}" > "$build/protoc.log" || { cat "$build/protoc.log"; fail "protoc failed."; }

python3 tests/analysis/units.py "$time" "$build" > "$build/commands" || fail "There is nothing to read."
# read_unit NAME COMMAND: its remarks go to a file of that name, and are shown if there are any.
read_unit() {
  if bash -c "$2" > "$1" 2>&1; then
    echo "$1" >> read
  else
    echo "$1" >> refused
    grep -E 'warning:|error:|note:' "$1" | sort -u
  fi
}
export -f read_unit
cd "$build" || exit 1
rm -rf remarks read refused
mkdir remarks
: > read
: > refused
xargs -P "$(nproc)" -d '\n' -n 2 bash -c 'read_unit "$@"' read_unit < commands
passed=$(wc -l < read)
failed=$(wc -l < refused)
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
