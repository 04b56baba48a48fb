"""The sites that `sportello setup` writes, in real nginx, Apache and Caddy on loopback ports with nothing of the system's: what customers may open goes
through to the desk, all else is refused there, and no server writes down who opens which link."""
import http.client, os, re, shutil, subprocess

from desk import TOP, Skip, mail, setup, wait_until
from ports import free_port

HOST = "help.example.org"
# What the daemon answers and nobody outside may ask, and ways to spell it.
PRIVATE = ["/metrics", "/healthz", "/metrics/", "//metrics", "/./metrics", "/%6detrics", "/%2fmetrics", "/l/../metrics", "/l/%2e%2e/metrics", "/l/..%2fmetrics", "/kb/../healthz",
           "/kb/x/../../metrics", "/logo/../metrics", "/l/..\\metrics", "/METRICS", "/;/metrics", "/metrics?x=/l/", "/metrics%00", "/l", "/kb", "/logo/x", "/nosuch", "/api/v1/tickets"]
LOGO = {"brand.logo": os.path.join(TOP, "doc", "look-page.png")}


def sample(name, desk, *changes):
    with open(os.path.join(TOP, "contrib", "web", name)) as f:
        text = f.read()
    for old, new in (("127.0.0.1:8025", "127.0.0.1:%d" % desk.web_port), *changes):
        assert old in text, (name, old)
        text = text.replace(old, new)
    return text


class Server:
    """One that runs in the foreground, with a configuration of its own that takes in the site."""
    def __init__(self, desk, name, program, words, *files):
        path = shutil.which(program) or shutil.which("/usr/sbin/" + program)
        if not path:
            raise Skip("no %s here" % program)
        self.port, self.directory = free_port(), os.path.join(desk.directory, name)
        os.makedirs(os.path.join(self.directory, "tmp"))
        os.chmod(desk.directory, 0o755)
        for file, text in files:
            with open(os.path.join(self.directory, file), "w") as f:
                f.write(text.replace("@DIR@", self.directory).replace("@PORT@", str(self.port)))
        self.process = subprocess.Popen([path] + [word.replace("@DIR@", self.directory) for word in words], cwd=self.directory, stdin=subprocess.DEVNULL,
                                        stdout=open(os.path.join(self.directory, "said"), "w"), stderr=subprocess.STDOUT,
                                        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": self.directory, "XDG_DATA_HOME": self.directory, "XDG_CONFIG_HOME": self.directory})

    def __enter__(self):
        wait_until(lambda: self.answers(), 20, "the web server answers; it said: " + self.said())
        return self

    def __exit__(self, *exception):
        self.process.terminate()
        self.process.wait(20)

    def said(self, but=None):
        """All its logs. That of errors names what failed, and is root's."""
        return "".join(open(os.path.join(self.directory, name), errors="replace").read() for name in os.listdir(self.directory) if name in ("said", "error.log", "access.log") and name != but)

    def answers(self):
        assert self.process.poll() is None, self.said()
        try:
            return self.ask("/nosuch")
        except OSError:
            return None

    def ask(self, path, method="GET", body=None, host=HOST):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.putrequest(method, path, skip_host=True)
            connection.putheader("Host", host)
            if body is not None:
                connection.putheader("Content-Type", "application/x-www-form-urlencoded")
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders()
            if body is not None:
                connection.send(body)
            answer = connection.getresponse()
            return answer.status, answer.read().decode(errors="replace")
        finally:
            connection.close()


def nginx(desk):
    site = sample("nginx.conf", desk, ("\tlisten 80;\n", "\tlisten 127.0.0.1:@PORT@;\n"), ("\tlisten [::]:80;\n", ""))
    main = ("daemon off;\npid @DIR@/pid;\nerror_log @DIR@/error.log;\nevents { }\nhttp {\n\taccess_log @DIR@/access.log;\n"
            + "".join("\t%s_temp_path @DIR@/tmp;\n" % kind for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")) + "\tinclude @DIR@/site.conf;\n}\n")
    return Server(desk, "nginx", "nginx", ["-p", "@DIR@", "-e", "@DIR@/error.log", "-c", "@DIR@/main.conf"], ("site.conf", site), ("main.conf", main))


def apache(desk):
    site = sample("apache.conf", desk, ("*:80", "127.0.0.1:@PORT@"))
    main = ("ServerRoot @DIR@\nPidFile @DIR@/pid\nServerName here\nListen 127.0.0.1:@PORT@\nErrorLog @DIR@/error.log\n"
            + "".join("LoadModule %s_module /usr/lib/apache2/modules/mod_%s.so\n" % (name, name) for name in ("mpm_event", "authz_core", "alias", "proxy", "proxy_http"))
            + "User nobody\nGroup nogroup\nLogFormat \"%h %r %>s\" common\nCustomLog @DIR@/access.log common\nInclude @DIR@/site.conf\n")
    return Server(desk, "apache", "apache2", ["-d", "@DIR@", "-f", "@DIR@/main.conf", "-DFOREGROUND"], ("site.conf", site), ("main.conf", main))


def caddy(desk):
    site = sample("Caddyfile", desk, ("help.example.org {", "http://help.example.org:@PORT@ {"))
    return Server(desk, "caddy", "caddy", ["run", "--adapter", "caddyfile", "--config", "@DIR@/Caddyfile"], ("Caddyfile", "{\n\tadmin off\n}\n" + site))


def links_of(desk):
    """(the page of the request, the button "yes, it is solved") from mails to the customer."""
    desk.accept(mail(subject="Scanner", body="It is off.\n"))
    acknowledgement = wait_until(lambda: desk.sent_to("anna@example.com"))[0]
    desk.ok("ticket", "resolve", 1, "--as", "bob", "--no-text")
    closing = wait_until(lambda: [m for m in desk.sent_to("anna@example.com") if "/l/y" in m.text])[0]
    return [re.findall(r"/l/%s[^\s?]+" % kind, m.text)[0].rstrip(".,)") for kind, m in (("s", acknowledgement), ("y", closing))]


def passes_what_is_public(desk, make):
    status, solved = links_of(desk)
    with make(desk) as server:
        for path in (status, solved, "/", "/logo"):
            assert server.ask(path)[0] == desk.http(path)[0] == 200, (path, server.ask(path), server.said())
        assert server.ask("/kb/vpn")[0] == desk.http("/kb/vpn")[0] and server.ask("/l/nothing")[0] == desk.http("/l/nothing")[0] == 404
        assert "there is no such page" not in server.ask(status)[1] and "<form" in server.ask(solved)[1]
        for path in PRIVATE:
            code, text = server.ask(path)
            assert code in (400, 403, 404) and "sportello_" not in text and text.strip() != "ok", (path, code, text[:300])
            assert server.ask(path, "POST", b"x=1")[0] in (400, 403, 404, 405), path
        assert server.ask(solved, "POST", b"x=" + b"y" * 200000)[0] in (400, 413), "a body without end goes through"
        assert server.ask(solved, "POST", b"")[0] == 200
        wait_until(lambda: desk.ticket(1)["state"] == "closed", 10, "the button closes the ticket")
        logs = server.said("error.log")
    assert status[3:] not in logs and solved[3:] not in logs, "a link stands in a log of requests:\n" + logs


@setup(config=LOGO)
def test_nginx_passes_what_is_public_and_nothing_else(desk):
    passes_what_is_public(desk, nginx)


@setup(config=LOGO)
def test_apache_passes_what_is_public_and_nothing_else(desk):
    passes_what_is_public(desk, apache)


@setup(config=LOGO)
def test_caddy_passes_what_is_public_and_nothing_else(desk):
    passes_what_is_public(desk, caddy)


@setup(start=False)
def test_each_path_that_the_daemon_serves_is_known_to_be_public_or_not(desk):
    """Who adds one adds it to the sites of contrib/web, or to PRIVATE here."""
    with open(os.path.join(TOP, "src", "daemon", "daemon_pages.c")) as f:
        served = set(re.findall(r'strn?cmp\((?:request->)?path, "([^"]+)"', f.read()))
    assert served == {"/", "/logo", "/l/", "/kb/", "/healthz", "/metrics"}, served
