#!/usr/bin/env python3
"""pages.py [-o DIR] [-a AXE.js] [-l LANGUAGE...] [WORD...] - every mail and every page in Chromium: 390 and 1000 pixels wide, light and dark, with a brand and without.

The HTML is that of build/tools/looks_try (BUILD names another build). Fails where something is wider than its window, where words and their ground are too alike,
or where axe (its axe.min.js, from npm) finds anything. -o: sheets of eight, as pictures. WORDs choose by name ("mail received", "page status").
"""
import argparse, base64, html, json, os, subprocess, sys, tempfile, time, zlib, struct

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(os.path.dirname(HERE), "blackbox")]
sys.dont_write_bytecode = True
from browser import Browser
from desk import Skip

WIDTHS = (390, 1000)
SHEET = 8
COLOUR = "#7a1f5c"
TRIES = [(scheme, brand) for scheme in ("light", "dark") for brand in (False, True)]


def logo():
    """A word mark, white on the brand's colour."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    width, height = 120, 40
    rows = b""
    for y in range(height):
        rows += b"\0"
        for x in range(width):
            inside = 8 <= y < 32 and any(left <= x < left + 18 for left in (10, 36, 62, 88)) and not (14 <= y < 26 and x % 26 in (14, 15, 16, 17))
            rows += b"\xff\xff\xff" if inside else b"\x7a\x1f\x5c"
    return "data:image/png;base64," + base64.b64encode(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
                                                       + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")).decode()


def all_of(language, brand, words):
    """[(name, HTML)]"""
    tool = os.path.join(os.environ.get("BUILD", "build"), "tools", "looks_try")
    out = subprocess.run([tool, language] + ([COLOUR, logo()] if brand else []), stdout=subprocess.PIPE, check=True).stdout
    found = []
    while out:
        line, out = out.split(b"\n", 1)
        kind, name, length = line.decode().split()
        found.append(("%s %s" % (kind, name), out[:int(length)].decode()))
        out = out[int(length):]
    return [one for one in found if not words or any(word in one[0] for word in words)]


class Looker:
    def __init__(self, directory, axe):
        self.browser, self.directory = Browser(width=1040, height=900), directory
        self.browser.here("POST", "/timeouts", {"script": 60000})
        self.axe = open(axe).read() if axe else None
        self.width = self.height = None

    def command(self, name, parameters):
        return self.browser.here("POST", "/goog/cdp/execute", {"cmd": name, "params": parameters})

    def set(self, width, height, scheme):
        self.command("Emulation.setDeviceMetricsOverride", {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False})
        self.command("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})

    def open(self, page):
        path = os.path.join(self.directory, "page.html")
        with open(path, "w") as f:
            f.write(page)
        self.browser.open("file://" + path)

    def look(self, page, axe):
        """What is wrong with it."""
        self.open(page)
        wrong = []
        wide = self.browser.script("return [document.documentElement.scrollWidth, window.innerWidth];")
        if wide[0] > wide[1]:
            wrong.append("is %d wide in %d" % tuple(wide))
        if self.axe and axe:
            # by the protocol: the page's own policy keeps scripts out, which is right
            self.command("Runtime.evaluate", {"expression": self.axe + ";0"})
            got = self.command("Runtime.evaluate", {"awaitPromise": True, "returnByValue": True, "expression":
                               "axe.run(document, {resultTypes: ['violations']}).then(r => JSON.stringify(r.violations.map(v => [v.id, v.nodes.map(n => n.html.slice(0, 160) + ' ' + (n.any[0] ? n.any[0].message : ''))])))"})
            for rule, nodes in json.loads(got["result"]["value"]):
                wrong.append("axe: %s: %s" % (rule, "; ".join(nodes[:2])))
        return wrong

    def sheet(self, some, width, scheme, path):
        ground = "#888"
        frames = "".join('<figure style="margin:0"><figcaption style="font:14px sans-serif;background:#ff0;color:#000">%s</figcaption><iframe style="border:0;width:%dpx;height:%dpx" srcdoc="%s"></iframe></figure>'
                         % (html.escape(name), width, self.tall, html.escape(page)) for name, page in some)
        columns = SHEET // 2 if width < 500 else 2
        self.set(columns * (width + 10), (len(some) + columns - 1) // columns * (self.tall + 30), scheme)
        self.open('<!DOCTYPE html><meta charset=utf-8><body style="margin:0;background:%s"><div style="display:grid;gap:8px;grid-template-columns:repeat(%d,%dpx)">%s</div>' % (ground, columns, width, frames))
        shot = self.command("Page.captureScreenshot", {"format": "png", "captureBeyondViewport": True})
        with open(path, "wb") as f:
            f.write(base64.b64decode(shot["data"]))


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("-o", metavar="DIR")
    arguments.add_argument("-a", metavar="AXE.js", default=os.environ.get("AXE"))
    arguments.add_argument("-l", metavar="LANGUAGE", action="append")
    arguments.add_argument("-s", action="store_true", help="only the sheets")
    arguments.add_argument("-t", metavar="PIXELS", type=int, default=1100)
    arguments.add_argument("words", nargs="*")
    options = arguments.parse_args()
    begin, looker, looked, wrong = time.monotonic(), None, 0, 0
    if options.o:
        os.makedirs(options.o, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="sportello-looks-") as directory:
        try:
            looker = Looker(directory, options.a)
            looker.tall = options.t
            for language in options.l or ("en", "it"):
                for scheme, brand in TRIES:
                    some = all_of(language, brand, options.words)
                    for width in WIDTHS:
                        where = "%s-%s-%s-%d" % (language, scheme, "brand" if brand else "plain", width)
                        for n in range(0, len(some) if options.o else 0, SHEET):
                            looker.sheet(some[n:n + SHEET], width, scheme, os.path.join(options.o, "%s-%02d.png" % (where, n // SHEET)))
                        looker.set(width, 900, scheme)
                        looked += len(some) if options.s else 0
                        for name, page in () if options.s else some:
                            found = looker.look(page, width == WIDTHS[0])       # width changes no contrast and no structure
                            looked, wrong = looked + 1, wrong + len(found)
                            for words in found:
                                print("%s: %s: %s" % (where, name, words), flush=True)
        except Skip as reason:
            print("skipped: %s" % reason)
            return 0
        finally:
            if looker:
                looker.browser.close()
    print("%d looked at%s, %d findings; %.0f s" % (looked, " with axe" if options.a else "", wrong, time.monotonic() - begin))
    return 1 if wrong or not looked else 0


if __name__ == "__main__":
    sys.exit(main())
