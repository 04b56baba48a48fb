"""Calendars from the command line: what a promise will be reckoned with can be looked at first."""
import os

from desk import setup

WEEK = {day: ["09:00-13:00", "14:00-18:00"] for day in ("mon", "tue", "wed", "thu", "fri")}
HOLIDAYS = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART;VALUE=DATE:20261208\r\nRRULE:FREQ=YEARLY\r\nSUMMARY:Immacolata\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"


def with_holidays(desk, text=HOLIDAYS, **more):
    path = os.path.join(desk.directory, "holidays.ics")
    with open(path, "w", newline="") as f:
        f.write(text)
    desk.settings["desk"] = dict(desk.settings.get("desk", {}), time_zone="Europe/Rome")
    desk.settings["calendars"] = [dict({"name": "office", "holidays": path}, **WEEK, **more)]
    desk.write_config()


def asked(desk, *words):
    done = desk.cli("calendar", *words)
    assert done.code == 0, done
    return done.json


@setup(start=False)
def test_open_seconds_are_counted_on_the_wall(desk):
    with_holidays(desk)
    assert asked(desk, "between", "office", "2026-12-07T08:00:00+01:00", "2026-12-09T10:00:00+01:00") == {"seconds": 9 * 3600}
    assert asked(desk, "between", "office", "2026-12-07T07:00:00Z", "2026-12-07T08:30:00Z") == {"seconds": 1800}


@setup(start=False)
def test_the_earliest_time_is_told_with_the_zones_offset(desk):
    with_holidays(desk)
    assert asked(desk, "add", "office", "2026-12-07T17:30:00+01:00", "1h") == {"at": "2026-12-09T09:30:00+01:00"}
    assert asked(desk, "add", "office", "2026-12-07T10:00:00+01:00", "1bd") == {"at": "2026-12-09T18:00:00+01:00"}
    assert asked(desk, "add", "office", "2026-07-06T08:00:00Z", "4h") == {"at": "2026-07-06T15:00:00+02:00"}


@setup(start=False)
def test_a_calendar_is_shown_with_its_holidays(desk):
    with_holidays(desk)
    shown = asked(desk, "show", "office")
    assert shown["zone"] == "Europe/Rome" and shown["mon"] == ["09:00-13:00", "14:00-18:00"] and shown["sun"] == []
    assert len(shown["holidays"]) == 10 and shown["holidays"][0].endswith("-12-08")
    assert "Saturday   closed" in desk.cli("calendar", "show", "office", json_output=False).out


@setup(start=False)
def test_wrong_words_are_named(desk):
    with_holidays(desk)
    for code, words in ((66, ("between", "ofice", "2026-12-07T08:00:00Z", "2026-12-07T09:00:00Z")), (65, ("between", "office", "2026-12-07", "2026-12-08")),
                        (65, ("add", "office", "2026-12-07T08:00:00Z", "1d"))):
        done = desk.cli("calendar", *words)
        assert done.code == code and any('"%s"' % word in done.err for word in words), (words, done)
    assert 'did you mean "office"' in desk.cli("calendar", "show", "ofice").err


@setup(start=False)
def test_check_names_what_is_wrong_with_a_calendar(desk):
    with_holidays(desk, HOLIDAYS.replace("20261208", "20261308"), zone="Europe/Roma", sat=["9-13"])
    said = desk.cli("check", json_output=False)
    assert said.code == 78
    for words in ('no zone "Europe/Roma"', 'line 5: DTSTART "20261308" is no date', '"9-13": expected hours such as'):
        assert words in said.out + said.err, (words, said)
    desk.settings["calendars"] = [{"name": "never"}]
    desk.write_config()
    assert "no hours at all" in repr(desk.cli("check", json_output=False))
