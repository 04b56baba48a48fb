"""The classifier from outside: fed by what agents do, it routes what no rule sorts, says why, and admits when it was wrong."""
import os, random, sqlite3
from desk import mail, setup, wait_until, address_of

QUEUES = [{"name": "support", "address": "support@example.org", "description": "Everything that fits nowhere else", "agents": ["bob"]},
          {"name": "network", "address": "network@example.org", "description": "VPN, wifi, cabling, internet access", "agents": ["bob", "eva"]},
          {"name": "billing", "address": "billing@example.org", "description": "Invoices, payments, refunds", "agents": ["eva"]},
          {"name": "hardware", "address": "hardware@example.org", "description": "Printers, laptops, screens, keyboards", "agents": ["bob"]}]

WORDS = {
    "network": ("VPN tunnel wifi router internet access-point cable switch proxy firewall".split(),
                ["The %s drops every few minutes since this morning.", "I cannot connect to the %s from home.", "Our %s is very slow on the second floor.",
                 "After the update the %s asks for the password again and again.", "No signal from the %s in the meeting room."]),
    "billing": ("invoice payment refund receipt credit-note charge subscription tax bill price".split(),
                ["The %s of last month has the wrong amount.", "Please send me the %s once more, accounting needs it.", "I was charged twice, where is the %s?",
                 "Who can correct the %s? The address on it is old.", "We wait for the %s since three weeks."]),
    "hardware": ("printer laptop screen keyboard mouse battery docking-station scanner headset monitor".split(),
                 ["My %s is broken and must be replaced.", "The %s makes a strange noise and then stops.", "I need a new %s for a colleague who starts on Monday.",
                  "The %s does not switch on any more.", "There is a crack in the %s after it fell down."]),
}


def question(random_, queue):
    things, sentences = WORDS[queue]
    thing = random_.choice(things)
    body = "Hello,\n%s %s\nKind regards\n" % (random_.choice(sentences) % thing, random_.choice(["Can you help?", "It is urgent.", "Thank you.", ""]))
    return thing.capitalize() + random_.choice([" trouble", " question", "", " again"]), body


def feed(desk, count, seed=1):
    """That many mails, each and the queue where each belongs."""
    random_ = random.Random(seed)
    truth = []
    with desk.session() as session:
        for i in range(count):
            queue = random_.choice(list(WORDS))
            subject, body = question(random_, queue)
            sender = "c%d.%d@example.com" % (seed, i)
            assert session.deliver(mail(subject=subject, body=body, sender=sender), ["support@example.org"], sender)[0][0] == 250
            truth.append(queue)
    return truth


def queues_of(desk, first):
    """The queues of the tickets from that number on, in their order."""
    return [t["queue"] for t in sorted(desk.tickets(), key=lambda t: t["id"]) if t["id"] >= first]


def confirm(desk, truth):
    for number, (queue, is_in) in enumerate(zip(truth, queues_of(desk, 1)), 1):
        if queue != is_in:
            desk.ok("ticket", "queue", number, queue)


TAUGHT = 150


def teach(desk):
    truth = feed(desk, TAUGHT)
    confirm(desk, truth)
    figures = desk.ok("learn")
    assert figures["texts"] == TAUGHT and figures["queues"] == 3 and figures["routes"], figures
    wait_until(lambda: desk.log("learn.loaded", version=figures["version"]))
    return truth, figures


def taught(desk):
    """Where the tickets so far belong, and what `learn` said of them."""
    truth, figures = desk.after(teach)
    wait_until(lambda: desk.log("learn.loaded", version=figures["version"]))
    return truth, figures


def explain(desk, data):
    path = os.path.join(desk.directory, "q.eml")
    with open(path, "wb") as f:
        f.write(data)
    return desk.ok("explain", path)["route"]


@setup(queues=QUEUES)
def test_it_suggests_from_the_first_minute_and_routes_nothing(desk):
    wait_until(lambda: desk.log("learn.loaded"))
    desk.accept(mail(subject="Refunds and payments", body="Where do I ask for refunds, payments and invoices?\n"))
    ticket = desk.ticket(1)
    assert ticket["queue"] == "support", ticket
    notice = desk.wait_sent(1, to="bob@agents.example")[0]
    assert "belong to: billing" in notice.text and "/queue billing" in notice.text and "/queue billing" in notice.html, notice.text
    route = explain(desk, mail(subject="Invoices", body="Where are the invoices, payments and refunds?\n"))
    assert route["queue"] == "support" and 0 <= route["confidence"] <= 1, route
    assert [b["what"] for b in route["because"] if b["by"] == "model"] == ["hint"], route
    desk.accept(mail(reply_to=notice.message, body="/queue billing\n", sender="Bob Rossi <bob@agents.example>"), address_of(notice), "bob@agents.example")
    assert desk.ticket(1)["queue"] == "billing"


@setup(queues=QUEUES)
def test_it_routes_what_agents_taught(desk):
    taught(desk)
    truth = feed(desk, 40, seed=2)
    routed = [(number, got, q) for number, (got, q) in enumerate(zip(queues_of(desk, TAUGHT + 1), truth), TAUGHT + 1) if got != "support"]
    right = [number for number, got, q in routed if got == q]
    assert len(routed) >= 34 and len(right) >= 0.95 * len(routed), "%d of 40 routed, %d right" % (len(routed), len(right))
    created = desk.ticket(routed[0][0])["history"][0]
    assert created["why"].startswith("model, ") and "sure: " in created["why"], created
    route = explain(desk, mail(subject="Invoice again", body="The invoice of last month has the wrong amount.\n"))
    assert route["queue"] == "billing" and route["confidence"] > 0.9, route
    assert any(b["by"] == "model" and b["what"] == "billing" and "invoice" in b["detail"].lower() for b in route["because"]), route
    report = desk.ok("learn", "report")
    assert report["routed"] == len(routed) and report["corrected"] == 0 and report["promise"] == 0.95, report
    assert desk.cli("fsck").code == 0


test_it_routes_what_agents_taught.long = 20


@setup(queues=QUEUES)
def test_a_reply_to_nothing_known_is_routed_like_a_request(desk):
    taught(desk)
    body = "The invoice of last month has the wrong amount.\nPlease send me the invoice once more, accounting needs it.\n"
    strange = [("In-Reply-To", "<of.another@desk.example>"), ("References", "<of.another@desk.example>")]
    answer = mail(subject="Re: your invoice", body=body, headers=strange)
    desk.accept(answer)
    ticket = desk.ticket(151)
    assert ticket["queue"] == "billing" and ticket["history"][0]["why"].startswith("model, "), ticket
    desk.accept(answer)                          # the relay did not hear the 250
    both = mail(subject="Re: your invoice", body=body, headers=strange, sender="Carl <carl@example.com>")
    desk.accept(both, ["support@example.org", "network@example.org"])
    assert [desk.ticket(n)["queue"] for n in (152, 153)] == ["billing", "network"] or [desk.ticket(n)["queue"] for n in (152, 153)] == ["network", "billing"]
    assert len(desk.tickets()) == 153
    assert desk.ok("learn", "report")["routed"] == 2 and desk.cli("fsck").code == 0


@setup(queues=QUEUES)
def test_never_against_a_rule_and_never_a_reply(desk):
    taught(desk)
    with open(os.path.join(desk.directory, "rules", "10.sieve"), "w") as f:
        f.write('require ["fileinto", "imap4flags"];\nif header :contains "subject" "special" { fileinto "queue/hardware"; }\n'
                'if header :contains "subject" "bobs" { addflag ["agent:bob", "tag:x"]; }\n')
    desk.restart()
    invoice = "The invoice of last month has the wrong amount.\nPlease send me the invoice once more, accounting needs it.\n"
    desk.accept(mail(subject="special invoice", body=invoice))
    assert desk.ticket(151)["queue"] == "hardware"
    desk.accept(mail(subject="invoice for network", body=invoice, to="network@example.org"), "network@example.org")
    assert desk.ticket(152)["queue"] == "network", "only mail to the triage queue is asked about"
    desk.accept(mail(subject="bobs invoice", body=invoice))
    assert (desk.ticket(153)["queue"], desk.ticket(153)["agent"]) == ("support", "bob"), "bob does not work in billing"
    ack = desk.wait_sent(1, to="anna@example.com", seconds=20)[0]
    desk.accept(mail(subject="Re: " + str(ack["Subject"]), body=invoice, reply_to=ack), ["support@example.org", address_of(ack)])
    number = int(str(ack["Subject"]).split("#")[1].split("]")[0])
    before = {151: "hardware", 152: "network", 153: "support"}[number]
    assert desk.ticket(number)["queue"] == before and len(desk.tickets()) == 153


@setup(queues=QUEUES)
def test_a_damaged_model_is_refused_and_the_older_one_serves(desk):
    first = taught(desk)[1]["version"]
    second = desk.ok("learn")["version"]
    desk.stop()
    base = sqlite3.connect(os.path.join(desk.state_dir, "sportello.db"))
    assert [r[0] for r in base.execute("SELECT version FROM model ORDER BY version")] == [first, second], "the two newest are kept"
    bytes_, = base.execute("SELECT bytes FROM model WHERE version=?", (second,)).fetchone()
    base.execute("UPDATE model SET bytes=? WHERE version=?", (bytes_[:1000] + bytes([bytes_[1000] ^ 1]) + bytes_[1001:], second))
    base.commit()
    base.close()
    desk.start()
    assert desk.log("learn.refused", version=second) and desk.log("learn.loaded", version=first), desk.log_tail()
    desk.accept(mail(subject="Invoice again", body="The invoice of last month has the wrong amount. Please send me the invoice once more.\n"))
    assert desk.ticket(151)["queue"] == "billing", desk.ticket(151)["history"]
    wait_until(lambda: desk.log("learn.trained", why="the newest was refused"), 20)


@setup(queues=QUEUES)
def test_corrections_are_reported_and_stop_it(desk):
    taught(desk)
    truth = feed(desk, 20, seed=3)
    numbers = [i for i, queue in enumerate(queues_of(desk, 151), 151) if queue != "support"]
    assert len(numbers) >= 12, numbers
    for i in numbers[:3]:
        desk.ok("ticket", "queue", i, "support")
    report = desk.ok("learn", "report")
    assert (report["routed"], report["corrected"]) == (len(numbers), 3), report
    assert sum(r["corrected"] for r in report["report"]) == 3 and {r["queue"] for r in report["report"]} <= set(WORDS), report
    desk.ok("ticket", "queue", numbers[0], truth[numbers[0] - 151])
    assert desk.ok("learn", "report")["corrected"] == 2, "it was right after all"
    assert not desk.log("learn.stopped")
    for i in numbers[:11]:
        if desk.ticket(i)["queue"] != "support":
            desk.ok("ticket", "queue", i, "support")
    wait_until(lambda: desk.log("learn.stopped"), 20)
    assert desk.ok("learn", "report")["model"]["stopped"]
    feed(desk, 5, seed=4)
    assert all(t["queue"] == "support" for t in desk.tickets() if t["id"] > 170)
    desk.restart()
    feed(desk, 5, seed=5)
    assert all(t["queue"] == "support" for t in desk.tickets() if t["id"] > 170), "it stays so over a restart"


@setup(queues=QUEUES, config={"learn.tags": "yes", "learn.priority": "yes"})
def test_tags_and_priority_are_learned_where_wanted(desk):
    truth, _ = taught(desk)
    for i, queue in enumerate(truth):
        if queue == "billing":
            desk.ok("ticket", "tag", i + 1, "money")
        elif queue == "network":
            desk.ok("ticket", "priority", i + 1, "high")
    version = desk.ok("learn")["version"]
    wait_until(lambda: desk.log("learn.loaded", version=version))
    with open(os.path.join(desk.directory, "rules", "10.sieve"), "w") as f:
        f.write('require ["imap4flags"];\nif header :contains "subject" "special" { addflag ["tag:x", "priority:low"]; }\n')
    desk.restart()
    invoice = "The invoice of last month has the wrong amount. Please send me the invoice once more, accounting needs it.\n"
    vpn = "The VPN drops every few minutes since this morning. I cannot connect to the VPN from home.\n"
    route = explain(desk, mail(subject="Invoice again", body=invoice))
    assert (route["queue"], route["tags"], route["priority"]) == ("billing", ["money"], "normal"), route
    assert any(b["by"] == "model" and b["what"] == "tag:money" and "invoice" in b["detail"].lower() for b in route["because"]), route
    desk.accept(mail(subject="Invoice again", body=invoice))
    desk.accept(mail(subject="VPN trouble", body=vpn))
    desk.accept(mail(subject="special VPN", body=vpn))
    desk.accept(mail(subject="special invoice", body=invoice))
    got = [desk.ticket(n) for n in (151, 152, 153, 154)]
    assert [(t["tags"], t["priority"]) for t in got] == [(["money"], "normal"), ([], "high"), (["x"], "low"), (["x"], "low")], got
    assert any(h["what"] == "tag money" and h["why"].startswith("model, ") for h in got[0]["history"]), got[0]["history"]
    assert any("normal -> high" in h["what"] and h["why"].startswith("model, ") for h in got[1]["history"]), got[1]["history"]
    desk.ok("ticket", "priority", 152, "normal")
    given = {g["what"]: (g["routed"], g["corrected"]) for g in desk.ok("learn", "report")["given"]}
    assert given == {"tag money": (1, 0), "priority high": (1, 1)}, given
    assert desk.cli("ticket", "untag", 151, "cash").code == 65
    desk.ok("ticket", "untag", 151, "money")
    assert desk.ticket(151)["tags"] == [] and desk.ticket(151)["history"][-1]["what"] == "untag money"
    given = {g["what"]: (g["routed"], g["corrected"]) for g in desk.ok("learn", "report")["given"]}
    assert given == {"tag money": (1, 1), "priority high": (1, 1)}, given
    assert desk.cli("fsck").code == 0
    desk.set("learn.tags", None)
    desk.set("learn.priority", None)
    desk.write_config()
    desk.restart()
    assert (explain(desk, mail(subject="Invoice again", body=invoice))["tags"], explain(desk, mail(subject="VPN", body=vpn))["priority"]) == ([], "normal")


test_tags_and_priority_are_learned_where_wanted.long = 20


def damage(desk, version):
    base = sqlite3.connect(os.path.join(desk.state_dir, "sportello.db"), timeout=20)
    bytes_, = base.execute("SELECT bytes FROM model WHERE version=?", (version,)).fetchone()
    base.execute("UPDATE model SET bytes=? WHERE version=?", (bytes_[:1000] + bytes([bytes_[1000] ^ 1]) + bytes_[1001:], version))
    base.commit()
    base.close()


@setup(queues=QUEUES)
def test_a_model_that_is_damaged_while_the_desk_runs_changes_nothing(desk):
    served = taught(desk)[1]["version"]
    base = sqlite3.connect(os.path.join(desk.state_dir, "sportello.db"), timeout=20)
    base.execute("INSERT INTO model SELECT version+1, created+1, note, checksum, substr(bytes,1,5000), configuration FROM model WHERE version=?", (served,))
    base.commit()
    base.close()
    damage(desk, served)
    wait_until(lambda: desk.log("learn.refused", version=served + 1) and desk.log("learn.refused", version=served))
    desk.accept(mail(subject="Invoice again", body="The invoice of last month has the wrong amount. Please send me the invoice once more.\n"))
    assert desk.ticket(151)["queue"] == "billing", desk.ticket(151)["history"]
    assert (desk.metric("sportello_routed_total"), desk.metric("sportello_routed_corrected")) == (1, 0)
    desk.ok("ticket", "queue", 151, "support")
    assert (desk.metric("sportello_routed_total"), desk.metric("sportello_routed_corrected")) == (1, 1)
