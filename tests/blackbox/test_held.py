"""Requests that are held for their customer's word on the suggested articles: by button, by mail, by silence, over restarts."""
import os, re, time
from urllib.parse import urlencode
from desk import mail, address_of, wait_until, setup, AGENTS, QUEUES
from test_kb import articles, put, since, ANNA, VPN, VPN_IT

BOB = "bob@agents.example"
HOUR = 3600
BEFORE = [dict(QUEUES[0], kb="before-ticket", agents=["bob"]), QUEUES[1]]
held_desk = setup(queues=BEFORE)


def post(desk, path, **fields):
    return desk.http(path, "POST", urlencode(fields), {"Content-Type": "application/x-www-form-urlencoded"})


def links(sent):
    """Every address of the desk in the mail, by what it leads to."""
    found = {}
    for path in re.findall(r"http://127\.0\.0\.1:\d+(/[^\s\"<>]+)", sent.text):
        kind = "article" if path.startswith("/kb/") else {"h": "help", "k": "solved", "s": "status", "y": "confirm", "z": "refuse"}[path[3]]
        found.setdefault(kind, path)
    return found


def ask(desk, number=1, sender="Anna Bianchi <anna@example.com>", **options):
    """A request that is held; the mail that asks the customer."""
    address = sender.split("<")[-1].rstrip(">")
    before = len(desk.sent_to(address))
    desk.accept(mail(sender=sender, **(options or VPN)), sender=address)
    asked = desk.wait_sent(before + 1, to=address)[-1]
    assert desk.ticket(number)["state"] == "held", desk.ticket(number)
    return asked


def changes(desk, number=1):
    return [h["what"] for h in desk.ticket(number)["history"]]


def clean(desk):
    checked = desk.cli("fsck", json_output=False)
    assert checked.code == 0, checked


@held_desk
def test_held_asked_and_nobody_told(desk):
    articles(desk)
    asked = ask(desk)
    assert asked["Auto-Submitted"] == "auto-replied" and asked["Reply-To"] and asked.sender and "+b" in asked.sender
    assert "Connect to the VPN from home" in asked.text and "authentication failed" in asked.text and "simply reply" in asked.text
    assert set(links(asked)) == {"article", "help", "solved"}, links(asked)
    for path in links(asked).values():
        assert path.replace("&", "&amp;") in asked.html
    ticket = desk.ticket(1)
    assert ticket["kb"]["shown"] == "held" and ticket["kb"]["said"] is None and ticket["kb"]["articles"][0]["article"] == "vpn"
    assert ticket["kb"]["articles"][0]["title"] == "Connect to the VPN from home" and "no word on it yet" in desk.cli("ticket", "show", 1, json_output=False).out
    assert ticket["agent"] is None and ticket["queue"] == "support" and [m["kind"] for m in ticket["messages"]] == ["request", "notice"]
    assert desk.tickets("--state", "held")[0]["id"] == 1 and not desk.tickets("--state", "new")
    assert desk.sent_to(BOB) == [] and not [m for m in desk.outbox() if m["to"] == [BOB]]
    assert [row["disposition"] for row in desk.ok("mailbox", "list")] == ["ticket"]
    clean(desk)


@held_desk
def test_explain_says_that_it_would_hold(desk):
    articles(desk)
    said = desk.ok("explain", "-", stdin=mail(**VPN).decode())
    assert any(line.startswith("hold for KB answer: vpn") for line in said["plan"]) and said["kb"][0]["article"] == "vpn", said["plan"]
    assert any("create ticket 1, held" in line for line in said["plan"]) and not any("agents.example" in line for line in said["plan"])
    assert desk.tickets() == []
    said = desk.ok("explain", "-", stdin=mail(subject="Invoice 4711", body="Where shall I send the invoice?\n").decode())
    assert not any("hold" in line for line in said["plan"]) and any("create ticket 1, new" in line for line in said["plan"])


@held_desk
def test_still_need_help_by_button_once_and_again(desk):
    articles(desk)
    asked = ask(desk)
    path = links(asked)["help"]
    status, headers, page = desk.http(path)
    assert status == 200 and 'method="post"' in page and "<script" not in page and "Do you still need help?" in page and desk.ticket(1)["state"] == "held"
    for _ in range(3):
        status, _, page = post(desk, path, words="It says error 42 & <b>more</b>")
        assert status == 200 and "We will look into your request" in page
    told = desk.wait_sent(1, to=BOB)[0]
    assert "authentication failed" in told.text and "error 42" in told.text and "vpn" in told.text and told["Reply-To"]
    ticket = desk.ticket(1)
    assert ticket["state"] == "new" and changes(desk).count("state held -> new") == 1
    assert [m["text"] for m in ticket["messages"]].count("It says error 42 & <b>more</b>") == 1
    assert "will look into it soon" in desk.http(path)[2]
    assert len(desk.sent_to(ANNA)) == 1 and len(desk.sent_to(BOB)) == 1       # the page said it: no second mail
    clean(desk)


@held_desk
def test_any_reply_makes_it_a_ticket(desk):
    articles(desk)
    asked = ask(desk)
    desk.accept(mail(body="That is not it: my token is lost.\n", reply_to=asked), address_of(asked))
    ticket = desk.ticket(1)
    assert ticket["state"] == "new" and ticket["messages"][-1]["reply_text"].strip() == "That is not it: my token is lost."
    told = desk.wait_sent(1, to=BOB)[0]
    assert "my token is lost" in told.text and "authentication failed" in told.text
    assert len(desk.sent_to(ANNA)) == 1 and len(desk.tickets()) == 1
    desk.accept(mail(body="Please hurry.\n", reply_to=asked), address_of(asked))
    assert "Please hurry." in desk.wait_sent(2, to=BOB)[1].text and desk.ticket(1)["state"] == "new"
    clean(desk)


@held_desk
def test_this_solved_it_closes_and_a_reply_brings_it_back(desk):
    articles(desk)
    asked = ask(desk)
    path = links(asked)["solved"]
    assert "Did this solve it?" in desk.http(path)[2] and desk.ticket(1)["state"] == "held"
    for _ in range(3):
        status, _, page = post(desk, path, article="vpn")
        assert status == 200 and "closed" in page
    ticket = desk.ticket(1)
    assert ticket["state"] == "closed" and changes(desk).count("state held -> closed") == 1
    assert [h["why"] for h in ticket["history"] if h["what"] == "state held -> closed"] == ["solved by article vpn"] and ticket["kb"]["said"] == "solved"
    assert desk.sent_to(BOB) == [] and len(desk.sent_to(ANNA)) == 1
    desk.accept(mail(body="Thank you!\n", reply_to=asked), address_of(asked))
    assert desk.ticket(1)["state"] == "closed"
    desk.accept(mail(body="It came back this morning.\n", reply_to=asked), address_of(asked))
    assert desk.ticket(1)["state"] == "open"
    told = desk.wait_sent(1, to=BOB)[0]
    assert "It came back this morning." in told.text and "authentication failed" in told.text
    clean(desk)


@held_desk
def test_the_article_has_the_buttons_of_its_request(desk):
    articles(desk)
    asked = ask(desk)
    path = links(asked)["article"]
    status, headers, page = desk.http(path)
    assert status == 200 and headers["Content-Security-Policy"].startswith("default-src 'none'") and "no-store" in headers["Cache-Control"]
    assert "<h1>Connect to the VPN from home</h1>" in page and page.count("<form") == 2 and "viewport" in page and "<script" not in page
    assert post(desk, path)[0] == 405 and desk.ticket(1)["state"] == "held"
    plain = desk.http(path.split("?")[0])[2]
    assert "<h1>Connect to the VPN" in plain and "<form" not in plain
    solved, need = re.findall(r'action="\.\.(/l/[a-z2-7]+)"', page)
    assert 'name="article" value="vpn"' in page
    assert post(desk, solved, article="vpn")[0] == 200 and desk.ticket(1)["state"] == "closed"
    assert "<form" not in desk.http(path)[2] and "It is closed." in desk.http(path)[2]
    assert post(desk, need, do="help")[0] == 200 and desk.ticket(1)["state"] == "open"
    clean(desk)


@held_desk
def test_a_scanner_that_fetches_every_link_changes_nothing(desk):
    articles(desk)
    asked = ask(desk)
    before = desk.ticket(1)
    every = re.findall(r"http://127\.0\.0\.1:\d+(/[^\s\"<>]+)", asked.text + asked.html)
    assert len(set(every)) >= 3
    seen = set(every)
    for path in every:                                   # and what those pages lead to
        seen |= {os.path.normpath(os.path.join(os.path.dirname(path), p)) for p in re.findall(r'(?:href|action)="([^"#:]+)"', desk.http(path)[2])}
    for path in seen:
        for method in ("GET", "HEAD", "OPTIONS", "PUT", "DELETE"):
            assert desk.http(path, method)[0] in (200, 404, 405), (method, path)
    assert desk.ticket(1) == before and desk.sent_to(BOB) == []


@held_desk
def test_tampered_links_and_old_ones(desk):
    articles(desk)
    asked = ask(desk)
    all_links = links(asked)
    for kind, path in all_links.items():
        base, mark, token = path.partition("?t=") if kind == "article" else (path[:3], "", path[3:])
        for wrong in (token[:-4] + "aaaa", token[:-1], token + "b", "s" + token[1:], ("k" if token[0] == "h" else "h") + token[1:], token[0]):
            assert desk.http(base + mark + wrong)[0] == 404, (kind, wrong)
            if kind != "article":
                assert post(desk, base + wrong)[0] == 404
    assert desk.http("/l/" + all_links["article"].partition("?t=")[2])[0] == 404            # an article's token presses nothing
    assert desk.http("/kb/vpn?t=" + all_links["help"][3:])[0] == 404
    assert desk.ticket(1)["state"] == "held"
    desk.advance(40 * 24 * HOUR)
    wait_until(lambda: desk.ticket(1)["state"] == "new")
    for kind, path in all_links.items():
        status, _, page = desk.http(path)
        assert status == 410 and "reply" in page.lower(), (kind, status)
        assert kind == "article" or post(desk, path)[0] == 410
    assert "Connect to the VPN" in desk.http(all_links["article"])[2]                         # still there to be read


@setup(queues=BEFORE, config={"kb.remind_hours": 6, "kb.end_hours": 24, "desk.digest_hour": -1})
def test_silence_reminds_once_then_makes_a_ticket(desk):
    articles(desk)
    ask(desk)
    desk.advance(7 * HOUR)
    reminder = desk.wait_sent(2, to=ANNA)[1]
    assert set(links(reminder)) == {"article", "help", "solved"} and "Connect to the VPN" in reminder.text and desk.ticket(1)["state"] == "held"
    assert reminder["In-Reply-To"] and desk.sent_to(BOB) == []
    desk.restart()
    desk.advance(25 * HOUR)
    told = desk.wait_sent(1, to=BOB)[0]
    assert "authentication failed" in told.text and desk.ticket(1)["state"] == "new"
    desk.restart()
    desk.advance(90 * HOUR)
    desk.accept(mail(subject="Invoice 4711", body="Where shall I send the invoice?\n", sender="carl@example.com"), sender="carl@example.com")
    desk.wait_sent(1, to="carl@example.com")
    assert len(desk.sent_to(ANNA)) == 2 and len([m for m in desk.sent_to(BOB) if "[#1]" in m["Subject"]]) == 1, "a timer fired twice"
    clean(desk)


@setup(queues=BEFORE, config={"kb.remind_hours": 0, "kb.end_hours": 24, "kb.after_silence": "expire", "desk.digest_hour": -1})
def test_an_expired_one_opens_by_any_reply(desk):
    articles(desk)
    asked = ask(desk)
    assert "we take it that" in asked.text
    desk.advance(25 * HOUR)
    wait_until(lambda: desk.ticket(1)["state"] == "expired")
    notice = desk.wait_sent(2, to=ANNA)[1]
    assert "reply" in notice.text and set(links(notice)) == {"help"} and "Do you still need help?" in desk.http(links(notice)["help"])[2]
    assert desk.sent_to(BOB) == [] and desk.tickets("--state", "expired")
    desk.restart()
    desk.advance(60 * 24 * HOUR)
    desk.accept(mail(body="I was away. It still does not work.\n", reply_to=notice), address_of(notice))
    assert desk.ticket(1)["state"] == "new" and len(desk.tickets()) == 1
    assert "I was away" in desk.wait_sent(1, to=BOB)[0].text
    clean(desk)


@setup(queues=BEFORE, relay="smtp", config={"kb.end_hours": 24, "kb.after_silence": "expire"})
def test_never_expired_before_the_mail_has_left(desk):
    articles(desk)
    desk.relay.down()
    desk.accept(mail(**VPN))
    assert desk.ticket(1)["state"] == "held"
    desk.advance(25 * HOUR)
    wait_until(lambda: desk.ticket(1)["state"] == "new")
    assert any(m["to"] == [BOB] for m in desk.outbox())


@held_desk
def test_a_bounce_of_the_mail_makes_it_a_ticket(desk):
    articles(desk)
    asked = ask(desk)
    report = ("From: Mail Delivery System <MAILER-DAEMON@mx.example.com>\r\nTo: <%s>\r\nSubject: Undelivered Mail Returned to Sender\r\n"
              "Message-ID: <bounce.1@mx.example.com>\r\nAuto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
              "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nNo such user.\r\n"
              "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.com\r\n\r\nFinal-Recipient: rfc822; %s\r\n"
              "Action: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 5.1.1 no such user\r\n\r\n--b--\r\n" % (asked.sender, ANNA)).encode()
    desk.accept(report, asked.sender, sender="")
    assert desk.ticket(1)["state"] == "new"
    told = desk.wait_sent(2, to=BOB)
    assert any("authentication failed" in m.text for m in told) and any("no such user" in m.text for m in told)
    clean(desk)


@held_desk
def test_an_automatic_answer_changes_nothing(desk):
    articles(desk)
    asked = ask(desk)
    desk.accept(mail(body="I am away until Monday.\n", reply_to=asked, headers=[("Auto-Submitted", "auto-replied")]), address_of(asked))
    assert desk.ticket(1)["state"] == "held" and len(desk.ticket(1)["messages"]) == 3 and desk.sent_to(BOB) == []
    assert len(desk.sent_to(ANNA)) == 1


@held_desk
def test_agents_see_take_and_answer_held_ones(desk):
    articles(desk)
    for number, sender in ((1, "a@example.com"), (2, "b@example.com"), (3, "c@example.com"), (4, "d@example.com")):
        ask(desk, number, sender)
    assert {t["id"] for t in desk.tickets("--state", "held")} == {1, 2, 3, 4}
    desk.ok("ticket", "assign", 1, "bob")
    desk.ok("ticket", "reply", 2, "--as", "bob", stdin="I do it for you.\n")
    desk.ok("ticket", "close", 3)
    desk.ok("ticket", "note", 4, "--as", "bob", stdin="Known trouble.\n")
    assert [desk.ticket(n)["state"] for n in (1, 2, 3, 4)] == ["open", "open", "closed", "held"]
    assert (desk.ticket(1)["agent"], desk.ticket(2)["agent"]) == ("bob", "bob")
    assert "I do it for you." in desk.wait_sent(2, to="b@example.com")[1].text
    desk.ok("ticket", "reopen", 4)
    assert desk.ticket(4)["state"] == "new"
    assert "authentication failed" in wait_until(lambda: [m for m in desk.sent_to(BOB) if "[#4]" in m["Subject"]])[0].text
    desk.advance(300 * HOUR)                                     # no timer of the time before is left
    desk.accept(mail(subject="Invoice 4711", body="Where shall I send the invoice?\n"))
    desk.wait_sent(1, to=ANNA)
    assert [desk.ticket(n)["state"] for n in (1, 2, 3, 4)] == ["open", "open", "closed", "new"]
    for sender in ("a@example.com", "d@example.com"):
        assert len(desk.sent_to(sender)) == 1
    clean(desk)


@setup(queues=[dict(BEFORE[0], agents=["bob", "eva"], assign="round-robin"), QUEUES[1]])
def test_it_is_given_out_when_it_becomes_a_ticket(desk):
    articles(desk)
    first, second = ask(desk, 1, "a@example.com"), ask(desk, 2, "b@example.com")
    assert desk.ticket(1)["agent"] is None and desk.ticket(2)["agent"] is None
    assert post(desk, links(first)["help"])[0] == 200
    desk.accept(mail(body="No.\n", sender="b@example.com", reply_to=second), address_of(second), sender="b@example.com")
    assert {desk.ticket(1)["agent"], desk.ticket(2)["agent"]} == {"bob", "eva"}
    desk.wait_sent(1, to=BOB)
    desk.wait_sent(1, to="eva@agents.example")
    ask(desk, 3, "c@example.com")
    desk.advance(30 * HOUR)
    wait_until(lambda: desk.ticket(3)["state"] == "new")
    assert desk.ticket(3)["agent"] in ("bob", "eva")
    assert len(desk.sent_to(BOB)) + len(desk.sent_to("eva@agents.example")) >= 2


@setup(queues=BEFORE, config={"kb.quiet_hours": 5})
def test_who_refused_is_left_alone_for_a_while(desk):
    articles(desk)
    asked = ask(desk)
    post(desk, links(asked)["help"])
    desk.accept(mail(**VPN))
    assert desk.ticket(2)["state"] == "new"
    acknowledgement = desk.wait_sent(2, to=ANNA)[1]
    assert "article" not in links(acknowledgement) and "Connect to the VPN" not in acknowledgement.text
    ask(desk, 3, "carl@example.com")                           # others are not concerned
    desk.advance(6 * HOUR)
    ask(desk, 4)


@held_desk
def test_where_no_mail_may_go_out_it_is_a_ticket_at_once(desk):
    articles(desk)
    desk.set("authserv_id", "mx.example.org")
    desk.set("desk.acknowledgements_per_hour", 1)
    desk.write_config()
    desk.restart()
    forged = [("Authentication-Results", "mx.example.org; dmarc=fail header.from=example.com")]
    desk.accept(mail(headers=forged, sender="victim@example.com", **VPN), sender="victim@example.com")
    desk.accept(mail(headers=[("Auto-Submitted", "auto-generated")], sender="robot@example.com", **VPN), sender="robot@example.com")
    desk.accept(mail(headers=[("List-Id", "<all.example.com>"), ("Precedence", "list")], sender="list@example.com", **VPN), sender="list@example.com")
    assert [desk.ticket(n)["state"] for n in (1, 2, 3)] == ["new"] * 3
    for address in ("victim@example.com", "robot@example.com", "list@example.com"):
        assert desk.sent_to(address) == []
    ask(desk, 4, "carl@example.com")
    desk.accept(mail(sender="carl@example.com", **VPN), sender="carl@example.com")
    assert desk.ticket(5)["state"] == "new" and len(desk.sent_to("carl@example.com")) == 1
    desk.wait_sent(4, to=BOB)
    clean(desk)


@setup(queues=BEFORE, config={"authserv_id": "mx.example.org"})
def test_a_stranger_gets_neither_subject_nor_name_in_any_of_the_mails(desk):
    articles(desk)
    evil = dict(subject="BUY CHEAP VPN does not connect from home", body=VPN["body"])
    asked = ask(desk, 1, "BUY CHEAP <third@example.com>", **evil)
    desk.advance(9 * HOUR)
    reminder = desk.wait_sent(2, to="third@example.com")[1]
    for sent in (asked, reminder):
        assert b"CHEAP" not in sent.data and "[#1]" in sent["Subject"]
    passed = [("Authentication-Results", "mx.example.org; dmarc=pass header.from=example.net")]
    asked = ask(desk, 2, "Dora <dora@example.net>", subject="VPN does not connect from home", body=VPN["body"], headers=passed)
    assert "VPN does not connect" in asked["Subject"] and "Dora" in asked["To"]


@held_desk
def test_what_wants_a_person_is_never_held(desk):
    articles(desk)
    with open(os.path.join(desk.directory, "rules", "10.sieve"), "w") as f:
        f.write("""require ["imap4flags"];
if header :contains "subject" "urgent:" { addflag "priority:urgent"; }
if header :contains "subject" "high:" { addflag "priority:high"; }
if header :contains "subject" "boss:" { addflag "tag:vip"; }
if header :contains "subject" "bobs:" { addflag "agent:bob"; }
""")
    desk.restart()
    for number, mark in enumerate(("urgent", "high", "boss", "bobs"), 1):
        desk.accept(mail(subject=mark + ": VPN does not connect from home", body=VPN["body"]))
        assert desk.ticket(number)["state"] == "new", mark
        acknowledgement = desk.wait_sent(number, to=ANNA)[number - 1]
        assert ("article" in links(acknowledgement)) == (mark in ("high", "bobs")), mark
    desk.accept(mail(sender=BOB, **VPN), sender=BOB)
    assert desk.ticket(5)["state"] == "new"
    both = "support@example.org, network@example.org"
    desk.accept(mail(to=both, **VPN), ["support@example.org", "network@example.org"])
    assert desk.ticket(6)["state"] == "new" and desk.ticket(7)["state"] == "new"
    desk.accept(mail(subject="Re: Invoice [#6] VPN does not connect from home", body=VPN["body"], sender="eve@example.com"), sender="eve@example.com")
    assert desk.ticket(8)["state"] == "new"
    ask(desk, 9, "last@example.com")


@setup(queues=[dict(QUEUES[0], kb="with-acknowledgement"), QUEUES[1]])
def test_with_acknowledgement_a_press_closes_before_an_agent_acted(desk):
    articles(desk)
    for number, sender in ((1, "a@example.com"), (2, "b@example.com"), (3, "c@example.com")):
        desk.accept(mail(sender=sender, **VPN), sender=sender)
    acks = [desk.wait_sent(1, to=s)[0] for s in ("a@example.com", "b@example.com", "c@example.com")]
    assert set(links(acks[0])) == {"article", "solved", "status"} and desk.ticket(1)["state"] == "new"
    assert post(desk, links(acks[0])["solved"], article="vpn")[0] == 200
    assert desk.ticket(1)["state"] == "closed" and "solved" in wait_until(lambda: [m for m in desk.sent_to(BOB) if "[#1]" in m["Subject"]][1:])[0].text
    desk.ok("ticket", "reply", 2, "--as", "bob", stdin="I look into it.\n")
    status, _, page = post(desk, links(acks[1])["solved"], article="vpn")
    assert status == 200 and "We are working on it." in page and desk.ticket(2)["state"] == "open"
    assert any("solved by article vpn" in what for what in changes(desk, 2))
    page = desk.http(links(acks[2])["article"])[2]
    need = re.findall(r'action="\.\.(/l/h[a-z2-7]+)"', page)[0]
    assert post(desk, need)[0] == 200 and desk.ticket(3)["state"] == "new" and any("did not help" in what for what in changes(desk, 3))
    assert "<form" not in desk.http(links(acks[2])["article"])[2]
    clean(desk)


@held_desk
def test_several_articles_the_customer_says_which(desk):
    articles(desk)
    for name in ("one", "two"):
        put(desk, name + ".md", "# Coffee machine: descale it, way %s\n\nThe coffee machine blinks red: descale the coffee machine, way %s.\n" % (name, name))
    wait_until(lambda: desk.http("/kb/two")[0] == 200, 8)
    asked = ask(desk, subject="Coffee machine blinks red", body="The coffee machine blinks red. How do I descale the coffee machine?\n")
    page = desk.http(links(asked)["solved"])[2]
    assert page.count('name="article"') >= 3 and 'value=""' in page and 'value="one"' in page and 'value="two"' in page, page
    assert post(desk, links(asked)["solved"], article="../../etc")[0] == 200              # no article of those: solved, by none in particular
    assert [h["why"] for h in desk.ticket(1)["history"] if h["what"] == "state held -> closed"] == ["solved, the customer says"]


@held_desk
def test_the_dialog_speaks_the_customers_language(desk):
    articles(desk)
    asked = ask(desk, **VPN_IT)
    assert asked["Content-Language"] == "it" and "ho ancora bisogno di aiuto" in asked.text and "Collegarsi alla VPN" in asked.text
    for path in links(asked).values():
        assert '<html lang="it"' in desk.http(path)[2]
    assert "Ha ancora bisogno di aiuto?" in desk.http(links(asked)["help"])[2]


@setup(queues=BEFORE, config={"kb.remind_hours": 6, "kb.end_hours": 24, "kb.after_silence": "expire"})
def test_kill_9_in_every_state_loses_nothing_and_makes_nothing_twice(desk):
    articles(desk)
    again = lambda: (desk.kill(), desk.start())
    people = ["p%d@example.com" % i for i in range(1, 5)]
    asked = []
    for number, sender in enumerate(people, 1):
        desk.accept(mail(sender=sender, message_id="<k%d@example.com>" % number, **VPN), sender=sender)
    again()                                                      # held; the mails may or may not have left
    for number, sender in enumerate(people, 1):
        desk.accept(mail(sender=sender, message_id="<k%d@example.com>" % number, **VPN), sender=sender)    # the MTA did not see our 250
    asked = [desk.wait_sent(1, to=s)[0] for s in people]
    assert [t["state"] for t in desk.tickets()] == ["held"] * 4
    assert post(desk, links(asked[0])["help"], words="Still broken.")[0] == 200
    assert post(desk, links(asked[1])["solved"], article="vpn")[0] == 200
    again()                                                      # new, closed
    assert post(desk, links(asked[0])["help"], words="Still broken.")[0] == 200
    assert post(desk, links(asked[1])["solved"], article="vpn")[0] == 200
    assert [desk.ticket(n)["state"] for n in (1, 2, 3, 4)] == ["new", "closed", "held", "held"]
    desk.advance(7 * HOUR)
    wait_until(lambda: len({m["Message-ID"] for m in desk.sent_to(people[2])}) == 2)
    again()                                                      # reminded
    wait_until(lambda: len({m["Message-ID"] for m in desk.sent_to(people[3])}) == 2)
    desk.accept(mail(body="No.\n", sender=people[2], reply_to=asked[2]), address_of(asked[2]), sender=people[2])
    desk.advance(26 * HOUR)
    wait_until(lambda: desk.ticket(4)["state"] == "expired")
    again()                                                      # expired
    desk.accept(mail(body="Late.\n", sender=people[3], reply_to=asked[3]), address_of(asked[3]), sender=people[3])
    again()
    assert [desk.ticket(n)["state"] for n in (1, 2, 3, 4)] == ["new", "closed", "new", "new"] and len(desk.tickets()) == 4
    wait_until(lambda: not desk.outbox(), 60, "the outbox is empty")
    told = {m["Message-ID"]: m for m in desk.sent_to(BOB)}.values()
    for number in (1, 3, 4):
        assert len([m for m in told if "[#%d]" % number in m["Subject"]]) == 1, number
    assert not [m for m in told if "[#2]" in m["Subject"]]
    for sender, mails in zip(people, (1, 1, 2, 3)):              # asked, reminded, expired
        assert len({m["Message-ID"] for m in desk.sent_to(sender)}) == mails, sender
    for number in (1, 2, 3, 4):
        what = changes(desk, number)
        assert len(what) == len([w for i, w in enumerate(what) if w not in what[:i]]), what
    clean(desk)


@held_desk
def test_what_customers_say_is_learned_and_kept_over_a_restart(desk):
    articles(desk)
    for number, button in ((1, "solved"), (2, "help"), (3, "solved")):
        asked = ask(desk, number, "s%d@example.com" % number)
        post(desk, links(asked)[button], article="vpn")
    shown = len(re.findall(r"^\* ", desk.sent_to("s2@example.com")[0].text, re.M))
    wait_until(lambda: desk.log("kb.learned", words=2 + shown), 20)
    desk.restart()
    assert desk.log("kb.learned", words=2 + shown)[-1] and len(desk.log("kb.learned", words=2 + shown)) >= 2
    asked = desk.sent_to("s1@example.com")[0]
    assert post(desk, links(asked)["help"])[0] == 200                                         # the customer changes the word
    wait_until(lambda: desk.log("kb.learned", words=1 + 2 * shown), 20)
    clean(desk)


@setup(queues=BEFORE, config={"kb.remind_hours": 6, "kb.end_hours": 24})
def test_the_report_counts_each_word_once(desk):
    articles(desk)
    asked = [ask(desk, number, "s%d@example.com" % number) for number in range(1, 7)]
    for _ in range(2):                                         # pressed again: still one word
        post(desk, links(asked[0])["solved"], article="vpn")
    post(desk, links(asked[1])["help"])
    desk.accept(mail(body="That is not it: my token is lost.\n", reply_to=asked[2], sender="s3@example.com"), address_of(asked[2]), sender="s3@example.com")
    post(desk, links(asked[3])["solved"], article="vpn")
    desk.accept(mail(body="It came back this morning.\n", reply_to=asked[3], sender="s4@example.com"), address_of(asked[3]), sender="s4@example.com")
    desk.ok("ticket", "assign", 5, "bob")
    assert desk.ticket(5)["state"] == "open" and desk.ticket(6)["state"] == "held"
    report = since(desk)
    assert report["held"] == {"shown": 6, "solved": 1, "refused": 2, "returned": 1, "taken": 1, "silent": 0, "no_word": 1}, report
    assert report["asked"] == 6 and report["acknowledged"]["shown"] == 0 and report["deflected"] == 1 and round(report["deflection_rate"], 3) == .167
    vpn = next(a for a in report["articles"] if a["article"] == "vpn")
    assert (vpn["suggested"], vpn["first"], vpn["solved"], vpn["refused"]) == (6, 6, 1, 2), vpn
    assert [g["tickets"] for g in report["unanswered"]] == [[2, 3]], report
    words = desk.cli("kb", "report", json_output=False).out
    assert '1 of 6 (17 %) held, 2 still needed help, 1 came back after "solved", 1 were taken by an agent, 1 have not answered yet' in words, words
    assert re.search(r"^vpn +Connect to the VPN from home +6 +6 +1 +2$", words, re.M) and "Deflected: 1 of 6 (17 %)" in words, words
    desk.advance(7 * HOUR)
    desk.wait_sent(2, to="s6@example.com")
    desk.advance(25 * HOUR)
    wait_until(lambda: desk.ticket(6)["state"] == "new", 8)
    held = since(desk, "7d")["held"]
    assert held["silent"] == 1 and held["no_word"] == 0 and held["shown"] == 6 and "1 never answered" in desk.cli("kb", "report", json_output=False).out
    clean(desk)
