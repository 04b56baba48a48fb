"""customers.py - what customers, copied people, strangers and lists do."""
import email.utils, html

from actions import action, latest, pick
from dialog import AGENT_ADDRESS, OURS, Writing
from letters import QUOTES, quote_forwarded, quote_none

QUEUES = ["support@example.org", "network@example.org"]


def proof(d, writing, result=None):
    """The results line for a genuine sender; notes whether this mail proves its From."""
    result = result or d.r.choice(["pass", "pass", "pass", "none", None])
    writing.proved = writing.proved or (d.prove and result == "pass")
    writing.failed = d.prove and result in ("fail", "temperror", "permerror")
    return d.results(writing.claimed.split("@")[1], result)


def copies(d, writing):
    """A Cc field, or None; who stands there may become a reader, if this mail is proved."""
    people = [p for p in ("cora", "dan", "vito") if d.r.random() < 0.12]
    fields = ["%s <%s>" % (p.capitalize(), d.address(p)) for p in people]
    if d.r.random() < 0.04:
        fields.append(AGENT_ADDRESS[d.r.choice(["bob", "eva"])])
    return ", ".join(fields) or None


def shape(d, words):
    """(text, html, coding) of a mail without quotes."""
    k = d.r.randrange(6)
    markup = "<html><body>" + "".join("<p>%s</p>" % html.escape(w) for w in words) + "</body></html>"
    if k == 0:
        return None, markup
    return "\n\n".join(words) + "\n", markup if k == 1 else None


def files(d, writing):
    if d.r.random() > 0.12:
        return ()
    name, inside = d.canary(), d.canary()
    writing.others += [name, inside]
    return [(name + ".txt", "text/plain", "content " + inside)]


@action(6)
def customer_asks(d, who=None):
    who = who or d.r.choice(["ada", "ada", "ada", "zoe"])
    w = d.write(Writing(d, d.at, d.address(who), "request"))
    words = d.sentences(w)
    if d.r.random() < 0.15:                  # a forward, or an answer in another conversation
        old = d.sentence(w)
        words.append(d.r.choice(["---------- Forwarded message ---------\nFrom: Shop <shop@shop.example>\nDate: Mon, 2 Mar 2026\nSubject: Invoice\nTo: %s\n\n%s" % (who, old),
                                 "On Mon, 2 Mar 2026 at 10:00, Shop <shop@shop.example> wrote:\n> " + old]))
    auth = proof(d, w)
    text, markup = shape(d, words)
    extra = []
    if d.r.random() < 0.08:
        at = d.r.choice([d.address(who).replace("@", ".private@"), d.address("dan"), "support@example.org", d.address("vito")])
        extra.append(("Reply-To", at))
        if at.split("@")[1] == d.address(who).split("@")[1]:
            w.answers_at = at                # another's name in Reply-To is nobody's wish
    to = [d.r.choice(QUEUES)] if d.r.random() < 0.92 else list(QUEUES)
    data = d.mail(w, "%s <%s>" % (d.name(w, who), d.address(who)), ", ".join(to), d.subject(w), text=text, html=markup, cc=copies(d, w), auth=auth, files=files(d, w), extra=extra)
    return [("mail", data, to, d.address(who), w)]


def reply(d, who, m, purpose="reply", frm=None, to=None, subject=None, auth=None, quote=None, cc=None, writing=None, extra=()):
    """`who` answers mail m of the desk."""
    w = writing or d.write(Writing(d, d.at, d.address(who), purpose))
    w.answered = m
    words = d.sentences(w)
    text, markup = (quote or d.r.choice(QUOTES))(words, m, d.r)
    target = to or m.reply_address()
    if "+" in target and d.address(who) in m.recipients and not getattr(w, "failed", False):
        w.proved = True
    subject = subject or "Re: " + m["subject"]
    recipients = [target]
    if cc and d.r.random() < 0.15:
        recipients.append("network@example.org")
        cc += ", network@example.org"
    data = d.mail(w, frm or "%s <%s>" % (d.name(w, who), d.address(who)), target, subject, text=text, html=markup, cc=cc, auth=auth, answer=m, files=files(d, w), extra=extra)
    return [("mail", data, recipients, w.writer if "@" in w.writer else w.claimed, w)]


@action(22)
def customer_replies(d):
    who = d.r.choice(["ada", "ada", "ada", "cora", "zoe", "dan", "vito"])
    m = latest(d.r, d.received(who))
    if not m or "+" not in m.reply_address():
        return None
    w = d.write(Writing(d, d.at, d.address(who), "reply"))
    auth = proof(d, w)
    return reply(d, who, m, auth=auth, cc=copies(d, w), writing=w)


@action(3)
def customer_replies_to_the_queue(d):
    """Only References tell the ticket: the program wrote to From."""
    who = d.r.choice(["ada", "zoe"])
    m = latest(d.r, d.received(who))
    if not m:
        return None
    w = d.write(Writing(d, d.at, d.address(who), "reply"))
    auth = proof(d, w)
    return reply(d, who, m, to=email.utils.parseaddr(m["from"])[1], auth=auth, writing=w)


@action(2)
def customer_changes_the_subject(d):
    m = latest(d.r, d.received("ada"))
    if not m:
        return None
    w = d.write(Writing(d, d.at, d.address("ada"), "reply"))
    subject = d.subject(w)
    w.words.append(w.others.pop())           # words in a subject are words
    return reply(d, "ada", m, subject=subject, auth=proof(d, w), writing=w)


@action(2)
def customer_thanks(d):
    m = latest(d.r, d.received("ada"))
    if not m:
        return None
    w = d.write(Writing(d, d.at, d.address("ada"), "thanks"))
    w.proved = w.proved or "+" in m.reply_address()
    data = d.mail(w, "Ada <%s>" % d.address("ada"), m.reply_address(), "Re: " + m["subject"], ["Thank you!"], answer=m, auth=proof(d, w))
    return [("mail", data, [m.reply_address()], d.address("ada"), w)]


@action(2)
def copied_person_leaves(d):
    who = d.r.choice(["cora", "dan", "vito"])
    m = latest(d.r, d.received(who))
    if not m or "+" not in m.reply_address():
        return None
    w = d.write(Writing(d, d.at, d.address(who), "leave"))
    w.proved = True
    data = d.mail(w, "%s <%s>" % (who, d.address(who)), m.reply_address(), "Re: " + m["subject"], ["unsubscribe"], answer=m, auth=proof(d, w, "pass"))
    return [("mail", data, [m.reply_address()], d.address(who), w)]


@action(4)
def who_holds_the_address_writes(d):
    """A mail of the desk was passed on; its new holder answers it, with somebody else in copy."""
    m = latest(d.r, d.received("ada"))
    if not m:
        return None
    who = d.r.choice(["dan", "eve"])
    w = d.write(Writing(d, d.at, d.address(who), "stranger"))
    auth = proof(d, w)
    cc = "Spy <%s>" % d.address("spy") if d.r.random() < 0.6 else None
    return reply(d, who, m, "stranger", auth=auth, cc=cc, writing=w)


@action(3)
def customer_passes_an_answer_on(d):
    """Forwards the desk's mail to another queue: what is quoted there is ours."""
    m = latest(d.r, d.received("ada"))
    if not m:
        return None
    w = d.write(Writing(d, d.at, d.address("ada"), "reply"))
    queue = d.r.choice(QUEUES)
    return reply(d, "ada", m, to=queue, subject="Fwd: " + m["subject"], auth=proof(d, w), quote=quote_forwarded, writing=w)


def forged_from(d, w):
    """(From field, Authentication-Results) of somebody who writes in Ada's name."""
    w.claimed = d.address("ada")
    k = d.r.randrange(7)
    own, victim = d.address("eve"), d.address("ada")
    name = d.name(w, "ada")
    result = d.r.choice(["fail", "none", "temperror", "permerror", None])
    w.failed = d.prove and result in ("fail", "temperror", "permerror")
    if k == 0 and d.prove:                   # a pass of another domain
        return "%s <%s>" % (name, victim), "mx.example.org; dmarc=pass header.from=%s" % own.split("@")[1]
    if k == 1 and d.prove:
        return "%s <%s>, Eve <%s>" % (name, victim, own), d.results(own.split("@")[1], "pass")
    if k == 2 and d.prove:
        return "%s <%s>" % (name, victim), "mx.evil.example; dmarc=pass header.from=%s" % victim.split("@")[1]
    if k == 3:
        w.claimed = own
        return "\"Ada <%s>\" <%s>" % (victim, own), proof(d, w)
    return "%s <%s>" % (name, victim), d.results(victim.split("@")[1], result)


@action(3)
def stranger_forges_a_request(d):
    w = d.write(Writing(d, d.at, d.address("eve"), "forged"))
    sender, auth = forged_from(d, w)
    extra = [("Reply-To", d.r.choice([d.address("eve"), d.address("zoe")]))] if d.r.random() < 0.3 else []
    cc = "Spy <%s>" % d.address("spy") if d.r.random() < 0.5 else None
    data = d.mail(w, sender, "support@example.org", d.subject(w), d.sentences(w), cc=cc, auth=auth, extra=extra)
    return [("mail", data, ["support@example.org"], d.r.choice([d.address("eve"), d.address("ada")]), w)]


@action(4)
def stranger_refers_to_the_ticket(d):
    """Knows the number, and Message-IDs of others, but not the signed address."""
    w = d.write(Writing(d, d.at, d.address("eve"), "forged"))
    if d.r.random() < 0.5:
        sender, auth = forged_from(d, w)
    else:
        sender, auth = "%s <%s>" % (d.name(w, "eve"), d.address("eve")), proof(d, w)
    number = pick(d.r, d.tickets)
    if number is None:
        return None
    extra = []
    m = pick(d.r, d.received("ada"))
    if m and d.r.random() < 0.5:
        extra = [("In-Reply-To", m["message-id"]), ("References", m["message-id"])]
    cc = "Spy <%s>" % d.address("spy") if d.r.random() < 0.5 else None
    data = d.mail(w, sender, "support@example.org", "Re: something [#%d]" % number, d.sentences(w), cc=cc, auth=auth, extra=extra)
    return [("mail", data, ["support@example.org"], d.address("eve"), w)]


@action(2)
def list_writes(d):
    w = d.write(Writing(d, d.at, d.address("zoe"), "list"))
    to = d.address("list")
    extra = [("List-Id", "<%s>" % to.replace("@", ".")), ("List-Post", "<mailto:%s>" % to), ("Precedence", d.r.choice(["list", "bulk"])), ("Sender", to.replace("@", "-bounces@"))]
    auth = proof(d, w)
    data = d.mail(w, "%s <%s>" % (d.name(w, "zoe"), d.address("zoe")), "%s" % to, "[dev] " + d.subject(w), d.sentences(w), cc="support@example.org", auth=auth, extra=extra)
    return [("mail", data, ["support@example.org"], to.replace("@", "-bounces@"), w)]


@action(2)
def same_mail_again(d):
    """The mail server did not see our 250."""
    last = getattr(d, "last_mail", None)
    if not last:
        return None
    return [("mail", last[0], last[1], last[2], d.write(Writing(d, d.at, "nobody", "again")))]


@action(1)
def customers_machine_floods(d):
    """Many requests of one sender at once, some of them marked as nothing: the budget of automatic answers holds."""
    who = d.r.choice(["ada", "mon"])
    operations = []
    for k in range(9):
        w = d.write(Writing(d, d.at, d.address(who), "request"))
        auth = proof(d, w, d.r.choice(["none", "pass"]))
        data = d.mail(w, "%s <%s>" % (who.capitalize(), d.address(who)), "support@example.org", d.subject(w), d.sentences(w, 1), auth=auth)
        operations.append(("mail", data, ["support@example.org"], d.address(who), w))
    return operations
