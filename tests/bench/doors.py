"""doors.py - from door to door: mails come in, what they cause goes out over a relay that takes everything, and the clock stops when nothing waits.

Beside the plain desk: one with everything on and 100,000 open tickets, one with a million tickets, one behind whose outbox 100,000 mails wait for a domain
that never takes any, mails that are due at random moments; and assignment, where nothing is sent. Stores are made once a run."""
import contextlib, os, sqlite3, subprocess, tempfile, time

import desk
from group import wait_for
from ports import free_port

OPEN_TICKETS = int(os.environ.get("BENCH_OPEN", "100000"))
DEAD = int(os.environ.get("BENCH_DEAD", "100000"))           # mails that wait for the dead domain
AGENTS = tuple("agent%s" % letter for letter in "abcdefghij")
WAYS = ("round-robin", "least-loaded", "sticky")
ANY = "(SELECT 1 FROM outbox WHERE state='waiting' LIMIT 1)"
ANY_ABOVE = "(SELECT 1 FROM outbox WHERE +state='waiting' AND id>%d ORDER BY id DESC LIMIT 1)"       # the newest wait longest, mostly


@contextlib.contextmanager
def relay(b):
    """The port of a relay that takes all but what is for dead.example."""
    port = free_port()
    taker = subprocess.Popen([b.tool("sink"), str(port), "1000000000"], stdout=subprocess.PIPE, text=True)
    try:
        taker.stdout.readline()
        yield port
    finally:
        taker.kill()
        taker.wait()
        taker.stdout.close()


def through(b, case, who, directory, sessions, count, sending=True, above=0, **options):
    """Measures a desk that is started in this directory: mails a second in, and until nothing of them waits. above: outbox rows up to that one do not count."""
    port, group = free_port(), None
    with relay(b) as taker:
        try:
            group = desk.start(directory, port, relay="smtp://127.0.0.1:%d" % (taker if sending else 9), **options)
            wait_for(port, group)
            name = "%s%d." % (who, int(time.time()))         # a store that is kept knows the mails of the last round
            b.load(port, sessions, 3 * sessions, run="warm" + name)
            rest = group.cpu_at_rest()
            began = time.monotonic()
            figures = b.load(port, sessions, count // 3 if b.small else count, run="run" + name, seconds=600)
            taken = time.monotonic() - began
            while sending and desk.count(directory, ANY_ABOVE % above if above else ANY) and time.monotonic() < began + 240:
                time.sleep(0.02)
            figures["empty_s"] = time.monotonic() - began - taken
            figures["door"] = figures["mails"] / (time.monotonic() - began)
            figures["cpu_us"] = (group.cpu_at_rest() - rest) / max(1, figures["mails"]) * 1e6 if not above else 0
            b.add(case, who, figures)
        finally:
            if group:
                group.stop()


@contextlib.contextmanager
def fresh(b):
    with tempfile.TemporaryDirectory(prefix="door-", dir=b.directory) as directory:
        os.chmod(directory, 0o755)
        yield directory


def in_and_out(b):
    """Beside the same mails where nothing is sent. One connection: as they come in, since what goes out keeps up."""
    for sessions, count in (20, 8000), (1, 3000):
        b.one("out %d" % sessions, "loop", sessions, count // 3 if b.small else count)
        for who in ("plain", "sending")[::-1 if b.round % 2 else 1]:
            with fresh(b) as directory:
                through(b, "out %d" % sessions, who, directory, sessions, count, sending=who == "sending")


def machines(b):
    """Plain, nothing sent and all sent: on this machine, on one of its processors (which load, desk and relay share), and where each sync takes 5 ms longer."""
    slow = {"LD_PRELOAD": b.tool("sync.so"), "BENCH_SYNC_US": "5000"}
    for sessions, count in (20, 6000), (1, 600):
        for machine, env, cores in ("all", None, None), ("one", None, 1), ("slow", slow, None):
            with on_processors(cores):
                for who in ("nothing", "sending")[::-1 if b.round % 2 else 1]:
                    with fresh(b) as directory:
                        through(b, "machine %d" % sessions, "%s, %s" % (machine, who), directory, sessions, count, sending=who == "sending", env=env)


@contextlib.contextmanager
def on_processors(count):
    """We and what we start on so many processors; None: all that there are."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(before)[:count])
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def opened(b):
    """A desk whose ten agents have OPEN_TICKETS open ones, made through the front door; its outbox is empty, and it has learned."""
    if not getattr(b, "opened", None):
        b.opened = os.path.join(b.directory, "opened")
        os.makedirs(b.opened)
        if not b.trained:
            b.trained = desk.train(os.path.join(b.directory, "trained"))
        port = free_port()
        group = desk.start(b.opened, port, state=b.trained, agents=AGENTS, queue='assign = "round-robin"; notices = [ "none" ];')
        try:
            wait_for(port, group)
            b.load(port, 20, OPEN_TICKETS // 10 if b.small else OPEN_TICKETS, run="open", replies=0)
            until, last = time.monotonic() + 120, -1.0
            while time.monotonic() < until and group.cpu() - last > 0.1:         # the words of a hundred thousand mails are indexed behind them, and not beside what is measured
                last = group.cpu()
                time.sleep(2)
        finally:
            group.stop()
    return b.opened


def assigned(b):
    """Each way to assign, with OPEN_TICKETS open ones, beside a desk that assigns nothing and has none. Nothing is sent."""
    for who in ("none",) + WAYS:
        if who == "none":
            with fresh(b) as directory:
                through(b, "assign", who, directory, 20, 8000, sending=False, agents=AGENTS)
        else:
            through(b, "assign", who, opened(b), 20, 8000, sending=False, agents=AGENTS, queue='assign = "%s";' % who)


def all_out(b):
    """Everything on, assigned in turn to ten agents with OPEN_TICKETS, an answer promised, the customer and the agent told: beside Request Tracker of the case `tracker`."""
    kept = opened(b)
    db = sqlite3.connect(desk.database(kept))
    above = db.execute("SELECT coalesce(max(id), 0) FROM outbox").fetchone()[0]
    db.close()
    through(b, "all out", "all", kept, 20, 4000, above=above, features=desk.ALL, agents=AGENTS, queue='assign = "round-robin"; answer_hours = 8;')


def open_out(b):
    """300 mails a second, each due at a random moment, while all is sent."""
    with fresh(b) as directory, relay(b) as taker:
        port, group = free_port(), None
        try:
            group = desk.start(directory, port, relay="smtp://127.0.0.1:%d" % taker)
            wait_for(port, group)
            b.load(port, 20, 60, run="warm")
            b.add("open", "sending", b.load(port, 20, 900 if b.small else 2400, "2048:75,20480:20,204800:4,1048576:1", rate=300, seconds=30))
        finally:
            if group:
                group.stop()


def million_out(b):
    """A store of a million tickets, 50,000 of them open, beside an empty one."""
    for who in ("empty", "filled")[::-1 if b.round % 2 else 1]:
        if who == "filled":
            through(b, "million out", who, b.filled, 20, 8000)
        else:
            with fresh(b) as directory:
                through(b, "million out", who, directory, 20, 8000)


def many_waiting(b):
    """An outbox of two million rows, of which DEAD wait for a domain that never takes any and fall due all the time, beside the same where none waits, and an empty desk."""
    for who in ("empty", "filled", "dead")[::-1 if b.round % 2 else 1]:
        if who == "empty":
            with fresh(b) as directory:
                through(b, "waiting", who, directory, 20, 8000)
        elif who == "filled":
            through(b, "waiting", who, b.filled, 20, 8000)
        else:
            with dead_ones(b.filled) as above:
                through(b, "waiting", who, b.filled, 20, 8000, above=above)


@contextlib.contextmanager
def dead_ones(directory):
    """The newest DEAD rows of its outbox wait, until this ends; gives the number of the newest."""
    db = sqlite3.connect(desk.database(directory))
    with db:
        least, above = db.execute("SELECT max(id) - ?, max(id) FROM outbox", (DEAD,)).fetchone()
        now = int(time.time() * 1000)
        db.execute("UPDATE outbox SET state='waiting', attempts=5, next_try=? + (id * 36 % 3600000), recipients='waiting' || char(9) || 'nobody' || id || '@dead.example' "
                   "|| char(9) || char(10) WHERE id > ? AND id <= ?", (now, least, above))
    db.close()
    try:
        yield above
    finally:
        db = sqlite3.connect(desk.database(directory))
        with db:
            db.execute("UPDATE outbox SET state='sent' WHERE state='waiting'")
        db.close()
