"""The web port in unfriendly hands: slow clients, too much of everything, other sites' pages. Mail does not depend on it."""
import os, re, resource, socket
from desk import mail, setup, SLOW, wait_until


def connect(port):
    return socket.create_connection(("127.0.0.1", port), timeout=20 * SLOW)


def exchange(desk, data):
    """Everything that comes back, until the other side closes."""
    with connect(desk.web_port) as s:
        try:
            s.sendall(data)
        except OSError:
            pass
        got = b""
        try:
            while piece := s.recv(65536):
                got += piece
        except OSError:
            pass
        return got


def many(count):
    """Room for that many descriptors of our own."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, count)), hard))


@setup(config={"web.request_seconds": 1})
def test_slow_clients_are_ended_however_they_drip(desk):
    s = connect(desk.web_port)
    s.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n")

    def ended():
        try:
            s.sendall(b"X-Drip: 1\r\n")              # never silent, never done
            s.setblocking(False)
            return s.recv(1) == b""
        except BlockingIOError:
            return False
        except OSError:
            return True
        finally:
            s.setblocking(True)
    wait_until(ended, 20, "the dripping client is cut off")
    s.close()
    wait_until(lambda: desk.log("web.slow-client") and desk.metric("sportello_http_slow_total") >= 1, 5, "it is told and counted, a moment later")


@setup(config={"web.request_seconds": 2})
def test_hundreds_of_idle_connections_starve_nobody_for_long(desk):
    many(400)
    held = []
    for _ in range(200):
        s = socket.socket()
        s.setblocking(False)
        s.connect_ex(("127.0.0.1", desk.web_port))
        held.append(s)
    desk.accept(mail())                                      # mail does not wait for any of them
    desk.wait_sent(2)

    def healthy():
        try:
            return desk.http("/healthz")[0] == 200
        except OSError:
            return False
    wait_until(healthy, 40, "a page is served while they wait")
    for s in held:
        s.close()


def test_thousands_of_lmtp_connections_leave_no_descriptor_above_1023(desk):
    many(1500)
    held = [connect(desk.lmtp_port) for _ in range(1200)]
    answers = [s.recv(4096)[:4] for s in held]
    assert set(answers) <= {b"220 ", b"421 "} and answers.count(b"421 ") > 100, answers.count(b"421 ")
    numbers = [int(n) for n in os.listdir("/proc/%d/fd" % desk.process.pid)]
    assert max(numbers) < 1000, max(numbers)
    assert desk.http("/healthz")[0] == 200
    for s in held:
        s.close()
    wait_until(lambda: desk.metric("sportello_lmtp_connections") == 0)
    desk.accept(mail())


def test_cross_site_posts_are_refused(desk):
    desk.accept(mail())
    link = re.search(r"/l/\S+", desk.wait_sent(1, to="anna@example.com")[0].text).group().rstrip(".,)")
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for site in ("cross-site", "same-site"):
        assert desk.http(link, "POST", "words=hello", dict(form, **{"Sec-Fetch-Site": site, "Origin": "https://evil.example"}))[0] == 403
    assert len(desk.ticket(1)["messages"]) == 2 and desk.metric("sportello_http_cross_site_total") == 2
    assert desk.http(link, headers={"Sec-Fetch-Site": "cross-site"})[0] == 200           # the link in a web mailer
    assert desk.http(link, "POST", "words=hello", dict(form, **{"Sec-Fetch-Site": "same-origin", "Origin": "null"}))[0] == 200
    assert len(desk.ticket(1)["messages"]) == 3


def test_too_much_of_a_header_is_refused(desk):
    for data in (b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * 100000 + b"\r\n\r\n",
                 b"GET /healthz HTTP/1.1\r\nHost: x\r\n" + b"X-Many: 1\r\n" * 20000 + b"\r\n",
                 b"GET /" + b"a" * 100000 + b" HTTP/1.1\r\nHost: x\r\n\r\n"):
        answer = exchange(desk, data)
        assert answer == b"" or re.match(rb"HTTP/1\.1 (400|413|414|431) ", answer), answer[:100]
    assert exchange(desk, b"GET /l/" + b"a" * 3000 + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").startswith(b"HTTP/1.1 414 ")
    assert desk.http("/healthz")[0] == 200


def test_outbox_and_pages_are_in_the_metrics(desk):
    desk.accept(mail())
    desk.wait_sent(2)
    wait_until(lambda: desk.metric("sportello_outbox_in_flight") == 0)
    for name in ("outbox_connections_total", "outbox_relay_troubles_total", "http_connections", "http_requests_total"):
        assert desk.metric("sportello_" + name) is not None, name
    assert desk.metric("sportello_http_connections") >= 1
