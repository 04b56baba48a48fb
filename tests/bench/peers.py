"""peers.py - whom the desk is measured beside: Postfix smtp-sink, the two floors, Dovecot's LMTP in three formats. Each a private instance.

A candidate is a function (directory, port, env) that starts a group. It has a directory of its own, on the file system of all the others,
and listens on loopback. Who is missing is named by missing(), and the rest is measured without.
"""
import grp, os, pwd, shutil, subprocess

import texts
from group import Group

ROOT = os.geteuid() == 0
DOVECOT = shutil.which("dovecot") or ("/usr/sbin/dovecot" if os.path.exists("/usr/sbin/dovecot") else None)
SINK = shutil.which("smtp-sink") or ("/usr/sbin/smtp-sink" if os.path.exists("/usr/sbin/smtp-sink") else None)
SOURCE = shutil.which("smtp-source") or ("/usr/sbin/smtp-source" if os.path.exists("/usr/sbin/smtp-source") else None)
MAILBOXES = {"sdbox", "maildir", "sieve"}
TOOLS = ""                                                   # where the compiled tools are; run.py sets it


def lmtp_module():
    return any(os.path.exists(os.path.join(d, "dovecot/lmtp")) for d in ("/usr/lib", "/usr/libexec"))


def sieve_module():
    return any(os.path.exists(os.path.join(d, "lib90_sieve_plugin.so")) for d in ("/usr/lib/dovecot/modules", "/usr/lib64/dovecot"))


def missing():
    words = []
    if not SINK:
        words.append("smtp-sink, smtp-source (package postfix)")
    if not DOVECOT or not lmtp_module():
        words.append("Dovecot LMTP (packages dovecot-core, dovecot-lmtpd)")
    elif not sieve_module():
        words.append("Dovecot Sieve (package dovecot-sieve)")
    return words


def floor(directory, port, env=None):
    return Group("floor", [os.path.join(TOOLS, "floor"), str(port), os.path.join(directory, "floor.db")], os.path.join(directory, "log"), env)


def loop(directory, port, env=None):
    return Group("loop", [os.path.join(TOOLS, "loop"), str(port), os.path.join(directory, "loop.db")], os.path.join(directory, "log"), env)


def sink(directory, port, env=None):
    user = ["-u", "nobody"] if ROOT else []
    return Group("smtp-sink", [SINK, "-L"] + user + ["127.0.0.1:%d" % port, "200"], os.path.join(directory, "log"), env)


def mail_user():
    return pwd.getpwnam("nobody") if ROOT else pwd.getpwuid(os.geteuid())


DOVECOT_CONF = """
base_dir = {d}/run
state_dir = {d}/state
log_path = {d}/log
instance_name = sportello-bench
protocols = lmtp
ssl = no
mail_fsync = always
mail_location = {location}
mail_plugins =
first_valid_uid = 1
first_valid_gid = 1
postmaster_address = postmaster@example.org
import_environment = TZ LD_PRELOAD BENCH_SYNC_COUNT BENCH_SYNC_US
passdb {{
  driver = static
  args = nopassword=y
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={d}/home/%u allow_all_users=yes
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {port}
  }}
  process_limit = 200
}}
protocol lmtp {{
  mail_plugins = {plugins}
}}
plugin {{
  sieve_before = {d}/rules.sieve
}}
{more}
"""


def dovecot(directory, port, env, name, location, sieve):
    who = mail_user()
    for folder in ("home", "mail", "state"):
        os.makedirs(os.path.join(directory, folder), exist_ok=True)
        if ROOT:
            os.chown(os.path.join(directory, folder), who.pw_uid, who.pw_gid)
    if sieve:
        write_sieve(directory, who)
    more = "" if ROOT else "default_internal_user = {0}\ndefault_internal_group = {1}\ndefault_login_user = {0}\n".format(who.pw_name, grp.getgrgid(who.pw_gid).gr_name)
    conf = os.path.join(directory, "dovecot.conf")
    with open(conf, "w") as f:
        f.write(DOVECOT_CONF.format(d=directory, port=port, uid=who.pw_uid, gid=who.pw_gid, location=location.format(d=directory),
                                    plugins="sieve" if sieve else "", more=more))
    return Group(name, [DOVECOT, "-F", "-c", conf], os.path.join(directory, "log"), env)


def write_sieve(directory, who):
    """40 rules: the same tests as the desk's, about the header alone; what they find is marked with a flag."""
    path = os.path.join(directory, "rules.sieve")
    with open(path, "w") as f:
        f.write('require ["imap4flags"];\n')
        f.writelines('if %s { addflag "tag-t%d"; }\n' % (test, i) for i, test in enumerate(texts.rule_tests(False)))
    subprocess.run(["sievec", path], check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.chmod(path, 0o644)


def sdbox(directory, port, env=None):
    return dovecot(directory, port, env, "dovecot sdbox", "sdbox:{d}/mail/%u", False)


def maildir(directory, port, env=None):
    return dovecot(directory, port, env, "dovecot Maildir", "maildir:{d}/mail/%u", False)


def maildir_sieve(directory, port, env=None):
    return dovecot(directory, port, env, "dovecot Maildir + Sieve", "maildir:{d}/mail/%u", True)


def available():
    """Name to function, of all that are there."""
    found = {"floor": floor, "loop": loop}
    if SINK:
        found["smtp-sink"] = sink
    if DOVECOT and lmtp_module():
        found.update({"sdbox": sdbox, "maildir": maildir})
        if sieve_module():
            found["sieve"] = maildir_sieve
    return found
