#!/usr/bin/env python3
"""run.py [-j JOBS] [-k] [WORD...] - runs the black-box tests, one line each, and ends with "N passed, N failed".

A test is a function test_* in tests/blackbox/test_*.py; see desk.py. WORDs pick tests whose "file:name" contains one of them.
-k keeps the directories of failed tests. BUILD names the build directory. Exits 1 if a test failed, or if none was found.
"""
import sys
sys.dont_write_bytecode = True
import argparse, concurrent.futures, glob, importlib.util, os, shutil, tempfile, time, traceback

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import desk as desk_module


def tests_of(path):
    name = os.path.basename(path)[:-3]
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for key, value in vars(module).items():                  # in the order of the file
        if key.startswith("test_") and callable(value) and value.__module__ == name:
            yield name[5:] + ":" + key[5:], value


def run_one(name, function, keep):
    """(name, "ok" | "FAILED" | "skipped", seconds, words)"""
    directory = tempfile.mkdtemp(prefix="sportello-test-")
    begin, desk, outcome, words = time.monotonic(), None, "ok", ""
    try:
        try:
            desk = desk_module.Desk(directory, **getattr(function, "setup", {}))
            function(desk)
        finally:
            if desk:
                desk.close()
    except desk_module.Skip as reason:
        outcome, words = "skipped", str(reason)
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        log = os.path.join(directory, "log")
        outcome, words = "FAILED", traceback.format_exc()
        if os.path.exists(log):
            with open(log, errors="replace") as f:
                words += "--- the last of the daemon's log:\n" + "".join(f.readlines()[-25:])
    finally:
        if desk and desk.running():
            desk.process.kill()
            desk.process.wait()
        if outcome == "FAILED" and keep:
            words += "--- kept: %s\n" % directory
        else:
            shutil.rmtree(directory, ignore_errors=True)
    return name, outcome, time.monotonic() - begin, words


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("-j", type=int, default=int(os.environ.get("JOBS", os.cpu_count() or 1)), metavar="JOBS")
    arguments.add_argument("-k", action="store_true", help="keep the directories of failed tests")
    arguments.add_argument("words", nargs="*")
    options = arguments.parse_args()
    for program in ("sportellod", "sportello"):
        if not os.access(os.path.join(desk_module.BUILD, program), os.X_OK):
            sys.exit("run.py: no %s in %s: make first, or set BUILD" % (program, desk_module.BUILD))
    tests = [t for path in sorted(glob.glob(os.path.join(HERE, "test_*.py"))) for t in tests_of(path)]
    tests = [t for t in tests if not options.words or any(w in t[0] for w in options.words)]
    # Those that need the machine for themselves (kill tests, rates) run after the others, one at a time.
    together = [t for t in tests if not getattr(t[1], "alone", False)]
    counts = {"ok": 0, "FAILED": 0, "skipped": 0}

    def report(result):
        name, outcome, seconds, words = result
        counts[outcome] += 1
        print("%-7s %s (%.1f s)%s" % (outcome, name, seconds, ": " + words if outcome == "skipped" else ""), flush=True)
        if outcome == "FAILED":
            print("".join("        " + line + "\n" for line in words.splitlines()), end="", flush=True)

    with concurrent.futures.ThreadPoolExecutor(max(1, options.j)) as pool:
        for done in concurrent.futures.as_completed([pool.submit(run_one, n, f, options.k) for n, f in together]):
            report(done.result())
    for name, function in tests:
        if getattr(function, "alone", False):
            report(run_one(name, function, options.k))
    skipped = ", %d skipped" % counts["skipped"] if counts["skipped"] else ""
    print("%d passed, %d failed%s" % (counts["ok"], counts["FAILED"], skipped))
    sys.exit(1 if counts["FAILED"] or not tests else 0)


main()
