"""Keys that sign addresses and links: changed while mails are under way, and after a theft."""
import os, re
from desk import mail, setup, wait_until, address_of

STRANGER = {"sender": "Anna at home <anna@home.example>"}


def link_of(sent):
    return re.search(r"/l/\S+", sent.text).group().rstrip(".,)")


def follow(desk, count):
    """Waits until the daemon has read the keys that many times more."""
    wait_until(lambda: len(desk.log("daemon.reload", result="done")) == count)


def test_nobody_let_in_key_file_is_for_the_owner(desk):
    path = os.path.join(desk.state_dir, "secret.key")
    assert os.stat(path).st_mode & 0o777 == 0o600
    desk.ok("key", "rotate")
    assert os.stat(path).st_mode & 0o777 == 0o600
    assert re.search(r"[0-9a-f]{64}", open(path).read()) and not re.search(r"[0-9a-f]{64}", desk.cli("key", "list", json_output=False).out)


def test_rotation_breaks_nothing_in_flight(desk):
    desk.accept(mail())
    old = desk.wait_sent(1, to="anna@example.com")[0]
    keys = desk.ok("key", "rotate")
    assert [k["signs"] for k in keys] == [True, False]
    follow(desk, 1)
    assert desk.http(link_of(old))[0] == 200
    desk.accept(mail(reply_to=old, headers=[], **STRANGER), address_of(old), sender="anna@home.example")
    assert len(desk.tickets()) == 1 and len(desk.ticket(1)["messages"]) == 3
    desk.accept(mail(subject="Another"))
    new = desk.wait_sent(2, to="anna@example.com")[1]
    assert desk.ok("key", "revoke", keys[1]["key"]) == keys[:1]
    follow(desk, 2)
    assert desk.http(link_of(new))[0] == 200 and desk.http(link_of(old))[0] == 404


def test_after_a_theft_old_tokens_die_and_the_customer_is_still_understood(desk):
    desk.accept(mail())
    old = desk.wait_sent(1, to="anna@example.com")[0]
    notice = desk.wait_sent(1, to="bob@agents.example")[0]
    desk.ok("key", "revoke", "all")
    follow(desk, 1)
    assert desk.http(link_of(old))[0] == 404
    # Whoever has the stolen key, or only the address, gets a ticket of his own.
    desk.accept(mail(subject="Let me in", sender="thief@elsewhere.example", to=address_of(old)), address_of(old), sender="thief@elsewhere.example")
    assert len(desk.tickets()) == 2 and len(desk.ticket(1)["messages"]) == 2
    # Nor does the agent's old notice make anybody the agent.
    desk.accept(mail(reply_to=notice, sender="Bob Rossi <bob@agents.example>", body="/resolve\n\nPay here: https://thief.example\n"), address_of(notice),
                sender="bob@agents.example")
    assert len(desk.tickets()) == 2 and desk.ticket(1)["state"] == "new" and len(desk.sent_to("anna@example.com")) == 1
    wait_until(lambda: [m for m in desk.sent_to("bob@agents.example") if "thief.example" in m.text], 10, "Bob is told that his words went nowhere")
    # The customer answers the old mail as always.
    desk.accept(mail(reply_to=old), address_of(old))
    assert len(desk.tickets()) == 2 and [m["kind"] for m in desk.ticket(1)["messages"]] == ["request", "notice", "reply"]


def test_key_commands_say_what_is_wrong(desk):
    assert desk.cli("key", "revoke", "12345678").code == 66
    for _ in range(7):
        desk.ok("key", "rotate")
    result = desk.cli("key", "rotate")
    assert result.code == 77 and "still good" in result.err, result
    desk.advance(31 * 86400)
    assert len(desk.ok("key", "rotate")) == 8


@setup(start=False)
def test_keys_changed_while_it_is_stopped(desk):
    desk.start()
    desk.stop()
    desk.ok("key", "rotate")
    desk.start()
    desk.accept(mail())
    assert len(desk.ok("key", "list")) == 2 and not desk.log("daemon.keys")
