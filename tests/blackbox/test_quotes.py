"""Customers' answers in HTML alone, as nine mail programs quote our mail below (or above) what was written: our words are never taken for theirs.

Our mails have a heading, a hidden preheader and buttons in their HTML that the text says otherwise or not at all; a program that quotes the HTML quotes all of it.
"""
import email.message, email.policy, html, os, re, sys, time
from desk import address_of, mail, setup, wait_until

sys.path.append(os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "looks"))
import clients

ANNA = "anna@example.com"
WORDS = "The printer in room %d is still broken, sorry."


def answer(sent, page, number):
    message = email.message.EmailMessage(policy=email.policy.SMTP)
    message["From"], message["To"], message["Subject"] = "Anna Bianchi <%s>" % ANNA, str(sent["Reply-To"]), "Re: " + str(sent["Subject"])
    message["Message-ID"], message["In-Reply-To"], message["References"] = "<quote.%d.%d@example.com>" % (number, time.time_ns()), str(sent["Message-ID"]), str(sent["Message-ID"])
    message["Date"] = time.strftime("%a, %d %b %Y %H:%M:%S +0000", time.gmtime())
    message.set_content(page, subtype="html")
    return message.as_bytes()


def pages(sent):
    """(name, page with %s where the customer's own words stand)"""
    ours = clients.inside(sent)
    visible = re.sub(r'<div style="display:none.*?</div>\n?', "", ours, flags=re.S)
    for name, client in clients.CLIENTS.items():
        if client.frame != "%s":                             # its frame holds quote and all
            yield name, "<html>%s%s</body></html>" % (client.body, client.frame.replace("%s", client.p.replace("%s", "@@", 1) + client().below(sent), 1))
        else:
            yield name, "<html>%s%s%s</body></html>" % (client.body, client.p.replace("%s", "@@", 1), client().below(sent))
    said = html.escape(clients.Client().said())
    yield "no mark but the line above", "<html><body><div>@@</div><div>%s</div>%s</body></html>" % (said, ours)
    yield "no mark at all", "<html><body><div>@@</div><br>%s</body></html>" % ours
    yield "no mark, and what was hidden cut out", "<html><body><p>@@</p>%s</body></html>" % visible
    yield "below the quote", "<html><body><div>%s</div><blockquote type=cite>%s</blockquote><p>@@</p></body></html>" % (said, ours)
    yield "hidden text shown", "<html><body><p>@@</p>%s</body></html>" % ours.replace("display:none;max-height:0;overflow:hidden;", "")
    if "</h1>" in ours:
        yield "only the beginning", "<html><body><p>@@</p><div>%s</div>%s</body></html>" % (said, ours[:ours.index("</h1>") + 5])


def assert_own_words_alone(desk, sent, ticket):
    for number, (name, page) in enumerate(pages(sent)):
        words = WORDS % (100 + number)
        before = len(desk.ticket(ticket)["messages"])
        page = page.replace("@@", words).replace("Bob Rossi &lt;bob@agents.example&gt;", "Anna Bianchi &lt;%s&gt;" % ANNA).replace("Bob Rossi", "Anna Bianchi")
        desk.accept(answer(sent, page, number), address_of(sent))
        got = wait_until(lambda: desk.ticket(ticket)["messages"][before:])[0]
        assert " ".join(got["reply_text"].split()) == words, (name, got["reply_text"])


def test_an_acknowledgements_heading_and_preheader_are_not_the_customers_words(desk):
    desk.accept(mail(subject="Printer"))
    assert_own_words_alone(desk, desk.wait_sent(1, to=ANNA)[0], 1)


def test_neither_are_those_of_an_answer_and_of_a_question_whether_it_is_solved(desk):
    desk.accept(mail(subject="Printer"))
    desk.wait_sent(1, to=ANNA)
    desk.ok("ticket", "reply", 1, "--as", "bob", stdin="Please turn it off and on again.\n")
    assert_own_words_alone(desk, desk.wait_sent(2, to=ANNA)[1], 1)
    desk.ok("ticket", "resolve", 1, "--as", "bob", stdin="It was the fuser; a new one is in.\n")
    asked = wait_until(lambda: [m for m in desk.sent_to(ANNA) if "/l/y" in m.text])[0]
    assert_own_words_alone(desk, asked, 1)
