#!/usr/bin/env python3
"""hostile.py LMTP-PORT SECONDS CONNECTIONS [SEED] - sends hostile mails as fast as they are taken; and, imported, what that does to everybody else.

KINDS makes each kind of mail that once cost more than its bytes, of any size: repeated tokens in headers, parameters, HTML, enriched text, quotes and
parts. Every fourth mail is a good one. What is measured beside it (measure()): good mails at a steady rate on connections of their own, /healthz,
and the daemon's memory. Used by `make bench` (case hostile) and by tests/blackbox/test_hostile.py.
"""
import json, os, random, socket, subprocess, sys, threading, time, urllib.request

LARGEST = 1000000                                            # bytes of a hostile mail
HTML, HEADER_MOST = "Content-Type: text/html\r\n", 900000


def again(token, size):
    return token * (size // len(token) + 1)


def in_header(name, token, first=""):
    return lambda n: "%s: %s%s\r\n\r\nx\r\n" % (name, first, again(token, min(n, HEADER_MOST)))


def folded(name, token):
    return lambda n: "%s: %s\r\n\r\nx\r\n" % (name, again(token + "\r\n ", min(n, HEADER_MOST)))


def lines(name, token):
    return lambda n: again("%s: %s\r\n" % (name, token), min(n, HEADER_MOST)) + "\r\nx\r\n"


def body(token, head="", first=""):
    return lambda n: head + "\r\n" + first + again(token, n)


def two(first, second, head=HTML):
    return lambda n: head + "\r\n" + again(first, n // 2) + again(second, n // 2)


def parts(head, subtype="mixed", content="x"):
    return lambda n: "Content-Type: multipart/%s; boundary=b\r\n\r\n" % subtype + again("--b\r\n%s\r\n%s\r\n" % (head, content), n) + "--b--\r\n"


def nested(n):
    return "".join("Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (i, i) for i in range(60)) + "\r\n" + again("--b\r\n", n)


KINDS = {
    "names": in_header("Cc", "a,"), "boxes": in_header("Cc", "a,b <x@y>,"), "groups": in_header("Cc", "a:"), "commas": in_header("Cc", ",", "<@"),
    "comments": in_header("Cc", "()"), "quotes": in_header("Reply-To", '""'), "people": lines("To", "a@b.example, c@d.example"), "folded": folded("Cc", "a@b.example,"),
    "re": in_header("Subject", "Re:"), "tags": in_header("Subject", "[#1] "), "words": in_header("Subject", "=?utf-8?q?a?= "),
    "open words": in_header("Subject", "=?utf-8?q?"), "references": in_header("References", "<a@b> "), "results": lines("Authentication-Results", "mx; dmarc=pass"),
    "blanks": in_header("Content-Type", " ", "a/b"), "parameters": in_header("Content-Type", "=a (x)", "text/plain; "), "fields": lines("X-A", "a"),
    "unclosed": two("<b>", "</i>"), "divs": two("<div>", "</p>"), "tables": body("<table><tr><td>", HTML), "spans": body("<span>", HTML),
    "lists": body("<li>", HTML, "<ul>" * 9 + "<blockquote type=cite>" * 12), "links": body("<a href='http://e.example/%s'>x" % ("a" * 900), HTML),
    "attributes": body("<p a=1 b=2 c=3 d=4 e=5 f=6>x", HTML), "less": body("<", HTML), "entities": body("&amp", HTML), "scripts": body("<script><</x>", HTML),
    "enriched": body("<param>", "Content-Type: text/enriched\r\n"), "flowed": body("> \r\n>> \r\n", "Content-Type: text/plain; format=flowed\r\n"),
    "colons": body("on @\r\n"), "wrote": body("on 1 jan 2012 a@b wrote wrote wrote\r\n"), "from": body("From: a\r\n\r\nSubject:\r\n\r\n"), "quoted": body("> a\r\n\r\n\r\n"),
    "bars": body("| a\r\n"), "begin": body("begin 644 a\r\n#AAAA\r\n"), "one line": body(" On @wrote"), "empty": body("\r\n"), "plain": body("word&<> " * 9 + "\r\n"),
    "empty parts": parts("Content-Type: text/plain\r\n"), "pictures": parts("Content-Type: image/png; name=a.png\r\n", "related"),
    "alternatives": parts("Content-Type: text/plain\r\n", "alternative", " "), "enriched parts": parts("Content-Type: text/enriched\r\n", content="<param>" * 9000),
    "messages": parts("Content-Type: message/rfc822\r\n", content="Subject: Re: Re: x\r\n\r\nOn x, y wrote:\r\n> z"), "nested": nested,
    "utf-7": body("+AAA", "Content-Type: text/plain; charset=utf-7\r\n"), "2022": body("\x1b$B\x1b(B", "Content-Type: text/plain; charset=iso-2022-jp\r\n"),
}


def letter(name, sender, rest):
    return ("From: %s <%s>\r\nTo: support@example.org\r\nMessage-ID: <%s@customer.example>\r\nMIME-Version: 1.0\r\n%s" % (sender.split("@")[0], sender, name, rest)).encode("latin-1", "replace")


def good(name, sender):
    return letter(name, sender, "Subject: Printer %s\r\nContent-Type: text/plain\r\n\r\n%s" % (name, "It prints nothing since Monday, please have a look at it.\r\n" * 20))


class Session:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=120)
        self.file = self.socket.makefile("rb")
        self.reply()
        self.say("LHLO hostile.example")

    def reply(self):
        while True:
            line = self.file.readline()
            if not line:
                raise ConnectionError("the connection was closed")
            if line[3:4] != b"-":
                return int(line[:3])

    def say(self, words):
        self.socket.sendall(words.encode() + b"\r\n")
        return self.reply()

    def deliver(self, sender, data):
        """The code that answers the mail."""
        self.say("MAIL FROM:<%s>" % sender)
        self.say("RCPT TO:<support@example.org>")
        code = self.say("DATA")
        if code != 354:
            return code
        self.socket.sendall(data + b"\r\n.\r\n")
        return self.reply()


def attack(port, seconds, connections, seed=1):
    """Sends until the time is over; {"mails", "refused", "slowest"}: seconds of the slowest answer."""
    until, lock, said = time.monotonic() + seconds, threading.Lock(), {"mails": 0, "refused": 0, "slowest": 0.0, "kinds": {}}

    def send(number):
        chance = random.Random(seed * 1000 + number)
        session, count = Session(port), 0
        while time.monotonic() < until:
            count += 1
            kind, size = chance.choice(sorted(KINDS)), int(LARGEST / 10 ** chance.uniform(0, 2))
            name, sender = "h%d.%d.%d" % (seed, number, count), "alice%d@customer.example" % number
            data = good(name, sender) if count % 4 == 0 else letter(name, sender, KINDS[kind](size))
            begin = time.monotonic()
            code = session.deliver(sender, data)
            with lock:
                took = time.monotonic() - begin
                said["mails"] += 1
                said["refused"] += code != 250
                said["slowest"] = max(said["slowest"], took)
                if count % 4:
                    said["kinds"][kind] = max(said["kinds"].get(kind, 0), round(took, 2))
    threads = [threading.Thread(target=send, args=(number,)) for number in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return said


# ---- what others feel of it ----

def percentile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * share))] if values else 0.0


def steady(port, seconds, rate, tag, connections=4):
    """Good mails, each due at its time; milliseconds from when it was due to its 250."""
    begin, taken, lock, due, wrong = time.monotonic(), [], threading.Lock(), iter(range(int(seconds * rate))), []

    def send(number):
        session, sender = Session(port), "good%d@other.example" % number
        while True:
            with lock:
                turn = next(due, None)
            if turn is None:
                return
            at = begin + turn / rate
            time.sleep(max(0, at - time.monotonic()))
            code = session.deliver(sender, good("g%s.%d" % (tag, turn), sender))
            with lock:
                taken.append((time.monotonic() - at) * 1e3)
                if code != 250:
                    wrong.append(code)
    threads = [threading.Thread(target=send, args=(number,)) for number in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return taken, wrong


def healthz(port, over, times):
    """Milliseconds, ten times a second; what is no 200 counts as a minute."""
    while not over.wait(0.1):
        begin = time.monotonic()
        try:
            well = urllib.request.urlopen("http://127.0.0.1:%d/healthz" % port, timeout=60).status == 200
        except OSError:
            well = False
        times.append((time.monotonic() - begin) * 1e3 if well else 60000.0)


def peak_of(pid):
    """Megabytes: the most that the process ever had in memory."""
    with open("/proc/%d/status" % pid) as f:
        return int(next(line.split()[1] for line in f if line.startswith("VmHWM"))) / 1024


def measure(pid, lmtp_port, web_port, seconds, calm, connections=20, rate=10):
    """First good mails alone for `calm` seconds, then with the attack beside them."""
    alone, wrong = steady(lmtp_port, calm, rate, "calm")
    over, times = threading.Event(), []
    prober = threading.Thread(target=healthz, args=(web_port, over, times))
    attacker = subprocess.Popen([sys.executable, os.path.abspath(__file__), str(lmtp_port), str(seconds), str(connections)], stdout=subprocess.PIPE, text=True)
    try:
        time.sleep(0.5)
        prober.start()
        beside, more = steady(lmtp_port, seconds, rate, "beside")
        said = json.loads(attacker.communicate(timeout=seconds + 300)[0])
    finally:
        over.set()
        if attacker.poll() is None:
            attacker.kill()
            attacker.wait()
        if prober.ident:
            prober.join()
    return {"calm_p99": percentile(alone, 0.99), "p99": percentile(beside, 0.99), "p50": percentile(beside, 0.5), "healthz": max(times, default=0),
            "mb": peak_of(pid), "hostile": said["mails"], "hostile_s": said["mails"] / seconds, "slowest": said["slowest"], "kinds": said["kinds"],
            "refused": said["refused"] + len(wrong) + len(more), "good": len(beside)}


if __name__ == "__main__":
    print(json.dumps(attack(int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]) if len(sys.argv) > 4 else 1)))
