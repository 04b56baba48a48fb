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
SPORTELLO_CONFIG=/nonexistent/sportello.conf    # nothing of /etc
export BUILD SPORTELLO_CONFIG
passed=0
failed=0
JOBS=${JOBS:-$(($(nproc) + 2))}          # more than processors: who waits needs none
logs=$(mktemp -d)
log=$logs/log
times=$logs/times
: >"$times"
trap 'rm -rf "$logs"' EXIT INT TERM

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

# One unit program, its output and how it ended into files of $logs: the parts below run several at a time.
one_unit='started=$(date +%s%N)
timeout "$LIMIT" "$1" >"$logs/${1##*/}" 2>&1
echo "$? $(($(date +%s%N) - started))" >"$logs/${1##*/}.end"'

# The unit tests, $JOBS programs at a time; cmocka counts on standard error.
units() {
	for program in "$BUILD"/tests/test_*; do
		if [ -f "$program" ] && [ -x "$program" ]; then echo "$program"; fi
	done >"$logs/programs"
	# Those that wait most first.
	{ grep -E '_(maintenance|workers|plain|growth|reduce|rules)$' "$logs/programs"; grep -vE '_(maintenance|workers|plain|growth|reduce|rules)$' "$logs/programs"; } |
		LIMIT=$((300 * SLOW)) logs=$logs xargs -P "$JOBS" -n 1 sh -c "$one_unit" sh
	while read -r program; do
		name=${program##*/}
		log_of=$logs/$name
		read -r status took <"$log_of.end"
		echo "$took unit $name" | awk '{ printf "%.1f %s %s\n", $1 / 1e9, $2, $3 }' >>"$times"
		all=$(sed -n 's/^\[==========\] \([0-9]*\) test(s) run\..*/\1/p' "$log_of" | tail -n 1)
		good=$(sed -n 's/^\[  PASSED  \] \([0-9]*\) test(s)\..*/\1/p' "$log_of" | tail -n 1)
		skipped=$(sed -n 's/^\[  SKIPPED \] \([0-9]*\) test(s), listed below.*/\1/p' "$log_of" | tail -n 1)
		if [ "$status" = 0 ] && [ -n "$all" ] && [ "$all" = $((${good:-0} + ${skipped:-0})) ]; then
			[ -z "$skipped" ] || grep -A 100 '^\[  SKIPPED \] [0-9]* test(s)' "$log_of" | sed -n 's/^\[  SKIPPED \] \([a-z].*\)/skipped unit \1/p'
			echo "unit $name: ${good:-0} passed"
			count "${good:-0}" 0
		else
			grep -v '^\[ *\(RUN\|OK\|=*\) *\]' "$log_of"
			bad=$((${all:-1} - ${good:-0} - ${skipped:-0}))
			[ "$bad" -gt 0 ] || bad=1
			echo "FAILED: unit $name (exit status $status)"
			count "${good:-0}" "$bad"
		fi
	done <"$logs/programs"
}

# Parts that take one processor or wait more than they work: they run beside each other and beside the black box. Each ends with "N passed, N failed".
rooms() { python3 tests/rooms; }

manuals() {
	good=0
	python3 tests/manual_names.py >"$logs/names" 2>&1 || { cat "$logs/names"; return 1; }
	for page in man/*.[1-8]; do
		[ -e "$page" ] || continue
		mandoc -T lint -W warning "$page" 2>/dev/null || { echo "FAILED: mandoc -T lint $page"; return 1; }
		good=$((good + 1))
	done
	names=$(sed -n 's/^\([0-9]*\) passed.*/\1/p' "$logs/names" | tail -n 1)
	echo "$((good + ${names:-0})) passed, 0 failed"
}

# Business time and the clocks of promises, computed a second time by Python; `make laws` does it a million times.
calendar() { python3 tests/calendar_laws.py 20000 && python3 tests/clock_laws.py 4000 && echo "2 passed, 0 failed"; }

# Replies, forwards, absence notices of real programs in many languages; `python3 tests/reading/trial.py` reads them all.
reading() { SPORTELLO=$BUILD/sportello python3 tests/reading/trial.py --every 5 --floor 97 && echo "1 passed, 0 failed"; }

# Random dialogs beside an oracle; `make property` plays many more, with other seeds.
property() { PROPERTY_MAILS=900 PROPERTY_SEED=11 PROPERTY_SHRINK=0 timeout $((600 * SLOW)) python3 tests/property/run.py; }

postfix() { timeout $((800 * SLOW)) sh tests/postfix/run; }

start() {
	{ "$1" >"$logs/$1" 2>&1; echo $? >"$logs/$1.end"; } &
	echo $! >"$logs/$1.process"
}

finish() {
	wait "$(cat "$logs/$1.process")"
	cp "$logs/$1" "$log"
	count_line "$1" "$(cat "$logs/$1.end")"
}

blackbox() {
	timeout $((900 * SLOW)) python3 tests/blackbox/run.py -j "$JOBS" >"$log" 2>&1
	status=$?
	sed -n 's/^[a-zA-Z]* *\([a-z_]*:[a-z0-9_]*\) (\([0-9.]*\) s.*/\2 \1/p' "$log" >>"$times"
	count_line blackbox $status
}

for part in $ONLY; do
	case $part in
	units | blackbox) ;;
	rooms | manuals | calendar | reading | property | postfix) ;;
	*) echo "run.sh: there is no part $part" >&2; exit 64 ;;
	esac
done
case " $ONLY " in *" units "*) units ;; esac
for part in $ONLY; do
	case $part in units | blackbox) ;; *) start "$part" ;; esac
done
case " $ONLY " in *" blackbox "*) blackbox ;; esac
for part in $ONLY; do
	case $part in units | blackbox) ;; *) finish "$part" ;; esac
done
[ ! -s "$times" ] || { echo 'slowest, in seconds:'; sort -rn "$times" | head -n 10; }
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" != 0 ]
