"""claim.py - "250 means on disk", read from the notes that trace.c took inside of sportellod.

For each mail, on the clock of one process: its last byte was read; then bytes of it were written to the WAL; then a sync of the WAL began and
ended; then its 250 was sent. shown() counts the mails for which all of that is in the notes, in that order.
"""
import bisect, struct

READ_MAIL, READ_END, WROTE, SYNCED, ANSWERED = 1, 2, 3, 4, 5
TRACE_BYTES = 256 << 20
NOTE = struct.Struct("=qqQII")


def notes_of(path):
    """All notes; see trace.c for their fields."""
    with open(path, "rb") as f:
        count, = struct.unpack("=Q", f.read(8))
        assert 8 + count * NOTE.size <= TRACE_BYTES, "more notes than there was room for"
        return list(NOTE.iter_unpack(f.read(count * NOTE.size)))


def shown(notes, wal):
    """wal: inode of the WAL. (mails read, mails shown, milliseconds from the sync's end to the 250 at least)"""
    current, ended, answered = {}, {}, {}
    for at, _, where, kind, mail in notes:                   # the notes of one connection are in order
        if kind == READ_MAIL:
            current[where] = mail
        elif kind == READ_END and where in current:
            ended[current[where]] = at
        elif kind == ANSWERED and current.get(where) in ended:
            answered[current.pop(where)] = at
    writes = {}
    for at, done, where, kind, mail in notes:
        if kind == WROTE and where == wal and at >= ended.get(mail, 1 << 62):
            writes[mail] = min(writes.get(mail, 1 << 62), done)
    syncs = sorted((at, done) for at, done, where, kind, _ in notes if kind == SYNCED and where == wal)
    good, least = 0, 1e9
    for mail, at in answered.items():
        # The checkpoint syncs the WAL, too, at times of its own: the writer's own sync need not be the first that began after the write.
        i = bisect.bisect_left(syncs, (writes.get(mail, 1 << 62),))
        while i < len(syncs) and syncs[i][0] <= at and syncs[i][1] > at:
            i += 1
        if i < len(syncs) and syncs[i][1] <= at:
            good += 1
            least = min(least, (at - syncs[i][1]) / 1e6)
    return len(ended), good, least


def check_itself():
    """The order counts as shown, and nothing else does: no sync, one of another file, one too early, one that ended after the 250."""
    def count(*syncs):
        before, after = [(10, 10, 5, READ_MAIL, 1), (10, 10, 5, READ_END, 0), (20, 21, 77, WROTE, 1)], [(40, 40, 5, ANSWERED, 0)]
        return shown(before + [(at, done, file, SYNCED, 0) for at, done, file in syncs] + after, 77)[:2]
    assert count((30, 35, 77)) == count((29, 45, 77), (30, 35, 77)) == (1, 1)
    assert [count(*s) for s in ((), ((30, 35, 78),), ((15, 19, 77),), ((30, 41, 77),), ((50, 60, 77),))] == [(1, 0)] * 5
