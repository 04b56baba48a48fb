"""rt.py - Request Tracker 5 where it is installed: a private instance, fed as rt-mailgate feeds it, over HTTP.

Its best set-up on two processors: Starman with two workers and PostgreSQL (a cluster of its own); where that is not installed, SQLite. What
it sends goes to a program that throws it away. Nothing of the system's own RT or PostgreSQL is touched.
"""
import glob, http.client, os, shutil, subprocess, sys, threading, time

import peers
from group import Group, wait_for
from ports import free_port

SERVER = next(iter(glob.glob("/usr/share/request-tracker5/libexec/rt-server") + glob.glob("/opt/rt5/sbin/rt-server")), None)
SETUP = shutil.which("rt-setup-database-5") or shutil.which("rt-setup-database") or "/usr/sbin/rt-setup-database-5"
POSTGRES = sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1:]
WORKERS = 2

CONF = """
Set($rtname, 'bench');
Set($Organization, 'example.org');
Set($WebDomain, '127.0.0.1');
Set($WebPort, {port});
Set($WebBaseURL, 'http://127.0.0.1:{port}');
Set($WebPath, '');
Set($CorrespondAddress, 'support@example.org');
Set($CommentAddress, 'comment@example.org');
Set($DatabaseType, '{kind}');
Set($DatabaseName, '{name}');
Set($DatabaseHost, '{host}');
Set($DatabasePort, '');
Set($DatabaseUser, 'rt');
Set($DatabasePassword, 'rt');
Set($MailCommand, 'sendmailpipe');
Set($SendmailPath, '{d}/sendmail');
Set($LogToSyslog, undef);
Set($LogToSTDERR, 'error');
Set($LogDir, '{d}/log.d');
Set($StatementLog, undef);
Set($DevelMode, 0);
$RT::VarPath = '{d}/var';
$RT::MasonDataDir = '{d}/mason';
$RT::MasonSessionDir = '{d}/session';
1;
"""
RIGHTS = """
@ACL = map {{ {{ GroupDomain => 'SystemInternal', GroupType => 'Everyone', Right => $_ }} }} qw(CreateTicket ReplyToTicket SeeQueue);
1;
"""


def missing():
    if SERVER and shutil.which("starman"):
        return []
    return ["Request Tracker 5 (packages request-tracker5, starman; with postgresql and rt5-db-postgresql it is faster than with rt5-db-sqlite)"]


def as_user():
    """Of the processes: nobody where we are root, since PostgreSQL refuses root."""
    who = peers.mail_user()
    return {"user": who.pw_uid, "group": who.pw_gid, "extra_groups": []} if peers.ROOT else {}


class Tracker:
    def __init__(self, directory):
        self.directory, self.port, self.database = directory, free_port(), None
        self.env = dict(os.environ, RT_SITE_CONFIG=os.path.join(directory, "RT_SiteConfig.pm"), RT_SITE_CONFIG_DIR=os.path.join(directory, "site.d"),
                        HOME=directory, LC_ALL="C.UTF-8")
        for folder in ("", "var", "mason", "session", "log.d", "site.d"):
            os.makedirs(os.path.join(directory, folder), exist_ok=True)
            if peers.ROOT:
                os.chown(os.path.join(directory, folder), as_user()["user"], as_user()["group"])

    def run(self, *command):
        done = subprocess.run(command, env=self.env, cwd=self.directory, stdin=subprocess.DEVNULL, capture_output=True, text=True, **as_user())
        if done.returncode:
            raise OSError("%s: %s" % (command[0], (done.stdout + done.stderr).strip()[-300:]))

    def prepare(self):
        """The database with RT's own first data, and the right for everybody to write to it."""
        kind = "Pg" if POSTGRES else "SQLite"
        with open(self.env["RT_SITE_CONFIG"], "w") as f:
            f.write(CONF.format(d=self.directory, port=self.port, kind=kind, name="rt5" if POSTGRES else self.directory + "/var/rt5.db",
                                host=self.directory if POSTGRES else "localhost"))
        if POSTGRES:
            self.run(POSTGRES[0] + "/initdb", "-D", self.directory + "/pg", "-A", "trust", "-U", "rt", "-E", "UTF8", "--locale", "C.UTF-8")
            self.start_database()
            self.run(POSTGRES[0] + "/createdb", "-h", self.directory, "-U", "rt", "rt5")
        sendmail = os.path.join(self.directory, "sendmail")
        with open(sendmail, "w") as f:
            f.write("#!/bin/sh\nexec cat >/dev/null\n")
        os.chmod(sendmail, 0o755)
        rights = os.path.join(self.directory, "rights")
        with open(rights, "w") as f:
            f.write(RIGHTS.format())
        self.run(SETUP, "--action", "init", "--skip-create", "--dba", "rt", "--dba-password", "rt")
        self.run(SETUP, "--action", "insert", "--datafile", rights, "--dba", "rt", "--dba-password", "rt")
        return self

    def start_database(self):
        if POSTGRES and not self.database:
            self.database = Group("postgres", [POSTGRES[0] + "/postgres", "-D", self.directory + "/pg", "-k", self.directory, "-c", "listen_addresses="],
                                  os.path.join(self.directory, "pg.log"), user=as_user())
            for _ in range(300):
                if subprocess.run([POSTGRES[0] + "/pg_isready", "-q", "-h", self.directory, "-U", "rt"]).returncode == 0:
                    return
                time.sleep(0.1)
            raise OSError("PostgreSQL does not start" + self.database.last_words())

    def start(self):
        self.start_database()
        group = Group("request tracker", [SERVER, "--server", "Starman", "--host", "127.0.0.1", "--port", str(self.port), "--workers", str(WORKERS),
                                          "--env", "deployment"], os.path.join(self.directory, "rt.log"), env=self.env, user=as_user())
        wait_for(self.port, group, greets=False, seconds=60)
        return group

    def stop(self):
        if self.database:
            self.database.stop()
            self.database = None

    def post(self, mail):
        """One mail, as rt-mailgate posts it; seconds."""
        edge = "------bench-7e3f"
        fields = [("queue", "General"), ("action", "correspond"), ("SessionType", "REST"), ("message", mail)]
        body = "".join('--%s\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (edge, name, value) for name, value in fields)
        begin = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        connection.request("POST", "/REST/1.0/NoAuth/mail-gateway", (body + "--%s--\r\n" % edge).encode(), {"Content-Type": "multipart/form-data; boundary=" + edge})
        answer = connection.getresponse().read().decode(errors="replace")
        connection.close()
        if not answer.startswith("ok"):
            raise OSError("RT said: " + answer[:200])
        return time.monotonic() - begin

    def load(self, mails):
        """All mails, as many at once as there are workers."""
        todo, took, trouble = list(mails), [], []

        def work():
            try:
                while todo:
                    took.append(self.post(todo.pop()))
            except (OSError, IndexError, http.client.HTTPException) as error:
                if todo or not isinstance(error, IndexError):
                    trouble.append(error)
        threads = [threading.Thread(target=work) for _ in range(WORKERS)]
        begin = time.monotonic()
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        if trouble:
            raise OSError(str(trouble[0]))
        took.sort()
        return {"rate": len(took) / (time.monotonic() - begin), "p50": took[len(took) // 2] * 1e3, "p99": took[-1] * 1e3, "failed": 0}
