"""dialog.py - one dialog: its people, what each of them has received, and what was written, by whom, for whom.

A dialog is a list of steps (name, seed). A step is carried out against what is there at that time, so that it can be left out of
the list and the rest still means something: that is how the smallest dialog is found. Each dialog has domains of its own.
"""
import email.utils, random, re, time

from letters import LETTERS, CANARY, compose

AGENT_ADDRESS = {"bob": "Bob Rossi <bob@agents.example>", "eva": "Eva Neri <eva@agents.example>", "carl": "Carl Weiss <carl@agents.example>"}
AGENT_MAILS = {email.utils.parseaddr(a)[1] for a in AGENT_ADDRESS.values()}
SENTENCES = ["The %s on the second floor does not start since %s.", "Please look at %s before %s comes back.", "My contract is %s and the colour of it is %s.",
             "We need %s for the meeting with %s.", "It says %s when I press the button, then %s.", "Nobody told us that %s is the same as %s.",
             "The password of the week was %s, I think, or maybe %s."]
OURS = "example.org"
AGENTS = ["bob", "eva", "carl"]
THIRDS = ["sup", "mak"]                                           # whom agents ask; they never take part


class Writing:
    """What one mail or command brought in. `purpose`: what its writer meant it for."""
    def __init__(self, dialog, step, writer, purpose, **more):
        self.dialog, self.step, self.writer, self.purpose = dialog, step, writer, purpose
        self.words, self.quoted, self.others = [], set(), []      # own canaries in the text; those of other mails that it repeats; own ones elsewhere
        self.claimed = writer                                     # the address in From
        self.proved, self.machine, self.agent = False, False, None
        self.notice, self.shown, self.readers, self.admitted, self.direct, self.replies, self.mail_id = None, None, None, set(), set(), None, None
        self.told, self.reached, self.result, self.seen_by_agents, self.moves = set(), {}, None, set(), True
        self.third, self.sends = None, False                      # the third party of a side conversation; /send of what came back
        self.inside = set()                                       # of `words`, those that stand within a file of an agent's: a draft that comes back names the file
        self.__dict__.update(more)

    def __repr__(self):
        return "%s by %s" % (self.purpose, self.writer)


class Dialog:
    def __init__(self, number, script, prove=True):
        self.number, self.script, self.prove, self.at = number, script, prove, 0
        self.inbox, self.agents_inbox = {}, []
        self.tickets, self.states, self.writings, self.log = [], {}, [], []
        self.left, self.joined, self.known = set(), set(), set()
        self.gone, self.shared_lists, self.all_tickets = set(), [], lambda: []       # of the desk as a whole: see run.py
        self.sent_ids = {}

    # ---- people
    def address(self, who):
        """ada, cora: the customer and her colleague; zoe: another customer; dan: somebody else; eve: a stranger; mon: a machine; sup, mak: suppliers."""
        letter = {"ada": "c", "cora": "c", "zoe": "z", "dan": "d", "eve": "x", "mon": "m", "vito": "v", "spy": "x", "list": "l", "sup": "s", "mak": "k"}.get(who, "o")
        return "%s@%s%d.example" % (who, letter, self.number)

    def is_here(self, address):
        return re.search(r"@[a-z]%d\.example$" % self.number, address) is not None

    def is_third(self, address):
        """Somebody who is asked, or a colleague of his."""
        return re.search(r"@[sk]%d\.example$" % self.number, address) is not None

    def agents(self):
        return [a for a in AGENTS if a not in self.gone]

    def agent(self):
        return self.r.choice(self.agents())

    def received(self, who):
        return self.inbox.get(self.address(who), [])

    # ---- words
    def begin(self, name, seed):
        self.r = random.Random("%s/%s" % (name, seed))
        self.w = random.Random("%s/%s/%d/%d" % (name, seed, self.number, self.at))

    def canary(self):
        return "zq" + "".join(self.w.choice(LETTERS) for _ in range(9))

    def sentence(self, writing, keep=None):
        a, b = self.canary(), self.canary()
        (writing.words if keep is None else keep).extend((a, b))
        return self.r.choice(SENTENCES) % (a, b)

    def sentences(self, writing, most=3):
        return [self.sentence(writing) for _ in range(1 + self.r.randrange(most))]

    def name(self, writing, who):
        """A display name, now and then with a canary of its own."""
        if self.r.random() < 0.6:
            return who.capitalize()
        c = self.canary()
        writing.others.append(c)
        return "%s %s" % (who.capitalize(), c)

    def subject(self, writing):
        c = self.canary()
        writing.others.append(c)
        return self.r.choice(["Question about %s", "%s does not work", "Invoice %s", "Once more: %s", "Wie geht %s?"]) % c

    def message_id(self, writing):
        writing.mail_id = "<%s.%d@%s>" % ("".join(self.w.choice(LETTERS) for _ in range(12)), self.number, writing.claimed.split("@")[-1])
        return writing.mail_id

    def date(self):
        return email.utils.formatdate(time.time())

    def results(self, domain, result):
        """Authentication-Results of our mail server, or None."""
        return "mx.example.org; dmarc=%s header.from=%s" % (result, domain) if self.prove and result else None

    def mail(self, writing, sender, to, subject, words=None, text=None, html=None, cc=None, auth=None, files=(), extra=(), answer=None, coding=None):
        """Composes; `answer`: the mail that it answers (In-Reply-To, References)."""
        headers = [("Authentication-Results", auth), ("From", sender), ("To", to), ("Cc", cc), ("Subject", subject), ("Message-ID", self.message_id(writing)),
                   ("Date", self.date())]
        if answer is not None:
            headers += [("In-Reply-To", answer["message-id"]), ("References", (answer["references"] + " " + answer["message-id"]).strip())]
        headers += list(extra)
        if text is None and html is None:
            text = "\n\n".join(words or []) + "\n"
        coding = coding or self.r.choice(["8bit", "8bit", "quoted-printable", "base64"])
        own = set(writing.words) | set(writing.others)
        writing.quoted |= set(CANARY.findall((subject + (text or "") + (html or "")).lower())) - own
        return compose(headers, text, html, files, coding)

    def write(self, writing):
        self.writings.append(writing)
        return writing

    def note(self, text):
        self.log.append(text)

    # ---- what arrived
    def take(self, mail):
        for recipient in mail.recipients:
            if recipient in AGENT_MAILS:
                mail.to_third = self.third_of(mail)
                if mail not in self.agents_inbox:
                    self.agents_inbox.append(mail)
            elif self.is_here(recipient):
                self.inbox.setdefault(recipient, []).append(mail)
        self.note("    <- %r" % mail)

    def third_of(self, mail):
        """The third party that an answer to this mail goes to; None: the customer's side."""
        if not re.search(r"\+f[a-z2-7]{20}", mail.reply_address()):
            return None
        found = re.search(r"\b[a-z]+@[sk]%d\.example" % self.number, mail.text)
        return found.group(0) if found else "?"

    def lists(self, agent):
        """What leads nowhere: lists and digests of whatever tickets, help."""
        return [m for m in self.agents_inbox + self.shared_lists if m["x-sportello-event"] in ("list", "help", "digest") and m.recipients[0].startswith(agent + "@")]

    def notices(self, agent=None):
        """Mails to agents that can be answered."""
        return [m for m in self.agents_inbox if "+" in m.reply_address() and (agent is None or m.recipients[0].startswith(agent + "@"))]
