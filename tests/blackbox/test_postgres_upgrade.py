"""A PostgreSQL database of an earlier version is brought up to date at the start, by one gateway of several; one of a later version is left alone."""
import os, shutil, subprocess

import postgres
from desk import BUILD, Desk, Skip, mail, setup, wait_until

TRY = os.path.join(BUILD, "tools", "postgres_try")


def server(desk):
    reason = postgres.installed() or (None if os.path.exists(TRY) else "built with POSTGRESQL=no")
    if reason:
        raise Skip(reason)
    os.chmod(desk.directory, 0o755)
    return postgres.Server(os.path.join(desk.directory, "pg"), {"fsync": "off"})


def first_version(there, name):
    url = there.create(name)
    there.sql(subprocess.run([TRY, "--schema", "1"], capture_output=True, text=True, check=True).stdout, name)
    there.sql("INSERT INTO meta(key,value) VALUES('schema','1')", name)
    there.sql("INSERT INTO ticket(id,state,queue,agent,priority,subject,language,customer,customer_name,created,updated,closed_at) VALUES"
              "(1,'open','support','bob','high','From before','en','anna@example.com','Anna',1700000000000,1700000000000,0)", name)
    return url


def version(there, name):
    return int(there.sql("SELECT value FROM meta WHERE key='schema'", name)[0][0])


@setup(start=False, config={"store.url": "sqlite:"})
def test_one_gateway_brings_it_up_and_the_others_find_it_done(desk):
    with server(desk) as there:
        url = first_version(there, "one")
        desk.set("store.url", url)
        desk.write_config()
        with open(os.path.join(desk.state_dir, "secret.key"), "w") as f:
            f.write("ab" * 32 + "\n")
        os.chmod(os.path.join(desk.state_dir, "secret.key"), 0o600)
        assert desk.cli("check").code == 0 and version(there, "one") == 1
        directory = os.path.join(desk.directory, "other")
        os.mkdir(directory)
        other = Desk(directory, start=False, config={"store.url": url})
        shutil.copy(os.path.join(desk.state_dir, "secret.key"), other.state_dir)
        for gateway in (desk, other):
            gateway.start(wait=False)
        for gateway in (desk, other):
            wait_until(gateway.answers, 30)
        assert len(desk.log("store.migrated") + other.log("store.migrated")) == 1 and version(there, "one") > 1
        assert there.sql("SELECT open, weight FROM agent_load WHERE agent='bob'", "one") == [["1", "4"]]
        other.accept(mail(subject="After"))
        assert sorted(t["subject"] for t in desk.ok("ticket", "list")) == ["After", "From before"]
        for gateway in (desk, other):
            gateway.stop()


@setup(start=False, config={"store.url": "sqlite:"})
def test_not_while_a_gateway_works_and_never_back(desk):
    with server(desk) as there:
        desk.set("store.url", first_version(there, "one"))
        desk.write_config()
        with open(os.path.join(desk.state_dir, "secret.key"), "w") as f:
            f.write("ab" * 32 + "\n")
        os.chmod(os.path.join(desk.state_dir, "secret.key"), 0o600)
        there.sql("CREATE TABLE lease(name text PRIMARY KEY, holder text NOT NULL, until timestamptz NOT NULL, fence bigint NOT NULL);"
                  "INSERT INTO lease VALUES('lease', 'another', now() + interval '1 hour', 1)", "one")
        desk.start(wait=False)
        assert desk.process.wait(20) == 75 and "stop all of them" in desk.log_tail() and version(there, "one") == 1
        assert desk.cli("ticket", "list").code == 75 and version(there, "one") == 1
        there.sql("DROP TABLE lease; UPDATE meta SET value='99' WHERE key='schema'", "one")
        desk.start(wait=False)
        assert desk.process.wait(20) == 65 and "newer Sportello (schema 99" in desk.log_tail() and version(there, "one") == 99
        desk.process = None
        assert desk.cli("ticket", "list").code == 65


@setup(start=False, config={"store.url": "sqlite:"})
def test_what_was_erased_on_one_machine_stays_so_after_the_servers_backup_on_another(desk):
    with server(desk) as there:
        url = there.create("one")
        desk.set("store.url", url)
        desk.write_config()
        desk.start()
        for i in range(3):
            desk.accept(mail(subject="Canary %d" % i, sender="customer%d@example.com" % i))
        wait_until(lambda: not desk.ok("outbox", "list"))
        dump = os.path.join(desk.directory, "dump")
        subprocess.run([postgres.program("pg_dump"), "-Fc", "-f", dump, url], check=True)
        desk.ok("erase", "ticket", 2)
        desk.ok("erase", "customer", "customer2@example.com")
        desk.stop()
        directory = os.path.join(desk.directory, "other")
        os.mkdir(directory)
        other = Desk(directory, start=False, config={"store.url": url})
        shutil.copy(os.path.join(desk.state_dir, "secret.key"), other.state_dir)
        other.start()                                        # a machine on which nothing was erased has the ledger, too
        ledgers = [os.path.join(d.state_dir, "erasures") for d in (desk, other)]
        wait_until(lambda: os.path.exists(ledgers[1]) and len(open(ledgers[1]).read().splitlines()) == 3, 20)
        assert set(open(ledgers[0]).read().splitlines()) == set(open(ledgers[1]).read().splitlines())
        other.stop()
        there.drop("one")
        there.create("one")
        subprocess.run([postgres.program("pg_restore"), "-d", url, dump], check=True)
        assert other.ok("ticket", "show", 2)["subject"] == "Canary 1"
        assert other.cli("erase", "replay").json == {"erased": 2}
        assert "Canary 1" not in str(other.ok("ticket", "show", 2)) and "customer2" not in str(other.ok("ticket", "list"))
        assert other.cli("erase", "replay").json == {"erased": 0} or other.cli("fsck").code == 0
        other.start()
        assert other.cli("fsck").code == 0, other.cli("fsck")
        other.stop()
