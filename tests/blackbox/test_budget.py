"""Complaints 15 and 36: nobody makes the desk write to third parties by the hundred. What is withheld is on the tickets and counted."""
from desk import address_of, mail, setup, wait_until

BUDGETS = {"desk.stranger_acknowledgements_per_hour": 10, "desk.stranger_acknowledgements_per_day": 100, "desk.stranger_acknowledgements_per_domain": 60, "desk.stranger_acknowledgements_per_minute": 20}


def small(**config):
    """Small budgets, which other tests lift."""
    return setup(config={**BUDGETS, **{name.replace("__", "."): value for name, value in config.items()}})


def bomb(desk, senders, **options):
    with desk.session() as session:
        for sender in senders:
            replies = session.deliver(mail(sender=sender, **options), ["support@example.org"], sender)
            assert replies[0][0] == 250, replies


def counted(desk):
    """(acknowledged, withheld by the budget, not due)"""
    withheld = 'acknowledgements_withheld_total{why="%s"}'
    return tuple(int(desk.metric("sportello_" + name)) for name in ("acknowledgements_total", withheld % "budget", withheld % "not-due"))


def reasons(desk):
    """Why tickets got no acknowledgement, by how many."""
    whys = {}
    for ticket in desk.tickets():
        for line in desk.ticket(ticket["id"])["history"]:
            if "no acknowledgement" in line["what"]:
                whys[line["why"]] = whys.get(line["why"], 0) + 1
    return whys


@small()
def test_15_many_domains_share_a_minute(desk):
    bomb(desk, ["a@d%d.example" % i for i in range(30)])
    assert counted(desk) == (20, 10, 0)
    assert reasons(desk) == {"20 acknowledgements within a minute to strangers": 10}
    desk.advance(61)
    bomb(desk, ["b@d1.example"])
    assert counted(desk) == (21, 10, 0)


@small()
def test_15_many_senders_of_one_domain_share_an_hour(desk):
    for batch in range(4):
        desk.advance(61 * batch)
        bomb(desk, ["s%d.%d@victim.example" % (batch, i) for i in range(18)])
    assert counted(desk) == (60, 12, 0)
    assert reasons(desk) == {"60 acknowledgements within an hour to strangers of that domain": 12}
    bomb(desk, ["a@other.example"])
    assert counted(desk) == (61, 12, 0)
    desk.advance(3700 + 61 * 4)
    bomb(desk, ["late@victim.example"])
    assert counted(desk) == (62, 12, 0)


@small()
def test_15_one_forged_address_is_not_made_known_by_forging_it(desk):
    bomb(desk, ["victim@third.example"] * 14, subject="buy at spam.example")
    assert counted(desk) == (10, 4, 0)
    for sent in desk.wait_sent(10, to="victim@third.example"):
        assert "spam.example" not in sent.data.decode("utf-8", "replace")


@small()
def test_15_reply_to_a_third_party_sends_the_third_party_nothing(desk):
    bomb(desk, ["spammer%d@own%d.example" % (i, i) for i in range(14)], headers=[("Reply-To", "victim@third.example")], subject="buy at spam.example")
    assert counted(desk) == (14, 0, 0)
    assert {t["customer"]["address"] for t in desk.tickets()} == {"spammer%d@own%d.example" % (i, i) for i in range(14)}
    assert not desk.sent_to("victim@third.example")


@small()
def test_15_a_restart_gives_no_new_budget(desk):
    bomb(desk, ["a@d%d.example" % i for i in range(20)])
    desk.kill()
    desk.start()
    bomb(desk, ["a@again%d.example" % i for i in range(3)])
    assert counted(desk) == (0, 3, 0)


@small(desk__stranger_acknowledgements_per_domain=5000, desk__stranger_acknowledgements_per_minute=5000)
def test_15_a_busy_desk_answers_right_after_a_restart(desk):
    bomb(desk, ["a%d@example.com" % i for i in range(1100)])
    assert counted(desk) == (1100, 0, 0)
    desk.advance(120)
    desk.kill()
    desk.start()
    bomb(desk, ["new@example.com"])
    assert counted(desk) == (1, 0, 0)


test_15_a_busy_desk_answers_right_after_a_restart.long = 20


@small(desk__stranger_acknowledgements_per_minute=1, authserv_id="mx.example.org")
def test_15_customers_who_proved_who_they_are_are_always_answered(desk):
    bomb(desk, ["anna@example.com"])
    first = desk.wait_sent(1, to="anna@example.com")[0]
    desk.accept(mail(subject="and another", message_id="<second@example.com>"))
    assert counted(desk) == (1, 1, 0)
    desk.accept(mail(reply_to=first), first["Reply-To"])
    desk.accept(mail(subject="a third"))
    assert counted(desk) == (2, 1, 0)
    passed = [("Authentication-Results", "mx.example.org; dmarc=pass header.from=third.example")]
    desk.accept(mail(sender="carl@third.example", headers=passed), sender="carl@third.example")
    assert counted(desk) == (3, 1, 0)
    desk.accept(mail(sender="carl@third.example", subject="known now"), sender="carl@third.example")
    assert counted(desk) == (4, 1, 0)


@small(desk__stranger_acknowledgements_per_minute=1)
def test_15_a_strangers_own_token_proves_nobody_else(desk):
    """Complaint 34: a token of one's own ticket, with somebody else's name in From."""
    bomb(desk, ["mallory@own.example"])
    own = desk.wait_sent(1, to="mallory@own.example")[0]
    desk.accept(mail(reply_to=own, sender="victim@third.example"), own["Reply-To"], sender="victim@third.example")
    bomb(desk, ["victim@third.example"])
    assert counted(desk) == (1, 1, 0)


# ---- agents' mailboxes

@setup(relay="smtp")
def test_14_a_customer_who_writes_without_end_fills_no_agents_mailbox(desk):
    """Every message is kept, ten are told at once, the rest in one notice each quarter of an hour; later it is as before."""
    bob = lambda: [m for m in desk.sent_to("bob@agents.example") if "again" in m.text]

    def storm(count, first):
        with desk.session() as session:
            for i in range(first, first + count):
                assert session.deliver(mail(reply_to=acknowledgement.message, body="Word %d!\n" % i), [address], "anna@example.com")[0][0] == 250
    desk.accept(mail(subject="Printer"))
    acknowledgement = desk.wait_sent(1, to="anna@example.com")[0]
    address = address_of(acknowledgement)
    storm(40, 0)
    ticket = desk.ticket(1)
    assert len([m for m in ticket["messages"] if m["kind"] == "reply"]) == 40 and len(desk.ok("mailbox", "list")) == 41
    assert len([h for h in ticket["history"] if "told later" in h["what"]]) == 1
    wait_until(lambda: not desk.outbox())
    told = "".join(m.text for m in bob())                    # several senders: in any order
    assert len(bob()) == 10 and all("Word %d!" % i in told for i in range(10)) and "short time" not in told
    desk.ok("ticket", "note", 1, "--as", "bob", stdin="I have seen them.\n")      # is no message of hers
    desk.ok("ticket", "reply", 1, "--as", "bob", stdin="Please wait.\n")           # and clears no timer of this kind
    desk.restart()
    desk.advance(16 * 60)
    told = wait_until(lambda: bob()[10:], 20, "the gathered ones are told")
    assert len(told) == 1 and "Word 10!" in told[0].text and "first of 30 messages" in told[0].text and "/show" in told[0].html
    storm(5, 40)                                             # the rush goes on
    desk.advance(32 * 60)
    told = wait_until(lambda: bob()[11:], 20)
    assert len(told) == 1 and "Word 40!" in told[0].text and "first of 5 messages" in told[0].text
    desk.advance(3 * 3600)
    storm(1, 45)
    assert "Word 45!" in wait_until(lambda: bob()[12:], 20)[0].text
    wait_until(lambda: not desk.outbox())
    assert len(bob()) == 13 and desk.cli("fsck").code == 0


def test_14_two_quick_words_are_told_at_once(desk):
    desk.accept(mail())
    acknowledgement = desk.wait_sent(1, to="anna@example.com")[0]
    for i in range(10):
        desk.accept(mail(reply_to=acknowledgement.message, body="Word %d!\n" % i), address_of(acknowledgement))
    wait_until(lambda: len([m for m in desk.sent_to("bob@agents.example") if "again" in m.text]) == 10)
    assert not [h for h in desk.ticket(1)["history"] if "told later" in h["what"]]
