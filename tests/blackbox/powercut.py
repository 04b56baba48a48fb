"""powercut.py - the disk as a power cut leaves it, from the log of tests/shim/disk.c.

    volume = Volume(os.stat(shim.root).st_ino)
    for record in records(shim.log_file):           up to the moment of the cut
        volume.take(record)
    volume.build(directory, random.Random(7), "torn")

Only what was synced is sure: the bytes of a file when the file was, its name when its directory was. Of the rest survives
"none", "all" (a mere kill -9), "some" writes and names (whichever, so later ones without earlier ones), "torn" (each sector of 512 bytes for
itself), or "first" (of each file the first so many). A sync that failed settles nothing: what it should have written is kept or lost by chance at
once, and a later sync does not bring it back (the kernel takes such pages for clean).
"""
import collections, os, random, struct

HEAD = struct.Struct("<IIQQQII")
CREATE, MKDIR, WRITE, TRUNCATE, SYNC_BEGIN, SYNC_END, SYNC_FAILED, RENAME, UNLINK, LINK, RMDIR, IN, OUT = range(1, 14)
MODES = ("none", "all", "some", "torn", "first")
SECTOR = 512

Record = collections.namedtuple("Record", "type file at size data more end")        # end: where in the log it ends


def records(path):
    with open(path, "rb") as f:
        log = f.read()
    at = 0
    while at + HEAD.size <= len(log):
        magic, kind, file, offset, size, length, length2 = HEAD.unpack_from(log, at)
        assert magic == 0x54554350, "the log of the disk is muddled at byte %d" % at
        data, at = log[at + HEAD.size:at + HEAD.size + length], at + HEAD.size + length + length2
        yield Record(kind, file, offset, size, data, log[at - length2:at], at)


class File:
    def __init__(self):
        self.safe, self.pending = bytearray(), []       # pending: (number, offset or None, bytes or size)


def apply(content, offset, what):
    if offset is None:
        if what < len(content):
            del content[what:]
        else:
            content.extend(bytes(what - len(content)))
    else:
        if offset > len(content):
            content.extend(bytes(offset - len(content)))
        content[offset:offset + len(what)] = what


def sectors(offset, data):
    at = 0
    while at < len(data):
        length = min(SECTOR - (offset + at) % SECTOR, len(data) - at)
        yield offset + at, data[at:at + length]
        at += length


def survivors(pending, rng, mode):
    if mode == "all":
        chosen = pending
    elif mode == "none":
        chosen = []
    elif mode == "first":
        chosen = pending[:rng.randint(0, len(pending))]
    elif mode == "some":
        chosen = [op for op in pending if rng.random() < 0.5]
    else:
        chosen = []
        for number, offset, what in pending:
            pieces = [(None, what)] if offset is None else sectors(offset, what)
            chosen += [(number, o, w) for o, w in pieces if rng.random() < 0.6]
    return chosen


class Volume:
    def __init__(self, root_inode):
        self.number, self.rng = 0, random.Random(0)
        self.inodes = {root_inode: ""}                  # a File, or the path of a directory
        self.now, self.safe = {}, {}                    # path -> File, or None for a directory
        self.pending, self.syncs = [], {}               # pending: (number, directory, [(path, node or False)])

    def name(self, *changes):
        self.pending.append((self.number, os.path.dirname(changes[0][0]), changes))
        for path, node in changes:
            self.change(self.now, path, node)

    @staticmethod
    def change(names, path, node):
        if node is False:
            names.pop(path, None)
        else:
            names[path] = node

    def take(self, r):
        self.number += 1
        path, other = r.data.decode() if r.type in (CREATE, MKDIR, RENAME, UNLINK, LINK, RMDIR) else None, r.more.decode("utf-8", "replace")
        if r.type == CREATE:
            self.inodes[r.file] = File()
            self.name((path, self.inodes[r.file]))
        elif r.type == MKDIR:
            self.inodes[r.file] = path
            self.name((path, None))
        elif r.type == WRITE:
            self.inodes[r.file].pending.append((self.number, r.at, r.data))
        elif r.type == TRUNCATE:
            self.inodes[r.file].pending.append((self.number, None, r.size))
        elif r.type == SYNC_BEGIN:
            self.syncs[r.at] = self.number
        elif r.type in (SYNC_END, SYNC_FAILED):
            self.settle(self.inodes[r.file], self.syncs.pop(r.at), r.type == SYNC_END)
        elif r.type == RENAME:
            self.name((path, False), (other, self.now[path]))
        elif r.type == LINK:
            self.name((other, self.now[path]))
        elif r.type in (UNLINK, RMDIR):
            self.name((path, False))

    def settle(self, node, begin, good):
        if isinstance(node, File):
            before = [op for op in node.pending if op[0] < begin]
            node.pending = [op for op in node.pending if op[0] >= begin]
            for _, offset, what in before if good else survivors(before, self.rng, "torn"):
                apply(node.safe, offset, what)
            return
        here = [op for op in self.pending if op[1] == node and op[0] < begin]
        self.pending = [op for op in self.pending if op not in here]
        for op in here if good else survivors(here, self.rng, "some"):
            for path, what in op[2]:
                self.change(self.safe, path, what)

    def build(self, directory, rng, mode):
        names = dict(self.safe)
        for _, _, changes in survivors(self.pending, rng, "some" if mode in ("torn", "some") else mode):
            for path, node in changes:
                self.change(names, path, node)
        built = {}
        for path in sorted(names):                      # a directory comes before what is in it
            node, parent, target = names[path], os.path.dirname(path), os.path.join(directory, path)
            if not os.path.isdir(os.path.join(directory, parent)):
                continue
            if node is None:
                os.mkdir(target, 0o700)
                continue
            if node not in built:
                content = bytearray(node.safe)
                for _, offset, what in survivors(node.pending, rng, mode):
                    apply(content, offset, what)
                built[node] = target
                with open(os.open(target, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as f:
                    f.write(content)
            else:                                       # one file with two names stays one
                os.link(built[node], target)
