"""The status page beyond its words: files of the conversation as downloads, for whoever the page is for and nobody else."""
import email.message, email.policy, hashlib, html, http.client, os, re, socket, struct, time, urllib.parse, zlib
from browser import Browser
from desk import SLOW, address_of, mail, setup, wait_until
from test_held import BEFORE, ask, links
from test_kb import articles

ANNA, BOB = "anna@example.com", "bob@agents.example"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def with_files(files, subject="Files", body="See what is attached.\n", sender="Anna Bianchi <%s>" % ANNA, to="support@example.org", answers=None):
    """files: (name, type, bytes)"""
    message = email.message.EmailMessage(policy=email.policy.SMTP)
    message["From"], message["To"], message["Subject"] = sender, to, subject
    message["Message-ID"] = "<files.%d@example.com>" % time.time_ns()
    message["Date"] = time.strftime("%a, %d %b %Y %H:%M:%S +0000", time.gmtime())
    if answers is not None:
        message.replace_header("To", str(answers["Reply-To"]))
        message["In-Reply-To"] = message["References"] = str(answers["Message-ID"])
    message.set_content(body)
    for name, kind, data in files:
        message.add_attachment(data, *kind.split("/"), filename=name)
    return message.as_bytes()


def status_link(sent):
    return re.findall(r"/l/s\S+", sent.text)[0].rstrip(".,)")


def fetch(desk, path, method="GET"):
    """(status, headers, bytes)"""
    connection = http.client.HTTPConnection("127.0.0.1", desk.web_port, timeout=60 * SLOW)
    try:
        connection.request(method, path)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


def files_of(desk, link):
    """[(path, name)] of a page's files"""
    return [("/l/" + html.unescape(path), html.unescape(name)) for path, name in re.findall(r'<a href="([^"]*)" download>([^<]*)</a>', desk.http(link)[2])]


def test_a_customers_and_an_agents_files_are_downloads_on_the_status_page(desk):
    page = b"<script>alert(document.domain)</script>"
    desk.accept(with_files([("evil.html", "text/html", page), ("Größe & \"Pläne\"; 5%.pdf", "application/pdf", b"%PDF-1.4 plan"), ("空.png", "image/png", bytes(range(256)) * 40),
                            ("empty.txt", "text/plain", b"")]))
    link = status_link(desk.wait_sent(1, to=ANNA)[0])
    files = files_of(desk, link)
    assert [name for _, name in files] == [a["filename"] for a in desk.ticket(1)["messages"][0]["attachments"]] and len(files) == 4, files
    got = [fetch(desk, path) for path, _ in files]
    assert [data for _, _, data in got] == [page, b"%PDF-1.4 plan", bytes(range(256)) * 40, b""]
    for (status, headers, data), (path, name) in zip(got, files):
        assert status == 200 and headers["Content-Type"] == "application/octet-stream" and headers["X-Content-Type-Options"] == "nosniff", (name, str(headers))
        assert "sandbox" in headers["Content-Security-Policy"] and headers["Cache-Control"] == "no-store" and headers["Referrer-Policy"] == "no-referrer"
        assert headers["Content-Disposition"].isascii() and headers["Content-Disposition"].startswith('attachment; filename="')
        assert urllib.parse.unquote(headers["Content-Disposition"].split("; filename*=UTF-8''")[1], errors="strict") == name
        assert fetch(desk, path, "HEAD")[1]["Content-Length"] == str(len(data)) and fetch(desk, path, "HEAD")[2] == b""
    assert got[2][1]["Content-Disposition"] == "attachment; filename=\"_.png\"; filename*=UTF-8''%E7%A9%BA.png"
    notice = desk.wait_sent(1, to=BOB)[0]
    desk.accept(with_files([("answer.pdf", "application/pdf", b"of Bob"), ("smime.p7s", "application/pkcs7-signature", b"signed")], body="Here it is.\n", sender=BOB, answers=notice),
                address_of(notice), sender=BOB)
    desk.wait_sent(2, to=ANNA)
    path = next(path for path, name in files_of(desk, link) if name == "answer.pdf")
    assert fetch(desk, path)[2] == b"of Bob" and len(files_of(desk, link)) == 5
    before = len(desk.ticket(1)["messages"])
    assert desk.http(path, "POST", "words=hello", FORM)[0] == 404 and len(desk.ticket(1)["messages"]) == before


def test_no_other_file_is_reached_by_the_link(desk):
    desk.accept(with_files([("mine.txt", "text/plain", b"mine")]))
    sent = desk.wait_sent(1, to=ANNA)[0]
    link, notice = status_link(sent), desk.wait_sent(1, to=BOB)[0]
    desk.accept(with_files([("secret.txt", "text/plain", b"of a note")], body="/note\nlook at this\n", sender=BOB, answers=notice), address_of(notice), sender=BOB)
    wait_until(lambda: desk.ticket(1)["messages"][-1]["kind"] == "note")
    desk.accept(with_files([("stranger.txt", "text/plain", b"of somebody else")], sender="eve@evil.example", answers=sent), address_of(sent), sender="eve@evil.example")
    desk.accept(with_files([("other.txt", "text/plain", b"another ticket")], subject="Another", sender="carl@example.com"), sender="carl@example.com")
    assert [name for _, name in files_of(desk, link)] == ["mine.txt"] and "stranger" not in desk.http(link)[2]
    count = len(desk.ticket(1)["messages"])
    reached = [(m, f) for m in range(0, count + 3) for f in (1, 2, 99999, 100001) if fetch(desk, "%s?m=%d&f=%d" % (link, m, f))[0] != 404]
    assert reached == [(1, 1)], reached
    first, wrong = "%s?m=1&f=1" % link, link[:-1] + ("a" if link[-1] != "a" else "b")
    assert fetch(desk, wrong + "?m=1&f=1")[0] == 404
    desk.ok("ticket", "resolve", 1)
    closing = wait_until(lambda: [m for m in desk.sent_to(ANNA) if "/l/y" in m.text])[0]
    for other in re.findall(r"/l/[^s]\S+", closing.text):
        assert fetch(desk, other.rstrip(".,)") + "?m=1&f=1")[0] == 404
    assert fetch(desk, first)[2] == b"mine"


@setup(config={"web.request_seconds": int(2 * SLOW)})
def test_a_large_file_goes_out_whole_to_who_takes_his_time_and_few_at_once(desk):
    data = hashlib.shake_128(b"x").digest(12 * 1024 * 1024)
    desk.accept(with_files([("large.bin", "application/octet-stream", data)]))
    path = files_of(desk, status_link(desk.wait_sent(1, to=ANNA)[0]))[0][0]
    status, headers, got = fetch(desk, path)
    assert status == 200 and got == data and headers["Content-Length"] == str(len(data))
    held = []
    for _ in range(9):
        s = socket.socket()
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32768)
        s.connect(("127.0.0.1", desk.web_port))
        s.sendall(b"GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" % path.encode())
        held.append(s)
        assert s.recv(12) == (b"HTTP/1.1 200" if len(held) < 9 else b"HTTP/1.1 503")
    assert desk.http("/healthz")[0] == 200 and desk.http(status_link(desk.sent_to(ANNA)[0]))[0] == 200
    desk.accept(mail())                                      # mail is taken meanwhile
    time.sleep(4 * SLOW)                                            # longer than a page may take
    rest = b""
    while piece := held[0].recv(1 << 20):
        rest += piece
    assert rest.endswith(data[-1000:]) and hashlib.sha256(rest[-len(data):]).digest() == hashlib.sha256(data).digest()
    for s in held:
        s.close()
    wait_until(lambda: fetch(desk, path)[0] == 200, 20, "room for another one")


def test_many_files_are_named_on_the_messages_own_page(desk):
    desk.accept(with_files([("file-%d.txt" % n, "text/plain", b"%d" % n) for n in range(30)]))
    link = status_link(desk.wait_sent(1, to=ANNA)[0])
    page = desk.http(link)[2]
    assert page.count(" download>") == 20
    more = re.search(r'<p class="part"><a href="([^"]*m=1[^"]*)">', page).group(1)
    files = files_of(desk, "/l/" + html.unescape(more))
    assert len(files) == 30 and fetch(desk, files[29][0])[2] == b"29"


def page_of(desk):
    return desk.http(status_link(desk.wait_sent(1, to=ANNA)[0]))[2]


def own(desk, path, text):
    path = os.path.join(desk.directory, "templates", path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as f:
        f.write(text)


@setup(start=False)
def test_one_sentence_of_a_page_is_overridden_by_templates_dir(desk):
    own(desk, "en/pages.txt", "# ours\nstate-new: The people of {desk} have it & will call you.\nsen: Post\nsend: {nonsense}\n")
    own(desk, "en/pages.html", "<p>x</p>")
    own(desk, "nl/pages.txt", "own-name: Nederlands\nstate-new: Wij hebben uw vraag ontvangen.\n")
    checked = desk.cli("check", json_output=False)
    said = checked.out + checked.err
    for line in ("en/pages.txt:3:", "en/pages.txt:4:", "en/pages.html"):
        assert line in said, said
    assert 'did you mean "send"?' in said and "unknown variable {nonsense}" in said and "nl/pages.txt" not in said and checked.code == 0, said
    desk.start()
    desk.accept(mail())
    page = page_of(desk)
    assert "<p>The people of Acme Support have it &amp; will call you.</p>" in page and ">Send</button>" in page and "Add a message" in page
    link = status_link(desk.sent_to(ANNA)[0])
    page = desk.http(link, "POST", "language=nl", FORM)[2]
    assert '<html lang="nl">' in page and "Wij hebben uw vraag ontvangen." in page and "Add a message" in page and desk.ticket(1)["language"] == "nl"
    assert '<html lang="it">' in desk.http(link, "POST", "language=it", FORM)[2] and desk.ticket(1)["language"] == "it"
    desk.http(link, "POST", "language=klingon", FORM)
    assert desk.ticket(1)["language"] == "it"
    os.remove(os.path.join(desk.directory, "templates", "en/pages.txt"))
    desk.hup()
    desk.http(link, "POST", "language=en", FORM)
    wait_until(lambda: "We have received it" in page_of(desk))       # the pages take up what was read anew within a moment


@setup(config={"brand.colour": "#7a1f5c"})
def test_one_value_changes_the_colour_of_all_mails_and_pages(desk):
    desk.accept(mail())
    sent, notice = desk.wait_sent(1, to=ANNA)[0], desk.wait_sent(1, to=BOB)[0]
    pages = [desk.http(status_link(sent))[2], desk.http("/")[2], desk.http("/l/nothing")[2]]
    desk.ok("ticket", "resolve", 1)
    closing = wait_until(lambda: [m for m in desk.sent_to(ANNA) if "/l/y" in m.text])[0]
    for text in pages + [closing.html]:
        assert "#7a1f5c" in text and "#0b5cad" not in text, text[:2000]
    assert not any("#0b5cad" in m.html for m in desk.sent())


def picture(width, height, noise=0):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    rows = b"".join(b"\0" + os.urandom(3 * width) if noise else b"\0" + b"\x10\x20\x30" * width for _ in range(height))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


@setup(start=False)
def test_a_logo_stands_in_mails_and_pages_and_nowhere_without_one(desk):
    desk.start()
    desk.accept(mail())
    sent = desk.wait_sent(1, to=ANNA)[0]
    assert "<img" not in sent.html and "<img" not in desk.http(status_link(sent))[2] and desk.http("/logo")[0] == 404
    path, data = os.path.join(desk.directory, "logo.png"), picture(480, 100)
    with open(path, "wb") as f:
        f.write(data)
    desk.set("brand.logo", path)
    desk.write_config()
    desk.hup()
    wait_until(lambda: desk.http("/logo")[0] == 200)
    status, headers, got = fetch(desk, "/logo")
    assert got == data and headers["Content-Type"] == "image/png" and headers["X-Content-Type-Options"] == "nosniff"
    page = desk.http(status_link(sent))[2]
    assert '<img class="logo" src="../logo" width="240" height="50" alt="Acme Support">' in page, page[:6000]      # no larger than there is room, in its own shape
    assert 'src="logo"' in desk.http("/")[2]
    desk.accept(mail(subject="Another", sender="carl@example.com"), sender="carl@example.com")
    sent = desk.wait_sent(1, to="carl@example.com")[0]
    shown = re.search(r'<img class="logo" src="cid:([^"]+)" width="240" height="50" alt="Acme Support"', sent.html).group(1)
    parts = [part for part in sent.message.walk() if part["Content-ID"] == "<%s>" % shown]
    assert len(parts) == 1 and parts[0].get_content() == data
    assert not any("cid:" in m.html for m in desk.sent_to(BOB))          # agents know whose desk it is


@setup(start=False)
def test_a_logo_that_cannot_be_shown_is_an_error_with_its_line(desk):
    files = {"none.png": None, "large.png": picture(600, 300, noise=1), "words.png": b"this is no picture", "drawing.svg": b'<svg xmlns="http://www.w3.org/2000/svg"/>', "empty.gif": b"",
             "flat.png": picture(1, 1).replace(struct.pack(">II", 1, 1), struct.pack(">II", 1, 0)), "cut.jpg": b"\xff\xd8\xff\xe0\x00\x10JFIF"}
    values = []
    for name, data in files.items():
        values.append(os.path.join(desk.directory, name))
        if data is not None:
            with open(values[-1], "wb") as f:
                f.write(data)
    for value in values + ["https://www.example.org/logo.png", "http://www.example.org/logo.png"]:
        desk.set("brand.logo", value)
        desk.write_config()
        got = desk.cli("check")
        found = [one for one in got.json if "brand.logo" in one["what"]] if isinstance(got.json, list) else []
        assert got.code == 78 and len(found) == 1 and found[0]["level"] == "error" and found[0]["line"] > 0 and ("expected a path" if "://" in value else "PNG, JPEG or GIF") in found[0]["what"] + found[0]["do"], (value, got)


def test_the_page_says_whom_we_wait_for(desk):
    desk.accept(mail())
    link = status_link(desk.wait_sent(1, to=ANNA)[0])
    for waiting, words in (("third-party", "waiting for something that we need"), ("ourselves", "waiting for something that we need"), ("customer", "waiting for your answer")):
        desk.ok("ticket", "pend", 1, "--until", "3d", "--waiting", waiting)
        page = desk.http(link)[2]
        assert words in page and page.count("waiting for") == 1, (waiting, page)
        desk.ok("ticket", "reopen", 1)


@setup(queues=BEFORE, config={"kb.remind_hours": 0, "kb.end_hours": 24, "kb.after_silence": "expire"})
def test_the_page_of_an_expired_request_says_how_to_go_on(desk):
    articles(desk)
    help_link = links(ask(desk))["help"]
    desk.advance(25 * 3600)
    wait_until(lambda: desk.ticket(1)["state"] == "expired")
    status = "/l/" + re.search(r'href="(s[a-z2-7]+)"', desk.http(help_link)[2]).group(1)
    page = desk.http(status)[2]
    assert "We have not heard back from you. Write to us, and we will take it up again." in page and "I still need help" in page and "Add a message" in page, page
    assert desk.http(status, "POST", "words=It+still+does", FORM)[0] == 200 and desk.ticket(1)["state"] == "new"
    assert "We have received it" in desk.http(status)[2]


def test_a_browser_keeps_a_file_and_shows_none(desk):
    page = b"<script>document.title='ran'</script><p>I am a page</p>"
    desk.accept(with_files([("evil page.html", "text/html", page)]))
    link = status_link(desk.wait_sent(1, to=ANNA)[0])
    browser = Browser()
    try:
        folder = os.path.join(desk.directory, "downloads")
        os.makedirs(folder)
        browser.here("POST", "/goog/cdp/execute", {"cmd": "Browser.setDownloadBehavior", "params": {"behavior": "allow", "downloadPath": folder}})
        browser.open("http://127.0.0.1:%d%s" % (desk.web_port, link))
        before = browser.here("GET", "/url")
        browser.click(".files a")
        kept = os.path.join(folder, "evil page.html")
        wait_until(lambda: os.path.exists(kept) and os.path.getsize(kept) == len(page), 20, "the file is kept")
        assert browser.here("GET", "/url") == before and "I am a page" not in browser.text() and open(kept, "rb").read() == page
    finally:
        browser.close()
