"""Three gateways on one PostgreSQL database, under mail that does not stop, while gateways and the server are killed at random: nothing lost, nothing doubled.

KILLS (50; `make kills COUNT=1000`) is how many; KILLS_SEED the same story again, KILLS_SECONDS ends it
earlier. A kill is of a gateway (kill -9), or, one in five, of the database server: all of its
processes at once, as when its machine loses power (what was not written is gone with its memory), or its immediate stop. Both are started again at once.
What is held: every mail that was answered 250 is one ticket, however often it was delivered; each ticket that waited for a time wakes once; no two outgoing mails are made of
one; of those that the relay saw twice each was the last one on its connection when it was given again (one of each sender in flight, no more); fsck is clean."""
import collections, datetime, os, queue, random, signal, subprocess, sys, threading, time

from desk import mail, setup, wait_until
from relay import Relay
from test_postgres import gateways, server

KILLS, SEED = int(os.environ.get("KILLS", "50")), int(os.environ.get("KILLS_SEED", "0")) or random.randrange(1, 1 << 30)
SECONDS = float(os.environ.get("KILLS_SECONDS", "inf"))
DELIVERERS, AT_ONCE = 3, 6                                   # connections of the mail server; mails that it has on its way
PACE = 0.3                                                   # seconds between two of a connection
PEND_EACH, PEND_SECONDS = 7, 4


class Watching(Relay):
    """Knows which mail came on which connection, and when another followed it there. A connection has a number of its own: the next one may come from the same port."""
    def __init__(self):
        self.seen, self.times, self.numbers = [], [], {}
        super().__init__()

    def taken(self, connection, sent):
        self.seen.append((self.numbers.setdefault(connection, len(self.numbers)), sent.message["Message-ID"], tuple(sent.recipients)))
        self.times.append(time.time())


class MailServer(threading.Thread):
    """As Postfix: a queue, connections to any of the gateways, again until one says 250. Sometimes it does not hear that, and delivers once more."""
    def __init__(self, all_of_them, number, chance):
        super().__init__(daemon=True)
        self.all, self.chance, self.accepted, self.waiting, self.stopping, self.number = all_of_them, random.Random(chance), [], queue.Queue(), False, number

    def run(self):
        count = 0
        while not self.stopping or not self.waiting.empty():
            if not self.stopping and self.waiting.qsize() < AT_ONCE:
                count += 1
                self.waiting.put("%d.%d" % (self.number, count))
            name = self.waiting.get()
            if self.deliver(name):
                self.accepted.append(name)
            else:
                self.waiting.put(name)
            time.sleep(self.chance.uniform(0, 2 * PACE))

    def deliver(self, name):
        data = mail(subject="Request " + name, sender="c%s@example.com" % name, headers=[]).replace(b"Message-ID: ", b"Message-ID: <k%s@example.com>\r\nX-Old: " % name.encode(), 1)
        try:
            gateway = self.chance.choice(self.all)
            good = gateway.lmtp(data, sender="c%s@example.com" % name)[0][0] == 250
            return good and self.chance.random() > 0.05
        except (OSError, EOFError, AssertionError, ValueError, IndexError):
            return False


def children(pid):
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open("/proc/%s/stat" % name) as f:
                    if int(f.read().rsplit(")", 1)[1].split()[1]) == pid:
                        found.append(int(name))
            except OSError:
                pass
    return found


def ended(pid):
    """Gone, or nothing left of it but its number. It may go between our two looks."""
    try:
        with open("/proc/%d/stat" % pid) as f:
            return f.read().rsplit(")", 1)[1].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def power_cut(there):
    """All processes of the server at once; its shared memory goes with them."""
    with open(os.path.join(there.data, "postmaster.pid")) as f:
        postmaster = int(f.readline())
    os.kill(postmaster, signal.SIGSTOP)                      # it starts no more
    for pid in children(postmaster) + [postmaster]:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    wait_until(lambda: ended(postmaster), 30)
    start(there)


def start(there):
    def up():
        try:
            there.start()
            return True
        except subprocess.CalledProcessError:                # the socket of the one before, or a process that is just going
            return False
    wait_until(up, 30)


def pend_some(desk, there, pended):
    """A ticket that will wake by itself."""
    try:
        tickets = there.sql("SELECT id FROM ticket WHERE state='new' ORDER BY random() LIMIT 1", "desk")
    except AssertionError:                                   # the server is just coming up
        return
    if tickets:
        number, until = int(tickets[0][0]), datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=PEND_SECONDS)
        if desk.cli("ticket", "pend", number, "--until", until.strftime("%Y-%m-%dT%H:%M:%SZ")).code == 0:
            pended.add(number)


def revive(gateway):
    if not gateway.running():
        gateway.process = None
        gateway.start(wait=False)


def kill_one(chance, there, all_of_them, done):
    what = chance.random()
    if what < 0.8:
        victim = chance.choice(all_of_them)
        victim.kill()
        victim.start(wait=False)
        done["gateways"] += 1
    elif what < 0.9:
        power_cut(there)
        done["power cuts"] += 1
    else:
        there.stop("immediate")
        start(there)
        done["immediate stops"] += 1


def story(desk, there, relay, all_of_them):
    chance = random.Random(SEED)
    desk.set("relay.url", relay.url)
    all_of_them += gateways(desk, there, 3, {"relay.url": relay.url})
    servers = [MailServer(all_of_them, i, chance.random()) for i in range(DELIVERERS)]
    done, pended = collections.Counter(), set()
    for one in servers:
        one.start()
    until = time.monotonic() + SECONDS
    for i in range(KILLS):
        if time.monotonic() > until:
            break
        time.sleep(chance.uniform(0.1, 1.0))
        kill_one(chance, there, all_of_them, done)
        for gateway in all_of_them:
            revive(gateway)
        if i % PEND_EACH == 0:
            pend_some(desk, there, pended)
        if i % 50 == 49:
            print("%d kills, %d mails" % (i + 1, sum(len(one.accepted) for one in servers)), file=sys.stderr, flush=True)
    for one in servers:
        one.stopping = True
    for gateway in all_of_them:
        revive(gateway)
        wait_until(gateway.answers, 60)
    for one in servers:
        one.join(120)
        assert not one.is_alive(), "mail that nobody takes"
    return sorted(name for one in servers for name in one.accepted), pended, done


def doubles(seen):
    """How many mails the relay has twice; and those which were not the last one of a connection when they came again."""
    last, place, twice, wrong = {}, {}, 0, []
    for at, (connection, message, recipients) in enumerate(seen):
        key = (message, recipients)
        if key in place:
            twice += 1
            if last[place[key]] != key:
                wrong.append(key)
        place[key], last[connection] = connection, key
    return twice, wrong


class Standing:
    """What a failure that comes once in a hundred runs must tell at once: who has the lease, which timers wait, what the gateways complained of."""
    def __init__(self, there, all_of_them):
        self.there, self.all = there, all_of_them

    def __str__(self):
        lines = ["every waiting ticket wakes"]
        for what in ("clock_timestamp() AS now, * FROM lease", "* FROM timer", "id, state FROM ticket WHERE state='pending'", "pid, state, wait_event, query_start, query FROM pg_stat_activity WHERE datname='desk'"):
            lines += ["%s: %s" % (what, " ".join(row)) for row in self.there.sql("SELECT " + what, "desk")]
        for gateway in self.all:
            with open(os.path.join(gateway.directory, "log"), errors="replace") as f:
                lines += ["gateway %d: %s" % (gateway.process.pid, line.rstrip()) for line in f if "level=debug" not in line and "level=info" not in line][-30:]
        return "\n".join(lines)


def way_of(relay, all_of_them, keys):
    """Of mails that came twice and should not have: when and on which connection, what came there beside, and what the gateways said of them and of their lease."""
    lines, ids = [], {key[0] for key in keys}
    shared = {connection for connection, message, _ in relay.seen if message in ids}
    for (connection, message, recipients), at in zip(relay.seen, relay.times):
        if connection in shared:
            lines.append("%s.%03dZ relay: connection %d has %s for %s" % (time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at)), at % 1 * 1000, connection, message, ", ".join(recipients)))
    for i, gateway in enumerate(all_of_them):
        with open(os.path.join(gateway.directory, "log"), errors="replace") as f:
            lines += ["%s gateway %d: %s" % (line[3:27], i, line.rstrip()) for line in f
                      if "event=store.lease" in line or "event=daemon.start" in line or "event=outbox.trouble" in line or any(message.strip("<>") in line for message in ids)]
    return "\n".join(sorted(lines))


def hold(desk, there, relay, all_of_them):
    accepted, pended, done = story(desk, there, relay, all_of_them)
    wait_until(lambda: not desk.ok("outbox", "list"), 120)
    wait_until(lambda: there.sql("SELECT count(*) FROM ticket WHERE state='pending'", "desk") == [["0"]], 60, Standing(there, all_of_them))
    wait_until(lambda: not desk.ok("outbox", "list"), 60)
    assert there.sql("SELECT count(*) FROM outbox WHERE attempts<>1", "desk") == [["0"]], "a mail paid for a server that was gone"
    subjects = sorted(row[0].split()[1] for row in there.sql("SELECT subject FROM ticket", "desk"))
    assert subjects == accepted, "lost: %s; doubled or never accepted: %s" % (sorted(set(accepted) - set(subjects)),
                                                                             [s for s, n in collections.Counter(subjects).items() if n > 1 or s not in set(accepted)])
    woken = dict((int(t), int(n)) for t, n in there.sql("SELECT ticket, count(*) FROM history WHERE was='pending' GROUP BY ticket", "desk"))
    assert all(woken.get(number) == 1 for number in pended), (pended, woken)
    got = collections.Counter(to for _, _, recipients in relay.seen for to in recipients if to.startswith("c"))
    assert set(got) == {"c%s@example.com" % name for name in accepted}
    twice, wrong = doubles(relay.seen)
    assert not wrong, "sent twice though another had followed it on its connection: %s\n%s" % (wrong, way_of(relay, all_of_them, wrong))
    fsck = desk.cli("fsck")
    assert fsck.code == 0, fsck.out + fsck.err
    print("seed %d: %d mails, %s: none lost, none doubled, %d of %d outgoing mails sent twice, %d timers once" %
          (SEED, len(accepted), ", ".join("%d %s" % (n, what) for what, n in sorted(done.items())), twice, len(relay.seen), len(pended)))
    for gateway in all_of_them:
        gateway.stop()


@setup(start=False)
def test_nothing_is_lost_or_doubled_whoever_is_killed(desk):
    os.chmod(desk.directory, 0o755)
    relay, all_of_them = Watching(), []
    try:
        with server(desk) as there:
            hold(desk, there, relay, all_of_them)
    finally:
        for gateway in all_of_them:
            if gateway is not desk and gateway.running():
                gateway.kill()
        relay.close()


test_nothing_is_lost_or_doubled_whoever_is_killed.long = 90
