"""Customers and organisations: one person with several addresses, whose an address is, lists, and that privilege needs proof of this very mail."""
import os, sqlite3, subprocess, time

from desk import BUILD, address_of, mail, setup, wait_until, QUEUES

DESK = dict(queues=[dict(QUEUES[0], kb="off"), dict(QUEUES[1], kb="off")], config={"authserv_id": "mx.example.org"})
desk_of_customers = setup(**DESK)


def write(desk, sender, subject="A question", proved=False, **more):
    """A mail of `sender`; proved: our mail server says so."""
    envelope = sender.rsplit("<", 1)[-1].rstrip(">")
    domain = envelope.rsplit("@", 1)[1]
    headers = [("Authentication-Results", "mx.example.org; dmarc=%s header.from=%s" % ("pass" if proved else "none", domain))]
    desk.accept(mail(sender=sender, subject=subject, headers=headers, **more), sender=envelope)
    return max(t["id"] for t in desk.tickets())


def rows(desk, *without):
    """All tables of customers and tickets, as they stand when all mail has left; not what reports, promises, the search and /metrics keep of them, and
    what day it is (meta), which come by themselves after a moment."""
    wait_until(lambda: not desk.ok("outbox", "list"))
    without += ("event_page", "event_gap", "meta", "promise", "promise_version", "derived", "tally")
    with sqlite3.connect("file:%s?mode=ro" % os.path.join(desk.state_dir, "sportello.db"), uri=True) as database:
        tables = [name for name, in database.execute("SELECT name FROM sqlite_schema WHERE type='table' AND name NOT LIKE 'sqlite_%' ORDER BY name") if name not in without]
        return {table: sorted(map(repr, database.execute("SELECT * FROM " + table))) for table in tables}


@desk_of_customers
def test_customers_are_who_wrote(desk):
    write(desk, "Anna Bianchi <anna@example.com>")
    write(desk, "anna@example.com", "Another")
    write(desk, "ugo@example.net")
    anna, ugo = desk.ok("customer", "list")
    assert set(anna) >= {"id", "name", "addresses", "organisation", "vip", "language", "note", "external_id", "tickets", "created"}
    assert anna["name"] == "Anna Bianchi" and anna["tickets"] == {"open": 2, "total": 2} and anna["organisation"] is None and anna["vip"] is False
    assert anna["addresses"] == [{"address": "anna@example.com", "primary": True, "proved": False, "bouncing": False}]
    assert desk.ok("customer", "show", "ANNA@example.com")["id"] == anna["id"] == desk.ok("customer", "show", anna["id"])["id"]
    assert desk.ticket(1)["customer"]["id"] == anna["id"] and desk.ticket(3)["customer"]["id"] == ugo["id"]
    for whom, code in (("nobody@example.com", 66), ("99", 66), ("anna", 65)):
        assert desk.cli("customer", "show", whom).code == code, whom
    assert [c["id"] for c in desk.ok("customer", "list", "ugo")] == [ugo["id"]]
    desk.ok("ticket", "close", 1, "--no-text")
    assert desk.ok("customer", "show", anna["id"])["tickets"] == {"open": 1, "total": 2}


@desk_of_customers
def test_customers_are_set_and_have_several_addresses(desk):
    new = desk.ok("customer", "set", "eva@example.com", "--name", "Eva Verdi", "--language", "it", "--vip", "yes", "--note", "calls on Mondays")
    assert (new["name"], new["language"], new["vip"], new["note"]) == ("Eva Verdi", "it", True, "calls on Mondays")
    assert desk.ok("customer", "set", new["id"], "--vip", "no")["vip"] is False
    assert desk.cli("customer", "set", new["id"], "--vip", "maybe").code == 64
    both = desk.ok("customer", "add-address", "eva@example.com", "eva@home.example")
    assert [(a["address"], a["primary"]) for a in both["addresses"]] == [("eva@example.com", True), ("eva@home.example", False)]
    write(desk, "eva@home.example")
    write(desk, "eva@example.com")
    write(desk, "Ugo <ugo@example.net>")
    taken = desk.cli("customer", "add-address", new["id"], "ugo@example.net")
    assert taken.code == 65 and "belongs to customer" in taken.err and "Ugo" in taken.err
    assert desk.ok("customer", "show", "eva@home.example")["tickets"]["total"] == 2
    assert {t["id"] for t in desk.tickets("customer:eva@home.example")} == {1, 2} == {t["id"] for t in desk.tickets("--customer", "eva@example.com")}
    assert [t["id"] for t in desk.tickets("-customer:eva@home.example")] == [3] and desk.tickets("customer:nobody@example.com") == []
    # The address that gave him his number goes: he keeps it.
    apart = desk.ok("customer", "remove-address", new["id"], "eva@example.com")
    assert apart["id"] == new["id"] and [(a["address"], a["primary"]) for a in apart["addresses"]] == [("eva@home.example", True)]
    other = desk.ok("customer", "show", "eva@example.com")
    assert other["id"] != new["id"] and other["note"] == "" and other["tickets"]["total"] == 1
    assert desk.cli("customer", "remove-address", new["id"], "eva@home.example").code == 65
    assert desk.cli("customer", "remove-address", new["id"], "ugo@example.net").code == 66
    desk.ok("customer", "add-address", new["id"], "e2@home.example")
    assert desk.ok("customer", "set", new["id"], "--primary", "e2@home.example")["addresses"][0]["address"] == "e2@home.example"
    assert desk.cli("fsck", json_output=False).out == "clean\n"
    write(desk, "eva@example.com")
    assert desk.ok("customer", "show", "eva@example.com") == {**other, "tickets": {"open": 2, "total": 2}}


@desk_of_customers
def test_customers_are_compared_by_their_domain_as_mail_servers_have_it(desk):
    one = desk.ok("customer", "set", "anna@b\u00fccher.example", "--name", "Anna")
    assert desk.ok("customer", "show", "Anna@XN--BCHER-KVA.example")["id"] == one["id"]
    assert desk.cli("customer", "show", "anna+x@b\u00fccher.example").code == 66


@desk_of_customers
def test_a_merge_undone_leaves_everything_as_it_was(desk):
    """Two addresses, merge, answer, undo: as before, but for history."""
    write(desk, "Anna <anna@example.com>", "From work")
    write(desk, "Anna <anna@home.example>", "From home")
    write(desk, "Ugo <ugo@example.net>", "Not hers")
    desk.ok("organisation", "set", "Acme", "--domain", "example.com", "--level", "gold")
    desk.ok("customer", "set", "anna@example.com", "--name", "Anna Bianchi", "--vip", "yes", "--external-id", "A1", "--note", "one")
    desk.ok("customer", "add-address", "anna@example.com", "anna@third.example")
    desk.ok("customer", "set", "anna@home.example", "--note", "two", "--language", "it")
    before = {c: desk.ok("customer", "show", c) for c in ("anna@example.com", "anna@home.example", "ugo@example.net")}
    history = ("customer_event", "meta")
    stood = rows(desk, *history)
    first, home = before["anna@example.com"]["id"], before["anna@home.example"]["id"]
    one = desk.ok("customer", "merge", "anna@example.com", "anna@home.example")
    assert one["id"] == home and one["vip"] and one["external_id"] == "A1" and one["name"] == "Anna Bianchi" and set(one["note"].split()) == {"one", "two"}
    assert {a["address"] for a in one["addresses"]} == {"anna@example.com", "anna@home.example", "anna@third.example"} and one["tickets"]["total"] == 2
    assert desk.ok("customer", "show", first)["id"] == desk.ok("customer", "show", "anna@third.example")["id"] == home
    assert len(desk.ok("customer", "list")) == 2 and {t["id"] for t in desk.tickets("customer:anna@third.example")} == {1, 2}
    assert [m["from"] for m in desk.ticket(1)["messages"] if m["direction"] == "in"] == ["anna@example.com"]
    assert desk.cli("customer", "merge", "anna@example.com", "anna@home.example").code == 65
    # The next answer goes to the address that wrote that ticket.
    desk.ok("ticket", "reply", 1, "--as", "bob", stdin="An answer.\n")
    desk.wait_sent(1, to="anna@example.com")
    assert desk.cli("fsck", json_output=False).out == "clean\n"
    for whom in (first, "anna@third.example"):
        apart = desk.ok("customer", "unmerge", whom)
        assert apart["id"] == first
        if whom == first:
            desk.ok("customer", "merge", first, home)
    assert desk.cli("customer", "unmerge", first).code == 66
    now = rows(desk, *history)
    for table in ("customer", "organisation", "organisation_domain"):
        assert stood[table] == now[table], table
    assert [r.replace("'bob'", "''") for r in now["contact"]] == stood["contact"]             # who answered last is of the answer
    drop = lambda c: {k: v for k, v in c.items() if k not in ("history", "tickets")}
    assert {c: drop(desk.ok("customer", "show", c)) for c in before} == {c: drop(v) for c, v in before.items()}
    assert desk.ok("customer", "show", "anna@home.example")["history"][-1]["kind"] == "unmerged"


def notice_of(desk, subject):
    return wait_until(lambda: [m for m in desk.sent_to("bob@agents.example") if subject in str(m["Subject"]) and m["X-Sportello-Event"] == "new"], 20, subject)[0].text


@desk_of_customers
def test_a_notice_names_what_the_person_asked_before_if_the_mail_proves_him(desk):
    for n in range(1, 4):
        write(desk, "Anna <anna@example.com>", "From work %d" % n)
        write(desk, "Anna <anna@home.example>", "From home %d" % n)
    desk.ok("customer", "merge", "anna@home.example", "anna@example.com")
    write(desk, "anna@home.example", "Claimed")
    write(desk, "anna@home.example", "Proved", proved=True)
    write(desk, "evil@elsewhere.example", "Else")
    before = lambda words: [line.split(": ", 1)[1] for line in words.split("Their earlier requests:", 1)[1].splitlines() if line.startswith("  #")] if "Their earlier requests:" in words else []
    assert before(notice_of(desk, "Claimed")) == ["From home 3", "From home 2", "From home 1"]
    assert before(notice_of(desk, "Proved")) == ["Claimed", "From home 3", "From work 3", "From home 2", "From work 2"]
    assert before(notice_of(desk, "Else")) == []
    # Undone: two people again.
    desk.ok("customer", "unmerge", "anna@home.example")
    write(desk, "anna@example.com", "Alone", proved=True)
    assert before(notice_of(desk, "Alone")) == ["From work 3", "From work 2", "From work 1"]


@desk_of_customers
def test_organisations_have_domains_and_the_longest_wins(desk):
    desk.ok("organisation", "set", "Acme", "--domain", "acme.example", "--domain", ".acme.example", "--level", "gold", "--until", "2099-12-31", "--sees-all", "yes", "--note", "n")
    desk.ok("organisation", "set", "Acme Lab", "--domain", ".lab.acme.example", "--vip", "yes")
    acme = desk.ok("organisation", "show", "acme")
    assert (acme["name"], acme["domains"], acme["level"], acme["vip"], acme["sees_all"], acme["until"][:10]) == ("Acme", [".acme.example", "acme.example"], "gold", False, True, "2099-12-31")
    assert [o["name"] for o in desk.ok("organisation", "list")] == ["Acme", "Acme Lab"]
    for address, organisation in (("a@acme.example", "Acme"), ("b@mail.acme.example", "Acme"), ("c@x.lab.acme.example", "Acme Lab"), ("d@lab.acme.example", "Acme"), ("e@notacme.example", None)):
        assert desk.ok("customer", "set", address)["organisation"] == organisation, address
    for domain, words in (("co.uk", "public suffix"), (".co.uk", "public suffix"), ("com", "public suffix"), ("gmail.com", "mailboxes to anybody"), (".gmx.de", "mailboxes to anybody"),
                          ("x y", "is no domain"), ("something.ck", "public suffix")):
        done = desk.cli("organisation", "set", "Other", "--domain", domain)
        assert done.code == 65 and words in done.err, (domain, done)
    done = desk.cli("organisation", "set", "Other", "--domain", "ACME.example")
    assert done.code == 65 and "belongs to Acme" in done.err
    assert desk.cli("organisation", "show", "Other").code == 66
    # A shared address is the organisation's and nobody's.
    desk.ok("organisation", "set", "Acme", "--shared", "info@else.example")
    for arguments in (("customer", "show", "info@else.example"), ("customer", "add-address", "a@acme.example", "info@else.example"), ("customer", "set", "info@else.example")):
        done = desk.cli(*arguments)
        assert done.code == 65 and "shared by the people of Acme" in done.err, done
    write(desk, "info@else.example", proved=True)
    ticket = desk.ticket(1)
    assert ticket["organisation"] == "Acme" and ticket["customer"]["id"] is None
    assert desk.ok("customer", "set", "e@notacme.example", "--organisation", "acme")["organisation"] == "Acme"
    assert {c["addresses"][0]["address"] for c in desk.ok("customer", "list", "--organisation", "acme")} == {"a@acme.example", "b@mail.acme.example", "d@lab.acme.example", "e@notacme.example"}
    assert desk.cli("customer", "set", "e@notacme.example", "--organisation", "none such").code == 66
    desk.ok("organisation", "remove", "Acme")
    assert desk.cli("organisation", "remove", "Acme").code == 66 and desk.ok("customer", "show", "e@notacme.example")["organisation"] is None
    assert desk.ticket(1)["organisation"] == "Acme" and desk.cli("fsck", json_output=False).out == "clean\n"


@setup(**DESK, start=False)
def test_privilege_needs_proof_of_this_very_mail(desk):
    os.makedirs(os.path.join(desk.directory, "rules"), exist_ok=True)
    with open(os.path.join(desk.directory, "rules", "10-vip.sieve"), "w") as f:
        f.write('require ["fileinto", "imap4flags"];\nif header :is "X-Sportello" "vip:yes" { addflag "tag:seen-as-vip"; keep; }\n'
                'elsif header :is "X-Sportello" ["level:gold", "org:Acme"] { addflag "tag:seen-as-gold"; keep; }\n')
    desk.start()
    desk.ok("organisation", "set", "Acme", "--domain", "acme.example", "--level", "gold")
    desk.ok("customer", "set", "boss@acme.example", "--name", "The Boss", "--vip", "yes")
    n = write(desk, "boss@acme.example", proved=True)
    ticket = desk.ticket(n)
    assert ticket["customer"] == {"id": ticket["customer"]["id"], "address": "boss@acme.example", "name": ticket["customer"]["name"], "organisation": "Acme", "vip": True, "proved": True}
    assert (ticket["vip"], ticket["organisation"], ticket["level"], ticket["tags"]) == (True, "Acme", "gold", ["seen-as-vip"])
    assert "VIP, organisation Acme, level gold" in ticket["history"][0]["what"]
    n = write(desk, "clerk@acme.example", proved=True)
    assert (desk.ticket(n)["vip"], desk.ticket(n)["organisation"], desk.ticket(n)["tags"]) == (False, "Acme", ["seen-as-gold"])
    notice = desk.wait_sent(1, to="bob@agents.example")[0]
    assert "VIP: yes" in notice.text and "Acme" in notice.text
    # Once proved, never forged: 500 in his name, of every kind, get nothing.
    forged = [("none", "acme.example"), ("fail", "acme.example"), ("pass", "evil.example")]
    for i in range(500):
        verdict, domain = forged[i % 3]
        headers = [("Authentication-Results", "mx.example.org; dmarc=%s header.from=%s" % (verdict, domain)), ("Authentication-Results", "evil.example; dmarc=pass header.from=acme.example"),
                   ("X-Sportello", "vip:yes")][:3 if i % 2 else 1]
        desk.accept(mail(sender='"boss@acme.example" <boss@acme.example>', subject="Forged %d" % i, headers=headers), sender="boss@acme.example")
    got = desk.tickets("--limit", 500)
    assert all(t["subject"].startswith("Forged") for t in got)
    assert not any(t["vip"] or t["organisation"] or t["level"] or t["customer"]["vip"] or t["customer"]["organisation"] or t["customer"]["proved"] or t["tags"] for t in got)
    for i in (0, 1, 2, 499):
        assert any("not proved: treated as anybody, not as VIP, Acme, gold" in h["what"] for h in desk.ticket(got[i]["id"])["history"])
    assert [t["id"] for t in desk.tickets("vip:yes")] == [1] and [t["id"] for t in desk.tickets("organisation:acme")] == [2, 1] == [t["id"] for t in desk.tickets("level:gold")]
    assert len(desk.tickets("vip:no")) == 501 and [t["id"] for t in desk.tickets("organisation:acme -vip:yes")] == [2]
    # Who answers from the ticket's own address proves himself: there nobody else reads.
    received = [m for m in desk.wait_sent(1, to="boss@acme.example", seconds=20) if "+" in str(m["Reply-To"])]
    assert received
    last = received[-1]
    number = int(str(last["Subject"]).split("[#")[1].split("]")[0]) if "[#" in str(last["Subject"]) else None
    desk.accept(mail(sender="boss@acme.example", reply_to=last.message, body="It is me.\n"), address_of(last), "boss@acme.example")
    if number:
        assert desk.ticket(number)["vip"] is True
    assert desk.cli("fsck", json_output=False).out == "clean\n"


test_privilege_needs_proof_of_this_very_mail.long = 20


@desk_of_customers
def test_a_contract_that_is_over_gives_nothing_and_says_so(desk):
    desk.ok("organisation", "set", "Acme", "--domain", "acme.example", "--level", "gold", "--vip", "yes", "--until", time.strftime("%Y-%m-%d", time.gmtime(time.time() + 86400)))
    n = write(desk, "a@acme.example", proved=True)
    assert desk.ticket(n)["level"] == "gold" and desk.ticket(n)["vip"] is True
    desk.advance(3 * 86400)
    n = write(desk, "a@acme.example", "Again", proved=True)
    ticket = desk.ticket(n)
    assert ticket["level"] is None and ticket["vip"] is False and ticket["organisation"] == "Acme"
    assert any("contract of Acme is over" in h["what"] for h in ticket["history"])
    notice = next(m for m in desk.wait_sent(2, to="bob@agents.example") if "Again" in str(m["Subject"]))
    assert "The contract of Acme ended on " in notice.text and "The contract of Acme ended on " in notice.html
    assert "contract of" not in desk.wait_sent(1, to="a@acme.example")[-1].text             # never the customer


# Two supervisors, one in each language; a plain agent is told only where there is none.
CONTRACTS = {"queues": [dict(q, agents=["bob"]) for q in DESK["queues"]], "config": {**DESK["config"], "desk.digest_hour": 0, "desk.time_zone": "Europe/Rome"}}
SUPERVISED = [{"name": "bob", "email": "bob@agents.example"}, {"name": "sara", "email": "sara@agents.example", "role": "supervisor"},
              {"name": "ugo", "email": "ugo@agents.example", "role": "supervisor", "language": "it"}]


def contract_mails(desk):
    return [m for m in desk.sent() if m["X-Sportello-Event"] == "contracts"]


def the_end_is_told(desk, told):
    day = lambda n: time.strftime("%Y-%m-%d", time.gmtime(time.time() + n * 86400))
    desk.ok("organisation", "set", "Acme & Co", "--domain", "acme.example", "--level", "gold", "--until", day(16))
    desk.ok("organisation", "set", "Other", "--until", day(400))
    desk.ok("organisation", "set", "Without")
    time.sleep(2)
    assert contract_mails(desk) == []
    desk.advance(4 * 86400)
    wait_until(lambda: len(contract_mails(desk)) == len(told), 20, "a fortnight before")
    for mail_sent in contract_mails(desk):
        address = mail_sent.recipients[0]
        assert told[address][0] in mail_sent.text and "Acme & Co, gold: " in mail_sent.text and "Acme &amp; Co" in mail_sent.html and "Other" not in mail_sent.text, mail_sent.text
    assert {m.recipients[0] for m in contract_mails(desk)} == set(told)
    desk.advance(9 * 86400)
    time.sleep(2.5)
    assert len(contract_mails(desk)) == len(told)                                           # not again
    desk.restart()
    desk.advance(18 * 86400)
    wait_until(lambda: len(contract_mails(desk)) == 2 * len(told), 20, "when it is over")
    for mail_sent in contract_mails(desk)[len(told):]:
        assert told[mail_sent.recipients[0]][1] in mail_sent.text, mail_sent.text
    desk.advance(19 * 86400)
    time.sleep(2.5)
    assert len(contract_mails(desk)) == 2 * len(told)


@setup(**{**CONTRACTS, "agents": SUPERVISED})
def test_supervisors_are_told_of_a_contract_that_ends(desk):
    the_end_is_told(desk, {"sara@agents.example": ("Contracts that end soon:", "Contracts that have ended:"), "ugo@agents.example": ("Contratti in scadenza:", "Contratti terminati:")})


@setup(**{**CONTRACTS, "agents": SUPERVISED[:1]})
def test_where_there_is_no_supervisor_the_agents_are_told_of_it(desk):
    the_end_is_told(desk, {"bob@agents.example": ("Contracts that end soon:", "Contracts that have ended:")})


def csv(desk, text, *options, name="list.csv"):
    path = os.path.join(desk.directory, name)
    with open(path, "w", encoding="utf-8", newline="") as f:
        f.write(text)
    return desk.cli("customer", "import", path, *options)


@desk_of_customers
def test_customers_come_from_a_list_as_often_as_one_likes(desk):
    desk.ok("organisation", "set", "Acme")
    write(desk, "Old Name <b@list.example>")
    text = ('external_id,name,address,address2,organisation,language,vip,note\r\n1,"Bianchi, Anna",a@list.example,a2@list.example,acme,it,yes,"says ""hello""\r\ntwice"\r\n'
            "2,Ugo Neri,B@list.example,,,,,\r\n3,Eva,e@list.example,,,,no,\r\n")
    dry = csv(desk, text, "--dry-run").json
    assert (dry["added"], dry["changed"], dry["errors"], dry["dry_run"]) == (2, 1, [], True) and desk.cli("customer", "show", "a@list.example").code == 66
    assert {k: v for k, v in csv(desk, text).json.items() if k != "dry_run"} == {"added": 2, "changed": 1, "unchanged": 0, "removed": 0, "errors": []}
    anna = desk.ok("customer", "show", "a2@list.example")
    assert (anna["name"], anna["organisation"], anna["language"], anna["vip"], anna["note"], anna["external_id"]) == ("Bianchi, Anna", "Acme", "it", True, 'says "hello"\r\ntwice', "1")
    assert [a["address"] for a in anna["addresses"]] == ["a@list.example", "a2@list.example"] and desk.ok("customer", "show", "b@list.example")["name"] == "Ugo Neri"
    stood = rows(desk)
    again = csv(desk, text).json
    now = rows(desk)
    assert (again["added"], again["changed"], again["unchanged"]) == (0, 0, 3) and now == stood, [(t, stood[t], now[t]) for t in stood if now[t] != stood[t]]
    bad = csv(desk, text + "4,No address,,,,,,\r\n5,Two,a@list.example,,,,,\r\n6,Org,f@list.example,,Unknown,,,\r\n7,Cells,g@list.example\r\n8,Vip,h@list.example,,,,perhaps,\r\n1,Twice,i@list.example,,,,,\r\n"
              "9,Ok,ok@list.example,,,,,\r\n10,Not,nonsense,,,,,\r\n")
    now = rows(desk)
    assert bad.code == 65 and [e["line"] for e in bad.json["errors"]] == [6, 7, 8, 9, 10, 11, 13] and now == stood, [(t, stood[t], now[t]) for t in stood if now[t] != stood[t]]
    assert all(":%d: " % n in bad.err for n in (6, 7, 8, 9, 10, 11, 13))
    assert csv(desk, "name,colour,address\nx,y,z@list.example\n").code == 65 and csv(desk, "name\nx\n").code == 65 and desk.cli("customer", "import", "/nonexistent").code in (65, 66)
    pruned = csv(desk, text.replace("3,Eva,e@list.example,,,,no,\r\n", ""), "--prune").json
    assert pruned["removed"] == 1 and desk.cli("customer", "show", "e@list.example").code == 66 and desk.cli("fsck", json_output=False).out == "clean\n"


@desk_of_customers
def test_a_list_is_read_as_spreadsheets_write_it_and_what_is_none_is_said(desk):
    head = "external_id,name,address,note\n"
    # An Italian Excel: a byte order mark, semicolons, CRLF. A table that was copied: tabs.
    assert csv(desk, "\ufeffexternal_id;name;address;note\r\n1;Bianchi, Anna;\"a@list.example\";\"one; two\"\r\n").json["added"] == 1
    anna = desk.ok("customer", "show", "a@list.example")
    assert (anna["name"], anna["note"]) == ("Bianchi, Anna", "one; two")
    assert csv(desk, "name\taddress\nUgo\tu@list.example\n").json["added"] == 1
    # Addresses as they may be.
    odd = head + "2,Plus,eva+shop@list.example,\n3,IDN,eva@b\u00fccher.example,\n4,Apostrophe,o'neil@list.example,\n"
    assert csv(desk, odd).json["added"] == 3 and csv(desk, odd.replace("eva@b\u00fccher", "EVA@XN--BCHER-KVA")).json["unchanged"] == 3
    refused = csv(desk, odd + "5,None,eva verdi@list.example,\n6,None,@list.example,\n7,None,a@b@,\n")
    assert refused.code == 65 and [e["line"] for e in refused.json["errors"]] == [5, 6, 7] and all("no address" in e["what"] for e in refused.json["errors"])
    long = "x" * 1000000
    assert csv(desk, head + "9,Long,long@list.example,%s\n" % long).code in (0, 65) and desk.cli("fsck", json_output=False).out == "clean\n"
    stood = rows(desk)
    for text, said in ((head + '5,"Never closed,c@list.example,\n6,Next,d@list.example,\n', "a quote is never closed"), (head + '5,"A"b,c@list.example,\n', "behind a closing quote"),
                       (head + "5,Nul\0 byte,c@list.example,\n", "NUL byte"), (head.encode("utf-16").decode("latin-1"), "UTF-16"), ("", "address"), ("address address\n", "with commas, semicolons or tabs")):
        done = csv(desk, text)
        assert done.code == 65 and said in done.err and rows(desk) == stood, (text[:60], done)
    # A list of nobody does not take everybody away.
    for text in (head, "name,address\nUgo,u@list.example\n"):
        done = csv(desk, text, "--prune")
        assert done.code == 65 and "--prune would take away all" in done.err and rows(desk) == stood, ([table for table in stood if rows(desk)[table] != stood[table]], done)


FORTY = """
mail anna work1 | mail home home1 | mail ugo ugo1 | mail anna work2 proved | mail home home2
set anna --name=Anna --vip=yes --note=one | set home --note=two --language=it | org Acme --domain=example.com --level=gold | mail anna work3 proved | note 1 | tag 1 red
add anna third@third.example | mail third third1 | assign 2 bob | priority 2 high | pend 3
>> merge home anna | show third 7 | reply 1 | reply 2 | mail home home3 proved | search | export | list 2 | tag 2 blue | untag 2 blue
merge ugo anna | list 1 | unmerge ugo | show home | mail third third2 | rules | close 6 | reopen 6 | dry
<< unmerge home | show anna | show home | suggest | fsck
"""


@desk_of_customers
def test_forty_steps_with_a_merge_between_leave_the_customers_as_they_were(desk):
    """The same story twice, once without the steps between merge and undo that are about customers: the tables of customers are equal, but for history."""
    who = {"anna": "anna@example.com", "home": "anna@home.example", "ugo": "ugo@example.net", "third": "third@third.example"}
    steps = [step.split() for line in FORTY.replace(">>", "|>>|").replace("<<", "|<<|").splitlines() for step in line.split("|") if step.strip()]
    assert len([s for s in steps if s[0] not in (">>", "<<")]) >= 40
    told = {}

    def tables():
        stood = rows(desk, "customer_event", "meta")
        contact = [[c for i, c in enumerate(eval(row)) if i not in told["moving"]] for row in stood["contact"]]
        return {"customer": stood["customer"], "organisation": stood["organisation"], "organisation_domain": stood["organisation_domain"], "contact": contact}

    def step(word, *more):
        if word == "mail":
            write(desk, who[more[0]], more[1], proved="proved" in more)
        elif word == "set":
            desk.ok("customer", "set", who[more[0]], *[w for option in more[1:] for w in option.split("=")])
        elif word == "org":
            desk.ok("organisation", "set", more[0], *[w for option in more[1:] for w in option.split("=")])
        elif word == "add":
            desk.ok("customer", "add-address", who[more[0]], more[1])
        elif word in ("merge", "unmerge"):
            desk.ok("customer", word, *[who[w] for w in more])
        elif word == "show":
            assert desk.ok("customer", "show", who[more[0]])["id"] == desk.ok("customer", "show", who["anna" if more[0] == "third" else more[0]])["id"]
        elif word == "note" or word == "reply":
            desk.ok("ticket", word, more[0], "--as", "bob", stdin="Words.\n")
        elif word == "pend":
            desk.ok("ticket", "pend", more[0], "--until", "3d", "--no-text")
        elif word in ("assign", "priority", "close", "reopen"):
            desk.ok("ticket", word, *more, "--no-text")
        elif word in ("tag", "untag"):
            desk.ok("ticket", word, *more)
        elif word == "search":
            assert len(desk.tickets("customer:" + who["home"])) >= 7 and desk.tickets("customer:" + who["home"]) == desk.tickets("customer:" + who["third"])
        elif word == "export":
            assert desk.ok("customer", "export", who["home"], os.path.join(desk.directory, "export"))["mails"] >= 7
        elif word == "list":
            assert len(desk.ok("customer", "list")) == int(more[0])
        elif word == "rules":
            assert desk.ok("customer", "show", who["home"])["vip"] and "two" in desk.ok("customer", "show", who["anna"])["note"]
        elif word == "dry":
            assert desk.ok("erase", "customer", who["home"], "--dry-run")["tickets"] >= 7
        elif word == "suggest":
            desk.ok("customer", "suggestions")
        else:
            assert word == "fsck" and desk.cli("fsck", json_output=False).out == "clean\n", word

    with sqlite3.connect("file:%s?mode=ro" % os.path.join(desk.state_dir, "sportello.db"), uri=True) as database:
        columns = [row[1] for row in database.execute("PRAGMA table_info(contact)")]
    # What a mail or an answer changes by itself, whoever's it is.
    told["moving"] = [columns.index(c) for c in columns if c in ("written", "last_seen", "window_start", "window_count", "proved_at", "last_agent", "day_start", "day_count", "last_ticket", "asked_start",
                                                              "asked_count", "language")]
    for words in steps:
        if words == [">>"]:
            before = tables()
        elif words == ["<<"]:
            between = tables()
        else:
            step(*words)
    after = tables()
    assert between != before
    for table in before:
        assert after[table] == before[table], (table, [r for r in after[table] if r not in before[table]], [r for r in before[table] if r not in after[table]])
    history = [e["kind"] for e in desk.ok("customer", "show", who["anna"])["history"]]
    assert history.count("merge undone") + history.count("unmerged") + history.count("merged") >= 2, history
    for n in range(1, 10):
        assert desk.ticket(n)["messages"][0]["from"] in who.values()


@desk_of_customers
def test_chains_of_merges_and_what_is_erased_of_them(desk):
    """A into B into C, taken apart again, or erased as a whole; who is erased and writes again is new, and stays out of other people's tickets."""
    a, b, c = ("a@chain.example", "b@chain.example", "c@chain.example")
    for address in (a, b, c):
        write(desk, address, "Of " + address)
    alone = {x: desk.ok("customer", "show", x)["id"] for x in (a, b, c)}
    desk.ok("customer", "merge", a, b)
    desk.ok("customer", "merge", b, c)
    assert {desk.ok("customer", "show", x)["id"] for x in (a, b, c)} == {alone[c]} and desk.ok("customer", "show", a)["tickets"]["total"] == 3
    assert desk.cli("customer", "merge", c, a).code == 65
    # An address: the last that was done with it is taken back first.
    assert desk.ok("customer", "unmerge", a)["id"] == alone[b] == desk.ok("customer", "show", a)["id"] and desk.ok("customer", "show", c)["tickets"]["total"] == 1
    assert desk.ok("customer", "unmerge", a)["id"] == alone[a]
    assert {x: desk.ok("customer", "show", x)["id"] for x in (a, b, c)} == alone and desk.cli("fsck", json_output=False).out == "clean\n"
    desk.ok("customer", "merge", a, b)
    # He reads somebody else's ticket: his address goes from there, the other's words stay.
    desk.ok("ticket", "cc", 3, a, "--no-text")
    assert desk.ok("erase", "customer", a)["tickets"] == 2
    assert desk.cli("customer", "show", b).code == 66 and desk.cli("customer", "unmerge", alone[a]).code == 66 and desk.ok("customer", "show", c)["tickets"]["total"] == 1
    other = desk.ticket(3)
    assert a not in str(other) and "Of " + c == other["subject"] and [r["address"] for r in other["readers"]] == [c]
    n = write(desk, a, "I am back")
    back = desk.ok("customer", "show", a)
    assert back["tickets"] == {"open": 1, "total": 1} and back["id"] not in (alone[a], alone[b]) and desk.ticket(n)["subject"] == "I am back"
    assert desk.ok("erase", "customer", back["id"])["tickets"] == 1 and desk.cli("fsck", json_output=False).out == "clean\n"


@desk_of_customers
def test_a_hundred_thousand_customers_come_in_time(desk):
    count = int(os.environ.get("CUSTOMERS", "20000"))
    text = "external_id,name,address,address2,organisation,language,vip,note\n" + "".join(
        "%d,Name %d,c%d@many.example,c%d@more.example,,it,%s,\n" % (n, n, n, n, "yes" if n % 50 == 0 else "no") for n in range(count))
    begin = time.monotonic()
    assert csv(desk, text).json["added"] == count
    first = time.monotonic() - begin
    begin = time.monotonic()
    again = csv(desk, text).json
    second = time.monotonic() - begin
    print("%d customers: %.1f s, again %.1f s" % (count, first, second))
    assert (again["changed"], again["unchanged"]) == (0, count) and first < 30 * count / 100000 * 4
    assert desk.ok("customer", "show", "c%d@more.example" % (count - 1))["name"] == "Name %d" % (count - 1)


@desk_of_customers
def test_a_list_is_looked_at_while_others_write(desk):
    """Who only looks, finds a bad line or changes nothing waits for nobody, and nobody for him."""
    head = "external_id,name,address\n"
    csv(desk, head + "1,Anna,a@list.example\n")
    with sqlite3.connect(os.path.join(desk.state_dir, "sportello.db"), isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        begin = time.monotonic()
        assert csv(desk, head + "1,Anna,a@list.example\n2,Ugo,u@list.example\n", "--dry-run").json["added"] == 1
        assert csv(desk, head + "2,Ugo,u@list.example\n3,No address,\n").json["errors"][0]["line"] == 3
        assert csv(desk, head + "1,Anna,a@list.example\n").json["unchanged"] == 1
        took = time.monotonic() - begin
        other.execute("ROLLBACK")
    assert took < 8, "it waited for the one who writes"


@setup(**{**DESK, "start": False})
def test_a_long_list_broken_off_goes_on_when_it_is_read_again(desk):
    count = 6000
    path = os.path.join(desk.directory, "long.csv")
    with open(path, "w", encoding="utf-8") as f:
        f.write("external_id,name,address\n" + "".join("%d,Name %d,c%d@many.example\n" % (n, n, n) for n in range(count)))
    csv(desk, "external_id,name,address\n0,Name 0,c0@many.example\n")
    with sqlite3.connect("file:%s?mode=ro" % os.path.join(desk.state_dir, "sportello.db"), uri=True) as database:
        there = lambda: database.execute("SELECT count(*) FROM customer").fetchone()[0]
        program = subprocess.Popen([os.path.join(BUILD, "sportello"), "-c", desk.config_file, "customer", "import", path], env=desk.environment, stdout=subprocess.DEVNULL)
        while program.poll() is None and there() < 2:
            time.sleep(0.001)
        program.kill()
        program.wait()
        done = there()
    assert 1 < done < count, done
    other = desk.cli("customer", "import", "--dry-run", path)
    assert other.code == 0 and "broken off behind its line %d," % (done + 1) in other.err, other
    again = desk.ok("customer", "import", path)
    assert desk.cli("customer", "import", path).err == ""
    assert (again["added"], again["changed"], again["unchanged"]) == (count - done, 0, done)
    assert desk.cli("fsck", json_output=False).out == "clean\n" and desk.ok("customer", "show", "c%d@many.example" % (count - 1))["external_id"] == str(count - 1)


@desk_of_customers
def test_two_addresses_of_one_person_are_suggested_and_never_joined(desk):
    write(desk, "Anna Bianchi <anna@example.com>", "Printer", proved=True)
    write(desk, "Anna <anna@home.example>", "Before", proved=True)
    assert desk.ok("customer", "suggestions") == [] and "nobody" in desk.cli("customer", "suggestions", json_output=False).out
    answer = [m for m in desk.wait_sent(1, to="anna@example.com")][0]
    # What only the one was sent comes back from the other: at home she reads her office's mail.
    desk.accept(mail(sender="Anna <anna@home.example>", reply_to=answer.message, body="Answering from home.\n"), address_of(answer), "anna@home.example")
    assert len(desk.ticket(1)["messages"]) >= 2
    one, other = desk.ok("customer", "show", "anna@example.com")["id"], desk.ok("customer", "show", "anna@home.example")["id"]
    assert one != other
    suggested = desk.ok("customer", "suggestions")
    assert [(s["customer"], s["other"], s["ticket"]) for s in suggested] == [({"id": one, "address": "anna@example.com"}, {"id": other, "address": "anna@home.example"}, 1)], suggested
    assert "customer merge %d %d" % (other, one) in desk.cli("customer", "suggestions", json_output=False).out
    desk.ok("customer", "merge", other, one)
    assert desk.ok("customer", "suggestions") == []
    desk.ok("customer", "unmerge", other)
    assert len(desk.ok("customer", "suggestions")) == 1
