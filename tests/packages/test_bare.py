#!/usr/bin/env python3
"""test_bare.py [-k] - README's "Ten minutes with Postfix", word for word, on a fresh Debian 12: apt install, setup, check, selftest; a customer's mail
becomes a ticket, the reply joins it, the link is opened through nginx. Then all of it is undone, and done again beside a Postfix that serves another
domain. Where this machine can boot another one, under a systemd. Counts the commands and the seconds. `make bare` calls it; ends with "N passed, N failed".
"""
import os, re, sys, tempfile, shutil, time, traceback
sys.dont_write_bytecode = True
import machine
from machine import TOP, Skip, Tree, World

ANNA, QUEUE = "anna@customers.example", "support@help.example.org"
COMMANDS_MOST, SECONDS_MOST = 12, 600

BESIDE = """
relay_domains = corp.example
transport_maps = hash:/etc/postfix/transport
relay_recipient_maps = hash:/etc/postfix/relayed
smtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destination, check_recipient_access hash:/etc/postfix/access
"""


def commands():
    """Those of the chapter, in order: lines of its blocks, without what stands beside them."""
    with open(os.path.join(TOP, "README.md")) as f:
        chapter = re.search(r"^## Ten minutes with Postfix\n(.*?)^## ", f.read(), re.S | re.M).group(1)
    lines = "".join(re.findall(r"^```\n(.*?)^```", chapter, re.S | re.M)).splitlines()
    return [re.split(r"  +", line)[0] for line in lines]


def packages(words):
    return next(re.sub(r"^sudo apt install ", "", line) for line in words if line.startswith("sudo apt install"))


def request(subject, to, more=""):
    return ("From: Anna <%s>\r\nTo: %s\r\nSubject: %s\r\nMessage-ID: <%d@customers.example>\r\n%s\r\nIt is off.\r\n" % (ANNA, to, subject, time.time_ns(), more)).encode()


def play(world, subject, box=None):
    """A customer writes, is answered, answers that, the agent resolves by mail: the link that the customer gets. box: where `sportello` runs, if not there."""
    ask = (lambda words: box.run(*words.split())) if box else world.shell
    before = len(world.of(ANNA))
    assert world.send(request(subject, QUEUE), QUEUE, ANNA) == 250
    told = world.wait(lambda: world.of(ANNA)[before:], 60, "the acknowledgement")[0]
    assert told["Subject"].startswith("Re: " + subject) or "#" in told["Subject"], told["Subject"]
    where = re.sub(r".*<|>.*", "", str(told["Reply-To"] or told["From"]))
    answer = request("Re: " + str(told["Subject"]), where, "In-Reply-To: %s\r\n" % told["Message-ID"])
    assert world.send(answer, where, ANNA) == 250
    number = world.wait(lambda: re.findall(r'"id":\s*(\d+)', ask("sportello ticket list --json")[1]), 20, "a ticket")[0]
    world.wait(lambda: ask("sportello ticket show %s --json" % number)[1].replace(" ", "").count('"direction":"in"') == 2, 60, "the reply joins the ticket")
    notice = world.wait(lambda: [m for m in world.of("bob@example.org") if subject in str(m["Subject"])], 60, "the agent's notice")[0]
    to_desk = re.sub(r".*<|>.*", "", str(notice["Reply-To"] or notice["From"]))
    solved = ("From: Bob <bob@example.org>\r\nTo: %s\r\nSubject: Re: %s\r\nMessage-ID: <%d@example.org>\r\nIn-Reply-To: %s\r\n\r\n/resolve\r\n\r\nSwitch it on.\r\n"
              % (to_desk, subject, time.time_ns(), notice["Message-ID"])).encode()
    assert world.send(solved, to_desk, "bob@example.org") == 250
    mail = world.wait(lambda: [m for m in world.of(ANNA)[before:] if "Switch it on" in m.get_body(("plain",)).get_content()], 60, "the agent's answer")[-1]
    return re.search(r"https?://\S+/l/\S+", mail.get_body(("plain",)).get_content()).group(0)


def open_link(world, link):
    status, page = world.fetch(link)
    assert status == 200 and "<form" in page, (link, status, page[:500])
    for path in ("/metrics", "/healthz", "/l/../metrics", "//metrics", "/%6detrics"):
        assert world.fetch(re.sub(r"/l/.*", path, link))[0] in (400, 403, 404), path
    assert world.fetch(re.sub(r"/l/.*", "/", link))[0] == 200


class Bare:
    def __init__(self, world):
        self.world = world

    def say(self, command):
        started = time.monotonic()
        code, said = self.world.shell(command)
        print("  $ %s   (%.0f s)" % (command, time.monotonic() - started))
        assert code == 0, "%s ended with %d:\n%s" % (command, code, said[-4000:])
        return said

    def test_readme_leads_to_the_first_ticket(self):
        words, started = commands(), time.monotonic()
        assert len(words) < COMMANDS_MOST, words
        for word in words:
            if word == "make deb":
                continue
            said = self.say(word)
            if word.startswith("sudo apt install"):
                assert "nothing is set up yet" in said and self.world.shell("systemctl is-active sportellod")[0] == 3, said[-2000:]
                self.main_cf = self.world.shell("cat /etc/postfix/main.cf")[1]
            if word == "sudo sportello check":
                assert "error" not in said, said
        link = play(self.world, "Scanner offline")
        assert link.startswith("https://help.example.org/"), link
        open_link(self.world, link)
        took = time.monotonic() - started
        print("  first ticket, reply joined, link opened: %d commands, %.0f seconds" % (len(words), took))
        assert took < SECONDS_MOST
        assert self.world.send(request("x", "nosuch@help.example.org"), "nosuch@help.example.org", ANNA) == 550

    def test_undo_leaves_postfix_as_it_was_and_says_what_stays(self):
        self.say("systemctl stop sportellod")
        said = self.say("sportello setup --undo")
        assert "changed since and stays" in said and "sites-enabled/sportello.conf" in said, said
        assert self.world.shell("cat /etc/postfix/main.cf")[1] == self.main_cf
        self.say("rm /etc/nginx/sites-enabled/sportello.conf /etc/sportello/sportello.conf && rm -r /var/lib/sportello/* && nginx -t && /etc/init.d/nginx reload")

    def test_beside_a_postfix_that_serves_another_domain(self):
        world = self.world
        for name, text in (("transport", "corp.example smtp:[%s]\n" % machine.WORLD), ("relayed", "staff@corp.example x\nclosed@corp.example x\n"), ("access", "closed@corp.example REJECT\n")):
            with open(os.path.join(world.tree, "etc", "postfix", name), "w") as f:
                f.write(text)
            self.say("postmap /etc/postfix/" + name)
        with open(os.path.join(world.tree, "etc", "postfix", "main.cf"), "a") as f:
            f.write(BESIDE)
        before = world.shell("cat /etc/postfix/main.cf")[1]
        self.say("postfix reload")
        for word in commands():
            if word.startswith("sudo sportello setup") and word.endswith("--apply"):
                self.say(word + " --url http://help.example.org")
        self.say("nginx -t && systemctl reload nginx")
        self.say("systemctl enable --now sportellod")
        self.say("sportello selftest")
        open_link(world, play(world, "VPN drops"))
        assert world.send(request("For staff", "staff@corp.example"), "staff@corp.example", ANNA) == 250
        world.wait(lambda: world.of("staff@corp.example"), 30, "mail for the other domain")
        assert world.send(request("x", "closed@corp.example"), "closed@corp.example", ANNA) == 554
        assert world.send(request("x", "nobody@corp.example"), "nobody@corp.example", ANNA) == 550
        assert world.send(request("x", "a@elsewhere.example"), "a@elsewhere.example", ANNA) in (454, 554)
        said = self.say("sportello setup --undo")
        assert "removed /etc/nginx/sites-enabled/sportello.conf" in said, said
        assert world.shell("cat /etc/postfix/main.cf")[1] == before and not world.shell("ls /etc/postfix")[1].count("sportello")
        assert not os.path.exists(os.path.join(world.tree, "etc/nginx/sites-enabled/sportello.conf"))

    def test_remove_stops_it_and_purge_says_where_the_data_lies(self):
        said = self.say("apt-get remove -y sportello")
        assert self.world.shell("test -e /usr/bin/sportello")[0] == 1
        said = self.say("apt-get purge -y sportello")
        assert "/var/lib/sportello" in said and os.path.exists(os.path.join(self.world.tree, "var/lib/sportello/sportello.db")), said
        assert not os.path.exists(os.path.join(self.world.tree, "etc/sportello/sportello.conf"))


def inside(tree):
    bare, passed, failed = Bare(World(tree)), 0, 0
    for name in [name for name in vars(Bare) if name.startswith("test_")]:
        print(name[5:])
        try:
            getattr(bare, name)()
            passed += 1
        except Exception:
            failed += 1
            print("FAILED: bare %s\n%s--- log of the machine:\n%s" % (name[5:], traceback.format_exc(), bare.world.last_words()))
            break                                        # each stands on the one before
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed else 0


def main():
    sys.stdout.reconfigure(line_buffering=True)
    if "--inside" in sys.argv:
        machine.reap()
        sys.exit(inside(sys.argv[-1]))
    directory = tempfile.mkdtemp(prefix="sportello-bare-")
    try:
        tree = Tree(directory, systemd=machine.can_boot())
        tree.fetch(packages(commands()))
        code = machine.enter(os.path.abspath(__file__), directory)
    except Skip as why:
        print("skipped: bare: %s\n0 passed, 0 failed" % why)
        code = 0
    finally:
        if "-k" in sys.argv:
            print("kept:", directory)
        else:
            shutil.rmtree(directory, ignore_errors=True)
    sys.exit(code)


if __name__ == "__main__":
    main()
