"""agents_html.py - answers to a notice as eight mail programs write them in HTML: what each makes of bold, lists, links, tables and pictures, and how it quotes.

answers(notice) yields (name, raw mail, facts); the shapes are those that the programs are known for, the words are ours.
facts: own: the HTML that the agent wrote, without quote; words: that must arrive; bold, items, links, cells, pictures: what must be kept.
"""
import base64, email.utils, html, itertools, struct, zlib

AGENT = "Bob Rossi <bob@agents.example>"
_count = itertools.count(1)


def png(colour, width=40, height=24):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    rows = b"".join(b"\0" + bytes(colour) * width for _ in range(height))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


# ---- what is written: blocks
LINK = "https://kb.example.org/printers?id=7&lang=en"
CONTENTS = {
    "plain": [("p", ["Hello Anna,"]), ("p", ["the printer works again."])],
    "bold": [("p", ["Hello Anna,"]), ("p", ["please switch it ", ("b", "off"), " and ", ("b", "on again"), ", then ", ("i", "wait"), "."])],
    "list": [("p", ["What we need:"]), ("ul", ["the serial number", "a picture of the label", "your room"]), ("p", ["Thank you."])],
    "steps": [("p", ["Do this:"]), ("ol", ["open the lid", "take the paper out", "close it"]), ("p", ["That is all."])],
    "link": [("p", ["Everything is described ", ("a", "in our guide", LINK), ", with pictures."])],
    "table": [("p", ["Our prices:"]), ("table", [["Toner", "30 EUR"], ["Drum", "80 EUR"], ["Lamp", "n/a"]]), ("p", ["They hold until May."])],
    "picture": [("p", ["Press the red button:"]), ("img", (200, 30, 30)), ("p", ["It is on the left."])],
    "all": [("p", ["Dear Anna,"]), ("ol", ["look ", "press"]), ("table", [["A", "B"], ["c", "d"]]), ("img", (30, 30, 200)), ("p", ["See ", ("a", "here", LINK), " ", ("b", "now"), ". Größe: 5 µm, “fine”."])],
}


def spans(parts, tags):
    out = ""
    for part in parts:
        if isinstance(part, str):
            out += html.escape(part, quote=False)
        elif part[0] == "a":
            out += '<a href="%s"%s>%s</a>' % (html.escape(part[2]), tags.get("a", ""), part[1])
        else:
            out += tags[part[0]] % part[1]
    return out


def page(blocks, tags, pictures):
    out = ""
    for kind, body in blocks:
        if kind == "p":
            out += tags["p"] % spans(body, tags)
        elif kind in ("ul", "ol"):
            out += tags.get(kind, "<%s>" % kind) + "".join(tags["li"] % item for item in body) + "</%s>" % kind
        elif kind == "table":
            out += tags["table"] + "".join("<tr>" + "".join(tags["td"] % cell for cell in row) + "</tr>" for row in body) + "</tbody></table>"
        else:
            pictures.append((tags["cid"] % len(pictures), png(body)))
            out += tags["p"] % (tags["img"] % pictures[-1][0])
    return out


def plain(blocks, marks):
    out = []
    for kind, body in blocks:
        if kind == "p":
            out.append("".join(part if isinstance(part, str) else marks["a"] % (part[1], part[2]) if part[0] == "a" else marks[part[0]] % part[1] for part in body))
        elif kind in ("ul", "ol"):
            out.append("\n".join((marks["ul"] if kind == "ul" else marks["ol"] % (i + 1)) + item for i, item in enumerate(body)))
        elif kind == "table":
            out.append("\n".join(marks["cell"].join(row) for row in body))
        elif marks["img"]:
            out.append(marks["img"])
    return "\n\n".join(out) + "\n"


# ---- eight programs
NO_MARKS = {"b": "%s", "i": "%s", "a": "%s%.0s", "ul": "• ", "ol": "%d. ", "cell": "\t", "img": ""}
NAMED = {"b": "*%s*", "i": "_%s_", "a": "%s <%s>", "ul": "   - ", "ol": "   %d. ", "cell": " ", "img": "[image: image.png]"}


class Program:
    tags = {"p": "<div>%s</div>", "b": "<b>%s</b>", "i": "<i>%s</i>", "li": "<li>%s</li>", "td": "<td>%s</td>", "table": '<table border="1"><tbody>',
            "img": '<img src="cid:%s" alt="image.png" width="40" height="24">', "cid": "ii_%d"}
    marks = NAMED
    frame = "%s"
    signature = ("<div>-- <br></div><div>Bob Rossi</div>", "-- \nBob Rossi\n")
    related_inside = True

    def own(self, blocks, pictures):
        return page(blocks, self.tags, pictures) + self.signature[0]

    def head(self, notice):
        return "On Mon, 1 Jan 2026 at 10:00, Acme Support <support@example.org> wrote:"

    def plain_quote(self, notice):
        return self.head(notice) + "\n\n" + "".join("> %s\n" % line for line in notice.text.splitlines())

    def body(self, notice):
        """What of the notice's HTML stands in a quote."""
        inner = notice.html
        return inner.split("<body", 1)[1].split(">", 1)[1].rsplit("</body>", 1)[0] if "<body" in inner else inner


class Gmail(Program):
    tags = dict(Program.tags, p='<div>%s</div><div><br></div>', li='<li style="margin-left:15px">%s</li>', ul="<ul>", ol="<ol>",
                img='<img src="cid:%s" alt="image.png" width="40" height="24" class="gmail-CToWUd">', cid="ii_mk%d")
    frame = '<div dir="ltr">%s</div><br>'
    signature = ('<div><br></div><span class="gmail_signature_prefix">-- </span><br><div dir="ltr" class="gmail_signature" data-smartmail="gmail_signature"><div dir="ltr">Bob Rossi</div></div>', "-- \nBob Rossi\n")

    def html_quote(self, notice):
        return ('<div class="gmail_quote"><div dir="ltr" class="gmail_attr">%s<br></div><blockquote class="gmail_quote" style="margin:0px 0px 0px 0.8ex;'
                'border-left:1px solid rgb(204,204,204);padding-left:1ex">%s</blockquote></div>' % (html.escape(self.head(notice)), self.body(notice)))


class Outlook(Program):
    """Outlook for Windows, whose HTML is Word's."""
    tags = dict(Program.tags, p='<p class="MsoNormal">%s<o:p></o:p></p>', b="<b>%s</b>", li='<li class="MsoListParagraph" style="margin-left:0cm">%s<o:p></o:p></li>',
                ul='<ul style="margin-top:0cm" type="disc">', ol='<ol style="margin-top:0cm" start="1" type="1">',
                table='<table class="MsoTableGrid" border="1" cellspacing="0" cellpadding="0" style="border-collapse:collapse;border:none"><tbody>',
                td='<td width="120" valign="top" style="width:90.0pt;border:solid windowtext 1.0pt;padding:0cm 5.4pt 0cm 5.4pt"><p class="MsoNormal">%s<o:p></o:p></p></td>',
                img='<img width="40" height="24" style="width:.4166in;height:.25in" id="Picture_x0020_1" src="cid:%s">', cid="image00%d.png@01DC0000.00000000", a=' style="color:#0563C1"')
    marks = dict(NO_MARKS, a="%s<%s>", ul="  *   ", ol="  %d.  ", img="[cid:image001.png@01DC0000.00000000]")
    style = ("<style><!--\n@font-face {font-family:Calibri;}\np.MsoNormal, li.MsoNormal {margin:0cm; font-size:11.0pt; font-family:\"Calibri\",sans-serif;}\n"
             "p.MsoListParagraph, li.MsoListParagraph {margin-left:36pt; font-size:11.0pt; font-family:\"Calibri\",sans-serif;}\n"
             "a:link {color:#0563C1;}\n--></style>")
    frame = '<div class="WordSection1">%s'
    signature = ('<p class="MsoNormal"><o:p>&nbsp;</o:p></p><p class="MsoNormal"><span style="color:#1F497D">Bob Rossi</span><o:p></o:p></p>', "Bob Rossi\n")

    def head(self, notice):
        return "From: Acme Support <support@example.org>\nSent: Thursday, January 1, 2026 10:00 AM\nTo: Bob Rossi <bob@agents.example>\nSubject: %s\n" % notice["Subject"]

    def plain_quote(self, notice):
        return "\n" + self.head(notice) + "\n" + notice.text

    def html_quote(self, notice):
        return ('<p class="MsoNormal"><o:p>&nbsp;</o:p></p><div><div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm"><p class="MsoNormal"><b>From:</b> '
                'Acme Support &lt;support@example.org&gt;<br><b>Sent:</b> Thursday, January 1, 2026 10:00 AM<br><b>To:</b> Bob Rossi &lt;bob@agents.example&gt;<br><b>Subject:</b> %s<o:p></o:p></p>'
                '</div></div>%s</div>' % (html.escape(str(notice["Subject"])), self.body(notice)))


class OutlookWeb(Outlook):
    style = '<style type="text/css" style="display:none;"> P {margin-top:0;margin-bottom:0;} </style>'
    tags = dict(Program.tags, p='<div class="elementToProof" style="font-family: Aptos, Calibri, Helvetica, sans-serif; font-size: 12pt; color: rgb(0, 0, 0);">%s</div>',
                li='<li style="font-family: Aptos, Calibri, sans-serif; font-size: 12pt; color: rgb(0, 0, 0);"><div role="presentation" class="elementToProof">%s</div></li>',
                ul='<ul data-editing-info="{}">', ol='<ol start="1" data-editing-info="{}">',
                table='<table id="x" style="border-collapse: collapse; border-spacing: 0px; box-sizing: border-box;"><tbody>',
                td='<td style="border: 1px solid rgb(171, 171, 171); width: 120px; padding: 2px;"><div class="elementToProof">%s</div></td>',
                img='<img data-outlook-trace="F:1|T:1" src="cid:%s" width="40" height="24" style="width: 40px; max-width: 100%%;">', cid="6a7b%d-0000-4000", a=' id="OWA1"')
    frame = '%s<div id="appendonsend"></div>'
    signature = ('<div id="Signature" class="elementToProof"><div style="font-family: Aptos, Calibri; font-size: 12pt; color: rgb(0, 0, 0);">Bob Rossi</div></div>', "Bob Rossi\n")
    marks = dict(Outlook.marks, ul="  *\n", img="")

    def plain_quote(self, notice):
        return "________________________________\n" + self.head(notice) + "\n" + notice.text

    def html_quote(self, notice):
        return ('<hr style="display:inline-block;width:98%%" tabindex="-1"><div id="divRplyFwdMsg" dir="ltr"><font face="Calibri, sans-serif" style="font-size:11pt" color="#000000"><b>From:</b> '
                'Acme Support &lt;support@example.org&gt;<br><b>Sent:</b> Thursday<br><b>To:</b> Bob Rossi<br><b>Subject:</b> %s</font><div>&nbsp;</div></div>%s'
                % (html.escape(str(notice["Subject"])), self.body(notice)))


class AppleMail(Program):
    tags = dict(Program.tags, p="<div>%s</div><div><br></div>", ul='<ul class="MailOutline">', ol='<ol class="MailOutline">',
                table='<table cellspacing="0" cellpadding="0" style="border-collapse: collapse; border: 1px solid rgb(154, 154, 154);"><tbody>',
                td='<td valign="top" style="border: 1px solid rgb(154, 154, 154); padding: 4px;"><div style="margin: 0px; font-stretch: normal;">%s</div></td>',
                img='<img id="x" src="cid:%s" alt="image.png" width="40" height="24">', cid="F00%d-1@agents.example")
    marks = NO_MARKS
    frame = '%s'
    signature = ('<div>-- </div><div>Bob Rossi</div>', "-- \nBob Rossi\n")
    related_inside = True
    body_tag = '<body style="overflow-wrap: break-word; -webkit-nbsp-mode: space; line-break: after-white-space;">'

    def head(self, notice):
        return "On 1. Jan 2026, at 10:00, Acme Support <support@example.org> wrote:"

    def html_quote(self, notice):
        return ('<div><br><blockquote type="cite"><div>%s</div><br class="Apple-interchange-newline"><div>%s</div></blockquote></div><br>'
                % (html.escape(self.head(notice)), self.body(notice)))


class IPhone(AppleMail):
    body_tag = '<body dir="auto">'
    signature = ('<div dir="ltr"><br>Sent from my iPhone</div>', "Sent from my iPhone\n")

    def html_quote(self, notice):
        return ('<div dir="ltr"><br><blockquote type="cite">%s<br><br></blockquote></div><blockquote type="cite"><div dir="ltr">\ufeff%s</div></blockquote>'
                % (html.escape(self.head(notice)), self.body(notice)))


class Thunderbird(Program):
    tags = dict(Program.tags, p="<p>%s</p>\n", ul="<ul>\n", ol="<ol>\n", li="<li>%s</li>\n", table='<table cellspacing="2" cellpadding="2" border="1" width="100%%"><tbody>',
                td='<td valign="top">%s<br></td>', img='<img src="cid:%s" alt="" width="40" height="24">', cid="part%d.0x@agents.example", a=' class="moz-txt-link-freetext"')
    marks = dict(NAMED, i="/%s/", ul="  * ", ol=" %d. ", img="")
    signature = ('<pre class="moz-signature" cols="72">-- \nBob Rossi</pre>', "-- \nBob Rossi\n")

    def html_quote(self, notice):
        return ('<div class="moz-cite-prefix">%s<br></div><blockquote type="cite" cite="mid:%s">%s</blockquote>'
                % (html.escape(self.head(notice)), html.escape(str(notice["Message-ID"]).strip("<>")), self.body(notice)))

    def assemble(self, own, quote):
        return quote + own


class Yahoo(Program):
    tags = dict(Program.tags, p='<div dir="ltr" data-setdir="false">%s</div><div dir="ltr" data-setdir="false"><br></div>', img='<img src="cid:%s" data-inlineimagemanipulating="true" style="max-width: 800px; width: 40px;">',
                cid="yah%d")
    marks = dict(NO_MARKS, ul="   - ", ol="   %d. ", img="")
    frame = '<div class="ydp1yahoo-style-wrap" style="font-family:Helvetica Neue, Helvetica, Arial, sans-serif;font-size:13px;"><div></div>%s</div>'
    signature = ('<div class="ydp1signature"><div>Bob Rossi</div></div>', "Bob Rossi\n")

    def html_quote(self, notice):
        return ('<div id="ydp2yahoo_quoted_1" class="ydp2yahoo_quoted"><div style="font-family:Helvetica;font-size:13px;color:#26282a;"><div>%s</div><div><br></div><div>%s</div></div></div>'
                % (html.escape(self.head(notice)), self.body(notice)))


class Proton(Program):
    tags = dict(Program.tags, p='<div style="font-family: Arial, sans-serif; font-size: 14px;">%s</div>', b="<b>%s</b>", ul='<ul data-editing-info="{}" style="margin-block: 0px;">', img='<img src="cid:%s" alt="image.png" width="40" class="proton-embedded">',
                cid="abcd%d@protonmail.com", a=' rel="noreferrer nofollow noopener" target="_blank"')
    marks = dict(NO_MARKS, img="")
    signature = ('<div class="protonmail_signature_block" style="font-family: Arial, sans-serif; font-size: 14px;"><div class="protonmail_signature_block-user">Bob Rossi</div></div>', "Bob Rossi\n")
    text_beside = False                      # HTML alone

    def html_quote(self, notice):
        return ('<div class="protonmail_quote"> %s<br><blockquote class="protonmail_quote" type="cite">%s</blockquote><br></div>' % (html.escape(self.head(notice)), self.body(notice)))


PROGRAMS = {"Gmail": Gmail, "Outlook": Outlook, "Outlook on the web": OutlookWeb, "Apple Mail": AppleMail, "iPhone": IPhone, "Thunderbird": Thunderbird,
            "Yahoo": Yahoo, "Proton": Proton}


# ---- the mail
def part(kind, text):
    return "Content-Type: %s; charset=utf-8\nContent-Transfer-Encoding: base64\n\n%s\n" % (kind, base64.encodebytes(text.encode()).decode())


def multipart(kind, parts, mark):
    return 'Content-Type: multipart/%s; boundary="%s"\n\n' % (kind, mark) + "".join("--%s\n%s\n" % (mark, p) for p in parts) + "--%s--\n" % mark


def answer(program, blocks, notice, commands=""):
    """The mail, the agent's own HTML, its pictures."""
    number, pictures = next(_count), []
    own = program.own(blocks, pictures)
    own = (page([("p", [commands])], program.tags, []) if commands else "") + own
    assembled = program.frame % own + program.html_quote(notice)
    whole = "<html><head><meta http-equiv=\"Content-Type\" content=\"text/html; charset=utf-8\">%s</head>%s%s</body></html>" % (
        getattr(program, "style", ""), getattr(program, "body_tag", "<body>"), assembled)
    text = (commands + "\n\n" if commands else "") + plain(blocks, program.marks) + "\n" + program.signature[1] + "\n" + program.plain_quote(notice)
    content = part("text/html", whole)
    if pictures:
        files = ['Content-Type: image/png; name="image%d.png"\nContent-Disposition: inline; filename="image%d.png"\nContent-ID: <%s>\nContent-Transfer-Encoding: base64\n\n%s'
                 % (i, i, cid, base64.encodebytes(data).decode()) for i, (cid, data) in enumerate(pictures)]
        content = multipart("related", [content] + files, "rel-%d" % number)
    if getattr(program, "text_beside", True):
        content = multipart("alternative", [part("text/plain", text), content], "alt-%d" % number)
    to = email.utils.parseaddr(str(notice["Reply-To"]))[1]
    head = ("From: %s\nTo: %s\nSubject: Re: %s\nMessage-ID: <html.%d.%d@agents.example>\nIn-Reply-To: %s\nReferences: %s\nDate: Thu, 01 Jan 2026 11:00:00 +0000\nMIME-Version: 1.0\n"
            % (AGENT, to, notice["Subject"], id(notice) % 100000, number, notice["Message-ID"], notice["Message-ID"]))
    return (head + content).replace("\n", "\r\n").encode(), own, pictures


def answers(notice):
    for name, program in PROGRAMS.items():
        for content, blocks in CONTENTS.items():
            raw, own, pictures = answer(program(), blocks, notice)
            yield "%s, %s" % (name, content), raw, {"blocks": blocks, "own": own, "pictures": [data for _, data in pictures], "style": getattr(program, "style", "")}
