"""table.py - the results as words: first each ratio with what is wanted and whether it was reached, then the figures; and the dated table in doc/.

A ratio is taken within each round, between runs of the same minutes; what is printed is the median of the rounds' ratios.
"""
import os, statistics, time

NAMES = {"plain": "Sportello plain", "all": "Sportello all on", "rules": "… rules alone", "kb": "… articles alone", "model": "… classifier alone",
         "floor": "floor", "loop": "harder floor", "smtp-sink": "smtp-sink -L", "sdbox": "Dovecot sdbox", "maildir": "Dovecot Maildir", "sieve": "Dovecot Maildir + Sieve",
         "without": "Sportello, without", "mirror": "Sportello, a mirror", "backup": "… a backup beside", "retention": "… a retention beside", "index": "… making its index", "named": "… files named", "files": "… 10 MB of files", "empty": "Sportello, none", "filled": "Sportello, 1,000,000",
         "sending": "… and all is sent", "rt": "Request Tracker 5", "smtp-source": "smtp-source",
         "none": "no assignment, none open", "round-robin": "round-robin, 100,000 open", "least-loaded": "least-loaded", "sticky": "sticky", "dead": "… and 100,000 wait for nobody",
         "sqlite": "Sportello on SQLite", "postgres": "Sportello on PostgreSQL", "one": "one gateway", "two": "two gateways"}
MACHINES = {"%s, %s" % (machine, sent): "%s, %s" % (words, "all sent" if sent == "sending" else "nothing sent") for machine, words in
            (("all", "as it is"), ("one", "one processor"), ("slow", "5 ms a sync")) for sent in ("nothing", "sending")}
NAMES.update(MACHINES)
TITLE = "## Measured on "


class Results:
    def __init__(self, results):
        self.by = results

    def rounds(self, case, who, key):
        return {figures["round"]: figures[key] for figures in self.by.get((case, who), []) if key in figures and not figures.get("failed")}

    def median(self, case, who, key):
        values = self.rounds(case, who, key).values()
        return statistics.median(values) if values else None

    def ratio(self, case, who, other, key="rate"):
        """Median of the ratios of the rounds; None: one of the two was not measured."""
        mine, theirs = self.rounds(case, who, key), self.rounds(case, other, key)
        both = [mine[n] / theirs[n] for n in mine if theirs.get(n)]
        return statistics.median(both) if both else None

    def over(self, mine, theirs):
        """The same of two cases: (case, who, key)."""
        mine, theirs = self.rounds(*mine), self.rounds(*theirs)
        both = [value / theirs[n] for n, value in mine.items() if theirs.get(n)]
        return statistics.median(both) if both else None

    def above(self, case, who, other, key):
        mine, theirs = self.median(case, who, key), self.median(case, other, key)
        return None if mine is None or theirs is None else mine - theirs

    def to_better(self, case, who, others, key="rate"):
        ratios = [r for r in (self.ratio(case, who, other, key) for other in others) if r is not None]
        return min(ratios) if ratios else None


def claim(r, sessions):
    """Share of the mails for which the order was seen."""
    found = r.by.get(("claim %d" % sessions, "plain"), [])
    return min(f["shown"] / f["mails"] for f in found) if found else None


def claim_words(r):
    return ", ".join("%d connection%s: %d of %d mails" % (n, "s" * (n > 1), sum(f["shown"] for f in r.by.get(("claim %d" % n, "plain"), [])),
                                                          sum(f["mails"] for f in r.by.get(("claim %d" % n, "plain"), []))) for n in (1, 20))


def rows(r):
    """(what, reached, wanted, at least or at most, format)"""
    ratio = r.ratio
    return [
        ("20 connections, 2 KB, all on : Dovecot Maildir + Sieve, 40 rules", ratio("20", "all", "sieve"), 9, ">", "%.2f"),
        ("20 connections, 2 KB, all on : Request Tracker 5", ratio("20", "all", "rt"), 300, ">", "%.0f"),
        ("20 connections, 2 KB, plain : Dovecot sdbox", ratio("20", "plain", "sdbox"), 5, ">", "%.2f"),
        ("20 connections, 2 KB, plain : floor", ratio("20", "plain", "floor"), 0.25, ">", "%.2f"),
        ("1 connection, 2 KB, plain : Dovecot sdbox", ratio("1", "plain", "sdbox"), 4, ">", "%.2f"),
        ("1 connection, 2 KB, plain : floor", ratio("1", "plain", "floor"), 0.6, ">", "%.2f"),
        ("20 connections, 2 KB, plain, nothing sent : harder floor", ratio("20", "plain", "loop"), 0.6, ">", "%.2f"),
        ("1 connection, 2 KB, plain, nothing sent : harder floor", ratio("1", "plain", "loop"), 0.68, ">", "%.2f"),
        ("fsyncs a mail, 1 connection, plain", r.median("syncs 1", "plain", "syncs"), 1.1, "<", "%.2f"),
        ("fsyncs a mail, 20 connections, plain", r.median("syncs 20", "plain", "syncs"), 0.2, "<", "%.2f"),
        ("5 ms more a sync, 20 connections, plain : the better Dovecot", r.to_better("5 ms", "plain", ("sdbox", "maildir")), 1.9, ">", "%.2f"),
        ("p99 of end-of-data, 20 connections, plain : Dovecot sdbox", ratio("20", "plain", "sdbox", "p99"), 0.5, "<", "%.2f"),
        ("open loop, 300 mails/s, p99 from when due, plain : Dovecot sdbox", ratio("open", "plain", "sdbox", "due_p99"), 1, "<", "%.2f"),
        ("open loop, 300 mails/s, p99 from when due, with a mirror : without", ratio("mirror", "mirror", "without", "due_p99"), 1.5, "<", "%.2f"),
        ("the mirror has all, seconds after the last of those mails", r.median("mirror", "mirror", "lag"), 2, "<", "%.2f"),
        ("notices with 10 MB of files : naming them, p99 of end-of-data", ratio("notices", "files", "named", "p99"), 1.5, "<", "%.2f"),
        ("notices with 10 MB of files : naming them, p99 of other notices", ratio("notices", "files", "named", "told_p99"), 1.5, "<", "%.2f"),
        ("1 MB, 20 connections, plain : Dovecot sdbox", ratio("1 MB", "plain", "sdbox"), 1.1, ">", "%.2f"),
        ("1,000,000 tickets in the store : an empty store, plain", ratio("million", "filled", "empty"), 0.8, ">", "%.2f"),
        ("open loop, 1,000,000 tickets, a backup beside : without, p99 from when due", ratio("backup", "backup", "without", "due_p99"), 3, "<", "%.2f"),
        ("open loop, 1,000,000 tickets, a retention beside : without, p99 from when due", ratio("retention", "retention", "without", "due_p99"), 2, "<", "%.2f"),
        ("open loop, 1,000,000 tickets, the first retention makes its index : without, p99 from when due", ratio("retention", "index", "without", "due_p99"), 2, "<", "%.2f"),
        ("a backup beside it: the longest wait above that without, ms", r.above("backup", "backup", "without", "due_max"), 150, "<", "%.0f"),
        ("a backup beside it: log of the database, MB", r.median("backup", "backup", "wal_mb"), 2000, "<", "%.0f"),
        ("reports of 1,000,000 tickets and 90 days, beside 300 mails/s, p95, s", r.median("reports", "reports", "report_p95"), 1, "<", "%.2f"),
        ("open loop, 1,000,000 tickets, reports beside : without, p99 from when due", ratio("reports", "reports", "without", "due_p99"), 2, "<", "%.2f"),
        ("memory (PSS), 20 connections, 2 KB, plain : Dovecot sdbox", ratio("20", "plain", "sdbox", "mb"), 0.5, "<", "%.2f"),
        ("memory (PSS), 20 connections, 2 KB, all on : Dovecot sdbox", ratio("20", "all", "sdbox", "mb"), 0.5, "<", "%.2f"),
        ("memory (PSS), 25 MB mails, plain, MB", r.median("25 MB", "plain", "mb"), 64, "<", "%.1f"),
        ("memory (PSS), 25 MB mails, all on, MB", r.median("25 MB", "all", "mb"), 64, "<", "%.1f"),
        ("outbox to a sink, new connections : smtp-source", ratio("outbox new", "plain", "smtp-source"), 0.4, ">", "%.2f"),
        ("outbox to a sink, kept connections : smtp-source", ratio("outbox kept", "plain", "smtp-source"), 0.5, ">", "%.2f"),
        ("in and out, 20 c., until all is sent : the same, nothing is sent", ratio("out 20", "sending", "plain", "door"), 0.4, ">", "%.2f"),
        ("in and out, 20 c., until all is sent : harder floor", ratio("out 20", "sending", "loop", "door"), 0.22, ">", "%.2f"),
        ("in and out, 1 c., as they come in : the same, nothing is sent", ratio("out 1", "sending", "plain"), 0.8, ">", "%.2f"),
        ("in and out, p99 of end-of-data at 300 mails/s : Dovecot sdbox", ratio("open", "sending", "sdbox", "p99"), 1, "<", "%.2f"),
        *(("assign = %s, 100,000 open of 10 agents : none, none open" % way, ratio("assign", way, "none"), 0.95, ">", "%.2f") for way in ("round-robin", "least-loaded", "sticky")),
        ("in and out, all on, assigned, 100,000 open : Request Tracker 5", r.over(("all out", "all", "door"), ("20", "rt", "rate")), 120, ">", "%.0f"),
        ("in and out, 1,000,000 tickets : an empty store", ratio("million out", "filled", "empty", "door"), 0.85, ">", "%.2f"),
        ("in and out, 100,000 mails wait for a dead domain : none waits", ratio("waiting", "dead", "filled", "door"), 0.9, ">", "%.2f"),
        ("processor time above plain, all on, 20 c., microseconds a mail", r.above("20", "all", "plain", "cpu_us"), 150, "<", "%.0f"),
        ("hostile mails of up to 1 MB, 20 c.: p99 of good ones : without", r.median("hostile", "plain", "times"), 3, "<", "%.2f"),
        ("hostile mails: memory of the daemon at most, MB", r.median("hostile", "plain", "mb"), 256, "<", "%.0f"),
        ("hostile mails: slowest answer of /healthz, ms", r.median("hostile", "plain", "healthz"), 100, "<", "%.0f"),
        ("user + system seconds, plain : Dovecot Maildir + Sieve", ratio("20", "plain", "sieve", "cpu_us"), 0.4, "<", "%.2f"),
        ("one gateway, 20 connections, plain, on PostgreSQL : on SQLite", ratio("gateway", "postgres", "sqlite"), 0.35, ">", "%.2f"),
        ("5 ms more a sync, 20 connections each, two gateways : one", ratio("gateways 20", "two", "one"), 1.5, ">", "%.2f"),
        ("5 ms more a sync, 5 connections each, two gateways : one", ratio("gateways 5", "two", "one"), 1.5, ">", "%.2f"),
        ("250 means on disk: least share of mails, 1 connection", claim(r, 1), 1, ">", "%.4f"),
        ("250 means on disk: least share of mails, 20 connections", claim(r, 20), 1, ">", "%.4f"),
    ]


def ratios(r, partial):
    """partial: only of what was measured."""
    lines = ["%-68s %9s  %9s" % ("", "reached", "wanted")]
    for what, value, wanted, way, form in rows(r):
        if value is None and partial:
            continue
        good = value is not None and (value >= wanted if way == ">" else value <= wanted)
        lines.append("%-68s %9s  %s %-7s %s" % (what, "-" if value is None else form % value, "≥" if way == ">" else "≤", "%g" % wanted,
                                               "not measured" if value is None else "yes" if good else "NO"))
    return lines


def line(r, name, case, who, columns):
    values = [r.median(case, who, key) for key, _ in columns]
    words = ["-" if v is None else form % v for v, (_, form) in zip(values, columns)]
    return None if set(words) == {"-"} else "%-26s%s" % (name, "".join("%12s" % word for word in words))


def block(r, title, heads, case, columns, whos):
    lines = [line(r, NAMES[who], case, who, columns) for who in whos]
    lines = [words for words in lines if words]
    return ["", "%-26s%s" % (title, "".join("%12s" % head for head in heads))] + lines if lines else []


PEERS = ["smtp-sink", "floor", "loop", "sdbox", "maildir", "sieve", "rt", "plain", "all"]


def figures(r):
    rate, p50, p99 = ("rate", "%.0f"), ("p50", "%.2f"), ("p99", "%.2f")
    lines = []
    titles = {"1": "1 connection, 2 KB", "20 KB": "20 connections, 20 KB", "1 MB": "20 connections, 1 MB", "5 ms": "5 ms more a sync, 20 c."}
    for case, title in titles.items():
        lines += block(r, title, ("mails/s", "p50 ms", "p99 ms"), case, (rate, p50, p99), PEERS)
    lines += block(r, "20 connections, 2 KB", ("mails/s", "p50 ms", "p99 ms", "PSS MB", "CPU µs/mail", "s/10,000"), "20",
                   (("rate", "%.0f"), p50, p99, ("mb", "%.1f"), ("cpu_us", "%.0f"), ("cpu_10k", "%.2f")), PEERS)
    lines += block(r, "open loop, 300 mails/s", ("p99 due ms", "p50 ms", "p99 ms"), "open", (("due_p99", "%.2f"), p50, p99), PEERS + ["sending"])
    lines += block(r, "300 mails/s, a mirror", ("p99 due ms", "p50 ms", "p99 ms", "CPU µs/mail", "whole after s"), "mirror",
                   (("due_p99", "%.2f"), p50, p99, ("cpu_us", "%.0f"), ("lag", "%.2f")), ["without", "mirror"])
    lines += block(r, "300 mails/s, a backup", ("p99 due ms", "longest ms", "p50 ms", "p99 ms", "log, MB"), "backup", (("due_p99", "%.2f"), ("due_max", "%.1f"), p50, p99, ("wal_mb", "%.0f")),
                   ["without", "backup"])
    lines += block(r, "300 mails/s, a retention", ("p99 due ms", "p50 ms", "p99 ms", "tickets/s"), "retention", (("due_p99", "%.2f"), p50, p99, ("gone", "%.0f")),
                   ["without", "index", "retention"])
    lines += block(r, "100 mails/s, files beside", ("p50 ms", "p99 ms", "told p50 ms", "told p99 ms"), "notices",
                   (p50, p99, ("told_p50", "%.0f"), ("told_p99", "%.0f")), ["without", "named", "files"])
    lines += block(r, "25 MB mails, 20 c.", ("PSS MB", "mails/s"), "25 MB", (("mb", "%.1f"), ("rate", "%.1f")), PEERS)
    for n in (1, 20):
        lines += block(r, "fsyncs a mail, %d c." % n, ("fsyncs",), "syncs %d" % n, (("syncs", "%.2f"),), PEERS)
    for kind in ("new", "kept"):
        lines += block(r, "outbox, %s connections" % kind, ("mails/s", "bytes", "connections"), "outbox " + kind,
                       (rate, ("bytes", "%.0f"), ("connections", "%.0f")), ["plain", "smtp-source"])
    for n in (20, 1):
        lines += block(r, "in and out, %d c." % n, ("mails/s in", "and sent", "left, s", "p99 ms", "CPU µs/mail"), "out %d" % n,
                       (rate, ("door", "%.0f"), ("empty_s", "%.2f"), p99, ("cpu_us", "%.0f")), ["loop", "plain", "sending"])
    for n in (20, 1):
        lines += block(r, "machines, %d c." % n, ("mails/s in", "and sent", "p99 ms", "CPU µs/mail"), "machine %d" % n, (rate, ("door", "%.0f"), p99, ("cpu_us", "%.0f")), MACHINES)
    doors = (rate, ("door", "%.0f"), ("empty_s", "%.2f"), p99, ("cpu_us", "%.0f"))
    heads = ("mails/s in", "and sent", "left, s", "p99 ms", "CPU µs/mail")
    lines += block(r, "assignment, 20 c.", heads, "assign", doors, ["none", "round-robin", "least-loaded", "sticky"])
    lines += block(r, "all on, in and out, 20 c.", heads, "all out", doors, ["all"])
    lines += block(r, "in and out, many tickets", heads, "million out", doors, ["empty", "filled"])
    lines += block(r, "in and out, many wait", heads, "waiting", doors, ["empty", "filled", "dead"])
    lines += block(r, "hostile mails, 20 c.", ("p99 ms", "p99 without", "hostile/s", "slowest s", "MB", "healthz ms"), "hostile",
                   (p99, ("calm_p99", "%.2f"), ("hostile_s", "%.1f"), ("slowest", "%.1f"), ("mb", "%.0f"), ("healthz", "%.0f")), ["plain"])
    lines += block(r, "sportello explain", ("2 KB, ms", "25 MB, ms", "25 MB, MB"), "explain", (("ms", "%.3f"), ("large_ms", "%.0f"), ("mb", "%.1f")), ["plain"])
    lines += block(r, "one gateway, 20 c.", ("mails/s", "p50 ms", "p99 ms", "CPU µs/mail"), "gateway", (rate, p50, p99, ("cpu_us", "%.0f")), ["sqlite", "postgres"])
    for n in (20, 5):
        lines += block(r, "5 ms a sync, %d c. each" % n, ("mails/s", "p50 ms", "p99 ms", "CPU µs/mail"), "gateways %d" % n, (rate, p50, p99, ("cpu_us", "%.0f")), ["one", "two"])
    lines += block(r, "tickets in the store, 20 c.", ("mails/s", "p50 ms", "p99 ms"), "million", (rate, p50, p99), ["empty", "filled"])
    return lines


def features(r):
    """What each feature costs when it alone is switched on."""
    if r.median("20", "plain", "cpu_us") is None:
        return []
    lines = ["", "%-26s%12s%14s%12s%14s" % ("each feature alone, 20 c.", "mails/s", "of plain", "CPU µs/mail", "more than plain")]
    for who in ("plain", "rules", "kb", "model", "all"):
        share, rate, cpu = r.ratio("20", who, "plain"), r.median("20", who, "rate"), r.median("20", who, "cpu_us")
        if share is not None and cpu is not None:
            lines.append("%-26s%12.0f%14.2f%12.0f%14.0f" % (NAMES[who], rate, share, cpu, cpu - r.median("20", "plain", "cpu_us")))
    return lines


def machine():
    with open("/proc/cpuinfo") as f:
        model = next((l.split(":")[1].strip() for l in f if l.startswith("model name")), "unknown processor")
    return "%d processors (%s), load average %.1f at the end" % (os.cpu_count(), model, os.getloadavg()[0])


def make(bench, rounds, seconds, partial):
    for found in bench.results.values():
        for one in found:
            if "cpu_us" in one:
                one["cpu_10k"] = one["cpu_us"] / 100
    r = Results(bench.results)
    lines = ratios(r, partial) + [""]
    if claim(r, 1) is not None:
        lines += ["250 means on disk: " + claim_words(r), ""]
    lines.append("medians of %d rounds, %.0f minutes, %s" % (rounds, seconds / 60, machine()))
    lines += figures(r) + features(r)
    if bench.notes:
        lines += [""] + ["!! " + note for note in bench.notes]
    return "\n".join(lines)


def keep(path, words):
    """Puts the table before the older ones; one of the same day is replaced. Other parts of the page stay where they are."""
    title = TITLE + time.strftime("%Y-%m-%d")
    with open(path, encoding="utf-8") as f:
        parts = f.read().rstrip("\n").split("\n## ")
    parts = [part for i, part in enumerate(parts) if i == 0 or not ("## " + part).startswith(title)]
    place = next((i for i, part in enumerate(parts) if i and ("## " + part).startswith(TITLE)), len(parts))
    parts.insert(place, "%s\n\n```\n%s\n```" % (title[3:], words))
    with open(path, "w", encoding="utf-8") as f:
        f.write("\n\n## ".join(part.rstrip("\n") for part in parts) + "\n")
