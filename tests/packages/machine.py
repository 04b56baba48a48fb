"""machine.py - a Debian 12 of its own to try packages on: a tree by mmdebstrap, entered with chroot, in a net, a list of processes and a name that
nobody else has. Nothing of this machine is touched, and nothing of it is reached: there is a DNS and a mail server of the rest of the world inside.

    machine.Tree(directory)          made on the outside, where packages are fetched; tree.fetch("nginx") downloads
    machine.enter(script, *words)    runs a script inside; `ends with N passed, N failed`
    World(tree)                      inside: 192.0.2.10 is the machine, 192.0.2.20 everybody else, at the two ends of a cable

Tree(directory, systemd=True) is booted: systemd is its first process, in a cgroup of its own, and `world.shell` runs beside it. Where this machine has no
cgroup2 (can_boot), and without systemd=True, `systemctl` is a short script that does what the units of sportellod say (who, what), and init scripts
for the others. `certbot` there makes a certificate of its own and writes into nginx's file what certbot writes.
"""
import email, email.policy, os, shutil, smtplib, socket, ssl, struct, subprocess, sys, threading, time

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
BUILD = os.path.abspath(os.environ.get("BUILD", os.path.join(TOP, "build")))
MACHINE, WORLD = "192.0.2.10", "192.0.2.20"

SUDO = """#!/bin/sh
exec "$@"
"""

SYSTEMCTL = r"""#!/bin/sh
# systemctl - for a machine without systemd: starts sportellod as its unit says, and others by their init scripts.
unit=/lib/systemd/system/sportellod.service
verb= now= names=
for word; do case $word in --now) now=yes ;; -*) ;; *) [ -n "$verb" ] && names="$names ${word%.service}" || verb=$word ;; esac; done
running() { [ -e /run/sportellod.pid ] && kill -0 "$(cat /run/sportellod.pid)" 2>/dev/null; }
of_unit() { sed -n "s/^$1=//p" $unit; }
start() {
	running && return
	: >/var/log/sportellod.log
	install -d -o "$(of_unit User)" -g "$(of_unit Group)" -m 755 /run/sportello
	setpriv --reuid "$(of_unit User)" --regid "$(of_unit Group)" --init-groups --no-new-privs --inh-caps=-all $(of_unit ExecStart) </dev/null >>/var/log/sportellod.log 2>&1 &
	echo $! >/run/sportellod.pid
	for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do grep -q daemon.ready /var/log/sportellod.log && return; running || return 1; sleep 0.2; done
}
stop() { running && kill "$(cat /run/sportellod.pid)" && while running; do sleep 0.1; done; rm -f /run/sportellod.pid; }
for name in $names; do
	case $verb:$name in
	enable:sportellod) touch /run/sportellod.enabled; [ -z "$now" ] || start || exit 1 ;;
	start:sportellod) start || exit 1 ;;
	stop:sportellod) stop ;;
	restart:sportellod) stop; start || exit 1 ;;
	reload:sportellod) kill -HUP "$(cat /run/sportellod.pid)" ;;
	is-active:sportellod) running || exit 3 ;;
	start:* | stop:* | restart:* | reload:*) "/etc/init.d/$name" "$verb" ;;
	esac
done
exit 0
"""

CERTBOT = r"""#!/bin/sh
# certbot --nginx -d NAME - a certificate of this machine's own, where the real one asks an authority.
name=
while [ $# -gt 0 ]; do [ "$1" = -d ] && name=$2; shift; done
live=/etc/letsencrypt/live/$name
mkdir -p "$live"
openssl req -x509 -newkey rsa:2048 -nodes -days 3 -subj "/CN=$name" -addext "subjectAltName=DNS:$name" -keyout "$live/privkey.pem" -out "$live/fullchain.pem" 2>/dev/null
sed -i "0,/listen 80;/s||listen 80; listen 443 ssl; ssl_certificate $live/fullchain.pem; ssl_certificate_key $live/privkey.pem; # managed by Certbot|" /etc/nginx/sites-enabled/sportello.conf
nginx -t && /etc/init.d/nginx reload
"""


# A machine's first process: what an init finds, and nothing of this machine's but null and its like.
BOOT = r"""
echo 0 >"$1/cgroup.procs"
exec unshare --cgroup --pid --fork --kill-child --mount --uts --ipc --propagation private sh -ec '
mount --bind "$1" "$1"
cd "$1"
mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs -o mode=1777 tmpfs tmp
mount -t tmpfs -o mode=755 tmpfs dev
for name in null zero full random urandom tty; do touch dev/$name; mount --bind /dev/$name dev/$name; done
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
mount -t tmpfs tmpfs dev/shm
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
ln -s fd/0 dev/stdin
ln -s fd/1 dev/stdout
ln -s fd/2 dev/stderr
hostname mail.example.org
mkdir -p .old
pivot_root . .old
umount -l /.old
exec env -i container=test PATH=/usr/sbin:/usr/bin:/sbin:/bin /sbin/init --log-target=null' sh "$2"
"""


class Skip(Exception):
    pass


def cgroups():
    """Where the cgroups of a machine of its own may be made; None: nowhere."""
    with open("/proc/mounts") as f:
        found = [line.split()[1] for line in f if line.split()[2] == "cgroup2"]
    return next((where for where in found if os.access(os.path.join(where, "cgroup.procs"), os.W_OK)), None)


def can_boot():
    return os.geteuid() == 0 and cgroups() is not None


def run(*words, **options):
    return subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", **options)


def need(*words, **options):
    done = run(*words, **options)
    if done.returncode:
        raise AssertionError("%s ended with %d:\n%s%s" % (" ".join(words), done.returncode, done.stdout[-3000:], done.stderr[-3000:]))
    return done.stdout


# ---------------------------------------------------------------- outside

class Tree:
    """A fresh Debian 12 in `directory`, with the package of BUILD in /root/build. Its base is kept in BUILD/bare for a day."""
    def __init__(self, directory, systemd=False):
        if os.geteuid():
            raise Skip("not root: a tree of another system is entered with chroot")
        if not shutil.which("mmdebstrap"):
            raise Skip("no mmdebstrap here: sh contrib/deps.sh bare")
        packages = [name for name in os.listdir(BUILD) if name.startswith("sportello_") and name.endswith(".deb")]
        if len(packages) != 1:
            raise Skip("no package in %s: make deb" % BUILD)
        self.directory = directory
        base = os.path.join(BUILD, "bare", "systemd.tar" if systemd else "base.tar")
        if not os.path.exists(base) or time.time() - os.path.getmtime(base) > 86400:
            os.makedirs(os.path.dirname(base), exist_ok=True)
            made = run("mmdebstrap", "--format=tar", "--variant=minbase", "--include=openssl" + (",systemd-sysv,dbus" if systemd else ""), "bookworm", base + ".new")
            if made.returncode:
                raise Skip("mmdebstrap cannot make a tree here: " + made.stderr.strip().splitlines()[-1])
            os.rename(base + ".new", base)
        os.makedirs(directory, exist_ok=True)
        need("tar", "-C", directory, "-xf", base)
        os.makedirs(self.path("root", "build"))
        shutil.copy(os.path.join(BUILD, packages[0]), self.path("root", "build"))
        shutil.copy("/etc/resolv.conf", self.path("etc", "resolv.conf"))
        self.put("usr/sbin/policy-rc.d", "#!/bin/sh\n# As where an init runs: packages start their services.\nexit 0\n", 0o755)
        self.put("usr/local/bin/sudo", SUDO, 0o755)
        if not systemd:
            self.put("usr/local/bin/systemctl", SYSTEMCTL, 0o755)
        self.put("usr/local/bin/certbot", CERTBOT, 0o755)
        self.put("etc/hosts", "127.0.0.1 localhost\n%s mail.example.org mail\n" % MACHINE)
        self.put("etc/apt/apt.conf.d/50keep", 'Binary::apt::APT::Keep-Downloaded-Packages "true";\nAPT::Keep-Downloaded-Packages "true";\nAPT::Get::Assume-Yes "true";\n')
        # What the installer would ask, answered by Return: an Internet site with this machine's name.
        self.put("root/answers", "postfix postfix/main_mailer_type select Internet Site\npostfix postfix/mailname string mail.example.org\n")
        self.chroot("debconf-set-selections /root/answers")
        self.chroot("apt-get update")

    def path(self, *names):
        return os.path.join(self.directory, *names)

    def put(self, name, text, mode=0o644):
        with open(self.path(name), "w") as f:
            f.write(text)
        os.chmod(self.path(name), mode)

    def chroot(self, command):
        return need("chroot", self.directory, "env", "-i", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C.UTF-8",
                    "sh", "-c", "cd /root && " + command)

    def fetch(self, packages):
        """Downloads what `apt install` of these will want: inside there is no net."""
        self.chroot("apt-get install -y --download-only %s" % packages)


def reap():
    """Inside, the first process adopts orphans: it waits for them, and a child does the work. Returns in the child."""
    child = os.fork()
    if not child:
        return
    while True:
        ended, status = os.wait()
        if ended == child:
            os._exit(os.waitstatus_to_exitcode(status) & 255)


def enter(script, *words):
    """In a net of its own, with processes that end with it."""
    code = subprocess.run(["unshare", "--net", "--uts", "--mount", "--ipc", "--pid", "--fork", "--kill-child", sys.executable, script, "--inside", *words], stdin=subprocess.DEVNULL).returncode
    for folder, _, _ in os.walk(os.path.join(cgroups() or "/nonexistent", "sportello-test"), topdown=False):
        try:
            os.rmdir(folder)
        except OSError:
            pass                                             # somebody else's, who still runs
    return code


# ---------------------------------------------------------------- inside

class World:
    """Names, and whoever else has mail: example.org, customers.example. Mails that come there are in `mails`, (recipient, message)."""
    def __init__(self, tree):
        self.tree, self.mails, self.log, self.lock, self.init = tree, [], [], threading.Lock(), None
        need("mount", "-t", "proc", "proc", "/proc")
        need("ip", "link", "set", "lo", "up")
        keeper = subprocess.Popen(["unshare", "--net", "sleep", "infinity"])
        self.wait(lambda: os.readlink("/proc/%d/ns/net" % keeper.pid) != os.readlink("/proc/self/ns/net"), 10, "a net for the machine")
        self.net = ["nsenter", "--net=/proc/%d/ns/net" % keeper.pid]
        need("ip", "link", "add", "world", "type", "veth", "peer", "name", "machine", "netns", str(keeper.pid))
        for where, device, address in (([], "world", WORLD), (self.net, "machine", MACHINE)):
            need(*where, "ip", "link", "set", "lo", "up")
            need(*where, "ip", "addr", "add", address + "/24", "dev", device)
            need(*where, "ip", "link", "set", device, "up")
        need("hostname", "mail.example.org")
        with open(os.path.join(tree, "etc", "resolv.conf"), "w") as f:
            f.write("nameserver %s\n" % WORLD)
        self.names = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.names.bind((WORLD, 53))
        server = socket.create_server((WORLD, 25))
        for work in (self.resolve, lambda: self.take_mail(server)):
            threading.Thread(target=work, daemon=True).start()
        if os.path.exists(os.path.join(tree, "sbin", "init")):
            self.boot()
        else:
            self.hear()

    def hear(self):
        """Without an init: its processes are in the list of this one, and what they say comes here."""
        need("mount", "-t", "proc", "proc", os.path.join(self.tree, "proc"))
        device = os.path.join(self.tree, "dev", "log")
        if os.path.exists(device):
            os.unlink(device)
        self.syslog = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.syslog.bind(device)
        os.chmod(device, 0o666)
        threading.Thread(target=self.keep_log, daemon=True).start()

    def boot(self):
        group = os.path.join(cgroups(), "sportello-test", "%s-%d" % (os.path.basename(self.tree), time.time_ns()))
        os.makedirs(group)
        started = subprocess.Popen([*self.net, "sh", "-ec", BOOT, "sh", group, self.tree], stdin=subprocess.DEVNULL)

        def first():
            with open("/proc/%d/task/%d/children" % (started.pid, started.pid)) as f:
                return f.read().split()
        self.init = self.wait(first, 10, "the first process")[0]
        self.wait(lambda: self.shell("systemctl is-system-running")[1].strip() in ("running", "degraded"), 60, "a machine that runs")

    def enter(self):
        if self.init:
            return ["nsenter", "--target", self.init, "--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup"]
        return [*self.net, "chroot", self.tree]

    def shell(self, command, stdin=None):
        done = subprocess.run([*self.enter(), "env", "-i", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "DEBIAN_FRONTEND=noninteractive",
                               "LC_ALL=C.UTF-8", "sh", "-c", "cd /root && " + command], stdin=stdin or subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", timeout=600)
        return done.returncode, done.stdout

    def keep_log(self):
        while True:
            self.log.append(self.syslog.recv(65536).decode(errors="replace"))

    def last_words(self):
        """Of the machine and of the desk, for whom a test failed."""
        if self.init:
            return self.shell("journalctl --no-pager -n 40")[1]
        return "\n".join(self.log[-25:]) + "\n--- sportellod:\n" + self.shell("tail -8 /var/log/sportellod.log")[1]

    # -- DNS: this machine is example.org's mail server for what the desk has; everything else is WORLD

    def resolve(self):
        while True:
            packet, sender = self.names.recvfrom(4096)
            try:
                self.names.sendto(self.answer(packet), sender)
            except (IndexError, struct.error):
                pass

    @staticmethod
    def name_at(packet, at):
        labels = []
        while packet[at]:
            labels.append(packet[at + 1:at + 1 + packet[at]])
            at += 1 + packet[at]
        return b".".join(labels).decode().lower(), at + 1

    def answer(self, packet):
        name, at = self.name_at(packet, 12)
        kind = struct.unpack("!H", packet[at:at + 2])[0]
        here = name in ("help.example.org", "mail.example.org")
        known = here or name.endswith((".example.org", ".example")) or name == "example.org"
        records = []
        if known and kind == 1:
            records.append(socket.inet_aton(MACHINE if here or name == "mail.example.org" else WORLD))
        if known and kind == 15 and not name.startswith("mx."):
            records.append(struct.pack("!H", 10) + b"".join(bytes([len(label)]) + label for label in (b"mail.example.org" if here else b"mx.customers.example").split(b".")) + b"\0")
        code = 0x8180 if known else 0x8183
        head = packet[:2] + struct.pack("!HHHHH", code, 1, len(records), 0, 0) + packet[12:at + 4]
        return head + b"".join(b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 60, len(record)) + record for record in records)

    # -- everybody else's mail server

    def take_mail(self, server):
        while True:
            threading.Thread(target=self.session, args=(server.accept()[0],), daemon=True).start()

    def session(self, connection):
        try:
            self.talk(connection.makefile("rwb"))
        except OSError:
            pass                                             # whoever spoke was stopped
        connection.close()

    def talk(self, stream):
        recipients = []

        def say(line):
            stream.write(line + b"\r\n")
            stream.flush()
        say(b"220 mx.customers.example ESMTP")
        for line in stream:
            word = line[:4].upper()
            if word == b"EHLO":
                say(b"250-mx.customers.example\r\n250-SMTPUTF8\r\n250 8BITMIME")
            elif word == b"RCPT":
                recipients.append(line.split(b"<")[1].split(b">")[0].decode())
                say(b"250 2.1.5 ok")
            elif word == b"DATA":
                say(b"354 go on")
                data = b""
                while not data.endswith(b"\r\n.\r\n"):
                    data += stream.readline()
                with self.lock:
                    self.mails += [(recipient, email.message_from_bytes(data[:-3], policy=email.policy.default)) for recipient in recipients]
                recipients = []
                say(b"250 2.0.0 ok")
            elif word == b"QUIT":
                say(b"221 2.0.0 bye")
                break
            else:
                say(b"250 2.0.0 ok")

    def of(self, address):
        with self.lock:
            return [message for recipient, message in self.mails if recipient == address]

    def send(self, raw, recipient, sender):
        """As a stranger, to the machine's port 25. The code at RCPT, or 250."""
        with smtplib.SMTP(MACHINE, 25, timeout=30, source_address=(WORLD, 0)) as session:
            session.ehlo("mx.customers.example")
            session.mail(sender)
            code = session.rcpt(recipient)[0]
            return code if code != 250 else session.data(raw)[0]

    def wait(self, condition, seconds, what):
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                raise AssertionError("not within %d s: %s" % (seconds, what))
            time.sleep(0.2)
        return condition()

    def fetch(self, url, method="GET", body=None):
        """(status, text) of a page, as somebody outside gets it; certificates of this machine's own are believed."""
        import http.client, urllib.parse
        parts = urllib.parse.urlsplit(url)
        if parts.scheme == "https":
            connection = http.client.HTTPSConnection(MACHINE, parts.port or 443, timeout=20, context=ssl._create_unverified_context())
        else:
            connection = http.client.HTTPConnection(MACHINE, parts.port or 80, timeout=20)
        target = (parts.path or "/") + ("?" + parts.query if parts.query else "")
        connection.request(method, target, body, {"Host": parts.hostname, **({"Content-Type": "application/x-www-form-urlencoded"} if body is not None else {})})
        answer = connection.getresponse()
        return answer.status, answer.read().decode(errors="replace")
