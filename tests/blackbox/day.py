"""day.py - a scripted day of a desk on a shimmed disk, and what must be true of the disk after a power cut at any moment of it.

Day(desk, shim).live() runs it and keeps what was promised, each with the position in the disk's log at which the promise was heard: a 250, an
exit status 0, a page's 200, a mail that the relay took. check(directory, position) holds a rebuilt disk against it.
"""
import hashlib, os, random, re, shutil, sqlite3, subprocess, threading
from urllib.parse import urlencode

from desk import BUILD, Desk, Lmtp, address_of, mail, wait_until

BOB, LARGE = "bob@agents.example", ("a long line of a large mail, number " + "x" * 30 + "\n") * 6000
DAYS = 86400


class Delivery:
    def __init__(self, data, recipients, sender, begun):
        self.data, self.recipients, self.sender, self.begun, self.acked = data, recipients, sender, begun, None
        self.message_id = re.search(rb"Message-ID: (\S+)", data).group(1).decode()


class Day:
    def __init__(self, desk, shim):
        self.desk, self.shim, self.deliveries, self.promises, self.taken, self.subjects = desk, shim, [], [], [], []
        self.backup = os.path.join(shim.root, "backup.db")
        taken, mails, position = self.taken, desk.relay.mails, shim.position

        class Noted(list):
            def append(self, sent):             # before the relay says 250
                taken.append((position(), sent))
                super().append(sent)
        desk.relay.mails = Noted(mails)

    # ---- doing
    def deliver(self, data, recipients="support@example.org", sender="anna@example.com", session=None):
        recipients = [recipients] if isinstance(recipients, str) else recipients
        delivery = Delivery(data, recipients, sender, self.shim.position())
        self.deliveries.append(delivery)
        replies = session.deliver(data, recipients, sender) if session else self.desk.lmtp(data, recipients, sender)
        assert all(code == 250 for code, _ in replies), replies
        delivery.acked = self.shim.position()
        return delivery

    def request(self, subject, body="It does not work.\n", **options):
        self.subjects.append(subject)
        sender = subject.lower().replace(" ", ".") + "@example.com"
        self.deliver(mail(subject=subject, body=body, sender=sender, **options), sender=sender)
        return self.desk.wait_sent(1, to=sender)[0]

    def promise(self, what, sql, *arguments):
        """From now on this query finds a row."""
        self.promises.append((self.shim.position(), what, sql, arguments))

    def cli(self, *arguments, stdin=None):
        self.desk.ok(*arguments, stdin=stdin)
        self.promise("sportello " + " ".join(map(str, arguments)), "SELECT 1")

    def number(self, subject):
        return [t for t in self.desk.tickets() if t["subject"] == subject][0]["id"]

    def agent(self, subject, body):
        """bob answers his newest notice."""
        notice = wait_until(lambda: [m for m in self.desk.sent_to(BOB) if subject in str(m["Subject"])])[-1]
        self.deliver(mail(sender="Bob <%s>" % BOB, body=body, reply_to=notice), address_of(notice), sender=BOB)

    def crowd(self, name, count, each=4, words=200):
        """Several connections at once: their mails share commits."""
        def run(i):
            with Lmtp(self.desk.lmtp_port) as session:
                for k in range(each):
                    subject = "%s %d %d" % (name, i, k)
                    self.subjects.append(subject)
                    sender = subject.replace(" ", ".") + "@example.com"
                    self.deliver(mail(subject=subject, sender=sender, body=("word " * 14 + "\n") * (words * k // 14)), sender=sender, session=session)
        threads = [threading.Thread(target=run, args=(i,)) for i in range(count)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()

    def bounce(self, sent):
        report = ("From: MAILER-DAEMON@mx.example.com\nTo: %s\nSubject: Undelivered\nMessage-ID: <bounce.1@mx.example.com>\nMIME-Version: 1.0\n"
                  "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\nContent-Type: text/plain\n\nSorry.\n\n--b\n"
                  "Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.com\n\nFinal-Recipient: rfc822; %s\nAction: failed\n"
                  "Status: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 no such user\n\n--b--\n" % (sent.sender, sent.recipients[0]))
        self.deliver(report.replace("\n", "\r\n").encode(), sent.sender, sender="")

    def morning(self):
        printer = self.request("Printer")
        self.request("Large", body=LARGE)
        self.crowd("Crowd", 3)
        self.deliver(mail(subject="Re: Printer", sender="printer@example.com", body="It is the one on floor 2.\n", reply_to=printer),
                     address_of(printer), "printer@example.com")
        self.deliver(mail(subject="Out of office", sender="printer@example.com", body="I am away.\n", headers=[("Auto-Submitted", "auto-replied")]),
                     address_of(printer), "printer@example.com")
        self.bounce(self.request("Nobody there"))
        self.subjects.append("For two")                 # a ticket for each queue, linked
        self.deliver(mail(subject="For two", sender="two@example.com", to="support@example.org, network@example.org"),
                     ["support@example.org", "network@example.org"], "two@example.com")
        self.agent("Printer", "/tag paper\n/priority high\n\nWhich colour?\n")
        self.promise("an agent's mail", "SELECT 1 FROM tag WHERE tag='paper'")
        number = self.number("Crowd 1 1")
        self.cli("ticket", "note", number, "--as", "bob", stdin="words of a note\n")
        self.promise("the note", "SELECT 1 FROM message WHERE ticket=? AND text LIKE 'words of a note%'", number)

    def noon(self):
        """Stop and start, a relay that refuses, a backup while mails come."""
        self.desk.restart()
        self.desk.relay.on_rcpt["refused@example.com"] = "550 5.1.1 unknown"
        self.desk.relay.on_rcpt["later@example.com"] = "451 4.3.0 later"
        for name in ("Refused", "Later"):
            self.subjects.append(name)
            address = name.lower() + "@example.com"
            self.deliver(mail(subject=name, sender=address), sender=address)
        wait_until(lambda: [r for r in self.desk.ok("outbox", "list", "--all") if r["state"] == "failed"])
        crowd = threading.Thread(target=self.crowd, args=("Meanwhile", 2))
        crowd.start()
        self.desk.ok("backup", self.backup)
        self.backed_up = self.shim.position()
        crowd.join()
        for d in random.Random(1).sample(self.deliveries, 8):   # the MTA did not see our 250
            self.deliver(d.data, d.recipients, d.sender)

    def evening(self):
        for subject, number in [(s, self.number(s)) for s in ("Printer", "Crowd 0 0", "Crowd 0 1", "Crowd 0 2")]:
            self.cli("ticket", "reply", number, "--as", "bob", stdin="An answer to %s.\n" % subject)
            self.promise("the answer", "SELECT 1 FROM message WHERE ticket=? AND kind='reply' AND raw=0", number)
            if subject != "Crowd 0 2":
                self.cli("ticket", "resolve", number, "--as", "bob")
                self.promise("resolved", "SELECT 1 FROM history WHERE ticket=? AND kind=3 AND now='resolved'", number)
        asked = wait_until(lambda: [m for m in self.desk.sent_to("printer@example.com") if len(set(re.findall("/l/[a-z2-7]+", m.text))) == 2])[-1]
        path = re.search(r"http://127\.0\.0\.1:\d+(/l/[a-z2-7]+)", asked.text).group(1)
        assert self.desk.http(path, "POST", urlencode({}), {"Content-Type": "application/x-www-form-urlencoded"})[0] == 200
        self.promise("the button", "SELECT 1 FROM ticket WHERE id=? AND state='closed'", self.number("Printer"))
        self.cli("ticket", "pend", self.number("Crowd 0 2"), "--until", "1d", "--no-text")
        self.desk.advance(2 * DAYS)
        wait_until(lambda: self.desk.ticket(self.number("Crowd 0 2"))["state"] == "open")
        self.cli("ticket", "merge", self.number("Crowd 2 2"), self.number("Crowd 2 3"))
        self.promise("merged", "SELECT 1 FROM ticket WHERE subject='Crowd 2 2' AND merged_into<>0")
        self.request("The last", body=LARGE + "again\n")
        wait_until(lambda: {r["state"] for r in self.desk.outbox()} <= {"waiting"} and len(self.desk.outbox()) <= 1)

    def night(self):
        """So much that the write-ahead log starts again under load."""
        self.dusk = self.shim.position()
        self.crowd("Night", 3, each=40, words=1000)

    def live(self, night=False):
        self.desk.start()
        self.morning()
        self.noon()
        self.evening()
        self.dusk = self.shim.position()
        if night:
            self.night()
        assert self.desk.stop() == 0

    # ---- checking
    def database(self, volume):
        return os.path.join(volume, "lib", "state", "sportello.db")

    def configured(self, directory):
        """A desk whose disk is directory/volume: its own ports and relay."""
        desk = Desk(directory, relay="smtp", start=False)
        desk.environment = dict(self.desk.environment, SPORTELLO_CLOCK_FILE=desk.clock_file)
        for name in ("LD_PRELOAD", "SHIM_ROOT", "SHIM_CONTROL", "SHIM_LOG"):
            desk.environment.pop(name, None)
        desk.state_dir = os.path.join(directory, "volume", "lib", "state")
        desk.set("desk.state_dir", desk.state_dir)
        desk.write_config()
        return desk

    def check(self, desk, position):
        """fsck, and everything that was promised until then."""
        volume = os.path.dirname(os.path.dirname(desk.state_dir))
        promised = [d for d in self.deliveries if d.acked and d.acked <= position]
        done = subprocess.run([os.path.join(BUILD, "sportello"), "-c", desk.config_file, "fsck"], capture_output=True, text=True, env=desk.environment)
        if done.returncode == 66 and not promised:
            return                                      # nothing was there yet
        assert (done.returncode, done.stdout) == (0, "clean\n"), done
        assert not promised or os.path.exists(os.path.join(desk.state_dir, "secret.key")), "the key is gone, and all links with it"
        db = sqlite3.connect(self.database(volume))
        self.check_mails(db, desk.state_dir, promised)
        for at, what, sql, arguments in self.promises:
            assert at > position or db.execute(sql, arguments).fetchone(), "promised and not there: " + what
        self.check_outbox(db, position)
        db.close()
        if self.backed_up <= position:
            copy = sqlite3.connect(os.path.join(volume, "backup.db"))
            assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            copy.close()

    def check_mails(self, db, state_dir, promised):
        by_id = {d.message_id: d for d in self.deliveries}
        there = db.execute("SELECT m.message_id, m.recipient, r.bytes, r.file FROM mailbox m JOIN raw r ON r.id=m.raw").fetchall()
        for message_id, recipient, data, file in there:
            if file:
                with open(os.path.join(state_dir, "mails", file), "rb") as f:
                    data = f.read()
            assert hashlib.sha256(data).digest() == hashlib.sha256(by_id[message_id].data).digest(), "not the bytes that came: " + message_id
        found = [(row[0], row[1]) for row in there]
        assert len(found) == len(set(found)), "a delivery is there twice"
        missing = {(d.message_id, r) for d in promised for r in d.recipients} - set(found)
        assert not missing, "answered 250, and lost: %s" % missing
        sql = "SELECT count(*) FROM ticket t WHERE NOT EXISTS (SELECT 1 FROM outbox WHERE ticket=t.id) AND merged_into=0"
        assert db.execute(sql).fetchone()[0] == 0, "a ticket without its acknowledgement and notices: a plan was half applied"

    def check_outbox(self, db, position):
        rows = {re.search(r"(?m)^message-id=(\S+)", record).group(1): (state, why) for record, state, why
                in db.execute("SELECT record, state, last_reply FROM outbox")}
        assert all(state in ("waiting", "sent") or (state == "failed" and why) for state, why in rows.values()), rows
        for at, sent in self.taken:
            assert at > position or str(sent["Message-ID"]) in rows, "the relay took a mail that the desk does not know"

    def go_on(self, desk, position):
        """The daemon starts on what is left; the MTA delivers again all it ever tried; nothing is made twice, and all is sent."""
        before = [sent for at, sent in self.taken if at <= position]
        with open(desk.clock_file, "w") as f:
            f.write("%d" % (3 * DAYS))
        desk.start()
        tried = [d for d in self.deliveries if d.begun <= position]
        for d in tried:
            desk.accept(d.data, d.recipients, d.sender)
        found = [(r["message_id"], r["recipient"]) for r in desk.ok("mailbox", "list")]
        assert sorted(found) == sorted({(d.message_id, r) for d in tried for r in d.recipients}), "lost or doubled"
        subjects = [t["subject"] for t in desk.tickets()]
        assert all(subjects.count(s) == (2 if s == "For two" else 1) for s in set(subjects) & set(self.subjects)), sorted(subjects)
        try:
            wait_until(lambda: not desk.outbox(), 60)
        except AssertionError as late:
            raise AssertionError("%s: still in the outbox: %s" % (late, [(r["state"], r["attempts"], r["last_reply"], r["next_try"]) for r in desk.outbox()])) from late
        acknowledged = {r for m in before + desk.sent() for r in m.recipients}
        missing = {d.sender for d in tried if d.sender.endswith("@example.com")} - acknowledged - {"refused@example.com"}
        assert not missing, "an acknowledgement was never sent: %s" % missing
        assert desk.stop() == 0
        self.check(desk, position)
