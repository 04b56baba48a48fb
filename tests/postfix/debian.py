"""debian.py - a Postfix as Debian's installer leaves it ("Internet Site"), for tests of setup, check and selftest: own directories, loopback ports.

What a scenario has besides is appended to its main.cf. 127.0.0.1 is this machine, 127.0.0.2 a stranger.
"""
import os, pwd, shutil, subprocess, sys, tempfile, traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from postfix import SERVICES, Postfix, Desk, free_port, wait_until
from desk import BUILD, Result

AGENTS = [{"name": "bob", "email": "bob@agents.example", "display": "Bob Rossi"}]

MAIN = """\
# See /usr/share/postfix/main.cf.dist for a commented, more complete version
smtpd_banner = $myhostname ESMTP $mail_name (Debian/GNU)
biff = no
append_dot_mydomain = no
readme_directory = no
compatibility_level = 3.6
smtpd_relay_restrictions = permit_mynetworks permit_sasl_authenticated defer_unauth_destination
myhostname = mail.example.org
alias_maps = hash:{dir}/aliases
alias_database = hash:{dir}/aliases
myorigin = example.org
mydestination = $myhostname, example.org, mail.example.org, localhost.example.org, localhost
relayhost =
mynetworks = 127.0.0.1/32
mailbox_size_limit = 0
recipient_delimiter = +
# ---- of the test
queue_directory = {dir}/spool
data_directory = {dir}/data
maillog_file = {dir}/log
maillog_file_prefixes = {dir}
mail_spool_directory = {dir}/mail/
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
disable_dns_lookups = yes
smtp_host_lookup = native
smtpd_peername_lookup = no
minimal_backoff_time = 5s
maximal_backoff_time = 5s
queue_run_delay = 3s
# the people of the test have mailboxes
virtual_mailbox_domains = customers.example, agents.example
virtual_mailbox_maps = texthash:{dir}/mailboxes
virtual_mailbox_base = {dir}/mail
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_mailbox_limit = 0
"""
PEOPLE = ("anna@customers.example", "bob@agents.example", "staff@corp.example", "web@alias.example")


class DebianPostfix(Postfix):
    def __init__(self, directory):
        self.directory, self.config, self.port = directory, os.path.join(directory, "etc"), free_port()
        self.nobody = pwd.getpwnam("nobody")
        for name in ("etc", "spool", "data", "mail"):
            os.makedirs(os.path.join(directory, name), exist_ok=True)
        os.chmod(directory, 0o755)
        shutil.chown(os.path.join(directory, "data"), "postfix")
        os.chown(os.path.join(directory, "mail"), self.nobody.pw_uid, self.nobody.pw_gid)
        os.chmod(os.path.join(directory, "mail"), 0o1777)
        self.put("aliases", "postmaster: root\n")
        self.put("mailboxes", "".join("%s %s/\n" % (a, a) for a in PEOPLE))
        self.put("etc/master.cf", SERVICES.format(port=self.port) + "local unix - n n - - local\n")
        self.running = False
        self.be("")
        self.do("postalias", "hash:%s/aliases" % directory)

    def put(self, name, text):
        with open(os.path.join(self.directory, name), "w") as f:
            f.write(text)

    def main_cf(self):
        with open(os.path.join(self.config, "main.cf")) as f:
            return f.read()

    def be(self, more, tables=(), drop=()):
        """Takes up another configuration: Debian's, and `more` behind it; tables: {name: text} below its directory, for postmap."""
        text = "".join(line + "\n" for line in MAIN.splitlines() if line.split(" =")[0] not in drop)
        for old in ("sportello_setup", "sportello_transport", "sportello_recipients", "sportello_aliases", "sportello_main.cf.before"):
            for name in (old, old + ".db"):
                if os.path.exists(os.path.join(self.config, name)):
                    os.unlink(os.path.join(self.config, name))
        for name, table in dict(tables).items():
            self.put(name, table)
        self.put("etc/main.cf", (text + more).format(dir=self.directory, uid=self.nobody.pw_uid, gid=self.nobody.pw_gid))
        for name in dict(tables):
            self.do("postmap", "hash:%s/%s" % (self.directory, name))
        if self.running:
            self.reload()

    def reload(self):
        self.do("postfix", "reload")
        wait_until(self.answers, 15, "Postfix answers on its port")

    def start(self):
        super().start()
        self.running = True

    def rcpt(self, *addresses):
        """{address: code} that a stranger hears at RCPT."""
        codes = {}
        for address in addresses:
            with self.stranger() as session:
                session.ehlo()
                session.mail("anna@customers.example")
                codes[address] = session.rcpt(address)[0]
        return codes

    def queue_is_empty(self):
        return not self.waiting()

    def clear(self):
        subprocess.run(["postsuper", "-c", self.config, "-d", "ALL"], capture_output=True, stdin=subprocess.DEVNULL, timeout=30)
        shutil.rmtree(os.path.join(self.directory, "mail"))
        os.makedirs(os.path.join(self.directory, "mail"))
        os.chown(os.path.join(self.directory, "mail"), self.nobody.pw_uid, self.nobody.pw_gid)
        os.chmod(os.path.join(self.directory, "mail"), 0o1777)


class DebianDesk(Desk):
    """A desk whose relay is such a Postfix; who hands mail to it is the scenario's business."""
    def __init__(self, directory, address, more=(), config=None):
        os.makedirs(os.path.join(directory, "desk"))
        self.postfix = DebianPostfix(os.path.join(directory, "postfix"))
        queues = [{"name": "support", "address": address, "description": "Everything", "agents": ["bob"]}]
        super().__init__(os.path.join(directory, "desk"), start=False, agents=AGENTS, queues=queues,
                         config={"desk.domain": address.split("@")[1], "relay.url": "smtp://127.0.0.1:%d" % self.postfix.port, **(config or {})})

    def setup(self, *words, code=0):
        done = self.cli("setup", "--postfix", self.postfix.config, *words, json_output=False)
        assert done.code == code, done
        return done

    @staticmethod
    def run(*words):
        """`sportello` with these words and nothing more."""
        done = subprocess.run([os.path.join(BUILD, "sportello"), *words], capture_output=True, stdin=subprocess.DEVNULL, timeout=60)
        return Result(done.returncode, done.stdout, done.stderr)

    def queue(self, address, separator="+"):
        self.settings["queues"][0]["address"] = address
        self.set("desk.domain", address.split("@")[1])
        self.set("desk.separator", separator)
        self.write_config()
        if self.running():
            self.restart()

    def close(self):
        try:
            super().close()
        finally:
            self.postfix.stop()


def main(tests, make):
    words = [w for w in sys.argv[1:] if not w.startswith("-")]
    passed = failed = 0
    directory = tempfile.mkdtemp(prefix="sportello-setup-")
    os.chmod(directory, 0o755)
    desk = make(directory)
    try:
        desk.postfix.start()
        desk.start()
        for name, test in tests.items():
            if words and not any(w in name for w in words):
                continue
            try:
                test(desk)
                passed += 1
            except Exception:
                failed += 1
                print("FAILED: postfix %s\n%s--- log of Postfix:\n%s--- log of sportellod:\n%s" % (name, traceback.format_exc(), "".join(desk.postfix.log().splitlines(True)[-15:]), desk.log_tail(5)))
    finally:
        desk.close()
        if "-k" in sys.argv:
            print("kept:", directory)
        else:
            shutil.rmtree(directory, ignore_errors=True)
    print("%d passed, %d failed" % (passed, failed))
    sys.exit(1 if failed else 0)
