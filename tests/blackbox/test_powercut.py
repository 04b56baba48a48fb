"""A power cut at every moment of a scripted day: see day.py for the day, powercut.py for the disk.

POWERCUT_CUTS: how many moments are tried (make check: a sample; make check-crash: 0, which is all of them), POWERCUT_STARTS: on how many of
them the daemon is started again. POWERCUT_SEED repeats a run.
"""
import os, random, shutil

from day import Day
from desk import setup
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
