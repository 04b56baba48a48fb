"""Agents who live in their mail: what is an answer, what is none, what they see before they write and hear of each other."""
import email, email.message, email.policy
import re

from desk import address_of, mail, setup, wait_until

BOB, ANNA, EVA = "bob@agents.example", "anna@example.com", "eva@agents.example"


def quoted(notice, mark="> ", head="On Mon, 1 Jan 2026 at 10:00, Acme wrote:\n"):
    return head + "".join("%s%s\n" % (mark, line) for line in notice.text.splitlines())


def answer(desk, notice, body, sender=BOB, envelope=None, to=None, **more):
    raw = mail(sender=sender, body=body, reply_to=notice, **more)
    if to:
        raw = raw.replace(b"To: " + address_of(notice).encode(), b"To: " + to.encode(), 1)
    desk.accept(raw, to or address_of(notice), sender=sender if envelope is None else envelope)


def start(desk):
    desk.accept(mail(subject="Printer", body="It does not print.\n"))
    return desk.wait_sent(1, to=BOB)[0]


def outward(desk):
    return "".join(m.data.decode() for m in desk.sent_to(ANNA))


def test_50_an_agents_mail_to_the_queues_address_is_no_answer(desk):
    notice = start(desk)
    answer(desk, notice, "She never pays.\n\n" + quoted(notice), to="support@example.org")
    told = desk.wait_sent(2, to=BOB)[1]
    assert "She never pays." in told.text and "reply to the notice" in told.text.replace("\n", " ")
    assert "never pays" not in outward(desk) and len(desk.tickets()) == 1 and desk.ticket(1)["messages"][-1]["kind"] == "note"


def test_51_an_agents_mail_with_a_null_sender_is_no_answer(desk):
    notice = start(desk)
    answer(desk, notice, "I am on leave, call 0171 555.\n/close\n", envelope="")
    assert desk.ticket(1)["state"] == "new" and desk.ticket(1)["messages"][-1]["kind"] == "auto-reply"
    assert "0171" not in outward(desk)


def test_53_no_quote_of_a_notice_carries_its_addresses_out(desk):
    notice = start(desk)
    for mark in ("> ", "", "| ", "* "):
        answer(desk, notice, "Switch it on (%r).\n\n" % mark + quoted(notice, mark, ""))
    wait_until(lambda: len([m for m in desk.sent_to(ANNA) if "Switch it on" in m.text]) == 4)
    for sent in desk.sent_to(ANNA):
        assert not re.search(r"support\+[an][a-z2-7]{20}|/priority low|first line /note", sent.data.decode()), sent.text


def test_53_an_address_of_the_house_that_is_pasted_becomes_the_queues(desk):
    notice = start(desk)
    token = re.search(r"support\+n[a-z2-7]+@example\.org", notice.text).group()
    answer(desk, notice, "Write to %s or mailto:%s please.\n\n" % (token, token.replace("+", "%2B")) + quoted(notice))
    sent = wait_until(lambda: [m for m in desk.sent_to(ANNA) if "please" in m.text])[0]
    assert "Write to support@example.org or" in sent.text and token.split("+")[1][:20] not in sent.data.decode()


def test_53_a_notice_that_a_customer_passes_back_stays_the_houses_words(desk):
    first = start(desk)
    desk.accept(mail(subject="Scanner", body="My contract ends.\n\nWe need another one.\n\n" + first.text))
    notice = [m for m in desk.wait_sent(2, to=BOB) if "Scanner" in m["Subject"]][0]
    assert notice.text.count("/priority low") == 2
    for mark in ("> ", ""):
        answer(desk, notice, "It does (%r).\n\nIt starts again.\n\nThe cable was loose.\n\n" % mark + quoted(notice, mark, ""))
        answer(desk, notice, quoted(notice, mark, "") + "\nIt does, below (%r).\n" % mark)
    wait_until(lambda: len([m for m in desk.sent_to(ANNA) if "It does" in m.text]) == 4)
    for sent in desk.sent_to(ANNA):
        if "It does" in sent.text:
            assert not re.search(r"support\+[an][a-z2-7]{20}|/[a-z]+ |first line /note|Your words go out", sent.data.decode()), sent.text


def noted(desk):
    """A notice that holds a note among what went before."""
    notice = start(desk)
    answer(desk, notice, "/note\nShe never pays, and says no.\nPIN 4711\n")
    ack = desk.wait_sent(1, to=ANNA)[0]
    desk.accept(mail(reply_to=ack, body="At what time?\n\nno\n"))
    return wait_until(lambda: [m for m in desk.sent_to(BOB) if "At what time" in m.text])[-1]


def test_53_a_note_in_a_notice_stays_inside_where_a_program_names_no_notice(desk):
    notice = noted(desk)
    assert "never pays" in notice.text
    text = notice.text.splitlines()
    cut = [k for k, line in enumerate(text) if "At what time" in line][0] + 1
    for mark, head in (("> ", ""), ("> ", "Bob\n"), ("", "")):
        lines = [mark + line for line in text]
        raw = mail(sender=BOB, to=address_of(notice), subject="Re: " + notice["Subject"], body=head + "\n".join(lines[:cut] + ["At nine (%d).\n" % len(head + mark)] + lines[cut:]) + "\nRegards, Bob\n")
        desk.accept(raw, address_of(notice), sender=BOB)
    wait_until(lambda: len([m for m in desk.sent_to(ANNA) + desk.sent_to(BOB) if "At nine" in m.text]) >= 3)
    assert not re.search("never pays|4711", outward(desk)), outward(desk)


def test_53_a_customers_short_words_may_be_quoted_though_a_note_has_their_letters(desk):
    notice = noted(desk)
    answer(desk, notice, "> At what time?\n\nAt nine.\n\n> no\n\nThen not.\n")
    sent = wait_until(lambda: [m for m in desk.sent_to(ANNA) if "Then not." in m.text])[-1]
    assert "> no" in sent.text and "> At what time?" in sent.text


def test_53_words_that_cannot_be_compared_are_asked_about(desk):
    desk.accept(mail(body="a\n" * 7900))
    notice = desk.wait_sent(1, to=BOB)[0]
    answer(desk, notice, "Yes.\n\n" + "".join("a a%d\n" % k for k in range(1000)) + quoted(notice, "", ""))
    wait_until(lambda: [m for m in desk.sent_to(ANNA) + desk.sent_to(BOB)[1:] if "Yes." in m.text or "too much alike" in m.text.replace("\n> ", " ")])
    assert "/priority" not in outward(desk) and "Your words go out" not in outward(desk)


def test_54_note_below_the_words_makes_a_note_of_all(desk):
    notice = start(desk)
    answer(desk, notice, "Hello Eva,\n\n/note\nshe is in arrears.\n\n" + quoted(notice))
    last = desk.ticket(1)["messages"][-1]
    assert last["kind"] == "note" and "arrears" in last["text"] and "/note" not in last["text"]
    answer(desk, notice, "Dear Anna, done.\n\n/close\n")
    wait_until(lambda: [m for m in desk.sent_to(BOB) if "/close stands below your words" in m.text.replace("\n", " ")])
    assert "done" not in outward(desk) and desk.ticket(1)["state"] == "new"


def test_55_words_that_look_like_a_quote_are_sent(desk):
    notice = start(desk)
    answer(desk, notice, "Write this to the bank:\n\nFrom: Anna\nTo: bank@bank.example\nSubject: Transfer\nDate: today\n\nand wait for a day.\n\n" + quoted(notice))
    sent = wait_until(lambda: [m for m in desk.sent_to(ANNA) if "to the bank" in m.text])[0]
    assert "and wait for a day." in sent.text and "It does not print" not in sent.text


def test_55_a_quoted_colleague_is_asked_about(desk):
    notice = start(desk)
    body = "Do it.\n\nOn Mon, 1 Jan 2026, Eva <%s> wrote:\n> She never pays.\n" % EVA
    answer(desk, notice, body)
    wait_until(lambda: [m for m in desk.sent_to(BOB) if "something else than our notice" in m.text.replace("\n> ", " ")])
    assert "never pays" not in outward(desk) and "Do it." not in outward(desk)


def test_56_a_strange_address_at_an_agents_address_is_told_to_the_agent(desk):
    notice = start(desk)
    answer(desk, notice, "Restart it.\n", sender="b.rossi@agents.example")
    told = desk.wait_sent(2, to=BOB)[1]
    assert "b.rossi@agents.example" in told.text and "Restart it." in told.text
    assert len(desk.tickets()) == 1 and "Restart" not in outward(desk) and not desk.sent_to("b.rossi@agents.example")


def test_57_the_notice_names_the_writer_the_readers_and_a_new_subject(desk):
    notice = start(desk)
    assert "anna@example.com" in notice.text.split("Your answer goes to:")[1].splitlines()[0]
    answer(desk, notice, "Which one?\n")
    question = desk.wait_sent(2, to=ANNA)[1]
    desk.accept(mail(sender="Dave Neri <dave@partner.example>", body="The X200.\n", subject="About the warranty", to=address_of(question)), address_of(question), sender="dave@partner.example")
    told = desk.wait_sent(2, to=BOB)[1]
    assert "Dave Neri" in str(told["From"]) and "Written by Dave Neri <dave@partner.example>" in told.text.replace("\n", " ")
    assert "will not reach them" in told.text and "About the warranty" in told.text


def test_58_a_ticket_is_handed_over_with_its_conversation(desk):
    notice = start(desk)
    answer(desk, notice, "Which one?\n")
    answer(desk, notice, "/note\nWarranty has ended.\n")
    answer(desk, notice, "/assign eva\n")
    handed = wait_until(lambda: [m for m in desk.sent_to(EVA) if "is now yours" in m.text])[0]
    assert "Which one?" in handed.text and "[note]" in handed.text and "Warranty has ended." in handed.text
    answer(desk, handed, "The model is known.\n\n" + quoted(handed), sender=EVA)
    wait_until(lambda: [m for m in desk.sent_to(ANNA) if "The model is known." in m.text])
    assert "Warranty" not in outward(desk)


def desk_quiet(desk):
    """Until no minute of an agent who was told of his colleagues runs any more."""
    wait_until(lambda: not desk.sql("SELECT 1 FROM timer WHERE kind LIKE 'colleagues %'"))


def test_58_colleagues_hear_of_answers_notes_and_closing(desk):
    notice = start(desk)
    desk.ok("ticket", "assign", 1, "bob")
    for minute, (words, heard) in enumerate((("She has paid.", "has left a note"), ("All is done.", "has answered it"), ("", "has closed it")), 1):
        verb = "note" if "note" in heard else "reply" if words else "close"
        if words:
            desk.ok("ticket", verb, 1, "--as", "eva", stdin=words + "\n")
        else:
            desk.ok("ticket", "close", 1)
        told = wait_until(lambda: [m for m in desk.sent_to(BOB) if heard in m.text])[0]
        assert words in told.text
        desk.advance(61 * minute)                                      # what follows within the minute comes together
        desk_quiet(desk)


@setup(relay="smtp", queues=[{"name": "support", "address": "support@example.org", "description": "All", "agents": ["bob", "eva"]}])
def test_59_what_a_dead_mailbox_refuses_goes_to_the_others(desk):
    desk.accept(mail(subject="Printer"))
    desk.wait_sent(1, to=EVA)
    desk.ok("ticket", "assign", 1, "bob")
    desk.relay.on_rcpt[BOB] = "550 5.1.1 no such user"
    ack = desk.wait_sent(1, to=ANNA)[0]
    desk.accept(mail(body="It burns!\n", reply_to=ack), address_of(ack))
    told = wait_until(lambda: [m for m in desk.sent_to(EVA) if "It burns!" in m.text])[0]
    assert "bob" in told.text and "mailbox does not accept it" in told.text


@setup(relay="smtp", queues=[{"name": "support", "address": "support@example.org", "description": "All", "agents": ["bob", "eva"]}])
def test_59_what_a_dead_mailbox_sends_back_later_goes_to_the_others_once(desk):
    desk.accept(mail(subject="Printer"))
    desk.wait_sent(1, to=EVA)
    desk.ok("ticket", "assign", 1, "bob")
    ack = desk.wait_sent(1, to=ANNA)[0]
    desk.accept(mail(body="It burns!\n", reply_to=ack), address_of(ack))
    lost = wait_until(lambda: [m for m in desk.sent_to(BOB) if "It burns!" in m.text])[0]

    def comes_back(sent, whom, times):
        for i in range(times):
            desk.accept(("From: MAILER-DAEMON@agents.example\r\nSubject: failure %d\r\nMessage-ID: <dsn.%d.%s>\r\nMIME-Version: 1.0\r\n"
                         "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\nno\r\n--b\r\n"
                         "Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx\r\n\r\nFinal-Recipient: rfc822; %s\r\n"
                         "Action: failed\r\nStatus: 5.1.1\r\n\r\n--b--\r\n" % (i, i, whom, whom)).encode(), sent.sender, "")
    heard = lambda: [m for m in desk.sent_to(EVA) if "It burns!" in m.text]
    comes_back(lost, BOB, 2)
    told = wait_until(heard)[0]
    assert "bob" in told.text and "mailbox does not accept it" in told.text
    bobs = len(desk.sent_to(BOB))
    comes_back(told, EVA, 2)                             # both are dead: nobody is left, and nothing goes round
    desk.accept(mail(subject="Another"))
    desk.wait_sent(bobs + 1, to=BOB)
    assert len(heard()) == 1 and len([m for m in desk.sent_to(BOB) if "It burns!" in m.text]) == 1


def html_only_answer(desk):
    """As Outlook does: the words, a rule, header lines, and the notice's HTML below, in no text part."""
    desk.accept(mail(sender="Alice Bianchi <alice@customer.example>"), sender="alice@customer.example")
    notice = desk.wait_sent(1, to=BOB)[0]
    below = re.search(r"<body[^>]*>(.*)</body>", notice.html, re.S).group(1)
    head = "<hr><div><b>From:</b> Acme Support &lt;support@example.org&gt;<br><b>Sent:</b> Monday<br><b>To:</b> Bob<br><b>Subject:</b> %s<br></div>" % notice["Subject"]
    desk.accept(mail(sender="Bob Rossi <bob@agents.example>", html="<html><body><div>Restart the spooler.</div>%s<div>%s</div></body></html>" % (head, below),
                     reply_to=notice), address_of(notice), sender=BOB)
    answer = [m for m in desk.wait_sent(2, to="alice@customer.example") if "Restart the spooler." in m.text]
    assert answer and "/note" not in answer[0].text and "/reopen" not in answer[0].text, desk.ticket(1)["messages"][-1]


@setup(config={"desk.language": "fr"})
def test_53_a_french_notice_is_known_again_in_html_in_spite_of_its_no_break_blanks(desk):
    html_only_answer(desk)


@setup(config={"desk.language": "de"})
def test_53_a_german_notice_is_known_again_in_html(desk):
    html_only_answer(desk)


CARL = "carl@agents.example"
DIRECT = [("Cc", "support@example.org, Dan <dan@third.example>, eva@agents.example")]


def wrote_himself(desk, headers=DIRECT, to=ANNA, body="The part comes on Monday.\n", identity="<own-1@agents.example>"):
    desk.accept(mail(sender=BOB, to=to, subject="Your printer", body=body, headers=headers, message_id=identity), "support@example.org", sender=BOB)


def test_48_an_agents_own_mail_opens_the_ticket_of_whom_he_wrote_to(desk):
    wrote_himself(desk)
    ticket = desk.ticket(1)
    assert (ticket["customer"]["address"], ticket["agent"], ticket["state"]) == (ANNA, "bob", "open")
    assert [(m["direction"], m["kind"], m["flags"]) for m in ticket["messages"]] == [("out", "reply", "sent by the agent directly")]
    assert [r["address"] for r in ticket["readers"]] == [ANNA, "dan@third.example"]
    desk.accept(mail(subject="Re: Your printer", body="At what time?\n", headers=[("In-Reply-To", "<own-1@agents.example>")]))
    notice = desk.wait_sent(1, to=BOB)[0]
    assert "At what time?" in notice.text and len(desk.tickets()) == 1
    answer(desk, notice, "At nine.\n")
    sent = desk.wait_sent(1, to=ANNA)[0]
    assert "At nine." in sent.text and BOB not in sent.data.decode() and EVA not in sent.data.decode()
    assert len(desk.sent_to(ANNA)) == 1 and len(desk.sent_to("dan@third.example")) == 1


def test_48_an_agents_mail_to_nobody_outside_is_his_own_request(desk):
    wrote_himself(desk, to="support@example.org", headers=[("Cc", EVA)])
    assert desk.ticket(1)["customer"]["address"] == BOB


@setup(config={"authserv_id": "mx.example.org"})
def test_48_who_is_not_proved_to_be_an_agent_writes_in_nobodys_name(desk):
    wrote_himself(desk, headers=DIRECT + [("Authentication-Results", "mx.example.org; dmarc=fail header.from=agents.example")])
    ticket = desk.ticket(1)
    assert ticket["customer"]["address"] == BOB and ticket["messages"][0]["direction"] == "in"


def test_49_an_agent_lets_in_whom_a_mail_proposed_and_takes_out(desk):
    desk.accept(mail(subject="Printer", headers=[("Cc", "Dan <dan@third.example>")]))
    notice = desk.wait_sent(1, to=BOB)[0]
    assert "/cc " in notice.text and "dan@third.example" in notice.text
    answer(desk, notice, "/cc dan@third.example <mailto:dan@third.example>\nIt is on its way.\n")
    assert "on its way" in desk.wait_sent(1, to="dan@third.example")[0].text
    answer(desk, notice, "/uncc dan@third.example\nTo you alone.\n")
    wait_until(lambda: [m for m in desk.sent_to(ANNA) if "you alone" in m.text])
    assert not [m for m in desk.sent_to("dan@third.example") if "you alone" in m.text]
    assert [p["why"] for p in desk.ticket(1)["outside"]] == ["left"]


def test_49_the_command_line_lets_in_and_takes_out(desk):
    start(desk)
    desk.ok("ticket", "cc", 1, "dan@third.example", "eve@third.example")
    assert [r["address"] for r in desk.ticket(1)["readers"]] == [ANNA, "dan@third.example", "eve@third.example"]
    desk.ok("ticket", "uncc", 1, "dan@third.example")
    assert [r["address"] for r in desk.ticket(1)["readers"]] == [ANNA, "eve@third.example"]
    for wrong in (BOB, "support@example.org", "nobody"):
        assert desk.cli("ticket", "cc", 1, wrong).code == 65, wrong
    assert desk.cli("ticket", "uncc", 1, ANNA).code == 77


@setup(config={"authserv_id": "mx.example.org"})
def test_49_a_notice_shows_reply_to_and_sender_and_what_failed(desk):
    desk.accept(mail(headers=[("Reply-To", "dan@third.example"), ("Sender", "list@fourth.example"),
                              ("Authentication-Results", "mx.example.org; dmarc=fail header.from=example.com")]))
    text = desk.wait_sent(1, to=BOB)[0].text
    assert "another address: dan@third.example" in text and "another address: list@fourth.example" in text and "DMARC fail" in text


BOTH = {"queues": [{"name": "support", "address": "support@example.org", "description": "All", "agents": ["bob", "eva"]}]}


def start_both(desk, **more):
    desk.accept(mail(subject="Printer", body="It does not print.\n", **more))
    return desk.wait_sent(1, to=BOB)[0], desk.wait_sent(1, to=EVA)[0]


def came_back(desk, who, words):
    return wait_until(lambda: [m for m in desk.sent_to(who) if "were not carried out" in m.text.replace("\n", " ") and words in m.text.replace("\n> ", " ")])[-1]


def customer_has(desk, words):
    return wait_until(lambda: [m for m in desk.sent_to(ANNA) if words in m.text])[-1]


@setup(**BOTH)
def test_68_a_second_agents_answer_to_an_old_notice_comes_back_with_what_is_new(desk):
    bobs, evas = start_both(desk)
    for first, second, words, other in ((BOB, EVA, "Restart the spooler.", "Throw it away."), (EVA, BOB, "Buy paper.", "Burn it.")):
        one, two = (bobs, evas) if first == BOB else (evas, bobs)
        if first == EVA:
            desk.accept(mail(subject="Printer again", body="Neither.\n"))
            fresh = lambda who: wait_until(lambda: [m for m in desk.sent_to(who) if "[#2]" in str(m["Subject"])])[0]
            one, two = fresh(EVA), fresh(BOB)
        answer(desk, one, words + "\n\n" + quoted(one), sender=first)
        customer_has(desk, words)
        answer(desk, two, other + "\n\n" + quoted(two), sender=second)
        told = came_back(desk, second, "has answered since")
        assert words in told.text and other in told.text and "/send" in told.text and other not in outward(desk)
        answer(desk, told, "Neither helps, we come.\n\n" + quoted(told), sender=second)      # that mail showed all of it
        customer_has(desk, "Neither helps")
        assert other not in outward(desk)


@setup(**BOTH)
def test_68_send_alone_sends_the_words_that_came_back_once(desk):
    bobs, evas = start_both(desk)
    answer(desk, bobs, "/note\nShe never pays.\n", sender=BOB)
    answer(desk, evas, "/priority high\n\nThrow it away.\n\n-- \nEva\n\n" + quoted(evas), sender=EVA)
    told = came_back(desk, EVA, "has left a note since")
    assert "She never pays." in told.text and desk.ticket(1)["priority"] == "normal"
    for _ in range(2):
        answer(desk, told, "/send\n\n" + quoted(told), sender=EVA)
        sent = customer_has(desk, "Throw it away.")
        assert "/send" not in sent.text and "/priority" not in sent.text and "not carried out" not in sent.text
    came_back(desk, EVA, "these words were sent already")
    assert len([m for m in desk.sent_to(ANNA) if "Throw it away." in m.text]) == 1 and "never pays" not in outward(desk)
    assert desk.ticket(1)["priority"] == "high"


@setup(**BOTH)
def test_68_send_with_words_sends_these(desk):
    bobs, evas = start_both(desk)
    answer(desk, bobs, "Restart it.\n", sender=BOB)
    answer(desk, evas, "/send\nOr press the button.\n\n" + quoted(evas), sender=EVA)
    customer_has(desk, "Or press the button.")
    answer(desk, evas, "Third thing.\n", sender=BOB)                   # his own words make nothing stale, hers do
    told = came_back(desk, BOB, "has answered since")
    answer(desk, told, "/send\nFourth thing.\n\n" + quoted(told), sender=BOB)
    customer_has(desk, "Fourth thing.")
    assert "Third thing" not in outward(desk)
    answer(desk, told, "/send\n", sender=EVA)
    came_back(desk, EVA, "there is nothing to send")


@setup(**BOTH)
def test_68_neither_the_customers_words_nor_commands_make_an_answer_stale(desk):
    bobs, evas = start_both(desk)
    desk.accept(mail(subject="Re: Printer [#1]", body="It is the blue one.\n", reply_to=desk.wait_sent(1, to=ANNA)[0]), address_of(desk.wait_sent(1, to=ANNA)[0]))
    answer(desk, evas, "/tag blue\n", sender=EVA)
    answer(desk, bobs, "/send\nRestart it.\n", sender=BOB)
    customer_has(desk, "Restart it.")
    answer(desk, bobs, "And wait.\n", sender=BOB)
    customer_has(desk, "And wait.")


def join(desk, who):
    ack = desk.wait_sent(1, to=ANNA)[0]
    desk.accept(mail(subject="Re: Printer [#1]", body="My colleague reads along.\n", headers=[("Cc", who)], reply_to=ack), address_of(ack))
    wait_until(lambda: who in [r["address"] for r in desk.ticket(1)["readers"]])


@setup(**BOTH)
def test_68_who_joined_since_is_named_before_he_reads_the_answer(desk):
    bobs, _ = start_both(desk)
    join(desk, "carl@example.com")
    answer(desk, bobs, "Your word is heron-7.\n\n" + quoted(bobs))
    told = came_back(desk, BOB, "others would read it than your notice named")
    assert "carl@example.com" in told.text and not desk.sent_to("carl@example.com") and "heron-7" not in outward(desk)
    answer(desk, bobs, "/send\nYour word is heron-7.\n\n" + quoted(bobs))  # of the old notice, but he was told
    assert customer_has(desk, "heron-7") and desk.wait_sent(1, to="carl@example.com")


@setup(**BOTH)
def test_68_send_does_not_reach_who_joined_after_the_mail_that_came_back(desk):
    bobs, evas = start_both(desk)
    answer(desk, evas, "Restart it.\n", sender=EVA)
    answer(desk, bobs, "Your PIN is 1234.\n\n" + quoted(bobs))
    told = came_back(desk, BOB, "has answered since")
    join(desk, "carl@example.com")
    answer(desk, told, "/send\n\n" + quoted(told))
    again = came_back(desk, BOB, "others would read it than your notice named")
    assert "carl@example.com" in again.text and "1234" in again.text and not desk.sent_to("carl@example.com") and "1234" not in outward(desk)
    answer(desk, again, "/send\n\n" + quoted(again))
    assert customer_has(desk, "1234") and desk.wait_sent(1, to="carl@example.com")


@setup(**BOTH)
def test_68_who_left_makes_no_answer_stale(desk):
    start_both(desk)
    join(desk, "carl@example.com")
    notice = wait_until(lambda: [m for m in desk.sent_to(BOB) if "carl@example.com" in m.text])[-1]
    answer(desk, notice, "Restart it.\n\n" + quoted(notice))
    sent = desk.wait_sent(1, to="carl@example.com")[0]
    desk.accept(mail(sender="carl@example.com", subject="Re: Printer [#1]", body="unsubscribe\n", reply_to=sent), address_of(sent), sender="carl@example.com")
    wait_until(lambda: "carl@example.com" not in [r["address"] for r in desk.ticket(1)["readers"]])
    answer(desk, notice, "Or buy a new one.\n\n" + quoted(notice))
    customer_has(desk, "Or buy a new one.")
    assert len(desk.sent_to("carl@example.com")) == 1


@setup(**BOTH)
def test_68_an_answer_to_a_notice_from_before_a_merge_comes_back(desk):
    start_both(desk)
    desk.accept(mail(sender="dora@example.net", subject="Scanner", body="It does not scan.\n"), sender="dora@example.net")
    doras = wait_until(lambda: [m for m in desk.sent_to(BOB) if "[#2]" in str(m["Subject"])])[0]
    desk.ok("ticket", "merge", 2, 1)
    answer(desk, doras, "Dear Dora, your PIN is 1234.\n\n" + quoted(doras))
    told = came_back(desk, BOB, "others would read it than your notice named")
    assert ANNA in told.text and "dora@example.net" in told.text and "1234" not in outward(desk)
    answer(desk, told, "/send\n\n" + quoted(told))
    customer_has(desk, "1234")


@setup(**BOTH)
def test_68_files_of_the_words_that_came_back_go_along(desk):
    bobs, evas = start_both(desk)
    answer(desk, bobs, "Restart it.\n", sender=BOB)
    raw = mail(sender=EVA, body="", reply_to=evas).decode().replace("\r\n", "\n")
    head = raw.split("\n\n", 1)[0]
    head = "\n".join(line for line in head.split("\n") if not line.lower().startswith(("content-", "mime-")))
    body = "\n".join(["MIME-Version: 1.0", 'Content-Type: multipart/mixed; boundary="b"', "", "--b", "Content-Type: text/plain", "", "See the plan.", "", "--b",
                      "Content-Type: application/pdf", 'Content-Disposition: attachment; filename="plan.pdf"', "", "%PDF-1.4 plan", "--b--", ""])
    desk.accept((head + "\n" + body).replace("\n", "\r\n").encode(), address_of(evas), sender=EVA)
    told = came_back(desk, EVA, "has answered since")
    answer(desk, told, "/send\n\n" + quoted(told), sender=EVA)
    sent = customer_has(desk, "See the plan.")
    assert "plan.pdf" in sent.data.decode()


@setup(agents=[{"name": "bob", "email": BOB, "display": "Bob"}, {"name": "eva", "email": EVA, "display": "Eva"}],
       queues=[{"name": "support", "address": "support@example.org", "description": "All", "agents": ["bob", "eva"]},
               {"name": "board", "address": "board@example.org", "description": "Board", "agents": ["eva"]}])
def test_68_nobody_merges_into_a_request_of_anothers_queue(desk):
    desk.accept(mail(subject="Merger", body="Secret.\n"), "board@example.org")
    desk.accept(mail(sender="mallory@example.net", subject="Hello", body="Hello.\n"), sender="mallory@example.net")
    for who, may in ((BOB, False), (EVA, True)):
        notice = wait_until(lambda: [m for m in desk.sent_to(who) if "[#2]" in str(m["Subject"])])[0]
        answer(desk, notice, "/merge 1\n", sender=who)
        if not may:
            came_back(desk, BOB, "in none of your queues")
        assert (desk.ticket(2)["state"] == "closed") == may


def test_68_send_alone_sends_what_was_asked_back_for_as_a_quote(desk):
    notice = start(desk)
    answer(desk, notice, "/tag bank\nWrite this:\n\nOn Mon, 1 Jan 2026, Eva <%s> wrote:\n> Press the button.\n" % EVA)
    told = came_back(desk, BOB, "something else than our notice")
    assert "Write this:" in told.text and "Press the button." in told.text and desk.ticket(1)["tags"] == []
    answer(desk, told, "/send\n\n" + quoted(told))
    sent = customer_has(desk, "Write this:")
    assert "Press the button." in sent.text and "/tag" not in sent.text and "/send" not in sent.text and desk.ticket(1)["tags"] == ["bank"]

def test_69_keeps_a_torn_note_that_a_notice_told_of(desk):
    """A colleague's notice shows the note itself; a program that wraps quoted lines inside words tears it from its marks."""
    start(desk)
    desk.ok("ticket", "assign", 1, "bob")
    desk.ok("ticket", "note", 1, "--as", "eva", stdin="The supplier wants to be paid before wednesday, and nobody shall know.\n")
    told = wait_until(lambda: [m for m in desk.sent_to(BOB) if "paid before wednesday" in m.text])[0]
    before = len(desk.sent_to(BOB)) + len(desk.sent_to(ANNA))
    torn = []
    for line in told.text.split("\n"):
        torn += ["> " + line[:40]] + ([line[40:]] if len(line) > 40 else [])
    answer(desk, told, "We shall see to it.\n\nOn Mon, 2 Nov 2026 at 10:00, Anna via Acme Support wrote:\n\n" + "\n".join(torn) + "\n")
    wait_until(lambda: len(desk.sent_to(BOB)) + len(desk.sent_to(ANNA)) > before)
    for sent in desk.sent_to(ANNA):
        for piece in ("supplier", "paid before", "nobody shall", "y shall know", "sday"):
            assert piece not in sent.text, sent.text


def test_70_no_torn_line_of_a_notice_goes_out(desk):
    """A program that wraps quoted lines inside words, and marks the first half only, at any width."""
    for n, width in enumerate((28, 37, 46, 61), 1):
        desk.accept(mail(subject="Printer %d" % n, body="It does not print.\n"))
        notice = desk.wait_sent(n, to=BOB)[n - 1]
        torn = []
        for line in notice.text.split("\n"):
            torn.append("> " + line[:width])
            torn += [line[at:at + width] for at in range(width, len(line), width)]
        answer(desk, notice, "Switch it on, number %d.\n\nOn Mon, 2 Nov 2026 at 10:00, Anna via Acme Support wrote:\n\n%s\n" % (n, "\n".join(torn)))
        sent = wait_until(lambda: [m for m in desk.sent_to(ANNA) if "it on, number %d" % n in m.text])[0]
        assert sent.text.strip().split("\n\n")[0] == "Switch it on, number %d." % n and "assign" not in sent.text and "agents.example" not in sent.text, sent.text
        assert len(sent.text.strip().splitlines()) < 8, sent.text


def test_71_a_wrong_command_is_answered_with_what_each_does(desk):
    notice = start(desk)
    answer(desk, notice, "/frobnicate\n\nWords.\n")
    told = wait_until(lambda: [m for m in desk.sent_to(BOB) if "not a command" in m.text])[0]
    for command in ("/assign AGENT", "/untag TAG", "/merge 7", "/send"):
        assert re.search(r"^ *%s +\w" % re.escape(command), told.text, re.M), told.text


def test_72_what_nobody_waits_for_is_no_reply(desk):
    """RFC 3834 section 5: an acknowledgement answers a mail, the question after a resolution does not."""
    notice = start(desk)
    assert desk.wait_sent(1, to=ANNA)[0]["Auto-Submitted"] == "auto-replied"
    answer(desk, notice, "/resolve\n")
    asked = wait_until(lambda: desk.sent_to(ANNA)[1:])[0]
    assert asked["Auto-Submitted"] == "auto-generated" and asked["In-Reply-To"], asked


def test_73_what_an_agent_wrote_to_another_reader_alone_is_on_no_page(desk):
    """He forwards the notice to somebody who takes part, with a copy to the desk: a note. What he wrote to the customer himself is shown without the notice."""
    vito = "vito@v.example"
    start(desk)
    desk.ok("ticket", "cc", 1, vito, "--as", "bob")
    notice = desk.sent_to(BOB)[0]
    passed_on = "Between us: they will not pay.\n\n---------- Forwarded message ---------\nFrom: Anna via Acme Support <support@example.org>\nSubject: Printer [#1]\n\n" + notice.text
    head = [("In-Reply-To", notice["Message-ID"]), ("References", notice["Message-ID"])]
    desk.accept(mail(subject="FW: Printer [#1]", sender=BOB, to=vito, body=passed_on, headers=head), sender=BOB)
    assert desk.ticket(1)["messages"][-1]["kind"] == "note" and desk.ticket(1)["state"] == "new"
    desk.accept(mail(subject="Re: Printer [#1]", sender=BOB, to=ANNA, body="Press the button.\n\n" + quoted(notice), headers=head), sender=BOB)
    direct = desk.ticket(1)["messages"][-1]
    assert direct["kind"] == "reply" and direct["text"] == "Press the button.", direct
    link = re.search(r"http://[^/]+(/l/\w+)", desk.sent_to(ANNA)[0].text).group(1)
    page = desk.http(link).text if hasattr(desk.http(link), "text") else str(desk.http(link))
    assert "Press the button." in page and "Between us" not in page and "assign" not in page


def test_74_a_file_that_opens_the_house_does_not_go_out(desk):
    """A notice attached as a mail, as a text, in base64 or torn: the answer comes back, with the file's name; other files go out."""
    desk.accept(mail(subject="Printer"))
    notice = desk.wait_sent(1, to="bob@agents.example")[0]
    whole = email.message_from_bytes(notice.data, policy=email.policy.default)
    token = address_of(notice)
    for number, (name, add) in enumerate((("mail", lambda m: m.add_attachment(whole)),
                                          ("text", lambda m: m.add_attachment("Answer to %s please" % token, filename="notes.txt")),
                                          ("second", lambda m: (m.add_attachment(b"x" * 1500000, maintype="application", subtype="pdf", filename="large.pdf"),
                                                                m.add_attachment("Answer to %s please" % token, filename="notes.txt"))),
                                          ("torn", lambda m: m.add_attachment("see %s=\n%s" % (token[:30], token[30:]), filename="torn.txt", cte="base64")))):
        answer = email.message.EmailMessage(policy=email.policy.SMTP)
        answer["From"], answer["To"], answer["Subject"], answer["Message-ID"] = "bob@agents.example", token, "Re: Printer [#1]", "<file%d@agents.example>" % number
        answer["In-Reply-To"] = notice["Message-ID"]
        answer.set_content("The words of %s.\n" % name)
        add(answer)
        desk.accept(answer.as_bytes(), token, sender="bob@agents.example")
        back = desk.wait_sent(2 + 2 * number, to="bob@agents.example")[-1]
        desk.accept(mail(sender="bob@agents.example", body="/send\n", reply_to=back), address_of(back), sender="bob@agents.example")
        desk.wait_sent(3 + 2 * number, to="bob@agents.example")                 # nor does that send it
        assert "one writes as you" in back.text and "The words of %s." % name in back.text, back.text
    answer = email.message.EmailMessage(policy=email.policy.SMTP)
    answer["From"], answer["To"], answer["Subject"], answer["Message-ID"] = "bob@agents.example", token, "Re: Printer [#1]", "<file9@agents.example>"
    answer.set_content("A clean one.\n")
    answer.add_attachment("nothing but words", filename="clean.txt")
    answer.add_attachment(b"x" * 1500000, maintype="application", subtype="pdf", filename="large.pdf")
    desk.accept(answer.as_bytes(), token, sender="bob@agents.example")
    wait_until(lambda: [m for m in desk.sent() if ANNA in m.recipients and "A clean one." in m.text])
    assert not [m for m in desk.sent() if ANNA in m.recipients and ("The words of" in m.text or token.split("@")[0].encode() in m.data)]


def test_74_more_commands_than_a_person_writes_are_asked_back_for(desk):
    desk.accept(mail(subject="Printer"))
    notice = desk.wait_sent(1, to="bob@agents.example")[0]
    desk.accept(mail(sender="bob@agents.example", body="".join("/tag t%d\n" % i for i in range(60)), reply_to=notice), address_of(notice), sender="bob@agents.example")
    back = desk.wait_sent(2, to="bob@agents.example")[-1]
    assert "more than 50 commands" in back.text and desk.ticket(1)["tags"] == []


@setup(**BOTH)
def test_68_what_comes_back_for_another_reason_shows_what_colleagues_wrote_too(desk):
    """Its address shows all that is there: so must the mail, or who puts a typing error right would answer into a colleague's answer."""
    bobs, evas = start_both(desk)
    answer(desk, bobs, "Restart the spooler.\n", sender=BOB)
    customer_has(desk, "Restart the spooler.")
    answer(desk, evas, "/frobnicate\nThrow it away.\n", sender=EVA)
    told = came_back(desk, EVA, "not a command")
    assert "Restart the spooler." in told.text.split("What is new:")[1] and "Throw it away." in told.text
    answer(desk, told, "Or throw it away.\n\n" + quoted(told), sender=EVA)
    sent = customer_has(desk, "Or throw it away.")
    assert "Restart" not in sent.text.split("Or throw")[1]


def test_55_a_text_file_that_the_program_quotes_with_the_notice_is_known(desk):
    """mutt quotes the text files of what it answers, too: no reason to ask back, and no part of the answer."""
    raw = mail(subject="Printer", body="").replace(b"Content-Type: text/plain; charset=utf-8", b"Content-Type: multipart/mixed; boundary=b").replace(b"Content-Transfer-Encoding: 8bit\r\n", b"")
    part = "--b\r\nContent-Type: text/plain\r\n\r\nIt says what is in the file.\r\n--b\r\nContent-Type: text/%s\r\nContent-Disposition: attachment; filename=%s\r\n%s\r\n%s\r\n"
    raw += (part % ("plain", "report.txt", "", "E-07 sensor\r\nE-08 lamp")).encode() + b"--b--\r\n"
    desk.accept(raw)
    notice = desk.wait_sent(1, to=BOB)[0]
    answer(desk, notice, "Change the sensor.\n\n" + quoted(notice) + "\n\n> E-07 sensor\n> E-08 lamp\n")
    sent = wait_until(lambda: [m for m in desk.sent_to(ANNA) if "Change the sensor." in m.text])[0]
    assert "E-07" not in sent.text
    answer(desk, notice, "Change the lamp.\n\n" + quoted(notice) + "\n\n> E-09 something that stands nowhere\n")
    wait_until(lambda: [m for m in desk.sent_to(BOB) if "something else than our notice" in m.text.replace("\n> ", " ")])
