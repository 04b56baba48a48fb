"""Articles in the acknowledgement, and as pages. The texts are made up."""
import os, re
from desk import mail, wait_until, setup, QUEUES

ANNA = "anna@example.com"
ARTICLES = {
    "vpn.md": """---
keywords: vpn, tunnel, anyconnect
---
# Connect to the VPN from home

Install the VPN client from the software portal and start it. Sign in with your user name and the code of your phone. If the VPN does not
connect and says "authentication failed", your password has expired: change it first. See [passwords](password.md).
""",
    "vpn.it.md": """# Collegarsi alla VPN da casa

Installi il client VPN dal portale del software e lo avvii. Entri con il Suo nome utente e il codice del telefono. Se la VPN non si collega e
dice "autenticazione fallita", la password è scaduta: la cambi prima.
""",
    "password.md": """# Change a forgotten password

Open the password page, choose "I forgot my password" and type the code that we send to your phone. The new password needs twelve letters.
""",
    "password.it.md": """# Cambiare la password dimenticata

Apra la pagina delle password, scelga "ho dimenticato la password" e scriva il codice che mandiamo al Suo telefono. La nuova password deve
avere dodici lettere.
""",
    "printer.md": """# Paper jam in the printer

Open the rear door of the printer, pull the jammed paper out slowly with both hands, and close the door until it clicks.
""",
    "salary.md": "---\nhidden: yes\n---\n# Salary table of the managers\n\nThe salary of managers and the bonus of managers is paid on the last day.\n",
    "_draft.md": "# Parking permit draft\n\nThe parking permit for the parking garage is given at the parking desk.\n",
}
VPN = {"subject": "VPN does not connect from home", "body": "The VPN client says authentication failed when I connect from home.\n"}
VPN_IT = {"subject": "La VPN non si collega da casa", "body": "Buongiorno, il client VPN dice autenticazione fallita quando mi collego da casa. Come posso fare?\n"}


def put(desk, name, text):
    path = os.path.join(desk.directory, "kb", name)
    with open(path + ".new", "w") as f:
        f.write(text)
    os.rename(path + ".new", path)


def articles(desk):
    for name, text in ARTICLES.items():
        put(desk, name, text)
    for name in ARTICLES:
        if name not in ("salary.md", "_draft.md"):
            wait_until(lambda: desk.http("/kb/" + name[:-3])[0] == 200, 10, name + " is seen")


def acknowledged(desk, count=1, to="support@example.org", **options):
    desk.accept(mail(to=to, **options), to)
    return desk.wait_sent(count, to=ANNA)[-1]


def links(sent):
    return re.findall(r"http://127\.0\.0\.1:\d+(/kb/[^\s\"<?]+)", sent.text)


def suggested(desk, number=1):
    return [h["what"] for h in desk.ticket(number)["history"] if "suggested articles" in h["what"]]


def test_the_right_article_in_the_right_language(desk):
    articles(desk)
    ack = acknowledged(desk, **VPN)
    assert "This may already help you" in ack.text and "Connect to the VPN from home" in ack.text, ack.text
    assert links(ack)[0] == "/kb/vpn.en" and len(links(ack)) <= 3
    assert "Connect to the VPN from home</b></a>" in ack.html and "/kb/vpn.en?t=" in ack.html
    assert len(suggested(desk)) == 1 and "vpn" in suggested(desk)[0]
    status, headers, page = desk.http(links(ack)[0])
    assert status == 200 and headers["Content-Security-Policy"].startswith("default-src 'none'") and headers["Referrer-Policy"] == "no-referrer"
    assert "<h1>Connect to the VPN from home</h1>" in page and "authentication failed" in page and 'href="password"' in page and "viewport" in page
    ack = acknowledged(desk, 2, **VPN_IT)
    assert "Questo potrebbe già esserLe utile" in ack.text and "Collegarsi alla VPN da casa" in ack.text and links(ack)[0] == "/kb/vpn.it"
    assert "Connect to the VPN" not in ack.text and 'lang="it"' in desk.http("/kb/vpn.it")[2]
    assert "<h1>Collegarsi" in desk.http("/kb/vpn", headers={"Accept-Language": "it"})[2]
    assert "<h1>Connect" in desk.http("/kb/vpn", headers={"Accept-Language": "ja"})[2]
    status, headers, _ = desk.http("/kb/vpn", "POST", "x=1")
    assert status == 405 and headers["Allow"] == "GET, HEAD" and desk.http("/kb/vpn", "HEAD")[0] == 200
    for path, methods in (("/l/x", "GET, HEAD, POST"), ("/healthz", "GET, HEAD"), ("/kb/vpn", "GET, HEAD")):
        status, headers, _ = desk.http(path, "PUT", "x=1")
        assert (status, headers["Allow"]) == (405, methods), (path, status, headers["Allow"])


def test_silent_where_nothing_fits(desk):
    articles(desk)
    ack = acknowledged(desk, subject="Invoice 4711", body="Where shall I send the invoice for the catering of last Thursday?\n")
    assert "This may already help" not in ack.text and not links(ack) and not suggested(desk)


@setup(queues=[dict(QUEUES[0], kb="off"), QUEUES[1]])
def test_a_queue_may_be_off(desk):
    articles(desk)
    assert not links(acknowledged(desk, **VPN)) and not suggested(desk)
    assert links(acknowledged(desk, 2, to="network@example.org", **VPN))


@setup(queues=[dict(QUEUES[0], kb="before-ticket", notices=["received", "agent-new"])])
def test_nothing_is_held_without_its_mail_and_check_says_so(desk):
    articles(desk)
    assert links(acknowledged(desk, **VPN)) and desk.ticket(1)["state"] == "new"
    checked = desk.ok("check")
    assert [p for p in checked if p["level"] == "warning" and p["what"].startswith("queues[].kb: ") and '"held"' in p["what"] and p["line"] > 0]


def test_never_for_replies_and_automatic_mail(desk):
    articles(desk)
    ack = acknowledged(desk, **VPN)
    desk.accept(mail(reply_to=ack, body=VPN["body"]), ack["Reply-To"].addresses[0].addr_spec)
    wait_until(lambda: len(desk.sent_to("bob@agents.example")) == 2)
    assert len(suggested(desk)) == 1 and len(desk.sent_to(ANNA)) == 1
    desk.accept(mail(headers=[("Auto-Submitted", "auto-generated")], **VPN))
    assert not suggested(desk, 2) and len(desk.sent_to(ANNA)) == 1


def test_changes_are_seen_while_running(desk):
    articles(desk)
    assert desk.http("/kb/scanner")[0] == 404
    put(desk, "scanner.md", "# Scan to mail\n\nPress the green button of the scanner, choose scan to mail and type your mail address on the scanner.\n")
    wait_until(lambda: desk.http("/kb/scanner")[0] == 200, 8)
    ask = {"subject": "Scan to mail", "body": "How do I scan to my mail address with the scanner?\n"}
    assert "/kb/scanner.en" in links(acknowledged(desk, **ask))
    put(desk, "scanner.md", "# Scan to mail, the new way\n\nThe scanner has a blue button now: scan to mail is behind it.\n")
    wait_until(lambda: "the new way" in desk.http("/kb/scanner")[2], 8)
    os.unlink(os.path.join(desk.directory, "kb", "scanner.md"))
    wait_until(lambda: desk.http("/kb/scanner")[0] == 404, 8)
    assert not links(acknowledged(desk, 2, **ask))


def test_another_folder_after_hup(desk):
    articles(desk)
    other = os.path.join(desk.directory, "other")
    os.mkdir(other)
    with open(os.path.join(other, "toner.md"), "w") as f:
        f.write("# Order toner\n\nToner is ordered at the front desk.\n")
    desk.set("kb_dir", other)
    desk.write_config()
    desk.hup()
    wait_until(lambda: desk.http("/kb/toner")[0] == 200)
    assert desk.http("/kb/vpn")[0] == 404


def test_a_missing_folder_is_no_trouble(desk):
    desk.stop()
    desk.set("kb_dir", os.path.join(desk.directory, "later"))
    desk.write_config()
    desk.start()
    acknowledged(desk, **VPN)
    assert desk.http("/kb/vpn")[0] == 404 and not desk.log("kb.trouble") and not desk.log("kb.problem")
    os.mkdir(os.path.join(desk.directory, "later"))
    with open(os.path.join(desk.directory, "later", "vpn.md"), "w") as f:
        f.write(ARTICLES["vpn.md"])
    wait_until(lambda: desk.http("/kb/vpn")[0] == 200, 8)
    assert links(acknowledged(desk, 2, **VPN))


def test_hostile_markdown_stays_words(desk):
    articles(desk)
    put(desk, "evil.md", """# Reset the <script>alert(1)</script> coffee machine "onclick=x

The coffee machine resets: hold the coffee button. <script>alert(2)</script> <img src=x onerror=alert(3)>
[press](javascript:alert(4)) [data](data:text/html,x) [tab](java\tscript:alert(5)) <javascript:alert(6)> ![i](javascript:alert(7))
{link_status} {?ticket}

<div onclick="alert(8)">coffee machine reset</div>
""")
    wait_until(lambda: desk.http("/kb/evil")[0] == 200, 8)
    page = desk.http("/kb/evil")[2]
    ack = acknowledged(desk, subject="Reset the coffee machine", body="How do I reset the coffee machine? Which coffee button do I hold?\n")
    assert "/kb/evil.en" in links(ack), ack.text
    for html in (page, ack.html):
        assert "<script" not in html and "<img" not in html.replace('<img src="" alt="i"', "")
        assert not re.search(r"""(?i)(href|src)\s*=\s*["']?\s*(javascript|data|java)""", html) and not re.search(r"<[^>]*\son\w+\s*=", re.sub(r'"[^"]*"', '""', html))
    assert desk.http("/kb/..%2fsportello.conf")[0] == 404 and desk.http("/kb/")[0] == 404 and desk.http("/kb/%00")[0] in (400, 404)


def test_hidden_ones_and_drafts_are_never_shown(desk):
    articles(desk)
    ack = acknowledged(desk, subject="Salary table of the managers", body="When is the salary and the bonus of managers paid?\n")
    assert "Salary table" not in ack.text.replace(str(ack["Subject"]), "") and "/kb/salary" not in ack.text
    ack = acknowledged(desk, 2, subject="Parking permit", body="Where is the parking permit for the parking garage given?\n")
    assert "/kb/" not in ack.text
    for path in ("salary", "salary.en", "_draft", "_draft.en", "draft", "nothing"):
        status, _, page = desk.http("/kb/" + path)
        assert status == 404 and "bonus" not in page and "garage" not in page, path


def test_urgent_priority_silences(desk):
    articles(desk)
    with open(os.path.join(desk.directory, "rules", "10.sieve"), "w") as f:
        f.write('require ["imap4flags"];\nif header :contains "subject" "VPN" { addflag "priority:urgent"; }\n')
    desk.restart()
    ack = acknowledged(desk, **VPN)
    assert desk.ticket(1)["priority"] == "urgent" and not links(ack) and not suggested(desk)
    assert links(acknowledged(desk, 2, subject="Paper jam in the printer", body="Paper is jammed in the printer, how do I pull it out?\n"))


def test_explain_shows_the_same(desk):
    articles(desk)
    said = desk.ok("explain", "-", stdin=mail(**VPN).decode())
    assert said["kb"] and said["kb"][0]["article"] == "vpn" and said["kb"][0]["title"] == "Connect to the VPN from home" and 0 < said["kb"][0]["score"] <= 1
    ids = [a["article"] for a in said["kb"]]
    assert any("suggested articles: " + ", ".join(ids) in line for line in said["plan"]), said["plan"]
    acknowledged(desk, **VPN)
    assert "suggested articles: " + ", ".join(ids) in suggested(desk)[0]
    assert desk.ok("explain", "-", stdin=mail(headers=[("Auto-Submitted", "auto-generated")], **VPN).decode())["kb"] == []
    assert desk.ok("explain", "-", stdin=mail(subject="Invoice 4711", body="Where shall I send the invoice?\n").decode())["kb"] == []


def test_check_names_file_and_line(desk):
    articles(desk)
    put(desk, "bad.md", "---\nlanguage: italian language\n---\n# Bad head\n\nSome words about nothing in particular.\n")
    with open(os.path.join(desk.directory, "kb", "latin.md"), "wb") as f:
        f.write(b"# Caff\xe8\n\nCaff\xe8\n")
    checked = desk.ok("check")
    bad = [p for p in checked if p["file"].endswith("/kb/bad.md")]
    assert bad and bad[0]["line"] == 2 and bad[0]["level"] == "warning"
    assert any(p["file"].endswith("/kb/latin.md") and p["level"] == "warning" for p in checked)
    wait_until(lambda: desk.log("kb.problem", file="latin.md"), 8)


def since(desk, when="1d"):
    return desk.ok("kb", "report", "--since", when)


def test_report(desk):
    articles(desk)
    empty = since(desk)
    assert empty["asked"] == 0 and empty["deflection_rate"] is None and empty["articles"] == [] and empty["unanswered"] == []
    acknowledged(desk, **VPN)
    acknowledged(desk, 2, **VPN_IT)
    for i, body in enumerate(("Where do I get a parking permit for the garage?", "I need a permit for parking in the garage.", "When is the canteen open on Sunday?")):
        desk.accept(mail(subject=["Parking permit", "Permit", "Canteen"][i], body=body + "\n", sender="c%d@example.com" % i))
    wait_until(lambda: since(desk)["asked"] == 5, 8)
    report = since(desk)
    assert report["nothing"] == 3 and report["acknowledged"]["shown"] == 2 and report["held"]["shown"] == 0 and report["deflected"] == 0, report
    vpn = next(a for a in report["articles"] if a["article"] == "vpn")
    assert vpn["suggested"] == 2 and vpn["first"] == 2 and vpn["solved"] == vpn["refused"] == 0, report
    groups = report["unanswered"]
    assert [g["count"] for g in groups] == [2, 1] and groups[0]["tickets"] == [3, 4] and "permit" in groups[0]["words"], groups
    assert groups[0]["example"] in ("Parking permit", "Permit") and groups[1]["example"] == "Canteen" and groups[1]["tickets"] == [5]
    words = desk.cli("kb", "report", json_output=False).out
    assert "asked about 5 requests" in words and "3 of 5 (60 %)" in words and "0 of 2 (0 %) shown with the acknowledgement" in words, words
    assert "Articles worth writing" in words and "permit" in words and "VPN" in words
    assert since(desk, "2099-01-01")["asked"] == 0
