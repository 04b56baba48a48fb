"""`sportello store copy`: a desk goes from one kind of database to the other and back, whole, beside its work, however often it is killed."""
import os, random, shutil, signal, sqlite3, subprocess, threading, time

import postgres
from desk import BUILD, SLOW, Desk, Skip, mail, setup, wait_until

MADE_AGAIN = {"mailbox_key", "contact_key", "place", "event_page", "event_gap"}         # from the other tables, by the desk
OWN_FACTS = ("schema", "mailbox_key", "contact_key", "writer", "keys", "files", "ledger_key", "secret_key")
OWN_BEGINNINGS = ("places_", "events_", "words_", "copy_")


def server(desk):
    reason = postgres.installed() or (None if os.path.exists(os.path.join(BUILD, "tools", "postgres_try")) else "built with POSTGRESQL=no")
    if reason:
        raise Skip(reason)
    os.chmod(desk.directory, 0o755)
    return postgres.Server(os.path.join(desk.directory, "pg"), {"fsync": "off"})


def rows_of(state_dir):
    """{table: its rows, sorted} of sportello.db; a large mail by its bytes, wherever they stand."""
    found = {}
    with sqlite3.connect(os.path.join(state_dir, "sportello.db")) as db:
        db.text_factory = bytes
        for (table,) in db.execute("SELECT name FROM sqlite_schema WHERE type='table' AND name NOT LIKE 'sqlite_%'").fetchall():
            table = table.decode()
            rows = db.execute("SELECT * FROM " + table).fetchall()
            if table == "raw":
                rows = [(*row[:3], open(os.path.join(state_dir, "mails", row[3].decode()), "rb").read() if row[3] else row[4]) for row in rows]
            if table == "meta":
                rows = [(k, v) for k, v in rows if k.decode() not in OWN_FACTS and not k.decode().startswith(OWN_BEGINNINGS)]
            found[table] = sorted(rows, key=repr)
    db.close()
    return found


def differ(one, other):
    return [t for t in one if t not in MADE_AGAIN and one[t] != other.get(t)]


def elsewhere(desk, name, url=None):
    """Another state directory of the same desk, and its configuration; nothing is in it."""
    directory = os.path.join(desk.directory, name)
    os.mkdir(directory)
    other = Desk(directory, start=False, config={"store.url": url or "sqlite:"})
    if os.path.exists(os.path.join(desk.state_dir, "secret.key")):
        shutil.copy(os.path.join(desk.state_dir, "secret.key"), other.state_dir)
    return other


def a_days_work(desk):
    for i in range(12):
        desk.accept(mail(subject="Frage %d: Drucker für Größe" % i, sender="kunde%d@example.com" % (i % 5), body="Perché non va? Numero %d\n" % i))
    desk.accept(mail(subject="Large", body="".join("%07d a line of a large mail\n" % i for i in range(40000))))
    desk.accept(mail(subject="No text", sender="=?x?= \udcff <anna@example.com>", body="\udcff\n"))
    desk.cli("ticket", "note", 1, "--as", "bob", stdin="A note")
    desk.cli("ticket", "reply", 2, "--as", "bob", stdin="An answer")
    desk.cli("ticket", "tag", 3, "vpn")
    desk.cli("ticket", "pend", 4, "--until", "3d", "--as", "bob")
    desk.cli("customer", "set", "kunde1@example.com", "--name", "Kunde Eins", "--vip", "yes")
    desk.cli("organisation", "set", "Acme", "--domain", "acme.example")
    desk.cli("ticket", "merge", 5, 6)
    desk.cli("ticket", "split", 6, 2)
    desk.cli("erase", "ticket", 7)
    wait_until(lambda: not desk.ok("outbox", "list"))


def copy(desk, to, *more, code=0):
    done = desk.cli("store", "copy", "--to", to, *more)
    assert done.code == code, done
    return done.json if code == 0 else done.err + done.out


@setup(start=False, config={"store.url": "sqlite:"})
def test_there_and_back_all_is_as_it_was(desk):
    with server(desk) as there:
        desk.start()
        a_days_work(desk)
        desk.stop()
        before, numbers = rows_of(desk.state_dir), sorted(t["id"] for t in desk.ok("ticket", "list"))
        shown = [desk.ok("ticket", "show", n) for n in numbers]
        url = there.create("one")
        first = copy(desk, url)
        assert not first["works"] and {t["table"] for t in first["tables"]} == before.keys() - MADE_AGAIN, "a table is not copied"
        assert "copying" not in rows_of(desk.state_dir) and not differ(before, rows_of(desk.state_dir))      # the source is as it was
        back = elsewhere(desk, "back", url)
        second = copy(back, "sqlite:")
        # Texts that were not UTF-8 are cleaned on the way: both sides say the same of them.
        assert second["tables"] == first["tables"]
        back.set("store.url", "sqlite:")
        back.write_config()
        assert back.cli("fsck").code == 0, back.cli("fsck")
        changed = differ(before, rows_of(back.state_dir))
        assert set(changed) <= {"mailbox", "message", "ticket", "contact", "outbox", "history", "participant"}, changed
        there_again = there.create("two")
        third = copy(back, there_again)
        assert third["tables"] == first["tables"] and third["cleaned"] == 0
        # And it is a desk that works on, on both.
        for url_of in (url, there_again):
            desk.set("store.url", url_of)
            desk.write_config()
            assert [desk.ok("ticket", "show", n) for n in numbers] == shown
        desk.start()
        desk.accept(mail(subject="After the move"))
        wait_until(lambda: [t["subject"] for t in desk.ok("ticket", "search", "größe")])
        assert desk.cli("fsck").code == 0, desk.cli("fsck")
        desk.stop()
        refused = copy(back, there_again, code=65)
        assert "something in it already" in refused, refused
        assert back.cli("store", "copy", "--end").code == 0              # the desk is there all the same
        back.start()
        back.accept(mail(subject="After the move back"))
        assert back.cli("fsck").code == 0
        back.stop()


test_there_and_back_all_is_as_it_was.long = 25


@setup(start=False, config={"store.url": "sqlite:"})
def test_nothing_is_copied_over_what_is_there(desk):
    with server(desk) as there:
        desk.start()
        desk.accept(mail())
        url = there.create("one")
        there.sql("CREATE TABLE meta(key text, value text)", "one")
        assert "something in it already" in copy(desk, url, code=65)
        assert "is where the tickets are" in copy(desk, "sqlite:", code=65)
        assert desk.cli("store", "copy").code == 64
        desk.stop()


@setup(start=False, config={"store.url": "sqlite:"})
def test_beside_a_running_desk_it_stops_it_for_a_moment(desk):
    with server(desk) as there:
        desk.start()
        for i in range(30):
            desk.accept(mail(subject="Before %d" % i))
        url, accepted, stop = there.create("one"), [], threading.Event()

        def deliver():
            while not stop.is_set():
                subject = "Meanwhile %d" % len(accepted)
                if desk.lmtp(mail(subject=subject))[0][0] == 250:
                    accepted.append(subject)

        thread = threading.Thread(target=deliver)
        thread.start()
        try:
            first = copy(desk, url)
            time.sleep(1)
        finally:
            stop.set()
            thread.join()
        assert first["works"] and first["held_ms"] < 5000 * SLOW
        desk.cli("ticket", "tag", 3, "late")
        desk.cli("erase", "ticket", 4)
        desk.stop()
        second = copy(desk, url)
        assert not second["works"]
        other = elsewhere(desk, "other", url)
        other.start()
        subjects = {t["subject"] for t in other.ok("ticket", "list")}
        assert subjects >= set(accepted) and "late" in other.ok("ticket", "show", 3)["tags"] and "Before 3" not in subjects
        assert other.cli("fsck").code == 0, other.cli("fsck")
        other.stop()
        assert "something in it already" in copy(desk, url, code=65)         # somebody works there since
        print("%d mails came meanwhile; held %d ms, then %d ms" % (len(accepted), first["held_ms"], second["held_ms"]))


def refuses_to_start(desk):
    """What the daemon says when it ends with 78."""
    desk.start(wait=False)
    assert desk.process.wait(20 * SLOW) == 78, desk.log_tail()
    desk.process = None
    return desk.log_tail()


def findings(desk, word):
    return [f["level"] for f in desk.cli("check", "--json").json if word in f["what"]]


def where_it_was_nothing_is_written(desk, to):
    """The old database after the last step: read, and no more, whoever tries; until one says that the desk is there."""
    before = rows_of(desk.state_dir) if os.path.exists(os.path.join(desk.state_dir, "sportello.db")) else None
    assert "the desk was copied from here to" in refuses_to_start(desk) and to in desk.log_tail(), desk.log_tail()
    assert findings(desk, "the desk was copied from here") == ["error"] and desk.cli("check").code == 78
    refused = desk.cli("ticket", "tag", 1, "vpn")
    assert refused.code == 78 and "store copy --end" in refused.err, refused
    assert desk.ok("ticket", "show", 1)["id"] == 1 and desk.cli("fsck").code == 0
    assert before is None or not differ(before, rows_of(desk.state_dir))
    assert desk.cli("store", "copy", "--end").code == 0
    desk.start()
    desk.accept(mail(subject="It stays here"))
    desk.stop()


@setup(start=False, config={"store.url": "sqlite:"})
def test_who_starts_the_old_one_again_hears_where_the_desk_is(desk):
    with server(desk) as there:
        desk.start()
        desk.accept(mail())
        desk.stop()
        url = there.create("one")
        copy(desk, url)
        back = elsewhere(desk, "back", url)
        copy(back, "sqlite:")
        assert findings(back, "the desk was copied from here") == ["error"], "PostgreSQL is as closed as SQLite"
        where_it_was_nothing_is_written(desk, "/one")
        where_it_was_nothing_is_written(back, "sportello.db")
        # Beside the database that is the desk now, the one of before is named.
        back.set("store.url", "sqlite:")
        back.write_config()
        copy(back, there.create("two"))
        back.set("store.url", there.url("two"))
        back.write_config()
        assert findings(back, "the desk moved from this database") == ["note"]


@setup(start=False, config={"store.url": "sqlite:"})
def test_a_copy_made_beside_a_daemon_says_that_it_lacks_what_came_since(desk):
    with server(desk) as there:
        desk.start()
        desk.accept(mail())
        url = there.create("one")
        assert copy(desk, url)["works"]
        other = elsewhere(desk, "other", url)
        assert findings(other, "what it took since is not here") == ["warning"]
        desk.accept(mail(subject="Since"))
        assert findings(desk, "changes are noted for a copy") == ["note"]
        desk.stop()
        desk.start()                                         # it is the desk still: a machine that was restarted at night goes on
        desk.stop()
        copy(desk, url)
        assert not findings(other, "what it took since is not here")
        other.start()
        assert len(other.ok("ticket", "list")) == 2 and "store.copied_beside" not in other.log_tail()
        other.stop()
        # Who starts it without that step is told so.
        assert desk.cli("store", "copy", "--end").code == 0
        desk.start()
        assert copy(desk, there.create("two"))["works"]
        third = elsewhere(desk, "third", there.url("two"))
        third.start()
        assert "store.copied_beside" in third.log_tail(), third.log_tail()
        third.stop()
        desk.stop()


KILLS = int(os.environ.get("COPY_KILLS", "6"))


@setup(start=False, config={"store.url": "sqlite:"})
def test_killed_anywhere_it_goes_on(desk):
    with server(desk) as there:
        desk.start()
        for i in range(150):
            desk.accept(mail(subject="Request %d" % i, sender="customer%d@example.com" % (i % 20)))
        wait_until(lambda: not desk.ok("outbox", "list"))
        desk.stop()
        url = there.create("one")
        back = elsewhere(desk, "back", url)
        for one, to in ((desk, url), (back, "sqlite:")):
            for _ in range(KILLS):
                process = subprocess.Popen([os.path.join(BUILD, "sportello"), "-c", one.config_file, "store", "copy", "--to", to], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
                time.sleep(random.uniform(0.01, 0.5))
                process.send_signal(signal.SIGKILL)
                out = process.communicate()[0]
                if process.returncode == 0:
                    break
                assert process.returncode == -signal.SIGKILL, (process.returncode, out)
            done = one.cli("store", "copy", "--to", to)
            assert done.code == 0 or "complete copy already" in done.err + done.out, done
        back.set("store.url", "sqlite:")
        back.write_config()
        assert not differ(rows_of(desk.state_dir), rows_of(back.state_dir))
        assert back.cli("fsck").code == 0


@setup(start=False, config={"store.url": "sqlite:"})
def test_an_unfinished_copy_is_no_desk(desk):
    with server(desk) as there:
        desk.start()
        for i in range(20):
            desk.accept(mail(subject="Request %d" % i))
        url = there.create("one")
        copy(desk, url)
        there.sql("DELETE FROM meta WHERE key='schema'", "one")
        other = elsewhere(desk, "other", url)
        other.start(wait=False)
        assert other.process.wait(20) == 65 and "unfinished copy" in other.log_tail()
        other.process = None
        copy(desk, url)                                      # it was this desk's, and is complete again
        assert desk.cli("store", "copy", "--end").code == 0
        assert "complete copy already" in copy(desk, url, code=65)
        assert "copying" not in rows_of(desk.state_dir)
        desk.stop()
