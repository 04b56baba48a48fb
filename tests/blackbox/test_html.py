"""HTML that is shown or sent on: nothing that runs, loads, asks or hides; an agent's words as they were written."""
import base64, html, html.parser, http.server, os, re, subprocess, threading, time

import agents_html
from browser import Browser
from desk import BUILD, SLOW, TOP, address_of, mail, setup, wait_until

ALLOWED = {
    "a": {"href", "rel"}, "img": {"src", "alt", "width", "height", "align"}, "font": set(), "table": {"width", "height", "border", "cellpadding", "cellspacing", "align"},
    "td": {"width", "height", "colspan", "rowspan", "valign", "align"}, "th": {"width", "height", "colspan", "rowspan", "valign", "align"},
    "tr": {"width", "height", "valign", "align"}, "tbody": {"valign"}, "thead": {"valign"}, "tfoot": {"valign"}, "hr": {"width", "height", "align"},
    "ol": {"start", "type", "reversed", "align"}, "ul": {"type", "align"}, "li": {"value", "type", "align"}, "col": {"span", "width", "height", "align"},
    "colgroup": {"span", "width", "height", "align"}, "p": {"align"}, "div": {"align"}, "caption": {"align"}, "br": set(),
}
PLAIN = "abbr b big blockquote center cite code dd del dl dt em h1 h2 h3 h4 h5 h6 i ins kbd mark pre q s samp small span strong sub sup tt u var wbr".split()
PROPERTIES = re.compile(r"(color|background-color|font-(size|family|weight|style|variant)|line-height|table-layout|text-indent|text-(decoration|decoration-line|align|transform)|vertical-align"
                        r"|white-space|direction|word-break|overflow-wrap|float|clear|list-style-type|border(-[a-z]+)*|margin(-[a-z]+)?|padding(-[a-z]+)?|width|max-width|min-width|height)$")


class Checker(html.parser.HTMLParser):
    """Python's own reader of HTML, which knows nothing of ours: what is left is only what may be."""
    def __init__(self):
        super().__init__()
        self.open, self.text = [], ""

    def handle_starttag(self, tag, attributes):
        allowed = ALLOWED[tag] if tag in ALLOWED else set() if tag in PLAIN else None
        assert allowed is not None, tag
        for name, value in attributes:
            assert name in allowed | {"style", "dir", "lang"}, (tag, name)
            if name == "href":
                assert re.match(r"(https?://|mailto:|tel:)", value) and not re.match(r"(?i)tel:.*(%2a|%23|[*#])|mailto:.*[?&](%61|a)ttach", value), value
            if name == "src":
                assert value == "cid:picture@test", value
            if name == "style":
                for declaration in value.split(";"):
                    key, said = declaration.split(":")
                    assert PROPERTIES.match(key), key
                    assert re.match(r"[a-z0-9#%., '_-]+$", said) and "--" not in said and not re.search(r"(^| )-", said if key != "text-indent" else ""), said
        if tag not in ("br", "hr", "img", "col", "wbr"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open and self.open.pop() == tag, tag

    def handle_data(self, data):
        assert not re.search("[\u202a-\u202e\u2066-\u2069]", data), data
        self.text += data

    def handle_comment(self, data):
        raise AssertionError("a comment: " + data)

    handle_decl = handle_pi = unknown_decl = handle_comment


class Cleaner:
    def __init__(self):
        self.process = subprocess.Popen([os.path.join(BUILD, "tools", "clean_try")], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def __call__(self, page, words=None):
        """What is left; None: the page does not tell the words."""
        page, words = page.encode(), None if words is None else words.encode()
        self.process.stdin.write(b"%d %d\n" % (len(page), -1 if words is None else len(words)) + page + (words or b""))
        self.process.stdin.flush()
        said, length = self.process.stdout.readline().split()
        left = self.process.stdout.read(int(length)).decode()
        return left if said == b"yes" else None

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        assert self.process.wait() == 0


def dangerous():
    with open(os.path.join(TOP, "tests", "fixtures", "dangerous_html.txt")) as f:
        pages = [line for line in f.read().split("\n\n", 1)[1].splitlines() if not line.startswith("# ")]
    assert len(pages) >= 500 and len(set(pages)) == len(pages)
    return [re.sub(r"\{(\d+)\*([^}]*)\}", lambda many: int(many[1]) * many[2], page.replace("NEWLINE", "\n")) for page in pages]


def cleaned(pages):
    clean = Cleaner()
    try:
        return [clean(page) for page in pages]
    finally:
        clean.close()


@setup(start=False)
def test_nothing_of_the_dangerous_pages_comes_through(desk):
    pages = dangerous()
    for page, left in zip(pages, cleaned(pages)):
        assert left is not None, page
        checker = Checker()
        checker.feed(left)
        checker.close()
        assert not checker.open, (page, left)
        for word, seen in (("SHOWN", True), ("HIDDEN", False)):
            assert (word in checker.text) == seen or word not in page, (page, left)


class Watch(http.server.BaseHTTPRequestHandler):
    page, asked = "", []

    def do_GET(self):
        Watch.asked.append(self.path)
        body = Watch.page.encode() if self.path == "/page" else b""
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@setup(start=False)
def test_a_browser_runs_loads_and_moves_nothing_of_the_dangerous_pages(desk):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Watch)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    origin = "http://127.0.0.1:%d" % server.server_address[1]
    browser = None
    try:
        browser = Browser()
        pages = [page.replace("URL", origin) for page in dangerous()]
        head = "<!DOCTYPE html><meta charset=utf-8><link rel=icon href='data:,'><script>owned = 0; function OWN() { owned++ }</script>"
        for raw in (True, False):
            left = pages if raw else cleaned(pages)
            parts = ["<div class=part style='height:200px;overflow:auto'>%s</div>" % part for part in left]
            # As they came, a few of them: does the test see what it looks for?
            Watch.page = head + "".join(p for p, page in zip(parts, pages) if not raw or "<p>SHOWN</p><img src" in page)
            Watch.asked.clear()
            browser.open(origin + "/page")
            owned, parts_seen, moved = browser.script(
                "for (const a of document.querySelectorAll('.part a, .part p')) a.click();"
                "return [owned, document.querySelectorAll('body > .part').length, [...document.querySelectorAll('.part *')].filter(e => "
                "['fixed', 'absolute', 'sticky'].includes(getComputedStyle(e).position)).length]")
            asked = [path for path in Watch.asked if path != "/page"]
            if raw:
                assert owned and asked, "the test would not notice"
            else:
                assert not owned and not asked and not moved and parts_seen == len(pages), (owned, asked, moved, parts_seen)
    finally:
        if browser:
            browser.close()
        server.shutdown()
        server.server_close()


# Of each text that is left: is it large enough, of another colour than what lies below it, in sight, and there where one looks?
HIDES = r"""
const channels = c => c.match(/[\d.]+/g).map(Number), found = [];
for (const part of document.querySelectorAll('body > .part')) {
  const walk = document.createTreeWalker(part, NodeFilter.SHOW_TEXT), box = part.getBoundingClientRect();
  while (walk.nextNode()) {
    const node = walk.currentNode, range = document.createRange(), style = getComputedStyle(node.parentElement);
    if (!node.data.trim()) continue;
    range.selectNodeContents(node);
    let paper = [255, 255, 255], clear = 1, below = [];
    for (let e = node.parentElement; e !== part; e = e.parentElement) { below.push(e); clear *= Number(getComputedStyle(e).opacity); }
    for (const e of below.reverse()) { const c = channels(getComputedStyle(e).backgroundColor); if (c.length < 4 || c[3] > 0.1) paper = c; }
    const ink = channels(style.color), apart = Math.max(...[0, 1, 2].map(i => Math.abs(ink[i] - paper[i]))), at = range.getBoundingClientRect();
    if (parseFloat(style.fontSize) < 5 || apart < 40 || (ink.length > 3 && ink[3] < 0.15) || clear < 0.15 || style.visibility !== 'visible'
        || at.width < 1 || at.height < 4 || at.right < box.left + 1 || at.bottom < box.top + 1)
      found.push([node.data.trim().slice(0, 40), style.fontSize, style.color, paper.join(), at.x, at.width, part.innerHTML.slice(0, 200)]);
  }
}
return found"""


@setup(start=False)
def test_a_browser_shows_each_word_of_what_is_left(desk):
    browser = Browser()
    try:
        for raw in (True, False):
            pages = ["<p style='color:#fff'>a</p>", "<p style='font-size:1px'>b</p>", "<p style='text-indent:-9999px'>c</p>"] if raw else cleaned(dangerous())
            with open(os.path.join(desk.directory, "page.html"), "w") as f:
                f.write("<!DOCTYPE html><meta charset=utf-8>" + "".join("<div class=part style='height:200px;overflow:auto'>%s</div>" % page for page in pages))
            browser.open("file://" + os.path.join(desk.directory, "page.html"))
            hidden = browser.script(HIDES)
            assert len(hidden) == 3 if raw else not hidden, hidden[:5]
    finally:
        browser.close()


@setup(start=False)
def test_a_page_that_tells_other_words_than_the_text_is_not_sent(desk):
    clean = Cleaner()
    try:
        page = "<p>Hello <b>Anna</b>,</p><p>it is <i>done</i>.</p><blockquote type=cite>She never pays.</blockquote><p>Bob</p>"
        assert clean(page, "Hello *Anna*,\n\nit is /done/.\n\nBob\n") == "<p>Hello <b>Anna</b>,</p><p>it is <i>done</i>.</p><p>Bob</p>"
        assert clean(page, "Hello Anna,\n\nit is not done.\n") is None
        assert clean(page, "Hello Anna,\n\nit is done by tomorrow.\n") is None
        assert clean(page, "it is done.\n\nHello Anna,\n") is None              # another order
        assert "never" not in clean(page, "Hello Anna,\n")
        assert clean(page, "Hello Ann\n") is None                              # half a word
        assert clean("<p>a<span style='display:none'>secret</span>b</p>", "a secret b") is None
        # A picture's name is words, too.
        picture = '<p>See <img src="cid:mine" alt="%s"> this.</p>'
        assert clean(picture % "She never pays", "See this.\n") == '<p>See <img src="cid:picture@test" alt=""> this.</p>'
        assert 'alt="the meter"' in clean(picture % "the meter", "See [image: the meter] this.\n")
        # Yahoo writes it as it is; where none stands it is a word that the page does not tell.
        assert 'alt="Inline image"' in clean(picture % "Inline image", "See\n\nInline image\n\nthis.\n")
        assert clean("<p>See this.</p>", "See\n\nInline image\n\nthis.\n") is None
        # Word's sign of an item, which is a letter, and nothing longer that calls itself one.
        item = "<p>Do:</p><p><span style='mso-list:Ignore'>%s<span>&nbsp; </span></span>open</p>"
        assert ">o<" in clean(item % "o", "Do:\n\n  *   open\n") and clean(item % "never ", "Do:\n\n  *   open\n") == "<p>Do:</p><p>open</p>"
        # What a text says more: an item's number on its own line, Markdown's targets and marks, a list of targets below.
        assert clean("<p>Do:</p><ol><li>open</li><li>shut</li></ol><p>since 1999, 1.</p>", "Do:\n\n  1.\nopen\n  2.\nshut\n") == "<p>Do:</p><ol><li>open</li><li>shut</li></ol>"
        for text in ("See [our guide](https://kb.example/) [now]{.underline}.\n", "See our guide [1] now.\n\nLinks:\n------\n[1] https://kb.example/\n"):
            assert clean("<p>See <a href='https://kb.example/'>our guide</a> <u>now</u>.</p>", text), text
        assert clean("<p>See our guide.</p>", "See our guide (never)!\n") is None and clean("<p>See our guide.</p>", "See [our guide](never).\n") is None
        # A line of nothing but brackets costs no more than others.
        assert clean("<p>" + "ab " * 200000 + "</p>", "a" + "<" * 400000 + "\n") is None
        assert clean("", "Hello\n") is None and clean("<p>Hello</p>", "") is None
    finally:
        clean.close()


@setup(start=False)
def test_what_a_style_sheet_says_of_elements_and_classes_becomes_their_style(desk):
    clean = Cleaner()
    sheet = ("<style><!--\n/* Word's */ @font-face {font-family:Calibri; src:url(http://evil.example/x);} p.Grey, li.Grey\n\t{color:#777777; position:fixed;}\n p {margin:0cm; color:red}\n"
             "@media screen { p { color:blue } .late { color:blue } } .gone {display:none} .never > p {color:green} p:hover {color:green} #id {color:green}\n"
             "a:link, span.MsoHyperlink {color:#0563C1} .late {font-weight:bold}\n--></style>")
    try:
        # What says more of an element counts more, wherever it stands; the style attribute most of all.
        assert clean(sheet + '<p class="x grey">one</p>') == '<p style="margin:0cm;color:#ff0000;color:#777777">one</p>'
        assert clean(sheet + '<p style="color:#222222">one</p>') == '<p style="margin:0cm;color:#ff0000;color:#222222">one</p>'
        assert clean(sheet + "<li class=late>one</li>") == '<li style="font-weight:bold">one</li>'
        assert 'style="color:#0563c1"' in clean(sheet + "<a href='https://kb.example/'>one</a>")
        # It hides as a style does, and what is a comment says nothing.
        assert clean(sheet + "<b class=gone>secret</b><i>one</i>") == "<i>one</i>"
        assert clean("<!-- <style>p {color:red}</style> --><p>one</p>") == clean("<!--[if mso]><style>p {color:red}</style><![endif]--><p>one</p>") == "<p>one</p>"
        # A sheet that does not end, many rules on many elements: no more work than the page is long.
        assert clean("<style>p {color:red}<p>one</p>") == "" and clean("<style>}}{ p {{ color:red } p {color:blue</style><p>one</p>") == "<p>one</p>"
        many = "<style>%s</style>%s" % ("".join(".c%d {color:#%06x}" % (n, n) for n in range(3000)), "<p class='c1 c2 c3 c4'>a</p>" * 50000)
        begin = time.monotonic()
        clean(many)
        assert time.monotonic() - begin < 5 * SLOW
    finally:
        clean.close()


# ---- agents' answers

ANNA, BOB = "anna@example.com", "bob@agents.example"


def squeezed(text):
    return re.sub(r"[\W_]+", "", text)


def wanted(blocks):
    """What a customer must find again: texts, bold words, items, links, rows of cells."""
    found = {"texts": [], "bold": [], "items": [], "links": [], "cells": []}
    for kind, body in blocks:
        if kind == "p":
            found["texts"].append("".join(part if isinstance(part, str) else part[1] for part in body))
            found["bold"] += [part[1] for part in body if part[0] == "b"]
            found["links"] += [part[2] for part in body if part[0] == "a"]
        elif kind in ("ul", "ol"):
            found["items"] += body
        elif kind == "table":
            found["cells"] += [cell for row in body for cell in row]
    return found


def parts_of(sent):
    return {str(p["Content-ID"]).strip("<>"): p.get_content() for p in sent.message.walk() if p["Content-ID"]}


def start(desk):
    desk.accept(mail(subject="Printer", body="It does not print, whatever I do.\n"))
    return desk.wait_sent(1, to=BOB)[0]


def customers_mails(desk, raws, notice):
    """What the customer got for each, in their order: mails of one ticket keep it."""
    before = len(desk.sent_to(ANNA))
    for raw in raws:
        desk.accept(raw, address_of(notice), sender=BOB)
    wait_until(lambda: desk.ok("outbox", "list") == [], 60, "all answers sent")
    sent = desk.sent_to(ANNA)[before:]
    assert len(sent) == len(raws)
    return sent


def test_answers_of_eight_programs_reach_the_customer_as_they_were_written(desk):
    notice = start(desk)
    desk.wait_sent(1, to=ANNA)
    answers = list(agents_html.answers(notice))
    assert len(answers) >= 60
    for (name, _, facts), sent in zip(answers, customers_mails(desk, [raw for _, raw, _ in answers], notice)):
        want, page = wanted(facts["blocks"]), sent.html
        assert page and "It does not print" not in page and "It does not print" not in sent.text, name
        assert not re.search(r"support(\+|%2B)[anq][a-z2-7]{20}|/priority|first line /note", sent.data.decode()), name
        for text in want["texts"]:
            assert squeezed(text) in squeezed(html.unescape(re.sub(r"<[^>]*>", "", page))), (name, text, page)
            assert squeezed(text) in squeezed(re.sub(r"<https?[^>]*>", "", sent.text)), (name, text, sent.text)
        for word in want["bold"]:
            assert re.search(r"<(b|strong)\b[^>]*>%s</" % word, page), (name, word, page)
        for item in want["items"]:
            assert re.search(r"<li\b[^>]*>(<[^>]+>)*%s" % item, page), (name, item, page)
        for link in want["links"]:
            assert 'href="%s"' % link.replace("&", "&amp;") in page, (name, page)
        for cell in want["cells"]:
            assert re.search(r"<td\b[^>]*>(<[^>]+>)*%s" % cell, page), (name, cell, page)
        shown = [parts_of(sent)[cid] for cid in re.findall(r'src="cid:([^"]+)"', page)]
        assert shown == facts["pictures"], (name, page)
        assert len(re.findall("Bob Rossi|my iPhone", page)) == 1, (name, page)


@setup(start=False)
def test_what_is_left_of_an_agents_page_looks_as_it_was_written(desk):
    """Rendered by a browser, both ways, and compared picture by picture."""
    browser, clean = Browser(width=800, height=700), Cleaner()

    class Notice(dict):
        text, html = "Reply to this mail.\n\n> It does not print.\n", "<html><body><p>Reply to this mail.</p></body></html>"
    notice = Notice({"Subject": "Printer [#1]", "Message-ID": "<1.q@example.org>", "Reply-To": "support@example.org"})
    try:
        for name, raw, facts in agents_html.answers(notice):
            # Pictures are drawn by the same box on both sides: the test's cleaner knows one name for all of them.
            own = re.sub(r'src="cid:[^"]*"', 'src="cid:picture@test"', facts["own"])
            looks = []
            for page, style in ((own, facts["style"]), (clean(facts["style"] + own), "")):
                with open(os.path.join(desk.directory, "page.html"), "w") as f:
                    f.write("<!DOCTYPE html><html><head><meta charset=utf-8>%s</head><body style='background:#fff;margin:8px'>%s</body></html>"
                            % (style.replace("<style><!--", "<style>").replace("--></style>", "</style>"), page))
                browser.open("file://" + os.path.join(desk.directory, "page.html"))
                looks.append(browser.script(
                    "const out = []; const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);"
                    "while (walk.nextNode()) { const n = walk.currentNode; if (!n.data.trim()) continue; const r = document.createRange(); r.selectNodeContents(n);"
                    "const b = r.getBoundingClientRect(), s = getComputedStyle(n.parentElement);"
                    "out.push([n.data.trim(), Math.round(b.x), Math.round(b.y), Math.round(b.width), s.fontWeight, s.fontStyle, s.color, s.textDecorationLine]); } return out"))
            assert looks[0] == looks[1], (name, [pair for pair in zip(*looks) if pair[0] != pair[1]][:3], clean(own))
    finally:
        browser.close()
        clean.close()


test_what_is_left_of_an_agents_page_looks_as_it_was_written.long = 35


def answer_in(desk, notice, page, text=None, more=b""):
    """An answer of bob's with that page (and text beside it); the customer's mail."""
    body = "Content-Type: text/html; charset=utf-8\n\n%s\n" % page
    if text is not None:
        body = agents_html.multipart("alternative", ["Content-Type: text/plain; charset=utf-8\n\n%s\n" % text, body], "=-a")
    raw = mail(sender=BOB, reply_to=notice).replace(b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nHow does this work?\r\n",
                                                    body.encode().replace(b"\n", b"\r\n"))
    return customers_mails(desk, [raw], notice)[0]


def test_commands_and_addresses_of_the_house_do_not_go_out_in_html(desk):
    notice = start(desk)
    sent = answer_in(desk, notice, "<div>/priority high</div><div>/tag vpn</div><div>Done, <b>Anna</b>.</div>", "/priority high\n/tag vpn\nDone, *Anna*.\n")
    assert "<b>Anna</b>" in sent.html and "/priority" not in sent.html and "/tag" not in sent.html and desk.ticket(1)["priority"] == "high"
    token = address_of(notice)
    for link in (token, token.replace("+", "%2B"), "".join("%%%02x" % ord(c) for c in token)):
        sent = answer_in(desk, notice, '<div>Write to <a href="mailto:%s">us</a>, please.</div>' % link, "Write to us, please.\n")
        assert not sent.html or "mailto" not in sent.html and token.split("+")[1][:20] not in sent.data.decode(), sent.html
        assert "Write to us, please." in sent.text


def test_words_that_only_the_html_has_do_not_go_out(desk):
    notice = start(desk)
    sent = answer_in(desk, notice, "<div>It is done.</div><div>She never pays.</div>", "It is done.\n")
    assert "never pays" not in sent.data.decode() and "It is done." in sent.html
    sent = answer_in(desk, notice, "<div>It is gone.</div>", "It is done now.\n")
    assert "gone" not in sent.data.decode() and "It is done now." in sent.text and "It is done now." in sent.html


def test_a_picture_of_a_quote_does_not_go_along_and_files_do(desk):
    notice = start(desk)
    picture, quoted = agents_html.png((1, 2, 3)), agents_html.png((9, 8, 7))
    page = '<div>See <img src="cid:mine"> this.</div><blockquote type="cite"><img src="cid:theirs">%s</blockquote>' % "<br>".join(notice.text.splitlines())
    files = ["Content-Type: image/png\nContent-ID: <%s>\nContent-Disposition: inline; filename=%s.png\nContent-Transfer-Encoding: base64\n\n%s"
             % (cid, cid, base64.encodebytes(data).decode()) for cid, data in (("mine", picture), ("theirs", quoted))]
    files.append("Content-Type: text/csv; name=list.csv\nContent-Disposition: attachment; filename=list.csv\n\na,b")
    body = agents_html.multipart("mixed", [agents_html.multipart("related", ["Content-Type: text/html\n\n" + page] + files[:2], "=-r"), files[2]], "=-m")
    raw = mail(sender=BOB, reply_to=notice).replace(b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nHow does this work?\r\n",
                                                    body.encode().replace(b"\n", b"\r\n"))
    sent = customers_mails(desk, [raw], notice)[0]
    found = [(p.get_content_type(), p.get_filename()) for p in sent.message.walk() if p.get_filename()]
    assert found == [("image/png", "mine.png"), ("text/csv", "list.csv")], (found, sent.text, sent.html)
    assert list(parts_of(sent).values()) == [picture] and 'src="cid:%s"' % list(parts_of(sent))[0] in sent.html


@setup(agents=[{"name": "bob", "email": "bob@agents.example", "display": "Bob Rossi", "signature": ["Bob Rossi", "Acme <Support>"]},
               {"name": "eva", "email": "eva@agents.example", "display": "Eva Neri"}])
def test_the_configured_signature_stands_below_answers_that_have_none(desk):
    notice = start(desk)
    sent = answer_in(desk, notice, "<div>It is <b>done</b>.</div>", "It is *done*.\n")
    assert "It is *done*.\n\n-- \nBob Rossi\nAcme <Support>\n" in sent.text
    assert re.search(r"<b>done</b>.*<p>-- <br>Bob Rossi<br>Acme &lt;Support&gt;</p>", sent.html, re.S)
    sent = answer_in(desk, notice, "<div>It <b>prints</b>.</div><div>-- <br>B. R.</div>", "It *prints*.\n\n-- \nB. R.\n")
    assert "B. R." in sent.text and "Bob Rossi\nAcme" not in sent.text and "B. R." in sent.html and "Acme &lt;" not in sent.html
    desk.ok("ticket", "reply", 1, "--as", "bob", stdin="From the shell.\n")
    sent = wait_until(lambda: [m for m in desk.sent_to(ANNA) if "From the shell." in m.text])[0]
    assert "From the shell.\n\n-- \nBob Rossi\nAcme <Support>\n" in sent.text
