#!/usr/bin/env python3
"""run.py [ROUNDS [CASE...]] - make bench: Sportello beside what else there is, in one run, alternating. Ratios first.

ROUNDS (5): each case is measured that often, with every candidate in turn; figures are medians. CASE: only these (names of functions in
cases.py). BENCH=quick: one round with fewer mails, nothing is written to doc/, and no store of a million tickets. BENCH_DIR: where states
are kept while they are measured (/var/tmp): a real disk. BENCH_TICKETS: how many the large store has (1000000). BENCH_TOLD: a directory of a desk as
desk.tell() makes it, or a copy, for the case "reports", which then makes none and adds its mails to that one. BENCH_FILLED: the state directory of
a large store that was filled before, which is copied.
The machine's disk and processors change from minute to minute: only ratios of one run mean anything.
"""
import os, signal, shutil, sys, time

import cases, desk, doors, group, peers, rt, table

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
BUILD = os.path.join(TOP, os.environ.get("BUILD", "build"))
QUICK = os.environ.get("BENCH") == "quick"


def say(words):
    print("%s  %s" % (time.strftime("%H:%M:%S"), words), file=sys.stderr, flush=True)


def chosen(names):
    known = {case.__name__: case for case in cases.CASES}
    for name in names:
        if name not in known:
            raise SystemExit("run.py: no case %s; there are: %s" % (name, " ".join(known)))
    return [known[name] for name in names] or cases.CASES


def measure(bench, rounds, wanted):
    for number in range(rounds):
        bench.begin_round(number)
        for case in wanted:
            os.sync()                                            # what the one before left to write is not this one's
            begin = time.monotonic()
            try:
                case(bench)
            except Exception as error:                       # a case that fails costs its own rows, not the others'
                bench.notes.append("%s failed in round %d: %s: %s" % (case.__name__, number + 1, type(error).__name__, error))
                group.stop_all()
            say("round %d of %d: %-15s %5.1f s" % (number + 1, rounds, case.__name__, time.monotonic() - begin))


def main():
    numbers = [int(word) for word in sys.argv[1:] if word.isdigit()]
    names = [word for word in sys.argv[1:] if not word.isdigit()]
    rounds, wanted = (numbers or [1 if QUICK else 5])[0], chosen(names)
    tools = os.path.join(BUILD, "bench")
    desk.BUILD, desk.TOOLS, peers.TOOLS = BUILD, tools, tools
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if not names:
        say("%d rounds, about %s" % (rounds, "three minutes" if QUICK else "20 minutes; BENCH=quick takes three"))
    for words in peers.missing() + rt.missing():
        print("not here, so not measured: " + words)
    bench = cases.Bench(tools, QUICK)
    begin = time.monotonic()
    try:
        if not QUICK and {cases.million, cases.backup, cases.retention, doors.million_out, doors.many_waiting} & set(wanted):
            say("a store of many tickets is made")
            bench.filled = desk.fill(os.path.join(bench.directory, "million"))
        if not QUICK and cases.reports in wanted:
            say("a desk of many histories is made")
            bench.told = os.environ.get("BENCH_TOLD") or desk.tell(os.path.join(bench.directory, "told"))
        measure(bench, rounds, wanted)
    except KeyboardInterrupt:
        bench.notes.append("interrupted")
    finally:
        group.stop_all()
        shutil.rmtree(bench.directory, ignore_errors=True)
    words = table.make(bench, rounds, time.monotonic() - begin, bool(names))
    print(words)
    if not names and not QUICK and "interrupted" not in bench.notes:
        table.keep(os.path.join(TOP, "doc", "performance.md"), words)


if __name__ == "__main__":
    main()
