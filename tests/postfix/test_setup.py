#!/usr/bin/env python3
"""test_setup.py [-k] [WORD...] - `sportello setup` on real Postfixes: Debian's default, and such that serve somebody else already. Ends with
"N passed, N failed". Each scenario: what setup changes is shown first and changed only by --apply; then a customer's mail becomes a ticket, the reply
to the acknowledgement joins it, other people's mail still arrives, unknown addresses are refused at RCPT; --undo leaves main.cf as it was.
"""
import os, sys
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from debian import DebianDesk, main, wait_until
from desk import address_of, mail

ANNA = "anna@customers.example"

# name: (queue, more of main.cf, tables, {address: code at RCPT after it}, mailboxes that others still get, dropped lines, separator)
SCENARIOS = {
    "the_desks_domain_is_in_mydestination": (
        "support@example.org", "", {}, {"support@example.org": 250, "root@example.org": 250, "nosuch@example.org": 550, "support+x@example.org": 250}, ["root@example.org"]),
    "a_domain_of_its_own": (
        "support@help.example.org", "", {}, {"support@help.example.org": 250, "support+x@help.example.org": 250, "nosuch@help.example.org": 550, "root@example.org": 250,
                                             "a@elsewhere.example": 454}, ["root@example.org"]),
    "another_domain_with_its_own_transport_and_restrictions": (
        "support@help.example.org",
        "transport_maps = hash:{dir}/transport\nrelay_domains = corp.example\nrelay_recipient_maps = hash:{dir}/relayed\n"
        "smtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destination, check_recipient_access hash:{dir}/access\n",
        {"transport": "corp.example virtual:\n", "relayed": "staff@corp.example x\nclosed@corp.example x\n", "access": "closed@corp.example REJECT\n"},
        {"support@help.example.org": 250, "support+x@help.example.org": 250, "nosuch@help.example.org": 550, "staff@corp.example": 250, "nobody@corp.example": 550, "closed@corp.example": 554},
        ["staff@corp.example"]),
    "the_domain_has_virtual_mailboxes": (
        "support@agents.example", "", {}, {"support@agents.example": 250, "support+x@agents.example": 250, "bob@agents.example": 250, "nosuch@agents.example": 550}, ["bob@agents.example"]),
    "aliases_of_the_whole_domain": (
        "support@example.org", "virtual_alias_maps = hash:{dir}/virtual\n",
        {"virtual": "@example.org bob@agents.example\n"}, {"support@example.org": 250, "support+x@example.org": 250, "who@example.org": 250}, ["bob@agents.example"]),
    "no_delimiter_was_set": (
        "support@example.org", "", {}, {"support@example.org": 250, "support+x@example.org": 250, "nosuch@example.org": 550}, ["root@example.org"], ("recipient_delimiter",)),
    "recipients_are_not_listed": (
        "support@example.org", "local_recipient_maps =\n", {}, {"support@example.org": 250, "support+x@example.org": 250}, ["root@example.org"]),
}


def becomes_a_ticket(desk, address):
    """A customer writes, is answered, and answers that."""
    postfix, before = desk.postfix, len(desk.tickets())
    postfix.send(mail("Scanner offline", "It is off.\n", "Anna <%s>" % ANNA, address), address, ANNA)
    wait_until(lambda: len(desk.tickets()) == before + 1, 20, "a ticket")
    told = postfix.wait_mail(ANNA)[0]
    answer = address_of(told)
    postfix.send(mail(body="It shows error 7.\n", sender=ANNA, reply_to=told), answer, ANNA)
    wait_until(lambda: sum(m["direction"] == "in" for m in desk.ticket(before + 1)["messages"]) == 2, 20, "the reply joins the ticket")
    assert len(desk.tickets()) == before + 1


def still_arrives(postfix, address):
    before = len(mailbox(postfix, address))
    postfix.send(mail("For somebody else", "x\n", ANNA, address), address, ANNA)
    wait_until(lambda: len(mailbox(postfix, address)) > before, 20, "mail for %s still arrives" % address)


def mailbox(postfix, address):
    if address.startswith("root@"):
        new = os.path.join(postfix.directory, "mail", "nobody", "new")           # Debian gives root's mail to nobody where root has no alias
        new = new if os.path.isdir(new) else os.path.join(postfix.directory, "mail", "root", "new")
        return os.listdir(new) if os.path.isdir(new) else []
    return postfix.mailbox(address)


def play(desk, queue, more, tables, codes, others, drop=(), separator="+"):
    postfix = desk.postfix
    postfix.clear()
    postfix.be(more, tables, drop)
    desk.queue(queue, separator)
    before = postfix.main_cf()
    files = sorted(os.listdir(postfix.config))
    shown = desk.setup().out
    assert postfix.main_cf() == before and sorted(os.listdir(postfix.config)) == files, "setup changed something without --apply"
    assert "+++ %s/main.cf" % postfix.config in shown and "--apply" in shown, shown
    assert not [line for line in shown.splitlines() if line.startswith("-") and not line.startswith("---")
                and not any(line[1:].split(" =")[0] == "%s" % name for name in ("recipient_delimiter", "transport_maps", "relay_recipient_maps", "relay_domains", "virtual_mailbox_maps",
                                                                               "virtual_alias_maps"))], shown
    desk.setup("--apply")
    wait_until(postfix.answers, 15, "Postfix answers after setup")
    assert postfix.rcpt(*codes) == codes, (postfix.rcpt(*codes), codes, postfix.main_cf())
    becomes_a_ticket(desk, queue)
    for address in others:
        still_arrives(postfix, address)
    again = desk.setup()
    assert "Nothing is left to change" in again.out and "main.cf" not in again.out, again
    desk.setup("--undo")
    assert postfix.main_cf() == before, postfix.main_cf()
    assert sorted(os.listdir(postfix.config)) == files, os.listdir(postfix.config)
    wait_until(postfix.answers, 15, "Postfix answers after --undo")
    assert postfix.rcpt(queue)[queue] != 250 or "virtual_alias_maps" in more or more.startswith("local_recipient"), "Postfix still takes the desk's mail"


def run_scenario(name):
    return lambda desk: play(desk, *SCENARIOS[name])


def test_undo_after_somebody_elses_change_takes_only_ours(desk):
    postfix = desk.postfix
    postfix.be("relay_domains = corp.example\n")
    desk.queue("support@help.example.org")
    desk.setup("--apply")
    postfix.do("postconf", "-e", "relay_domains = corp.example, help.example.org, late.example")
    postfix.do("postconf", "-e", "message_size_limit = 20000000")
    said = desk.setup("--undo").out
    assert "was changed since" in said, said
    main = postfix.main_cf()
    assert "relay_domains = corp.example, late.example" in main and "message_size_limit = 20000000" in main and "sportello_" not in main, main


def test_a_new_queue_is_told_to_postfix_by_running_it_again(desk):
    postfix = desk.postfix
    postfix.be("")
    desk.queue("support@help.example.org")
    before = postfix.main_cf()
    desk.setup("--apply")
    desk.settings["queues"].append({"name": "network", "address": "network@help.example.org", "agents": ["bob"]})
    try:
        desk.write_config()
        desk.restart()
        wait_until(postfix.answers, 15, "Postfix answers")
        assert postfix.rcpt("network@help.example.org") == {"network@help.example.org": 550}
        shown = desk.setup().out
        assert "+network@help.example.org" in shown and "main.cf" not in shown, shown
        desk.setup("--apply")
        wait_until(lambda: postfix.answers() and postfix.rcpt("network@help.example.org", "support+x@help.example.org", "no@help.example.org")
                   == {"network@help.example.org": 250, "support+x@help.example.org": 250, "no@help.example.org": 550}, 10, "the new queue is known")
    finally:
        desk.settings["queues"].pop()
        desk.write_config()
    desk.setup("--undo")
    assert postfix.main_cf() == before


def test_somebody_elses_line_is_not_overruled_but_named(desk):
    postfix = desk.postfix
    postfix.be("transport_maps = hash:{dir}/transport\nvirtual_alias_maps = hash:{dir}/virtual\n",
               {"transport": "support@help.example.org smtp:[10.0.0.1]\n", "virtual": "sales@help.example.org bob@agents.example\n"})
    desk.queue("support@help.example.org")
    before = postfix.main_cf()
    said = desk.setup("--apply", code=77)
    assert "transport for support@help.example.org already, smtp:[10.0.0.1]" in said.err and "nothing was changed" in said.err, said
    desk.queue("sales@help.example.org")
    said = desk.setup("--apply", code=77)
    assert "virtual_alias_maps changes sales@help.example.org into bob@agents.example" in said.err, said
    postfix.be("virtual_alias_domains = alias.example\nvirtual_alias_maps = hash:{dir}/virtual\n", {"virtual": "web@alias.example bob@agents.example\n"})
    desk.queue("support@alias.example")
    before = postfix.main_cf()
    said = desk.setup("--apply", code=77)
    assert "virtual_alias_domains, which have no mailboxes" in said.err, said
    assert postfix.main_cf() == before


def test_a_new_desk_gets_a_configuration_that_fits_its_postfix(desk):
    postfix = desk.postfix
    postfix.be("message_size_limit = 80000000\n", drop=("recipient_delimiter",))
    postfix.do("postconf", "-e", "recipient_delimiter = -")
    file = os.path.join(desk.directory, "new", "sportello.conf")
    words = ("-c", file, "setup", "--postfix", postfix.config, "--domain", "help.example.org", "--agent", "eva=eva@corp.example", "--agent", "bob=bob@corp.example", "--queue", "support",
             "--queue", "network@help.example.org", "--name", 'Acme "Support"', "--web", "none")
    shown = desk.run(*words)
    assert shown.code == 0 and not os.path.exists(file), shown
    assert '+\tseparator = "-";' in shown.out and "max_message_bytes = 80000000" in shown.out and "smtp://127.0.0.1:%d" % postfix.port in shown.out, shown
    done = desk.run(*words, "--apply")
    assert done.code == 0 and oct(os.stat(file).st_mode & 0o777) == "0o640", done
    assert "recipient_delimiter = -\n" in postfix.main_cf(), postfix.main_cf()
    with open(file) as f:
        text = f.read()
    assert 'name = "Acme \\"Support\\""' in text and 'address = "support@help.example.org"; agents = [ "eva", "bob" ]' in text, text
    again = desk.run(*words, "--apply", "--url", "https://other.example")
    assert again.code == 0 and "stays as it is" in again.out, again
    with open(file) as f:
        assert f.read() == text
    bad = desk.run("-c", file, "setup", "--postfix", postfix.config, "--queue", "sales@help.example.org")
    assert bad.code == 64 and "has no queue with the address sales@help.example.org" in bad.err, bad


def test_what_is_missing_or_wrong_is_a_sentence(desk):
    file = os.path.join(desk.directory, "none", "sportello.conf")
    for words, said in (((), "which domain?"), (("--domain", "help.example.org"), "who answers?"), (("--domain", "help.example.org", "--agent", "bob"), "write NAME=ADDRESS"),
                        (("--domain", "help.example.org", "--agent", "bob=bob@x.example", "--web", "lighttpd"), "nginx, caddy, apache or none"),
                        (("--apply", "--undo"), "not both")):
        done = desk.run("-c", file, "setup", "--postfix", desk.postfix.config, *words)
        assert done.code == 64 and said in done.err, (words, done)
    done = desk.run("-c", file, "setup", "--postfix", "none", "--domain", "help.example.org", "--agent", "bob=bob@x.example")
    assert done.code == 64 and "--relay" in done.err, done
    done = desk.run("-c", file, "setup", "--postfix", os.path.join(desk.directory, "nowhere"), "--domain", "help.example.org")
    assert done.code == 66 and "is not set up" in done.err, done
    done = desk.run("-c", file, "setup", "--postfix", desk.postfix.config, "--domain", "help.example.org", "--agent", "bob=bob@help.example.org", "--apply")
    assert done.code == 77 and "address in the desk's own domain" in done.err, done


TESTS = {**{name: run_scenario(name) for name in SCENARIOS}, **{name[5:]: value for name, value in list(globals().items()) if name.startswith("test_")}}


if __name__ == "__main__":
    main(TESTS, lambda directory: DebianDesk(directory, "support@example.org"))
