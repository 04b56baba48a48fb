"""The sandbox around the running daemon: it is there, for every thread and worker, and what needs a restart is said."""
import os
from desk import mail, setup, Skip, Lmtp, wait_until


def sandbox(desk):
    return desk.log("daemon.sandbox")[-1]


def status_of(path):
    with open(path + "/status") as f:
        return dict(line.rstrip("\n").split(":\t", 1) for line in f if ":\t" in line)


def test_nobody_let_in_every_thread_is_confined(desk):
    if sandbox(desk)["calls"] != "on":
        raise Skip("no seccomp here, or a sanitizer's build")
    desk.accept(mail())
    desk.wait_sent(2)
    tasks = "/proc/%d/task" % desk.process.pid
    threads = [status_of(os.path.join(tasks, t)) for t in os.listdir(tasks)]
    assert len(threads) > 5 and all(t["Seccomp"] == "2" and t["NoNewPrivs"] == "1" for t in threads), threads


@setup(config={"desk.sandbox": "off"})
def test_sandbox_can_be_switched_off(desk):
    assert sandbox(desk)["files"] == "off" and status_of("/proc/%d" % desk.process.pid)["Seccomp"] == "0"


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
