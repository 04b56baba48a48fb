"""The right to be forgotten: what was erased is in no file of the desk, in no encoding, nor in a backup that is restored; counts stay, and fsck is content."""
import base64, email, email.policy, io, json, mailbox, os, quopri, re, shutil, sqlite3, subprocess, tempfile, time, uuid, zipfile

import test_learn
from desk import BUILD, address_of, mail, setup, wait_until, QUEUES

DESK = dict(queues=[dict(QUEUES[0]), dict(QUEUES[1], kb="off")], config={"authserv_id": "mx.example.org"})
desk_that_forgets = setup(**DESK)
ANNA = "canary01@secret.example"


def encodings(word):
    """Every form in which a word may stand in a file: as it is, in any case, base64 at three offsets, UTF-16, quoted-printable."""
    plain = word.encode()
    forms = {plain, plain.upper(), word.encode("utf-16-le"), word.encode("utf-16-be"), quopri.encodestring(plain)}
    for shift in range(3):
        text = base64.b64encode(b"x" * shift + plain)
        forms.add(text[4 if shift else 0:len(text) - 4])
    return [f for f in forms if len(f) > 5]


def found(directory, words):
    hits = []
    for root, _, names in os.walk(directory):
        for name in names:
            path = os.path.join(root, name)
            if not os.path.isfile(path):
                continue
            with open(path, "rb") as f:
                data = f.read()
            hits += [(os.path.relpath(path, directory), word) for word in words for form in encodings(word) if form in data or form in name.encode()]
    return hits


def letter(canary, large=False):
    """One mail with a canary in each place that a mail has, each in an encoding of its own."""
    c = lambda n: "canary%02d" % (canary + n)
    big = b"\r\n".join([base64.b64encode((c(9) + "-" + "y" * 45).encode())] * (6000 if large else 2))
    return ("From: =?utf-8?B?%s?= <%s>\r\nTo: support@example.org\r\nCc: %s@other.example\r\nSubject: =?utf-8?Q?%s_question?=\r\nMessage-ID: <%s@secret.example>\r\nMIME-Version: 1.0\r\n"
            "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
            "The =%02X%s printer is %s again.\r\n--b\r\nContent-Type: text/plain; charset=utf-16\r\nContent-Transfer-Encoding: base64\r\n\r\n%s\r\n--b\r\n"
            "Content-Type: application/octet-stream; name*=utf-8''%s%%2Epdf\r\nContent-Disposition: attachment; filename*=utf-8''%s%%2Epdf\r\nContent-Transfer-Encoding: base64\r\n\r\n"
            % (base64.b64encode(c(1).encode()).decode(), ANNA, c(2), c(3), c(4), ord(c(5)[0]), c(5)[1:], c(6), base64.b64encode(c(7).encode("utf-16")).decode(), c(8), c(8))).encode() + big + b"\r\n--b--\r\n"


def plant(desk):
    """Anna's requests, with canaries in all places; and Ugo's, in which she takes part."""
    kb = os.path.join(desk.directory, "kb")
    os.makedirs(kb, exist_ok=True)
    desk.accept(letter(10), sender=ANNA)
    desk.accept(letter(20, large=True), sender=ANNA)
    desk.ok("ticket", "note", 1, "--as", "bob", stdin="A note on canary30.\n")
    desk.ok("ticket", "reply", 1, "--as", "bob", stdin="Dear canary31, it is done.\n")
    desk.ok("customer", "set", ANNA, "--name", "canary32 Bianchi", "--note", "canary33")
    desk.ok("customer", "add-address", ANNA, "canary34@home.example")
    desk.accept(mail(sender="Ugo <ugo@example.com>", subject="Of Ugo's own", body="My printer, and nobody else's.\n"), sender="ugo@example.com")
    desk.ok("ticket", "cc", 3, ANNA, "--no-text")
    desk.ok("ticket", "reply", 3, "--as", "bob", stdin="An answer to both.\n")
    reply = desk.wait_sent(1, to=ANNA)
    to_both = [m for m in reply if "[#3]" in str(m["Subject"])] or reply
    desk.accept(mail(sender="canary35 <%s>" % ANNA, subject="Re: Of Ugo's own [#3]", body="canary36 speaking.\n", reply_to=to_both[-1].message), address_of(to_both[-1]), ANNA)
    desk.cli("ticket", "search", "canary36")
    desk.ok("ticket", "split", 1, 1, "--as", "bob", "--no-text")
    wait_until(lambda: not desk.outbox(), 20, "all is sent")
    return ["canary%02d" % n for n in list(range(10, 20)) + list(range(20, 30)) + list(range(30, 37))] + ["canary01"]


def counts(desk):
    tickets = desk.tickets("--limit", 100)
    return {"tickets": [(t["id"], t["queue"], t["created"]) for t in tickets], "messages": {t["id"]: [(m["id"], m["kind"], m["date"]) for m in desk.ticket(t["id"])["messages"]] for t in tickets},
            "mailbox": [(m["id"], m["disposition"], m["size"]) for m in desk.ok("mailbox", "list")], "outbox": len(desk.ok("outbox", "list", "--all"))}


def rows_with(desk, words):
    """In which tables: for whoever has to look for it."""
    with sqlite3.connect("file:%s?mode=ro" % os.path.join(desk.state_dir, "sportello.db"), uri=True) as database:
        tables = [name for name, in database.execute("SELECT name FROM sqlite_schema WHERE type='table'")]
        return [(table, row) for table in tables for row in map(repr, database.execute("SELECT * FROM " + table)) for word in words if word in row]


def is_forgotten(desk, words):
    hits = found(desk.state_dir, words)
    assert hits == [], (hits, rows_with(desk, words))
    for word in words:
        assert desk.ok("ticket", "search", word) == [], word
    everything = json.dumps([desk.ticket(t["id"]) for t in desk.tickets()]) + json.dumps(desk.ok("mailbox", "list")) + json.dumps(desk.ok("outbox", "list", "--all")) + json.dumps(desk.ok("customer", "list"))
    assert [w for w in words if w in everything] == []
    assert desk.cli("fsck", json_output=False).out == "clean\n"


@desk_that_forgets
def test_a_customer_is_forgotten_everywhere(desk):
    words = plant(desk)
    backup = os.path.join(desk.directory, "before.db")
    desk.ok("backup", backup)
    assert len({w for _, w in found(desk.state_dir, words)}) > 12
    was = counts(desk)
    dry = desk.ok("erase", "customer", ANNA, "--dry-run")
    assert dry["dry_run"] and not dry["done"] and dry["tickets"] >= 2 and {p["place"] for p in dry["places"]} >= {"tickets", "messages", "raw mails", "deliveries", "outgoing mails", "contacts", "files", "people who took part"}
    assert counts(desk) == was and desk.ok("customer", "show", ANNA)["note"] == "canary33"
    done = desk.ok("erase", "customer", ANNA)
    assert done["done"] and done["places"] == dry["places"]
    is_forgotten(desk, words)
    now = counts(desk)
    assert now["tickets"] == was["tickets"] and now["mailbox"] == was["mailbox"] and now["outbox"] == was["outbox"] and now["messages"] == was["messages"]
    assert desk.cli("customer", "show", ANNA).code == 66 and desk.cli("ticket", "raw", 1, 1).code == 66
    assert desk.ticket(1)["state"] == "closed" and desk.ticket(1)["subject"] == "[erased]"
    # Of Ugo nothing is lost but her own mail.
    ugo = desk.ticket(3)
    assert ugo["customer"]["address"] == "ugo@example.com" and "My printer" in ugo["messages"][0]["text"] and any("An answer to both" in m["text"] for m in ugo["messages"])
    assert [e["done"] for e in desk.ok("erase", "list")] == [True, True]
    # She writes again: she is new.
    desk.accept(mail(sender=ANNA, subject="Hello again"), sender=ANNA)
    assert desk.ok("customer", "show", ANNA)["tickets"]["total"] == 1
    # The old backup comes back: what was erased does not.
    desk.stop()
    restored = desk.ok("restore", backup)
    assert restored["erased"] >= 1
    shutil.rmtree(restored["replaced"])
    hits = found(desk.state_dir, words)
    assert hits == [], hits
    assert desk.cli("fsck", json_output=False).out == "clean\n" and desk.cli("customer", "show", ANNA).code == 66 and "My printer" in desk.ticket(3)["messages"][0]["text"]


MANY = 210                                                   # more than go in one transaction


def many_of_anna(desk, count=MANY):
    """So many tickets of hers that they are erased in parts; one mail went to two queues, a note and an answer are beside them, and Ugo is there."""
    with desk.session() as session:
        for n in range(count):
            assert session.deliver(mail(sender=ANNA, subject="Number %d canary30" % n, body="canary31 says %d.\n" % n), ["support@example.org"], ANNA)[0][0] == 250
    desk.accept(letter(10, large=True), ["support@example.org", "network@example.org"], ANNA)
    desk.ok("ticket", "note", 7, "--as", "bob", stdin="canary32\n")
    desk.accept(mail(sender="Ugo <ugo@example.com>", subject="Of Ugo's own", body="My printer.\n"), sender="ugo@example.com")
    desk.ok("ticket", "cc", count + 3, ANNA, "--no-text")
    wait_until(lambda: not desk.outbox(), 60, "all is sent")
    return ["canary%02d" % n for n in list(range(11, 20)) + [30, 31, 32]] + ["canary01"]


@setup(**{**DESK, "config": {**DESK["config"], "desk.acknowledgements_per_hour": 0, "desk.digest_hour": -1}})
def test_who_has_very_many_tickets_is_forgotten_in_parts(desk):
    words = many_of_anna(desk)
    backup = os.path.join(desk.directory, "before.db")
    desk.ok("backup", backup)
    was = [(t["id"], t["queue"], t["created"]) for t in desk.tickets("--limit", 1000)]
    dry = desk.ok("erase", "customer", ANNA, "--dry-run")
    assert dry["tickets"] == MANY + 2 and not dry["done"] and desk.ok("erase", "list") == [] and desk.ok("ticket", "search", "canary32")
    # Broken off in the middle: it says so, mail comes in, and a minute later the daemon goes on with it.
    program = subprocess.Popen([os.path.join(BUILD, "sportello"), "-c", desk.config_file, "erase", "customer", ANNA], env=desk.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    with sqlite3.connect("file:%s?mode=ro" % os.path.join(desk.state_dir, "sportello.db"), uri=True) as database:
        while not database.execute("SELECT count(*) FROM ticket WHERE subject='[erased]'").fetchone()[0]:
            time.sleep(0.002)
    program.kill()
    program.wait()
    left = [t for t in desk.tickets("--limit", 1000) if t["subject"] != "[erased]"]
    assert 1 < len(left) < MANY + 2, len(left)
    with sqlite3.connect("file:%s?mode=ro" % os.path.join(desk.state_dir, "sportello.db"), uri=True) as database:
        found_by_address = database.execute("SELECT count(*) FROM place p JOIN ticket t ON t.id=p.id WHERE p.kind=7 AND t.subject='[erased]'").fetchone()[0]
    assert found_by_address == 0, "the last transaction has only what no part had"
    assert [e["done"] for e in desk.ok("erase", "list")] == [False]
    done = desk.cli("erase", "finish")
    assert done.code == 75 and "being erased just now" in done.err, done
    desk.accept(mail(sender="ugo@example.com", subject="In between", body="x\n"), sender="ugo@example.com")
    desk.advance(120)
    wait_until(lambda: all(e["done"] for e in desk.ok("erase", "list")), 60, "the daemon went on with it")
    assert found(desk.state_dir, words) == [] and desk.ok("ticket", "search", "canary32") == [] and desk.cli("fsck", json_output=False).out == "clean\n"
    assert [(t["id"], t["queue"], t["created"]) for t in desk.tickets("--limit", 1000) if t["id"] <= len(was)] == was
    assert desk.cli("customer", "show", ANNA).code == 66 and "My printer" in desk.ticket(MANY + 3)["messages"][0]["text"] and desk.ticket(MANY + 3)["readers"] and len(desk.ok("erase", "list")) == 1
    desk.stop()
    restored = desk.ok("restore", backup)
    assert restored["erased"] >= 1
    shutil.rmtree(restored["replaced"])
    assert found(desk.state_dir, words) == [] and desk.cli("fsck", json_output=False).out == "clean\n"


def test_no_step_of_an_erasure_walks_all_places_of_a_kind(desk):
    """What a part costs must not grow with the desk: `place` has a row for each mail and message of everybody, and is reached by its key."""
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../include/statements.h"), encoding="utf-8") as f:
        statements = re.findall(r'X\((SQL_ERAS(?:E|ING)_\w+), ((?:"[^"]*"(?: \\\n\s*)?)+)\)', f.read())
    walked, looked_at = [], 0
    with sqlite3.connect("file:%s?mode=ro" % os.path.join(desk.state_dir, "sportello.db"), uri=True) as database:
        for name, words in statements:
            asked = "".join(re.findall(r'"([^"]*)"', words))
            aliases = {"place"} | set(re.findall(r"\bplace (?:AS )?([a-z])\b", asked))
            steps = [step[3] for step in database.execute("EXPLAIN QUERY PLAN " + asked, (1,) * len(set(re.findall(r"\?\d", asked))))]
            looked_at += any(re.search(r"SEARCH (%s) USING PRIMARY KEY \(kind=\? AND key=\?" % "|".join(aliases), step) for step in steps)
            walked += [(name, step) for step in steps if re.search(r"SCAN (%s)\b|SEARCH (%s) USING PRIMARY KEY \(kind=\?\)" % (("|".join(aliases),) * 2), step)]
    assert looked_at >= 8, looked_at
    assert walked == [], walked


@setup(**{**DESK, "config": {**DESK["config"], "desk.acknowledgements_per_hour": 0, "desk.digest_hour": -1, "retention_hold": "tag:legal"}})
def test_in_parts_as_in_one(desk):
    words = many_of_anna(desk)
    desk.ok("ticket", "tag", 200, "legal")
    held = desk.cli("erase", "customer", ANNA)
    assert held.code == 77 and "ticket 200 is held" in held.err and desk.ticket(1)["subject"] != "[erased]" and desk.ok("erase", "list") == []
    desk.ok("ticket", "untag", 200, "legal")
    dry = desk.ok("erase", "customer", ANNA, "--dry-run")
    done = desk.ok("erase", "customer", ANNA)
    # The mail that is on two of her tickets stays, in a dry run, where it is.
    shared = {"raw mails", "files", "texts made of mails"}
    assert done["done"] and [p for p in done["places"] if p["place"] not in shared] == [p for p in dry["places"] if p["place"] not in shared] and done["kept"] == [] == dry["kept"]
    assert found(desk.state_dir, words) == [] and desk.ok("ticket", "search", "canary32") == [] and desk.cli("fsck", json_output=False).out == "clean\n"
    assert [e["done"] for e in desk.ok("erase", "list")] == [True]


MESSAGES = 1100                                              # of one ticket: more than go in one transaction


MANY_MAILS = {**DESK, "config": {**DESK["config"], "desk.acknowledgements_per_hour": 0, "desk.digest_hour": -1}}


def one_long_ticket(desk):
    desk.accept(mail(sender=ANNA, subject="canary60 goes on", body="canary61\n", message_id="<first@secret.example>"), sender=ANNA)
    with desk.session() as session:
        for n in range(MESSAGES):
            data = mail(sender=ANNA, subject="Re: canary60 goes on", body="canary62 says %d.\n" % n, message_id="<%d.more@secret.example>" % n, headers=[("In-Reply-To", "<first@secret.example>")])
            assert session.deliver(data, ["support@example.org"], ANNA)[0][0] == 250
    wait_until(lambda: not desk.outbox(), 60)
    assert len(desk.tickets()) == 1
    return ["canary60", "canary61", "canary62"]


def seen_while(desk, arguments, asked):
    """What the command says, and the different answers to each of the questions that were seen while it ran."""
    program = subprocess.Popen([os.path.join(BUILD, "sportello"), "--json", "-c", desk.config_file, *arguments], env=desk.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    seen = {question: set() for question in asked}
    with sqlite3.connect("file:%s?mode=ro" % os.path.join(desk.state_dir, "sportello.db"), uri=True) as rows:
        while program.poll() is None:
            for question in asked:
                seen[question].add(rows.execute(question).fetchone()[0])
    out, err = program.communicate()
    assert program.returncode == 0, (out, err)
    return json.loads(out), list(seen.values())


def by_place(said):
    return {p["place"]: p["count"] for p in said["places"]}


@setup(**MANY_MAILS)
def test_of_a_large_ticket_no_kind_of_row_goes_at_once(desk):
    words = desk.after(one_long_ticket)
    dry = desk.ok("erase", "ticket", 1, "--dry-run")
    assert not dry["done"] and desk.ok("erase", "list") == [] and desk.ticket(1)["subject"] == "canary60 goes on"
    done, seen = seen_while(desk, ["erase", "ticket", "1"], ["SELECT count(*) FROM message WHERE text='[erased]'", "SELECT count(*) FROM history WHERE why<>''"])
    assert all(len(answers) > 2 for answers in seen), seen
    assert by_place(done) == by_place(dry) and done["messages"] == dry["messages"] > MESSAGES and done["done"], (dry, done)
    is_forgotten(desk, words)


test_of_a_large_ticket_no_kind_of_row_goes_at_once.long = 30


@setup(**MANY_MAILS)
def test_a_large_ticket_is_forgotten_as_its_dry_run_said(desk):
    """On any store."""
    words = desk.after(one_long_ticket)
    dry = desk.ok("erase", "ticket", 1, "--dry-run")
    assert words[0] in desk.ticket(1)["subject"] and words[1] in desk.ticket(1)["messages"][0]["text"]
    done = desk.ok("erase", "ticket", 1)
    assert by_place(done) == by_place(dry) and done["done"], (dry, done)
    ticket = json.dumps(desk.ticket(1)) + json.dumps(desk.ok("outbox", "list", "--all")) + json.dumps(desk.ok("mailbox", "list"))
    assert not [word for word in words + [ANNA] if word in ticket] and desk.cli("fsck", json_output=False).out == "clean\n"


test_a_large_ticket_is_forgotten_as_its_dry_run_said.long = 30

NEAR = 60                                                    # tickets of others that one takes part in: more than are cleaned with the rest


def among_others(desk):
    words = plant(desk)
    with desk.session() as session:
        for n in range(NEAR):
            assert session.deliver(mail(sender="ugo@example.com", subject="Ugo asks %d" % n, body="My printer %d.\n" % n), ["support@example.org"], "ugo@example.com")[0][0] == 250
    for ticket in desk.tickets("--limit", 1000):
        if ticket["subject"].startswith("Ugo asks"):
            desk.ok("ticket", "cc", ticket["id"], ANNA, "--no-text")
    wait_until(lambda: not desk.outbox(), 60, "all is sent")
    return words


TAKES_PART = "SELECT count(*) FROM participant WHERE address='%s'" % ANNA


def ugo_is_there(desk):
    return len([t for t in desk.tickets("--limit", 1000) if t["subject"].startswith("Ugo asks")]) == NEAR and "My printer" in desk.ticket(3)["messages"][0]["text"]


@setup(**MANY_MAILS)
def test_who_takes_part_in_very_many_tickets_of_others_is_forgotten_in_parts(desk):
    words = desk.after(among_others)
    dry = desk.ok("erase", "customer", ANNA, "--dry-run")
    done, seen = seen_while(desk, ["erase", "customer", ANNA], [TAKES_PART])
    assert len(seen[0]) > 3, seen
    shared = {"raw mails", "files", "texts made of mails"}
    assert {k: v for k, v in by_place(done).items() if k not in shared} == {k: v for k, v in by_place(dry).items() if k not in shared}
    is_forgotten(desk, words)
    assert ugo_is_there(desk)


@setup(**MANY_MAILS)
def test_broken_off_among_tickets_of_others_the_daemon_goes_on(desk):
    words = desk.after(among_others)
    program = subprocess.Popen([os.path.join(BUILD, "sportello"), "-c", desk.config_file, "erase", "customer", ANNA], env=desk.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    with sqlite3.connect("file:%s?mode=ro" % os.path.join(desk.state_dir, "sportello.db"), uri=True) as rows:
        first = rows.execute(TAKES_PART).fetchone()[0]
        while program.poll() is None and rows.execute(TAKES_PART).fetchone()[0] > first - 20:
            time.sleep(0.001)
        program.kill()
        program.wait()
        assert 0 < rows.execute(TAKES_PART).fetchone()[0] < first
    assert [e["done"] for e in desk.ok("erase", "list")][:1] == [False]
    desk.advance(120)
    wait_until(lambda: all(e["done"] for e in desk.ok("erase", "list")), 60, "the daemon went on with it")
    is_forgotten(desk, words)
    assert ugo_is_there(desk)


@setup(**MANY_MAILS)
def test_a_ticket_of_very_many_messages_is_forgotten_in_parts(desk):
    words, database = desk.after(one_long_ticket), "file:%s?mode=ro" % os.path.join(desk.state_dir, "sportello.db")
    dry = desk.ok("erase", "ticket", 1, "--dry-run")
    program = subprocess.Popen([os.path.join(BUILD, "sportello"), "-c", desk.config_file, "erase", "ticket", "1"], env=desk.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    with sqlite3.connect(database, uri=True) as rows:
        gone = lambda: rows.execute("SELECT count(*) FROM message WHERE text='[erased]'").fetchone()[0]
        while program.poll() is None and not gone():
            time.sleep(0.001)
        program.kill()
        program.wait()
        assert 0 < gone() < MESSAGES, gone()
    assert [e["done"] for e in desk.ok("erase", "list")] == [False] and dry["messages"] > MESSAGES
    done = desk.cli("erase", "finish")
    assert done.code == 75 and "ticket 1 is being erased just now" in done.err, done
    desk.advance(120)
    wait_until(lambda: all(e["done"] for e in desk.ok("erase", "list")), 60, "the daemon went on with it")
    is_forgotten(desk, words)
    assert desk.ticket(1)["state"] == "closed" and len(desk.ok("erase", "list")) == 1 and desk.ok("erase", "ticket", 1)["done"]


test_a_ticket_of_very_many_messages_is_forgotten_in_parts.long = 30


@desk_that_forgets
def test_a_mail_on_two_tickets_goes_with_the_last_of_them(desk):
    desk.accept(mail(sender=ANNA, subject="To both", body="canary55\n"), ["support@example.org", "network@example.org"], ANNA)
    wait_until(lambda: len(desk.tickets()) == 2 and not desk.outbox(), 20)
    assert desk.ok("erase", "ticket", 1)["kept"] and desk.cli("ticket", "raw", 2, 1).code == 0
    assert desk.ok("erase", "ticket", 2)["kept"] == []
    is_forgotten(desk, ["canary55"])


@desk_that_forgets
def test_a_ticket_is_forgotten_and_the_others_stay(desk):
    desk.accept(letter(10), sender=ANNA)
    desk.accept(mail(sender=ANNA, subject="Stays", body="This one stays.\n"), sender=ANNA)
    desk.ok("ticket", "assign", 1, "bob", "--no-text")
    wait_until(lambda: not desk.outbox(), 20)
    dry = desk.ok("erase", "ticket", 1, "--dry-run")
    assert dry["tickets"] == 1 and desk.ticket(1)["state"] != "closed"
    desk.ok("erase", "ticket", 1)
    is_forgotten(desk, ["canary%02d" % n for n in range(12, 20)])                # her name (11) is hers, and she is not erased
    gone = desk.ticket(1)
    assert (gone["state"], gone["subject"], gone["customer"]["address"], gone["agent"], gone["messages"][0]["text"]) == ("closed", "[erased]", "", "bob", "[erased]")
    assert "This one stays" in desk.ticket(2)["messages"][0]["text"] and desk.ok("ticket", "search", "stays")[0]["id"] == 2
    assert desk.ok("customer", "show", ANNA)["tickets"]["total"] >= 1 and desk.cli("erase", "ticket", 99).code == 66
    assert desk.ok("erase", "ticket", 1)["done"]


@desk_that_forgets
def test_one_message_is_forgotten(desk):
    desk.accept(mail(sender=ANNA, subject="The password", body="Nothing secret here.\n"), sender=ANNA)
    answer = desk.wait_sent(1, to=ANNA)[0]
    desk.accept(mail(sender=ANNA, reply_to=answer.message, body="It is canary77, keep it.\n"), address_of(answer), ANNA)
    wait_until(lambda: not desk.outbox(), 20)
    assert desk.ok("ticket", "search", "canary77")
    seq = next(m["id"] for m in desk.ticket(1)["messages"] if "canary77" in m["text"])
    assert desk.cli("erase", "message", 1, 99).code == 66
    desk.ok("erase", "message", 1, seq)
    is_forgotten(desk, ["canary77"])
    ticket = desk.ticket(1)
    assert ticket["subject"] == "The password" and "Nothing secret" in ticket["messages"][0]["text"] and ticket["customer"]["address"] == ANNA
    assert next(m for m in ticket["messages"] if m["id"] == seq)["text"] == "[erased]"


@setup(**{**DESK, "config": {"retention_hold": "tag:legal"}})
def test_what_is_held_by_law_is_not_forgotten(desk):
    desk.accept(mail(sender=ANNA, subject="Held", body="canary88\n"), sender=ANNA)
    desk.ok("ticket", "tag", 1, "legal")
    for arguments in (("ticket", 1), ("customer", ANNA), ("message", 1, 1)):
        done = desk.cli("erase", *arguments)
        assert done.code == 77 and "ticket 1 is held" in done.err, done
    assert "canary88" in desk.ticket(1)["messages"][0]["text"] and desk.ok("erase", "list") == []
    desk.ok("ticket", "untag", 1, "legal")
    assert desk.ok("erase", "ticket", 1)["done"]


@setup(**{**DESK, "config": {"mirror.maildir": True}}, start=False)
def test_the_mirror_forgets_too(desk):
    raise_if_no_mirror = os.path.join(desk.directory, "mirror")
    with open(desk.config_file, encoding="utf-8") as f:
        text = f.read()
    with open(desk.config_file, "w", encoding="utf-8") as f:
        f.write(text.replace("maildir = true", 'maildir = "%s"' % raise_if_no_mirror))
    desk.start()
    desk.accept(letter(10), sender=ANNA)
    wait_until(lambda: found(raise_if_no_mirror, ["canary14"]), 20, "the mirror has it")
    desk.ok("erase", "customer", ANNA)
    assert found(raise_if_no_mirror, ["canary%02d" % n for n in range(11, 20)] + ["canary01"]) == []
    assert desk.cli("fsck", json_output=False).out == "clean\n"


@desk_that_forgets
def test_a_customer_is_given_all_that_the_desk_has_of_him(desk):
    desk.accept(letter(10), sender=ANNA)
    desk.accept(mail(sender=ANNA, subject="Second", body="Words.\nFrom here on it is quoted.\n"), sender=ANNA)
    desk.accept(mail(sender="ugo@example.com", subject="Not hers"), sender="ugo@example.com")
    directory = os.path.join(desk.directory, "export")
    said = desk.ok("customer", "export", ANNA, directory)
    assert said["mails"] == 2
    box = mailbox.mbox(os.path.join(directory, "mails.mbox"), create=False)
    assert len(box) == 2 and [str(m["Subject"]) for m in box][1] == "Second" and b">From here on" in box[1].as_bytes()
    with open(os.path.join(directory, "customer.json"), encoding="utf-8") as f:
        data = json.load(f)
    assert data["customer"]["addresses"][0]["address"] == ANNA and "canary33" not in json.dumps(data) and [t["id"] for t in data["tickets"]] == [1, 2]
    files = os.listdir(os.path.join(directory, "attachments"))
    assert any(name.endswith("canary18.pdf") for name in files) and os.stat(directory).st_mode & 0o077 == 0
    assert desk.cli("customer", "export", ANNA, directory).code == 65 and desk.cli("customer", "export", "nobody@example.com", directory + "2").code == 66
    assert desk.ok("customer", "show", ANNA)["history"][-1]["kind"] == "exported"


def proved(sender, **more):
    domain = sender.rsplit("@", 1)[1].rstrip(">")
    return mail(sender=sender, headers=[("Authentication-Results", "mx.example.org; dmarc=pass header.from=%s" % domain)], **more)


def with_a_history(desk):
    """Anna's two tickets, with what is not hers beside them, and her words on Ugo's."""
    desk.accept(letter(10), sender=ANNA)
    desk.ok("ticket", "note", 1, "--as", "bob", stdin="She is difficult: canary90.\n")
    desk.ok("ticket", "reply", 1, "--as", "bob", stdin="Your answer, Anna.\n")
    desk.ok("customer", "set", ANNA, "--note", "canary91")
    desk.ok("ticket", "cc", 1, "carlo@example.com", "--no-text")
    to_her = desk.wait_sent(1, to=ANNA)[-1]
    desk.accept(mail(sender="carlo@example.com", subject="Re: x [#1]", body="Of Carlo alone: canary92.\n"), address_of(to_her), "carlo@example.com")
    desk.ok("ticket", "ask", 1, "supplier@example.net", "--as", "bob", stdin="To the supplier: canary93.\n")
    desk.accept(proved(ANNA, subject="Second", body="Second words.\n"), sender=ANNA)
    desk.accept(mail(sender="Ugo <ugo@example.com>", subject="Of Ugo", body="Of Ugo alone: canary95.\n"), sender="ugo@example.com")
    desk.ok("ticket", "cc", 3, ANNA, "--no-text")
    desk.ok("ticket", "reply", 3, "--as", "bob", stdin="To Ugo: canary96.\n")
    to_both = wait_until(lambda: [m for m in desk.sent_to(ANNA) if "[#3]" in str(m["Subject"])], 20, "the answer to both")
    desk.accept(mail(sender=ANNA, body="Her words on Ugo's.\n", reply_to=to_both[-1].message), address_of(to_both[-1]), ANNA)
    wait_until(lambda: not desk.outbox(), 20, "all is sent")


NOT_HERS = [b"canary9%d" % n for n in (0, 1, 2, 3, 5, 6)]


def holds_hers_alone(names, read):
    data = json.loads(read("customer.json"))
    assert [t["id"] for t in data["tickets"]] == [1, 2] and [t["id"] for t in data["beside"]] == [3] and len(data["beside"][0]["messages"]) == 1
    words = json.dumps(data)
    assert "Her words on Ugo's" in words and "Second words" in words and "Your answer, Anna" in words and "canary15" in words
    everything = b"".join(read(name) for name in names)
    assert [c for c in NOT_HERS if c in everything] == []
    assert sorted(n for n in names if n.startswith("attachments/"))[0].startswith("attachments/1-1-1-")
    with tempfile.NamedTemporaryFile() as f:
        f.write(read("mails.mbox"))
        f.flush()
        assert len(mailbox.mbox(f.name, create=False)) == 3


@setup(**{**DESK, "config": {"authserv_id": "mx.example.org"}})
def test_an_export_holds_nothing_of_others(desk):
    with_a_history(desk)
    directory = os.path.join(desk.directory, "export")
    said = desk.ok("customer", "export", ANNA, directory)
    assert said["mails"] == 3 and said["left_out"] >= 4
    names = [os.path.relpath(os.path.join(d, f), directory) for d, _, files in os.walk(directory) for f in files]
    holds_hers_alone(names, lambda name: open(os.path.join(directory, name), "rb").read())


@setup(**DESK)
def test_an_export_holds_no_answer_that_went_to_somebody_else(desk):
    """Two tickets that became one: what the other was answered before, she was never shown."""
    for sender in (ANNA, "carl@other.example"):
        desk.accept(mail(subject="Of %s" % sender, sender=sender), sender=sender)
    desk.ok("ticket", "reply", 1, "--as", "bob", stdin="Words for Anna alone.\n")
    desk.ok("ticket", "reply", 2, "--as", "bob", stdin="Words for Carl alone.\n")
    desk.ok("ticket", "merge", 2, 1)
    for who, hers, not_hers in ((ANNA, "Words for Anna alone.", "Words for Carl alone."), ("carl@other.example", "Words for Carl alone.", "Words for Anna alone.")):
        directory = os.path.join(desk.directory, "export-" + who)
        desk.ok("customer", "export", who, directory)
        told = open(os.path.join(directory, "customer.json"), encoding="utf-8").read()
        assert not_hers not in told, (who, told)
        assert hers in told or who != ANNA, (who, told)


@setup(**{**DESK, "config": {"authserv_id": "mx.example.org"}})
def test_an_export_is_mailed_only_to_an_address_that_is_proved(desk):
    with_a_history(desk)
    desk.ok("customer", "add-address", ANNA, "new@home.example")
    sent = {m.where for m in desk.sent()}                    # by their files: those of two processes in one second have no order
    for words, code, said in (((ANNA, "--send", "new@home.example"), 65, "is not proved"), ((ANNA, "--send", "ugo@example.com"), 65, "is not an address of customer"),
                              (("ugo@example.com", "--send"), 65, "none of his is"), ((ANNA,), 64, "--send"), (("nobody@example.com", "--send"), 66, "no customer")):
        done = desk.cli("customer", "export", *words)
        assert done.code == code and said in done.err, (words, done)
    assert {m.where for m in desk.sent()} == sent and not any(h["kind"] == "exported" for h in desk.ok("customer", "show", ANNA)["history"])
    done = desk.ok("customer", "export", ANNA, "--send")
    assert done["sent_to"] == ANNA and done["mails"] == 3
    got = [m for m in desk.sent() if m.where not in sent]
    assert [m.recipients for m in got] == [[ANNA]] and got[0]["Auto-Submitted"] == "auto-generated" and "attached archive" in got[0].text, got[0].text
    parts = list(got[0].message.iter_attachments())
    assert [p.get_filename() for p in parts] == ["data.zip"]
    archive = zipfile.ZipFile(io.BytesIO(parts[0].get_payload(decode=True)))
    assert archive.testzip() is None
    holds_hers_alone(archive.namelist(), archive.read)
    assert desk.ok("customer", "show", ANNA)["history"][-1]["what"] == "by mail to %s: 3 mails, %d files" % (ANNA, done["files"])
    # Nothing of the archive stays, and none comes back in a bounce.
    assert desk.ok("outbox", "list") == [] and got[0].sender == ""
    assert desk.cli("fsck", json_output=False).out == "clean\n"


@setup(**{**DESK, "relay": "smtp", "config": {"authserv_id": "mx.example.org"}})
def test_an_export_that_the_relay_does_not_take_says_so(desk):
    desk.accept(proved(ANNA, subject="One", body="Words.\n"), sender=ANNA)
    desk.wait_sent(1, to=ANNA)
    desk.relay.on_rcpt = {ANNA: "550 5.1.1 nobody here"}
    done = desk.cli("customer", "export", ANNA, "--send")
    assert done.code == 65 and "nobody here" in done.err and "DIR" in done.err
    assert [h["kind"] for h in desk.ok("customer", "show", ANNA)["history"]][-2:] == ["exported", "export not sent"]
    # More than a mail holds.
    desk.relay.on_rcpt = {}
    desk.accept(with_files(("large.pdf", os.urandom(600)), large=True), sender=ANNA)
    done = desk.cli("customer", "export", ANNA, "--send")
    assert done.code == 65 and "more than a mail holds" in done.err and "DIR" in done.err, done


def with_files(*files, large=False):
    """A mail with these files: (name, bytes)."""
    parts = ["--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nSee the files.\r\n"]
    for name, data in files:
        lines = base64.encodebytes(data * (30000 if large else 1)).decode().replace("\n", "\r\n")
        parts.append("--b\r\nContent-Type: application/pdf; name*=utf-8''%s\r\nContent-Disposition: attachment; filename*=utf-8''%s\r\nContent-Transfer-Encoding: base64\r\n\r\n%s" % (name, name, lines))
    head = "From: Anna <%s>\r\nTo: support@example.org\r\nSubject: Files\r\nMessage-ID: <files@secret.example>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" % ANNA
    return (head + "".join(parts) + "--b--\r\n").encode()


def one_file_is_forgotten(desk, large):
    secret, other = b"canary81 is my password; keep it. ", b"Nothing that anybody may not see. "
    desk.accept(with_files(("one.pdf", other), ("canary82-password.pdf", secret), ("three.pdf", other), large=large), ["support@example.org", "network@example.org"], ANNA)
    wait_until(lambda: len(desk.tickets()) == 2 and not desk.outbox(), 20)
    backup = os.path.join(desk.directory, "before.db")
    desk.ok("backup", backup)
    was = [desk.ticket(n)["messages"][0] for n in (1, 2)]
    sizes = [m["size"] for m in desk.ok("mailbox", "list")]
    dry = desk.ok("erase", "message", 1, 1, "--attachment", 2, "--dry-run")
    assert dry["dry_run"] and not dry["done"] and {p["place"] for p in dry["places"]} >= {"attachments", "raw mails"}
    assert desk.ticket(1)["messages"][0] == was[0] and desk.cli("ticket", "attachment", 1, 1, 2).bytes.startswith(secret)
    for k in (4, 99999999999):
        assert desk.cli("erase", "message", 1, 1, "--attachment", k).code == 66
    assert desk.cli("erase", "message", 1, 9, "--attachment", 1).code == 66 and desk.cli("erase", "message", 1, 1, "--attachment", "x").code == 64 and desk.cli("erase", "message", 1, 1, "--attachment", 0).code == 64
    done = desk.ok("erase", "message", 1, 1, "--attachment", 2)
    assert done["done"] and done["places"] == dry["places"]
    words = ["canary81 is my password", "canary82"]

    def gone(tickets):
        for n in tickets:
            now = desk.ticket(n)["messages"][0]
            assert now["text"] == was[n - 1]["text"] and len(now["attachments"]) == 3 and [now["attachments"][k] for k in (0, 2)] == [was[n - 1]["attachments"][k] for k in (0, 2)]
            assert now["attachments"][1]["filename"] == "erased.txt"
            stub = desk.cli("ticket", "attachment", n, 1, 2).bytes
            assert stub == b"[erased: application/pdf, %d bytes]\r\n" % was[n - 1]["attachments"][1]["size"]
            assert desk.cli("ticket", "attachment", n, 1, 3).bytes.startswith(other)
        assert found(desk.state_dir, words) == [], (found(desk.state_dir, words), rows_with(desk, words))
        assert desk.cli("fsck", json_output=False).out == "clean\n"
    gone([1, 2])
    assert sizes == [m["size"] for m in desk.ok("mailbox", "list")] and desk.ok("ticket", "search", "files")
    erased = desk.ok("erase", "list")
    assert [(e["what"], e["ticket"], e["message"], e["attachment"], e["done"]) for e in erased] == [("attachment", 1, 1, 2, True)]
    desk.stop()
    restored = desk.ok("restore", backup)
    assert restored["erased"] == 1
    shutil.rmtree(restored["replaced"])
    gone([1, 2])


@desk_that_forgets
def test_one_attachment_is_forgotten_and_its_mail_stays(desk):
    one_file_is_forgotten(desk, False)


@desk_that_forgets
def test_one_attachment_of_a_mail_that_is_a_file_is_forgotten(desk):
    one_file_is_forgotten(desk, True)


@setup(**{**DESK, "config": {"retention_hold": "tag:legal"}})
def test_an_attachment_of_a_mail_that_is_held_elsewhere_is_not_forgotten(desk):
    desk.accept(with_files(("one.pdf", b"canary83")), ["support@example.org", "network@example.org"], ANNA)
    desk.ok("ticket", "tag", 2, "legal")
    said = desk.cli("erase", "message", 1, 1, "--attachment", 1)
    assert said.code == 77 and "ticket 2 is held" in said.err and desk.cli("ticket", "attachment", 1, 1, 1).bytes == b"canary83"


@desk_that_forgets
def test_a_mail_that_is_nothing_but_a_file_keeps_its_header(desk):
    desk.accept(("From: Anna <%s>\r\nTo: support@example.org\r\nSubject: Only a file\r\nMessage-ID: <only@secret.example>\r\nMIME-Version: 1.0\r\nContent-Type: application/pdf;\r\n name=canary84.pdf\r\n"
                 "Content-Transfer-Encoding: base64\r\nX-Kept: yes\r\n\r\n%s\r\n" % (ANNA, base64.b64encode(b"canary85 and more").decode())).encode(), sender=ANNA)
    assert len(desk.ticket(1)["messages"][0]["attachments"]) == 1
    desk.ok("erase", "message", 1, 1, "--attachment", 1)
    raw = desk.cli("ticket", "raw", 1, 1).out
    assert "Subject: Only a file\r\n" in raw and "X-Kept: yes\r\n" in raw and "canary84" not in raw and "[erased: application/pdf, 17 bytes]" in desk.cli("ticket", "attachment", 1, 1, 1).out
    assert found(desk.state_dir, ["canary84", "canary85 and more"]) == [] and desk.cli("fsck", json_output=False).out == "clean\n"


# ---- two hundred words: every place of a mail in every encoding, on every kind of way, and what people wrote beside

CANARY = "canaryword"
of_header = [lambda w: w, lambda w: "=?utf-8?Q?%s?=" % "".join("=%02X" % ord(c) for c in w), lambda w: "=?utf-8?B?%s?=" % base64.b64encode(w.encode()).decode(),
             lambda w: "=?utf-8?Q?%s?=\r\n =?utf-8?Q?%s?=" % (w[:6], w[6:]), lambda w: "=?utf-16be?B?%s?=" % base64.b64encode(w.encode("utf-16-be")).decode()]
of_body = [lambda w: ("utf-8", "8bit", w), lambda w: ("utf-8", "quoted-printable", "".join("=%02X" % ord(c) for c in w)), lambda w: ("utf-8", "base64", base64.b64encode(w.encode()).decode()),
           lambda w: ("utf-16", "base64", base64.b64encode(w.encode("utf-16")).decode()), lambda w: ("utf-16le", "base64", base64.b64encode(w.encode("utf-16-le")).decode())]
of_name = [lambda w: 'filename="%s.pdf"' % w, lambda w: 'filename="=?utf-8?B?%s?="' % base64.b64encode(w.encode()).decode(), lambda w: "filename*=utf-8''%s.pdf" % "".join("%%%02X" % ord(c) for c in w),
           lambda w: "filename*0*=utf-8''%s;\r\n filename*1*=%s.pdf" % (w[:6], w[6:]), lambda w: "filename*=iso-8859-1''%s%%2Epdf" % w]
PLACES = 7                                                   # of one mail


def coded(words, encoding, to="support@example.org", head="", pad=0):
    """A mail of Anna's with these seven words, each in its place, all in one encoding."""
    name, subject, comment, text, file, content, nested = words
    charset, transfer, body = of_body[encoding](text)
    _, file_transfer, file_body = of_body[encoding](content)
    return ("From: %s <%s>\r\nTo: %s\r\nSubject: %s\r\nComments: %s\r\n%sMessage-ID: <%s@secret.example>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
            "Content-Type: text/plain; charset=%s\r\nContent-Transfer-Encoding: %s\r\n\r\n%s\r\n--b\r\nContent-Type: application/octet-stream\r\nContent-Disposition: attachment; %s\r\n"
            "Content-Transfer-Encoding: %s\r\n\r\n%s\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nFrom: x@secret.example\r\nSubject: %s\r\n\r\nInside.\r\n--b\r\n"
            "Content-Type: application/octet-stream; name=pad\r\nContent-Transfer-Encoding: base64\r\n\r\n%s\r\n--b--\r\n"
            % (of_header[1 if encoding == 3 else encoding](name), ANNA, to, of_header[encoding](subject), of_header[encoding](comment), head, uuid.uuid4(), charset, transfer, body, of_name[encoding](file), file_transfer,
               file_body, of_header[encoding](nested), "\r\n".join(["eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4"] * pad))).encode()


def decoded(desk, mails):
    """All that can be read of them, by another program."""
    seen = []
    for data in mails:
        for part in email.message_from_bytes(data, policy=email.policy.default).walk():
            seen += [str(v) for _, v in part.items()] + [part.get_filename() or ""]
            payload = part.get_payload(decode=True) if not part.is_multipart() else b""
            seen += [payload.decode(charset, "replace") for charset in ("utf-8", "utf-16", "utf-16-le")]
    return "\n".join(seen)


def figures(desk):
    found = {}
    for name in ("volume", "answers", "resolution", "satisfaction", "workload", "articles", "mail", "promises"):
        report = desk.ok("report", name, "--since", "30d")
        found[name] = (report["rows"], report["total"])
    return found


@setup(**{**DESK, "config": {**DESK["config"], "mirror.maildir": True, "desk.acknowledgements_per_hour": 1000}}, start=False)
def test_two_hundred_words_in_five_encodings_are_found_nowhere(desk):
    mirror = os.path.join(desk.directory, "mirror")
    with open(desk.config_file, encoding="utf-8") as f:
        text = f.read()
    with open(desk.config_file, "w", encoding="utf-8") as f:
        f.write(text.replace("maildir = true", 'maildir = "%s"' % mirror))
    os.makedirs(os.path.join(desk.directory, "rules"), exist_ok=True)
    with open(os.path.join(desk.directory, "rules", "10.sieve"), "w") as f:
        f.write('if header :is "X-Way" "nowhere" { discard; }\n')
    desk.start()
    new = iter(range(1000))
    word = lambda: "%s%03d" % (CANARY, next(new))
    words, mails = [], []

    def send(to, encoding, **more):
        mine = [word() for _ in range(PLACES)]
        data = coded(mine, encoding, to, **more)
        desk.accept(data, to, ANNA)
        words.extend(mine)
        mails.append(data)

    send("support@example.org", 0)
    own = address_of(desk.wait_sent(1, to=ANNA)[0])
    desk.accept(mail(sender="Ugo <ugo@example.com>", subject="Of Ugo's own", body="My printer.\n"), sender="ugo@example.com")
    desk.ok("ticket", "cc", 2, ANNA, "--no-text")
    desk.ok("ticket", "reply", 2, "--as", "bob", stdin="An answer to both.\n")
    both = address_of(wait_until(lambda: [m for m in desk.sent_to(ANNA) if "[#2]" in str(m["Subject"])], 20)[0])
    for encoding in range(5):
        for way in ({"to": "support@example.org"}, {"to": "network@example.org", "pad": 3000}, {"to": own}, {"to": both}, {"to": "support@example.org", "head": "X-Way: nowhere\r\n"},
                    {"to": "support@example.org", "head": "Auto-Submitted: auto-replied\r\n"}):
            send(way.pop("to"), encoding, **way)
    beside = [word() for _ in range(8)]
    desk.ok("ticket", "note", 1, "--as", "bob", stdin=beside[0] + " of a note.\n")
    desk.ok("ticket", "reply", 1, "--as", "bob", stdin="Dear %s, it is done.\n" % beside[1])
    desk.ok("ticket", "ask", 1, "supplier@example.net", "--as", "bob", stdin="A part for %s.\n" % beside[2])
    desk.ok("customer", "set", ANNA, "--name", beside[3], "--note", beside[4], "--external-id", beside[5])
    desk.ok("customer", "add-address", ANNA, beside[6] + "@home.example")
    desk.ok("ticket", "new", "--queue", "support", "--to", ANNA, "--subject", beside[7], "--as", "bob", stdin="We write first.\n")
    words += beside
    seen = decoded(desk, mails)
    assert len(words) >= 200 and [w for w in words[:-8] if w not in seen] == [], ([(w, int(w[-3:]) % PLACES, int(w[-3:]) // PLACES) for w in words[:-8] if w not in seen])
    wait_until(lambda: not desk.outbox() and found(mirror, [CANARY]), 60, "all is sent, and mirrored")
    desk.ok("ticket", "search", words[3])
    desk.ok("ticket", "close", "--where", "-state:closed", "--yes", "--no-text")
    wait_until(lambda: not desk.outbox(), 30)
    backup = os.path.join(desk.directory, "before.db")
    desk.ok("backup", backup)
    was, stood = figures(desk), counts(desk)
    assert {os.path.basename(name) for name, _ in found(desk.state_dir, [CANARY])} >= {"sportello.db"}
    desk.ok("erase", "customer", ANNA)
    hits = found(desk.state_dir, [CANARY]) + found(mirror, [CANARY]) + found(desk.state_dir, [ANNA]) + found(mirror, [ANNA])
    assert hits == [], (hits[:20], rows_with(desk, [CANARY, ANNA])[:20])
    everything = json.dumps([desk.ticket(t["id"]) for t in desk.tickets("--limit", 100)]) + json.dumps([desk.ok(*what) for what in (("mailbox", "list"), ("outbox", "list", "--all"), ("customer", "list"))])
    assert CANARY not in everything and ANNA not in everything and desk.ok("ticket", "search", words[3]) == []
    assert figures(desk) == was and counts(desk) == stood
    said = desk.cli("fsck", json_output=False)
    assert said.out == "clean\n", said
    assert "My printer" in desk.ticket(2)["messages"][0]["text"]
    desk.stop()
    shutil.rmtree(desk.ok("restore", backup)["replaced"])
    assert found(desk.state_dir, [CANARY]) == [] and desk.cli("fsck", json_output=False).out == "clean\n"


# ---- what the desk itself made of somebody's words: questions to the articles, what was suggested, what is asked afterwards, what was learned, and before that

VPN_ARTICLE = "---\ntitle: Connect to the VPN from home\nlanguage: en\n---\nThe VPN client says authentication failed: the password of the VPN is the one of the computer. Connect to the internet first, then start the VPN client.\n"


def made_of(desk):
    with sqlite3.connect("file:%s?mode=ro" % os.path.join(desk.state_dir, "sportello.db"), uri=True) as database:
        ask = lambda what: [row[0] for row in database.execute(what)]
        return {"asked": ask("SELECT question FROM asked"), "suggested": ask("SELECT excerpt FROM suggested"), "rated": ask("SELECT words FROM rating"), "models": ask("SELECT version FROM model")}


@setup(queues=[dict(q, kb="with-acknowledgement") for q in test_learn.QUEUES], config={"desk.acknowledgements_per_hour": 1000, "authserv_id": "mx.example.org"})
def test_what_the_desk_made_of_somebodys_words_is_forgotten(desk):
    with open(os.path.join(desk.directory, "kb", "vpn.md"), "w", encoding="utf-8") as f:
        f.write(VPN_ARTICLE)
    wait_until(lambda: desk.http("/kb/vpn")[0] == 200, 10)
    test_learn.confirm(desk, test_learn.feed(desk, test_learn.TAUGHT))
    first, words = test_learn.TAUGHT + 1, []
    for n in range(20):
        mine = ["%s%03d" % (CANARY, 300 + 2 * n), "%s%03d" % (CANARY, 301 + 2 * n)]
        charset, transfer, body = of_body[n % 5]("VPN authentication failed, my client at home cannot connect to the VPN, says %s and canarycommon.\n" % mine[1])
        desk.accept(("From: Anna <%s>\r\nTo: support@example.org\r\nSubject: %s\r\nMessage-ID: <%d.vpn@secret.example>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=%s\r\nContent-Transfer-Encoding: %s\r\n\r\n%s\r\n"
                     % (ANNA, of_header[n % 5]("VPN " + mine[0]), n, charset, transfer, body)).encode(), sender=ANNA)
        desk.ok("ticket", "queue", first + n, "network")
        words += mine
        if n == 9:
            desk.ok("learn")
    desk.ok("learn")
    desk.ok("ticket", "reply", first, "--as", "bob", stdin="Try the other password.\n")
    desk.ok("ticket", "resolve", first, "--as", "bob")
    mine = lambda: [re.findall(r"http://127\.0\.0\.1:\d+(/l/[a-z2-7]+)", m.text) for m in desk.sent_to(ANNA) if "[#%d]" % first in str(m["Subject"])]
    asked = wait_until(lambda: len(mine()) >= 3 and mine(), 30)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    desk.http(asked[2][0], "POST", "", form)
    page = next(link for links in asked for link in links if 'name="stars"' in desk.http(link)[2])
    desk.http(page, "POST", "stars=2&words=canaryrated", form)
    was = made_of(desk)
    assert len([q for q in was["asked"] if CANARY in q]) == 20 and any(was["suggested"]) and was["rated"] == ["canaryrated"] and len(was["models"]) >= 2, (was["models"], was["rated"], was["suggested"][-3:], was["asked"][-20:])
    words += ["canarycommon", "canaryrated", ANNA]
    backup = os.path.join(desk.directory, "before.db")
    desk.ok("backup", backup)
    wait_until(lambda: not desk.outbox(), 60)
    places = {p["place"] for p in desk.ok("erase", "customer", ANNA)["places"]}
    assert places >= {"questions to the articles", "suggestions", "words of ratings", "models of the classifier"}, places
    hits = found(desk.state_dir, words)
    assert hits == [], (hits[:20], rows_with(desk, words)[:20])
    now = made_of(desk)
    assert len(now["asked"]) == len(was["asked"]) and len(now["suggested"]) == len(was["suggested"]) and now["rated"] == [""] and desk.cli("fsck", json_output=False).out == "clean\n"
    # It learns again, of what others wrote, and knows none of her words.
    desk.ok("learn")
    assert found(desk.state_dir, words) == []
    desk.stop()
    shutil.rmtree(desk.ok("restore", backup)["replaced"])
    assert found(desk.state_dir, words) == [] and desk.cli("fsck", json_output=False).out == "clean\n"


test_what_the_desk_made_of_somebodys_words_is_forgotten.long = 40
