"""Trouble with the relay: down, 4xx, 5xx for one of two, lost after the final dot, dripping, endless. What the sender, the customer
and the agent see in each case. The customer is anna@example.com, the agents of the queue are bob (and eva for network)."""
import os, re, time

from desk import address_of, mail, setup, wait_until

ANNA, BOB = "anna@example.com", "bob@agents.example"
HOUR = 3600


def waiting(desk, address=None):
    rows = desk.outbox()
    return [r for r in rows if address is None or address in str(r)]


def take_part(desk, address, ticket=1):
    """Makes somebody a participant of the ticket, so that answers go to two. (The desk itself does that on no stranger's word.)"""
    desk.sql("INSERT INTO participant(ticket, address, name, role) VALUES (%d, '%s', 'Carl', 'cc')" % (ticket, address))


def history(desk, number=1):
    return " / ".join("%s %s" % (h["what"], h["why"]) for h in desk.ticket(number)["history"])


@setup(relay="smtp")
def test_sent_over_kept_connections(desk):
    """Many mails, few connections; each with its own bounce address, the customer's acknowledgement and the agent's notice."""
    with desk.session() as session:
        for i in range(25):
            assert session.deliver(mail(subject="n%d" % i), ["support@example.org"])[0][0] == 250
    desk.wait_sent(50)
    assert desk.relay.connections <= 4, desk.relay.connections
    senders = [m.sender for m in desk.sent()]
    assert len(set(senders)) == 50 and all(re.fullmatch(r"support\+b[a-z2-7]+@example\.org", s) for s in senders), senders
    assert len(desk.sent_to(ANNA)) == 25 and len(desk.sent_to(BOB)) == 25
    wait_until(lambda: not desk.outbox())
    assert len(desk.log("outbox.sent")) == 50
    assert all(e["id"] and e["ticket"] and e["reply"].startswith("250") for e in desk.log("outbox.sent"))
    # One id follows a mail from LMTP to what it caused.
    assert {e["id"] for e in desk.log("outbox.sent")} == {e["id"] for e in desk.log("lmtp.accepted")}


@setup(relay="smtp")
def test_closed_while_idle_is_not_noticed(desk):
    desk.accept(mail(subject="one"))
    desk.wait_sent(2)
    wait_until(lambda: not desk.outbox(), what="the relay's answers are read: its connections are idle")
    desk.relay.hang_up()
    time.sleep(0.1)
    desk.accept(mail(subject="two"))
    desk.wait_sent(4)
    assert not desk.log("outbox.deferred") and not desk.log("outbox.relay_trouble")


@setup(relay="smtp")
def test_relay_down(desk):
    """The sender gets 250 all the same; nothing is lost; one attempt at a time is spent on finding out; all go when it is back."""
    desk.relay.down()
    for i in range(10):
        desk.accept(mail(subject="n%d" % i))
    wait_until(lambda: desk.log("outbox.relay_trouble"))
    time.sleep(1.5)
    rows = desk.outbox()
    assert len(rows) == 20 and not desk.sent()
    assert sum(r["attempts"] for r in rows) <= 4, [r["attempts"] for r in rows]
    tried = [r for r in rows if r["attempts"]]
    assert tried and all("refused" in r["last_reply"] for r in tried), tried
    desk.relay.up()
    desk.ok("outbox", "retry")
    desk.wait_sent(20, seconds=15)
    wait_until(lambda: not desk.outbox())
    assert desk.log("outbox.relay_back")
    assert len(desk.sent()) == 20 and not desk.log("outbox.failed")


@setup(relay="smtp")
def test_4xx_is_tried_again_later(desk):
    desk.relay.on_rcpt[ANNA] = ["451 4.7.1 greylisted, come back", "451 4.7.1 greylisted, come back"]
    desk.accept(mail())
    row = wait_until(lambda: [r for r in waiting(desk, ANNA) if r["attempts"] == 1])[0]
    assert "451 4.7.1 greylisted" in row["last_reply"]
    assert desk.wait_sent(1, to=BOB) and not desk.sent_to(ANNA)
    assert desk.log("outbox.deferred", to=ANNA)
    # After a minute again, after two more the third time.
    desk.advance(70)
    wait_until(lambda: [r for r in waiting(desk, ANNA) if r["attempts"] == 2])
    time.sleep(1.2)
    assert not desk.sent_to(ANNA)
    desk.advance(70 + 140)
    assert len(desk.wait_sent(1, to=ANNA)) == 1
    wait_until(lambda: not desk.outbox())
    assert "undeliverable" not in history(desk) and desk.ticket(1)["state"] == "new"


@setup(relay="smtp", queues=[{"name": "support", "address": "support@example.org", "description": "", "agents": ["bob"]}])
def test_5xx_for_the_customer_is_told_to_the_agent(desk):
    desk.relay.on_rcpt[ANNA] = "550 5.1.1 no such user here"
    desk.accept(mail())
    told = wait_until(lambda: [m for m in desk.sent_to(BOB) if "no such user here" in m.text])
    assert ANNA in told[0].text and "[#1]" in str(told[0]["Subject"])
    assert "no such user" in history(desk)
    wait_until(lambda: not desk.outbox())
    failed = desk.log("outbox.failed", to=ANNA)
    assert len(failed) == 1 and failed[0]["reply"].startswith("550 5.1.1")
    time.sleep(1.2)
    assert len([m for m in desk.sent_to(BOB) if "no such user here" in m.text]) == 1, "told more than once"


CARL = "carl@example.net"


def answer_to_two(desk):
    """Bob's answer goes to Anna and, as Cc, to Carl."""
    desk.accept(mail())
    desk.wait_sent(1, to=ANNA)
    take_part(desk, CARL)
    desk.ok("ticket", "reply", 1, "--as", "bob", stdin="Here is the answer.\n")


def answers(desk, address):
    return [m for m in desk.sent_to(address) if "Here is the answer." in m.text]


@setup(relay="smtp")
def test_5xx_for_one_of_two_recipients(desk):
    """Carl's mailbox is gone: Anna gets the answer once, Bob is told of Carl, the ticket shows it."""
    desk.relay.on_rcpt[CARL] = "550 5.2.1 mailbox disabled"
    answer_to_two(desk)
    told = wait_until(lambda: [m for m in desk.sent_to(BOB) if "mailbox disabled" in m.text])
    assert CARL in told[0].text and ANNA not in told[0]["To"]
    assert [m.recipients for m in answers(desk, ANNA)] == [[ANNA]] and not answers(desk, CARL)
    assert answers(desk, ANNA)[0]["Auto-Submitted"] is None
    assert "mailbox disabled" in history(desk)
    wait_until(lambda: not desk.outbox())
    desk.advance(2 * HOUR)
    time.sleep(1.5)
    assert len(answers(desk, ANNA)) == 1 and len([m for m in desk.sent_to(BOB) if "mailbox disabled" in m.text]) == 1
    assert desk.cli("fsck").code == 0


@setup(relay="smtp")
def test_4xx_for_one_of_two_is_tried_for_that_one_alone(desk):
    desk.relay.on_rcpt[CARL] = ["450 4.2.0 busy"]
    answer_to_two(desk)
    row = wait_until(lambda: [r for r in desk.outbox() if r["attempts"] == 1])[0]
    assert {r["address"]: r["state"] for r in row["recipients"]} == {ANNA: "sent", CARL: "waiting"}, row
    assert "450 4.2.0 busy" in row["last_reply"]
    desk.advance(70)
    wait_until(lambda: answers(desk, CARL))
    assert len(answers(desk, ANNA)) == 1 and len(answers(desk, CARL)) == 1
    assert answers(desk, ANNA)[0].data == answers(desk, CARL)[0].data, "not the same mail for both"
    wait_until(lambda: not desk.outbox())


@setup(relay="smtp", config={"relay.senders": 1})
def test_relay_dies_after_the_final_dot(desk):
    """Nobody knows whether it arrived: it is sent again, the same to the last byte, so that the receiver can see it."""
    desk.relay.behaviour = "drop-after-dot"
    desk.accept(mail())
    wait_until(lambda: len(waiting(desk)) == 2 and all(r["attempts"] == 1 for r in waiting(desk)))
    assert all("it may arrive twice" in r["last_reply"] for r in desk.outbox())
    assert len(desk.sent()) == 2
    desk.relay.behaviour = ""
    desk.advance(70)
    desk.wait_sent(4)
    wait_until(lambda: not desk.outbox())
    for address in (ANNA, BOB):
        first, second = desk.sent_to(address)
        assert first.data == second.data and first["Message-ID"] == second["Message-ID"] and first.sender == second.sender
    assert not desk.log("outbox.failed")


@setup(relay="smtp")
def test_given_up_after_the_time(desk):
    desk.relay.on_rcpt[ANNA] = "451 4.3.0 not today"
    desk.accept(mail())
    wait_until(lambda: desk.log("outbox.deferred", to=ANNA))
    assert desk.wait_sent(1, to=BOB)
    desk.advance(121 * HOUR)
    told = wait_until(lambda: [m for m in desk.sent_to(BOB) if "not today" in m.text])
    assert ANNA in told[0].text
    assert "given up after 120 hours" in history(desk) and "not today" in history(desk)
    assert not waiting(desk, ANNA)


@setup(relay="smtp")
def test_mail_to_an_agent_that_fails_makes_no_loop(desk):
    desk.relay.on_rcpt[BOB] = "550 5.1.1 gone"
    desk.accept(mail())
    wait_until(lambda: desk.log("outbox.failed", to=BOB))
    time.sleep(2.5)
    assert len(desk.log("outbox.failed")) == 1 and not desk.outbox()
    assert "gone" in history(desk)
    assert desk.wait_sent(1, to=ANNA)


@setup(relay="smtp", config={"relay.timeout_seconds": 1, "relay.senders": 2})
def test_relay_that_drips_or_never_ends(desk):
    """Each is given up after its time or its share of bytes; memory does not grow; then mail flows again."""
    stories = (("silent", "no answer in time"), ("drip", "no answer in time"), ("endless", "does not end"), ("endless-lines", "does not end"))
    for ticket, (behaviour, words) in enumerate(stories, 1):
        desk.relay.behaviour = behaviour
        desk.accept(mail(subject=behaviour))
        tried = wait_until(lambda: (lambda e: len(e) == 2 and e)(desk.log("outbox.deferred", ticket=ticket)), 10, behaviour)
        assert all(words in e["reply"] for e in tried), tried
        with open("/proc/%d/status" % desk.process.pid) as f:
            assert int(re.search(r"VmRSS:\s+(\d+)", f.read()).group(1)) < 400 * 1024
    desk.relay.hang_up()
    desk.relay.behaviour = ""
    desk.advance(70)
    desk.wait_sent(8)


@setup(relay="smtp")
def test_relay_greets_with_421(desk):
    desk.relay.behaviour = "421"
    desk.accept(mail())
    wait_until(lambda: desk.log("outbox.relay_trouble"))
    assert any("421 4.3.2 not now" in (r["last_reply"] or "") for r in desk.outbox())
    desk.relay.behaviour = ""
    desk.ok("outbox", "retry")
    desk.wait_sent(2, seconds=15)


def connections_to_store(desk):
    """Each has the log open; descriptors of the database itself SQLite keeps for the next one."""
    paths = []
    for name in os.listdir("/proc/%d/fd" % desk.process.pid):
        try:
            paths.append(os.readlink("/proc/%d/fd/%s" % (desk.process.pid, name)))
        except OSError:                                     # closed meanwhile
            pass
    return sum(path.endswith("/sportello.db-wal") for path in paths)


def settled(count, quiet=1.5):
    """What it counts once it has counted the same for so long."""
    last, since = count(), time.monotonic()
    while time.monotonic() < since + quiet:
        time.sleep(0.1)
        if count() != last:
            last, since = count(), time.monotonic()
    return last


@setup(relay="smtp", config={"relay.senders": 3})
def test_who_has_nothing_to_send_has_no_connection_to_the_store(desk):
    """None before the first mail; some while there is mail; none while all keep quiet; none ten seconds after the last."""
    before = settled(lambda: connections_to_store(desk))    # all workers have begun
    desk.relay.behaviour = "421"
    desk.accept(mail())
    wait_until(lambda: len(desk.log("outbox.relay_trouble")) == 2)
    wait_until(lambda: connections_to_store(desk) == before, 5)      # sooner than who has merely nothing to do
    desk.relay.behaviour = ""
    desk.ok("outbox", "retry")
    desk.wait_sent(2, seconds=15)
    assert connections_to_store(desk) > before
    wait_until(lambda: connections_to_store(desk) == before, 14)
    desk.accept(mail(subject="again"), sender="carl@example.com")
    desk.wait_sent(4)


test_who_has_nothing_to_send_has_no_connection_to_the_store.long = 25


@setup(relay="smtp")
def test_address_that_needs_smtputf8(desk):
    """Offered: passes through. Not offered: fails for good with a reason (RFC 6531 section 3.2), and the agent is told."""
    desk.accept(mail(sender="Pelé <pelé@exámple.com>"), sender="pelé@exámple.com")
    acknowledgement = wait_until(lambda: [m for m in desk.sent() if BOB not in m.recipients])[0]
    assert acknowledgement.recipients == ["pelé@exámple.com"]
    assert any("SMTPUTF8" in c for c in desk.relay.commands if c.startswith("MAIL"))
    desk.relay.offers = ["8BITMIME"]
    desk.relay.hang_up()
    desk.accept(mail(sender="Pelé <pelé@exámple.com>", subject="again"), sender="pelé@exámple.com")
    failed = wait_until(lambda: desk.log("outbox.failed"))
    assert "SMTPUTF8" in failed[0]["reply"]
    assert len([m for m in desk.sent() if BOB not in m.recipients]) == 1


@setup(relay="smtp")
def test_starttls_asked_but_not_offered(desk):
    """Nothing is sent in the clear when the configuration asks for TLS."""
    desk.set("relay.url", "smtp+starttls://127.0.0.1:%d" % desk.relay.port)
    desk.write_config()
    desk.hup()
    wait_until(lambda: desk.log("daemon.reload"))
    desk.accept(mail())
    wait_until(lambda: desk.log("outbox.relay_trouble"))
    assert "STARTTLS" in desk.log("outbox.relay_trouble")[0]["why"]
    assert not desk.sent() and not [c for c in desk.relay.commands if c.startswith("MAIL")]


@setup(config={"desk.sandbox": "off"})       # it would allow the ports of mail, and the test's relay has another
def test_hup_moves_to_another_relay(desk):
    """From files to a relay, without losing what waits."""
    from relay import Relay
    desk.accept(mail(subject="as a file"))
    desk.wait_sent(2)
    relay = Relay()
    try:
        desk.set("relay.url", relay.url)
        desk.set("relay.senders", 2)
        desk.write_config()
        desk.hup()
        wait_until(lambda: desk.log("daemon.reload"))
        desk.accept(mail(subject="by smtp"))
        wait_until(lambda: len(relay.mails) == 2)
        assert len(desk.sent()) == 2
    finally:
        desk.stop()
        relay.close()


@setup(relay="smtp")
def test_what_was_enqueued_before_a_kill_is_sent_after_it(desk):
    desk.relay.down()
    for i in range(5):
        desk.accept(mail(subject="n%d" % i))
    desk.kill()
    desk.relay.up()
    desk.start()
    desk.ok("outbox", "retry")                               # one may have been tried before the kill
    desk.wait_sent(10, seconds=20)
    assert len({m["Message-ID"] for m in desk.sent()}) == 10


@setup(config={"authserv_id": "mx.example.org"})
def test_maildir_keeps_the_envelope(desk):
    desk.accept(mail(subject="perché?", sender="Anna Bianchi <anna@example.com>",
                     headers=[("Authentication-Results", "mx.example.org; dmarc=pass header.from=example.com")]))
    one = [m for m in desk.wait_sent(2) if ANNA in m.recipients][0]
    assert one.recipients == [ANNA] and one.sender.startswith("support+b")
    assert one["To"] == "Anna Bianchi <anna@example.com>"
    assert str(one["Subject"]) == "Re: perché? [#1]" and str(one["Auto-Submitted"]) == "auto-replied"
    assert one["X-Auto-Response-Suppress"] == "All" and one["Precedence"] is None
    assert b"\r" not in one.data and b"\x00" not in one.data and one.data.isascii()


@setup(relay="smtp")
def test_a_domain_beyond_ascii_goes_to_a_relay_without_smtputf8(desk):
    """Its A-label is written, and both forms are one customer."""
    desk.relay.offers = ["8BITMIME"]
    desk.accept(mail(sender="Pele <pele@exámple.com>"), sender="pele@exámple.com")
    desk.accept(mail(sender="Pele <pele@xn--exmple-qta.com>", subject="again"), sender="pele@xn--exmple-qta.com")
    theirs = wait_until(lambda: (lambda m: m if len(m) == 2 else None)([m for m in desk.sent() if BOB not in m.recipients]))
    assert [m.recipients for m in theirs] == [["pele@xn--exmple-qta.com"]] * 2
    assert {desk.ticket(n)["customer"]["address"] for n in (1, 2)} == {"pele@xn--exmple-qta.com"}


@setup(relay="smtp")
def test_mails_of_a_ticket_keep_their_order(desk):
    """Ten senders and a slow relay: no mail of a ticket overtakes the one before it."""
    desk.set("relay.senders", 10)
    desk.write_config()
    desk.hup()
    wait_until(lambda: desk.log("daemon.reload"))
    with desk.session() as session:
        for i in range(8):
            assert session.deliver(mail(subject="n%d" % i), ["support@example.org"])[0][0] == 250
    desk.wait_sent(16)
    for notice in desk.sent_to(BOB):
        desk.accept(mail(sender="Bob Rossi <%s>" % BOB, reply_to=notice, body="/close\n\nDone.\n"), address_of(notice), sender=BOB)
    wait_until(lambda: not desk.outbox())
    rows = {e["message_id"]: int(e["outbox"]) for e in desk.log("outbox.sent")}
    by_ticket = {}
    for event in desk.log("outbox.sent"):
        by_ticket.setdefault(event["ticket"], []).append(event["message_id"])
    order = {}
    for m in desk.sent():
        for ticket, ids in by_ticket.items():
            if m["Message-ID"] in ids:
                order.setdefault(ticket, []).append(rows[m["Message-ID"]])
    assert len(order) == 8 and all(numbers == sorted(numbers) for numbers in order.values()), order


# ---- CHUNKING (RFC 3030): commands and words of a small mail in one write ----

def with_chunks(test):
    def again(desk):
        desk.relay.offers.insert(0, "CHUNKING")
        test(desk)
        assert [c for c in desk.relay.commands if c.startswith("BDAT ")] and "DATA" not in desk.relay.commands, desk.relay.commands
    again.setup = test.setup
    return again


test_chunks_over_kept_connections = with_chunks(test_sent_over_kept_connections)
test_chunks_closed_while_idle = with_chunks(test_closed_while_idle_is_not_noticed)
test_chunks_4xx = with_chunks(test_4xx_is_tried_again_later)
test_chunks_5xx_for_the_customer = with_chunks(test_5xx_for_the_customer_is_told_to_the_agent)
test_chunks_5xx_for_one_of_two = with_chunks(test_5xx_for_one_of_two_recipients)
test_chunks_4xx_for_one_of_two = with_chunks(test_4xx_for_one_of_two_is_tried_for_that_one_alone)
test_chunks_relay_dies_after_the_words = with_chunks(test_relay_dies_after_the_final_dot)


@setup(relay="smtp", config={"relay.senders": 1})
def test_a_chunk_is_the_same_mail(desk):
    """What DATA would have made of it, to the byte: lines of dots stand as they are."""
    desk.relay.offers.insert(0, "CHUNKING")
    desk.accept(mail(body="word " * 20000))
    desk.wait_sent(2)
    desk.ok("ticket", "reply", 1, "--as", "bob", stdin="So it goes:\n.hidden\n..\n.\n..and more\n")
    answer = wait_until(lambda: [m for m in desk.sent_to(ANNA) if ".hidden" in m.text])[0]
    chunks = [int(c.split()[1]) for c in desk.relay.commands if c.startswith("BDAT ")]
    assert len(answer.data) in chunks and max(chunks) <= 32 * 1024, (len(answer.data), chunks)
    assert "\n.hidden\n..\n.\n..and more\n" in answer.text.replace("\r\n", "\n"), answer.data


@setup(relay="smtp", config={"relay.senders": 1})
def test_a_relay_that_offers_chunks_and_knows_none(desk):
    """All that it takes for a command is a line of ours, nothing that a customer wrote. The connection ends; the mail goes by DATA at once, and so do all after it."""
    desk.relay.offers.insert(0, "CHUNKING")
    desk.relay.knows_bdat = False
    for i in range(3):
        desk.accept(mail(subject="n%d" % i, body="RSET\r\nMAIL FROM:<eve@evil.example>\r\nRCPT TO:<all@example.org>\r\nDATA\r\n"))
    desk.wait_sent(6)
    wait_until(lambda: not desk.outbox())
    strange = [c for c in desk.relay.commands if c.split(" ")[0].split(":")[0] not in ("EHLO", "MAIL", "RCPT", "DATA", "BDAT", "QUIT")]
    assert len(strange) == 1 and strange[0].startswith("Date: ") and not [c for c in desk.relay.commands if "evil" in c], desk.relay.commands
    assert len([c for c in desk.relay.commands if c.startswith("BDAT ")]) == 1 and desk.relay.commands.count("DATA") == 6, desk.relay.commands
    assert not desk.log("outbox.deferred") and len(desk.sent()) == 6


@setup(relay="smtp", config={"relay.senders": 1})
def test_a_chunk_that_is_refused_leaves_no_transaction_open(desk):
    desk.relay.offers.insert(0, "CHUNKING")
    desk.relay.on_dot = ["451 4.3.0 not now", "250 2.0.0 queued"]
    desk.accept(mail())
    desk.wait_sent(1)
    assert [c for c in desk.relay.commands if c == "RSET"]
    desk.advance(70)
    desk.wait_sent(2)
    wait_until(lambda: not desk.outbox())
