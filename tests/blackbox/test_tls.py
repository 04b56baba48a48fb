"""TLS to the relay: only a relay that proves its name gets a mail, and a password only over TLS (or on our own machine)."""
import os

from desk import HERE, mail, setup, wait_until
from relay import Relay

TRUST = {"SPORTELLO_CA_FILE": os.path.join(HERE, "tls", "ca.pem")}


def with_relay(desk, url, relay, password=None):
    desk.relay = relay
    desk.set("relay.url", url % relay.port)
    if password:
        path = os.path.join(desk.directory, "password")
        with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w") as f:
            f.write(password + "\n")
        desk.set("relay.password_file", path)
    desk.write_config()
    desk.start()


def refused(desk, words):
    desk.accept(mail())
    wait_until(lambda: desk.log("outbox.relay_trouble"))
    assert words in desk.log("outbox.relay_trouble")[0]["why"], desk.log("outbox.relay_trouble")
    assert not desk.relay.mails and not [c for c in desk.relay.commands if c.startswith(("MAIL", "AUTH"))]


@setup(start=False, environment=TRUST)
def test_smtps_to_a_relay_that_proves_its_name(desk):
    with_relay(desk, "smtps://localhost:%d", Relay("good"))
    for i in range(5):
        desk.accept(mail(subject="n%d" % i, body="x" * 60 + "\n" * 3000))
    desk.wait_sent(10)
    assert desk.relay.connections <= 4


@setup(start=False, environment=TRUST, config={"relay.senders": 1})
def test_starttls_with_password(desk):
    relay = Relay()
    relay.offers = ["STARTTLS", "AUTH LOGIN PLAIN"]
    relay.password = "desk\0s3cret word"
    with_relay(desk, "smtp+starttls://desk@localhost:%d", relay, "s3cret word")
    desk.accept(mail())
    desk.wait_sent(2)
    assert [c.split()[0] for c in relay.commands][:4] == ["EHLO", "STARTTLS", "EHLO", "AUTH"]
    with open(desk.log_file) as f:
        assert "s3cret" not in f.read()


@setup(start=False, environment=TRUST)
def test_certificate_of_somebody_else(desk):
    with_relay(desk, "smtps://localhost:%d", Relay("other"))
    refused(desk, "does not match")


@setup(start=False, environment=TRUST)
def test_certificate_that_expired(desk):
    with_relay(desk, "smtps://localhost:%d", Relay("expired"))
    refused(desk, "expired")


@setup(start=False)
def test_certificate_of_an_unknown_authority(desk):
    relay = Relay()
    relay.offers = ["STARTTLS"]
    with_relay(desk, "smtp+starttls://localhost:%d", relay)
    refused(desk, "TLS: ")


@setup(start=False, environment=TRUST)
def test_wrong_password_costs_one_attempt_at_a_time(desk):
    relay = Relay("good")
    relay.offers = ["AUTH PLAIN"]
    relay.password = "desk\0right"
    with_relay(desk, "smtps://desk@localhost:%d", relay, "wrong")
    desk.accept(mail())
    wait_until(lambda: desk.log("outbox.relay_trouble"))
    assert "535" in desk.log("outbox.relay_trouble")[0]["why"] and not relay.mails
    assert sum(r["attempts"] for r in desk.outbox()) <= 2
