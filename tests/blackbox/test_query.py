"""`ticket list QUERY`: which tickets it gives, and that the way by words and the way by the database say the same."""
import random
from desk import mail, setup, QUEUES

query_desk = setup(queues=[dict(QUEUES[0], kb="off"), dict(QUEUES[1], kb="off")])


def numbers(desk, *query):
    return [t["id"] for t in desk.tickets(*query)]


@query_desk
def test_query_of_every_key(desk):
    for n, (who, queue, words) in enumerate([("anna", "support", "printer jam"), ("ugo", "support", "VPN is down"), ("anna", "network", "printer VPN"), ("eva", "support", "invoice")]):
        desk.accept(mail(sender=who + "@example.com", to=queue + "@example.org", subject="Request %d" % n, body=words + " hello\n"), [queue + "@example.org"], sender=who + "@example.com")
    desk.ok("ticket", "assign", 1, "bob", "--no-text")
    desk.ok("ticket", "tag", 2, "vpn")
    desk.ok("ticket", "priority", 4, "urgent", "--no-text")
    desk.ok("ticket", "pend", 3, "--until", "3d", "--no-text")
    agent = lambda n: desk.ticket(n)["agent"] or "none"
    assert numbers(desk) == [4, 3, 2, 1]
    assert numbers(desk, "queue:support") == [4, 2, 1] and numbers(desk, "-queue:support") == [3]
    assert numbers(desk, "state:pending") == [3] and numbers(desk, "-state:pending", "customer:ANNA@example.com") == [1]
    assert numbers(desk, "tag:vpn") == [2] and numbers(desk, "priority:urgent", "priority:high") == [4]
    assert 1 in numbers(desk, "agent:bob") and 1 not in numbers(desk, "-agent:bob") and 1 not in numbers(desk, "agent:none")
    assert numbers(desk, "waiting:them") == [3] and numbers(desk, "waiting:us") == [4, 2, 1]
    assert numbers(desk, "sort:-priority", "sort:created")[0] == 4
    assert numbers(desk, "printer") and set(numbers(desk, "printer")) == {1, 3} and numbers(desk, "printer queue:network") == [3]
    assert numbers(desk, "created:1h") == [4, 3, 2, 1] and numbers(desk, "created:>1h") == []
    assert numbers(desk, "--queue", "support", "-state:pending", "--tag", "vpn") == [2]
    # the same two ways, on random queries: "hello" stands in every mail
    parts = ["queue:support", "queue:network", "-queue:network", "state:pending", "-state:pending", "state:new", "state:open", "agent:none", "agent:bob", "-agent:bob", "tag:vpn",
             "-tag:vpn", "priority:urgent", "-priority:urgent", "customer:anna@example.com", "-customer:anna@example.com", "waiting:us", "waiting:them", "-waiting:them",
             "language:en", "created:1h", "updated:>1h", "updated:1h", "-created:1h", "-updated:1h"]
    chance, some = random.Random(7), 0
    for _ in range(40):
        query = chance.sample(parts, chance.randint(1, 3))
        plain = numbers(desk, *query)
        some += bool(plain)
        assert sorted(plain) == sorted(numbers(desk, *query, "hello")), query
    assert some > 10
    desk.advance(2 * 3600)
    assert numbers(desk, "created:1h") == numbers(desk, "created:1h hello") == [] and numbers(desk, "created:3h") == [4, 3, 2, 1]
    assert numbers(desk, "created:>1h") == [4, 3, 2, 1] and set(numbers(desk, "created:>1h hello")) == {1, 2, 3, 4}
    assert numbers(desk, "created:<3h created:>1h tag:vpn") == [2] and numbers(desk, "-updated:>1h") == []
    # an old one that something happens to is as fresh as a new one
    assert numbers(desk, "updated:1h") == numbers(desk, "updated:1h hello") == []
    desk.ok("ticket", "tag", "2", "lost")
    assert numbers(desk, "updated:1h") == numbers(desk, "updated:1h hello") == [2] and numbers(desk, "-updated:1h") == [4, 3, 1] and numbers(desk, "created:1h") == []


@query_desk
def test_query_that_is_wrong(desk):
    for query, words in (("colour:red", "there is no key"), ("state:sleeping", "is no state"), ("priority:huge", "is no priority"), ("waiting:bob", "waiting: is us or them"),
                         ("created:soon", "is no time"), ("due:soon", "is no time"), ("overdue:maybe", "overdue: is yes or no"), ("-printer", "there is no option"), ("sort:size", "cannot be sorted")):
        done = desk.cli("ticket", "list", query)
        assert done.code == 64 and words in done.err, (query, done.code, done.err)
    assert desk.cli("ticket", "list", "queue:nosuch").code == 0
