"""The sandbox around the running daemon: it is there, for every thread and worker, and what needs a restart is said."""
import os, re, shutil, subprocess
from desk import mail, setup, Skip, TOP, wait_until


def sandbox(desk):
    return desk.log("daemon.sandbox")[-1]


def status_of(path):
    with open(path + "/status") as f:
        return dict(line.rstrip("\n").split(":\t", 1) for line in f if ":\t" in line)


def filters(path):
    """How many filters of system calls a process has: a container may have put us behind one already."""
    count = status_of(path).get("Seccomp_filters")
    if count is None:
        raise Skip("this kernel does not count filters")
    return int(count)


def test_nobody_let_in_every_thread_is_confined(desk):
    if sandbox(desk)["calls"] != "on":
        raise Skip("no seccomp here, or a sanitizer's build")
    desk.accept(mail())
    desk.wait_sent(2)
    tasks = "/proc/%d/task" % desk.process.pid
    threads = [os.path.join(tasks, t) for t in os.listdir(tasks)]
    assert len(threads) > 5
    for thread in threads:
        assert filters(thread) == filters("/proc/self") + 1 and status_of(thread)["NoNewPrivs"] == "1", status_of(thread)


@setup(config={"desk.sandbox": "off"})
def test_sandbox_can_be_switched_off(desk):
    assert sandbox(desk)["files"] == "off" and filters("/proc/%d" % desk.process.pid) == filters("/proc/self")


def refused(desk):
    entry = wait_until(lambda: desk.log("daemon.reload"))[-1]
    assert entry["result"] == "the old configuration stays", entry
    desk.accept(mail(subject="still here"))
    return entry["why"]


def test_hup_to_a_folder_outside_says_restart(desk):
    if sandbox(desk)["files"] != "on":
        raise Skip("no Landlock here")
    import tempfile
    with tempfile.TemporaryDirectory() as elsewhere:
        desk.set("kb_dir", elsewhere)
        desk.write_config()
        desk.hup()
        why = refused(desk)
        assert "kb_dir" in why and elsewhere in why and "restart" in why, why
        desk.restart()
        desk.accept(mail())


def test_hup_to_another_port_says_restart(desk):
    if sandbox(desk)["ports"] != "on":
        raise Skip("no Landlock for ports here")
    desk.set("relay.url", "smtp://127.0.0.1:2626")
    desk.write_config()
    desk.hup()
    why = refused(desk)
    assert "relay.url" in why and "2626" in why and "restart" in why, why


def test_articles_replaced_as_a_whole_folder_are_seen(desk):
    """As a checkout does it: the folder is another one afterwards."""
    new = desk.settings["kb_dir"] + ".new"
    os.mkdir(new)
    with open(os.path.join(new, "vpn.md"), "w") as f:
        f.write("# The VPN drops\n\nTurn the VPN off and on again.\n")
    os.rename(desk.settings["kb_dir"], desk.settings["kb_dir"] + ".old")
    os.rename(new, desk.settings["kb_dir"])
    wait_until(lambda: desk.log("kb.changed"))
    assert desk.http("/kb/vpn")[0] == 200


@setup(start=False)
def test_a_folder_that_comes_later_is_seen(desk):
    folder = os.path.join(desk.directory, "later", "kb")
    desk.set("kb_dir", folder)
    desk.write_config()
    desk.start()
    os.makedirs(folder)
    with open(os.path.join(folder, "vpn.md"), "w") as f:
        f.write("# The VPN drops\n\nTurn the VPN off and on again.\n")
    wait_until(lambda: desk.http("/kb/vpn")[0] == 200)


@setup(start=False)
def test_unix_socket_is_made_and_taken_away(desk):
    path = os.path.join(desk.directory, "lmtp.sock")
    desk.set("lmtp.listen", ["127.0.0.1:%d" % desk.lmtp_port, "unix:" + path])
    desk.write_config()
    desk.start()
    assert os.path.exists(path)
    desk.kill()
    assert os.path.exists(path)                      # left behind, and in the way
    desk.start()
    desk.stop()
    assert not os.path.exists(path)


@setup(relay="smtp", start=False)
def test_names_are_looked_up_inside(desk):
    """The name service loads its libraries when it is first asked: here, after the sandbox is closed."""
    desk.set("relay.url", desk.relay.url.replace("127.0.0.1", "localhost"))
    desk.write_config()
    desk.start()
    desk.accept(mail(body="Ol\u00e1\n"))
    desk.wait_sent(2)


@setup(start=False)
def test_unit_scores_under_two(desk):
    """systemd's own judgement of contrib/systemd/sportellod.service: 0 is closed, 10 is open."""
    if not shutil.which("systemd-analyze"):
        raise Skip("there is no systemd-analyze")
    unit = os.path.join(desk.directory, "sportellod.service")
    with open(os.path.join(TOP, "contrib", "systemd", "sportellod.service")) as f, open(unit, "w") as out:
        out.write(f.read().replace("@PREFIX@", "/usr/local"))
    done = subprocess.run(["systemd-analyze", "security", "--offline=yes", "--no-pager", unit], capture_output=True, text=True)
    score = re.search(r"exposure level for sportellod.service: ([0-9.]+)", done.stdout)
    if not score:
        raise Skip("this systemd-analyze cannot judge a file")
    assert float(score.group(1)) < 2.0, done.stdout
