#!/usr/bin/env python3
"""soak.py - hours in one: a desk with everything on, under a steady load, watched for what grows. `make soak`.

40 rules, 20 keyword sets, 200 articles, a trained classifier; mails of mixed sizes, two in five of them answers; an agent who answers, notes,
tags and resolves by mail; customers who look at pages and press buttons; articles that change, backups, reloads, learning; a relay that takes all.
Prints a line a minute, then a verdict: memory and latency flat, nothing left in the outbox, nothing refused, fsck clean. Exits 1 if not.
SOAK_SECONDS (3600), SOAK_RATE (mails a second; 0: half of what it takes at most, measured first). BUILD names the build directory.
"""
import sys
sys.dont_write_bytecode = True
import collections, importlib.util, json, os, random, re, shutil, signal, socket, statistics, subprocess, tempfile, threading, time
import urllib.error, urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "bench"))
import desk as bench
import texts
from group import Group, wait_for
from ports import free_port
spec = importlib.util.spec_from_file_location("blackbox_desk", os.path.join(HERE, "blackbox", "desk.py"))       # the other one of this name
blackbox = importlib.util.module_from_spec(spec)
spec.loader.exec_module(blackbox)

BUILD = os.path.abspath(os.environ.get("BUILD", os.path.join(os.path.dirname(HERE), "build")))
SECONDS, RATE = int(os.environ.get("SOAK_SECONDS", "3600")), float(os.environ.get("SOAK_RATE", "0"))
MINUTE = 60
MIX = "2048:80,20000:15,100000:4,1000000:1"
bench.BUILD, bench.TOOLS = BUILD, os.path.join(BUILD, "bench")


class Sink:
    """Takes every mail and keeps the last few, for those who act on them."""
    def __init__(self):
        self.listener, self.taken = socket.create_server(("127.0.0.1", 0), backlog=64), 0
        self.port = self.listener.getsockname()[1]
        self.notices, self.others = collections.deque(maxlen=200), collections.deque(maxlen=200)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            connection, _ = self.listener.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        lines, to = connection.makefile("rb", 262144), ""
        try:
            connection.sendall(b"220 sink\r\n")
            for line in lines:
                verb = line[:4].upper()
                if verb == b"DATA":
                    connection.sendall(b"354 go on\r\n")
                    data = []
                    for line in lines:
                        if line == b".\r\n":
                            break
                        data.append(line)
                    self.taken += 1
                    (self.notices if b"bob@" in to else self.others).append(data)
                elif verb == b"RCPT":
                    to = line
                connection.sendall(b"221 bye\r\n" if verb == b"QUIT" else b"250 ok\r\n")
        except OSError:
            pass


class Soak:
    def __init__(self, directory):
        self.directory, self.sink, self.over, self.troubles = directory, Sink(), threading.Event(), collections.Counter()
        self.port, self.web, self.acts = free_port(), free_port(), collections.Counter()
        self.texts = os.path.join(directory, "texts")
        texts.write_mails(self.texts, 7)
        state = bench.train(os.path.join(directory, "train"))
        shutil.copytree(state, os.path.join(directory, "state"))
        conf = bench.write_conf(directory, self.port, bench.ALL, "smtp://127.0.0.1:%d" % self.sink.port)
        with open(conf) as f:
            words = f.read()
        with open(conf, "w") as f:
            own = 'web: { listen = "127.0.0.1:%d"; base_url = "http://127.0.0.1:%d"; };' % (self.web, self.web)
            f.write(words.replace('web: { listen = ""; };', own))
        self.conf = conf
        self.group = Group("sportello", [os.path.join(BUILD, "sportellod"), "-c", conf], os.path.join(directory, "log"))
        wait_for(self.port, self.group)

    def load(self, run, mails, rate=0, seconds=600):
        words = ["-f", self.texts, "-i", run, "-t", "support@example.org", "-s", 20, "-m", mails, "-l", MIX, "-o", rate, "-r", 0.4, "-T", seconds]
        command = [os.path.join(BUILD, "bench", "load")] + [str(w) for w in words] + ["127.0.0.1:%d" % self.port]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
        return json.loads(done.stdout)

    def cli(self, *words):
        return subprocess.run([os.path.join(BUILD, "sportello"), "-c", self.conf] + list(words), capture_output=True, text=True)

    # ---- what people do meanwhile
    def answer(self, chance):
        head = b"".join(chance.choice(self.sink.notices)).split(b"\r\n\r\n")[0]
        head = head.replace(b"\r\n ", b" ").replace(b"\r\n\t", b" ").decode("utf-8", "replace")
        field = lambda name: re.search(r"(?mi)^%s:\s*(.*?)\r?$" % name, head).group(1)
        body = chance.choice(["Have you tried to switch it off?\n", "/tag seen\n/priority high\n\nWe look into it.\n", "/note\nAgain this one.\n",
                              "/resolve\n\nDone.\n", "/queue network\n", "/assign bob\n", "/nonsense\n\nWhat?\n"])
        notice = {"Reply-To": field("Reply-To"), "Subject": field("Subject"), "Message-ID": field("Message-ID"), "References": None}
        with blackbox.Lmtp(self.port) as session:
            address = re.search(r"[^\s<>]+@[^\s<>]+", notice["Reply-To"]).group(0)
            replies = session.deliver(blackbox.mail(sender="Bob <bob@example.net>", body=body, reply_to=notice), [address], "bob@example.net")
        self.acts["answers"] += 1
        return all(code == 250 for code, _ in replies)

    def look(self, chance):
        text = b"".join(chance.choice(self.sink.others)).replace(b"=\r\n", b"").decode("utf-8", "replace")
        links = re.findall(r"http://127\.0\.0\.1:%d(/(?:l|kb)/[\w./-]+)" % self.web, text) + ["/metrics", "/healthz"]
        path = chance.choice(links)
        press = path.startswith("/l/") and chance.random() < 0.3
        self.acts["presses" if press else "pages"] += 1
        try:
            with urllib.request.urlopen("http://127.0.0.1:%d%s" % (self.web, path), data=b"" if press else None, timeout=30) as response:
                response.read()
            return True
        except urllib.error.HTTPError as error:
            return error.code < 500                     # a link whose page is gone meanwhile
        except OSError:
            return False

    def care(self, turn, chance):
        """Once a minute, of each a little."""
        article = chance.choice(os.listdir(os.path.join(self.directory, "kb")))
        with open(os.path.join(self.directory, "kb", article), "a") as f:
            f.write("\nChanged in minute %d.\n" % turn)
        if turn % 5 == 1:
            file = os.path.join(self.directory, "backup.db")
            good = self.cli("backup", file).returncode == 0
            os.unlink(file) if os.path.exists(file) else None
            self.acts["backups"] += 1
            return good
        if turn % 5 == 2:
            self.group.process.send_signal(signal.SIGHUP)
            self.acts["reloads"] += 1
        if turn % 5 == 3:
            self.acts["learned"] += 1
            return self.cli("learn").returncode == 0
        return self.cli("ticket", "list", "--limit", "50").returncode == 0

    def people(self, act, pause, seed):
        chance = random.Random(seed)
        while not self.over.wait(pause):
            try:
                if not act(chance):
                    self.troubles[act.__name__] += 1
            except (IndexError, AttributeError):
                pass                                    # nothing came yet, or a mail without what we look for
            except (OSError, ValueError) as error:
                self.troubles[act.__name__ + ": " + str(error)] += 1

    # ---- the table
    def files(self):
        paths = [os.path.join(self.directory, "state", name) for name in ("sportello.db-wal", "sportello.db")]
        return [os.path.getsize(path) / 1e6 if os.path.exists(path) else 0 for path in paths]

    def minute(self, turn):
        care = threading.Thread(target=lambda: self.troubles.update([] if self.care(turn, random.Random(turn)) else ["care in minute %d" % turn]))
        care.start()
        figures = self.load("soak%d." % turn, int(self.rate * MINUTE), self.rate, MINUTE + 30)
        care.join()
        main, wal_db = self.group.process.pid, self.files()
        row = dict(figures, minute=turn, pss=self.group.pss(), fds=len(os.listdir("/proc/%d/fd" % main)),
                   threads=len(os.listdir("/proc/%d/task" % main)), wal=wal_db[0], db=wal_db[1], waiting=bench.waiting(self.directory))
        columns = ("minute", "mails", "rate", "p50", "p99", "due_p99", "failed", "pss", "fds", "threads", "wal", "db", "waiting")
        print("%6d %7d %7.1f %7.2f %8.2f %8.2f %6d %7.1f %4d %4d %6.1f %8.1f %7d" % tuple(row[c] for c in columns), flush=True)
        return row

    def run(self):
        self.rate = RATE
        if not self.rate:
            top = self.load("top", 4000, seconds=20)["rate"]
            self.rate = top / 2
            print("at most %.0f mails a second; half of that" % top)
        for act, pause, seed in ((self.answer, 0.5, 1), (self.look, 0.2, 2), (self.look, 0.2, 3)):
            threading.Thread(target=self.people, args=(act, pause, seed), daemon=True).start()
        print("%.0f mails a second, sizes %s, everything on" % (self.rate, MIX))
        print("minute   mails    rate  p50 ms   p99 ms  due p99 failed  PSS MB  fds thrd WAL MB    DB MB waiting")
        rows = [self.minute(turn) for turn in range(1, max(2, SECONDS // MINUTE) + 1)]
        self.over.set()
        return self.verdict(rows)

    def verdict(self, rows):
        until = time.monotonic() + 120
        while bench.waiting(self.directory) and time.monotonic() < until:
            time.sleep(0.2)
        left = bench.waiting(self.directory)
        begun = time.monotonic()
        fsck = self.cli("fsck")
        fsck_seconds = time.monotonic() - begun
        with open(os.path.join(self.directory, "log"), errors="replace") as f:
            errors = [line.strip() for line in f if "level=error" in line or "Sanitizer" in line]
        quarter = max(1, len(rows) // 4)
        early, late = rows[quarter:2 * quarter] or rows[:1], rows[-quarter:]
        middle = lambda rows, key: statistics.median(r[key] for r in rows)
        memory, usual = (middle(early, "pss"), middle(late, "pss")), (middle(early, "p50"), middle(late, "p50"))
        # Of the slowest, the quietest minute of a quarter: whatever else runs on the machine only adds to it.
        slowest = min(r["p99"] for r in early), min(r["p99"] for r in late)
        checks = [("memory flat: %.1f MB in the second quarter, %.1f in the last" % memory, memory[1] <= memory[0] * 1.2 + 4),
                  ("latency flat: p50 %.2f ms in the second quarter, %.2f in the last" % usual, usual[1] <= usual[0] * 1.5 + 1),
                  ("latency flat: p99 %.2f ms in the quietest minute of the second quarter, %.2f of the last" % slowest,
                   slowest[1] <= slowest[0] * 1.5 + 2),
                  ("descriptors flat: %d, %d" % (middle(early, "fds"), middle(late, "fds")), middle(late, "fds") <= middle(early, "fds") + 8),
                  ("refused or failed: %d" % sum(r["failed"] for r in rows), not sum(r["failed"] for r in rows)),
                  ("left in the outbox: %d; sent: %d" % (left, self.sink.taken), not left),
                  ("fsck in %.0f s: %s" % (fsck_seconds, (fsck.stdout + fsck.stderr).strip().replace("\n", " | ")[:500]), fsck.returncode == 0),
                  ("people: %s; their troubles: %s" % (dict(self.acts), dict(self.troubles)), not self.troubles),
                  ("errors in the log: %d %s" % (len(errors), errors[:3]), not errors),
                  ("the daemon ends by itself", self.ends())]
        for words, good in checks:
            print("%s %s" % ("ok    " if good else "FAILED", words))
        return all(good for _, good in checks)

    def ends(self):
        self.group.process.send_signal(signal.SIGTERM)
        try:
            return self.group.process.wait(60) == 0
        except subprocess.TimeoutExpired:
            return False


def main():
    directory = tempfile.mkdtemp(prefix="sportello-soak-")
    soak = None
    try:
        soak = Soak(directory)
        good = soak.run()
    finally:
        if soak:
            soak.group.stop()
        shutil.rmtree(directory, ignore_errors=True)
    sys.exit(0 if good else 1)


main()
