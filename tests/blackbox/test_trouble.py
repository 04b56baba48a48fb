"""Trouble of our own house: disk full, database locked, stop and reload. The sender sees 4xx and nothing is half done."""
import os, re, signal, sqlite3, subprocess, threading, time
from desk import BUILD, address_of, mail, setup, Skip, SLOW, Lmtp, wait_until
from ports import free_port


def small_disk(desk, size="3m"):
    """Puts a small file system under the state directory; returns a function that takes it away."""
    if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=" + size, "tmpfs", desk.state_dir], capture_output=True).returncode != 0:
        raise Skip("needs root and a mountable tmpfs")
    return lambda: subprocess.run(["umount", "-l", desk.state_dir], check=True)


@setup(start=False)
def test_disk_full(desk):
    gone = small_disk(desk)
    try:
        desk.start()
        desk.accept(mail(subject="before"))
        desk.wait_sent(2)
        with open(os.path.join(desk.state_dir, "filler"), "wb", buffering=0) as f:
            try:
                while True:
                    f.write(b"x" * 65536)
            except OSError:
                pass
        codes = []
        for i in range(20):
            codes.append(desk.lmtp(mail(subject="full %d" % i, body="z" * 60 + "\n" * 3000))[0])
        assert any(code // 100 == 4 for code, _ in codes), codes
        assert all(code == 250 or code // 100 == 4 for code, _ in codes), codes
        large = desk.lmtp(mail(subject="large", body=("z" * 70 + "\n") * 8000))[0]
        assert large[0] // 100 == 4, large
        kept = sum(code == 250 for code, _ in codes) + 1
        os.unlink(os.path.join(desk.state_dir, "filler"))
        assert len(desk.tickets()) == kept
        desk.accept(mail(subject="after"))
        assert len(desk.tickets()) == kept + 1 and desk.cli("fsck").code == 0
        assert desk.log("lmtp.deferred"), "the log says nothing"
        assert desk.http("/healthz")[0] == 200
        desk.stop()
    finally:
        gone()


def test_database_locked_by_another_program(desk):
    desk.accept(mail(subject="before"))
    desk.wait_sent(2)
    other = sqlite3.connect(os.path.join(desk.state_dir, "sportello.db"), isolation_level=None)
    other.execute("begin immediate")
    start = time.monotonic()
    code, text = desk.lmtp(mail(subject="while locked"))[0]
    assert code // 100 == 4 and text.startswith("4."), (code, text)
    assert time.monotonic() - start < 15
    assert desk.http("/healthz")[0] == 503
    other.execute("rollback")
    other.close()
    desk.accept(mail(subject="after"))
    assert {t["subject"] for t in desk.tickets()} == {"before", "after"}
    assert desk.http("/healthz")[0] == 200


def locking(desk):
    """Another program holds the database for itself; call close() to end that."""
    other = sqlite3.connect(os.path.join(desk.state_dir, "sportello.db"), isolation_level=None, check_same_thread=False)
    other.execute("begin exclusive")
    return other


@setup(relay="smtp", config={"lmtp.max_connections": 50})
def test_locked_for_a_minute_while_everything_goes_on(desk):
    """Mail from several connections, a timer and an answer that are due, pages: 4xx soon, few words in the log, and all of it goes on by itself.

    LOCKED_SECONDS: a minute in make check-crash; else long enough to give up waiting for the lock.
    """
    lasts = float(os.environ.get("LOCKED_SECONDS", "7"))
    desk.accept(mail(subject="before"))
    link = re.search(r"http://127\.0\.0\.1:\d+(/l/[a-z2-7]+)", desk.wait_sent(1, to="anna@example.com")[0].text).group(1)
    desk.wait_sent(2)
    wait_until(lambda: not desk.outbox())
    desk.ok("ticket", "pend", 1, "--until", "2h")
    other, begin, codes, slowest = locking(desk), time.monotonic(), [], []
    desk.advance(3 * 3600)                                   # the timer is due now

    def client(number):
        while time.monotonic() < begin + lasts:
            start = time.monotonic()
            codes.append(desk.lmtp(mail(subject="locked out %d" % number, sender="c%d@example.com" % number))[0][0])
            slowest.append(time.monotonic() - start)
    clients = [threading.Thread(target=client, args=(i,)) for i in range(5)]
    for thread in clients:
        thread.start()
    wait_until(lambda: desk.log("store.batch.failed"), 20)
    assert desk.http(link)[0] == 200 and desk.http("/healthz")[0] == 503, "who only reads is served"
    assert desk.ticket(1)["state"] == "pending" and desk.cli("ticket", "tag", 1, "x").code == 75
    for thread in clients:
        thread.join()
    assert codes and set(c // 100 for c in codes) == {4}, codes
    assert max(slowest) < 15 * SLOW, "an MTA waits for minutes: %s" % slowest
    other.execute("rollback")
    other.close()
    wait_until(lambda: desk.ticket(1)["state"] == "open", 20, "the timer fires when it can")
    wait_until(lambda: desk.http("/healthz")[0] == 200)
    lost, back, mails = desk.log("store.batch.failed"), desk.log("store.recovered"), desk.log("lmtp.deferred")
    assert len(lost) == len(back) == 1 and "locked by another program" in lost[0]["error"], (lost, back)
    assert len(mails) == len(codes) and all(m["from"] and m["why"] for m in mails), "one line a mail that was put off, naming it"
    others = [e for level in ("warning", "error") for e in desk.log(level=level)
              if e["event"] not in ("store.batch.failed", "lmtp.deferred") and not e["event"].startswith("daemon.")]
    assert not others, others
    for number in range(5):
        desk.accept(mail(subject="locked out %d" % number, sender="c%d@example.com" % number))
    assert len(desk.tickets()) == 6 and len(desk.log("timer.fired", ticket=1)) == 1
    wait_until(lambda: not desk.outbox())
    assert len([m for m in desk.sent_to("bob@agents.example") if "before" in m["Subject"]]) == 2, "new, and that the time has come"
    assert desk.cli("fsck").code == 0


def test_short_lock_is_waited_for(desk):
    other = sqlite3.connect(os.path.join(desk.state_dir, "sportello.db"), isolation_level=None, check_same_thread=False)
    other.execute("begin immediate")
    threading.Timer(1, lambda: other.execute("rollback")).start()
    desk.accept(mail())


def test_term_finishes_what_it_accepted_and_answers_421_to_the_rest(desk):
    idle, busy = desk.session(), desk.session()
    assert busy.say("MAIL FROM:<anna@example.com>") == (250, "2.1.0 Sender ok")      # "on disk" is said of mails alone
    assert busy.say("RCPT TO:<support@example.org>")[0] == 250
    assert busy.say("DATA")[0] == 354
    data = mail(subject="half")
    busy.send(data[:50])
    time.sleep(0.2)
    desk.process.send_signal(signal.SIGTERM)
    assert idle.reply()[0] == 421
    busy.send(data[50:] + b".\r\n")
    assert busy.reply()[0] == 250
    assert desk.process.wait(20) == 0
    desk.process = None
    assert [t["subject"] for t in desk.tickets()] == ["half"]
    desk.start()
    assert desk.wait_sent(2)


def test_hup_takes_a_good_configuration_and_keeps_the_old_one_for_a_bad(desk):
    desk.settings["queues"] = desk.settings["queues"] + [{"name": "sales", "address": "sales@example.org", "description": "", "agents": ["eva"]}]
    desk.write_config()
    assert desk.lmtp(mail(), "sales@example.org")[0][0] == 550
    desk.hup()
    wait_until(lambda: desk.lmtp(mail(subject="to sales"), "sales@example.org")[0][0] == 250)
    assert not [e for e in desk.log("daemon.reload") if "key" in e]
    port = free_port()
    desk.set("lmtp.listen", ["127.0.0.1:%d" % port])
    desk.write_config()
    desk.hup()
    assert wait_until(lambda: [e for e in desk.log("daemon.reload") if e.get("key") == "lmtp.listen"])[0]["result"] == "takes effect at the next start"
    desk.set("desk.nonsense", 1)
    desk.write_config()
    desk.hup()
    wait_until(lambda: [e for e in desk.log("daemon.reload") if "old" in e.get("result", "")])
    desk.accept(mail(), "sales@example.org")
    assert desk.cli("check").code == 78


def test_hup_moves_neither_state_directory_nor_database(desk):
    """They were said to take effect at the next start, and yet mails went to the new directory, and a key was made there that fits no answer."""
    desk.accept(mail())
    answer = desk.wait_sent(1, to="anna@example.com")[0]
    other = os.path.join(desk.state_dir, "other")
    desk.set("desk.state_dir", other)
    url = desk.settings.get("store", {}).get("url")
    knows = os.path.exists(os.path.join(BUILD, "tools", "postgres_try"))         # PostgreSQL, too
    desk.set("store.url", "postgresql://nobody@localhost:1/nothing" if knows else url)
    desk.set("relay.senders", 7)
    desk.write_config()
    desk.hup()
    wait_until(lambda: len([e for e in desk.log("daemon.reload") if e.get("result") == "takes effect at the next start"]) == 1 + knows)
    wait_until(lambda: desk.log("daemon.reload", result="done"))
    desk.set("desk.state_dir", desk.state_dir)
    desk.set("store.url", url)
    desk.write_config()                                      # for the command line
    desk.accept(mail(reply_to=answer, body="And this.\n"), address_of(answer))
    assert [m["kind"] for m in desk.ticket(1)["messages"] if m["direction"] == "in"] == ["request", "reply"]
    assert not os.path.exists(other) and not desk.log("outbox.trouble")


def test_two_daemons_on_one_state_directory(desk):
    second = subprocess.run([os.path.join(BUILD, "sportellod"), "-c", desk.config_file], capture_output=True, timeout=30, env=desk.environment)
    assert second.returncode == 75 and b"another sportellod" in second.stderr, second


@setup(start=False)
def test_bad_configuration_does_not_start(desk):
    with open(desk.config_file, "a") as f:
        f.write("nonsense = 1;\nrelay: { url = 7; };\n")
    result = subprocess.run([os.path.join(BUILD, "sportellod"), "-c", desk.config_file], capture_output=True, timeout=30)
    assert result.returncode == 78, result


def test_backup_while_running_restores_alone(desk):
    import shutil
    for i in range(5):
        desk.accept(mail(subject="n%d" % i, body="b\n" * (200000 if i == 3 else 10)))
    desk.wait_sent(10)
    copy = os.path.join(desk.directory, "copy.db")
    desk.ok("backup", copy)
    originals = {r["id"]: desk.cli("mailbox", "raw", r["id"]).bytes for r in desk.ok("mailbox", "list")}
    key = open(os.path.join(desk.state_dir, "secret.key")).read()
    desk.stop()
    shutil.rmtree(desk.state_dir)
    os.mkdir(desk.state_dir)
    shutil.move(copy, os.path.join(desk.state_dir, "sportello.db"))
    with open(os.path.join(desk.state_dir, "secret.key"), "w") as f:
        f.write(key)
    os.chmod(os.path.join(desk.state_dir, "secret.key"), 0o600)
    assert len(desk.tickets()) == 5 and desk.cli("fsck").code == 0
    assert {r["id"]: desk.cli("mailbox", "raw", r["id"]).bytes for r in desk.ok("mailbox", "list")} == originals
    desk.start()
    desk.accept(mail(subject="after the restore"))
    assert len(desk.tickets()) == 6


def test_slow_client_is_told_421(desk):
    desk.stop()
    desk.set("lmtp.idle_seconds", 1)
    desk.write_config()
    desk.start()
    with desk.session() as session:
        assert session.reply()[0] == 421


def test_too_many_connections_are_told_421(desk):
    desk.stop()
    desk.set("lmtp.max_connections", 2)
    desk.write_config()
    desk.start()
    wait_until(lambda: desk.metric("sportello_lmtp_connections") == 0)
    first, second = desk.session(), desk.session()
    for session in (first, second):                          # in the middle of a mail nobody is sent away for another
        assert session.say("MAIL FROM:<a@example.com>")[0] == 250
    third = Lmtp(desk.lmtp_port, hello=False)
    assert third.greeting[0] == 421
    first.say("QUIT")
    wait_until(lambda: Lmtp(desk.lmtp_port, hello=False).greeting[0] == 220)
    second.close()


def delivered(desk):
    try:
        return desk.lmtp(mail())[0][0] == 250
    except (ConnectionError, ValueError):                    # 421 in place of the greeting
        return False


@setup(config={"lmtp.max_connections": 3})
def test_silent_clients_do_not_keep_mail_out(desk):
    """All places are taken, and nothing comes of it: the oldest has to go."""
    wait_until(lambda: desk.metric("sportello_lmtp_connections") == 0)       # the session that saw it start
    silent = [desk.session() for _ in range(3)]
    wait_until(lambda: delivered(desk), 20, "a mail gets in all the same")
    assert silent[0].reply()[0] == 421                       # it was there first
    assert desk.metric("sportello_lmtp_connections_sent_away_total") >= 1
    for s in silent:
        s.close()


def test_too_large_a_mail_is_552(desk):
    desk.stop()
    desk.set("lmtp.max_message_bytes", 100000)
    desk.write_config()
    desk.start()
    code, text = desk.lmtp(mail(body="x" * 70 + "\n" * 150000))[0]
    assert code == 552 and text.startswith("5.3.4"), (code, text)
    with desk.session() as session:
        assert session.say("MAIL FROM:<a@example.com> SIZE=200000")[0] == 552
    desk.accept(mail())
