#!/usr/bin/env python3
"""The milter door, asked by a real Sendmail 8.17 at its default timeouts.

One daemon and one Sendmail for all cases; each has a client of its own, which is an address of
127.0.0.0/8. The filter has no F=, so mail passes while the daemon is down.
"""
import contextlib
import re
import smtplib
import sys
import time

import lab
import sendmail_lab
from lab import require, same

DELAY_S = 4               # an early retry must come within it, on a busy machine too
HOLD_S = 12
RCPT_S = 8                # of the hold: Sendmail gives up after 10 s (S:10s;R:10s), and takes no PROGRESS there
RULES = """
hostname "mx.example.org"
verbose
socket "inet:127.0.0.1:%d"
greylist %ds
racl "friend" whitelist rcpt friend@example.org
racl "pit" whitelist from /^<pit/ tarpit %ds
racl greylist default
"""
DEFERRED = f"451 4.7.1 Greylisting in action, please come back in 00:00:0{DELAY_S}"
HEADER = re.compile(r"^X-Greylist: (.*), not delayed by greylag-|^X-Greylist: (Delayed for \S+) by", re.M)
CLIENTS = {f"127.0.0.{n}": f"mail{n}.sender.example" for n in range(11, 30)}
ACCESS = {"127.0.0.15": "WHITE", "127.0.0.16": "REJECT"}


class World:
    def __init__(self, program, stack):
        port = lab.free_port()
        self.server = stack.enter_context(lab.Configured(program, RULES % (port, DELAY_S, HOLD_S),
                                                         f"inet:127.0.0.1:{port}"))
        self.mta = stack.enter_context(sendmail_lab.Sendmail(f"inet:{port}@127.0.0.1", CLIENTS, ACCESS))


@contextlib.contextmanager
def world(program):
    with contextlib.ExitStack() as stack:
        yield World(program, stack)


def wait_over():
    time.sleep(DELAY_S + 0.1)


def headers(text):
    return [a or b for a, b in HEADER.findall(text)]


def timed(step, *arguments):
    began = time.monotonic()
    reply = lab.reply_text(step(*arguments))
    return reply, time.monotonic() - began


def defer_early_late(w):
    ask = ("127.0.0.11", "a@sender.example")
    same(w.mta.try_rcpt(*ask, "b@example.org"), DEFERRED, "first try")
    line = w.server.logged("client=127.0.0.11 ")[-1]
    require(" do=defer why=new " in f" {line}" and " name=mail11.sender.example " in line, line)
    require(w.mta.try_rcpt(*ask, "b@example.org").startswith("451 4.7.1 Greylisting"), "early")
    wait_over()
    replies, over = w.mta.send(*ask, ["b@example.org"], "late")
    require(replies[0].startswith("250") and over.startswith("250"), f"late: {replies} {over}")
    found = headers(w.mta.delivered("late"))
    require(len(found) == 1 and re.fullmatch(r"Delayed for 00:00:0\d", found[0]), f"headers: {found}")
    queue_id = over.split()[2]           # 250 2.0.0 ID Message accepted for delivery
    line = w.server.logged("do=pass why=retried ")[-1]
    require(f" id={queue_id} client=127.0.0.11 " in line, f"{over}: {line}")


def recipients(w):
    replies, over = w.mta.send("127.0.0.12", "a@sender.example", ["b@example.org", "friend@example.org"],
                               "recipients")
    same(replies[0], DEFERRED, "new recipient")
    require(replies[1].startswith("250") and over.startswith("250"), f"white-listed: {replies} {over}")
    same(headers(w.mta.delivered("recipients")), ["Recipient e-mail whitelisted"], "headers")


def tarpit(w):
    with w.mta.session("127.0.0.13") as smtp:
        smtp.mail("pit@sender.example")
        reply, took = timed(smtp.rcpt, "b@example.org")
        require(reply.startswith("250") and RCPT_S - 0.1 < took < RCPT_S + 1.5, f"{reply} {took:.1f} s")
        body = "From: <pit@sender.example>\r\nSubject: tarpit\r\n\r\nhi\r\n"
        reply, took = timed(smtp.data, body)
        rest = HOLD_S - RCPT_S
        require(reply.startswith("250") and rest - 0.1 < took < rest + 2, f"the rest: {reply} {took:.1f} s")
    same(headers(w.mta.delivered("tarpit")), [f"Message whitelisted by tarpit {HOLD_S}s"], "headers")
    with w.mta.session("127.0.0.13") as smtp:
        smtp.mail("pit@sender.example")
        reply, took = timed(smtp.rcpt, "b@example.org")
        require(reply.startswith("250") and took < 1, f"known from then on: {reply} {took:.1f} s")


def hung_up_at_the_end(w):
    """The message is with Sendmail already, but its client did not wait; another one does meanwhile."""
    leaver = smtplib.SMTP("127.0.0.1", w.mta.port, "client.example", source_address=("127.0.0.23", 0))
    with leaver.sock, w.mta.session("127.0.0.24") as stayer:
        leaver.ehlo()
        for smtp in (leaver, stayer):
            smtp.mail("pit@sender.example")
            smtp.putcmd("RCPT", "TO:<b@example.org>")
        for smtp in (leaver, stayer):
            same(smtp.getreply()[0], 250, "RCPT")
        leaver.docmd("DATA")
        leaver.send("Subject: leaver\r\n\r\nhi\r\n.\r\n")
        time.sleep(0.3)
        leaver.close()
        same(stayer.data("Subject: stayer\r\n\r\nhi\r\n")[0], 250, "who stays")
    w.server.logged("milter: 127.0.0.23 hung up after")
    require(not [l for l in w.server.lines if "why=stayed " in l and "client=127.0.0.23 " in l], "proven")
    w.mta.delivered("stayer")
    try:
        w.mta.delivered("leaver", 0.2)
    except lab.Failure:
        return
    raise lab.Failure("the message of who left is delivered")


def wait_for_hold(w, address):
    lab.wait_for(lambda: [l for l in w.server.lines if "do=hold " in l and f" client={address} " in l],
                 3, f"a hold of {address}")


def hung_up(w):
    smtp = smtplib.SMTP("127.0.0.1", w.mta.port, "client.example", source_address=("127.0.0.14", 0))
    smtp.ehlo()
    smtp.mail("pit@sender.example")
    smtp.putcmd("RCPT", "TO:<b@example.org>")
    wait_for_hold(w, "127.0.0.14")
    time.sleep(0.3)                      # the retry comes before the time of greylisting is over
    smtp.close()                         # without a word
    reply = w.mta.try_rcpt("127.0.0.14", "pit@sender.example", "b@example.org")
    require(reply.startswith("451 4.7.1 Greylisting"), f"who hung up: {reply}")
    w.server.logged("milter: 127.0.0.14 hung up after", RCPT_S - 2)


def access_data_base(w):
    replies, over = w.mta.send("127.0.0.15", "a@sender.example", ["b@example.org"], "access")
    require(replies[0].startswith("250") and over.startswith("250"), f"exempt: {replies} {over}")
    same(headers(w.mta.delivered("access")), ["Message whitelisted by Sendmail access database"], "headers")
    w.server.logged("why=access-data-base")
    same(w.mta.try_rcpt("127.0.0.16", "a@sender.example", "b@example.org"), DEFERRED, "another value")


def null_sender(w):
    """As from other senders: without `delayedreject` it is answered at once."""
    same(w.mta.try_rcpt("127.0.0.17", "", "b@example.org"), DEFERRED, "null sender")
    w.server.logged("from=<> ")


def next_message(w):
    """Of one session: a message's facts are not the next one's."""
    with w.mta.session("127.0.0.18") as smtp:
        for round_ in ("one", "two"):
            smtp.mail("a@sender.example")
            same(lab.reply_text(smtp.rcpt("b@example.org")), DEFERRED, f"message {round_}")
            require(smtp.rcpt("friend@example.org")[0] == 250, round_)
            require(smtp.data(f"Subject: message {round_}\r\n\r\nhi\r\n")[0] == 250, round_)
            same(headers(w.mta.delivered(f"message {round_}")), ["Recipient e-mail whitelisted"], "headers")
            smtp.mail("c@sender.example")
            smtp.rset()


def starttls(w):
    """Sendmail tells the subject of any certificate; {verify} says whether it is worth something."""
    for name, client in ((None, "127.0.0.20"), ("stranger", "127.0.0.21"), ("client", "127.0.0.22")):
        with w.mta.session(client) as smtp:
            same(smtp.starttls(context=w.mta.certificates.context(name))[0], 220, f"STARTTLS with {name}")
            smtp.ehlo()
            smtp.mail("a@sender.example")
            reply = lab.reply_text(smtp.rcpt("b@example.org"))
        if name != "client":
            same(reply, DEFERRED, f"certificate {name}")
            continue
        require(reply.startswith("250"), f"certificate {name}: {reply}")
        w.server.logged("do=pass why=certificate ")


def authenticated(w):
    """Who has a password is exempt; who has a wrong one is not."""
    with contextlib.ExitStack() as stack:
        mta = stack.enter_context(sendmail_lab.Sendmail(" ".join(w.mta.filters), {"127.0.0.25": "mail25.sender.example"},
                                                        users={"rin": "let me in"}))
        with mta.session("127.0.0.25") as smtp:
            require(smtp.has_extn("auth"), f"EHLO: {smtp.esmtp_features}")
            try:
                smtp.login("rin@mx.example.org", "wrong")
            except smtplib.SMTPAuthenticationError:
                pass
            else:
                raise lab.Failure("a wrong password is taken")
            smtp.mail("a@sender.example")
            same(lab.reply_text(smtp.rcpt("b@example.org")), DEFERRED, "wrong password")
        with mta.session("127.0.0.25") as smtp:
            smtp.login("rin@mx.example.org", "let me in")
            smtp.mail("a@sender.example")
            reply = lab.reply_text(smtp.rcpt("b@example.org"))
            require(reply.startswith("250"), f"authenticated: {reply}")
            require(smtp.data("Subject: authenticated\r\n\r\nhi\r\n")[0] == 250, "its end")
        w.server.logged("do=pass why=authenticated ")
        mta.delivered("authenticated")


def daemon_is_down(w):
    w.server.stop()
    replies, over = w.mta.send("127.0.0.19", "a@sender.example", ["b@example.org"], "down")
    require(replies[0].startswith("250") and over.startswith("250"), f"passes: {replies} {over}")
    same(headers(w.mta.delivered("down")), [], "headers")
    w.server.start()
    same(w.mta.try_rcpt("127.0.0.19", "a@sender.example", "b@example.org"), DEFERRED, "up again")


CASES = [
    ("deferred, early, late with the header; name and queue id in the log", defer_early_late),
    ("two recipients, one white-listed", recipients),
    ("the access data base exempts", access_data_base),
    ("null sender", null_sender),
    ("several messages of a session", next_message),
    ("only a certificate that Sendmail trusts exempts", starttls),
    ("who has authenticated is exempt", authenticated),
    ("tarpit: 8 s at RCPT, the rest at the end", tarpit),
    ("tarpit: who hangs up behind the message is seen", hung_up_at_the_end),
    ("tarpit: who hangs up is seen, and greylisted", hung_up),
    ("the daemon is down: mail passes", daemon_is_down),
]

if __name__ == "__main__":
    sys.exit(lab.main(CASES, needs=["root", "m4", "unshare", "dpkg", "openssl"], doc=__doc__, fixture=world))
