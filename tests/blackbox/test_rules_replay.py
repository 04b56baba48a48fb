"""`rules replay` against `rules test`: the differences of two rule sets are counted twice, in two ways, and must be the same ones.

Over the open corpus where it lies beside the project, and always over mails made here. What a mail did when it came is the daemon's
word; what it would do is asked of `rules test`, one rule set after the other, with the mail's bytes as they were kept.
"""
import itertools, os
from desk import Lmtp, mail, setup
from test_corpus import as_sent, corpus, sample

SENDER = "someone@example.net"
KEYWORDS = {"keywords": [{"name": "money", "any": ["invoice", "payment", "Rechnung", "order", "fattura"]}, {"name": "broken", "regex": "\\b(broken|kaputt|error|fail(s|ed|ure)?)\\b", "in": "both"}],
            "desk.acknowledgements_per_hour": 1}
REQUIRE = 'require ["fileinto", "imap4flags", "reject", "envelope"];\n'
BEFORE = {"10-money.sieve": 'if header :is "x-sportello" "kw:money" { addflag "tag:money"; fileinto "queue/network"; stop; }\n',
          "20-refused.sieve": 'if header :contains "subject" ["spam", "undeliver"] { discard; stop; }\nif allof (header :matches "subject" "*test*", not exists "in-reply-to") { reject "No tests, please."; stop; }\n',
          "30-rest.sieve": 'if size :over 20K { fileinto "queue/network"; }\nif address :domain :contains "from" ".de" { fileinto "queue/network"; }\n'}
AFTER = {"10-broken.sieve": 'if header :is "x-sportello" ["kw:broken", "lang:de"] { fileinto "queue/network"; }\nelsif header :is "x-sportello" "kw:money" { redirect "billing@example.net"; stop; }\n',
         "20-refused.sieve": 'if header :contains "subject" "undeliver" { discard; stop; }\nif header :matches "subject" "*test*" { discard; stop; }\n',
         "40-rest.sieve": 'if header :is "x-sportello" "kind:auto-reply" { fileinto "queue/support"; }\nelsif exists ["list-id"] { reject "No lists."; }\n'}


def use(desk, scripts):
    folder = os.path.join(desk.directory, "rules")
    for name in os.listdir(folder):
        os.unlink(os.path.join(folder, name))
    for name, text in scripts.items():
        with open(os.path.join(folder, name), "w") as f:
            f.write(REQUIRE + text)


def where(verdict):
    assert verdict.get("trouble") is None, verdict
    return ("rejected" if verdict["reject"] else "redirected" if verdict["redirect"] else "discarded" if verdict["discard"] else verdict["queue"] or "support")


def ask(desk, files):
    found = {}
    for at in range(0, len(files), 200):
        part = files[at:at + 200]
        for path, verdict in zip(part, desk.ok("rules", "test", "--rcpt", "support@example.org", "--envelope-from", SENDER, *part)):
            assert verdict["file"] == path, verdict
            found[path] = where(verdict)
    return found


def compare(desk, mails):
    use(desk, BEFORE)
    desk.restart()
    with Lmtp(desk.lmtp_port) as session:
        for data in mails:
            code, text = session.deliver(data, ["support@example.org"], SENDER)[0]
            assert code == 250 or (code == 550 and "No tests" in text), (code, text)
    rows = desk.ok("mailbox", "list")
    files = {}
    for row in rows:
        files[row["id"]] = os.path.join(desk.directory, "%d.eml" % row["id"])
        with open(files[row["id"]], "wb") as f:
            f.write(desk.cli("mailbox", "raw", row["id"]).bytes)
    was = ask(desk, list(files.values()))
    assert desk.ok("rules", "replay") == [], "the same rules, and yet differences"
    use(desk, AFTER)
    now = ask(desk, list(files.values()))
    expected, opened = set(), set()
    for row in sorted(rows, key=lambda r: r["id"]):
        first = row["ticket"] is not None and row["ticket"] not in opened
        opened.add(row["ticket"])
        if row["disposition"] == "loop":
            continue
        came, goes = was[files[row["id"]]], now[files[row["id"]]]
        if not (first or row["disposition"] in ("rejected", "discarded", "redirected")):       # joined: only keeping it out would differ
            came, goes = row["disposition"], goes if goes in ("rejected", "discarded", "redirected") else row["disposition"]
        if came != goes:
            expected.add((row["id"], came, goes))
    replayed = [(d["mailbox"], d["was"], d["now"]) for d in desk.ok("rules", "replay", "--since", "30d")]
    assert len(replayed) == len(set(replayed))
    assert set(replayed) == expected, "not expected: %s\nnot there: %s" % (sorted(set(replayed) - expected)[:20], sorted(expected - set(replayed))[:20])
    print("%d mails, %d differences" % (len(rows), len(expected)))
    return rows, expected


@setup(config=KEYWORDS)
def test_replay_of_made_mails(desk):
    subjects = ["spam offer", "a test", "undeliverable", "printer", "my invoice", "order failed", "wifi"]
    bodies = ["How does this work?\n", "The payment has failed, it is broken.\n", "Guten Tag, seit gestern ist der Drucker im dritten Stock leider kaputt, bitte helfen Sie uns. Vielen Dank.\n", "x" * 70 + "\n" + ("y" * 70 + "\n") * 400]
    heads = [[], [("List-Id", "<a.example>")], [("Auto-Submitted", "auto-replied")], [("In-Reply-To", "<nowhere@example.com>")]]
    mails = [mail(subject=s, body=b, headers=h, sender=f) for s, b, h in itertools.product(subjects, bodies, heads) for f in ("a@example.com", "b@firma.de")]
    rows, expected = compare(desk, mails)
    kinds = {(was, now) for _, was, now in expected}
    assert {("network", "redirected"), ("rejected", "discarded"), ("discarded", "support"), ("support", "network"), ("network", "support"), ("support", "rejected")} <= kinds, kinds
    assert len(expected) < len(rows)


test_replay_of_made_mails.long = 20


@setup(config=KEYWORDS)
def test_replay_of_the_corpus(desk):
    mails = []
    for path in sample(corpus(), 7):
        with open(path, "rb") as f:
            mails.append(as_sent(f.read()))
    rows, expected = compare(desk, mails)
    assert 20 < len(expected) < len(rows)


test_replay_of_the_corpus.long = 35
