#!/usr/bin/env python3
"""test_mail_servers.py [-k] - the recipes of contrib/mail on a fresh Debian 12: Exim and OpenSMTPD as Debian configures them, then what the README there
says. A customer's mail becomes a ticket, the reply joins it, the agent's answer goes out, unknown addresses are refused, `sportello selftest` finds
nothing but what the server cannot. Ends with "N passed, N failed".
"""
import json, os, sys, tempfile, shutil, traceback
sys.dont_write_bytecode = True
import machine
from machine import TOP, Skip, Tree, World
from test_bare import ANNA, QUEUE, play, request

SETUP = "sportello setup --postfix none --relay smtp://127.0.0.1:25 --domain help.example.org --agent bob=bob@example.org --web none --url http://help.example.org --apply"
ANSWERS = """exim4-config exim4/dc_eximconfig_configtype select internet site; mail is sent and received directly using SMTP
exim4-config exim4/mailname string mail.example.org
exim4-config exim4/dc_local_interfaces string
exim4-config exim4/dc_other_hostnames string mail.example.org
exim4-config exim4/dc_relay_domains string help.example.org
exim4-config exim4/use_split_config boolean true
opensmtpd opensmtpd/mailname string mail.example.org
opensmtpd opensmtpd/root_address string
"""


def lay_down(world, name, path, *changes):
    """A file of contrib/mail, as the package has it."""
    with open(os.path.join(world.tree, "usr/share/sportello/mail", name)) as f:
        text = f.read()
    for old, new in changes:
        assert old in text, (name, old)
        text = text.replace(old, new)
    with open(os.path.join(world.tree, path.lstrip("/")), "w") as f:
        f.write(text)


def say(world, command):
    code, said = world.shell(command)
    print("  $ " + command)
    assert code == 0, "%s ended with %d:\n%s\n%s" % (command, code, said[-4000:], world.shell("tail -5 /var/log/sportellod.log; tail -20 /var/log/exim4/mainlog 2>/dev/null")[1])
    return said


def exim(world):
    say(world, "apt-get install -y ./build/sportello_*.deb exim4-daemon-light")
    lay_down(world, "exim4-router", "/etc/exim4/conf.d/router/150_sportello")
    lay_down(world, "exim4-transport", "/etc/exim4/conf.d/transport/30_sportello")
    lay_down(world, "exim4-acl", "/etc/exim4/sportello_acl")
    lay_down(world, "exim4-main", "/etc/exim4/conf.d/main/000_sportello")
    say(world, "update-exim4.conf && /etc/init.d/exim4 restart")


def opensmtpd(world):
    say(world, "apt-get install -y ./build/sportello_*.deb opensmtpd")
    lay_down(world, "smtpd.conf.sample", "/etc/smtpd.conf")
    say(world, "smtpd -n && /etc/init.d/opensmtpd restart")


def a_desk_behind_it(world, cannot):
    say(world, SETUP)
    say(world, "systemctl enable --now sportellod")
    tests = json.loads(world.shell("sportello selftest --json")[1])
    print("    selftest: " + ", ".join("%s %s" % (row["test"], "ok" if row["ok"] else "FAILED: %s" % row["cause"]) for row in tests))
    assert {row["test"] for row in tests if not row["ok"]} == cannot and len(tests) >= 10, tests
    play(world, "Scanner offline")
    assert world.send(request("x", "nosuch@help.example.org"), "nosuch@help.example.org", ANNA) in (550, 553)
    assert world.send(request("x", "a@elsewhere.example"), "a@elsewhere.example", ANNA) in (454, 550, 551, 554)
    say(world, "sportello check")


# Packages, what to do, and what selftest says that this server cannot: OpenSMTPD has no SMTPUTF8.
SERVERS = {"exim": ("exim4-daemon-light", exim, set()), "opensmtpd": ("opensmtpd", opensmtpd, {"smtputf8"})}


def inside(tree, name):
    world = World(tree)
    try:
        SERVERS[name][1](world)
        a_desk_behind_it(world, SERVERS[name][2])
        return 0
    except Exception:
        print("FAILED: %s\n%s--- log of the machine:\n%s\n--- sportellod:\n%s" % (name, traceback.format_exc(), "\n".join(world.log[-25:]),
              world.shell("tail -8 /var/log/sportellod.log; tail -20 /var/log/exim4/mainlog 2>/dev/null")[1]))
        return 1


def main():
    sys.stdout.reconfigure(line_buffering=True)
    if "--inside" in sys.argv:
        machine.reap()
        sys.exit(inside(*sys.argv[-2:]))
    passed = failed = 0
    for name, (packages, _, _) in SERVERS.items():
        if [word for word in sys.argv[1:] if word in SERVERS] and name not in sys.argv:
            continue
        print("a_desk_behind_" + name)
        directory = tempfile.mkdtemp(prefix="sportello-%s-" % name)
        try:
            tree = Tree(directory)
            tree.put("root/answers", ANSWERS)
            tree.chroot("debconf-set-selections /root/answers")
            tree.fetch("./build/sportello_*.deb " + packages)
            code = machine.enter(os.path.abspath(__file__), directory, name)
            passed, failed = passed + (not code), failed + bool(code)
        except Skip as why:
            print("skipped: mail servers: %s" % why)
        finally:
            if "-k" in sys.argv:
                print("kept:", directory)
            else:
                shutil.rmtree(directory, ignore_errors=True)
    print("%d passed, %d failed" % (passed, failed))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
