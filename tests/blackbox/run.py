#!/usr/bin/env python3
"""run.py [-j JOBS] [-k] [WORD...] - runs the black-box tests, one line each, and ends with "N passed, N failed".

A test is a function test_* in tests/blackbox/test_*.py; see desk.py. WORDs pick tests whose "file:name" contains one of them.
-k keeps the directories of failed tests. BUILD names the build directory. STORE=postgresql keeps every desk's tickets in a PostgreSQL server that this starts and
stops; of_sqlite.py names those that are about SQLite's own, which are skipped then. Exits 1 if a test failed, or if none was found.
"""
import sys
sys.dont_write_bytecode = True
import argparse, glob, importlib.util, itertools, json, os, resource, select, shutil, tempfile, time, traceback

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import desk as desk_module, of_sqlite, postgres


def tests_of(path):
    name = os.path.basename(path)[:-3]
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for key, value in vars(module).items():                  # in the order of the file
        if key.startswith("test_") and callable(value) and value.__module__ == name:
            yield name[5:] + ":" + key[5:], value


def run_one(name, function, keep):
    """("ok" | "FAILED" | "skipped", seconds, seconds of processor of the test and all that it started, words)"""
    directory = tempfile.mkdtemp(prefix="sportello-test-")
    begin, desk, outcome, words = time.monotonic(), None, "ok", ""
    try:
        try:
            if desk_module.SERVER and of_sqlite.reason(name):
                raise desk_module.Skip(of_sqlite.reason(name))
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
        if desk and desk.database:
            desk_module.SERVER.drop(desk.database)
        if outcome == "FAILED" and keep:
            words += "--- kept: %s\n" % directory
        else:
            shutil.rmtree(directory, ignore_errors=True)
    spent = sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) + desk_module.CommandServer.spent
    return outcome, time.monotonic() - begin, spent, words


def run_all(tests, jobs, keep):
    """Yields (name, what run_one() returns) as tests end: each in a process of its own, so that one waits for no other's lock, and leaves nothing behind."""
    desk_module.CommandServer.of_all()
    waiting, running = list(reversed(tests)), {}
    while waiting or running:
        while waiting and len(running) < jobs:
            name, function = waiting.pop()
            get, put = os.pipe()
            child = os.fork()
            if child == 0:
                os.close(get)
                with open(put, "w") as pipe:
                    json.dump(run_one(name, function, keep), pipe)
                os._exit(0)
            os.close(put)
            running[get] = (child, name)
        for get in select.select(list(running), [], [])[0]:
            with open(get) as pipe:
                said = pipe.read()
            child, name = running.pop(get)
            os.waitpid(child, 0)
            yield name, json.loads(said) if said else ("FAILED", 0, 0, "the process of the test died")


def main():
    store = os.environ.get("STORE", "sqlite")
    if store not in ("sqlite", "postgresql"):
        sys.exit("run.py: STORE is sqlite or postgresql")
    with tempfile.TemporaryDirectory(prefix="sportello-shared-") as desk_module.SHARED:
        os.chmod(desk_module.SHARED, 0o755)
        postgres.TEMPLATES = desk_module.SHARED
        if store == "sqlite":
            sys.exit(run())
        if postgres.installed():
            print("skipped the black box on PostgreSQL: %s\n0 passed, 0 failed, 1 skipped" % postgres.installed())
            sys.exit(0)
        with postgres.Server(os.path.join(desk_module.SHARED, "pg"), {"fsync": "off"}) as desk_module.SERVER:
            sys.exit(run())


def run():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("-j", type=int, default=int(os.environ.get("JOBS", (os.cpu_count() or 1) + 2)), metavar="JOBS")
    arguments.add_argument("-k", action="store_true", help="keep the directories of failed tests")
    arguments.add_argument("words", nargs="*")
    options = arguments.parse_args()
    for program in ("sportellod", "sportello"):
        if not os.access(os.path.join(desk_module.BUILD, program), os.X_OK):
            sys.exit("run.py: no %s in %s: make first, or set BUILD" % (program, desk_module.BUILD))
    # The first of each file, the second of each ...: those that want the same scene (desk.after) do not stand in line for it.
    files = [list(tests_of(path)) for path in sorted(glob.glob(os.path.join(HERE, "test_*.py")))]
    tests = [t for row in itertools.zip_longest(*files) for t in row if t]
    if of_sqlite.unknown([name for name, _ in tests]):
        sys.exit("run.py: of_sqlite.py names tests that are not there: %s" % ", ".join(of_sqlite.unknown([name for name, _ in tests])))
    tests = [t for t in tests if not options.words or any(w in t[0] for w in options.words)]
    # Those that take long begin first, the longest before the others, or the last of them would run alone: a test's `long` is about how many seconds.
    tests.sort(key=lambda t: -getattr(t[1], "long", 0))
    # Those that need the machine for themselves (kill tests, rates) run after the others, one at a time.
    together = [t for t in tests if not getattr(t[1], "alone", False)]
    counts = {"ok": 0, "FAILED": 0, "skipped": 0}

    for among, jobs in ((together, max(1, options.j)), ([t for t in tests if t not in together], 1)):
        for name, (outcome, seconds, spent, words) in run_all(among, jobs, options.k):
            counts[outcome] += 1
            print("%-7s %s (%.1f s, %.1f s of processor)%s" % (outcome, name, seconds, spent, ": " + words if outcome == "skipped" else ""), flush=True)
            if outcome == "FAILED":
                print("".join("        " + line + "\n" for line in words.splitlines()), end="", flush=True)
    skipped = ", %d skipped" % counts["skipped"] if counts["skipped"] else ""
    print("%d passed, %d failed%s" % (counts["ok"], counts["FAILED"], skipped))
    return 1 if counts["FAILED"] or not tests else 0


main()
