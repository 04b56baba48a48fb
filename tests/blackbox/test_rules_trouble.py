"""Rules in trouble: workers and their makers killed under load, mutated mails and mutated scripts. RULES_MUTATIONS: how many mails (400)."""
import os, random, signal, threading
from desk import Lmtp, mail, setup, wait_until

COUNT = int(os.environ.get("RULES_MUTATIONS", "400"))
# With :matches, a worker must be asked: simpler tests are decided without one.
NETWORK = ('require ["fileinto", "imap4flags"];\nif allof (header :matches "subject" "*wifi*", header :is "x-sportello" "kw:vpn") {\n'
           '  addflag ["tag:wifi", "priority:high"];\n  fileinto "queue/network";\n  stop;\n}\n')
VPN = {"keywords": [{"name": "vpn", "any": ["vpn", "tunnel"]}], "desk.acknowledgements_per_hour": 1}


def put(desk, name, text):
    with open(os.path.join(desk.directory, "rules", name), "wb") as f:
        f.write(text if isinstance(text, bytes) else text.encode())


def status(pid):
    try:
        with open("/proc/%d/status" % pid) as f:
            values = dict(line.split(":", 1) for line in f if ":" in line)
        return values["Name"].strip(), int(values["PPid"]), values["State"].split()[0]
    except OSError:
        return "", 0, "X"


def makers(desk):
    """Processes that make this desk's workers, and a spare one: they keep its environment."""
    found = []
    for pid in (int(p) for p in os.listdir("/proc") if p.isdigit()):
        try:
            with open("/proc/%d/environ" % pid, "rb") as f:
                if status(pid)[0] == "sportello-zygot" and desk.clock_file.encode() in f.read():
                    found.append(pid)
        except OSError:
            pass
    return found


def workers(of):
    found = [int(p) for p in os.listdir("/proc") if p.isdigit()]
    return [p for p in found if status(p)[0] == "sportello-rules" and status(p)[1] == of and status(p)[2] != "Z"]


def kill_what_works(desk):
    """-9 to each maker that has workers, and to them."""
    for maker in makers(desk):
        victims = workers(maker)
        for pid in victims + [maker] * bool(victims):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass


class Sender(threading.Thread):
    def __init__(self, desk, number, count):
        super().__init__()
        self.desk, self.number, self.count, self.accepted, self.wrong = desk, number, count, 0, []
        self.start()

    def run(self):
        with Lmtp(self.desk.lmtp_port) as session:
            for i in range(self.count):
                reply = session.deliver(mail(subject="wifi %d.%d" % (self.number, i), body="The tunnel is down.\n"), ["support@example.org"])
                self.accepted += 1
                if reply[0][0] != 250:
                    self.wrong.append(reply)


@setup(config=VPN)
def test_killed_workers_and_makers_under_load(desk):
    put(desk, "10.sieve", NETWORK)
    desk.restart()
    desk.accept(mail(subject="wifi", body="VPN\n"))
    assert len(makers(desk)) == 2
    senders, kills = [Sender(desk, n, 60) for n in range(4)], 0
    for goal in range(20, 220, 20):
        wait_until(lambda: sum(s.accepted for s in senders) >= goal, 60)
        kill_what_works(desk)
        kills += 1
    for sender in senders:
        sender.join()
        assert not sender.wrong, sender.wrong
    desk.accept(mail(subject="wifi", body="The tunnel again.\n"))
    troubled, tickets = desk.log("rules.trouble"), desk.tickets()
    assert len(tickets) == 242
    assert tickets[0]["queue"] == "network", "the last mail lost its rules"
    assert desk.log("rules.worker", result="replaced") and not [e for e in desk.log("rules.worker") if "no worker" in e["why"]]
    # A mail whose worker is killed is asked again: only one that is hit twice loses its rules, and says so.
    assert sum(t["queue"] != "network" for t in tickets) == len(troubled) <= kills // 2, troubled
    assert makers(desk)


# ---- mutations

PIECES = [b'"', b"\\", b"{", b"}", b";", b"[", b"]", b"*", b"/*", b"*/", b"#", b"text:\n", b"if ", b"stop;", b"not ", b":matches ", b":regex ", b"\xff", "é".encode(), b"\r\n", b"<", b">", b"@",
          b"(", b":", b"9999999999", b"=?utf-8?Q?=00=22?=", b"\r\n ", b"\r\n\r\n", b"=?utf-8?B?w4kB?=", b"--", b"\x01"]


def mutate(random_, data):
    for _ in range(random_.randint(1, 5)):
        at, size, way = random_.randrange(len(data) + 1), random_.randint(1, 12), random_.randrange(4)
        data = (data[:at] + data[at + size:] if way == 0 else data[:at] + random_.choice(PIECES) + data[at:] if way == 1 else
                data[:at] + data[at:at + size] + data[at:] if way == 2 else data[:at] + bytes([random_.randint(1, 255)]) + data[at + 1:])
    return data


@setup(config=VPN)
def test_mutated_mails_change_nothing_for_others(desk):
    put(desk, "10.sieve", NETWORK)
    put(desk, "20.sieve", 'require ["imap4flags", "envelope", "relational"];\nif address :all :matches ["from", "cc", "x-other"] "*b*" { addflag "tag:b"; }\n'
        'if header :count "ge" "received" "2" { addflag "tag:n"; }\nif header :matches "subject" "*a*b*" { discard; }\nif envelope :contains "from" "x" { addflag "tag:x"; }\n')
    desk.restart()
    random_ = random.Random(20261122)
    whole = mail(subject="=?iso-8859-1?Q?wifi_kaputt_=E9?= again", body="The tunnel is down.\n", headers=[("Cc", '"B, C" <b@example.com>, g: x@y.example;'), ("X-Other", "zz\r\n z"), ("X-Sportello", "kw:vpn")])
    plain = 0
    with Lmtp(desk.lmtp_port) as session:
        for i in range(COUNT):
            data = mutate(random_, whole.replace(b"@example.com>\r\nDate", b".%d@example.com>\r\nDate" % i)).replace(b"\r\n.\r\n", b"\r\n").replace(b"\0", b"")
            code = session.deliver(data, ["support@example.org"])[0][0]
            assert code in (250, 550, 554), (code, data)
            if i % 20 == 0:
                reply = session.deliver(mail(subject="wifi plain %d" % i, body="The tunnel is down.\n"), ["support@example.org"])
                assert reply[0][0] == 250, reply
                plain += 1
    tickets = [t for t in desk.tickets("--limit", 10 * COUNT) if t["subject"].startswith("wifi plain ")]
    assert len(tickets) == plain and all(t["queue"] == "network" and t["priority"] == "high" and t["tags"] == ["wifi"] for t in tickets)
    assert not desk.log("rules.trouble") and not desk.log("rules.worker", result="lost")


@setup(config=VPN)
def test_mutated_scripts_change_nothing_for_others(desk):
    put(desk, "10.sieve", NETWORK)
    desk.restart()
    random_ = random.Random(20261122)
    taken, count = 0, max(COUNT // 10, 20)
    script = (b'require ["fileinto", "imap4flags", "relational", "envelope"];\nif allof (header :contains ["subject", "to"] ["a", "b"], not exists "x-a", size :under 10K) { addflag ["tag:a"]; keep; }\n'
              b'elsif anyof (address :localpart "from" "anna", envelope :domain "to" "x") { discard; stop; } else { redirect "a@example.com"; }\n')
    for i in range(count):
        put(desk, "20.sieve", mutate(random_, script))
        desk.hup()
        wait_until(lambda: len(desk.log("daemon.reload")) > i)
        taken += desk.log("daemon.reload")[-1]["result"] == "done"
        desk.accept(mail(subject="wifi %d" % i, body="The tunnel is down.\n"))
    tickets = desk.tickets("--limit", 10 * count)
    assert len(tickets) == count and all(t["queue"] == "network" for t in tickets)
    assert 0 < taken < count, "%d of %d scripts were taken" % (taken, count)
    assert not desk.log("rules.trouble")
