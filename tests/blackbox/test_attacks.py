"""Who wants in: forged senders, tokens in wrong hands and places, mails that are bombs, values that want to be markup.

Numbers in names are those of the complaints about the peers.
"""
import base64, os, re, socket, time
from urllib.parse import urlencode
from desk import mail, address_of, setup, wait_until

ANNA, BOB, MALLORY = "anna@example.com", "bob@agents.example", "mallory@evil.example"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def request(desk, **options):
    desk.accept(mail(**options))
    return desk.wait_sent(1, to=ANNA)[-1]


def links(sent):
    return re.findall(r"http://127\.0\.0\.1:\d+(/l/[a-z2-7]+)", sent.text)


def resolved(desk):
    """Ticket 1, answered and resolved; the mail that asks the customer."""
    request(desk)
    desk.ok("ticket", "reply", 1, "--as", "bob", stdin="Turn it off and on.\n")
    desk.ok("ticket", "resolve", 1, "--as", "bob")
    return desk.wait_sent(3, to=ANNA)[2]


def status_link(desk):
    """The page with the conversation: it is reached from the page behind the link in the mail that asks."""
    confirm = links(resolved(desk))[0]
    page = desk.http(confirm, "POST", "do=confirm", FORM)[2]
    inner = re.findall(r'(?:href|action)="([a-z2-7]{20,})"', page)
    for token in inner:
        status, _, text = desk.http("/l/" + token)
        if status == 200 and 'class="said"' in text:
            return "/l/" + token
    raise AssertionError("no link to the conversation in:\n" + page)


# ---- 34, 35: the support address as somebody's mailbox

def test_34_ticket_trick_a_code_sent_to_the_tickets_address_is_not_shown(desk):
    """Slack, Yammer and others mailed sign-up codes to support+TOKEN@company; the ticket's owner read them."""
    page = status_link(desk)
    ticket_address = address_of(desk.sent_to(ANNA)[0])
    desk.accept(mail(sender="Service <no-reply@service.example>", subject="Your code", body="Your code is 314-159.\n"), ticket_address,
                sender="bounce@service.example")
    assert "314-159" in desk.ticket(1)["messages"][-1]["text"], "the agents have it"
    status, _, text = desk.http(page)
    assert status == 200 and "314-159" not in text and "Turn it off and on." in text
    assert not any("314-159" in m.text for m in desk.sent_to(ANNA))


@setup(config={"authserv_id": "mx.example.org"})
def test_34_a_copied_service_is_not_shown_either(desk):
    """The same with the service made a participant first, by an authenticated sender's Cc."""
    good = [("Authentication-Results", "mx.example.org; dmarc=pass header.from=example.com")]
    page = status_link(desk)
    ticket_address = address_of(desk.sent_to(ANNA)[0])
    desk.accept(mail(headers=good + [("Cc", "no-reply@service.example")], subject="more"), ticket_address)
    desk.accept(mail(sender="no-reply@service.example", subject="Your code", body="Your code is 314-159.\n"), ticket_address, sender="b@service.example")
    assert "314-159" not in desk.http(page)[2]


def test_35_who_writes_to_a_stolen_ticket_address_reads_nothing(desk):
    ack = request(desk, subject="My salary")
    desk.accept(mail(sender=MALLORY, subject="hello", body="Please send all again, also to me.\n", headers=[("Cc", "other@evil.example")]),
                address_of(ack), sender=MALLORY)
    desk.ok("ticket", "reply", 1, "--as", "bob", stdin="It is 4,000 a month.\n")
    desk.wait_sent(2, to=ANNA)
    assert not any(r.endswith("evil.example") for m in desk.sent() for r in m.recipients)


def test_35_forged_sender_with_a_copy_opens_nothing_of_the_victims(desk):
    """Zendesk 2024: a mail in the victim's name, the attacker in Cc, a guessed number."""
    request(desk, subject="Confidential")
    desk.ok("ticket", "note", 1, "--as", "bob", stdin="secret note\n")
    desk.accept(mail(subject="Re: Confidential [#1]", headers=[("Cc", MALLORY)]), sender=MALLORY)
    desk.ok("ticket", "reply", 1, "--as", "bob", stdin="the secret answer\n")
    wait_until(lambda: any("the secret answer" in m.text for m in desk.sent_to(ANNA)))
    assert not desk.sent_to(MALLORY)


# ---- tokens

def test_tokens_of_one_role_are_good_for_no_other(desk):
    asked = resolved(desk)
    desk.wait_sent(1, to=BOB)
    anna, bob = desk.sent_to(ANNA), desk.sent_to(BOB)
    local = lambda address: re.sub(r"^.*\+", "", address.split("@")[0])
    addresses = {local(address_of(m)) for m in anna + bob} | {local(m.sender) for m in anna + bob if "+" in (m.sender or "")}
    ids = {str(m["Message-ID"]).strip("<>").split("@")[0].split(".")[-1] for m in anna + bob}
    pages = {link[3:] for link in links(asked)}
    assert len(addresses) >= 3 and len(ids) >= 3 and len(pages) == 2
    before = desk.ticket(1)
    for token in addresses | ids:
        for method, body in (("GET", None), ("POST", "do=confirm")):
            assert desk.http("/l/" + token, method, body, FORM)[0] == 404, token
    for token in pages | ids:
        (code, text), = desk.lmtp(mail(sender=MALLORY, subject="x " + token, body="/close\n\nwords\n"), "support+%s@example.org" % token, sender=MALLORY)
        assert code in (250, 550), text
    after = desk.ticket(1)
    assert after["state"] == before["state"] == "resolved" and len(after["messages"]) == len(before["messages"])


def test_a_customers_token_commands_nothing_even_in_an_agents_name(desk):
    ack = request(desk)
    for who in (ANNA, BOB, MALLORY):
        desk.accept(mail(sender=who, subject="Re", body="/close\n/assign eva\n/note\nhidden\n"), address_of(ack), sender=who)
    ticket = desk.ticket(1)
    assert ticket["state"] != "closed" and ticket["agent"] != "eva", ticket["history"]
    assert not any(m["kind"] == "note" for m in ticket["messages"] if m["from"] != BOB)


def test_a_mail_in_an_agents_name_to_the_queue_commands_nothing(desk):
    request(desk)
    desk.accept(mail(sender="Bob Rossi <%s>" % BOB, subject="Re: A question [#1]", body="/close\n\nAll done.\n"), sender=MALLORY)
    assert desk.ticket(1)["state"] == "new"
    assert not any("All done." in m.text for m in desk.sent_to(ANNA))


def test_numbers_and_message_ids_can_be_guessed_in_vain(desk):
    ack = request(desk)
    mine = str(ack["Message-ID"]).strip("<>")
    number, token = mine.split("@")[0].split(".")
    guesses = ["<%s.%s@example.org>" % (number, token[:-1] + ("a" if token[-1] != "a" else "b")), "<1@example.org>", "<1.1@example.org>",
               "<%s@example.org>" % token, "<2.%s@example.org>" % token]
    for guess in guesses:
        desk.accept(mail(sender=MALLORY, subject="Re: [#1] #1 ticket 1", headers=[("In-Reply-To", guess), ("References", guess)]), sender=MALLORY)
    assert len(desk.ticket(1)["messages"]) == 2 and len(desk.tickets()) == 1 + len(guesses)


def test_a_press_from_another_site_needs_the_token_and_gets_nothing_else(desk):
    """There is no cookie to ride on: what a foreign page can post without the link is 404, and no page may be framed."""
    link = links(resolved(desk))[0]
    foreign = dict(FORM, Origin="https://evil.example", Referer="https://evil.example/")
    assert desk.http("/l/", "POST", "do=confirm", foreign)[0] == 404
    assert desk.http(link[:-1] + ("a" if link[-1] != "a" else "b"), "POST", "do=confirm", foreign)[0] == 404
    _, headers, _ = desk.http(link)
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"] and "no-referrer" in headers["Referrer-Policy"]
    assert "Set-Cookie" not in headers and desk.ticket(1)["state"] == "resolved"


def test_35_an_own_token_with_a_reference_to_somebody_elses_ticket(desk):
    """A token of ticket 2, the Message-ID of ticket 1, Anna's name, a copy to oneself: ticket 1 sees nothing of it, and Anna is not proved by it."""
    of_anna = request(desk, subject="Hers")
    desk.accept(mail(sender=MALLORY, subject="Mine"), sender=MALLORY)
    own = address_of(desk.wait_sent(1, to=MALLORY)[0])
    refers = [("In-Reply-To", str(of_anna["Message-ID"])), ("References", str(of_anna["Message-ID"]))]
    before = desk.ticket(1)
    for who, more in ((MALLORY, []), (ANNA, [("Cc", MALLORY)])):
        for recipient in (own, own.replace("support+", "network+")):
            desk.accept(mail(sender=who, subject="Re: Hers [#1]", to=own, headers=refers + more), recipient, sender=MALLORY)
    after = desk.ticket(1)
    assert after["messages"] == before["messages"] and after["history"] == before["history"]
    desk.ok("ticket", "reply", 1, "--as", "bob", stdin="For Anna.\n")
    wait_until(lambda: any("For Anna." in m.text for m in desk.sent_to(ANNA)))
    assert not any("For Anna." in m.text for m in desk.sent_to(MALLORY))


@setup(config={"authserv_id": "mx.example.org"})
def test_35_a_pass_of_another_domain_proves_nobody(desk):
    """Two From fields: the mail server judged the one, we read the other; and words of the envelope that look like a result."""
    request(desk, subject="Hers")
    for results in ("dmarc=pass header.from=evil.example", 'spf=pass smtp.mailfrom="a; dmarc=pass header.from=example.com; b"@evil.example; dmarc=fail header.from=example.com'):
        desk.accept(mail(subject="Re: Hers [#1]", headers=[("Authentication-Results", "mx.example.org; " + results), ("Cc", MALLORY)]), sender=MALLORY)
    desk.ok("ticket", "reply", 1, "--as", "bob", stdin="For Anna.\n")
    wait_until(lambda: any("For Anna." in m.text for m in desk.sent_to(ANNA)))
    assert not desk.sent_to(MALLORY), "nobody was copied in"


# ---- files and connections that are not what they seem

@setup(start=False)
def test_no_article_is_a_link_out_of_its_folder(desk):
    """Who writes articles publishes what is in their folder, and no other file that the daemon can read: its key, passwords."""
    kb, secret = desk.settings["kb_dir"], os.path.join(desk.directory, "secret.txt")
    with open(secret, "w") as f:
        f.write("# Secret\n\nThe password is hunter2.\n")

    def lay(prefix):
        with open(os.path.join(kb, prefix + "good.md"), "w") as f:
            f.write("# Good\n\nThis one may be read.\n")
        os.symlink(prefix + "good.md", os.path.join(kb, prefix + "alias.md"))
        os.symlink(secret, os.path.join(kb, prefix + "absolute.md"))
        os.symlink("../secret.txt", os.path.join(kb, prefix + "relative.md"))
        os.symlink("/proc/self/environ", os.path.join(kb, prefix + "process.md"))
        os.mkfifo(os.path.join(kb, prefix + "fifo.md"))
    lay("a")
    desk.start()
    lay("b")
    wait_until(lambda: desk.http("/kb/bgood")[0] == 200)
    for prefix in "ab":
        assert "may be read" in desk.http("/kb/%sgood" % prefix)[2] and desk.http("/kb/%salias" % prefix)[0] == 200
        for name in ("absolute", "relative", "process", "fifo"):
            assert desk.http("/kb/" + prefix + name)[0] == 404, name
    assert [a["article"] for a in desk.ok("kb", "list")] == ["aalias", "agood", "balias", "bgood"]
    assert "leads out of the folder" in desk.cli("kb", "lint", json_output=False).out + desk.cli("kb", "lint", json_output=False).err
    for path in ("/kb/../secret.txt", "/kb/..%2fsecret.txt", "/kb/%2e%2e/secret.txt", "/kb//" + secret, "/kb/agood/../../secret.txt"):
        assert "hunter2" not in desk.http(path)[2], path


def raw_http(desk, data):
    """All that is answered to these bytes, until the server closes or falls silent."""
    with socket.create_connection(("127.0.0.1", desk.web_port), timeout=30) as s:
        s.sendall(data)
        s.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: s.recv(65536), b""))


def test_no_request_is_smuggled_behind_another(desk):
    """Behind a proxy, two views of where a request ends mix up the answers of its clients (RFC 9112 section 11.2)."""
    hidden = b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n"
    assert raw_http(desk, b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n" + hidden).count(b"\nsportello_mails_total ") == 1, "pipelining as such is no sin"
    for fields in (b"Content-Length: 0\r\nContent-Length: %d", b"Content-Length: 0\r\nTransfer-Encoding: chunked", b"Content-Length : %d", b"Content-Length: +0",
                   b"Content-Length: 0, %d", b"Content-Length: 0x0", b"Transfer-Encoding: identity, chunked", b"Transfer-Encoding: xchunked",
                   b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", b"Transfer-Encoding : chunked", b"X: a\r\n Content-Length: %d", b"Content-Length:"):
        for body in (b"", b"0\r\n\r\n"):
            request = b"POST /l/x HTTP/1.1\r\nHost: a\r\n" + (fields.replace(b"%d", b"%d" % len(hidden))) + b"\r\n\r\n" + body + hidden
            answer = raw_http(desk, request)
            assert answer.startswith(b"HTTP/1.1 400") and b"sportello_" not in answer, (fields, answer)
    assert desk.http("/healthz")[0] == 200


# ---- values that want to be something else

EVIL = '"><script>alert(1)</script><img src=x onerror=alert(1)> & {ticket} %s'


@setup(queues=[{"name": "support", "address": "support@example.org", "description": "", "agents": ["bob"]}])
def test_pages_escape_whatever_a_mail_says(desk):
    encoded = "=?utf-8?b?%s?=" % base64.b64encode(EVIL.encode()).decode()
    desk.accept(mail(subject=encoded, body=EVIL + "\nhttp://evil.example\n", sender="%s <anna@example.com>" % encoded))
    desk.wait_sent(1, to=ANNA)
    desk.ok("ticket", "reply", 1, "--as", "bob", stdin=EVIL + "\n")
    desk.ok("ticket", "resolve", 1, "--as", "bob")
    asked = desk.wait_sent(3, to=ANNA)[2]
    assert "<script>" not in asked.html and "onerror=alert(1)>" not in asked.html.replace("&gt;", "")
    for link in links(asked):
        for method in ("GET", "POST"):
            _, _, page = desk.http(link, method, "words=" + urlencode({"": EVIL})[1:] if method == "POST" else None, FORM)
            assert "<script" not in page and "<img" not in page, page
            for token in re.findall(r'(?:href|action)="([a-z2-7]{20,})"', page):
                inner = desk.http("/l/" + token)[2]
                assert "<script" not in inner and "<img" not in inner


def test_headers_of_our_mails_are_ours(desk):
    """Every value of a mail that comes back in one of ours: name, subject, Message-ID, References, file name."""
    crlf = "=?utf-8?q?a=0D=0ABcc:_victim=40evil.example?="
    desk.accept(mail(subject=crlf, sender="%s <anna@example.com>" % crlf, message_id="<a\tb\x0bBcc:x@evil.example>",
                     headers=[("References", "<x\x0bBcc:victim@evil.example> <ok@example.com>"), ("Reply-To", "%s <anna@example.com>" % crlf)]))
    ack = desk.wait_sent(1, to=ANNA)[0]
    desk.accept(mail(reply_to=ack, subject=crlf), address_of(ack))
    desk.ok("ticket", "reply", 1, "--as", "bob", stdin="Bcc: victim@evil.example\n\nwords\n")
    for sent in desk.wait_sent(2, to=ANNA) + desk.sent_to(BOB):
        assert not any(sent[name] for name in ("Bcc", "Cc", "X-Evil")), sent.data
        assert all(not r.endswith("evil.example") for r in sent.recipients)


def test_file_names_that_are_paths_write_nothing_and_stay_names(desk):
    names = ["../../../../tmp/sportello-owned", "/etc/cron.d/owned", "..\\..\\owned.exe", "a\x00b", ".", "..", "C:\\owned", "~root/.ssh/authorized_keys"]
    parts = "".join("--b\r\nContent-Type: application/octet-stream\r\nContent-Disposition: attachment; filename*=utf-8''%s\r\n\r\nx\r\n"
                    % "".join("%%%02X" % c for c in name.encode()) for name in names)
    data = mail(body="").replace(b"text/plain; charset=utf-8", b"multipart/mixed; boundary=b").replace(b"Content-Transfer-Encoding: 8bit\r\n", b"")
    desk.accept(data + parts.encode() + b"--b--\r\n")
    desk.wait_sent(2)
    found = desk.ticket(1)["messages"][0]["attachments"]
    assert len(found) == len(names)
    for i in range(len(found)):
        assert desk.cli("ticket", "attachment", 1, 1, i + 1, json_output=False).bytes.strip() == b"x"
    assert not os.path.exists("/tmp/sportello-owned") and not os.path.exists("/etc/cron.d/owned")
    # Relayed by an agent's forward or answer, a name is a name.
    for sent in desk.sent():
        for part in sent.message.walk():
            assert "/" not in (part.get_filename() or "") and "\\" not in (part.get_filename() or "")


def test_words_are_no_sql_and_no_search_syntax(desk):
    request(desk, subject="x' OR 1=1; DROP TABLE ticket; --")
    for words in ("' OR '1'='1", 'a" OR b', "NEAR(", "*", "subject:", "-", '"', "a AND", "\\", "%", "(((("):
        assert desk.cli("ticket", "list", "--customer", words).json == []
        assert desk.cli("ticket", "search", words).code in (0, 64, 65), words
    assert desk.cli("fsck").code == 0 and len(desk.tickets()) == 1


def test_a_mail_writes_no_line_of_its_own_into_the_log(desk):
    forged = "=?utf-8?q?x=0Aevent=3Dlmtp.accepted_ticket=3D99=1B[31m?="
    desk.accept(mail(subject=forged, message_id='<a" event="lmtp.accepted>', sender='"x\\" event=\\"y" <anna@example.com>'))
    assert all(entry["ticket"] == "1" for entry in desk.log("lmtp.accepted"))
    with open(desk.log_file, "rb") as f:
        assert b"\x1b" not in f.read()


# What a terminal obeys: ESC [ 31 m, BEL, CR, backspace, CSI of C1, overrides and isolates of direction, DEL, a byte order mark
STEERS = "\x1b[31m\x1b]0;owned\x07\r\b\x9b2J\x85\u202e\u2066\u200f\u061c\u2028\x7f\ufeff"
FORBIDDEN = set(STEERS + "".join(map(chr, range(32))) + "".join(map(chr, range(0x7f, 0xa0)))) - set("[31m]0;owned2J\n\t")


def hostile_mail():
    word = "=?utf-8?b?%s?=" % base64.b64encode(("evil " + STEERS + " end").encode()).decode()
    name = "".join("%%%02X" % c for c in ("evil" + STEERS + ".txt").encode())
    data = mail(subject=word, sender="%s <anna@example.com>" % word, body="", message_id="<evil%s@example.com>" % "\x1b[31m\x9b",
                headers=[("Reply-To", "%s <anna@example.com>" % word), ("Cc", '"\x1b[31m\u202e" <"c\x1b[31m"@example.com>'), ("X-Evil", STEERS.replace("\r", ""))])
    data = data.replace(b"text/plain; charset=utf-8", b"multipart/mixed; boundary=b").replace(b"Content-Transfer-Encoding: 8bit\r\n", b"")
    return data + ("--b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n%s\r\n"
                   "--b\r\nContent-Type: application/x-\x1b[31m; name=x\r\nContent-Disposition: attachment; filename*=utf-8''%s\r\n\r\nx\r\n--b--\r\n"
                   % (base64.b64encode(("evil words " + STEERS + "\nsecond line\n").encode()).decode(), name)).encode()


RULE = 'require ["fileinto", "imap4flags"];\nif header :contains "subject" "evil" { addflag "tag:evil"; fileinto "queue/network"; }\n'
ARTICLE = "---\nkeywords: evil\n---\n# Evil words\n\nAbout evil words and what to do.\n"


@setup(start=False, config={"web.base_url": "http://127.0.0.1:1"})
def test_no_word_of_a_stranger_steers_the_terminal(desk):
    """Every command that prints, for people and as JSON; raw mails and attachments are bytes, and stay so."""
    with open(os.path.join(desk.settings["kb_dir"], "evil.md"), "w") as f:
        f.write(ARTICLE)
    desk.start()
    data, file = hostile_mail(), os.path.join(desk.directory, "evil.eml")
    with open(file, "wb") as f:
        f.write(data)
    desk.accept(data)
    desk.accept(mail(subject="second"))
    desk.wait_sent(4)
    ack = desk.sent_to(ANNA)[0]
    desk.accept(data.replace(b"\r\n--b\r\n", b"\r\n\r\n--b\r\n", 1), address_of(ack))     # the same words, as a reply
    desk.ok("ticket", "reply", 1, "--as", "bob", stdin="Words " + STEERS + "\n")
    desk.ok("ticket", "tag", 1, "evil\u202elive")
    with open(os.path.join(desk.settings["rules_dir"], "10.sieve"), "w") as f:
        f.write(RULE)
    commands = [["ticket", "list"], ["ticket", "list", "--queue", "support"], ["ticket", "show", 1], ["ticket", "search", "evil"], ["ticket", "search", STEERS],
                ["mailbox", "list"], ["outbox", "list"], ["outbox", "list", "--all"], ["explain", file], ["rules", "test", file], ["rules", "replay"], ["rules", "lint"],
                ["kb", "list"], ["kb", "ask", "evil words " + STEERS.replace("\0", "")], ["kb", "ask", "--file", file], ["kb", "report"], ["kb", "lint"], ["learn", "report"],
                ["check"], ["fsck"], ["key", "list"], ["ticket", "show", "1" + STEERS], ["ticket", "tag", 1, "b" + STEERS], ["no" + STEERS],
                ["ticket", "assign", 1, "x" + STEERS], ["ticket", "list", "--state", STEERS], ["ticket", "new", "--queue", "support", "--to", "x" + STEERS, "--subject", STEERS, "--as", "bob"]]
    seen = 0
    for command in commands:
        for as_json in (False, True):
            result = desk.cli(*command, json_output=as_json, stdin="words\n")
            shown = result.out + result.err
            assert not FORBIDDEN & set(shown), (command, as_json, sorted(FORBIDDEN & set(shown)), shown)
            seen += "evil" in shown
    assert seen > 20, seen
    assert desk.cli("ticket", "raw", 1, 1, json_output=False).bytes == data, "raw is raw"
    # JSON loses nothing that the mail said and the parser kept.
    assert "\u202e" in desk.ticket(1)["subject"] and "\x9b" in desk.ticket(1)["messages"][0]["text"]
    with open(desk.log_file, encoding="utf-8") as f:
        assert not FORBIDDEN & set(f.read())


# ---- bombs: accepted, whole, quickly, and the desk goes on

def nested(levels, kind):
    if kind == "multipart":
        return "".join("Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (i, i) for i in range(levels)) + "Content-Type: text/plain\r\n\r\nx\r\n"
    return "Content-Type: message/rfc822\r\n\r\n" * levels + "Subject: x\r\n\r\nx\r\n"


HEAD = "From: Anna <anna@example.com>\r\nTo: support@example.org\r\nSubject: bomb %s\r\nMIME-Version: 1.0\r\n"
BOMBS = {
    "multiparts in multiparts": lambda: nested(20000, "multipart"),
    "messages in messages": lambda: nested(20000, "message"),
    "100,000 parts": lambda: "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + "--b\r\n\r\nx\r\n" * 100000 + "--b--\r\n",
    "100,000 headers": lambda: "X-A: b\r\n" * 100000 + "\r\nx\r\n",
    "a header of 8 MB": lambda: "X-A: " + "a" * (8 << 20) + "\r\n\r\nx\r\n",
    "a folded subject of 4 MB": lambda: "Subject:" + " a\r\n" * (1 << 20) + "\r\nx\r\n",
    "50,000 recipients": lambda: "Cc: " + ",\r\n ".join("u%d@example.net" % i for i in range(50000)) + "\r\n\r\nx\r\n",
    "100,000 references": lambda: "References: " + "\r\n ".join("<%d@example.net>" % i for i in range(100000)) + "\r\n\r\nx\r\n",
    "comments in comments": lambda: "Reply-To: " + "(" * 200000 + "\r\n\r\nx\r\n",
    "encoded words": lambda: "Subject: " + "=?utf-8?q?a?=\r\n " * 100000 + "\r\n\r\nx\r\n",
    "parameter pieces": lambda: "Content-Type: text/plain; " + "; ".join("name*%d=a" % i for i in range(50000)) + "\r\n\r\nx\r\n",
    "200,000 divs": lambda: "Content-Type: text/html\r\n\r\n" + "<div>" * 200000 + "x\r\n",
    "200,000 quotes": lambda: "Content-Type: text/html\r\n\r\n" + "<blockquote>" * 200000 + "x\r\n",
    "a table of a million cells": lambda: "Content-Type: text/html\r\n\r\n<table>" + "<tr>" + "<td>" * 1000000 + "x\r\n",
    "1,000,000 quoted lines": lambda: "\r\n" + ">" * 50 + "\r\n" + "> > >\r\n" * 1000000,
    "a line of 5 MB": lambda: "\r\n" + "a" * (5 << 20) + "\r\n",
    "uuencode without end": lambda: "\r\n" + "begin 644 x\r\n" * 50000,
    "base64 of nothing": lambda: "Content-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\n" + "PGRpdj4=" * 400000 + "\r\n",
    "a zip that says it is 4 GB": lambda: "Content-Type: application/zip; name=a.zip\r\nContent-Transfer-Encoding: base64\r\n\r\nUEsDBBQAAAAIAAAAIQD///////////////8BAAAAYQ==\r\n",
    "charset that is none": lambda: "Content-Type: text/plain; charset=utf-7\r\n\r\n" + "+" * 500000 + "\r\n",
}


def memory_of(pid, key):
    with open("/proc/%d/status" % pid) as f:
        return next(int(line.split()[1]) for line in f if line.startswith(key)) / 1024


@setup(queues=[{"name": "support", "address": "support@example.org", "agents": ["bob"]}], config={"desk.acknowledgements_per_hour": 1000})
def test_24_26_27_no_bomb_stops_or_swells_the_desk(desk):
    desk.accept(mail(subject="before"))
    for name, make in BOMBS.items():
        begin = time.monotonic()
        desk.accept((HEAD % name + make()).encode(), sender=ANNA)
        # No measure of speed: a bomb would take minutes, or for ever.
        assert time.monotonic() - begin < 20 * float(os.environ.get("SLOW", "1")), "%s took %.1f s" % (name, time.monotonic() - begin)
    desk.accept(mail(subject="after"))
    tickets = desk.tickets()
    assert len(tickets) == len(BOMBS) + 2, [t["subject"] for t in tickets]
    if "SLOW" not in os.environ:                            # a sanitizer's own memory says nothing
        assert memory_of(desk.process.pid, "VmRSS") < 150, "%d MB" % memory_of(desk.process.pid, "VmRSS")
    for ticket in tickets:                                  # each can be shown
        assert desk.ticket(ticket["id"])["messages"][0]["kind"] in ("request", "auto-reply", "bounce")
    assert desk.cli("fsck").code == 0


def test_25_a_bounce_of_20_mb_is_read_by_its_report(desk):
    ack = request(desk)
    report = ("From: MAILER-DAEMON@example.com\r\nSubject: Undelivered\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
              "--b\r\n\r\nno\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx\r\n\r\nFinal-Recipient: rfc822; anna@example.com\r\n"
              "Action: failed\r\nStatus: 5.1.1\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n").encode()
    desk.accept(report + ack.data + b"\r\nA line of what was attached.\r\n" * 700000 + b"\r\n--b--\r\n", ack.sender, sender="")
    assert desk.ticket(1)["messages"][-1]["kind"] == "bounce" and len(desk.tickets()) == 1
