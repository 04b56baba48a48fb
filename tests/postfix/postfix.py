"""postfix.py - a private Postfix for tests: own configuration, queue and data directory, loopback ports, virtual mailboxes.

Its main.cf is contrib/postfix/main.cf.sample as it stands, with the names of the test put in and a few lines that keep it
away from the network. It believes 127.0.0.1 (the desk) and takes 127.0.0.2 for a stranger.
"""
import os, pwd, re, shutil, smtplib, subprocess, sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tests", "blackbox"))
from desk import Desk, wait_until
from ports import free_port

SERVICES = """\
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
lmtp unix - - y - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""

SETTINGS = """
# ---- of the test
compatibility_level = 3.6
queue_directory = {dir}/spool
data_directory = {dir}/data
maillog_file = {dir}/log
maillog_file_prefixes = {dir}
myhostname = mx.help.example.org
mydestination =
local_recipient_maps =
alias_maps =
alias_database =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.1/32
disable_dns_lookups = yes
smtp_host_lookup = native
smtpd_peername_lookup = no
header_checks = {table}:{dir}/header_checks
virtual_alias_maps = inline:{{old@help.example.org=support@help.example.org}}
virtual_mailbox_domains = customers.example, agents.example
virtual_mailbox_maps = texthash:{dir}/mailboxes
virtual_mailbox_base = {dir}/mail
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
minimal_backoff_time = 5s
maximal_backoff_time = 5s
queue_run_delay = 3s
"""


def sample(name):
    with open(os.path.join(TOP, "contrib", "postfix", name)) as f:
        return f.read()


class Postfix:
    """people: addresses with a mailbox. lmtp: the transport of the desk's domain, "inet:127.0.0.1:2424" or "unix:sportello/lmtp".
    gone: addresses that Postfix takes mail for and returns later: it tries them at the desk, which does not know them."""
    def __init__(self, directory, lmtp, people, gone=()):
        self.directory, self.lmtp, self.people, self.gone = directory, lmtp, people, gone
        self.config = os.path.join(directory, "etc")
        self.port = free_port()
        self.nobody = pwd.getpwnam("nobody")
        for name in ("etc", "spool", "data", "mail"):
            os.makedirs(os.path.join(directory, name), exist_ok=True)
        shutil.chown(os.path.join(directory, "data"), "postfix")
        os.chown(os.path.join(directory, "mail"), self.nobody.pw_uid, self.nobody.pw_gid)
        self.write()

    def write(self):
        main, count = re.subn(r"texthash:/etc/postfix/transport", "texthash:%s/transport" % self.directory, sample("main.cf.sample"))
        assert count == 1, "main.cf.sample names the transport map no longer"
        transport, count = re.subn(r"(?m)^(help\.example\.org\s+)lmtp:inet:127\.0\.0\.1:2424$", r"\1lmtp:" + self.lmtp, sample("transport.sample"))
        assert count == 1, "transport.sample has no line of help.example.org any more"
        # Postfix's own table of regular expressions reads the sample as well where the package postfix-pcre is not there.
        table = "pcre" if "pcre" in subprocess.run(["postconf", "-m"], capture_output=True, text=True).stdout.split() else "regexp"
        files = {
            "header_checks": sample("header_checks.sample"),
            "etc/main.cf": main + SETTINGS.format(dir=self.directory, table=table, uid=self.nobody.pw_uid, gid=self.nobody.pw_gid),
            "etc/master.cf": SERVICES.format(port=self.port),
            "transport": transport + "".join("%s lmtp:%s\n" % (a, self.lmtp) for a in self.gone),
            "mailboxes": "".join("%s %s/\n" % (a, a) for a in (*self.people, *self.gone)),
        }
        for name, text in files.items():
            with open(os.path.join(self.directory, name), "w") as f:
                f.write(text)

    def do(self, *command):
        done = subprocess.run([command[0], "-c", self.config, *command[1:]], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60)
        assert done.returncode == 0, "%s: %s%s\n%s" % (" ".join(command), done.stdout, done.stderr, self.log())
        return done.stdout

    def start(self):
        self.do("postfix", "start")
        wait_until(self.answers, 15, "Postfix answers on its port")

    def answers(self):
        try:
            with smtplib.SMTP("127.0.0.1", self.port, timeout=5):
                return True
        except OSError:
            return False

    def stop(self):
        subprocess.run(["postfix", "-c", self.config, "stop"], capture_output=True, stdin=subprocess.DEVNULL, timeout=60)

    def flush(self):
        self.do("postqueue", "-f")

    def waiting(self):
        return self.do("postqueue", "-j").splitlines()

    def log(self):
        path = os.path.join(self.directory, "log")
        if not os.path.exists(path):
            return "(no log of Postfix)"
        with open(path, errors="replace") as f:
            return "".join(f.readlines()[-60:])

    def stranger(self):
        """A session from an address that Postfix does not know."""
        return smtplib.SMTP("127.0.0.1", self.port, local_hostname="pc.customers.example", timeout=60, source_address=("127.0.0.2", 0))

    def send(self, data, to, sender, options=()):
        with self.stranger() as session:
            refused = session.sendmail(sender, [to], data, mail_options=list(options))
        assert not refused, refused

    def mailbox(self, address):
        """The mails that arrived there, the oldest first."""
        new = os.path.join(self.directory, "mail", address, "new")
        if not os.path.isdir(new):
            return []
        paths = sorted((os.path.join(new, n) for n in os.listdir(new)), key=lambda p: os.stat(p).st_mtime_ns)
        return [Desk.read_sent(p) for p in paths]

    def wait_mail(self, address, count=1, seconds=20):
        wait_until(lambda: len(self.mailbox(address)) >= count, seconds, "%d mail(s) in the mailbox of %s" % (count, address))
        return self.mailbox(address)
