#!/usr/bin/env python3
"""learn.py - how well `sportello learn try` classifies, refuses and keeps its promise, on public sets, in the folder LEARN_ML.

Prints one table: figure, what is asked, what was reached. Ends with 1 if one is missed. Without the sets it says so and
ends with 0. `label TAB text` files; the labels of test files are read here and by nobody else.
BUILD= names the build folder. LEARN_ML= another folder of sets.
"""
import json
import os
import random
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
ML = os.environ.get("LEARN_ML", os.path.join(ROOT, "..", "shared", "ml"))
SPORTELLO = os.path.join(ROOT, os.environ.get("BUILD", "build"), "sportello")
missed = 0


def read(*names):
    rows = []
    for name in names:
        with open(os.path.join(ML, name), encoding="utf-8") as file:
            rows += [line.rstrip("\n").split("\t", 1) for line in file if line.strip()]
    return rows


def write(folder, name, rows):
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as file:
        file.writelines("%s\t%s\n" % (label, text) for label, text in rows)
    return path


def run(train, test, classes=None, precision=None):
    """Guesses, and seconds of processor time and of wall time."""
    with tempfile.TemporaryDirectory() as folder:
        command = [SPORTELLO, "learn", "try", "--train", write(folder, "train", train), "--test", write(folder, "test", test)]
        if classes:
            command += ["--classes", write(folder, "classes", classes)]
        if precision:
            command += ["--precision", str(precision)]
        before, start = os.times(), time.monotonic()
        out = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
        after, wall = os.times(), time.monotonic() - start
    guesses = [json.loads(line) for line in out.splitlines()]
    assert len(guesses) == len(test), "one line of JSON a test line"
    processor = after.children_user + after.children_system - before.children_user - before.children_system
    return guesses, processor, wall


def accuracy(train, test, **more):
    known = {label for label, _ in train} | {label for label, _ in more.get("classes") or []}
    pairs = [(guess, row) for guess, row in zip(run(train, test, **more)[0], test) if row[0] in known]
    return 100 * sum(guess["label"] == row[0] for guess, row in pairs) / len(pairs)


def routing(train, test, precision):
    """Precision of the routed, share of in-scope mail routed."""
    known = {label for label, _ in train}
    guesses = run(train, test, precision=precision)[0]
    routed = [(guess, row) for guess, row in zip(guesses, test) if guess["routed"]]
    right = sum(guess["label"] == row[0] for guess, row in routed)
    inside = sum(row[0] in known for _, row in routed)
    return right / len(routed) if routed else 1.0, inside / max(1, sum(row[0] in known for row in test))


def few(rows, count, seed):
    rows, taken, kept = list(rows), {}, []
    if seed is not None:
        random.Random(seed).shuffle(rows)
    for row in rows:
        taken[row[0]] = taken.get(row[0], 0) + 1
        if taken[row[0]] <= count:
            kept.append(row)
    return kept


def say(what, asked, reached, enough=None):
    global missed
    if enough is False:
        missed += 1
    print("%-58s %-12s %-22s%s" % (what, asked, reached, "" if enough is None else "  ok" if enough else "  MISSED"), flush=True)


def accuracies():
    train, val = read("clinc150/train.tsv"), read("clinc150/val.tsv")
    names = [(label, label.replace("_", " ")) for label in dict(train)]
    reached = accuracy(train, val)
    say("clinc150 in scope, all mails, %", "92.5", "%.1f" % reached, reached >= 92.5)
    for count, least in (10, 82), (5, 75):
        drawn = [accuracy(few(train, count, seed), val, classes=names) for seed in (1, 2, 3)]
        say("clinc150, %d mails a class (three draws), %%" % count, str(least), " ".join("%.1f" % each for each in drawn), sum(drawn) / 3 >= least)
        say("clinc150, the first %d mails of each class, %%" % count, "-", "%.1f" % accuracy(few(train, count, None), val, classes=names))
    reached = accuracy([], val, classes=names)
    say("clinc150, names only, %", "50", "%.1f" % reached, reached >= 50)
    for name, least in ("hint3_curekart", 84), ("xsid_it", 93), ("xsid_de", 92):
        reached = accuracy(read(name + "/train.tsv"), read(name + "/test.tsv"))
        say(name + " in scope, %", str(least), "%.1f" % reached, reached >= least)


def promises():
    train, val = read("clinc150/train.tsv"), read("clinc150/val.tsv", "clinc150/oos_val.tsv")
    for order, rows in ("as it is", train), ("shuffled", few(train, 10 ** 9, 4)):
        precision, share = routing(rows, val, 0.95)
        say("clinc150 + out of scope, 0.95 asked (%s): precision" % order, "0.945", "%.3f" % precision, precision >= 0.945)
        say("    share of in-scope mail routed", "0.87", "%.3f" % share, share >= 0.87)
    sets = [("hint3_curekart", read("hint3_curekart/train.tsv"), read("hint3_curekart/test.tsv"))]
    sets.append(("hint3_curekart shuffled", few(sets[0][1], 10 ** 9, 4), sets[0][2]))
    sets.append(("clinc150 10 a class + out of scope", few(train, 10, 1), val))
    for name in "xsid_it", "xsid_de":
        rows, test = read(name + "/train.tsv"), read(name + "/test.tsv")
        sets.append((name, rows, test))
        some = sorted(dict(rows))[::2]
        sets.append((name + ", half of its classes unknown", [row for row in rows if row[0] in some], test))
    for name, rows, test in sets:
        for asked in 0.90, 0.95, 0.98:
            precision, share = routing(rows, test, asked)
            say("%s, %.2f asked" % (name, asked), "%.2f" % (asked - 0.02), "%.3f (routes %.2f)" % (precision, share), precision >= asked - 0.02)


def times():
    train, val = few(read("clinc150/train.tsv"), 10 ** 9, 5)[:10000], read("clinc150/val.tsv")
    _, one, wall = run(train, val[:1])
    _, all_of_them, _ = run(train, 10 * val)
    say("training on 10,000 short mails, seconds (wall)", "3", "%.2f (%.2f)" % (one, wall), one < 3)
    each = 1000 * (all_of_them - one) / (10 * len(val) - 1)
    say("one prediction, milliseconds", "0.2", "%.3f" % each, each < 0.2)


if not os.path.isdir(os.path.join(ML, "clinc150")):
    print("learn.py: the public sets are not here (%s); skipped" % os.path.normpath(ML))
    sys.exit(0)
accuracies()
promises()
times()
sys.exit(1 if missed else 0)
