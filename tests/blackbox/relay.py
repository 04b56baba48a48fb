"""relay.py - a mail server that does as it is told: takes mails, refuses, loses the connection, drips, talks without end.

    relay = Relay()                              listens on relay.port; relay.url for the configuration
    relay.mails                                  Sent objects of what it took, the oldest first
    relay.on_rcpt["x@y"] = "550 5.1.1 unknown"   what it answers to RCPT TO:<x@y>; a list is used up from its front
    relay.on_mail, relay.on_data, relay.on_dot   the same for MAIL, DATA and the end of the data
    relay.most, relay.most_at = 1000, "MAIL"     refuses larger mails with 552, by what SIZE= says, or at the end of the data ("dot")
    relay.refused_words = b"..."                 refuses mails with them in it, at the end of the data
    relay.behaviour = "drop-after-dot"           closes instead of the reply to the final dot; the mail counts as taken
                      "drop-after-rcpt", "drip" (one byte a second, for ever), "endless" (a reply line without end),
                      "endless-lines" (a reply of lines without end), "silent" (no answer at all), "421" (greets with 421)
    relay.down(), relay.up()                     nobody listens; listens again on the same port
    relay.connections, relay.commands            counted; the lines that came in
    relay.offers                                 words of the EHLO reply, e.g. "SMTPUTF8", "STARTTLS", "AUTH PLAIN", "CHUNKING" (RFC 3030)
    relay.knows_bdat = False                     and does not know BDAT all the same
    Relay("good")                                TLS from the start, with the certificate tests/blackbox/tls/good.pem; relay.certificate
                                                 alone is for STARTTLS
    relay.password                               what AUTH must bring (user NUL password), else 535
"""
import base64, os, re, socket, ssl, threading, time

from desk import Sent
from ports import free_port, give_back


class Relay:
    def __init__(self, tls=None):
        self.tls, self.certificate, self.password = tls is not None, tls or "good", None
        self.port = free_port()
        self.url = "smtp://127.0.0.1:%d" % self.port
        self.offers = ["8BITMIME", "SIZE 0", "PIPELINING", "SMTPUTF8"]
        self.behaviour, self.greeting, self.knows_bdat = "", "220 relay.test ESMTP", True
        self.on_rcpt, self.on_mail, self.on_data, self.on_dot = {}, None, None, None
        self.most, self.most_at, self.refused_words = None, "dot", None
        self.mails, self.commands, self.attempts, self.connections = [], [], 0, 0
        self.lock, self.listener, self.open = threading.Lock(), None, set()
        self.up()

    def up(self):
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(("127.0.0.1", self.port))
        self.listener.listen(64)
        threading.Thread(target=self.accept, args=(self.listener,), daemon=True).start()

    def down(self):
        """Stops listening and ends the sessions that are open."""
        listener, self.listener = self.listener, None
        if listener:
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        self.hang_up()

    def hang_up(self):
        """Ends the sessions that are open, as a server does that was idle for too long."""
        with self.lock:
            sessions = list(self.open)
        for session in sessions:
            try:
                session.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self):
        self.down()
        give_back(self.port)

    def accept(self, listener):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self.lock:
                self.connections += 1
                self.open.add(connection)
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def encrypted(self, connection):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(os.path.join(os.path.dirname(os.path.abspath(__file__)), "tls", self.certificate + ".pem"))
        return context.wrap_socket(connection, server_side=True)

    def serve(self, connection):
        try:
            if self.tls:
                connection = self.encrypted(connection)
            while True:
                encrypted = self.session(connection, connection.makefile("rb"))
                if not encrypted:
                    break
                connection = encrypted
        except OSError:
            pass
        finally:
            with self.lock:
                self.open.discard(connection)
            connection.close()

    @staticmethod
    def planned(plan, otherwise):
        """A plan is None, a reply, or a list of replies that is used up."""
        if isinstance(plan, list):
            return plan.pop(0) if plan else otherwise
        return plan or otherwise

    def misbehave(self, connection):
        if self.behaviour == "drip":
            while True:
                connection.sendall(b"2")
                time.sleep(1)
        if self.behaviour == "endless":
            connection.sendall(b"250 ")
            while True:
                connection.sendall(b"x" * 65536)
        if self.behaviour == "endless-lines":
            while True:
                connection.sendall(b"250-and more\r\n" * 1000)
        if self.behaviour == "silent":
            while connection.recv(4096):
                pass
            raise ConnectionError

    def session(self, connection, lines):
        """Until the client goes, or says STARTTLS: then the encrypted connection is returned, and the session begins anew on it."""
        def say(reply):
            connection.sendall((reply + "\r\n").encode())

        if not isinstance(connection, ssl.SSLSocket) or self.tls:
            say("421 4.3.2 not now" if self.behaviour == "421" else self.greeting)
        sender, recipients, chunks = None, [], b""
        for line in lines:
            text = line.decode("utf-8", "replace").rstrip("\r\n")
            verb = text.split(" ")[0].upper().split(":")[0]
            with self.lock:
                self.commands.append(text)
            if verb == "EHLO":
                say("\r\n".join("250-" + word for word in ["relay.test"] + self.offers[:-1]) + "\r\n250 " + self.offers[-1])
            elif verb == "HELO":
                say("250 relay.test")
            elif verb == "MAIL":
                self.misbehave(connection)
                reply = self.planned(self.on_mail, "250 2.1.0 ok")
                size = re.search("SIZE=([0-9]+)", text)
                if self.most and self.most_at == "MAIL" and size and int(size.group(1)) > self.most:
                    reply = "552 5.3.4 message size exceeds fixed limit"
                sender, recipients = re.search("<(.*?)>", text).group(1) if reply[0] == "2" else None, []
                say(reply)
            elif verb == "RCPT":
                address = re.search("<(.*?)>", text).group(1)
                reply = self.planned(self.on_rcpt.get(address), "250 2.1.5 ok") if sender is not None else "503 5.5.1 need MAIL command"
                if reply[0] == "2":
                    recipients.append(address)
                if self.behaviour == "drop-after-rcpt":
                    return
                say(reply)
            elif verb == "DATA":
                reply = self.planned(self.on_data, "354 go on" if recipients else "554 5.5.1 no valid recipients")
                say(reply)
                if reply[0] == "3" and not self.data(connection, lines, sender, recipients, say):
                    return
                sender, recipients = None, []
            elif verb == "BDAT" and self.knows_bdat:
                chunks += lines.read(int(text.split()[1]))
                last = text.upper().endswith(" LAST")
                if not recipients:
                    say("503 5.5.1 need RCPT command")
                elif not last:
                    say("250 2.0.0 ok")
                elif not self.end_of_data(connection, chunks, sender, recipients, say):
                    return
                if last or not recipients:
                    sender, recipients, chunks = None, [], b""
            elif verb == "QUIT":
                say("221 2.0.0 bye")
                return
            elif verb == "STARTTLS" and "STARTTLS" in self.offers:
                say("220 2.0.0 go on")
                return self.encrypted(connection)
            elif verb == "AUTH":
                right = text.split()[1].upper() == "PLAIN" and base64.b64decode(text.split()[2]).decode() == "\0" + (self.password or "")
                say("235 2.7.0 welcome" if right else "535 5.7.8 wrong")
            elif verb in ("RSET", "NOOP"):
                if verb == "RSET":
                    sender, recipients, chunks = None, [], b""
                say("250 2.0.0 ok")
            else:
                say("502 5.5.2 what?")

    def taken(self, connection, sent):
        """For who wants to know which came on which connection; with the lock held, before the reply."""

    def data(self, connection, lines, sender, recipients, say):
        body = []
        for line in lines:
            if line == b".\r\n":
                break
            body.append(line[1:] if line.startswith(b".") else line)
        else:
            return False
        return self.end_of_data(connection, b"".join(body), sender, recipients, say)

    def end_of_data(self, connection, body, sender, recipients, say):
        reply = self.planned(self.on_dot, "250 2.0.0 queued")
        if self.most and self.most_at == "dot" and len(body) > self.most:
            reply = "552 5.7.0 we take no such attachments"
        if self.refused_words and self.refused_words in body:
            reply = "552 5.7.0 we take no such attachments"
        with self.lock:
            self.attempts += 1
            if reply[0] == "2":
                self.mails.append(Sent(sender, recipients, body))
                self.taken(connection, self.mails[-1])
        if self.behaviour == "drop-after-dot":
            return False
        say(reply)
        return True
