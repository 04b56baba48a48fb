"""desk.py - a whole desk for black-box tests: configuration, daemon, LMTP, command line, mails sent, pages, log.

A test is a function test_*(desk) in tests/blackbox/test_*.py. It gets a running desk of its own: fresh state directory, free
loopback ports, outgoing mail kept as files. @setup(...) changes that before the daemon starts:

    from desk import setup, mail, wait_until

    @setup(relay="smtp", config={"relay.senders": 1})
    def test_a_mail_becomes_a_ticket(desk):
        assert desk.lmtp(mail(subject="Printer"), "support@example.org") == [(250, "2.0.0 ...")]   # or: desk.accept(...)
        desk.wait_sent(2)
        assert desk.tickets()[0]["subject"] == "Printer"

Python 3 standard library only. BUILD names the build directory; SLOW stretches every wait (sanitizers). STORE=postgresql gives each desk a database of
a server that run.py starts, where it does not say store.url itself.
"""
import copy, email, email.policy, fcntl, http.client, itertools, json, os, re, shlex, shutil, signal, socket, sqlite3, stat, subprocess, sys, time

from ports import free_port, give_back

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
BUILD = os.path.abspath(os.environ.get("BUILD", os.path.join(TOP, "build")))
SLOW = float(os.environ.get("SLOW", "1"))


# What this machine has installed is none of a test's business: no configuration of its own, no Postfix.
os.environ["SPORTELLO_CONFIG"] = "/nonexistent/sportello.conf"
os.environ["MAIL_CONFIG"] = "/nonexistent/postfix"

SERVER = None                                                # of PostgreSQL, if that is where tickets are kept
SHARED = os.environ.get("SPORTELLO_TEST_SHARED")             # a directory that all tests of one run have, if there is one


class Skip(Exception):
    """Raise it with a reason: the test cannot run here."""


def setup(**options):
    """Decorator: relay="maildir" or "smtp", start=False (the test starts the daemon itself), config={"key.path": value},
    agents=[...], queues=[...] (lists of dicts, as in the configuration), environment={...}."""
    def mark(function):
        function.setup = options
        return function
    return mark


def wait_until(condition, seconds=10, what=None):
    """Waits until condition() is true and returns its value; AssertionError after that time."""
    if SERVER:                                               # what one that was killed had to do, another begins after 15 s
        seconds = max(seconds, 30)
    end = time.monotonic() + seconds * SLOW
    while True:
        begin = time.monotonic()
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError("not within %g s: %s" % (seconds, what or getattr(condition, "__doc__", None) or "the condition"))
        time.sleep(max(0.02, time.monotonic() - begin))      # to ask shall take less than half of a processor


_count = itertools.count(1)


def mail(subject="A question", body="How does this work?\n", sender="Anna Bianchi <anna@example.com>", to="support@example.org",
         message_id=None, headers=(), reply_to=None, html=None):
    """A simple mail as bytes (CRLF). `headers`: more (name, value) pairs, at the top. reply_to: a received email message that
    this one answers (its Reply-To, Message-ID, References and subject are used)."""
    if reply_to is not None:
        to = reply_to["Reply-To"] or reply_to["From"]
        subject = "Re: " + str(reply_to["Subject"])
        references = " ".join((str(reply_to["References"] or "") + " " + str(reply_to["Message-ID"])).split())
        headers = list(headers) + [("In-Reply-To", str(reply_to["Message-ID"])), ("References", references)]
    message_id = message_id or "<%d.%d.%d@example.com>" % (os.getpid(), time.time_ns(), next(_count))
    lines = ["%s: %s" % pair for pair in headers]
    lines += ["From: " + sender, "To: " + str(to), "Subject: " + subject, "Message-ID: " + message_id,
              "Date: " + time.strftime("%a, %d %b %Y %H:%M:%S +0000", time.gmtime()), "MIME-Version: 1.0",
              "Content-Type: text/%s; charset=utf-8" % ("html" if html else "plain"), "Content-Transfer-Encoding: 8bit", ""]
    text = "\n".join(lines) + "\n" + (html or body)
    return text.replace("\r\n", "\n").replace("\n", "\r\n").encode("utf-8", "surrogateescape")


def address_of(mail_message, header="Reply-To"):
    """The bare address in a header of an email message."""
    return email.utils.parseaddr(str(mail_message[header]))[1]


class Sent:
    """A mail that left the desk: sender and recipients (envelope), data (bytes), message (parsed), text (its plain text)."""
    def __init__(self, sender, recipients, data, where=""):
        self.sender, self.recipients, self.data, self.where = sender, recipients, data, where
        self.message = email.message_from_bytes(data, policy=email.policy.default)

    def __getitem__(self, header):
        return self.message[header]

    @property
    def text(self):
        part = self.message.get_body(("plain",))
        return part.get_content() if part else ""

    @property
    def html(self):
        part = self.message.get_body(("html",))
        return part.get_content() if part else ""

    def __repr__(self):
        return "<mail to %s: %s>" % (",".join(self.recipients), self.message["Subject"])


class Lmtp:
    """An LMTP session, for tests of the protocol: say() sends a line and returns (code, text)."""
    def __init__(self, port, hello=True, timeout=30):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=timeout * SLOW)
        self.file = self.socket.makefile("rb")
        self.greeting = self.reply()
        if hello:
            self.hello = self.say("LHLO test.example.com")

    def reply(self):
        text = []
        while True:
            line = self.file.readline()
            if not line:
                raise ConnectionError("the connection was closed")
            line = line.decode("utf-8", "replace").rstrip("\r\n")
            text.append(line[4:])
            if line[3:4] != "-":
                return int(line[:3]), "\n".join(text)

    def send(self, data):
        self.socket.sendall(data if isinstance(data, bytes) else data.encode("utf-8", "surrogateescape"))

    def say(self, line):
        self.send(line + "\r\n")
        return self.reply()

    def deliver(self, data, recipients, sender="anna@example.com"):
        """A whole transaction: a list of (code, text), one for each recipient."""
        code, text = self.say("MAIL FROM:<%s>%s" % (sender, "" if (sender + "".join(recipients)).isascii() else " SMTPUTF8"))
        if code != 250:
            return [(code, text)] * len(recipients)
        replies = [self.say("RCPT TO:<%s>" % r) for r in recipients]
        if any(code == 250 for code, _ in replies):
            code, text = self.say("DATA")
            if code != 354:
                return [(code, text) if c == 250 else (c, t) for c, t in replies]
            self.send(re.sub(rb"(?m)^\.", b"..", data) + (b"" if data.endswith(b"\r\n") else b"\r\n") + b".\r\n")
            replies = [self.reply() if c == 250 else (c, t) for c, t in replies]
        else:
            self.say("RSET")
        return replies

    def close(self):
        self.file.close()
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class CommandServer:
    """`sportello`, loaded once and forked for each command (tests/tools/cli_server.c). It ends with the last process that has it."""
    shared = None

    def __init__(self):
        program = os.path.join(BUILD, "tools", "cli_server")
        self.address = b"\0sportello-test-%d-%d" % (os.getpid(), time.monotonic_ns())
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
            listener.bind(self.address)
            listener.listen(128)
            actions = [(os.POSIX_SPAWN_DUP2, listener.fileno(), 3)] if listener.fileno() != 3 else []
            get, self.alive = os.pipe()
            os.set_inheritable(listener.fileno(), listener.fileno() == 3)
            os.posix_spawn(program, [program], dict(os.environ, LD_BIND_NOW="1"), file_actions=[(os.POSIX_SPAWN_DUP2, get, 0)] + actions)
            os.close(get)

    def run(self, arguments, stdin, environment, seconds):
        """Result, or None where the message is too long for the socket."""
        words = [os.getcwd(), str(len(arguments)), *arguments, *("%s=%s" % pair for pair in environment.items())]
        data = b"".join(os.fsencode(word) + b"\0" for word in words)
        if len(data) > 100000:
            return None
        files = [os.memfd_create("test") for _ in range(3)]
        try:
            os.write(files[0], stdin)
            os.lseek(files[0], 0, os.SEEK_SET)
            with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as connection:
                connection.settimeout(seconds)
                connection.connect(self.address)
                socket.send_fds(connection, [data], files)
                process = int(connection.recv(100))
                try:
                    code, spent = map(int, connection.recv(100).split())
                except TimeoutError:
                    os.kill(process, signal.SIGKILL)
                    raise
            CommandServer.spent += spent / 1e6
            return Result(code, *(os.pread(f, os.fstat(f).st_size, 0) for f in files[1:]))
        finally:
            for file in files:
                os.close(file)

    spent = 0                                                # seconds of processor that commands of this process took

    @classmethod
    def of_all(cls):
        if cls.shared is None:
            cls.shared = cls()
        return cls.shared


class Result:
    """What a command did: code, out, err (text), json (its standard output read as JSON)."""
    def __init__(self, code, out, err):
        self.code, self.bytes, self.out, self.err = code, out, out.decode("utf-8", "replace"), err.decode("utf-8", "replace")

    @property
    def json(self):
        return json.loads(self.out)

    def __repr__(self):
        return "exit %d\n%s%s" % (self.code, self.out, self.err)


def libconfig(value, depth=0):
    pad = "  " * depth
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, dict):
        return "{\n" + "".join("%s  %s = %s;\n" % (pad, k, libconfig(v, depth + 1)) for k, v in value.items()) + pad + "}"
    if isinstance(value, (list, tuple)):
        inside = [libconfig(v, depth + 1) for v in value]
        return "( " + ", ".join(inside) + " )" if any(isinstance(v, dict) for v in value) else "[ " + ", ".join(inside) + " ]"
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'


AGENTS = [{"name": "bob", "email": "bob@agents.example", "display": "Bob Rossi", "skills": ["vpn"]},
          {"name": "eva", "email": "eva@agents.example", "display": "Eva Neri"}]
QUEUES = [{"name": "support", "address": "support@example.org", "description": "Everything that fits nowhere else", "agents": ["bob"]},
          {"name": "network", "address": "network@example.org", "description": "VPN, wifi, cabling", "agents": ["bob", "eva"]}]


def _no_file(directory, names):
    """Sockets and pipes: nothing that is copied."""
    return [n for n in names if not stat.S_ISREG(m := os.lstat(os.path.join(directory, n)).st_mode) and not stat.S_ISDIR(m)]


class Desk:
    def __init__(self, directory, relay="maildir", start=True, config=None, agents=None, queues=None, environment=None):
        self.directory, self.process, self.relay = directory, None, None
        self.lmtp_port, self.web_port = free_port(), free_port()
        self.config_file = os.path.join(directory, "sportello.conf")
        self.state_dir = os.path.join(directory, "state")
        self.maildir = os.path.join(directory, "sent")
        self.log_file = os.path.join(directory, "log")
        self.clock_file = os.path.join(directory, "clock")
        self.read = {}                                       # mails that were sent, by their files: what is asked for again and again is read once
        self.environment = dict(os.environ, SPORTELLO_CLOCK_FILE=self.clock_file, **(environment or {}))
        for d in (self.state_dir, *(os.path.join(directory, name) for name in ("rules", "kb", "templates", "replies"))):
            os.makedirs(d)
        if relay == "smtp":
            from relay import Relay
            self.relay = Relay()
        self.settings = {
            "desk": {"name": "Acme Support", "domain": "example.org", "state_dir": self.state_dir, "language": "en",
                     **{"stranger_acknowledgements_per_" + what: 100000 for what in ("hour", "day", "domain", "minute")}},     # test_budget has them
            "lmtp": {"listen": ["127.0.0.1:%d" % self.lmtp_port]},
            "web": {"listen": "127.0.0.1:%d" % self.web_port, "base_url": "http://127.0.0.1:%d" % self.web_port},
            "relay": {"url": self.relay.url if self.relay else "maildir:" + self.maildir},
            "rules_dir": os.path.join(directory, "rules"), "kb_dir": os.path.join(directory, "kb"),
            "templates_dir": os.path.join(directory, "templates"), "replies_dir": os.path.join(directory, "replies"), "log": {"level": "debug"},
            "agents": copy.deepcopy(agents or AGENTS), "queues": copy.deepcopy(queues or QUEUES),
        }
        self.database = None
        if SERVER and "store.url" not in (config or {}):
            self.database = "desk_%d_%d" % (os.getpid(), next(_count))
            self.set("store.url", SERVER.create(self.database))
        for path, value in (config or {}).items():
            self.set(path, value)
        self.write_config()
        if start:
            self.start()

    # ---- configuration
    def set(self, path, value):
        """Changes a setting ("relay.senders", 1); value None removes it. Takes effect with write_config() and start() or hup()."""
        at, *rest = self.settings, *path.split(".")
        for name in rest[:-1]:
            at = at.setdefault(name, {})
        if value is None:
            at.pop(rest[-1], None)
        else:
            at[rest[-1]] = value

    def write_config(self):
        with open(self.config_file, "w") as f:
            for name, value in self.settings.items():
                f.write("%s = %s;\n" % (name, libconfig(value)))

    def sql(self, *statements):
        """Done in the desk's database, whichever it is: what both understand. The rows of the last one, as lists of texts."""
        if self.database:
            return [SERVER.sql(text, self.database) for text in statements][-1]
        with sqlite3.connect(os.path.join(self.state_dir, "sportello.db"), timeout=30) as database:
            rows = [database.execute(text).fetchall() for text in statements][-1]
        database.close()
        return [["" if value is None else str(value) for value in row] for row in rows]

    # ---- the daemon
    def start(self, wait=True):
        log = open(self.log_file, "ab")
        self.process = subprocess.Popen([os.path.join(BUILD, "sportellod"), "-c", self.config_file], stdin=subprocess.DEVNULL,
                                        stdout=log, stderr=log, env=self.environment)
        log.close()
        if wait:
            wait_until(self.answers, 20, "sportellod answers on its LMTP port; its log:\n" + self.log_tail())

    def answers(self):
        if self.process.poll() is not None:
            raise AssertionError("sportellod ended with %d:\n%s" % (self.process.returncode, self.log_tail()))
        try:
            with Lmtp(self.lmtp_port, hello=False, timeout=5) as session:
                return session.greeting[0] == 220
        except OSError:
            return False

    def running(self):
        return self.process is not None and self.process.poll() is None

    def stop(self, seconds=20):
        """TERM, and waits; returns the exit code. A sanitizer's complaint in the log is a failure."""
        if self.process is None:
            return 0
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(seconds * SLOW)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError("sportellod did not end within %g s of SIGTERM:\n%s" % (seconds, self.log_tail()))
        self.process = None
        self.check_log()
        return code

    def kill(self):
        """kill -9"""
        if self.running():
            self.process.kill()
        self.process.wait()
        self.process = None

    def hup(self):
        """Tells it to read its configuration again (after write_config())."""
        self.process.send_signal(signal.SIGHUP)

    def restart(self):
        self.stop()
        self.start()

    def advance(self, seconds, jump=False):
        """Moves the clock of daemon and command line, in all, this far from real time. `jump`: as if the machine's clock had been set."""
        with open(self.clock_file + ".new", "w") as f:
            f.write("%s%g\n" % ("jump " if jump else "", seconds))
        os.rename(self.clock_file + ".new", self.clock_file)

    def after(self, scene):
        """What scene(desk) returns, with the desk as it leaves it: played by the first test of a run that wants it, and copied from it by the
        others. Log and sent mails are those of who played it first, too. Such a scene begins with a new desk and hangs on no port."""
        if not SHARED or SERVER:                             # a database of a server is not copied by its files
            return scene(self)
        place = os.path.join(SHARED, "%s.%s" % (scene.__module__, scene.__name__))
        with open(place + ".lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not os.path.isdir(place):
                said = scene(self)
                self.stop()
                os.mkdir(place + ".new")
                for part in (self.state_dir, self.maildir):
                    if os.path.isdir(part):
                        shutil.copytree(part, os.path.join(place + ".new", os.path.basename(part)), symlinks=True, ignore=_no_file)
                with open(os.path.join(place + ".new", "said"), "w") as f:
                    json.dump(said, f)
                os.rename(place + ".new", place)
                self.start()
                return said
        self.stop()
        for part in (self.state_dir, self.maildir):
            shutil.rmtree(part, ignore_errors=True)
            if os.path.isdir(os.path.join(place, os.path.basename(part))):
                shutil.copytree(os.path.join(place, os.path.basename(part)), part, symlinks=True)
        self.start()
        with open(os.path.join(place, "said")) as f:
            return json.load(f)

    # ---- mail in
    def lmtp(self, data, recipients="support@example.org", sender="anna@example.com"):
        """One mail in a session of its own: a list of (code, text), one for each recipient."""
        recipients = [recipients] if isinstance(recipients, str) else recipients
        with Lmtp(self.lmtp_port) as session:
            return session.deliver(data, recipients, sender)

    def accept(self, data, recipients="support@example.org", sender="anna@example.com"):
        """The same, and every recipient must be answered 250."""
        replies = self.lmtp(data, recipients, sender)
        assert all(code == 250 for code, _ in replies), replies
        return replies

    def session(self, **options):
        return Lmtp(self.lmtp_port, **options)

    # ---- mail out
    def sent(self):
        """The mails that left, the oldest first."""
        if self.relay:
            return list(self.relay.mails)
        new = os.path.join(self.maildir, "new")
        return [self.read_once(os.path.join(new, name)) for name in sorted(os.listdir(new))] if os.path.isdir(new) else []

    def read_once(self, path):
        if path not in self.read:
            self.read[path] = self.read_sent(path)
        return self.read[path]

    @staticmethod
    def read_sent(path):
        """Above the mail stand Return-Path and a Delivered-To for each recipient: the envelope."""
        with open(path, "rb") as f:
            data = f.read()
        sender, recipients = None, []
        while data.startswith((b"Return-Path:", b"Delivered-To:")):
            line, data = data.split(b"\n", 1)
            name, value = line.decode("utf-8").strip().split(": ", 1)
            if name == "Return-Path":
                sender = value.strip("<>")
            else:
                recipients.append(value)
        return Sent(sender, recipients, data, path)

    def sent_to(self, address):
        return [m for m in self.sent() if address in m.recipients]

    def wait_sent(self, count=1, to=None, seconds=10):
        """Waits for that many mails in all (or to that address) and returns them, the oldest first."""
        find = (lambda: self.sent_to(to)) if to else self.sent
        wait_until(lambda: len(find()) >= count, seconds, "%d mail(s) sent%s" % (count, " to " + to if to else ""))
        return find()

    # ---- command line
    def cli(self, *arguments, stdin=None, json_output=True):
        """sportello -c FILE [--json] ARGUMENTS"""
        command = [os.path.join(BUILD, "sportello"), "-c", self.config_file] + (["--json"] if json_output else []) + [str(a) for a in arguments]
        stdin = stdin.encode() if isinstance(stdin, str) else stdin or b""
        done = None
        if "LD_PRELOAD" not in self.environment:             # a library that is to be loaded first needs a start of its own
            done = CommandServer.of_all().run(command, stdin, self.environment, 60 * SLOW)
        if not done:
            done = subprocess.run(command, input=stdin, capture_output=True, env=self.environment, timeout=60 * SLOW)
            done = Result(done.returncode, done.stdout, done.stderr)
        for mark in ("Sanitizer", "runtime error:"):
            assert mark not in done.err, done.err
        return done

    def ok(self, *arguments, stdin=None):
        """The same with --json; must succeed; its JSON value (None if it printed nothing)."""
        result = self.cli(*arguments, stdin=stdin)
        assert result.code == 0, "sportello %s: %r" % (shlex.join(map(str, arguments)), result)
        return result.json if result.out.strip() else None

    def tickets(self, *options):
        return self.ok("ticket", "list", *options)

    def ticket(self, number):
        return self.ok("ticket", "show", number)

    def outbox(self):
        return self.ok("outbox", "list")

    # ---- pages
    def http(self, path, method="GET", data=None, headers=None):
        """(status, headers, body as text)"""
        connection = http.client.HTTPConnection("127.0.0.1", self.web_port, timeout=20 * SLOW)
        try:
            connection.request(method, path, body=data, headers=headers or {})
            response = connection.getresponse()
            return response.status, response.headers, response.read().decode("utf-8", "replace")
        finally:
            connection.close()

    def metric(self, name):
        """The value of one line of /metrics, with its labels as they are written there; None if there is no such line."""
        for line in self.http("/metrics")[2].splitlines():
            if line.rsplit(" ", 1)[0] == name:
                return float(line.rsplit(" ", 1)[1])
        return None

    # ---- log
    def log(self, event=None, **values):
        """Log lines as dictionaries, of that event and with those values."""
        found = []
        if not os.path.exists(self.log_file):
            return found
        with open(self.log_file, errors="replace") as f:
            for line in f:
                pairs = re.findall(r'([a-z_]+)=("(?:[^"\\]|\\.)*"|\S*)', line)
                entry = {k: re.sub(r'\\(.)', r'\1', v[1:-1]) if v.startswith('"') else v for k, v in pairs}
                if (event is None or entry.get("event") == event) and all(entry.get(k) == str(v) for k, v in values.items()):
                    found.append(entry)
        return found

    def log_tail(self, lines=40):
        if not os.path.exists(self.log_file):
            return "(no log)"
        with open(self.log_file, errors="replace") as f:
            return "".join(f.readlines()[-lines:])

    def check_log(self):
        with open(self.log_file, errors="replace") as f:
            for line in f:
                assert "Sanitizer" not in line and "runtime error:" not in line, "in the log of sportellod:\n" + self.log_tail(100)

    def close(self):
        """The end of a test: the daemon must end by itself and without a complaint."""
        try:
            if self.process is not None:
                code = self.stop()
                assert code == 0, "sportellod ended with %d:\n%s" % (code, self.log_tail())
        finally:
            if self.relay:
                self.relay.close()
            give_back(self.lmtp_port, self.web_port)
