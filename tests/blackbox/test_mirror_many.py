"""The mirror of a whole desk under a real IMAP server: killed while it catches up, then read, searched, threaded and answered.

MIRROR_TICKETS (40) and MIRROR_KILLS (3); `make mirror` takes 20,000 and 50, and says how long each step took.
"""
import email, email.policy, os, random, re, sqlite3, subprocess, threading, time

from desk import BUILD, SLOW, address_of, mail, wait_until
from dovecot import Dovecot
from ports import free_port, give_back

TICKETS, KILLS = int(os.environ.get("MIRROR_TICKETS", "40")), int(os.environ.get("MIRROR_KILLS", "3"))
LARGE = TICKETS > 1000
BOB = "bob@agents.example"
PROVED = [("Authentication-Results", "mx.example.org; dmarc=pass header.from=agents.example")]
WORDS = "printer paper office window network invoice contract delivery password folder picture meeting phone cable drawer lamp".split()


class Steps:
    """Says what was done, and how long it took; only where somebody waits for it."""
    def __init__(self):
        self.begin = time.monotonic()

    def done(self, words):
        if LARGE:
            print("        %7.1f s  %s" % (time.monotonic() - self.begin, words), flush=True)
        self.begin = time.monotonic()


def root(desk):
    return os.path.join(desk.directory, "mirror")


def rows(desk, sql, *values):
    database = sqlite3.connect("file:%s?mode=ro" % os.path.join(desk.state_dir, "sportello.db"), uri=True, timeout=30)
    try:
        return database.execute(sql, values).fetchall()
    finally:
        database.close()


def messages(desk):
    """{(ticket, message): queue}"""
    return {(ticket, seq): queue for ticket, seq, queue in rows(desk, "SELECT message.ticket, message.seq, ticket.queue FROM message JOIN ticket ON ticket.id = message.ticket")}


def files(desk):
    """{(ticket, message): [(queue, path)]}"""
    found = {}
    for folder in os.listdir(root(desk)):
        for part in ("cur", "new"):
            place = os.path.join(root(desk), folder, part)
            for name in os.listdir(place) if folder.startswith(".") and os.path.isdir(place) else []:
                ticket, seq = map(int, re.match(r"\d+\.t(\d+)m(\d+)\.", name).groups())
                found.setdefault((ticket, seq), []).append((folder[1:], os.path.join(place, name)))
    return found


def followed(desk):
    """All messages that the store has are there: the mirror's position is the last one's."""
    try:
        with open(os.path.join(root(desk), "sportello-mirror")) as f:
            said = f.read().split()
    except FileNotFoundError:
        return False
    return len(said) == 3 and int(said[2]) >= rows(desk, "SELECT max(id) FROM message")[0][0]


def same(desk):
    there = files(desk)
    return {key: [folder for folder, _ in places] for key, places in there.items()} == {key: [queue] for key, queue in messages(desk).items()}


# ---- a desk with many tickets

def person(number):
    return "anna%d@customer%d.example" % (number, number % 97)


def request(number):
    text = " ".join(random.Random(number).choices(WORDS, k=120))
    return mail(subject="%s of room %d" % (WORDS[number % len(WORDS)].capitalize(), number), sender="Anna %d <%s>" % (number, person(number)),
                message_id="<many%d@customer.example>" % number, body="Good morning,\n\n%s\n\nzeppelin%d\n\nAnna\n" % (text, number))


def further(number):
    return mail(subject="Re: %s of room %d" % (WORDS[number % len(WORDS)].capitalize(), number), sender="Anna %d <%s>" % (number, person(number)),
                message_id="<more%d@customer.example>" % number, body="And again, since this morning: balloon%d.\n" % number,
                headers=[("In-Reply-To", "<many%d@customer.example>" % number), ("References", "<many%d@customer.example>" % number)])


def fill(desk, count):
    """`count` requests, and a further mail to every third."""
    wrong = []

    def send(first, sessions):
        with desk.session(timeout=300) as session:
            for make in (request, further):
                for number in range(first, count, sessions):
                    if make is request or number % 3 == 0:
                        wrong.extend(reply for reply in session.deliver(make(number), ["support@example.org"], person(number)) if reply[0] != 250)
    sessions = 8 if LARGE else 2
    threads = [threading.Thread(target=send, args=(i, sessions)) for i in range(sessions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong, wrong[:3]


class Sink:
    """Where many notices and acknowledgements go, so that they are sent and lie nowhere; the plain maildir where that program is not built."""
    def __init__(self, desk):
        program = os.path.join(BUILD, "bench", "sink")
        self.process, self.desk = None, desk
        if not LARGE or not os.path.exists(program):
            return
        self.port = free_port()
        self.process = subprocess.Popen([program, str(self.port), "1000000000"], stdout=subprocess.PIPE)
        self.process.stdout.readline()
        desk.set("relay.url", "smtp://127.0.0.1:%d" % self.port)

    def close(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process.stdout.close()
            give_back(self.port)
            self.process = None
            self.desk.set("relay.url", "maildir:" + self.desk.maildir)


# ---- what an IMAP client sees

def numbers(said):
    return said[1][0].split() if said[1] and said[1][0] else []


def by_message_id(connection):
    """{number: Message-ID} of the folder that is open."""
    found = {}
    for part in connection.fetch("1:*", "(BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])")[1]:
        if isinstance(part, tuple):
            found[part[0].split()[0].decode()] = re.search(rb"<[^>]*>", part[1]).group().decode()
    return found


def threads_of(said):
    """The top threads of a THREAD response, each as its numbers."""
    depth, now, found = 0, [], []
    for token in re.findall(r"[()]|\d+", said):
        depth += token == "("
        depth -= token == ")"
        if token.isdigit():
            now.append(token)
        elif not depth and now:
            found.append(now)
            now = []
    return found


def tickets_by_message_id(desk):
    found = {}
    for (ticket, _), places in files(desk).items():
        with open(places[0][1], "rb") as f:
            head = f.read(65536)
        found[re.search(rb"(?im)^message-id:\s*(<[^>]*>)", head).group(1).decode()] = ticket
    return found


def check_threads(desk, connection):
    """One ticket is one thread, and one thread one ticket."""
    ids, of = by_message_id(connection), tickets_by_message_id(desk)
    said = connection.thread("REFERENCES", "UTF-8", "ALL")[1][0].decode()
    seen = [{of[ids[number]] for number in thread} for thread in threads_of(said)]
    assert all(len(tickets) == 1 for tickets in seen), [tickets for tickets in seen if len(tickets) > 1][:5]
    assert len(set().union(*seen)) == len(seen), "%d threads of %d tickets" % (len(seen), len(set().union(*seen)))
    return len(seen)


def check_searches(desk, connection):
    """The server finds what a plain reading of the files finds."""
    place, number = os.path.join(root(desk), ".support", "cur"), TICKETS // 2 // 3 * 3
    wanted = {word: 0 for word in ("zeppelin%d" % number, "balloon%d" % (number - 3), "room %d" % number)}
    for name in os.listdir(place):
        with open(os.path.join(place, name), "rb") as f:
            data = f.read().decode("utf-8", "replace")
        for word in wanted:
            wanted[word] += word in (data.split("\r\n\r\n", 1)[0] if word.startswith("room") else data)
    for word, count in wanted.items():
        found = len(numbers(connection.search(None, "SUBJECT" if word.startswith("room") else "TEXT", '"%s"' % word)))
        assert found == count, (word, found, count)
    assert sum(wanted.values())
    assert len(numbers(connection.search(None, "FROM", person(number)))) <= 2
    count, = rows(desk, "SELECT count(*) FROM message JOIN ticket ON ticket.id = message.ticket WHERE ticket.queue = 'support' AND ticket.state = 'new'")[0]
    wait_until(lambda: connection.noop() and len(numbers(connection.search(None, "KEYWORD", "new"))) == count, 60, "each state is a keyword")


def check_flags(desk, connection):
    """Flags of an agent's stay with the mail when its ticket moves to another queue."""
    marked = {5, 6, 7}
    of, ids = tickets_by_message_id(desk), by_message_id(connection)
    connection.store(",".join(number for number, name in ids.items() if of[name] in marked), "+FLAGS", "(\\Seen \\Flagged)")
    for ticket in sorted(marked | {8, 9}):
        desk.ok("ticket", "queue", ticket, "network")
    moved = {key for key, queue in messages(desk).items() if queue == "network"}
    wait_until(lambda: {key for key, places in files(desk).items() if places[0][0] == "network"} == moved, 60, "their tickets move")
    assert int(connection.select("network")[1][0]) == len(moved)
    assert len(numbers(connection.search(None, "FLAGGED"))) == len([key for key in moved if key[0] in marked])
    connection.select("support")


def check_answer(desk, connection):
    """A mail found in the mirror is answered, and the answer reaches its customer and nobody else."""
    number = TICKETS - 2
    found = numbers(connection.search(None, "HEADER", "MESSAGE-ID", "<many%d@customer.example>" % number))
    assert len(found) == 1
    data = connection.fetch(found[0], "(BODY.PEEK[])")[1][0][1]
    read = email.message_from_bytes(data, policy=email.policy.default)
    before = len(desk.sent())
    desk.accept(mail(sender=BOB, body="Room %d has light again.\n" % number, reply_to=read, headers=PROVED), address_of(read), sender=BOB)
    sent = wait_until(lambda: [m for m in desk.sent()[before:] if "has light again" in m.text and person(number) in m.recipients], 30, "the customer has it")
    assert all(set(m.recipients) == {person(number)} for m in sent)


def check_erased(desk, connection):
    ticket = 11
    wait_until(lambda: same(desk), 60, "the answer that was just sent is there, too")
    before = int(connection.select("support")[1][0])
    count = len([key for key in messages(desk) if key[0] == ticket])
    database = sqlite3.connect(os.path.join(desk.state_dir, "sportello.db"), timeout=30)
    for table, column in (("message", "ticket"), ("history", "ticket"), ("ticket", "id")):
        database.execute("DELETE FROM %s WHERE %s=?" % (table, column), (ticket,))
    database.commit()
    database.close()
    wait_until(lambda: not [key for key in files(desk) if key[0] == ticket], 60, "nothing of it is there")
    wait_until(lambda: int(connection.select("support")[1][0]) == before - count, 60, "nor is it for the IMAP server")


def killed(desk, count):
    """kill -9 while it catches up, mails come in and tickets move."""
    chance = random.Random(7)
    for i in range(count):
        for k in range(3):
            desk.accept(mail(subject="Killed %d.%d" % (i, k), body="One of many.\n", message_id="<killed%d.%d@customer.example>" % (i, k)))
        if i % 3 == 1:
            desk.ok("ticket", "queue", 20 + i, "network")
            desk.ok("ticket", "priority", 20 + i, "high")
        time.sleep(chance.uniform(0, 0.6))
        desk.kill()
        desk.start()


def test_a_whole_desk_is_mirrored_under_an_imap_server_through_any_kill(desk):
    steps, sink, server, wait = Steps(), Sink(desk), None, 60 + TICKETS / 20
    desk.stop()
    desk.set("authserv_id", "mx.example.org")
    desk.set("log.level", "notice")
    desk.write_config()
    try:
        desk.start()
        fill(desk, TICKETS)
        steps.done("%d tickets came in" % TICKETS)
        desk.stop()
        desk.set("mirror", {"maildir": root(desk)})
        desk.write_config()
        desk.start()
        killed(desk, KILLS)
        steps.done("%d times kill -9, while the mirror caught up" % KILLS)
        wait_until(lambda: followed(desk), wait, "the mirror has caught up")
        wait_until(lambda: same(desk), 60, "each message is there once, in its queue's folder")
        steps.done("the rest of %d messages" % len(messages(desk)))
        assert desk.cli("fsck").code == 0, desk.cli("fsck")
        steps.done("fsck")
        wait_until(lambda: not rows(desk, "SELECT 1 FROM outbox WHERE state = 'waiting' LIMIT 1"), wait, "all was sent")
        desk.stop()
        sink.close()
        desk.write_config()
        desk.start()
        server = Dovecot(desk.directory, root(desk))
        connection = server.login()
        connection.sock.settimeout(600 * SLOW)
        count = int(connection.select("support")[1][0])
        assert count == len([queue for queue in messages(desk).values() if queue == "support"]), count
        steps.done("an IMAP server opens a folder of %d mails" % count)
        steps.done("it shows %d threads, one a ticket" % check_threads(desk, connection))
        check_searches(desk, connection)
        steps.done("and finds words, people, subjects and states")
        check_flags(desk, connection)
        steps.done("flags stay when tickets move to another queue")
        check_answer(desk, connection)
        steps.done("an answer from there reaches its customer")
        check_erased(desk, connection)
        steps.done("what is erased goes")
        connection.logout()
        wait_until(lambda: same(desk), 60, "each message is there once, in its queue's folder")
    finally:
        sink.close()
        if server:
            server.close()


test_a_whole_desk_is_mirrored_under_an_imap_server_through_any_kill.alone = True
