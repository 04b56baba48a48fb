"""The pages in a real browser. SCREENSHOTS=DIR keeps a picture of each page, in two languages, at phone and desktop width."""
import os, re
from browser import Browser
from desk import mail, setup, QUEUES
from test_kb import articles, VPN, VPN_IT

ANNA = "anna@example.com"
ITALIAN = "Buongiorno, la stampante del secondo piano non funziona più da questa mattina. Potete aiutarmi, per favore? Grazie mille.\n"
ENGLISH = "Good morning, the printer on the second floor does not work any more since this morning. Could you help me, please?\n"


def links(sent):
    return re.findall(r"http://127\.0\.0\.1:\d+/l/[a-z2-7]+", sent.text)


def resolved(desk, body, number):
    desk.accept(mail(subject="Stampante / printer", body=body, message_id="<b%d@example.com>" % number))
    desk.wait_sent(2 * number - 1 if number == 1 else number, to=ANNA)
    desk.ok("ticket", "reply", number, "--as", "bob", stdin="We exchanged the toner: https://example.org/toner?a=1&b=2\n")
    desk.ok("ticket", "resolve", number, "--as", "bob")
    mails = lambda: [m for m in desk.sent_to(ANNA) if "[#%d]" % number in m["Subject"]]
    desk.wait_sent(1, to=ANNA)
    from desk import wait_until
    wait_until(lambda: len(mails()) == 3)
    ack, asked = mails()[0], mails()[2]
    return links(ack)[0], links(asked)[0], links(asked)[1]


def picture(browser, name):
    folder = os.environ.get("SCREENSHOTS")
    if folder:
        os.makedirs(folder, exist_ok=True)
        browser.screenshot(os.path.join(folder, name + ".png"))


def phone(browser):
    """Below Chromium's least window width: its device emulation."""
    browser.here("POST", "/goog/cdp/execute", {"cmd": "Emulation.setDeviceMetricsOverride",
                 "params": {"width": 360, "height": 740, "deviceScaleFactor": 2, "mobile": True}})


def checked(browser):
    """What every page owes: a language, labelled fields, nothing wider than the window, no script, no complaint of the policy."""
    wrong = browser.script("""
        const out = [];
        if (!document.documentElement.lang) out.push('no lang');
        if (document.querySelectorAll('script').length) out.push('a script');
        if (document.documentElement.scrollWidth > window.innerWidth) out.push('wider than the window: ' + document.documentElement.scrollWidth);
        for (const field of document.querySelectorAll('textarea, input'))
            if (!field.labels || !field.labels.length) out.push('field without a label: ' + field.name);
        if (getComputedStyle(document.body).backgroundColor === 'rgba(0, 0, 0, 0)') out.push('the style was not applied');
        return out;""")
    assert wrong == [], wrong


def test_the_mails_link_is_opened_read_and_pressed(desk):
    browser = Browser()
    try:
        status, yes, no = resolved(desk, ENGLISH, 1)
        browser.open(yes)
        checked(browser)
        assert "Is your request solved?" in browser.text("h1") and desk.ticket(1)["state"] == "resolved"
        browser.click("button")
        assert browser.sees("closed", "h1") and desk.ticket(1)["state"] == "closed"
        browser.click("input[value='5']")
        browser.type("textarea", "Quick & friendly")
        browser.click("button")
        assert browser.sees("5 / 5")
        browser.open(no)
        browser.type("textarea", "It is broken again")
        browser.click("button")
        assert browser.sees("go on working", "h1") and desk.ticket(1)["state"] == "open"
        browser.open(status)
        assert "It is broken again" in browser.text() and "We exchanged the toner" in browser.text()
        checked(browser)
    finally:
        browser.close()


def test_by_keyboard_alone(desk):
    browser = Browser()
    try:
        status, yes, no = resolved(desk, ENGLISH, 1)
        browser.open(yes)
        browser.script("document.querySelector('button').focus()")
        browser.here("POST", "/actions", {"actions": [{"type": "key", "id": "k", "actions": [{"type": "keyDown", "value": "\ue007"}, {"type": "keyUp", "value": "\ue007"}]}]})
        from desk import wait_until
        wait_until(lambda: desk.ticket(1)["state"] == "closed")
    finally:
        browser.close()


DEVICES = (("phone", 360), ("desktop", 1200))


def on(device, width):
    browser = Browser(width=max(width, 500), height=900)
    if device == "phone":
        phone(browser)
    return browser


def test_every_page_on_phone_and_desktop_in_two_languages(desk):
    links = [(language, *resolved(desk, body, number)) for number, (language, body) in enumerate((("en", ENGLISH), ("it", ITALIAN)), 1)]
    for device, width in DEVICES:
        browser = on(device, width)
        try:
            for language, status, yes, no in links:
                for name, url in (("status", status), ("confirm", yes), ("refuse", no), ("unknown", yes[:-4] + "aaaa")):
                    browser.open(url)
                    checked(browser)
                    if name != "unknown":
                        assert browser.script("return document.documentElement.lang") == language, (name, language)
                    picture(browser, "%s-%s-%s" % (name, language, device))
                if device == "desktop":
                    browser.open(yes)
                    browser.click("button")
                    browser.sees("5", ".stars")
                    checked(browser)
                    picture(browser, "closed-%s-%s" % (language, device))
        finally:
            browser.close()


test_every_page_on_phone_and_desktop_in_two_languages.long = 35


def asked(desk, number, **question):
    """A held request: the addresses in the mail that asks its customer, by what they lead to."""
    sender = "b%d@example.com" % number
    desk.accept(mail(sender=sender, **question), sender=sender)
    sent = desk.wait_sent(1, to=sender)[0]
    assert desk.ticket(number)["state"] == "held"
    found = {}
    for url in re.findall(r"http://127\.0\.0\.1:\d+/[^\s\"<>]+", sent.text):
        path = url.split("/", 3)[3]
        found.setdefault("article" if path.startswith("kb/") else {"h": "help", "k": "solved"}[path[2]], url)
    return found, sent


@setup(queues=[dict(QUEUES[0], kb="before-ticket"), QUEUES[1]])
def test_a_held_request_read_and_answered_on_the_phone(desk):
    articles(desk)
    held = [(language, *asked(desk, number, **question)) for number, (language, question) in enumerate((("en", VPN), ("it", VPN_IT)), 1)]
    for device, width in DEVICES:
        browser = on(device, width)
        try:
            for language, found, sent in held:
                for name in ("article", "help", "solved"):
                    browser.open(found[name])
                    checked(browser)
                    assert browser.script("return document.documentElement.lang") == language, (name, language)
                    picture(browser, "held-%s-%s-%s" % (name, language, device))
                with open(os.path.join(desk.directory, "mail.html"), "w") as f:
                    f.write(sent.html)
                browser.open("file://" + os.path.join(desk.directory, "mail.html"))
                assert browser.script("return document.documentElement.scrollWidth <= window.innerWidth")
                picture(browser, "held-mail-%s-%s" % (language, device))
        finally:
            browser.close()
    assert [desk.ticket(number)["state"] for number in (1, 2)] == ["held", "held"]


test_a_held_request_read_and_answered_on_the_phone.long = 35


@setup(queues=[dict(QUEUES[0], kb="before-ticket"), QUEUES[1]])
def test_the_buttons_below_an_article_are_pressed(desk):
    articles(desk)
    browser = Browser()
    try:
        phone(browser)
        found, _ = asked(desk, 1, **VPN)
        browser.open(found["article"])
        assert "authentication failed" in browser.text() and "Did this solve it?" in browser.text()
        browser.click("button[name='article']")
        assert browser.sees("closed", "h1") and desk.ticket(1)["state"] == "closed"
        picture(browser, "held-closed-en-phone")
        browser.open(found["article"])
        assert browser.sees("It is closed.") and "/l/" in browser.script("return document.querySelector('main a[href*=\"/l/\"]').href")
        browser.click("main a[href*='/l/']")
        assert browser.sees("The conversation")
        checked(browser)
        found, _ = asked(desk, 2, **VPN)
        browser.open(found["article"])
        browser.click("button.quiet")
        assert browser.sees("We will look into your request", "h1") and desk.ticket(2)["state"] == "new"
        checked(browser)
        picture(browser, "held-new-en-phone")
        found, _ = asked(desk, 3, **VPN)
        browser.open(found["help"])
        browser.type("textarea", "The code never comes")
        browser.click("button")
        assert browser.sees("We will look into your request", "h1") and desk.ticket(3)["messages"][-1]["text"] == "The code never comes"
        found, _ = asked(desk, 4, **VPN)
        browser.open(found["help"])
        browser.click("main section p a")
        assert browser.sees("are waiting to hear from you") and browser.sees("Connect to the VPN")
        checked(browser)
        picture(browser, "held-status-en-phone")
        browser.click("main li a")
        assert browser.sees("Did this solve it?")
    finally:
        browser.close()


test_the_buttons_below_an_article_are_pressed.long = 25
