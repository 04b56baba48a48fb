"""group.py - one candidate's processes: started together, their processor time and memory added up, ended by process id whatever happens."""
import os, signal, socket, subprocess, sys, time

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "blackbox"))      # for ports.py; behind: both have a desk.py
TICK = os.sysconf("SC_CLK_TCK")
running = []


def wait_for(port, group, greets=True, seconds=60):
    """Until something answers there (and says something first, if it greets)."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and group.alive():
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=5) as s:
                if not greets or s.recv(3):
                    return
        except OSError:
            pass
        time.sleep(0.02)
    raise OSError("%s: nothing answers on port %d%s" % (group.name, port, group.last_words()))


def stat_of(pid):
    """Parent, and processor ticks with those of children that ended; None: it is gone."""
    try:
        with open("/proc/%d/stat" % pid) as f:
            fields = f.read().rsplit(")", 1)[1].split()
        return int(fields[1]), sum(map(int, fields[11:15]))
    except OSError:
        return None


class Group:
    """A process and all that descend from it."""

    def __init__(self, name, command, log, env=None, user=None):
        self.name, self.log, self.seen = name, log, set()
        with open(log, "ab") as out:
            self.process = subprocess.Popen(command, stdout=out, stderr=out, stdin=subprocess.DEVNULL, env=dict(os.environ, **(env or {})),
                                            start_new_session=True, **(user or {}))
        running.append(self)

    def alive(self):
        return self.process.poll() is None

    def last_words(self):
        with open(self.log, errors="replace") as f:
            words = f.read().strip().splitlines()[-3:]
        return ": " + " | ".join(words) if words else ""

    def pids(self):
        parents = {}
        for name in os.listdir("/proc"):
            if name.isdigit():
                facts = stat_of(int(name))
                if facts:
                    parents[int(name)] = facts[0]
        found, todo = [], [self.process.pid]
        while todo:
            pid = todo.pop()
            found.append(pid)
            todo += [child for child, parent in parents.items() if parent == pid]
        self.seen.update(found)
        return found

    def cpu(self):
        """Seconds, user and system. What a child used is still there when its parent has waited for it."""
        return sum(facts[1] for facts in map(stat_of, self.pids()) if facts) / TICK

    def cpu_at_rest(self):
        """Waits until the group has done what it put off: less than 2 % of a processor for 0.4 s, 8 s at most."""
        last = self.cpu()
        for _ in range(20):
            time.sleep(0.4)
            now = self.cpu()
            if now - last <= 0.01:
                return now
            last = now
        return last

    def settle(self, seconds=600):
        """Waits until it has made what a store of many tickets gives it to make after a start: less than 5 % of a processor for six seconds."""
        until, calm, last = time.monotonic() + seconds, 0, self.cpu()
        while calm < 3 and time.monotonic() < until:
            time.sleep(2)
            now = self.cpu()
            calm, last = calm + 1 if now - last < 0.1 else 0, now

    def pss(self):
        """Megabytes; shared pages are counted once."""
        total = 0
        for pid in self.pids():
            try:
                with open("/proc/%d/smaps_rollup" % pid) as f:
                    total += sum(int(line.split()[1]) for line in f if line.startswith("Pss:"))
            except OSError:
                pass
        return total / 1024

    def stop(self):
        if self.alive():
            self.pids()
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for pid in self.seen:                                # what outlived its parent
            try:
                if os.getsid(pid) == self.process.pid:
                    os.kill(pid, signal.SIGKILL)
            except OSError:
                pass
        if self in running:
            running.remove(self)


def stop_all():
    for group in list(running):
        group.stop()
