#!/usr/bin/env python3
"""learn_intake.py [ROUNDS] - what the classifier costs the intake: a mail that is asked about beside one that is not, and training meanwhile.

One desk of eight queues, taught by 2000 confirmed tickets, of which each measurement gets a copy. "asked": mail to the first queue's address,
where the model may choose; "not asked": the same mails to another queue's. "training": the same as "asked" while a model is trained in the
daemon. Mails of 2 KB with words as unevenly frequent as in a language; 20 connections. Medians of ROUNDS (3), alternating; ratios first.
After `make bench-tools`; BUILD names the build.
"""
import json, os, random, shutil, signal, sqlite3, statistics, subprocess, sys, tempfile, time
from group import Group, wait_for
from ports import free_port
from texts import person, wrap

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(TOP, os.environ.get("BUILD", "build"))
TOOLS = os.path.join(BUILD, "bench")
ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 3
QUEUES = ["support"] + ["queue%d" % i for i in range(1, 9)]
TAUGHT, MAILS, SESSIONS, BYTES = 2000, 4000, 20, 2048


def vocabulary(random_, count):
    parts = "ba co di fe gu ha li mo nu pe ra si to va we za st tr pl ing er on".split()
    return ["".join(random_.choice(parts) for _ in range(random_.choice([1, 2, 2, 3, 3, 4]))) for _ in range(count)]


class Writer:
    """Texts of one of the queues: nine words of ten are anybody's, by Zipf's law, the rest are the queue's own."""
    def __init__(self, seed=7):
        self.random = random.Random(seed)
        self.common = vocabulary(self.random, 4000)
        self.weights = [1 / (rank + 3) for rank in range(len(self.common))]
        self.own = {queue: vocabulary(self.random, 60) for queue in QUEUES[1:]}

    def text(self, queue, size):
        words = self.random.choices(self.common, self.weights, k=size // 4)
        for i in range(len(words)):
            if self.random.random() < 0.1:
                words[i] = self.random.choice(self.own[queue])
        return " ".join(words)[:size]


def configure(directory, port, precision):
    conf = os.path.join(directory, "sportello.conf")
    with open(conf, "w") as f:
        f.write('desk: { name = "Bench"; domain = "example.org"; state_dir = "%s/state"; acknowledgements_per_hour = 100000; stranger_acknowledgements_per_hour = 100000; stranger_acknowledgements_per_domain = 1000000; stranger_acknowledgements_per_minute = 1000000; };\n' % directory)
        f.write('lmtp: { listen = [ "127.0.0.1:%d" ]; };\nweb: { listen = ""; };\nrelay: { url = "smtp://127.0.0.1:9"; };\n' % port)
        f.write('learn: { precision = %.4f; };\nagents: ( { name = "bob"; email = "bob@example.net"; display = "Bob"; } );\nqueues: (\n' % precision)
        f.write(",\n".join('{ name = "%s"; address = "%s@example.org"; description = "%s"; agents = [ "bob" ]; kb = "off"; }' % (q, q, q) for q in QUEUES))
        f.write("\n);\n")
    return conf


def start(directory, port, precision=0.9):
    conf = configure(directory, port, precision)
    desk = Group("sportello", [os.path.join(BUILD, "sportellod"), "-c", conf], os.path.join(directory, "log"))
    wait_for(port, desk)
    return desk


def logged(directory, event, count=1):
    for _ in range(3000):
        with open(os.path.join(directory, "log"), "rb") as f:
            if f.read().count(event) >= count:
                return
        time.sleep(0.01)
    raise SystemExit("the daemon did not log %s" % event.decode())


def load(port, to, texts, mails):
    command = [os.path.join(TOOLS, "load"), "-s", str(SESSIONS), "-m", str(mails), "-r", "0", "-t", to, "-f", texts, "-i", "m%d" % mails]
    out = json.loads(subprocess.run(command + ["127.0.0.1:%d" % port], capture_output=True, text=True, timeout=300).stdout)
    if out["failed"]:
        print("!! %d mails were not accepted" % out["failed"])
    return out["rate"]


def teach(directory, writer):
    """A state with a model in it. The n-th ticket is about the n-th queue of those that can be guessed, since one session delivers in order."""
    import smtplib
    port = free_port()
    desk = start(directory, port)
    with smtplib.LMTP("127.0.0.1", port) as session:
        for i in range(TAUGHT):
            text = writer.text(QUEUES[1 + i % 8], random.Random(i).choice([200, 500, 1000, 2000]))
            session.sendmail("c%d@example.com" % i, ["support@example.org"],
                             "From: c%d@example.com\r\nTo: support@example.org\r\nSubject: %s\r\nMessage-ID: <t%d@example.com>\r\n\r\n%s\r\n" % (i, text[:30], i, text))
    desk.stop()
    conf = os.path.join(directory, "sportello.conf")
    base = sqlite3.connect(os.path.join(directory, "state", "sportello.db"))
    base.executemany("INSERT INTO confirmed(ticket,queue,at) VALUES(?,?,?)", [(i + 1, QUEUES[1 + i % 8], int(time.time() * 1000)) for i in range(TAUGHT)])
    base.commit()
    base.close()
    print(subprocess.run([os.path.join(BUILD, "sportello"), "-c", conf, "learn"], check=True, capture_output=True, text=True).stdout)


def measure(state, texts, to, training, mails=MAILS):
    directory, port = tempfile.mkdtemp(prefix="sportello-bench-"), free_port()
    shutil.copytree(os.path.join(state, "state"), os.path.join(directory, "state"))
    desk = start(directory, port)
    try:
        logged(directory, b"learn.loaded")
        load(port, to, texts, SESSIONS)
        if training:                             # another precision is asked: the model is made again, within a second
            configure(directory, port, 0.91)
            desk.process.send_signal(signal.SIGHUP)
            time.sleep(1.5)
        before = desk.cpu()
        rate = load(port, to, texts, mails)
        busy = desk.cpu() - before
        with open(os.path.join(directory, "log"), "rb") as f:
            finished = b"learn.trained" in f.read()
        return {"rate": rate, "cpu": busy / mails * 1e6, "finished": finished}
    finally:
        desk.stop()
        shutil.rmtree(directory, ignore_errors=True)


def main():
    directory = tempfile.mkdtemp(prefix="sportello-bench-")
    try:
        writer = Writer()
        teach(directory, writer)
        texts = os.path.join(directory, "texts")
        with open(texts, "w") as f:
            for i in range(1000):
                text = writer.text(QUEUES[1 + i % 8], BYTES)
                f.write("\0".join((person(i), text[:30], "\n".join(wrap(text)) + "\n")) + "\0")
        cases = {"not asked": ("queue1@example.org", False), "asked": ("support@example.org", False), "training": ("support@example.org", True)}
        results = {name: [] for name in cases}
        for _ in range(ROUNDS):
            for name, (to, training) in cases.items():
                results[name].append(measure(directory, texts, to, training))
        median = lambda name, key: statistics.median(result[key] for result in results[name])
        print("intake, asked : not asked      %.2f" % (median("asked", "rate") / median("not asked", "rate")))
        print("intake, training : not         %.2f%s" % (median("training", "rate") / median("asked", "rate"),
                                                         " (the training ended before the load did)" if any(r["finished"] for r in results["training"]) else ""))
        for name in cases:
            print("%-10s %8.0f mails/s %8.0f us of processor a mail" % (name, median(name, "rate"), median(name, "cpu")))
    finally:
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
