"""Many connections that few threads attend to: answers keep their order, nobody holds up another, and whoever waits for us is not silent."""
import socket, threading, time
from desk import mail, setup, Lmtp, SLOW, wait_until
from test_trouble import locking


def chunked(data, sender="anna@example.com", to=("support@example.org",)):
    """A transaction in one piece (RFC 3030)."""
    return b"MAIL FROM:<%s>\r\n" % sender.encode() + b"".join(b"RCPT TO:<%s>\r\n" % r.encode() for r in to) + b"BDAT %d LAST\r\n" % len(data) + data


def test_mails_in_one_write_are_answered_in_their_order(desk):
    with desk.session() as session:
        session.send(b"".join(chunked(mail(subject="pipelined %d" % i), to=("support@example.org", "nobody@example.net")[:1 + (i % 5 == 0)]) + b"NOOP\r\n" for i in range(60)) + b"QUIT\r\n")
        for i in range(60):
            codes = [session.reply()[0] for _ in range(4 + (i % 5 == 0))]
            assert codes == ([250, 250, 550, 250, 250] if i % 5 == 0 else [250] * 4), (i, codes)
        assert session.reply()[0] == 221 and session.file.read() == b""
    assert [t["subject"] for t in sorted(desk.tickets(), key=lambda t: t["id"])] == ["pipelined %d" % i for i in range(60)]


def test_who_sends_his_mail_and_no_more_has_its_answer(desk):
    """Half closed by the client: what he sent is dealt with, answered, and then it is over."""
    with desk.session() as session:
        session.send(chunked(mail(subject="the last word")))
        session.socket.shutdown(socket.SHUT_WR)
        assert [session.reply()[0] for _ in range(3)] == [250] * 3
        assert session.file.read() == b""
    assert desk.tickets()[0]["subject"] == "the last word"


def test_who_goes_without_waiting_has_his_mail_all_the_same(desk):
    for i in range(20):
        session = desk.session()
        session.send(chunked(mail(subject="gone %d" % i)))
        session.socket.close()
        session.file.close()
    wait_until(lambda: desk.metric("sportello_lmtp_connections") == 0)
    desk.accept(mail(subject="who waits"))
    assert desk.http("/healthz")[0] == 200


def flood(port):
    """A client who asks and asks and reads nothing: (socket, how many commands went out whole, the rest of the last one)."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.connect(("127.0.0.1", port))
    assert client.recv(100).startswith(b"220")
    client.settimeout(1)
    words, sent = b"NOOP\r\n" * 10000, 0
    try:
        while True:
            sent += client.send(words[sent % 6:])
    except socket.timeout:
        return client, sent


def test_clients_who_read_nothing_hold_up_nobody(desk):
    deaf = [flood(desk.lmtp_port) for _ in range(4)]
    for i in range(10):
        begin = time.monotonic()
        desk.accept(mail(subject="heard %d" % i))
        assert time.monotonic() - begin < 5 * SLOW
    client, sent = deaf[0]
    client.settimeout(20 * SLOW)
    wanted, got, replies = sent // 6, 0, b""
    while got < wanted:                                      # now he reads, and has one answer for each
        piece = client.recv(1 << 16)
        assert piece, "cut off"
        got += piece.count(b"\n")
        replies = (replies + piece)[-200:]
    assert got == wanted and replies.endswith(b"\r\n") and all(line.startswith(b"250 2.0.0") for line in replies.split(b"\r\n")[1:-1])
    for client, _ in deaf:
        client.close()
    wait_until(lambda: desk.metric("sportello_lmtp_connections") == 0)


def test_clients_who_talk_without_end_hold_up_nobody(desk):
    over, said = threading.Event(), []

    def talk():
        with desk.session() as session:
            while not over.is_set():
                session.send(b"NOOP\r\n" * 50)
                said.append([session.reply()[0] for _ in range(50)] == [250] * 50)
    talkers = [threading.Thread(target=talk) for _ in range(6)]
    for thread in talkers:
        thread.start()
    try:
        for i in range(10):
            begin = time.monotonic()
            desk.accept(mail(subject="heard %d" % i))
            assert time.monotonic() - begin < 5 * SLOW
    finally:
        over.set()
        for thread in talkers:
            thread.join()
    assert said and all(said)


@setup(config={"lmtp.idle_seconds": 1})
def test_who_waits_for_us_is_not_silent(desk):
    """The database is locked for longer than a client may be silent: he is answered, and is silent only from then on."""
    with desk.session() as session:
        other = locking(desk)
        threading.Timer(3, lambda: other.execute("rollback")).start()
        session.send(chunked(mail(subject="late")))
        assert [session.reply()[0] for _ in range(3)] == [250] * 3
        assert session.say("NOOP")[0] == 250, "he has his second from the answer on"
        assert session.reply()[0] == 421
    other.close()
    assert desk.tickets()[0]["subject"] == "late"


@setup(config={"lmtp.total_seconds": 2})
def test_who_never_stops_is_told_421_all_the_same(desk):
    begin = time.monotonic()
    with desk.session() as session:
        while session.say("NOOP")[0] == 250:
            time.sleep(0.05)
    assert 1 < time.monotonic() - begin < 10 * SLOW


def test_stopped_while_mails_are_being_written(desk):
    """They are written and answered, then their clients are told 421."""
    sessions = [desk.session() for _ in range(8)]
    other = locking(desk)
    for i, session in enumerate(sessions):
        session.send(chunked(mail(subject="on its way %d" % i)))
    wait_until(lambda: len(desk.log("lmtp.state", to="waiting")) == 8)
    desk.process.terminate()
    time.sleep(0.5)
    other.execute("rollback")
    other.close()
    for session in sessions:
        codes = [session.reply()[0] for _ in range(4)]
        assert codes == [250] * 3 + [421], codes
    assert desk.process.wait(20 * SLOW) == 0
    desk.start()
    assert sorted(t["subject"] for t in desk.tickets()) == ["on its way %d" % i for i in range(8)]


@setup(config={"lmtp.max_connections": 120})
def test_a_hundred_connections_with_mails_small_and_large(desk):
    """Each mail in pieces, some so large that they go to a file: as many hands as are needed, and no more than that stay."""
    wrong = []

    def client(number):
        with Lmtp(desk.lmtp_port) as session:
            for i in range(3):
                size = (300000, 70000, 15000, 100)[(number + i) % 4]
                data = mail(subject="crowd %d %d" % (number, i), sender="c%d@example.com" % number, body="a line of words\n" * (size // 16))
                replies = session.deliver(data, ["support@example.org"], sender="c%d@example.com" % number)
                if replies[0][0] != 250:
                    wrong.append(replies)
    clients = [threading.Thread(target=client, args=(i,)) for i in range(100)]
    for thread in clients:
        thread.start()
    for thread in clients:
        thread.join()
    assert not wrong, wrong
    assert len(desk.tickets()) == 300
    told = desk.cli("fsck")
    assert told.code == 0, told
