"""The mirror: every conversation as mails in folders, whole after any kill, seen through an IMAP server, answered from there."""
import email, email.policy, os, re, time

from desk import Skip, address_of, mail, setup, wait_until
from dovecot import Dovecot

ANNA, BOB, EVA = "anna@example.com", "bob@agents.example", "eva@agents.example"


def root(desk):
    return os.path.join(desk.directory, "mirror")


def mirrored(desk):
    """{(ticket, message): [(folder, file name, bytes)]}"""
    found = {}
    for folder in sorted(os.listdir(root(desk))) if os.path.isdir(root(desk)) else []:
        for part in ("cur", "new"):
            place = os.path.join(root(desk), folder, part)
            for name in os.listdir(place) if folder.startswith(".") and os.path.isdir(place) else []:
                ticket, seq = map(int, re.match(r"\d+\.t(\d+)m(\d+)\.", name).groups())
                try:
                    with open(os.path.join(place, name), "rb") as f:
                        found.setdefault((ticket, seq), []).append((folder[1:], name, f.read()))
                except FileNotFoundError:                    # it was just given other flags, or another folder: a look at all of it again
                    return mirrored(desk)
    return found


def messages(desk):
    return {(t["id"], m["id"]) for t in desk.tickets() for m in desk.ticket(t["id"])["messages"]}


def wait_mirror(desk, seconds=20):
    """Waits until each message is there once."""
    def same():
        there = mirrored(desk)
        return set(there) == messages(desk) and all(len(copies) == 1 for copies in there.values()) and there
    return wait_until(same, seconds, "each message is in the mirror once")


def one(there, ticket, seq):
    folder, name, data = there[ticket, seq][0]
    return folder, name, data, email.message_from_bytes(data, policy=email.policy.default)


def mirror(function):
    def test(desk):
        desk.stop()
        desk.set("mirror", {"maildir": root(desk)})
        desk.set("authserv_id", "mx.example.org")
        desk.write_config()
        desk.start()
        function(desk)
    test.__name__, test.__module__ = function.__name__, function.__module__
    return test


@mirror
def test_each_message_stands_in_its_queues_folder_as_it_came_and_as_it_was_sent(desk):
    raw = mail(subject="Printer", body="It does not print.\n", headers=[("Reply-To", "anna.private@example.com"), ("X-Odd", "kept")])
    desk.accept(raw)
    notice = desk.wait_sent(1, to=BOB)[0]
    desk.accept(mail(sender=BOB, reply_to=notice, body="Is it on?\n"), address_of(notice), sender=BOB)
    desk.ok("ticket", "note", 1, "--as", "bob", stdin="She never pays.\n")
    wait_until(lambda: len(desk.sent_to(ANNA) + desk.sent_to("anna.private@example.com")) >= 2)
    there = wait_mirror(desk)
    kinds = {m["id"]: (m["kind"], m["direction"]) for m in desk.ticket(1)["messages"]}
    assert {folder for copies in there.values() for folder, _, _ in copies} == {"support"}
    folder, name, data, request = one(there, 1, 1)
    head, body = data.split(b"\r\n\r\n", 1)
    assert body == raw.split(b"\r\n\r\n", 1)[1]
    assert head.replace(b"X-Original-Reply-To:", b"Reply-To:").split(b"\r\n", 1)[1] == raw.split(b"\r\n\r\n", 1)[0]
    assert re.match(r"support\+g[a-z2-7]{26,}@example\.org$", address_of(request)) and str(request["X-Original-Reply-To"]) == "anna.private@example.com"
    sent = {str(m["Message-ID"]): m for m in desk.sent_to(ANNA) + desk.sent_to("anna.private@example.com")}
    seen = 0
    for (ticket, seq), copies in there.items():
        message = email.message_from_bytes(copies[0][2], policy=email.policy.default)
        assert re.match(r"support\+g[a-z2-7]{26,}@example\.org$", address_of(message)), message
        if kinds[seq][0] == "note":
            assert str(message["Subject"]).startswith("[note] Printer") and message.get_body(("plain",)).get_content().strip() == "She never pays."
            assert str(request["Message-ID"]) in str(message["References"])
        elif kinds[seq][1] == "out":
            was = sent[str(message["Message-ID"])]
            seen += 1
            assert copies[0][2].replace(b"\r\n", b"\n").split(b"\n\n", 1)[1] == was.data.replace(b"\r\n", b"\n").split(b"\n\n", 1)[1]
    assert seen == 2 and desk.cli("fsck").code == 0


@mirror
def test_a_queues_change_moves_it_and_state_and_priority_are_keywords(desk):
    desk.accept(mail(subject="VPN", body="No connection.\n"))
    wait_mirror(desk)
    desk.ok("ticket", "queue", 1, "network")
    desk.ok("ticket", "priority", 1, "urgent")
    desk.ok("ticket", "assign", 1, "eva")

    def moved():
        there = mirrored(desk)
        if {folder for copies in there.values() for folder, _, _ in copies} != {"network"} or any(len(c) != 1 for c in there.values()):
            return None
        words = dict(line.split(" ", 1) for line in open(os.path.join(root(desk), ".network", "dovecot-keywords")).read().splitlines())
        letters = re.search(r":2,([A-Za-z]*)$", there[1, 1][0][1]).group(1)
        return {words[str(ord(c) - 97)] for c in letters if c.islower()} == {desk.ticket(1)["state"], "urgent"}
    wait_until(moved, 15, "the ticket moves, with its keywords")
    assert not os.listdir(os.path.join(root(desk), ".support", "cur")) and desk.cli("fsck").code == 0


PROVED = [("Authentication-Results", "mx.example.org; dmarc=pass header.from=agents.example")]


def answer_mirrored(desk, message, body, sender=BOB, proved=PROVED):
    raw = mail(sender=sender, body=body, reply_to=message, headers=proved if sender.endswith("@agents.example") else ())
    desk.accept(raw, address_of(message), sender=sender.split("<")[-1].strip(">"))


@mirror
def test_a_reply_from_the_mirror_is_one_to_a_notice_and_a_stale_one_comes_back(desk):
    desk.accept(mail(subject="Printer", body="It does not print.\nWhat now?\n"))
    desk.ok("ticket", "note", 1, "--as", "bob", stdin="She never ever pays.\n")
    there = wait_mirror(desk)
    _, _, _, request = one(there, 1, 1)
    note = [m for _, _, _, m in (one(there, *key) for key in there) if str(m["Subject"]).startswith("[note]")][0]
    quote = "".join("> %s\n" % line for line in request.get_content().splitlines())
    answer_mirrored(desk, note, "Is it on?\n\nOn Monday, Bob wrote:\n> She never ever pays.\n")
    sent = wait_until(lambda: [m for m in desk.sent_to(ANNA) if "Is it on?" in m.text])[0]
    assert "pays" not in sent.data.decode() and "+g" not in sent.data.decode()
    # The first message was shown before that answer of bob's: a colleague's answer on it is stale, his own next one is not.
    desk.ok("ticket", "queue", 1, "network")
    answer_mirrored(desk, request, "Buy a new one.\n\nOn Monday, Anna wrote:\n" + quote, sender=EVA)
    back = wait_until(lambda: [m for m in desk.sent_to(EVA) if "Buy a new one." in m.text])[0]
    assert not [m for m in desk.sent_to(ANNA) if "new one" in m.text]
    desk.accept(mail(sender=EVA, body="/send\n", reply_to=back), address_of(back), sender=EVA)
    sent = wait_until(lambda: [m for m in desk.sent_to(ANNA) if "Buy a new one." in m.text])[0]
    assert "It does not print" not in sent.text
    answer_mirrored(desk, one(wait_mirror(desk), 1, 1)[3], "/assign eva\n", sender=EVA)
    wait_until(lambda: desk.ticket(1)["agent"] == "eva")


@mirror
def test_the_mirrors_address_opens_nothing_for_strangers_and_other_queues(desk):
    desk.accept(mail(subject="Printer", body="It does not print.\n"))
    _, _, _, request = one(wait_mirror(desk), 1, 1)
    answers = len(desk.sent_to(ANNA))
    answer_mirrored(desk, request, "/close\n\nYou owe me money.\n", sender="Mallory <mallory@evil.example>")
    answer_mirrored(desk, request, "/close\n\nI am no agent of this queue.\n", sender=EVA)
    time.sleep(1)
    assert desk.ticket(1)["state"] == "new" and len(desk.tickets()) == 1
    assert len(desk.sent_to(ANNA)) == answers and not desk.sent_to("mallory@evil.example")
    assert not [m for m in desk.sent() if "owe me" in m.text and ANNA in m.recipients]


@mirror
def test_the_mirrors_address_wants_its_agent_proved(desk):
    desk.accept(mail(subject="Printer", body="It does not print.\n"))
    _, _, _, request = one(wait_mirror(desk), 1, 1)
    for i, found in enumerate(((), [("Authentication-Results", "mx.example.org; dmarc=none; spf=none")])):
        answer_mirrored(desk, request, "/close\n\nWrite to evil@example.net.\n", proved=found)
        back = wait_until(lambda: (lambda told: told if len(told) > i else None)([m for m in desk.sent_to(BOB) if "nothing proves that you wrote it" in " ".join(m.text.split())]))
        assert "answer the notice instead" in " ".join(back[-1].text.split())
    assert desk.ticket(1)["state"] == "new" and not [m for m in desk.sent_to(ANNA) if "evil@" in m.text]
    answer_mirrored(desk, request, "Is it on?\n")
    wait_until(lambda: [m for m in desk.sent_to(ANNA) if "Is it on?" in m.text])


@mirror
def test_a_note_quoted_from_the_mirror_stays_in_the_house_however_old_and_long_it_is(desk):
    desk.accept(mail(subject="Printer", body="It does not print.\n"))
    long = "".join("Line %d of what is said in the house only, at length.\n" % i for i in range(400))
    desk.ok("ticket", "note", 1, "--as", "bob", stdin=long + "She never ever pays her bills.\n")
    for i in range(14):
        desk.ok("ticket", "note", 1, "--as", "bob", stdin="Called her, attempt %d.\n" % i)
    there = wait_mirror(desk)
    note = min((key for key in there if str(one(there, *key)[3]["Subject"]).startswith("[note]")))
    note = one(there, *note)[3]
    answer_mirrored(desk, note, "> Line 3 of what is said in the house only, at length.\n\nIs it on?\n\n> She never ever pays her bills.\n\nAnd is it plugged in?\n")
    sent = wait_until(lambda: [m for m in desk.sent_to(ANNA) if "plugged in" in m.text])[0]
    assert "never ever pays" not in sent.data.decode() and "in the house only" not in sent.data.decode() and "Is it on?" in sent.text
    answer_mirrored(desk, note, "> The code of the safe is eleven.\n\nPress the button.\n\n> And nobody else knows it.\n\nHold it.\n")
    wait_until(lambda: [m for m in desk.sent_to(BOB) if "it seems to quote something else" in " ".join(m.text.split())])
    assert not [m for m in desk.sent() if ANNA in m.recipients and ("button" in m.text or "safe" in m.text)]


@mirror
def test_no_field_of_a_mirrored_mail_leads_past_the_desk(desk):
    fields = [("Mail-Reply-To", ANNA), ("mail-followup-to", ANNA), ("Disposition-Notification-To", ANNA), ("Return-Receipt-To", ANNA)]
    filler = [("X-Filler", "y" * 900)] * 700
    desk.accept(mail(subject="Printer", headers=fields + filler + [("Reply-To", ANNA)]))
    _, _, data, request = one(wait_mirror(desk), 1, 1)
    assert len(request.get_all("Reply-To")) == 1 and "+g" in str(request["Reply-To"])
    assert len(data) > 512 * 1024 and not [name for name, _ in fields if request[name]]
    assert not [name for name, _ in fields + [("Reply-To", "")] if not request["X-Original-" + name]]


@mirror
def test_who_was_let_in_later_reads_no_answer_to_an_older_mail_of_the_mirror_unasked(desk):
    desk.accept(mail(subject="Printer", body="It does not print.\n"))
    wait_mirror(desk)
    desk.ok("ticket", "cc", 1, "carl@example.net")
    desk.stop()
    folder, name, _ = mirrored(desk)[1, 1][0]
    os.unlink(os.path.join(root(desk), "." + folder, "cur", name))
    desk.ok("mirror")                        # made anew, when Carl reads already
    desk.start()
    answer_mirrored(desk, one(wait_mirror(desk), 1, 1)[3], "You owe us money.\n")
    back = wait_until(lambda: [m for m in desk.sent_to(BOB) if "others would read it" in " ".join(m.text.split())])[0]
    assert "carl@example.net" in back.text and not [m for m in desk.sent_to("carl@example.net") if "owe us" in m.text]
    desk.accept(mail(sender=BOB, body="/send\n", reply_to=back, headers=PROVED), address_of(back), sender=BOB)
    wait_until(lambda: [m for m in desk.sent_to("carl@example.net") if "owe us" in m.text])
    proved = [("Authentication-Results", "mx.example.org; dmarc=pass header.from=example.com"), ("Cc", "carl@example.net")]
    desk.accept(mail(subject="Scanner", body="It does not scan.\n", headers=proved))
    answer_mirrored(desk, one(wait_mirror(desk), 2, 1)[3], "Is the lamp on?\n")
    wait_until(lambda: [m for m in desk.sent_to("carl@example.net") if "lamp on" in m.text])


@mirror
def test_killed_again_and_again_each_message_is_there_once(desk):
    rounds = int(os.environ.get("CRASH_ROUNDS", "8"))
    for i in range(rounds):
        for k in range(6):
            desk.accept(mail(subject="Mail %d.%d" % (i, k), body="One of many.\n"))
        if i % 3 == 2:
            desk.ok("ticket", "queue", i * 3 + 1, "network")
        time.sleep(0.05 * (i % 12))
        desk.kill()
        desk.start()
    wait_mirror(desk, 60)
    assert desk.cli("fsck").code == 0, desk.cli("fsck")


test_killed_again_and_again_each_message_is_there_once.long = 20


@mirror
def test_fsck_sees_what_is_wrong_and_mirror_makes_it_anew(desk):
    for i in range(3):
        desk.accept(mail(subject="Mail %d" % i))
    there = wait_mirror(desk)
    desk.stop()
    paths = {key: os.path.join(root(desk), "." + copies[0][0], "cur", copies[0][1]) for key, copies in there.items()}
    os.unlink(paths[1, 1])
    os.link(paths[2, 1], paths[2, 1].replace("/.support/", "/.support/").replace("t2m1", "t2m99"))
    found = desk.cli("fsck", json_output=False)
    assert found.code == 65 and "message 1 of ticket 1 is missing" in found.out and "of no message" in found.out and "sportello mirror" in found.out
    made = desk.ok("mirror")
    assert made["written"] == 1 and made["removed"] == 1, made
    assert set(mirrored(desk)) == set(there) and desk.cli("fsck").code == 0
    desk.start()
    desk.accept(mail(subject="After"))
    wait_mirror(desk)


@mirror
def test_an_imap_server_shows_threads_searches_and_keywords(desk):
    server = Dovecot(desk.directory, root(desk))
    try:
        desk.accept(mail(subject="Printer", body="The zeppelin does not print.\n"))
        notice = desk.wait_sent(1, to=BOB)[0]
        desk.accept(mail(sender=BOB, reply_to=notice, body="Is it on?\n"), address_of(notice), sender=BOB)
        ack = desk.wait_sent(2, to=ANNA)[1]
        desk.accept(mail(body="It is.\n", reply_to=ack), address_of(ack))
        desk.accept(mail(subject="Another", body="Something else.\n"))
        wait_mirror(desk)
        imap = server.login()
        assert b"support" in b" ".join(imap.list()[1])
        count = int(imap.select("support")[1][0])
        assert count == len(messages(desk))
        assert len(imap.search(None, "TEXT", "zeppelin")[1][0].split()) == 1
        wait_until(lambda: imap.noop() and len(imap.search(None, "KEYWORD", desk.ticket(2)["state"])[1][0].split()) >= 2, 15)
        threads = imap.thread("REFERENCES", "UTF-8", "ALL")[1][0].decode()
        first = desk.ticket(1)["messages"]
        assert threads.count("(") >= 2 and max(len(re.findall(r"\d+", t)) for t in re.split(r"\)\s*\((?=\d)", threads)) >= len(first) - 1, threads
        # What an agent does with flags stays, and a change of queue finds the file all the same.
        imap.store("1:*", "+FLAGS", "\\Seen")
        imap.store("1", "+FLAGS", "\\Flagged")
        desk.ok("ticket", "queue", 1, "network")
        wait_until(lambda: {c[0][0] for key, c in mirrored(desk).items() if key[0] == 1} == {"network"}, 15, "moved")
        assert int(imap.select("network")[1][0]) == len(desk.ticket(1)["messages"]) and len(imap.search(None, "SEEN")[1][0].split()) == len(desk.ticket(1)["messages"])
        assert len(imap.search(None, "FLAGGED")[1][0].split()) == 1
        imap.logout()
    finally:
        server.close()


@mirror
def test_a_ticket_that_is_erased_goes_from_the_mirror(desk):
    for i in range(2):
        desk.accept(mail(subject="Mail %d" % i))
    there = wait_mirror(desk)
    desk.sql(*("DELETE FROM %s WHERE %s=1" % pair for pair in (("message", "ticket"), ("history", "ticket"), ("ticket", "id"))))
    wait_until(lambda: {key for key in there if key[0] == 2} == set(mirrored(desk)), 15, "only the other ticket's mails are there")


MAKER = "help@maker.example"


@mirror
def test_who_may_answer_a_third_party_from_the_mirror(desk):
    """An agent of the queue whom the mail server proved, and nobody else; his words go to the third party alone, and what is refused comes back for it."""
    desk.accept(mail(subject="Printer", body="It does not print.\n"))
    desk.ok("ticket", "ask", 1, MAKER, "--as", "bob", stdin="Do you know error E-07?\n")
    asked = wait_until(lambda: desk.sent_to(MAKER))[0]
    desk.accept(mail(sender=MAKER, body="It is the sensor.\n", reply_to=asked), address_of(asked), sender=MAKER)
    kinds = {m["id"]: m["kind"] for m in desk.ticket(1)["messages"]}
    there = wait_mirror(desk)
    _, _, _, answer = one(there, 1, [k for k, kind in kinds.items() if kind == "side-in"][0])
    assert re.match(r"support\+f[a-z2-7]{20,}@example\.org$", address_of(answer)), answer
    anna = len(desk.sent_to(ANNA))
    answer_mirrored(desk, answer, "Mallory pays.\n", sender="Mallory <mallory@evil.example>")
    answer_mirrored(desk, answer, "Eva pays.\n", sender=EVA)                            # an agent, of another queue
    for found in ((), [("Authentication-Results", "mx.example.org; dmarc=none; spf=none")], [("Authentication-Results", "mx.example.org; dmarc=fail header.from=agents.example")]):
        answer_mirrored(desk, answer, "Nobody pays.\n", proved=found)
    answer_mirrored(desk, answer, "I pay myself.\n", sender="Anna <%s>" % ANNA)          # she found it, too
    back = wait_until(lambda: (lambda told: told if len(told) >= 3 else None)([m for m in desk.sent_to(BOB) if "Nobody pays." in m.text and "not carried out" in " ".join(m.text.split())]))
    wait_until(lambda: [m for m in desk.sent_to(BOB) if "I pay myself." in m.text])
    assert len(desk.sent_to(MAKER)) == 1 and len(desk.sent_to(ANNA)) == anna and len(desk.tickets()) == 1
    assert all(MAKER in " ".join(m.text.split()) and ANNA not in m.text for m in back)
    answer_mirrored(desk, answer, "What does it cost?\n\nOn Monday, Maker wrote:\n> It is the sensor.\n")
    sent = wait_until(lambda: desk.sent_to(MAKER)[1:])[0]
    assert "What does it cost?" in sent.text and BOB not in sent.data.decode() and "+f" not in sent.data.decode()
    desk.accept(mail(sender=BOB, reply_to=back[0], body="And how long does it take?\n", headers=PROVED), address_of(back[0]), sender=BOB)
    assert "how long" in wait_until(lambda: desk.sent_to(MAKER)[2:])[0].text
    assert len(desk.sent_to(ANNA)) == anna and not [m for m in desk.sent() if MAKER in m.recipients and "pays" in m.text or "pay myself" in m.text and MAKER in m.recipients]
