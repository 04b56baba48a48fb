"""store.py - a store with a million tickets: filled by bench_store, once a run."""
import os, sqlite3, subprocess

import desk
from group import free_port, wait_for


def fill(bench):
    """A desk's directory with that state in it."""
    directory = os.path.join(bench.directory, "million")
    count = os.environ.get("BENCH_TICKETS", "1000000")
    os.makedirs(os.path.join(directory, "state"))
    subprocess.run([bench.tool("bench_store"), os.path.join(directory, "state"), "fill", count], check=True, stderr=subprocess.DEVNULL)
    return directory
