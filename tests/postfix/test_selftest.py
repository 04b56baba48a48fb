#!/usr/bin/env python3
"""test_selftest.py [-k] [WORD...] - `sportello selftest` on real Postfixes: what is broken is named right, what is good is silent. Ends with
"N passed, N failed". A broken set-up is a good one of `sportello setup` with one thing changed; its row says which test must fail, and words of the cause
and of what to do.
"""
import os, sys
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from debian import DebianDesk, main, wait_until
from postfix import sample

OWN, SHARED = "support@help.example.org", "support@example.org"
FORGED = {"authserv_id": "mx.example.org"}
TRANSPORT = "hash:{dir}/etc/sportello_transport"


def prepare(desk, queue, more="", tables=(), drop=(), set_up=True, config=()):
    desk.postfix.clear()
    desk.postfix.be(more, tables, drop)
    for key in FORGED:
        desk.set(key, dict(config).get(key))
    desk.queue(queue)
    if set_up:
        desk.setup("--apply")
        wait_until(desk.postfix.answers, 15, "Postfix answers")


def selftest(desk, wait=30, *words):
    done = desk.cli("selftest", "--postfix", desk.postfix.config, "--wait", wait, *words)
    assert done.code in (0, 65), done
    return done.code, {row["test"]: row for row in done.json}


def good(queue, more="", tables=(), drop=(), set_up=True, config=(), dig=None):
    def test(desk):
        prepare(desk, queue, more, tables, drop, set_up, config)
        if dig:
            dig(desk)
        before = len(desk.tickets())
        code, rows = selftest(desk)
        assert code == 0 and all(row["ok"] for row in rows.values()), [row for row in rows.values() if not row["ok"]]
        assert {"queue", "signed", "bounce", "unknown", "8-bit", "smtputf8", "size", "message-id", "sender", "unchanged"} <= set(rows)
        assert len(desk.tickets()) == before, "a selftest made a ticket"
    return test


def broken(fails, cause, do, queue=OWN, more="", tables=(), drop=(), set_up=True, config=(), change=(), wait=5):
    """change: lines for postconf -e after setup."""
    def test(desk):
        prepare(desk, queue, more, tables, drop, set_up, config)
        for line in change:
            desk.postfix.do("postconf", "-e", line.format(dir=desk.postfix.directory))
        if change:
            desk.postfix.reload()
        code, rows = selftest(desk, wait)
        assert code == 65 and fails in rows and not rows[fails]["ok"], (fails, list(rows.values()))
        assert cause in rows[fails]["cause"] and do in rows[fails]["do"], rows[fails]
    return test


def whole_domain(desk):
    """contrib/postfix/main.cf.sample by hand: the domain as a whole, and addresses asked for at the desk."""
    postfix = desk.postfix
    with open(os.path.join(postfix.directory, "transport"), "w") as f:
        f.write("help.example.org lmtp:inet:127.0.0.1:%d\n" % desk.lmtp_port)
    for line in ("transport_maps = texthash:%s/transport" % postfix.directory, "relay_domains = help.example.org",
                 "smtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destination, check_recipient_access inline:{help.example.org=reject_unverified_recipient}",
                 "unverified_recipient_reject_code = 550", "address_verify_map = btree:$data_directory/verify", "message_size_limit = 51200000"):
        postfix.do("postconf", "-e", line)
    postfix.reload()



def with_checks(text):
    return {"checks": text}


CHECKS = "header_checks = regexp:{dir}/checks\n"
TESTS = {
    "good_a_domain_of_its_own": good(OWN),
    "good_an_address_in_mydestination": good(SHARED),
    "good_the_domain_as_a_whole": good(OWN, set_up=False, dig=whole_domain),
    "good_beside_another_domain": good(OWN, "transport_maps = hash:{dir}/transport\nrelay_domains = corp.example\nrelay_recipient_maps = hash:{dir}/relayed\n",
                                      {"transport": "corp.example virtual:\n", "relayed": "staff@corp.example x\n"}),
    "good_forged_results_are_taken_off": good(OWN, CHECKS, with_checks(sample("header_checks.sample")), config=FORGED),

    "mydestination_holds_the_domain": broken("queue", "mydestination holds its domain", "sportello setup", SHARED, set_up=False),
    "a_mailbox_of_that_name_swallows_the_mail": broken("queue", "goes to a mailbox of this machine", "sportello setup", SHARED, "local_recipient_maps =\nluser_relay = bob@agents.example\n", set_up=False),
    "nobody_takes_the_domain": broken("queue", "Postfix takes no mail for support@help.example.org", "sportello setup", set_up=False),
    "no_delimiter_where_recipients_are_listed": broken("signed", "recipient_delimiter is not set", "recipient_delimiter = +", SHARED, change=("recipient_delimiter =",)),
    "another_delimiter": broken("signed", 'recipient_delimiter is "-" and has no "+"', "recipient_delimiter = +-", SHARED, change=("recipient_delimiter = -",)),
    "the_transport_leads_to_another_port": broken("queue", "and the desk listens on 127.0.0.1", "support@help.example.org", more="transport_maps = hash:{dir}/transport\nrelay_domains = help.example.org\n",
                                                  tables={"transport": "help.example.org lmtp:inet:127.0.0.1:1\n"}, set_up=False),
    "the_transport_is_smtp": broken("queue", "sends mail for support@help.example.org to smtp:[127.0.0.1]:1", "lmtp:inet:", more="transport_maps = hash:{dir}/transport\nrelay_domains = help.example.org\n",
                                    tables={"transport": "help.example.org smtp:[127.0.0.1]:1\n"}, set_up=False),
    "an_alias_takes_the_address": broken("queue", "virtual_alias_maps changes support@help.example.org into bob@agents.example", "take support@help.example.org out",
                                         change=("virtual_alias_maps = inline:{{support@help.example.org=bob@agents.example}}",)),
    "senders_are_masqueraded": broken("masquerade_domains", "masquerade_domains changes the desk's sender", "masquerade_domains = !help.example.org", change=("masquerade_domains = example.org", "local_header_rewrite_clients = permit_mynetworks")),
    "senders_are_rewritten": broken("sender_canonical_maps", "changes the desk's sender support@help.example.org into office@example.org", "sender_canonical_maps",
                                    change=("sender_canonical_maps = inline:{{@help.example.org=office@example.org}}",)),
    "larger_mails_than_the_desk_takes": broken("message_size_limit", "Postfix takes larger mails", "message_size_limit = 52428800", change=("message_size_limit = 90000000",)),
    "any_size": broken("message_size_limit", "any size", "message_size_limit = 52428800", change=("message_size_limit = 0",)),
    "mails_of_a_tenth": broken("size", "less than a tenth", "message_size_limit = 25000000", change=("message_size_limit = 500000",)),
    "message_ids_are_changed": broken("message-id", "the Message-ID is changed on the way", "header_checks", more=CHECKS, tables=with_checks("/^Message-ID:/ REPLACE Message-ID: <other@relay.example>\n")),
    "subjects_are_tagged": broken("unchanged", "the subject is changed on the way", "header_checks", more=CHECKS, tables=with_checks("/^Subject: (.*)/ REPLACE Subject: [EXTERNAL] $1\n")),
    "text_is_changed": broken("unchanged", "the text is changed on the way", "body_checks", more="body_checks = regexp:{dir}/checks\n", tables=with_checks("/^The last line/ REPLACE The last line. Scanned.\n")),
    "forged_results_pass": broken("authentication-results", "a forged Authentication-Results of the name mx.example.org", "header_checks.sample", config=FORGED),
    "unknown_addresses_vanish": broken("unknown", "is taken and neither refused nor returned", "discard: transport", SHARED, change=("luser_relay = bob@agents.example", "local_recipient_maps =")),
    "a_catch_all_leads_to_the_desk": broken("unknown", "reaches the desk as support@example.org", "catch-all", SHARED, change=("virtual_alias_maps = inline:{{support@example.org=support@example.org, @example.org=support@example.org}}",)),
    "mail_comes_twice": broken("queue", "arrived 2 times", "recipient_bcc_maps", change=("recipient_bcc_maps = inline:{{support@help.example.org=support+copy@help.example.org}}",)),
    "bounces_are_soft": broken("soft_bounce", "soft_bounce = yes", "soft_bounce = no", change=("soft_bounce = yes",)),
    "the_desks_transport_is_put_off": broken("queue", "defer_transports holds lmtp", "defer_transports", change=("defer_transports = lmtp",)),
}


def test_a_desk_that_does_not_run_is_the_cause(desk):
    prepare(desk, OWN)
    desk.stop()
    try:
        code, rows = selftest(desk, 4)
    finally:
        desk.start()
    assert code == 65 and "waits in Postfix's queue" in rows["queue"]["cause"] and "is sportellod running" in rows["queue"]["do"], rows["queue"]
    desk.postfix.clear()


def test_a_relay_that_is_not_there_is_the_cause(desk):
    prepare(desk, OWN)
    url = desk.settings["relay"]["url"]
    desk.set("relay.url", "smtp://127.0.0.1:1")
    desk.write_config()
    try:
        code, rows = selftest(desk, 4)
        assert code == 65 and "the relay cannot be reached" in rows["queue"]["cause"] and "relay.url" in rows["queue"]["do"], rows
        shown = desk.cli("selftest", "--postfix", "none", json_output=False)
        assert shown.code == 65 and "FAILED: the relay cannot be reached" in shown.out and "do: relay.url" in shown.out, shown
    finally:
        desk.set("relay.url", url)
        desk.write_config()


TESTS.update({name[5:]: value for name, value in list(globals().items()) if name.startswith("test_")})

# Of a long list, what `make check` has time for; POSTFIX_FULL=1: all of it, some minutes.
SOME = ("good_an_address_in_mydestination", "good_forged_results_are_taken_off", "mydestination_holds_the_domain", "nobody_takes_the_domain", "no_delimiter_where_recipients_are_listed",
        "message_ids_are_changed", "larger_mails_than_the_desk_takes", "an_alias_takes_the_address", "a_relay_that_is_not_there_is_the_cause")
if not os.environ.get("POSTFIX_FULL") and not [w for w in sys.argv[1:] if not w.startswith("-")]:
    TESTS = {name: TESTS[name] for name in SOME}

if __name__ == "__main__":
    main(TESTS, lambda directory: DebianDesk(directory, OWN))
