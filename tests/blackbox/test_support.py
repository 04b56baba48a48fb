"""What mail programs make of our HTML: every mail in five languages, with a brand and without, held against what Outlook (Word), Gmail and Apple Mail know.

The table is ours, after the public data of caniemail.com (its "features" of CSS and HTML, as of 2025): "o", "g", "a" where Outlook for Windows (2016-2021, the
Word engine), Gmail (web and phone) and Apple Mail (macOS, iOS) follow a property. One that a program does not follow may only please the eye (DECOR), or must
have beside it what does the same for that program (a function below that looks for it): nothing that is to be read or pressed depends on it.
"""
import html.parser, os, re, subprocess
from desk import setup

LANGUAGES = ("en", "it", "de", "fr", "es")
LOGO = "data:image/png;base64,iVBORw0KGgo="
VOID = {"meta", "br", "img", "hr"}
# All three programs know these, as elements (caniemail: html-*).
ELEMENTS = {"html", "head", "meta", "title", "style", "body", "div", "table", "tr", "td", "p", "h1", "a", "b", "br", "img", "blockquote", "ul", "ol", "li"}
ATTRIBUTES = {"lang", "charset", "name", "content", "style", "class", "role", "width", "height", "cellpadding", "cellspacing", "border", "align", "bgcolor", "href", "src", "alt", "dir"}


class Node:
    def __init__(self, tag, attributes, parent):
        self.tag, self.attributes, self.parent, self.children, self.text = tag, dict(attributes), parent, [], ""

    @property
    def style(self):
        pairs = (one.split(":", 1) for one in self.attributes.get("style", "").split(";") if one.strip())
        return {name.strip(): value.strip() for name, value in pairs}

    def all(self):
        yield self
        for child in self.children:
            yield from child.all()

    def words(self):
        return self.text + "".join(child.words() for child in self.children)


class Tree(html.parser.HTMLParser):
    def __init__(self, source):
        super().__init__()
        self.root = self.at = Node("", {}, None)
        self.feed(source)
        assert self.at is self.root, "<%s> is not closed" % self.at.tag

    def handle_starttag(self, tag, attributes):
        node = Node(tag, attributes, self.at)
        self.at.children.append(node)
        if tag not in VOID:
            self.at = node

    def handle_endtag(self, tag):
        assert self.at.tag == tag, "</%s> ends <%s>" % (tag, self.at.tag)
        self.at = self.at.parent

    def handle_data(self, data):
        self.at.text += data


# ---- properties that a program does not follow, and what stands in for them
def DECOR(node, tree, source):
    return True


def padding(node, tree, source):
    """Word pads cells alone: a button is a cell with a ground of its own, whose padding Word takes from mso-padding-alt."""
    if node.tag != "a":
        return True
    return node.parent.tag == "td" and "mso-padding-alt" in node.parent.style


def hidden(node, tree, source):
    """Word hides by mso-hide; who follows neither shows words that the mail says anyway, or the subject."""
    return node.style.get("mso-hide") == "all" and not node.children


def width(node, tree, source):
    """Word knows no max-width: a table of that width stands around, for it alone."""
    return node.tag != "table" or ('<!--[if mso]><table role="presentation" width="%s"' % node.style["max-width"].replace("px", "")) in source


INLINE = {
    "margin": ("oga", None), "color": ("oga", None), "background-color": ("oga", None), "font-family": ("oga", None), "font-size": ("oga", None), "font-weight": ("oga", None),
    "line-height": ("oga", None), "text-align": ("oga", DECOR), "text-decoration": ("oga", None), "border": ("oga", None), "border-left": ("oga", None), "border-top": ("oga", None), "border-collapse": ("oga", None),
    "padding": ("ga", padding), "display": ("ga", lambda n, t, s: hidden(n, t, s) if n.style["display"] == "none" else padding(n, t, s)), "border-radius": ("ga", DECOR),
    "max-height": ("ga", hidden), "overflow": ("ga", hidden), "max-width": ("ga", width), "overflow-wrap": ("a", DECOR),
    "mso-hide": ("o", DECOR), "mso-padding-alt": ("o", DECOR),
}
# Of style sheets Gmail keeps only what it likes, and Word little: what stands there may only please, or serve the dark.
SHEET = re.compile(r"\s*(:root \{[^{}]*\}|\.page a \{ color: [^{}]*\}|@media \(prefers-color-scheme: dark\) \{(?:[^{}]*\{[^{}]*\}\s*)*\})")
VALUES_THAT_FEW_KNOW = re.compile(r"rgba?\(|hsla?\(|calc\(|var\(|url\(|\b(flex|grid|sticky|absolute|fixed|float)\b|-webkit-|\d(rem|vw|vh|em)\b")


def mails(language, *brand):
    tool = os.path.join(os.environ.get("BUILD", "build"), "tools", "looks_try")
    out = subprocess.run([tool, language, *brand], stdout=subprocess.PIPE, check=True).stdout
    while out:
        line, out = out.split(b"\n", 1)
        kind, name, length = line.decode().split()
        if kind == "mail":
            yield name, out[:int(length)].decode()
        out = out[int(length):]


def luminance(colour):
    parts = [int(colour[i:i + 2], 16) / 255 for i in (1, 3, 5)]
    return sum(weight * (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4) for weight, part in zip((0.2126, 0.7152, 0.0722), parts))


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def look_at(where, source):
    tree = Tree(re.sub(r"<!--.*?-->|<!DOCTYPE html>", "", source, flags=re.S)).root
    buttons = 0
    for node in tree.all():
        if not node.tag:
            continue
        assert node.tag in ELEMENTS, (where, node.tag)
        assert set(node.attributes) <= ATTRIBUTES, (where, node.tag, set(node.attributes) - ATTRIBUTES)
        for name, value in node.style.items():
            assert name in INLINE, (where, node.tag, name)
            programs, instead = INLINE[name]
            assert set(programs) == set("oga") or instead, (where, name)
            assert not instead or instead(node, tree, source), (where, node.tag, name, value, (instead.__doc__ or "").strip())
            assert not VALUES_THAT_FEW_KNOW.search(value), (where, name, value)
        if node.tag == "table":
            assert node.attributes.get("role") == "presentation", where
        if node.tag == "img":
            assert node.attributes.get("alt") and node.attributes["width"].isdigit() and node.attributes["height"].isdigit(), where
        if node.tag == "a":
            assert node.attributes["href"].startswith(("https://", "mailto:")) and node.words().strip(), where
        if node.tag == "td" and "primary" in node.attributes.get("class", ""):
            buttons += 1
            words = node.children[0].style["color"]          # what Word draws: the cell's ground by its attribute
            assert contrast(words, node.attributes["bgcolor"]) >= 4.5, (where, words, node.attributes["bgcolor"])
            assert node.attributes["bgcolor"] == node.style["background-color"], where
    assert buttons <= 1, (where, "several primary buttons")
    sheet = "".join(node.text for node in tree.all() if node.tag == "style")
    assert SHEET.sub("", sheet).strip() == "", (where, SHEET.sub("", sheet))
    hides = [node.words().strip() for node in tree.all() if node.style.get("display") == "none"]
    assert len(hides) <= 1 and len(source) < 100000, where      # Gmail cuts off a mail of 102 KB
    return hides


@setup(start=False)
def test_no_mail_depends_on_what_outlook_gmail_or_apple_mail_do_not_follow(desk):
    looked, hides = 0, 0
    for language in LANGUAGES:
        for brand in ((), ("#7a1f5c", LOGO), ("#ffe14d", LOGO)):
            for name, source in mails(language, *brand):
                hides += len(look_at("%s %s %s" % (language, name, brand[:1]), source))
                looked += 1
    assert looked == len(LANGUAGES) * 3 * looked_once() and hides > 50, (looked, hides)


def looked_once():
    return len({name for name, _ in mails("en")})


@setup(start=False)
def test_a_plain_paragraph_style_or_a_lost_button_would_be_found(desk):
    """The checker itself: each of these is refused."""
    good = next(source for name, source in mails("en") if name == "resolved")
    look_at("good", good)
    for old, new in (("mso-padding-alt:12px 24px", ""), ('bgcolor="#0b5cad"', 'bgcolor="#ffffff"'), ("mso-hide:all", ""), ('width="600"', 'width="500"'), ('<p style="', '<p style="display:flex;'),
                     ("<h1 ", '<h1 onclick="x" '), ('role="presentation"', ""), (".page a {", ".page a { font-size: 3px } .page b {"), ("margin:0 0 16px", "margin:0 0 1rem")):
        if old not in good:
            continue
        try:
            look_at("bad", good.replace(old, new))
        except AssertionError:
            continue
        raise AssertionError("not found: %s for %s" % (new, old))
