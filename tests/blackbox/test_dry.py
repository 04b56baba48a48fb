"""The dry run says what the intake then does: some two hundred and thirty mails, each explained first and delivered then, must have the same plan.

People, machines, lists, forged and proved senders, answers by address, reference and number, agents with commands, repetitions; with rules.
"""
import os, random, re
from desk import Lmtp, mail, setup
from test_machines import machines, people

ANNA, BOB = "anna@example.com", "bob@agents.example"
RULES = """require ["fileinto", "imap4flags", "reject"];
if header :contains "subject" "order" { addflag "tag:order"; fileinto "queue/network"; }
elsif header :contains "subject" ["holiday", "vacation"] { addflag ["tag:away", "priority:low"]; }
elsif header :contains "subject" "unwanted" { reject "Not here."; }
elsif header :contains "subject" "lottery" { discard; }
elsif header :contains "subject" "billing" { redirect "billing@example.net"; }
if header :is "X-Sportello" "lang:it" { addflag "agent:bob"; }
"""
PASS = [("Authentication-Results", "mx.example.org; dmarc=pass header.from=example.com")]
FAIL = [("Authentication-Results", "mx.example.org; dmarc=fail header.from=example.com")]
SUBJECTS = ["Printer", "order 7", "holiday", "unwanted", "lottery", "billing", "Non funziona la stampante, grazie", "VPN"]


def first_mails(chance):
    """(mail, envelope sender): requests of people, lists and machines, of the generators of test_machines and others."""
    for name, data, sender in chance.sample(list(machines(chance)), 40) + chance.sample(list(people(chance)), 40):
        yield data, sender
    for n in range(50):
        who = "user%d@example.com" % (n % 25)
        headers = chance.choice([[], PASS, FAIL, [("List-Id", "<l.example.com>")], [("Auto-Submitted", "auto-generated")], [("Reply-To", "home@example.net")],
                                 [("Cc", "carl@example.com, network@example.org")], [("X-Spam-Flag", "YES")]])
        yield mail(subject="%s %d" % (chance.choice(SUBJECTS), n), body=chance.choice(["It is broken.\n", "Buongiorno, la stampante non funziona più, grazie per il vostro aiuto\n"]),
                   sender=who, headers=headers), who


def answers(chance, sent):
    """Answers to what the desk has sent: by whom it was for and by others, to its address or to the queue's, with commands, thanks, and twice."""
    for n in range(100):
        one = chance.choice(sent)
        for_whom = one.recipients[0]
        who = chance.choice([for_whom, for_whom, for_whom, "stranger@example.net", BOB, "bob.private@example.net"])
        words = chance.choice(["Thank you very much!", "It still does not work.", "/resolve\n\nDone.", "/note\nOurs alone.", "/queue network\n/tag vpn", "/nosuch 7\n\nWords", "leave", "Here are my words."])
        headers = chance.choice([[], [], PASS, FAIL, [("Auto-Submitted", "auto-replied")]])
        data = mail(reply_to=one.message, body=words + "\n", sender=who, headers=headers)
        if chance.random() < 0.3:            # the number in the subject, or a reference, but not the address
            data = re.sub(rb"^To: .*$", b"To: support@example.org\r", data, flags=re.M)
        if chance.random() < 0.2:
            data = re.sub(rb"^(In-Reply-To|References): .*\n", b"", data, flags=re.M)
        yield data, chance.choice([who, who, ""])
        if chance.random() < 0.1:
            yield data, who                  # once more


def recipient_of(data):
    to = re.search(rb"^To: .*?([^\s<>]+@example\.org)", data, re.M)
    return to.group(1).decode().lower() if to else "support@example.org"


class Comparison:
    """A desk, and what it logged and wrote up to now."""
    def __init__(self, desk, session):
        self.desk, self.session, self.read, self.outbox, self.count, self.seen, self.queues = desk, session, 0, set(), 0, {}, {}

    def logged(self):
        """What became of the delivery that was just answered."""
        with open(self.desk.log_file, errors="replace") as f:
            f.seek(self.read)
            lines = f.read()
            self.read = f.tell()
        events = [dict((k, v.strip('"')) for k, v in re.findall(r'([a-z_]+)=("(?:[^"\\]|\\.)*"|\S*)', line)) for line in lines.splitlines()]
        events = [e for e in events if e.get("event") in ("lmtp.accepted", "lmtp.duplicate")]
        assert len(events) == 1, lines
        return events[0]

    def written(self):
        """The mails that were written since: (template, readers)."""
        new = [row for row in self.desk.ok("outbox", "list", "--all") if row["id"] not in self.outbox]
        self.outbox |= {row["id"] for row in new}
        return sorted((row["template"], sorted(row["to"])) for row in new)

    def deliver(self, data, sender):
        """Explains a mail, delivers it, and holds the one against the other."""
        self.count += 1
        path, to = os.path.join(self.desk.directory, "%d.eml" % self.count), recipient_of(data)
        with open(path, "wb") as f:
            f.write(data)
        said = self.desk.ok("explain", "--envelope-from", sender, "--rcpt", to, path)
        said = said[0] if isinstance(said, list) else said
        plan = said["plan"]
        where = "%s\n%s" % (path, "\n".join(plan))
        code, text = self.session.deliver(data, [to], sender)[0]
        done, written = self.logged(), self.written()
        if done["event"] == "lmtp.duplicate" or said["kind"] == "duplicate":
            assert done["event"] == "lmtp.duplicate" and said["kind"] == "duplicate" and not written, (where, done)
            return self.see("duplicate")
        disposition = [line[len("disposition: "):].split(" (")[0] for line in plan if line.startswith("disposition: ")]
        assert [done["disposition"]] == disposition and said["kind"] == done["kind"], (where, done)
        assert code == (550 if disposition == ["rejected"] else 250), (where, code, text)
        joined = [clue for clue in said["clues"] if clue["joined"]]
        if joined:
            assert done["because"] == joined[0]["why"] and int(done["ticket"]) == joined[0]["ticket"], (where, done)
        created = [m.groups() for m in (re.match(r"create ticket (\d+), (\S+), in queue (\S+) for (\S+)", line) for line in plan) if m]
        assert bool(created) == bool(said["route"]), where
        if created:
            self.is_there(where, done, said["route"], *created[0])
            self.queues[path] = (to, sender, said["route"])
        planned = [(m.group(2), sorted(m.group(1).split(", "))) for m in (re.match(r"enqueue mail to (.*): (\S+)$", line) for line in plan) if m]
        assert written == sorted(planned), (where, written)
        self.see(done["disposition"])

    def is_there(self, where, done, route, number, state, queue, customer):
        ticket = self.desk.ticket(int(number))
        assert int(done["ticket"]) == int(number), (where, done)
        assert (ticket["state"], ticket["queue"], ticket["customer"]["address"] or "nobody") == (state, queue, customer.rstrip(",")), (where, ticket)
        assert sorted(ticket["tags"]) == sorted(route["tags"]) and all(ticket[key] == route[key] for key in ("queue", "priority", "agent")), (where, ticket)

    def see(self, what):
        self.seen[what] = self.seen.get(what, 0) + 1

    def rules_say_the_same(self):
        """`rules test` of all that opened a ticket."""
        for path, (to, sender, route) in self.queues.items():
            said = self.desk.ok("rules", "test", "--envelope-from", sender, "--rcpt", to, path)
            said = said[0] if isinstance(said, list) else said
            assert said["queue"] in (None, route["queue"]) and set(said["tags"]) <= set(route["tags"]), (path, said, route)
            assert not said["agent"] or said["agent"] == route["agent"], (path, said, route)


@setup(config={"authserv_id": "mx.example.org", "desk.acknowledgements_per_hour": 1000})
def test_explain_rules_test_and_replay_say_what_the_intake_does(desk):
    chance = random.Random(16)
    with open(os.path.join(desk.directory, "rules", "10.sieve"), "w") as f:
        f.write(RULES)
    desk.restart()
    with Lmtp(desk.lmtp_port) as session:
        both = Comparison(desk, session)
        both.read = os.path.getsize(desk.log_file)
        for data, sender in first_mails(chance):
            both.deliver(data, sender)
        desk.wait_sent(60)
        for data, sender in answers(chance, [one for one in desk.sent() if "+" in str(one["Reply-To"])]):
            both.deliver(data, sender)
    print(both.count, both.seen)
    assert both.count >= 220 and len(both.seen) >= 8, both.seen
    both.rules_say_the_same()
    assert desk.ok("rules", "replay") == []


test_explain_rules_test_and_replay_say_what_the_intake_does.long = 60
