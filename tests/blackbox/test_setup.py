"""setup without a Postfix: the configuration that it writes, and the samples for web servers. What it does to Postfix is in tests/postfix."""
import os, subprocess

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
    assert sportello("-c", file, "ticket", "list").returncode in (0, 66)         # the configuration can be read
    os.chmod(file, 0o600)


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
