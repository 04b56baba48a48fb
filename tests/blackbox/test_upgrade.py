"""Databases of earlier versions live on: tests/fixtures has one of each schema version, made by the program of that time (see upgrade.py).

Whoever changes the schema meets test_the_schema_is_the_one_that_was_frozen: with a migration and a new fixture it passes again.
"""
import os, sqlite3, subprocess, time

from desk import BUILD, mail, setup, wait_until
from upgrade import SETUP, fixtures, grow, revive, schema_of, version_of

HOW = ("the schema of version %d is not the one of tests/fixtures any more. Databases of that version exist: append a migration to engine_migrations "
       "(src/engine/engine_schema.c) and run tests/tools/schema_fixture.py for the new version. Only while no release has made such databases may "
       "tests/tools/schema_fixture.py --released-never replace the old fixture")


def database_of(desk):
    return sqlite3.connect("file:%s?mode=ro" % os.path.join(desk.state_dir, "sportello.db"), uri=True)


@setup(**{**SETUP, "start": True})
def test_the_schema_is_the_one_that_was_frozen(desk):
    """And every version from the first to today's has its fixture."""
    with database_of(desk) as fresh:
        version, now = version_of(fresh), schema_of(fresh)
    assert sorted(fixtures()) == list(range(1, version + 1)), "make the missing one with tests/tools/schema_fixture.py"
    desk.stop()
    os.unlink(os.path.join(desk.state_dir, "sportello.db"))
    revive(fixtures()[version], desk)
    with database_of(desk) as frozen:
        assert version_of(frozen) == version and schema_of(frozen) == now, HOW % version


def history_of_words(desk):
    """What the first version wrote into its histories, by ticket."""
    with database_of(desk) as database:
        rows = database.execute("SELECT ticket, what FROM history ORDER BY ticket, n").fetchall()
    return {number: [what for ticket, what in rows if ticket == number] for number, _ in rows}


def lives_on(desk, path):
    hand = revive(path, desk)
    words = history_of_words(desk)
    desk.start()
    assert desk.cli("fsck", json_output=False).out == "clean\n"
    tickets = {t["id"]: t for t in desk.tickets()}
    assert sorted(tickets) == sorted(t["id"] for t in hand["tickets"])
    for was in hand["tickets"]:
        now = desk.ticket(was["id"])
        known = was.get("customer", {})          # of whom later versions say more
        assert {key: now["customer"][key] for key in known} == known
        assert {key: now[key] for key in was if key != "customer"} == {key: was[key] for key in was if key != "customer"}
        assert all(old in ("", new["what"]) for old, new in zip(words[was["id"]], now["history"])), (words[was["id"]], now["history"])
        assert now["history"][0]["what"].startswith("created: state ")
        assert [m["text"][:200] for m in now["messages"]] == hand["messages"][str(was["id"])], now["id"]
        for message in now["messages"]:
            if message["direction"] == "in" and message["message_id"]:
                assert message["message_id"].encode() in desk.cli("ticket", "raw", now["id"], message["id"], json_output=False).bytes
    # Contacts are customers, with all their requests.
    of = {}
    for ticket in tickets.values():
        of.setdefault(ticket["customer"]["address"].lower(), set()).add(ticket["id"])
    for address, theirs in of.items():
        assert {t["id"] for t in desk.tickets("customer:" + address)} == theirs, address
    listed = {a["address"]: c["tickets"]["total"] for c in desk.ok("customer", "list") for a in c["addresses"]}
    assert {a: len(theirs) for a, theirs in of.items() if a in listed} == {a: listed[a] for a in of if a in listed} and listed
    for address, theirs in of.items():
        assert {t["id"] for t in desk.tickets("customer:" + address)} == theirs, address
    # What people have in hand still works: addresses, Message-IDs, an agent's address, links.
    desk.accept(mail(subject="Re: Printer", body="By the address.\n"), hand["reply_to"])
    desk.accept(mail(subject="Re: Printer", body="By the reference.\n", headers=[("In-Reply-To", hand["message_id"])]))
    desk.accept(mail(subject="Re: Printer", body="/tag upgraded\n", sender="bob@agents.example"), hand["agent"], "bob@agents.example")
    ticket = desk.ticket(1)
    assert [m["text"].strip() for m in ticket["messages"][-3:-1]] == ["By the address.", "By the reference."] and "upgraded" in ticket["tags"]
    assert desk.http(hand["link"])[0] == 200 and "Is it switched on?" in desk.http(hand["link"])[2]
    assert desk.http(hand["help"], "POST", "do=help", {"Content-Type": "application/x-www-form-urlencoded"})[0] == 200
    wait_until(lambda: desk.ticket(5)["state"] == "new")
    # What waited goes out, what was learned is used, what came is known when it comes again.
    desk.ok("outbox", "retry")
    desk.wait_sent(1, to=hand["waits"])
    wait_until(lambda: not desk.outbox(), 30)
    wait_until(lambda: desk.log("learn.loaded"), 20, "what was learned serves, or, where models have another form now, is learned anew")
    assert desk.ok("learn", "report")["model"]["texts"] > 0
    kept = desk.cli("ticket", "raw", 1, 1, json_output=False).bytes
    desk.accept(kept)
    assert len(desk.tickets()) == len(tickets) and desk.log("lmtp.duplicate")
    assert 3 in [t["id"] for t in desk.tickets("--customer", hand["waits"])] and desk.ok("ticket", "search", "printer")
    assert desk.cli("fsck", json_output=False).out == "clean\n"


@setup(**SETUP)
def test_a_database_of_every_earlier_schema_lives_on(desk):
    """fsck, every text, threading, links, the outbox, the model; and afterwards its schema is the one of a fresh database."""
    from desk import Desk
    for version, path in sorted(fixtures().items()):
        one = Desk(os.path.join(desk.directory, "version-%d" % version), **SETUP)
        try:
            lives_on(one, path)
            one.restart()
            assert one.cli("fsck", json_output=False).out == "clean\n"
        finally:
            one.close()
        with database_of(one) as upgraded:
            steps, schema = version_of(upgraded), schema_of(upgraded)
        if not desk.process:
            desk.start()
        with database_of(desk) as fresh:
            assert (steps, schema) == (version_of(fresh), schema_of(fresh)), "version %d was not brought up to date" % version


test_a_database_of_every_earlier_schema_lives_on.long = 20


@setup(**SETUP)
def test_a_large_database_of_the_first_version_is_brought_up_as_fast_as_a_small_one(desk):
    """UPGRADE_TICKETS=100000 for the whole size. The time is the one from the start of the process until it listens."""
    count = int(os.environ.get("UPGRADE_TICKETS", "20000"))
    revive(fixtures()[1], desk)
    size = grow(desk, count)
    began = time.time()
    desk.start()
    ready = time.time() - began
    took = float(desk.log("store.migrated")[0]["ms"])
    print("%d tickets, %d MB of schema 1: brought up in %.0f ms, ready after %.2f s" % (count, size // 1000000, took, ready))
    assert took < 1000 and ready < 10, (took, ready)
    assert [h["what"] for h in desk.ticket(count)["history"]] == ["created: state new, priority normal, queue support, agent nobody",
                                                                  "message 1 (request) from c%d@example.com" % count, "agent nobody -> bob"]
    assert desk.ok("ticket", "list", "agent:bob", "--limit", "3")
    desk.accept(mail(subject="One more"))
    assert max(t["id"] for t in desk.tickets("--limit", "1")) == count + 1
    assert desk.cli("fsck", json_output=False).out == "clean\n"


@setup(**SETUP)
def test_a_database_of_a_newer_sportello_is_refused_and_left_alone(desk):
    newest = max(fixtures())
    revive(fixtures()[newest], desk)
    path = os.path.join(desk.state_dir, "sportello.db")
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA user_version=%d" % (newest + 1))
    with open(path, "rb") as f:
        before = f.read()
    done = subprocess.run([os.path.join(BUILD, "sportellod"), "-c", desk.config_file], capture_output=True, timeout=60, env=desk.environment)
    words = "made by a newer Sportello (schema %d, this program knows up to %d): install that version" % (newest + 1, newest)
    assert done.returncode == 65 and words in done.stderr.decode(), done
    for command in (["ticket", "list"], ["fsck"], ["backup", os.path.join(desk.directory, "copy.db")], ["check"]):
        result = desk.cli(*command, json_output=False)
        assert result.code != 0 and words in result.out + result.err, (command, result)
    with open(path, "rb") as f:
        assert f.read() == before
