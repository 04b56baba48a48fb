"""What mails to agents hold: what happened at a glance, headers for filters, in the agent's language; and nothing of that in mails to customers."""
import base64, email.utils, os, time

from desk import address_of, mail, setup, wait_until

ANNA, BOB, EVA = "anna@example.com", "bob@agents.example", "eva@agents.example"
FILTERS = ("List-Id", "X-Sportello-Event", "X-Sportello-Ticket", "X-Sportello-Queue", "X-Sportello-State", "X-Sportello-Priority", "X-Sportello-Agent")
AGENTS = [{"name": "bob", "email": BOB, "also": ["bob@home.example"], "display": "Bob Rossi"},
          {"name": "eva", "email": EVA, "display": "Eva Neri", "language": "it"}]
QUEUES = [{"name": "support", "address": "support@example.org", "agents": ["bob", "eva"]}]


def sender(notice):
    return email.utils.parseaddr(str(notice["From"]))


def answer(desk, notice, body, by=BOB, **more):
    desk.accept(mail(sender=by, body=body, reply_to=notice, **more), address_of(notice), sender=by)


def told(desk, agent, event, count=1):
    return wait_until(lambda: [m for m in desk.sent_to(agent) if m["X-Sportello-Event"] == event][count - 1:])[0]


@setup(agents=AGENTS, queues=QUEUES)
def test_what_happened_stands_first_in_from_and_the_subject_stays(desk):
    """Each in his language; one ticket is one thread in every mail program: the same Subject, the same root in References."""
    desk.accept(mail(subject="Printer", body="It does not print.\n"))
    new = told(desk, BOB, "new")
    assert sender(new) == ("New · Anna Bianchi", "support@example.org"), new["From"]
    assert sender(told(desk, EVA, "new"))[0] == "Nuova · Anna Bianchi"
    answer(desk, new, "Switch it on.\n")
    sent = wait_until(lambda: [m for m in desk.sent_to(ANNA) if "Switch it on" in m.text])[0]
    assert sender(told(desk, EVA, "answered"))[0] == "Risposta · Bob Rossi"
    desk.accept(mail(subject="Re: Printer", body="Still dark.\n", reply_to=sent), address_of(sent))
    assert sender(told(desk, BOB, "answered"))[0] == "Answered · Anna Bianchi"
    answer(desk, told(desk, BOB, "answered"), "/frobnicate\n\nWords.\n")
    assert sender(told(desk, BOB, "not-done"))[0] == "Not done · Acme Support"
    desk.ok("ticket", "note", 1, "--as", "eva", stdin="She has been here before.\n")
    assert sender(told(desk, BOB, "note"))[0] == "Note · Eva Neri"
    notices = desk.sent_to(BOB)
    assert {m["Subject"] for m in notices} == {"Printer [#1]"} and len({m["Message-ID"] for m in notices}) == len(notices)
    assert {str(m["References"]) for m in notices} == {str(m["In-Reply-To"]) for m in notices} == {"<ticket.1@example.org>"}


@setup(agents=AGENTS, queues=QUEUES, config={"relay.senders": 1})
def test_a_customers_mails_refer_to_the_first_one_however_many_lie_between(desk):
    """Gmail wants an id in common and the same subject, Thunderbird and mutt the ids alone; In-Reply-To is the customer's newest mail."""
    desk.accept(mail(subject="Printer", body="It does not print.\n", message_id="<first@customer.example>"))
    for i in range(55):
        desk.ok("ticket", "reply", 1, "--as", "bob", stdin="Attempt %d.\n" % i)
    sent = wait_until(lambda: (lambda all: all if len(all) == 56 else None)(desk.sent_to(ANNA)), 60)
    for m in sent:
        ids = str(m["References"]).split()
        assert ids[0] == "<first@customer.example>" == str(m["In-Reply-To"]) and len(ids) == len(set(ids)) <= 10, m["References"]
    assert {m["Subject"] for m in sent[1:]} == {"Re: Printer [#1]"}
    assert set(str(sent[-1]["References"]).split()[1:]) <= {str(m["Message-ID"]) for m in sent[-12:-1]}
    desk.accept(mail(subject="Re: Printer [#1]", body="And now?\n", reply_to=sent[-1], message_id="<newest@customer.example>"), address_of(sent[-1]))
    desk.ok("ticket", "reply", 1, "--as", "bob", stdin="The last one.\n")
    last = wait_until(lambda: [m for m in desk.sent_to(ANNA) if "The last one" in m.text])[0]
    ids = str(last["References"]).split()
    assert ids[0] == "<first@customer.example>" and ids[-1] == "<newest@customer.example>" == str(last["In-Reply-To"]) and len(ids) == 10


@setup(agents=AGENTS, queues=QUEUES)
def test_filters_find_what_they_want_and_customers_have_none_of_it(desk):
    desk.accept(mail(subject="Printer", body="It does not print.\n"))
    new = told(desk, BOB, "new")
    assert [new[name] for name in FILTERS] == ["<support.example.org>", "new", "1", "support", "new", "normal", None], new.data
    answer(desk, new, "/priority high\n\nSwitch it on.\n")
    assert [told(desk, EVA, "answered")[name] for name in FILTERS] == ["<support.example.org>", "answered", "1", "support", "open", "high", "bob"]
    desk.accept(mail(subject="Scanner"))
    answer(desk, wait_until(lambda: [m for m in desk.sent_to(BOB) if "Scanner" in m["Subject"]])[0], "/resolve\n\nDone.\n")
    wait_until(lambda: len(desk.sent_to(ANNA)) == 4)
    for sent in desk.sent_to(ANNA):
        assert not [name for name, _ in sent.message.items() if name.startswith(("X-Sportello-", "List-")) and name != "X-Sportello-Desk"], sent.data


@setup(agents=AGENTS, queues=QUEUES, config={"notices.event": "subject"})
def test_who_wants_it_has_what_happened_before_the_subject(desk):
    desk.accept(mail(subject="Printer", body="It does not print.\n"))
    assert told(desk, BOB, "new")["Subject"] == "New · Printer [#1]" and sender(told(desk, BOB, "new"))[0] == "Anna Bianchi via Acme Support"
    assert told(desk, EVA, "new")["Subject"] == "Nuova · Printer [#1]"


@setup(agents=AGENTS, queues=QUEUES)
def test_a_quote_that_names_only_what_happened_is_known_for_one(desk):
    """Thunderbird writes the name alone above a quote, in its own language and in words that nobody listed."""
    desk.accept(mail(subject="Printer", body="It does not print.\n"))
    new = told(desk, BOB, "new")
    head = "Dne 2.11.2026 v 10:00 New · Anna Bianchi napsal(a):\n"
    answer(desk, new, "Switch it on.\n\n" + head + "".join("> %s\n" % line for line in new.text.splitlines()))
    sent = wait_until(lambda: [m for m in desk.sent_to(ANNA) if "Switch it on" in m.text])[0]
    assert "napsal" not in sent.text and "Anna Bianchi" not in sent.text and "/assign" not in sent.text, sent.text


@setup(agents=AGENTS + [{"name": "rita", "email": "rita@agents.example", "role": "reader"}, {"name": "sue", "email": "sue@agents.example", "role": "supervisor"}],
       queues=[{"name": "support", "address": "support@example.org", "agents": ["bob", "rita"], "assign": "round-robin"},
               {"name": "network", "address": "network@example.org", "agents": ["eva"]}])
def test_a_reader_leaves_notes_and_a_supervisor_acts_everywhere(desk):
    for n in range(3):
        desk.accept(mail(subject="Printer %d" % n))
    assert {t["agent"] for t in desk.tickets()} == {"bob"}
    desk.ok("ticket", "assign", 1, "rita")
    notice = told(desk, "rita@agents.example", "assigned")
    answer(desk, notice, "I can answer this.\n", by="rita@agents.example")
    assert "you may read and leave notes" in told(desk, "rita@agents.example", "not-done").text.replace("\n", " ")
    answer(desk, notice, "/note\n\nSeen.\n", by="rita@agents.example")
    assert [m["text"].strip() for m in desk.ticket(1)["messages"] if m["kind"] == "note"][-1] == "Seen."
    assert not [m for m in desk.sent_to(ANNA) if "I can answer" in m.text or "Seen." in m.text]
    answer(desk, told(desk, BOB, "new", 2), "From above.\n", by="sue@agents.example")
    assert wait_until(lambda: [m for m in desk.sent_to(ANNA) if "From above." in m.text])


@setup(agents=AGENTS, queues=QUEUES)
def test_an_answer_from_any_address_of_an_agent_is_his(desk):
    desk.accept(mail(subject="Printer"))
    answer(desk, told(desk, BOB, "new"), "Switch it on.\n", by="bob@home.example")
    sent = wait_until(lambda: [m for m in desk.sent_to(ANNA) if "Switch it on" in m.text])[0]
    assert "home.example" not in sent.data.decode() and desk.ticket(1)["messages"][-1]["agent"] == "bob"


def with_files(subject, *files):
    """A mail with (name, type, bytes) attached."""
    lines = ["From: Anna Bianchi <%s>" % ANNA, "To: support@example.org", "Subject: " + subject, "Message-ID: <%d.%s@example.com>" % (time.time_ns(), len(files)),
             "MIME-Version: 1.0", 'Content-Type: multipart/mixed; boundary="=-b"', "", "--=-b", "Content-Type: text/plain; charset=utf-8", "", "See below.", ""]
    for name, kind, data in files:
        lines += ["--=-b", "Content-Type: %s" % kind, 'Content-Disposition: attachment; filename="%s"' % name, "Content-Transfer-Encoding: base64", "",
                  base64.encodebytes(data).decode(), ""]
    return "\r\n".join("\n".join(lines + ["--=-b--", ""]).split("\n")).encode()


def files_of(notice):
    return {part.get_filename(): part.get_payload(decode=True) for part in notice.message.walk() if part.get_content_disposition() == "attachment"}


@setup(agents=AGENTS, queues=QUEUES, config={"notices.attachment_bytes": 20000, "notices.attachments_bytes": 30000})
def test_a_notice_carries_the_customers_files_and_names_what_is_too_large(desk):
    """Each up to a bound, all up to another; the acknowledgement has none of them, and the agent's own words come back without."""
    screen, log, video = os.urandom(15000), os.urandom(14000), os.urandom(25000)
    desk.accept(with_files("Printer", ("screen.png", "image/png", screen), ("video.mp4", "video/mp4", video), ("printer.log", "text/plain", log),
                           ("more.log", "text/plain", log)))
    new = told(desk, BOB, "new")
    assert files_of(new) == {"screen.png": screen, "printer.log": log}, {k: len(v) for k, v in files_of(new).items()}
    assert "Not attached, being too large or too many: video.mp4 (24 KB), more.log (14 KB)" in new.text and "/files" in new.text and new.html, new.text
    assert "Non allegati, perché troppo grandi o troppi: video.mp4 (24 KB), more.log (14 KB)" in told(desk, EVA, "new").text
    answer(desk, new, "Thank you.\n\nOn Mon, New · Anna Bianchi wrote:\n" + "".join("> %s\n" % line for line in new.text.splitlines()))
    sent = wait_until(lambda: [m for m in desk.sent_to(ANNA) if "Thank you" in m.text])[0]
    assert "video" not in sent.text and "/files" not in sent.text and not any(files_of(m) for m in desk.sent_to(ANNA)), sent.text
    answer(desk, new, "/frobnicate\n\nWords.\n")
    assert files_of(told(desk, BOB, "not-done")) == {} and files_of(told(desk, EVA, "answered")) == {}


@setup(agents=AGENTS, queues=QUEUES)
def test_a_colleague_sees_the_files_of_a_note(desk):
    desk.accept(mail(subject="Printer"))
    new = told(desk, BOB, "new")
    raw = with_files("Re: Printer [#1]", ("offer.pdf", "application/pdf", b"%PDF-1.4 offer")).replace(b"From: Anna Bianchi <anna@example.com>", b"From: " + BOB.encode())
    desk.accept(raw.replace(b"See below.", b"/note\r\n\r\nTheir offer."), address_of(new), sender=BOB)
    assert files_of(told(desk, EVA, "note")) == {"offer.pdf": b"%PDF-1.4 offer"} and not any(files_of(m) for m in desk.sent_to(ANNA))


@setup(agents=AGENTS, queues=[{"name": "support", "address": "support@example.org", "agents": ["bob"]}], relay="smtp")
def test_a_notice_that_is_refused_for_its_files_goes_again_without_them(desk):
    """By its announced size or at the end of its data. It says so, in the words of the mail server; nobody is told of a failure, and nothing is lost."""
    desk.relay.most = 50000
    for n, where in enumerate(("MAIL", "dot"), 1):
        desk.relay.most_at = where
        desk.accept(with_files("Printer %d" % n, ("screen.png", "image/png", os.urandom(60000))))
        new = wait_until(lambda: [m for m in desk.sent_to(BOB) if "Printer %d" % n in m["Subject"]])[0]
        assert files_of(new) == {} and "screen.png" in new.text and "did not accept the attachments: 552 5." in new.text.replace("\n", " "), new.text
    wait_until(lambda: not desk.outbox())
    assert len(desk.log("outbox.without_files")) == 2 and not desk.log("outbox.failed") and len(desk.sent_to(BOB)) == 2
    answer(desk, desk.sent_to(BOB)[0], "Thank you.\n\nOn Mon, New · Anna Bianchi wrote:\n" + "".join("> %s\n" % line for line in desk.sent_to(BOB)[0].text.splitlines()))
    sent = wait_until(lambda: [m for m in desk.sent_to(ANNA) if "Thank you" in m.text])[0]
    assert "mail server" not in sent.text and "552" not in sent.text, sent.text


@setup(agents=AGENTS, queues=[{"name": "support", "address": "support@example.org", "agents": ["bob"]}])
def test_large_notices_pass_one_at_a_time_and_small_ones_pass_them_by(desk):
    data = os.urandom(1000000)
    for n in range(3):
        desk.accept(with_files("Large %d" % n, ("video.mp4", "video/mp4", data)))
    for n in range(5):
        desk.accept(mail(subject="Small %d" % n))
    wait_until(lambda: len(desk.sent_to(BOB)) == 8, seconds=30)
    large = [m for m in desk.sent_to(BOB) if "Large" in m["Subject"]]
    assert len(large) == 3 and all(files_of(m) == {"video.mp4": data} for m in large)
    wait_until(lambda: not desk.outbox())


def quoted(notice, head="On Mon, 1 Jan 2026 at 10:00, Acme wrote:\n"):
    return "\n\n" + head + "".join("> %s\n" % line for line in notice.text.splitlines())


def conversation(desk):
    """A request, an answer, a note and a second question; then the notice of a third."""
    desk.accept(mail(subject="Scanner", body="It does not scan.\n"))
    desk.accept(mail(subject="Printer", body="It does not print.\n"))
    new = wait_until(lambda: [m for m in desk.sent_to(BOB) if "Printer" in m["Subject"]])[0]
    answer(desk, new, "Switch it on.\n")
    sent = wait_until(lambda: [m for m in desk.sent_to(ANNA) if "Switch it on" in m.text])[0]
    desk.ok("ticket", "note", 2, "--as", "eva", stdin="Her warranty ended in March, between us.\n")
    desk.accept(mail(body="It is on, and dark.\n", reply_to=sent), address_of(sent))
    return wait_until(lambda: [m for m in desk.sent_to(BOB) if "dark" in m.text])[0]


@setup(agents=AGENTS, queues=[dict(QUEUES[0], answer_hours=8)], config={"desk.time_zone": "Europe/Rome"})
def test_a_notice_holds_all_that_one_needs_to_answer(desk):
    """What was said before, the newest first, notes marked; who has it, what was promised, and what she asked before; times by the desk's clock."""
    last = conversation(desk)
    words = last.text
    places = [words.index(piece) for piece in ("> It is on, and dark.", "[note] Eva Neri, ", "Her warranty ended", "Bob Rossi, ", "| Switch it on.", "Anna Bianchi, ", "| It does not print.")]
    assert places == sorted(places), words
    assert "It is with Bob Rossi." in words and "An answer is promised by " in words and "#1 new: Scanner" in words, words
    import datetime, zoneinfo
    local = datetime.datetime.now(zoneinfo.ZoneInfo("Europe/Rome"))
    assert "%d %s %d %02d:" % (local.day, local.strftime("%B"), local.year, local.hour) in words or local.minute < 2, words
    assert "Her warranty" in last.html and "Scanner" in last.html
    it = wait_until(lambda: [m for m in desk.sent_to(EVA) if "[note]" in m.text or "Le sue richieste precedenti:" in m.text])[0].text
    assert "#1 nuova: Scanner" in it and "Risposta promessa per: " in it, it


@setup(agents=AGENTS, queues=QUEUES)
def test_nothing_of_the_longer_notice_goes_out_when_it_is_quoted(desk):
    """By the usual mark, without any, as HTML, and after its earlier requests have changed; the customer's newest words may stay between answers."""
    last = conversation(desk)
    desk.ok("ticket", "close", 1)
    bare = "\n\n-----Original Message-----\nFrom: Answered · Anna Bianchi <support@example.org>\nSent: Monday\nTo: Bob Rossi\nSubject: %s\n\n" % last["Subject"]
    for n, rest in enumerate((quoted(last), bare + last.text, "\n\n" + last.text), 1):
        answer(desk, last, "/send\n\nAnswer %d." % n + rest)
        sent = wait_until(lambda: [m for m in desk.sent_to(ANNA) if "Answer %d." % n in m.text])[0]
        for piece in ("warranty", "between us", "[note]", "Scanner", "Switch it on", "/assign", "It is with", "Their requests", "Original Message", "Eva Neri, "):
            assert piece not in sent.text and piece not in (sent.html or ""), (n, piece, sent.text)
    page = '<html><body><p>Answer 4.</p><div class="gmail_quote"><div class="gmail_attr">On Mon, Answered · Anna Bianchi wrote:<br></div><blockquote>%s</blockquote></div></body></html>' \
        % last.html.split("<body", 1)[1].split(">", 1)[1].rsplit("</body>", 1)[0]
    desk.accept(mail(sender=BOB, html=page, reply_to=last), address_of(last), sender=BOB)
    wait_until(lambda: len(desk.ticket(2)["messages"]) >= 9)
    for sent in desk.sent_to(ANNA):
        for piece in ("warranty", "between us", "[note]", "/assign", "Their requests"):
            assert piece not in sent.data.decode(), sent.text


THREE = AGENTS + [{"name": "ugo", "email": "ugo@agents.example", "display": "Ugo Blu"}]
UGO = "ugo@agents.example"


@setup(agents=THREE, queues=QUEUES)
def test_of_one_ticket_an_agent_hears_of_colleagues_once_a_minute(desk):
    """The first at once; what follows within the minute in one mail, which says all of it; after a quiet minute at once again."""
    desk.accept(mail(subject="Printer"))
    desk.ok("ticket", "assign", 1, "eva", "--as", "eva")
    answer(desk, told(desk, BOB, "new"), "Switch it on.\n")
    told(desk, EVA, "answered")
    for n in range(3):
        desk.ok("ticket", "note", 1, "--as", "bob", stdin="Thought %d.\n" % n)
    desk.ok("ticket", "close", 1, "--as", "bob")
    time.sleep(1.5)
    assert len(desk.sent_to(EVA)) == 2, [m["X-Sportello-Event"] for m in desk.sent_to(EVA)]
    desk.advance(61)
    late = wait_until(lambda: desk.sent_to(EVA)[2:])[0]
    assert late["X-Sportello-Event"] == "closed" and "Thought 2." in late.text and "Thought 0." in late.text and sender(late)[0] == "Chiusa · Bob Rossi", late.text
    desk.advance(130)
    time.sleep(2.5)
    assert len(desk.sent_to(EVA)) == 3 and not [m for m in desk.sent_to(BOB) if m["X-Sportello-Event"] in ("note", "closed")]
    desk.ok("ticket", "note", 1, "--as", "bob", stdin="One more.\n")
    assert "One more." in wait_until(lambda: desk.sent_to(EVA)[3:])[0].text


@setup(agents=THREE, queues=[dict(QUEUES[0], colleagues=["none"])])
def test_who_watches_hears_of_all(desk):
    desk.accept(mail(subject="Printer"))
    desk.ok("ticket", "assign", 1, "bob")
    desk.ok("ticket", "watch", 1, "--as", "ugo")
    answer(desk, told(desk, BOB, "new"), "Switch it on.\n")
    assert "Switch it on." in told(desk, UGO, "answered").text and desk.ticket(1)["watchers"] == ["ugo"]
    sent = wait_until(lambda: [m for m in desk.sent_to(ANNA) if "Switch it on" in m.text])[0]
    desk.accept(mail(body="Still dark.\n", reply_to=sent), address_of(sent))
    assert "Still dark." in told(desk, UGO, "answered", 2).text and not [m for m in desk.sent_to(EVA) if "Switch" in m.text and m["X-Sportello-Event"] == "answered"]
    desk.ok("ticket", "unwatch", 1, "--as", "ugo")
    desk.accept(mail(body="Very dark.\n", reply_to=sent), address_of(sent))
    wait_until(lambda: [m for m in desk.sent_to(BOB) if "Very dark." in m.text])
    assert not [m for m in desk.sent_to(UGO) if "> Very dark." in m.text]


@setup(agents=AGENTS, config={"desk.digest_hour": 0, "sla": [{"name": "urgent", "when": "priority:urgent", "first": "30h"}, {"name": "soon", "when": "tag:soon", "first": "20h"},
                                                             {"name": "all", "when": "-tag:later", "first": "48h"}]})
def test_the_digest_begins_with_what_is_due_first_and_loses_count_of_none(desk):
    for n in range(1, 107):
        desk.accept(mail(subject="Request %d." % n, sender="anna%d@example.com" % n), sender="anna%d@example.com" % n)
    desk.ok("ticket", "priority", 50, "urgent", "--no-text")
    desk.ok("ticket", "tag", 60, "soon")
    desk.ok("ticket", "tag", 2, "later")
    time.sleep(2)                                             # a fresh desk takes today's digest for sent
    desk.advance(86400)
    words = told(desk, BOB, "digest").text
    lines = [line for line in words.splitlines() if "Request " in line]
    numbers = [int(line.split()[0].lstrip("#")) for line in lines]
    assert numbers[:4] == [60, 50, 1, 3] and len(numbers) == 100 and 2 not in numbers and "... (+6)" in words, words
    assert "(late since " in lines[0] and "(by " in lines[1], lines[:2]


@setup(agents=AGENTS, queues=[dict(QUEUES[0], answer_hours=100)], config={"desk.digest_hour": 0})
def test_the_digest_says_whose_turn_it_is(desk):
    """Oldest first, aligned, in the agent's language; nothing to who has nothing to do; what was resolved is not in it."""
    for subject in ("Printer", "Scanner", "Lamp"):
        desk.accept(mail(subject=subject, sender="Anna Bianchi <anna@example.com>" if subject != "Lamp" else "Ugo <u@example.com>"))
    answer(desk, wait_until(lambda: [m for m in desk.sent_to(EVA) if "Scanner" in m["Subject"]])[0], "Switch it on.\n", by=EVA)
    desk.ok("ticket", "assign", 1, "eva")
    desk.ok("ticket", "resolve", 3, "--as", "bob")
    time.sleep(2)                                             # a fresh desk takes today's digest for sent
    desk.advance(86400)
    digest = told(desk, EVA, "digest")
    words = digest.text
    assert "In attesa di noi:" in words and "In attesa di altri:" in words and "Lamp" not in words, words
    assert words.index("#1") < words.index("In attesa di altri:") < words.index("#2"), words
    line = [one for one in words.splitlines() if "#1" in one][0]
    assert "24 h  Anna Bianchi  Printer (entro: " in line and sender(digest)[0] == "Le tue richieste · Acme Support", words
    time.sleep(1)
    assert not [m for m in desk.sent_to(BOB) if m["X-Sportello-Event"] == "digest"]
    desk.accept(mail(sender=EVA, body="Thank you for that.\n", reply_to=digest), sender=EVA)
    assert len(desk.tickets()) == 3, desk.tickets()


@setup(agents=THREE, queues=[dict(QUEUES[0], agents=["bob", "eva", "ugo"])])
def test_the_tickets_of_who_is_gone_go_back_to_their_queue(desk):
    desk.accept(mail(subject="Printer"))
    desk.ok("ticket", "assign", 1, "ugo")
    desk.set("agents", AGENTS)
    desk.set("queues", QUEUES)
    desk.write_config()
    desk.hup()
    back = told(desk, BOB, "new", 2)
    assert "ugo is no longer with the team: nobody has this request now." in back.text.replace("\n", " ") and desk.ticket(1)["agent"] is None, back.text
    assert any("no longer in the configuration" in h["why"] for h in desk.ticket(1)["history"])
