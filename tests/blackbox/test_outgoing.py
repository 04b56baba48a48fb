"""What leaves the house, read back with Python's own mail parser: headers that no stranger can break, words that belong there."""
import base64, email.header, re

from desk import address_of, mail, setup, wait_until

ANNA, BOB = "anna@example.com", "bob@agents.example"
EXPECTED = {"Date", "From", "Reply-To", "To", "Subject", "Message-ID", "In-Reply-To", "References", "Content-Language", "Auto-Submitted",
            "X-Auto-Response-Suppress", "X-Sportello-Desk", "MIME-Version", "Content-Type", "Content-Transfer-Encoding"}
OF_AGENTS = {"List-Id", "X-Sportello-Event", "X-Sportello-Ticket", "X-Sportello-Queue", "X-Sportello-State", "X-Sportello-Priority", "X-Sportello-Agent"}


def clean(sent):
    """Nothing but our own fields, each once; no defect; 7-bit, lines of at most 998 bytes."""
    names = [name for name, _ in sent.message.items()]
    expected = EXPECTED | OF_AGENTS if "@agents.example" in str(sent["To"]) else EXPECTED
    assert set(names) <= expected and len(names) == len(set(names)), names
    assert not sent.message.defects, sent.message.defects
    for part in sent.message.walk():
        assert not part.defects, part.defects
    assert sent.data.isascii() and max(map(len, sent.data.split(b"\n"))) <= 998
    return sent


def encoded(text):
    return email.header.Header(text, "utf-8", maxlinelen=10000).encode()


HOSTILE = [
    "=?utf-8?q?hello=0D=0ABcc:_victim=40example.com=0D=0A=0D=0Abody?=",
    "=?utf-8?b?%s?=" % base64.b64encode(b"a\r\nX-Evil: yes\r\n\r\n<b>x</b>\x00\x07").decode(),
    "=?iso-8859-1?q?caf=E9=0A=09X-Evil:_1?= and <script>alert(1)</script>",
    encoded("日本語の件名" * 40), encoded("{ticket} {?text} {{ %s %n"), "=?utf-8?q?=E2=80=AErtl=E2=80=A8sep=C2=85nel?=",
    "x" * 900, "a =?utf-8?q?=3D=3Fus-ascii=3Fq=3Fnested=3F=3D?=", '"quoted" \\ back, comma; (comment) <angle@x>',
]


@setup(config={"desk.acknowledgements_per_hour": 1000})
def test_hostile_subjects_and_names(desk):
    for i, words in enumerate(HOSTILE):
        address = "anna%d@example.com" % i
        name = words if words.startswith("=?") and " " not in words else encoded(words)
        desk.accept(mail(subject=words, sender="%s <%s>" % (name, address)), sender=address)
    for sent in desk.wait_sent(2 * len(HOSTILE)):
        clean(sent)
        assert len(sent.message.get_all("To")) == 1 and "victim" not in sent["To"].addresses[0].addr_spec
        assert len(sent["To"].addresses) == 1 and len(sent["From"].addresses) == 1
        assert "<script>" not in sent.html
        subject = str(sent["Subject"])
        assert "\n" not in subject and "\r" not in subject and "[#" in subject
    japanese = [m for m in desk.sent() if "日本語の件名" * 40 in str(m["Subject"])]
    assert len(japanese) == 1, "a character was lost"           # in the agent's notice; a stranger's acknowledgement carries none


def test_acknowledgement_says_nothing_of_the_strangers_words(desk):
    desk.accept(mail(body="Buy at http://spam.example now\n"))
    acknowledgement = clean(desk.wait_sent(1, to=ANNA)[0])
    assert "spam.example" not in acknowledgement.data.decode()
    assert acknowledgement["Auto-Submitted"] == "auto-replied" and acknowledgement.html and acknowledgement.text
    assert acknowledgement["In-Reply-To"] is not None and acknowledgement["X-Sportello-Desk"] == "example.org"


PICTURE = bytes(range(256)) * 300


def bobs_mail(notice, text):
    reply = mail(reply_to=notice.message, sender="Bob <%s>" % BOB, body="")
    head = reply.split(b"\r\n\r\n")[0].replace(b"Content-Type: text/plain; charset=utf-8", b"Content-Type: multipart/mixed; boundary=bb") \
        .replace(b"\r\nContent-Transfer-Encoding: 8bit", b"")
    head += b"\r\nX-Internal: 10.0.0.1"
    return head + b"\r\n\r\n--bb\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + text.encode() + \
        b"\r\n--bb\r\nContent-Type: image/png\r\nContent-Disposition: attachment; filename*=UTF-8''..%2F%E5%9B%B3%22%0D%0ABcc%3A%20x.png\r\n" \
        b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(PICTURE).replace(b"\n", b"\r\n") + b"--bb--\r\n"


def test_agents_answer_carries_words_and_attachments_and_nothing_else(desk):
    desk.accept(mail(subject="Printer"))
    notice = clean(desk.wait_sent(1, to=BOB)[0])
    desk.accept(bobs_mail(notice, "/priority high\r\n/tag printer\r\n\r\nPerché no? Si può.\r\n\r\n> On Monday you wrote\r\n> How does this work?\r\n"),
                address_of(notice.message), BOB)
    answer = wait_until(lambda: [m for m in desk.sent_to(ANNA) if "Si può" in m.text])[0]
    names = {n for n, _ in answer.message.items()}
    assert not names & {"Auto-Submitted", "X-Auto-Response-Suppress", "Precedence", "X-Internal", "Bcc"}, names
    assert "/priority" not in answer.text and "Monday" not in answer.text and BOB not in answer.data.decode()
    assert answer.text.startswith("Perché no? Si può.\n") and "Perché no?" in answer.html
    parts = list(answer.message.iter_attachments())
    assert len(parts) == 1 and parts[0].get_content() == PICTURE and parts[0].get_content_type() == "image/png"
    filename = parts[0].get_filename()
    assert "図" in filename and not re.search(r'[/\\\r\n]', filename), filename
    ticket = desk.ticket(1)
    assert ticket["priority"] == "high" and ticket["tags"] == ["printer"]
    assert str(answer["Subject"]).startswith("Re: ") and "[#1]" in answer["Subject"]
    assert address_of(answer.message, "From") == "support@example.org" and address_of(answer.message).startswith("support+c")


def test_notice_carries_attachments_and_bounds_the_text(desk):
    text = "".join("line %d of a long story\n" % i for i in range(5000))
    data = mail(subject="Long", body="").split(b"\r\n\r\n")[0].replace(b"text/plain; charset=utf-8", b"multipart/mixed; boundary=bb") \
        .replace(b"\r\nContent-Transfer-Encoding: 8bit", b"") + b"\r\n\r\n--bb\r\nContent-Type: text/plain\r\n\r\n" + \
        text.replace("\n", "\r\n").encode() + b"--bb\r\nContent-Type: application/pdf; name=offer.pdf\r\n" \
        b"Content-Disposition: attachment; filename=offer.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\nSGVsbG8=\r\n--bb--\r\n"
    desk.accept(data)
    notice = clean(desk.wait_sent(1, to=BOB)[0])
    assert "offer.pdf" in notice.text and "line 0 of a long story" in notice.text
    assert "line 4999" not in notice.text and len(notice.data) < 100 * 1024
    assert [(part.get_filename(), part.get_content()) for part in notice.message.iter_attachments()] == [("offer.pdf", b"Hello")]


def test_an_agents_long_answer_goes_out_whole(desk):
    """What a customer writes is looked at for a while only, when it comes in; an agent's words are read to their end."""
    desk.accept(mail(subject="Long", body="".join("my line %d of it\n" % i for i in range(20000))))
    notice = clean(desk.wait_sent(1, to=BOB)[0])
    text = "".join("line %d of a long answer\n" % i for i in range(12000))
    assert len(text) > 256 * 1024
    desk.accept(mail(reply_to=notice.message, sender="Bob <%s>" % BOB, body=text), address_of(notice.message), BOB)
    answer = wait_until(lambda: [m for m in desk.sent_to(ANNA) if "long answer" in m.text])[0]
    assert "line 0 of a long answer" in answer.text and "line 11999 of a long answer" in answer.text
    assert "my line 19999 of it" in desk.ticket(1)["messages"][0]["text"]


def test_note_never_leaves(desk):
    desk.accept(mail())
    notice = desk.wait_sent(1, to=BOB)[0]
    desk.accept(mail(reply_to=notice.message, sender="Bob <%s>" % BOB, body="/note\nShe is always like that.\n"), address_of(notice.message), BOB)
    wait_until(lambda: any("always like that" in (m["text"] or "") for m in desk.ticket(1)["messages"]))
    desk.ok("ticket", "reply", 1, "--as", "bob", stdin="A kind answer.\n")
    wait_until(lambda: [m for m in desk.sent_to(ANNA) if "A kind answer." in m.text])
    assert not [m for m in desk.sent_to(ANNA) if "always like that" in m.data.decode()]


def test_customers_language(desk):
    body = "Buongiorno, da questa mattina la stampante del secondo piano non stampa più niente. Potete mandare qualcuno a vedere? Grazie mille.\n"
    desk.accept(mail(subject="Stampante rotta", body=body))
    acknowledgement = clean(desk.wait_sent(1, to=ANNA)[0])
    assert acknowledgement["Content-Language"] == "it", acknowledgement.data.decode()
    assert "Acme Support" in acknowledgement.text and "Hello" not in acknowledgement.text
