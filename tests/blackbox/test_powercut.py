"""A power cut at every moment of a scripted day, and of a restore: see day.py for the day, powercut.py for the disk.

POWERCUT_CUTS: how many moments are tried (make check: a sample; make check-crash: 0, which is all of them), POWERCUT_STARTS: on how many of
them the daemon is started again. POWERCUT_SEED repeats a run.
"""
import glob, os, random, shutil, sqlite3

from day import LARGE, Day
from desk import mail, setup
from powercut import MODES, SYNC_END, Volume, records
from shim import Shim

CUTS, STARTS = int(os.environ.get("POWERCUT_CUTS", "120")), int(os.environ.get("POWERCUT_STARTS", "3"))
NIGHT = 300              # of the moments of the night, whose disks are large
SEED = int(os.environ.get("POWERCUT_SEED", random.randrange(1 << 30)))


def moments(log, dusk, rng):
    """Numbers of records after which the power goes, each with a mode: right after a sync is the most telling moment, and before the next."""
    every = [(i, mode) for i in range(len(log)) for mode in (MODES if log[i].type == SYNC_END else [rng.choice(MODES)])]
    day = [cut for cut in every if log[cut[0]].end <= dusk]
    night = every[len(day):]
    if CUTS:
        return sorted(rng.sample(day, min(CUTS, len(day))))
    return day + sorted(rng.sample(night, min(NIGHT, len(night))))


def cut_and_check(day, volume, directory, position, rng, mode, start):
    os.mkdir(directory)
    os.mkdir(os.path.join(directory, "volume"))
    desk = day.configured(directory)
    try:
        volume.build(os.path.join(directory, "volume"), rng, mode)
        day.check(desk, position)
        if start:
            day.go_on(desk, position)
    finally:
        desk.kill() if desk.running() else None
        desk.close()
    shutil.rmtree(directory)


@setup(relay="smtp", start=False, config={"relay.senders": 2})
def test_power_cut_at_any_moment(desk):
    shim, rng = Shim(desk), random.Random(SEED)
    day = Day(desk, shim)
    day.live(night=CUTS == 0)
    log = list(records(shim.log_file))
    cuts = moments(log, day.dusk, rng)
    starts = set(rng.sample(range(len(cuts)), min(STARTS, len(cuts))))
    volume, taken = Volume(os.stat(shim.root).st_ino), 0
    for i, (number, mode) in enumerate(cuts):
        while taken <= number:
            volume.take(log[taken])
            taken += 1
        try:
            cut_and_check(day, volume, os.path.join(desk.directory, "cut"), log[number].end, rng, mode, i in starts)
        except BaseException as error:
            raise AssertionError("POWERCUT_SEED=%d, after record %d of %d, mode %s: %s" % (SEED, number, len(log), mode, error)) from error


test_power_cut_at_any_moment.alone = True


# ---- a restore

BEFORE, BACKED_UP = ["Printer", "Large", "After the backup"], ["Printer", "Large"]


def live_and_restore(desk, shim):
    """Two mails, a backup, a third, kill -9: its mail is in the log alone. Then the restore. Returns the backup, and the numbers of the records that are the restore's."""
    backup = os.path.join(desk.directory, "backup.db")
    desk.start()
    desk.accept(mail(subject=BEFORE[0]))
    desk.accept(mail(subject=BEFORE[1], body=LARGE))
    desk.ok("backup", backup)
    desk.accept(mail(subject=BEFORE[2]))
    desk.kill()
    begun = shim.position()
    desk.ok("restore", backup)
    log = list(records(shim.log_file))
    return backup, log, len([r for r in log if r.end <= begun])


def subjects(desk):
    return [t["subject"] for t in sorted(desk.ok("ticket", "list"), key=lambda t: t["id"])]


def old_or_new(desk):
    """What a command says after the cut: the tickets of either, and a clean fsck; or to run the restore again."""
    listed = desk.cli("ticket", "list")
    if listed.code:
        assert listed.code == 75 and "run it again, with the same backup" in listed.err, listed
        return
    assert subjects(desk) in (BEFORE, BACKED_UP), subjects(desk)
    assert desk.cli("fsck", json_output=False).out == "clean\n"


def kept(desk, directory):
    """Subjects of the database in a directory that a restore left aside, read as SQLite itself reads it."""
    copy = shutil.copytree(directory, os.path.join(desk.directory, "kept"))
    try:
        with sqlite3.connect(os.path.join(copy, "sportello.db")) as database:
            return [subject for subject, in database.execute("SELECT subject FROM ticket ORDER BY id")]
    finally:
        shutil.rmtree(copy)


def again(desk, backup):
    """It can always be done again, and all that was there before it is kept."""
    desk.ok("restore", backup)
    assert subjects(desk) == BACKED_UP and desk.cli("fsck", json_output=False).out == "clean\n"
    assert BEFORE in [kept(desk, aside) for aside in glob.glob(os.path.join(desk.state_dir, "replaced-*")) if os.path.exists(os.path.join(aside, "sportello.db"))], os.listdir(desk.state_dir)


@setup(relay="smtp", start=False)
def test_power_cut_in_a_restore_leaves_the_old_desk_or_the_new_one(desk):
    shim, rng = Shim(desk), random.Random(SEED)
    backup, log, first = live_and_restore(desk, shim)
    cuts = [(i, mode) for i in range(first, len(log)) for mode in (MODES if log[i].type == SYNC_END else rng.sample(MODES, 2))]
    if CUTS:
        cuts = sorted(rng.sample(cuts, min(CUTS // 4, len(cuts))))
    day, volume, taken = Day(desk, shim), Volume(os.stat(shim.root).st_ino), 0
    for number, mode in cuts:
        while taken <= number:
            volume.take(log[taken])
            taken += 1
        directory = os.path.join(desk.directory, "cut")
        os.makedirs(os.path.join(directory, "volume"))
        one = day.configured(directory)
        try:
            volume.build(os.path.join(directory, "volume"), rng, mode)
            old_or_new(one)
            again(one, backup)
        except BaseException as error:
            raise AssertionError("POWERCUT_SEED=%d, after record %d of %d, mode %s: %s" % (SEED, number - first, len(log) - first, mode, error)) from error
        finally:
            one.close()
        shutil.rmtree(directory)


@setup(relay="smtp", start=False)
def test_a_restore_that_was_cut_short_keeps_the_old_desk_in_one_place(desk):
    """The old database is linked where it is kept, its log was moved there already, and then the power went: what is left of it in its place is no database without its log."""
    backup = os.path.join(desk.directory, "backup.db")
    desk.start()
    desk.accept(mail(subject=BEFORE[0]))
    desk.accept(mail(subject=BEFORE[1], body=LARGE))
    desk.ok("backup", backup)
    desk.accept(mail(subject=BEFORE[2]))
    desk.kill()
    place, aside = (os.path.join(desk.state_dir, name) for name in ("replaced-2026-11-30T07:25:00", "restore.new"))
    os.mkdir(place, 0o700)
    os.mkdir(aside, 0o700)
    open(os.path.join(aside, "changing"), "w").close()
    for name in ("sportello.db", "secret.key"):
        os.link(os.path.join(desk.state_dir, name), os.path.join(place, name))
    os.rename(os.path.join(desk.state_dir, "sportello.db-wal"), os.path.join(place, "sportello.db-wal"))
    old_or_new(desk)
    desk.ok("restore", backup)
    assert glob.glob(os.path.join(desk.state_dir, "replaced-*")) == [place] and kept(desk, place) == BEFORE
    assert os.listdir(os.path.join(place, "mails")) and not os.path.exists(aside)
    assert subjects(desk) == BACKED_UP and desk.cli("fsck", json_output=False).out == "clean\n"


# ---- an erasure

GONE, STAYS = "canary-anna", "Ugo's printer"


def live_and_erase(desk, shim, arguments):
    """Anna's two mails, one of them a file, and Ugo's; the daemon is stopped, and the erasure runs. Returns the numbers of the records that are its own."""
    desk.start()
    desk.accept(mail(sender="canary-anna@secret.example", subject="canary-anna asks", body="It is canary-anna speaking.\n"), sender="canary-anna@secret.example")
    desk.accept(mail(sender="canary-anna@secret.example", subject="More of canary-anna", body=LARGE + "canary-anna\n"), sender="canary-anna@secret.example")
    desk.accept(mail(sender="ugo@example.com", subject=STAYS), sender="ugo@example.com")
    desk.ok("ticket", "search", "printer")
    desk.stop()
    begun = shim.position()
    desk.ok("erase", *arguments)
    log = list(records(shim.log_file))
    return log, len([r for r in log if r.end <= begun])


def words_left(desk):
    left = []
    for folder, _, names in os.walk(desk.state_dir):
        for name in names:
            with open(os.path.join(folder, name), "rb") as f:
                left += [name] if GONE.encode() in f.read() else []
    return left


def done_or_not(desk, customers):
    """It is in the tables, or it is not; and what is left of it beside them is said, and ends by `erase finish`."""
    erased = desk.ok("erase", "list")
    tickets = {t["id"]: t["subject"] for t in desk.ok("ticket", "list")}
    assert tickets[3] == STAYS
    whole = [n for n in (1, 2) if GONE in tickets[n]]
    assert whole == ([] if erased and customers else [2] if erased else [1, 2]), (erased, tickets)
    said = desk.cli("fsck", json_output=False)
    assert said.out == "clean\n" if all(e["done"] for e in erased) else "erase finish" in said.out, said
    if erased:
        desk.ok("erase", "finish")
        assert desk.cli("fsck", json_output=False).out == "clean\n" and all(e["done"] for e in desk.ok("erase", "list"))
        assert not customers or words_left(desk) == [], words_left(desk)
    return bool(erased)


def cut_erasures(desk, arguments, customers):
    shim, rng = Shim(desk), random.Random(SEED)
    log, first = live_and_erase(desk, shim, arguments)
    cuts = [(i, mode) for i in range(first, len(log)) for mode in (MODES if log[i].type == SYNC_END else rng.sample(MODES, 2))]
    if CUTS:
        cuts = sorted(rng.sample(cuts, min(CUTS // 4, len(cuts))) + [(len(log) - 1, "all")])
    day, volume, taken, outcomes = Day(desk, shim), Volume(os.stat(shim.root).st_ino), 0, set()
    for number, mode in cuts:
        while taken <= number:
            volume.take(log[taken])
            taken += 1
        directory = os.path.join(desk.directory, "cut")
        os.makedirs(os.path.join(directory, "volume"))
        one = day.configured(directory)
        try:
            volume.build(os.path.join(directory, "volume"), rng, mode)
            outcomes.add(done_or_not(one, customers))
        except BaseException as error:
            raise AssertionError("POWERCUT_SEED=%d, after record %d of %d, mode %s: %s" % (SEED, number - first, len(log) - first, mode, error)) from error
        finally:
            one.close()
        shutil.rmtree(directory)
    assert True in outcomes


@setup(relay="smtp", start=False)
def test_power_cut_in_an_erasure_leaves_all_of_a_customer_or_nothing_and_says_which(desk):
    cut_erasures(desk, ["customer", "canary-anna@secret.example"], True)


test_power_cut_in_an_erasure_leaves_all_of_a_customer_or_nothing_and_says_which.long = 25


@setup(relay="smtp", start=False)
def test_power_cut_in_an_erasure_leaves_a_ticket_or_nothing_of_it_and_says_which(desk):
    cut_erasures(desk, ["ticket", "1"], False)


test_power_cut_in_an_erasure_leaves_a_ticket_or_nothing_of_it_and_says_which.long = 25
