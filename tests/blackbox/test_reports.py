"""Reports: what happened in a span of time, counted from the history. The same numbers as table, JSON, CSV and drawing; each opens its tickets."""
import csv
import datetime
import io
import random
import re
import time
import xml.dom.minidom

from desk import mail, setup, address_of, wait_until
from test_promises import ALWAYS, PROMISES, later

reporting = setup(config={"calendars": [ALWAYS], "sla": PROMISES, "desk.digest_hour": -1})
VOLUME = ("new", "reopened", "resolved", "merged", "moved_in", "moved_out", "backlog_start", "backlog_end")


def report(desk, *arguments):
    return desk.ok("report", *arguments)


def total(desk, *arguments):
    return report(desk, *arguments)["total"]


def by_key(desk, *arguments):
    return {row["key"]: row for row in report(desk, *arguments)["rows"]}


def listed(desk, figure, *arguments):
    return [t["id"] for t in report(desk, *arguments, "--list", figure)]


def adds_up(row):
    return row["backlog_end"] == row["backlog_start"] + row["new"] + row["reopened"] - row["resolved"] - row["merged"] + row["moved_in"] - row["moved_out"]


def ask(desk, n, queue="support", **more):
    sender = "anna%d@example.com" % n
    desk.accept(mail(sender=sender, to=queue + "@example.org", subject="Request %d" % n, **more), [queue + "@example.org"], sender=sender)


@reporting
def test_volume_is_what_came_and_went_and_each_figure_opens_its_tickets(desk):
    for n in range(1, 6):
        ask(desk, n)
    desk.ok("ticket", "resolve", 1, "--no-text", "--as", "bob")
    desk.ok("ticket", "close", 2, "--no-text", "--as", "bob")            # closed from open: resolved, too
    desk.ok("ticket", "reopen", 1, "--no-text", "--as", "bob")
    desk.ok("ticket", "resolve", 1, "--no-text", "--as", "bob")
    desk.ok("ticket", "merge", 4, 3, "--no-text")
    desk.ok("ticket", "queue", 5, "network", "--no-text")
    made = report(desk, "volume")
    assert made["report"] == "volume" and made["by"] is None and made["from"] < made["to"] and made["zone"], made
    assert [made["total"][f] for f in VOLUME] == [5, 1, 3, 1, 0, 0, 0, 2], made["total"]
    assert listed(desk, "new", "volume") == [5, 4, 3, 2, 1] and listed(desk, "reopened", "volume") == [1] and listed(desk, "resolved", "volume") == [2, 1, 1]
    assert listed(desk, "merged", "volume") == [4] and listed(desk, "backlog_end", "volume") == [5, 3] and listed(desk, "backlog_start", "volume") == []
    queues = by_key(desk, "volume", "--by", "queue")
    assert queues["network"]["moved_in"] == 1 and queues["network"]["backlog_end"] == 1 and queues["network"]["new"] == 0
    assert queues["support"]["moved_out"] == 1 and queues["support"]["new"] == 5 and queues["support"]["backlog_end"] == 1
    assert total(desk, "volume", "--where", "queue:network")["moved_in"] == 1
    for arguments in (["--by", by] for by in ("queue", "agent", "customer", "organisation", "tag", "language", "day", "week", "month", "hour")):
        if arguments[1] == "agent":
            assert desk.cli("report", "volume", *arguments).code == 64
            continue
        made = report(desk, "volume", "--since", "3d", *arguments)
        assert all(adds_up(row) for row in made["rows"]), made
        assert all(sum(row[f] for row in made["rows"]) == made["total"][f] for f in ("new", "reopened", "resolved", "merged")), made
    later(desk, 86400 * 40)
    assert [total(desk, "volume", "--since", "30d")[f] for f in VOLUME] == [0, 0, 0, 0, 0, 0, 2, 2]
    before = report(desk, "volume", "--since", "45d", "--until", "35d", "--by", "day")
    assert before["total"]["new"] == 5 and len(before["rows"]) == 11 and before["rows"][0]["backlog_end"] == 0 and before["rows"][-1]["backlog_end"] == 2


@reporting
def test_107_the_backlog_adds_up_whatever_happens(desk):
    chance = random.Random(11)
    for n in range(1, 13):
        ask(desk, n, queue=chance.choice(["support", "network"]))
    for _ in range(120):
        number = chance.randint(1, 12)
        order = chance.choice([["resolve"], ["close"], ["reopen"], ["queue", chance.choice(["support", "network"])], ["assign", chance.choice(["bob", "eva"])], ["tag", chance.choice("ab")],
                               ["untag", chance.choice("ab")], ["priority", chance.choice(["high", "normal"])], ["pend", "--until", "3d"], ["merge", str(chance.randint(1, 12))]])
        desk.cli("ticket", order[0], number, *order[1:], "--no-text", "--as", "bob")
        if chance.random() < 0.2:
            later(desk, chance.randint(1, 30000))
    open_now = [t["id"] for t in desk.tickets("state:new", "state:open", "state:pending")]
    for where in ([], ["--where", "queue:support"], ["--where", "tag:a -priority:high"], ["--where", "-tag:b"]):
        for by in ([], ["--by", "queue"], ["--by", "tag"], ["--by", "day"], ["--by", "hour"], ["--by", "language"]):
            made = report(desk, "volume", *where, *by)
            assert all(adds_up(row) for row in made["rows"] + [made["total"]]), (where, by, made)
    assert sorted(listed(desk, "backlog_end", "volume")) == sorted(open_now)
    assert sorted(listed(desk, "backlog_end", "volume", "--where", "tag:a")) == sorted(t["id"] for t in desk.tickets("state:new", "state:open", "state:pending", "tag:a"))
    for figure in VOLUME:
        assert len(listed(desk, figure, "volume")) == total(desk, "volume")[figure], figure


@reporting
def test_105_answers_take_what_the_clock_says_and_count_for_who_wrote(desk):
    for n in range(1, 5):
        ask(desk, n)
    for n, wait in ((1, 600), (2, 600), (3, 3600)):
        later(desk, wait)
        desk.ok("ticket", "reply", n, "--as", ("bob", "eva")[n % 2], stdin="Is it on?\n")
    desk.ok("ticket", "note", 4, "--as", "bob", stdin="Who knows?\n")
    desk.ok("ticket", "resolve", 4, "--no-text", "--as", "bob")          # no words: no answer
    made = total(desk, "answers")
    assert made["first_n"] == 3 and abs(made["first_median_seconds"] - 1200) < 60 and abs(made["first_p90_seconds"] - 4800) < 60, made
    assert abs(made["first_in_time_share"] - 2 / 3) < 0.01 and made["next_n"] == 0 and made["next_median_seconds"] is None
    assert listed(desk, "first_n", "answers") == [3, 2, 1] and listed(desk, "first_in_time_share", "answers") == [2, 1]
    answer = desk.wait_sent(2, to="anna1@example.com")[-1]
    desk.accept(mail(sender="anna1@example.com", subject="Re: Request 1", body="It is.\n", to=address_of(answer)), [address_of(answer)], sender="anna1@example.com")
    later(desk, 900)
    desk.ok("ticket", "reply", 1, "--as", "bob", stdin="Then off.\n")
    made = total(desk, "answers")
    assert made["next_n"] == 1 and abs(made["next_median_seconds"] - 900) < 60 and made["next_in_time_share"] == 1
    kept = report(desk, "promises")
    rows = {row["key"]: row for row in kept["rows"]}
    assert rows["silver first"]["missed"] == 2 and rows["silver first"]["met"] == 2 and rows["silver next"]["in_time_share"] == 1, rows
    assert kept["total"]["n"] == kept["total"]["met"] + kept["total"]["missed"] and len(listed(desk, "missed", "promises")) == kept["total"]["missed"]
    work = total(desk, "workload")
    assert (work["written"], work["answers"], work["notes"], work["resolved"], work["backlog_end"]) == (5, 4, 1, 1, 3), work
    done = total(desk, "resolution")
    assert done["resolution_n"] == 1 and abs(done["resolution_median_seconds"] - 4800) < 60 and listed(desk, "resolution_n", "resolution") == [4]
    # of single agents only where the desk wants it; who looks is kept
    assert desk.cli("report", "answers", "--by", "agent").code == 64 and desk.cli("report", "answers", "--where", "agent:bob").code == 64
    desk.set("reports.per_agent", "on")
    desk.write_config()
    agents = by_key(desk, "answers", "--by", "agent")
    assert agents["bob"]["first_n"] == 1 and agents["eva"]["first_n"] == 2 and agents["bob"]["next_n"] == 1, agents
    assert desk.ok("report", "looked")[0]["what"] == "report answers --by agent"


@reporting
def test_103_the_same_numbers_in_four_places(desk):
    for n in range(1, 4):
        ask(desk, n)
    desk.ok("ticket", "tag", 1, "=1+1")
    desk.ok("ticket", "resolve", 2, "--no-text", "--as", "bob")
    picture = str(desk.directory) + "/report.svg"
    for name, by in (("volume", "tag"), ("volume", "day"), ("answers", "queue"), ("resolution", "week"), ("promises", None), ("mail", None), ("mail", "day"), ("articles", "language"), ("satisfaction", "month"),
                     ("workload", "queue")):
        arguments = [name, "--since", "2d"] + (["--by", by] if by else [])
        made = report(desk, *arguments, "--svg", picture)
        text = desk.cli("report", *arguments, "--csv", json_output=False).out
        rows = list(csv.DictReader(io.StringIO(text, newline="")))
        for row, wanted in zip(rows, made["rows"] + [made["total"]]):
            assert row[by or "key"].lstrip("'") == wanted.get("key", "total"), (row, wanted)
            for figure, number in wanted.items():
                if figure != "key":
                    assert row[figure] == "" if number is None else abs(float(row[figure]) - number) < 0.001, (name, figure, row, wanted)
        drawing = xml.dom.minidom.parse(picture).documentElement
        assert drawing.tagName == "svg" and drawing.getElementsByTagName("title") and drawing.getElementsByTagName("desc") and not drawing.getElementsByTagName("script")
        table = desk.cli("report", *arguments, json_output=False).out
        assert "total" in table and made["zone"] in table
    assert "'=1+1" in desk.cli("report", "volume", "--by", "tag", "--csv", json_output=False).out
    assert total(desk, "mail")["n"] == 3 and by_key(desk, "mail")["ticket"]["n"] == 3 and listed(desk, "n", "mail") == [3, 2, 1]


@reporting
def test_a_report_that_is_wrong_says_what_there_is(desk):
    for arguments, words in ((["sales"], "volume, answers"), (["volume", "--by", "colour"], "one of queue, agent"), (["volume", "--list", "first_n"], "it has new, reopened"), (["volume", "--where", "colour:red"], "there is no key"),
                             (["volume", "--where", "state:open"], "not what it was then"), (["volume", "--since", "soon"], ""), (["volume", "--since", "1d", "--until", "2d"], "before it begins"),
                             (["mail", "--by", "tag"], "by disposition"), (["volume", "--where", "overdue:yes"], "not what it was then")):
        done = desk.cli("report", *arguments)
        assert done.code == 64 and words in done.err, (arguments, done.code, done.err)


@setup(config={"desk.digest_hour": -1, "desk.time_zone": "UTC", "reports.mail_to": ["eva", "boss@example.org"], "reports.mail_on": "monday"})
def test_97_the_weeks_numbers_come_as_a_mail_once_a_week(desk):
    ask(desk, 1)
    ask(desk, 2, queue="network")
    desk.ok("ticket", "resolve", 1, "--no-text", "--as", "bob")
    time.sleep(1.5)
    now = time.gmtime()
    later(desk, ((7 - now.tm_wday) * 24 + 7 - now.tm_hour) * 3600)         # next Monday, between 7 and 8
    for who in ("eva@agents.example", "boss@example.org"):
        for _ in range(100):
            mails = [m for m in desk.sent_to(who) if m["X-Sportello-Event"] == "report"]
            if mails:
                break
            time.sleep(0.1)
        assert len(mails) == 1, who
        words = mails[0].text
        assert "new: 2, resolved: 1" in words and "support" in words and "network" in words and "\u2588" in words, words
        assert max(map(len, words.split("\n-- \n")[0].splitlines())) < 55, words         # no line is wider than a narrow window
    later(desk, 7 * 3600)
    time.sleep(1.5)
    assert len([m for m in desk.sent_to("boss@example.org") if m["X-Sportello-Event"] == "report"]) == 1


@setup(config={"desk.digest_hour": -1, "desk.time_zone": "Europe/Rome", "desk.language": "it", "reports.mail_to": ["boss@example.org"], "reports.mail_on": "monday"})
def test_a_week_has_seven_days_where_its_clocks_were_set_forward(desk):
    time.sleep(1.5)
    today = datetime.datetime.now(datetime.timezone.utc)
    last = lambda year: max(day for day in (datetime.date(year, 3, n) for n in range(25, 32)) if day.weekday() == 6)
    sunday = last(today.year) if last(today.year) > today.date() else last(today.year + 1)
    monday = datetime.datetime.combine(sunday, datetime.time(5, 30), datetime.timezone.utc) + datetime.timedelta(days=1)
    later(desk, int((monday - today).total_seconds()))                      # 7:30 there
    wait_until(lambda: [m for m in desk.sent_to("boss@example.org") if m["X-Sportello-Event"] == "report"], 15)
    words = desk.sent_to("boss@example.org")[-1].text
    days = [line.split()[:2] for line in words.splitlines() if re.match(r" *(lun|mar|mer|gio|ven|sab|dom) ", line)]
    assert days == [[name, str((sunday - datetime.timedelta(days=6 - n)).day)] for n, name in enumerate("lun mar mer gio ven sab dom".split())], words


@reporting
def test_a_customer_is_one_whichever_address_he_writes_from(desk):
    ask(desk, 1)
    ask(desk, 2)
    desk.ok("organisation", "set", "Acme")
    desk.ok("customer", "set", "anna1@example.com", "--organisation", "Acme")
    desk.ok("customer", "merge", "anna2@example.com", "anna1@example.com")
    rows = by_key(desk, "volume", "--by", "customer")
    assert list(rows) == ["anna1@example.com"] and rows["anna1@example.com"]["new"] == 2, rows
    assert total(desk, "volume", "--where", "customer:anna2@example.com")["new"] == 2 and total(desk, "volume", "--where", "-customer:anna1@example.com")["new"] == 0
    assert sum(row["new"] for row in by_key(desk, "volume", "--by", "organisation").values()) == 2


@reporting
def test_a_statement_tells_one_customer_what_he_asked_and_how_long_it_took_and_no_words(desk):
    desk.accept(mail(subject="=cmd: printer", body="SECRET-OF-ANNA\n"))
    desk.accept(mail(sender="zoe@example.com", subject="The phone", body="SECRET-OF-ZOE\n"), sender="zoe@example.com")
    desk.ok("customer", "add-address", "anna@example.com", "anna.b@example.com")
    desk.accept(mail(sender="anna.b@example.com", subject="The door"), sender="anna.b@example.com")
    later(desk, 1200)
    desk.ok("ticket", "note", 1, "--as", "bob", stdin="SECRET-NOTE\n")
    desk.ok("ticket", "reply", 1, "--as", "bob", stdin="SECRET-ANSWER. Is it on?\n")
    answer = desk.wait_sent(2, to="anna@example.com")[-1]
    desk.accept(mail(subject="Re: printer", body="It is.\n", to=address_of(answer)), [address_of(answer)])
    later(desk, 5 * 3600)
    desk.ok("ticket", "resolve", 1, "--as", "eva", stdin="Switch it off and on.\n")
    made = desk.ok("report", "statement", "--customer", "anna.b@example.com")
    assert made["customer"] == "anna@example.com" and [r["ticket"] for r in made["requests"]] == [1, 3] and made["total"]["requests"] == 2, made
    times = {t["what"]: t for t in made["requests"][0]["times"]}
    assert times["first"]["in_time"] and 1195 < times["first"]["elapsed_seconds"] < 1260 and times["next"]["in_time"] is False and times["resolution"]["in_time"], times
    assert [t["stopped"] for t in made["requests"][1]["times"]] == [None, None]
    total_ = made["total"]
    assert (total_["written"], total_["answers"], total_["first_n"], total_["first_in_time"], total_["next_promised"], total_["next_in_time"]) == (3, 2, 1, 1, 1, 0), total_
    words = desk.cli("report", "statement", "--customer", "anna@example.com", json_output=False).out
    table = desk.cli("report", "statement", "--customer", "anna@example.com", "--csv", json_output=False).out
    for out in (words, table, str(made)):
        assert "SECRET" not in out and "zoe" not in out and "phone" not in out and "bob" not in out and "eva" not in out.lower(), out
    assert "first answer: 1 of 1 in time" in words and ", late" in words and "The door" in words, words
    rows = list(csv.DictReader(io.StringIO(table)))
    assert [(r["ticket"], r["what"], r["in_time"]) for r in rows[:3]] == [("1", "first", "yes"), ("1", "next", "no"), ("1", "resolution", "yes")] and rows[0]["subject"].startswith("'="), rows
    assert desk.cli("report", "statement", json_output=False).code == 64 and desk.cli("report", "statement", "--customer", "nobody@example.com", json_output=False).code == 66
    assert desk.ok("report", "statement", "--customer", "anna@example.com", "--until", "2020-01-02", "--since", "2020-01-01")["requests"] == []


@setup(config={"desk.time_zone": "Europe/Rome"})
def test_a_date_is_its_beginning_on_the_clocks_of_the_desk(desk):
    made = report(desk, "volume", "--since", "2026-03-29", "--until", "2026-03-30", "--by", "day")
    assert (made["from"], made["to"], made["zone"]) == ("2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z", "Europe/Rome") and [r["key"] for r in made["rows"]] == ["2026-03-29"], made
    assert len(report(desk, "volume", "--since", "2026-03-29", "--until", "2026-03-30", "--by", "hour")["rows"]) == 23
    heading = desk.cli("report", "volume", "--since", "2026-03-29", "--until", "2026-03-30", json_output=False).out.splitlines()[0]
    assert heading == "volume, 2026-03-29 00:00 to 2026-03-30 00:00, Europe/Rome", heading
    picture = str(desk.directory) + "/day.svg"
    report(desk, "volume", "--since", "2026-03-29", "--until", "2026-03-30", "--svg", picture)
    told = xml.dom.minidom.parse(picture).getElementsByTagName("desc")[0].firstChild.data
    assert told.startswith("From 2026-03-29 00:00 to 2026-03-30 00:00, Europe/Rome."), told


KINDS = ("volume", "answers", "resolution", "promises", "satisfaction", "workload", "articles", "mail")


def all_reports(desk, *span):
    """Each report by something, one with a query; and the tickets of two figures."""
    asked = [[kind, "--by", by] for kind, by in zip(KINDS, ("tag", "customer", "queue", "hour", "language", "customer", "day", "queue"))]
    asked += [["volume"], ["promises"], ["answers", "--where", "-tag:b -customer:anna2@example.com"]]
    made = {" ".join(a): {k: v for k, v in report(desk, *a, *span).items() if k not in ("from", "to")} for a in asked}
    for kind, figure in (("volume", "backlog_end"), ("promises", "missed")): made[kind + " lists " + figure] = listed(desk, figure, kind, *span)
    return made


def told_now(desk, *span):
    """The same by a configuration of which nothing is kept: queues have other addresses there."""
    was = desk.settings["queues"][0].pop("also", None)
    desk.settings["queues"][0]["also"] = ["nobody@example.org"]
    desk.write_config()
    try: return all_reports(desk, *span)
    finally:
        desk.settings["queues"][0].pop("also")
        if was is not None: desk.settings["queues"][0]["also"] = was
        desk.write_config()


def differences(a, b): return [(k, a[k], b.get(k)) for k in a if a[k] != b.get(k)]


def same_both_ways(desk):
    """At one moment, since time goes on."""
    span = ["--until", time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + desk_offset(desk)))]
    wrong = differences(all_reports(desk, *span), told_now(desk, *span))
    assert not wrong, wrong[:3]


def is_kept(desk, ticket=8):
    """All that happened until now is in the pages: so is the last that happens."""
    moment = (time.time() + desk_offset(desk)) * 1000
    desk.ok("ticket", "note", ticket, "--as", "bob", stdin="Until here.\n")
    wait_until(lambda: any(e["more"] == "no" and int(e["upto"]) > moment for e in desk.log("reports.kept")), 40, "reports are up to date")


@reporting
def test_figures_are_the_same_whether_histories_are_kept_or_told(desk):
    chance = random.Random(22)
    for n in range(1, 9):
        ask(desk, n, queue=chance.choice(["support", "network"]))
    def live(count):
        for _ in range(count):
            number = chance.randint(1, 8)
            order = chance.choice([["resolve", "--no-text"], ["close", "--no-text"], ["reopen", "--no-text"], ["queue", chance.choice(["support", "network"]), "--no-text"], ["tag", chance.choice("ab"), "--no-text"],
                                   ["priority", chance.choice(["high", "normal"]), "--no-text"], ["pend", "--until", "3d", "--no-text"], ["merge", str(chance.randint(1, 8)), "--no-text"], ["reply"], ["note"]])
            desk.cli("ticket", order[0], number, *order[1:], "--as", "bob", stdin="" if "--no-text" in order else "Words.\n")
            if chance.random() < 0.3: later(desk, chance.randint(1, 30000))
    live(40)
    is_kept(desk)
    same_both_ways(desk)
    live(12)                                                             # what the pages do not have yet
    same_both_ways(desk)
    ask(desk, 9)
    live(10)
    is_kept(desk)
    same_both_ways(desk)
    assert desk.cli("fsck", json_output=False).out == "clean\n"
    # what is erased takes its pages with it, and no figure of what was
    later(desk, 7200)
    span = ["--until", time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + desk_offset(desk) - 3600))]
    numbers = lambda made: {k: v["total"] for k, v in made.items() if " lists " not in k and "customer" not in k}
    was = all_reports(desk, *span)
    desk.ok("erase", "customer", "anna1@example.com")
    assert not differences(numbers(was), numbers(all_reports(desk, *span)))
    same_both_ways(desk)
    is_kept(desk)
    assert not differences(numbers(was), numbers(all_reports(desk, *span)))
    same_both_ways(desk)
    assert desk.cli("fsck", json_output=False).out == "clean\n"


test_figures_are_the_same_whether_histories_are_kept_or_told.long = 40


@reporting
def test_a_customer_whose_number_another_address_has_keeps_his_figures(desk):
    for n in range(1, 4): ask(desk, n)
    later(desk, 60)
    is_kept(desk, 3)
    anna = desk.ok("customer", "set", "anna1@example.com", "--name", "Anna")["id"]
    desk.ok("customer", "add-address", anna, "anna@home.example")
    rows = by_key(desk, "volume", "--by", "customer")
    assert sorted(rows) == ["anna1@example.com", "anna2@example.com", "anna3@example.com"], rows
    desk.ok("customer", "set", anna, "--primary", "anna@home.example")
    assert by_key(desk, "volume", "--by", "customer")["anna@home.example"]["new"] == 1
    same_both_ways(desk)
    # the address that gave him his number gets one of its own: the pages have the old one
    desk.ok("customer", "remove-address", anna, "anna1@example.com")
    assert by_key(desk, "volume", "--by", "customer")["anna1@example.com"]["new"] == 1 and total(desk, "volume", "--where", "customer:anna1@example.com")["new"] == 1
    same_both_ways(desk)
    assert desk.cli("fsck", json_output=False).out == "clean\n"


test_a_customer_whose_number_another_address_has_keeps_his_figures.long = 15


def desk_offset(desk):
    with open(desk.clock_file) as f: return float(f.read())


@setup(config={"calendars": [ALWAYS], "sla": [{"name": "anna", "when": "customer:anna1@example.com", "calendar": "round", "first": "1h"}, {"name": "all", "calendar": "round", "first": "2h"}]})
def test_a_promise_for_one_customer_is_forgotten_with_him(desk):
    ask(desk, 1)
    ask(desk, 2)
    assert [desk.ticket(n)["sla"][0]["policy"] for n in (1, 2)] == ["anna", "all"]
    refused = desk.cli("erase", "customer", "anna1@example.com")
    assert refused.code != 0 and "anna1@example.com" in refused.err and "Nothing was erased" in refused.err and desk.ticket(1)["subject"] == "Request 1", refused
    desk.set("sla", desk.settings["sla"][1:])
    desk.write_config()
    desk.hup()
    wait_until(lambda: len(desk.ok("sla", "versions")) == 2, 20, "the other promises hold")
    desk.ok("erase", "customer", "anna1@example.com")
    assert "anna1@example.com" not in str(desk.ok("sla", "versions")) and desk.cli("fsck", json_output=False).out == "clean\n"
    assert desk.ticket(2)["sla"][0]["policy"] == "all"
