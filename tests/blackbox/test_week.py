"""A week of a desk, told as a story: three agents who live in their mail, twelve customers in five languages, two suppliers, and every kind of mail that the desk sends.

After each step stands who was sent what; nobody else was sent anything. Bob works for support and repairs, Carla (who reads Italian) for support and
sales, Dieter (German) for sales and repairs.
"""
import os, re, time

from desk import TOP, setup, wait_until
from agents_html import png
from week import Week, files_of, flat, pictures_of

PHOTO, MANUAL = png((200, 40, 40)), b"%PDF-1.4 the manual"
ALL = re.findall(r'\{"([a-z-]+)", NOTICE_TO_', open(os.path.join(TOP, "src", "desk", "desk_notice_table.c")).read())
EVENTS = set(re.findall(r'^\t\{"agent-[a-z-]+", [^{]*\{"([a-z-]+)"', open(os.path.join(TOP, "src", "desk", "desk_news.c")).read(), re.M)) - {"due", "report", "contracts"}      # of promises and figures: the other week, below; of contracts: test_customers.py
FOR_CUSTOMERS = {name for name in ALL if not name.startswith("agent-")} - {"export"}      # a copy of what one wrote: test_erase.py

AGENTS = [{"name": "bob", "email": "bob@agents.example", "display": "Bob Rossi", "signature": ["Bob Rossi", "Acme Support"]},
          {"name": "carla", "email": "carla@agents.example", "display": "Carla Neri", "language": "it"},
          {"name": "dieter", "email": "dieter@agents.example", "display": "Dieter Weiss", "language": "de"}]
QUEUES = [{"name": "support", "address": "support@example.org", "description": "Everything", "agents": ["bob", "carla"], "kb": "before-ticket"},
          {"name": "sales", "address": "sales@example.org", "description": "Offers and invoices", "agents": ["carla", "dieter"], "answer_hours": 8},
          {"name": "repairs", "address": "repairs@example.org", "description": "Machines that come to us", "agents": ["bob", "dieter"], "notices": ALL}]
CONFIG = {"authserv_id": "mx.example.org", "desk.digest_hour": 6, "desk.time_zone": "UTC", "desk.remind_days": 1, "desk.close_days": 2,
          "kb.remind_hours": 4, "kb.end_hours": 8, "kb.after_silence": "expire", "notices.attachment_bytes": 20000, "notices.attachments_bytes": 30000}


def monday(w):
    """New requests, in five languages."""
    # Anna writes in Italian, with a photograph. Bob and Carla are told, each in a language of their own; the photograph is there.
    w.writes("anna", "La stampante non funziona", "Buongiorno, la stampante del secondo piano non funziona più da questa mattina. Potete aiutarmi?", files=[("foto.png", "image/png", PHOTO)])
    got = w.heard(anna="received", bob="new", carla="new")
    assert "richiesta" in got.anna.text.lower()
    assert files_of(got.bob) == files_of(got.carla) == {"foto.png": PHOTO} and not files_of(got.anna)
    assert "New · " in str(got.bob["From"]) and "Nuova · " in str(got.carla["From"]) and got.bob["Subject"] == "La stampante non funziona [#1]"
    w.annas = got

    # Bob answers by mail. Anna gets it, with his signature and without his address; Carla hears of it.
    w.answers("bob", got.bob, "Gentile Anna, è accesa?")
    got = w.heard(anna="reply", carla="answered")
    assert "è accesa?" in got.anna.text and "Acme Support" in got.anna.text and "agents.example" not in got.anna.data.decode()

    # Carla had begun an answer of her own, to the notice of this morning. It does not go out: she is shown what Bob wrote.
    w.answers("carla", w.annas.carla, "Gentile Anna, la butti via.")
    back = w.heard(carla="not-done").carla
    assert "è accesa?" in back.text and "la butti via" in back.text and "/send" in back.text
    # She thinks that it is worth it all the same.
    w.answers("carla", back, "/send")
    got = w.heard(anna="reply", bob="answered")
    assert "la butti via" in got.anna.text and "è accesa?" not in got.anna.text.split("On Mon")[0]

    # Four more, from four countries, each acknowledged in the language of the mail.
    for who, subject, words, said in (
            ("ben", "Screen", "Good morning, my screen stays dark although the cable is plugged in. What can I do now?", "Thank you"),
            ("chloe", "Facture", "Bonjour, je n'ai pas reçu la facture du mois de mars. Pourriez-vous me l'envoyer encore une fois, s'il vous plaît ?", "Bonjour"),
            ("daniel", "Angebot", "Guten Tag, wir brauchen bis zum nächsten Montag ein Angebot über zwölf Bildschirme. Vielen Dank im Voraus.", "Guten Tag"),
            ("elena", "El teclado", "Buenos días, el teclado de mi ordenador no escribe la letra eñe. ¿Me pueden ayudar, por favor?", "Hola")):
        queue = {"chloe": "sales", "daniel": "sales"}.get(who, "support")
        w.writes(who, subject, words, to=queue)
        others = {"bob": "new", "carla": "new"} if queue == "support" else {"carla": "new", "dieter": "new"}
        got = w.heard(**{who: "received"}, **others)
        assert got.__dict__[who]["Content-Language"] == {"ben": "en", "chloe": "fr", "daniel": "de", "elena": "es"}[who]
        w.notices[who] = got
        w.asked[who] = got.__dict__[who]


def tuesday(w):
    """Notes, orders, hand-overs and files."""
    # The night brings a list of what waits, to those for whom something waits; and sales had promised an answer within eight hours.
    w.later(hours=24)
    got = w.heard(bob="digest", carla="digest overdue overdue", dieter="digest overdue overdue")
    assert "Waiting for us:" in got.bob.text and "Screen" in got.bob.text and "Angebot" not in got.bob.text

    # Whoever answers a digest is no customer by that.
    w.answers("bob", w.digests["bob"], "Thank you, desk.")
    assert "not carried out" in flat(w.heard(bob="not-done").bob)

    # Bob takes Ben's request, and keeps a note; what Carla notes on it, is told to him.
    ben = w.notices["ben"]
    w.answers("bob", ben.bob, "/assign me")
    w.heard(bob="done", carla="taken")
    w.later(seconds=61)
    w.answers("bob", ben.bob, "/note\nHe never pays in time.")
    w.heard()
    w.orders("carla", "/note #2\nHe is a cousin of the boss.")
    assert "cousin" in w.heard(bob="note").bob.text

    # Dieter, who has nothing to do with support, asks to watch it. He may not.
    w.orders("dieter", "/watch #2", to="repairs")
    assert "2" in w.heard(dieter="not-done").dieter.text
    # Bob hands it over to him, with all that was said.
    w.answers("bob", ben.bob, "/assign dieter")
    got = w.heard(bob="done", dieter="assigned")
    assert "He never pays in time." in got.dieter.text and "[note]" not in str(got.dieter["Subject"]) and "[Notiz]" not in str(got.dieter["Subject"])
    w.ben = got.dieter

    # Carla watches it, and hears of Dieter's answer. Ben reads it, and no word of the note, though Dieter's program quotes all of it.
    w.orders("carla", "/watch #2")
    w.heard(carla="done")
    w.answers("dieter", w.ben, "Dear Ben, press the button for ten seconds.")
    got = w.heard(ben="reply", carla="answered")
    assert "ten seconds" in got.ben.text and "never pays" not in got.ben.data.decode()

    # Fred sends a film, which is too large for a notice; /files brings it to Bob alone.
    film = os.urandom(25000)
    w.writes("fred", "It smokes", "Hello, please look at the film, it smokes when I switch it on.", files=[("film.mp4", "video/mp4", film)])
    got = w.heard(fred="received", bob="new", carla="new")
    assert not files_of(got.bob) and "film.mp4" in got.bob.text
    w.answers("bob", got.bob, "/files")
    assert files_of(w.heard(bob="files").bob) == {"film.mp4": film}
    # He answers in HTML, with a picture in it and the manual beside it. Fred gets both, and the bold letters.
    w.answers("bob", got.bob, "Press the *red* button.", quote=False, files=[("manual.pdf", "application/pdf", MANUAL)],
              html="<html><body><p>Press the <b>red</b> button: <img src=\"cid:button\"></p></body></html>", pictures=[("button", PHOTO)])
    got = w.heard(fred="reply", carla="answered")
    assert "<b>red</b>" in got.fred.html and pictures_of(got.fred) == [PHOTO] and MANUAL in files_of(got.fred).values() and "red" in got.fred.text


def wednesday(w):
    """Two suppliers, of whom no customer knows."""
    w.later(hours=24)
    w.heard(bob="digest", carla="digest", dieter="digest")

    # Chloe's invoice: Carla asks the maker, and the carrier. Neither reads who Chloe is, nor of the other.
    chloe = w.notices["chloe"].carla
    w.answers("carla", chloe, "/ask help@maker.example\n\nDid you send invoice 4711?")
    got = w.heard(maker="side", carla="done", dieter="taken")
    assert "Did you send invoice 4711?" in got.maker.text and "chloe" not in got.maker.data.decode().lower() and "facture" not in got.maker.data.decode().lower()
    maker = got.maker
    w.answers("carla", chloe, "/ask desk@carrier.example\n\nWhere is parcel 12?")
    carrier = w.heard(carrier="side", carla="done").carrier
    # The maker answers; it is told to Carla, who has the request. What she answers goes to him and nowhere else.
    w.answers("maker", maker, "Yes, in March. It cost us 7 EUR, and she owes us 9.")
    told = w.heard(carla="side").carla
    w.answers("carla", told, "Thank you, please send it again.")
    assert "send it again" in w.heard(maker="side").maker.text
    # A colleague of the carrier's answers from an address of his own. Carla sees that.
    w.answers("anton", carrier, "It was lost.")
    assert "anton@carrier.example" in w.heard(carla="side").carla.text
    # Chloe hears what she is to hear.
    w.answers("carla", chloe, "/send\nBonjour, la facture arrive demain.")
    got = w.heard(chloe="reply")
    assert not [word for word in ("EUR", "owes", "lost", "maker", "carrier", "4711") if word in got.chloe.data.decode()]

    # Daniel's offer: Dieter begins with a saved reply, filled in for him; it has a state of its own.
    w.answers("dieter", w.notices["daniel"].dieter, "/use angebot\n\nZwölf Stück zu je 90 Euro.")
    got = w.heard(daniel="details", carla="answered", dieter="done")
    assert "Guten Tag Daniel" in got.daniel.text and "90 Euro" in got.daniel.text and "Dieter Weiss" in got.daniel.text

    # An agent writes to a customer first: Gina. A copy goes to Hans, who takes part from then on.
    w.orders("dieter", "/new Gina <gina@gina.example>\n\nDear Gina, when may we come?", to="repairs", subject="Your machine")
    got = w.heard(gina="opened", dieter="done")
    w.answers("gina", got.gina, "On Friday.", cc="Hans <hans@hans.example>")
    got = w.heard(dieter="answered")
    w.answers("dieter", got.dieter, "Friday at nine.")
    w.heard(gina="reply", hans="reply")


def thursday(w):
    """What is solved, what is not, and what comes back."""
    # The night's list comes to those who have something to do, and Dieter has nothing.
    w.later(hours=24)
    w.heard(bob="digest", carla="digest")

    # Ben's screen is solved, believes Dieter; Ben says no, and later yes.
    w.answers("dieter", w.ben, "/resolve\n\nIt should work now.")
    got = w.heard(ben="resolved", carla="closed")
    w.presses(got.ben, "z", words="No, it is still dark.")
    w.heard(dieter="refused", carla="refused")
    # Carla, who has just heard of this request, hears the rest together, when a minute is over.
    w.answers("dieter", w.ben, "/resolve\n\nAnd now?")
    got = w.heard(ben="resolved")
    w.presses(got.ben, "y")
    w.heard(dieter="confirmed", carla="confirmed")
    # He was not content, though, and says so on his page: those who work on it hear of it.
    w.presses(w.asked["ben"], "s", stars="1")
    w.heard(dieter="rated", carla="rated")

    # Elena's mailbox is gone. Her mail comes back an hour later: those who work on it are told, and to whom an answer would go.
    w.answers("bob", w.notices["elena"].bob, "Pulse Alt y 164.")
    got = w.heard(elena="reply", carla="answered")
    w.comes_back(got.elena, "elena")
    assert "elena@elena.example" in w.heard(bob="bounced").bob.text
    # And the mail server refuses the next one at once.
    w.desk.relay.on_rcpt["elena@elena.example"] = "550 5.1.1 no such user"
    w.answers("bob", w.notices["elena"].bob, "¿Recibió mi respuesta?")
    w.heard(bob="undeliverable")

    # A wrong command is not half done: nothing leaves, all wrong lines are named, and a second try is one reply away.
    w.answers("bob", w.notices["elena"].bob, "/asign carla\n/queue nowhere\n\nHello.")
    got = w.heard(bob="not-done")
    assert "/asign" in got.bob.text and "nowhere" in got.bob.text and "Hello." in got.bob.text
    # Bob asks what there is, what waits, and for all of Anna's request.
    w.orders("bob", "/help\n/list\n/show 1")
    w.heard(bob="help list shown")
    # Somebody who only says that he is Bob orders nothing.
    w.orders("bob", "/close #1\n/cc #1 mallory@evil.example", proved=False)
    assert "nothing proves" in flat(w.heard(bob="not-done").bob)
    assert w.desk.ticket(1)["state"] == "open"


def friday(w):
    """Waiting, reminding, closing."""
    # Daniel did not answer: the time that Dieter gave him is over. Ines asked something that an article answers.
    w.later(hours=24)
    w.heard(carla="closed", dieter="pending-over")
    w.writes("ines", "VPN does not connect from home", "The VPN client says authentication failed when I connect from home.")
    w.heard(ines="held")
    w.later(hours=5)
    w.heard(ines="held-reminder")
    w.later(hours=5)
    w.heard(ines="expired")

    # Jules brings a machine. In repairs customers hear who has taken it, and that it is open again.
    w.writes("jules", "La machine", "Bonjour, ma machine ne marche plus depuis hier, que puis-je faire ? Merci beaucoup.", to="repairs")
    got = w.heard(jules="received", bob="new", dieter="new")
    w.answers("dieter", got.dieter, "/assign me")
    w.heard(jules="taken", dieter="done", bob="taken")
    w.answers("dieter", got.dieter, "/close\n\nElle marche.")
    closed = w.heard(jules="closed").jules
    w.answers("jules", closed, "Non, elle ne marche pas du tout.")
    w.heard(dieter="answered")
    w.answers("dieter", got.dieter, "/close")
    w.heard(jules="closed", dieter="done")
    w.answers("dieter", got.dieter, "/reopen")           # it does not, he sees
    w.heard(jules="reopened", dieter="done")

    # Kate's request is solved, and she says nothing: she is reminded once; then it is closed, and she is told.
    w.writes("kate", "Mouse", "Hello, my mouse does not move any more, what shall I do about it?")
    got = w.heard(kate="received", bob="new", carla="new")
    w.answers("bob", got.bob, "/resolve\n\nChange the battery.")
    w.heard(kate="resolved", carla="closed")


def saturday(w):
    """An agent goes."""
    w.later(hours=24)
    w.heard(kate="reminder")

    # Dieter leaves the house. What he had goes back to its queues, and those who work there are told.
    w.desk.set("agents", AGENTS[:2])
    w.desk.set("queues", [dict(q, agents=[a for a in q["agents"] if a != "dieter"]) for q in QUEUES])
    w.desk.write_config()
    w.desk.hup()
    w.heard(bob="new new", carla="new")
    # What he writes from home goes to no customer, and nobody answers him.
    w.answers("dieter", w.ben, "/send\n\nDear Ben, I was never paid.")
    w.heard(bob="not-done", carla="not-done")

    # Lukas is the twelfth who writes. Only those who are there are told.
    w.writes("lukas", "Ein Kabel", "Guten Tag, ich brauche ein Kabel für meinen Drucker, und zwar so bald wie möglich. Danke.")
    w.heard(lukas="received", bob="new", carla="new")


def sunday(w):
    """Nobody works, and the desk goes on."""
    w.later(hours=24)
    w.heard(kate="closed")
    assert w.desk.cli("fsck").code == 0
    assert len({r for m in w.desk.relay.mails for r in m.recipients if not r.endswith("@agents.example")}) == 14
    # Every kind of mail was sent in this week.
    assert EVENTS | FOR_CUSTOMERS == w.kinds, (EVENTS | FOR_CUSTOMERS) ^ w.kinds


def put(desk, place, words):
    with open(os.path.join(desk.directory, place), "w") as f:
        f.write(words)


@setup(relay="smtp", agents=AGENTS, queues=QUEUES, config=CONFIG, start=False)
def test_a_week_of_three_agents_twelve_customers_and_two_suppliers(desk):
    put(desk, "kb/vpn.md", "---\nkeywords: vpn, tunnel\n---\n# Connect to the VPN from home\n\nIf the VPN client says authentication failed, your password has expired.\n")
    put(desk, "replies/angebot.md", "---\nstate: pending 2d\ntag: offer\n---\nGuten Tag {customer},\n\nwir danken für die Anfrage zu „{subject}“.\n\n{agent_name}\n")
    four = (16 * 3600 - time.time()) % 86400         # it begins at four in the afternoon, whenever it is played: the hour of the lists is at six
    desk.advance(four)
    desk.start()
    wait_until(lambda: desk.http("/kb/vpn")[0] == 200)
    time.sleep(2)                            # a fresh desk takes today's digest for sent
    w = Week(desk, four)
    for day in (monday, tuesday, wednesday, thursday, friday, saturday, sunday):
        day(w)


OFFICE = dict({"name": "office", "zone": "UTC"}, **{day: ["09:00-17:00"] for day in ("mon", "tue", "wed", "thu", "fri")})
PROMISING = {"desk.digest_hour": 8, "desk.time_zone": "UTC", "calendars": [OFFICE], "reports.mail_to": ["dieter"], "reports.mail_on": "monday", "authserv_id": "mx.example.org",
             "sla": [{"name": "gold", "calendar": "office", "first": "4h", "next": "8h", "resolution": "3bd",
                      "steps": [{"at": "-1h", "tell": "agent"}, {"at": "0m", "tell": "queue", "priority": "urgent"}, {"at": "2h", "tell": "supervisor"}]}]}
TEAM = [{"name": name, "email": name + "@agents.example", "display": name.capitalize(), "role": "supervisor" if name == "dieter" else "agent"} for name in ("bob", "carla", "dieter")]


def clock_of(w, number, clock):
    return {c["clock"]: c for c in w.desk.ticket(number)["sla"]}[clock]


def a_promise_that_is_kept(w):
    """Monday at ten. Anna is promised an answer by two; Bob takes her request and forgets it. At one he is reminded, he alone, and answers in time."""
    w.writes("anna", "The printer", "Good morning, the printer on the second floor does not print any more.")
    got = w.heard(anna="received", bob="new", carla="new", dieter="new")
    assert "at 14:0" in flat(got.anna), got.anna.text
    w.anna = got
    w.answers("bob", got.bob, "/assign me")
    w.heard(bob="done", carla="taken", dieter="taken")
    w.later(hours=3, seconds=60)
    due = w.heard(bob="due").bob
    assert "is due by" in due.text and clock_of(w, 1, "first")["state"] == "running"
    w.answers("bob", due, "Dear Anna, is it switched on?")
    w.heard(anna="reply")
    assert clock_of(w, 1, "first")["state"] == "met" and clock_of(w, 1, "resolution")["state"] == "running"


def a_promise_that_is_not(w):
    """Ben writes at one, and nobody takes his request. All are reminded at four; nobody at night. In the morning it is late: all are told, it is urgent, the day's list begins
    with it, and two hours later the supervisor hears of it."""
    w.writes("ben", "Screen", "Hello, my screen stays dark although the cable is plugged in.")
    got = w.heard(ben="received", bob="new", carla="new", dieter="new")
    w.later(hours=3, seconds=60)
    w.heard(bob="due", carla="due", dieter="due")
    w.later(hours=14)                                # six in the morning
    w.heard()
    w.later(hours=3, seconds=600)
    told = w.heard(bob="digest overdue", carla="digest overdue", dieter="digest overdue")
    assert "was due by" in told.carla.text and w.desk.ticket(2)["priority"] == "urgent"
    wait_until(lambda: clock_of(w, 2, "first")["state"] == "missed", what="the promise counts as missed")
    lines = [line for line in w.digests["bob"].text.splitlines() if "#" in line]
    assert "#2" in lines[0] and "late since" in lines[0] and "#1" in lines[1], lines
    w.later(hours=2)
    w.heard(dieter="overdue")
    w.answers("carla", told.carla, "Dear Ben, press the button for ten seconds.")
    w.heard(ben="reply", bob="answered", dieter="answered")
    assert clock_of(w, 2, "first")["state"] == "missed"
    w.orders("carla", "/pending #2 9d")
    w.heard(carla="done")
    assert clock_of(w, 2, "resolution")["state"] == "paused"


def and_the_weeks_numbers(w):
    """Bob solves Anna's request on Wednesday. Ben says nothing, and nobody is told of a clock that stands still. On Monday the supervisor reads of all that."""
    w.later(hours=24)
    w.heard()                                        # both wait for their customers: no list either
    w.orders("bob", "/resolve #1")
    w.heard(anna="resolved", bob="done")
    assert clock_of(w, 1, "resolution")["state"] == "met" and clock_of(w, 2, "resolution")["state"] == "paused"
    w.later(hours=5 * 24)
    got = w.heard(anna="reminder", dieter="report")
    assert "Screen" not in got.dieter.text
    total = w.desk.ok("report", "promises")["total"]
    assert (total["n"], total["met"], total["missed"]) == (3, 2, 1), total
    assert {"due", "overdue", "report"} <= w.kinds
    assert w.desk.cli("fsck").code == 0


@setup(relay="smtp", agents=TEAM, queues=[{"name": "support", "address": "support@example.org", "agents": ["bob", "carla", "dieter"]}], config=PROMISING, start=False)
def test_a_week_with_promises_kept_missed_and_paused(desk):
    days = -int(time.time() // 86400 + 3) % 7         # to the next Monday
    start = int(days * 86400 + 10 * 3600 - time.time() % 86400)
    if start < 0:
        start += 7 * 86400
    desk.advance(start)
    desk.start()
    time.sleep(2)                            # a fresh desk takes today's digest for sent
    w = Week(desk, start)
    for part in (a_promise_that_is_kept, a_promise_that_is_not, and_the_weeks_numbers):
        part(w)
