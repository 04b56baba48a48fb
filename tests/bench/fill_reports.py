#!/usr/bin/env python3
"""fill_reports.py STATE [TICKETS [DAYS]] - fills a database that a desk has made with tickets (1,000,000) of the last days (90), each with a history of its own: answers, turns,
moves, tags, waits, resolved, opened again, rated, some still open, some late. For `make bench CASE=reports`. The same numbers give the same desk. Written straight into the tables: what is not
asked by reports (raw mails, outgoing mails) is left out; the database is good for reports and for mails that come in, not for fsck."""
import os, random, sqlite3, sys, time

QUEUES = ["support", "sales", "billing", "network", "repairs"]
AGENTS = ["bob", "eva", "ada", "tom", "kim", "leo"]
TAGS = ["vpn", "printer", "invoice", "password", "delivery", "broken", "wish", "thanks"]
LANGUAGES = ["en", "it", "de", "fr", "es"]
CREATED, MESSAGE, STATE, QUEUE, AGENT, PRIORITY, TAG, PENDING, RATED = 1, 2, 3, 4, 5, 6, 11, 14, 15
HOUR = 3600 * 1000
AT_ONCE = 20000


class Ticket:
    def __init__(self, chance, number, at):
        self.chance, self.number, self.at = chance, number, at
        self.history, self.messages, self.mails, self.tags = [], [], [], []
        self.queue, self.agent, self.state, self.priority = chance.choice(QUEUES), "", "new", "normal"
        self.language = chance.choice(LANGUAGES)
        who = int(chance.random() ** 3 * 100000)
        self.customer = "person%d@customer%d.example" % (who, who % 3000)
        self.closed, self.resolved, self.stars = 0, 0, None

    def line(self, kind, who="bob", number=0, was="", now=""):
        self.history.append((self.number, len(self.history) + 1, self.at, who, "", "", kind, number, was, now))

    def message(self, kind, out, agent=""):
        seq = len(self.messages) + 1
        self.messages.append((self.number, seq, kind, out, 0, "support@example.org" if out else self.customer, "", "", self.at, "<m%d.%d@x.example>" % (self.number, seq), "some words", agent, "", 0))
        self.line(MESSAGE, agent or self.customer, seq)
        if not out: self.mails.append((self.at, self.number, seq, self.customer, self.queue))

    def change(self, kind, was, now, who=""):
        self.line(kind, who or self.agent or "desk", 0, was, now)
        return now

    def wait(self, hours): self.at += int(self.chance.expovariate(1 / hours) * HOUR) + 1000

    def answer(self):
        if not self.agent: self.agent = self.change(AGENT, "", self.chance.choice(AGENTS), "desk")
        self.message("reply", 1, self.agent)
        if self.state != "open": self.state = self.change(STATE, self.state, "open")

    def resolve(self):
        self.state, self.resolved = self.change(STATE, self.state, "resolved"), self.at

    def live(self, end):
        self.created = self.at
        self.line(CREATED, self.customer, 0, "", "new\nnormal\n%s\n" % self.queue)
        self.message("request", 0)
        self.message("notice", 1)
        for step in self.story():
            if self.at >= end: break
            step()

    def story(self):
        """Each step is taken only if its time has come."""
        r = self.chance
        if r.random() < .08:
            self.wait(1); yield self.move
        if r.random() < .3:
            self.wait(.5); yield self.tag
        if r.random() < .05:
            self.wait(.5); yield self.raise_priority
        self.wait(5); yield self.answer
        while r.random() < .4:
            if r.random() < .15:
                self.wait(1); yield self.pend
            self.wait(12); yield self.customer_writes
            self.wait(5); yield self.answer
        if r.random() < .02: return
        self.wait(8); yield self.resolve
        if r.random() < .1:
            self.wait(20); yield self.customer_writes
            self.wait(6); yield self.answer
            self.wait(8); yield self.resolve
        if r.random() < .12:
            self.wait(10); yield self.rate
        self.at += 72 * HOUR; yield self.close

    def move(self): self.queue = self.change(QUEUE, self.queue, self.chance.choice([q for q in QUEUES if q != self.queue]))

    def tag(self):
        word = self.chance.choice(TAGS)
        self.tags.append((self.number, word)); self.line(TAG, "bob", 0, "", word)

    def raise_priority(self): self.priority = self.change(PRIORITY, self.priority, "high")

    def pend(self):
        self.state = self.change(STATE, self.state, "pending")
        self.line(PENDING, self.agent, self.at + 48 * HOUR, "", "customer")

    def customer_writes(self):
        self.message("reply", 0)
        if self.state != "open": self.state = self.change(STATE, self.state, "open", self.customer)

    def rate(self):
        self.stars = self.chance.choice([1, 2, 3, 4, 4, 5, 5, 5]); self.line(RATED, self.customer, self.stars)

    def close(self): self.state, self.closed = self.change(STATE, self.state, "closed", "timer"), self.at


def put(db, tickets):
    db.executemany("INSERT INTO ticket(id,state,queue,agent,priority,subject,language,customer,customer_name,created,updated,closed_at,resolved_at) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?)",
                   [(t.number, t.state, t.queue, t.agent, t.priority, "The printer on the second floor does not print", t.language, t.customer, "A Person", t.created, t.at, t.closed, t.resolved) for t in tickets])
    db.executemany("INSERT INTO history(ticket,n,at,who,what,why,kind,number,was,now) VALUES(?,?,?,?,?,?,?,?,?,?)", [line for t in tickets for line in t.history])
    db.executemany("INSERT INTO message(ticket,seq,kind,out,raw,from_address,from_name,recipients,date,message_id,text,agent,flags,outbox) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
                   [m for t in tickets for m in t.messages])
    db.executemany("INSERT OR IGNORE INTO tag VALUES(?,?)", [tag for t in tickets for tag in t.tags])
    db.executemany("INSERT INTO rating VALUES(?,?,?,'')", [(t.number, t.at, t.stars) for t in tickets if t.stars])
    db.executemany("INSERT INTO asked(ticket,at,shown,said,said_at,language,stranger,question) VALUES(?,?,?,?,?,?,0,?)",
                   [(t.number, t.created, ("nothing", "acknowledgement")[t.number % 2], ("", "solved")[t.number % 14 == 1], (0, t.created + HOUR)[t.number % 14 == 1], t.language, "words " * 40) for t in tickets])


def put_mails(db, mails):
    mails.sort()
    for i in range(0, len(mails), AT_ONCE):
        db.executemany("INSERT INTO mailbox(received,recipient,envelope_from,sender,subject,message_id,kind,disposition,detail,ticket,seq,raw,size,claim,mail_digest,trace)"
                       " VALUES(?,?,?,?,?,?,?,?,'',?,?,0,3000,?,?,?)",
                       [(at, queue + "@example.org", who, who, "The printer on the second floor does not print", "<m%d.%d@x.example>" % (ticket, seq), "request" if seq == 1 else "reply",
                         "ticket" if seq == 1 else "reply", ticket, seq, os.urandom(16), os.urandom(16), "abcdef0123456789") for at, ticket, seq, who, queue in mails[i:i + AT_ONCE]])


def main():
    state, count, days = sys.argv[1], int((sys.argv[2:] or [1000000])[0]), int((sys.argv[3:] or [90])[0])
    chance, now = random.Random(22), int(time.time() * 1000)
    start = now - days * 24 * HOUR
    db = sqlite3.connect(os.path.join(state, "sportello.db"), isolation_level=None)
    db.execute("PRAGMA synchronous=OFF"); db.execute("PRAGMA cache_size=-200000")
    late = {name: sql for name, sql in db.execute("SELECT name, sql FROM sqlite_master WHERE type='index' AND sql IS NOT NULL AND tbl_name IN ('history','ticket','message','asked','tag','mailbox')")}
    for name in late: db.execute("DROP INDEX " + name)
    mails, people = [], set()
    first = db.execute("SELECT coalesce(max(id),0)+1 FROM ticket").fetchone()[0]
    for begin in range(0, count, AT_ONCE):
        tickets = []
        for i in range(begin, min(count, begin + AT_ONCE)):
            t = Ticket(chance, first + i, start + int((now - start) * i / count))
            t.live(now - 1000)
            if t.history[-1][2] > now: t.history = [line for line in t.history if line[2] <= now]
            t.at = t.history[-1][2]
            tickets.append(t); mails += t.mails; people.add(t.customer)
            t.mails = None
        db.execute("BEGIN"); put(db, tickets); db.execute("COMMIT")
    db.execute("BEGIN")
    put_mails(db, mails)
    db.executemany("INSERT INTO contact(address,name,language,first_seen,last_seen,written) VALUES(?,'','en',?,?,1)", [(p, start, now) for p in sorted(people)])
    db.execute("UPDATE meta SET value=(SELECT max(id) FROM mailbox) WHERE key='mailbox_key'")          # contacts' keys are made by the daemon: pages say by them whose a ticket is
    db.execute("COMMIT")
    for sql in late.values(): db.execute(sql)
    print("%d tickets, %d mails, %d people" % (count, len(mails), len(people)))


if __name__ == "__main__":
    main()
