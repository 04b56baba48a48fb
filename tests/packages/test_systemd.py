#!/usr/bin/env python3
"""test_systemd.py [-k] - the package's life under a systemd that runs: nothing starts before it is set up, the closed unit lets mail to a relay elsewhere,
what no restart mends is not restarted, a kill is; reload; upgrade of a running desk; remove, install again, purge, and what is left then.
`make bare` calls it; ends with "N passed, N failed".
"""
import json, os, re, shutil, sqlite3, sys, tempfile, traceback
sys.dont_write_bytecode = True
import machine
from machine import Skip, Tree, World, need

SETUP = "sportello setup --postfix none --relay smtp://mx.customers.example:25 --domain help.example.org --agent bob=bob@example.org --web none --url http://help.example.org --apply"
RULE = 'require "imap4flags";\nif header :contains "subject" "scanner" { addflag "tag:hardware"; }\n'
# What a purge may leave: what Debian's own programs keep of any package.
OTHERS = re.compile(r"^(run|proc|sys|tmp|dev|root|var/(lib/(apt|dpkg|systemd|dbus|ucf|misc)|cache|log|tmp)|etc/(ld\.so\.cache|passwd-?|group-?|shadow-?|gshadow-?|\.pwd\.lock|apt|machine-id|subuid-?|subgid-?))(/|$)")


def files(tree):
    found = set()
    for folder, folders, names in os.walk(tree):
        found |= {os.path.relpath(os.path.join(folder, name), tree) for name in names + folders}
    return {name for name in found if not OTHERS.match(name)}


class Package:
    def __init__(self, world):
        self.world = world
        self.database = os.path.join(world.tree, "var/lib/sportello/sportello.db")

    def say(self, command, code=0):
        got, said = self.world.shell(command)
        assert got == code, "%s ended with %d:\n%s" % (command, got, said[-3000:])
        return said

    def unit(self):
        return dict(line.split("=", 1) for line in self.say("systemctl show sportellod -p ActiveState,Result,ExecMainStatus,NRestarts,MainPID,UnitFileState").splitlines())

    def stays_down(self, code):
        """With that exit status, tried once: after as long as systemd waits before it starts something again, and more."""
        self.say("sleep 5")
        unit = self.unit()
        assert (unit["ActiveState"], unit["ExecMainStatus"], unit["NRestarts"]) == ("failed", str(code), "0"), unit

    def tickets(self):
        return json.loads(self.say("sportello ticket list --json"))

    def write(self, subject, config="/etc/sportello/sportello.conf"):
        before = len(self.world.of("anna@customers.example"))
        with open(os.path.join(self.world.tree, "root/mail"), "w") as f:
            f.write("From: Anna <anna@customers.example>\nTo: support@help.example.org\nSubject: %s\nMessage-ID: <%s@customers.example>\n\nIt is off.\n" % (subject, subject.replace(" ", "-")))
        self.say("sportello -c %s deliver mail --to support@help.example.org --from anna@customers.example" % config)
        return self.world.wait(lambda: self.world.of("anna@customers.example")[before:], 30, "the acknowledgement, by the relay")[0]

    def by_hand(self, target):
        need("make", "-s", "-C", machine.TOP, "-o", "all", target, "BUILD=" + os.path.relpath(machine.BUILD, machine.TOP), "DESTDIR=" + self.world.tree, "PREFIX=/usr/local", env={**os.environ, "MAKEFLAGS": ""})

    def over_a_make_install(self):
        """The package takes the place of what `make install` laid down: asked nothing, configuration and tickets as they were."""
        self.say("apt-get purge -y sportello")
        self.by_hand("install")
        self.say("systemd-sysusers && systemd-tmpfiles --create sportello.conf && systemctl daemon-reload && rm /etc/sportello/sportello.conf")
        self.say(SETUP)
        config = self.say("cat /etc/sportello/sportello.conf")
        self.say("systemctl enable --now sportellod")
        self.write("Before the package")
        said = self.say("apt-get install -y ./build/sportello_*.deb </dev/null 2>&1")
        assert "make uninstall" in said and self.say("cat /etc/sportello/sportello.conf") == config, said
        self.by_hand("uninstall")
        self.say("systemctl daemon-reload && systemctl reenable sportellod && systemctl restart sportellod")
        assert self.say("readlink /proc/%s/exe" % self.unit()["MainPID"]).strip() == "/usr/sbin/sportellod" and len(self.tickets()) == 1

    # ---- in this order: each stands on the one before

    def test_nothing_runs_before_it_is_set_up_and_starting_it_fails_once(self):
        self.say("apt-get install -y ./build/sportello_*.deb")
        self.over_a_make_install()
        self.say("apt-get purge -y sportello && rm -rf /etc/sportello /var/lib/sportello")
        self.before = files(self.world.tree)
        assert [name for name in self.before if "sportello" in name] == [], "never set up, it leaves nothing"
        said = self.say("apt-get install -y ./build/sportello_*.deb")
        assert "nothing is set up yet" in said, said
        unit = self.unit()
        assert (unit["ActiveState"], unit["UnitFileState"]) == ("inactive", "disabled"), unit
        self.say("systemctl start sportellod", 1)
        self.stays_down(78)
        assert "sportello setup" in self.say("journalctl -p err -u sportellod --no-pager")

    def test_the_closed_unit_lets_it_work_with_a_relay_elsewhere(self):
        self.say(SETUP)
        self.say("install -d -o sportello -g sportello -m 700 /var/backups/sportello")
        with open(os.path.join(self.world.tree, "etc/sportello/sportello.conf"), "a") as f:
            f.write('backup: { dir = "/var/backups/sportello"; at = "03:00"; keep = 2; };\n')
        with open(os.path.join(self.world.tree, "etc/sportello/rules/10.sieve"), "w") as f:
            f.write(RULE)
        self.say("sportello check")
        self.say("systemctl enable --now sportellod")
        assert "help.example.org" in str(self.write("The scanner is off")["From"])
        assert self.tickets()[0]["tags"] == ["hardware"], self.tickets()
        self.world.wait(lambda: os.listdir(os.path.join(self.world.tree, "var/backups/sportello")), 30, "a backup")
        said = self.say("journalctl -p warning -u sportellod --no-pager -q _PID=" + self.unit()["MainPID"])
        assert "level=" not in said, said
        said = self.say("systemd-analyze security sportellod --no-pager")
        assert float(re.search(r"exposure level for sportellod.service: ([\d.]+)", said).group(1)) < 2, said
        assert os.stat(self.database).st_uid == int(self.say("id -u sportello")) and self.say("stat -c %%U /proc/%s" % self.unit()["MainPID"]).strip() == "sportello"

    def test_check_says_what_the_unit_hides_and_forbids(self):
        """Until `systemctl edit` lets it."""
        config = os.path.join(self.world.tree, "etc/sportello/sportello.conf")
        with open(config) as f:
            good = f.read()
        with open(config, "w") as f:
            f.write(good.replace('"/var/backups/sportello"', '"/data/backups"') + 'kb_dir = "/home/desk/kb";\ntemplates_dir = "/tmp/words";\nreplies_dir = "/etc/sportello/replies";\n')
        self.say("install -d -o sportello -g sportello -m 700 /data/backups /home/desk/kb /tmp/words /etc/sportello/replies")
        said = self.say("sportello check 2>&1")
        assert "does not let sportellod write to /data/backups" in said and "hides /home" in said and "/tmp of its own" in said and "replies_dir" not in said, said
        self.say("mkdir -p /etc/systemd/system/sportellod.service.d && printf '[Service]\nReadWritePaths=/data\nProtectHome=no\n' >/etc/systemd/system/sportellod.service.d/override.conf")
        said = self.say("sportello check 2>&1")
        assert "does not let" not in said and "hides /home" not in said, said
        self.say("rm -r /etc/systemd/system/sportellod.service.d /data /home/desk /etc/sportello/replies")
        with open(config, "w") as f:
            f.write(good)
        assert "unit" not in self.say("sportello check 2>&1")

    def test_what_is_killed_comes_back_by_itself(self):
        process = self.unit()["MainPID"]
        self.say("kill -9 " + process)
        self.world.wait(lambda: self.unit()["ActiveState"] == "active" and self.unit()["MainPID"] not in (process, "0"), 30, "a new process")
        self.write("After the kill")
        assert len(self.tickets()) == 2

    def test_a_reload_keeps_what_works_and_a_restart_with_a_wrong_file_fails_once(self):
        self.say("cp -p /etc/sportello/sportello.conf good.conf && echo 'nonsense = ' >>/etc/sportello/sportello.conf")
        self.say("systemctl reload sportellod")
        self.write("After the reload", "good.conf")
        self.say("systemctl restart sportellod", 1)
        self.stays_down(78)
        self.say("cp -p good.conf /etc/sportello/sportello.conf && systemctl start sportellod")
        assert len(self.tickets()) == 3

    def test_a_database_of_a_newer_version_stops_it_for_good(self):
        self.say("systemctl stop sportellod")
        with sqlite3.connect(self.database) as database:
            version = database.execute("PRAGMA user_version").fetchone()[0]
            database.execute("PRAGMA user_version=%d" % (version + 1))
        self.say("systemctl start sportellod", 1)
        self.stays_down(65)
        with sqlite3.connect(self.database) as database:
            database.execute("PRAGMA user_version=%d" % version)
        database.close()
        self.say("chown sportello: /var/lib/sportello/sportello.db* && systemctl start sportellod")

    def newer(self, number):
        """The package once more with a higher version."""
        self.say("rm -rf unpacked && dpkg-deb -R build/sportello_*.deb unpacked && sed -i 's/^Version: .*/&.%d/' unpacked/DEBIAN/control && dpkg-deb -b unpacked newer-%d.deb" % (number, number))
        return "newer-%d.deb" % number

    def test_an_upgrade_asks_nothing_and_goes_on_with_what_is_there(self):
        process, config = self.unit()["MainPID"], self.say("cat /etc/sportello/sportello.conf")
        self.say("apt-get install -y ./" + self.newer(1))
        unit = self.unit()
        assert unit["ActiveState"] == "active" and unit["MainPID"] != process, unit
        assert len(self.tickets()) == 3 and self.say("cat /etc/sportello/sportello.conf") == config
        self.say("sportello fsck")

    def test_an_upgrade_with_a_wrong_configuration_says_so_and_is_done(self):
        self.say("echo 'nonsense = ' >>/etc/sportello/sportello.conf")
        said = self.say("apt-get install -y ./" + self.newer(2))
        assert "sportello check" in said, said
        assert "ii " in self.say("dpkg -l sportello | tail -n 1")
        self.say("cp -p good.conf /etc/sportello/sportello.conf && systemctl reset-failed sportellod && systemctl restart sportellod")

    def test_what_is_stopped_on_purpose_stays_so_through_an_upgrade(self):
        self.say("systemctl disable --now sportellod")
        self.say("apt-get install -y ./" + self.newer(3))
        unit = self.unit()
        assert (unit["ActiveState"], unit["UnitFileState"]) == ("inactive", "disabled"), unit
        self.say("systemctl enable --now sportellod")

    def test_removed_and_installed_again_it_has_all_its_tickets(self):
        self.say("apt-get remove -y sportello")
        assert self.world.shell("systemctl is-active sportellod")[0] != 0
        self.say("apt-get install -y ./newer-3.deb")
        assert len(self.tickets()) == 3 and self.unit()["UnitFileState"] == "enabled", self.unit()
        assert self.unit()["ActiveState"] == "active", self.unit()

    def test_a_purge_says_where_the_data_lies_and_leaves_nothing_else(self):
        said = self.say("apt-get purge -y sportello")
        assert "rm -r /var/lib/sportello" in said and "/etc/sportello" in said and "/var/backups/sportello" in said, said
        left = sorted(files(self.world.tree) - self.before)
        mine = [name for name in left if name.split("/")[:3] in (["var", "lib", "sportello"], ["var", "backups", "sportello"]) or name.startswith("etc/sportello")]
        assert "var/lib/sportello/sportello.db" in mine and "etc/sportello/rules/10.sieve" in mine, left
        assert sorted(set(left) - set(mine)) == [], sorted(set(left) - set(mine))
        assert not os.path.exists(os.path.join(self.world.tree, "etc/sportello/sportello.conf"))
        self.say("apt-get install -y ./newer-3.deb")
        assert self.unit()["ActiveState"] == "inactive", self.unit()
        self.say("rm -r /var/lib/sportello /etc/sportello /var/backups/sportello && apt-get purge -y sportello")
        assert sorted(files(self.world.tree) - self.before) == []


def inside(tree):
    package, passed, failed = Package(World(tree)), 0, 0
    for name in [name for name in vars(Package) if name.startswith("test_")]:
        print(name[5:])
        try:
            getattr(package, name)()
            passed += 1
        except Exception:
            failed += 1
            print("FAILED: systemd %s\n%s--- log of the machine:\n%s" % (name[5:], traceback.format_exc(), package.world.last_words()))
            break                                        # each stands on the one before
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed else 0


def main():
    sys.stdout.reconfigure(line_buffering=True)
    if "--inside" in sys.argv:
        machine.reap()
        sys.exit(inside(sys.argv[-1]))
    directory = tempfile.mkdtemp(prefix="sportello-systemd-")
    try:
        if not machine.can_boot():
            raise Skip("not root, or no cgroup2 here: no other machine can be booted")
        tree = Tree(directory, systemd=True)
        tree.fetch("./build/sportello_*.deb")
        code = machine.enter(os.path.abspath(__file__), directory)
    except Skip as why:
        print("skipped: systemd: %s\n0 passed, 0 failed" % why)
        code = 0
    finally:
        if "-k" in sys.argv:
            print("kept:", directory)
        else:
            shutil.rmtree(directory, ignore_errors=True)
    sys.exit(code)


if __name__ == "__main__":
    main()
