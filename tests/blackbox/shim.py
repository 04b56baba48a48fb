"""shim.py - a desk on a disk that remembers what was written and synced (tests/shim/disk.c), and fails when told.

    shim = Shim(desk)                       before desk.start(): moves the state directory below shim.root and sets the environment
    shim.fail("sync", "*.db-wal")           from now on every sync of the log fails with EIO; fail(..., error=errno.EROFS, skip=2, count=1)
    shim.hits()                             how often something was made to fail
    shim.mend()                             all is well again
    shim.position()                         bytes of the log so far: what the disk was told until now
"""
import errno, mmap, os, struct

from desk import BUILD, Skip

LIBRARY = os.path.join(BUILD, "tests", "disk.so")
OPS = {"open": 1, "read": 2, "write": 4, "sync": 8, "name": 16, "create": 32}
FAULTS_AT, FAULT, FAULTS = 1024, struct.Struct("<IIqqq32s"), 8


def sanitized():
    """Is the daemon built with a sanitizer? Then its library must be told that it comes second."""
    with open(os.path.join(BUILD, "sportellod"), "rb") as f:
        return b"__asan_init" in f.read() or None


def preload(desk, library):
    """By a name without blanks and colons, which would part a list of libraries."""
    if not os.path.exists(library):
        raise Skip("no %s: make units" % os.path.relpath(library))
    name = os.path.join(desk.directory, os.path.basename(library))
    os.symlink(library, name)
    environment = desk.environment
    environment["LD_PRELOAD"] = name
    environment["ASAN_OPTIONS"] = ":".join(filter(None, [environment.get("ASAN_OPTIONS"), "verify_asan_link_order=0"]))


class Shim:
    def __init__(self, desk, net=False, nosync=False, log=True):
        self.desk, self.root = desk, os.path.join(desk.directory, "volume")
        self.log_file, control = os.path.join(desk.directory, "disk.log"), os.path.join(desk.directory, "control")
        os.mkdir(self.root)
        with open(control, "wb") as f:
            f.truncate(4096)
        with open(control, "r+b") as f:
            self.page = mmap.mmap(f.fileno(), 4096)
        preload(desk, LIBRARY)
        desk.environment.update(SHIM_ROOT=self.root, SHIM_CONTROL=control)
        if log:
            desk.environment["SHIM_LOG"] = self.log_file
        if net:
            desk.environment["SHIM_NET"] = "1"
        if nosync:
            desk.environment["SHIM_NOSYNC"] = "1"
        desk.state_dir = os.path.join(self.root, "lib", "state")     # neither is there yet
        desk.set("desk.state_dir", desk.state_dir)
        desk.write_config()

    def position(self):
        return os.path.getsize(self.log_file) if os.path.exists(self.log_file) else 0

    def fault(self, i):
        return FAULT.unpack_from(self.page, FAULTS_AT + i * FAULT.size)

    def fail(self, what, match="*", error=errno.EIO, skip=0, count=-1):
        """`what`: names of OPS joined by +."""
        ops = sum(OPS[w] for w in what.split("+"))
        free = [i for i in range(FAULTS) if not self.fault(i)[0]][0]
        FAULT.pack_into(self.page, FAULTS_AT + free * FAULT.size, 0, ops, skip, count, 0, match.encode())
        struct.pack_into("<I", self.page, FAULTS_AT + free * FAULT.size, error)     # the last: it switches it on

    def hits(self):
        return sum(self.fault(i)[4] for i in range(FAULTS))

    def mend(self):
        for i in range(FAULTS):
            struct.pack_into("<I", self.page, FAULTS_AT + i * FAULT.size, 0)
