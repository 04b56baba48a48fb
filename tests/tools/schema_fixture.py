#!/usr/bin/env python3
"""schema_fixture.py - freezes a database of today's program as tests/fixtures/schema-VERSION.sql.gz, for the test of upgrades (tests/blackbox/test_upgrade.py).

Run it after `make` when a version of the schema is made, and again while that version is unreleased and changes. The file of a released version is
never written again: say --released-never to replace one that is there. BUILD names the build directory.
"""
import gzip, os, shutil, sys, tempfile
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "blackbox"))
import upgrade
from desk import Desk

directory = tempfile.mkdtemp(prefix="sportello-fixture-")
try:
    desk = Desk(directory, **upgrade.SETUP)
    try:
        desk.start()
        version, text = upgrade.freeze(desk)
    finally:
        desk.close()
finally:
    shutil.rmtree(directory)
path = os.path.join(upgrade.FIXTURES, "schema-%d.sql.gz" % version)
if os.path.exists(path) and "--released-never" not in sys.argv[1:]:
    sys.exit("%s is there: append a migration instead, or, if no release ever made such databases, run this with --released-never" % path)
os.makedirs(upgrade.FIXTURES, exist_ok=True)
with open(path, "wb") as f:
    f.write(gzip.compress(text.encode(), 9, mtime=0))
print("%s: %d bytes" % (os.path.relpath(path), os.path.getsize(path)))
