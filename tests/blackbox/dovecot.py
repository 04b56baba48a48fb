"""dovecot.py - Debian's Dovecot on a Maildir of ours, for tests: as this user, on a free port, without a password file of the machine.

Dovecot(directory, maildir) raises Skip where dovecot is not installed. login() gives an imaplib connection; close() ends it by its own process.
"""
import getpass, grp, imaplib, os, pwd, shutil, subprocess

from desk import Skip, wait_until
from ports import free_port, give_back

CONFIG = """
base_dir = {run}
state_dir = {run}/state
log_path = {directory}/dovecot.log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
{users}first_valid_uid = 0
first_valid_gid = 0
mail_location = maildir:{maildir}:INDEX={directory}/index
mail_uid = {uid}
mail_gid = {gid}
namespace inbox {{
  inbox = yes
  separator = /
}}
passdb {{
  driver = static
  args = password=secret
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={directory}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
"""


class Dovecot:
    def __init__(self, directory, maildir):
        program = shutil.which("dovecot") or (os.path.exists("/usr/sbin/dovecot") and "/usr/sbin/dovecot")
        if not program or not os.path.exists("/usr/lib/dovecot/imap"):
            raise Skip("no dovecot-imapd")
        self.port, self.process = free_port(), None
        self.directory = os.path.join(directory, "dovecot")
        os.makedirs(os.path.join(self.directory, "run"))
        self.run = os.path.join(self.directory, "run")
        user, group = pwd.getpwuid(os.getuid()), grp.getgrgid(os.getgid())
        config = os.path.join(self.directory, "dovecot.conf")
        uid = user.pw_uid or 65534                   # never root: then by its group
        # Started by root it keeps the users of its package, who must come to its sockets.
        users = "" if os.getuid() == 0 else "default_login_user = %s\ndefault_internal_user = %s\ndefault_internal_group = %s\n" % (user.pw_name, user.pw_name, group.gr_name)
        if os.getuid() == 0:
            os.chmod(directory, 0o755)
            os.chmod(self.directory, 0o777)
        with open(config, "w") as f:
            # Its indexes apart; keywords and UIDs beside the mails, where the mirror writes them.
            f.write(CONFIG.format(run=self.run, directory=self.directory, maildir=maildir, port=self.port, users=users, uid=uid, gid=group.gr_gid))
        self.process = subprocess.Popen([program, "-F", "-c", config], stdout=subprocess.DEVNULL, stderr=open(os.path.join(self.directory, "err"), "w"))
        try:
            wait_until(self.answers, 20, "dovecot answers")
        except AssertionError:
            words = open(os.path.join(self.directory, "err")).read() + (open(self.directory + "/dovecot.log").read() if os.path.exists(self.directory + "/dovecot.log") else "")
            self.close()
            raise AssertionError("dovecot does not answer: " + words[-1500:])

    def answers(self):
        try:
            self.login().logout()
            return True
        except (OSError, imaplib.IMAP4.error):
            return False

    def login(self):
        connection = imaplib.IMAP4("127.0.0.1", self.port, timeout=20)
        connection.login("agents", "secret")
        return connection

    def close(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(20)
        give_back(self.port)
