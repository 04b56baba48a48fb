"""What mails to agents hold: what happened at a glance, headers for filters, in the agent's language; and nothing of that in mails to customers."""
import email.utils

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


@setup(agents=AGENTS, queues=QUEUES)
def test_filters_find_what_they_want_and_customers_have_none_of_it(desk):
    desk.accept(mail(subject="Printer", body="It does not print.\n"))
    new = told(desk, BOB, "new")
    assert [new[name] for name in FILTERS] == ["<support.example.org>", "new", "1", "support", "new", "normal", None], new.data
    answer(desk, new, "/priority high\n\nSwitch it on.\n")
    assert [told(desk, EVA, "answered")[name] for name in FILTERS] == ["<support.example.org>", "answered", "1", "support", "open", "high", "bob"]
    desk.accept(mail(subject="Scanner"))
    answer(desk, [m for m in desk.wait_sent(2, to=BOB) if "Scanner" in m["Subject"]][0], "/resolve\n\nDone.\n")
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
