"""What users of other desks reported of promises, calendars and numbers: a test for each row of doc/complaints.md from 77 on. Some rows are held by test_reports.py."""
import csv
import datetime
import io
import math
import os
import time

from desk import AGENTS, address_of, mail, setup
from test_promises import ALWAYS, BOB, DAYS, EVA, OFFICE, clocks, is_near, later, numbers, told, wait_told

LUNCH = dict({"name": "lunch", "zone": "UTC"}, **{day: ["09:00-13:00", "14:00-18:00"] for day in DAYS[:5]})


def promise(calendar=ALWAYS, more=(), **keys):
    return setup(queues=[{"name": "support", "address": "support@example.org", "agents": ["bob", "eva"]}], agents=AGENTS, config={"calendars": [calendar], "sla": [dict({"name": "gold", "calendar": calendar["name"]}, **keys), *more], "desk.digest_hour": -1})


def go(desk, weekday, clock):
    """The desk's clock goes on to the next such moment, in UTC; 0 is Monday."""
    now = datetime.datetime.fromtimestamp(time.time() + getattr(desk, "passed", 0), datetime.timezone.utc)
    hour, minute = map(int, clock.split(":"))
    then = (now + datetime.timedelta(days=(weekday - now.weekday()) % 7)).replace(hour=hour, minute=minute, second=0, microsecond=0)
    later(desk, math.ceil((then + datetime.timedelta(days=7 if then <= now else 0) - now).total_seconds()) + 1)


def instant(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def due(desk, clock="first", number=1):
    return instant(clocks(desk, number)[clock]["due"])


def weekday_and_time(moment):
    return moment.weekday(), moment.strftime("%H:%M")


def reply(desk, number=1, words="Is it on?\n"):
    desk.ok("ticket", "reply", number, "--as", "bob", stdin=words)


def word_of_customer(desk, count=2, body="It is.\n"):
    answer = desk.wait_sent(count, to="anna@example.com")[-1]
    desk.accept(mail(subject="Re: The printer", body=body, to=address_of(answer)), [address_of(answer)])


@promise(first="4h", next="1h")
def test_77_a_shorter_time_for_later_answers_does_not_overrule_that_for_the_first(desk):
    desk.accept(mail(subject="The printer"))
    desk.accept(mail(subject="Re: The printer", body="Hello?\n", to=address_of(desk.wait_sent(1, to="anna@example.com")[0])), [address_of(desk.wait_sent(1, to="anna@example.com")[0])])
    assert list(clocks(desk)) == ["first"] and is_near(clocks(desk)["first"]["left_seconds"], 4 * 3600)
    later(desk, 2 * 3600)
    assert numbers(desk, "overdue:yes") == []


@promise(first="1h", next="1h", steps=[{"at": "0m", "tell": "agent"}])
def test_78_nothing_escalates_once_an_agent_has_answered(desk):
    desk.accept(mail(subject="The printer"))
    later(desk, 600)
    reply(desk)
    assert clocks(desk)["first"]["state"] == "met" and numbers(desk, "due:9w") == []
    later(desk, 30 * 86400)
    time.sleep(2)
    assert numbers(desk, "overdue:yes") == [] and not told(desk, BOB, "due", "overdue")


@setup(start=False, config={"calendars": [ALWAYS]})
def test_79_round_the_clock_has_no_closed_minute_at_midnight(desk):
    assert desk.ok("calendar", "between", "round", "2026-11-02T00:00:00Z", "2026-11-09T00:00:00Z")["seconds"] == 7 * 86400
    assert desk.ok("calendar", "add", "round", "2026-11-02T23:30:00+01:00", "1h")["at"] == "2026-11-03T00:30:00+01:00"


@setup(start=False)
def test_80_holidays_come_from_a_file_that_one_sees_and_no_feed(desk):
    path = os.path.join(os.path.dirname(desk.config_file), "holidays.ics")
    with open(path, "w") as f:
        f.write("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:St. Martin\r\nDTSTART;VALUE=DATE:20261111\r\nRRULE:FREQ=YEARLY\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n")
    desk.set("calendars", [dict(OFFICE, holidays=path)])
    desk.write_config()
    shown = desk.cli("calendar", "show", "office", json_output=False).out
    assert "-11-11" in shown, shown
    assert desk.ok("calendar", "between", "office", "2027-11-11T00:00:00Z", "2027-11-12T00:00:00Z")["seconds"] == 0


@promise(OFFICE, first="2h", steps=[{"at": "0m", "tell": "agent"}, {"at": "30m", "tell": "queue"}])
def test_81_nobody_is_told_at_midnight(desk):
    go(desk, 4, "15:30")
    desk.accept(mail(subject="The printer"))                             # due on Monday at 9:30
    go(desk, 4, "16:40")
    go(desk, 5, "00:10")
    time.sleep(1.5)
    go(desk, 6, "23:50")
    time.sleep(1.5)
    assert not told(desk, BOB, "due", "overdue") and not told(desk, EVA, "due", "overdue")
    go(desk, 0, "09:35")
    assert len(wait_told(desk, BOB, 1, "overdue")) == 1
    go(desk, 0, "10:05")
    assert len(wait_told(desk, EVA, 1, "overdue")) == 1


EIGHT = dict({"name": "eight", "zone": "UTC"}, **{day: ["08:00-18:00"] for day in DAYS[:5]})


@promise(EIGHT, first="4h", steps=[{"at": "-1h", "tell": "agent"}])
def test_82_a_warning_before_the_end_comes_in_open_time_of_the_next_day(desk):
    go(desk, 0, "17:00")
    desk.accept(mail(subject="The printer"))
    assert weekday_and_time(due(desk)) == (1, "11:00")
    go(desk, 1, "09:50")
    time.sleep(1.5)
    assert not told(desk, BOB, "due")
    go(desk, 1, "10:01")
    assert len(wait_told(desk, BOB, 1, "due")) == 1


@promise(resolution="8h")
def test_83_a_closed_request_has_the_time_that_it_took(desk):
    desk.accept(mail(subject="The printer"))
    later(desk, 3600)
    desk.ok("ticket", "close", 1, "--no-text", "--as", "bob")
    clock = clocks(desk)["resolution"]
    assert clock["state"] == "met" and is_near(clock["used_seconds"], 3600) and clock["stopped"]
    total = desk.ok("report", "resolution")["total"]
    assert total["resolution_n"] == 1 and is_near(total["resolution_median_seconds"], 3600), total


@promise(first="15m", steps=[{"at": "-10m", "tell": "agent"}, {"at": "0m", "tell": "agent"}])
def test_84_what_will_be_late_and_what_is_stands_in_the_lists(desk):
    desk.accept(mail(subject="The printer"))
    assert numbers(desk, "due:10m") == []
    later(desk, 400)
    assert numbers(desk, "due:10m") == [1] and numbers(desk, "overdue:yes") == [] and len(wait_told(desk, BOB, 1, "due")) == 1
    later(desk, 600)
    assert numbers(desk, "overdue:yes") == [1] and [c["ticket"] for c in desk.ok("sla", "list")] == [1] and len(wait_told(desk, BOB, 1, "overdue")) == 1


@promise(first="120h")
def test_85_what_is_shown_is_what_was_set(desk):
    desk.accept(mail(subject="The printer"))
    clock = desk.ok("sla", "explain", 1)[0]
    assert clock["used_seconds"] + clock["left_seconds"] == 120 * 3600 and instant(clock["due"]) == instant(desk.ok("calendar", "add", "round", clock["started"], "120h")["at"])


@promise(when="tag:vpn", first="1h", more=[{"name": "silver", "calendar": "round", "first": "8h"}, {"name": "bronze", "calendar": "round", "first": "9h"}])
def test_86_of_promises_that_overlap_the_first_one_holds(desk):
    for n in (1, 2):
        desk.accept(mail(subject="Request %d" % n, sender="anna%d@example.com" % n), sender="anna%d@example.com" % n)
    desk.ok("ticket", "tag", 1, "vpn")
    assert clocks(desk, 1)["first"]["policy"] == "gold" and clocks(desk, 2)["first"]["policy"] == "silver"


@promise(when="priority:urgent", resolution="10h", more=[{"name": "silver", "calendar": "round", "resolution": "40h"}])
def test_87_another_promise_does_not_forget_that_the_request_waited(desk):
    desk.accept(mail(subject="The printer"))
    later(desk, 3600)
    desk.ok("ticket", "pend", 1, "--until", "9d", "--as", "bob", stdin="Which model?\n")
    later(desk, 3 * 86400)
    desk.ok("ticket", "priority", 1, "urgent", "--no-text")
    clock = clocks(desk)["resolution"]
    assert clock["policy"] == "gold" and clock["state"] == "paused" and is_near(clock["used_seconds"], 3600) and is_near(clock["left_seconds"], 9 * 3600), clock


@promise(LUNCH, first="4h", steps=[{"at": "-30m", "tell": "agent"}])
def test_88_nothing_escalates_as_soon_as_it_is_there(desk):
    go(desk, 1, "12:30")
    desk.accept(mail(subject="The printer"))
    time.sleep(2)
    assert weekday_and_time(due(desk)) == (1, "17:30") and not told(desk, BOB, "due", "overdue") and clocks(desk)["first"]["state"] == "running"


@promise(resolution="10h", pauses=["customer", "third-party"])
def test_89_what_a_supplier_has_does_not_escalate_where_that_is_wanted(desk):
    desk.accept(mail(subject="The printer"))
    desk.ok("ticket", "pend", 1, "--until", "9d", "--waiting", "third-party", "--no-text", "--as", "bob")
    later(desk, 5 * 86400)
    assert clocks(desk)["resolution"]["state"] == "paused" and is_near(clocks(desk)["resolution"]["used_seconds"], 0) and numbers(desk, "overdue:yes") == []


@promise(LUNCH, first="2h")
def test_90_lunch_does_not_count(desk):
    go(desk, 2, "12:30")
    desk.accept(mail(subject="The printer"))
    assert weekday_and_time(due(desk)) == (2, "15:30")
    go(desk, 2, "13:45")
    assert is_near(clocks(desk)["first"]["used_seconds"], 1800)


@promise(resolution="1h")
def test_91_what_is_late_and_waits_does_not_become_later(desk):
    desk.accept(mail(subject="The printer"))
    later(desk, 2 * 3600)
    desk.ok("ticket", "pend", 1, "--until", "9d", "--as", "bob", stdin="Which model?\n")
    was = clocks(desk)["resolution"]
    later(desk, 3 * 86400)
    now = clocks(desk)["resolution"]
    assert (now["state"], now["left_seconds"], now["used_seconds"]) == ("missed", was["left_seconds"], was["used_seconds"]) and is_near(now["left_seconds"], -3600)


@promise(OFFICE, first="3h")
def test_92_the_night_does_not_count(desk):
    go(desk, 3, "16:00")
    desk.accept(mail(subject="The printer"))
    go(desk, 4, "08:00")
    assert is_near(clocks(desk)["first"]["used_seconds"], 3600) and weekday_and_time(due(desk)) == (4, "11:00")


@setup(start=False)
def test_93_holidays_and_clocks_are_those_of_the_calendars_zone(desk):
    path = os.path.join(os.path.dirname(desk.config_file), "holidays.ics")
    with open(path, "w") as f:
        f.write("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20261225\r\nDTEND;VALUE=DATE:20261227\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n")
    desk.set("calendars", [dict({"name": zone[0], "zone": zone[1], "holidays": path}, **{day: ["00:00-24:00"] for day in DAYS}) for zone in (("rome", "Europe/Rome"), ("apia", "Pacific/Apia"))])
    desk.write_config()
    for name, first, last in (("rome", "2026-12-25T00:00:00+01:00", "2026-12-27T00:00:00+01:00"), ("apia", "2026-12-25T00:00:00+13:00", "2026-12-27T00:00:00+13:00")):
        assert desk.ok("calendar", "between", name, first, last)["seconds"] == 0
        assert instant(desk.ok("calendar", "add", name, first, "1h")["at"]) == instant(last) + datetime.timedelta(hours=1)


@promise(OFFICE, first="2h")
def test_94_what_comes_on_a_day_off_counts_from_the_next_opening(desk):
    go(desk, 5, "11:00")
    desk.accept(mail(subject="The printer"))
    assert weekday_and_time(due(desk)) == (0, "11:00")
    go(desk, 0, "09:30")
    reply(desk)
    total = desk.ok("report", "answers")["total"]
    assert is_near(total["first_median_seconds"], 1800) and total["first_elapsed_median_seconds"] > 40 * 3600, total


@setup(start=False)
def test_95_a_calendar_without_hours_is_refused(desk):
    desk.set("calendars", [{"name": "empty", "zone": "UTC"}])
    desk.write_config()
    done = desk.cli("check", json_output=False)
    assert done.code == 78 and "has no hours at all" in done.out + done.err


@promise(first="1h", steps=[{"at": "0m", "tell": "agent"}])
def test_96_a_request_that_was_merged_does_not_escalate(desk):
    for n in (1, 2):
        desk.accept(mail(subject="Request %d" % n, sender="anna%d@example.com" % n), sender="anna%d@example.com" % n)
    desk.ok("ticket", "merge", 1, 2, "--no-text", "--as", "bob")
    later(desk, 2 * 3600)
    assert numbers(desk, "overdue:yes") == [2] and [c["ticket"] for c in desk.ok("sla", "list")] == [2]
    assert all("Request 2" in m["Subject"] for m in wait_told(desk, BOB, 1, "overdue"))


@promise(first="1h")
def test_98_each_time_that_a_request_was_closed_counts(desk):
    desk.accept(mail(subject="The printer"))
    for _ in range(2):
        desk.ok("ticket", "close", 1, "--no-text", "--as", "bob")
        later(desk, 3600)
        desk.ok("ticket", "reopen", 1, "--no-text", "--as", "bob")
    total = desk.ok("report", "volume")["total"]
    assert (total["resolved"], total["reopened"], total["backlog_end"]) == (2, 2, 1) and desk.ok("report", "resolution")["total"]["resolution_n"] == 2


@promise(first="1h")
def test_99_what_is_closed_is_in_no_count_of_what_is_open(desk):
    for n in range(1, 5):
        desk.accept(mail(subject="Request %d" % n, sender="anna%d@example.com" % n), sender="anna%d@example.com" % n)
    desk.ok("ticket", "close", 2, "--no-text", "--as", "bob")
    desk.ok("ticket", "resolve", 3, "--no-text", "--as", "bob")
    open_now = numbers(desk, "state:new", "state:open", "state:pending")
    assert desk.ok("report", "volume")["total"]["backlog_end"] == len(open_now) == 2
    assert [t["id"] for t in desk.ok("report", "volume", "--list", "backlog_end")] == open_now


@promise(first="1h")
def test_100_times_are_never_zero_because_nobody_kept_them(desk):
    desk.accept(mail(subject="The printer"))
    later(desk, 1200)
    reply(desk)
    later(desk, 1200)
    desk.ok("ticket", "resolve", 1, "--no-text", "--as", "bob")
    assert is_near(desk.ok("report", "answers")["total"]["first_median_seconds"], 1200) and is_near(desk.ok("report", "resolution")["total"]["resolution_median_seconds"], 2400)


@promise(first="1h")
def test_101_the_first_answer_stands_in_what_is_exported(desk):
    desk.accept(mail(subject="The printer"))
    later(desk, 1200)
    reply(desk)
    row = list(csv.DictReader(io.StringIO(desk.cli("report", "answers", "--csv", json_output=False).out)))[-1]
    assert is_near(int(row["first_median_seconds"]), 1200) and row["first_n"] == "1", row
    row = list(csv.DictReader(io.StringIO(desk.cli("report", "statement", "--customer", "anna@example.com", "--csv", json_output=False).out)))[0]
    assert row["what"] == "first" and is_near(int(row["elapsed_seconds"]), 1200) and row["stopped"], row


@promise(first="1h")
def test_102_what_is_exported_is_of_the_span_that_was_asked_for(desk):
    desk.accept(mail(subject="The printer"))
    later(desk, 5 * 86400)
    desk.accept(mail(subject="The phone", sender="zoe@example.com"), sender="zoe@example.com")

    def new(*span):
        return list(csv.DictReader(io.StringIO(desk.cli("report", "volume", "--csv", *span, json_output=False).out)))[-1]["new"]

    assert [new(), new("--since", "1d"), new("--until", "1d"), new("--since", "4d", "--until", "2d")] == ["2", "1", "1", "0"]


@promise(first="1h")
def test_104_what_was_resolved_then_is_so_whatever_it_is_now(desk):
    desk.accept(mail(subject="The printer"))
    desk.ok("ticket", "resolve", 1, "--no-text", "--as", "bob")
    was = desk.ok("report", "volume", "--by", "day")["total"]["resolved"]
    later(desk, 3600)
    desk.ok("ticket", "reopen", 1, "--no-text", "--as", "bob")
    assert desk.ok("report", "volume", "--by", "day")["total"]["resolved"] == was == 1


@setup(config={"desk.time_zone": "Asia/Kathmandu"})
def test_106_a_report_says_in_which_zone_its_days_are(desk):
    desk.accept(mail(subject="The printer"))
    made = desk.ok("report", "volume", "--by", "day")
    today = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=5, minutes=45)).strftime("%Y-%m-%d")
    assert made["zone"] == "Asia/Kathmandu" and {row["key"]: row["new"] for row in made["rows"]}[today] == 1
    assert "Asia/Kathmandu" in desk.cli("report", "volume", json_output=False).out


@setup()
def test_106_where_no_zone_is_configured_it_is_the_machines_and_no_word(desk):
    zone = desk.ok("report", "volume")["zone"]
    assert zone and " " not in zone and zone != "local time", zone


@setup(queues=[{"name": "support", "address": "support@example.org", "agents": ["bob", "eva"]}], agents=AGENTS, config={"calendars": [ALWAYS], "sla": [{"name": "gold", "first": "1h"}]})
def test_105_neither_acknowledgement_nor_note_nor_absence_notice_is_an_answer(desk):
    desk.accept(mail(subject="The printer"))
    notice = [m for m in desk.wait_sent(1, to=BOB)][0]
    desk.ok("ticket", "note", 1, "--as", "bob", stdin="Who knows printers?\n")
    desk.accept(mail(sender=BOB, subject="Out of office", body="I am away.\n", to=str(notice["Reply-To"]), headers=[("Auto-Submitted", "auto-replied")]), [address_of(notice)], sender=BOB)
    assert clocks(desk)["first"]["state"] == "running" and desk.ok("report", "answers")["total"]["first_n"] == 0 and desk.ok("report", "workload")["total"]["answers"] == 0
