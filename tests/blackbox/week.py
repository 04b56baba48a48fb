"""week.py - people for a played week: who writes, answers and orders, and after each step, who was sent what.

    week.writes("anna", "Printer", "It does not print.")     a mail of hers to a queue
    got = week.heard(anna="received", bob="new", carla="new")    these mails left, no other, and to nobody else; got.bob is the newest of Bob's
    week.answers("bob", got.bob, "Is it on?")                 as a mail program does it: her words above the quoted mail, to its Reply-To
    week.orders("bob", "/list")                               an agent's mail of his own
    week.later(hours=9)                                       the clock goes on

A kind is X-Sportello-Event for agents, and the name of the template for all others.
"""
import base64, email.message, email.policy, re, time, types

from desk import address_of, wait_until

AGENTS = {"bob": "Bob Rossi", "carla": "Carla Neri", "dieter": "Dieter Weiss"}
QUEUES = ("support", "sales", "repairs")
SUPPLIERS = {"maker": "help@maker.example", "carrier": "desk@carrier.example", "anton": "anton@carrier.example"}
NAMES = {at: name for name, at in SUPPLIERS.items()}
HOUR = 3600


def address(name):
    if name in SUPPLIERS:
        return SUPPLIERS[name]
    if name in QUEUES:
        return name + "@example.org"
    return name + ("@agents.example" if name in AGENTS else "@%s.example" % name)


def files_of(sent):
    return {part.get_filename(): part.get_payload(decode=True) for part in sent.message.walk() if part.get_content_disposition() == "attachment"}


def pictures_of(sent):
    return [part.get_payload(decode=True) for part in sent.message.walk() if part.get_content_type().startswith("image/") and part.get("Content-ID")]


def flat(sent):
    return " ".join(sent.text.split())


class Week:
    def __init__(self, desk, clock=0):
        self.desk, self.seen, self.clock, self.number = desk, 0, clock, 0
        self.templates, self.read, self.kinds, self.notices, self.digests, self.asked = {}, 0, set(), {}, {}, {}

    # ---- writing
    def message(self, who, to, subject, words, html=None, pictures=(), files=(), cc=None, answer=None, proved=True):
        self.number += 1
        m = email.message.EmailMessage(policy=email.policy.SMTP)
        domain = address(who).split("@")[1]
        if proved:                           # our mail server found that it is he
            m["Authentication-Results"] = "mx.example.org; dmarc=pass header.from=" + domain
        m["From"] = "%s <%s>" % (AGENTS.get(who, who.split("@")[0].capitalize()), address(who))
        m["To"], m["Subject"], m["Message-ID"] = to, subject, "<%d.%d@%s>" % (self.number, time.time_ns(), domain)
        m["Date"] = email.utils.formatdate(time.time() + self.clock)
        if cc:
            m["Cc"] = cc
        if answer is not None:
            m["In-Reply-To"] = str(answer["Message-ID"])
            m["References"] = " ".join((str(answer["References"] or "") + " " + str(answer["Message-ID"])).split())
        m.set_content(words)
        if html:
            m.add_alternative(html, subtype="html")
            for name, data in pictures:
                m.get_payload()[-1].add_related(data, "image", "png", cid="<%s>" % name)
        for name, kind, data in files:
            m.add_attachment(data, *kind.split("/"), filename=name)
        return m.as_bytes()

    def writes(self, who, subject, words, to="support", **more):
        self.desk.accept(self.message(who, address(to), subject, words, **more), address(to), sender=address(who))

    def answers(self, who, mail, words, quote=True, **more):
        to = address_of(mail) if mail["Reply-To"] else address_of(mail, "From")
        if quote:
            words += "\n\nOn Mon, 1 Jan 2026 at 10:00, %s wrote:\n" % str(mail["From"]) + "".join("> %s\n" % line for line in mail.text.splitlines())
        subject = str(mail["Subject"])
        self.desk.accept(self.message(who, to, subject if subject.startswith("Re: ") else "Re: " + subject, words, answer=mail, **more), to, sender=address(who))

    def orders(self, who, lines, to="support", subject="Orders", **more):
        self.writes(who, subject, lines, to, **more)

    def comes_back(self, mail, whom):
        """The mail server of `whom` took it, and sends it back later."""
        self.number += 1
        raw = ("From: MAILER-DAEMON@mx.example.net\nTo: %s\nSubject: Undelivered\nMessage-ID: <back.%d@mx.example.net>\nMIME-Version: 1.0\n"
               "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\nContent-Type: text/plain\n\nNo such user.\n--b\n"
               "Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.net\n\nFinal-Recipient: rfc822; %s\nAction: failed\nStatus: 5.1.1\n\n--b--\n"
               % (mail.sender, self.number, address(whom)))
        self.desk.accept(raw.replace("\n", "\r\n").encode(), mail.sender, sender="")

    def presses(self, mail, kind, **fields):
        """A button behind a link of that mail: "y" it is solved, "z" not yet, "s" the status page."""
        from urllib.parse import urlencode
        path = re.search(r"http://[^/\s]+(/l/%s[a-z2-7]+)" % kind, mail.text).group(1)
        status = self.desk.http(path, "POST", urlencode(fields), {"Content-Type": "application/x-www-form-urlencoded"})[0]
        assert status == 200, status

    def later(self, hours=0, seconds=0):
        """Seconds: what is due by then is done, before anything else happens. Timers are looked at each second; on a busy machine, later."""
        self.clock += hours * HOUR + seconds
        self.desk.advance(self.clock)
        time.sleep(2.5 if seconds else 0)

    # ---- who heard what
    def kind(self, mail):
        event = mail["X-Sportello-Event"]
        if event:
            return str(event)
        def known():
            with open(self.desk.log_file, errors="replace") as f:
                f.seek(self.read)
                for line in f:
                    if not line.endswith("\n"):
                        break
                    self.read += len(line.encode())
                    found = re.search(r"event=outbox\.sent .*template=(\S+) message_id=(\S+)", line)
                    if found:
                        self.templates[found.group(2)] = found.group(1)
            return self.templates.get(str(mail["Message-ID"]))
        return wait_until(known, what="the log tells of " + repr(mail))

    def idle(self):
        text = self.desk.http("/metrics")[2]
        return not sum(float(v) for v in re.findall(r"(?m)^sportello_outbox_(?:waiting|in_flight) (\S+)", text))

    def heard(self, **expected):
        want = {name: sorted(kinds.split()) for name, kinds in expected.items()}
        def found():
            got = {}
            for mail in self.desk.relay.mails[self.seen:]:
                for recipient in mail.recipients:
                    name = NAMES.get(recipient, recipient.split("@")[0])
                    assert address(name) == recipient, "a mail to " + recipient
                    got.setdefault(name, []).append(mail)
            return got
        count = sum(map(len, want.values()))
        try:
            wait_until(lambda: sum(map(len, found().values())) >= count and self.idle(), 8)
        except AssertionError:
            pass                             # told below, in full
        got = found()
        self.seen = len(self.desk.relay.mails)
        kinds = {name: sorted(self.kind(m) for m in mails) for name, mails in got.items()}
        assert kinds == want, "expected %r\n     got %r\n%s" % (want, kinds, "\n".join("---- %s: %s\n%s" % (name, m["Subject"], m.text) for name, ms in got.items() for m in ms if kinds[name] != want.get(name)))
        self.digests.update((name, m) for name, mails in got.items() for m in mails if self.kind(m) == "digest")
        self.kinds |= {k for ks in kinds.values() for k in ks}
        # A list of the day is sent beside what else is due, and comes before or behind it.
        return types.SimpleNamespace(**{name: max(mails, key=lambda m: (self.kind(m) != "digest", mails.index(m))) for name, mails in got.items()})
