#!/usr/bin/env python3
"""A real Postfix asks: what its clients read, what it logs, what it delivers.

One Postfix for all cases, with a door for each way to ask: inet, unix, spawn, and taRgrey's two
stages. Each case pretends clients of its own, by XCLIENT, so that the cases don't meet.
"""
import contextlib
import re
import shutil
import subprocess
import sys
import time

import lab
from lab import require, same

DELAY_S = 2
HELP = "Greylisted, see http://postgrey.schweikert.ch/help/example.org.html"
DEFERRED = f"450 4.2.0 <%s>: Recipient address rejected: {HELP}"
HEADER = re.compile(r"^X-Greylist: delayed (\d+) seconds by postgrey-\S+ at \S+; "
                    r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d \S+$", re.M)
SPAWN_USER = "nobody"
CLIENTS = "friendly.example\n198.51.100.80\n/^relay[0-9]+\\.example\\.com$/\n"
RECIPIENTS = "postmaster@\n"


class World:
    """Servers on inet, on a UNIX socket, beside a spawned one, for taRgrey; and one Postfix."""

    def __init__(self, program, stack):
        self.program = program
        self.folder = lab.scratch()
        stack.callback(shutil.rmtree, self.folder, ignore_errors=True)
        (self.folder / "clients").write_text(CLIENTS)
        (self.folder / "recipients").write_text(RECIPIENTS)
        options = [f"--delay={DELAY_S}", f"--whitelist-clients={self.folder}/clients",
                   f"--whitelist-recipients={self.folder}/recipients"]
        self.inet = stack.enter_context(lab.Server(program, options, listen="inet"))
        self.unix = stack.enter_context(lab.Server(program, [f"--delay={DELAY_S}",
                                                             "--auto-whitelist-clients=1"]))
        doors = {"inet": {"recipient": f"check_policy_service {self.inet.address}"},
                 "unix": {"recipient": f"check_policy_service {self.unix.address}"}}
        spawn = {}
        if not program.is_postgrey:
            self.beside = stack.enter_context(
                lab.Server(self.readable(program), [f"--delay={DELAY_S}"], user=SPAWN_USER))
            spawn["policy"] = (SPAWN_USER, self.beside.program.argv(
                ["--stdio"] + self.beside.options))
            doors["spawn"] = {"recipient": "check_policy_service unix:private/policy"}
            self.tarpit = stack.enter_context(lab.Server(
                program, ["--tarpit=3", "--targrey", f"--delay={DELAY_S}"], listen="inet"))
            ask = f"check_policy_service {self.tarpit.address}"
            doors["tarpit"] = {"recipient": ask, "data": ask}
        self.postfix = stack.enter_context(lab.Postfix(doors, spawn))

    def readable(self, program):
        """A copy that the spawned user may run, wherever the build tree lies."""
        copy = self.folder / "greylagd"
        shutil.copy(program.path, copy)
        copy.chmod(0o755)
        return lab.Program(copy)


@contextlib.contextmanager
def world(program):
    with contextlib.ExitStack() as stack:
        yield World(program, stack)


def wait_over():
    time.sleep(DELAY_S + 0.1)


def first_try(w):
    reply = w.postfix.try_rcpt("inet", "198.18.1.1", "a@sender.example", "b@example.org",
                               name="mail.sender.example")
    same(reply, DEFERRED % "b@example.org", "reply to RCPT")
    line = w.postfix.logged("reject: RCPT from mail.sender.example")
    require("NOQUEUE: reject: RCPT from mail.sender.example[198.18.1.1]: "
            f"{DEFERRED % 'b@example.org'}; from=<a@sender.example> to=<b@example.org> "
            "proto=ESMTP helo=<client.example>" in line, f"Postfix logs {line!r}")
    w.inet.logged("action=greylist, reason=new, client_name=mail.sender.example, "
                  "client_address=198.18.1.1, sender=a@sender.example, recipient=b@example.org")


def early_then_late(w):
    ask = ("inet", "198.18.2.1", "a@sender.example", "b@example.org")
    began = time.monotonic()
    require(w.postfix.try_rcpt(*ask).startswith("450 4.2.0 "), "the first try is deferred")
    early = w.postfix.try_rcpt(*ask)
    if time.monotonic() - began < DELAY_S - 0.2:     # else the machine was too slow for this
        require(early.startswith("450 4.2.0 "), f"early retry: {early}")
    wait_over()
    replies, end = w.postfix.send(*ask[:3], ["b@example.org"], "late retry")
    require(replies[0].startswith("250") and end.startswith("250"), f"late retry: {replies} {end}")
    text = w.postfix.delivered("late retry")
    found = HEADER.findall(text)
    same(len(found), 1, "X-Greylist headers")
    require(DELAY_S <= int(found[0]) < 60, f"waited {found[0]} s")
    replies, end = w.postfix.send(*ask[:3], ["b@example.org"], "known sender")
    require(end is not None, f"known triplet: {replies}")
    same(HEADER.findall(w.postfix.delivered("known sender")), [], "headers of a known triplet")


def second_recipient(w):
    both = ["b@example.org", "c@example.org"]
    replies, _ = w.postfix.send("inet", "198.18.3.1", "a@sender.example", both, "two")
    same(replies, [DEFERRED % r for r in both], "first replies")
    wait_over()
    replies, end = w.postfix.send("inet", "198.18.3.1", "a@sender.example", both, "two")
    require(end is not None and all(r.startswith("250") for r in replies), f"retry: {replies}")
    same(len(HEADER.findall(w.postfix.delivered("two"))), 1, "X-Greylist headers")


def new_recipient_among_known(w):
    w.postfix.try_rcpt("inet", "198.18.4.1", "a@sender.example", "b@example.org")
    wait_over()
    replies, end = w.postfix.send("inet", "198.18.4.1", "a@sender.example",
                                  ["b@example.org", "new@example.org"], "one of two")
    require(replies[0].startswith("250"), f"known recipient: {replies[0]}")
    same(replies[1], DEFERRED % "new@example.org", "new recipient")
    require(end is not None and end.startswith("250"), f"end of message: {end}")


def null_sender(w):
    ask = ("inet", "198.18.5.1", "", "b@example.org")
    same(w.postfix.try_rcpt(*ask), DEFERRED % "b@example.org", "a bounce's first try")
    wait_over()
    require(w.postfix.try_rcpt(*ask).startswith("250"), "a bounce's retry")


def ipv6_client(w):
    if not lab.has_ipv6():
        raise lab.Skip("no IPv6 on this machine")
    ask = ("a@sender.example", "b@example.org")
    same(w.postfix.try_rcpt("inet", "2001:db8:5:6::1", *ask), DEFERRED % ask[1], "first try")
    wait_over()
    other = w.postfix.try_rcpt("inet", "2001:db8:5:6:ffff::2", *ask)
    require(other.startswith("250"), f"retry from the same /64: {other}")


def white_listed(w):
    for address, name, what in (
            ("198.18.6.1", "mail.friendly.example", "client by name"),
            ("198.51.100.80", "[UNAVAILABLE]", "client by address"),
            ("198.18.6.1", "relay7.example.com", "client by expression")):
        reply = w.postfix.try_rcpt("inet", address, "a@sender.example", "b@example.org", name)
        require(reply.startswith("250"), f"{what}: {reply}")
    reply = w.postfix.try_rcpt("inet", "198.18.6.1", "a@sender.example", "postmaster@example.org")
    require(reply.startswith("250"), f"recipient: {reply}")
    w.inet.logged("action=pass, reason=client whitelist, client_name=relay7.example.com")
    w.inet.logged("action=pass, reason=recipient whitelist, client_name=unknown")


def refused_before_us(w):
    reply = w.postfix.try_rcpt("inet", "198.18.7.1", "a@sender.example", "b@elsewhere.example")
    require(reply.startswith("554 5.7.1 "), f"relaying: {reply}")
    require(not [l for l in w.inet.lines if "elsewhere.example" in l],
            "Postfix asked us about a recipient that it refuses itself")


def memory_outlives_a_restart(w):
    ask = ("inet", "198.18.8.1", "a@sender.example", "b@example.org")
    same(w.postfix.try_rcpt(*ask), DEFERRED % ask[3], "first try")
    w.inet.restart()
    wait_over()
    require(w.postfix.try_rcpt(*ask).startswith("250"), "the retry passes after a restart")


def killed_and_started_again(w):
    ask = ("inet", "198.18.9.1", "a@sender.example", "b@example.org")
    same(w.postfix.try_rcpt(*ask), DEFERRED % ask[3], "first try")
    w.inet.kill()
    while_dead = w.postfix.try_rcpt("inet", "198.18.10.1", "x@sender.example", "b@example.org")
    require(while_dead.startswith("451 4.3.5 "), f"without a policy server: {while_dead}")
    w.inet.start()
    wait_over()
    require(w.postfix.try_rcpt(*ask).startswith("250"), "the retry passes after kill -9")
    same(w.postfix.try_rcpt("inet", "198.18.10.1", "x@sender.example", "b@example.org"),
         DEFERRED % ask[3], "a new client")


def killed_between_two_recipients(w):
    """Postfix's open policy connection breaks; it connects anew within the same SMTP session."""
    with w.postfix.session("inet", "198.18.11.1") as smtp:
        smtp.mail("a@sender.example")
        same(lab.reply_text(smtp.rcpt("b@example.org")), DEFERRED % "b@example.org", "before")
        w.inet.kill()
        w.inet.start()
        same(lab.reply_text(smtp.rcpt("c@example.org")), DEFERRED % "c@example.org", "after")


def unix_socket_and_auto_allow(w):
    ask = ("unix", "198.18.12.1", "a@sender.example", "b@example.org")
    same(w.postfix.try_rcpt(*ask), DEFERRED % ask[3], "first try")
    wait_over()
    require(w.postfix.try_rcpt(*ask).startswith("250"), "retry")
    w.unix.logged("whitelisted: unknown[198.18.12.1]")
    other = w.postfix.try_rcpt("unix", "198.18.12.1", "new@sender.example", "c@example.org")
    require(other.startswith("250"), f"another sender of the allowed client: {other}")
    w.unix.logged("action=pass, reason=client AWL, client_name=unknown, "
                  "client_address=198.18.12.1, sender=new@sender.example")


def spawned(w):
    w.program.only_greylag("has no --stdio")
    ask = ("spawn", "198.18.13.1", "a@sender.example", "b@example.org")
    same(w.postfix.try_rcpt(*ask), DEFERRED % ask[3], "first try")
    wait_over()
    with w.beside.client() as client:    # the daemon beside knows what the spawned one was told
        action = client.ask(client_address="198.18.13.1", client_name="unknown",
                            sender="a@sender.example", recipient="b@example.org")
        require(action.startswith("PREPEND X-Greylist: "), f"the daemon beside it: {action}")
    require(w.postfix.try_rcpt(*ask).startswith("250"), "retry")
    replies, end = w.postfix.send(*ask[:3], ["b@example.org"], "by spawn")
    require(end is not None, f"message: {replies}")
    w.postfix.delivered("by spawn")


def stdio_by_hand(w):
    """Two requests on stdin, two answers on stdout, and an end at its end."""
    w.program.only_greylag("has no --stdio")
    text = lab.request_text(client_address="198.18.14.1", sender="x@sender.example") \
        + lab.request_text(client_address="198.18.14.1", sender="y@sender.example")
    argv = w.beside.program.argv(["--stdio"] + w.beside.options)
    done = subprocess.run(argv, input=text, capture_output=True, timeout=10, check=False)
    same(done.stdout.decode(), f"action=DEFER_IF_PERMIT {HELP}\n\n" * 2, "stdout")
    same(done.returncode, 0, "exit status")


def timed(function, *args):
    began = time.monotonic()
    result = function(*args)
    return result, time.monotonic() - began


def tarpit_patient(w):
    """The wait is Postfix's own; DATA proves patience, and nobody waits twice a session."""
    w.program.only_greylag("has no --targrey")
    with w.postfix.session("tarpit", "198.18.15.1") as smtp:
        smtp.mail("a@sender.example")
        (code, text), took = timed(smtp.rcpt, "b@example.org")
        same(code, 250, f"first RCPT ({text!r})")
        require(3 <= took < 6, f"the first RCPT took {took:.1f} s")
        (code, text), took = timed(smtp.rcpt, "c@example.org")
        same(code, 250, f"second RCPT ({text!r})")
        require(took < 2, f"the second RCPT took {took:.1f} s")
        body = "From: <a@sender.example>\r\nSubject: patient\r\n\r\n"
        (code, text), took = timed(smtp.data, body)
        same(code, 250, f"end of message ({text!r})")
        require(took < 2, f"DATA took {took:.1f} s")
    w.postfix.delivered("patient")


def tarpit_impatient(w):
    w.program.only_greylag("has no --targrey")
    smtp = w.postfix.session("tarpit", "198.18.16.1")
    smtp.mail("a@sender.example")
    smtp.putcmd("RCPT", "TO:<b@example.org>")
    time.sleep(0.5)
    smtp.sock.close()                    # hung up in the tarpit
    ask = ("tarpit", "198.18.16.1", "a@sender.example", "b@example.org")
    reply, took = timed(w.postfix.try_rcpt, *ask)
    same(reply, DEFERRED % ask[3], "the next try is greylisted")
    require(took < 2, f"and not held (it took {took:.1f} s)")
    wait_over()
    reply, took = timed(w.postfix.try_rcpt, *ask)
    require(reply.startswith("250") and took < 2, f"after the wait: {reply} ({took:.1f} s)")


CASES = [
    ("first try: 450, the reply's text, Postfix's and our log line", first_try),
    ("early retry deferred, late retry delivered with the header", early_then_late),
    ("second recipient: both wait, one header", second_recipient),
    ("a new recipient among known ones waits alone", new_recipient_among_known),
    ("null sender", null_sender),
    ("IPv6 client, retry from the same /64", ipv6_client),
    ("white-listed clients and recipient", white_listed),
    ("what Postfix refuses does not reach us", refused_before_us),
    ("memory outlives a restart", memory_outlives_a_restart),
    ("killed: 451 until it is started again", killed_and_started_again),
    ("killed and started between two recipients", killed_between_two_recipients),
    ("unix socket, auto-allow after one pass", unix_socket_and_auto_allow),
    ("spawn on stdin and stdout beside a running daemon", spawned),
    ("stdin and stdout by hand", stdio_by_hand),
    ("tarpit: the patient client is held once and delivered", tarpit_patient),
    ("tarpit: who hangs up is greylisted", tarpit_impatient),
]

if __name__ == "__main__":
    sys.exit(lab.main(CASES, needs=["root", "postfix"], doc=__doc__, fixture=world))
