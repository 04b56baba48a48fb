"""letters.py - mails as values: reading those that left the desk, fast, and writing those that come in.

Every sentence of a writer holds a canary, a word that exists once in the world. Words.of(text) finds them again, wherever
they went: text, HTML, subject, names, file names, whatever was encoded around them.
"""
import base64, binascii, email.header, email.utils, html, re

CANARY = re.compile(r"zq[a-z]{9}(?![a-z])")
LETTERS = "abdefghiklmnoprstuv"
ADDRESS = re.compile(r"[A-Za-z0-9._+=-]+@[A-Za-z0-9.-]+[A-Za-z0-9]")
TOKEN = re.compile(r"[a-z][a-z2-7]{22,40}")


def unquoted(text):
    """A header field as a person reads it."""
    if "=?" not in text:
        return text
    try:
        return str(email.header.make_header(email.header.decode_header(text)))
    except (LookupError, UnicodeError, email.errors.HeaderParseError):
        return text


class Mail:
    """A mail that left the desk: envelope, header, text, html, names of files; `seen`: everything that a reader can see, in one string."""
    is_page = False
    to_third = None                          # of a mail to an agent: the third party that his answer goes to

    def __init__(self, sender, recipients, data):
        self.sender, self.recipients, self.data = sender, recipients, data
        self.headers, body = self.parts_of(data)
        self.text = self.html = self.raw_html = ""
        self.files = []
        self.read(self.headers, body)
        self.head = "\n".join("%s: %s" % (k, unquoted(v)) for k, v in self.headers)
        self.seen = self.head + "\n" + self.text + "\n" + self.html + "\n" + "\n".join(self.files)

    @staticmethod
    def parts_of(data):
        head, _, body = data.replace(b"\r\n", b"\n").partition(b"\n\n")
        lines = re.sub(r"\n[ \t]+", " ", head.decode("utf-8", "replace")).split("\n")
        return [(k, v.strip()) for k, _, v in (line.partition(":") for line in lines)], body

    @staticmethod
    def header(headers, name):
        return next((v for k, v in headers if k.lower() == name), "")

    def __getitem__(self, name):
        return unquoted(self.header(self.headers, name.lower()))

    def read(self, headers, body):
        kind = self.header(headers, "content-type")
        boundary = re.search(r'boundary="?([^";]+)"?', kind)
        if boundary:
            for piece in body.split(b"--" + boundary.group(1).encode())[1:]:
                if not piece.startswith(b"--"):
                    self.read(*self.parts_of(piece.lstrip(b"\n")))
            return
        coding = self.header(headers, "content-transfer-encoding").lower()
        if coding == "quoted-printable":
            body = binascii.a2b_qp(body)
        elif coding == "base64":
            body = base64.b64decode(body)
        name = self.header(headers, "content-disposition")
        text = body.decode("utf-8", "replace")
        if "attachment" in name or "filename" in name:
            self.files.append(unquoted(name) + "\n" + unquoted(kind) + "\n" + text)
        elif kind.startswith("text/html"):
            self.raw_html += text
            self.html += html.unescape(text)
        elif kind.startswith("message/") or kind.startswith("text/") or not kind:
            self.text += text
        else:
            self.files.append(unquoted(kind) + "\n" + text)

    def canaries(self):
        return set(CANARY.findall(self.seen.lower()))

    def tokens(self):
        """Whatever looks like a signed token of ours."""
        return set(TOKEN.findall(self.seen.lower()))

    def reply_address(self):
        return email.utils.parseaddr(self["reply-to"] or self["from"])[1]

    @property
    def automatic(self):
        return bool(self["auto-submitted"])

    def __repr__(self):
        return "%s to %s: %s" % ("automatic mail" if self.automatic else "mail", ", ".join(self.recipients), self["subject"])


class Page(Mail):
    """A page, as its reader sees it."""
    is_page = True

    def __init__(self, reader, path, words):
        self.sender, self.recipients, self.headers, self.files = "", [reader], [], []
        self.path, self.head, self.data = path, "", b""
        self.text = self.html = self.raw_html = self.seen = html.unescape(re.sub(r"/l/[a-z2-7]+", "", words))

    def __repr__(self):
        return "the page %s for %s" % (self.path, self.recipients[0])


def encoded(text):
    return text if text.isascii() else "=?utf-8?b?%s?=" % base64.b64encode(text.encode()).decode()


def compose(headers, text=None, html_text=None, files=(), coding="8bit"):
    """A mail as bytes; headers: a list of (name, value), None values left out. files: (name, content type, text)."""
    def part(kind, words):
        if coding == "base64":
            words = base64.encodebytes(words.encode()).decode()
        elif coding == "quoted-printable":
            words = binascii.b2a_qp(words.encode(), istext=True).decode()
        return "Content-Type: %s; charset=utf-8\nContent-Transfer-Encoding: %s\n\n%s\n" % (kind, coding, words)
    bodies = [part("text/plain", text)] if text is not None else []
    bodies += [part("text/html", html_text)] if html_text is not None else []
    body = bodies[0] if len(bodies) == 1 else "Content-Type: multipart/alternative; boundary=alt\n\n--alt\n" + "\n--alt\n".join(bodies) + "\n--alt--\n"
    if files:
        body = "Content-Type: multipart/mixed; boundary=mix\n\n--mix\n" + body
        for name, kind, words in files:
            body += "\n--mix\nContent-Type: %s; name=\"%s\"\nContent-Disposition: attachment; filename=\"%s\"\n\n%s\n" % (kind, name, name, words)
        body += "\n--mix--\n"
    lines = ["%s: %s" % (k, encoded(v)) for k, v in headers if v is not None]
    return ("\n".join(lines) + "\nMIME-Version: 1.0\n" + body).replace("\n", "\r\n").encode("utf-8", "surrogateescape")


def report(text, fields, kind="delivery-status", about=None):
    """multipart/report: a delivery report or a receipt, as (content type, body)."""
    body = "--rep\nContent-Type: text/plain; charset=utf-8\n\n%s\n--rep\nContent-Type: message/%s\n\n%s\n" % (text, kind, fields)
    if about is not None:
        body += "--rep\nContent-Type: text/rfc822-headers\n\n%s\n" % about
    return 'multipart/report; report-type=%s; boundary="rep"' % kind, body + "--rep--\n"


# ---- how mail programs quote: (text, html) of an answer whose own words are `words` (a list of paragraphs)

def marked(text):
    return "\n".join("> " + line if line else ">" for line in text.rstrip("\n").split("\n"))


def quote_top(words, m, r):
    return "\n\n".join(words) + "\n\nOn Mon, 2 Nov 2026 at 10:00, %s wrote:\n\n%s\n" % (m["from"], marked(m.text)), None


def quote_bottom(words, m, r):
    return "On Mon, 2 Nov 2026 at 10:00, %s wrote:\n%s\n\n%s\n" % (m["from"], marked(m.text), "\n\n".join(words)), None


def quote_inside(words, m, r):
    """Answers between the quoted lines; the notice's lines above and below them stay."""
    lines = marked(m.text).split("\n")
    places = sorted(r.randrange(len(lines) + 1) for _ in words)
    out, at = ["Am 02.11.2026 um 10:00 schrieb %s:" % m["from"]], 0
    for place, w in zip(places, words):
        out += lines[at:place] + ["", w, ""]
        at = place
    return "\n".join(out + lines[at:]) + "\n", None


def quote_outlook(words, m, r):
    head = "________________________________\nFrom: %s\nSent: Monday, November 2, 2026 10:00 AM\nTo: %s\nSubject: %s\n" % (m["from"], m["to"], m["subject"])
    return "\n\n".join(words) + "\n\n" + head + "\n" + m.text, None


def quote_unmarked(words, m, r):
    """Programs that neither mark nor introduce what they repeat."""
    return "\n\n".join(words) + "\n\n" + m.text, None


def body_of(m):
    """The HTML of a mail as another program takes it over."""
    found = re.search(r"<body[^>]*>(.*)</body>", m.raw_html, re.S)
    return found.group(1) if found else html.escape(m.text).replace("\n", "<br>\n")


def quote_html(words, m, r):
    own = "".join("<p>%s</p>" % html.escape(w) for w in words)
    old = "<div class=\"gmail_quote\"><div dir=\"ltr\" class=\"gmail_attr\">On Mon, 2 Nov 2026 at 10:00, %s wrote:<br></div><blockquote class=\"gmail_quote\">%s</blockquote></div>"
    text, _ = quote_top(words, m, r)
    return text, "<html><body>%s%s</body></html>" % (own, old % (html.escape(m["from"]), body_of(m)))


def quote_html_only(words, m, r):
    own = "".join("<div>%s</div>" % html.escape(w) for w in words)
    old = "<hr><div><b>From:</b> %s<br><b>Sent:</b> Monday, November 2, 2026<br><b>To:</b> %s<br><b>Subject:</b> %s<br><br></div>"
    return None, "<html><body>%s%s<div>%s</div></body></html>" % (own, old % tuple(map(html.escape, (m["from"], m["to"], m["subject"]))), body_of(m))


def quote_none(words, m, r):
    return "\n\n".join(words) + "\n", None


def quote_wrapped(words, m, r):
    """Quoted lines broken again by the program, their tails without a mark."""
    lines = []
    for line in m.text.rstrip("\n").split("\n"):
        at = line.rfind(" ", 0, 50) + 1 if len(line) > 50 and r.random() < 0.9 else 50
        lines.append("> " + line[:at or 50])
        if line[at or 50:]:
            lines.append(line[at or 50:])
    return "\n\n".join(words) + "\n\nIl giorno lun 2 nov 2026 alle ore 10:00 %s ha\nscritto:\n\n%s\n" % (m["from"], "\n".join(lines)), None


def quote_forwarded(words, m, r):
    head = "---------- Forwarded message ---------\nFrom: %s\nDate: Mon, 2 Nov 2026 at 10:00\nSubject: %s\nTo: %s\n\n" % (m["from"], m["subject"], m["to"])
    return "\n\n".join(words) + "\n\n" + head + m.text, None


QUOTES = [quote_top, quote_bottom, quote_inside, quote_outlook, quote_unmarked, quote_html, quote_html_only, quote_none, quote_wrapped]
