"""The PostgreSQL server dies, its standby takes over, and the desk goes on: what was answered 250 is there. TLS and passwords are libpq's."""
import os, shutil, signal, socket, subprocess, threading, time

import postgres
from desk import BUILD, HERE, SLOW, Skip, mail, setup, wait_until
from ports import free_port, give_back


def needed(desk):
    reason = postgres.installed() or (None if os.path.exists(os.path.join(BUILD, "tools", "postgres_try")) else "built with POSTGRESQL=no")
    if reason or not postgres.program("pg_basebackup"):
        raise Skip(reason or "no pg_basebackup here")
    os.chmod(desk.directory, 0o755)


def on_ports(desk, name, **settings):
    directory = os.path.join(desk.directory, name)
    return postgres.Server(directory, {"listen_addresses": "127.0.0.1", "port": str(settings.pop("port")), "fsync": "off", **settings})


def standby_of(primary, desk, port):
    """A copy of the primary, that follows it."""
    standby = on_ports(desk, "standby", port=port)
    os.makedirs(standby.directory)
    if os.getuid() == 0:
        shutil.chown(standby.directory, "nobody", "nogroup")
    primary.as_nobody(postgres.program("pg_basebackup"), "-h", primary.directory, "-p", primary.settings["port"], "-U", postgres.USER, "-D", standby.data, "-c", "fast", "-X", "stream", "-R")
    with open(os.path.join(standby.data, "postgresql.auto.conf"), "a") as f:
        f.writelines("%s = '%s'\n" % pair for pair in {**standby.settings, "synchronous_standby_names": "",
                                                      "primary_conninfo": "host=%s port=%s user=%s application_name=second" % (primary.directory, primary.settings["port"], postgres.USER)}.items())
    os.chmod(standby.data, 0o700)
    standby.start()
    return standby


def kill_server(server):
    """As a machine that is gone: all processes of it at once, and none of them comes back."""
    with open(os.path.join(server.data, "postmaster.pid")) as f:
        postmaster = int(f.readline())
    children = subprocess.run(["pgrep", "-P", str(postmaster)], capture_output=True, text=True).stdout.split()
    os.kill(postmaster, signal.SIGKILL)
    for child in children:
        try:
            os.kill(int(child), signal.SIGKILL)
        except ProcessLookupError:
            pass


@setup(start=False, config={"store.url": "sqlite:"})
def test_what_was_answered_250_is_on_the_standby_that_takes_over(desk):
    needed(desk)
    ports = [free_port(), free_port()]
    with on_ports(desk, "primary", port=ports[0]) as primary:
        primary.sql("CREATE DATABASE desk")
        standby = standby_of(primary, desk, ports[1])
        try:
            primary.sql("ALTER SYSTEM SET synchronous_standby_names = 'second'")
            primary.sql("ALTER SYSTEM SET synchronous_commit = 'remote_apply'")
            primary.sql("SELECT pg_reload_conf()")
            wait_until(lambda: primary.sql("SELECT sync_state FROM pg_stat_replication") == [["sync"]], 20)
            desk.set("store.url", "postgresql://%s@127.0.0.1:%d,127.0.0.1:%d/desk?target_session_attrs=read-write" % (postgres.USER, *ports))
            desk.write_config()
            desk.start()
            assert not [f for f in desk.cli("check").json if "synchronous" in f["what"]]
            accepted, stop, count = [], threading.Event(), [0]

            def deliver(which):
                while not stop.is_set():
                    count[0] += 1
                    subject = "Request %d of %d" % (count[0], which)
                    try:
                        if desk.lmtp(mail(subject=subject))[0][0] == 250:
                            accepted.append(subject)
                    except (OSError, EOFError, IndexError):
                        time.sleep(0.1)

            threads = [threading.Thread(target=deliver, args=(i,)) for i in range(4)]
            for thread in threads:
                thread.start()
            wait_until(lambda: len(accepted) > 40, 60)
            kill_server(primary)
            before = len(accepted)
            standby.as_nobody(postgres.program("pg_ctl"), "-D", standby.data, "-w", "promote")
            wait_until(lambda: len(accepted) > before + 20, 60)
            stop.set()
            for thread in threads:
                thread.join()
            subjects = [t["subject"] for t in desk.ok("ticket", "list")]
            assert set(accepted) <= set(subjects) and len(subjects) == len(set(subjects)), sorted(set(accepted) - set(subjects))
            assert desk.cli("fsck").code == 0, desk.cli("fsck")
            print("%d mails before the kill, %d after: none lost, none doubled" % (before, len(accepted) - before))
            desk.stop()
        finally:
            standby.stop("immediate")
    for port in ports:
        give_back(port)


test_what_was_answered_250_is_on_the_standby_that_takes_over.long = 20


@setup(start=False, config={"store.url": "sqlite:"})
def test_tls_and_passwords_are_those_of_libpq(desk):
    needed(desk)
    if not shutil.which("openssl"):
        raise Skip("no openssl here")
    port = free_port()
    with on_ports(desk, "primary", port=port) as there:
        there.sql("CREATE DATABASE desk")
        key, certificate = os.path.join(there.data, "server.key"), os.path.join(desk.directory, "server.crt")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                        "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate], check=True, capture_output=True)
        shutil.copy(certificate, os.path.join(there.data, "server.crt"))
        os.chmod(key, 0o600)
        if os.getuid() == 0:
            for name in (key, os.path.join(there.data, "server.crt")):
                shutil.chown(name, "nobody", "nogroup")
        there.sql("ALTER ROLE %s PASSWORD 'very secret'" % postgres.USER)
        with open(os.path.join(there.data, "pg_hba.conf"), "w") as f:
            f.write("local all all trust\nhostssl all all 127.0.0.1/32 scram-sha-256\n")
        there.sql("ALTER SYSTEM SET ssl = on")
        there.sql("SELECT pg_reload_conf()")
        passfile = os.path.join(desk.directory, "pgpass")
        url = "postgresql://%s@localhost:%d/desk?hostaddr=127.0.0.1&sslmode=verify-full&sslrootcert=%s&passfile=%s" % (postgres.USER, port, certificate, passfile)

        def starts(password, its_url=url):
            with open(passfile, "w") as f:
                f.write("*:*:*:*:%s\n" % password)
            os.chmod(passfile, 0o600)
            desk.set("store.url", its_url)
            desk.write_config()
            desk.start(wait=False)

        starts("wrong")
        assert desk.process.wait(30) == 75 and "password" in desk.log_tail()
        starts("very secret", url.replace("hostaddr=127.0.0.1&", "").replace("@localhost:", "@127.0.0.1:"))    # the certificate is another name's
        assert desk.process.wait(30) == 75 and "certificate" in desk.log_tail()
        starts("very secret")
        wait_until(desk.answers, 30)
        desk.accept(mail(subject="By TLS"))
        assert there.sql("SELECT DISTINCT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name='sportello'") == [["t"]]
        assert "very secret" not in desk.log_tail() + desk.cli("check", json_output=False).out
        desk.stop()
    give_back(port)
