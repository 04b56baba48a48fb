"""machines.py - what machines send: absence notices, receipts, calendar answers, reports, other desks, alarms."""
from actions import action, latest, pick
from customers import proof
from dialog import Writing
from letters import report

ABSENCE = [({"Auto-Submitted": "auto-replied"}, "Automatic reply: %s", True), ({"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}, "Automatická odpověď: %s", True),
           ({"Precedence": "bulk"}, "Re: %s", False), ({"Precedence": "junk"}, "Re: %s", False), ({}, "Re: %s", True),
           ({"X-Autoreply": "yes"}, "Out of office: %s", False), ({"Auto-Submitted": "auto-replied"}, "[EXTERN] Abwesend: %s", True),
           ({"Precedence": "auto_reply", "X-Autorespond": "yes"}, "Risposta automatica: %s", False)]


def absence(d, w, sender, to, m):
    headers, subject, null = d.r.choice(ABSENCE)
    words = ["I am away until the third of June."] + d.sentences(w, 2)
    data = d.mail(w, sender, to, subject % m["subject"], words, answer=m, extra=list(headers.items()))
    return [("mail", data, [to], "" if null else w.claimed, w)]


def receipt(d, w, sender, to, m):
    c = d.canary()
    w.words.append(c)
    kind, body = report("Your message was read by %s." % c, "Final-Recipient: rfc822;%s\nOriginal-Message-ID: %s\nDisposition: manual-action/MDN-sent-manually; displayed\n" % (w.claimed, m["message-id"]), "disposition-notification")
    return raw_mail(d, w, sender, to, "Read: " + m["subject"], kind, body, m, d.r.choice(["", w.claimed]))


def calendar_answer(d, w, sender, to, m):
    c = d.canary()
    w.words.append(c)
    kind = "text/calendar; method=REPLY; charset=utf-8"
    body = "BEGIN:VCALENDAR\nMETHOD:REPLY\nBEGIN:VEVENT\nUID:%s@x\nATTENDEE;PARTSTAT=ACCEPTED:mailto:%s\nSUMMARY:Meeting\nCOMMENT:%s\nEND:VEVENT\nEND:VCALENDAR\n" % (c, w.claimed, c)
    return raw_mail(d, w, sender, to, "Accepted: " + m["subject"], kind, body, m, w.claimed)


def raw_mail(d, w, sender, to, subject, kind, body, m, envelope, headers=()):
    from letters import encoded
    lines = ["From: " + encoded(sender), "To: " + to, "Subject: " + encoded(subject), "Message-ID: " + d.message_id(w), "Date: " + d.date(), "MIME-Version: 1.0", "Content-Type: " + kind]
    if m is not None:
        lines += ["In-Reply-To: " + m["message-id"], "References: " + m["message-id"]]
    lines += list(headers)
    return [("mail", ("\n".join(lines) + "\n\n" + body).replace("\n", "\r\n").encode(), [to], envelope, w)]


FORMS = [absence, absence, absence, receipt, calendar_answer]


@action(8)
def customers_machine_answers(d):
    who = d.r.choice(["ada", "ada", "cora", "zoe", "dan"])
    m = latest(d.r, d.received(who))
    if not m or "+" not in m.reply_address():
        return None
    w = d.write(Writing(d, d.at, d.address(who), "machine", machine=True, moves=False))
    return d.r.choice(FORMS)(d, w, "%s <%s>" % (who.capitalize(), d.address(who)), m.reply_address(), m)


@action(2)
def other_desk_acknowledges(d):
    """Another ticket system got our mail: its number looks like one of ours."""
    m = latest(d.r, d.received("ada"))
    if not m:
        return None
    at = d.address("ada").replace("@", "+tok4711@")
    w = d.write(Writing(d, d.at, d.address("ada"), "machine", machine=True, moves=False, answers_at=at))
    extra = [("Auto-Submitted", "auto-replied"), ("Reply-To", at)]
    data = d.mail(w, "Other Desk <%s>" % d.address("ada"), m.reply_address(), "We have received your message [#1]", d.sentences(w, 1), answer=m, extra=extra)
    return [("mail", data, [m.reply_address()], "", w)]


@action(2)
def machine_alarms(d):
    w = d.write(Writing(d, d.at, d.address("mon"), "alarm", machine=True))
    data = d.mail(w, "Monitoring <%s>" % d.address("mon"), "network@example.org", "PROBLEM: " + d.subject(w), d.sentences(w, 1), extra=[("Auto-Submitted", "auto-generated")])
    return [("mail", data, ["network@example.org"], d.address("mon"), w)]


def delivery_report(d, m, recipient, to, words):
    fields = "Reporting-MTA: dns; mx.example.net\n\nFinal-Recipient: rfc822; %s\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 unknown %s\n" % (recipient, words)
    return report("Your mail could not be delivered.", fields, about="Message-ID: %s\nSubject: %s" % (m["message-id"], m["subject"]))


@action(3)
def mail_comes_back(d):
    """A real report, to the bounce address of the mail, about one of its recipients."""
    who = d.r.choice(["cora", "dan", "vito", "zoe"])
    m = latest(d.r, d.received(who))
    if not m or not m.sender:
        return None
    w = d.write(Writing(d, d.at, "mailer-daemon@mx.example.net", "bounce", machine=True, moves=False))
    c = d.canary()
    w.words.append(c)
    kind, body = delivery_report(d, m, d.address(who), m.sender, c)
    return raw_mail(d, w, "Mail Delivery System <mailer-daemon@mx.example.net>", m.sender, "Undelivered Mail Returned to Sender", kind, body, None, "")


@action(2)
def forged_report(d):
    """Quotes a Message-ID of ours, and has no bounce address."""
    m = pick(d.r, d.received("ada"))
    if not m:
        return None
    w = d.write(Writing(d, d.at, d.address("eve"), "forged-report", machine=True, moves=False))
    c = d.canary()
    w.words.append(c)
    kind, body = delivery_report(d, m, d.address("ada"), "support@example.org", c)
    return raw_mail(d, w, "Mail Delivery System <mailer-daemon@%s>" % d.address("eve").split("@")[1], "support@example.org", "Undelivered Mail Returned to Sender", kind, body, None, "")
