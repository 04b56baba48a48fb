"""upgrade.py - databases of every schema version that ever was, as SQL with what must be true of them: tests/fixtures/schema-N.sql.gz.

freeze(desk) lives a small day on a fresh desk and writes its backup as SQL; tests/tools/schema_fixture.py does that. revive(path, desk) makes a
desk's database of such a file. A backup has everything in one file: large mails and the secret key, too.
"""
import glob, gzip, hashlib, json, os, re, sqlite3, time

from desk import QUEUES, TOP, address_of, mail, wait_until
from test_held import BOB, VPN, ask, links
from test_kb import articles

FIXTURES = os.path.join(TOP, "tests", "fixtures")
SETUP = {"relay": "smtp", "start": False, "config": {"authserv_id": "mx.example.org", "web.base_url": "http://127.0.0.1:8025"},
         "queues": [dict(QUEUES[0], agents=["bob"]), QUEUES[1],
                    {"name": "held", "address": "held@example.org", "description": "With articles first", "agents": ["bob"], "kb": "before-ticket"}]}
LARGE = "A line of a mail that is too large for a row.\n" * 8000


def fixtures():
    """{version: path}"""
    return {int(re.search(r"-(\d+)\.sql\.gz$", path).group(1)): path for path in glob.glob(os.path.join(FIXTURES, "schema-*.sql.gz"))}


def schema_of(database):
    """The statements that made it, without those of SQLite itself."""
    return sorted(row[0] for row in database.execute("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'"))


def version_of(database):
    return database.execute("PRAGMA user_version").fetchone()[0]


def live(desk):
    """A little of everything. Returns what somebody holds of it in hand."""
    refused = "carl@example.net"
    desk.relay.on_rcpt[refused] = "451 4.3.0 later"
    desk.accept(mail(subject="Printer", body="It prints nothing.\n", headers=[("Cc", "dora@example.com"),
                ("Authentication-Results", "mx.example.org; dmarc=pass header.from=example.com")]))
    hand = desk.wait_sent(1, to="anna@example.com")[0]
    notice = desk.wait_sent(1, to=BOB)[0]
    desk.accept(mail(reply_to=notice, sender=BOB, body="/tag printers\n/priority high\n\nIs it switched on?\n"), address_of(notice), BOB)
    desk.accept(mail(subject="Large", sender="ben@example.com", body=LARGE), sender="ben@example.com")
    desk.ok("ticket", "note", 2, "--as", "bob", stdin="Keep an eye on it.\n")
    desk.ok("ticket", "pend", 2, "--until", "30d")
    desk.accept(mail(subject="Does not arrive", sender=refused), sender=refused)
    desk.accept(mail(subject="The same again", sender="ben@example.com"), sender="ben@example.com")
    desk.ok("ticket", "merge", 4, 2)
    articles(desk)
    desk.accept(mail(sender="eve@example.com", to="held@example.org", **VPN), "held@example.org", "eve@example.com")
    held = desk.wait_sent(1, to="eve@example.com")[0]
    assert desk.ticket(5)["state"] == "held", (desk.ticket(5), held.text)
    for i in range(16):                                      # something to learn from
        words = ("The invoice %d has a wrong amount, please pay the refund" if i % 2 else "The wifi cable %d in my room is broken, no network") % i
        sender = "c%d@example.com" % i
        desk.accept(mail(subject=words, sender=sender, body=words + ".\n"), "network@example.org" if i % 2 == 0 else "support@example.org", sender)
        number = 6 + i
        desk.ok("ticket", "reply", number, "--as", "eva" if i % 2 == 0 else "bob", stdin="We look at it.\n")
    desk.ok("ticket", "resolve", 6, "--as", "eva")
    desk.ok("ticket", "close", 7)
    desk.ok("learn")
    desk.accept(b"From: MAILER-DAEMON@example.com\r\nSubject: failure\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; "
                b"boundary=b\r\n\r\n--b\r\n\r\nno\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx\r\n\r\n"
                b"Final-Recipient: rfc822; c3@example.com\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b--\r\n", desk.sent_to("c3@example.com")[0].sender, "")
    desk.ok("key", "rotate")
    wait_until(lambda: all(m["to"] == [refused] for m in desk.outbox()) and desk.log("outbox.deferred"), 30, desk.outbox)
    return {"reply_to": address_of(hand), "message_id": str(hand["Message-ID"]), "agent": address_of(notice), "link": links(hand)["status"],
            "help": links(held)["help"], "waits": refused}


def freeze(desk):
    """The SQL of a database of today's program, with what must be true of it above."""
    hand = live(desk)
    hand["tickets"] = [{key: t[key] for key in ("id", "state", "queue", "agent", "priority", "subject", "tags")} for t in desk.tickets()]
    hand["messages"] = {str(t["id"]): [m["text"][:200] for m in desk.ticket(t["id"])["messages"]] for t in hand["tickets"]}
    copy = os.path.join(desk.directory, "copy.db")
    desk.ok("backup", copy)
    with sqlite3.connect(copy) as database:
        database.execute("PRAGMA journal_mode=DELETE")
        hand["received"] = database.execute("SELECT max(received) FROM mailbox").fetchone()[0]
        lines = ["-- Made by tests/tools/schema_fixture.py; not to be changed by hand. What must be true of it:", "-- " + json.dumps(hand),
                 "PRAGMA application_id=%d;" % database.execute("PRAGMA application_id").fetchone()[0], "PRAGMA user_version=%d;" % version_of(database)]
        return version_of(database), "\n".join(lines + list(database.iterdump())) + "\n"


def revive(path, desk):
    """Makes the desk's database of a fixture, and sets its clock to a day after; returns what must be true."""
    with gzip.open(path, "rt", encoding="utf-8") as f:
        text = f.read()
    with sqlite3.connect(os.path.join(desk.state_dir, "sportello.db")) as database:
        database.executescript(text)
    os.chmod(os.path.join(desk.state_dir, "sportello.db"), 0o600)
    hand = json.loads(text.split("\n", 2)[1][3:])
    desk.advance(hand["received"] / 1000 + 3600 - time.time())
    return hand


def grow(desk, count):
    """A database of schema 1 with that many tickets of one mail each; returns its size in bytes."""
    path = os.path.join(desk.state_dir, "sportello.db")
    raw = b"From: c@example.com\r\nSubject: One of many\r\n\r\n" + b"It does not work.\r\n" * 20
    with sqlite3.connect(path) as database:
        first, rows = [database.execute("SELECT max(id) FROM " + table).fetchone()[0] or 0 for table in ("ticket", "mailbox")]
        contacts, raws, messages = [database.execute("SELECT max(id) FROM " + table).fetchone()[0] or 0 for table in ("contact", "raw", "message")]
        at, digest = database.execute("SELECT max(received) FROM mailbox").fetchone()[0], hashlib.sha256(raw).digest()
        numbers = range(first + 1, count + 1)
        step = [(n, n - first) for n in numbers]
        database.executemany("INSERT INTO ticket(id,state,queue,agent,priority,subject,language,customer,customer_name,created,updated,closed_at)"
                             " VALUES(?,'new','support','bob','normal','One of many','en',?,'',?,?,0)", [(n, "c%d@example.com" % n, at, at) for n in numbers])
        database.executemany("INSERT INTO raw(id,size,digest,bytes) VALUES(?,?,?,?)", [(raws + i, len(raw), digest, raw) for n, i in step])
        database.executemany("INSERT INTO message(id,ticket,seq,kind,out,raw,from_address,from_name,recipients,date,message_id,agent,flags,outbox)"
                             " VALUES(?,?,1,'request',0,?,?,'','',?,?,'','',0)",
                             [(messages + i, n, raws + i, "c%d@example.com" % n, at, "<many%d@example.com>" % n) for n, i in step])
        database.executemany("INSERT INTO history(ticket,n,at,who,what,why) VALUES(?,?,?,?,?,'')", [row for n in numbers for row in (
            (n, 1, at, "c%d@example.com" % n, "created: state new, priority normal, queue support, agent nobody"),
            (n, 2, at, "c%d@example.com" % n, "message 1 (request) from c%d@example.com" % n), (n, 3, at, "bob", "agent nobody -> bob"))])
        database.executemany("INSERT INTO mailbox(id,received,recipient,envelope_from,sender,subject,message_id,kind,disposition,detail,ticket,seq,raw,size,"
                             "claim,mail_digest,trace) VALUES(?,?,'support@example.org','',?,'One of many',?,'request','ticket','',?,1,?,?,?,?,'')",
                             [(rows + i, at, "c%d@example.com" % n, "<many%d@example.com>" % n, n, raws + i, len(raw), hashlib.md5(b"c%d" % n).digest(),
                               hashlib.md5(b"m%d" % n).digest()) for n, i in step])
        database.executemany("INSERT INTO contact(id,address,name,language,first_seen,last_seen,written) VALUES(?,?,'','en',?,?,1)",
                             [(contacts + i, "c%d@example.com" % n, at, at) for n, i in step])
    return os.path.getsize(path)
