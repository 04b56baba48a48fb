"""The life of a ticket, by mail and by link. Numbers in names are those of the complaints about the peers."""
import email, email.policy, os, random, re, time
from urllib.parse import urlencode
from desk import mail, address_of, wait_until, setup

ANNA, BOB, EVA = "anna@example.com", "bob@agents.example", "eva@agents.example"
DAY = 86400


def links(sent):
    return re.findall(r"http://127\.0\.0\.1:\d+(/l/[a-z2-7]+)", sent.text)


def post(desk, path, **fields):
    return desk.http(path, "POST", urlencode(fields), {"Content-Type": "application/x-www-form-urlencoded"})


def request(desk, **options):
    desk.accept(mail(**options))
    return desk.wait_sent(1, to=ANNA)[-1]


def resolved(desk):
    request(desk)
    desk.ok("ticket", "reply", 1, "--as", "bob", stdin="Turn it off and on.\n")
    desk.ok("ticket", "resolve", 1, "--as", "bob")
    return desk.wait_sent(3, to=ANNA)[2]


def agent(desk, body, ticket=1):
    """bob answers his newest notice of that ticket."""
    notice = [m for m in desk.sent_to(BOB) if "[#%d]" % ticket in m["Subject"]][-1]
    desk.accept(mail(sender=BOB, body=body, reply_to=notice), address_of(notice), sender=BOB)


def test_an_agents_day_by_mail_alone(desk):
    ack = request(desk, subject="Printer")
    desk.wait_sent(1, to=BOB)
    agent(desk, "/assign bob\n")
    assert (desk.ticket(1)["state"], desk.ticket(1)["agent"]) == ("open", "bob")
    agent(desk, "Which printer is it?\n")
    question = desk.wait_sent(2, to=ANNA)[1]
    desk.accept(mail(body="The one on floor 2.\n", reply_to=question), address_of(question))
    desk.wait_sent(2, to=BOB)
    agent(desk, "/pending 2d\n\nWe order a part.\n")
    assert desk.ticket(1)["state"] == "pending"
    assert "We order a part." in desk.wait_sent(3, to=ANNA)[2].text
    desk.advance(2 * DAY + 60)
    wait_until(lambda: desk.ticket(1)["state"] == "open")
    desk.wait_sent(3, to=BOB)
    agent(desk, "/resolve\n\nThe part is in.\n")
    asked = desk.wait_sent(4, to=ANNA)[3]
    assert desk.ticket(1)["state"] == "resolved" and "The part is in." in asked.text and len(links(asked)) == 2
    assert post(desk, links(asked)[1], words="It still smokes.")[0] == 200
    assert desk.ticket(1)["state"] == "open"
    refused = wait_until(lambda: [m for m in desk.sent_to(BOB) if "It still smokes." in m.text])
    agent(desk, "We exchange it.\n\n/this line is no command\n")
    answer = desk.wait_sent(5, to=ANNA)[4]
    assert "We exchange it." in answer.text
    agent(desk, "/resolve\n")
    asked = desk.wait_sent(6, to=ANNA)[5]
    assert post(desk, links(asked)[0])[0] == 200
    assert desk.ticket(1)["state"] == "closed"
    assert len(desk.tickets()) == 1 and not any("/assign" in m.text or "/pending" in m.text or "/resolve" in m.text for m in desk.sent_to(ANNA))


def agent_with_files(desk, body, *files):
    """bob answers his newest notice, with files: (name, type) each; of image/* one that stands in the text."""
    notice = desk.sent_to(BOB)[-1]
    message = email.message_from_bytes(mail(sender=BOB, body=body, reply_to=notice), policy=email.policy.SMTP)
    for name, kind in files:
        place = {"disposition": "inline", "cid": "<logo@bob>"} if kind.startswith("image/") else {}
        message.add_attachment(b"bytes of " + name.encode(), *kind.split("/"), filename=name, **place)
    desk.accept(message.as_bytes(), address_of(notice), sender=BOB)


def files_of(sent):
    return [(part.get_filename(), part.get_content()) for part in sent.message.iter_attachments()]


def test_39_an_answer_of_files_alone_reaches_the_customer(desk):
    request(desk, subject="The manual")
    desk.wait_sent(1, to=BOB)
    agent_with_files(desk, "", ("manual.pdf", "application/pdf"))
    sent = desk.wait_sent(2, to=ANNA)[1]
    assert files_of(sent) == [("manual.pdf", b"bytes of manual.pdf")] and sent.text.startswith("[manual.pdf]") and "manual.pdf" in sent.html
    assert desk.ticket(1)["state"] == "open" and desk.ticket(1)["messages"][-1]["kind"] == "reply"
    agent_with_files(desk, "/resolve\n\n-- \nBob\n", ("part.pdf", "application/pdf"))
    sent = desk.wait_sent(3, to=ANNA)[2]
    assert files_of(sent)[0][0] == "part.pdf" and "[part.pdf]\n\n-- \nBob\n" in sent.text and len(links(sent)) == 2
    agent_with_files(desk, "/close\n\nAll is said.\n", ("last.pdf", "application/pdf"))
    sent = desk.wait_sent(4, to=ANNA)[3]
    assert files_of(sent)[0][0] == "last.pdf" and "All is said." in sent.text and "is now closed" in sent.text and "All is said." in sent.html
    agent_with_files(desk, "/note\n", ("for-us.pdf", "application/pdf"))
    assert desk.ticket(1)["messages"][-1]["kind"] == "note"
    assert len(desk.wait_sent(4, to=ANNA)) == 4


def test_39_an_answer_to_nobody_is_told(desk):
    desk.accept(mail(subject="Who am I").replace(b"From: Anna Bianchi <anna@example.com>\r\n", b""), sender="")
    desk.wait_sent(1, to=BOB)
    agent(desk, "Who are you?\n")
    told = wait_until(lambda: [m for m in desk.sent_to(BOB) if "usable address" in m.text])[0]
    assert "Who are you?" in told.text and desk.ticket(1)["messages"][-1]["kind"] == "note"
    agent(desk, "/resolve\n")
    assert desk.ticket(1)["state"] == "resolved"
    desk.accept(mail(subject="Nor do I know").replace(b"From: Anna Bianchi <anna@example.com>\r\n", b""), sender=ANNA)
    assert desk.ticket(2)["customer"]["address"] == ANNA
    desk.ok("ticket", "reply", 2, "--as", "bob", stdin="You are Anna.\n")
    assert "You are Anna." in desk.wait_sent(1, to=ANNA)[0].text          # nothing automatic goes to whom no From names


def test_39_what_signs_an_agents_mail_is_no_answer_and_stays_behind(desk):
    request(desk, subject="The manual")
    desk.wait_sent(1, to=BOB)
    signature, key, logo = ("smime.p7s", "application/pkcs7-signature"), ("bob.asc", "application/pgp-keys"), ("logo.png", "image/png")
    agent_with_files(desk, "/assign bob\n", signature, key, logo)
    assert desk.ticket(1)["agent"] == "bob" and len(desk.sent_to(ANNA)) == 1
    agent_with_files(desk, "In the drawer.\n\n--\nBob\n", signature, key, ("map.pdf", "application/pdf"))
    sent = desk.wait_sent(2, to=ANNA)[1]
    assert sent.text.startswith("In the drawer.\n\n-- \nBob\n\n-- \n") and [name for name, _ in files_of(sent)] == ["map.pdf"]
    agent_with_files(desk, "", ("smime.p7m", "application/pkcs7-mime"))
    told = wait_until(lambda: [m for m in desk.sent_to(BOB) if "encrypted" in m.text])[0]
    assert "Nothing went to the" in told.text and len(desk.sent_to(ANNA)) == 2
    agent_with_files(desk, "> only what was there\n")
    wait_until(lambda: [m for m in desk.sent_to(BOB) if "it says nothing new" in m.text])
    agent_with_files(desk, "Or in the cellar.\n", signature)
    sent = desk.wait_sent(3, to=ANNA)[2]
    assert files_of(sent) == [] and sent.message.get_content_type() == "multipart/alternative"


def test_text_on_standard_input_goes_to_the_customer_with_every_command(desk):
    for subject in ("one", "two"):
        desk.accept(mail(subject=subject))
    first = desk.wait_sent(2, to=ANNA)[0]
    desk.accept(mail(body="And another thing.\n", reply_to=first), address_of(first))
    seen = 2
    for number, command in enumerate((["assign", 1, "bob"], ["queue", 1, "network"], ["priority", 1, "high"], ["tag", 1, "vpn", "hot"], ["untag", 1, "hot"], ["split", 1, 3],
                                      ["pend", 1, "--until", "3d"], ["resolve", 1], ["reopen", 1], ["close", 1], ["reopen", 1], ["merge", 1, 2])):
        words = "Words number %d." % number
        desk.ok("ticket", *command, stdin=words + "\n")
        sent = desk.wait_sent(seen + 1, to=ANNA)
        seen = len(sent)
        assert words in sent[-1].text and sent[-1]["Auto-Submitted"] is None and sent[-1]["From"] == "Acme Support <%s@example.org>" % ("support" if number == 0 else "network"), (command, sent[-1]["From"])
        assert "[#%d]" % (3 if command[0] == "split" else 1) in sent[-1]["Subject"]
        assert sum(words in m.text for m in sent) == 1
    assert desk.ticket(1)["state"] == "closed" and desk.ticket(3)["state"] == "open" and desk.ok("fsck")


def test_40_scanners_change_nothing(desk):
    asked = resolved(desk)
    before = desk.ticket(1)
    for path in links(asked) + links(desk.sent_to(ANNA)[0]):
        for method in ("GET", "HEAD", "GET", "OPTIONS", "PUT", "DELETE"):
            status, headers, body = desk.http(path, method)
            assert status in (200, 405), (method, status)
    assert desk.ticket(1) == before


def test_40_confirm_by_link_once_and_again(desk):
    yes, no = links(resolved(desk))
    status, headers, page = desk.http(yes)
    assert status == 200 and "<form method=\"post\"" in page and "<script" not in page and "Set-Cookie" not in headers
    assert "script-src" not in headers["Content-Security-Policy"] and "default-src 'none'" in headers["Content-Security-Policy"]
    assert headers["Referrer-Policy"] == "no-referrer" and "no-store" in headers["Cache-Control"]
    for _ in range(3):
        assert post(desk, yes)[0] == 200
    ticket = desk.ticket(1)
    assert ticket["state"] == "closed" and [h["what"] for h in ticket["history"]].count("state resolved -> closed") == 1
    assert len(desk.wait_sent(2, to=BOB)) == 2                      # new, confirmed
    assert "is closed" in desk.http(yes)[2]


def test_40_a_reply_with_a_word_works_as_well(desk):
    asked = resolved(desk)
    desk.accept(mail(body="No, the light is still red.\n", reply_to=asked), address_of(asked))
    assert desk.ticket(1)["state"] == "open"


def test_refuse_with_words_joins_them_once(desk):
    yes, no = links(resolved(desk))
    for _ in range(3):
        assert post(desk, no, words="It smokes & <b>burns</b> – sì")[0] == 200
    ticket = desk.ticket(1)
    assert ticket["state"] == "open" and [m["text"] for m in ticket["messages"]].count("It smokes & <b>burns</b> – sì") == 1
    assert "We are working on your request" in desk.http(yes)[2] and desk.ticket(1)["state"] == "open"
    assert post(desk, yes)[0] == 200 and desk.ticket(1)["state"] == "open"


def test_40_links_cannot_be_guessed_or_derived(desk):
    yes, no = links(resolved(desk))
    assert desk.http(yes[:-1] + ("a" if yes[-2] != "a" else "b") + yes[-1])[0] in (200, 404)
    for changed in (yes[:3] + "s" + yes[4:], yes[:10] + "q" + yes[11:], no[:3] + yes[4:], "/l/", "/l/x", "/l/" + "y" * 500):
        if changed not in (yes, no):
            assert desk.http(changed)[0] == 404, changed
            assert post(desk, changed)[0] == 404
    desk.advance(40 * DAY)
    status, _, page = desk.http(yes)
    assert status == 410 and "reply" in page.lower()
    assert post(desk, no, words="late")[0] == 410


def test_status_page_shows_public_messages_only(desk):
    ack = request(desk, body="My <secret> plan & more\n")
    desk.ok("ticket", "note", 1, "--as", "bob", stdin="Never tell her.\n")
    desk.ok("ticket", "reply", 1, "--as", "bob", stdin="We look into it.\n")
    path = links(ack)[0]
    page = desk.http(path)[2]
    assert "My &lt;secret&gt; plan &amp; more" in page and "We look into it." in page and "Bob Rossi" in page
    assert "Never tell" not in page and "agents.example" not in page
    post(desk, path, words="One more thing")
    assert desk.ticket(1)["messages"][-1]["text"] == "One more thing"


def test_rating_after_closing(desk):
    asked = resolved(desk)
    status_page = links(desk.sent_to(ANNA)[0])[0]
    assert "name=\"stars\"" not in desk.http(status_page)[2]
    post(desk, links(asked)[0])
    assert "name=\"stars\"" in desk.http(status_page)[2]
    post(desk, status_page, stars="4", words="Quick.")
    assert "4 / 5" in desk.http(status_page)[2] and any(h["what"] == "rated 4 of 5" for h in desk.ticket(1)["history"])
    post(desk, status_page, stars="9")
    assert "4 / 5" in desk.http(status_page)[2]


def test_pages_speak_the_customers_language(desk):
    ack = request(desk, body="Buongiorno, la stampante del secondo piano non funziona più da questa mattina. Potete aiutarmi, per favore? Grazie mille.\n")
    assert ack["Content-Language"] == "it" and "richiesta" in ack.text.lower()
    assert 'lang="it"' in desk.http(links(ack)[0])[2]
    assert 'lang="de"' in desk.http("/l/nothing", headers={"Accept-Language": "de-AT,de;q=0.9"})[2]


def test_silence_reminds_then_closes_and_a_reply_reopens(desk):
    asked = resolved(desk)
    desk.advance(4 * DAY)
    reminder = desk.wait_sent(4, to=ANNA)[3]
    assert len(links(reminder)) == 2 and desk.ticket(1)["state"] == "resolved"
    desk.restart()
    desk.advance(8 * DAY)
    wait_until(lambda: desk.ticket(1)["state"] == "closed")
    desk.wait_sent(5, to=ANNA)
    time.sleep(1.2)
    assert len(desk.sent_to(ANNA)) == 5, "a timer fired twice"
    desk.accept(mail(body="It is back.\n", reply_to=asked), address_of(asked))
    assert desk.ticket(1)["state"] == "open"


def test_timers_do_not_fire_after_the_ticket_moved_on(desk):
    asked = resolved(desk)
    desk.accept(mail(body="Not yet.\n", reply_to=asked), address_of(asked))
    desk.advance(30 * DAY)
    time.sleep(1.5)
    assert desk.ticket(1)["state"] == "open" and len(desk.sent_to(ANNA)) == 3


PROMPT = [{"name": "support", "address": "support@example.org", "agents": ["bob"], "answer_hours": 8}]


@setup(queues=PROMPT)
def test_an_answer_that_is_overdue_is_told_once(desk):
    ack = request(desk, subject="Printer")
    assert re.search(r"hear from us by \d+ \w+ 20\d\d", ack.text)
    overdue = lambda: [m for m in desk.sent_to(BOB) if "is waiting for an answer" in m.text]
    desk.advance(4 * 3600)
    desk.accept(mail(body="It is urgent now.\n", reply_to=ack), address_of(ack))        # does not put it off
    desk.restart()
    desk.advance(8 * 3600 + 60)
    wait_until(overdue)
    assert "It is urgent now." in overdue()[0].text and any("overdue" in h["what"] for h in desk.ticket(1)["history"])
    agent(desk, "We look into it.\n")
    answer = desk.wait_sent(2, to=ANNA)[1]
    desk.advance(40 * 3600)
    desk.accept(mail(body="And now?\n", reply_to=answer), address_of(answer))
    agent(desk, "Soon.\n")
    desk.wait_sent(3, to=ANNA)
    desk.advance(80 * 3600)
    time.sleep(1.5)                                          # a round of timers
    assert len(overdue()) == 1 and len(desk.sent_to(ANNA)) == 3


def test_32_thank_you_does_not_reopen_but_any_further_word_does(desk):
    asked = resolved(desk)
    desk.accept(mail(body="Thank you very much!\n\nBest regards\n", reply_to=asked), address_of(asked))
    assert desk.ticket(1)["state"] == "resolved" and any("thank-you" in h["what"] for h in desk.ticket(1)["history"])
    desk.accept(mail(body="Thanks, but it still smokes.\n", reply_to=asked), address_of(asked))
    assert desk.ticket(1)["state"] == "open"


def test_later_reply_to_a_closed_ticket_is_a_new_linked_one(desk):
    ack = request(desk)
    desk.ok("ticket", "close", 1)
    desk.advance(15 * DAY)
    desk.accept(mail(body="Again.\n", reply_to=ack), address_of(ack))
    assert len(desk.tickets()) == 2 and desk.ticket(2)["linked"] == [1] and desk.ticket(1)["state"] == "closed"
    assert "refers to request #1" in wait_until(lambda: [m for m in desk.sent_to(BOB) if "#2" in m["Subject"]])[0].text
    assert "refers to" not in desk.sent_to(BOB)[0].text


def test_03_reply_to_a_merged_ticket_goes_to_the_survivor(desk):
    first = request(desk, subject="one")
    desk.accept(mail(subject="two"))
    second = desk.wait_sent(2, to=ANNA)[1]
    desk.accept(mail(subject="three"))
    desk.ok("ticket", "merge", 2, 1)
    desk.ok("ticket", "merge", 1, 3)
    desk.accept(mail(body="To the second.\n", reply_to=second), address_of(second))
    assert desk.ticket(3)["messages"][-1]["reply_text"].strip() == "To the second."
    assert desk.cli("ticket", "merge", 3, 3).code == 65 and desk.cli("ticket", "merge", 3, 99).code == 66
    assert desk.cli("fsck").code == 0


def test_merge_by_mail(desk):
    request(desk, subject="one")
    desk.accept(mail(subject="two"))
    desk.wait_sent(2, to=BOB)
    agent(desk, "/merge 1\n", ticket=2)
    merged = desk.ticket(2)
    assert merged["state"] == "closed" and merged["linked"] == [1] and merged["merged_into"] == 1
    desk.accept(mail(subject="three"))
    wait_until(lambda: [m for m in desk.sent_to(BOB) if "[#3]" in m["Subject"]])
    agent(desk, "/merge 1\n/assign me\n\nWe go on there.\n", ticket=3)
    merged = desk.ticket(3)
    assert merged["state"] == "closed" and merged["merged_into"] == 1 and merged["agent"] == "bob"
    assert "We go on there." in desk.wait_sent(4, to=ANNA)[3].text


def test_03_a_merge_can_be_undone_and_nobody_hears_more_of_it(desk):
    anna = request(desk, subject="one")
    for who in ("carl", "dora"):
        desk.accept(mail(subject=who, sender="%s@example.net" % who), sender="%s@example.net" % who)
    desk.wait_sent(3, to=BOB)
    desk.ok("ticket", "merge", 2, 1)
    desk.ok("ticket", "merge", 1, 3)
    assert desk.ticket(3)["state"] == "new" and desk.cli("ticket", "merge", 3, 2).code == 65           # 2 is in 1, and 1 in 3
    for command in (["tag", 2, "x"], ["assign", 2, "bob"], ["resolve", 2], ["merge", 2, 3]):
        refused = desk.cli("ticket", *command)
        assert refused.code == 65 and "was merged into 1" in refused.err and "reopen" in refused.err, refused
    before = desk.ticket(2)
    desk.ok("ticket", "merge", 2, 1)
    desk.ok("ticket", "close", 2)
    assert desk.ticket(2) == before                          # asked for again
    desk.ok("ticket", "reopen", 2)
    again = desk.ticket(2)
    assert again["state"] == "open" and again["merged_into"] is None and desk.ok("fsck")
    desk.ok("ticket", "reply", 3, "--as", "bob", stdin="For anna and dora.\n")
    desk.ok("ticket", "reply", 2, "--as", "bob", stdin="For carl alone.\n")
    told = lambda words: sorted(m.recipients for m in desk.sent() if words in m.text)
    wait_until(lambda: told("For carl alone."))
    assert [sorted(r) for r in told("For anna and dora.")] == [[ANNA, "dora@example.net"]] and told("For carl alone.") == [["carl@example.net"]]
    desk.accept(mail(body="Still here.\n", reply_to=anna), address_of(anna))
    assert desk.ticket(3)["messages"][-1]["text"].strip() == "Still here."


def test_split(desk):
    ack = request(desk)
    desk.accept(mail(subject="Something else entirely", body="By the way, the coffee machine.\n", reply_to=ack), address_of(ack))
    seq = desk.ticket(1)["messages"][-1]["id"]
    desk.ok("ticket", "split", 1, seq)
    new = desk.ticket(2)
    assert "coffee machine" in new["messages"][0]["text"] and new["linked"] == [1] and new["customer"]["address"] == ANNA
    assert desk.cli("ticket", "raw", 2, 1).bytes == desk.cli("ticket", "raw", 1, seq).bytes
    assert desk.cli("fsck").code == 0


def test_a_mail_servers_report_is_not_split_off(desk):
    """Its writer is a machine that waits for no answer; what agents wrote there would go to a stranger's server."""
    request(desk)
    ack = desk.wait_sent(1, to=ANNA)[0]
    report = ("From: Mail Delivery System <mailer-daemon@mx.example.com>\r\nTo: support@example.org\r\nSubject: Undelivered\r\nMessage-ID: <b1@mx.example.com>\r\nMIME-Version: 1.0\r\n"
              "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\nno\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n"
              "Reporting-MTA: dns; mx.example.com\r\n\r\nFinal-Recipient: rfc822; %s\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\n"
              "Message-ID: %s\r\nSubject: x\r\n--b--\r\n" % (ANNA, ack["Message-ID"])).encode()
    desk.accept(report, sender="")
    message = desk.ticket(1)["messages"][-1]
    assert message["kind"] == "bounce", message
    refused = desk.cli("ticket", "split", 1, message["id"])
    assert refused.code and "mail server's report" in refused.err and len(desk.tickets()) == 1


def test_37_notes_never_leave(desk):
    """A random sequence of public and private words: no byte of a note in any mail to the customer or any page."""
    rng = random.Random(int(os.environ.get("SEED", "7")))
    ack = request(desk)
    desk.wait_sent(1, to=BOB)
    secrets = []
    for i in range(25):
        secret = "s3cr3t%06d" % rng.randrange(10**6)
        what = rng.choice(("note-cli", "note-mail", "reply-cli", "reply-mail", "customer", "resolve", "wrong"))
        if what.startswith("note") or what == "wrong":
            secrets.append(secret)
        if what == "note-cli":
            desk.ok("ticket", "note", 1, "--as", "bob", stdin=secret + "\n")
        elif what == "note-mail":
            agent(desk, "/note\n%s\n" % secret)
        elif what == "wrong":
            agent(desk, "/nosuch\n%s\n" % secret)
        elif what == "reply-cli":
            desk.ok("ticket", "reply", 1, "--as", "bob", stdin="public %d\n" % i)
        elif what == "reply-mail":
            agent(desk, "public %d\n" % i)
        elif what == "customer":
            desk.accept(mail(body="word %d\n" % i, reply_to=ack), address_of(ack))
        elif what == "resolve":
            desk.ok("ticket", "resolve", 1, "--as", "bob")
    wait_until(lambda: not desk.outbox(), 20)
    note_ids = [m["message_id"] for m in desk.ticket(1)["messages"] if m["kind"] == "note" and m["message_id"]]
    outward = b"".join(m.data for m in desk.sent_to(ANNA)) + desk.http(links(ack)[0])[2].encode()
    for secret in secrets + note_ids:
        assert secret.encode() not in outward, secret
    assert len(secrets) > 3


def test_37_a_reply_to_the_note_address_stays_in_the_house(desk):
    request(desk)
    notice = desk.wait_sent(1, to=BOB)[0]
    note_address = re.search(r"support\+n[a-z2-7]+@example\.org", notice.text).group()
    desk.accept(mail(sender=BOB, body="He is a difficult one.\n", to=note_address, subject="Re"), note_address, sender=BOB)
    assert desk.ticket(1)["messages"][-1]["kind"] == "note" and "difficult" in desk.ticket(1)["messages"][-1]["text"]
    desk.accept(mail(sender="mallory@evil.example", to=note_address, subject="Re"), note_address, sender="mallory@evil.example")
    assert len(desk.tickets()) == 1 and any("mallory@evil.example" in m.text for m in desk.wait_sent(2, to=BOB))
    wait_until(lambda: not desk.outbox())
    assert not any("difficult" in m.text for m in desk.sent_to(ANNA))


def test_35_copied_people_take_part_only_by_an_authenticated_sender(desk):
    ack = request(desk)
    desk.accept(mail(reply_to=ack, headers=[("Cc", "carl@example.net")]), address_of(ack))       # proved by the token
    desk.ok("ticket", "reply", 1, "--as", "bob", stdin="To both.\n")
    answer = desk.wait_sent(2, to=ANNA)[1]
    assert set(answer.recipients) == {ANNA, "carl@example.net"} and len(desk.sent_to("carl@example.net")) == 1
    desk.accept(mail(sender="carl@example.net", body="unsubscribe\n", reply_to=answer), address_of(answer), sender="carl@example.net")
    desk.ok("ticket", "reply", 1, "--as", "bob", stdin="To her alone.\n")
    assert desk.wait_sent(3, to=ANNA)[2].recipients == [ANNA]


TWO = [{"name": "support", "address": "support@example.org", "description": "All", "agents": ["bob", "eva"]}]
PASSED = ("Authentication-Results", "mx.example.org; dmarc=pass header.from=example.com")


@setup(config={"authserv_id": "mx.example.org"}, queues=TWO)
def test_16_who_has_the_mail_already_gets_no_copy_where_a_colleague_is_told(desk):
    ack = request(desk)
    desk.wait_sent(1, to=BOB)
    desk.accept(mail(reply_to=ack, headers=[PASSED, ("Cc", BOB)]), address_of(ack))
    desk.wait_sent(2, to=EVA)
    time.sleep(0.5)
    assert len(desk.sent_to(BOB)) == 1, "bob was among the readers of that mail, and eva is told"
    desk.accept(mail(reply_to=ack, headers=[("Cc", BOB)], body="It is urgent.\n"), address_of(ack))
    assert "It is urgent." in desk.wait_sent(2, to=BOB)[1].text          # who knows whether that copy ever left?
    desk.accept(mail(subject="Both of you", headers=[("Cc", BOB)]))
    desk.wait_sent(3, to=BOB)                        # he needs the address to answer to
    agent(desk, "I look at it.\n", ticket=2)
    assert "I look at it." in desk.wait_sent(3, to=ANNA)[2].text


@setup(config={"authserv_id": "mx.example.org"}, queues=TWO)
def test_16_who_was_copied_is_told_where_nobody_else_is(desk):
    ack = request(desk)
    desk.wait_sent(1, to=EVA)
    desk.accept(mail(reply_to=ack, headers=[PASSED, ("Cc", BOB + ", " + EVA)], body="Both of you.\n"), address_of(ack))
    assert "Both of you." in desk.wait_sent(2, to=BOB)[1].text and "Both of you." in desk.wait_sent(2, to=EVA)[1].text
    agent(desk, "/assign bob\n")
    wait_until(lambda: desk.ticket(1)["agent"] == "bob")
    desk.accept(mail(reply_to=ack, headers=[PASSED, ("Cc", BOB)], body="Only you.\n"), address_of(ack))
    wait_until(lambda: [m for m in desk.sent_to(BOB) if "Only you." in m.text], what="it is his ticket: nobody else is told")
    agent(desk, "Yes, I have it.\n")                # and the notice has the address to answer to
    wait_until(lambda: [m for m in desk.sent_to(ANNA) if "Yes, I have it." in m.text])


def test_39_an_agents_forward_opens_a_ticket_for_the_original_sender(desk):
    body = ("Please look at this.\n\n---------- Forwarded message ---------\nFrom: Carla Verdi <carla@customer.example>\n"
            "Date: Mon, 16 Nov 2026 at 10:00\nSubject: Invoice 77 is wrong\nTo: Bob Rossi <bob@agents.example>\n\nThe sum on invoice 77 is wrong.\n")
    desk.accept(mail(sender="Bob Rossi <bob@agents.example>", subject="Fwd: Invoice 77 is wrong", body=body), sender=BOB)
    ticket = desk.ticket(1)
    assert ticket["customer"]["address"] == "carla@customer.example" and "Invoice 77" in ticket["subject"]
    desk.ok("ticket", "reply", 1, "--as", "bob", stdin="We correct it.\n")
    assert desk.wait_sent(1, to="carla@customer.example")


def test_13_two_autoresponders_and_a_list_are_bounded(desk):
    ack = request(desk)
    desk.wait_sent(2)
    for i in range(30):
        desk.accept(mail(sender="Anna <anna@example.com>", subject="I am away", body="Away %d.\n" % i, reply_to=ack if i % 2 else None,
                         headers=[("Auto-Submitted", "auto-replied")] if i % 3 else [("Precedence", "bulk"), ("X-Autoreply", "yes")]),
                    address_of(ack) if i % 2 else "support@example.org", sender="")
    for i in range(10):
        desk.accept(mail(sender="someone%d@example.net" % i, subject="[list] hello", headers=[("List-Id", "<list.example.net>"), ("Precedence", "list")]))
    wait_until(lambda: not desk.outbox())
    assert len(desk.sent_to(ANNA)) == 1, "an autoresponder was answered"
    assert sum(1 + r["duplicates"] for r in desk.ok("mailbox", "list")) == 41


def test_16_a_reply_all_storm_is_bounded(desk):
    """Sixty people answer all, twice: every word is kept, nobody of them is mailed by us, the agent hears of ten and then of the rest, the list of readers ends."""
    ack = request(desk)
    desk.wait_sent(2)
    people = ["p%02d@example.net" % i for i in range(60)]
    desk.accept(mail(reply_to=ack, headers=[("Cc", ", ".join(people))]), address_of(ack))
    for round_ in range(2):
        for person in people:
            desk.accept(mail(sender=person, body="Please take me off this list! %d\n" % round_, reply_to=ack, headers=[("Cc", ", ".join(people))]), address_of(ack), sender=person)
    wait_until(lambda: not desk.outbox(), 30)
    ticket = desk.ticket(1)
    assert [m["kind"] for m in ticket["messages"]].count("reply") == 121 and len(desk.tickets()) == 1
    assert len(desk.sent_to(BOB)) == 1 + 10 and len(desk.sent()) == 2 + 10
    desk.advance(16 * 60)
    assert "first of 111 messages" in desk.wait_sent(12, to=BOB)[11].text
    assert not any(p in m.recipients for m in desk.sent() for p in people)
    desk.ok("ticket", "reply", 1, "--as", "bob", stdin="Enough.\n")
    answer = desk.wait_sent(2, to=ANNA)[1]
    assert len(answer.recipients) <= 51, "one mail, and not to everybody in the world"


@setup(config={"desk.digest_hour": 0})
def test_digest_once_a_day(desk):
    request(desk, subject="Printer")
    time.sleep(1.5)
    before = len(desk.sent_to(BOB))
    desk.advance(DAY)
    digest = desk.wait_sent(before + 1, to=BOB)[-1]
    assert "#1" in digest.text and "Printer" in digest.text
    time.sleep(1.5)
    assert len(desk.sent_to(BOB)) == before + 1
    assert len(desk.sent_to("eva@agents.example")) == 0, "eva has nothing waiting"


def test_notices_by_queue(desk):
    desk.stop()
    desk.settings["queues"][0]["notices"] = ["agent-new", "taken"]
    desk.write_config()
    desk.start()
    desk.accept(mail())
    desk.wait_sent(1, to=BOB)
    desk.ok("ticket", "assign", 1, "bob")
    taken = desk.wait_sent(1, to=ANNA)
    assert len(taken) == 1 and "Bob Rossi" in taken[0].text


def test_what_an_agent_adds_just_after_resolving_reopens_nothing(desk):
    request(desk)
    agent(desk, "/resolve\nTurn it off and on.\n")
    desk.wait_sent(2, to=ANNA)
    assert desk.ticket(1)["state"] == "resolved"
    agent(desk, "P.S. The switch is on the left.\n")
    assert "on the left" in desk.wait_sent(3, to=ANNA)[2].text
    ticket = desk.ticket(1)
    assert ticket["state"] == "resolved" and any("P.S." in line["what"] for line in ticket["history"])
    desk.advance(11 * 60)
    agent(desk, "One more thing: which model is it?\n")
    desk.wait_sent(4, to=ANNA)
    assert desk.ticket(1)["state"] == "open"


@setup(agents=[{"name": "bob", "email": BOB, "display": "Bob Rossi"}, {"name": "eva", "email": EVA, "display": "Eva Weiss", "role": "supervisor"}],
       queues=[{"name": "support", "address": "support@example.org", "agents": ["bob"]}])
def test_a_bad_rating_is_told_to_the_agent_and_the_supervisor(desk):
    sent = resolved(desk)
    desk.ok("ticket", "close", 1, stdin="")
    closing = desk.wait_sent(4, to=ANNA)[3]
    assert "How did we do?" in closing.text and "within 14 days" in closing.text.replace("\n", " "), closing.text
    status = [link for link in links(closing)][0]
    assert post(desk, status, stars="1", words="Nobody told me anything.")[0] == 200
    told = wait_until(lambda: [m for m in desk.sent_to(BOB) if m["X-Sportello-Event"] == "rated"])[0]
    assert "1 of 5" in told.text and "Nobody told me anything." in told.text and ANNA in told.text
    post(desk, status, stars="2", words="Still nobody.")
    assert len([m for m in desk.sent_to(BOB) if m["X-Sportello-Event"] == "rated"]) == 1
    assert wait_until(lambda: [m for m in desk.sent_to(EVA) if m["X-Sportello-Event"] == "rated"])


@setup(config={"desk.time_zone": "Europe/Rome"}, queues=PROMPT)
def test_a_promise_names_its_time_and_zone(desk):
    text = request(desk).text.replace("\n", " ")
    assert re.search(r"hear from us by \d+ [A-Z][a-z]+ \d{4} at \d\d:\d\d \(UTC\+[12]\)", text), text


def test_the_status_page_lets_a_customer_say_that_it_is_solved_and_choose_a_language(desk):
    sent = request(desk, body="My printer manual is at https://printer.example/help?a=1&b=2 and it does not help.\r\n")
    status = links(sent)[0]
    page = desk.http(status)[2]
    assert 'href="https://printer.example/help?a=1&amp;b=2"' in page and re.search(r"\d\d:\d\d</span>", page), page
    assert "#0b5cad" in page and "It is solved" in page
    page = post(desk, status, do="words", words="  ")[2]
    assert "The form was empty" in page and "has arrived" not in page and len(desk.ticket(1)["messages"]) == 2
    page = post(desk, status, language="it")[2]
    assert "La Sua richiesta" in page and desk.ticket(1)["language"] == "it"
    desk.accept(mail(to=address_of(sent), body="And another long sentence in English, which would have changed the language of the request.\r\n"))
    assert desk.ticket(1)["language"] == "it"
    assert desk.http(status)[0] == 200 and desk.ticket(1)["state"] == "new"
    page = post(desk, status, do="done")[2]
    assert "È chiusa." in page and desk.ticket(1)["state"] == "closed"
    status, headers, page = desk.http("/")
    assert status == 200 and "support@example.org" in page and "script" not in headers["Content-Security-Policy"]
