#!/bin/sh
# run.sh - the whole suite on what BUILD holds: unit tests, walls between rooms, man pages, black box, Postfix. `make check` builds first.
# Speaks of what fails; ends with one line "N passed, N failed", and that exit status.
# ONLY="units rooms" (any of units rooms manuals calendar reading blackbox property postfix) runs a part of it; FAST=1 what takes less than a minute.
# Says the ten slowest of the unit programs and black-box tests.
set -u
cd "$(dirname "$0")/.." || exit 70
BUILD=${BUILD:-build}
SLOW=${SLOW:-1}                          # sanitizers make all of it so many times slower, and its bounds with it
all='units rooms manuals calendar reading blackbox property postfix'
[ -z "${FAST:-}" ] || all='units rooms manuals'
ONLY=${ONLY:-$all}
export BUILD
passed=0
failed=0
log=$(mktemp)
times=$(mktemp)
trap 'rm -f "$log" "$times"' EXIT INT TERM

count() { passed=$((passed + $1)); failed=$((failed + $2)); }

# Takes the last "N passed, N failed" of $log, shows the rest if something failed. $1: who; $2: its exit status.
count_line() {
	line=$(grep -E '^[0-9]+ passed, [0-9]+ failed(, [0-9]+ skipped)?$' "$log" | tail -n 1)
	if [ -z "$line" ]; then
		cat "$log"
		echo "FAILED: $1 ended without saying how many passed (exit status $2)"
		count 0 1
		return
	fi
	bad=${line#*, }
	bad=${bad%% failed*}
	if [ "$bad" != 0 ] || [ "$2" != 0 ]; then
		grep -vxF "$line" "$log"
		[ "$bad" != 0 ] || bad=1
	else
		grep -i '^skipped' "$log"
	fi
	echo "$1: ${line% passed*} passed, $bad failed"
	count "${line% passed*}" "$bad"
}

# The unit tests: one program after the other; cmocka counts on standard error.
units() {
	for program in "$BUILD"/tests/test_*; do
		if [ ! -f "$program" ] || [ ! -x "$program" ]; then continue; fi
		started=$(date +%s%N)
		timeout $((300 * SLOW)) "$program" >"$log" 2>&1
		status=$?
		echo "$(($(date +%s%N) - started)) unit ${program##*/}" | awk '{ printf "%.1f %s %s\n", $1 / 1e9, $2, $3 }' >>"$times"
		all=$(sed -n 's/^\[==========\] \([0-9]*\) test(s) run\..*/\1/p' "$log" | tail -n 1)
		good=$(sed -n 's/^\[  PASSED  \] \([0-9]*\) test(s)\..*/\1/p' "$log" | tail -n 1)
		skipped=$(sed -n 's/^\[  SKIPPED \] \([0-9]*\) test(s), listed below.*/\1/p' "$log" | tail -n 1)
		if [ "$status" = 0 ] && [ -n "$all" ] && [ "$all" = $((${good:-0} + ${skipped:-0})) ]; then
			[ -z "$skipped" ] || grep -A 100 '^\[  SKIPPED \] [0-9]* test(s)' "$log" | sed -n 's/^\[  SKIPPED \] \([a-z].*\)/skipped unit \1/p'
			echo "unit ${program##*/}: ${good:-0} passed"
			count "${good:-0}" 0
		else
			grep -v '^\[ *\(RUN\|OK\|=*\) *\]' "$log"
			bad=$((${all:-1} - ${good:-0} - ${skipped:-0}))
			[ "$bad" -gt 0 ] || bad=1
			echo "FAILED: unit ${program##*/} (exit status $status)"
			count "${good:-0}" "$bad"
		fi
	done
}

rooms() {
	sh tests/rooms >"$log" 2>&1
	count_line rooms $?
}

manuals() {
	python3 tests/manual_names.py >"$log" 2>&1
	count_line "names in manuals" $?
	for page in man/*.[1-8]; do
		[ -e "$page" ] || continue
		if mandoc -T lint -W warning "$page" >"$log" 2>/dev/null; then
			count 1 0
		else
			cat "$log"
			echo "FAILED: mandoc -T lint $page"
			count 0 1
		fi
	done
}

# Business time, computed a second time by Python.
calendar() {
	if python3 tests/calendar_laws.py 20000 >"$log" 2>&1; then
		echo "calendar: $(tail -n 1 "$log")"
		count 1 0
	else
		cat "$log"
		echo "FAILED: calendar_laws.py"
		count 0 1
	fi
}

# Replies, forwards, absence notices of real programs in many languages; `python3 tests/reading/trial.py` reads them all.
reading() {
	SPORTELLO=$BUILD/sportello python3 tests/reading/trial.py --every 5 --floor 97 >"$log" 2>&1
	status=$?
	if [ $status = 0 ]; then
		echo "reading: $(tail -n 1 "$log"), $(sed -n 's/^all *//p' "$log")"
		count 1 0
	else
		cat "$log"
		echo "FAILED: tests/reading/trial.py"
		count 0 1
	fi
}

blackbox() {
	[ -e tests/blackbox/run.py ] || return 0
	timeout $((900 * SLOW)) python3 tests/blackbox/run.py >"$log" 2>&1
	status=$?
	sed -n 's/^[a-zA-Z]* *\([a-z_]*:[a-z0-9_]*\) (\([0-9.]*\) s).*/\2 \1/p' "$log" >>"$times"
	count_line blackbox $status
}

# Random dialogs beside an oracle; `make property` plays many more, with other seeds.
property() {
	PROPERTY_MAILS=900 PROPERTY_SEED=11 PROPERTY_SHRINK=0 timeout $((300 * SLOW)) python3 tests/property/run.py >"$log" 2>&1
	count_line property $?
}

postfix() {
	timeout $((300 * SLOW)) sh tests/postfix/run >"$log" 2>&1
	count_line postfix $?
}

for part in $ONLY; do
	case $part in
	units | rooms | manuals | calendar | reading | blackbox | property | postfix) "$part" ;;
	*) echo "run.sh: there is no part $part" >&2; exit 64 ;;
	esac
done
[ ! -s "$times" ] || { echo 'slowest, in seconds:'; sort -rn "$times" | head -n 10; }
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" != 0 ]
