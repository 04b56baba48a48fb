"""pages.py - what people and scanners do with the links in our mails. GET changes nothing; a button is a person's act."""
import re

from actions import action, latest
from dialog import Writing

LINK = re.compile(r"http://127\.0\.0\.1:\d+(/l/[a-z2-7]+)")


@action(2)
def scanner_opens_links(d):
    """A mail scanner, or the customer, fetches every link of a mail: nothing moves, and the page says no more than its reader may know."""
    who = d.r.choice(["ada", "zoe", "cora"])
    m = latest(d.r, d.received(who))
    found = LINK.findall(m.text) if m else []
    if not found:
        return None
    w = d.write(Writing(d, d.at, d.address(who), "scanner", moves=False))
    return [("page", path, None, w) for path in found]


@action(3)
def customer_presses_a_button(d):
    """Confirms, refuses, or writes on the page."""
    who = d.r.choice(["ada", "ada", "zoe"])
    m = latest(d.r, d.received(who))
    found = [p for p in (LINK.findall(m.text) if m else []) if p[3] in "yzs"]
    if not found:
        return None
    path = d.r.choice(found)
    w = d.write(Writing(d, d.at, d.address(who), "reply"))
    fields = {"do": "words"} if path[3] == "s" else {}
    if path[3] != "y":
        fields["words"] = " ".join(d.sentences(w, 2))
    return [("page", path, fields, w)]
