"""cases.py - what is measured, a function a case: each measures every candidate once and adds the figures to the results of the round.

A result is found by case and candidate. A run ends with the mails it was given or after four seconds, so that a slow candidate
costs little more time than a fast one; `small` is for quick runs.
"""
import contextlib, functools, json, mmap, os, random, shutil, sqlite3, struct, subprocess, sys, tempfile, threading, time

import claim, desk, doors, gateways, peers, rt, texts
from group import wait_for
from ports import free_port

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import hostile as attackers

DESKS = {"plain": desk.PLAIN, "rules": ("rules",), "kb": ("kb",), "model": ("model",), "all": desk.ALL}
FAST = {"floor", "loop", "smtp-sink"} | set(DESKS)
OPEN_MIX = "2048:75,20480:20,204800:4,1048576:1"
BOXES = "box%@example.org"                                   # Dovecot: each connection delivers to a mailbox of its own, and waits for no lock


class Bench:
    def __init__(self, tools, small):
        self.tools, self.small, self.round = tools, small, 0
        self.directory = tempfile.mkdtemp(prefix="sportello-bench-", dir=os.environ.get("BENCH_DIR", "/var/tmp"))
        os.chmod(self.directory, 0o755)
        self.results, self.notes, self.trained, self.tracker, self.filled, self.told = {}, [], None, None, None, None
        self.candidates = dict(peers.available(), **{name: functools.partial(self.start_desk, features=DESKS[name]) for name in DESKS})

    def tool(self, name):
        return os.path.join(self.tools, name)

    def start_desk(self, directory, port, env=None, features=()):
        if "model" in features and not self.trained:
            self.trained = desk.train(os.path.join(self.directory, "trained"))
        return desk.start(directory, port, env, features, state=self.trained if "model" in features else None)

    def begin_round(self, number):
        self.round = number
        self.texts = os.path.join(self.directory, "texts")
        texts.write_mails(self.texts, number)

    def add(self, case, who, figures):
        if figures.get("failed"):
            self.notes.append("%s, %s: %d mails were not accepted" % (case, who, figures["failed"]))
        self.results.setdefault((case, who), []).append(dict(figures, round=(self.round, figures.get("turn", 0))))

    def here(self, *names):
        """Those that are there, another one first in each round."""
        names = [name for name in names if name in self.candidates]
        turn = self.round % max(1, len(names))
        return names[turn:] + names[:turn]

    @contextlib.contextmanager
    def running(self, name, env=None):
        directory = tempfile.mkdtemp(prefix=name + "-", dir=self.directory)
        os.chmod(directory, 0o755)
        port, group = free_port(), None
        try:
            group = self.candidates[name](directory, port, env)
            wait_for(port, group)
            yield group, port, directory
        finally:
            if group:
                group.stop()
            shutil.rmtree(directory, ignore_errors=True)

    def load(self, port, sessions, mails, mix="2048", run="run", rate=0, replies=0.4, seconds=600, to=None):
        """What `load` says. The mails of a round are the same for all; the claim's have names that trace.c looks for."""
        name = run if run == "claim" else "%s%d" % (run, self.round)
        words = ["-f", self.texts, "-i", name, "-e", to or "support@example.org", "-s", sessions, "-m", mails, "-l", mix,
                 "-o", rate, "-r", replies, "-T", seconds]
        process = subprocess.Popen([self.tool("load")] + [str(w) for w in words] + ["127.0.0.1:%d" % port], stdout=subprocess.PIPE, text=True)
        try:
            return json.loads(process.communicate(timeout=600)[0] or '{"rate": 0, "p50": 0, "p99": 0, "due_p99": 0, "due_max": 0, "mails": 0, "failed": %d}' % mails)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()

    def one(self, case, name, *more, **options):
        """A candidate that fails costs its own figures, not the others'."""
        try:
            self.measure(case, name, *more, **options)
        except (OSError, subprocess.SubprocessError, ValueError) as error:
            self.notes.append("%s, %s, round %d: %s" % (case, name, self.round + 1, error))

    def measure(self, case, name, sessions, mails, mix="2048", env=None, rate=0, cpu=False, often=0.0, seconds=0):
        """Measures one candidate in one case, from its start to its end. often: seconds between two looks at its memory."""
        to = BOXES if name in peers.MAILBOXES else None
        with self.running(name, env) as (group, port, directory):
            self.load(port, sessions, 3 * sessions, run="warm", to=to)
            before = group.cpu_at_rest() if cpu else 0
            peak, over = [0.0], threading.Event()

            def watch():
                while not over.wait(often):
                    peak[0] = max(peak[0], group.pss())
            watcher = threading.Thread(target=watch)
            if often:
                watcher.start()
            try:
                figures = self.load(port, sessions, mails, mix, rate=rate, seconds=seconds or (2 if self.small else 4), to=to)
            finally:
                over.set()
                if often:
                    watcher.join()
            figures["mb"] = max(peak[0], group.pss())
            figures["door"] = figures["rate"]                            # nothing of it is sent
            if cpu:
                figures["cpu_us"] = (group.cpu_at_rest() - before) / max(1, figures["mails"]) * 1e6
            self.add(case, name, figures)
            if cpu and name in DESKS:
                self.notes += ["%s, %s: %s" % (case, name, words) for words in desk.left_undone(directory, DESKS[name])]

    def count(self, name, fast, slow):
        count = fast if name in FAST else slow
        return max(200, count // 3) if self.small else count


# ---- the cases ----

def one_connection(b):
    for name in b.here("smtp-sink", "floor", "loop", "sdbox", "maildir", "sieve", "plain", "all"):
        b.one("1", name, 1, b.count(name, 3000, 1000))


def twenty(b):
    for name in b.here("smtp-sink", "floor", "loop", "sdbox", "maildir", "sieve", "plain", "rules", "kb", "model", "all"):
        b.one("20", name, 20, b.count(name, 10000, 4000), cpu=True)


def tracker(b):
    if rt.missing():
        return
    if not b.tracker:
        b.tracker = rt.Tracker(os.path.join(b.directory, "rt")).prepare()
    group = b.tracker.start()
    try:
        with open(b.texts, encoding="utf-8") as f:
            words = f.read(3000 * 60).split("\0")
        mails = ["From: %s\nTo: support@example.org\nSubject: %s\nMessage-ID: <rt%d.%d@bench.example>\n\n%s"
                 % (words[i * 3], words[i * 3 + 1], b.round, i, words[i * 3 + 2]) for i in range(24 if b.small else 44)]
        b.tracker.load(mails[:4])
        before = group.cpu() + (b.tracker.database.cpu() if b.tracker.database else 0)
        figures = b.tracker.load(mails[4:])
        after = group.cpu() + (b.tracker.database.cpu() if b.tracker.database else 0)
        figures["cpu_us"] = (after - before) / len(mails[4:]) * 1e6
        figures["mb"] = group.pss() + (b.tracker.database.pss() if b.tracker.database else 0)
        b.add("20", "rt", figures)
    finally:
        group.stop()
        b.tracker.stop()


def larger(b):
    for name in b.here("smtp-sink", "floor", "sdbox", "maildir", "sieve", "plain", "all"):
        b.one("20 KB", name, 20, b.count(name, 4000, 2000), "20480")


def megabyte(b):
    for name in b.here("smtp-sink", "floor", "sdbox", "maildir", "sieve", "plain", "all"):
        b.one("1 MB", name, 20, 200 if b.small else 400, "1048576")


def syncs(b):
    """fsync and fdatasync of all processes of a candidate, a mail; background work right after the load is counted with it."""
    path = os.path.join(b.directory, "syncs")
    for name in b.here(*(["floor", "sdbox", "maildir"] if b.round == 0 else []), "plain", "all"):   # a count hardly changes
        for sessions, fast, slow in (1, 600, 200), (20, 6000, 600):
            with open(path, "wb") as f:
                f.write(bytes(4096))
            os.chmod(path, 0o666)
            with b.running(name, {"LD_PRELOAD": b.tool("sync.so"), "BENCH_SYNC_COUNT": path}) as (group, port, directory), open(path, "r+b") as f:
                shared = mmap.mmap(f.fileno(), 8)
                to = BOXES if name in peers.MAILBOXES else None
                b.load(port, sessions, 3 * sessions, run="warm", to=to)
                before, = struct.unpack("=q", shared[:8])
                mails = fast if name in FAST else slow
                mails = b.load(port, sessions, mails, seconds=2, to=to)["mails"]
                after, = struct.unpack("=q", shared[:8])
                b.add("syncs %d" % sessions, name, {"syncs": (after - before) / mails})
                shared.close()


def slow_disk(b):
    for name in b.here("floor", "sdbox", "maildir", "plain", "all"):
        b.one("5 ms", name, 20, b.count(name, 3000, 1500), env={"LD_PRELOAD": b.tool("sync.so"), "BENCH_SYNC_US": "5000"})


def open_loop(b):
    for name in b.here("sdbox", "plain", "all"):
        b.one("open", name, 20, 900 if b.small else 2400, OPEN_MIX, rate=300, seconds=30)


def huge(b):
    for name in b.here("plain", "all", *(["sdbox"] if b.round == 0 else [])):
        b.one("25 MB", name, 20, 40, "26214400", often=0.1, seconds=8)


def million(b):
    """The same mails to the large store and to an empty one, twice in turn."""
    if not b.filled:
        return
    for turn in (0, 1):
        for who in ("empty", "filled")[::-1 if (b.round + turn) % 2 else 1]:
            directory = b.filled if who == "filled" else tempfile.mkdtemp(prefix="empty-", dir=b.directory)
            port = free_port()
            group = desk.start(directory, port)
            try:
                wait_for(port, group)
                b.load(port, 20, 60, run="warm%d." % int(time.time()))
                group.cpu_at_rest()
                b.add("million", who, dict(b.load(port, 20, b.count("plain", 10000, 0), seconds=4, run="m%d." % int(time.time())), turn=turn))
            finally:
                group.stop()
                if who == "empty":
                    shutil.rmtree(directory, ignore_errors=True)


def backup(b):
    """The open loop to the large store, without and with a backup that goes on beside it; how large the database's log becomes."""
    if not b.filled:
        return
    for who in ("without", "backup")[::-1 if b.round % 2 else 1]:
        port, copy, beside = free_port(), os.path.join(b.directory, "copy"), None
        group = desk.start(b.filled, port)
        try:
            wait_for(port, group)
            b.load(port, 20, 60, run="warm%d." % int(time.time()))
            group.cpu_at_rest()
            if who == "backup":
                beside = subprocess.Popen([os.path.join(desk.BUILD, "sportello"), "-c", os.path.join(b.filled, "sportello.conf"), "backup", copy],
                                          stdout=subprocess.DEVNULL)
            figures = b.load(port, 20, 900 if b.small else 4500, OPEN_MIX, rate=300, seconds=30, run="b%d." % int(time.time()))
            figures["wal_mb"] = os.path.getsize(desk.database(b.filled) + "-wal") / 1e6
            if beside and beside.poll() is not None:
                b.notes.append("backup: it was ready before the last mail, so a part of them had nothing beside them")
            b.add("backup", who, figures)
        finally:
            if beside:
                beside.kill()
                beside.wait()
            group.stop()
            for name in copy, copy + ".partial":
                if os.path.exists(name):
                    os.unlink(name)


def retention(b):
    """The open loop to the large store, in which 950,000 tickets were closed 400 days ago and nothing else is due: alone, beside a retention that makes its index of where things
    stand (in the first round), and beside one that lets go of words."""
    if not b.filled:
        return
    if b.round == 0:
        desk.age(b.filled, 400)
    for who in ("without", *(["index"] if b.round == 0 else []), "retention")[::-1 if b.round % 2 else 1]:
        port, beside = free_port(), None
        group = desk.start(b.filled, port, more='retention: ( { what = "words"; state = "closed"; days = 365; } );\n')
        try:
            wait_for(port, group)
            b.load(port, 20, 60, run="warm%d." % int(time.time()))
            group.settle()
            gone = desk.count(b.filled, "retained")
            if who != "without":
                beside = subprocess.Popen([os.path.join(desk.BUILD, "sportello"), "-c", os.path.join(b.filled, "sportello.conf"), "retention"], stdout=subprocess.DEVNULL)
            if who == "retention":
                wait_for_more(b, gone)
                gone = desk.count(b.filled, "retained")
            figures = b.load(port, 20, 900 if b.small else 9000, OPEN_MIX if b.small else "2048", rate=300, seconds=30, run="r%d." % int(time.time()))
            figures["gone"] = (desk.count(b.filled, "retained") - gone) / figures["seconds"]
            if who == "index" and figures["gone"] or who == "retention" and not figures["gone"]:
                b.notes.append("retention: %s was measured beside something else" % who)
            if beside and beside.poll() is not None:
                b.notes.append("retention: it was done before the last mail, so a part of them had nothing beside them")
            b.add("retention", who, figures)
        finally:
            if beside:
                beside.kill()
                beside.wait()
            group.stop()


def wait_for_more(b, gone):
    """Until the first tickets went: an index of where things stand is made before."""
    until = time.monotonic() + 1500
    while desk.count(b.filled, "retained") <= gone and time.monotonic() < until:
        time.sleep(0.5)


BY_TIME = ("day", "week", "month", "hour")
REPORTS = [[kind, *(["--by", by] if by else [])] for kind in ("volume", "answers", "resolution", "promises", "satisfaction", "workload", "articles", "mail")
           for by in ("", "queue", "agent", "customer", "organisation", "tag", "language", *BY_TIME) if kind != "mail" or by in ("", "queue", *BY_TIME)]


def reports(b):
    """The open loop to a desk whose million tickets have histories of 90 days, without and with reports beside it, one after the other: any report, in an order that is
    drawn anew each round."""
    if not b.told:
        return
    asked = random.Random(22 + b.round).sample(REPORTS, len(REPORTS))
    for who in ("without", "reports")[::-1 if b.round % 2 else 1]:
        port, took, stop = free_port(), {}, threading.Event()
        group = desk.start(b.told, port, more=desk.PROMISES + 'reports: { per_agent = "on"; };\n')

        def look():
            for i in range(10 ** 9):
                words = asked[i % len(asked)]
                if stop.is_set(): return
                begin = time.monotonic()
                desk.tool(b.told, "--json", "report", *words, "--since", "90d")
                took.setdefault(" ".join(words), []).append(time.monotonic() - begin)
        beside = threading.Thread(target=look)
        try:
            wait_for(port, group)
            desk.wait_for_pages(b.told)
            b.load(port, 20, 60, run="warm%d." % int(time.time()))
            group.cpu_at_rest()
            if who == "reports": beside.start()
            figures = b.load(port, 20, 900 if b.small else 9000, OPEN_MIX, rate=300, seconds=40, run="p%d." % int(time.time()))
        finally:
            stop.set()
            if beside.ident: beside.join()
            group.stop()
        if took:
            every = sorted(seconds for kind in took.values() for seconds in kind)
            figures["report_p95"], figures["report_p50"] = every[len(every) * 95 // 100], every[len(every) // 2]
            slowest = max(took, key=lambda kind: max(took[kind]))
            b.notes.append("reports: %d looked at; the slowest: %s, %.2f s" % (len(every), slowest, max(took[slowest])))
        b.add("reports", who, figures)


def proof(b):
    claim.check_itself()
    path = os.path.join(b.directory, "trace")
    for sessions, mails in (1, 300), (20, 2000):
        with open(path, "wb") as f:
            f.truncate(claim.TRACE_BYTES)
        with b.running("plain", {"LD_PRELOAD": b.tool("trace.so"), "BENCH_TRACE": path}) as (group, port, directory):
            figures = b.load(port, sessions, mails, run="claim", replies=0)
            wal = os.stat(desk.database(directory) + "-wal").st_ino
        read, good, least = claim.shown(claim.notes_of(path), wal)
        b.add("claim %d" % sessions, "plain", {"mails": mails, "read": read, "shown": good, "least_ms": least, "failed": figures["failed"]})
    os.unlink(path)


def outbox(b):
    """Acknowledgements and notices that wait are sent to a sink; then smtp-source sends as many of that size to the same sink, as many at once."""
    for kind in ("new", "kept"):
        with tempfile.TemporaryDirectory(prefix="outbox-", dir=b.directory) as directory:
            count = fill_outbox(b, directory)
            port = free_port()
            with sink(b, directory, port, count, kind) as taken:
                desk.write_conf(directory, free_port(), (), "smtp://127.0.0.1:%d" % port)
                desk.tool(directory, "outbox", "retry")
                group = desk.start(directory, free_port(), relay="smtp://127.0.0.1:%d" % port)
                try:
                    figures = taken()
                finally:
                    group.stop()
            b.add("outbox " + kind, "plain", figures)
            if peers.SOURCE:                                 # ends its connections itself
                with sink(b, directory, port, count, "kept") as taken:
                    words = ["-s", "4", "-m", str(count), "-l", "%d" % figures["bytes"], "-f", "a@example.org", "-t", "b@example.net"]
                    subprocess.run([peers.SOURCE] + words + (["-d"] if kind == "kept" else []) + ["127.0.0.1:%d" % port], check=True,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                    b.add("outbox " + kind, "smtp-source", taken())


def fill_outbox(b, directory):
    port = free_port()
    group = desk.start(directory, port)
    try:
        wait_for(port, group)
        b.load(port, 20, 1000 if b.small else 2500, replies=0)
        return desk.waiting(directory)
    finally:
        group.stop()


@contextlib.contextmanager
def sink(b, directory, port, count, kind):
    process = subprocess.Popen([b.tool("sink"), str(port), str(count)] + (["once"] if kind == "new" else []), stdout=subprocess.PIPE, text=True)
    watchdog = threading.Timer(90, process.kill)
    watchdog.start()
    try:
        process.stdout.readline()
        yield lambda: json.loads(process.stdout.readline() or '{"rate": 0, "bytes": 3000, "failed": 1}')
    finally:
        watchdog.cancel()
        process.kill()
        process.wait()
        process.stdout.close()


def hostile(b):
    """Hostile mails on 20 connections, and what good ones, /healthz and the memory feel of it. Once a run: HOSTILE_SECONDS (120)."""
    if b.round:
        return
    seconds = float(os.environ.get("HOSTILE_SECONDS", 20 if b.small else 120))
    with tempfile.TemporaryDirectory(prefix="hostile-", dir=b.directory) as directory:
        port, web = free_port(), free_port()
        group = desk.start(directory, port, features=desk.PLAIN, relay="maildir:%s/sent" % directory, web="127.0.0.1:%d" % web)
        try:
            wait_for(port, group)
            felt = attackers.measure(group.process.pid, port, web, seconds, seconds / 4)
        finally:
            group.stop()
    if felt["refused"]:
        b.notes.append("hostile: %d mails were not accepted" % felt["refused"])
    felt["times"] = felt["p99"] / max(0.001, felt["calm_p99"])
    b.add("hostile", "plain", felt)


def explain(b):
    """What `sportello explain` takes for a mail of 2 KB, and for one of 25 MB; memory above that of a small one."""
    with tempfile.TemporaryDirectory(prefix="explain-", dir=b.directory) as directory:
        small, large = os.path.join(directory, "small.eml"), os.path.join(directory, "large.eml")
        with open(small, "w") as f:
            f.write("From: a@example.org\nTo: b@example.org\nSubject: small\nMessage-ID: <a@b>\n\n" + "Some words of a mail that is not long.\n" * 48)
        with open(large, "w") as f:
            f.write("From: a@example.org\nSubject: large\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nSee it.\n--b\n"
                    "Content-Type: application/pdf; name=x.pdf\nContent-Transfer-Encoding: base64\n\n" + ("QUJD" * 19 + "\n") * 330000 + "--b--\n")

        def run(files):
            begin = time.monotonic()
            process = subprocess.Popen([os.path.join(desk.BUILD, "sportello"), "--json", "explain"] + files, stdout=subprocess.DEVNULL)
            usage = os.wait4(process.pid, 0)[2]
            return time.monotonic() - begin, usage.ru_maxrss / 1024
        one, memory = run([small])
        many, _ = run([small] * 2001)
        seconds, memory_large = run([large])
        b.add("explain", "plain", {"ms": (many - one) / 2, "large_ms": seconds * 1e3, "mb": memory_large - memory})


def mirror(b):
    """The open loop with a mirror and without, twice in turn; and how long after the last mail the mirror has all."""
    for turn in (0, 1):
        for who in ("without", "mirror")[::-1 if (b.round + turn) % 2 else 1]:
            with tempfile.TemporaryDirectory(prefix="mirror-", dir=b.directory) as directory:
                port = free_port()
                group = desk.start(directory, port, mirror=who == "mirror")
                try:
                    wait_for(port, group)
                    b.load(port, 20, 60, run="warm")
                    group.cpu_at_rest()
                    before = group.cpu()
                    figures = b.load(port, 20, 900 if b.small else 2400, OPEN_MIX, rate=300, seconds=30)
                    ended, last = time.monotonic(), 0
                    while who == "mirror" and time.monotonic() < ended + 60:
                        last = desk.count(directory, "(SELECT max(rowid) AS n FROM message) WHERE n <= %d" % desk.mirrored(directory))
                        if last:
                            break
                        time.sleep(0.02)
                    figures["lag"] = time.monotonic() - ended
                    if who == "mirror" and not last:
                        b.notes.append("mirror: not whole after a minute")
                    figures["cpu_us"] = (group.cpu() - before) / max(1, figures["mails"]) * 1e6
                    b.add("mirror", who, dict(figures, turn=turn))
                finally:
                    group.stop()


FILES_BYTES = 5000000                                        # of each of the two files of a mail


def heavy_mail(number):
    files = "".join("--b\r\nContent-Type: application/pdf; name=%d.pdf\r\nContent-Disposition: attachment; filename=%d.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n%s"
                    % (i, i, ("QUJD" * 19 + "\r\n") * (FILES_BYTES // 57)) for i in range(2))
    return attackers.letter("heavy%d" % number, "heavy@files.example", "Subject: Two files %d\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nSee them.\r\n%s--b--\r\n"
                            % (number, files))


def send_heavy(port, over, sent):
    session, number = attackers.Session(port), 0
    while not over.is_set():
        number += 1
        sent.append(session.deliver("heavy@files.example", heavy_mail(number)))
        over.wait(2)


def notices(b):
    """100 small mails a second, and beside them one with 10 MB of files every two seconds, whose notice names or carries them: p99 of end-of-data,
    and of the time until the notice of a small one has arrived. What such mails cost as they come in is the same in both."""
    for turn in (0, 1):
        for who in ("without", "named", "files")[::-1 if (b.round + turn) % 2 else 1]:
            with tempfile.TemporaryDirectory(prefix="notices-", dir=b.directory) as directory:
                port, relay, log = free_port(), free_port(), os.path.join(directory, "notices")
                over, sent = threading.Event(), []
                sender = threading.Thread(target=send_heavy, args=(port, over, sent))
                taker = subprocess.Popen([b.tool("sink"), str(relay), "1000000000", log], stdout=subprocess.PIPE, text=True)
                group = None
                try:
                    taker.stdout.readline()
                    group = desk.start(directory, port, relay="smtp://127.0.0.1:%d" % relay, more="notices: { attachment_bytes = 1; };\n" if who == "named" else "")
                    wait_for(port, group)
                    b.load(port, 20, 60, run="warm", replies=0)
                    first = desk.count(directory, "ticket") + 1
                    if who != "without":
                        sender.start()
                    figures = b.load(port, 20, 400 if b.small else 1000, rate=100, replies=0, seconds=30)
                    over.set()
                    if sender.ident:
                        sender.join()
                    times = told_after(directory, log, first, figures["mails"], len(sent))
                finally:
                    over.set()
                    if group:
                        group.stop()
                    taker.kill()
                    taker.wait()
                    taker.stdout.close()
                large = sum(size > 2 * FILES_BYTES for _, size, _ in times)
                small = [ms for ms, _, heavy in times if not heavy]
                if len(times) != figures["mails"] + len(sent) or large != (len(sent) if who == "files" else 0) or any(code != 250 for code in sent):
                    b.notes.append("notices, %s: %d of %d arrived, %d of %d with files" % (who, len(times), figures["mails"] + len(sent), large, len(sent)))
                b.add("notices", who, dict(figures, turn=turn, told_p99=attackers.percentile(small, 0.99), told_p50=attackers.percentile(small, 0.5)))


def told_after(directory, log, first, mails, heavy):
    """(ms from a ticket's beginning to its notice, bytes of the notice, is it of a mail with files), when all are there."""
    until, told = time.monotonic() + 60, {}
    while len(told) < mails + heavy and time.monotonic() < until:
        time.sleep(0.2)
        with open(log) as f:
            for line in f.read().splitlines():
                at, ticket, size = map(int, line.split())
                if ticket >= first:
                    told.setdefault(ticket, (at, size))
    db = sqlite3.connect("file:%s?mode=ro" % desk.database(directory), uri=True)
    created = {ticket: (at, subject.startswith("Two files")) for ticket, at, subject in db.execute("SELECT id, created, subject FROM ticket")}
    db.close()
    return [(at - created[ticket][0], size, created[ticket][1]) for ticket, (at, size) in told.items()]


CASES = [one_connection, twenty, tracker, larger, megabyte, syncs, slow_disk, open_loop, mirror, notices, huge, million, backup, reports, outbox, doors.in_and_out, doors.machines, doors.open_out, doors.assigned, doors.all_out,
         doors.million_out, doors.many_waiting, hostile, proof, explain, gateways.postgres,
         retention]                                          # the last: the store is not what it was afterwards
