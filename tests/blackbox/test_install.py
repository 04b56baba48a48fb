"""What `make install` lays down: every link of a document, every page and file that a manual names, leads somewhere; nothing is left by `make uninstall`."""
import glob, gzip, os, re, shutil, subprocess

from desk import BUILD, TOP, Skip, setup

USR = "usr"


def make(desk, target, root):
    """Without building: what is installed is what there is. From the tree's own place: make knows no paths with blanks."""
    done = subprocess.run(["make", "-s", "-o", "all", target, "BUILD=" + os.path.relpath(BUILD, TOP), "DESTDIR=" + root, "PREFIX=/usr", "SYSCONFDIR=/etc"], cwd=TOP, capture_output=True, text=True, timeout=120,
                          env={**os.environ, "MAKEFLAGS": ""})
    assert done.returncode == 0, done
    return root


def installed(desk):
    return make(desk, "install", os.path.join(desk.directory, "root"))


def text_of(path):
    with (gzip.open if path.endswith(".gz") else open)(path, "rb") as f:
        return f.read().decode()


def dead_links(root):
    """Of Markdown and of pictures: targets on the same disk that are not there, and that lie outside of what was installed."""
    documents = os.path.join(root, USR, "share/doc/sportello")
    found = []
    for path in glob.glob(documents + "/*.md") + glob.glob(documents + "/doc/*.md") + glob.glob(os.path.join(root, USR, "share/sportello/**/*.md"), recursive=True):
        for target in re.findall(r"\]\(([^)\s]+)\)|<img src=\"([^\"]+)\"", text_of(path)):
            target = (target[0] or target[1]).split("#")[0]
            if target and not re.match(r"[a-z]+:", target) and not any(os.path.exists(os.path.join(os.path.dirname(path), target + end)) for end in ("", ".gz")):
                found.append("%s: %s" % (os.path.relpath(path, root), target))
    return found


def named_files(text):
    """Files of ours that a document or a message names by their place in the sources, and that a reader will look for beside it."""
    return set(re.findall(r"(?<![\w/.])(?:contrib|rules|doc)/[\w./-]*\w", text))


@setup(start=False)
def test_no_link_of_an_installed_document_is_dead(desk):
    root = installed(desk)
    assert len(glob.glob(os.path.join(root, USR, "share/doc/sportello/doc/*.md"))) >= 7
    assert dead_links(root) == []
    documents, missing = os.path.join(root, USR, "share/doc/sportello"), []
    sources = glob.glob(os.path.join(TOP, "src", "*", "*.c"))
    for path in glob.glob(documents + "/*.md") + glob.glob(documents + "/doc/*.md") + glob.glob(documents + "/contrib/*/README") + glob.glob(os.path.join(root, USR, "share/man/*/*")) + sources:
        text = text_of(path)
        if path in sources:                              # what a program says to people
            text = " ".join(re.findall(r'"((?:[^"\\\n]|\\.)*)"', text))
        for name in named_files(text) - BUILD_ONLY:
            if not os.path.exists(os.path.join(documents, name)):
                missing.append("%s: %s" % (os.path.relpath(path, TOP if path in sources else root), name))
    assert missing == []


BUILD_ONLY = {"contrib/systemd"}                         # a unit has its own place


@setup(start=False)
def test_every_page_and_file_that_a_manual_names_is_installed(desk):
    root, missing = installed(desk), []
    pages = {os.path.basename(path) for path in glob.glob(os.path.join(root, USR, "share/man/man*/*"))}
    assert {"sportello.1", "sportello.conf.5", "sportello-rules.7", "sportellod.8"} <= pages, pages
    documents = glob.glob(os.path.join(root, USR, "share/man/man*/*")) + glob.glob(os.path.join(root, USR, "share/doc/sportello/*.md")) + glob.glob(os.path.join(root, USR, "share/doc/sportello/doc/*.md"))
    for path in documents:
        text = text_of(path)
        for name, section in re.findall(r"^\.Xr (sportello\S*) (\d)", text, re.M) + re.findall(r"\b(sportello[\w.-]*)\((\d)\)", text):
            if "%s.%s" % (name, section) not in pages:
                missing.append("%s: %s(%s)" % (os.path.relpath(path, root), name, section))
        for name in re.findall(r"(?<![\w])/usr/(?:local/)?share/(?:doc/)?sportello[\w./-]*\w", text):
            if not os.path.exists(root + name):
                missing.append("%s: %s" % (os.path.relpath(path, root), name))
    assert missing == []


@setup(start=False)
def test_uninstall_leaves_what_is_the_admins_and_nothing_else(desk):
    root = installed(desk)
    rules = os.path.join(root, "etc/sportello/rules/10-mine.sieve")
    with open(rules, "w") as f:
        f.write("keep;\n")
    make(desk, "uninstall", root)
    left = sorted(os.path.relpath(os.path.join(folder, name), root) for folder, _, names in os.walk(root) for name in names)
    assert left == ["etc/sportello/rules/10-mine.sieve", "etc/sportello/sportello.conf"], left


@setup(start=False)
def test_the_unit_is_closed_and_stops_on_what_no_restart_mends(desk):
    unit = os.path.join(installed(desk), USR, "lib/systemd/system/sportellod.service")
    text = text_of(unit)
    assert "RestartPreventExitStatus=65 78\n" in text and "ExecStart=/usr/sbin/sportellod " in text and "@" not in re.sub("@(system-service|privileged|resources)", "", text), text
    if not shutil.which("systemd-analyze"):
        raise Skip("no systemd-analyze here")
    done = subprocess.run(["systemd-analyze", "security", "--offline=true", "--no-pager", unit], capture_output=True, text=True, timeout=60)
    level = re.search(r"Overall exposure level for sportellod.service: ([\d.]+)", done.stdout)
    assert level, done
    assert float(level.group(1)) < 2, done.stdout


@setup(start=False)
def test_a_configuration_of_comments_alone_is_nobodys_yet(desk):
    """What the Debian package installs: the daemon does not start with it, everything that reads it says what to do, and setup writes over it."""
    file = os.path.join(desk.directory, "not-yet.conf")
    shutil.copy(os.path.join(TOP, "contrib/debian/not-yet.conf"), file)
    for words in (("sportello", "-c", file, "check"), ("sportellod", "-c", file)):
        done = subprocess.run([os.path.join(BUILD, words[0]), *words[1:]], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60)
        assert done.returncode == 78 and "sportello setup" in done.stderr, done
    new = [os.path.join(BUILD, "sportello"), "-c", file, "setup", "--postfix", "none", "--relay", "smtp://127.0.0.1:25", "--domain", "help.example.org", "--agent", "bob=bob@example.org", "--web", "none", "--apply"]
    assert subprocess.run(new, capture_output=True, stdin=subprocess.DEVNULL, timeout=60).returncode == 0
    assert "written by `sportello setup`" in text_of(file)
