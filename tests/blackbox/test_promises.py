"""Promises: what the clocks of a ticket say, from its mails to the command line. The laws themselves: tests/unit/test_sla.c, doc/promises.md."""
import calendar
import email.utils
import os
import time

from desk import mail, setup, address_of, wait_until, AGENTS

BOB, EVA = "bob@agents.example", "eva@agents.example"

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
                           ({"name": "a", "first": "1h", "when": "created:7d"}, "changes by itself"), ({"name": "a", "first": "1h", "when": "colour:red"}, "there is no key"), ({"name": "a", "first": "1h", "when": "overdue:yes"}, "changes by itself"),
                           ({"name": "a", "first": "1h", "when": "priority:huge"}, "is no priority"),
                           ({"name": "a", "first": "1h", "pauses": ["lunch"]}, "third-party")):
        desk.set("sla", [promise])
        desk.write_config()
        done = desk.cli("check", json_output=False)
        assert done.code == 78 and words in done.out + done.err, (promise, done.code, done.out, done.err)


def numbers(desk, *query):
    return [t["id"] for t in desk.tickets(*query)]


@promising
def test_what_is_overdue_and_due_soon_is_asked_for_by_a_query(desk):
    for n in range(4):
        desk.accept(mail(sender="anna%d@example.com" % n, subject="The printer jams", body="hello printer\n"), sender="anna%d@example.com" % n)
    desk.ok("ticket", "priority", 3, "urgent", "--no-text")              # 30 minutes
    desk.ok("ticket", "resolve", 4, "--no-text", "--as", "bob")          # no clock
    assert numbers(desk, "sort:due") == [3, 2, 1, 4] and numbers(desk, "sort:-due")[-1] == 4 and numbers(desk, "sort:due", "--limit", "2") == [3, 2]
    assert numbers(desk, "due:45m") == [3] and numbers(desk, "due:<2h") == [3, 2, 1] and numbers(desk, "due:>45m") == [2, 1] and 4 in numbers(desk, "-due:2h")
    assert numbers(desk, "overdue:yes") == [] and numbers(desk, "overdue:no") == [4, 3, 2, 1]
    later(desk, 2400)
    assert numbers(desk, "overdue:yes") == [3] and numbers(desk, "-overdue:yes") == numbers(desk, "overdue:no") == [4, 2, 1]
    for query in (["overdue:yes"], ["overdue:no"], ["due:30m"], ["due:>30m"], ["-due:1h"]):       # by words, and by the database
        assert sorted(numbers(desk, *query)) == sorted(numbers(desk, *query, "hello")), query
    assert numbers(desk, "sort:due", "hello") == [3, 2, 1, 4]
    desk.ok("ticket", "reply", 3, "--as", "bob", stdin="Is it on?\n")
    assert numbers(desk, "overdue:yes") == []
    desk.ok("ticket", "pend", 1, "--until", "9d", "--as", "bob", stdin="Which model?\n")
    assert [c["state"] for c in desk.ok("sla", "list") if c["ticket"] == 1] == ["paused"]
    assert numbers(desk, "due:>2h") == [1]                               # stands still: due some day


def read_anew(desk, promises):
    """The daemon has read another sla[], and kept it."""
    versions = len(desk.ok("sla", "versions"))
    desk.set("sla", promises)
    desk.write_config()
    desk.hup()
    wait_until(lambda: len(desk.ok("sla", "versions")) > versions and desk.ok("sla", "versions")[-1]["since"], 10, "the new promises are kept")


@setup(config={"calendars": [ALWAYS], "desk.digest_hour": -1})
def test_promises_that_are_new_hold_for_what_is_open_and_others_for_what_comes(desk):
    desk.accept(mail(subject="The printer"))
    assert numbers(desk, "due:9w") == [] and desk.ok("sla", "list") == []
    read_anew(desk, PROMISES)
    assert numbers(desk, "due:2h") == [1] and clocks(desk)["first"]["version"] == 2
    read_anew(desk, [{"name": "none", "when": "tag:nothing", "first": "1h"}])
    assert numbers(desk, "due:9w") == [1] and clocks(desk)["first"]["policy"] == "silver"
    desk.accept(mail(subject="The phone"))
    assert desk.ticket(2)["sla"] == []
    desk.ok("sla", "apply")
    assert numbers(desk, "due:9w") == [] and clocks(desk) == {}


@promising
def test_another_configuration_rewrites_nothing_until_it_is_applied(desk):
    """Not for what runs, and never for what has stopped; explain says which version counts."""
    desk.accept(mail(subject="The printer"))
    desk.accept(mail(sender="zoe@example.com", subject="The phone"), sender="zoe@example.com")
    later(desk, 1200)
    desk.ok("ticket", "reply", 1, "--as", "bob", stdin="Is it on?\n")
    was = clocks(desk)["first"], clocks(desk, 2)["first"]
    before = desk.ok("report", "promises"), desk.ok("report", "answers")
    read_anew(desk, [{"name": "silver", "calendar": "round", "first": "10m", "next": "8h", "resolution": "80h"}])
    assert clocks(desk)["first"] == was[0] and clocks(desk, 2)["first"]["due"] == was[1]["due"] and clocks(desk, 2)["first"]["version"] == 1
    assert [desk.ok("report", name)["total"] for name in ("promises", "answers")] == [r["total"] for r in before]
    desk.accept(mail(sender="ann@example.com", subject="The door"), sender="ann@example.com")
    assert clocks(desk, 3)["first"]["version"] == 2 and is_near(clocks(desk, 3)["first"]["left_seconds"], 600)
    assert "by silver (version 1)" in desk.cli("sla", "explain", 2, json_output=False).out and "by silver (version 2, of " in desk.cli("sla", "explain", 3, json_output=False).out
    assert desk.ok("sla", "explain", 3)[0]["version_since"] == desk.ok("sla", "versions")[1]["since"]
    changes = desk.ok("sla", "apply", "--dry-run")
    assert [c["ticket"] for c in changes] == [1, 2] and changes[1]["missed"] and clocks(desk, 2)["first"]["version"] == 1, changes
    assert desk.ok("sla", "apply") == changes and desk.ok("sla", "apply") == []
    now = clocks(desk, 2)["first"]
    assert now["state"] == "missed" and now["retargeted"] and now["version"] == 3 and clocks(desk)["first"] == was[0], now
    assert numbers(desk, "overdue:yes") == [2]
    total = desk.ok("report", "promises")["total"]
    assert (total["n"], total["missed"], total["retargeted"]) == (1, 0, 1), total
    assert [t["id"] for t in desk.ok("report", "promises", "--list", "retargeted")] == [2]
    assert desk.ok("sla", "versions")[2]["applied"] and desk.ok("sla", "versions")[2]["who"]
    assert desk.cli("fsck", json_output=False).out == "clean\n"


@promising
def test_two_tickets_that_become_one_have_the_earlier_start(desk):
    desk.accept(mail(subject="The printer"))
    later(desk, 1500)
    desk.accept(mail(subject="The printer, again"))
    assert is_near(clocks(desk, 2)["first"]["used_seconds"], 0)
    desk.ok("ticket", "merge", 1, 2, "--as", "bob", "--no-text")
    first = clocks(desk, 2)["first"]
    assert first["state"] == "running" and is_near(first["used_seconds"], 1500) and is_near(clocks(desk, 2)["resolution"]["used_seconds"], 1500), first
    assert clocks(desk, 1) == {} and numbers(desk, "due:36m") == [2] and "went into #2" in desk.cli("sla", "explain", 1, json_output=False).out
    explained = {c["clock"]: c for c in desk.ok("sla", "explain", 2)}["resolution"]
    assert sum(s["seconds"] for s in explained["segments"]) == explained["used_seconds"] and explained["segments"][0]["from"] == first["started"]
    later(desk, 3000)
    total = desk.ok("report", "promises")["total"]
    assert (total["n"], total["missed"]) == (1, 1), total                # one promise, not two
    desk.ok("ticket", "reopen", 1, "--as", "bob", "--no-text")             # undoes the merge
    assert clocks(desk, 1)["first"]["state"] == "missed" and is_near(clocks(desk, 2)["first"]["used_seconds"], 3000) and clocks(desk, 2)["first"]["state"] == "running"
    assert numbers(desk, "overdue:yes") == [1] and desk.cli("fsck", json_output=False).out == "clean\n"


@promising
def test_what_was_closed_just_before_other_promises_hold_is_due_no_more(desk):
    desk.accept(mail(subject="The printer"))
    assert numbers(desk, "due:2h") == [1]
    desk.stop()
    desk.ok("ticket", "close", 1, "--no-text", "--as", "bob")
    desk.set("sla", [{"name": "gold", "calendar": "round", "first": "10m"}])
    desk.write_config()
    desk.ok("sla", "apply")
    assert numbers(desk, "due:9w") == [] and desk.cli("fsck", json_output=False).out == "clean\n"


@promising
def test_fsck_finds_a_promise_that_does_not_follow_from_the_history(desk):
    for n in range(2):
        desk.accept(mail(sender="anna%d@example.com" % n, subject="Request %d" % n), sender="anna%d@example.com" % n)
    assert numbers(desk, "due:2h") == [2, 1] and desk.cli("fsck", json_output=False).out == "clean\n"
    desk.stop()
    desk.sql("UPDATE promise SET due=due+1000 WHERE ticket=1", "DELETE FROM promise WHERE ticket=2")
    done = desk.cli("fsck", json_output=False)
    assert done.code == 65 and "ticket 1: its promise" in done.out and "ticket 2: its promise" in done.out, done.out


OFFICE = dict({"name": "office", "zone": "UTC"}, **{day: ["09:00-17:00"] for day in DAYS[:5]})
STEPS = [{"at": "-30m", "tell": "agent"}, {"at": "0m", "tell": "queue", "priority": "urgent"}, {"at": "1h", "tell": "supervisor"}]
SUE = {"name": "sue", "email": "sue@agents.example", "display": "Sue Smith", "role": "supervisor"}


def stepping(promise, calendar=ALWAYS):
    return setup(agents=AGENTS + [SUE], queues=[{"name": "support", "address": "support@example.org", "agents": ["bob", "eva"]}], config={"calendars": [calendar], "sla": [dict({"name": "gold", "calendar": calendar["name"], "steps": STEPS}, **promise)], "desk.digest_hour": -1})


def sender(notice):
    return email.utils.parseaddr(str(notice["From"]))


def told(desk, who, *events):
    return [m for m in desk.sent_to(who) if m["X-Sportello-Event"] in events]


def wait_told(desk, who, count, *events):
    for _ in range(100):
        if len(told(desk, who, *events)) >= count:
            break
        time.sleep(0.1)
    return told(desk, who, *events)


@stepping({"first": "2h"})
def test_the_steps_of_a_promise_tell_agent_queue_and_supervisor_once_each(desk):
    desk.accept(mail(subject="The printer"))
    desk.ok("ticket", "assign", 1, "bob", "--no-text")
    later(desk, 3600)
    time.sleep(2.5)
    assert not told(desk, BOB, "due", "overdue")
    later(desk, 1860)                                                    # 91 minutes: half an hour before
    due = wait_told(desk, BOB, 1, "due")
    assert len(due) == 1 and "is due by" in due[0].text and "The printer [#1]" in due[0]["Subject"] and sender(due[0])[0].startswith("Due soon \u00b7 "), due
    assert not told(desk, EVA, "due", "overdue") and desk.ticket(1)["priority"] == "normal"
    later(desk, 1860)
    overdue = wait_told(desk, EVA, 1, "overdue")
    assert len(overdue) == 1 and len(wait_told(desk, BOB, 1, "overdue")) == 1 and "was due by" in overdue[0].text and desk.ticket(1)["priority"] == "urgent"
    assert not told(desk, "sue@agents.example", "due", "overdue")
    later(desk, 3600)
    assert len(wait_told(desk, "sue@agents.example", 1, "overdue")) == 1
    later(desk, 36000)
    time.sleep(2.5)
    assert [len(told(desk, who, "due", "overdue")) for who in (BOB, EVA, "sue@agents.example")] == [2, 1, 1]
    assert [h["what"] for h in desk.ticket(1)["history"] if "promise:" in h["what"]] == ["told of its promise: first, " + step for step in ("-30m agent", "0m queue", "1h supervisor")]
    desk.ok("ticket", "reply", 1, "--as", "bob", stdin="Is it on?\n")
    desk.ok("fsck")


@stepping({"first": "2h"})
def test_who_answers_in_time_is_told_nothing_and_many_at_once_come_in_one_mail(desk):
    for n in range(6):
        desk.accept(mail(sender="anna%d@example.com" % n, subject="Request %d" % n), sender="anna%d@example.com" % n)
    desk.ok("ticket", "reply", 1, "--as", "bob", stdin="Is it on?\n")
    later(desk, 5500)
    lists = wait_told(desk, EVA, 1, "overdue")
    assert len(lists) == 1 and all("#%d " % n in lists[0].text for n in range(2, 7)) and "#1 " not in lists[0].text, [m.text for m in lists]
    time.sleep(2)
    assert len(told(desk, EVA, "due", "overdue")) == 1


@setup(start=False, config={"calendars": [ALWAYS]})
def test_steps_that_cannot_be_taken_are_named(desk):
    for step, words in (({"at": "soon"}, "before or after"), ({"at": "2bd"}, "before or after"), ({"tell": "agent"}, "sla[].steps[].at"), ({"at": "1h", "tell": "boss"}, '"supervisor"'), ({"at": "1h", "whom": "x"}, "unknown key"),
                        ({"at": "1h", "priority": "huge"}, '"urgent"')):
        desk.set("sla", [{"name": "a", "first": "1h", "steps": [step]}])
        desk.write_config()
        done = desk.cli("check", json_output=False)
        assert done.code == 78 and words in done.out + done.err, (step, done.code, done.out, done.err)


@stepping({"first": "2h"})
def test_another_configuration_of_promises_is_tried_before_it_holds(desk):
    desk.accept(mail(subject="The printer"))
    assert numbers(desk, "due:3h") == [1]
    assert desk.ok("sla", "apply", "--dry-run") == []
    desk.set("sla", [{"name": "gold", "calendar": "round", "first": "6h"}])
    desk.write_config()
    change, = desk.ok("sla", "apply", "--dry-run")
    assert change["ticket"] == 1 and change["was"] < change["due"] and not change["missed"]
    assert desk.ok("sla", "apply", "--dry-run") == [change] and len(desk.ok("sla", "apply")) == 1 and desk.ok("sla", "apply", "--dry-run") == []
    assert numbers(desk, "due:3h") == [] and numbers(desk, "due:7h") == [1]


@setup(config={"calendars": [OFFICE], "sla": [{"name": "gold", "calendar": "office", "first": "2h"}], "desk.digest_hour": -1, "desk.time_zone": "Europe/Rome"})
def test_the_acknowledgement_names_the_promised_time_with_its_zone(desk):
    desk.accept(mail(subject="The printer"))
    words = " ".join(desk.wait_sent(1, to="anna@example.com")[0].text.split())
    assert "(UTC+1)" in words or "(UTC+2)" in words, words
    due = desk.ticket(1)["sla"][0]["due"]
    local = time.strftime("%H:%M", time.gmtime(calendar.timegm(time.strptime(due, "%Y-%m-%dT%H:%M:%SZ")) + (7200 if "(UTC+2)" in words else 3600)))
    assert local in words, (due, words)


@promising
def test_a_ticket_that_was_split_off_counts_from_when_its_words_came(desk):
    desk.accept(mail(subject="The printer"))
    desk.ok("ticket", "reply", 1, "--as", "bob", stdin="Is it on?\n")
    answer = desk.wait_sent(2, to="anna@example.com")[-1]
    desk.accept(mail(subject="Re: The printer", body="And the VPN is down.\n", to=address_of(answer)), [address_of(answer)])
    later(desk, 2400)
    message = [m["id"] for m in desk.ticket(1)["messages"] if m["direction"] == "in"][-1]
    desk.ok("ticket", "split", 1, message, "--no-text")
    first = clocks(desk, 2)["first"]
    assert first["state"] == "running" and is_near(first["used_seconds"], 2400), first
