"""A day through pgbouncer in transaction mode: a session is nobody's there, and all goes as without it."""
import os, shutil, subprocess

import postgres
from desk import BUILD, Skip, address_of, mail, setup, wait_until
from ports import free_port, give_back


def program():
    found = shutil.which("pgbouncer") or "/usr/sbin/pgbouncer"
    return found if os.access(found, os.X_OK) else None


class Pooler:
    """One in front of a server, on a port; as nobody if we are root."""
    def __init__(self, directory, there):
        self.directory, self.there, self.port = directory, there, free_port()

    def __enter__(self):
        os.makedirs(self.directory)
        if os.getuid() == 0:
            shutil.chown(self.directory, "nobody", "nogroup")
        with open(os.path.join(self.directory, "ini"), "w") as f:
            f.write("[databases]\n* = host=%s user=%s\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = %d\nunix_socket_dir =\nauth_type = any\npool_mode = transaction\n"
                    "max_client_conn = 200\ndefault_pool_size = 8\nserver_login_retry = 1\nserver_connect_timeout = 3\nquery_wait_timeout = 10\nignore_startup_parameters = extra_float_digits\nlogfile = %s/log\n" % (self.there.directory, postgres.USER, self.port, self.directory))
        command = [program(), os.path.join(self.directory, "ini")]
        if os.getuid() == 0:
            command = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", *command]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/")
        return self

    def url(self, name):
        return "postgresql://%s@127.0.0.1:%d/%s" % (postgres.USER, self.port, name)

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        give_back(self.port)


def pooled(desk):
    reason = postgres.installed() or (None if os.path.exists(os.path.join(BUILD, "tools", "postgres_try")) else "built with POSTGRESQL=no")
    if reason or not program():
        raise Skip(reason or "no pgbouncer here")
    os.chmod(desk.directory, 0o755)
    return postgres.Server(os.path.join(desk.directory, "pg"), {"fsync": "off"})


@setup(start=False, config={"store.url": "sqlite:"})
def test_a_day_through_a_pooler_in_transaction_mode(desk):
    with pooled(desk) as there, Pooler(os.path.join(desk.directory, "pooler"), there) as pooler:
        there.sql("CREATE DATABASE desk")
        desk.set("store.url", pooler.url("desk"))
        desk.write_config()
        wait_until(lambda: subprocess.run(["psql", "-X", "-c", "SELECT 1", pooler.url("desk")], capture_output=True).returncode == 0, 20)
        desk.start()
        first = mail(subject="Stampante rotta", body="La stampante non funziona. Perché?\n")
        desk.accept(first)
        desk.accept(first)
        acknowledgement = desk.wait_sent(1, to="anna@example.com")[0]
        desk.accept(mail(reply_to=acknowledgement.message, body="Ancora rotta.\n"), address_of(acknowledgement))
        large = mail(subject="Large", body="".join("%07d a line of a large mail\n" % i for i in range(40000)))
        desk.accept(large)
        for i in range(40):
            desk.accept(mail(subject="Request %d" % i, sender="customer%d@example.com" % i))
        desk.ok("ticket", "reply", 1, "--as", "bob", stdin="An answer")
        desk.ok("ticket", "tag", 1, "vpn")
        desk.ok("erase", "ticket", 5)
        wait_until(lambda: not desk.ok("outbox", "list"), 30)
        wait_until(lambda: [t["id"] for t in desk.ok("ticket", "search", "perche")] == [1])
        assert len(desk.ok("ticket", "list")) == 42 and desk.ok("ticket", "show", 1)["tags"] == ["vpn"]
        there.stop("immediate")                              # the pooler stays, and the server behind it is gone
        with desk.session(timeout=120) as session:       # the pooler tries for a while before it says no
            assert session.deliver(mail(subject="While it is gone"), ["support@example.org"])[0][0] // 100 == 4
        there.start()
        wait_until(lambda: desk.lmtp(mail(subject="Back"))[0][0] == 250, 30)
        assert desk.cli("fsck").code == 0, desk.cli("fsck")
        copied = desk.cli("store", "copy", "--to", "sqlite:")
        assert copied.code == 0 and copied.json["rows"] > 100, copied
        desk.cli("store", "copy", "--end")
        desk.stop()


test_a_day_through_a_pooler_in_transaction_mode.long = 25
