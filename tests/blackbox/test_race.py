"""Two agents answer the same request by mail, in every order: no second answer goes out that its writer did not confirm, and none is lost.

RACES tickets in one desk (make says how many for a long run: RACES=1000 python3 tests/blackbox/run.py race:). What happens on each is one of SCENES; what is
right is told from the order of the 250s alone: an answer goes out at once, or it comes back to its writer with his words, and is on the ticket.
"""
import itertools, os, re, threading

from desk import address_of, mail, setup, wait_until

RACES = int(os.environ.get("RACES", "40"))
BOB, EVA, ANNA = "bob@agents.example", "eva@agents.example", "anna@example.com"

# Of a scene: moves, and which words the customer reads in the end. Moves: b, e: Bob, Eva answer the first notice; n, m: they leave a note on it; c: the
# customer writes again; x, y: they write a wrong command; B, E: they answer the newest mail that they have of it; S, T: they /send what came back; (..): at the same moment.
SCENES = [("b e", "b"), ("e b", "e"), ("b c e", "b"), ("e c b", "e"), ("c b e", "b"), ("n e", ""), ("m b", ""), ("b E", "bE"), ("e B", "eB"), ("b e T", "be"), ("e b S", "be"),
          ("b n e", "b"), ("b e E", "bE"), ("e b B", "eB"), ("b c E", "bE"), ("b b e", "b"), ("b B e T", "bBe"), ("n e T", "e"), ("b m e T", "be"), ("b e m T", "be"),
          ("(b e)", "1"), ("(e b) c", "1"), ("c (b e)", "1"), ("(b n) e", "?"), ("(b e) (S T)", "be"), ("(b c) e", "b"), ("(e c) b", "e"), ("(b e) (B E)", "?"), ("(b b) e", "b"), ("(b T) e", "b"), ("b y E", "bE"), ("e x B", "eB")]


class Race:
    def __init__(self, desk, number, scene):
        self.desk, self.number, (self.moves, self.right) = desk, number, scene
        self.written, self.first, self.customer = {}, {}, "customer%d@example.com" % number
        self.steps = [(step.strip("()").split()) for step in re.findall(r"\(.*?\)|\S+", self.moves)]

    def mails_to(self, who, book):
        return book.get((self.number, who), [])

    def move(self, letter, nth, book):
        """(raw mail, recipient, sender) of one move, or None where there is nothing to do it with."""
        who = {"b": BOB, "n": BOB, "s": BOB, "x": BOB, "e": EVA, "m": EVA, "t": EVA, "y": EVA}.get(letter.lower())
        if letter == "c":
            got = self.mails_to(self.customer, book)[0]
            return mail(sender=self.customer, reply_to=got, body="And now? %d\n" % nth), address_of(got), self.customer
        if letter in "ST":
            back = [m for m in self.mails_to(who, book) if m["X-Sportello-Event"] == "not-done"]
            if not back:
                return None
            return mail(sender=who, reply_to=back[-1], body="/send\n\nOn Monday Acme wrote:\n" + "".join("> %s\n" % line for line in back[-1].text.splitlines())), address_of(back[-1]), who
        notice = self.mails_to(who, book)[-1 if letter in "BE" else 0]
        words = "Words%s%dx%d" % (letter, self.number, nth)
        self.written[words] = (letter, who)
        return mail(sender=who, reply_to=notice, body="%s%s.\n" % ("/note\n" if letter in "nm" else "/frobnicate\n" if letter in "xy" else "", words)), address_of(notice), who


def deliver(desk, groups):
    """Each group at the same moment over connections of its own, the groups one behind the other; several such rows side by side."""
    width = max(len(group) for group in groups)
    sessions, failed = [[desk.session() for _ in range(width)] for _ in range(4)], []

    def row(k):
        for group in groups[k::4]:
            gate = threading.Barrier(len(group))

            def one(session, data, to, sender):
                gate.wait()
                reply = session.deliver(data, [to], sender)
                if reply[0][0] != 250:
                    failed.append(reply)
            threads = [threading.Thread(target=one, args=(session, *what)) for session, what in zip(sessions[k], group)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
    rows = [threading.Thread(target=row, args=(k,)) for k in range(4)]
    for thread in rows:
        thread.start()
    for thread in rows:
        thread.join()
    for session in itertools.chain(*sessions):
        session.close()
    assert not failed, failed[:3]


def idle(desk):
    text = desk.http("/metrics")[2]
    return not sum(float(v) for v in re.findall(r"(?m)^sportello_outbox_(?:waiting|in_flight) (\S+)", text))


def read(desk, book, seen):
    """What left since, sorted by ticket and reader."""
    wait_until(lambda: idle(desk), 60)
    for sent in desk.relay.mails[seen:]:
        number = int(re.search(r"\[#(\d+)\]", str(sent["Subject"])).group(1))
        for recipient in sent.recipients:
            book.setdefault((number, recipient), []).append(sent)
    return len(desk.relay.mails)


def check(race, book):
    """Each of the words: how often the customer has them, and whether their writer has them back."""
    reads = [m.text.split("\nOn ")[0] for m in race.mails_to(race.customer, book)]
    went = {words: sum(words + "." in text for text in reads) for words in race.written}
    for words, (letter, who) in race.written.items():
        back = [m for m in race.mails_to(who, book) if m["X-Sportello-Event"] == "not-done" and words in m.text]
        what = "ticket %d, %r: %s went out %d times, came back %d times" % (race.number, race.moves, words, went[words], len(back))
        if letter in "nmxy":
            assert went[words] == 0 and (back or letter in "nm"), what
            continue
        assert went[words] <= 1 and (went[words] or back), what + ": lost, or twice"
        assert not (went[words] and back) or re.search("[ST]", race.moves), what + ": unconfirmed"
    out = [(words, who) for words, (_, who) in race.written.items() if went[words]]
    has = {who: "".join(m.text for m in race.mails_to(who, book)) for who in (BOB, EVA)}
    for (one, first), (other, second) in itertools.combinations(out, 2):
        assert first == second or one in has[second] or other in has[first], "ticket %d, %r: neither writer was shown the other's %s, %s" % (race.number, race.moves, one, other)
    letters = sorted(race.written[words][0] for words in went if went[words])
    if race.right == "1":
        assert len(letters) == 1, (race.moves, letters)
    elif race.right != "?":
        assert sorted(set(letters)) == sorted(race.right), (race.number, race.moves, race.right, letters)


@setup(relay="smtp", queues=[{"name": "support", "address": "support@example.org", "agents": ["bob", "eva"]}], config={"relay.senders": 8, "log.level": "info", "desk.acknowledgements_per_hour": 100000})
def test_no_second_answer_goes_out_unasked_and_none_is_lost(desk):
    races = [Race(desk, n + 1, SCENES[n % len(SCENES)]) for n in range(RACES)]
    for race in races:                       # one behind the other: the number of a ticket is that of its race
        desk.accept(mail(sender=race.customer, subject="Race %d" % race.number, body="It does not run.\n"), sender=race.customer)
    book, seen = {}, 0
    seen = read(desk, book, seen)
    assert all(len(race.mails_to(who, book)) == 1 for race in races for who in (BOB, EVA, race.customer))
    for step in range(max(len(race.steps) for race in races)):
        groups = []
        for race in races:
            moves = [race.move(letter, 10 * step + k, book) for k, letter in enumerate(race.steps[step])] if step < len(race.steps) else []
            groups += [[m for m in moves if m]] if any(moves) else []
        deliver(desk, groups)
        seen = read(desk, book, seen)
    for race in races:
        check(race, book)
    shown = {t["id"]: t for t in desk.tickets()}
    assert len(shown) == RACES and desk.cli("fsck").code == 0
