"""What is old goes when the configuration says: files, mails, words; by itself at night; what is held by law stays. Numbers, texts and names stay as promised."""
import os, time

from desk import address_of, mail, setup, wait_until, QUEUES
from test_erase import ANNA, counts, found, letter, rows_with
from test_mirror import mirrored, one, root

DAY = 86400
RULES = [{"what": "attachments", "state": "closed", "days": 90}, {"what": "raw", "queue": "network", "state": "closed", "days": 200}, {"what": "words", "state": "closed", "days": 400}]
DESK = dict(queues=[dict(QUEUES[0], kb="off"), dict(QUEUES[1], kb="off")], config={"retention": RULES, "retention_hold": "tag:legal", "authserv_id": "mx.example.org"})
PLAIN = "plain@other.example"


def plant(desk):
    """1: with files; 2: without; 3: with files, held by law; 4: with files, open; 5: without, in network. All but 4 are closed."""
    desk.accept(letter(10), sender=ANNA)
    desk.accept(mail(sender=PLAIN, subject="Plain", body="Only words, canary71.\n"), sender=PLAIN)
    desk.accept(letter(20, large=True), sender=ANNA)
    desk.accept(letter(30), sender=ANNA)
    desk.accept(mail(sender=PLAIN, subject="Cable", body="A cable, canary72.\n", to="network@example.org"), "network@example.org", PLAIN)
    desk.ok("ticket", "tag", 3, "legal")
    desk.ok("ticket", "reply", 1, "--as", "bob", stdin="Dear canary60, it is done.\n")
    wait_until(lambda: not desk.outbox(), 20, "all is sent")
    for number in (1, 2, 3, 5):
        desk.ok("ticket", "close", number, "--no-text")
    wait_until(lambda: not desk.outbox(), 20, "all is sent")


def plainly(desk, words):
    """Those that stand in a file as they are: what stays has words that look the same in base64."""
    files = [os.path.join(folder, name) for folder, _, names in os.walk(desk.state_dir) for name in names]
    return [word for word in words for name in files if word.encode() in open(name, "rb").read()]


def later(desk, days):
    """So many days on; the daemon, which would do it by itself, is not there."""
    desk.stop()
    desk.advance(days * DAY)


def rules(desk, *arguments):
    return {r["what"]: (r["tickets"], r["mails"], r["held"]) for r in desk.ok("retention", *arguments)["rules"]}


@setup(**DESK)
def test_what_is_old_goes_step_by_step(desk):
    plant(desk)
    before = desk.ticket(1)["messages"][0]
    was = counts(desk)
    assert rules(desk) == {"attachments": (0, 0, 0), "raw": (0, 0, 0), "words": (0, 0, 0)}
    later(desk, 91)
    dry = rules(desk, "--dry-run")
    assert dry == {"attachments": (1, 1, 1), "raw": (0, 0, 0), "words": (0, 0, 0)}
    assert desk.cli("ticket", "raw", 1, 1).code == 0
    assert rules(desk) == dry and rules(desk) == {"attachments": (0, 0, 1), "raw": (0, 0, 0), "words": (0, 0, 0)}
    # Text and names stay; the mail as it came does not.
    now = desk.ticket(1)["messages"][0]
    assert now["text"] == before["text"] and now["reply_text"] == before["reply_text"] and now["attachments"] == before["attachments"] and now["attachments"]
    assert desk.cli("ticket", "raw", 1, 1).code == 66 and desk.cli("ticket", "attachment", 1, 1, 1).code == 66
    assert desk.cli("ticket", "raw", 2, 1).code == 0 and desk.cli("ticket", "raw", 3, 1).code == 0 and desk.cli("ticket", "raw", 4, 1).code == 0
    assert desk.ok("ticket", "search", "canary16")[0]["id"] == 1
    assert found(desk.state_dir, ["canary19-yyyyyyyyy"]) == [] and found(desk.state_dir, ["canary29-yyyyyyyyy"])
    assert counts(desk) == was and desk.cli("fsck", json_output=False).out == "clean\n"
    later(desk, 201)
    assert rules(desk)["raw"] == (1, 1, 0)
    assert desk.cli("ticket", "raw", 5, 1).code == 66 and "canary72" in desk.ticket(5)["messages"][0]["text"] and desk.cli("ticket", "raw", 2, 1).code == 0
    later(desk, 401)
    assert rules(desk)["words"] == (3, 1, 1)
    assert counts(desk) == was
    for number in (1, 2, 5):
        gone = desk.ticket(number)
        assert (gone["subject"], gone["customer"]["address"], gone["messages"][0]["text"]) == ("[erased]", "", "[erased]")
    words = ["canary%02d" % n for n in (13, 15, 16, 17, 18, 60, 71, 72)]
    assert [w for w in words if w in str([desk.ticket(n) for n in (1, 2, 5)])] == []
    assert plainly(desk, words) == [], rows_with(desk, words)
    assert desk.ok("ticket", "search", "canary71") == [] and desk.ok("ticket", "search", "canary26")[0]["id"] == 3
    assert "canary26" in desk.ticket(3)["messages"][0]["text"] and "canary36" in desk.ticket(4)["messages"][0]["text"]
    assert desk.cli("fsck", json_output=False).out == "clean\n" and desk.cli("retention", json_output=False).out.endswith("done\n")


@setup(**{**DESK, "config": {**DESK["config"], "retention_at": "02:00"}})
def test_it_goes_by_itself_at_night(desk):
    plant(desk)
    time.sleep(6)                                            # the daemon has seen the day that it was
    assert desk.cli("ticket", "raw", 1, 1).code == 0
    desk.advance(92 * DAY)
    wait_until(lambda: desk.cli("ticket", "raw", 1, 1).code == 66, 30, "the files are gone")
    wait_until(lambda: any("event=retention.done" in line for line in open(desk.log_file, encoding="utf-8")), 20)
    assert desk.cli("ticket", "raw", 3, 1).code == 0 and desk.cli("fsck", json_output=False).out == "clean\n"


@setup(**{**DESK, "config": {"retention_sent_days": 30}})
def test_sent_mails_lose_the_copy_of_their_words(desk):
    desk.accept(mail(sender=PLAIN, subject="A printer", body="Where is canary73?\n"), sender=PLAIN)
    wait_until(lambda: not desk.outbox(), 20)
    desk.ok("ticket", "reply", 1, "--as", "bob", stdin="It is in canary74.\n")
    wait_until(lambda: not desk.outbox(), 20)
    desk.ok("ticket", "close", 1, "--no-text")
    wait_until(lambda: not desk.outbox(), 20)
    was = [m["text"] for m in desk.ticket(1)["messages"]]
    assert desk.ok("retention", "--dry-run")["sent"] == 0
    later(desk, 31)
    dry = desk.ok("retention", "--dry-run")["sent"]
    assert dry >= 3 and desk.ok("retention")["sent"] == dry and desk.ok("retention")["sent"] == 0
    assert [m["text"] for m in desk.ticket(1)["messages"]] == was and desk.cli("fsck", json_output=False).out == "clean\n"
    # A mirror that is made anew shows what was said all the same.
    desk.set("mirror", {"maildir": root(desk)})
    desk.write_config()
    os.makedirs(root(desk))
    desk.ok("mirror")
    assert any("canary74" in str(one(mirrored(desk), 1, n)[3].get_body(("plain",)).get_content()) for n in range(1, len(was) + 1))


@setup(**DESK, start=False)
def test_the_mirror_follows_retention(desk):
    desk.set("mirror", {"maildir": root(desk)})
    desk.write_config()
    desk.start()
    plant(desk)
    time.sleep(2)                                            # files get their flags: nothing moves any more
    wait_until(lambda: (1, 1) in mirrored(desk), 20, "the mirror has it")
    assert found(root(desk), ["canary19-yyyyyyyyy"])
    later(desk, 91)
    assert rules(desk)["attachments"] == (1, 1, 1)
    there = mirrored(desk)
    folder, name, data, message = one(there, 1, 1)
    assert len(there[1, 1]) == 1 and "canary16" in message.get_content() and message["Message-ID"] == "<canary14@secret.example>" and not list(message.iter_attachments())
    assert desk.cli("fsck", json_output=False).out == "clean\n"


@setup(**DESK)
def test_a_mail_that_another_ticket_has_stays_as_long_as_that(desk):
    desk.accept(letter(10), sender=ANNA)
    desk.ok("ticket", "split", 1, 1, "--as", "bob", "--no-text")
    desk.ok("ticket", "close", 1, "--no-text")
    later(desk, 91)
    assert rules(desk)["attachments"] == (0, 0, 0) and desk.cli("ticket", "raw", 1, 1).code == 0
    desk.ok("ticket", "close", 2, "--no-text")
    later(desk, 182)
    assert rules(desk)["attachments"][1] == 1
    assert desk.cli("ticket", "raw", 1, 1).code == 66 and desk.cli("ticket", "raw", 2, 1).code == 66 and desk.cli("fsck", json_output=False).out == "clean\n"


@setup(**DESK, start=False)
def test_mails_on_no_ticket_go_with_the_closed_ones(desk):
    with open(os.path.join(desk.directory, "rules", "10-away.sieve"), "w", encoding="utf-8") as f:
        f.write('if header :contains "subject" "spam" { discard; stop; }\n')
    desk.start()
    desk.accept(mail(sender=PLAIN, subject="spam canary91", body="canary92\n"), sender=PLAIN)
    desk.accept(mail(sender=PLAIN, subject="A question"), sender=PLAIN)
    was = counts(desk)
    assert desk.cli("mailbox", "raw", 1).code == 0 and desk.tickets()[0]["subject"] == "A question"
    desk.set("retention", [{"what": "raw", "days": 30}, {"what": "words", "days": 60}])
    desk.write_config()
    later(desk, 31)
    assert rules(desk, "--dry-run")["raw"] == (0, 1, 0) == rules(desk)["raw"] and rules(desk)["raw"] == (0, 0, 0)
    assert desk.cli("mailbox", "raw", 1).code == 66 and desk.cli("mailbox", "raw", 2).code == 0
    later(desk, 61)
    desk.ok("retention")
    assert plainly(desk, ["canary91", "canary92"]) == [] and counts(desk) == was and desk.cli("fsck", json_output=False).out == "clean\n"


@setup(**DESK, start=False)
def test_a_wrong_rule_is_an_error_of_the_configuration(desk):
    for rule, words in (({"what": "everything", "days": 3}, "attachments"), ({"what": "raw"}, "retention[].days"), ({"days": 3}, "retention[].what"),
                        ({"what": "raw", "days": 3, "queue": "suport"}, "did you mean"), ({"what": "raw", "days": -1}, "retention[].days"), ({"what": "raw", "days": 3, "state": "open "}, "closed")):
        desk.settings["retention"] = [rule]
        desk.write_config()
        said = desk.cli("check", json_output=False)
        assert said.code == 78 and words in said.out + said.err, (rule, said)
    desk.settings["retention"] = []
    for hold in ("nonsense:yes", "printer", "state:nowhere"):
        desk.settings["retention_hold"] = hold
        desk.write_config()
        assert desk.cli("check", json_output=False).code == 78, hold


@setup(config={"log.addresses": "domain"})
def test_the_log_has_no_more_of_addresses_than_it_may(desk):
    def tell(sender):
        desk.accept(mail(sender="Anna <%s>" % sender, message_id="<secret-%s@mailer.example>" % sender.split("@")[0], headers=[("Cc", "carla.secret@other.example")]), sender=sender)
        wait_until(lambda: not desk.outbox(), 20)
        with open(desk.log_file, encoding="utf-8") as f:
            return f.read()
    log = tell("anna.bianchi@home.example")
    assert "@home.example" in log and "anna" not in log.lower() and "secret" not in log
    desk.set("log.addresses", "off")
    desk.write_config()
    desk.hup()
    wait_until(lambda: "event=daemon.reload result=done" in open(desk.log_file, encoding="utf-8").read(), 10)
    log = tell("ugo.rossi@elsewhere.example")
    assert "elsewhere" not in log and "ugo" not in log.lower() and "from=@ " in log
