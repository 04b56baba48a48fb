"""clients.py - answers to a notice as agents' mail programs make them of the same words: what each does to bold, lists, links, tables, pictures and signatures.

mails(notice) yields Mail: name, raw, own (the HTML that the agent wrote, his style sheet before it), pictures {Content-ID: bytes}. The shapes are those that
the programs are known for; the words are ours. A content is a list of blocks: ("p", parts), ("ul" or "ol", items, first number), ("table", rows), ("img", n), ("pre", text),
("h", text), ("quote", text); a part is a string or (kind, text[, target]), kind b i u a big red mark code; an item is a string or (string, [items below it]).
"""
import base64, collections, email.utils, html, struct, zlib

Mail = collections.namedtuple("Mail", "name raw own pictures")
LINK = "https://kb.example.org/printers?id=7&lang=en"
SIGNED = "Bob Rossi"


def png(number, width=90, height=50):
    """A picture that is not the same when it is turned, cut or another one."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    rows = b"".join(b"\0" + b"".join(bytes(((x * 3 + number * 80) % 256, y * 5 % 256, (x * y + number * 40) % 256)) for x in range(width)) for y in range(height))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


CONTENTS = {
    "plain": [("p", ["Hello Anna,"]), ("p", ["the printer on the second floor works again. The fuser was worn out, and we have put in a new one; it should last for "
                                           "two years at what you print. Größe und Straße: 5 µm, “fine” — ça va, Łódź."]), ("p", ["Kind regards"])],
    "marked": [("p", ["Please switch it ", ("b", "off"), " and ", ("b", "on again"), ", then ", ("i", "wait"), " until the lamp is ", ("red", "red"), "."]),
               ("p", [("u", "Never"), " open the ", ("mark", "left door"), ": it is ", ("big", "hot"), "."])],
    "lists": [("p", ["What we need from you:"]), ("ul", ["the serial number", ("a picture of the label", ["from the front", "from the side"]), "your room"], 1),
              ("p", ["And then:"]), ("ol", ["open the lid", "take the paper out", "close it"], 1), ("p", ["Going on:"]), ("ol", ["switch it on", "print a page"], 4)],
    "links": [("p", ["Everything is described ", ("a", "in our guide", LINK), ", with pictures. Or write to ", ("a", "anna@kb.example.org", "mailto:anna@kb.example.org"), "."]),
              ("p", [("a", "https://kb.example.org/status", "https://kb.example.org/status"), " says what is broken today."])],
    "table": [("p", ["Our prices:"]), ("table", [["Part", "Price", "Days"], ["Toner", "30 EUR", "1"], ["Drum", "80 EUR", "3"], ["Lamp for the scanner", "n/a", "14"]]),
              ("p", ["They hold until May."])],
    "pictures": [("p", ["Press the button that you see here:"]), ("img", 0), ("p", ["It is on the left. When it is lit, turn the wheel:"]), ("img", 1), ("p", ["That is all."])],
    "code": [("p", ["Type this ", ("code", "lpstat -p"), " and send us what it says. It should look like"]),
             ("pre", "printer room2 is idle.\n  enabled since Monday\n  reason: none"), ("quote", "What is idle is not broken, says the manual."), ("p", ["Thanks."])],
    "all": [("h", "Your printer"), ("p", ["Dear Anna,"]), ("ol", ["look ", "press", "wait"], 1), ("table", [["A", "B"], ["c", "d"]]), ("img", 2),
            ("p", ["See ", ("a", "here", LINK), ", ", ("b", "now"), "."]), ("ul", ["one", "two"], 1), ("p", ["Yours"])],
}


class Client:
    """What a program makes of each part; %s is what stands in it."""
    p, item, rule = "<div>%s</div>", "<li>%s</li>", "<hr>"
    b, i, u = "<b>%s</b>", "<i>%s</i>", "<u>%s</u>"
    red, mark, big = '<font color="#ff0000">%s</font>', '<span style="background-color: rgb(255, 255, 0);">%s</span>', '<font size="5">%s</font>'
    code, pre, h, quote = "<tt>%s</tt>", "<pre>%s</pre>", "<h2>%s</h2>", '<blockquote style="margin: 0px 0px 0px 40px; border: none; padding: 0px;"><div>%s</div></blockquote>'
    a = '<a href="%s">%s</a>'
    ul, ol = "<ul>%s</ul>", "<ol>%s</ol>"
    table, row, cell, head = '<table border="1"><tbody>%s</tbody></table>', "<tr>%s</tr>", "<td>%s</td>", None
    img, cid = '<img src="cid:%s" alt="image.png" width="90" height="50">', "ii_%d"
    frame, body, sheet = "%s", "<body>", ""
    signature, signature_text = "<div>-- <br>Bob Rossi</div>", "-- \nBob Rossi"
    beside = True                            # a text part
    # in the text: marks of bold ..., what is put between cells, and for a picture
    marks = {"b": "%s", "i": "%s", "u": "%s", "red": "%s", "mark": "%s", "big": "%s", "code": "%s"}
    link_text, bullet, number, cells, picture_text = "%s", "* ", "%d. ", "\t", ""

    # ---- HTML
    def parts(self, parts):
        return "".join(html.escape(p, quote=False) if isinstance(p, str) else self.a % (html.escape(p[2]), html.escape(p[1])) if p[0] == "a"
                       else getattr(self, p[0]) % html.escape(p[1]) for p in parts)

    def items(self, kind, items, first=1, level=0):
        inside = "".join(self.item % html.escape(one) if isinstance(one, str)
                         else self.nested(html.escape(one[0]), self.items("ul", one[1], 1, level + 1)) for one in items)
        whole = getattr(self, kind) % inside
        return whole.replace("<ol", '<ol start="%d"' % first, 1) if kind == "ol" and first > 1 else whole

    def nested(self, text, below):
        return self.item % text + below if self.below_beside else self.item % (text + below)
    below_beside = False

    def rows(self, rows):
        return self.table % "".join(self.row % "".join((self.head if self.head and n == 0 else self.cell) % html.escape(cell) for cell in row) for n, row in enumerate(rows))

    def block(self, block, ids):
        kind = block[0]
        if kind == "p":
            return self.p % self.parts(block[1])
        if kind in ("ul", "ol"):
            return self.items(kind, block[1], block[2])
        if kind == "table":
            return self.rows(block[1])
        if kind == "img":
            return self.p % (self.img % ids[block[1]])
        return getattr(self, kind) % html.escape(block[1])

    # ---- text
    def plain_items(self, kind, items, first=1, indent=""):
        lines = []
        for n, one in enumerate(items):
            lines.append(indent + (self.bullet if kind == "ul" else self.number % (first + n)) + (one if isinstance(one, str) else one[0]))
            if not isinstance(one, str):
                lines += self.plain_items("ul", one[1], 1, indent + "   ")
        return lines

    def plain_block(self, block, ids):
        kind = block[0]
        if kind == "p":
            return "".join(p if isinstance(p, str) else self.plain_link(p) if p[0] == "a" else self.marks[p[0]] % p[1] for p in block[1])
        if kind in ("ul", "ol"):
            return "\n".join(self.plain_items(kind, block[1], block[2]))
        if kind == "table":
            return "\n".join(self.cells.join(row) for row in block[1])
        if kind == "img":
            return self.picture_text.replace("ID", ids[block[1]])
        return self.plain_other(kind, block[1])

    def plain_link(self, part):
        return part[1] if part[1] == part[2].replace("mailto:", "") else self.link_text % ((part[1], part[2]) if self.link_text.count("%s") > 1 else part[1])

    def plain_other(self, kind, text):
        return text

    # ---- the notice below
    def said(self):
        return "On Mon, Jan 5, 2026 at 10:00 AM Acme Support <support@example.org> wrote:"

    def below(self, notice):
        return '<blockquote type="cite">%s<br>%s</blockquote>' % (html.escape(self.said()), inside(notice))

    def below_text(self, notice):
        return self.said() + "\n\n" + "".join("> %s\n" % line for line in notice.text.splitlines())

    def after_text(self, blocks):
        return ""


def inside(notice):
    page = notice.html
    return page.split("<body", 1)[1].split(">", 1)[1].rsplit("</body>", 1)[0] if "<body" in page else page


class OutlookWord(Client):
    sheet = ('<style><!--\n/* Font Definitions */\n@font-face\n\t{font-family:"Cambria Math";}\n@font-face\n\t{font-family:Calibri;}\n/* Style Definitions */\np.MsoNormal, li.MsoNormal, div.MsoNormal\n'
             '\t{margin:0cm;\n\tfont-size:11.0pt;\n\tfont-family:"Calibri",sans-serif;\n\tmso-ligatures:standardcontextual;\n\tmso-fareast-language:EN-US;}\n'
             'h2\n\t{margin-top:2.0pt;margin-right:0cm;margin-bottom:0cm;margin-left:0cm;font-size:13.0pt;font-family:"Calibri Light",sans-serif;color:#2F5496;font-weight:normal;}\n'
             'a:link, span.MsoHyperlink\n\t{mso-style-priority:99;\n\tcolor:#0563C1;\n\ttext-decoration:underline;}\np.MsoListParagraph, li.MsoListParagraph, div.MsoListParagraph\n'
             '\t{mso-style-priority:34;\n\tmargin-top:0cm;\n\tmargin-right:0cm;\n\tmargin-bottom:0cm;\n\tmargin-left:36.0pt;\n\tfont-size:11.0pt;\n\tfont-family:"Calibri",sans-serif;}\n'
             '@page WordSection1\n\t{size:612.0pt 792.0pt;\n\tmargin:72.0pt 72.0pt 72.0pt 72.0pt;}\ndiv.WordSection1\n\t{page:WordSection1;}\n@list l0\n\t{mso-list-id:1;}\nol\n\t{margin-bottom:0cm;}\nul\n\t{margin-bottom:0cm;}\n--></style>'
             '<!--[if gte mso 9]><xml>\n<o:shapedefaults v:ext="edit" spidmax="1026" />\n</xml><![endif]-->')
    body, frame = '<body lang="EN-US" link="#0563C1" vlink="#954F72" style=\'word-wrap:break-word\'>', '<div class="WordSection1">%s</div>'
    p = '<p class="MsoNormal">%s<o:p></o:p></p><p class="MsoNormal"><o:p>&nbsp;</o:p></p>'
    red, mark, big = '<span style="color:red">%s</span>', '<span style="background:yellow;mso-highlight:yellow">%s</span>', '<span style="font-size:18.0pt">%s</span>'
    code, pre = '<span style=\'font-family:"Courier New"\'>%s</span>', '<p class="MsoNormal"><span style=\'font-family:"Courier New"\'>%s<o:p></o:p></span></p>'
    h, quote = "<h2>%s<o:p></o:p></h2>", '<p class="MsoNormal" style="margin-left:36.0pt">%s<o:p></o:p></p>'
    table = '<table class="MsoTableGrid" border="1" cellspacing="0" cellpadding="0" style="border-collapse:collapse;border:none">%s</table><p class="MsoNormal"><o:p>&nbsp;</o:p></p>'
    cell = '<td width="160" valign="top" style="width:120.0pt;border:solid windowtext 1.0pt;border-top:none;padding:0cm 5.4pt 0cm 5.4pt"><p class="MsoNormal">%s<o:p></o:p></p></td>'
    head = ('<td width="160" valign="top" style="width:120.0pt;border:solid windowtext 1.0pt;background:#D9E2F3;padding:0cm 5.4pt 0cm 5.4pt"><p class="MsoNormal"><b>%s<o:p></o:p></b></p></td>')
    img, cid = '<img width="90" height="50" style="width:.9375in;height:.5208in" id="Picture_x0020_1" src="cid:%s" alt="A picture">', "image00%d.png@01DC7E00.12345670"
    signature = ('<p class="MsoNormal"><b><span style="color:#1F4E79;mso-fareast-language:IT">Bob Rossi</span></b><o:p></o:p></p>'
                 '<p class="MsoNormal"><span style="font-size:9.0pt;color:#7F7F7F">Acme Support, room 12<o:p></o:p></span></p>')
    signature_text = "Bob Rossi\nAcme Support, room 12"
    marks = dict(Client.marks)
    link_text, bullet, number, picture_text = "%s<%s>", "  *   ", "  %d.  ", "[A picture]"

    def items(self, kind, items, first=1, level=0):
        """Paragraphs with a drawn sign before each, as Word keeps lists that were typed into it."""
        out = ""
        for n, one in enumerate(items):
            sign = ("o" if level else "\u00b7") if kind == "ul" else "%d." % (first + n)
            font = "font-family:Symbol;" if kind == "ul" and not level else 'font-family:"Courier New";' if kind == "ul" else ""
            out += ('<p class="MsoListParagraph" style=\'margin-left:%.1fpt;text-indent:-18.0pt;mso-list:l%d level%d lfo1\'><![if !supportLists]><span style=\'%smso-list:Ignore\'>%s'
                    '<span style=\'font:7.0pt "Times New Roman"\'>&nbsp;&nbsp;&nbsp;&nbsp;&nbsp;&nbsp; </span></span><![endif]>%s<o:p></o:p></p>'
                    % (36 * (level + 1), first, level + 1, font, sign, html.escape(one if isinstance(one, str) else one[0])))
            out += "" if isinstance(one, str) else self.items("ul", one[1], 1, level + 1)
        return out + ("" if level else '<p class="MsoNormal"><o:p>&nbsp;</o:p></p>')

    def block(self, block, ids):
        if block[0] == "pre":
            return self.pre % "<br>".join(html.escape(line).replace("  ", "&nbsp; ") for line in block[1].split("\n"))
        return super().block(block, ids)

    def said(self, notice=None):
        return "From: Acme Support <support@example.org>\nSent: Monday, January 5, 2026 10:00 AM\nTo: Bob Rossi <bob@agents.example>\nSubject: %s\n" % notice["Subject"]

    def below(self, notice):
        return ('<div><div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm"><p class="MsoNormal"><b>From:</b> Acme Support &lt;support@example.org&gt; <br><b>Sent:</b> '
                'Monday, January 5, 2026 10:00 AM<br><b>To:</b> Bob Rossi &lt;bob@agents.example&gt;<br><b>Subject:</b> %s<o:p></o:p></p></div></div>%s' % (html.escape(str(notice["Subject"])), inside(notice)))

    def below_text(self, notice):
        return self.said(notice) + "\n" + notice.text


APTOS = "font-family: Aptos, Aptos_EmbeddedFont, Aptos_MSFontService, Calibri, Helvetica, sans-serif; font-size: 12pt; color: rgb(0, 0, 0);"


class OutlookNew(OutlookWord):
    sheet, body, frame = '<style type="text/css" style="display:none;"> P {margin-top:0;margin-bottom:0;} </style>', '<body dir="ltr">', "%s"
    p = '<div class="elementToProof" style="%s">%%s</div><div class="elementToProof" style="%s"><br></div>' % (APTOS, APTOS)
    item = '<li style="%s"><div role="presentation" class="elementToProof">%%s</div></li>' % APTOS
    ul, ol = '<ul data-editing-info="{&quot;orderedStyleType&quot;:1}" style="margin-top: 0px; margin-bottom: 0px;">%s</ul>', '<ol style="margin-top: 0px; margin-bottom: 0px; list-style-type: decimal;">%s</ol>'
    red, mark, big = '<span style="color: rgb(237, 92, 87);">%s</span>', '<span style="background-color: rgb(255, 255, 0);">%s</span>', '<span style="font-size: 20pt;">%s</span>'
    code, pre = '<span style="font-family: &quot;Courier New&quot;, monospace;">%s</span>', '<pre style="font-family: &quot;Courier New&quot;, monospace; font-size: 10pt;">%s</pre>'
    h, quote = '<h2 style="font-family: Aptos, Calibri, sans-serif;">%s</h2>', '<blockquote style="margin-top: 0px; margin-bottom: 0px; border-left: 3px solid rgb(200, 200, 200); padding-left: 10px;"><div>%s</div></blockquote>'
    table = '<table style="box-sizing: border-box; border-collapse: collapse; border-spacing: 0px;"><tbody>%s</tbody></table><div><br></div>'
    cell = '<td style="border: 1px solid rgb(171, 171, 171); width: 120px; height: 22px; vertical-align: top;"><div class="elementToProof" style="%s">%%s</div></td>' % APTOS
    head = '<th style="border: 1px solid rgb(171, 171, 171); width: 120px; background-color: rgb(221, 235, 247); text-align: left;"><div style="%s"><b>%%s</b></div></th>' % APTOS
    img, cid = '<img data-outlook-trace="F:1|T:1" src="cid:%s" width="90" height="50" size="4000" style="width: 90px; height: 50px; max-width: 738px; margin: 0px;">', "6a7b0%d-1c2d-4000-8000-0123456789ab"
    a = '<a href="%s" id="LPNoLPOWALinkPreview" class="OWAAutoLink" style="margin: 0px;">%s</a>'
    signature = '<div id="Signature" class="elementToProof" style="color: inherit;"><div style="%s">Bob Rossi</div></div>' % APTOS
    signature_text, picture_text, bullet, number = "Bob Rossi", "[cid:ID]", "  *\n", "  %d.\n"

    items, block = Client.items, Client.block

    def below(self, notice):
        return ('<div id="appendonsend"></div><hr style="display: inline-block; width: 98%%;"><div id="divRplyFwdMsg"><div style="direction: ltr; font-family: Calibri, sans-serif; font-size: 11pt;"><b>From:</b> '
                'Acme Support &lt;support@example.org&gt;<br><b>Sent:</b> Monday, January 5, 2026 10:00 AM<br><b>To:</b> Bob Rossi<br><b>Subject:</b> %s</div><div style="direction: ltr;">&nbsp;</div></div>%s'
                % (html.escape(str(notice["Subject"])), inside(notice)))

    def below_text(self, notice):
        return "________________________________\n" + self.said(notice) + "\n" + notice.text


class Gmail(Client):
    frame, p = '<div dir="ltr">%s</div>', "<div>%s</div><div><br></div>"
    item = '<li style="margin-left:15px">%s</li>'
    below_beside = True
    red, mark, big = '<font color="#ff0000">%s</font>', '<span style="background-color:rgb(255,255,0)">%s</span>', '<font size="6">%s</font>'
    code, pre = '<font face="monospace">%s</font>', '<div style="white-space:pre-wrap"><font face="monospace">%s</font></div>'
    h, quote = '<div><font size="4"><b>%s</b></font></div>', '<blockquote style="margin:0 0 0 40px;border:none;padding:0px"><div>%s</div></blockquote>'
    table = '<table cellspacing="0" cellpadding="0" dir="ltr" border="1" style="table-layout:fixed;font-size:10pt;font-family:Arial;width:0px;border-collapse:collapse;border:none"><colgroup><col width="160"><col width="100"><col width="100"></colgroup><tbody>%s</tbody></table><div><br></div>'
    row, cell = '<tr style="height:21px">%s</tr>', '<td style="border:1px solid rgb(204,204,204);overflow:hidden;padding:2px 3px;vertical-align:bottom">%s</td>'
    head = '<td style="border:1px solid rgb(204,204,204);overflow:hidden;padding:2px 3px;vertical-align:bottom;background-color:rgb(207,226,243);font-weight:bold">%s</td>'
    img, cid = '<img src="cid:%s" alt="image.png" width="90" height="50" style="margin-right:0px">', "ii_mk1%d"
    signature = ('<span class="gmail_signature_prefix">-- </span><br><div dir="ltr" class="gmail_signature" data-smartmail="gmail_signature"><div dir="ltr"><div style="color:rgb(34,34,34)"><b>Bob Rossi</b></div>'
                 '<div style="font-size:small;color:rgb(102,102,102)">Acme Support, room 12</div></div></div>')
    signature_text = "-- \n*Bob Rossi*\nAcme Support, room 12"
    marks = dict(Client.marks, b="*%s*", i="*%s*", u="*%s*")
    link_text, bullet, number, cells, picture_text = "%s\n<%s>", "   - ", "   %d. ", "\n", "[image: image.png]"

    def below(self, notice):
        return ('<br><div class="gmail_quote gmail_quote_container"><div dir="ltr" class="gmail_attr">%s<br></div><blockquote class="gmail_quote" style="margin:0px 0px 0px 0.8ex;border-left:1px solid '
                'rgb(204,204,204);padding-left:1ex">%s</blockquote></div>' % (html.escape(self.said()), inside(notice)))


class AppleMail(Client):
    body, p = '<body style="overflow-wrap: break-word; -webkit-nbsp-mode: space; line-break: after-white-space;">', "<div>%s</div><div><br></div>"
    ul, ol = '<ul class="MailOutline">%s</ul>', '<ol class="MailOutline">%s</ol>'
    below_beside = True
    red, mark, big = '<font color="#ff2600">%s</font>', '<span style="background-color: rgb(255, 251, 0);">%s</span>', '<span style="font-size: 24px;">%s</span>'
    code, pre = '<font face="Menlo-Regular" style="font-size: 11px;">%s</font>', '<div style="white-space: pre-wrap;"><span style="font-family: Menlo-Regular; font-size: 11px; orphans: 2; widows: 2;">%s</span></div>'
    h = '<div><b style="font-size: 18px;">%s</b></div>'
    table = '<table cellspacing="0" cellpadding="0" style="border-collapse: collapse;"><tbody>%s</tbody></table><div><br></div>'
    cell = '<td valign="top" style="border: 1px solid rgb(191, 191, 191); padding: 4px; width: 110px;"><p style="margin: 0px; font-stretch: normal; line-height: normal; font-family: Helvetica; font-size: 12px;">%s</p></td>'
    head = '<td valign="top" style="background-color: rgb(189, 192, 191); border: 1px solid rgb(165, 165, 165); padding: 4px; width: 110px;"><p style="margin: 0px; font: bold 12px Helvetica;">%s</p></td>'
    img, cid = '<img id="2F1A" src="cid:%s" alt="picture.png" width="90" height="50">', "F00%d4A1B-1111-2222@agents.example"
    signature = ('<br id="lineBreakAtBeginningOfMessage"><div><meta charset="UTF-8"><div style="caret-color: rgb(0, 0, 0); color: rgb(0, 0, 0); letter-spacing: normal; text-align: start; text-indent: 0px; '
                 'text-transform: none; white-space: normal; word-spacing: 0px; -webkit-text-stroke-width: 0px; text-decoration: none;">-- <br><b>Bob Rossi</b></div></div>')
    signature_text = "-- \nBob Rossi"
    bullet = "\u2022 "

    def said(self):
        return "On 5. Jan 2026, at 10:00, Acme Support <support@example.org> wrote:"

    def below(self, notice):
        return '<div><br><blockquote type="cite"><div>%s</div><br class="Apple-interchange-newline"><div>%s</div></blockquote></div><br>' % (html.escape(self.said()), inside(notice))


class IOS(AppleMail):
    body = '<body dir="auto">'
    p, table = "%s<div><br></div>", "<div><table border=\"1\"><tbody>%s</tbody></table></div><div><br></div>"
    item, cell, head = "<li>%s</li>", "<td>%s</td>", "<td><b>%s</b></td>"
    img = '<div dir="ltr"><img alt="image0.png" src="cid:%s" width="90"></div>'
    signature, signature_text = '<div dir="ltr"><div>Bob Rossi</div><div><br></div>Sent from my iPhone</div>', "Bob Rossi\n\nSent from my iPhone"
    picture_text = "<image0.png>"

    def below(self, notice):
        return ('<div dir="ltr"><br><blockquote type="cite">%s<br><br></blockquote></div><blockquote type="cite"><div dir="ltr">\ufeff%s</div></blockquote>' % (html.escape(self.said()), inside(notice)))


class Thunderbird(Client):
    p, body = "<p>%s</p>\n", "<body>"
    ul, ol, item = "<ul>\n%s</ul>\n", "<ol>\n%s</ol>\n", "<li>%s</li>\n"
    red, mark, big = '<font color="#ff0000">%s</font>', '<span style="background-color: #ffff00;">%s</span>', '<big><big>%s</big></big>'
    h, pre, quote = "<h2>%s</h2>\n", "<pre>%s</pre>\n", "<blockquote>%s</blockquote>\n"
    table = '<table border="1" width="100%%" cellspacing="2" cellpadding="2"><tbody>%s</tbody></table>\n<p></p>\n'
    cell, head = '<td valign="top">%s<br></td>', '<td valign="top" bgcolor="#ccccff"><b>%s</b><br></td>'
    img, cid = '<img moz-do-not-send="false" src="cid:%s" alt="" width="90" height="50">', "part%d.AbCdEf01@agents.example"
    a = '<a moz-do-not-send="true" href="%s">%s</a>'
    signature, signature_text = '<div class="moz-signature">-- <br>\n<b>Bob Rossi</b><br>\nAcme Support, room 12</div>', "-- \n*Bob Rossi*\nAcme Support, room 12"
    marks = dict(Client.marks, b="*%s*", i="/%s/", u="_%s_", code="|%s|")
    link_text, bullet, number, cells = "%s <%s>", "  * ", " %d. ", " \t"

    def below(self, notice):
        return '<div class="moz-cite-prefix">%s<br></div>\n<blockquote type="cite" cite="mid:%s">%s</blockquote>\n' % (html.escape(self.said()), html.escape(str(notice["Message-ID"]).strip("<>")), inside(notice))

    def plain_other(self, kind, text):
        return "\n".join("    " + line for line in text.split("\n")) if kind == "quote" else text


class Yahoo(Client):
    frame = '<div class="ydp5f1yahoo-style-wrap" style="font-family:Helvetica Neue, Helvetica, Arial, sans-serif;font-size:16px;"><div></div>%s</div>'
    p = '<div dir="ltr" data-setdir="false">%s</div><div dir="ltr" data-setdir="false"><br></div>'
    red, mark, big = '<span style="color: rgb(205, 35, 44);">%s</span>', '<span style="background-color: rgb(253, 230, 118);">%s</span>', '<span style="font-size: 24px;">%s</span>'
    code, pre = '<span style="font-family: courier, monaco, monospace, sans-serif;">%s</span>', '<pre style="white-space: pre-wrap;">%s</pre>'
    table = '<table class="ydpc2" style="border-collapse: collapse; width: 420px;"><tbody>%s</tbody></table><div><br></div>'
    cell, head = '<td style="border: 1px solid rgb(177, 177, 177); padding: 3px 6px; min-width: 50px;">%s</td>', '<th style="border: 1px solid rgb(177, 177, 177); padding: 3px 6px;">%s</th>'
    img, cid = '<div><img title="Inline image" alt="Inline image" src="cid:%s" data-inlineimagemanipulating="true" style="max-width: 100%%; width: 90px; height: 50px;" class="yahoo-inline-image"></div>', "16f0%d@yahoo.com"
    a = '<a href="%s" rel="nofollow" target="_blank" class="">%s</a>'
    signature, signature_text = '<div class="ydp7signature"><div style="font-size:16px;">Bob Rossi</div></div>', "Bob Rossi"
    picture_text = "Inline image"

    def below(self, notice):
        return ('<div id="ydp2yahoo_quoted_1" class="ydp2yahoo_quoted"><div style="font-family:\'Helvetica Neue\', Helvetica, Arial, sans-serif;font-size:13px;color:#26282a;"><div>%s</div><div><br></div><div>%s</div></div></div>'
                % (html.escape(self.said()), inside(notice)))

    def below_text(self, notice):
        return "    " + self.said() + "  \n \n " + "\n".join(" " + line for line in notice.text.splitlines()) + "\n"


class Mutt(Client):
    """mutt, whose text is Markdown, and a filter that makes HTML of all of it, of the quote too."""
    p, item, a = "<p>%s</p>\n", "<li>%s</li>\n", '<a href="%s">%s</a>'
    b, i, u = "<strong>%s</strong>", "<em>%s</em>", '<span class="underline">%s</span>'
    red, mark, big = "<strong>%s</strong>", "<mark>%s</mark>", "<strong>%s</strong>"
    code, pre, h, quote = "<code>%s</code>", "<pre><code>%s</code></pre>\n", '<h2 id="your-printer">%s</h2>\n', "<blockquote>\n<p>%s</p>\n</blockquote>\n"
    ul, ol = "<ul>\n%s</ul>\n", '<ol type="1">\n%s</ol>\n'
    table = "<table>\n<tbody>\n%s</tbody>\n</table>\n"
    row, cell, head = "<tr>\n%s</tr>\n", '<td style="text-align: left;">%s</td>\n', '<th style="text-align: left;">%s</th>\n'
    img, cid = '<img src="cid:%s" alt="A picture">', "pic%d.mutt@agents.example"
    sheet = "<style>code{white-space: pre-wrap;} span.smallcaps{font-variant: small-caps;} span.underline{text-decoration: underline;}</style>"
    signature, signature_text = "<p>–<br />\nBob Rossi</p>\n", "-- \nBob Rossi"
    marks = {"b": "**%s**", "i": "*%s*", "u": "[%s]{.underline}", "red": "**%s**", "mark": "==%s==", "big": "**%s**", "code": "`%s`"}
    link_text, bullet, number, cells, picture_text = "[%s](%s)", "- ", "%d. ", " | ", "![A picture](cid:ID)"

    def plain_link(self, part):
        return "<%s>" % part[1] if part[1] == part[2].replace("mailto:", "") else self.link_text % (part[1], part[2])

    def plain_block(self, block, ids):
        if block[0] == "table":
            rows = ["| " + " | ".join(row) + " |" for row in block[1]]
            return "\n".join(rows[:1] + ["|" + ":---|" * len(block[1][0])] + rows[1:])
        return super().plain_block(block, ids)

    def plain_other(self, kind, text):
        return {"pre": "```\n%s\n```", "h": "## %s", "quote": "> %s"}[kind] % text

    def below(self, notice):
        return "<p>%s</p>\n<blockquote>\n<p>%s</p>\n</blockquote>\n" % (html.escape(self.said()), "<br />\n".join(html.escape(line) for line in notice.text.splitlines()))

    def whole(self, own, notice):
        return own + self.below(notice)


class Roundcube(Client):
    body, p = "<body style='font-size: 10pt; font-family: Verdana,Geneva,sans-serif'>", "<p>%s</p>\n"
    b, i, u = "<strong>%s</strong>", "<em>%s</em>", '<span style="text-decoration: underline;">%s</span>'
    red, mark, big = '<span style="color: #ff0000;">%s</span>', '<span style="background-color: #ffff00;">%s</span>', '<span style="font-size: 18pt;">%s</span>'
    code, quote = "<code>%s</code>", "<blockquote>\n<p>%s</p>\n</blockquote>"
    table = '<table style="border-collapse: collapse; width: 100%%;" border="1">\n<tbody>%s</tbody>\n</table>'
    cell, head = '<td style="width: 33.3333%%;">%s</td>', '<td style="width: 33.3333%%;"><strong>%s</strong></td>'
    img, cid = '<img src="cid:%s" alt="" width="90" height="50" />', "17658%d@agents.example"
    a = '<a href="%s" target="_blank" rel="noopener noreferrer">%s</a>'
    signature, signature_text = '<div id="_rc_sig"><div class="pre" style="margin: 0; padding: 0; font-family: monospace">-- <br />Bob Rossi</div></div>', "-- \nBob Rossi"
    marks = dict(Client.marks, b="%s", i="_%s_")
    link_text, bullet, number = "%s [1]", "\t* ", "\t%d. "

    def below(self, notice):
        return ('<p id="reply-intro">%s</p>\n<blockquote type="cite" style="padding: 0 0.4em; border-left: #1010ff 2px solid; margin: 0"><div id="replybody1">%s</div></blockquote>' % (html.escape(self.said()), inside(notice)))

    def after_text(self, blocks):
        return "\n\nLinks:\n------\n[1] %s\n" % LINK if LINK in str(blocks) else ""


CLIENTS = {"Outlook (Word)": OutlookWord, "new Outlook": OutlookNew, "Gmail": Gmail, "Apple Mail": AppleMail, "iOS": IOS, "Thunderbird": Thunderbird, "Yahoo": Yahoo,
           "mutt": Mutt, "Roundcube": Roundcube}


# ---- the mail
def part(kind, text):
    return "Content-Type: %s; charset=utf-8\nContent-Transfer-Encoding: base64\n\n%s\n" % (kind, base64.encodebytes(text.encode()).decode())


def multipart(kind, parts, mark):
    return 'Content-Type: multipart/%s; boundary="%s"\n\n' % (kind, mark) + "".join("--%s\n%s\n" % (mark, p) for p in parts) + "--%s--\n" % mark


def mail(number, name, client, blocks, notice):
    ids = [client.cid % (n + 1) for n in range(3)]
    own = "".join(client.block(block, ids) for block in blocks) + client.signature
    framed = client.frame % own
    whole = '<html><head><meta http-equiv="Content-Type" content="text/html; charset=utf-8">%s</head>%s%s</body></html>' % (
        client.sheet, client.body, client.frame.replace("%s", own.replace("\\", "\\\\") + client.below(notice), 1) if isinstance(client, OutlookWord) and client.frame != "%s" else framed + client.below(notice))
    text = "\n\n".join(client.plain_block(block, ids) for block in blocks) + "\n\n" + client.signature_text + "\n\n" + client.below_text(notice) + client.after_text(blocks)
    used = {ids[block[1]]: png(block[1]) for block in blocks if block[0] == "img"}
    content = multipart("alternative", [part("text/plain", text), part("text/html", whole)], "alt%d" % number)
    files = ['Content-Type: image/png; name="image.png"\nContent-Disposition: inline; filename="image.png"\nContent-ID: <%s>\nContent-Transfer-Encoding: base64\n\n%s'
             % (cid, base64.encodebytes(data).decode()) for cid, data in used.items()]
    if files:
        content = multipart("related", [content] + files, "rel%d" % number)
    head = ("From: Bob Rossi <bob@agents.example>\nTo: %s\nSubject: Re: %s\nMessage-ID: <looks.%d@agents.example>\nIn-Reply-To: %s\nReferences: %s\nDate: Mon, 05 Jan 2026 11:00:00 +0000\n"
            "MIME-Version: 1.0\n" % (email.utils.parseaddr(str(notice["Reply-To"]))[1], notice["Subject"], number, notice["Message-ID"], notice["Message-ID"]))
    body = client.body.replace("<body", "<div", 1) + framed + "</div>"
    return Mail(name, (head + content).replace("\n", "\r\n").encode(), client.sheet + body, used)


def mails(notice):
    number = 0
    for name, client in CLIENTS.items():
        for content, blocks in CONTENTS.items():
            number += 1
            yield mail(number, "%s, %s" % (name, content), client(), blocks, notice)
