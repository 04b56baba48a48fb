#!/usr/bin/env python3
"""letter_models.py - makes src/mail/mail_charset_models.c: how often which letter follows which, in the languages of mail.

Counts letters in the translations (.mo) that are installed below /usr/share/locale. Only domains whose coin (a digest of
the name) is 0 are counted; charset_trial.py measures on the others. Numbers only, no text, are taken over.

    tests/tools/letter_models.py > src/mail/mail_charset_models.c
"""
import collections
import gettext
import glob
import hashlib
import math
import os
import re
import sys

LATIN = "en de fr es pt it nl sv da nb fi is ca sq pl cs sk hu hr sl ro tr lt lv et eo".split()
OTHERS = "ru uk bg sr be mk el he ar fa th".split()
WIDE = {"zh": "zh_CN", "tw": "zh_TW", "ko": "ko", "ja": "ja"}
LOCALES = {"pt": ["pt", "pt_BR"], "en": ["de", "fr"], "hr": ["hr", "bs", "sr@latin"]}
VALUES = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
WIDE_KEPT = 700


def coin(domain):
    return hashlib.sha1(domain.encode()).digest()[0] & 1


def clean(text):
    text = re.sub(r"%[-+0-9.*$']*[a-zA-Z]+|\{[^}]*\}|<[^>]*>|&[a-z]+;|_|\\n|https?://\S+", "", text)
    return re.sub(r"\s+", " ", text.replace("…", "...")).strip()


def texts(locale, side, keys=False):
    seen = set()
    for path in sorted(glob.glob("/usr/share/locale/%s/LC_MESSAGES/*.mo" % locale)):
        if coin(os.path.basename(path)) != side:
            continue
        try:
            with open(path, "rb") as file:
                catalog = gettext.GNUTranslations(file)._catalog
        except Exception:                  # a broken catalogue is none of ours
            continue
        for key, value in catalog.items():
            text = key if keys else value
            if not isinstance(text, str) or not key:
                continue
            text = clean(text)
            if 12 <= len(text) <= 300 and text not in seen and not re.search(r"@|[-/|=]{2}|\$", text):
                seen.add(text)
                yield text


def fold(code):
    """As mail_charset_guess.c folds."""
    greek = {0x386: 0x3AC, 0x388: 0x3AD, 0x389: 0x3AE, 0x38A: 0x3AF, 0x38C: 0x3CC, 0x38E: 0x3CD, 0x38F: 0x3CE, 0x178: 0xFF}
    if 65 <= code <= 90:
        return code + 32
    if (0xC0 <= code <= 0xDE and code != 0xD7) or 0x410 <= code <= 0x42F or 0x391 <= code <= 0x3A9:
        return code + 32
    if 0x400 <= code <= 0x40F:
        return code + 80
    if 0x100 <= code <= 0x137 or 0x14A <= code <= 0x177 or 0x218 <= code <= 0x21B or 0x490 <= code <= 0x491:
        return code | 1
    if 0x139 <= code <= 0x148 or 0x179 <= code <= 0x17E:
        return code + 1 if code & 1 else code
    return greek.get(code, code)


def is_letter(code):
    return (0xC0 <= code <= 0x24F and code not in (0xD7, 0xF7)) or 0x370 <= code <= 0x52F or 0x5D0 <= code <= 0x5EA or \
        0x610 <= code <= 0x6FF or 0xE01 <= code <= 0xE4E or code == 0xDF


def model(language):
    latin = language in LATIN
    single, pairs = collections.Counter(), collections.Counter()
    for locale in LOCALES.get(language, [language]):
        for text in texts(locale, 0, language == "en"):
            codes = [0] + [fold(ord(c)) for c in text] + [0]
            codes = [c if is_letter(c) or (latin and 97 <= c <= 122) else 0 for c in codes]
            single.update(codes)
            pairs.update(zip(codes, codes[1:]))
    total = sum(single.values())
    extra = sorted(c for c in single if c > 127 and single[c] / total > (0.0002 if latin else 0.00002))
    letters = [0] + (list(range(97, 123)) if latin else []) + extra
    rows = []
    for a in letters:
        for b in letters:
            p = (pairs[a, b] + 20 * (single[b] + 0.5) / total) / (single[a] + 20)
            rows.append(VALUES[max(0, min(51, round(-4 * math.log(p))))])
    return "".join(map(chr, extra)), "".join(rows)


def wide(locale):
    counts = collections.Counter()
    for text in texts(locale, 0):
        counts.update(c for c in text if ord(c) > 0x2E7F)
    return "".join(c for c, _ in counts.most_common(WIDE_KEPT))


def string(text, indent, width=150):
    return "\n".join('%s"%s"' % (indent, text[i:i + width]) for i in range(0, len(text), width))


def main():
    print("/*\n * mail_charset_models.c - how often which letter follows which, by language; made by tests/tools/letter_models.py.\n *\n"
          " * letters: beyond a to z, as folded. pairs: a row a letter (first: what is none, then a to z in Latin script, then\n"
          " * `letters`), a column a follower; A is certain, each further letter of A-Za-z a quarter of a nat less. Wide: the most\n"
          " * frequent characters, in order. Counted in the translations of free programs; no text is kept. May hold no code.\n */")
    print('#include "mail_charset_guess.h"\n\nconst struct letter_model letter_models[] = {')
    for language in LATIN + OTHERS:
        letters, pairs = model(language)
        print('\t{ "%s", %s, "%s",\n%s },' % (language, "true" if language in LATIN else "false", letters, string(pairs, "\t  ")))
    print("};\nconst size_t letter_model_count = COUNT_OF(letter_models);\n\nconst struct wide_model wide_models[] = {")
    for language, locale in WIDE.items():
        print('\t{ "%s",\n%s },' % (language, string(wide(locale), "\t  ", 60)))
    print("};\nconst size_t wide_model_count = COUNT_OF(wide_models);")


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")
    main()
