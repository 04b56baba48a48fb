"""All mails of a corpus (SPORTELLO_CORPUS, a folder of folders of .eml files) through LMTP; skipped where there is none.

What is asked of the command line for each mail is asked for every fifth or so; CORPUS_FULL=1 (`make corpus`) asks for all."""
import glob, os
from desk import Skip, TOP, Lmtp, setup

CORPUS = os.environ.get("SPORTELLO_CORPUS", os.path.join(os.path.dirname(TOP), "shared", "corpora", "open"))


def corpus():
    files = sorted(glob.glob(os.path.join(CORPUS, "*", "*.eml")))
    if not files:
        raise Skip("no corpus: set SPORTELLO_CORPUS, see HACKING.md")
    return files


def sample(rows, every):
    """Every so many of them, or all where CORPUS_FULL is set."""
    return rows if os.environ.get("CORPUS_FULL") else rows[::every]


def as_sent(data):
    """What an MTA makes of a file: CRLF line ends, the last one there."""
    data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")
    return data if data.endswith(b"\r\n") else data + b"\r\n"


@setup(config={"desk.acknowledgements_per_hour": 5})
def test_every_mail_of_the_corpus(desk):
    files, sent = corpus(), {}
    with Lmtp(desk.lmtp_port) as session:
        for i, path in enumerate(files):
            with open(path, "rb") as f:
                data = as_sent(f.read())
            sender = "" if i % 7 == 0 else "corpus%d@example.net" % i
            reply = session.deliver(data, ["support@example.org"], sender)
            assert reply[0][0] == 250, (path, reply)
            sent[path] = data
    rows = desk.ok("mailbox", "list")
    assert sum(1 + r["duplicates"] for r in rows) == len(files), (len(rows), len(files))
    assert all(r["disposition"] for r in rows)
    by_size = {}
    for data in sent.values():
        by_size.setdefault(len(data), set()).add(data)
    for row in sample(rows, 5):
        raw = desk.cli("mailbox", "raw", row["id"]).bytes
        assert raw in by_size[len(raw)], "mail %d is not what was sent" % row["id"]
    desk.ok("ticket", "list")
    assert desk.cli("fsck").code == 0, desk.cli("fsck", json_output=False)


test_every_mail_of_the_corpus.long = 35


def test_every_ticket_of_the_corpus_can_be_shown(desk):
    files = sample(corpus(), 19)
    with Lmtp(desk.lmtp_port) as session:
        for path in files:
            with open(path, "rb") as f:
                assert session.deliver(as_sent(f.read()), ["support@example.org"])[0][0] == 250
    for ticket in desk.tickets():
        shown = desk.ticket(ticket["id"])
        for message in shown["messages"]:
            for k, attachment in enumerate(message["attachments"], 1):
                assert len(desk.cli("ticket", "attachment", ticket["id"], message["id"], k).bytes) == attachment["size"]
