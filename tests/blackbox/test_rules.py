"""Rules from outside: each action, the pseudo-header, trouble, reload, and who gets a new ticket."""
import os, time
from desk import mail, setup, wait_until, address_of

ANNA, BOB, EVA = "anna@example.com", "bob@agents.example", "eva@agents.example"


def rules(desk, *scripts):
    for i, script in enumerate(scripts):
        with open(os.path.join(desk.directory, "rules", "%02d.sieve" % (10 + i)), "w") as f:
            f.write(script)
    desk.stop()
    desk.start()


NETWORK = 'require ["fileinto", "imap4flags"];\nif header :contains "subject" "wifi" {\n  addflag ["tag:wifi", "priority:high", "agent:eva"];\n  fileinto "queue/network";\n  stop;\n}\n'


def test_fileinto_with_flags(desk):
    rules(desk, NETWORK, 'require "fileinto";\nif header :contains "subject" "wifi" { discard; }\n')
    desk.accept(mail(subject="The wifi is slow"))
    ticket = desk.ticket(1)
    assert (ticket["queue"], ticket["priority"], ticket["agent"], ticket["tags"]) == ("network", "high", "eva", ["wifi"]), ticket
    assert any("10.sieve" in h["why"] for h in ticket["history"]), ticket["history"]
    desk.wait_sent(1, to=EVA)
    assert desk.wait_sent(1, to=ANNA)[0]["From"].addresses[0].addr_spec == "network@example.org"
    desk.accept(mail(subject="The printer"))
    assert desk.ticket(2)["queue"] == "support"


def test_reject_is_550_for_that_recipient_alone_and_recorded(desk):
    rules(desk, 'require ["reject", "envelope"];\nif envelope :is "to" "network@example.org" { reject "Please call us."; }\n')
    data = mail(message_id="<r1@example.com>")
    replies = desk.lmtp(data, ["support@example.org", "network@example.org"])
    assert replies[0][0] == 250 and replies[1][0] == 550 and replies[1][1].startswith("5.7.1") and "Please call us." in replies[1][1], replies
    assert desk.lmtp(data, "network@example.org")[0][0] == 550, "a second try of a rejected mail"
    rows = {r["recipient"]: r for r in desk.ok("mailbox", "list")}
    assert rows["network@example.org"]["disposition"] == "rejected" and rows["network@example.org"]["ticket"] is None
    assert desk.cli("mailbox", "raw", rows["network@example.org"]["id"]).bytes == data
    assert len(desk.tickets()) == 1


def test_discard_is_recorded_and_retrievable(desk):
    rules(desk, 'if header :is "subject" "spam" { discard; }\n')
    data = mail(subject="spam")
    desk.accept(data)
    row, = desk.ok("mailbox", "list")
    assert row["disposition"] == "discarded" and desk.tickets() == []
    assert desk.cli("mailbox", "raw", row["id"]).bytes == data
    time.sleep(0.3)
    assert desk.sent() == [] and desk.cli("fsck").code == 0


def test_redirect_passes_the_mail_on(desk):
    rules(desk, 'if header :contains "subject" "invoice" { redirect "billing@example.net"; }\n')
    data = mail(subject="Your invoice 7")
    desk.accept(data)
    passed, = desk.wait_sent(1, to="billing@example.net")
    assert passed["Subject"] == "Your invoice 7" and passed["From"] == "Anna Bianchi <anna@example.com>" and "support+" in passed.sender
    assert desk.tickets() == [] and desk.ok("mailbox", "list")[0]["disposition"] == "redirected"


@setup(config={"keywords": [{"name": "vpn", "any": ["vpn", "anyconnect"]}, {"name": "invoice", "regex": "\\b(fattur[ae]|invoices?)\\b", "in": "subject"}, {"name": "forged", "any": ["neverthere"]}]})
def test_pseudo_header(desk):
    script = ('require ["fileinto", "imap4flags"];\n'
              'if header :is "x-sportello" "kw:vpn" { addflag "tag:vpn"; }\n'
              'if header :is "x-sportello" "kw:invoice" { addflag "tag:invoice"; }\n'
              'if header :is "x-sportello" "lang:it" { addflag "tag:it"; }\n'
              'if header :is "x-sportello" "known:yes" { addflag "tag:known"; }\n'
              'if header :is "x-sportello" "known:no" { addflag "tag:new"; }\n'
              'if header :is "x-sportello" "to:network" { addflag "tag:to-network"; }\n'
              'if header :is "x-sportello" "auth:none" { addflag "tag:unauthenticated"; }\n'
              'if header :is "x-sportello" "kind:request" { addflag "tag:request"; }\n'
              'if header :is "x-sportello" "kw:forged" { discard; }\n')
    rules(desk, script)
    desk.accept(mail(subject="My VPN", body="Anyconnect says no.\n", headers=[("X-Sportello", "kw:forged")]))
    assert set(desk.ticket(1)["tags"]) == {"vpn", "new", "unauthenticated", "request"}
    desk.accept(mail(subject="Fattura di marzo", body="Buongiorno, la fattura di marzo non è arrivata, potete mandarla ancora una volta per favore? Grazie mille.\n"), "network@example.org")
    assert set(desk.ticket(2)["tags"]) == {"invoice", "it", "known", "to-network", "unauthenticated", "request"}


def test_notify_tells_an_agent_of_another_queue(desk):
    rules(desk, 'require "notify";\nif header :contains "subject" "fire" { notify :method "eva"; keep; }\n')
    desk.accept(mail(subject="fire"))
    desk.wait_sent(1, to=EVA)
    assert desk.ticket(1)["queue"] == "support"


def test_a_reply_stays_on_its_ticket_whatever_the_rules_say(desk):
    rules(desk, 'if header :contains "subject" "printer" { discard; }\n')
    desk.accept(mail(subject="help"))
    ack = desk.wait_sent(1, to=ANNA)[0]
    desk.accept(mail(subject="printer", reply_to=ack), address_of(ack))
    assert len(desk.ticket(1)["messages"]) == 3


def test_a_bad_script_is_refused_and_the_old_rules_stay(desk):
    rules(desk, NETWORK)
    with open(os.path.join(desk.directory, "rules", "20.sieve"), "w") as f:
        f.write('require "fileinto";\nfileinto "queue/nowhere";\n')
    check = desk.cli("check", json_output=False)
    assert check.code == 78 and "20.sieve:2" in check.err and "nowhere" in check.err, check
    desk.hup()
    wait_until(lambda: [e for e in desk.log("daemon.reload") if "old" in e.get("result", "")])
    desk.accept(mail(subject="wifi again"))
    assert desk.ticket(1)["queue"] == "network"


def test_check_says_at_once_what_is_wrong_in_all_rooms(desk):
    with open(desk.config_file, "a") as f:
        f.write('learn: { precision = 7; };\nkeywords: (\n  { name = "broken";\n    regex = "(("; },\n  { name = "empty"; any = [ "..." ]; },\n'
                '  { any = [ "nameless" ]; }\n);\n')
    first = open(desk.config_file).read().count("\n") - 6
    for folder, name, text in (("rules", "20.sieve", 'if header :is "X-Sportello" "kw:broken" { keep; }\nfileinto "queue/nowhere";\n'), ("kb", "odd.md", "---\nfoo: bar\n---\n# Odd\n")):
        with open(os.path.join(desk.directory, folder, name), "w") as f:
            f.write(text)
    checked = desk.cli("check")
    found = {(os.path.basename(p["file"]), p["line"] - (first if p["file"].endswith(".conf") else 0), p["what"].split(": ")[0] if p["what"][:9] in ("learn.pre", "keywords[") else ""): p["what"] + "; " + p["do"]
             for p in checked.json}
    assert checked.code == 78
    for place, words in ((("sportello.conf", 0, "learn.precision"), "out of range"), (("sportello.conf", 3, "keywords[].regex"), "missing closing parenthesis"),
                         (("sportello.conf", 4, "keywords[].any"), "has no letter or digit"), (("sportello.conf", 5, "keywords[].name"), "must be set"),
                         (("20.sieve", 2, ""), "nowhere"), (("odd.md", 2, ""), "only keywords, language")):
        assert words in found.get(place, ""), (place, found)
    assert not any("kw:broken" in text for text in found.values()), found


def test_explain_names_script_and_keyword(desk):
    rules(desk, NETWORK)
    path = os.path.join(desk.directory, "q.eml")
    with open(path, "wb") as f:
        f.write(mail(subject="wifi"))
    route = desk.ok("explain", path)["route"]
    assert route["queue"] == "network" and route["agent"] == "eva" and route["priority"] == "high" and route["tags"] == ["wifi"], route
    assert any(b["by"] == "rule" and b["what"] == "10.sieve" for b in route["because"]), route


def test_replay_prints_exactly_the_differences(desk):
    rules(desk, NETWORK)
    subjects = ["wifi one", "printer", "wifi two", "invoice", "spam offer"]
    for subject in subjects:
        desk.accept(mail(subject=subject))
    desk.wait_sent(1, to=ANNA)
    assert desk.ok("rules", "replay") == []
    with open(os.path.join(desk.directory, "rules", "10.sieve"), "w") as f:
        f.write('require "fileinto";\nif header :contains "subject" "two" { fileinto "queue/network"; }\n'
                'elsif header :contains "subject" "invoice" { fileinto "queue/network"; }\nelsif header :contains "subject" "spam" { discard; }\n')
    found = {(d["subject"], d["was"], d["now"]) for d in desk.ok("rules", "replay", "--since", "30d")}
    assert found == {("wifi one", "network", "support"), ("invoice", "support", "network"), ("spam offer", "support", "discarded")}, found
    assert [t["queue"] for t in reversed(desk.tickets())] == ["network", "support", "network", "support", "support"], "replay changed something"
    desk.advance(60 * 86400)
    assert desk.ok("rules", "replay", "--since", "30d") == []


# ---- who gets it

def queue(assign, **more):
    return [dict({"name": "support", "address": "support@example.org", "description": "", "agents": ["bob", "eva"], "assign": assign}, **more)]


@setup(queues=queue("round-robin"))
def test_round_robin_takes_turns_over_a_restart(desk):
    for i in range(6):
        if i == 3:
            desk.restart()
        desk.accept(mail(subject="n%d" % i))
    agents = [t["agent"] for t in reversed(desk.tickets())]
    assert agents in (["bob", "eva"] * 3, ["eva", "bob"] * 3), agents
    assert desk.ticket(1)["state"] == "new" and any("next in turn" in h["why"] for h in desk.ticket(1)["history"])


@setup(queues=queue("least-loaded"))
def test_least_loaded_weighs_priority(desk):
    desk.accept(mail(subject="a"))
    first = desk.ticket(1)["agent"]
    desk.ok("ticket", "priority", 1, "urgent")
    for i in range(3):
        desk.accept(mail(subject="b%d" % i))
    assert all(t["agent"] != first for t in desk.tickets() if t["id"] > 1)


@setup(queues=queue("sticky"))
def test_sticky_keeps_the_customers_agent(desk):
    for i in range(4):
        desk.accept(mail(subject="a%d" % i))
    assert len({t["agent"] for t in desk.tickets()}) == 1
    for i in range(4):
        desk.accept(mail(subject="c%d" % i, sender="carl@example.net"), sender="carl@example.net")
    assert len({t["agent"] for t in desk.tickets("--customer", "carl@example.net")}) == 1


@setup(queues=queue("round-robin"), agents=[{"name": "bob", "email": BOB, "leave": ["2020-01-01..2090-01-01"]}, {"name": "eva", "email": EVA, "limit": 2}])
def test_leave_and_limit_are_respected(desk):
    for i in range(4):
        desk.accept(mail(subject="n%d" % i))
    assert [t["agent"] for t in reversed(desk.tickets())] == ["eva", "eva", None, None]
    assert any("nobody of the queue is free" in h["why"] for h in desk.ticket(3)["history"])


@setup(queues=queue("round-robin"))
def test_skill_that_a_tag_asks_for(desk):
    rules(desk, 'require ["imap4flags"];\naddflag "tag:vpn";\nkeep;\n')
    for i in range(3):
        desk.accept(mail(subject="n%d" % i))
    assert {t["agent"] for t in desk.tickets()} == {"bob"}
