#!/usr/bin/env python3
"""A real Postfix asks a daemon that runs by rules: the configurations that administrators have published, with
shorter times: S25R in seven expressions, the tarpit's two lines, and restriction classes with regexp and cidr tables
in front of two policy doors."""
import contextlib
import shutil
import sys
import time

import lab
from lab import require, same

S25R = r"""extendedregex
greylist 2s

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

TARPIT = r"""socket "/run/nowhere/milter-greylist.sock" 660
list "my network" addr { \
        127.0.0.1/8      \
        10.0.0.0/8       \
        172.16.0.0/12    \
        192.168.0.0/24   \
}
greylist 2s
racl whitelist list "my network"
racl whitelist tarpit 3s
racl greylist default
"""

# The two doors of the restriction classes: home, and abroad.
CLASSES = "greylist %ds\nracl greylist default msg \"%s\"\n"
CLIENTS = r"""/^unknown$/                                    check_client_jp
!/\.(provider)\.example$/                      DUNNO
/^mail/                                        permit
/^[^.]*[0-9][^0-9.]+[0-9].*\./                 check_client_jp
"""
COUNTRIES = "198.51.100.0/24 check_client_jp\n198.18.0.0/15 check_client_na\n"


class World:
    def __init__(self, program, stack):
        self.folder = lab.scratch()
        stack.callback(shutil.rmtree, self.folder, ignore_errors=True)
        (self.folder / "clients").write_text(CLIENTS)
        (self.folder / "countries").write_text(COUNTRIES)
        server = {name: stack.enter_context(lab.RulesServer(program, rules, listen="inet"))
                  for name, rules in (("s25r", S25R), ("tarpit", TARPIT.replace("socket", "# socket")),
                                      ("jp", CLASSES % (2, "home")), ("na", CLASSES % (4, "abroad")))}
        ask = {name: f"check_policy_service {s.address}" for name, s in server.items()}
        self.server = server
        self.postfix = stack.enter_context(lab.Postfix({
            "s25r": {"recipient": ask["s25r"]},
            "tarpit": {"recipient": ask["tarpit"], "data": ask["tarpit"]},
            "classes": {"recipient": f"check_client_access regexp:{self.folder}/clients, "
                                     f"check_client_access cidr:{self.folder}/countries"},
        }, settings={"smtpd_restriction_classes": "check_client_jp, check_client_na",
                     "check_client_jp": f"{ask['jp']}, sleep 1, permit",
                     "check_client_na": f"{ask['na']}, sleep 2, permit"}))


@contextlib.contextmanager
def world(program):
    with contextlib.ExitStack() as stack:
        yield World(program, stack)


def timed(function, *arguments):
    began = time.monotonic()
    return function(*arguments), time.monotonic() - began


def s25r_by_expressions(w):
    for name, rule in (("[UNAVAILABLE]", 0), ("host12-34.home.example", 1), ("client12345.home.example", 2),
                       ("1.home.provider.example", 3), ("dhcp7.home.example", 6)):
        reply = w.postfix.try_rcpt("s25r", "198.18.1.1", f"r{rule}@sender.example", "b@example.org", name=name)
        same(reply, f"450 4.7.1 <b@example.org>: Recipient address rejected: S25R rule {rule}", name)
    replies, end = w.postfix.send("s25r", "198.18.1.2", "a@sender.example", ["b@example.org"], "server",
                                  name="mail.sender.example")
    require(end is not None and end.startswith("250"), f"a mail server: {replies}")
    require("X-Greylist: Default is to whitelist mail, not delayed by greylag-" in w.postfix.delivered("server"),
            "no header of a mail that did not wait")
    time.sleep(2.1)
    replies, end = w.postfix.send("s25r", "198.18.1.1", "r1@sender.example", ["b@example.org"], "retry",
                                  name="host12-34.home.example")
    require(end is not None, f"the retry: {replies}")
    require("X-Greylist: Delayed for 00:00:0" in w.postfix.delivered("retry"), "no header of a mail that waited")


def tarpit_patient(w):
    with w.postfix.session("tarpit", "198.18.2.1") as smtp:
        smtp.mail("a@sender.example")
        (code, text), took = timed(smtp.rcpt, "b@example.org")
        require(code == 250 and 3 <= took < 8, f"the first RCPT: {code} {text!r} after {took:.1f} s")
        code, text = smtp.data("Subject: patient\r\n\r\n")
        same(code, 250, f"the message ({text!r})")
    reply, took = timed(w.postfix.try_rcpt, "tarpit", "198.18.2.1", "a@sender.example", "b@example.org")
    require(reply.startswith("250") and took < 2, f"known from then on: {reply} ({took:.1f} s)")


def tarpit_impatient(w):
    smtp = w.postfix.session("tarpit", "198.18.3.1")
    smtp.mail("a@sender.example")
    smtp.putcmd("RCPT", "TO:<b@example.org>")
    w.server["tarpit"].logged("do=hold why=new rule=10 hold=3 client=198.18.3.1")
    smtp.sock.close()
    ask = ("tarpit", "198.18.3.1", "a@sender.example", "b@example.org")
    time.sleep(2.1)
    reply, took = timed(w.postfix.try_rcpt, *ask)
    require(reply.startswith("250") or reply.startswith("450 4.7.1"), f"the next try: {reply}")
    require(took < 2, f"and not held (it took {took:.1f} s)")


def own_networks(w):
    reply, took = timed(w.postfix.try_rcpt, "tarpit", "10.1.2.3", "a@sender.example", "b@example.org")
    require(reply.startswith("250") and took < 2, f"{reply} ({took:.1f} s)")


def restriction_classes(w):
    ask = ("a@sender.example", "b@example.org")
    reply = w.postfix.try_rcpt("classes", "198.18.4.1", *ask, name="dsl12-34.provider.example")
    require(reply.endswith(": home"), f"by the regexp table: {reply}")
    reply = w.postfix.try_rcpt("classes", "198.18.4.2", *ask, name="dsl12-34.other.example")
    require(reply.endswith(": abroad"), f"by the cidr table: {reply}")
    reply = w.postfix.try_rcpt("classes", "198.51.100.7", *ask, name="dsl12-34.other.example")
    require(reply.endswith(": home"), f"by the cidr table's first line: {reply}")
    reply = w.postfix.try_rcpt("classes", "198.18.4.3", *ask, name="mail12-34.provider.example")
    require(reply.startswith("250"), f"permitted by name: {reply}")
    time.sleep(2.1)
    reply, took = timed(w.postfix.try_rcpt, "classes", "198.18.4.1", *ask)
    require(reply.startswith("250") and took >= 1, f"home, after its wait and the sleep: {reply} ({took:.1f} s)")


CASES = [
    ("S25R in seven expressions", s25r_by_expressions),
    ("the tarpit's two lines: who waits is let in", tarpit_patient),
    ("the tarpit's two lines: who hangs up is greylisted", tarpit_impatient),
    ("the tarpit's list of networks", own_networks),
    ("restriction classes, regexp and cidr tables in front of the doors", restriction_classes),
]

if __name__ == "__main__":
    sys.exit(lab.main(CASES, needs=["root", "postfix"], doc=__doc__, fixture=world))
