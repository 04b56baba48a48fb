"""The command line where a person looks: a terminal of 80 columns, pagers, colours, completion; and lists as long as they come."""
import fcntl, os, pty, re, select, shutil, signal, sqlite3, struct, subprocess, termios, time

from desk import BUILD, TOP, Skip, mail, setup, wait_until

SPORTELLO = os.path.join(BUILD, "sportello")
ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]")


def in_terminal(desk, *words, columns=80, lines=24, program=None, keys=(), seconds=20, **environment):
    """Runs it in a terminal of that size; `keys` are typed one after the other, each once it is quiet; behind (KEY, WORDS)
    nothing is typed before the words were there. What the terminal got."""
    child, terminal = pty.fork()
    if child == 0:
        env = {k: v for k, v in desk.environment.items() if k not in ("COLUMNS", "LINES", "NO_COLOR", "PAGER", "LESS")}
        env.update({"TERM": "xterm", **environment})
        program = program or [SPORTELLO, "-c", desk.config_file, *map(str, words)]
        os.execvpe(program[0], program, env)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
    got, keys, end, awaited = b"", list(keys), time.monotonic() + seconds, b""
    while time.monotonic() < end:
        ready, _, _ = select.select([terminal], [], [], 0.5)
        if ready:
            try:
                piece = os.read(terminal, 65536)
            except OSError:
                break
            if not piece:
                break
            got += piece
        elif keys and awaited.decode() in plain(got.decode(errors="replace")):
            key = keys.pop(0)
            key, awaited = key if isinstance(key, tuple) else (key, b"")
            os.write(terminal, key)
    else:
        os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(terminal)
    return got.decode(errors="replace").replace("\r\n", "\n")


def plain(text):
    return ESCAPE.sub("", text)


def some(desk, count=3):
    for i in range(count):
        desk.accept(mail(subject="The printer on the second floor prints only pink pages, number %d" % i, sender="Giulia Conti <giulia.conti%d@mail.example.com>" % i))


def test_at_80_columns_the_subject_has_room(desk):
    some(desk)
    desk.ok("ticket", "priority", 2, "urgent", "--as", "bob", "--no-text")
    desk.ok("ticket", "assign", 2, "bob", "--as", "bob", "--no-text")
    text = plain(in_terminal(desk, "ticket", "list"))
    assert all(len(line) <= 80 for line in text.splitlines()), text
    assert "The printer on the second f" in text and "urg" in text and "2 urgent" not in text, text
    wide = plain(in_terminal(desk, "ticket", "list", columns=160))
    assert "The printer on the second floor prints only pink pages, number 1" in wide and "urgent" in wide and "just now" in wide
    mails = plain(in_terminal(desk, "mailbox", "list"))
    assert all(len(line) <= 80 for line in mails.splitlines()) and "The printer on" in mails, mails
    whole = desk.cli("ticket", "list", json_output=False).out
    assert "The printer on the second floor prints only pink pages, number 1" in whole and "giulia.conti1@mail.example.com" in whole, "a pipe gets all of it"


def test_words_are_wrapped_where_a_person_looks(desk):
    words = "This sentence is long enough that no terminal of eighty columns can show it on one line without cutting it somewhere."
    desk.accept(mail(subject="Long", body=words + "\n"))
    shown = plain(in_terminal(desk, "ticket", "show", 1, PAGER=""))
    assert all(len(line) <= 80 for line in shown.splitlines() if line.startswith("    ") and "UTC" not in line), shown
    assert words in " ".join(shown.split())
    assert "    " + words + "\n" in desk.cli("ticket", "show", 1, json_output=False).out
    for line in plain(in_terminal(desk, "help", "setup", PAGER="")).splitlines():
        assert len(line) <= 80, line


def test_colours_mean_something_and_can_be_switched_off(desk):
    some(desk, 1)
    assert "\x1b[" in in_terminal(desk, "ticket", "list")
    assert "\x1b[" not in in_terminal(desk, "ticket", "list", NO_COLOR="1") and "\x1b[" not in in_terminal(desk, "ticket", "list", TERM="dumb")
    assert "\x1b[" not in desk.cli("ticket", "list", json_output=False).out


def test_what_is_longer_than_the_screen_goes_through_a_pager(desk):
    some(desk, 3)
    counted = os.path.join(desk.directory, "paged")
    pager = "tee -a %s" % counted
    in_terminal(desk, "ticket", "list", PAGER=pager)
    assert not os.path.exists(counted), "what fits is not paged"
    in_terminal(desk, "ticket", "list", PAGER=pager, lines=3)
    with open(counted) as f:
        assert "The printer" in f.read()
    os.unlink(counted)
    desk.cli("ticket", "list", json_output=False)
    shown = in_terminal(desk, "ticket", "raw", 1, 1, PAGER=pager, lines=3)
    assert not os.path.exists(counted) and "Subject: The printer" in shown, "bytes go out as they are"
    # Who has seen enough ends it, and that is no error.
    assert "rror" not in in_terminal(desk, "help", PAGER="head -n 2", lines=5)
    if shutil.which("less"):
        text = in_terminal(desk, "help", lines=10, keys=[b"q"])
        assert "usage: sportello" in plain(text), text


def fill(desk, count):
    """That many tickets, mails and outgoing mails, copied from the first of each."""
    with sqlite3.connect(os.path.join(desk.state_dir, "sportello.db")) as database:
        for table in ("ticket", "mailbox", "outbox"):
            last = database.execute("SELECT max(id) FROM %s" % table).fetchone()[0]
            names = ",".join(c[1] for c in database.execute("PRAGMA table_info(%s)" % table) if c[1] != "id")
            database.execute("WITH RECURSIVE n(i) AS (SELECT %d UNION ALL SELECT i+1 FROM n WHERE i<%d) INSERT INTO %s(id,%s) SELECT i,%s FROM n, %s WHERE id=1"
                             % (last + 1, count, table, names, names, table))


def memory(desk, *words):
    """KiB, lines of output."""
    child = subprocess.Popen([SPORTELLO, "-c", desk.config_file, *words], stdout=subprocess.PIPE, env=desk.environment)
    lines = 0
    while piece := os.read(child.stdout.fileno(), 65536):     # not by lines: JSON is one, and a child counts what its parent had when it began
        lines += piece.count(b"\n")
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = status
    assert status == 0
    return usage.ru_maxrss, lines


@setup(start=False)
def test_long_lists_take_no_more_memory_than_short_ones(desk):
    desk.start()
    desk.accept(mail(subject="Printer"))
    desk.wait_sent(2)
    desk.stop()
    wanted = (("ticket", "list"), ("--json", "ticket", "list", "state:new"), ("ticket", "list", "sort:updated"), ("mailbox", "list"), ("--json", "mailbox", "list"), ("outbox", "list", "--all"), ("--json", "outbox", "list", "--all"))
    fill(desk, 1000)
    small = [memory(desk, *words) for words in wanted]
    fill(desk, 60000)
    large = [memory(desk, *words) for words in wanted]
    for words, (before, few), (after, many) in zip(wanted, small, large):
        print("%-40s %6d KiB for 1,000, %6d KiB for 60,000" % (" ".join(words), before, after))
        assert after < before + 8192, (words, before, after)
        assert many == 1 or many == few + 59000, (words, few, many)


test_long_lists_take_no_more_memory_than_short_ones.long = 30


# ---- completion

def candidates(desk, *words):
    out = subprocess.run([SPORTELLO, "complete", "--", "-c", desk.config_file, *words], capture_output=True, text=True, env=desk.environment, timeout=30).stdout
    return [line.split("\t")[0] for line in out.splitlines()]


def test_completion_offers_commands_options_and_what_stands_in_their_places(desk):
    some(desk, 2)
    desk.ok("ticket", "close", 1, "--as", "bob", "--no-text")
    assert {"ticket", "outbox", "check", "restore"} <= set(candidates(desk, "")) and "complete" not in candidates(desk, "")
    assert candidates(desk, "tick") == ["ticket"] and "list" in candidates(desk, "ticket", "") and candidates(desk, "ticket", "sho") == ["show"]
    assert candidates(desk, "ticket", "show", "") == ["2"], "those that are open"
    assert "bob" in candidates(desk, "ticket", "assign", "2", "") and "network" in candidates(desk, "ticket", "queue", "2", "")
    assert candidates(desk, "ticket", "priority", "2", "") == ["low", "normal", "high", "urgent"]
    assert "--as" in candidates(desk, "ticket", "close", "2", "--") and "--lmtp" not in candidates(desk, "ticket", "close", "2", "--")
    assert "bob" in candidates(desk, "ticket", "close", "2", "--as", "") and "open" in candidates(desk, "ticket", "list", "--state", "")
    assert "queue:network" in candidates(desk, "ticket", "list", "queue:") and "state:" in candidates(desk, "ticket", "list", "")
    assert candidates(desk, "restore", "") == [":files"] == candidates(desk, "backup", "x") and "show" in candidates(desk, "help", "ticket", "")
    assert candidates(desk, "nonsense", "") == [] and candidates(desk, "check", "") == []
    where = subprocess.run([SPORTELLO, "complete", "--", "-c", "/nonexistent", "ticket", "show", ""], capture_output=True, text=True)
    assert where.returncode == 0 and where.stdout == "", "what cannot be known is not offered"


def shell_completes(desk, shell, typed, wanted):
    """Types it in an interactive shell with that completion, presses Tab, and finds it on the screen."""
    program = shutil.which(shell)
    if not program:
        raise Skip("there is no %s here" % shell)
    home = os.path.join(desk.directory, "home-" + shell)
    os.makedirs(home, exist_ok=True)
    script = os.path.join(home, "completion")
    with open(script, "w") as f:
        f.write(subprocess.run([SPORTELLO, "completion", shell], capture_output=True, text=True, check=True).stdout)
    start = {"bash": [program, "--norc", "--noprofile", "-i"], "zsh": [program, "-f", "-i"], "fish": [program, "--no-config", "-i"]}[shell]
    prepare = {"bash": "bind 'set bell-style none' 'set show-all-if-ambiguous on' 'set enable-bracketed-paste off'; source %s", "zsh": "autoload -U compinit; compinit -u -d %s.dump; source %s" % (script, "%s"),
               "fish": "source %s"}[shell] % script
    keys = [((prepare + "; echo rea''dy\n").encode(), b"ready"), typed.encode() + b"\t", (b"\t", wanted.encode()), b"\x03", b"exit\n"]
    text = plain(in_terminal(desk, program=start, keys=keys, columns=160, lines=40, HOME=home, PATH=BUILD + ":" + os.environ["PATH"], SPORTELLO_CONFIG=desk.config_file, seconds=40))
    assert wanted in text.rsplit("ready", 1)[-1], (shell, typed, text)


def test_bash_completes_in_a_terminal(desk):
    some(desk, 2)
    shell_completes(desk, "bash", "sportello ticket sh", "ticket show")
    shell_completes(desk, "bash", "sportello ticket show ", "number 1")
    shell_completes(desk, "bash", "sportello ticket list queue:net", "queue:network")


def test_zsh_completes_in_a_terminal(desk):
    some(desk, 2)
    shell_completes(desk, "zsh", "sportello ticket sh", "ticket show")
    shell_completes(desk, "zsh", "sportello ticket show ", "number 1")


def test_fish_completes_in_a_terminal(desk):
    some(desk, 2)
    shell_completes(desk, "fish", "sportello ticket sh", "ticket show")
    shell_completes(desk, "fish", "sportello ticket show ", "number 1")


# ---- the agents' manual

@setup(start=False)
def test_the_agents_manual_has_every_command(desk):
    made = subprocess.run([SPORTELLO, "agents-mdoc"], capture_output=True, text=True, check=True).stdout
    with open(os.path.join(TOP, "man", "sportello-agents.7"), encoding="utf-8") as f:
        assert made in f.read(), "put what `sportello agents-mdoc` says into man/sportello-agents.7"


# ---- top

def test_top_shows_the_desk_live_until_it_is_told_to_end(desk):
    some(desk, 3)
    text = in_terminal(desk, "top", keys=[b"", b"", b"q"], seconds=20)
    assert text.count("\x1b[?1049h") == 1 and text.rstrip().endswith("\x1b[?1049l"), "the screen is left as it was"
    last = plain(text.split("\x1b[H")[-1])
    assert "tickets 3" in last and "support" in last and "The printer on the second" in last and "q: quit" in last, last
    assert all(len(line) <= 80 for line in last.splitlines()), last
    small = plain(in_terminal(desk, "top", keys=[b"q"], lines=8).split("\x1b[H")[-1])
    assert len(small.splitlines()) <= 8, small


def test_top_says_it_once_where_nobody_looks(desk):
    some(desk, 2)
    said = desk.ok("top")
    assert said["tickets"] == 2 and said["queues"][0]["queue"] == "support" and said["queues"][0]["new"] == 2 and said["overdue"] == 0
    assert set(said["outbox"]) == {"waiting", "sent", "failed", "oldest"} and said["last_mail"].endswith("Z")
    assert "tickets 2" in desk.cli("top", json_output=False).out
