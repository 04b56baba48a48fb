"""texts.py - what a help desk is written: mails, articles and sets of words of five topics, made of natural sentences, the same for the same seed.

A topic has things and troubles. A mail is about one thing and one trouble; an article is about one of each as well, so that there is
something to find and much that is nearly right. One mail in eight is Italian or German.
"""
import os, random

TOPICS = {
    "network": {
        "description": "VPN, wifi, cabling, remote access, slow or lost connections",
        "things": ["the VPN tunnel", "the wifi in the meeting rooms", "the guest network", "the firewall", "the remote desktop gateway",
                   "the network cable", "the proxy server", "the branch office router", "the DNS server", "the network drive"],
        "troubles": ["drops every few minutes", "is very slow since the update", "refuses the connection",
                     "asks for a certificate again and again"],
        "mails": ["AnyConnect says that the tunnel was established and closes it after thirty seconds.",
                  "The speed test shows two megabits down and less than one up.",
                  "With the cable in the wall everything works, without it nothing does.", "The laptop gets an address that begins with 169.254.",
                  "Ping to the gateway answers, but names are not resolved.", "From home it works, in the office it does not.",
                  "The certificate that it shows was issued for another name.",
                  "The lamp on the switch under the desk is orange instead of green."],
        "steps": ["Open the network settings and forget the saved connection.", "Check that the laptop has an address of the company network.",
                  "Download the new profile of the tunnel and import it.", "Restart the access point by holding the button for ten seconds.",
                  "Ask for a new certificate if the old one has expired.", "Compare the speed with the cable plugged in."],
    },
    "billing": {
        "description": "invoices, payments, refunds, prices, contracts and orders",
        "things": ["the invoice of last month", "the annual subscription", "the credit note", "the direct debit", "the purchase order",
                   "the payment reminder", "the discount for schools", "the delivery", "the price list", "the maintenance contract"],
        "troubles": ["shows the wrong amount", "was charged twice", "has not arrived yet", "must be made out to another company"],
        "mails": ["Our accounting department cannot book it without the number of the order.",
                  "The value added tax was calculated with the old rate.",
                  "We paid by bank transfer on the fifth and got a reminder on the ninth.", "Please send it again as PDF to our new address.",
                  "The contract says three years, and the bill counts only one.", "Could you refund the difference to the same card?",
                  "We cancelled two of the five licences in September.", "The parcel was sent back because the street was missing."],
        "steps": ["Sign in to the customer portal and open the list of invoices.", "Check the tax number and the address of your company.",
                  "A refund reaches your account within five working days.", "Reminders that crossed with your payment can be ignored.",
                  "Orders above five thousand euro need a signature.", "The subscription is renewed unless it is cancelled a month before."],
    },
    "hardware": {
        "description": "printers, laptops, screens, scanners, phones and spare parts",
        "things": ["the printer on the second floor", "the docking station", "the laptop", "the left screen", "the scanner", "the label printer",
                   "the desk phone", "the headset", "the projector", "the keyboard"],
        "troubles": ["does not switch on any more", "makes a strange noise", "is not recognised", "shows an error code"],
        "mails": ["The display says E-07 and something about the cover.", "We changed the toner and cleaned the rollers, and it still smears.",
                  "It is warm to the touch even when nobody uses it.", "The battery lasts twenty minutes since the weekend.",
                  "Another one of the same kind works at the same socket.", "The paper jams in the lower tray only.",
                  "Yesterday somebody spilled coffee over it, to be honest.", "The stand is broken and two screws are gone."],
        "steps": ["Switch it off, wait a minute, and switch it on again.", "Open the paper cover and blow the dust off the sensor.",
                  "Use the cable that came with it and another socket.", "Install the driver from the software centre.",
                  "Write down the serial number on the back side.", "Bring it to the desk on the ground floor for an exchange."],
    },
    "accounts": {
        "description": "passwords, sign-in, two-factor, rights, new colleagues and leavers",
        "things": ["the password of my account", "the two-factor code", "the shared mailbox", "the account of a new colleague",
                   "the access to the archive", "the signature card", "the single sign-on", "the calendar of the team", "the distribution list",
                   "the administrator role"],
        "troubles": ["has expired", "was locked after three attempts", "is missing since yesterday", "must be moved to another person"],
        "mails": ["The page says that the user name or the password is wrong.", "I have a new phone and the old one was wiped already.",
                  "She starts on the first of the month and needs the same rights as Paul.", "The reset link in the mail leads to an empty page.",
                  "He left the company in October, but his folder is still shared with clients.", "The code from the app is never accepted.",
                  "I am told that I have no permission to open this item.", "My name changed after the wedding, please change the address too."],
        "steps": ["Open the sign-in page and choose that you forgot the password.", "Register the new phone before the old one is wiped.",
                  "A manager must confirm rights to confidential folders.", "A locked account is opened again after thirty minutes.",
                  "Choose at least fourteen characters, and no old password.", "New colleagues get their rights on the first day at eight."],
    },
    "website": {
        "description": "web shop, pages, forms, newsletter and search",
        "things": ["the contact form", "the web shop", "the product search", "the newsletter", "the login page", "the download area",
                   "the price calculator", "the mobile page", "the map of our shops", "the cookie banner"],
        "troubles": ["ends with an error 500", "looks broken on my phone", "cannot be found any more", "shows old data"],
        "mails": ["In Firefox it works, in Safari the button does nothing.", "The basket is empty as soon as I choose a country.",
                  "The picture of the blue model leads to the red one.", "I get the same message three times every Tuesday.",
                  "The link to unsubscribe is not a link.", "Since the relaunch all my bookmarks are dead.",
                  "The field for the house number takes no letters.", "The file is only half as large as the page says."],
        "steps": ["Empty the cache of the browser and load the page again.", "Allow the cookies that are necessary for the basket.",
                  "Tell us the address of the page and the time.", "The search index is made anew every night.",
                  "Use the current version of your browser.", "The newsletter can be cancelled with the link at its end."],
    },
}
COMMON = ["I have tried it three times since this morning and the result is always the same.",
          "Two colleagues in my room see exactly the same thing.",
          "It would be good to have this before the end of the week, because a customer waits for it.",
          "We restarted everything that has a button, without success.", "I am in the office until four, after that by telephone only.",
          "Last year there was something similar, but I do not find the answer any more.", "Nothing was changed on our side, as far as I know.",
          "Please tell me whether you need a picture of the screen.", "If this is not the right address, please pass it on to the right people.",
          "I could not find anything about it in the list of questions.", "My manager asks every hour how long it will take.",
          "It happens mostly in the morning and hardly ever after lunch.", "The number of our contract is on the attached sheet.",
          "I would rather not install anything myself."]
OTHER = {
    "it": (["Buongiorno", "Salve"],
           ["da stamattina non funziona più e nessuno sa perché.", "Abbiamo già riavviato tutto due volte, ma il risultato non cambia.",
           "La fattura che ci avete mandato riporta un importo sbagliato.", "Non riesco più ad accedere al mio account dopo il cambio della password.",
           "La stampante del secondo piano fa un rumore strano e poi si ferma.", "Vi prego di rispondere entro domani, perché il cliente aspetta.",
           "La connessione cade ogni dieci minuti, sia in ufficio sia da casa.", "Potete richiamarmi al numero che conoscete?"], "Grazie e cordiali saluti"),
    "de": (["Guten Tag", "Hallo zusammen"],
           ["seit heute Morgen geht es nicht mehr, und niemand weiß, warum.", "Wir haben alles zweimal neu gestartet, aber es ändert sich nichts.",
           "Auf der Rechnung vom letzten Monat steht ein falscher Betrag.", "Nach der Änderung des Passworts kann ich mich nicht mehr anmelden.",
           "Der Drucker im zweiten Stock macht ein seltsames Geräusch und bleibt dann stehen.", "Bitte antworten Sie bis morgen, weil der Kunde wartet.",
           "Die Verbindung bricht alle zehn Minuten ab, im Büro und zu Hause.", "Können Sie mich unter der bekannten Nummer zurückrufen?"], "Mit freundlichen Grüßen"),
}
FIRST = ("Anna Bruno Carla David Elena Felix Giulia Hans Irene Jonas Katja Luca "
         "Marta Nils Olga Paul Rita Stefan Teresa Ugo Vera Walter Xenia Yusuf Zoe").split()
LAST = ("Rossi Bianchi Meyer Schulz Moreau Dubois Smith Taylor Garcia Lopez Novak Horvat "
        "Berg Lind Costa Ferrari Wolf Klein Martin Petit Brown Evans Ruiz Kern").split()
PEOPLE = 2000


def person(k):
    first, last = FIRST[k % len(FIRST)], LAST[k // len(FIRST) % len(LAST)]
    return "%s %s <%s.%s%d@customer%d.example>" % (first, last, first.lower(), last.lower(), k, k % 60)


def paragraphs(chance, sentences, size):
    text, length = [], 0
    while length < size:
        part = " ".join(chance.sample(sentences, min(len(sentences), chance.randint(2, 4))))
        text.append(part)
        length += len(part) + 2
    return "\n\n".join("\n".join(wrap(part)) for part in text)


def wrap(text):
    line, lines = "", []
    for word in text.split():
        if len(line) + len(word) > 74:
            lines.append(line)
            line = ""
        line = word if not line else line + " " + word
    return lines + [line]


def mail(chance, topic):
    """(from, subject, text)"""
    about = TOPICS[topic]
    thing, trouble = chance.choice(about["things"]), chance.choice(about["troubles"])
    who = person(chance.randrange(PEOPLE))
    name = who.split(" <")[0]
    subject = "%s %s" % (thing[4:].capitalize() if thing.startswith("the ") else thing.capitalize(), trouble)
    if chance.random() < 0.125:
        hello, sentences, bye = OTHER[chance.choice(("it", "de"))]
        return who, subject, "%s,\n\n%s\n\n%s\n%s\n" % (chance.choice(hello), paragraphs(chance, sentences, 900), bye, name)
    first = "%s %s. %s" % (thing[0].upper() + thing[1:], trouble, chance.choice(about["mails"]))
    number = "The reference is %s-%05d." % (chance.choice("ABCDEFG"), chance.randrange(100000))
    body = paragraphs(chance, about["mails"] + COMMON + [number], 900)
    return who, subject, "Hello,\n\n%s\n\n%s\n\nKind regards\n%s\n" % ("\n".join(wrap(first)), body, name)


def write_mails(path, seed, count=6000):
    """The file that load reads."""
    chance = random.Random(seed)
    names = sorted(TOPICS)
    with open(path, "w", encoding="utf-8") as f:
        for _ in range(count):
            f.write("\0".join(mail(chance, chance.choice(names))) + "\0")


def write_articles(folder, seed=1):
    """200 articles: each thing with each trouble."""
    os.makedirs(folder)
    chance = random.Random(seed)
    for topic in sorted(TOPICS):
        for i, thing in enumerate(TOPICS[topic]["things"]):
            for j, trouble in enumerate(TOPICS[topic]["troubles"]):
                with open(os.path.join(folder, "%s-%d-%d.md" % (topic, i, j)), "w", encoding="utf-8") as f:
                    f.write(article(chance, topic, thing, trouble))


def article(chance, topic, thing, trouble):
    about = TOPICS[topic]
    steps = "\n".join("%d. %s" % (k + 1, step) for k, step in enumerate(chance.sample(about["steps"], 4)))
    more = "\n\n".join(chance.sample(about["mails"] + COMMON + about["steps"], 5))
    return ("---\nkeywords: {topic}, {word}\n---\n# What to do if {thing} {trouble}\n\nIf {thing} {trouble}, this usually helps. {mail} {common}\n\n"
            "## Step by step\n\n{steps}\n\n## If that does not help\n\n{more}\n").format(
                topic=topic, word=thing.split()[-1], thing=thing, trouble=trouble, mail=chance.choice(about["mails"]), common=chance.choice(COMMON),
                steps=steps, more=more)


def keyword_sets():
    """20 sets of words that mails of one topic are likely to have."""
    words = [sorted({w.strip(".,").lower() for thing in TOPICS[t]["things"] for w in thing.split() if len(w) > 4}) for t in sorted(TOPICS)]
    return [["%s" % w for w in words[i % 5][i // 5::4]][:4] or ["nothing%d" % i] for i in range(20)]


def rule_tests(keywords):
    """40 tests as Sieve writes them: a third each about the subject, the sender and (where there are keyword sets) the words of the text."""
    tests = []
    for i in range(40):
        word = ["printer", "invoice", "password", "VPN", "newsletter", "laptop", "order", "wifi"][i % 8]
        third = 'header :is "x-sportello" "kw:set%d"' % (i % 20) if keywords else 'header :contains ["to", "cc"] "set%d@"' % i
        subject, sender = 'header :contains "subject" ["project %d", "%s %d"]' % (i, word, i), 'address :domain :is "from" "partner%d.example"' % i
        tests.append([subject, sender, third][i % 3])
    return tests
