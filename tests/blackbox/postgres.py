"""postgres.py - a PostgreSQL server of one run's own: in a directory, on a Unix socket, as the user nobody if we are root; and a database for each desk.

    with Server(directory) as server:
        url = server.create("one")                           # "postgresql://sportello@/one?host=DIRECTORY"

installed() says why there is none here, or None. Python 3 standard library only.
"""
import fcntl, glob, os, shutil, subprocess

USER = "sportello"


def program(name):
    found = [p for p in (os.path.join(d, name) for d in sorted(glob.glob("/usr/lib/postgresql/*/bin"), reverse=True)) if os.access(p, os.X_OK)]
    return found[0] if found else shutil.which(name)


def installed():
    missing = [name for name in ("initdb", "pg_ctl", "postgres") if not program(name)] + [name for name in ("psql",) if not shutil.which(name)]
    return "no PostgreSQL here: %s is missing" % missing[0] if missing else None


TEMPLATES = None                                             # a directory of a run's own: what initdb makes is made there once, and copied


class Server:
    def __init__(self, directory, settings=()):
        self.directory, self.data, self.log = directory, os.path.join(directory, "data"), os.path.join(directory, "log")
        self.settings = dict({"listen_addresses": "", "unix_socket_directories": directory, "shared_buffers": "64MB", "max_connections": "200"}, **dict(settings))

    def as_nobody(self, *command, check=True, **options):
        if os.getuid() == 0:                                 # the server refuses to be root
            command = ("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups") + command
        return subprocess.run(command, check=check, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", **options)

    def __enter__(self):
        os.makedirs(self.directory, exist_ok=True)
        os.chmod(self.directory, 0o755)
        if os.getuid() == 0:
            shutil.chown(self.directory, "nobody", "nogroup")
        if TEMPLATES:
            self.as_nobody("cp", "-a", self.template(), self.data)
        else:
            self.initdb(self.data)
        with open(os.path.join(self.data, "postgresql.auto.conf"), "a") as f:
            f.writelines("%s = '%s'\n" % pair for pair in self.settings.items())
        self.start()
        return self

    def initdb(self, data):
        self.as_nobody(program("initdb"), "-D", data, "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")

    def template(self):
        """A data directory that no server has used yet; whoever wants it first makes it."""
        place = os.path.join(TEMPLATES, "postgresql")
        with open(place + ".lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not os.path.isdir(os.path.join(place, "data")):
                os.makedirs(place, exist_ok=True)
                if os.getuid() == 0:
                    shutil.chown(place, "nobody", "nogroup")
                self.initdb(os.path.join(place, "new"))
                os.rename(os.path.join(place, "new"), os.path.join(place, "data"))
        return os.path.join(place, "data")

    def start(self):
        self.as_nobody(program("pg_ctl"), "-D", self.data, "-l", self.log, "-w", "start")

    def stop(self, how="fast"):
        self.as_nobody(program("pg_ctl"), "-D", self.data, "-m", how, "-w", "stop", check=False)

    def __exit__(self, *_):
        self.stop("immediate")

    def url(self, name):
        return "postgresql://%s@/%s?host=%s%s" % (USER, name, self.directory, "&port=" + self.settings["port"] if "port" in self.settings else "")

    def sql(self, text, database="postgres"):
        """What it gives: rows as lists of texts."""
        done = subprocess.run(["psql", "-X", "-q", "-A", "-t", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-c", text, self.url(database)],
                              capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return [line.split("\t") for line in done.stdout.splitlines()]

    def create(self, name):
        self.sql("CREATE DATABASE " + name)
        return self.url(name)

    def drop(self, name):
        self.sql("DROP DATABASE IF EXISTS %s WITH (FORCE)" % name)


class Running(Server):
    """One that another process started and stops: of which only the directory is known."""
    def __init__(self, directory):
        self.directory, self.settings = directory, {}
