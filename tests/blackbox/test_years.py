"""What a desk needs over the years: backups by itself, restore, an upgrade with a way back, figures, a mail that goes round, a listener for admins."""
import fcntl, glob, http.client, json, os, re, shutil, socket, sqlite3, stat, subprocess, time

from desk import BUILD, TOP, address_of, mail, setup, wait_until
from ports import free_port, give_back
from upgrade import SETUP, fixtures, revive


def state(desk, *names):
    return os.path.join(desk.state_dir, *names)


def lived(desk):
    """A small and a large mail, an answer; then a backup."""
    desk.accept(mail(subject="Printer"))
    desk.accept(mail(subject="Log", body="line\n" * 100000, sender="carl@example.com"))
    desk.ok("ticket", "reply", 1, "--as", "bob", stdin="Switch it on.\n")
    desk.wait_sent(2)
    backup = os.path.join(desk.directory, "copy.db")
    desk.ok("backup", backup)
    return backup


# ---- restore

def test_restore_puts_a_backup_in_the_place_of_what_is_there(desk):
    backup = lived(desk)
    before = [desk.ticket(n) for n in (1, 2)]
    raw = desk.cli("ticket", "raw", 2, 1, json_output=False).bytes
    desk.accept(mail(subject="After the backup", sender="dora@example.com"))
    desk.stop()
    done = desk.cli("restore", backup)
    assert done.code == 0 and {k: done.json[k] for k in ("file", "tickets", "mails")} == {"file": backup, "tickets": 2, "mails": 2}, done
    assert done.json["newest"].endswith("Z") and os.path.exists(os.path.join(done.json["replaced"], "sportello.db"))
    assert desk.cli("fsck", json_output=False).out == "clean\n"
    desk.start()
    assert [desk.ticket(n) for n in (1, 2)] == before and len(desk.tickets()) == 2
    assert desk.cli("ticket", "raw", 2, 1, json_output=False).bytes == raw
    assert sorted(os.listdir(state(desk))) == sorted(n for n in os.listdir(state(desk)) if n != "restore.new")
    assert not os.listdir(state(desk, "mails")) if os.path.exists(state(desk, "mails")) else True


def test_restore_onto_a_new_machine_needs_nothing_but_the_file(desk):
    backup = lived(desk)
    reply_to = address_of(desk.sent_to("anna@example.com")[0])
    desk.stop()
    shutil.rmtree(desk.state_dir)
    done = desk.cli("restore", backup)
    assert done.code == 0 and done.json["replaced"] is None, done
    assert stat.S_IMODE(os.stat(state(desk, "sportello.db")).st_mode) == 0o600 and stat.S_IMODE(os.stat(state(desk, "secret.key")).st_mode) == 0o600
    desk.start()
    desk.accept(mail(subject="Re: Printer", body="It is on.\n"), reply_to)
    assert len(desk.ticket(1)["messages"]) > 2 and len(desk.tickets()) == 2, "the key came along: addresses of before are good"


def test_an_answer_to_a_ticket_that_the_backup_does_not_have_opens_one_of_its_own(desk):
    backup = lived(desk)
    desk.accept(mail(subject="Secret of Dora", sender="dora@example.com"))
    desk.wait_sent(1, to="dora@example.com")
    lost = address_of(desk.sent_to("dora@example.com")[0])
    kept = address_of(desk.sent_to("anna@example.com")[0])
    desk.stop()
    desk.ok("restore", backup)
    desk.start()
    desk.accept(mail(subject="Somebody else's", sender="eve@example.com"))
    assert desk.ticket(3)["customer"]["address"] == "eve@example.com", "the number is given again"
    desk.accept(mail(subject="Re: Secret of Dora", sender="dora@example.com"), lost)
    assert desk.ticket(4)["customer"]["address"] == "dora@example.com" and len(desk.ticket(3)["messages"]) == len(desk.ticket(3)["messages"])
    assert not [m for m in desk.ticket(3)["messages"] if "dora@" in m["from"]]
    desk.accept(mail(subject="Re: Printer", body="More.\n"), kept)
    assert "More." in desk.ticket(1)["messages"][-2]["text"] + desk.ticket(1)["messages"][-1]["text"]
    keys = desk.ok("key", "list")
    assert keys[0]["signs"] and "below" not in keys[0] and keys[1]["below"] == 3


def test_a_key_that_was_revoked_after_the_backup_stays_so(desk):
    backup = lived(desk)
    old = desk.ok("key", "list")[0]["key"]
    desk.ok("key", "rotate")
    desk.ok("key", "rotate")
    copy = os.path.join(desk.directory, "second.db")
    desk.ok("backup", copy)
    desk.ok("key", "revoke", old)
    desk.stop()
    desk.ok("restore", copy)
    assert old not in [k["key"] for k in desk.ok("key", "list")]


def test_restore_refuses_what_it_cannot_use_and_changes_nothing(desk):
    backup = lived(desk)
    assert desk.cli("restore", backup).code == 75 and "sportellod works in" in desk.cli("restore", backup).err
    desk.stop()
    listed = sorted(os.listdir(desk.state_dir))
    with open(state(desk, "sportello.db"), "rb") as f:
        before = f.read()

    def refused(file, code, words):
        done = desk.cli("restore", file)
        assert done.code == code and words in done.err, done
        with open(state(desk, "sportello.db"), "rb") as f:
            assert f.read() == before
        assert sorted(set(os.listdir(desk.state_dir)) - {"sportello.db-wal", "sportello.db-shm"}) == [n for n in listed if not n.startswith("sportello.db-")]

    refused(os.path.join(desk.directory, "none.db"), 66, "No such file")
    text = os.path.join(desk.directory, "text.db")
    with open(text, "w") as f:
        f.write("no database at all\n" * 100)
    refused(text, 65, "no Sportello database")
    open(text, "w").close()
    refused(text, 65, "not a Sportello database")
    other = os.path.join(desk.directory, "other.db")
    with sqlite3.connect(other) as database:
        database.execute("CREATE TABLE t(x)")
    refused(other, 65, "not a Sportello database")
    newer = shutil.copy(backup, os.path.join(desk.directory, "newer.db"))
    with sqlite3.connect(newer) as database:
        database.execute("PRAGMA user_version=99")
    refused(newer, 65, "newer Sportello")
    damaged = shutil.copy(backup, os.path.join(desk.directory, "damaged.db"))
    with open(damaged, "r+b") as f:
        f.seek(4096 * 40)
        f.write(b"\xff" * 4096 * 3)
    refused(damaged, 65, "damaged")
    refused(state(desk, "sportello.db"), 65, "the database in use")
    plain = shutil.copy(state(desk, "sportello.db"), os.path.join(desk.directory, "plain.db"))
    refused(plain, 65, "was not made by `sportello backup`")
    assert desk.cli("restore").code == 64


def test_nobody_opens_what_a_broken_restore_left(desk):
    """A power cut between two renames: the old database may lack its log. The sentence says what to do, a wrong file does not undo it, and the restore mends it."""
    lived(desk)
    backup = os.path.join(desk.directory, "kept.db")
    desk.ok("backup", backup)
    desk.stop()
    os.mkdir(os.path.join(state(desk), "restore.new"))
    open(os.path.join(state(desk), "restore.new", "changing"), "w").close()
    refused = desk.cli("ticket", "list")
    assert refused.code == 75 and "restore` was broken off" in refused.err
    assert desk.cli("restore", os.devnull).code and desk.cli("ticket", "list").code == 75
    desk.ok("restore", backup)
    assert "restore.new" not in os.listdir(state(desk))
    desk.start()
    assert desk.cli("ticket", "list").code == 0 and desk.cli("fsck").code == 0


def test_a_log_that_was_left_without_its_database_is_not_played_into_the_restored_one(desk):
    backup = lived(desk)
    desk.accept(mail(subject="Later"))
    desk.kill()
    os.unlink(state(desk, "sportello.db"))
    desk.ok("restore", backup)
    assert len(desk.tickets()) == 2 and desk.cli("fsck", json_output=False).out == "clean\n"


# ---- backups by themselves

BACKUP = {"backup.dir": "@backups", "backup.at": "03:00", "backup.keep": 3}


def with_backups(desk, **more):
    desk.set("backup.dir", os.path.join(desk.directory, "backups"))
    for key, value in more.items():
        desk.set("backup." + key, value)
    desk.write_config()


def backups(desk):
    return sorted(os.path.basename(p) for p in glob.glob(os.path.join(desk.directory, "backups", "*.db")))


@setup(start=False)
def test_the_daemon_makes_a_backup_a_day_and_keeps_so_many(desk):
    with_backups(desk, keep=2, at="03:00")
    os.mkdir(os.path.join(desk.directory, "backups"))
    with open(os.path.join(desk.directory, "backups", "sportello-of-mine.db"), "w") as f:
        f.write("mine")
    desk.start()
    desk.accept(mail(subject="Printer"))
    wait_until(lambda: len(backups(desk)) == 2, 20, "the first is made at once")
    wait_until(lambda: desk.log("backup.made"))
    assert stat.S_IMODE(os.stat(os.path.join(desk.directory, "backups", backups(desk)[0])).st_mode) == 0o600
    for day in range(2, 4):
        desk.advance((day - 1) * 86400)
        wait_until(lambda: len(desk.log("backup.made")) == day, 20)
    assert len(backups(desk)) == 3 and "sportello-of-mine.db" in backups(desk), "two, and the one that is nobody's business"
    assert re.match(r"sportello-\d{4}-\d\d-\d\dT\d{6}Z\.db$", backups(desk)[0])
    assert desk.metric("sportello_backup_last_timestamp_seconds") > 0 and desk.metric("sportello_backup_bytes") > 4096
    newest = os.path.join(desk.directory, "backups", [n for n in backups(desk) if "mine" not in n][-1])
    desk.stop()
    desk.ok("restore", newest)
    assert desk.tickets()[0]["subject"] == "Printer"


@setup(start=False)
def test_a_backup_that_cannot_be_made_is_said_and_hurts_nobody(desk):
    with_backups(desk)
    with open(os.path.join(desk.directory, "backups"), "w") as f:
        f.write("a file")
    desk.set("desk.sandbox", "off")
    desk.write_config()
    desk.start()
    wait_until(lambda: desk.log("backup.trouble"), 20)
    assert desk.metric("sportello_backup_failures_total") == 1 and desk.metric("sportello_backup_last_timestamp_seconds") == 0
    desk.accept(mail(subject="Printer"))
    desk.expected_errors = True


@setup(start=False)
def test_times_and_counts_of_backups_are_checked(desk):
    for key, value, words in (("backup.at", "25:00", "expected a time of the day"), ("backup.at", "3", "expected a time of the day"), ("backup.keep", 0, "1"),
                              ("backup.dir", "backups", "begins with"), ("selftest.every", "often", "expected a length of time"), ("selftest.every", "2bd", "expected a length"),
                              ("web.admin_listen", "unix:/x", "expected an address and a port"), ("selftest.alarm_to", "nobody", "address")):
        desk.set(key, value)
        desk.write_config()
        done = desk.cli("check", json_output=False)
        assert done.code == 78 and words in done.err, (key, value, done)
        desk.set(key, {"backup.at": "03:00", "backup.keep": 14}.get(key, ""))


# ---- an upgrade, with a way back

@setup(**SETUP)
def test_a_backup_is_made_before_the_database_is_brought_up_to_date(desk):
    revive(fixtures()[1], desk)
    with sqlite3.connect(state(desk, "sportello.db")) as database:
        database.execute("DELETE FROM meta WHERE key='secret_key'")
        tickets = database.execute("SELECT count(*) FROM ticket").fetchone()
    with open(state(desk, "secret.key"), "w") as f:
        f.write("ab" * 32 + "\n")
    os.chmod(state(desk, "secret.key"), 0o600)
    desk.start()
    made = glob.glob(state(desk, "before-schema-2-*.db"))
    assert len(made) == 1 and desk.log("store.upgrading") and desk.log("store.migrated")
    with sqlite3.connect("file:%s?mode=ro" % made[0], uri=True) as database:
        assert database.execute("PRAGMA user_version").fetchone() == (1,) and database.execute("SELECT count(*) FROM ticket").fetchone() == tickets
        assert database.execute("SELECT count(*) FROM raw WHERE file IS NOT NULL").fetchone() == (0,), "large mails are in it"
        assert database.execute("SELECT value FROM meta WHERE key='secret_key'").fetchone() == ("ab" * 32 + "\n",)
    desk.restart()
    assert len(glob.glob(state(desk, "before-schema-*.db"))) == 1, "once"
    desk.stop()
    assert desk.ok("restore", made[0])["tickets"] == tickets[0] and desk.cli("fsck", json_output=False).out == "clean\n"


def schema(desk):
    with sqlite3.connect("file:%s?mode=ro" % state(desk, "sportello.db"), uri=True) as database:
        return database.execute("PRAGMA user_version").fetchone()[0]


def of_old(desk):
    """The first version's database, with the key beside it."""
    revive(fixtures()[1], desk)
    with sqlite3.connect(state(desk, "sportello.db")) as database:
        database.execute("DELETE FROM meta WHERE key='secret_key'")
    with open(os.open(state(desk, "secret.key"), os.O_WRONLY | os.O_CREAT, 0o600), "w") as f:
        f.write("ab" * 32 + "\n")


@setup(**SETUP)
def test_check_leaves_an_older_database_as_it_is_and_says_what_will_be(desk):
    """A package's script asks it while the earlier daemon still works."""
    of_old(desk)
    done = desk.cli("check")
    assert done.code == 0 and [p for p in done.json if p["level"] == "note" and "is of an older version (schema 1)" in p["what"] and "restart sportellod" in p["do"]], done
    assert schema(desk) == 1 and not glob.glob(state(desk, "before-schema-*"))


@setup(**SETUP)
def test_no_command_brings_a_database_up_to_date_under_the_daemon_that_works_with_it(desk):
    of_old(desk)
    with open(state(desk, "sportellod.lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for words in (("ticket", "list"), ("fsck",), ("ticket", "close", 1, "--as", "bob", "--no-text")):
            done = desk.cli(*words)
            assert done.code == 75 and "systemctl restart sportellod" in done.err, (words, done)
        assert schema(desk) == 1 and desk.cli("check").code == 0
    assert desk.cli("ticket", "list").code == 0 and schema(desk) == 2, "alone it may"
    assert len(glob.glob(state(desk, "before-schema-2-*.db"))) == 1


@setup(**SETUP)
def test_an_upgrade_without_room_for_its_backup_begins_nothing(desk):
    of_old(desk)
    os.makedirs(state(desk, "mails"), exist_ok=True)
    with open(state(desk, "mails", "large"), "w") as f:
        f.truncate(8 << 40)                              # a file of holes: the copy would not be one
    done = subprocess.run([os.path.join(BUILD, "sportellod"), "-c", desk.config_file], capture_output=True, text=True, timeout=60, env=desk.environment)
    assert done.returncode == 75 and re.search(r"879\d{4} MB are needed, and \d+ MB are free; make room in ", done.stderr), done
    assert schema(desk) == 1 and not glob.glob(state(desk, "before-schema-*"))
    os.unlink(state(desk, "mails", "large"))
    desk.start()
    assert schema(desk) == 2


# ---- the log

@setup(start=False)
def test_the_journal_gets_the_priority_of_each_line_and_nobody_else_does(desk):
    """systemd says in JOURNAL_STREAM which file its journal is; a log that was led elsewhere is not."""
    for own, lead in ((True, "<3>ts="), (False, "ts=")):
        path = os.path.join(desk.directory, "journal")
        with open(path, "w") as f:
            at = os.fstat(f.fileno())
            done = subprocess.run([os.path.join(BUILD, "sportellod"), "-c", "/nonexistent.conf"], stderr=f, timeout=60,
                                  env={**desk.environment, "JOURNAL_STREAM": "%d:%d" % (at.st_dev, at.st_ino + (not own))})
        with open(path) as f:
            lines = f.read().splitlines()
        assert done.returncode == 78 and lines and all(line.startswith(lead) and " level=error " in line for line in lines), lines


# ---- figures

def metrics(desk, port=None):
    connection = http.client.HTTPConnection("127.0.0.1", port or desk.web_port, timeout=10)
    connection.request("GET", "/metrics")
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


def figure(desk, line):
    found = re.search("^" + re.escape(line) + r" (\S+)$", metrics(desk)[1], re.M)
    return float(found.group(1)) if found else None


def test_figures_by_queue_and_state_are_those_of_the_tickets(desk):
    for i in range(4):
        desk.accept(mail(subject="n%d" % i, sender="c%d@example.com" % i))
    assert figure(desk, 'sportello_queue_tickets{queue="support",state="new"}') == 4
    time.sleep(2.2)                                          # the keeper counts them
    desk.ok("ticket", "close", 1, "--as", "bob", "--no-text")
    desk.ok("ticket", "queue", 2, "network", "--as", "bob", "--no-text")
    desk.accept(mail(subject="one more", sender="d@example.com"))
    desk.ok("ticket", "close", 5, "--as", "bob", "--no-text")
    wanted = {}
    for t in desk.tickets():
        wanted[t["queue"], t["state"]] = wanted.get((t["queue"], t["state"]), 0) + 1
    text = metrics(desk)[1]
    got = {(q, s): int(n) for q, s, n in re.findall(r'^sportello_queue_tickets\{queue="(.*?)",state="(.*?)"\} (\d+)$', text, re.M) if int(n)}
    assert got == wanted, (got, wanted)
    assert figure(desk, "sportello_tickets") == 5 and figure(desk, 'sportello_tickets_by_state{state="closed"}') == 2
    assert figure(desk, "sportello_last_mail_age_seconds") < 30 and figure(desk, "sportello_database_bytes") > 0
    assert figure(desk, 'sportello_input_mails_total{input="127.0.0.1:%d"}' % desk.lmtp_port) == 5
    assert re.search(r'^sportello_build_info\{version="0\.\d', text, re.M)
    assert desk.cli("fsck", json_output=False).out == "clean\n"


def test_figures_follow_the_conventions_of_prometheus(desk):
    """A HELP and a TYPE each, before it, once; counters end with _total, and nothing else does; every sample is a number."""
    desk.accept(mail())
    status, text = metrics(desk)
    typed, seen = {}, set()
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            name, kind = line.split()[2:]
            assert name not in typed and "# HELP %s " % name in text, line
            typed[name] = kind
        elif not line.startswith("#"):
            name, value = re.match(r'^([a-z_]+)(?:\{(?:[a-z]+="(?:[^"\\\n]|\\.)*",?)+\})? (\S+)$', line).groups()
            float(value)
            base = re.sub("_(bucket|sum|count)$", "", name) if name not in typed else name
            assert base in typed, line
            seen.add(base)
    assert seen == set(typed)
    for name, kind in typed.items():
        assert (kind == "counter") == name.endswith("_total"), (name, kind)


@setup(start=False)
def test_figures_cost_the_same_however_large_the_desk_is(desk):
    """A hundred thousand tickets more, written into the database."""
    desk.start()
    desk.accept(mail())
    desk.stop()
    with sqlite3.connect(state(desk, "sportello.db")) as database:
        columns = [c[1] for c in database.execute("PRAGMA table_info(ticket)") if c[1] != "id"]
        names = ",".join(columns)
        database.execute("WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i+1 FROM n WHERE i<100001) INSERT INTO ticket(id,%s) SELECT i,%s FROM n, ticket WHERE id=1" % (names, names))
    desk.start()
    wait_until(lambda: figure(desk, "sportello_tickets") == 100001)
    time.sleep(2.5)
    began = time.monotonic()
    for _ in range(20):
        metrics(desk)
    took = (time.monotonic() - began) / 20
    print("/metrics beside 100,001 tickets: %.1f ms" % (took * 1000))
    assert took < 0.05, took
    assert figure(desk, 'sportello_queue_tickets{queue="support",state="new"}') == 100001


@setup(relay="smtp")
def test_the_age_of_what_waits_to_go_out_is_told(desk):
    assert figure(desk, "sportello_outbox_oldest_age_seconds") == 0
    desk.relay.down()
    desk.accept(mail())
    wait_until(lambda: desk.log("outbox.deferred"))           # what is being tried now would wait once more when that fails
    waiting = figure(desk, "sportello_outbox_waiting")
    desk.advance(7200)
    assert waiting > 0 and 7200 <= figure(desk, "sportello_outbox_oldest_age_seconds") < 7300
    assert figure(desk, "sportello_last_mail_age_seconds") >= 7200
    desk.relay.up()
    desk.ok("outbox", "retry")
    wait_until(lambda: figure(desk, "sportello_outbox_waiting") == 0)
    assert figure(desk, "sportello_outbox_oldest_age_seconds") == 0
    desk.relay.on_rcpt["gone@example.com"] = "550 5.1.1 unknown"
    desk.accept(mail(sender="gone@example.com"), sender="gone@example.com")
    wait_until(lambda: figure(desk, "sportello_outbox_waiting") == 0)
    assert desk.cli("fsck", json_output=False).out == "clean\n", "sent and failed are counted right"


@setup(queues=[{"name": "support", "address": "support@example.org", "agents": ["bob"], "answer_hours": 4}])
def test_late_promises_are_counted(desk):
    desk.accept(mail())
    assert figure(desk, "sportello_tickets_overdue") == 0
    desk.advance(5 * 3600)
    wait_until(lambda: figure(desk, "sportello_tickets_overdue") == 1, 20)
    desk.ok("ticket", "reply", 1, "--as", "bob", stdin="At last.\n")
    wait_until(lambda: figure(desk, "sportello_tickets_overdue") == 0, 20)


# ---- a mail that goes round

def canaries(desk):
    return [m for m in desk.relay.mails if m["Subject"].startswith("Sportello selftest ")]


@setup(relay="smtp", config={"selftest.every": "1h", "selftest.alarm_to": "root@elsewhere.example"})
def test_a_mail_goes_round_each_hour_and_two_lost_ones_are_an_alarm(desk):
    first = wait_until(lambda: canaries(desk), 20)[0]
    assert first.recipients == ["support@example.org"]
    desk.accept(first.data, "support@example.org", first.sender)
    wait_until(lambda: (figure(desk, "sportello_selftest_last_success_timestamp_seconds") or 0) > 0)
    assert not desk.tickets() and desk.ok("mailbox", "list")[0]["disposition"] == "selftest"
    assert figure(desk, "sportello_selftest_up") == 1 and figure(desk, "sportello_selftest_sent_total") == 1
    desk.advance(3601)
    wait_until(lambda: len(canaries(desk)) == 2, 20, "the next one after an hour")
    desk.advance(3910)
    wait_until(lambda: figure(desk, "sportello_selftest_lost_total") == 1)
    assert figure(desk, "sportello_selftest_up") == 1, "one alone is no alarm"
    desk.advance(7300)
    wait_until(lambda: len(canaries(desk)) == 3, 20)
    desk.advance(7650)
    wait_until(lambda: figure(desk, "sportello_selftest_up") == 0)
    assert "did not come back" in desk.log("selftest.lost")[0]["why"]
    alarm = wait_until(lambda: [m for m in desk.relay.mails if m.recipients == ["root@elsewhere.example"]])
    assert len(alarm) == 1 and "does not go round" in alarm[0]["Subject"] and "sportello selftest" in alarm[0].text
    desk.advance(11000)
    fourth = wait_until(lambda: canaries(desk)[3:], 20)[0]
    desk.accept(fourth.data, "support@example.org", fourth.sender)
    wait_until(lambda: figure(desk, "sportello_selftest_up") == 1)
    assert desk.log("selftest.back")
    wait_until(lambda: len([m for m in desk.relay.mails if m.recipients == ["root@elsewhere.example"]]) == 2)


@setup(start=False, config={"selftest.every": "1h"})
def test_an_outage_of_the_relay_is_told_by_another_relay(desk):
    from relay import Relay
    other = Relay()
    try:
        desk.set("relay.url", "smtp://127.0.0.1:%d" % free_port())
        desk.set("selftest.alarm_to", "root@elsewhere.example")
        desk.set("selftest.alarm_relay", other.url)
        desk.write_config()
        desk.start()
        wait_until(lambda: figure(desk, "sportello_selftest_lost_total") == 1, 20)
        desk.advance(3601)
        told = wait_until(lambda: other.mails, 20)
        assert told[0].recipients == ["root@elsewhere.example"] and "the relay does not take" in told[0].text, told
    finally:
        desk.stop()
        other.close()


# ---- a listener of their own

@setup(start=False)
def test_admin_listen_takes_metrics_and_healthz_away_from_the_public(desk):
    port = free_port()
    try:
        desk.set("web.admin_listen", "127.0.0.1:%d" % port)
        desk.write_config()
        desk.start()
        assert metrics(desk, port)[0] == 200 and metrics(desk)[0] == 404
        for path, public, admin in (("/healthz", 404, 200), ("/", 200, 404), ("/kb/none", 404, 404), ("/l/none", 404, 404)):
            assert desk.http(path)[0] == public, path
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            connection.request("GET", path)
            assert connection.getresponse().status == admin, path
        assert desk.cli("check").code == 0
    finally:
        desk.stop()
        give_back(port)


@setup(start=False)
def test_admin_listen_alone_is_enough(desk):
    port = free_port()
    try:
        desk.set("web.admin_listen", "127.0.0.1:%d" % port)
        desk.set("web.listen", "")
        desk.write_config()
        desk.start(wait=False)
        wait_until(lambda: desk.log("daemon.ready"))
        assert "sportello_build_info" in metrics(desk, port)[1]
    finally:
        desk.stop()
        give_back(port)


@setup(start=False)
def test_check_finds_an_admin_listener_that_others_reach_or_have(desk):
    desk.set("web.admin_listen", "127.0.0.1:%d" % desk.web_port)
    desk.write_config()
    done = desk.cli("check")
    assert done.code == 78 and [p for p in done.json if p["level"] == "error" and "web.admin_listen" in p["what"]], done
    desk.set("web.admin_listen", "0.0.0.0:%d" % desk.lmtp_port)
    desk.write_config()
    assert [p for p in desk.cli("check").json if "web.admin_listen" in p["what"]]
