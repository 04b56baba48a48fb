#!/usr/bin/env python3
"""clock_laws.py [TICKETS] - the clocks of promises, computed twice: by src/sla and here, over random tickets in random calendars of zones whose clocks are set.

What happens to a ticket is told to both: words of customer and agents, states, waits, another priority, other versions of the promises that are applied or not, merges and
their undoing. What is compared is all that `sla explain` shows, and each time that a clock stopped, as reports count them. Open time comes from Python's zoneinfo (see
calendar_laws.py). Then laws, of the answers alone: used seconds never fall, and what is used and what is left make what was promised.
0 differences are wanted. TICKETS: 5,000 if not given; a million takes a quarter of an hour. Needs BUILD (build). Ends with "N passed, N failed"."""
import sys
sys.dont_write_bytecode = True
import bisect, os, random, subprocess, zoneinfo

from calendar_laws import BUILD, DAY, Reference, hours, near_change, offset

ZONES = ["Europe/Rome", "America/Sao_Paulo", "Australia/Lord_Howe", "Pacific/Apia"]
UNSEEN, WORK, PENDING, OVER = range(4)
KINDS = ("first", "next", "resolution")
WINDOW = (-5, 150)               # days around the first event, of which the open time is known


class Open:
    """Open time of a calendar, added up once."""
    def __init__(self, reference, base):
        self.reference, first = reference, (base // DAY + WINDOW[0]) * DAY
        pieces = []
        for x, y in sorted(reference.open(first, (base // DAY + WINDOW[1]) * DAY)):
            if pieces and pieces[-1][1] == x: pieces[-1][1] = y
            else: pieces.append([x, y])
        self.start, self.end = [x for x, _ in pieces], [y for _, y in pieces]
        self.before = [0]
        for x, y in pieces: self.before.append(self.before[-1] + y - x)
        self.days = {}

    def until(self, t):
        i = bisect.bisect_right(self.start, t)
        return self.before[i] - max(0, self.end[i - 1] - t) if i else 0

    def between(self, a, b): return self.until(b) - self.until(a) if a < b else 0

    def add(self, t, seconds):
        """The earliest instant by which so many have gone by."""
        if seconds <= 0: return t
        wanted = self.until(t) + seconds
        i = bisect.bisect_left(self.before, wanted) - 1
        return self.start[i] + wanted - self.before[i]

    def add_days(self, t, n):
        """By local dates after that of t: the end of the n-th that has an open second."""
        key = ((t + offset(self.reference.zone, t)) // DAY, n)
        if key not in self.days: self.days[key] = self.reference.add_days(t, n)
        return self.days[key]


class Clock:
    def __init__(self, kind, at, version, policy):
        self.kind, self.started, self.version, self.policy = kind, at, version, policy
        self.stopped, self.gone, self.changed, self.old, self.elsewhere = None, False, 0, None, False


class Ticket:
    """Told event by event; promises are {number: (first, next, resolution, pauses)}."""
    def __init__(self, open_time, promises):
        self.open, self.promises = open_time, promises
        self.stages, self.answer, self.resolution, self.had_first = [], None, None, False
        self.waits, self.late, self.policies, self.version, self.applied, self.ends = None, None, {}, 0, 0, []

    stage = property(lambda self: self.stages[-1][1] if self.stages else None)

    def running(self): return [c for c in (self.answer, self.resolution) if c and c.stopped is None]

    def settle(self, at):
        """Running clocks look at what holds for them now."""
        for c in self.running():
            new = self.policies.get(c.version)
            if new != c.policy: c.old, c.policy, c.changed = c.policy, new, at

    def ask(self, at):
        """Somebody waits for words."""
        if self.waits is None or self.stage in (UNSEEN, OVER, None) or (self.answer and self.answer.stopped is None): return
        self.answer = Clock("next" if self.had_first else "first", at, self.version, self.policies.get(self.version))
        self.had_first = True

    def stop(self, clock, at):
        if clock and clock.stopped is None:
            clock.stopped = at
            self.ends.append((clock, clock.kind, at, self.frozen(clock)))

    def frozen(self, clock):
        """As it is at its stop; it may run again."""
        copy = Clock(clock.kind, clock.started, clock.version, clock.policy)
        copy.__dict__.update(clock.__dict__)
        return copy, list(self.stages)

    def tell(self, event):
        what, at, *rest = event
        if what == "c":
            if self.stage == OVER: self.late = at
            else:
                if self.waits is None: self.waits = at
                self.ask(at)
        elif what == "a":
            self.stop(self.answer, at)
            self.waits = None
        elif what == "s":
            self.enter(at, *rest)
        elif what == "p":
            self.policies[rest[0]] = rest[1] if rest[1] >= 0 else None
            self.settle(at)
        elif what == "v":
            self.version = rest[0]
            if rest[1]:
                self.applied = rest[0]
                for c in self.running(): c.version = max(c.version, rest[0])
                self.settle(at)
        elif what == "g":
            for c in self.running(): c.stopped, c.gone = at, True
        elif what == "b":
            for c in (self.answer, self.resolution):
                if c and c.gone: c.stopped, c.gone = None, False

    def enter(self, at, stage, waiting):
        if self.stages and stage == self.stage and stage != PENDING: return
        self.stages.append((at, stage, waiting if stage == PENDING else 0))
        if stage == OVER:
            self.stop(self.answer, at)
            self.waits = None
            self.stop(self.resolution, at)
            self.late = None
        elif stage != UNSEEN:
            if not self.resolution: self.resolution = Clock("resolution", at, self.version, self.policies.get(self.version))
            self.resolution.stopped, self.resolution.gone = None, False
            self.resolution.version = max(self.resolution.version, self.applied)
            self.settle(at)
            if self.late == at: self.waits = at
            self.ask(at)
            self.late = None

    def take_in(self, other, at):
        if self.stage in (UNSEEN, OVER): return
        theirs = other.answer
        if theirs and theirs.stopped is None:
            self.waits = min(x for x in (self.waits, other.waits) if x is not None) if self.waits or other.waits else 0
            if not self.answer or self.answer.stopped is not None:
                self.answer = Clock("next" if self.had_first else "first", theirs.started, theirs.version, self.policies.get(theirs.version))
                self.had_first = True
            self.answer.started = min(self.answer.started, theirs.started)
            self.answer.elsewhere |= theirs.elsewhere or other.shown(theirs, other.stages, at)["missed"]
        theirs = other.resolution
        if theirs and theirs.stopped is None and self.resolution:
            self.resolution.started = min(self.resolution.started, theirs.started)
            self.resolution.elsewhere |= theirs.elsewhere or other.shown(theirs, other.stages, at)["missed"]
            own = self.stages[0][0]
            self.stages = [s for s in other.stages if s[0] < own] + self.stages

    # ---- what is shown

    def counted(self, clock, policy, stages, end):
        """Times that count, of the clock's life until `end`."""
        for i, (a, stage, waiting) in enumerate(stages):
            a, b = max(a, clock.started), min(stages[i + 1][0] if i + 1 < len(stages) else end, end)
            if a >= b: continue
            if clock.kind != "resolution" or stage == WORK or (stage == PENDING and not self.promises[policy][3] & waiting): yield a, b

    def due(self, clock, policy, stages, end):
        target = self.promises[policy][KINDS.index(clock.kind)]
        if target < 0: target = self.open.between(clock.started, self.open.add_days(clock.started, -target))
        left = target
        for a, b in self.counted(clock, policy, stages, end):
            seconds = self.open.between(a, b)
            if seconds >= left: return self.open.add(a, left), target
            left -= seconds
        return self.open.add(end, left), target

    def shown(self, clock, stages, now):
        end = clock.stopped if clock.stopped is not None else max(now, clock.started)
        out = dict(due=0, used=0, left=0, missed=False, retargeted=False, paused=False)
        if clock.policy is None: return out
        out["used"] = sum(self.open.between(a, b) for a, b in self.counted(clock, clock.policy, stages, end))
        if not self.promises[clock.policy][KINDS.index(clock.kind)]: return out
        out["due"], target = self.due(clock, clock.policy, stages, end)
        out["left"] = target - out["used"]
        out["missed"] = out["due"] <= (clock.stopped if clock.stopped is not None else now) and out["left"] <= 0
        stage, waiting = stages[-1][1:]
        out["paused"] = clock.stopped is None and clock.kind == "resolution" and stage != WORK and not (stage == PENDING and not self.promises[clock.policy][3] & waiting)
        if out["missed"] and clock.changed and out["due"] <= clock.changed:
            was = clock.old is not None and self.promises[clock.old][KINDS.index(clock.kind)]
            out["retargeted"] = not was or self.due(clock, clock.old, stages, end)[0] > clock.changed
        return out

    def line(self, now):
        out, clocks = "", {}
        for c, kind, _, _ in self.ends: clocks[kind] = c
        for c in (self.answer, self.resolution):
            if c: clocks[c.kind] = c
        for kind in KINDS:
            c = clocks.get(kind)
            if not c or c.gone or c.policy is None or not self.promises[c.policy][KINDS.index(kind)]: continue
            s = self.shown(c, self.stages, now)
            state = "missed" if s["missed"] else "met" if c.stopped is not None else "paused" if s["paused"] else "running"
            out += " %s %s %d %d %d %d %d %d %d%d" % (kind, state, c.started, s["due"], c.stopped or 0, s["used"], s["left"], c.version, s["retargeted"], c.elsewhere)
        out += " /"
        for c, kind, at, (copy, stages) in self.ends:
            if copy.policy is not None: out += " %s %d%s" % (kind, at, "m" if self.shown(copy, stages, now)["missed"] else "")
        for kind in KINDS:
            c = clocks.get(kind)
            if c and c.gone and c.policy is not None: out += " %s %dg%s" % (kind, c.stopped, "m" if self.shown(c, self.stages, now)["missed"] else "")
        return out


def story(r, base, versions):
    """Events of one ticket; versions: [(at, applied)] of all that there are, in order of time."""
    t, events, known = base + r.randint(0, 2 * DAY), [], 0
    while known < len(versions) and versions[known][0] <= t: known += 1
    for v in range(known): events.append(("p", t, v, r.randint(-1, 3)))
    events.append(("v", t, known - 1, 0))
    stage = r.choice([WORK] * 4 + [UNSEEN])
    events.append(("s", t, stage, 0))
    if r.random() < .85: events.append(("c", t))
    elif stage == WORK: events.append(("a", t))
    gone = False
    for _ in range(r.randint(0, 9)):
        t += r.choice([0, r.randint(0, 1800), r.randint(0, 8 * 3600), r.randint(0, 3 * DAY)])
        while known < len(versions) and versions[known][0] <= t:
            events.append(("p", versions[known][0], known, r.randint(-1, 3)))
            events.append(("v", versions[known][0], known, versions[known][1]))
            known += 1
        kind = r.random()
        if gone:
            if kind < .5:
                events += [("b", t), ("s", t, WORK, 0)]
                stage, gone = WORK, False
        elif kind < .25:
            events.append(("c", t))
            if stage == OVER and r.random() < .7: events.append(("s", t, WORK, 0)); stage = WORK
        elif kind < .5: events.append(("a", t))
        elif kind < .85:
            stage = r.choice([WORK, PENDING, PENDING, OVER])
            events.append(("s", t, stage, r.choice([1, 2, 4])))
        elif kind < .95: events += [("p", t, v, p) for p in [r.randint(-1, 3)] for v in range(known)]
        else:
            events += [("g", t), ("s", t, OVER, 0)]
            stage, gone = OVER, True
    return events, t


def script_of(event): return " ".join(str(x) for x in event)


def one_ticket(r, base, open_time, promises):
    """Lines for the other program, and what it is to say, at three times of the ticket's life."""
    versions = [(base, 0)] + sorted((base + r.randint(0, 8 * DAY), int(r.random() < .5)) for _ in range(r.choice([0, 0, 1, 2])))
    events, last = story(r, base, versions)
    other, joins = (None, None) if r.random() < .75 else (story(r, base, versions)[0], r.randint(events[0][1] + 1, last + 3600))   # nothing comes into a ticket before it is there
    lines, wanted, now = [], [], sorted(r.randint(events[0][1], last + 4 * DAY) for _ in range(2)) + [last + 5 * DAY]
    for moment in now:
        lines.append("r")
        ticket, sub = Ticket(open_time, promises), Ticket(open_time, promises)
        told = [e for e in events if e[1] <= moment]
        comes = other is not None and joins <= moment
        if comes:
            for e in (e for e in other if e[1] < joins):
                lines.append(script_of(e)); sub.tell(e)
            lines.append("j %d" % joins)
        for e in told:
            if comes and e[1] >= joins: ticket.take_in(sub, joins); comes = False
            lines.append(script_of(e)); ticket.tell(e)
        if comes: ticket.take_in(sub, joins)
        lines.append("n %d" % moment)
        wanted.append(ticket.line(moment))
    return lines, wanted


def lawful(lines, promises, open_time):
    """Of one ticket's answers, by time."""
    for line in lines:
        words = line.split(" /")[0].split()
        for i in range(0, len(words), 9):
            kind, used, left, started = words[i], int(words[i + 5]), int(words[i + 6]), int(words[i + 2])
            targets = {p[KINDS.index(kind)] for p in promises.values()}
            targets = {x if x >= 0 else open_time.between(started, open_time.add_days(started, -x)) for x in targets}
            if used < 0 or used + left not in targets: return False
    return True


def main():
    tickets, seed = int(sys.argv[1]) if len(sys.argv) > 1 else 5000, int(os.environ.get("SEED", random.randrange(10 ** 9)))
    r, folder, done, wrong = random.Random(seed), next(d for d in zoneinfo.TZPATH if os.path.isdir(d)), 0, 0
    while done < tickets:
        script, wanted, contexts = [], [], []
        for _ in range(min(100, (tickets - done + 99) // 100)):
            name, week = r.choice(ZONES), [hours(r) for _ in range(7)]
            while sum(b - a for day in week for a, b in day) < 12 * 3600: week = [hours(r) for _ in range(7)]
            base = near_change(r, zoneinfo.ZoneInfo(name))
            if name == "Pacific/Apia" and r.random() < .5: base = 1325203200 - 4 * DAY
            closed = [(c, c + DAY) for c in sorted((base // DAY + d) * DAY for d in r.sample(range(0, 30), r.randint(0, 4)))]
            open_time = Open(Reference(name, week, closed), base)
            promises = {n: tuple(r.choice([0, r.randint(1, 7200), r.randint(1, 8 * 3600), -r.randint(1, 4)] if kind < 2 else [r.randint(3600, 40 * 3600), -r.randint(1, 4), 0])
                                 for kind in range(3)) + (r.choice([1, 1, 3, 0, 7]),) for n in range(4)}
            script.append("Z %s %s" % (os.path.join(folder, name), name))
            script += ["W %d %d %d" % (d, a, b) for d in range(7) for a, b in week[d]] + ["C %d %d" % c for c in closed]
            script += ["P %d %d %d %d %d" % (n, *p) for n, p in promises.items()]
            for _ in range(min(100, tickets - done)):
                lines, says = one_ticket(r, base, open_time, promises)
                contexts += [(name, lines, promises, open_time)] * len(says)
                script += lines
                wanted += says
                done += 1
        got = subprocess.run([os.path.join(BUILD, "tools/sla_try")], input="\n".join(script) + "\n", capture_output=True, text=True, check=True).stdout.split("\n")[:-1]
        if len(got) != len(wanted):
            print("FAILED: %d answers to %d questions" % (len(got), len(wanted)))
            wrong += 1
        for (name, lines, promises, open_time), w, g in zip(contexts, wanted, got):
            if w == g and lawful([g], promises, open_time): continue
            wrong += 1
            if wrong < 4: print("FAILED (SEED=%d): %s\n  %s\n  Python says %s\n  we say      %s\n  promises %s" % (seed, name, "; ".join(lines), w, g, promises))
    print("%d passed, %d failed" % (done - wrong, wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
