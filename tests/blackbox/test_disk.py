"""A disk that fails: read-only, input/output errors, syncs that do not succeed. Each is said in the log, puts mail off with 4xx, makes nothing by
halves, and is over when it is over. And: 250 means on disk, read from what the daemon asked of the system.
"""
import errno, os, random, re, shutil, threading, time

from day import Day
from desk import Lmtp, address_of, mail, setup, wait_until
from powercut import IN, MODES, OUT, SYNC_BEGIN, SYNC_END, WRITE, CREATE, Volume, records
from shim import Shim

LARGE = ("z" * 70 + "\n") * 8000


def put_off(desk, **options):
    """The mail is answered 4xx, and the log says why; returns that."""
    before = len(desk.log("lmtp.deferred"))
    code, text = desk.lmtp(mail(**options))[0]
    assert code // 100 == 4 and text.startswith("4."), (code, text)
    return wait_until(lambda: desk.log("lmtp.deferred")[before:])[0]["why"]


def all_is_written(desk):
    """Nothing more will be written by itself: the next write is that of the next mail."""
    log = os.path.join(desk.state_dir, "sportello.db-wal")
    wait_until(lambda: not desk.outbox() and time.time() - os.path.getmtime(log) > 0.5, 20)


def works_again(desk, shim, subjects):
    shim.mend()
    desk.accept(mail(subject="after"))
    assert sorted(t["subject"] for t in desk.tickets()) == sorted(subjects + ["after"])
    assert desk.http("/healthz")[0] == 200
    wait_until(lambda: not desk.outbox())
    assert desk.cli("fsck", json_output=False).out == "clean\n"
    mails = os.path.join(desk.state_dir, "mails")
    files = sum(len(names) for _, _, names in os.walk(mails))
    assert files == sum(m["size"] > 256 * 1024 for m in desk.ok("mailbox", "list")), "a mail that was put off left its file"


@setup(start=False)
def test_read_only_file_system(desk):
    shim = Shim(desk, log=False)
    desk.start()
    desk.accept(mail(subject="before"))
    desk.wait_sent(2)
    shim.fail("write+create+name", error=errno.EROFS)
    assert "read-only" in put_off(desk, subject="small")
    assert "Read-only" in put_off(desk, subject="large", body=LARGE)
    assert desk.http("/healthz")[0] == 503
    assert len(desk.log("store.batch.failed")) == 1 and "read-only" in desk.log("store.batch.failed")[0]["error"]
    assert desk.cli("ticket", "note", 1, "--as", "bob", stdin="x\n").code == 75
    assert len(desk.tickets()) == 1                    # reading still works
    works_again(desk, shim, ["before"])
    assert desk.log("store.recovered")


@setup(start=False)
def test_input_output_error_when_writing(desk):
    shim = Shim(desk, log=False)
    desk.start()
    desk.accept(mail(subject="before"))
    desk.wait_sent(2)
    for match, body in (("*.db-wal", "small\n"), ("*/mails/*", LARGE)):
        for skip in (0, 0, 0) if body == "small\n" else (0, 1, 3):     # a commit is one write
            all_is_written(desk)
            shim.fail("write", match, skip=skip, count=1)
            assert "nput/output error" in put_off(desk, subject="in vain", body=body), match
            shim.mend()
    works_again(desk, shim, ["before"])


@setup(start=False)
def test_input_output_error_when_reading(desk):
    shim = Shim(desk, log=False)
    desk.start()
    desk.accept(mail(subject="before", body=LARGE))
    desk.wait_sent(2)
    desk.restart()                                     # nothing is in its memory
    shim.fail("read", "*/sportello.db*")
    assert desk.cli("ticket", "list").code == 75
    assert "input/output error" in put_off(desk, subject="in vain")
    assert desk.cli("fsck").code == 75
    shim.mend()
    shim.fail("read", "*/mails/*")
    assert desk.cli("ticket", "raw", 1, 1).code == 75
    works_again(desk, shim, ["before"])


@setup(start=False)
def test_sync_of_a_large_mail_fails(desk):
    shim = Shim(desk, log=False)
    desk.start()
    for match in ("*/mails/??/*", "*/mails/??", "*/mails"):
        shim.fail("sync", match)
        assert "nput/output error" in put_off(desk, subject="in vain", body=LARGE), match
        shim.mend()
    works_again(desk, shim, [])


def ended(desk):
    assert desk.process.wait(30) == 74, desk.log_tail()
    desk.process = None
    assert desk.log("store.sync.failed") and "unknown" in desk.log("store.sync.failed")[0]["result"]


def after_a_failed_sync(desk, match):
    """The daemon ends, starts again and goes on; then the power goes. The kernel had given up what the failed sync should have written."""
    shim = Shim(desk)
    day = Day(desk, shim)
    day.backed_up = 1 << 60
    desk.start()
    for i in range(4):
        day.request("Before %d" % i, body=LARGE if i == 2 else "small\n")
    shim.fail("sync", match, count=1)
    late = mail(subject="Late", sender="late@example.com", body="word\n" * 4000)
    try:
        day.deliver(late, sender="late@example.com")   # the sync of a checkpoint may fail after the answer
    except (AssertionError, OSError):
        pass
    ended(desk)
    shim.mend()
    desk.start()
    day.deliver(late, sender="late@example.com")
    for i in range(3):
        day.request("After %d" % i)
    desk.kill()
    log = list(records(shim.log_file))
    for seed in range(10):
        volume, directory = Volume(os.stat(shim.root).st_ino), os.path.join(desk.directory, "cut")
        volume.rng = random.Random(seed)
        for record in log:
            volume.take(record)
        os.makedirs(os.path.join(directory, "volume"))
        other = day.configured(directory)
        try:
            volume.build(os.path.join(directory, "volume"), random.Random(seed), MODES[seed % len(MODES)])
            day.check(other, log[-1].end)
        finally:
            other.close()
        shutil.rmtree(directory)


@setup(relay="smtp", start=False)
def test_failed_sync_of_the_log(desk):
    after_a_failed_sync(desk, "*.db-wal")


@setup(relay="smtp", start=False)
def test_failed_sync_of_the_database(desk):
    after_a_failed_sync(desk, "*/sportello.db")


@setup(start=False)
def test_a_disk_that_cannot_sync_is_not_started_on(desk):
    shim = Shim(desk, log=False)
    desk.start()
    desk.accept(mail(subject="before"))
    desk.kill()
    shim.fail("sync", "*/sportello.db*")
    desk.start(wait=False)
    assert desk.process.wait(20) in (74, 75)
    desk.process = None
    assert "input/output error" in desk.log_tail()
    shim.mend()
    desk.start()
    works_again(desk, shim, ["before"])


# ---- 250 means on disk

def answers(log):
    """For each mail: (number of the record with its last byte, of the one with its replies, its Message-ID)."""
    open_, bytes_ = {}, {}
    for i, r in enumerate(log):
        if r.type == IN:
            bytes_[r.file] = bytes_.get(r.file, b"") + r.data
            if bytes_[r.file].endswith(b"\r\n.\r\n"):
                open_[r.file] = (i, re.search(rb"Message-ID: (\S+)", bytes_[r.file]).group(1))
                bytes_[r.file] = b""
        elif r.type == OUT and r.file in open_ and r.data.startswith(b"250 "):
            yield open_[r.file][0], i, open_.pop(r.file)[1]


def synced_between(log, name_file, begin, end, wanted=None):
    """Was this file written (with those bytes) and then synced, after record `begin` and before record `end`?"""
    written, syncs = False, {}
    for r in log[begin:end]:
        if r.file != name_file:
            continue
        if r.type == WRITE and (wanted is None or wanted in r.data):
            written = True
        elif r.type == SYNC_BEGIN:
            syncs[r.at] = written
        elif r.type == SYNC_END and syncs.get(r.at):
            return True
    return False


def on_disk(desk, connections, each):
    shim = Shim(desk, net=True)
    desk.start()

    def run(n):
        with Lmtp(desk.lmtp_port) as session:
            for k in range(each):
                body = LARGE if k == 1 and n % 4 == 0 else "hello\n" * 50
                assert session.deliver(mail(subject="%d %d" % (n, k), body=body), ["support@example.org"])[0][0] == 250
    threads = [threading.Thread(target=run, args=(n,)) for n in range(connections)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert desk.stop() == 0
    log, wals, count = list(records(shim.log_file)), {}, 0
    for i, r in enumerate(log):
        if r.type == CREATE and r.data.endswith(b"sportello.db-wal"):
            wals[i] = r.file
    for begin, end, message_id in answers(log):
        wal = wals[max(i for i in wals if i < begin)]
        assert synced_between(log, wal, begin, end, message_id), "250 before its commit was synced: %s" % message_id
        count += 1
    assert count == connections * each, count
    check_files(log)


def check_files(log):
    """Each large mail's file, and its name, was synced before the row that names it was written."""
    large = [(i, r) for i, r in enumerate(log) if r.type == CREATE and b"/mails/" in r.data]
    assert large
    for i, r in large:
        named = next(k for k, w in enumerate(log) if k > i and w.type == WRITE and os.path.basename(r.data) in w.data and w.file != r.file)
        written = max(k for k, w in enumerate(log) if w.type == WRITE and w.file == r.file and k < named)
        assert any(w.type == SYNC_END and w.file == r.file for w in log[written:named]), "a row before its file was synced"
        begun = {w.at for w in log[i:named] if w.type == SYNC_BEGIN and w.file not in (r.file,)}
        assert any(w.type == SYNC_END and w.at in begun for w in log[written:named]), "a row before its file's name was synced"


@setup(start=False)
def test_250_means_synced_on_one_connection(desk):
    on_disk(desk, 1, 20)


@setup(start=False)
def test_250_means_synced_on_twenty_connections(desk):
    on_disk(desk, 20, 6)


def agents_answer(notice, filler):
    reply = mail(reply_to=notice.message, sender="Bob <bob@agents.example>", body="")
    head = reply.split(b"\r\n\r\n")[0].replace(b"text/plain; charset=utf-8", b"multipart/mixed; boundary=bb").replace(b"8bit", b"7bit")
    return head + b"\r\n\r\n--bb\r\nContent-Type: text/plain\r\n\r\nHere is the manual.\r\n\r\n--bb\r\nContent-Type: text/plain; name=manual.txt\r\n" \
        b"Content-Disposition: attachment; filename=manual.txt\r\n\r\n" + filler + b"\r\n--bb--\r\n"


@setup(relay="smtp", start=False)
def test_an_answer_whose_mail_cannot_be_read_waits(desk):
    shim = Shim(desk, log=False)
    desk.start()
    desk.accept(mail(subject="Manual"))
    notice = desk.wait_sent(1, to="bob@agents.example")[0]
    desk.relay.on_mail = "451 4.3.0 not now"
    filler = b"\r\n".join(b"line %d of the manual" % i for i in range(20000))
    desk.accept(agents_answer(notice, filler), address_of(notice.message), "bob@agents.example")
    wait_until(lambda: [e for e in desk.log("outbox.deferred") if e["reply"].startswith("451")])
    shim.fail("read", "*/mails/*")
    desk.relay.on_mail = None
    desk.ok("outbox", "retry")
    wait_until(lambda: [e for e in desk.log("outbox.deferred") if "cannot be read" in e["reply"]], 40)
    assert len(desk.sent_to("anna@example.com")) == 1, "the acknowledgement and nothing else"
    shim.mend()
    desk.ok("outbox", "retry")
    answer = desk.wait_sent(2, to="anna@example.com", seconds=40)[1]
    assert list(answer.message.iter_attachments())[0].get_payload(decode=True).strip() == filler
