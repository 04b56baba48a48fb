"""The second kind of database: every statement is understood, a day goes as on SQLite, a server that is gone is told as 4xx and found again."""
import collections, datetime, email, os, re, shutil, signal, socket, subprocess, threading, time

import postgres
from desk import BUILD, Desk, Lmtp, Skip, address_of, mail, setup, wait_until
from relay import Relay


def server(desk):
    reason = postgres.installed() or (None if os.path.exists(os.path.join(BUILD, "tools", "postgres_try")) else "built with POSTGRESQL=no")
    if reason:
        raise Skip(reason)
    return postgres.Server(os.path.join(desk.directory, "pg"))


def on(desk, server, name="desk"):
    os.chmod(desk.directory, 0o755)
    desk.set("store.url", server.create(name))
    desk.write_config()
    desk.start()


@setup(start=False)
def test_every_statement_is_understood(desk):
    os.chmod(desk.directory, 0o755)
    with server(desk) as there:
        on(desk, there)
        done = subprocess.run([os.path.join(BUILD, "tools", "postgres_try"), there.url("desk")], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        desk.stop()


@setup(start=False)
def test_a_mail_becomes_a_ticket_and_its_answer_joins(desk):
    os.chmod(desk.directory, 0o755)
    with server(desk) as there:
        on(desk, there)
        first = mail(subject="Stampante rotta", body="La stampante non funziona. Perché?\n")
        desk.accept(first)
        desk.accept(first)                                   # again: the same
        acknowledgement = desk.wait_sent(1, to="anna@example.com")[0]
        desk.accept(mail(reply_to=acknowledgement.message, body="Ancora rotta.\n"), address_of(acknowledgement))
        ticket, = desk.ok("ticket", "list")
        assert ticket["subject"] == "Stampante rotta" and ticket["customer"]["address"] == "anna@example.com"
        shown = desk.ok("ticket", "show", 1)
        assert [m["kind"] for m in shown["messages"]].count("reply") == 1
        wait_until(lambda: [t["id"] for t in desk.ok("ticket", "search", "perche")] == [1])
        assert desk.ok("ticket", "search", "stampante rotta") and not desk.ok("ticket", "search", "printer")
        desk.accept(mail(subject="No text", sender="=?x?= \udcff <anna@example.com>", body="\udcff\n"))         # and bytes that are no UTF-8 do no harm
        assert desk.cli("fsck").code == 0
        assert not os.path.exists(os.path.join(desk.state_dir, "sportello.db"))
        desk.stop()


@setup(start=False)
def test_a_large_mail_stands_in_the_database(desk):
    os.chmod(desk.directory, 0o755)
    with server(desk) as there:
        on(desk, there)
        large = mail(subject="Large", body="".join("%07d a line of a large mail\n" % i for i in range(60000)))
        desk.accept(large)
        wait_until(lambda: not [f for _, _, files in os.walk(os.path.join(desk.state_dir, "mails")) for f in files])
        raw = subprocess.run([os.path.join(BUILD, "sportello"), "-c", desk.config_file, "ticket", "raw", "1", "1"], capture_output=True).stdout
        assert raw.endswith(large) and len(raw) < len(large) + 1000
        assert int(there.sql("SELECT sum(length(bytes)) FROM raw_piece", "desk")[0][0]) >= len(large)
        assert desk.cli("fsck").code == 0
        desk.stop()


@setup(start=False)
def test_a_server_that_is_gone_is_told_and_found_again(desk):
    os.chmod(desk.directory, 0o755)
    with server(desk) as there:
        on(desk, there)
        desk.accept(mail())
        there.stop("immediate")
        (code, text), = desk.lmtp(mail(subject="While it is gone"))
        assert code // 100 == 4, (code, text)
        assert desk.http("/healthz")[0] == 503
        there.start()
        desk.accept(mail(subject="Back"))
        wait_until(lambda: desk.http("/healthz")[0] == 200)
        assert sorted(t["subject"] for t in desk.ok("ticket", "list")) == ["A question", "Back"]
        assert desk.cli("fsck").code == 0
        desk.stop()


class Holding(Relay):
    """Keeps the first mail until it is told to go on."""
    def __init__(self):
        self.has_one, self.go_on = threading.Event(), threading.Event()
        super().__init__()

    def data(self, *arguments):
        self.has_one.set()
        self.go_on.wait(60)
        return super().data(*arguments)


@setup(start=False, config={"relay.senders": 1})
def test_no_mail_pays_for_a_server_that_is_gone(desk):
    """What was taken from the outbox when the server went away is not tried, and rests no minutes: it leaves when the server is back, in its order."""
    os.chmod(desk.directory, 0o755)
    relay = Holding()
    desk.set("relay.url", relay.url)
    try:
        with server(desk) as there:
            on(desk, there)
            for i in range(6):
                desk.accept(mail(subject="Number %d" % i, sender="c%d@example.com" % i))
            assert relay.has_one.wait(20)
            time.sleep(1.5)                                  # the clerk has looked at the others, too
            there.stop("immediate")
            relay.go_on.set()
            wait_until(lambda: [e for e in desk.log("outbox.trouble") if e["doing"] == "writing a mail"], 20)
            time.sleep(2.5)
            assert len([e for e in desk.log("outbox.trouble") if e["doing"] == "writing a mail"]) == 1, "one line, not one a mail"
            there.start()
            wait_until(lambda: not desk.ok("outbox", "list"), 20)
            assert there.sql("SELECT state, attempts, count(*) FROM outbox GROUP BY 1, 2", "desk") == [["sent", "1", "12"]]
            got = [m.recipients for m in relay.mails]        # each once
            assert len(got) == 12 and [to for to in got if to[0].startswith("c")] == [["c%d@example.com" % i] for i in range(6)], got
            assert not desk.log("outbox.deferred")
            desk.stop()
    finally:
        relay.close()


test_no_mail_pays_for_a_server_that_is_gone.long = 25


@setup(start=False, config={"relay.senders": 1})
def test_senders_that_a_reload_adds_while_the_server_is_gone_begin_when_it_is_back(desk):
    os.chmod(desk.directory, 0o755)
    relay = Holding()
    desk.set("relay.url", relay.url)
    try:
        with server(desk) as there:
            on(desk, there)
            there.stop("immediate")
            desk.set("relay.senders", 4)
            desk.write_config()
            desk.hup()
            wait_until(lambda: [e for e in desk.log("outbox.trouble") if e["doing"] == "starting a sender"], 20)
            time.sleep(1.5)
            assert len([e for e in desk.log("outbox.trouble") if e["doing"] == "starting a sender"]) <= 3, "once a sender, not once a try"
            there.start()
            wait_until(lambda: desk.http("/healthz")[0] == 200, 20)
            for i in range(4):
                desk.accept(mail(subject="Number %d" % i, sender="c%d@example.com" % i))
            wait_until(lambda: len(relay.open) == 4, 20)     # each holds a mail
            relay.go_on.set()
            wait_until(lambda: not desk.ok("outbox", "list"), 20)
            desk.stop()
    finally:
        relay.close()


@setup(start=False, config={"relay.senders": 1})
def test_senders_that_get_no_connection_hold_no_mail_up(desk):
    """The server has none left for those that a reload adds: a mail wakes the one that can send it."""
    os.chmod(desk.directory, 0o755)
    relay = Relay()
    desk.set("relay.url", relay.url)
    try:
        with server(desk) as there:
            url = there.create("desk")
            there.sql("CREATE ROLE small LOGIN; ALTER DATABASE desk OWNER TO small; GRANT ALL ON SCHEMA public TO small")
            there.sql("GRANT ALL ON SCHEMA public TO small", "desk")
            desk.set("store.url", url.replace("://sportello@", "://small@"))
            desk.write_config()
            desk.start()
            desk.accept(mail(subject="The first", sender="first@example.com"))
            wait_until(lambda: len(relay.mails) == 2)        # to the customer, and to the agent
            time.sleep(1.5)                                  # all workers have begun
            there.sql("ALTER ROLE small CONNECTION LIMIT 1")
            desk.set("relay.senders", 6)
            desk.write_config()
            desk.hup()
            wait_until(lambda: [e for e in desk.log("outbox.trouble") if e["doing"] == "starting a sender"], 20)
            time.sleep(1.5)                                  # now all five wait
            for i in range(5):
                desk.accept(mail(subject="Number %d" % i, sender="c%d@example.com" % i))
                wait_until(lambda: len(relay.mails) == 4 + 2 * i, 5)
            desk.stop()
    finally:
        relay.close()


@setup(start=False)
def test_words_that_were_read_before_all_were_cleared_do_not_come_back(desk):
    """Somebody is erased while a gateway adds words: what it had read is not added, and what it had added before is added again."""
    os.chmod(desk.directory, 0o755)
    with server(desk) as there:
        on(desk, there)
        for i in range(3):
            desk.accept(mail(subject="Number %d" % i))
        desk.stop()
        done = subprocess.run([os.path.join(BUILD, "tools", "postgres_try"), "--cleared", desk.state_dir, there.url("desk")], capture_output=True, text=True)
        assert done.returncode == 0 and not done.stderr, done
        assert there.sql("SELECT count(*) FROM words", "desk") == [["0"]]
        assert sorted(t["id"] for t in desk.ok("ticket", "search", "number")) == [1, 2, 3]
        assert desk.ok("ticket", "search", "before") == []


class Cutting:
    """Between a gateway and its server: once told, it hangs up on whoever sends these words, and lets nobody in for a while."""
    def __init__(self, directory):
        self.path, self.words, self.until, self.cuts, self.open = os.path.join(directory, ".s.PGSQL.5432"), None, 0, 0, set()
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(64)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                one = self.listener.accept()[0]
            except OSError:
                return
            if time.monotonic() < self.until:
                one.close()
                continue
            other = socket.socket(socket.AF_UNIX)
            other.connect(self.path)
            self.open |= {one, other}
            threading.Thread(target=self.hand_on, args=(one, other, True), daemon=True).start()
            threading.Thread(target=self.hand_on, args=(other, one, False), daemon=True).start()

    def hand_on(self, one, other, watched):
        try:
            while data := one.recv(65536):
                if watched and self.words and self.words in data:
                    self.words, self.until, self.cuts = None, time.monotonic() + 3, self.cuts + 1
                    self.hang_up()
                    return
                other.sendall(data)
        except OSError:
            pass
        for it in (one, other):
            try:
                it.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def hang_up(self):
        for it in list(self.open):
            try:
                it.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self):
        self.listener.close()
        self.hang_up()


@setup(start=False, config={"relay.senders": 1})
def test_no_part_of_a_notice_is_missing_because_the_server_went_away(desk):
    """What a notice can do without (here: what the customer asked before) it does not go without only because the server went away while it was read."""
    os.chmod(desk.directory, 0o755)
    with server(desk) as there:
        there.create("desk")
        between = Cutting(there.directory)
        try:
            desk.set("store.url", "postgresql://%s@127.0.0.1:%d/desk?sslmode=disable&gssencmode=disable" % (postgres.USER, between.port))
            desk.write_config()
            desk.start()
            desk.accept(mail(subject="The first of two", sender="anna@example.com"))
            desk.wait_sent(1, to="bob@agents.example")
            between.words = b"SELECT state, subject, previous FROM ticket WHERE id="
            between.hang_up()                                # and all statements are sent anew
            second = mail(subject="The second of two", sender="anna@example.com")
            wait_until(lambda: desk.lmtp(second, sender="anna@example.com")[0][0] == 250, 20)
            wait_until(lambda: between.cuts, 20)
            notice = [m for m in desk.wait_sent(2, to="bob@agents.example", seconds=30) if "second" in m["Subject"]][0]
            assert "The first of two" in notice.text, notice.text
            assert there.sql("SELECT count(*) FROM outbox WHERE attempts<>1", "desk") == [["0"]]
            desk.stop()
        finally:
            between.close()


def gateways(desk, there, count, config=None):
    """`desk` and others, each with a state directory of its own, on one database and with one secret key."""
    on(desk, there)
    return [desk, *(gateway_beside(desk, there, config, i) for i in range(1, count))]


def gateway_beside(desk, there, config=None, number=1):
    directory = os.path.join(desk.directory, "gateway%d" % number)
    os.mkdir(directory)
    other = Desk(directory, start=False, config={"store.url": there.url("desk"), **(config or {})})
    shutil.copy(os.path.join(desk.state_dir, "secret.key"), other.state_dir)
    other.start()
    return other


@setup(start=False, config={"relay.senders": 1})
def test_what_found_no_server_when_it_began_begins_when_there_is_one(desk):
    """The server goes, or has no connection free, in the very moment in which the daemon starts: mail went in and out for ever after, and no timer fired."""
    os.chmod(desk.directory, 0o755)
    with server(desk) as there:
        url = there.create("desk")
        there.sql("CREATE ROLE small LOGIN; ALTER DATABASE desk OWNER TO small; GRANT ALL ON SCHEMA public TO small")
        there.sql("GRANT ALL ON SCHEMA public TO small", "desk")
        desk.set("store.url", url.replace("://sportello@", "://small@"))
        desk.write_config()
        for limit in range(5, 30):                           # enough for what must be there at once, and no more
            there.sql("ALTER ROLE small CONNECTION LIMIT %d" % limit)
            desk.start(wait=False)
            wait_until(lambda: not desk.running() or desk.answers())
            if desk.running():
                break
            desk.process = None
        wait_until(lambda: "event=daemon.worker worker=keeper" in desk.log_tail())
        there.sql("ALTER ROLE small CONNECTION LIMIT -1")
        desk.accept(mail())
        until = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=2)
        desk.ok("ticket", "pend", 1, "--until", until.strftime("%Y-%m-%dT%H:%M:%SZ"))
        wait_until(lambda: desk.ok("ticket", "show", 1)["state"] == "open", 20)
        desk.stop()


@setup(start=False)
def test_check_says_where_the_server_promises_less(desk):
    os.chmod(desk.directory, 0o755)
    with server(desk) as there:
        on(desk, there)
        assert "synchronous_commit" not in desk.cli("check").out
        there.sql("ALTER DATABASE desk SET synchronous_commit=off")
        said = desk.cli("check")
        assert said.code == 0 and [f for f in said.json if f["level"] == "warning" and "synchronous_commit is off" in f["what"]], said.out
        refused = desk.cli("backup", os.path.join(desk.directory, "backup.db"), json_output=False)
        assert refused.code == 78 and "pg_dump" in refused.err and not os.path.exists(os.path.join(desk.directory, "backup.db"))
        desk.stop()


@setup(start=False)
def test_a_gateway_with_another_key_is_refused(desk):
    os.chmod(desk.directory, 0o755)
    with server(desk) as there:
        on(desk, there)
        directory = os.path.join(desk.directory, "stranger")
        os.mkdir(directory)
        stranger = Desk(directory, start=False, config={"store.url": there.url("desk")})
        stranger.start(wait=False)
        assert stranger.process.wait(20) == 78
        assert "copy secret.key" in stranger.log_tail()
        stranger.process = None
        desk.stop()


@setup(start=False)
def test_a_key_that_is_changed_on_one_gateway_is_changed_on_all(desk):
    os.chmod(desk.directory, 0o755)

    def ids(gateway):
        return [(k["key"], k["signs"]) for k in gateway.ok("key", "list")]

    def file_of(gateway):
        with open(os.path.join(gateway.state_dir, "secret.key")) as f:
            return f.read()

    with server(desk) as there:
        one, two = gateways(desk, there, 2)
        first = ids(one)
        one.ok("key", "rotate")
        wait_until(lambda: ids(two) == ids(one) and two.log("daemon.keys"), 30)
        two.ok("key", "rotate")                   # at once, and by the other
        wait_until(lambda: ids(one) == ids(two), 30)
        assert len(ids(one)) == 3 and ids(one)[-1][0] == first[0][0], ids(one)

        one.accept(mail())
        wait_until(lambda: one.sent_to("anna@example.com") or two.sent_to("anna@example.com"))
        acknowledgement = (one.sent_to("anna@example.com") + two.sent_to("anna@example.com"))[0]
        wait_until(lambda: two.lmtp(mail(reply_to=acknowledgement.message, body="Once more.\n"), address_of(acknowledgement))[0][0] == 250)
        assert [t["id"] for t in two.ok("ticket", "list")] == [1]

        two.stop()
        one.ok("key", "revoke", "all")
        one.ok("key", "rotate")                   # two changes while it was down: the ring is sealed under the last one's keys alone
        two.start(wait=False)
        assert two.process.wait(20) == 78 and "copy secret.key" in two.log_tail()
        two.process = None
        shutil.copy(os.path.join(one.state_dir, "secret.key"), two.state_dir)
        two.start()
        two.stop()
        revoked = ids(one)[1][0]
        one.ok("key", "revoke", revoked)
        two.start()                               # one change: it follows before it takes mail
        assert ids(two) == ids(one) and revoked not in str(ids(two)) and file_of(one) == file_of(two)

        sealed = there.sql("SELECT length(value)-length(replace(value, chr(10), '')) FROM meta WHERE key='keyring'", "desk")
        assert int(sealed[0][0]) == len(ids(one)), "under each key that is left, and not under the revoked one: %s" % sealed
        keys = re.findall(r"[0-9a-f]{64}", file_of(one))
        kept = str(there.sql("SELECT key, value FROM meta", "desk"))
        assert keys and "keyring" in kept and not any(k in kept for k in keys)
        before = file_of(one)
        there.stop("immediate")
        assert one.cli("key", "rotate").code == 75 and file_of(one) == before
        there.start()
        wait_until(lambda: one.cli("key", "rotate").code == 0, 30)
        wait_until(lambda: ids(two) == ids(one), 30)
        for gateway in (one, two):
            gateway.stop()


@setup(start=False)
def test_a_gateway_that_does_not_send_tells_the_one_that_does(desk):
    os.chmod(desk.directory, 0o755)
    with server(desk) as there:
        sender, other = gateways(desk, there, 2)
        wait_until(lambda: sender.log("store.lease", ours="yes") or other.log("store.lease", ours="yes"))
        if not sender.log("store.lease", ours="yes"):
            sender, other = other, sender
        assert int(there.sql("SELECT count(*) FROM pg_stat_activity WHERE query='LISTEN sportello'")[0][0]) == 2
        session = subprocess.Popen(["psql", "-X", "-q", there.url("desk")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        session.stdin.write("LISTEN sportello;\nSELECT 'listens';\n")
        session.stdin.flush()
        while "listens" not in session.stdout.readline():
            pass
        other.accept(mail())
        sender.wait_sent(1, to="anna@example.com")
        said = session.communicate("SELECT 1;\n")[0]
        assert 'Asynchronous notification "sportello"' in said, said
        assert not other.sent_to("anna@example.com")
        for gateway in (sender, other):
            gateway.stop()


@setup(start=False, config={"relay.senders": 1})
def test_what_rests_in_a_relays_pause_is_not_sent_again_when_the_lease_comes_back(desk):
    """Mail that one gateway took from the outbox, and another sent meanwhile, is read anew."""
    os.chmod(desk.directory, 0o755)
    first, relay = Relay(), Relay()
    first.down()
    try:
        with server(desk) as there:
            desk.set("relay.url", first.url)
            on(desk, there)
            wait_until(lambda: desk.log("store.lease", ours="yes"), 20)
            for i in range(6):
                desk.accept(mail(subject="Number %d" % i, sender="c%d@example.com" % i))
            wait_until(lambda: len(desk.log("outbox.relay_trouble")) >= 5, 40)       # a pause of sixteen seconds
            there.sql("UPDATE lease SET holder='nobody', until=clock_timestamp()+interval '1 hour'", "desk")
            wait_until(lambda: desk.log("store.lease", ours="no"), 20)
            other = gateway_beside(desk, there, {"relay.url": relay.url, "relay.senders": 1})
            os.kill(desk.process.pid, signal.SIGSTOP)        # so that it is the other which takes what nobody has
            there.sql("DELETE FROM lease", "desk")
            wait_until(lambda: there.sql("SELECT count(*) FROM outbox WHERE state='waiting' AND attempts=0", "desk") == [["0"]], 20)
            sent = len(relay.mails)
            assert sent >= 4, sent
            other.stop()
            before = len(desk.log("store.lease", ours="yes"))
            os.kill(desk.process.pid, signal.SIGCONT)
            wait_until(lambda: len(desk.log("store.lease", ours="yes")) > before, 20)
            first.up()
            desk.hup()                                       # the pause is over
            desk.accept(mail(subject="The last", sender="last@example.com"))
            wait_until(lambda: [m for m in first.mails if m.recipients == ["last@example.com"]], 40)
            ids = collections.Counter(m["Message-ID"] for m in first.mails + relay.mails)
            assert max(ids.values()) == 1, ids
            desk.stop()
    finally:
        first.close()
        relay.close()


class Thinking(Relay):
    """Knows the recipients, and asks for the words of a mail only when it is told to go on."""
    def __init__(self):
        self.has_one, self.go_on = threading.Event(), threading.Event()
        super().__init__()

    def planned(self, plan, otherwise):
        if otherwise.startswith("354"):
            self.has_one.set()
            self.go_on.wait(60)
        return super().planned(plan, otherwise)


@setup(start=False, config={"relay.senders": 1})
def test_a_gateway_that_stood_still_in_the_middle_of_a_mail_does_not_hand_it_over(desk):
    """Another sent it meanwhile: who wakes up before the final dot looks at the lease once more."""
    os.chmod(desk.directory, 0o755)
    first, relay = Thinking(), Relay()
    anna = lambda relay: [m for m in relay.mails if m.recipients == ["anna@example.com"]]
    try:
        with server(desk) as there:
            desk.set("relay.url", first.url)
            on(desk, there)
            wait_until(lambda: desk.log("store.lease", ours="yes"), 20)
            desk.accept(mail())
            assert first.has_one.wait(20)
            os.kill(desk.process.pid, signal.SIGSTOP)
            asleep = time.monotonic()
            there.sql("DELETE FROM lease", "desk")           # as if its end had come
            other = gateway_beside(desk, there, {"relay.url": relay.url, "relay.senders": 1})
            wait_until(lambda: anna(relay) and there.sql("SELECT count(*) FROM outbox WHERE state='waiting'", "desk") == [["0"]], 20)
            time.sleep(max(0, asleep + 10.5 - time.monotonic()))
            first.go_on.set()
            os.kill(desk.process.pid, signal.SIGCONT)
            wait_until(lambda: not first.open, 20)          # it goes; who had said the dot would keep the connection
            other.stop()
            desk.accept(mail(subject="The last", sender="last@example.com"))
            wait_until(lambda: [m for m in first.mails if m.recipients == ["last@example.com"]], 40)
            assert len(anna(relay)) == 1 and not anna(first), (anna(relay), anna(first))
            assert not desk.log("outbox.late") and not desk.log("outbox.deferred")
            desk.stop()
    finally:
        first.close()
        relay.close()


test_a_gateway_that_stood_still_in_the_middle_of_a_mail_does_not_hand_it_over.long = 20


@setup(start=False)
def test_check_says_where_gateways_have_other_files(desk):
    os.chmod(desk.directory, 0o755)
    with server(desk) as there:
        on(desk, there)
        told = lambda: there.sql("SELECT value FROM meta WHERE key='files'", "desk")
        wait_until(told)
        directory = os.path.join(desk.directory, "second")
        os.mkdir(directory)
        second = Desk(directory, start=False, config={"store.url": there.url("desk"), "web.base_url": "http://127.0.0.1:%d" % desk.web_port})
        other = lambda: [f["what"] for f in second.cli("check").json if "works with other" in f["what"]]
        assert other() == [], other()
        second.set("desk.close_days", 11)
        second.write_config()
        assert len(other()) == 1 and "other settings" in other()[0], other()
        second.set("desk.close_days", None)
        second.write_config()
        assert other() == [], other()
        rules = os.path.join(directory, "rules")
        with open(os.path.join(rules, "one.sieve"), "w") as f:
            f.write("keep;\n")
        second.set("rules_dir", rules)
        second.write_config()
        assert len(other()) == 1 and "other rules" in other()[0], other()
        desk.stop()


@setup(start=False, config={"desk.stranger_acknowledgements_per_minute": 4})
def test_the_budget_of_strangers_is_one_over_all_gateways(desk):
    os.chmod(desk.directory, 0o755)
    with server(desk) as there:
        both = gateways(desk, there, 2, {"desk.stranger_acknowledgements_per_minute": 4})
        for i in range(8):
            both[i % 2].accept(mail(sender="stranger%d@nowhere%d.example" % (i, i)), sender="stranger%d@nowhere%d.example" % (i, i))
        acknowledged = there.sql("SELECT count(*) FROM outbox WHERE record LIKE '%stranger=yes%'", "desk")
        assert acknowledged == [["4"]], acknowledged
        for gateway in both:
            gateway.stop()


@setup(start=False)
def test_mails_of_one_batch_see_each_other(desk):
    """What a batch asked before its first mail was written is asked again where that mail changed it."""
    os.chmod(desk.directory, 0o755)
    with server(desk) as there:
        on(desk, there)
        desk.accept(mail(subject="First"))
        answer = desk.wait_sent(1, to="anna@example.com")[0]
        twice = mail(subject="Twice", sender="carl@example.com")
        mails = [(twice, "support@example.org", "carl@example.com")] * 4
        mails += [(mail(subject="Again %d" % i, sender="dora@example.com"), "support@example.org", "dora@example.com") for i in range(4)]
        mails += [(mail(reply_to=answer.message, body="Reply %d.\n" % i), address_of(answer), "anna@example.com") for i in range(6)]
        opened = mail(subject="Opens", sender="emil@example.com")
        mails += [(opened, "support@example.org", "emil@example.com")]
        mails += [(mail(reply_to=email.message_from_bytes(opened), subject="Re: Opens", sender="emil@example.com"), "support@example.org", "emil@example.com")] * 1
        lock = subprocess.Popen(["psql", "-X", "-q", "-A", "-t", there.url("desk")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        lock.stdin.write("SELECT 'locked' FROM (SELECT pg_advisory_lock(1397772114)) AS it;\n")
        lock.stdin.flush()
        assert lock.stdout.readline().strip() == "locked"
        codes = []

        def deliver(data, to, sender):
            codes.append(desk.lmtp(data, to, sender=sender)[0][0])
        threads = [threading.Thread(target=deliver, args=one) for one in mails]
        for thread in threads[:-1]:
            thread.start()
        time.sleep(1.5)                                      # they wait behind the first; five seconds are the most
        threads[-1].start()                                  # the answer to one of them
        time.sleep(0.7)
        lock.communicate()
        for thread in threads:
            thread.join()
        assert codes == [250] * len(mails), codes
        tickets = desk.ok("ticket", "list")
        assert sorted(t["subject"] for t in tickets) == ["Again 0", "Again 1", "Again 2", "Again 3", "First", "Opens", "Twice"], [t["subject"] for t in tickets]
        assert len([m for m in desk.ok("ticket", "show", 1)["messages"] if m["kind"] == "reply"]) == 6
        assert there.sql("SELECT address, written FROM contact WHERE written>0 ORDER BY address", "desk") == [
            ["anna@example.com", "7"], ["carl@example.com", "1"], ["dora@example.com", "4"], ["emil@example.com", "2"]]
        assert there.sql("SELECT duplicates FROM mailbox WHERE subject='Twice'", "desk") == [["3"]]
        assert desk.cli("fsck").code == 0
        desk.stop()


@setup(start=False)
def test_a_long_list_comes_in_portions(desk):
    os.chmod(desk.directory, 0o755)
    with server(desk) as there:
        on(desk, there)
        desk.accept(mail(subject="One of many"))
        there.sql("INSERT INTO ticket(id,state,queue,agent,priority,subject,language,customer,customer_name,created,updated,closed_at,voice)"
                  " SELECT n,'closed','support','','normal','Number '||n,'en','anna@example.com','Anna',1,1,1,'' FROM generate_series(2,2500) AS n", "desk")
        listed = [t["id"] for t in desk.ok("ticket", "list")]
        assert listed == sorted(range(1, 2501), reverse=True), (len(listed), listed[:3])
        desk.stop()


test_a_long_list_comes_in_portions.long = 30
