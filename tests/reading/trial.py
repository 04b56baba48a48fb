#!/usr/bin/env python3
"""trial.py - replies, forwards, absence notices and signatures of real mail programs in many languages, in many shapes: how many are read right.

strings.tsv holds what seven programs write (program, locale, kind, string); a string is a fact, the file's head names the licences.
Each is put into mails of ours: quoted or not, above, below and between, wrapped, with bidi marks and no-break blanks, glued, HTML alone, HTML
and text, nested, in the charsets of the language. A coin of program and locale (or of the language) parts all in two halves: the first was
looked at when the rules were written, the second never.

    tests/reading/trial.py [--every N] [--half 0|1] [--show CHECK] [--floor RATE]      exit status 1: a half is below the floor
"""
import argparse
import base64
import collections
import hashlib
import html
import json
import os
import quopri
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import words  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
WHO = [("Ann Lee", "ann.lee@desk.example"), ("Jürgen Weiß", "j.weiss@desk.example"), ("Support Team", "support@desk.example"), ("李 小龙", "xl@desk.example")]
TO = "Bob Stone <bob@customer.example>"


def number(*parts):
    return int.from_bytes(hashlib.sha256(" ".join(str(p) for p in parts).encode()).digest()[:6], "big")


def half_of(*unit):
    return hashlib.sha256(("reading 2026-11-29 " + " ".join(unit)).encode()).digest()[0] & 1


def base_language(locale):
    locale = {"iw": "he", "in": "id", "no": "nb", "zh-HK": "zh-TW"}.get(locale, locale)
    for name in (locale, locale.replace("_", "-"), re.split("[-_@]", locale)[0]):
        if name in words.SAY:
            return name
    return "zh-CN" if locale.startswith("zh") else "en"


def body_of(text, language, n, subtype="plain"):
    """A part: charset and encoding by n."""
    charset = "utf-8"
    if n % 3 == 0 and language in words.CHARSET:
        try:
            text.encode(words.CHARSET[language])
            charset = words.CHARSET[language]
        except UnicodeError:
            pass
    raw = text.encode(charset)
    way = ("8bit", "quoted-printable", "base64")[n // 3 % 3] if charset != "iso-2022-jp" else "7bit"
    if way == "quoted-printable":
        raw = quopri.encodestring(raw)
    elif way == "base64":
        raw = base64.encodebytes(raw)
    return b"Content-Type: text/%s; charset=%s\nContent-Transfer-Encoding: %s\n\n" % (subtype.encode(), charset.encode(), way.encode()) + raw + b"\n"


def mail(subject, parts, answers=True, more=b""):
    word = "=?utf-8?B?%s?=" % base64.b64encode(subject.encode()).decode() if not subject.isascii() else subject
    head = ("From: Bob Stone <bob@customer.example>\nTo: support@desk.example\nSubject: %s\nDate: Tue, 6 Oct 2026 10:00:00 +0200\n"
            "Message-ID: <%d@customer.example>\nMIME-Version: 1.0\n" % (word, number(subject, *parts))).encode()
    if answers:
        head += b"In-Reply-To: <t1@desk.example>\nReferences: <t1@desk.example>\n"
    head += more
    if len(parts) == 1:
        return head + parts[0]
    return head + b"Content-Type: multipart/alternative; boundary=bb\n\n" + b"".join(b"--bb\n" + part for part in parts) + b"--bb--\n"


def wrapped(line, width=72):
    out, now = [], ""
    for word in line.split(" "):
        if now and len(now) + len(word) + 1 > width:
            out.append(now)
            now = word
        else:
            now = now + " " + word if now else word
    return "\n".join(out + [now])


def date_of(locale, n):
    language = base_language(locale)
    time = ("9:12", "09:12", "14:05")[n % 3]
    forms = [words.DAY.get(language, words.DAY["en"]).replace("%", time), "2026-10-05 %s" % time, "05.10.2026 %s" % time, "5/10/26, %s" % time,
             "Mon, 05 Oct 2026 %s:31 +0200" % time.zfill(5)]
    return forms[n // 3 % len(forms)]


def who_of(n, form):
    name, address = WHO[n % len(WHO)]
    if form == "mailto":
        return ("%s <%s <mailto:%s>>" % (name, address, address), '"%s" [mailto:%s]' % (name, address))[n % 2]
    return ("%s <%s>" % (name, address), '"%s" <%s>' % (name, address))[n // 4 % 2]


def filled(text, **values):
    for key, value in values.items():
        text = text.replace("{%s}" % key, value)
    return text


def squeezed(text):
    return " ".join(re.sub("[\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]", "", text).replace("\u00a0", " ").replace("\u202f", " ").split())


def as_html(text):
    return "<br>\n".join(html.escape(line, quote=False) for line in text.split("\n"))


# ---- replies ----
REPLY_FORMS = ["quoted", "wrapped", "bare", "bidi", "blanks", "html", "html-bare", "both", "glued", "mailto", "between", "below", "nested", "html-below",
               "html-gmail", "signed"]


def reply(locale, pattern, form, n):
    """A mail, and what its reply_text is: (whole text) or (words that are in it, words that are not)."""
    language = base_language(locale)
    one, two, before = words.SAY[language]
    day = ("2026-10-05", "05.10.2026", "5/10/26")[n % 3] if "{time}" in pattern else date_of(locale, n)
    intro = filled(pattern, date=day, time="09:12", who=who_of(n, form))
    own, old = one + "\n\n" + two, before + "\n" + "https://desk.example/t/12"
    quoted = "\n".join("> " + line for line in old.split("\n"))
    if form == "wrapped":
        intro = wrapped(intro, 50)
    if form == "bidi":
        intro = intro.replace(date_of(locale, n), "\u202a%s\u202c" % date_of(locale, n), 1).replace("<", "\u2066<").replace(">", ">\u2069") + "\u200f"
    if form == "blanks":
        intro = intro.replace(" :", "\u00a0:").replace("2026 ", "2026\u202f")
    texts = {"below": intro + "\n" + quoted + "\n\n" + own,
             "between": intro + "\n" + quoted.split("\n")[0] + "\n\n" + one + "\n\n" + quoted.split("\n")[1] + "\n\n" + two,
             "bare": own + "\n\n" + intro + "\n\n" + old,
             "glued": own + " " * (n % 2) + intro + "\n" + quoted,
             "nested": own + "\n\n" + intro + "\n" + quoted + "\n>\n> " + filled(pattern, date="2026-10-04", time="08:00", who=TO) + "\n>> " + one + "?",
             "signed": own + "\n\n-- \nBob Stone\nCustomer Ltd\n\n" + intro + "\n" + quoted}
    text = texts.get(form, own + "\n\n" + intro + "\n" + quoted + "\n")
    page = None
    if form in ("html", "both"):
        page = "<html><body><div>%s</div><br><div>%s</div><blockquote type=\"cite\"><div>%s</div></blockquote></body></html>"
    elif form == "html-bare":
        page = "<p>%s</p><p>%s</p><blockquote><p>%s</p></blockquote>"
    elif form == "html-gmail":
        page = "<div dir=\"auto\">%s</div><br><div class=\"gmail_quote\"><div dir=\"ltr\" class=\"gmail_attr\">%s<br></div><blockquote class=\"gmail_quote\" style=\"margin:0 0 0 .8ex;border-left:1px #ccc solid;padding-left:1ex\">%s</blockquote></div>"
    if form == "html-below":
        parts = [body_of("<p>%s</p><blockquote style=\"border-left:2px solid #00f\"><p>%s</p></blockquote><p>%s</p>" % (as_html(intro), as_html(old), as_html(own)), language, n, "html")]
    elif page:
        parts = [body_of(page % (as_html(own), as_html(intro), as_html(old)), language, n, "html")]
        if form == "both":
            parts.insert(0, body_of(text, language, n))
    else:
        parts = [body_of(text, language, n)]
    if form == "between":
        return mail("Re: Printer", parts), ((one, two), (intro,))
    return mail("Re: Printer", parts), own


def judge_reply(got, expected):
    text = squeezed(got["reply_text"])
    if isinstance(expected, str):
        return text == squeezed(expected)
    return all(squeezed(w) in text for w in expected[0]) and not any(squeezed(w) in text for w in expected[1])


# ---- forwards ----
FORWARD_FORMS = ["plain", "comment", "quoted", "html", "html-bold", "gaps", "nested", "bidi", "both"]


def forward(locale, block, form, n):
    language = base_language(locale)
    one, two, before = words.SAY[language]
    name, address = WHO[n % len(WHO)]
    subject, text = before.split("\n")[0][:40].strip(), one + "\n\n" + two
    lines = filled(block, date=date_of(locale, n), who="%s <%s>" % (name, address), subject=subject, to=TO).strip("\n").split("\n")
    comment = before if form != "plain" and n % 2 else ""
    inner = text
    if form == "nested":
        inner = text + "\n\n" + filled(block, date="2026-10-01 08:00", who="Zoe Far <zoe@far.example>", subject="Old", to="%s <%s>" % (name, address)) + "\n\n" + before
    if form == "gaps":
        lines = [lines[0]] + [part for line in lines[1:] if line for part in ("", line)]
    if form == "bidi":
        lines = [lines[0]] + ["\u200f" + line for line in lines[1:]]
    body = "\n".join(lines) + "\n\n" + inner
    if form == "quoted":
        body = "\n".join("> " + line for line in body.split("\n"))
    whole = (comment + "\n\n" if comment else "") + body
    parts = [body_of(whole, language, n)]
    if form in ("html", "html-bold", "both"):
        shown = "<br>\n".join(re.sub(r"^([^:：]{1,40}[:：])", r"<b>\1</b>", html.escape(line, quote=False)) if form == "html-bold" and i else html.escape(line, quote=False)
                              for i, line in enumerate(lines))
        page = body_of("<div>%s</div><br><div>%s<br><br><div>%s</div></div>" % (as_html(comment), shown, as_html(inner)), language, n, "html")
        parts = [page] if form != "both" else parts + [page]
    return mail("Fwd: " + subject, parts, answers=False), (name, address, subject, inner, comment)


def judge_forward(got, expected):
    name, address, subject, text, comment = expected
    seen = got.get("forward") or {}
    sender = seen.get("from") or {}
    checks = {"recognised": bool(seen), "sender": sender.get("address") == address and sender.get("name") == name, "subject": squeezed(seen.get("subject") or "") == squeezed(subject),
              "text": squeezed(seen.get("text") or "") == squeezed(text), "words": bool(seen) and squeezed(seen.get("comment") or "") == squeezed(comment)}
    checks["request"] = squeezed(text) in squeezed(re.sub("(?m)^[> ]+", "", got["reply_text"]))
    return checks


# ---- the original under a block without a word around: history of an answer ----
def block(locale, text, form, n):
    language = base_language(locale)
    one, two, before = words.SAY[language]
    lines = filled(text, date=date_of(locale, n), who="%s <%s>" % WHO[n % len(WHO)], subject="Printer", to=TO).strip("\n").split("\n")
    if form == "unmarked" and len(lines) > 4:
        lines = ["", ""] + [line for line in lines[1:] if line]
    own = one + "\n\n" + two
    if form == "html":
        return mail("Re: Printer", [body_of("<div>%s</div><div><br></div><div>%s<br><br>%s</div>" % (as_html(own), as_html("\n".join(lines)), as_html(before)), language, n, "html")]), own
    return mail("Re: Printer", [body_of(own + "\n\n" + "\n".join(lines) + "\n\n" + before, language, n)]), own


# ---- machines and telephones ----
AWAY_FORMS = ["said", "suppress", "answering", "oof"]
PERSON_FORMS = ["answers a notice", "speaks of it"]


def away(language, form, n):
    subject, text = words.AWAY[language]
    more = {"said": b"Auto-Submitted: auto-replied\n", "suppress": b"X-Auto-Response-Suppress: All\n", "oof": b"X-Autoreply: yes\nPrecedence: bulk\n"}.get(form, b"")
    return mail(subject + "Printer [#12]", [body_of(text + "\n\nBob Stone", language, n)], answers=form != "said", more=more), True


def person(language, form, n):
    subject, text = words.AWAY[language]
    one, two, _ = words.SAY[language]
    subject = "Re: " + subject + "Printer" if form == "answers a notice" else "Printer"
    return mail(subject, [body_of(two + "\n\n" + text, language, n)], answers=form == "answers a notice"), False


def phone(language, form, n):
    one, two, before = words.SAY[language]
    text = one + "\n\n" + words.PHONE[language]
    if form == "above":
        text += "\n\n> " + before
    return mail("Re: Printer", [body_of(text, language, n)]), one


def rows():
    with open(os.path.join(HERE, "strings.tsv"), encoding="utf-8") as file:
        for line in file:
            if not line.startswith("#") and line.strip():
                yield line.rstrip("\n").split("\t")


def cases():
    for program, locale, kind, text in rows():
        text = text.replace("\\n", "\n")
        half = half_of(program, locale)
        forms = {"wrote": REPLY_FORMS, "forward": FORWARD_FORMS, "block": ["marked", "unmarked", "html"]}[kind]
        for i, form in enumerate(forms):
            if kind == "wrote" and form in ("bare", "glued") and not ("{date}" in text and "{who}" in text):
                continue
            n = number(program, locale, kind, form)
            make = {"wrote": reply, "forward": forward, "block": block}[kind]
            yield kind, half, (program, locale, form), make(locale, text, form, n)
    for kind, table, forms, make in (("away", words.AWAY, AWAY_FORMS, away), ("person", words.AWAY, PERSON_FORMS, person), ("phone", words.PHONE, ["alone", "above"], phone)):
        for language in sorted(table):
            for form in forms:
                yield kind, half_of(kind, language), (kind, language, form), make(language, form, number(kind, language, form))


def judged(kind, got, expected):
    if kind == "forward":
        return {"forward " + name: ok for name, ok in judge_forward(got, expected).items()}
    if kind in ("away", "person"):
        return {kind: (got["kind"] == "auto-reply") == expected and (not expected or got.get("out_of_office", False))}
    return {kind: judge_reply(got, expected)}


def explain(program, raws):
    out = []
    with tempfile.TemporaryDirectory() as folder:
        for i in range(0, len(raws), 200):
            names = []
            for j, raw in enumerate(raws[i:i + 200]):
                names.append("%s/%06d.eml" % (folder, i + j))
                with open(names[-1], "wb") as file:
                    file.write(raw)
            done = subprocess.run([program, "--json", "explain"] + names, stdout=subprocess.PIPE, check=False)
            got = [json.loads(line) for line in done.stdout.decode().splitlines()]
            if len(got) != len(names):
                sys.exit("explain printed %d lines for %d mails" % (len(got), len(names)))
            out += got
    return out


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--every", type=int, default=1, help="one mail of so many")
    parser.add_argument("--half", type=int, help="this half only")
    parser.add_argument("--show", default="", help="print what failed of the checks whose name begins so")
    parser.add_argument("--mail", default="", help="print the mails whose 'program locale form' holds this, and what is read")
    parser.add_argument("--floor", type=float, default=0, help="per cent that each half must reach")
    args = parser.parse_args()
    program = os.environ.get("SPORTELLO", "build/sportello")
    chosen = [case for i, case in enumerate(cases()) if i % args.every == 0 and args.half in (None, case[1])]
    total = [collections.Counter(), collections.Counter()]
    of = [collections.Counter(), collections.Counter()]
    for (kind, half, name, (raw, expected)), got in zip(chosen, explain(program, [case[3][0] for case in chosen])):
        if args.mail and args.mail in " ".join(name):
            print(raw.decode("utf-8", "replace"), json.dumps({k: got[k] for k in ("kind", "kind_why", "text", "reply_text", "forward")}, indent=1, ensure_ascii=False), expected)
        for check, ok in judged(kind, got, expected).items():
            for key in (check, "all", "%s: %s" % (kind, name[2])):
                total[half][key] += ok
                of[half][key] += 1
            if not ok and args.show and check.startswith(args.show):
                print("  %s %s | %s" % (check, " ".join(name), json.dumps(got["forward"] if kind == "forward" else got["kind"] if kind in ("away", "person") else got["reply_text"], ensure_ascii=False)[:300]))
    for key in sorted(of[0] | of[1], key=lambda k: (":" in k, k)):
        print("%-24s" % key, "   ".join("%5d of %5d %6.2f %%" % (total[h][key], of[h][key], 100 * total[h][key] / of[h][key]) if of[h][key] else " " * 23 for h in (0, 1) if args.half in (None, h)))
    low = [h for h in (0, 1) if of[h]["all"] and 100 * total[h]["all"] < args.floor * of[h]["all"]]
    print("%d mails" % len(chosen))
    return 1 if low else 0


if __name__ == "__main__":
    sys.exit(main())
