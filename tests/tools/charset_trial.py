#!/usr/bin/env python3
"""charset_trial.py - undeclared charsets, measured: mails in 37 languages from translations that letter_models.py did not count.

Writes mails to a folder that goes away, asks `build/sportello --json explain`, and prints right / all by language and charset,
for the two halves by a coin of the text. A mail is right if its text comes back letter by letter.

    tests/tools/charset_trial.py [MAILS A LANGUAGE AND CHARSET (60)]
    tests/tools/charset_trial.py torn [TEXTS A LANGUAGE (25)]

"torn": subjects of 60 bytes in =?UTF-8?B?...?= with a byte too few, too many or wrong; a subject fails if it has letters of a script that
its words have not. Beside it, subjects that are another charset than the UTF-8 that they claim: right if they come back.
"""
import base64
import collections
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import unicodedata

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import letter_models  # noqa: E402

CHARSETS = {
    "de fr es pt it nl sv da nb fi is ca": ["cp1252"],
    "pl cs sk hu hr sl ro": ["cp1250", "iso8859-2"],
    "ru": ["cp1251", "koi8-r"], "uk": ["cp1251", "koi8-u"], "bg sr be": ["cp1251"],
    "el": ["cp1253", "iso8859-7"], "tr": ["cp1254"], "he": ["cp1255"], "ar": ["cp1256"], "fa": ["cp1256"], "th": ["cp874"],
    "lt lv et": ["cp1257"],
    "zh_CN": ["gb18030"], "zh_TW": ["big5"], "ko": ["euc-kr"], "ja": ["cp932", "euc-jp"],
}


# What Persian is written with where a charset has no Persian letters.
AS_TYPED = {"fa": str.maketrans("یۀۓک۰۱۲۳۴۵۶۷۸۹", "يهےک0123456789")}


def pick(language, charset, count):
    got = []
    for text in letter_models.texts(language, 1):
        if len(text) < 40 and language not in ("zh_CN", "zh_TW", "ko", "ja"):
            continue
        text = text.translate(AS_TYPED.get(language, {}))
        try:
            raw = text.encode(charset)
        except UnicodeError:
            continue
        if any(b > 127 for b in raw) and raw.decode(charset) == text:
            got.append((hashlib.sha1(text.encode()).digest(), text, raw))
    return sorted(got)[:count]


def explain(program, raws):
    with tempfile.TemporaryDirectory() as folder:
        names = []
        for i, raw in enumerate(raws):
            names.append("%s/%06d" % (folder, i))
            with open(names[-1], "wb") as file:
                file.write(raw)
        out = []
        for i in range(0, len(names), 200):
            done = subprocess.run([program, "--json", "explain"] + names[i:i + 200], stdout=subprocess.PIPE, check=False)
            out += [json.loads(line) for line in done.stdout.decode().splitlines()]
        return out


def scripts(text):
    return {unicodedata.name(c, "?").split()[0] for c in text if ord(c) > 127 and c.isalpha()} - {"LATIN", "FEMININE", "MASCULINE", "MICRO"}


def tear(raw):
    high = [i for i, byte in enumerate(raw) if byte > 127]
    half = len(raw) // 2
    yield raw[:high[len(high) // 2]] + raw[high[len(high) // 2] + 1:]
    yield raw[:high[-1]]
    yield raw[high[0] + 1:]
    yield raw[:high[0]] + b"\xff" + raw[high[0]:]
    yield raw[:half] + b"\xfc" + raw[half:]
    yield raw[:high[0]] + raw[high[0] + 1:half] + b"\x93" + raw[half:]


def torn(program, count):
    head = b"From: a@example.net\nSubject: =?UTF-8?B?%s?=\n\nx\n"
    broken, other = [], []
    for languages, charsets in CHARSETS.items():
        for language in languages.split():
            for _, text, raw in pick(language, charsets[0], count):
                whole = text.encode()[:60].decode(errors="ignore").encode()
                if any(byte > 127 for byte in whole):
                    broken += [(text, piece) for piece in tear(whole)]
                other += [(text[:40], text[:40].encode(charsets[0]))] if any(byte > 127 for byte in text[:40].encode(charsets[0])) else []
    answers = explain(program, [head % base64.b64encode(raw) for _, raw in broken + other])
    foreign = [(text, got["subject"]) for (text, _), got in zip(broken, answers) if scripts(got["subject"]) - scripts(text)]
    right = sum(text.strip() == got["subject"].strip() for (text, _), got in zip(other, answers[len(broken):]))
    for text, subject in foreign:
        print(text[:60], "->", subject[:60])
    print("torn UTF-8: %d of %d in a script that is not theirs; another charset than claimed: %d of %d read" % (len(foreign), len(broken), right, len(other)))


def main():
    if sys.argv[1:2] == ["torn"]:
        return torn(os.environ.get("SPORTELLO", "build/sportello"), int(sys.argv[2]) if len(sys.argv) > 2 else 25)
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    program = os.environ.get("SPORTELLO", "build/sportello")
    show = os.environ.get("SHOW", "").split()
    total = [collections.Counter(), collections.Counter()]
    head = b"From: a@example.net\nTo: b@example.org\nSubject: %s\nContent-Type: text/plain\nContent-Transfer-Encoding: 8bit\n\n%s\n"
    for languages, charsets in CHARSETS.items():
        for language in languages.split():
            for charset in charsets:
                mails = pick(language, charset, count)
                got = explain(program, [head % (raw[:60] if charset[:2] not in ("gb", "bi", "eu") else b"x", raw) for _, _, raw in mails])
                right = [0, 0, 0, 0]
                for (digest, text, raw), answer in zip(mails, got):
                    half = digest[-1] & 1
                    ok = answer["text"].strip() == text.strip()
                    right[half] += ok
                    right[2 + half] += 1
                    if not ok and language in show and half == int(os.environ.get("HALF", "0")):
                        print("   ", charset, "|", text[:70], "|", answer["text"][:60], "|", answer["problems"])
                for half in (0, 1):
                    total[half][language] += right[half]
                    total[half]["all"] += right[half]
                    total[half]["of"] += right[2 + half]
                print("%-6s %-10s %3d/%-3d %3d/%-3d" % (language, charset, right[0], right[2], right[1], right[3]))
    for half in (0, 1):
        print("half %d: %d of %d, %.2f %%" % (half, total[half]["all"], total[half]["of"], 100 * total[half]["all"] / max(1, total[half]["of"])))


if __name__ == "__main__":
    main()
