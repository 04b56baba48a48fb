"""What agents say by commands: in a reply to a notice, and in a mail of their own to a queue."""
import base64
import os
import re
import time

from desk import address_of, mail, setup, wait_until

BOB, ANNA, EVA = "bob@agents.example", "anna@example.com", "eva@agents.example"
PROVED = [("Authentication-Results", "mx.example.org; dmarc=pass header.from=agents.example")]
CONFIG = {"authserv_id": "mx.example.org"}


def write(desk, body, sender=BOB, to="support@example.org", proved=True, **more):
    desk.accept(mail(sender=sender, to=to, body=body, subject=more.pop("subject", "Orders"), headers=PROVED if proved else (), **more), to, sender=sender)


def answers(desk, event, count, to=BOB):
    """Mails to the agent with that word in them, once there are so many."""
    return wait_until(lambda: (lambda found: found if len(found) >= count else None)([m for m in desk.sent_to(to) if event in m.text]), what=event)


def flat(sent):
    return " ".join(sent.text.split())


def start(desk, subject="Printer", body="It does not print.\n"):
    count = len([m for m in desk.sent_to(BOB)])
    desk.accept(mail(subject=subject, body=body))
    return desk.wait_sent(count + 1, to=BOB)[-1]


def reply(desk, notice, body, sender=BOB, copy=None):
    desk.accept(mail(sender=sender, body=body, reply_to=notice, headers=PROVED + ([("Cc", copy)] if copy else [])), address_of(notice), sender=sender)


@setup(config=CONFIG)
def test_commands_in_a_mail_of_their_own_act_on_the_tickets_they_name(desk):
    start(desk)
    start(desk, "Scanner", "It does not scan.\n")
    write(desk, "/assign #1 me\n/tag #2 office\n/priority #2 high\n")
    assert desk.ticket(1)["agent"] == "bob" and desk.ticket(2)["tags"] == ["office"] and desk.ticket(2)["priority"] == "high"
    told = flat(answers(desk, "Done:", 1)[0])
    assert "#1: bob has it" in told and "#2: tag office added" in told and "#2: priority: high" in told
    write(desk, "/note #2\nShe called at noon.\n")
    last = desk.ticket(2)["messages"][-1]
    assert last["kind"] == "note" and "called at noon" in last["text"]
    write(desk, "/close #1\n/asing #2 eva\n/queue #2 nowhere\n/tag #77 x\n")
    told = flat(answers(desk, "not carried out", 1)[0])
    assert '"/asing" is not a command' in told and 'there is no queue "nowhere"' in told, told
    assert desk.ticket(1)["state"] == "open" and len(desk.tickets()) == 2
    write(desk, "/tag #77 x\n")
    assert "there is no ticket 77" in flat(answers(desk, "not carried out", 2)[1])
    rows = desk.cli("mailbox", "list").json
    assert [r["disposition"] for r in rows].count("commands") == 2, rows


@setup(config=CONFIG)
def test_nobody_is_an_agent_by_his_from_alone(desk):
    start(desk)
    write(desk, "/close #1\n", proved=False)
    assert "nothing proves that you wrote it" in flat(answers(desk, "not carried out", 1)[0])
    write(desk, "/new victim@example.net\n\nBuy this.\n", proved=False)
    answers(desk, "not carried out", 2)
    assert desk.ticket(1)["state"] == "new" and len(desk.tickets()) == 1 and not desk.sent_to("victim@example.net")
    write(desk, "/close #1\n", sender="mallory@example.net")
    assert desk.ticket(1)["state"] == "new"


@setup(config=CONFIG)
def test_list_show_search_and_help_by_mail(desk):
    start(desk, "Printer", "The toner is empty.\n")
    notice = start(desk, "Scanner", "The lamp flickers.\n")
    reply(desk, notice, "/note\nShe never pays.\n")
    reply(desk, notice, "/assign me\n")
    write(desk, "/list\n/help\n/search toner\n/list state:new\n")
    mine = answers(desk, "Yours:", 1)[0]
    assert re.search(r"Yours:\s+#2 +open +bob +Anna Bianchi +Scanner", mine.text) and re.search(r"in your queues:\s+#1 +new +- ", mine.text), mine.text
    assert "/undo" in answers(desk, "These commands", 1)[0].text
    found = [m for m in answers(desk, "Found by", 2) if "toner" in m.text][0]
    assert "#1" in found.text and "#2" not in found.text, found.text
    before = len(desk.ticket(2)["messages"])
    write(desk, "/show 2\n")
    shown = answers(desk, "All of request #2", 1)[0]
    assert "The lamp flickers." in shown.text and "[note] Bob Rossi" in shown.text and "She never pays." in shown.text and "Agent: bob" in shown.text
    assert len(desk.ticket(2)["messages"]) == before
    reply(desk, shown, "Change the lamp.\n\n" + "".join("> %s\n" % line for line in shown.text.splitlines()))
    sent = wait_until(lambda: [m for m in desk.sent_to(ANNA) if "Change the lamp" in m.text])[0]
    assert "never pays" not in sent.data.decode() and "All of request" not in sent.text


QUEUES = [{"name": "support", "address": "support@example.org", "agents": ["bob"]}, {"name": "network", "address": "network@example.org", "agents": ["eva"]}]


@setup(config=CONFIG, queues=QUEUES)
def test_an_agent_sees_and_acts_where_he_works_watches_or_was_told(desk):
    start(desk)
    write(desk, "/show 1\n/close #1\n/list state:new\n/search print\n", sender=EVA)
    told = flat(answers(desk, "not carried out", 1, to=EVA)[0])
    assert "/show 1: ticket 1 is in none of your queues" in told and "/close #1: ticket 1" in told
    write(desk, "/list state:new\n/search print\n", sender=EVA)
    assert all("#1" not in m.text for m in answers(desk, "Found by", 2, to=EVA))
    desk.cli("ticket", "watch", "1", "--as", "eva")
    assert desk.ticket(1)["watchers"] == ["eva"]
    write(desk, "/list state:new\n", sender=EVA)
    assert "#1" in answers(desk, "Found by", 3, to=EVA)[2].text
    write(desk, "/unwatch 1\n", sender=EVA)
    assert desk.ticket(1)["watchers"] == []
    write(desk, "/tag #1 x\n", sender=EVA)
    answers(desk, "not carried out", 2, to=EVA)
    desk.cli("ticket", "queue", "1", "network")
    desk.cli("ticket", "queue", "1", "support")
    write(desk, "/tag #1 x\n", sender=EVA)
    assert desk.ticket(1)["tags"] == ["x"]


@setup(config=CONFIG)
def test_an_agent_begins_a_conversation_by_mail(desk):
    write(desk, "/new Carl <carl@example.net>\n/priority high\n\nDear Carl, when may we come?\n-- \nBob\n", subject="Your new line", to="network@example.org")
    sent = wait_until(lambda: desk.sent_to("carl@example.net"))[0]
    assert "when may we come" in sent.text and "/new" not in sent.text and sent["Subject"] == "Your new line [#1]" and "network@example.org" in sent["From"]
    assert BOB not in sent.data.decode()
    ticket = desk.ticket(1)
    assert ticket["customer"]["address"] == "carl@example.net" and ticket["agent"] == "bob" and ticket["priority"] == "high" and ticket["queue"] == "network"
    desk.accept(mail(sender="carl@example.net", body="Tomorrow.\n", reply_to=sent), address_of(sent), sender="carl@example.net")
    assert len(desk.tickets()) == 1 and desk.ticket(1)["messages"][-1]["kind"] == "reply"


def with_file(raw, content, kind="text/plain", name="notice.txt"):
    """The same mail with a file beside its words."""
    head, body = raw.split(b"\r\n\r\n", 1)
    head = head.replace(b"Content-Type: text/plain; charset=utf-8", b'Content-Type: multipart/mixed; boundary="b"')
    part = "Content-Type: %s; name=\"%s\"\r\nContent-Disposition: attachment; filename=\"%s\"\r\n\r\n%s" % (kind, name, name, content)
    return head + b"\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + body + b"\r\n--b\r\n" + part.encode() + b"\r\n--b--\r\n"


@setup(config=CONFIG)
def test_no_file_takes_a_notices_address_to_a_customer_wherever_the_mail_goes(desk):
    notice = start(desk)
    kept = "From: desk\r\nReply-To: %s\r\nSubject: Printer\r\n\r\nIt does not print.\r\n" % address_of(notice)
    for kind, name in (("text/plain", "notice.txt"), ("message/rfc822", "notice.eml")):
        desk.accept(with_file(mail(sender=BOB, subject="Orders", body="/new xavier@example.net\n\nSee attached.\n", headers=PROVED), kept, kind, name), "support@example.org", sender=BOB)
    told = answers(desk, "not carried out", 2)
    assert "an internal address" in flat(told[0]) and len(desk.tickets()) == 1
    cut = mail(sender=BOB, reply_to=notice, body="Read this file.\n", headers=PROVED)          # the mail server cuts the detail off
    desk.accept(with_file(cut, kept), "support@example.org", sender=BOB)
    wait_until(lambda: [m for m in desk.sent_to(BOB) if "holds an address with which one writes as you" in flat(m)])
    desk.accept(with_file(mail(sender=BOB, subject="Orders", body="/new xavier@example.net\n\nSee the price.\n", headers=PROVED), "Ten euro."), "support@example.org", sender=BOB)
    sent = wait_until(lambda: desk.sent_to("xavier@example.net"))
    assert len(sent) == 1 and "See the price." in sent[0].text and not [m for m in desk.sent_to(ANNA) if "Read this file" in m.text]


@setup(config=CONFIG)
def test_one_mail_by_two_addresses_is_carried_out_once(desk):
    both = ["support@example.org", "network@example.org"]
    for body, count in (("/new carl@example.net\n\nDear Carl.\n", 1), ("/list\n", 2), ("/nonsense\n", 3)):
        desk.accept(mail(sender=BOB, to="dora@example.net", body=body, headers=PROVED), both, sender=BOB)
    answers(desk, "not carried out", 1)
    assert len(desk.tickets()) == 1 and len(desk.sent_to("carl@example.net")) == 1
    assert len([m for m in desk.sent_to(BOB) if "Yours:" in m.text]) == 1
    assert len([m for m in desk.sent_to(BOB) if "not carried out" in m.text]) == 1


@setup(config=CONFIG)
def test_undo_takes_back_what_the_last_mail_changed(desk):
    notice = start(desk)
    reply(desk, notice, "/assign eva\n/tag vpn\n/priority urgent\n/pending 3d\n/cc dora@example.net\n")
    ticket = desk.ticket(1)
    assert (ticket["agent"], ticket["tags"], ticket["priority"], ticket["state"]) == ("eva", ["vpn"], "urgent", "pending")
    reply(desk, notice, "/undo\n")
    ticket = desk.ticket(1)
    assert (ticket["agent"], ticket["tags"], ticket["priority"], ticket["state"]) == (None, [], "normal", "new"), ticket
    assert "dora@example.net" not in [r["address"] for r in ticket["readers"]]
    assert "undone: " in flat(answers(desk, "undone:", 1)[0])
    reply(desk, notice, "/undo\n")
    assert "nothing of yours to undo" in flat(answers(desk, "not carried out", 1)[0])
    assert desk.cli("fsck").code == 0


@setup(config=CONFIG)
def test_a_command_for_another_ticket_in_a_reply_leaves_the_words_where_they_belong(desk):
    first, second = start(desk), start(desk, "Scanner", "It does not scan.\n")
    reply(desk, second, "/close #1\n/language it\n\nTry the other cable.\n")
    sent = wait_until(lambda: [m for m in desk.sent_to(ANNA) if "other cable" in m.text])[0]
    assert "[#2]" in sent["Subject"] and desk.ticket(1)["state"] == "closed" and desk.ticket(2)["state"] == "open"
    assert desk.ticket(2)["language"] == "it" and all("cable" not in m["text"] for m in desk.ticket(1)["messages"])


def save(desk, name, text):
    path = os.path.join(desk.directory, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


@setup(config=CONFIG)
def test_pending_says_for_whom_it_waits(desk):
    notice = start(desk)
    reply(desk, notice, "/pending 3d third-party\n\nThe maker looks at it.\n")
    sent = wait_until(lambda: [m for m in desk.sent_to(ANNA) if "maker looks" in m.text])[0]
    assert "as soon as we have your answer" not in flat(sent) and (desk.ticket(1)["state"], desk.ticket(1)["waiting"]) == ("pending", "third-party")
    reply(desk, notice, "/pending 2d\n\nWhich model is it?\n")
    sent = wait_until(lambda: [m for m in desk.sent_to(ANNA) if "Which model" in m.text])[0]
    assert "as soon as we have your answer" in flat(sent) and desk.ticket(1)["waiting"] == "customer"
    desk.ok("ticket", "pend", 1, "--until", "3d", "--waiting", "ourselves")
    assert desk.ticket(1)["waiting"] == "ourselves"
    assert desk.cli("ticket", "pend", "1", "--until", "3d", "--waiting", "godot").code == 64
    desk.ok("ticket", "reopen", 1)
    assert desk.ticket(1)["waiting"] is None
    reply(desk, notice, "/pending 3d godot\n")
    assert '"godot" is nobody to wait for' in flat(answers(desk, "not carried out", 1)[0])
    assert desk.cli("fsck").code == 0


@setup(config=CONFIG)
def test_use_sends_a_saved_reply_filled_in_with_the_words_below_it(desk):
    save(desk, "replies/toner.md", "---\nstate: resolved\ntag: toner\n---\n# Toner\n\nDear {customer},\n\nplease read **this**: [our page](https://help.example.org/toner).\n{>part-regards}\n")
    save(desk, "replies/toner.it.md", "# Toner\n\nGentile {customer}, legga la pagina.\n")
    save(desk, "replies/part-regards.md", "Regards, {agent_name}, about {subject}.\n")
    save(desk, "kb/vpn.md", "# VPN\n\nUse {braces} and port 443.\n")
    notice = start(desk)
    reply(desk, notice, "/use toner\n\nAnd call me if not.\n")
    sent = wait_until(lambda: [m for m in desk.sent_to(ANNA) if "call me if not" in m.text])[0]
    text = flat(sent)
    assert "Dear Anna Bianchi, please read this: our page (https://help.example.org/toner). Regards, Bob Rossi, about Printer. And call me if not." in text, text
    assert "# Toner" not in text and "/use" not in text and (desk.ticket(1)["state"], desk.ticket(1)["tags"]) == ("resolved", ["toner"])
    second = start(desk, "Scanner", "Lo scanner non funziona da ieri, potete aiutarmi per favore?\n")
    desk.ok("ticket", "language", 2, "it")
    reply(desk, second, "/use Toner\n")
    wait_until(lambda: [m for m in desk.sent_to(ANNA) if "Gentile Anna Bianchi, legga la pagina." in m.text])
    reply(desk, second, "/use kb/vpn\n")
    wait_until(lambda: [m for m in desk.sent_to(ANNA) if "Use {braces} and port 443." in m.text])
    reply(desk, second, "/use tonner\n\nHello.\n")
    told = flat(answers(desk, "not carried out", 1)[0])
    assert 'no saved reply "tonner"' in told and "toner" in told and "Hello." not in "".join(m.text for m in desk.sent_to(ANNA))
    assert [r["name"] for r in desk.cli("reply", "list").json] == ["toner", "toner", "kb/vpn"]
    assert desk.cli("reply", "show", "toner").json[1]["title"] == "Toner" and desk.cli("reply", "show", "nothing").code == 66


@setup(config={"authserv_id": "mx.example.org", "web.base_url": "http://127.0.0.1:8025"})
def test_a_saved_reply_has_the_customers_page_where_he_alone_reads_it(desk):
    save(desk, "replies/page.md", "Dear {customer}, see your page.{?link_status} It is {link_status} here.{/link_status}\n")
    notice = start(desk)
    reply(desk, notice, "/use page\n\nFirst words.\n")
    alone = wait_until(lambda: [m for m in desk.sent_to(ANNA) if "First words." in m.text])[0]
    assert "It is http://127.0.0.1:8025/l/" in flat(alone), flat(alone)
    reply(desk, notice, "/cc carl@example.net\n/use page\n\nSecond words.\n")
    wait_until(lambda: [m for m in desk.sent_to("carl@example.net") if "Second words." in m.text])
    count = len(desk.sent_to(BOB))
    desk.accept(mail(body="And now?\n", reply_to=alone.message), address_of(alone.message))
    reply(desk, desk.wait_sent(count + 1, to=BOB)[-1], "/use page\n\nThird words.\n")
    wait_until(lambda: [m for m in desk.sent_to("carl@example.net") if "Third words." in m.text])
    for m in desk.sent_to(ANNA) + desk.sent_to("carl@example.net"):
        assert "Second words." not in m.text and "Third words." not in m.text or "see your page." in flat(m) and "It is http" not in " ".join(m.text.split("\n>")[0].split()), m.text


@setup(start=False)
def test_check_finds_what_is_wrong_in_a_saved_reply(desk):
    save(desk, "replies/good.md", "Dear {customer}, see [VPN](kb/vpn) or [us](https://example.org/).\n")
    save(desk, "kb/vpn.md", "# VPN\n\nPort 443.\n")
    assert desk.cli("check").code == 0 and desk.cli("reply", "lint").code == 0
    for text, wrong in (("Dear {custommer}.\n", "custommer"), ("See [VPN](kb/vnp).\n", 'no article "vnp"'), ("{>part-none}\n", 'no part "part-none"'),
                        ("---\nqueue: nowhere\n---\nHello.\n", 'no queue "nowhere"'), ("---\nstate: gone\n---\nHello.\n", "state: gone"), ("# Title\n", "no words"),
                        ("---\ncolour: red\n---\nHello.\n", '"colour" in the head')):
        save(desk, "replies/bad.md", text)
        checked, linted = desk.cli("check"), desk.cli("reply", "lint")
        assert checked.code == 78 and linted.code == 78 and wrong in str(linted.json) and wrong in str(checked.json), (text, linted)


MAKER = "help@maker.example"


def third(desk, sent, body, sender=MAKER, **more):
    desk.accept(mail(sender=sender, body=body, reply_to=sent, **more), address_of(sent), sender=sender)


@setup(config=CONFIG)
def test_ask_writes_to_a_third_party_and_nothing_crosses(desk):
    notice = start(desk, "Printer of Anna", "It does not print. Secret of the customer.\n")
    quote = "".join("> %s\n" % line for line in notice.text.splitlines())
    reply(desk, notice, "/ask Help <%s>\n\nDo you know error E-07?\nBob\n\nOn Monday Acme wrote:\n%s" % (MAKER, quote))
    asked = wait_until(lambda: desk.sent_to(MAKER))[0]
    raw = asked.data.decode()
    assert "error E-07" in asked.text and asked["Subject"] == "Request [#1]" and "/ask" not in raw
    for word in ("Secret of the customer", "Printer of Anna", ANNA, "Anna Bianchi", BOB, "does not print", "/l/"):
        assert word not in raw, word
    ticket = desk.ticket(1)
    assert (ticket["state"], ticket["waiting"]) == ("pending", "third-party")
    out = [m for m in ticket["messages"] if m["kind"] == "side-out"][0]
    assert out["side"] == 1 and out["to"] == [MAKER] and out["direction"] == "out" and "help@maker.example" not in [r["address"] for r in ticket["readers"]]
    third(desk, asked, "Change the sensor. Price for you: 7 EUR.\n")
    told = answers(desk, "Change the sensor", 1)[0]
    ticket = desk.ticket(1)
    assert ticket["state"] == "open" and ticket["messages"][-1]["kind"] == "side-in" and ticket["messages"][-1]["side"] == 1 and len(desk.tickets()) == 1
    reply(desk, told, "How long does it take?\n")
    again = wait_until(lambda: desk.sent_to(MAKER) if len(desk.sent_to(MAKER)) == 2 else None)[1]
    assert "How long does it take" in again.text and again["Subject"] == "Request [#1]"
    reply(desk, notice, "/send\n\nDear Anna, a sensor is changed on Monday.\n")
    wait_until(lambda: [m for m in desk.sent_to(ANNA) if "sensor is changed" in m.text])
    mails = "".join(m.data.decode() for m in desk.sent_to(ANNA))
    for word in ("7 EUR", "E-07", MAKER, "How long does it take", "Change the sensor"):
        assert word not in mails, word
    page = desk.http(re.search(r"http://[^/]+(/l/s[a-z2-7]+)", mails).group(1))[2]
    assert "sensor is changed" in page and not any(word in page for word in ("7 EUR", "E-07", MAKER))
    assert desk.cli("fsck").code == 0


TWO = dict(queues=[{"name": "support", "address": "support@example.org", "agents": ["bob", "eva"]}],
           agents=[{"name": "bob", "email": BOB, "display": "Bob Rossi"}, {"name": "eva", "email": EVA, "display": "Eva Neri"}])


@setup(config=CONFIG, **TWO)
def test_two_agents_do_not_both_answer_one_third_party(desk):
    notice = start(desk)
    desk.ok("ticket", "watch", 1, "--as", "eva")
    reply(desk, notice, "/ask %s\n\nWhat does a toner cost?\n" % MAKER)
    asked = wait_until(lambda: desk.sent_to(MAKER))[0]
    third(desk, asked, "30 EUR. How many?\n")
    for_bob, for_eva = answers(desk, "30 EUR", 1)[0], answers(desk, "30 EUR", 1, to=EVA)[0]
    reply(desk, for_eva, "Two, please.\n", sender=EVA)
    wait_until(lambda: [m for m in desk.sent_to(MAKER) if "Two, please" in m.text])
    # Bob answers the same mail, and did not see what Eva wrote: it comes back with her words, and goes when he says so.
    reply(desk, for_bob, "Seven, please.\n")
    back = answers(desk, "Seven, please.", 1)[0]
    assert "Eva Neri" in back.text and "Two, please." in back.text and not [m for m in desk.sent_to(MAKER) if "Seven" in m.text]
    reply(desk, back, "/send\n")
    wait_until(lambda: [m for m in desk.sent_to(MAKER) if "Seven, please" in m.text])
    assert not [m for m in desk.sent_to(ANNA) if "please" in m.text and ("Two" in m.text or "Seven" in m.text)]
    # What a colleague says to the customer does not stop an answer to the third party.
    third(desk, desk.sent_to(MAKER)[-1], "Sent today.\n")
    for_bob = answers(desk, "Sent today.", 1)[0]
    desk.ok("ticket", "reply", 1, "--as", "eva", stdin="Dear Anna, it comes today.\n")
    wait_until(lambda: [m for m in desk.sent_to(ANNA) if "comes today" in m.text])
    reply(desk, for_bob, "Thank you.\n")
    wait_until(lambda: [m for m in desk.sent_to(MAKER) if "Thank you." in m.text])
    assert desk.cli("fsck").code == 0


@setup(config=CONFIG)
def test_ask_in_a_mail_of_its_own_and_by_the_command_line(desk):
    start(desk)
    write(desk, "/ask #1 %s\n\nWhat does a toner cost?\n" % MAKER, subject="Offer for a toner")
    asked = wait_until(lambda: desk.sent_to(MAKER))[0]
    assert asked["Subject"] == "Offer for a toner [#1]" and "toner cost" in asked.text
    desk.ok("ticket", "ask", 1, "second@maker.example", "--as", "bob", stdin="And a drum?\n")
    other = wait_until(lambda: desk.sent_to("second@maker.example"))[0]
    third(desk, other, "90 EUR.\n", sender="second@maker.example")
    third(desk, asked, "30 EUR.\n")
    ticket = desk.ticket(1)
    assert [(m["kind"], m["side"]) for m in ticket["messages"] if "side" in m] == [("side-out", 1), ("side-out", 2), ("side-in", 2), ("side-in", 1)]
    before = len(ticket["messages"])
    third(desk, asked, "I am away until Monday.\n", headers=[("Auto-Submitted", "auto-replied")])
    ticket = desk.ticket(1)
    assert len(ticket["messages"]) == before + 1 and ticket["messages"][-1]["kind"] == "side-in" and ticket["messages"][-1]["flags"] == "automatic"
    for wrong, why in ((ANNA, "takes part in ticket 1"), ("support@example.org", "is an address of this desk"), (EVA, "is an address of this desk"), ("nobody", "is not an address")):
        write(desk, "/ask #1 %s\n\nHello?\n" % wrong)
        wait_until(lambda: [m for m in desk.sent_to(BOB) if why in flat(m)], what=why)
    assert not [m for m in desk.sent_to(ANNA) + desk.sent_to(EVA) if "Hello?" in m.text]


@setup(config=CONFIG)
def test_an_agents_copy_to_an_outsider_lets_him_take_part(desk):
    notice = start(desk)
    reply(desk, notice, "Please ask Dora, too.\n", copy="dora@example.net")
    assert "dora@example.net" in [r["address"] for r in desk.ticket(1)["readers"]]
    desk.ok("ticket", "reply", 1, "--as", "bob", stdin="It is on its way.\n")
    sent = wait_until(lambda: [m for m in desk.sent_to("dora@example.net") if "on its way" in m.text])[0]
    assert BOB not in sent.data.decode() and "support@example.org" in sent["From"]


@setup(config=CONFIG)
def test_who_answers_the_third_partys_address_writes_to_no_customer(desk):
    notice = start(desk)
    reply(desk, notice, "/ask %s\n\nDo you know it?\n" % MAKER)
    asked = wait_until(lambda: desk.sent_to(MAKER))[0]
    third(desk, asked, "Yes.\n", sender="other@maker.example")
    assert desk.ticket(1)["messages"][-1]["kind"] == "side-in" and desk.ticket(1)["messages"][-1]["flags"] == "from another address"
    told = answers(desk, "Yes.", 1)[0]
    reply(desk, told, "/note\nThey know it.\n")
    assert desk.ticket(1)["messages"][-1]["kind"] == "note" and len(desk.sent_to(MAKER)) == 1
    reply(desk, told, "Thanks.\n", sender=EVA)       # a notice that was passed on to somebody whose ticket it is not
    assert len(desk.sent_to(MAKER)) == 1 and "Thanks." not in "".join(m.text for m in desk.sent_to(ANNA))


FILES = {"authserv_id": "mx.example.org", "notices.attachment_bytes": 20000, "notices.attachments_bytes": 30000}


def with_files(subject, *files):
    """A customer's mail with (name, bytes) attached."""
    lines = ["From: Anna Bianchi <%s>" % ANNA, "To: support@example.org", "Subject: " + subject, "Message-ID: <%d.f@example.com>" % time.time_ns(),
             "MIME-Version: 1.0", 'Content-Type: multipart/mixed; boundary="=-b"', "", "--=-b", "Content-Type: text/plain", "", "See the files."]
    for name, data in files:
        lines += ["--=-b", "Content-Type: application/octet-stream", 'Content-Disposition: attachment; filename="%s"' % name, "Content-Transfer-Encoding: base64", "",
                  base64.encodebytes(data).decode().strip().replace("\n", "\r\n")]
    return "\r\n".join(lines + ["--=-b--", ""]).encode()


def files_of(sent):
    return {part.get_filename(): part.get_payload(decode=True) for part in sent.message.walk() if part.get_content_disposition() == "attachment"}


def files_mails(desk, count=1):
    return wait_until(lambda: (lambda found: found if len(found) >= count else None)([m for m in desk.sent_to(BOB) if m["X-Sportello-Event"] == "files"]), what="files")


@setup(config=FILES)
def test_files_brings_the_agent_what_his_notice_left_behind_and_nobody_else(desk):
    video, screen = os.urandom(50000), os.urandom(5000)
    desk.accept(with_files("Printer", ("screen.png", screen), ("video.mp4", video)))
    notice = desk.wait_sent(1, to=BOB)[0]
    assert files_of(notice) == {"screen.png": screen} and "/files" in notice.text
    reply(desk, notice, "/files\n")
    sent = files_mails(desk)[0]
    assert files_of(sent) == {"screen.png": screen, "video.mp4": video} and "video.mp4 (49 KB), Anna Bianchi" in flat(sent), sent.text
    assert "Files \u00b7 Anna Bianchi" in sent["From"] and "[#1]" in sent["Subject"] and sent.html
    write(desk, "/files 1 VIDEO\n")
    assert files_of(files_mails(desk, 2)[1]) == {"video.mp4": video}
    reply(desk, sent, "/files #1 nothing.pdf\n")
    third = files_mails(desk, 3)[2]
    assert files_of(third) == {} and "nothing.pdf" in third.text
    write(desk, "/files 1\n", proved=False)
    assert "nothing proves that you wrote it" in flat(answers(desk, "not carried out", 1)[0])
    assert desk.ticket(1)["state"] == "new" and not any(files_of(m) for m in desk.sent_to(ANNA) + desk.sent_to(EVA) if m["X-Sportello-Event"] == "files")
    reply(desk, sent, "The video shows it.\n\n" + "".join("> %s\n" % line for line in sent.text.splitlines()))
    answer = wait_until(lambda: [m for m in desk.sent_to(ANNA) if "The video shows it" in m.text])[0]
    assert "sportello ticket" not in answer.text and "Attached:" not in answer.text and not files_of(answer)


@setup(relay="smtp", config=FILES)
def test_files_go_in_as_many_mails_as_the_relay_takes_and_what_none_takes_is_named(desk):
    desk.relay.offers[desk.relay.offers.index("SIZE 0")] = "SIZE 200000"
    desk.relay.most = 200000
    pieces = {"part%d.bin" % i: os.urandom(60000) for i in range(3)}
    desk.accept(with_files("Printer", *pieces.items(), ("huge.iso", os.urandom(300000))))
    notice = desk.wait_sent(1, to=BOB)[0]
    reply(desk, notice, "/files\n")
    mails = files_mails(desk, 3)
    assert [set(files_of(m)) for m in mails] == [{"part0.bin"}, {"part1.bin"}, {"part2.bin"}], [list(files_of(m)) for m in mails]
    assert {k: v for m in mails for k, v in files_of(m).items()} == pieces
    assert "huge.iso (293 KB): sportello ticket attachment 1 1 4" in mails[2].text and "More follow" in mails[0].text and "More follow" not in mails[2].text


@setup(relay="smtp", config=FILES)
def test_files_that_the_relay_refuses_go_one_by_one(desk):
    desk.relay.refused_words = b"application/x-msdownload"
    good, bad = os.urandom(3000), os.urandom(4000)
    raw = with_files("Printer", ("good.bin", good), ("tool.exe", bad))
    desk.accept(raw.replace(b'application/octet-stream\r\nContent-Disposition: attachment; filename="tool.exe"', b'application/x-msdownload\r\nContent-Disposition: attachment; filename="tool.exe"'))
    notice = desk.wait_sent(1, to=BOB)[0]
    reply(desk, notice, "/files\n")
    mails = files_mails(desk, 2)
    assert files_of(mails[0]) == {"good.bin": good} and files_of(mails[1]) == {}
    assert "tool.exe (4 KB): sportello ticket attachment 1 1 2" in mails[1].text and "552 5.7.0" in mails[1].text, mails[1].text


@setup(config=CONFIG)
def test_a_mail_is_booked_on_the_ticket_that_has_its_words(desk):
    start(desk)
    second = start(desk, "Scanner", "It does not scan.\n")
    for line, kind in (("/note #1", "note"), ("/ask #1 %s" % MAKER, "side-out")):
        reply(desk, second, line + "\n\nWords for the other one.\n")
        last = desk.ticket(1)["messages"][-1]
        row = desk.ok("mailbox", "list")[0]
        assert last["kind"] == kind and (row["ticket"], row["message"]) == (1, last["id"]), (row, last)
    assert desk.cli("fsck").code == 0 and all("other one" not in m["text"] for m in desk.ticket(2)["messages"])


@setup(config=CONFIG)
def test_75_what_a_third_party_was_to_read_comes_back_for_him_and_never_goes_to_the_customer(desk):
    """Put right, or sent by /send alone: to whom it was meant; and /send to the one sends nothing of what was meant for the other."""
    notice = start(desk)
    reply(desk, notice, "/ask %s\n\nDo you know it?\n" % MAKER)
    third(desk, desk.wait_sent(1, to=MAKER)[0], "Yes.\n")
    told = answers(desk, "Yes.", 1)[0]
    reply(desk, told, "/frobnicate\n\nWe pay seven at most.\n")
    back = answers(desk, "We pay seven", 1)[0]
    assert MAKER in flat(back).split("answer goes to: ")[1].split(" Put ")[0] and ANNA not in back.text, back.text
    reply(desk, back, "We pay eight at most.\n\n" + "".join("> %s\n" % line for line in back.text.splitlines()))
    assert "We pay eight" in desk.wait_sent(2, to=MAKER)[1].text
    reply(desk, told, "Offer nine.\n\nOn Mon, 1 Jan 2026, Eva <%s> wrote:\n> Go up to ten.\n" % EVA)
    back = answers(desk, "Offer nine.", 1)[0]
    reply(desk, notice, "/send\n")                                      # the customer's notice: nothing of his came back
    answers(desk, "there is nothing to send", 1)
    reply(desk, back, "/send\n\n" + "".join("> %s\n" % line for line in back.text.splitlines()))
    assert "Offer nine." in desk.wait_sent(3, to=MAKER)[2].text
    reply(desk, notice, "/frobnicate\n\nDear Anna, wait.\n")
    answers(desk, "Dear Anna, wait.", 1)
    reply(desk, told, "/send\n")
    answers(desk, "there is nothing to send", 2)
    assert len(desk.sent_to(MAKER)) == 3 and desk.cli("fsck").code == 0
    outward = "".join(m.text for m in desk.sent_to(ANNA))
    assert not [w for w in ("We pay", "Offer nine", "up to ten") if w in outward] and "Anna" not in "".join(m.text for m in desk.sent_to(MAKER))


@setup(config=CONFIG)
def test_76_no_torn_line_of_the_customer_goes_to_a_third_party(desk):
    """Programs that break quoted lines mark their first half only; without any marks, and between the lines, too."""
    notice = start(desk, "Printer", "The contract that my company has with you ends on the last day of this very month, my number is four seven eleven.\n")
    torn = []
    for line in notice.text.splitlines():
        torn += ["> " + line[:48]] + ([line[48:]] if len(line) > 48 else [])
    shapes = ["On Mon, 1 Jan 2026, Anna via Acme wrote:\n\n" + "\n".join(torn) + "\n", notice.text, "> Printer\n" + "".join("> %s\n" % line for line in notice.text.splitlines())]
    for n, shape in enumerate(shapes):
        reply(desk, notice, "/ask %s\n\nQuestion %d.\n\n%s" % (MAKER, n, shape))
        wait_until(lambda: [m for m in desk.sent_to(MAKER) + desk.sent_to(BOB) if "Question %d." % n in m.text])
    assert [m for m in desk.sent_to(MAKER) if "Question 1." in m.text]
    for sent in desk.sent_to(MAKER):
        assert not re.search("contract|company|month|eleven|[Pp]rinter|Anna", sent.data.decode()), sent.text


@setup(config=CONFIG)
def test_who_answered_in_a_third_partys_stead_is_named(desk):
    notice = start(desk)
    reply(desk, notice, "/ask %s\n\nDo you know it?\n" % MAKER)
    asked = desk.wait_sent(1, to=MAKER)[0]
    third(desk, asked, "We know it.\n")
    assert "Written by" not in answers(desk, "We know it.", 1)[0].text
    third(desk, asked, "Pay to me.\n", sender="other@maker.example")
    told = answers(desk, "Pay to me.", 1)[0]
    assert "Written by other@maker.example" in flat(told) and "other@maker.example" in told.html
    reply(desk, told, "No.\n")                                          # and nobody else's Message-ID is shown to him
    assert "No." in desk.wait_sent(2, to=MAKER)[1].text and str(desk.sent_to(MAKER)[1]["In-Reply-To"]) == [m["message_id"] for m in desk.ticket(1)["messages"] if m["kind"] == "side-in" and not m["flags"]][0]
    assert not [m for m in desk.ticket(1)["messages"] if m["flags"] == "from another address" and m["message_id"] in desk.sent_to(MAKER)[1].data.decode()]
    third(desk, asked, "Or to me.\n", headers=[("Authentication-Results", "mx.example.org; dmarc=fail header.from=maker.example")])
    assert "DMARC fail" in flat(answers(desk, "Or to me.", 1)[0])


@setup(config=CONFIG)
def test_who_asks_about_a_colleagues_ticket_hears_the_answer(desk):
    desk.accept(mail(subject="VPN", to="network@example.org"), "network@example.org")
    notice = desk.wait_sent(1, to=BOB)[0]
    desk.ok("ticket", "assign", 1, "eva")
    reply(desk, notice, "/ask %s\n\nDo you know it?\n" % MAKER)
    third(desk, desk.wait_sent(1, to=MAKER)[0], "We know it.\n")
    assert answers(desk, "We know it.", 1, to=BOB) and answers(desk, "We know it.", 1, to=EVA) and desk.ticket(1)["watchers"] == ["bob"]
    assert desk.ticket(1)["agent"] == "eva" and desk.cli("fsck").code == 0


@setup(config=CONFIG)
def test_spam_is_closed_and_its_senders_next_mails_are_kept_and_told_to_nobody(desk):
    notice = start(desk, "Cheap watches", "Buy a watch.\n")
    reply(desk, notice, "/spam\n\nGo away!\n")
    assert "/spam closes without a word" in flat(answers(desk, "not carried out", 1)[0]) and desk.ticket(1)["state"] == "new"
    before = len(desk.sent_to(ANNA))
    reply(desk, notice, "/spam\n")
    ticket = desk.ticket(1)
    assert (ticket["state"], ticket["tags"]) == ("closed", ["spam"]) and "closed as spam" in flat(answers(desk, "Done:", 1)[0])
    told = len(desk.sent_to(BOB)), len(desk.sent_to(EVA))
    desk.accept(mail(subject="Cheaper watches", body="Buy two.\n"))
    desk.accept(mail(subject="Again", body="Well?\n", reply_to=desk.sent_to(ANNA)[0].message), address_of(desk.sent_to(ANNA)[0]))
    assert (desk.ticket(2)["state"], desk.ticket(2)["tags"], desk.ticket(2)["agent"]) == ("closed", ["spam"], None)
    assert desk.ticket(1)["state"] == "closed" and desk.ticket(1)["messages"][-1]["kind"] == "reply"
    desk.accept(mail(subject="I am the real one", body="Please help.\n", headers=[("Authentication-Results", "mx.example.org; dmarc=pass header.from=example.com")]))
    wait_until(lambda: [m for m in desk.sent_to(BOB) if "real one" in m["Subject"]])
    assert desk.ticket(3)["state"] == "new" and len(desk.sent_to(ANNA)) == before + 1
    assert len([m for m in desk.sent_to(BOB)]) == told[0] + 1 and not [m for m in desk.sent_to(BOB) + desk.sent_to(EVA) if "watches [#2]" in m["Subject"]]
    reply(desk, notice, "/reopen\n")
    assert (desk.ticket(1)["state"], desk.ticket(1)["tags"]) == ("open", [])
    desk.accept(mail(subject="Heard again", body="Hello.\n"))
    wait_until(lambda: [m for m in desk.sent_to(BOB) if "Heard again" in m["Subject"]])
    desk.ok("ticket", "spam", 4)
    assert desk.ticket(4)["state"] == "closed" and desk.cli("ticket", "spam", "3", stdin="No.\n").code != 0
    assert desk.cli("fsck").code == 0


@setup(config=CONFIG, queues=[{"name": "support", "address": "support@example.org", "agents": ["bob", "eva"], "assign": "round-robin"}])
def test_who_is_away_is_given_nothing_until_he_is_back(desk):
    write(desk, "/away 2d\n")
    assert re.search(r"you are away until \d+ \w+ \d{4} \d\d:\d\d", flat(answers(desk, "Done:", 1)[0]))
    for n in range(3):
        desk.accept(mail(subject="Mail %d" % n, sender="c%d@example.net" % n), sender="c%d@example.net" % n)
    assert [t["agent"] for t in desk.tickets()] == ["eva"] * 3
    write(desk, "/away back\n")
    assert "you are back" in flat(answers(desk, "Done:", 2)[1])
    for n in range(2):
        desk.accept(mail(subject="More %d" % n, sender="d%d@example.net" % n), sender="d%d@example.net" % n)
    assert "bob" in [t["agent"] for t in desk.tickets()]
    write(desk, "/away 1d\n", sender=EVA)
    answers(desk, "Done:", 1, to=EVA)
    desk.advance(2 * 86400)
    desk.accept(mail(subject="Later", sender="e1@example.net"), sender="e1@example.net")
    desk.accept(mail(subject="Later still", sender="e2@example.net"), sender="e2@example.net")
    assert "eva" in [t["agent"] for t in desk.tickets()][:2]
    assert desk.cli("fsck").code == 0


@setup(config=CONFIG)
def test_where_does_to_many_tickets_what_is_done_to_one_and_nothing_without_yes(desk):
    for n in range(4):
        desk.accept(mail(subject="Toner %d" % n if n < 3 else "Scanner", sender="c%d@example.net" % n), sender="c%d@example.net" % n)
    desk.ok("ticket", "close", 2, "--no-text")
    said = desk.cli("ticket", "tag", "--where", "state:new", "toner").json
    assert said == {"command": "ticket tag", "tickets": [1, 3, 4], "done": [], "refused": []}, said
    words = desk.cli("ticket", "close", "--where", "state:new", json_output=False)
    assert "would be done to 3 tickets; nothing was done" in words.out and "Scanner" in words.out and words.code == 0
    assert all(not t["tags"] for t in desk.tickets())
    said = desk.cli("ticket", "tag", "--where", "state:new -agent:bob", "toner", "office", "--yes").json
    assert said["done"] == [1, 3, 4] and [t["tags"] for t in desk.tickets()] == [["office", "toner"], ["office", "toner"], [], ["office", "toner"]]
    mixed = desk.cli("ticket", "resolve", "--where", "created:7d", "--yes", "--no-text")
    assert mixed.json["done"] == [1, 3, 4] and mixed.json["refused"][0]["ticket"] == 2 and "reopen it first" in mixed.json["refused"][0]["error"] and mixed.code != 0
    said = desk.cli("ticket", "note", "--where", "tag:toner", "--as", "bob", "--yes", stdin="Ask for the serial number.\n").json
    assert said["done"] == [1, 3, 4] and all(desk.ticket(n)["messages"][-1]["text"] == "Ask for the serial number." for n in (1, 3, 4))
    assert desk.cli("ticket", "merge", "--where", "tag:toner", "1", "--yes", "--no-text").json["done"] == [3, 4]
    for wrong in (["--where", ""], ["--where", "colour:red"], ["--yes", "1"]):
        assert desk.cli("ticket", "close", *wrong).code == 64, wrong
    assert desk.cli("ticket", "split", "--where", "tag:toner", "1").code == 64
    assert desk.cli("fsck").code == 0


@setup(config=CONFIG)
def test_use_sends_the_files_of_the_folder_beside_the_saved_reply(desk):
    save(desk, "replies/offer.md", "# Offer\n\nDear {customer}, see the price list.\n")
    save(desk, "replies/offer.it.md", "Gentile {customer}, veda il listino.\n")
    save(desk, "replies/offer/prices.pdf", "%PDF-1.4 prices\n")
    save(desk, "replies/offer/terms.txt", "Thirty days.\n")
    save(desk, "replies/offer/.hidden", "no")
    files = {"prices.pdf": b"%PDF-1.4 prices\n", "terms.txt": b"Thirty days.\n"}
    notice = start(desk)
    reply(desk, notice, "/use offer\n\nAny question, call me.\n")
    sent = wait_until(lambda: [m for m in desk.sent_to(ANNA) if "call me" in m.text])[0]
    assert files_of(sent) == files and "Dear Anna Bianchi" in sent.text
    assert desk.ticket(1)["messages"][-1]["flags"] == "with the files prices.pdf, terms.txt"
    reply(desk, notice, "/note\n/use offer\n")
    write(desk, "/new carl@example.net\n/use offer\n", subject="Prices")
    assert files_of(wait_until(lambda: desk.sent_to("carl@example.net"))[0]) == files and not any(files_of(m) for m in desk.sent_to(BOB))
    desk.ok("ticket", "note", 1, "--as", "eva", stdin="Not before Monday.\n")
    reply(desk, notice, "/use offer\n\nSecond words.\n")
    back = wait_until(lambda: [m for m in desk.sent_to(BOB) if "Not before Monday" in m.text and "not carried out" in m.text])[0]
    reply(desk, back, "/send\n")
    assert files_of(wait_until(lambda: [m for m in desk.sent_to(ANNA) if "Second words" in m.text])[0]) == files
    desk.advance(1)
    os.makedirs(os.path.join(desk.directory, "replies/offer/folder"))
    assert "is no file that can be read" in str(desk.cli("reply", "lint").json) and desk.cli("reply", "lint").code == 78
    os.rmdir(os.path.join(desk.directory, "replies/offer/folder"))
    for n in range(20):
        save(desk, "replies/offer/%d.txt" % n, "x")
    assert "20 files of 10240 KB are sent at most" in str(desk.cli("check").json), desk.cli("check")
    reply(desk, back, "/use offer\n\nThird words.\n")
    wait_until(lambda: [m for m in desk.sent_to(BOB) if "cannot be used" in flat(m)])
    assert not [m for m in desk.sent_to(ANNA) if "Third words" in m.text]


@setup(config=CONFIG, queues=[{"name": "support", "address": "support@example.org", "agents": ["bob", "eva"]}],
       agents=[{"name": "bob", "email": "bob@agents.example", "language": "it"}, {"name": "eva", "email": "eva@agents.example", "language": "de"}])
def test_what_is_wrong_is_said_in_the_agents_language(desk):
    notice = start(desk)
    german = desk.wait_sent(1, to=EVA)[-1]
    for body, italian in (("/untag vpn\n", "non ha l\u2019etichetta"), ("/uncc dora@example.net\n", "non partecipa alla richiesta 1"), ("/merge 1\n", "non pu\u00f2 essere unita a se stessa"),
                          ("/cc eva@agents.example\n", "l\u2019indirizzo di un operatore"), ("\n", "non contiene nulla di nuovo"), ("/send\n", "non si pu\u00f2 inviare cos\u00ec com\u2019era")):
        count = len(desk.sent_to(BOB))
        reply(desk, notice, body)
        told = desk.wait_sent(count + 1, to=BOB)[-1]
        assert italian in flat(told), (body, flat(told))
    desk.ok("ticket", "close", 1, "--no-text")
    reply(desk, german, "/pending 3d\n", sender=EVA)
    wait_until(lambda: [m for m in desk.sent_to(EVA) if "/pending ist nicht m\u00f6glich" in flat(m) and "geschlossen" in flat(m)])
    desk.ok("ticket", "reopen", 1, "--no-text")
    desk.ok("ticket", "reply", 1, "--as", "bob", stdin="On Monday.\n")
    reply(desk, german, "On Tuesday.\n", sender=EVA)
    wait_until(lambda: [m for m in desk.sent_to(EVA) if "seit der Benachrichtigung, auf die Sie antworten, hat" in flat(m) and "mit /send in der ersten Zeile" in flat(m)])
    assert not [m for m in desk.sent_to(ANNA) if "On Tuesday" in m.text]


@setup(config=CONFIG)
def test_forged_commands_bring_an_agent_twenty_answers_an_hour_and_then_a_count(desk):
    for n in range(25):
        write(desk, "/list\n", proved=False, subject="Forged %d" % n)
    write(desk, "/list state:new\n")
    last = wait_until(lambda: [m for m in desk.sent_to(BOB) if "state:new" in m.text])[0]
    assert "5 emails with commands in your name, whose sender nothing proved, were left unanswered" in flat(last), last.text
    assert len(desk.sent_to(BOB)) == 21
    details = [r["detail"] or "" for r in desk.cli("mailbox", "list").json]
    assert len([d for d in details if d.startswith("not answered: 20 answers within the hour to commands in bob's name")]) == 5, details
    desk.advance(3700)
    write(desk, "/list state:open\n", proved=False)
    again = wait_until(lambda: [m for m in desk.sent_to(BOB) if "state:open" in m.text])[0]
    assert "5 emails with commands" in flat(again)
    write(desk, "/list state:closed\n", proved=False)
    assert "emails with commands" not in wait_until(lambda: [m for m in desk.sent_to(BOB) if "state:closed" in m.text])[0].text


@setup(config={"authserv_id": "mx.example.org", "web.base_url": "http://127.0.0.1:8025"})
def test_a_saved_reply_to_a_third_party_names_no_customer(desk):
    save(desk, "replies/hello.md", "Dear {customer},\n\nabout {subject}, {customer_address}.{?link_status} See {link_status}.{/link_status}\n")
    notice = start(desk, "Printer of Anna", "It does not print.\n")
    reply(desk, notice, "/ask %s\n/use hello\n\nDo you know it?\n" % MAKER)
    asked = desk.wait_sent(1, to=MAKER)[0]
    third(desk, asked, "Yes.\n")
    reply(desk, answers(desk, "Yes.", 1)[0], "/use hello\n\nSince when?\n")
    again = desk.wait_sent(2, to=MAKER)[1]
    assert "Do you know it?" in asked.text and "Since when?" in again.text and "Dear %s" % MAKER in asked.text and "Dear %s" % MAKER in again.text
    for sent in (asked, again):
        assert not re.search("Anna|Printer|anna@|/l/", sent.data.decode()), sent.text


@setup(config=CONFIG)
def test_an_answer_to_a_list_leads_nowhere_whatever_asked_for_it(desk):
    start(desk)
    write(desk, "/list\n/note #1\n\nShe called.\n", subject="My own orders")
    listed = answers(desk, "Yours:", 1)[0]
    desk.accept(mail(sender=BOB, to="network@example.org", subject="Re: My own orders", body="Thank you, list.\n",
                     headers=PROVED + [("In-Reply-To", listed["Message-ID"]), ("References", "%s %s" % (listed["References"], listed["Message-ID"]))]), "network@example.org", sender=BOB)
    assert "Thank you, list." in answers(desk, "not carried out", 1)[0].text and len(desk.tickets()) == 1 and len(desk.ticket(1)["messages"]) == 3
