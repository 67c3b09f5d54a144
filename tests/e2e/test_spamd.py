#!/usr/bin/env python3
"""A real spamd behind the milter door of a daemon that a real Postfix asks; and beside it spamass-milter, the
program that people add for the headers, asked by another smtpd about the same mails.

spamd runs without network tests, on loopback, with a configuration and a home of its own.
"""
import contextlib
import email
import glob
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time

import lab
import sendmail_lab
from lab import require, same

DELAY_S = 4
GTUBE = "XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"

# As administrators have published it; only the port is another.
PAGE_4 = r"""extendedregex

racl greylist domain /^\[.+\]$/ msg "S25R rule 0"
racl greylist domain /^[^.]*[0-9][^0-9.]+[0-9].*\./ msg "S25R rule 1"
racl greylist domain /^[^.]*[0-9][0-9][0-9][0-9][0-9]/ msg "S25R rule 2"
racl greylist domain /^([^.]+\.)?[0-9][^.]*\.[^.]+\..+\.[a-z]/ msg "S25R rule 3"
racl greylist domain /^[^.]*[0-9]\.[^.]*[0-9]-[0-9]/ msg "S25R rule 4"
racl greylist domain /^[^.]*[0-9]\.[^.]*[0-9]\.[^.]+\..+\./ msg "S25R rule 5"
racl greylist domain /^(dhcp|dialup|ppp|[achrsvx]?dsl)[^.]*[0-9]/ msg "S25R rule 6"

racl whitelist default

spamdsock inet "localhost:783"
dacl greylist spamd > 5 msg "SpamAssasin"
"""
DOOR = f'socket "unix:FOLDER/milter" 666\nhostname "mx.example.org"\ngreylist {DELAY_S}s\n'
HEADERS = """spamdsock inet "127.0.0.1:783"
spamd_headers
racl whitelist default
dacl blacklist spamd > 500 rcpt refuse@example.org msg "spam: %Hs"
dacl blacklist spamd rcpt verdict@example.org msg "it says so"
dacl whitelist spamd > 500 addheader "X-Score: %Hs"
"""
DEAD = """spamdsock inet "127.0.0.1:783" "127.0.0.1:783"
spamd_headers
spamd_timeout 3s
racl whitelist default
dacl blacklist spamd > 5 msg "SpamAssassin"
dacl blacklist not spamd > 5 rcpt not@example.org msg "not SpamAssassin"
"""


class Spamd:
    """SpamAssassin's daemon."""

    def __init__(self):
        self.folder = lab.scratch()
        self.port = lab.free_port()
        self.lines = []
        self.process = None

    def __enter__(self):
        conf, home = self.folder / "conf", self.folder / "home"
        conf.mkdir()
        home.mkdir()
        shutil.chown(home, "nobody")
        for path in glob.glob("/etc/spamassassin/*.pre"):
            shutil.copy(path, conf)
        (conf / "local.cf").write_text("use_bayes 0\n")
        # Its processes list their tests in one order: reports are compared.
        order = {"PERL_HASH_SEED": "0", "PERL_PERTURB_KEYS": "0"}
        self.process = subprocess.Popen(
            [lab.which("spamd"), "-L", "-x", "-s", "stderr", f"--siteconfigpath={conf}", "-i", "127.0.0.1",
             "-p", str(self.port), "-u", "nobody", "-H", str(home), "-m", "2", "--min-children=1",
             f"--pidfile={self.folder}/pid"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            env={**os.environ, **order})
        threading.Thread(target=self.collect, args=(self.process.stderr,), daemon=True).start()
        try:
            lab.wait_for(self.listens, 40, "spamd listens")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.process.terminate()         # its children go with it
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def collect(self, stream):
        with stream:
            for raw in stream:
                self.lines.append(raw.decode("latin-1").rstrip("\n"))

    def listens(self):
        if self.process.poll() is not None:
            raise lab.Failure(f"spamd ended: {' | '.join(self.lines[-3:])}")
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
            return True
        except OSError:
            return False

    def scans(self, mark):
        """How often it was asked about the mail of this Message-ID, and by then has answered."""
        return sum(" spamd: result: " in l and f"mid=<{mark}@sender.example>" in l for l in list(self.lines))


@contextlib.contextmanager
def spamass_milter(port):
    """As -m has it: the mail itself stays as it is. Yields its socket."""
    folder = lab.scratch()
    path = folder / "milter"
    process = subprocess.Popen([lab.which("spamass-milter"), "-m", "-p", str(path), "--", "-d", "127.0.0.1",
                                "-p", str(port)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    try:
        lab.wait_for(path.exists, 10, "spamass-milter listens")
        os.chmod(path, 0o666)
        yield f"unix:{path}"
    finally:
        process.terminate()
        process.wait(10)
        shutil.rmtree(folder, ignore_errors=True)


class World:
    def __init__(self, program, stack):
        self.program = program
        self.spamd = stack.enter_context(Spamd())
        self.servers = {}
        dead_port = lab.free_port()
        for name, rules, port in (("page4", PAGE_4, self.spamd.port), ("ours", HEADERS, self.spamd.port),
                                  ("dead", DEAD, dead_port)):
            self.servers[name] = stack.enter_context(
                lab.Configured(program, DOOR + rules.replace(":783", f":{port}"), "unix:FOLDER/milter"))
        addresses = {name: s.address for name, s in self.servers.items()}
        if lab.which("spamass-milter"):
            addresses["theirs"] = stack.enter_context(spamass_milter(self.spamd.port))
        self.doors = {name: {"settings": {"smtpd_milters": address, "milter_default_action": "tempfail"}}
                      for name, address in addresses.items()}
        self.postfix = stack.enter_context(lab.Postfix(self.doors))

    def send(self, door, mark, recipient="b@example.org", body="Hello, how are you?", headers=()):
        """The reply to the end of a mail."""
        head = [("From", "<a@sender.example>"), ("To", f"<{recipient}>"), ("Subject", mark),
                ("Date", "Tue, 24 Nov 2026 23:00:00 +0000"), ("Message-ID", f"<{mark}@sender.example>"), *headers]
        text = "".join(f"{n}: {v}\r\n" for n, v in head) + f"\r\n{body}\r\n"
        with self.postfix.session(door, "198.18.1.1", "mail.sender.example") as smtp:
            smtp.mail("a@sender.example")
            reply = lab.reply_text(smtp.rcpt(recipient))
            require(reply.startswith("250"), f"RCPT: {reply}")
            return lab.reply_text(smtp.data(text))

    def headers(self, door, mark, **more):
        """Those of the delivered mail that SpamAssassin's people look at, without folds."""
        reply = self.send(door, mark, **more)
        require(reply.startswith("250"), f"{door}, {mark}: {reply}")
        mail = email.message_from_string(self.postfix.delivered(mark))
        return [(name, re.sub(r"\s+", " ", value)) for name, value in mail.items() if name.startswith("X-S")]

    def scanned(self, mark, times):
        """So often, and not once more a moment later."""
        lab.wait_for(lambda: self.spamd.scans(mark) >= times, 5, f"{mark}: {times} scans")
        time.sleep(0.2)
        same(self.spamd.scans(mark), times, f"{mark}: scans")


@contextlib.contextmanager
def world(program):
    with contextlib.ExitStack() as stack:
        yield World(program, stack)


def page_4(w):
    reply = w.send("page4", "plain")
    require(reply.startswith("250"), f"an honest mail: {reply}")
    w.scanned("plain", 1)
    reply = w.send("page4", "gtube", body=GTUBE)
    require(re.match(r"451 4\.7\.1 SpamAssasin", reply), f"spam, first try: {reply}")
    reply = w.send("page4", "gtube", body=GTUBE)
    require(reply.startswith("451"), f"spam, early: {reply}")
    time.sleep(DELAY_S + 0.1)
    reply = w.send("page4", "gtube", body=GTUBE)
    require(reply.startswith("250"), f"spam, late: {reply}")
    require("X-Spam" not in w.postfix.delivered("gtube"), "headers that nobody wanted")
    w.scanned("gtube", 2)  # what comes too early need not be scanned
    with w.postfix.session("page4", "198.18.1.2", "dsl12-34.home.example") as smtp:
        smtp.mail("a@sender.example")
        reply = lab.reply_text(smtp.rcpt("b@example.org"))
    require("S25R rule 1" in reply, f"a suspicious client is not let so far: {reply}")


def one_scan_for_all(w):
    found = w.headers("ours", "all", body=GTUBE)
    w.scanned("all", 1)
    status = dict(found)["X-Spam-Status"]
    score = re.match(r"Yes, score=([0-9.]+) ", status)
    require(score is not None, status)
    same(float(dict(found)["X-Score"]), float(score[1]), "%Hs")
    require(w.send("ours", "refused", recipient="refuse@example.org", body=GTUBE).startswith("551 5.7.1 spam: 100"),
            "by its score")
    w.scanned("refused", 1)
    require(w.send("ours", "verdict", recipient="verdict@example.org", body=GTUBE).endswith("it says so"),
            "by its verdict")
    w.scanned("verdict", 1)


FORGED = (("X-Spam-Status", "No, score=-100"), ("X-Spam-Flag", "NO"), ("X-Spam-Level", "*"))


def as_spamass_milter(w):
    if "theirs" not in w.doors:
        raise lab.Skip("no spamass-milter")
    for mark, more in (("same-plain", {}), ("same-spam", {"body": GTUBE}),
                       ("same-mime", {"body": GTUBE, "headers": [("MIME-Version", "1.0"),
                                                                ("Content-Type", "text/plain")]}),
                       ("same-forged", {"headers": FORGED}),
                       ("same-forged-spam", {"headers": FORGED, "body": GTUBE})):
        ours = [h for h in w.headers("ours", mark + "-1", **more) if h[0] != "X-Score"]
        theirs = w.headers("theirs", mark + "-2", **more)
        require(len(theirs) >= 3, f"{mark}: {theirs}")
        same(ours, theirs, mark)


def nothing_forged_stays(w):
    odd = [*FORGED, *FORGED, ("X-Spam-Foo", "bar"), ("x-spam-report", "nice"), ("X-Spam-Prev-Subject", "x")]
    found = w.headers("ours", "forged", headers=odd)
    same([n for n, _ in found], ["X-Spam-Status", "X-Spam-Level", "X-Spam-Checker-Version"], "ham")
    require(dict(found)["X-Spam-Status"].startswith("No, score="), found)
    require("-100" not in str(found), found)
    require("nice" not in w.postfix.delivered("forged"), "a name in small letters")


def many_headers(w):
    """spamd sends them all back, with what it says."""
    found = dict(w.headers("ours", "many", headers=[("X-Junk", "y" * 900)] * 400))
    require(found.get("X-Spam-Status", "").startswith("No, score="), found)
    w.scanned("many", 1)


def dead(w):
    same(w.headers("dead", "dead", headers=FORGED), [], "no spamd, and nothing of the sender's")
    reply = w.send("dead", "dead-not", recipient="not@example.org")
    require(reply.startswith("250"), f"nobody knows, so it does not hold behind `not` either: {reply}")
    w.servers["dead"].logged("no connection")
    lines = [l for l in w.servers["dead"].lines if "no connection" in l]
    require(len(lines) <= (os.cpu_count() or 1), f"one line a minute: {lines}")


def nothing_forged_stays_with_sendmail(w):
    """It counts headers that are deleted, where Postfix lets those behind move up."""
    port = lab.free_port()
    rules = f'socket "inet:127.0.0.1:{port}"\nhostname "mx.example.org"\n' + HEADERS.replace(":783", f":{w.spamd.port}")
    lines = ["From: <a@sender.example>", "To: <b@example.org>", "Subject: sendmail", "Message-ID: <s@sender.example>"]
    for n, (name, value) in enumerate(3 * FORGED + 3 * (("X-Spam-Foo", "bar"), ("x-spam-report", "nice"))):
        lines.append(f"{name}: {value} {n}")
    with lab.Configured(w.program, rules, f"inet:127.0.0.1:{port}"), \
            sendmail_lab.Sendmail(f"inet:{port}@127.0.0.1", {"127.0.0.11": "mail11.sender.example"}) as mta, \
            mta.session("127.0.0.11") as smtp:
        smtp.mail("a@sender.example")
        smtp.rcpt("b@example.org")
        reply = lab.reply_text(smtp.data("\r\n".join(lines) + "\r\n\r\nHello, how are you?\r\n"))
        require(reply.startswith("250"), reply)
        mail = email.message_from_string(mta.delivered("sendmail"))
    found = [(n, v) for n, v in mail.items() if n.lower().startswith("x-spam")]
    same(sorted(n for n, _ in found), ["X-Spam-Checker-Version", "X-Spam-Level", "X-Spam-Status"], "names")
    require(dict(found)["X-Spam-Status"].startswith("No, score=") and "-100" not in str(found), found)


CASES = [
    ("page 4", page_4),
    ("one scan for all", one_scan_for_all),
    ("headers as spamass-milter's", as_spamass_milter),
    ("nothing forged stays", nothing_forged_stays),
    ("nothing forged stays with Sendmail", nothing_forged_stays_with_sendmail),
    ("400 KiB of headers", many_headers),
    ("dead", dead),
]

if __name__ == "__main__":
    sys.exit(lab.main(CASES, needs=["root", "postfix", "spamd"], fixture=world, doc=__doc__))
