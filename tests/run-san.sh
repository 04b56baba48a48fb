#!/bin/sh
# run-san.sh - the suite under sanitizers: all of it with ASan and UBSan, then where threads meet with TSan. `make check-san`.
# A complaint of a sanitizer ends the program that caused it, or stands in its log, and fails the test. Ends like run.sh.
# TSAN_TESTS: words that pick the black-box tests of the second round. SLOW stretches the tests' waits.
set -u
cd "$(dirname "$0")/.." || exit 70
SLOW=${SLOW:-4}
TSAN_TESTS=${TSAN_TESTS:-spine: crash: trouble: relay: outgoing:}
ASAN_OPTIONS=${ASAN_OPTIONS:-abort_on_error=0:detect_leaks=1:allocator_may_return_null=1}
UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}
# GLib and GnuTLS are not built for TSan: what only they do is in tests/tsan.supp, if there is such a file.
TSAN_OPTIONS=${TSAN_OPTIONS:-second_deadlock_stack=1}
[ ! -e tests/tsan.supp ] || TSAN_OPTIONS="$TSAN_OPTIONS:suppressions=$(pwd)/tests/tsan.supp"
LSAN_OPTIONS=${LSAN_OPTIONS:-suppressions=$(pwd)/tests/lsan.supp:print_suppressions=0}
export SLOW ASAN_OPTIONS UBSAN_OPTIONS TSAN_OPTIONS LSAN_OPTIONS
log=$(mktemp)
trap 'rm -f "$log"' EXIT INT TERM
passed=0
failed=0

# Runs a round and adds its last line up.
round() {
	echo "== $1"
	shift
	"$@" 2>&1 | tee "$log"
	line=$(grep -E '^[0-9]+ passed, [0-9]+ failed' "$log" | tail -n 1)
	case $line in
	'') failed=$((failed + 1)) ;;
	*) bad=${line#*, }; passed=$((passed + ${line%% passed*})); failed=$((failed + ${bad%% failed*})) ;;
	esac
}

build() { make --no-print-directory "BUILD=$1" "SAN=$2" "CFLAGS=-O1 -g" all units; }

build build-asan address,undefined || exit 1
round 'address, undefined: the whole suite' env BUILD=build-asan sh tests/run.sh

build build-tsan thread || exit 1
round 'thread: unit tests' env BUILD=build-tsan ONLY=units sh tests/run.sh
# shellcheck disable=SC2086
round 'thread: black box' env BUILD=build-tsan python3 tests/blackbox/run.py -j 1 $TSAN_TESTS

echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" != 0 ]
