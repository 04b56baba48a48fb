"""Complaints 15 and 36: nobody makes the desk write to third parties by the hundred. What is withheld is on the tickets and counted."""
from desk import mail, setup

BUDGETS = {"desk.stranger_acknowledgements_per_hour": 10, "desk.stranger_acknowledgements_per_domain": 60, "desk.stranger_acknowledgements_per_minute": 20}


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
def test_15_reply_to_a_third_party_is_the_third_partys_budget(desk):
    bomb(desk, ["spammer%d@own%d.example" % (i, i) for i in range(14)], headers=[("Reply-To", "victim@third.example")], subject="buy at spam.example")
    assert counted(desk) == (10, 4, 0)
    assert all(why.endswith("may be forged") for why in reasons(desk))


@small()
def test_15_a_restart_gives_no_new_budget(desk):
    bomb(desk, ["a@d%d.example" % i for i in range(20)])
    desk.kill()
    desk.start()
    bomb(desk, ["a@again%d.example" % i for i in range(3)])
    assert counted(desk) == (0, 3, 0)


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
