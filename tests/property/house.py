"""house.py - one desk under test: daemon, a relay that keeps every mail in memory, several LMTP connections, rounds.

A round is a list of deliveries and commands of different dialogs; settle() waits until everything that they caused has left.
"""
import concurrent.futures, os, re, shutil, socket, sys, tempfile, threading, time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "blackbox"))
import desk as blackbox
from relay import Relay
from letters import Mail

CONNECTIONS = 6
AGENTS = [{"name": "bob", "email": "bob@agents.example", "display": "Bob Rossi"},
          {"name": "eva", "email": "eva@agents.example", "display": "Eva Neri", "language": "it"},
          {"name": "carl", "email": "carl@agents.example", "display": "Carl Weiss"}]
QUEUES = [{"name": "support", "address": "support@example.org", "agents": ["bob", "eva"]},
          {"name": "network", "address": "network@example.org", "agents": ["eva", "carl"]}]
REPLIES = {"toner.md": "# Toner\n\nDear {customer},\n\nplease read this about {subject}.{?link_status} It is here: {link_status}{/link_status}\n\n{agent_name}\n",
           "toner.it.md": "Gentile {customer},\n\nlegga questo.\n",
           "done.md": "---\nstate: resolved\ntag: done\n---\nIt is done, says {agent_name}.\n"}


class Store(Relay):
    """A relay that keeps envelope and bytes, and parses nothing while the desk waits."""
    def data(self, connection, lines, sender, recipients, say):
        body = []
        for line in lines:
            if line == b".\r\n":
                break
            body.append(line[1:] if line.startswith(b".") else line)
        else:
            return False
        self.mails.append((sender, list(recipients), b"".join(body)))
        self.commands.clear()
        say("250 2.0.0 queued")
        return True


class House:
    def __init__(self, prove=True, language="en", budgets=None):
        self.directory = tempfile.mkdtemp(prefix="sportello-property-")
        config = {"desk.digest_hour": 0, "desk.language": language, "log.level": "info", "relay.senders": 4}
        if prove:
            config["authserv_id"] = "mx.example.org"
        for name in ("hour", "domain", "minute"):
            config["desk.stranger_acknowledgements_per_" + name] = (budgets or {}).get(name, 100000)
        config["desk.acknowledgements_per_hour"] = (budgets or {}).get("all", 60)
        self.desk = blackbox.Desk(self.directory, start=False, agents=AGENTS, queues=QUEUES, config=config)
        for name, text in REPLIES.items():
            with open(os.path.join(self.directory, "replies", name), "w") as f:
                f.write(text)
        self.relay = Store()
        self.desk.set("relay.url", self.relay.url)
        self.desk.write_config()
        self.desk.start()
        self.sessions = [self.desk.session() for _ in range(CONNECTIONS)]
        self.pool = concurrent.futures.ThreadPoolExecutor(CONNECTIONS)
        self.taken, self.accepted, self.mails_in, self.offset = 0, 0, 0, 0

    def deliver(self, deliveries):
        """[(data, recipients, sender)] -> [[(code, text)]]; spread over the connections."""
        def one(k):
            out = []
            for data, recipients, sender in deliveries[k::CONNECTIONS]:
                try:
                    out.append(self.sessions[k].deliver(data, recipients, sender))
                except (OSError, ConnectionError):
                    self.sessions[k] = self.desk.session()
                    out.append(self.sessions[k].deliver(data, recipients, sender))
            return out
        results = [None] * len(deliveries)
        for k, out in enumerate(self.pool.map(one, range(CONNECTIONS))):
            results[k::CONNECTIONS] = out
        self.mails_in += len(deliveries)
        self.accepted += sum(code == 250 for replies in results for code, _ in replies)
        return results

    def waiting(self):
        text = self.desk.http("/metrics")[2]
        return sum(float(v) for v in re.findall(r"(?m)^sportello_outbox_(?:waiting|in_flight) (\S+)", text))

    def settle(self, seconds=60):
        """Until nothing waits to go out; the new mails, the oldest first."""
        end = time.monotonic() + seconds * blackbox.SLOW
        pause = 0.01
        while self.waiting():
            if time.monotonic() > end:
                raise AssertionError("the outbox does not become empty: %r" % self.desk.outbox()[:3])
            time.sleep(pause)
            pause = min(0.2, pause * 1.5)
        end = len(self.relay.mails)
        new = [Mail(*raw) for raw in self.relay.mails[self.taken:end]]
        for k in range(self.taken, end):
            self.relay.mails[k] = None
        self.taken = end
        return new

    def remove(self, name):
        """An agent is gone from the configuration."""
        self.desk.set("agents", [a for a in AGENTS if a["name"] != name])
        self.desk.set("queues", [dict(q, agents=[a for a in q["agents"] if a != name]) for q in QUEUES])
        self.desk.write_config()
        self.desk.hup()
        blackbox.wait_until(lambda: self.desk.log("daemon.reload", result="done"), 20)

    def next_day(self):
        """Timers of a day run out, and agents get their digest."""
        before = len(self.relay.mails)
        self.advance(90000)                  # more than the day that something may wait
        end = time.monotonic() + 4 * blackbox.SLOW           # nothing waits for anybody: there is none
        while time.monotonic() < end and not any(b"\nX-Sportello-Event: digest" in raw[2] for raw in self.relay.mails[before:] if raw):
            time.sleep(0.1)
        time.sleep(0.5)

    def advance(self, seconds):
        self.offset += seconds
        self.desk.advance(self.offset)

    def close(self):
        for session in self.sessions:
            session.close()
        self.pool.shutdown()
        try:
            self.desk.close()
        finally:
            if self.desk.running():
                self.desk.process.kill()
                self.desk.process.wait()
            self.relay.close()
            shutil.rmtree(self.directory, ignore_errors=True)
