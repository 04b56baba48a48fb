"""setup without a Postfix: the configuration that it writes, and the samples for web servers. What it does to Postfix is in tests/postfix."""
import copy, http.server, os, pty, select, socket, subprocess, threading

from desk import BUILD, TOP, setup

NEW = ("setup", "--postfix", "none", "--relay", "smtp://127.0.0.1:25", "--domain", "help.example.org", "--agent", "bob=bob@example.org")


def sportello(*words, **options):
    return subprocess.run([os.path.join(BUILD, "sportello"), *words], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60, **options)


@setup(start=False)
def test_samples_for_web_servers_are_what_setup_writes(desk):
    for server, name in (("nginx", "nginx.conf"), ("caddy", "Caddyfile"), ("apache", "apache.conf")):
        shown = sportello("-c", os.path.join(desk.directory, "none.conf"), *NEW, "--web", server)
        assert shown.returncode == 0, shown
        with open(os.path.join(TOP, "contrib", "web", name)) as f:
            sample = f.read()
        assert "".join("+" + line + "\n" for line in sample.splitlines()) in shown.stdout, (name, shown.stdout)
        assert "/metrics" not in sample and "/healthz" not in sample


@setup(start=False)
def test_a_new_configuration_is_a_good_one_and_is_shown_before_it_is_written(desk):
    file = os.path.join(desk.directory, "new", "sportello.conf")
    shown = sportello("-c", file, *NEW, "--web", "none", "--url", "https://help.example.org")
    assert shown.returncode == 0 and not os.path.exists(file) and "--apply" in shown.stdout, shown
    assert sportello("-c", file, *NEW, "--web", "none", "--url", "https://help.example.org", "--apply").returncode == 0
    with open(file) as f:
        text = f.read()
    assert 'base_url = "https://help.example.org"' in text and 'address = "support@help.example.org"; agents = [ "bob" ]' in text
    os.chmod(file, 0o600)
    with open(file, "w") as f:                           # a directory of ours: the usual one may be a real desk's
        f.write(text.replace("desk: {", 'desk: { state_dir = "%s";' % os.path.join(desk.directory, "nothing"), 1))
    assert sportello("-c", file, "ticket", "list").returncode == 66, "it can be read"


@setup(start=False)
def test_setup_leaves_a_configuration_that_somebody_made(desk):
    with open(desk.config_file) as f:
        before = f.read()
    done = sportello("-c", desk.config_file, "setup", "--postfix", "none", "--name", "Other", "--apply")
    assert done.returncode == 0 and "stays as it is" in done.stdout, done
    with open(desk.config_file) as f:
        assert f.read() == before


@setup(start=False)
def test_the_sample_as_it_was_installed_is_nobodys_yet(desk):
    file = os.path.join(desk.directory, "sample.conf")
    with open(file, "w") as f:
        f.write(sportello("config-sample").stdout)
    assert sportello("-c", file, *NEW, "--web", "none", "--apply").returncode == 0
    with open(file) as f:
        assert "written by `sportello setup`" in f.read()


def test_an_option_may_be_given_several_times_where_it_makes_sense(desk):
    desk.accept(b"From: a@example.com\r\nTo: support@example.org\r\nSubject: one\r\n\r\nx\r\n")
    desk.accept(b"From: b@example.com\r\nTo: support@example.org\r\nSubject: two\r\n\r\nx\r\n")
    desk.ok("ticket", "close", 1, "--as", "bob", "--no-text")
    assert len(desk.tickets("--state", "new")) == 1 and len(desk.tickets("--state", "new", "--state", "closed")) == 2
    twice = desk.cli("ticket", "list", "--limit", "1", "--limit", "2")
    assert twice.code == 64 and "--limit is given twice" in twice.err, twice


def found(desk, *words):
    checked = desk.cli("check", *words)
    return checked.code, [(p["level"], p["what"], p["do"]) for p in checked.json]


@setup(start=False)
def test_check_tells_errors_warnings_and_notes_apart_each_with_what_to_write(desk):
    code, rows = found(desk)
    assert code == 0 and all(level in ("error", "warning", "note") and what and do for level, what, do in rows), rows
    assert ("note", True) in [(level, "keeps mails as files" in what) for level, what, do in rows]
    assert any(level == "warning" and "support@example.org is of the sample" in what for level, what, do in rows)
    assert any(level == "warning" and "no customer can open a link" in what for level, what, do in rows)


@setup(start=False)
def test_check_finds_a_port_that_is_taken_or_there_twice(desk):
    with socket.create_server(("127.0.0.1", 0)) as other:
        at = "127.0.0.1:%d" % other.getsockname()[1]
        desk.set("lmtp.listen", [at])
        desk.write_config()
        code, rows = found(desk)
        assert code == 78 and any(level == "error" and "another program listens on " + at in what for level, what, do in rows), rows
    desk.set("web.listen", at)
    desk.write_config()
    code, rows = found(desk)
    assert code == 78 and any("is lmtp.listen, too" in what for level, what, do in rows), rows


@setup(start=False)
def test_check_finds_a_relay_that_is_the_desk_or_nobody(desk):
    desk.set("relay.url", "smtp://127.0.0.1:%d" % desk.lmtp_port)
    desk.write_config()
    code, rows = found(desk)
    assert code == 78 and any("is the desk itself" in what for level, what, do in rows), rows
    desk.set("relay.url", "smtp://127.0.0.1:1")
    desk.write_config()
    code, rows = found(desk)
    assert code == 0 and any(level == "warning" and "cannot be reached" in what and "start the mail server" in do for level, what, do in rows), rows


@setup(start=False)
def test_check_finds_lmtp_on_the_open_net_and_a_name_that_is_not_there(desk):
    desk.set("lmtp.listen", ["0.0.0.0:%d" % desk.lmtp_port])
    desk.set("web.base_url", "https://no-such-name.invalid")
    desk.write_config()
    code, rows = found(desk)
    assert code == 0 and any("LMTP knows no passwords" in what for level, what, do in rows) and any("no-such-name.invalid cannot be found" in what for level, what, do in rows), rows


@setup(start=False)
def test_check_finds_what_looks_right_and_is_of_no_use(desk):
    """Each with the words of the finding, its level, and what to write."""
    folder = os.path.join(desk.directory, "rules")
    os.makedirs(folder, exist_ok=True)
    for name in ("10-vpn.siv", "20-old.sieve.off", "README", "30.sieve"):
        open(os.path.join(folder, name), "w").close()

    def tried(key, value, level, words, what_to_do, code=0):
        before = copy.deepcopy(desk.settings)
        desk.set(key, value)
        desk.write_config()
        got, rows = found(desk)
        assert got == code and [row for row in rows if row[0] == level and words in row[1] and what_to_do in row[2]], (key, value, got, rows)
        desk.settings = before
        return rows
    rows = tried("rules_dir", folder, "note", "10-vpn.siv is not read", "mv %s/10-vpn.siv %s/10-vpn.sieve" % (folder, folder))
    assert len([row for row in rows if "is not read" in row[1]]) == 1, rows
    tried("relay.url", "smtp://127.0.0.1:465", "warning", "speaks TLS from the first byte", "smtps://127.0.0.1:465")
    tried("relay.url", "smtp://127.0.0.1:587", "warning", "speaks STARTTLS", "smtp+starttls://127.0.0.1:587")
    tried("relay.url", "smtps://127.0.0.1:25", "warning", "speaks plain SMTP or STARTTLS", "smtp+starttls://127.0.0.1:25")
    tried("lmtp.listen", ["192.0.2.77:2424"], "error", "192.0.2.77 is no address of this machine", "127.0.0.1:2424", 78)
    tried("desk.state_dir", "/proc/nobody/state", "error", "cannot be made in /proc", "install -d -o sportello", 78) if os.geteuid() else None
    queue = desk.settings["queues"][0]
    tried("queues", [{**queue, "agents": ["bob", "bob"]}], "warning", '"bob" is there twice', "take one of them out")
    tried("queues", [{**queue, "agents": [], "assign": "sticky"}], "warning", "no agents to give tickets to", '"none"')


def test_the_ports_of_the_running_desk_are_its_own(desk):
    code, rows = found(desk)
    assert code == 0 and not any("listens on" in what for level, what, do in rows), rows


def test_a_second_daemon_on_the_same_port_is_refused_with_a_sentence(desk):
    for port in ("lmtp", "web"):
        other = os.path.join(desk.directory, "other.conf")
        with open(desk.config_file) as f:
            text = f.read().replace(desk.state_dir, desk.state_dir + "2")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            text = text.replace(str(desk.web_port if port == "lmtp" else desk.lmtp_port), str(free.getsockname()[1]))
        with open(other, "w") as f:
            f.write(text)
        done = subprocess.run([os.path.join(BUILD, "sportellod"), "-c", other], capture_output=True, text=True, timeout=30)
        assert done.returncode == 75 and "maybe another sportellod" in done.stderr and port + ".listen" in done.stderr, done


@setup(start=False)
def test_check_finds_an_article_for_a_queue_that_is_not_there(desk):
    os.makedirs(os.path.join(desk.directory, "kb"), exist_ok=True)
    desk.set("kb_dir", os.path.join(desk.directory, "kb"))
    desk.write_config()
    for queue, wrong in (("support", False), ("netwrok", True)):
        with open(os.path.join(desk.directory, "kb", "vpn.md"), "w") as f:
            f.write("---\nlanguage: en\nqueues: %s\n---\n# VPN\nInstall the client from the portal, and start it.\n" % queue)
        code, rows = found(desk)
        assert code == 0 and any('no queue "netwrok"' in what for _, what, _ in rows) == wrong, rows


class Site(http.server.BaseHTTPRequestHandler):
    """Somebody else's site, or a web server that does not reach the desk: what its server's `code` says."""
    def do_GET(self):
        self.send_response(self.server.code)
        self.end_headers()
        self.wfile.write(b"<h1>Welcome to nginx!</h1>")

    def log_message(self, *_):
        pass


def test_check_finds_an_address_of_the_pages_that_answers_as_another_site(desk):
    """Each of these is a way in which customers' links are dead while all else works."""
    assert not any("web.base_url" in what and "this machine" not in what for _, what, _ in found(desk)[1]), found(desk)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site) as other:
        threading.Thread(target=other.serve_forever, daemon=True).start()
        for code, said in ((200, "answers as another site"), (502, "answers 502: it does not reach the desk"), (404, "answers as another site")):
            other.code = code
            desk.set("web.base_url", "http://127.0.0.1:%d" % other.server_port)
            desk.write_config()
            rows = [(what, do) for level, what, do in found(desk)[1] if level == "warning" and said in what]
            assert rows and str(desk.web_port) in rows[0][1], (code, found(desk))
        other.shutdown()
    desk.set("web.base_url", "https://127.0.0.1:1")
    desk.write_config()
    assert any("nobody answers for https://127.0.0.1:1" in what and "certbot" in do for _, what, do in found(desk)[1]), found(desk)


def test_health_says_whether_mail_is_accepted(desk):
    assert desk.cli("health").json == {"ok": True} and desk.cli("health", json_output=False).out == "ok\n"
    desk.stop()
    gone = desk.cli("health")
    assert gone.code == 75 and "does not answer" in gone.err, gone


@setup(start=False)
def test_setup_asks_on_a_terminal_for_what_is_not_given(desk):
    """Each question names what is proposed; Return takes it, and a wrong answer makes no configuration."""
    file = os.path.join(desk.directory, "asked", "sportello.conf")
    words = [os.path.join(BUILD, "sportello"), "-c", file, "setup", "--postfix", "none", "--apply"]
    answers = (("Domain of the desk", "help.firm.example"), ("Address that customers write to (several with blanks between) [support@help.firm.example]", "support@help.firm.example sales@help.firm.example"),
               ("Who answers", "bob=bob@firm.example eva=eva@firm.example"), ("Name of the desk, as customers see it [Help desk]", ""),
               ("Mail server that takes what the desk sends", "smtp+starttls://mail.firm.example:587"), ("Web server in front", "none"))
    code, said = in_a_terminal(words, answers)
    assert code == 0, said
    with open(file) as f:
        text = f.read()
    for part in ('domain = "help.firm.example"', 'address = "sales@help.firm.example"; agents = [ "bob", "eva" ]', 'name = "Help desk"', 'url = "smtp+starttls://mail.firm.example:587"'):
        assert part in text, (part, text)
    other = os.path.join(desk.directory, "wrong", "sportello.conf")
    code, said = in_a_terminal([words[0], "-c", other, *words[3:]], (("Domain", "help.firm.example"), ("Address", ""), ("Who answers", "bob"), ("Name", ""), ("Mail server", "smtp://127.0.0.1:25"), ("Web", "none")))
    assert code == 64 and "write NAME=ADDRESS" in said and not os.path.exists(other), said


def in_a_terminal(words, answers):
    """(exit code, all that was said): types each answer when its question stands there."""
    child, terminal = pty.fork()
    if not child:
        os.execv(words[0], words)
    said, rest = "", list(answers)
    while True:
        try:
            piece = os.read(terminal, 4096).decode(errors="replace") if select.select([terminal], [], [], 20)[0] else ""
        except OSError:                          # it has ended
            piece = ""
        if not piece:
            break
        said += piece
        if rest and rest[0][0] in said and said.rstrip("\r\n").endswith(": "):
            os.write(terminal, (rest.pop(0)[1] + "\n").encode())
            said += "|"
    status = os.waitpid(child, 0)[1]
    os.close(terminal)
    assert not rest, (rest, said)
    return os.waitstatus_to_exitcode(status), said


@setup(start=False)
def test_a_mistyped_command_is_answered_with_the_closest(desk):
    for words, meant in ((("tikcet", "list"), "ticket"), (("ticket", "lsit"), "ticket list"), (("chekc",), "check")):
        done = sportello(*words)
        assert done.returncode == 64 and 'did you mean "%s"?' % meant in done.stderr, done
    assert "did you mean" not in sportello("xyzzyplugh").stderr
