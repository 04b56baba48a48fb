"""gateways.py - the case `postgres`: one gateway on PostgreSQL beside one on SQLite, and two gateways beside one where each commit waits 5 ms longer.

The server is one of our own, as tests start it (fsync on, synchronous_commit on; its directory in BENCH_DIR), and shares the two processors with gateways and load. Each
gateway has connections of its own. The 5 ms are a sleep in front of every fdatasync and fsync of the server (sync.c), or of the daemon on SQLite."""
import contextlib, os, shutil, tempfile, threading, time

import desk
import postgres as server_of
from group import wait_for
from ports import free_port

DELAY_US = "5000"


class Server(server_of.Server):
    """slower: microseconds more for each of its syncs."""
    def __init__(self, directory, tools, slower=""):
        super().__init__(directory, {"shared_buffers": "128MB", "max_wal_size": "4GB"})
        self.shim = ["env", "LD_PRELOAD=" + os.path.abspath(os.path.join(tools, "sync.so")), "BENCH_SYNC_US=" + slower] if slower else []

    def as_nobody(self, *command, **options):
        return super().as_nobody(*(self.shim if "start" in command else []), *command, **options)


@contextlib.contextmanager
def running(b, count, slower="", sqlite=False):
    """(groups, ports) of so many gateways."""
    directory = tempfile.mkdtemp(prefix="gateways-", dir=b.directory)
    os.chmod(directory, 0o755)
    groups, ports, more = [], [], ""
    with contextlib.ExitStack() as stack:
        stack.callback(lambda: ([group.stop() for group in groups], shutil.rmtree(directory, ignore_errors=True)))
        if not sqlite:
            server = stack.enter_context(Server(os.path.join(directory, "pg"), b.tools, slower))
            stack.callback(lambda: [group.stop() for group in groups])
            more = 'store: { url = "%s"; };\n' % server.create("desk")
        for i in range(count):
            place = os.path.join(directory, "gateway%d" % i)
            os.makedirs(place)
            if i:
                os.mkdir(os.path.join(place, "state"), 0o700)
                shutil.copy(os.path.join(directory, "gateway0", "state", "secret.key"), os.path.join(place, "state"))
            env = {"LD_PRELOAD": b.tool("sync.so"), "BENCH_SYNC_US": slower} if sqlite and slower else None
            ports.append(free_port())
            groups.append(desk.start(place, ports[-1], env, more=more))
            wait_for(ports[-1], groups[-1])
        yield groups, ports


def load_all(b, ports, sessions, mails, seconds):
    """The figures of all gateways together, each with so many connections and mails of its own."""
    figures = [None] * len(ports)

    def one(i):
        figures[i] = b.load(ports[i], sessions, mails, run="g%d." % i, seconds=seconds)
    threads = [threading.Thread(target=one, args=(i,)) for i in range(len(ports))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {"rate": sum(f["rate"] for f in figures), "p50": max(f["p50"] for f in figures), "p99": max(f["p99"] for f in figures),
            "mails": sum(f["mails"] for f in figures), "failed": sum(f["failed"] for f in figures)}


def measure(b, case, who, count, sessions, slower="", sqlite=False):
    with running(b, count, slower, sqlite) as (groups, ports):
        for i, port in enumerate(ports):
            b.load(port, sessions, 3 * sessions, run="warm%d." % i)
        time.sleep(1)
        before = sum(group.cpu() for group in groups)
        figures = load_all(b, ports, sessions, 3000 if b.small else 10000, 4)
        figures["cpu_us"] = (sum(group.cpu() for group in groups) - before) / max(1, figures["mails"]) * 1e6
        b.add(case, who, figures)


def postgres(b):
    if server_of.installed():
        b.notes.append("postgres: " + server_of.installed())
        return
    for sqlite in (False, True)[::-1 if b.round % 2 else 1]:
        measure(b, "gateway", "sqlite" if sqlite else "postgres", 1, 20, sqlite=sqlite)
    for sessions in (20, 5):
        for count in (1, 2)[::-1 if b.round % 2 else 1]:
            measure(b, "gateways %d" % sessions, "two" if count == 2 else "one", count, sessions, slower=DELAY_US)
