"""Complaints 41 to 46: who proved what, who reads the answers, and the desk as nobody's loudspeaker."""
import os, shutil, tempfile

from desk import Desk, address_of, mail, setup, wait_until

ANNA, BOB = "anna@example.com", "bob@agents.example"
PASS = "mx.example.org; dmarc=pass header.from=%s"
CHECKED = {"authserv_id": "mx.example.org"}


def said(results, *more):
    return [("Authentication-Results", results), *more]


def readers(desk, number=1):
    return [r["address"] for r in desk.ticket(number)["readers"]]


def outside(desk, number=1):
    return {p["address"]: p["why"] for p in desk.ticket(number)["outside"]}


@setup(config=CHECKED)
def test_42_check_warns_where_a_name_is_believed_that_nothing_is_seen_to_guard(desk):
    checked = desk.cli("check", json_output=False)
    assert checked.code == 0 and "cannot be seen from here" in checked.out + checked.err, checked
    desk.set("authserv_id", "")
    desk.write_config()
    quiet = desk.cli("check", json_output=False)
    assert "authserv_id" not in quiet.out + quiet.err, quiet


@setup(config=CHECKED)
def test_41_a_proved_customer_brings_people_in_and_the_ticket_names_them(desk):
    desk.accept(mail(headers=said(PASS % "example.com", ("Cc", "Carl <carl@third.example>"))))
    assert readers(desk) == [ANNA, "carl@third.example"]
    assert "carl@third.example" in desk.cli("ticket", "show", 1, json_output=False).out.split("History")[0]
    assert desk.ticket(1)["messages"][0]["proved"] == "DMARC pass"


def test_41_where_nothing_proves_the_customer_copied_people_are_proposed(desk):
    desk.accept(mail(headers=[("Cc", "carl@third.example")]))
    assert readers(desk) == [ANNA] and outside(desk) == {"carl@third.example": "proposed"}


@setup(config=CHECKED)
def test_42_a_strangers_own_pass_brings_nobody_in(desk):
    desk.accept(mail(headers=said(PASS % "example.com")))
    address = address_of(desk.wait_sent(1, to=ANNA)[0])
    desk.accept(mail(sender="dave@evil.example", headers=said(PASS % "evil.example", ("Cc", "spy@evil.example"))), address, sender="dave@evil.example")
    assert readers(desk) == [ANNA]
    message = [m for m in desk.ticket(1)["messages"] if m["from"] == "dave@evil.example"][0]
    assert "from another address" in message["flags"] and message["proved"] == "DMARC pass"


@setup(config=CHECKED)
def test_42_what_the_mail_server_could_not_decide_lets_nobody_in(desk):
    desk.accept(mail(subject="Salary", headers=said(PASS % "example.com")))
    for results in ("mx.example.org; dmarc=permerror", "mx.example.org; dmarc=temperror", PASS % "evil.example",
                    "mx.example.org; spf=none smtp.helo=(x; dmarc=fail header.from=example.com"):
        desk.accept(mail(subject="Re: Salary [#1]", headers=said(results)))
    assert [m["kind"] for m in desk.ticket(1)["messages"] if m["direction"] == "in"] == ["request"]


@setup(config=CHECKED)
def test_43_who_wrote_is_the_customer_whatever_reply_to_says(desk):
    desk.accept(mail(sender="mallory@evil.example", headers=said(PASS % "evil.example", ("Reply-To", ANNA))), sender="mallory@evil.example")
    ticket = desk.ticket(1)
    assert ticket["customer"]["address"] == "mallory@evil.example"
    assert ANNA in ticket["messages"][0]["flags"]
    assert not desk.sent_to(ANNA)


@setup(config=CHECKED)
def test_44_one_proof_does_not_open_an_address_to_forgers(desk):
    desk.accept(mail(headers=said(PASS % "example.com")))
    desk.accept(mail(subject="Unlock at http://evil.example"))
    assert "evil.example" not in desk.wait_sent(2, to=ANNA)[1].data.decode("utf-8", "replace")
    desk.ok("ticket", "close", 2)
    assert "evil.example" not in desk.wait_sent(3, to=ANNA)[2].data.decode("utf-8", "replace")


@setup(config=CHECKED)
def test_44_closing_tells_nobody_who_was_not_to_be_acknowledged(desk):
    desk.accept(mail(headers=said("mx.example.org; dmarc=fail header.from=example.com")))
    desk.accept(mail(sender="dan@far.example", headers=[("List-Id", "<dev.far.example>"), ("Precedence", "list")]), sender="dev-bounces@far.example")
    for number in (1, 2):
        desk.ok("ticket", "close", number)
        assert any("is not told" in line["what"] for line in desk.ticket(number)["history"])


@setup(config=CHECKED)
def test_45_the_limit_of_readers_is_said(desk):
    people = ", ".join("p%d@example.com" % i for i in range(70))
    desk.accept(mail(headers=said(PASS % "example.com", ("Cc", people))))
    assert len(readers(desk)) <= 51
    assert any("left out" in line["what"] for line in desk.ticket(1)["history"])


@setup(config=CHECKED)
def test_46_an_address_by_which_the_mail_came_is_no_reader(desk):
    desk.accept(mail(headers=said(PASS % "example.com", ("X-Original-To", "info@example.org"), ("Cc", "info@example.org"))))
    assert readers(desk) == [ANNA] and outside(desk) == {}


# ---- 47: where somebody wants answers

@setup(config=CHECKED)
def test_47_the_newest_reply_to_of_who_takes_part_is_used(desk):
    desk.accept(mail(headers=said(PASS % "example.com")))
    ticket = address_of(desk.wait_sent(1, to=ANNA)[0])
    desk.accept(mail(subject="Re: A question", headers=said(PASS % "example.com", ("Reply-To", "anna.home@example.com"))), ticket)
    notice = desk.wait_sent(2, to="bob@agents.example")[1]       # the one that shows the new address
    desk.accept(mail(sender="bob@agents.example", body="At her new address.\n", reply_to=notice), address_of(notice), sender="bob@agents.example")
    sent = desk.wait_sent(1, to="anna.home@example.com")[0]
    assert "At her new address." in sent.text and "Anna Bianchi" in str(sent["To"])
    assert readers(desk) == ["anna.home@example.com"]
    for more in ([("Authentication-Results", "mx.example.org; dmarc=fail header.from=example.com"), ("Reply-To", "evil@example.com")],
                 said(PASS % "example.com", ("Reply-To", "spy@evil.example")), said(PASS % "example.com"),
                 said(PASS % "example.com", ("Reply-To", "noreply@example.com"))):
        desk.accept(mail(subject="Re: A question", headers=more), ticket)
        assert readers(desk) == ["anna.home@example.com"], more
    desk.accept(mail(sender="anna.home@example.com", subject="Re: A question", headers=[("In-Reply-To", str(sent["Message-ID"]))]),
                sender="anna.home@example.com")
    assert len(desk.tickets()) == 1
    assert any("answers to anna@example.com go to anna.home@example.com" in line["what"] for line in desk.ticket(1)["history"])


def test_47_who_asked_for_answers_elsewhere_may_write_from_both_addresses(desk):
    desk.accept(mail(headers=[("Reply-To", "team@example.com")], message_id="<first@example.com>"))
    desk.accept(mail(subject="Re: A question", headers=[("In-Reply-To", "<first@example.com>")]))
    desk.accept(mail(sender="team@example.com", subject="Re: A question", headers=[("In-Reply-To", "<first@example.com>")]), sender="team@example.com")
    assert len(desk.tickets()) == 1 and readers(desk) == ["team@example.com"]


def carry(desks, seen):
    """Hands each desk what the other sent to it, until nothing moves any more. The number of mails carried."""
    moved = 0
    for _ in range(40):
        wait_until(lambda: not any(d.ok("outbox", "list") for d in desks))
        fresh = [(m, r) for d in desks for m in d.sent() for r in m.recipients if (m.where, r) not in seen and r.endswith((".one", ".two"))]
        if not fresh:
            return moved
        for sent, recipient in fresh:
            seen.add((sent.where, recipient))
            desks[recipient.endswith(".two")].accept(sent.data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"), recipient, sender=sent.sender)
            moved += 1
    raise AssertionError("the two desks never stop")


def queue_at(domain):
    return [{"name": "support", "address": "support@" + domain, "agents": ["bob"]}]


@setup(config={"desk.domain": "desk.one"}, queues=queue_at("desk.one"))
def test_47_two_desks_hold_one_conversation(desk):
    directory = tempfile.mkdtemp(prefix="sportello-test-")
    other = Desk(directory, config={"desk.domain": "desk.two"}, queues=queue_at("desk.two"))
    try:
        seen = set()
        desk.ok("ticket", "new", "--queue", "support", "--to", "support@desk.two", "--subject", "Spare part", "--as", "bob", stdin="Have you got it?\n")
        assert carry((desk, other), seen) == 1              # a desk acknowledges no desk
        for turn in range(10):
            writer = (other, desk)[turn % 2]
            writer.ok("ticket", "reply", 1, "--as", "bob", stdin="Words number %d.\n" % turn)
            assert carry((desk, other), seen) == 1
        for side in (desk, other):
            assert len(side.tickets()) == 1
            words = [m for m in side.ticket(1)["messages"] if m["kind"] in ("request", "reply")]
            assert [m["direction"] == "out" for m in words] == [(k % 2 == 0) == (side is desk) for k in range(11)]
    finally:
        other.close()
        shutil.rmtree(directory)


test_47_two_desks_hold_one_conversation.long = 25


@setup(config=CHECKED)
def test_43_what_is_split_off_repeats_nothing_to_whom_nothing_was_proved(desk):
    """A forged request and a list's mail, each split off and closed: the alleged sender reads no word of it, the list nothing at all."""
    desk.accept(mail(subject="Buy cheap pills"))
    desk.ok("ticket", "split", 1, 1)
    desk.ok("ticket", "close", 2)
    wait_until(lambda: [m for m in desk.sent() if ANNA in m.recipients and "#2" in m.data.decode()])
    assert not [m for m in desk.sent() if ANNA in m.recipients and "cheap pills" in m.text + str(m["Subject"])]
    desk.accept(mail(sender="dan@far.example", headers=[("List-Id", "<dev.far.example>"), ("Precedence", "list")]), sender="dev-bounces@far.example")
    desk.ok("ticket", "split", 3, 1)
    desk.ok("ticket", "close", 4)
    desk.ok("ticket", "reply", 1, "--as", "bob", stdin="The last word.\n")
    wait_until(lambda: [m for m in desk.sent() if "The last word." in m.text])
    assert not [m for m in desk.sent() if "dan@far.example" in m.recipients]


@setup(config=CHECKED)
def test_43_what_an_agent_passed_on_is_the_customers_when_it_is_split_off(desk):
    forward = "See below.\n\n---------- Forwarded message ---------\nFrom: Anna <%s>\nDate: Mon, 2 Nov 2026 at 10:00\nSubject: Printer\nTo: Bob\n\nIt is broken.\n" % ANNA
    desk.accept(mail(sender="bob@agents.example", subject="Fwd: Printer", body=forward, headers=said(PASS % "agents.example")), sender="bob@agents.example")
    desk.ok("ticket", "split", 1, 1)
    assert desk.ticket(1)["customer"]["address"] == ANNA
    assert desk.ticket(2)["customer"]["address"] == ANNA and readers(desk, 2) == [ANNA]


def test_43_what_an_agents_program_wrote_is_no_request_to_split_off(desk):
    desk.accept(mail(subject="Printer"))
    notice = desk.wait_sent(1, to="bob@agents.example")[0]
    desk.accept(mail(sender="bob@agents.example", body="I am away until June.\n", reply_to=notice, headers=[("Auto-Submitted", "auto-replied")]), address_of(notice), sender="")
    seq = [m["id"] for m in desk.ticket(1)["messages"] if "away until June" in m["text"]][0]
    refused = desk.cli("ticket", "split", 1, seq)
    assert refused.code and "asks nothing of anybody" in refused.err and desk.cli("ticket", "show", 2).code


def test_43_no_machine_and_no_list_speaks_for_an_agent(desk):
    """Who filled in a form is its customer by Reply-To, which nothing proves: so an agent is never, though nothing is checked here."""
    desk.accept(mail())
    notice = desk.wait_sent(1, to=BOB)[0]
    for headers, sender in (([("Reply-To", "Bob Rossi <%s>" % BOB)], "Shop <no-reply@evil.example>"),
                            ([("List-Post", "<mailto:l@evil.example>"), ("X-Original-From", BOB)], "Bob via L <l@evil.example>")):
        desk.accept(mail(sender=sender, headers=headers, reply_to=notice, body="Pay to this account.\n"), address_of(notice), sender="x@evil.example")
    desk.accept(mail(sender="Web <no-reply@mailer.example>", subject="Contact", headers=[("Reply-To", "Vera <vera@third.example>")]))
    assert desk.ticket(2)["customer"]["address"] == "vera@third.example"
    assert not [m for m in desk.sent() if "Pay to this" in m.text and BOB not in m.recipients]
    assert [(m["kind"], (m["flags"] or "")[:41]) for m in desk.ticket(1)["messages"][2:]] == [("note", "not sent: the sender is not authenticated")] * 2
