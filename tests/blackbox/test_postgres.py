"""The second kind of database: every statement is understood, a day goes as on SQLite, a server that is gone is told as 4xx and found again."""
import os, shutil, subprocess

import postgres
from desk import BUILD, Desk, Lmtp, Skip, address_of, mail, setup, wait_until


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


def gateways(desk, there, count, config=None):
    """`desk` and others, each with a state directory of its own, on one database and with one secret key."""
    on(desk, there)
    others = []
    for i in range(1, count):
        directory = os.path.join(desk.directory, "gateway%d" % i)
        os.mkdir(directory)
        other = Desk(directory, start=False, config={"store.url": there.url("desk"), **(config or {})})
        shutil.copy(os.path.join(desk.state_dir, "secret.key"), other.state_dir)
        other.start()
        others.append(other)
    return [desk, *others]


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
