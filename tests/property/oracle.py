"""oracle.py - who may read what, written from the contract and not from the code: looks at every mail that leaves, and at the end at all.

Each finding is (class, words). The classes are the letters of the promise:
  reader     an answer reached somebody whom the agent was not shown, or not all whom he was shown
  note       a note, a draft or an agent's automatic mail left the house
  side       words of a side conversation left it, or something that is not of it came in
  other      words of one dialog, or of somebody else's mail, reached somebody who is none of its readers
  token      an address or Message-ID signed for an agent left the house, or an agent's private address
  untold     an agent's answer was not sent, and he was not told
  cut        a part of an answer was not sent, and he was not told
  loud       an automatic mail carried words to an address that had not proved itself
  budget     automatic mail beyond the budget
  unseen     a person's words reached nobody of the house
  state      a machine's mail moved a state
  book       accepted mails without one disposition, fsck
"""
import collections, re

from dialog import AGENT_MAILS
from letters import ADDRESS, CANARY, TOKEN

PRIVATE = re.compile(r"[a-z]+@agents\.example", re.I)
BOILERPLATE = ["/priority low|normal|high|urgent"]


class Oracle:
    def __init__(self, acknowledgements=60):
        self.canaries, self.findings, self.checked = {}, [], 0
        self.untold = []                     # writings of agents that went nowhere, and came back to nobody
        self.house_tokens, self.token_dialog, self.side_tokens, self.customers_tokens, self.gone = set(), {}, set(), set(), set()
        self.acknowledgements, self.most = collections.Counter(), acknowledgements
        self.proved, self.by_people, self.by_id = set(), set(), {}
        self.answers_at = set()              # (writer, address, dialog): where he wants answers, by a mail that held the ticket's own address

    def find(self, kind, dialog, words, writing=None):
        """`kind` is told apart by what its writer did; one finding of a kind for each dialog."""
        kind = "%s %s" % (kind, writing.action) if writing is not None else kind
        if not any(k == kind and d is dialog for k, d, _ in self.findings):
            self.findings.append((kind, dialog, words))
            if dialog:
                dialog.note("    !! %s: %s" % (kind, words))

    def expect(self, writing):
        """Called before a mail goes in."""
        for c in writing.words + writing.others:
            self.canaries[c] = writing
        self.by_id[writing.mail_id] = writing
        if writing.__dict__.get("answers_at"):
            self.answers_at.add((writing.claimed, writing.answers_at, writing.dialog.number))
        if writing.proved:
            self.proved.add((writing.claimed, writing.dialog.number))
        if writing.notice is not None and writing.shown is None:
            writing.shown = self.shown_by(writing) | writing.admitted
        if writing.sends:
            self.sends(writing)

    def sends(self, writing):
        """/send of a mail that came back: its words are meant for those whom it named, whatever they were before."""
        for c in writing.notice.canaries():
            w = self.canaries.get(c)
            if w is None or w.agent != writing.agent or w.purpose not in ("draft", "answer", "side") or not w.words:
                continue
            if writing.notice.to_third:
                w.purpose, w.third = "side", writing.notice.to_third
            elif w.purpose != "side":
                w.purpose, w.shown = "answer", (w.shown or set()) | writing.shown

    @staticmethod
    def shown_by(writing):
        """The addresses in the notice that he answers, and in what he was sent about that ticket before it."""
        notice, found = writing.notice, set()
        for mail in writing.dialog.agents_inbox:
            if mail["subject"][-8:] == notice["subject"][-8:] and set(mail.recipients) & set(notice.recipients):
                found |= {a.lower() for a in ADDRESS.findall(mail.seen)}
            if mail is notice:
                break
        return found

    # ---- a mail that leaves
    def look(self, mail, dialog_of_address):
        to_agents = [r for r in mail.recipients if r in AGENT_MAILS]
        outside = [r for r in mail.recipients if r not in AGENT_MAILS]
        found = mail.canaries()
        self.checked += len(found)
        for c in found:
            w = self.canaries.get(c)
            if w is None:
                continue
            for a in to_agents:
                if a in self.gone:
                    self.find("reader", w.dialog, "%s of %r reached %s, who is no agent any more" % (c, w, a), w)
                w.seen_by_agents.add(c)
                w.told.add((c, a))
            for r in outside:
                self.judge(mail, c, w, r)
        if to_agents:
            self.learn_tokens(mail)
            if outside:
                self.find("other", dialog_of_address(outside[0]), "one mail to agents and others: %r" % mail)
        for r in outside:
            self.look_outside(mail, r, dialog_of_address(r))

    def learn_tokens(self, mail):
        for place in (mail["reply-to"], mail["message-id"], mail.text):
            self.house_tokens |= {t for t in TOKEN.findall(place.lower()) if t[0] in "anfgq"}

    def source(self, mail):
        """The writing whose words this mail mostly carries."""
        found = [self.canaries[c] for c in mail.canaries() if c in self.canaries]
        return max(found, key=lambda w: (w.agent is not None, w.step)) if found else None

    def look_outside(self, mail, r, dialog):
        if dialog is None:
            self.find("other", None, "mail to an address of no dialog: %r" % mail)
            return
        tokens = mail.tokens()
        if not mail.automatic:               # also where a program has broken the line inside of it
            tokens |= set(TOKEN.findall(re.sub(r"[\s>]+", "", mail.text).lower()))
        leaked = tokens & self.house_tokens
        if leaked:
            self.find("token", dialog, "%s in %r" % (sorted(leaked)[0], mail), self.source(mail))
        if PRIVATE.search(mail.seen):
            self.find("token", dialog, "the private address %s in %r" % (PRIVATE.search(mail.seen).group(0), mail), self.source(mail))
        for line in BOILERPLATE:
            if line in mail.seen:
                self.find("token", dialog, "the notice's own words in %r" % mail, self.source(mail))
        self.look_across(mail, r, dialog, tokens)
        for t in TOKEN.findall(" ".join((mail["reply-to"], mail.text)).lower()):
            if t[0] in "csyzhkr" and self.token_dialog.setdefault(t, dialog) is not dialog and len(t) > 25:
                self.find("other", dialog, "a token of another dialog in %r" % mail)
        if mail["auto-submitted"].startswith("auto-replied"):
            self.acknowledgements[r] += 1
            if self.acknowledgements[r] > self.most:
                self.find("budget", dialog, "%d automatic answers to %s" % (self.acknowledgements[r], r))

    def look_across(self, mail, r, dialog, tokens):
        """Between a side conversation and the customer's side no address of one, signed or not, stands in a mail to the other."""
        third = dialog.is_third(r)
        mine, theirs = (self.side_tokens, self.customers_tokens) if third else (self.customers_tokens, self.side_tokens)
        mine |= {t for t in tokens if t[0] in ("de" if third else "cmsyzhkr")} - theirs
        if tokens & theirs:
            self.find("side", dialog, "%s, of the other side, in %r" % (sorted(tokens & theirs)[0], mail), self.source(mail))
        names = {a.lower() for a in ADDRESS.findall(mail.seen) if dialog.is_here(a.lower())}
        across = {a for a in names if dialog.is_third(a) != third or (third and a.split("@")[1] != r.split("@")[1])}
        if across and not (mail.is_page and third):
            self.find("side", dialog, "the address %s in %r" % (sorted(across)[0], mail), self.source(mail))

    def judge(self, mail, c, w, r):
        """Canary c, written in w, is about to be read by r, who is no agent."""
        w.reached.setdefault(c, set()).add(r)
        if not mail.automatic:
            self.by_people.add((c, r))       # an agent has answered him; what that mail repeated, later ones may repeat
        own_dialog = w.dialog.is_here(r)
        if not own_dialog:
            self.find("other", w.dialog, "%s of %r reached %s of another dialog in %r" % (c, w, r, mail), w)
        elif w.purpose in ("side", "third"):
            if r != w.third and not (w.purpose == "third" and r == w.claimed):
                self.find("side", w.dialog, "%s of %r, with %s, reached %s in %r" % (c, w, w.third, r, mail), w)
        elif w.dialog.is_third(r) and w.claimed != r:
            self.find("side", w.dialog, "%s of %r reached %s, who is a third party, in %r" % (c, w, r, mail), w)
        elif w.purpose == "draft" and self.quoting(mail, c, r, w.writer):
            pass                             # it came back to its writer, and he sends it now
        elif w.purpose in ("note", "draft", "command", "forged-order") or (w.machine and w.agent):
            self.find("note", w.dialog, "%s of %r reached %s in %r" % (c, w, r, mail), w)
        elif w.purpose == "direct":
            # readers whom the notice named and he did not write to himself get it from the desk (contract 9); nobody gets it twice
            left_to_us = r not in w.direct and w.shown is not None and r in w.shown
            if c in w.words and not left_to_us and not (mail.is_page and r in w.direct):
                self.find("reader", w.dialog, "%s of %r was sent again to %s in %r" % (c, w, r, mail), w)
        elif w.purpose == "answer":
            if w.shown is not None and r not in w.shown and not self.moved(w, r) and not self.quoting(mail, c, r):
                self.find("reader", w.dialog, "%s of %r reached %s, whom the notice did not name, in %r" % (c, w, r, mail), w)
        elif mail.automatic:
            answer = mail["auto-submitted"].startswith("auto-replied")        # to this very mail; what is said later may rest on later proof
            question = self.by_id.get(mail["in-reply-to"])
            if question and question.claimed == r and question.proved and c in question.quoted:
                return                       # his own mail brought it
            same = r.split("@")[1] == w.claimed.split("@")[1] and w.proved      # a pass is a pass for its domain
            named = not answer and (w.claimed, r, w.dialog.number) in self.answers_at     # "the newest Reply-To of that person is used" (issue 15, section 3)
            reader = w.claimed if named else r
            if {(c, reader), (c, r)} & self.by_people:
                return
            if not same and not named and r != w.claimed or not (w.proved if answer else (reader, w.dialog.number) in self.proved):
                self.find("loud", w.dialog, "%s of %r reached %s in %r" % (c, w, r, mail), w)
        elif c in w.words and r != w.claimed and not self.quoting(mail, c, r):
            self.find("other", w.dialog, "%s of %r reached %s in %r, and no agent quoted it" % (c, w, r, mail))

    def moved(self, w, r):
        """Somebody whom the notice named is the same person as r ("the newest Reply-To of that person is used", issue 15, section 3)."""
        return any({(at, owner), (owner, at)} & {(r, s) for s in w.shown} and number == w.dialog.number for owner, at, number in self.answers_at)

    def quoting(self, mail, c, r, writer=None):
        """Words of an agent in this mail repeat c, of the mail that he answers; whether r may read them is asked elsewhere."""
        for k in mail.canaries():
            w = self.canaries.get(k)
            if w is None or not w.agent or w.purpose == "side" or (writer and w.writer != writer):
                continue
            if (c in w.quoted or (w.notice is not None and c in w.notice.canaries())):
                return True
        return False

    # ---- after a round
    def after(self, writing, ticket_text=None):
        """The mails that this writing caused have left."""
        w = writing
        if w.result is None or not all(code == 250 for code in w.result):
            return
        reached = {c: w.reached.get(c, set()) - w.direct for c in w.words}
        sets = {frozenset(s) for s in reached.values()}
        told = {c for c in w.words if any((c, a) in w.told for a in (w.writer,))}
        if w.purpose in ("answer", "side") and w.words:
            if w.purpose == "side":
                w.readers = None
            got = set().union(*reached.values())
            if w.readers is not None and got and not w.direct and w.readers & (w.shown or w.readers) - got:
                self.find("reader", w.dialog, "%r did not reach %s, who was named as a reader" % (w, sorted(w.readers & (w.shown or w.readers) - got)), w)
            if sets == {frozenset()}:
                if not (set(w.words) - w.inside <= told) and not w.__dict__.get("by_command") and not w.direct:
                    self.untold.append(w)
            elif len(sets) > 1:
                missing = [c for c in w.words if not reached[c]]
                if not set(missing) <= told:
                    self.find("cut", w.dialog, "of %r only a part was sent; missing %s, and he was not told" % (w, missing), w)
        elif w.__dict__.get("must_be_told") and w.words and not any((c, w.writer) in w.told for c in w.words):
            self.untold.append(w)

    def unseen(self, w):
        """A person's words that no mail to an agent carried (the answers of agents that went out are on the ticket)."""
        if (w.machine and w.purpose != "alarm") or w.purpose in ("again", "command", "thanks", "leave", "scanner") or w.result is None or not any(code == 250 for code in w.result):
            return []
        if w.agent:
            return [c for c in w.words if c not in w.seen_by_agents and not w.reached.get(c) and c not in w.inside]     # what is in a file, is with the file
        return [c for c in w.words if c not in w.seen_by_agents]
