#!/usr/bin/env python3
"""run.py [-o DIR] [WORD...] - agents' HTML answers of nine mail programs, as they were sent and as the customer gets them, rendered side by side and compared.

A real desk gets each mail of clients.py as an answer to its notice; Chromium draws what the agent wrote, in the place that the desk gave it, beside
what the customer has. Counts pixels that differ, of those that are not paper. WORDs choose mails by name. -o: keeps each pair that differs as a picture.
Says what differs, and fails where fewer than BAR of the mails look the same (SAME) or where one has lost its HTML or a picture.
"""
import argparse, base64, html, os, re, sys, tempfile, time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "blackbox")]
sys.dont_write_bytecode = True
import clients
import desk as desk_module
from browser import Browser
from desk import address_of, mail, wait_until

ANNA, BOB = "anna@example.com", "bob@agents.example"
WIDTH, HEIGHT = 620, 900                                     # of each of the two
SAME = 0.02                                                  # share of the pixels that are not paper: less than that is seen by nobody
BAR = 0.95
MARK = "MARKERONE"

# Both halves of a picture of the page: [pixels that differ, pixels that are not paper, the first line that differs]
COMPARE = """
const [source, width, height] = arguments, done = arguments[arguments.length - 1], picture = new Image();
picture.onload = () => {
  const canvas = document.createElement('canvas'); canvas.width = picture.width; canvas.height = picture.height;
  const context = canvas.getContext('2d'); context.drawImage(picture, 0, 0);
  const left = context.getImageData(0, 0, width, height).data, right = context.getImageData(width, 0, width, height).data;
  let differ = 0, drawn = 0, first = -1;
  for (let i = 0; i < left.length; i += 4) {
    const far = Math.max(Math.abs(left[i] - right[i]), Math.abs(left[i + 1] - right[i + 1]), Math.abs(left[i + 2] - right[i + 2]));
    const ink = Math.min(left[i], left[i + 1], left[i + 2], right[i], right[i + 1], right[i + 2]) < 245;
    drawn += ink; differ += far > 40;
    if (far > 40 && first < 0) first = Math.floor(i / 4 / width);
  }
  done([differ, drawn, first]);
};
picture.src = source;
"""


def with_pictures(page, pictures):
    """cid: links as the pictures themselves."""
    def shown(found):
        data = pictures.get(html.unescape(found.group(1)))
        return 'src="data:image/png;base64,%s"' % base64.b64encode(data).decode() if data else 'src="data:,"'
    return re.sub(r'src="cid:([^"]*)"', shown, page)


class Pair:
    def __init__(self, browser, directory):
        self.browser, self.directory = browser, directory
        browser.here("POST", "/timeouts", {"script": 30000})

    def compare(self, sent, got):
        page = "<!DOCTYPE html><html><head><meta charset=utf-8><style>body{margin:0;display:flex;background:#fff}iframe{border:0;width:%dpx;height:%dpx}</style></head><body>%s</body></html>" % (
            WIDTH, HEIGHT, "".join('<iframe scrolling=no srcdoc="%s"></iframe>' % html.escape(one) for one in (sent, got)))
        path = os.path.join(self.directory, "pair.html")
        with open(path, "w") as f:
            f.write(page)
        self.browser.open("file://" + path)
        shot = self.browser.here("GET", "/screenshot")
        differ, drawn, first = self.browser.here("POST", "/execute/async", {"script": COMPARE, "args": ["data:image/png;base64," + shot, WIDTH, HEIGHT]})
        return differ / max(1, drawn), drawn, first, base64.b64decode(shot)


def answers(desk, wanted):
    """(mail as sent, mail as the customer has it), in their order: mails of one ticket keep it. The first is a mark, to see where words are put."""
    desk.accept(mail(subject="Printer", body="It does not print, whatever I do.\n"))
    notice = desk.wait_sent(1, to=BOB)[0]
    desk.wait_sent(1, to=ANNA)
    mails = [one for one in clients.mails(notice) if not wanted or any(word.lower() in one.name.lower() for word in wanted)]
    mark = mail(sender=BOB, reply_to=notice, html="<p>%s</p>" % MARK)
    for raw in [mark] + [one.raw for one in mails]:
        desk.accept(raw, address_of(notice), sender=BOB)
    wait_until(lambda: len(desk.sent_to(ANNA)) >= 2 + len(mails), 120, "all answers are sent")
    wait_until(lambda: desk.ok("outbox", "list") == [], 60, "the outbox is empty")
    sent = desk.sent_to(ANNA)[1:]
    assert len(sent) == len(mails) + 1, (len(sent), len(mails), [str(m["Subject"]) for m in desk.sent_to(BOB)][-5:])
    return sent[0], list(zip(mails, sent[1:]))


def pictures_of(sent):
    return {str(p["Content-ID"]).strip("<>"): p.get_content() for p in sent.message.walk() if p["Content-ID"]}


def frame_of(page):
    """What stands before an agent's words, and the first signs of what stands behind."""
    before, behind = page.split("<p>%s</p>" % MARK)
    return before, behind.strip()[:30]


def judge(pair, frame, one, sent, keep):
    """(share that differs, words)"""
    before, behind = frame
    if not sent.html:
        return 1, "no HTML: only the text was sent"
    if sent.html[:len(before)] != before or behind not in sent.html:
        return 1, "stands in another frame"
    end = sent.html.rindex(behind)
    lost = len([data for data in one.pictures.values() if data not in pictures_of(sent).values()])
    share, drawn, first, shot = pair.compare(before + with_pictures(one.own, one.pictures) + sent.html[end:], with_pictures(sent.html, pictures_of(sent)))
    if keep and share > SAME:
        with open(os.path.join(keep, re.sub(r"\W+", "-", one.name) + ".png"), "wb") as f:
            f.write(shot)
        with open(os.path.join(keep, re.sub(r"\W+", "-", one.name) + ".txt"), "w") as f:
            f.write("%s\n\n==== got\n\n%s" % (one.own, sent.html[len(before):end]))
    words = "" if share <= SAME else "from line %d" % first
    return (1, "%d pictures are missing" % lost) if lost else (share, words) if drawn > 500 else (1, "nothing is drawn")


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("-o", metavar="DIR")
    arguments.add_argument("words", nargs="*")
    options = arguments.parse_args()
    if options.o:
        os.makedirs(options.o, exist_ok=True)
    begin, desk, browser = time.monotonic(), None, None
    with tempfile.TemporaryDirectory(prefix="sportello-looks-") as directory:
        try:
            browser = Browser(width=2 * WIDTH + 40, height=HEIGHT + 200)
            desk = desk_module.Desk(directory)
            mark, pairs = answers(desk, options.words)
            pair, same, lost = Pair(browser, directory), 0, 0
            for one, sent in pairs:
                share, words = judge(pair, frame_of(mark.html), one, sent, options.o)
                same += share <= SAME
                lost += share == 1
                print("%-8s %-28s %6.2f %%  %s" % ("same" if share <= SAME else "lost" if share == 1 else "differs", one.name, 100 * share, words), flush=True)
        except desk_module.Skip as reason:
            print("skipped: %s" % reason)
            return 0
        finally:
            if browser:
                browser.close()
            if desk:
                desk.close()
    print("%d of %d mails look the same, %d have lost something; %.0f s" % (same, len(pairs), lost, time.monotonic() - begin))
    return 0 if not lost and same >= BAR * len(pairs) else 1


if __name__ == "__main__":
    sys.exit(main())
