#!/usr/bin/env python3
"""test_postfix.py [-k] - the main job through a real Postfix on both sides. Ends with "N passed, N failed".

customer -> Postfix -> LMTP -> ticket -> acknowledgement -> Postfix -> the customer's mailbox, the reply to that, the agent's answer
to the notice, bounces, and addresses that do not exist. One round over TCP, one over a unix socket whose owner and mode the
configuration sets, one with the daemon as a user of its own in a set-gid directory, as contrib/postfix/README tells.
-k keeps the directories.
"""
import os, pwd, grp, shutil, smtplib, stat, subprocess, sys, tempfile, traceback
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from postfix import Postfix, Desk, wait_until
from desk import BUILD, address_of, mail

ANNA, BOB, GONE, LOST = "anna@customers.example", "bob@agents.example", "gone@customers.example", "lost@customers.example"
SUPPORT = "support@help.example.org"
AGENTS = [{"name": "bob", "email": BOB, "display": "Bob Rossi"}]
QUEUES = [{"name": "support", "address": SUPPORT, "description": "Everything", "agents": ["bob"]}]


class PostfixDesk(Desk):
    """A desk behind its Postfix; `user` runs the daemon as that user."""
    def __init__(self, directory, lmtp, listen=None, config=None, user=None, group=None):
        self.user, self.group = user, group
        os.makedirs(os.path.join(directory, "desk"))
        self.postfix = Postfix(os.path.join(directory, "postfix"), lmtp, [ANNA, BOB], [GONE])
        super().__init__(os.path.join(directory, "desk"), start=False, agents=AGENTS, queues=QUEUES,
                         config={"desk.domain": "help.example.org", "relay.url": "smtp://127.0.0.1:%d" % self.postfix.port, **(config or {})})
        if lmtp.startswith("inet:"):
            self.postfix.lmtp = "inet:127.0.0.1:%d" % self.lmtp_port
            self.postfix.write()
        else:
            self.set("lmtp.listen", ["127.0.0.1:%d" % self.lmtp_port, "unix:" + listen])
        self.write_config()
        if user:
            for path in (self.directory, self.state_dir):
                shutil.chown(path, user)
        try:
            self.postfix.start()
            self.start()
        except BaseException:
            self.close()
            raise

    def start(self, wait=True):
        if not self.user:
            return super().start(wait)
        with open(self.log_file, "ab") as log:
            self.process = subprocess.Popen([os.path.join(self.directory, "..", "bin", "sportellod"), "-c", self.config_file], stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, env=self.environment, user=self.user, group=self.group, extra_groups=[])
        wait_until(self.answers, 20, "sportellod answers")

    def close(self):
        try:
            super().close()
        finally:
            self.postfix.stop()


def test_conversation(desk):
    """Customer, acknowledgement, reply, notice, answer, reply."""
    postfix = desk.postfix
    postfix.send(mail("Scanner offline", "The scanner on floor 2 is offline.\n", "Anna Bianchi <%s>" % ANNA, SUPPORT), SUPPORT, ANNA)
    acknowledgement = postfix.wait_mail(ANNA)[0]
    assert "[#1]" in acknowledgement["Subject"], acknowledgement["Subject"]
    assert acknowledgement["Auto-Submitted"] == "auto-replied", acknowledgement["Auto-Submitted"]
    assert address_of(acknowledgement, "From") == SUPPORT
    token_address = address_of(acknowledgement)
    assert token_address.startswith("support+") and token_address.endswith("@help.example.org"), token_address
    assert acknowledgement.message.get_body(("html",)) is not None

    postfix.send(mail(body="It shows error 7.\n\n> Hello,\n", sender=ANNA, reply_to=acknowledgement), token_address, ANNA)
    wait_until(lambda: sum(m["direction"] == "in" for m in desk.ticket(1)["messages"]) == 2, 20, "the reply joins the ticket")
    assert len(desk.tickets()) == 1
    assert desk.ticket(1)["messages"][-1]["reply_text"].strip() == "It shows error 7."

    notice = postfix.wait_mail(BOB)[0]
    assert "The scanner on floor 2 is offline." in notice.text, notice.text
    postfix.send(mail(body="Please hold its button for ten seconds.\n\n> The scanner\n", sender="Bob Rossi <%s>" % BOB, reply_to=notice),
                 address_of(notice), BOB)
    answer = [m for m in wait_until(lambda: len(postfix.mailbox(ANNA)) >= 2 and postfix.mailbox(ANNA), 20, "the agent's answer")][1]
    assert "ten seconds" in answer.text and "The scanner" not in answer.text, answer.text
    assert address_of(answer, "From") == SUPPORT and "Bob Rossi" in answer["From"], answer["From"]
    assert answer["Auto-Submitted"] is None

    postfix.send(mail(body="Works, thank you!\n", sender=ANNA, reply_to=answer), address_of(answer), ANNA)
    wait_until(lambda: any(m["reply_text"].strip() == "Works, thank you!" for m in desk.ticket(1)["messages"]), 20, "the last words join")
    assert len(desk.tickets()) == 1


def test_bounce_is_kept_on_its_ticket(desk):
    """Postfix takes the acknowledgement and returns it later: the bounce address leads it to the ticket."""
    postfix = desk.postfix
    before = len(desk.tickets())
    postfix.send(mail("From nowhere", "Hello\n", "Gone <%s>" % GONE, SUPPORT), SUPPORT, GONE)
    wait_until(lambda: len(desk.tickets()) == before + 1, 20, "a ticket")
    number = desk.tickets()[0]["id"]
    wait_until(lambda: any(m["kind"] == "bounce" for m in desk.ticket(number)["messages"]), 20, "the bounce on ticket %d" % number)
    assert len(desk.tickets()) == before + 1
    wait_until(lambda: any("bounce" == row["disposition"] for row in desk.ok("mailbox", "list")), 5, "its disposition")


def test_refusal_at_rcpt_is_seen(desk):
    """Postfix refuses the customer's address at once: nothing loops, the ticket tells."""
    postfix = desk.postfix
    before = len(desk.tickets())
    postfix.send(mail("From a lost one", "Hello\n", LOST, SUPPORT), SUPPORT, LOST)
    wait_until(lambda: len(desk.tickets()) == before + 1, 20, "a ticket")
    number = desk.tickets()[0]["id"]
    wait_until(lambda: LOST in str(desk.ticket(number)["history"]) and "550" in str(desk.ticket(number)["history"]), 20, "the refusal in the history")


def test_an_address_that_changed_is_an_alias_that_keeps_the_token(desk):
    """contrib/postfix/README, "An address that changes"."""
    postfix = desk.postfix
    if not postfix.mailbox(ANNA):
        postfix.send(mail("For a token", "x\n", ANNA, SUPPORT), SUPPORT, ANNA)
    good = address_of(postfix.wait_mail(ANNA)[0])
    before = len(desk.tickets())
    postfix.send(mail("Re: what it was", "By the name of then.\n", ANNA, good.replace("support+", "old+")), good.replace("support+", "old+"), ANNA)
    wait_until(lambda: any("By the name of then." in m["text"] for t in desk.tickets() for m in desk.ticket(t["id"])["messages"]), 20, "the mail is there")
    assert len(desk.tickets()) == before


def test_unknown_addresses_are_550(desk):
    """Refused while the sender is still connected, so that no bounce is made; good ones are taken."""
    postfix = desk.postfix
    if not postfix.mailbox(ANNA):
        postfix.send(mail("For a token", "x\n", ANNA, SUPPORT), SUPPORT, ANNA)
    good = address_of(postfix.wait_mail(ANNA)[0])
    token = good.split("+")[1].split("@")[0]
    other = token[:-9] + ("a" if token[-9] != "a" else "b") + token[-8:]
    # A token that is not ours proves nothing, but the mail is taken, as one to the queue.
    expected = {"nosuch@help.example.org": 550, "nosuch+%s@help.example.org" % token: 550, SUPPORT: 250, good: 250,
                good.replace(token, other): 250, good.upper(): 250, "someone@elsewhere.example": 454}
    for address, code in expected.items():
        with postfix.stranger() as session:
            session.ehlo()
            session.mail(ANNA)
            got, text = session.rcpt(address)
            assert got == code, (address, code, got, text)


def test_smtputf8(desk):
    """An address in another script comes through (RFC 6531)."""
    postfix = desk.postfix
    before = len(desk.tickets())
    with postfix.stranger() as session:
        session.ehlo()
        session.command_encoding = "utf-8"
        assert session.docmd("MAIL", "FROM:<jürgen@kunden.example> SMTPUTF8 BODY=8BITMIME")[0] == 250
        assert session.docmd("RCPT", "TO:<%s>" % SUPPORT)[0] == 250
        code, text = session.data(mail("Grüße", "Hallo\n", "Jürgen <jürgen@kunden.example>", SUPPORT))
        assert code == 250, text
    wait_until(lambda: len(desk.tickets()) == before + 1, 20, "a ticket")
    assert desk.tickets()[0]["customer"]["address"] == "jürgen@kunden.example"


def test_foreign_authentication_results_of_our_name_are_taken_off(desk):
    """Whole fields, folded lines too, whatever stands before the name; those of other names stay."""
    forged = ("mx.example.org; dmarc=pass header.from=one.example", "mx.example.org;\r\n\tdmarc=pass header.from=two.example;\r\n spf=pass smtp.mailfrom=two.example",
              "(a remark) MX.Example.Org 1; dmarc=pass header.from=three.example", '"mx.example.org"; dmarc=pass header.from=four.example',
              "\r\n mx.example.org; dmarc=pass header.from=five.example", "mx.example.org.; dmarc=pass header.from=six.example")
    before = len(desk.tickets())
    data = mail("Forged results", "Hello\n", ANNA, SUPPORT)
    data = data if isinstance(data, bytes) else data.encode()
    ours = "".join("Authentication-Results: %s\r\n" % f for f in (*forged, "mx.example.com; dmarc=pass header.from=other.example")).encode()
    desk.postfix.send(ours + data, SUPPORT, ANNA)
    wait_until(lambda: len(desk.tickets()) == before + 1, 20, "a ticket")
    raw = desk.cli("ticket", "raw", before + 1, 1, json_output=False).out.lower()
    for word in ("one", "two", "three", "four", "five", "six"):
        assert word + ".example" not in raw.split("\n\n")[0].replace("\r", ""), raw
    assert "other.example" in raw and "forged results" in raw, raw


def test_desk_down_and_up_again(desk):
    """While the daemon is down Postfix keeps the mail; afterwards it is there once."""
    postfix = desk.postfix
    before = len(desk.tickets())
    desk.stop()
    postfix.send(mail("While you slept", "Hello\n", ANNA, SUPPORT), SUPPORT, ANNA)
    wait_until(lambda: postfix.waiting(), 10, "the mail waits in the queue of Postfix")
    desk.start()
    postfix.flush()
    wait_until(lambda: len(desk.tickets()) == before + 1, 30, "a ticket")


DIALOGS = [value for name, value in list(globals().items()) if name.startswith("test_")]


def over_tcp(directory):
    return PostfixDesk(directory, "inet:to be told")


def over_unix(directory):
    """The daemon is root here and hands the socket to Postfix."""
    path = os.path.join(directory, "postfix", "spool", "sportello", "lmtp")
    os.makedirs(os.path.dirname(path), 0o755)
    desk = PostfixDesk(directory, "unix:sportello/lmtp", path, {"lmtp.socket_owner": "postfix", "lmtp.socket_mode": "0600"})
    at = os.stat(path)
    assert stat.S_ISSOCK(at.st_mode) and stat.S_IMODE(at.st_mode) == 0o600 and at.st_uid == pwd.getpwnam("postfix").pw_uid, oct(at.st_mode)
    return desk


def over_unix_as_user(directory):
    """As the README has it: the daemon's own directory in Postfix's chroot, set-gid, so that the socket gets Postfix's group."""
    user = "nobody"
    path = os.path.join(directory, "postfix", "spool", "sportello", "lmtp")
    os.makedirs(os.path.dirname(path))
    shutil.chown(os.path.dirname(path), user, "postfix")
    os.chmod(os.path.dirname(path), 0o2750)
    os.makedirs(os.path.join(directory, "bin"))
    shutil.copy(os.path.join(BUILD, "sportellod"), os.path.join(directory, "bin", "sportellod"))       # BUILD may be for root alone
    desk = PostfixDesk(directory, "unix:sportello/lmtp", path, user=user, group=pwd.getpwnam(user).pw_gid)
    at = os.stat(path)
    assert stat.S_IMODE(at.st_mode) == 0o660 and at.st_gid == grp.getgrnam("postfix").gr_gid, (oct(at.st_mode), at.st_gid)
    return desk


ROUNDS = [(over_tcp, DIALOGS), (over_unix, DIALOGS[:2]), (over_unix_as_user, DIALOGS[:1])]


def main():
    passed = failed = 0
    for make, dialogs in ROUNDS:
        directory = tempfile.mkdtemp(prefix="sportello-postfix-")
        os.chmod(directory, 0o755)                       # Postfix and its mailboxes have users of their own
        desk = None
        try:
            for dialog in dialogs:
                try:
                    desk = desk or make(directory)
                    dialog(desk)
                    passed += 1
                except Exception:
                    failed += 1
                    print("FAILED: postfix %s %s\n%s" % (make.__name__, dialog.__name__[5:], traceback.format_exc()))
                    if desk is None:
                        failed += len(dialogs) - 1
                        break
                    print("--- log of Postfix:\n%s--- log of sportellod:\n%s" % (desk.postfix.log(), desk.log_tail(25)))
        finally:
            if desk:
                try:
                    desk.close()
                except Exception:
                    failed += 1
                    traceback.print_exc()
            if "-k" in sys.argv:
                print("kept:", directory)
            else:
                shutil.rmtree(directory, ignore_errors=True)
    print("%d passed, %d failed" % (passed, failed))
    sys.exit(1 if failed else 0)


main()
