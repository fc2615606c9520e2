#!/usr/bin/env bash
# Builds tests with a sanitizer and runs them.
# usage: tests/sanitizers/run.sh thread|address [day|night]
#   thread   ThreadSanitizer over what threads share: by day the store, the engine and the front ends' threads; by night the core,
#            too. Not the simulated disk's crashes, which are one thread's.
#   address  AddressSanitizer, LeakSanitizer and UndefinedBehaviorSanitizer over all unit tests and fuzz targets, and over the
#            crash matrix and the oracle with fewer seeds; by night only
# The build is kept in build/tsan or build/asan. Closes with a line that counts tests.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
petrel_root=$PWD
# shellcheck source=scripts/packages.sh
. scripts/packages.sh

kind=${1:-}
time=${2:-day}
case $kind-$time in
  thread-day) programs="common_test store_test engine_test frontend_test" ;;
  thread-night) programs="common_test store_test engine_test frontend_test core_test state_test" ;;
  address-night) programs=all ;;
  *)
    sed -n '3,9s/^# //p' "$0" >&2
    exit 2
    ;;
esac

# A report ends the test that it belongs to: halt_on_error, and -fno-sanitize-recover where it is built.
export TSAN_OPTIONS="halt_on_error=1 second_deadlock_stack=1 suppressions=$petrel_root/tests/sanitizers/races.supp"
export ASAN_OPTIONS="detect_leaks=1 detect_stack_use_after_return=1"
export LSAN_OPTIONS="suppressions=$petrel_root/tests/sanitizers/leaks.supp:print_suppressions=0"
export UBSAN_OPTIONS="print_stacktrace=1"
if [ "$kind" = thread ]; then build=build/tsan sanitize=thread; else build=build/asan sanitize=address,undefined; fi

mkdir -p build
# Lines in a report are enough debug information, and -O1 halves the build.
if ! build_release "$build" "$programs" "-DPETREL_SANITIZE=$sanitize" -DPETREL_BUILD_MICRO_BENCH=OFF \
  "-DCMAKE_CXX_FLAGS_RELEASE=-O1 -g1 -fno-omit-frame-pointer"; then
  echo "0 passed, 1 failed"
  exit 1
fi
# ThreadSanitizer of GCC 12 does not start where the kernel spreads mappings over more bits than it knows.
in_place=()
setarch "$(uname -m)" -R true 2> /dev/null && in_place=(setarch "$(uname -m)" -R)
skip=none
[ "$kind" = thread ] && skip='Crash|PowerCut|Sim'
if [ "$programs" = all ]; then
  PETREL_CRASH_SEEDS=500 PETREL_ORACLE_SEEDS=300 "${in_place[@]}" ctest --test-dir "$build" -j "$(nproc)" --timeout 1200 --output-on-failure \
    --no-tests=error -LE 'e2e|lab'
else
  "${in_place[@]}" ctest --test-dir "$build" -j "$(nproc)" --timeout 1200 --output-on-failure --no-tests=error -R "^(${programs// /|})/" -E "$skip"
fi
