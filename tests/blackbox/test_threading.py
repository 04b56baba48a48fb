"""Which ticket a mail belongs to, seen from outside. Numbers in names are those of the complaints about the peers."""
from desk import mail, address_of, wait_until, setup

ANNA = "anna@example.com"


def first_ack(desk, **options):
    desk.accept(mail(message_id="<q1@example.com>", **options))
    return desk.wait_sent(1, to=ANNA)[0]


def test_01_stranger_with_a_reference_gets_a_ticket_of_his_own(desk):
    ack = first_ack(desk)
    for headers in ([("In-Reply-To", "<q1@example.com>")], [("References", str(ack["Message-ID"]))]):
        desk.accept(mail(sender="mallory@evil.example", subject="Re: A question [#1]", headers=headers), sender="mallory@evil.example")
    tickets = desk.tickets()
    assert len(tickets) == 3 and len(desk.ticket(1)["messages"]) == 2
    assert all(1 in desk.ticket(n)["linked"] for n in (2, 3))


def test_why_a_message_is_where_it_is_stands_below_it(desk):
    ack = first_ack(desk)
    desk.accept(mail(subject="Re: A question", headers=[("In-Reply-To", str(ack["Message-ID"]))]))
    desk.accept(mail(sender="mallory@evil.example", subject="Re: A question", headers=[("References", "<q1@example.com>")]), sender="mallory@evil.example")
    joined, alone = desk.ok("ticket", "show", 1, "--why"), desk.ok("ticket", "show", 2, "--why")
    explained = [h["why"] for h in joined["history"] if h["what"].startswith("message 3 ")]
    assert explained[0] and joined["messages"][2]["why"] == explained
    assert any(w.startswith("linked to 1: ") and "mallory@evil.example" in w and w.endswith("a ticket of its own") for w in alone["messages"][0]["why"]), alone
    page = desk.cli("ticket", "show", "2", "--why", json_output=False).out
    assert "    [why: linked to 1: " in page and page.index("[why: linked") < page.index("History")
    assert "[why: " not in desk.cli("ticket", "show", "2", json_output=False).out and "why" not in desk.ticket(2)["messages"][0]


def test_04_changed_subject_stays_in_the_thread_and_is_flagged(desk):
    ack = first_ack(desk)
    desk.accept(mail(subject="Something else", headers=[("In-Reply-To", str(ack["Message-ID"]))]))
    assert len(desk.tickets()) == 1


def test_08_token_alone_is_enough(desk):
    ack = first_ack(desk)
    desk.accept(mail(sender="anna.private@example.net", subject="hello again"), address_of(ack), sender="anna.private@example.net")
    assert len(desk.tickets()) == 1 and desk.ticket(1)["messages"][-1]["from"] == "anna.private@example.net"


def test_09_token_cut_off_the_envelope_counts_in_the_header(desk):
    ack = first_ack(desk)
    desk.accept(mail(sender="anna.private@example.net", subject="hello", to=address_of(ack)), "support@example.org", sender="anna.private@example.net")
    assert len(desk.tickets()) == 1


@setup(config={"desk.separator": "-+"})
def test_09_another_separator(desk):
    ack = first_ack(desk)
    assert "support-" in address_of(ack)
    desk.accept(mail(subject="again"), address_of(ack).replace("support-", "support+"))
    assert len(desk.tickets()) == 1


def test_tampered_token_joins_nothing(desk):
    ack = first_ack(desk)
    address = address_of(ack)
    local, domain = address.split("@")
    for i in range(len("support+"), len(local) - 1, 3):
        changed = local[:i] + ("a" if local[i] != "a" else "b") + local[i + 1:]
        desk.lmtp(mail(sender="mallory@evil.example"), changed + "@" + domain, sender="mallory@evil.example")
    assert len(desk.ticket(1)["messages"]) == 2


def test_token_of_one_ticket_opens_no_other(desk):
    first = first_ack(desk)
    desk.accept(mail(sender="carl@example.net"), sender="carl@example.net")
    second = desk.wait_sent(1, to="carl@example.net")[0]
    assert address_of(first) != address_of(second)
    desk.accept(mail(subject="mine"), address_of(second))
    assert len(desk.ticket(2)["messages"]) == 3 and len(desk.ticket(1)["messages"]) == 2


def test_case_of_a_token_does_not_matter(desk):
    ack = first_ack(desk)
    desk.accept(mail(subject="LOUD"), address_of(ack).upper())
    assert len(desk.tickets()) == 1


def test_29_the_same_mail_again_changes_nothing(desk):
    data = mail(message_id="<once@example.com>")
    for _ in range(3):
        desk.accept(data)
    assert len(desk.tickets()) == 1 and len(desk.ticket(1)["messages"]) == 2
    rows = desk.ok("mailbox", "list")
    assert len(rows) == 1 and rows[0]["duplicates"] == 2
    desk.wait_sent(2)
    assert len(desk.sent_to(ANNA)) == 1


def test_29_without_a_message_id_too(desk):
    data = mail().replace(b"Message-ID", b"X-Nothing")
    for _ in range(2):
        desk.accept(data)
    assert len(desk.tickets()) == 1


def test_same_message_id_with_another_body_is_another_mail(desk):
    desk.accept(mail(message_id="<reused@example.com>", body="one\n", subject="one"))
    desk.accept(mail(message_id="<reused@example.com>", body="two\n", subject="two", sender="carl@example.net"), sender="carl@example.net")
    assert len(desk.ok("mailbox", "list")) == 2 and len(desk.tickets()) == 2


def test_30_mail_to_two_queues_makes_two_linked_tickets(desk):
    desk.accept(mail(to="support@example.org, network@example.org"), ["support@example.org", "network@example.org"])
    tickets = {t["queue"]: desk.ticket(t["id"]) for t in desk.tickets()}
    assert set(tickets) == {"support", "network"}
    assert tickets["network"]["linked"] == [tickets["support"]["id"]] and tickets["support"]["linked"] == [tickets["network"]["id"]]


def test_30_two_addresses_of_one_queue_and_another_queue_make_one_ticket_a_queue(desk):
    desk.accept(mail(to="support@example.org, network@example.org, support+shop@example.org"),
                ["support@example.org", "network@example.org", "support+shop@example.org"])
    assert sorted(t["queue"] for t in desk.tickets()) == ["network", "support"]
    assert sorted(r["disposition"] for r in desk.ok("mailbox", "list")) == ["joined", "ticket", "ticket"]


def test_30_reply_to_ticket_and_queue_is_in_the_ticket_once(desk):
    ack = first_ack(desk)
    reply = mail(reply_to=ack, to="support@example.org")
    desk.accept(reply, [address_of(ack), "support@example.org"])
    assert len(desk.tickets()) == 1 and len(desk.ticket(1)["messages"]) == 3
    assert {r["disposition"] for r in desk.ok("mailbox", "list")} == {"ticket", "joined"} and len(desk.ok("mailbox", "list")) == 3


def test_31_out_of_office_changes_no_state_and_is_not_answered(desk):
    ack = first_ack(desk)
    desk.ok("ticket", "close", 1)
    before = len(desk.wait_sent(2, to="anna@example.com"))
    desk.accept(mail(reply_to=ack, headers=[("Auto-Submitted", "auto-replied")], subject="Out of office"), ack.sender, sender="")
    desk.accept(mail(reply_to=ack, headers=[("Auto-Submitted", "auto-replied"), ("X-N", "2")], body="away\n"), address_of(ack), sender="")
    assert desk.ticket(1)["state"] == "closed" and len(desk.tickets()) == 1
    assert [m["kind"] for m in desk.ticket(1)["messages"]].count("auto-reply") == 2
    assert len(desk.sent_to("anna@example.com")) == before


def test_bounce_address_brings_a_bounce_to_its_mail(desk):
    ack = first_ack(desk)
    bounce = mail(sender="MAILER-DAEMON@example.com", subject="Undelivered Mail Returned to Sender", body="")
    bounce = bounce.replace(b"Content-Type: text/plain; charset=utf-8", b"Content-Type: multipart/report; report-type=delivery-status; boundary=b")
    bounce = bounce.replace(b"Content-Transfer-Encoding: 8bit\r\n", b"") + (
        b"--b\r\nContent-Type: text/plain\r\n\r\nI am sorry.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        b"Reporting-MTA: dns; mx.example.com\r\n\r\nFinal-Recipient: rfc822; anna@example.com\r\nAction: failed\r\nStatus: 5.1.1\r\n"
        b"Diagnostic-Code: smtp; 550 5.1.1 no such user\r\n\r\n--b--\r\n")
    desk.accept(bounce, ack.sender, sender="")
    ticket = desk.ticket(1)
    assert ticket["messages"][-1]["kind"] == "bounce" and len(desk.tickets()) == 1
    told = desk.wait_sent(2, to="bob@agents.example")[1]
    assert ANNA in told.text and "no such user" in told.text
    row = [r for r in desk.ok("outbox", "list", "--all") if r["id"] and ANNA in r["to"]][0]
    assert row["state"] == "failed", row
    assert [(e["to"], e["ticket"]) for e in desk.log("mail.bounced")] == [(ANNA, "1")]
    # 12: no automatic mail to an address whose mail comes back
    desk.accept(mail(subject="Another one", message_id="<q9@example.com>"))
    history = " ".join(h["what"] + " " + (h["why"] or "") for h in desk.ticket(2)["history"])
    assert "no acknowledgement" in history, history


def test_13_our_own_mail_coming_back_does_nothing(desk):
    ack = first_ack(desk)
    desk.wait_sent(2)
    desk.accept(ack.data.replace(b"\n", b"\r\n").replace(b"\r\r\n", b"\r\n"), "support@example.org", sender="list@example.net")
    assert len(desk.tickets()) == 1 and desk.ok("mailbox", "list")[0]["disposition"] == "loop"


def test_14_acknowledgements_are_bounded_and_the_reason_is_on_the_ticket(desk):
    desk.stop()
    desk.set("desk.acknowledgements_per_hour", 3)
    desk.write_config()
    desk.start()
    for i in range(5):
        desk.accept(mail(subject="n%d" % i))
    wait_until(lambda: len(desk.sent()) == 8)
    assert len(desk.sent_to(ANNA)) == 3 and len(desk.tickets()) == 5
    assert any("no acknowledgement" in h["what"] for h in desk.ticket(5)["history"])


def test_19_the_worst_mail_becomes_a_ticket(desk):
    worst = [b"", b"\r\n\r\n \r\n", b"\x00\x00\xff\r\n", b"From: \xff\xfe<@@@>\r\nSubject: =?x?y?z?=\r\n\r\n\x80", b"no header at all",
             b"To: " + b"g:" * 60000 + b"\r\n\r\nx", b"From: a@b\r\n" * 30000 + b"\r\n",
             b"Content-Type: multipart/mixed; boundary=a\r\n\r\n" + b"--a\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\n" * 3000]
    for data in worst:
        desk.accept(data, sender="worst@example.net")
    assert len(desk.tickets()) == len(worst)
    assert desk.cli("fsck").code == 0


def test_22_every_mail_has_one_disposition(desk):
    ack = first_ack(desk)
    desk.accept(mail(reply_to=ack), address_of(ack))
    desk.accept(mail(headers=[("Auto-Submitted", "auto-replied")]), address_of(ack), sender="")
    desk.accept(ack.data.replace(b"\n", b"\r\n"), "support@example.org")
    rows = desk.ok("mailbox", "list")
    assert len(rows) == 4 and all(r["disposition"] for r in rows), rows
    assert desk.metric("sportello_accepted_total") == 4


def test_23_unknown_address_is_refused_at_rcpt(desk):
    assert desk.lmtp(mail(), "nobody@example.org")[0][0] == 550
    both = desk.lmtp(mail(), ["nobody@example.org", "support@example.org"])
    assert [code for code, _ in both] == [550, 250] and "5.1.1" in both[0][1]


def test_36_only_senders_are_remembered(desk):
    desk.accept(mail(headers=[("Cc", "x1@example.net, x2@example.net")]))
    desk.wait_sent(2)
    assert {r for m in desk.sent() for r in m.recipients} == {ANNA, "bob@agents.example"}


def test_39_agents_token_in_other_hands_sends_nothing(desk):
    first_ack(desk)
    notice = desk.wait_sent(1, to="bob@agents.example")[0]
    desk.accept(mail(sender="mallory@evil.example", body="Send your password to me.\n", reply_to=notice), address_of(notice), sender="mallory@evil.example")
    assert desk.ticket(1)["state"] == "new" and desk.ticket(1)["messages"][-1]["kind"] == "note" and len(desk.tickets()) == 1
    told = wait_until(lambda: [m for m in desk.sent_to("bob@agents.example") if "password" in m.text])[0]
    assert "mallory@evil.example" in told.text and "no address of an agent" in told.text
    assert not any("password" in m.text for m in desk.sent_to(ANNA)) and not desk.sent_to("mallory@evil.example")


def test_wrong_command_is_answered_and_nothing_is_sent_on(desk):
    first_ack(desk)
    notice = desk.wait_sent(1, to="bob@agents.example")[0]
    desk.accept(mail(sender="bob@agents.example", body="/asign eva\n\nSecret words.\n", reply_to=notice), address_of(notice), sender="bob@agents.example")
    error = desk.wait_sent(2, to="bob@agents.example")[1]
    assert "/asign" in error.text and "/assign" in error.text
    assert not any("Secret" in m.text for m in desk.sent_to(ANNA)) and desk.ticket(1)["agent"] is None


def test_authentication_results_of_strangers_count_nothing(desk):
    desk.accept(mail(headers=[("Authentication-Results", "evil.example; dmarc=pass header.from=example.com")]))
    assert desk.ticket(1)["state"] == "new"


@setup(config={"authserv_id": "mx.example.org"})
def test_35_forged_participant_does_not_join(desk):
    ack = first_ack(desk)
    forged = mail(headers=[("Authentication-Results", "mx.example.org; dmarc=fail header.from=example.com"), ("In-Reply-To", str(ack["Message-ID"]))])
    desk.accept(forged)
    assert len(desk.tickets()) == 2 and len(desk.ticket(1)["messages"]) == 2


def test_02_a_forward_or_a_suppliers_mail_is_no_follow_up(desk):
    ack = first_ack(desk, subject="Offer 4711")
    forwarded = mail(sender="supplier@example.net", subject="Fwd: Offer 4711", headers=[("References", "<q1@example.com> " + str(ack["Message-ID"]))])
    desk.accept(forwarded, sender="supplier@example.net")
    desk.accept(mail(sender="supplier@example.net", subject="Offer 4711"), sender="supplier@example.net")
    assert len(desk.tickets()) == 3 and len(desk.ticket(1)["messages"]) == 2
    assert desk.log("lmtp.accepted")[-1]["evidence"] == "none"


def test_05_agents_first_mail_is_threaded_whatever_header_survives(desk):
    desk.ok("ticket", "new", "--queue", "support", "--to", ANNA, "--subject", "Your order", "--as", "bob", stdin="It is ready.\n")
    out = desk.wait_sent(1, to=ANNA)[0]
    desk.accept(mail(subject="Re: Your order", headers=[("In-Reply-To", str(out["Message-ID"]))]))           # Reply-To ignored
    desk.accept(mail(subject="nothing", body="two\n"), address_of(out))                                      # no reference
    desk.accept(mail(subject=str(out["Subject"]), body="three\n"))                                           # only the number
    assert len(desk.tickets()) == 1 and len(desk.ticket(1)["messages"]) == 4


def test_06_thread_index_and_junk_between_ids_mix_nothing(desk):
    first_ack(desk)
    desk.accept(mail(sender="carl@example.net", message_id="<c1@example.net>", headers=[("Thread-Index", "AdT1")]), sender="carl@example.net")
    desk.accept(mail(subject="Re", headers=[("Thread-Index", "AdT1"), ("References", "junk <no such@id> <<x@y>> <q1@example.com>,<z@z")]))
    assert len(desk.tickets()) == 2 and len(desk.ticket(1)["messages"]) == 3


def test_07_reply_to_a_closed_ticket_makes_one_ticket_however_often_it_comes(desk):
    ack = first_ack(desk)
    desk.ok("ticket", "close", 1)
    desk.advance(20 * 86400)
    reply = mail(reply_to=ack, message_id="<late@example.com>")
    for _ in range(4):
        desk.accept(reply, address_of(ack))
    assert len(desk.tickets()) == 2


def test_10_a_list_that_rewrites_from_is_nobodys_reply(desk):
    ack = first_ack(desk)
    rewritten = mail(sender="'Anna' via Helpdesk <helpdesk@groups.example>", headers=[("List-Id", "<helpdesk.groups.example>"),
                     ("X-Original-From", "anna@example.com"), ("In-Reply-To", str(ack["Message-ID"]))])
    desk.accept(rewritten, sender="helpdesk+bounces@groups.example")
    assert len(desk.ticket(1)["messages"]) == 2 and len(desk.tickets()) == 2


def test_11_message_ids_are_plain(desk):
    import re
    ack = first_ack(desk)
    assert re.fullmatch(r"<\d+\.[a-z][a-z2-7]+@example\.org>", str(ack["Message-ID"]))
    # SpamAssassin's MSGID_RANDY wants letters and digits only before the @, in mixed kinds
    assert "." in str(ack["Message-ID"]).split("@")[0]


def bounce_of(sent, recipient=ANNA):
    """Delivers the report that this mail of the desk did not reach that recipient."""
    return (b"From: MAILER-DAEMON@example.com\r\nSubject: failure\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
            b"--b\r\n\r\nno\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx\r\n\r\nFinal-Recipient: rfc822; %s\r\n"
            b"Action: failed\r\nStatus: 5.1.1\r\n\r\n--b--\r\n" % recipient.encode()), sent.sender, ""


def unacknowledged(desk, ticket):
    return [h["why"] for h in desk.ticket(ticket)["history"] if "no acknowledgement" in h["what"]]


def asks(desk, subject, **options):
    """A new request of hers; why it got no acknowledgement, [] if it got one."""
    desk.accept(mail(subject=subject, **options))
    return unacknowledged(desk, next(t["id"] for t in desk.tickets() if t["subject"] == subject))


COMES_BACK = ["mail to that address comes back"]


def test_12_bouncing_customer_gets_no_more_automatic_mail(desk):
    """Whatever is written in her name: it proves nothing."""
    desk.accept(*bounce_of(first_ack(desk)))
    for i in range(3):
        assert asks(desk, "Forged %d" % i) == COMES_BACK
    assert len(desk.sent_to(ANNA)) == 1


@setup(config={"authserv_id": "mx.example.org"})
def test_12_a_mail_that_is_surely_hers_ends_it(desk):
    results = "mx.example.org; dmarc=%s header.from=example.com"
    desk.accept(*bounce_of(first_ack(desk)))
    assert asks(desk, "failed", headers=[("Authentication-Results", results % "fail")]) != []
    assert asks(desk, "none", headers=[("Authentication-Results", results % "none")]) == COMES_BACK
    assert asks(desk, "passed", headers=[("Authentication-Results", results % "pass")]) == COMES_BACK     # this one still is not answered
    assert asks(desk, "afterwards") == []


def test_12_her_reply_to_an_agent_ends_it(desk):
    desk.accept(*bounce_of(first_ack(desk)))
    desk.ok("ticket", "reply", 1, "--as", "bob", stdin="Does this reach you?\n")
    answer = desk.wait_sent(2, to=ANNA)[1]
    desk.accept(mail(reply_to=answer, sender="mallory@evil.example"), address_of(answer), sender="mallory@evil.example")
    assert asks(desk, "not yet") == COMES_BACK
    desk.accept(mail(reply_to=answer), address_of(answer))
    assert asks(desk, "afterwards") == []


def test_12_a_button_that_she_presses_ends_it(desk):
    import re
    desk.accept(*bounce_of(first_ack(desk)))
    desk.ok("ticket", "resolve", 1, "--as", "bob", stdin="Solved?\n")         # words of a person go out all the same
    link = re.search(r"http://127\.0\.0\.1:\d+(/l/[a-z2-7]+)", desk.wait_sent(2, to=ANNA)[1].text).group(1)
    assert desk.http(link)[0] == 200
    assert asks(desk, "a scanner opened it") == COMES_BACK
    assert desk.http(link, "POST", "do=confirm", {"Content-Type": "application/x-www-form-urlencoded"})[0] == 200
    assert asks(desk, "afterwards") == []


def test_12_a_week_later_one_mail_tries_again(desk):
    """Where nothing proves who writes, a full mailbox must not be for ever."""
    desk.accept(*bounce_of(first_ack(desk)))
    desk.advance(6 * 86400)
    assert asks(desk, "six days") == COMES_BACK
    desk.advance(8 * 86400)
    assert asks(desk, "eight days") == []
    desk.accept(*bounce_of(desk.wait_sent(2, to=ANNA)[1]))
    assert asks(desk, "again") == COMES_BACK


def test_12_a_report_marks_only_whom_the_mail_was_for(desk):
    """Who has the bounce address of one mail says that mail to somebody else comes back."""
    mallory = "mallory@evil.example"
    desk.accept(mail(sender=mallory), sender=mallory)
    desk.accept(*bounce_of(desk.wait_sent(1, to=mallory)[0], recipient=ANNA))
    assert asks(desk, "honest") == []
    desk.accept(mail(sender=mallory, subject="mine"), sender=mallory)
    assert unacknowledged(desk, max(t["id"] for t in desk.tickets())) == COMES_BACK


def test_15_acknowledgements_carry_nothing_of_a_strangers_mail(desk):
    desk.accept(mail(subject="BUY CHEAP PILLS http://evil.example", body="http://evil.example/pills\n", sender="Click http://evil.example <victim@example.net>"), sender="victim@example.net")
    ack = desk.wait_sent(1, to="victim@example.net")[0]
    body = ack.data.split(b"\r\n\r\n" if b"\r\n\r\n" in ack.data else b"\n\n", 1)[1]
    assert b"evil.example" not in body and b"PILLS" not in ack.data, ack.data


@setup(config={"authserv_id": "mx.example.org"})
def test_15_failed_dmarc_gets_no_acknowledgement(desk):
    desk.accept(mail(headers=[("Authentication-Results", "mx.example.org; dmarc=fail header.from=example.com")]))
    desk.wait_sent(1, to="bob@agents.example")
    assert desk.sent_to(ANNA) == [] and any("no acknowledgement" in h["what"] for h in desk.ticket(1)["history"])


def test_33_a_real_reply_is_no_bounce(desk):
    ack = first_ack(desk)
    desk.accept(mail(body="The mail I sent to your colleague came back: 550 5.1.1 user unknown, delivery failed. What now?\n", reply_to=ack), address_of(ack))
    message = desk.ticket(1)["messages"][-1]
    assert message["kind"] == "reply"
    out_of_office = mail(sender="postmaster@example.com", subject="Automatic reply: VPN", body="I am out of office until Monday.\n",
                         headers=[("Auto-Submitted", "auto-generated"), ("X-Auto-Response-Suppress", "All")])
    desk.accept(out_of_office, address_of(ack), sender="")
    assert desk.ticket(1)["messages"][-1]["kind"] == "auto-reply"


def test_38_a_reply_goes_to_who_was_shown_when_it_was_written(desk):
    first_ack(desk)
    desk.stop()                                             # nothing is sent meanwhile
    desk.ok("ticket", "reply", 1, "--as", "bob", stdin="For Anna only.\n")
    desk.start()
    answer = desk.wait_sent(2, to=ANNA)[1]
    assert answer.recipients == [ANNA]


def test_17_18_28_the_ticket_is_there_when_the_250_is(desk):
    """No polling, no second step that may fail: what was answered 250 can be shown at once, and after a kill."""
    desk.accept(mail(subject="at once"))
    assert [t["subject"] for t in desk.tickets()] == ["at once"]
    desk.kill()
    assert [t["subject"] for t in desk.tickets()] == ["at once"]


def test_20_the_record_of_a_refused_mail_stays(desk):
    with open(desk.directory + "/rules/10.sieve", "w") as f:
        f.write('require "reject";\nif header :contains "subject" "pills" { reject "No pills here."; }\n')
    desk.restart()
    assert desk.lmtp(mail(subject="Cheap pills"))[0][0] == 550
    for _ in range(2):
        desk.restart()
        row, = desk.ok("mailbox", "list")
        assert row["disposition"] == "rejected" and "Cheap pills" in row["subject"]
    assert b"Cheap pills" in desk.cli("mailbox", "raw", row["id"], json_output=False).bytes


def test_21_no_mail_is_too_old_and_none_too_many(desk):
    desk.accept(mail(subject="from another age").replace(b"Date: ", b"Date: Mon, 03 Jan 2000 10:00:00 +0000\r\nX-Date: "))
    with desk.session() as session:
        for i in range(60):                                 # a window of thirty, or of ten, is what the peers look at
            assert session.deliver(mail(subject="n%d" % i), ["support@example.org"])[0][0] == 250
    assert len(desk.tickets()) == 61
