"""kill -9 at random moments under load. CRASH_ROUNDS rounds (4 in make check, 50 in make check-crash).

After each: every mail that was answered 250 is there exactly once; every other can be sent again without a second ticket; what a
committed plan wanted to send is sent or waits; fsck is clean.
"""
import collections, os, random, threading, time
from desk import mail, wait_until, Lmtp

ROUNDS = int(os.environ.get("CRASH_ROUNDS", "4"))
SENDERS = 6


class Sender(threading.Thread):
    """Sends mails as fast as they are answered until the daemon is gone. Keeps what was promised and what was not."""
    def __init__(self, desk, number, round_):
        super().__init__()
        self.desk, self.name_, self.acked, self.open = desk, "%d.%d" % (round_, number), [], []

    def run(self):
        count = 0
        try:
            with Lmtp(self.desk.lmtp_port, timeout=10) as session:
                while True:
                    count += 1
                    size = random.choice((100, 2000, 2000, 400000))
                    sender = "c%s.%d@example.com" % (self.name_, count)
                    data = mail(subject="Crash %s %d" % (self.name_, count), message_id="<%s.%d@crash.example>" % (self.name_, count),
                                sender=sender, body="x" * 70 + "\n" + ("y" * 70 + "\n") * (size // 71))
                    self.open.append((data, sender))
                    if session.deliver(data, ["support@example.org"], sender)[0][0] == 250:
                        self.acked.append(self.open.pop())
        except (OSError, ValueError):
            pass


def message_id(data):
    return data.split(b"Message-ID: ")[1].split(b"\r\n")[0].decode()


def check(desk, mails):
    rows = collections.Counter(r["message_id"] for r in desk.ok("mailbox", "list"))
    for data, _ in mails:
        assert rows[message_id(data)] == 1, "%s is there %d times" % (message_id(data), rows[message_id(data)])
    assert sum(rows.values()) == len(mails), "mails that nobody sent"
    subjects = collections.Counter(t["subject"] for t in desk.tickets())
    assert len(subjects) == len(mails) and set(subjects.values()) <= {1}, "a mail made two tickets"


def test_kill_9_under_load(desk):
    mails = []
    for round_ in range(ROUNDS):
        if not desk.running():
            desk.start()
        senders = [Sender(desk, i, round_) for i in range(SENDERS)]
        for s in senders:
            s.start()
        time.sleep(random.uniform(0.02, 0.5))
        desk.kill()
        for s in senders:
            s.join()
        desk.start()
        acked = [m for s in senders for m in s.acked]
        rows = {r["message_id"] for r in desk.ok("mailbox", "list")}
        for data, _ in acked:
            assert message_id(data) in rows, "answered 250, and lost: " + message_id(data)
        again = [m for s in senders for m in s.open]
        for data, sender in again:
            desk.accept(data, sender=sender)
        mails += acked + again
        check(desk, mails)
    assert len(mails) > ROUNDS * 2, "the load was too small to mean anything"
    for row in random.sample(desk.ok("mailbox", "list"), min(20, len(mails))):
        original = [d for d, _ in mails if message_id(d) == row["message_id"]][0]
        assert desk.cli("ticket", "raw", row["ticket"], row["message"]).bytes == original
    wait_until(lambda: not desk.outbox(), 120, "the outbox is empty")
    sent = {r for m in desk.sent() for r in m.recipients}
    for _, sender in mails:
        assert sender in sent, "no acknowledgement was sent to " + sender
    assert desk.cli("fsck").code == 0, desk.cli("fsck", json_output=False)


test_kill_9_under_load.alone = True
