"""Complaints 41 to 46: who proved what, who reads the answers, and the desk as nobody's loudspeaker."""
from desk import address_of, mail, setup

ANNA = "anna@example.com"
PASS = "mx.example.org; dmarc=pass header.from=%s"
CHECKED = {"authserv_id": "mx.example.org"}


def said(results, *more):
    return [("Authentication-Results", results), *more]


def readers(desk, number=1):
    return [r["address"] for r in desk.ticket(number)["readers"]]


def outside(desk, number=1):
    return {p["address"]: p["why"] for p in desk.ticket(number)["outside"]}


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
