"""What runs short or goes wrong around us: memory, descriptors, the clock, the lock, the machine itself. Nothing is lost, doubled or left half done,
the log says what it is, and it is over when it is over.
"""
import glob, os, random, re, resource, shutil, socket, sqlite3, struct, threading, time

from desk import BUILD, SLOW, Desk, Skip, address_of, mail, setup, wait_until
from shim import preload, sanitized

LARGE = ("z" * 70 + "\n") * 8000
ABORT, TRAP = -6, -5                                    # our own end, and GLib's


# ---- memory

class Memory:
    """tests/shim/memory.c: refuses memory from some request on."""
    def __init__(self, desk):
        if sanitized():
            raise Skip("sanitizers have their own memory")
        self.file = os.path.join(desk.directory, "memory")
        self.set(-1, 0)
        preload(desk, os.path.join(BUILD, "tests", "memory.so"))
        desk.environment["SHIM_MEMORY"] = self.file

    def set(self, granted, refuse):
        with open(self.file, "r+b" if os.path.exists(self.file) else "wb") as f:
            f.write(struct.pack("<qqq", -1, 0, refuse))
            f.flush()
            f.seek(0)
            f.write(struct.pack("<q", granted))

    def refused(self):
        with open(self.file, "rb") as f:
            return struct.unpack("<qqq", f.read())[1]


def try_one(desk, data, sender):
    try:
        return desk.lmtp(data, sender=sender)[0][0]
    except (OSError, ValueError):
        return 0


@setup(start=False)
def test_memory_runs_out(desk):
    memory, chance = Memory(desk), random.Random(4)
    with_shim, without = dict(desk.environment), dict(desk.environment)
    del without["LD_PRELOAD"]
    mails, short, ends = [], 0, []
    for i in range(40):
        if not desk.running():
            desk.environment = with_shim
            desk.start()
            desk.environment = without
        sender = "c%d@example.com" % i
        data = mail(subject="Memory %d" % i, sender=sender, body=LARGE if i % 7 == 3 else "hello\n" * 100)
        memory.set(int(2 ** chance.uniform(0, 11)), chance.choice((1, 2, 10, 100)))
        code = try_one(desk, data, sender)
        short += memory.refused() > 0
        memory.set(-1, 0)
        assert code in (0, 250) or code // 100 == 4, code
        mails.append((data, sender, code))
        if code != 250:
            wait_until(lambda: not desk.running() or desk.answers(), what="it ends or goes on")
        if not desk.running():
            ends.append(desk.process.wait())
            desk.process = None
    if not desk.running():
        desk.start()
    assert short > 10 and set(ends) <= {ABORT, TRAP}, (short, ends)
    for data, sender, code in mails:
        desk.accept(data, sender=sender)
    rows = [r["message_id"] for r in desk.ok("mailbox", "list")]
    assert len(rows) == len(set(rows)) == len(mails)
    assert sorted(t["subject"] for t in desk.tickets()) == sorted("Memory %d" % i for i in range(40))
    desk.ok("outbox", "retry")
    wait_until(lambda: not desk.outbox(), 60, desk.outbox())
    assert desk.cli("fsck").code == 0


# ---- descriptors

def cpu_seconds(pid):
    with open("/proc/%d/stat" % pid) as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")


def test_descriptors_run_out(desk):
    desk.accept(mail(subject="before"))
    desk.wait_sent(2)
    wait_until(lambda: desk.log("daemon.ready") and desk.metric("sportello_lmtp_connections") == 0)
    pid = desk.process.pid
    before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    first, second, waiting = desk.session(), desk.session(), []
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (len(os.listdir("/proc/%d/fd" % pid)), before[1]))
    for _ in range(20):                                 # the kernel takes each connection; somebody is not greeted any more
        waiting.append(socket.create_connection(("127.0.0.1", desk.lmtp_port)))
        try:
            wait_until(lambda: desk.log("lmtp.accept"), 0.5)
            break
        except AssertionError:                          # a descriptor that was busy when they were counted
            pass
    code, text = second.deliver(mail(subject="large", body=LARGE), ["support@example.org"])[0]
    assert code // 100 == 4, (code, text)               # no descriptor for its file
    used, begun = cpu_seconds(pid), time.monotonic()
    assert first.deliver(mail(subject="small"), ["support@example.org"])[0][0] == 250
    wait_until(lambda: time.monotonic() > begun + 1)
    assert cpu_seconds(pid) - used < 0.5 * (time.monotonic() - begun), "it spins"
    assert len(desk.log("lmtp.accept")) <= 1 + len(desk.log("lmtp.accept.recovered")), "one line, not one a try"
    resource.prlimit(pid, resource.RLIMIT_NOFILE, before)
    for connection in waiting:
        connection.settimeout(20 * SLOW)
        assert connection.recv(100).startswith(b"220 ")
        connection.close()
    assert desk.log("lmtp.accept.recovered")
    assert second.deliver(mail(subject="large", body=LARGE), ["support@example.org"])[0][0] == 250
    for session in (first, second):
        session.close()
    assert sorted(t["subject"] for t in desk.tickets()) == ["before", "large", "small"]
    desk.ok("outbox", "retry")
    wait_until(lambda: not desk.outbox())
    assert desk.cli("fsck").code == 0


# ---- the clock

HOUR, YEAR = 3600, 365 * 86400


@setup(relay="smtp")
def test_clock_jumps(desk):
    for i, offset in enumerate((0, 3 * HOUR, -5 * HOUR, 10 * YEAR, 0, -3 * YEAR, 0)):
        desk.advance(offset)
        sender = "c%d@example.com" % i
        desk.accept(mail(subject="At %d" % offset + " " * 0 + ".%d" % i, sender=sender), sender=sender)
        desk.wait_sent(1, to=sender)
        desk.ok("ticket", "reply", i + 1, "--as", "bob", stdin="An answer.\n")
        desk.wait_sent(2, to=sender)
        assert desk.http("/healthz")[0] == 200
    assert len(desk.tickets()) == 7
    wait_until(lambda: not desk.outbox())
    said = desk.cli("fsck")
    assert said.code == 0, said


@setup(relay="smtp")
def test_mail_put_off_by_a_clock_that_was_wrong_goes_out(desk):
    desk.relay.on_rcpt["anna@example.com"] = "451 4.3.0 later"
    desk.advance(10 * YEAR)
    desk.accept(mail())
    wait_until(lambda: desk.log("outbox.deferred"))
    desk.advance(0)
    del desk.relay.on_rcpt["anna@example.com"]
    desk.wait_sent(1, to="anna@example.com", seconds=40)
    wait_until(lambda: not desk.outbox())


DOUBT = {"desk.clock_doubt_seconds": 600, "relay.give_up_hours": 24, "desk.remind_days": 1, "desk.close_days": 2, "desk.digest_hour": 0}


def jumps(desk):
    return [round(int(e["seconds"]) / HOUR) for e in desk.log("clock.jumped")]


@setup(relay="smtp", config=DOUBT)
def test_a_clock_that_jumps_and_is_mended_did_nothing(desk):
    """Days at once: nobody is reminded, nothing closed, no wait over, no digest sent, no mail given up; and the log says what it was."""
    desk.relay.on_rcpt["carl@example.com"] = "451 4.3.0 later"
    for i, sender in enumerate(("anna@example.com", "ben@example.com", "carl@example.com")):
        desk.accept(mail(subject="Question %d" % i, sender=sender), sender=sender)
    desk.ok("ticket", "resolve", 1, "--as", "bob")
    desk.ok("ticket", "pend", 2, "--until", "2h")
    wait_until(lambda: desk.log("outbox.deferred") and len(desk.outbox()) == 1)
    before, states = len(desk.sent()), [desk.ticket(i)["state"] for i in (1, 2, 3)]
    assert states == ["resolved", "pending", "new"] and not desk.log("clock.jumped")
    tries = len(desk.log("outbox.deferred"))
    desk.advance(10 * 24 * HOUR, jump=True)
    wait_until(lambda: desk.log("outbox.deferred")[tries:], 30, "carl's mail is tried again, and not given up")
    wait_until(lambda: desk.log("clock.jumped"))
    assert "timers wait" in desk.log("clock.jumped")[0]["result"]
    desk.accept(mail(subject="Meanwhile", sender="dora@example.com"), sender="dora@example.com")
    desk.wait_sent(before + 2)                               # mail goes on, whatever time it is
    desk.advance(0, jump=True)
    wait_until(lambda: len(desk.log("clock.jumped")) == 2)
    assert jumps(desk) == [240, -240]
    desk.advance(HOUR // 10, jump=True)                                 # a small one is said, and believed: a whole round of timers has gone by
    wait_until(lambda: len(desk.log("clock.jumped")) == 3)
    assert [desk.ticket(i)["state"] for i in (1, 2, 3)] == states and not desk.log("timer.fired") and not desk.log("outbox.failed")
    assert len(desk.sent()) == before + 2, "to dora, and to bob about it"


@setup(start=False)
def test_a_clock_that_is_set_in_the_first_second_is_seen(desk):
    desk.start()
    desk.advance(25 * HOUR, jump=True)
    wait_until(lambda: desk.log("clock.jumped"), 20)


@setup(relay="smtp", config={**DOUBT, "desk.clock_doubt_seconds": 1, "desk.digest_hour": -1})
def test_a_clock_that_stays_is_believed_and_says_nothing_twice(desk):
    desk.accept(mail())
    desk.ok("ticket", "resolve", 1, "--as", "bob")
    desk.wait_sent(2, to="anna@example.com")
    to_anna = lambda: len(desk.sent_to("anna@example.com"))
    desk.advance(25 * HOUR, jump=True)
    wait_until(lambda: to_anna() == 3, 20, "the reminder")
    assert len(desk.log("clock.jumped")) == 1
    for offset in (0, 25 * HOUR, -5 * HOUR, 26 * HOUR):
        seen = len(desk.log("clock.jumped"))
        desk.advance(offset, jump=True)
        wait_until(lambda: len(desk.log("clock.jumped")) > seen)
    desk.advance(50 * HOUR, jump=True)
    wait_until(lambda: desk.ticket(1)["state"] == "closed", 20)
    desk.wait_sent(4, to="anna@example.com")
    assert [e["timer"] for e in desk.log("timer.fired")] == ["remind", "close"]
    wait_until(lambda: not desk.outbox())
    assert to_anna() == 4


# ---- the lock

@setup(relay="smtp")
def test_locked_while_results_are_to_be_written(desk):
    """Another program locks the database just when the relay has taken a mail: it is not sent again, and its result is written later."""
    other = sqlite3.connect(os.path.join(desk.state_dir, "sportello.db"), isolation_level=None, check_same_thread=False)
    relay, locked = desk.relay, []

    class Locking(list):
        def append(self, sent):
            if not locked:
                locked.append(True)
                other.execute("begin immediate")
            super().append(sent)
    relay.mails = Locking()
    desk.accept(mail(subject="taken"))
    wait_until(lambda: desk.log("outbox.trouble"), 20)
    assert "locked by another program" in desk.log("outbox.trouble")[0]["why"]
    codes = [desk.lmtp(mail(subject="put off"))[0][0]]
    assert [c // 100 for c in codes] == [4] and desk.http("/healthz")[0] == 503
    other.execute("rollback")
    other.close()
    wait_until(lambda: not desk.outbox(), 20)
    assert len(relay.mails) == 2 and len({m["Message-ID"] for m in relay.mails}) == 2
    desk.accept(mail(subject="after"))
    assert sorted(t["subject"] for t in desk.tickets()) == ["after", "taken"]


# ---- another machine

@setup(relay="smtp")
def test_a_backup_under_load_lives_on_elsewhere(desk):
    """Links and addresses in mails of before work on the other machine; what came before the backup is there; the MTA delivers again the rest."""
    desk.accept(mail(subject="Printer", body=LARGE))
    acknowledgement = desk.wait_sent(1, to="anna@example.com")[0]
    notice = desk.wait_sent(1, to="bob@agents.example")[0]
    before, after, stop = [], [], threading.Event()

    def load():
        for i in range(1000):
            if stop.is_set():
                return
            sender = "c%d@example.com" % i
            data = mail(subject="Load %d" % i, sender=sender, body="x\n" * 500)
            desk.accept(data, sender=sender)
            (after if started.is_set() else before).append((data, sender))
    started, thread, copy = threading.Event(), threading.Thread(target=load), os.path.join(desk.directory, "copy.db")
    thread.start()
    wait_until(lambda: len(before) > 20)
    count = len(before)
    started.set()
    desk.ok("backup", copy)
    stop.set()
    thread.join()
    desk.stop()
    other = Desk(os.path.join(desk.directory, "other"), relay="smtp", start=False)
    try:
        shutil.move(copy, os.path.join(other.state_dir, "sportello.db"))
        with open(other.clock_file, "w") as f:
            f.write("60")
        other.start()
        assert other.cli("fsck", json_output=False).out == "clean\n"
        assert {"Load %d" % i for i in range(count)} | {"Printer"} <= {t["subject"] for t in other.tickets()}
        for data, sender in before + after:
            other.accept(data, sender=sender)
        assert len(other.tickets()) == 1 + len(before) + len(after)
        other.accept(mail(reply_to=acknowledgement.message, body="Still broken.\n"), address_of(acknowledgement.message))
        other.accept(mail(reply_to=notice.message, body="/tag moved\n", sender="bob@agents.example"), address_of(notice.message), "bob@agents.example")
        number = [t["id"] for t in other.tickets() if t["subject"] == "Printer"][0]
        ticket = other.ticket(number)
        assert "Still broken." in [m["text"].strip() for m in ticket["messages"]] and ticket["tags"] == ["moved"], ticket["tags"]
        link = re.search(r"http://127\.0\.0\.1:\d+(/l/[a-z2-7]+)", acknowledgement.text).group(1)
        assert other.http(link)[0] == 200
        wait_until(lambda: not other.outbox(), 30)
        assert other.stop() == 0
    finally:
        if other.running():
            other.kill()
        other.close()


# ---- fsck sees it

def damaged(desk, finding, *advice):
    result = desk.cli("fsck", json_output=False)
    assert result.code == 65 and finding in result.out, result
    for words in advice:
        assert words in result.out, result
    assert any(finding in f for f in desk.cli("fsck").json["findings"])


def test_fsck_sees_each_damage_and_says_what_to_do(desk):
    desk.accept(mail(subject="small"))
    desk.accept(mail(subject="large", body=LARGE))
    desk.wait_sent(4)
    desk.stop()
    database, large = os.path.join(desk.state_dir, "sportello.db"), glob.glob(os.path.join(desk.state_dir, "mails", "*", "*"))[0]
    assert desk.cli("fsck", json_output=False).out == "clean\n"

    def flip(path, at):
        with open(path, "r+b") as f:
            f.seek(at)
            byte = f.read(1)
            f.seek(at)
            f.write(bytes([byte[0] ^ 1]))
    flip(large, 300000)
    damaged(desk, "its bytes are not those that came", "backup")
    flip(large, 300000)
    os.rename(large, large + ".away")
    damaged(desk, "cannot be opened", "backup")
    os.rename(large + ".away", large)
    with open(database, "rb") as f:
        at = f.read().index(b"How does this work?")
    flip(database, at)
    damaged(desk, "its bytes are not those that came", "backup")
    flip(database, at)
    for sql, finding in (("DELETE FROM outbox WHERE id=1", "outbox: rows are missing"),
                         ("DELETE FROM outbox WHERE id>2", "its outgoing mail is not there"),
                         ("UPDATE ticket SET state='closed' WHERE id=1", "its history says"),
                         ("DELETE FROM mailbox WHERE id=1", "mailbox: rows are missing"),
                         ("DELETE FROM mailbox WHERE id=2", "no delivery names it")):
        shutil.copy(database, database + ".kept")
        other = sqlite3.connect(database)
        other.execute(sql)
        other.commit()
        other.close()
        damaged(desk, finding, "backup", "sportellod", "disk")
        shutil.move(database + ".kept", database)
    assert desk.cli("fsck", json_output=False).out == "clean\n"
