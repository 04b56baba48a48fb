#!/usr/bin/env python3
"""calendar_laws.py [EVENTS] - business time, computed twice: by src/calendar and here by Python's zoneinfo, over random calendars and events.

Python cuts the time at each instant at which an offset changes (found by halving, with zoneinfo alone) and at each midnight of UTC, and counts
what is left. 0 differences are wanted. EVENTS: 20,000 if not given; a million take some minutes.
Needs the machine's zone files and BUILD (build). Ends with "N passed, N failed"."""
import sys
sys.dont_write_bytecode = True
import datetime as dt, os, random, subprocess, zoneinfo

BUILD = os.environ.get("BUILD", "build")
ZONES = ["Europe/Rome", "America/Sao_Paulo", "Australia/Lord_Howe", "Pacific/Apia", "America/New_York", "Asia/Kathmandu", "Africa/Casablanca", "Europe/Dublin", "America/St_Johns", "UTC"]
DAY, EPOCH = 86400, dt.datetime(1970, 1, 1, tzinfo=dt.timezone.utc)


def offset(zone, t):
    d = (EPOCH + dt.timedelta(seconds=t)).astimezone(zone).utcoffset()
    return d.days * DAY + d.seconds


class Reference:
    """Spans of one offset between two instants, found by halving from three-hour steps."""
    known = {}

    def __init__(self, name, week, closed):
        self.zone, self.name, self.week, self.closed = zoneinfo.ZoneInfo(name), name, week, closed

    def spans(self, first_day, last_day):
        for day in range(first_day, last_day + 1):
            key = (self.name, day)
            if key not in self.known:
                cuts, t, end = [day * DAY], day * DAY, (day + 1) * DAY
                while t < end:
                    n = min(t + 3 * 3600, end)
                    if offset(self.zone, t) != offset(self.zone, n - 1):
                        low, high = t, n - 1
                        while high - low > 1:
                            m = (low + high) // 2
                            if offset(self.zone, m) == offset(self.zone, t): low = m
                            else: high = m
                        cuts.append(high)
                    if n < end and offset(self.zone, n - 1) != offset(self.zone, n):
                        cuts.append(n)
                    t = n
                cuts.append(end)
                self.known[key] = [(a, b, offset(self.zone, a)) for a, b in zip(cuts, cuts[1:])]
            yield from self.known[key]

    def pieces(self, day):
        """Open pieces of a local date, local seconds."""
        out = [(day * DAY + a, day * DAY + b) for a, b in self.week[(day + 3) % 7]]
        for x, y in self.closed:
            out = [p for a, b in out for p in ((a, min(b, x)), (max(a, y), b)) if p[0] < p[1]]
        return sorted(out)

    def open(self, start, end):
        """Open pieces of instants within [start, end)."""
        for a, b, o in self.spans(start // DAY, end // DAY):
            a, b = max(a, start), min(b, end)
            if a >= b: continue
            for day in range((a + o) // DAY, (b + o - 1) // DAY + 1):
                for x, y in self.pieces(day):
                    x, y = max(x - o, a), min(y - o, b)
                    if x < y: yield x, y

    def between(self, a, b): return sum(y - x for x, y in self.open(a, b)) if a < b else 0

    def add(self, t, seconds):
        end = t
        while end < t + 400 * DAY:
            for x, y in self.open(end, end + 7 * DAY):
                if y - x >= seconds: return x + seconds
                seconds -= y - x
            end += 7 * DAY
        return "never"

    def add_days(self, t, n):
        day = (t + offset(self.zone, t)) // DAY
        for _ in range(500):
            day += 1
            ends = [y for x, y in self.open((day - 2) * DAY, (day + 3) * DAY) if (x + offset(self.zone, x)) // DAY == day]
            # a piece may go past the midnight of its date only where the clock is set; it is cut at midnight above
            if ends:
                n -= 1
                if not n: return max(ends)
        return "never"


def hours(r):
    kind = r.random()
    if kind < .1: return []
    if kind < .2: return [(0, DAY)]
    cuts = sorted(r.sample(range(0, 97), r.choice([2, 2, 4])))
    return [(a * 900, b * 900) for a, b in zip(cuts[::2], cuts[1::2])]


def near_change(r, zone):
    """Half of the events lie near a change of the clock."""
    year = r.randint(1995, 2060)
    if r.random() < .5:
        t = int((dt.datetime(year, 1, 1, tzinfo=dt.timezone.utc) - EPOCH).total_seconds())
        step = [x for x in range(t, t + 366 * DAY, 7 * DAY) if offset(zone, x) != offset(zone, x + 7 * DAY)]
        if step:
            return r.choice(step) + r.randint(0, 7 * DAY)
    return int((dt.datetime(year, 1, 1, tzinfo=dt.timezone.utc) - EPOCH).total_seconds()) + r.randint(0, 366 * DAY)


def main():
    events, seed = int(sys.argv[1]) if len(sys.argv) > 1 else 20000, int(os.environ.get("SEED", random.randrange(10 ** 9)))
    r, script, wanted = random.Random(seed), [], []
    folder = next(d for d in zoneinfo.TZPATH if os.path.isdir(d))
    per = 200 if events >= 20000 else 50
    while len(wanted) < events:
        name = r.choice(ZONES)
        zone = zoneinfo.ZoneInfo(name)
        week = [hours(r) for _ in range(7)]
        if not any(week): continue
        base = near_change(r, zone)
        if name == "Pacific/Apia" and r.random() < .5: base = 1325203200        # 30 December 2011 was not there
        closed = sorted((base // DAY + d) * DAY for d in r.sample(range(-30, 60), r.randint(0, 4)))
        closed = [(c, c + DAY) if r.random() < .7 else (c + 12 * 3600, c + DAY) for c in closed]
        ref = Reference(name, week, closed)
        script.append("Z %s %s" % (os.path.join(folder, name), name))
        script += ["W %d %d %d" % (d, a, b) for d in range(7) for a, b in week[d]] + ["C %d %d" % c for c in closed]
        for _ in range(per):
            t = base + r.randint(-3 * DAY, 3 * DAY)
            kind = r.random()
            if kind < .5:
                u = t + r.choice([r.randint(0, 4 * 3600), r.randint(0, 20 * DAY)])
                script.append("B %d %d" % (t, u)); wanted.append(ref.between(t, u))
            elif kind < .8:
                s = r.choice([r.randint(1, 7200), r.randint(1, 40 * 3600)])
                script.append("A %d %d" % (t, s)); wanted.append(ref.add(t, s))
            elif kind < .9:
                n = r.randint(1, 4)
                script.append("D %d %d" % (t, n)); wanted.append(ref.add_days(t, n))
            else:
                script.append("O %d" % t); wanted.append("%d %s" % (offset(zone, t), (EPOCH + dt.timedelta(seconds=t)).astimezone(zone).tzname()))
    got = subprocess.run([os.path.join(BUILD, "tools/calendar_try")], input="\n".join(script) + "\n", capture_output=True, text=True, check=True).stdout.split("\n")[:-1]
    asked = [s for s in script if s[0] in "BADO"]
    zones, name = [], ""
    for s in script:
        if s[0] == "Z": name = s
        elif s[0] in "BADO": zones.append(name)
    wrong = [(z, a, w, g) for z, a, w, g in zip(zones, asked, wanted, got) if str(w) != g]
    for z, a, w, g in wrong[:10]: print("FAILED: %s, %s: Python says %s, we say %s (SEED=%d)" % (z.split()[-1], a, w, g, seed))
    if len(got) != len(wanted): print("FAILED: %d answers to %d questions" % (len(got), len(wanted)))
    print("%d passed, %d failed" % (len(wanted) - len(wrong), len(wrong) + (len(got) != len(wanted))))
    return 1 if wrong or len(got) != len(wanted) else 0


if __name__ == "__main__":
    sys.exit(main())
