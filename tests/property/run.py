#!/usr/bin/env python3
"""run.py - random dialogs through a whole desk, and an oracle beside it: what was written for whom, and who read it.

    PROPERTY_MAILS=100000     mails in all (1500 a desk)
    PROPERTY_SEED=N           the same dialogs again; without it, one is chosen and printed
    PROPERTY_SHRINK=1         that many examples of each kind of finding are made small (0: none)
    PROPERTY_OPEN=FILE        kinds of findings that are known and not mended yet, one a line: they are counted, and fail nothing
    run.py WORD ...           only examples of kinds that have one of these words in their name

On a violation the dialog that shows it is played again alone, with steps left out, until nothing more can be: that one is printed.
Ends with "N passed, N failed": a dialog passes where the oracle finds nothing.
"""
import sys
sys.dont_write_bytecode = True
import base64, collections, concurrent.futures, os, random, re, time, urllib.parse

import actions, agents, customers, machines, orders, pages, sides
from dialog import AGENT_MAILS, Dialog
from house import House
from letters import Page
from oracle import Oracle

TICKET = re.compile(r"\[#(\d+)\]")
STEPS = 16                                   # of a dialog, at most
READERS_ASKED = 0.3                          # share of the answers before which `ticket show` is asked for the readers
MAILS_A_DIALOG, MAILS_A_DESK = 6, 1500
BUDGETS = {"all": 12, "hour": 8, "domain": 10, "minute": 100000}     # of acknowledgements: small, so that they matter


def readable(data):
    """A mail for the eyes: its transfer encoding undone."""
    head, _, body = data.decode("utf-8", "replace").replace("\r\n", "\n").partition("\n\n")
    def plain(found):
        return found.group(1) + base64.b64decode(found.group(2)).decode("utf-8", "replace") + "\n"
    return re.sub(r"(base64\n\n)((?:[A-Za-z0-9+/=]+\n)+)", plain, head + "\n\n" + body)


class Play:
    """Many dialogs at once in one desk."""
    def __init__(self, scripts, prove, language="en", leaves=False, watch=False):
        self.house = House(prove=prove, language=language, budgets=BUDGETS)
        self.oracle = Oracle(BUDGETS["all"])
        self.dialogs = [Dialog(n + 1, script, prove) for n, script in enumerate(scripts)]
        self.by_number = {d.number: d for d in self.dialogs}
        self.by_ticket, self.held, self.watch = {}, [], watch
        self.gone, self.lists, self.leaves = set(), [], leaves       # leaves: in the night an agent goes, for ever
        for d in self.dialogs:
            d.gone, d.shared_lists, d.all_tickets = self.gone, self.lists, lambda: sorted(self.by_ticket)

    # ---- whose mail is this?
    def dialog_of_address(self, address):
        found = re.search(r"@[a-z](\d+)\.example$", address)
        return self.by_number.get(int(found.group(1))) if found else None

    def dialog_of(self, mail):
        for r in mail.recipients:
            if r not in AGENT_MAILS:
                return self.dialog_of_address(r)
        number = TICKET.search(mail["subject"])
        if number and int(number.group(1)) in self.by_ticket:
            return self.by_ticket[int(number.group(1))]
        for c in mail.canaries():
            if c in self.oracle.canaries:
                return self.oracle.canaries[c].dialog
        found = re.search(r"@[a-z](\d+)\.example", mail.seen)
        return self.by_number.get(int(found.group(1))) if found else None

    def route(self, mail):
        if mail["x-sportello-event"] in ("digest", "list", "help"):
            self.lists.append(mail)
            return
        dialog = self.dialog_of(mail)
        if dialog is None:
            self.held.append(mail)
            return
        number = TICKET.search(mail["subject"])
        if number and mail.recipients[0] in AGENT_MAILS:
            self.by_ticket.setdefault(int(number.group(1)), dialog)
            if int(number.group(1)) not in dialog.tickets and self.by_ticket[int(number.group(1))] is dialog:
                dialog.tickets.append(int(number.group(1)))
        dialog.take(mail)

    # ---- a round
    def step(self, dialog):
        """The next step of the dialog that makes sense: its operations."""
        while dialog.at < len(dialog.script):
            name, seed = dialog.script[dialog.at]
            if name == actions.NIGHT:
                return []
            dialog.at += 1
            dialog.begin(name, seed)
            count = len(dialog.writings)
            operations = actions.ACTIONS[name][1](dialog)
            if operations:
                for operation in operations:
                    operation[-1].action = name
                dialog.note("%s" % name)
                return operations
            del dialog.writings[count:]
        return []

    def round(self):
        active = [(d, self.step(d)) for d in self.dialogs]
        mails = [(d, op) for d, ops in active for op in ops if op[0] == "mail"]
        commands = [(d, op) for d, ops in active for op in ops if op[0] == "command"]
        opened = [(d, op) for d, ops in active for op in ops if op[0] == "page"]
        if not mails and not commands and not opened:
            return self.night()
        writings = [op[-1] for _, op in mails + commands + opened]
        for w in writings:
            self.oracle.expect(w)
            if w.purpose == "answer" and w.dialog.r.random() < (1 if "ticket" in w.__dict__ else READERS_ASKED):
                self.ask_readers(w)
        for (d, op), replies in zip(mails, self.house.deliver([op[1:4] for _, op in mails])):
            d.last_mail = op[1:4]
            op[4].result = [code for code, _ in replies]
            d.note("    -> %s" % ", ".join(op[2]) + "".join(" [%d %s]" % r for r in replies if r[0] != 250))
            if self.watch:
                d.note("\n".join("       | " + line for line in readable(op[1]).split("\n")))
        for d, (_, arguments, text, w) in commands:
            if w.purpose == "answer":
                w.shown = w.readers
            done = self.house.desk.cli(*arguments, stdin=text)
            w.result = [250 if done.code == 0 else done.code]
            d.note("    $ sportello %s (exit %d)" % (" ".join(map(str, arguments)), done.code))
        for d, (_, path, fields, w) in opened:
            self.open(d, path, fields, w)
        self.watch_what_leaves()
        for w in writings:
            self.oracle.after(w)
        self.check_states(writings)
        return True

    def night(self):
        """All who are not at their end wait for it. False: nobody does."""
        waiting = [d for d in self.dialogs if d.at < len(d.script)]
        for d in waiting:
            d.at += 1
            d.note(actions.NIGHT)
        if not waiting:
            return False
        if self.leaves and not self.gone:
            self.gone.add("carl")
            self.house.remove("carl")
            self.watch_what_leaves()
            self.oracle.gone.add("carl@agents.example")
        self.oracle.acknowledgements.clear()
        self.house.next_day()
        self.watch_what_leaves()
        self.check_states([])
        return True

    def watch_what_leaves(self):
        for mail in self.house.settle():
            self.oracle.look(mail, self.dialog_of_address)
            self.route(mail)

    def ask_readers(self, w):
        """Whom the desk itself names as readers of the next answer, before that answer is given."""
        number = w.__dict__.get("ticket") or (TICKET.search(w.notice["subject"] if w.notice else "") or [0, 0])[1]
        for _ in range(3):
            ticket = self.house.desk.cli("ticket", "show", number) if number else None
            if ticket is None or ticket.code != 0:
                return
            if not ticket.json.get("merged_into"):
                w.readers = {r["address"].lower() for r in ticket.json.get("readers", []) if r["address"] not in AGENT_MAILS}
                return
            number = ticket.json["merged_into"]

    def open(self, d, path, fields, w):
        """A link of a mail is opened, or its button pressed."""
        if fields is None:
            status, _, words = self.house.desk.http(path)
        else:
            status, _, words = self.house.desk.http(path, "POST", urllib.parse.urlencode(fields), {"Content-Type": "application/x-www-form-urlencoded"})
        w.result = [250 if status == 200 else status]
        d.note("    %s %s %s: %d" % ("GET" if fields is None else "POST", path, fields or "", status))
        self.oracle.look(Page(w.writer, path, words), self.dialog_of_address)

    def check_states(self, writings):
        still = {w.dialog: w for w in writings if not w.moves}
        tickets = {t["id"]: t["state"] for t in self.house.desk.tickets()}
        for number, state in tickets.items():
            dialog = self.by_ticket.get(number)
            if dialog is None:
                continue
            before = dialog.states.get(number)
            if dialog in still and before is not None and before != state:
                self.oracle.find("state", dialog, "ticket %d went from %s to %s by a machine's mail" % (number, before, state), still[dialog])
            dialog.states[number] = state

    def finish(self):
        desk = self.house.desk
        self.house.advance(180)              # what is gathered, leaves
        time.sleep(0.3)
        self.watch_what_leaves()
        book = desk.ok("mailbox", "list")
        without = [m for m in book if not m["disposition"]]
        duplicates = sum(m["duplicates"] for m in book)
        if without or len(book) + duplicates != self.house.accepted:
            self.oracle.find("book", None, "accepted %d, in the book %d and %d repeated, %d without a disposition" % (self.house.accepted, len(book), duplicates, len(without)))
        checked = desk.cli("fsck")
        if checked.code != 0:
            self.oracle.find("book", None, "fsck: %r" % checked)
        by_id = collections.defaultdict(list)
        for m in book:
            by_id[m["message_id"]].append(m)
        self.check_untold(by_id)
        self.check_unseen(by_id)

    @staticmethod
    def is_over_the_limit(rows):
        """More than 20 orders in an hour that nothing proves are answered by silence, and by a count later: the book says so."""
        return any((m["detail"] or "").startswith("not answered: ") for m in rows)

    def check_untold(self, by_id):
        for w in self.oracle.untold:
            if not self.is_over_the_limit(by_id.get(w.mail_id, [])):
                self.oracle.find("untold", w.dialog, "%r was not sent, and %s was not told with his words" % (w, w.writer), w)

    def check_unseen(self, by_id):
        shown = {}
        for d in self.dialogs:
            for w in d.writings:
                missing = self.oracle.unseen(w)
                if not missing:
                    continue
                rows = by_id.get(w.mail_id, [])
                if self.is_over_the_limit(rows):
                    continue
                if w.agent:                  # a note, or a draft kept: on the ticket
                    if "ticket" in w.__dict__:
                        rows = [{"ticket": w.ticket, "disposition": "command", "detail": ""}]
                    for m in rows:
                        if m["ticket"] and m["ticket"] not in shown:
                            shown[m["ticket"]] = self.house.desk.cli("ticket", "show", m["ticket"], json_output=False).out.split("\nHistory")[0]
                    missing = [c for c in missing if not any(c in shown.get(m["ticket"], "") for m in rows)]
                if missing and not any(m["disposition"] in ("rejected", "redirected", "discarded") for m in rows):
                    self.oracle.find("unseen", d, "%s of %r: %s" % (missing[0], w, [(m["disposition"], m["detail"], m["ticket"]) for m in rows]), w)

    def play(self):
        try:
            while self.round():
                pass
            self.finish()
        finally:
            self.house.close()
        return self.oracle.findings


def shrink(script, way, kind, budget=int(os.environ.get("PROPERTY_BUDGET", "40"))):
    """Leaves steps out for as long as the same class of finding stays. All candidates of one pass share a desk. None: it does not show alone."""
    def shows(scripts):
        play = Play(scripts, *way)
        found = play.play()
        return [any(k == kind and d is dialog for k, d, _ in found) for dialog in play.dialogs]
    if not shows([script])[0]:
        return None
    for _ in range(budget):
        candidates = [script[:k] + script[k + 1:] for k in range(len(script))] if len(script) > 1 else []
        halves = [script[:len(script) // 2], script[len(script) // 2:], script[:-2]] if len(script) > 3 else []
        candidates = [c for c in halves + candidates if c]
        good = [c for c, bad in zip(candidates, shows(candidates)) if bad] if candidates else []
        if not good:
            return script
        script = min(good, key=len)
    return script


def tell(script, way, kind):
    play = Play([script], *way, watch=True)
    found = play.play()
    return "\n".join(play.dialogs[0].log) + "\n" + "\n".join("%s: %s" % (k, words) for k, _, words in found if k == kind)


def one_desk(seed, n, mails):
    """The n-th desk of a run: what it did, and what was found, as plain values."""
    r = random.Random("%d/%d" % (seed, n))
    prove = r.random() < 0.6
    scripts = [actions.make_script(r, STEPS) for _ in range(max(1, mails // MAILS_A_DIALOG))]
    way = (prove, r.choice(["en", "en", "it", "de", "fr", "es"]), r.random() < 0.4)
    play = Play(scripts, *way)
    found = [(kind, d.script[:d.at] if d else None, way, words, d.number if d else 0, "\n".join(d.log) if d else "") for kind, d, words in play.play()]
    return play.house.mails_in, play.house.taken, len(play.dialogs), play.oracle.checked, found


def show_examples(bad, examples, most, only):
    for kind, found in sorted(examples.items()):
        if only and not any(w in kind for w in only):
            continue
        for _, script, way, words, _, log in sorted(found, key=lambda e: len(e[1] or "x" * 99))[:most]:
            print("\n==== %s (%d): %s" % (kind, bad[kind], words), flush=True)
            small = shrink(script, way, kind) if script else None
            if small is None:
                print("(not when played alone; as it went:)\n" + log)
            else:
                print("smallest dialog (authserv_id %s, language %s%s):\n%s" % ("set" if way[0] else "not set", way[1], ", carl leaves" if way[2] else "", tell(small, way, kind)), flush=True)


def main():
    mails = int(os.environ.get("PROPERTY_MAILS", "100000"))
    seed = int(os.environ.get("PROPERTY_SEED") or random.SystemRandom().randrange(1 << 32))
    print("property: PROPERTY_SEED=%d PROPERTY_MAILS=%d" % (seed, mails), flush=True)
    known = open(os.environ["PROPERTY_OPEN"]).read().split("\n") if os.environ.get("PROPERTY_OPEN") else []
    desks = max(1, round(mails / MAILS_A_DESK))
    begin, totals, bad, examples, failed = time.monotonic(), [0, 0, 0, 0], collections.Counter(), {}, 0
    with concurrent.futures.ProcessPoolExecutor(int(os.environ.get("PROPERTY_DESKS", "2"))) as pool:
        for done in concurrent.futures.as_completed([pool.submit(one_desk, seed, n, mails // desks) for n in range(desks)]):
            *counts, found = done.result()
            totals = [a + b for a, b in zip(totals, counts)]
            failed += len({e[4] for e in found if e[0] not in known})
            for example in found:
                bad[example[0]] += 1
                examples.setdefault(example[0], []).append(example)
            print("property: %d mails in, %d out, %d dialogs, %d canaries read, %.0f s: %s" % (
                *totals, time.monotonic() - begin, dict(collections.Counter(k.split()[0] for k in bad.elements())) or "nothing found"), flush=True)
    for kind, k in sorted(bad.items()):
        print("%6d  %s%s" % (k, kind, "   (known, open)" if kind in known else ""))
    show_examples(bad, examples, int(os.environ.get("PROPERTY_SHRINK", "1")), sys.argv[1:])
    print("%d passed, %d failed" % (totals[2] - failed, failed))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
