#!/usr/bin/env python3
"""Who authenticated, or showed a certificate that Postfix trusts, is exempt: a real Postfix with
STARTTLS and AUTH asks at both doors.

Two daemons: one exempts by itself, and one has rules about it. Passwords are checked by a server
of Dovecot's authentication protocol that is a thread of this test.
"""
import base64
import contextlib
import re
import shutil
import socketserver
import sys
import threading

import certificates
import lab
from lab import require, same

USER, PASSWORD = "rin", "wild card"
EXEMPT = """
hostname "mx.example.org"
socket "inet:127.0.0.1:%d"
policy "inet:127.0.0.1:%d"
greylist 1m
racl greylist default
"""
RULED = EXEMPT.replace("racl greylist", f"""racl "person" whitelist auth "{USER}"
racl "peer" whitelist tls "{certificates.PEER}"
racl greylist""")
DEFERRED = re.compile("45[01] 4.7.1 .*Greylisting in action")  # 450 is Postfix's own, with the text of a policy server


class PasswordServer(socketserver.ThreadingUnixStreamServer):
    """What Postfix asks with smtpd_sasl_type = dovecot: PLAIN, one user."""
    daemon_threads = True

    class RequestHandlerClass(socketserver.StreamRequestHandler):
        def handle(self):
            self.say("VERSION", "1", "1")
            self.say("MECH", "PLAIN", "plaintext")
            self.say("SPID", "1")
            self.say("CUID", "1")
            self.say("COOKIE", "0" * 32)
            self.say("DONE")
            for line in self.rfile:
                words = line.decode("ascii").rstrip("\n").split("\t")
                if words[0] == "AUTH":
                    self.answer(words[1], words[2:])

        def answer(self, serial, words):
            response = [w[5:] for w in words if w.startswith("resp=")]
            _, user, password = base64.b64decode(response[0]).decode().split("\0")
            if (user, password) == (USER, PASSWORD):
                self.say("OK", serial, f"user={user}")
            else:
                self.say("FAIL", serial, f"user={user}")

        def say(self, *words):
            self.wfile.write(("\t".join(words) + "\n").encode("ascii"))

    def __init__(self, path):
        super().__init__(str(path), self.RequestHandlerClass)
        path.chmod(0o666)
        threading.Thread(target=self.serve_forever, daemon=True).start()


class World:
    def __init__(self, program, stack):
        folder = lab.scratch()
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        self.certificates = certificates.Certificates(folder / "tls")
        passwords = stack.enter_context(PasswordServer(folder / "passwords"))
        stack.callback(passwords.shutdown)
        self.servers, doors = {}, {}
        for name, rules in (("exempt", EXEMPT), ("ruled", RULED)):
            milter, policy = lab.free_port(), lab.free_port()
            self.servers[name] = stack.enter_context(
                lab.Configured(program, rules % (milter, policy), f"inet:127.0.0.1:{milter}"))
            doors[name, "milter"] = {"settings": {"smtpd_milters": f"inet:127.0.0.1:{milter}"}}
            doors[name, "policy"] = {"recipient": f"check_policy_service inet:127.0.0.1:{policy}"}
        self.postfix = stack.enter_context(lab.Postfix(doors, settings=self.settings(folder)))
        self.clients = iter(f"198.18.40.{n}" for n in range(1, 255))

    def settings(self, folder):
        c = self.certificates
        return {
            "smtpd_tls_security_level": "may", "smtpd_tls_cert_file": c.pem("server"),
            "smtpd_tls_key_file": c.key("server"), "smtpd_tls_CAfile": c.pem("ca"),
            "smtpd_tls_ask_ccert": "yes", "smtpd_tls_loglevel": "1",
            "smtpd_sasl_auth_enable": "yes", "smtpd_sasl_type": "dovecot",
            "smtpd_sasl_path": f"unix:{folder}/passwords", "milter_default_action": "tempfail",
        }

    def reply(self, server, door, client, *, certificate=None, tls=False, login=False):
        """The reply to RCPT; then the message is given up."""
        with self.postfix.session((server, door), client) as smtp:
            if tls or certificate is not None:
                same(smtp.starttls(context=self.certificates.context(certificate))[0], 220, "STARTTLS")
            if login:
                smtp.login(USER, PASSWORD)
            smtp.ehlo_or_helo_if_needed()
            smtp.mail("a@sender.example")
            return lab.reply_text(smtp.rcpt("b@example.org"))


@contextlib.contextmanager
def world(program):
    with contextlib.ExitStack() as stack:
        yield World(program, stack)


def deferred(w, server, door, **how):
    reply = w.reply(server, door, next(w.clients), **how)
    require(DEFERRED.match(reply), f"{server} {door} {how}: {reply}")


def passes(w, server, door, why, **how):
    client = next(w.clients)
    reply = w.reply(server, door, client, **how)
    require(reply.startswith("250"), f"{server} {door} {how}: {reply}")
    w.servers[server].logged(f"do=pass why={why} ")
    line = w.servers[server].logged(f" client={client} ")[-1]
    require(f"do=pass why={why} " in line, line)
    return client


def certificate(w, door):
    deferred(w, "exempt", door)
    deferred(w, "exempt", door, tls=True)
    deferred(w, "exempt", door, certificate="stranger")
    client = passes(w, "exempt", door, "certificate", certificate="client")
    require(DEFERRED.match(w.reply("exempt", door, client)), "the same client without it")


def authentication(w, door):
    client = passes(w, "exempt", door, "authenticated", login=True)
    passes(w, "exempt", door, "authenticated", login=True, tls=True)
    require(DEFERRED.match(w.reply("exempt", door, client)), "the same client without a password")


def by_rules(w, door):
    """Where rules are about it, they decide."""
    deferred(w, "ruled", door, certificate="stranger")
    passes(w, "ruled", door, "rule rule=peer", certificate="client")
    passes(w, "ruled", door, "rule rule=person", login=True)


def header(w, door):
    for mark, reason, how in (("by certificate", "Sender succeeded STARTTLS authentication", "client"),
                              ("by password", "Sender succeeded SMTP AUTH", None)):
        with w.postfix.session(("exempt", door), next(w.clients)) as smtp:
            if how is None:
                smtp.login(USER, PASSWORD)
            else:
                smtp.starttls(context=w.certificates.context(how))
            smtp.sendmail("a@sender.example", "b@example.org", f"Subject: {mark} {door}\r\n\r\nhi\r\n")
        text = w.postfix.delivered(f"{mark} {door}")
        same(text.count("\nX-Greylist: "), 1, f"headers of {mark}")
        require(f"\nX-Greylist: {reason}, not delayed by greylag-" in text, text)


CASES = [(f"{door}: {name}", lambda w, f=function, d=door: f(w, d))
         for door in ("milter", "policy")
         for name, function in (("only a certificate that Postfix trusts exempts", certificate),
                                ("who authenticated is exempt", authentication),
                                ("rules about it decide", by_rules),
                                ("the header says why", header))]

if __name__ == "__main__":
    sys.exit(lab.main(CASES, needs=["root", "postfix", "openssl"], doc=__doc__, fixture=world))
