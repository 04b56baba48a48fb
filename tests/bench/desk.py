"""desk.py - Sportello as a candidate: plain, with each feature alone, and with everything on.

plain: tickets, threading, acknowledgements and notices to the outbox; no rules, no keyword sets, no articles, no classifier.
rules: 40 scripts and 20 keyword sets. kb: 200 articles, suggested with the acknowledgement. model: a classifier trained on 300 confirmed
tickets of five queues. all: the three together. Nothing is sent: nobody listens where the relay should be, and the senders keep quiet.
"""
import os, shutil, sqlite3, subprocess, sys, time

import texts
from group import Group, wait_for
from ports import free_port

BUILD = ""                                                   # run.py sets these
TOOLS = ""
TRAINING = 300
# Acknowledgements are measured, not their bounds.
UNBOUNDED = ("acknowledgements_per_hour = 100000; stranger_acknowledgements_per_hour = 100000; "
             "stranger_acknowledgements_per_domain = 1000000; stranger_acknowledgements_per_minute = 1000000;")
PLAIN, ALL = (), ("rules", "kb", "model")


def write_conf(directory, port, features, relay, web="", mirror=False, more="", agents=("bob",), queue=""):
    """queue: more settings of each queue."""
    conf = os.path.join(directory, "sportello.conf")
    kb = "with-acknowledgement" if "kb" in features else "off"
    named = [("support", "Everything that fits nowhere else")]
    if "model" in features:
        named += [(topic, texts.TOPICS[topic]["description"]) for topic in sorted(texts.TOPICS)]
    queues = ['{ name = "%s"; address = "%s@example.org"; description = "%s"; agents = [ %s ]; kb = "%s"; %s }'
              % (name, name, words, ", ".join('"%s"' % agent for agent in agents), kb, queue)
              for name, words in named]
    with open(conf, "w") as f:
        f.write('desk: { name = "Bench"; domain = "example.org"; state_dir = "%s/state"; %s };\n' % (directory, UNBOUNDED))
        f.write('lmtp: { listen = [ "127.0.0.1:%d" ]; };\nweb: { listen = "%s"; };\nrelay: { url = "%s"; };\n' % (port, web, relay))
        people = ['{ name = "%s"; email = "%s@example.net"; display = "%s"; }' % (agent, agent, agent.capitalize()) for agent in agents]
        f.write('log: { level = "warning"; };\nagents: ( %s );\n' % ",\n  ".join(people))
        f.write('queues: ( %s );\ntemplates_dir = "";\n' % ",\n  ".join(queues))
        f.write('rules_dir = "%s";\n' % (write_rules(directory) if "rules" in features else ""))
        f.write('kb_dir = "%s";\n' % (write_kb(directory) if "kb" in features else ""))
        f.write(more)
        if mirror:
            f.write('mirror: { maildir = "%s"; };\n' % mirror_of(directory))
        if "rules" in features:
            f.write("keywords: ( %s );\n" % ",\n  ".join('{ name = "set%d"; any = [ %s ]; }' % (i, ", ".join('"%s"' % w for w in words))
                                                         for i, words in enumerate(texts.keyword_sets())))
    return conf


def mirror_of(directory):
    return os.path.join(directory, "mirror")


def write_rules(directory):
    """40 scripts; none takes the mail from the queue that the address says, so that the classifier is always asked."""
    folder = os.path.join(directory, "rules")
    os.makedirs(folder, exist_ok=True)
    for i, test in enumerate(texts.rule_tests(True)):
        with open(os.path.join(folder, "%02d.sieve" % i), "w") as f:
            f.write('require "imap4flags";\nif %s { addflag "tag:t%d"; }\n' % (test, i))
    return folder


def write_kb(directory):
    folder = os.path.join(directory, "kb")
    if not os.path.exists(folder):
        texts.write_articles(folder)
    return folder


def start(directory, port, env=None, features=PLAIN, relay="smtp://127.0.0.1:9", state=None, web="", mirror=False, more="", **people):
    """state: a state directory to begin with, copied."""
    if state and not os.path.exists(os.path.join(directory, "state")):
        shutil.copytree(state, os.path.join(directory, "state"))
    conf = write_conf(directory, port, features, relay, web, mirror, more, **people)
    return Group("sportello", [os.path.join(BUILD, "sportellod"), "-c", conf], os.path.join(directory, "log"), env)


def tool(directory, *words):
    conf = os.path.join(directory, "sportello.conf")
    return subprocess.run([os.path.join(BUILD, "sportello"), "-c", conf] + list(words), check=True, capture_output=True, text=True)


def database(directory):
    return os.path.join(directory, "state", "sportello.db")


def count(directory, what):
    db = sqlite3.connect("file:%s?mode=ro" % database(directory), uri=True)
    try:
        return db.execute("SELECT count(*) FROM " + what).fetchone()[0]
    finally:
        db.close()


def mirrored(directory):
    """The mirror's position: the number of the last message that stands there."""
    try:
        with open(os.path.join(mirror_of(directory), "sportello-mirror")) as f:
            return int(f.read().split()[2])
    except (OSError, IndexError):
        return 0


def waiting(directory):
    return count(directory, "outbox WHERE state='waiting'")


def left_undone(directory, features):
    """What the desk should have done with the mails, and did not: a bench that measures nothing must not look well."""
    words = []
    if count(directory, "ticket") > count(directory, "outbox WHERE record LIKE '%template=received%'"):
        words.append("not every ticket was acknowledged")
    for feature, what in (("rules", "tag"), ("model", "routed"), ("kb", "outbox WHERE record LIKE '%article_first=%'")):
        if (feature in features) != (count(directory, what) > 0):
            words.append("%s: %s" % (feature, "did nothing" if feature in features else "is on"))
    return words


def fill(directory):
    """A desk's directory whose store has a million tickets (BENCH_TICKETS), made by bench_store: two or three minutes, 7 GB. BENCH_FILLED: one that it made before, copied."""
    state = os.path.join(directory, "state")
    if os.environ.get("BENCH_FILLED"):
        shutil.copytree(os.environ["BENCH_FILLED"], state)
        return directory
    os.makedirs(state)
    subprocess.run([os.path.join(TOOLS, "bench_store"), state, "fill", os.environ.get("BENCH_TICKETS", "1000000")], check=True, stderr=subprocess.DEVNULL)
    return directory


def age(directory, days):
    """Its closed tickets are so much older. To set the clock on would make all that a desk ever does later due at once."""
    db, ms = sqlite3.connect(database(directory)), days * 86400000
    db.execute("UPDATE ticket SET created=created-?1, updated=updated-?1, closed_at=closed_at-?1 WHERE state='closed'", (ms,))
    db.commit()
    db.close()


PROMISES = """calendars: ( { name = "office"; zone = "Europe/Rome"; %s } );
sla: ( { name = "urgent"; when = "priority:high"; calendar = "office"; first = "1h"; next = "2h"; resolution = "1bd"; },
       { name = "normal"; calendar = "office"; first = "4h"; next = "8h"; resolution = "3bd"; } );
""" % " ".join('%s = [ "09:00-18:00" ];' % day for day in ("mon", "tue", "wed", "thu", "fri"))


def tell(directory):
    """A desk whose million tickets (BENCH_TICKETS) have histories of 90 days, with promises; its reports' pages are made by the daemon, in some minutes more."""
    os.makedirs(os.path.join(directory, "state"))
    port = free_port()
    group = start(directory, port, more=PROMISES)
    wait_for(port, group)
    group.stop()
    subprocess.run([sys.executable, os.path.join(os.path.dirname(os.path.abspath(__file__)), "fill_reports.py"), os.path.join(directory, "state"), os.environ.get("BENCH_TICKETS", "1000000")], check=True,
                   stdout=subprocess.DEVNULL)
    return directory


def wait_for_pages(directory, seconds=3600):
    db = sqlite3.connect("file:%s?mode=ro" % database(directory), uri=True)
    try:
        until = time.monotonic() + seconds
        last = lambda: db.execute("SELECT (max(id)-1)/256+1 FROM ticket").fetchone()[0]
        while time.monotonic() < until and (db.execute("SELECT value FROM meta WHERE key='events_top'").fetchone() or [0])[0] < last():
            time.sleep(1)
    finally:
        db.close()


def train(directory):
    """A state directory with a trained model, made through the front door: mails to each queue's own address, confirmed, learned."""
    port = free_port()
    os.makedirs(directory)
    group = start(directory, port, features=("model",), relay="maildir:%s/out" % directory)
    try:
        wait_for(port, group)
        for i, topic in enumerate(sorted(texts.TOPICS)):
            mails = os.path.join(directory, "mails")
            chance = texts.random.Random(100 + i)
            with open(mails, "w", encoding="utf-8") as f:
                for _ in range(TRAINING // len(texts.TOPICS)):
                    f.write("\0".join(texts.mail(chance, topic)) + "\0")
            subprocess.run([os.path.join(TOOLS, "load"), "-f", mails, "-m", str(TRAINING // len(texts.TOPICS)), "-r", "0", "-i", "train%d" % i,
                            "-t", topic + "@example.org", "127.0.0.1:%d" % port], check=True, stdout=subprocess.DEVNULL)
        until = time.monotonic() + 60
        while waiting(directory) and time.monotonic() < until:
            time.sleep(0.1)
    finally:
        group.stop()
    db = sqlite3.connect(database(directory))
    db.execute("INSERT OR IGNORE INTO confirmed(ticket, queue, at) SELECT id, queue, created FROM ticket")
    db.commit()
    db.close()
    tool(directory, "learn")
    return os.path.join(directory, "state")
