"""Promises: what the clocks of a ticket say, from its mails to the command line. The laws themselves: tests/unit/test_sla.c, doc/promises.md."""
from desk import mail, setup, address_of

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ALWAYS = dict({"name": "round", "zone": "Europe/Rome"}, **{day: ["00:00-24:00"] for day in DAYS})
PROMISES = [{"name": "gold", "when": "priority:urgent", "calendar": "round", "first": "30m"},
            {"name": "silver", "when": "queue:support", "calendar": "round", "first": "1h", "next": "4h", "resolution": "40h"}]
promising = setup(config={"calendars": [ALWAYS], "sla": PROMISES, "desk.digest_hour": -1})


def clocks(desk, number=1):
    return {c["clock"]: c for c in desk.ticket(number)["sla"]}


def later(desk, seconds):
    desk.passed = getattr(desk, "passed", 0) + seconds
    desk.advance(desk.passed)


def is_near(seconds, wanted):
    return abs(seconds - wanted) < 60


@promising
def test_clocks_run_stop_and_stand_still_as_promised(desk):
    desk.accept(mail(subject="The printer"))
    first = clocks(desk)["first"]
    assert first["state"] == "running" and first["policy"] == "silver" and first["stopped"] is None and is_near(first["left_seconds"], 3600)
    later(desk, 1800)
    desk.ok("ticket", "reply", 1, "--as", "bob", stdin="Is it on?\n")
    first = clocks(desk)["first"]
    assert first["state"] == "met" and is_near(first["used_seconds"], 1800) and is_near(first["left_seconds"], 1800) and first["stopped"]
    assert "next" not in clocks(desk)
    later(desk, 600)
    answer = desk.wait_sent(2, to="anna@example.com")[-1]
    for words in ("It is.\n", "It is on, and blinks.\n"):
        desk.accept(mail(subject="Re: The printer", body=words, to=address_of(answer)), [address_of(answer)])
        later(desk, 3600)
    then = clocks(desk)["next"]
    assert then["state"] == "running" and is_near(then["used_seconds"], 7200), then
    later(desk, 3 * 3600)
    assert clocks(desk)["next"]["state"] == "missed" and clocks(desk)["next"]["left_seconds"] < 0
    listed = desk.ok("sla", "list")
    assert [c["clock"] for c in listed] == ["next", "resolution"] and listed[0]["ticket"] == 1
    assert [c["clock"] for c in desk.ok("sla", "list", "--within", "30m")] == ["next"]
    desk.ok("ticket", "pend", 1, "--until", "3d", "--as", "bob", stdin="Which model?\n")
    used = clocks(desk)["resolution"]
    assert used["state"] == "paused" and clocks(desk)["next"]["state"] == "missed" and clocks(desk)["next"]["stopped"]
    later(desk, 86400)
    assert is_near(clocks(desk)["resolution"]["used_seconds"], used["used_seconds"])
    desk.ok("ticket", "pend", 1, "--until", "9d", "--waiting", "third-party", "--no-text", "--as", "bob")        # nobody's pause but the customer's
    assert clocks(desk)["resolution"]["state"] == "running"
    desk.ok("ticket", "pend", 1, "--until", "9d", "--waiting", "customer", "--no-text", "--as", "bob")
    assert clocks(desk)["resolution"]["state"] == "paused"
    for clock in desk.ok("sla", "explain", 1):
        assert sum(s["seconds"] for s in clock["segments"]) == clock["used_seconds"] and all(s["why"] for s in clock["segments"]), clock
    assert "waits for the customer" in desk.cli("sla", "explain", 1, json_output=False).out
    desk.ok("ticket", "resolve", 1, "--no-text", "--as", "bob")
    assert clocks(desk)["resolution"]["state"] == "met"


@promising
def test_the_promise_is_that_of_the_ticket_as_it_is_and_counts_from_its_start(desk):
    desk.accept(mail(subject="The printer"))
    later(desk, 2400)
    assert clocks(desk)["first"]["state"] == "running"
    desk.ok("ticket", "priority", 1, "urgent", "--no-text")
    first = clocks(desk)["first"]
    assert first["policy"] == "gold" and first["state"] == "missed" and is_near(first["left_seconds"], -600), first
    assert list(clocks(desk)) == ["first"]
    desk.ok("ticket", "priority", 1, "normal", "--no-text")
    assert clocks(desk)["first"]["policy"] == "silver" and clocks(desk)["first"]["state"] == "running"


@setup(queues=[{"name": "support", "address": "support@example.org", "agents": ["bob", "eva"], "answer_hours": 4}])
def test_answer_hours_are_the_short_form_of_a_promise(desk):
    desk.accept(mail())
    first = clocks(desk)["first"]
    assert first["policy"] == "answer_hours" and is_near(first["left_seconds"], 4 * 3600)


@promising
def test_an_answer_that_comes_back_answers_nobody(desk):
    desk.accept(mail(subject="The printer"))
    desk.ok("ticket", "reply", 1, "--as", "bob", stdin="Is it on?\n")
    assert clocks(desk)["first"]["state"] == "met"
    answer = desk.wait_sent(2, to="anna@example.com")[-1]
    bounce = answer.sender
    report = ("From: MAILER-DAEMON@mx.example.net\nTo: %s\nSubject: Undelivered\nMIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
              "--b\nContent-Type: text/plain\n\nIt could not be delivered.\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.net\n\n"
              "Final-Recipient: rfc822; anna@example.com\nAction: failed\nStatus: 5.1.1\n--b--\n" % bounce)
    desk.accept(report.replace("\n", "\r\n").encode(), [bounce], sender="")
    later(desk, 600)
    assert clocks(desk)["first"]["state"] == "running" and is_near(clocks(desk)["first"]["used_seconds"], 600)


@setup(start=False, config={"calendars": [ALWAYS]})
def test_a_promise_that_cannot_hold_is_named(desk):
    for promise, words in (({"name": "a", "first": "soon"}, "expected a time such as"), ({"name": "a"}, "promises nothing"), ({"name": "a", "first": "1h", "calendar": "rond"}, 'did you mean "round"'),
                           ({"name": "a", "first": "1h", "when": "created:7d"}, "changes by itself"), ({"name": "a", "first": "1h", "when": "colour:red"}, "there is no key"),
                           ({"name": "a", "first": "1h", "pauses": ["lunch"]}, "third-party")):
        desk.set("sla", [promise])
        desk.write_config()
        done = desk.cli("check", json_output=False)
        assert done.code == 78 and words in done.out + done.err, (promise, done.code, done.out, done.err)
