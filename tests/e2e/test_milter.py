#!/usr/bin/env python3
"""The milter door of a running daemon: asked by a scripted MTA, packet by packet, and by a real
Postfix.

One daemon for all cases, which pretend clients of their own, so that they don't meet; and one
Postfix with an smtpd for each setting, where there is one.
"""
import contextlib
import os
import re
import smtplib
import sys
import time

import lab
import milter_mta
from lab import require, same

DELAY_S = 4
HOLD_S = 14
COMMAND_TIMEOUT_S = 12   # Postfix hears from us every 10 s
RULES = """
hostname "mx.example.org"
socket "unix:FOLDER/milter" 666
socket "inet:127.0.0.1:%(port)d"
socket "unix:FOLDER/plain"
policy "unix:FOLDER/policy"
greylist %(delay)ds
delayedreject
racl "friend" whitelist rcpt friend@example.org
racl "bad" blacklist helo "bad.example" msg "100%% refused: %%h"
racl "pit" whitelist from /^<pit/ tarpit 2s
racl "page2" whitelist from /^<long/ tarpit %(hold)ds
racl greylist default
dacl "big" blacklist msgsize > 100000 msg "too big: <%%r>"
stat ">>FOLDER/stat" "%%i %%S %%f %%r %%Xc %%a\\n"
"""
DEFERRED = f"451 4.7.1 Greylisting in action, please come back in 00:00:0{DELAY_S}"
HEADER = re.compile(r"^X-Greylist: (.*), not delayed by greylag-|^X-Greylist: (Delayed for \S+) by", re.M)


class World:
    def __init__(self, program, stack):
        port = lab.free_port()
        values = {"port": port, "delay": DELAY_S, "hold": HOLD_S}
        self.server = stack.enter_context(
            lab.Configured(program, RULES % values, "unix:FOLDER/milter"))
        self.inet = f"inet:127.0.0.1:{port}"
        self.stack = stack
        self.running = None

    @property
    def postfix(self):
        """Started when the first case needs it."""
        if lab.which("postfix") is None or not lab.is_root():
            raise lab.Skip("needs root and Postfix")
        if self.running is None:
            milter = {"smtpd_milters": self.inet, "milter_default_action": "tempfail"}
            doors = {"usual": {"settings": milter},
                     "short": {"settings": {**milter, "milter_command_timeout": f"{COMMAND_TIMEOUT_S}s"}},
                     "old": {"settings": {**milter, "milter_protocol": "2"}}}
            self.running = self.stack.enter_context(lab.Postfix(doors))
        return self.running

    @contextlib.contextmanager
    def session(self, client, v="Postfix 3.7.11", version=milter_mta.VERSION, address=None):
        with milter_mta.Mta(address or self.server.address, COMMAND_TIMEOUT_S) as mta:
            mta.negotiate(version)
            mta.macros("C", {"j": "mx.example.org", "v": v})
            mta.connect(f"[{client}]", client, 4711)
            mta.helo("client.example")
            yield mta


@contextlib.contextmanager
def world(program):
    with contextlib.ExitStack() as stack:
        yield World(program, stack)


def wait_over():
    time.sleep(DELAY_S + 0.1)


def goes(answer, what):
    require(answer is None or answer.kind == "continue", f"{what}: {answer}")


def replied(answer, text, what):
    same((answer.kind, answer.text), ("replycode", text), what)


def end(mta):
    """Content and end of a message: the answer."""
    goes(mta.data(), "DATA")
    mta.header("Subject", "hi")
    mta.eoh()
    mta.body(b"hello\r\n")
    return mta.eob()


def header_of(answer):
    found = [c.texts[1] for c in answer.changes if c.texts[:1] == ("X-Greylist",)]
    require(len(found) == 1 and answer.kind == "continue", f"one header, and let in: {answer}")
    return found[0]


def defer_early_late(w):
    with w.session("198.18.1.1") as mta:
        mta.mail("<a@sender.example>")
        replied(mta.rcpt("<b@example.org>"), DEFERRED, "first try")
        mta.abort()
        mta.mail("<a@sender.example>")
        require(mta.rcpt("<b@example.org>").code == 451, "early")
        mta.abort()
        wait_over()
        mta.mail("<a@sender.example>")
        goes(mta.rcpt("<b@example.org>"), "late")
        text = header_of(end(mta))
        require(re.fullmatch(r"Delayed for 00:00:0\d by greylag-\S+ \(mx.example.org \[0.0.0.0\]\); "
                             r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4} \(\w+\)", text), text)
        mta.abort()
        mta.mail("<a@sender.example>")
        goes(mta.rcpt("<b@example.org>"), "known")
        require(header_of(end(mta)).startswith("IP, sender and recipient auto-whitelisted, "), "known")
        mta.quit()
        require(mta.is_closed(2), "closed after QUIT")


def both_doors_share_the_memory(w):
    with w.session("198.18.2.1", address=w.inet) as mta:
        mta.mail("<a@sender.example>")
        replied(mta.rcpt("<b@example.org>"), DEFERRED, "milter")
    wait_over()
    with lab.Policy(f"unix:{w.server.folder}/policy") as policy:
        action = policy.ask(client_address="198.18.2.1", client_name="unknown",
                            sender="a@sender.example", recipient="b@example.org")
    require(action.startswith("PREPEND X-Greylist: Delayed for "), action)


def recipients(w):
    with w.session("198.18.3.1") as mta:
        mta.mail("<a@sender.example>")
        require(mta.rcpt("<b@example.org>").code == 451, "new recipient")
        goes(mta.rcpt("<friend@example.org>"), "whitelisted recipient")
        mta.macros("R", {"{rcpt_mailer}": "error", "{rcpt_host}": "5.1.1"})
        goes(mta.rcpt("<nobody@example.org>"), "one that the MTA refuses")
        require(header_of(end(mta)).startswith("Recipient e-mail whitelisted, "), "header")
    require(not [l for l in w.server.lines if "nobody@" in l], "it was asked about")


def authenticated(w):
    with w.session("198.18.4.1") as mta:
        mta.macros("M", {"{auth_authen}": "rin"})
        mta.mail("<a@sender.example>")
        goes(mta.rcpt("<b@example.org>"), "authenticated")
        require(header_of(end(mta)).startswith("Sender succeeded SMTP AUTH, "), "header")
        mta.mail("<a@sender.example>")
        require(mta.rcpt("<b@example.org>").code == 451, "the next message is not")


def blacklisted(w):
    with w.session("198.18.5.1") as mta:
        mta.helo("bad.example")
        mta.mail("<a@sender.example>")
        replied(mta.rcpt("<b@example.org>"), "551 5.7.1 100% refused: bad.example", "blacklist")


def null_sender(w):
    with w.session("198.18.6.1") as mta:
        mta.mail("<>")
        goes(mta.rcpt("<b@example.org>"), "not yet")
        replied(end(mta), DEFERRED, "at the end")
        mta.abort()
        mta.mail("<>")
        goes(mta.rcpt("<friend@example.org>"), "the next message")
        same(end(mta).kind, "continue", "begins anew")


def size(w):
    with w.session("198.18.7.1") as mta:
        mta.mail("<a@sender.example>")
        goes(mta.rcpt("<friend@example.org>"), "recipient")
        goes(mta.data(), "DATA")
        mta.header("Subject", "big")
        mta.eoh()
        goes(mta.body(b"0123456789abcd\r\n" * 7000), "body")
        replied(mta.eob(), "551 5.7.1 too big: <friend@example.org>", "msgsize")


def tarpit(w):
    with w.session("198.18.8.1") as mta:
        mta.mail("<pit@sender.example>")
        answer = mta.rcpt("<b@example.org>")
        goes(answer, "held")
        require(1.9 <= answer.seconds < 4 and answer.progress == 0, f"{answer} {answer.seconds:.1f} s")
        answer = mta.rcpt("<c@example.org>")
        require(answer.kind == "continue" and answer.seconds < 1, "the second shares the wait")
        require(header_of(end(mta)).startswith("Message whitelisted by tarpit 2s, "), "header")
    with w.session("198.18.8.1") as mta:
        mta.mail("<pit@sender.example>")
        for address in ("<b@example.org>", "<c@example.org>"):
            answer = mta.rcpt(address)
            require(answer.kind == "continue" and answer.seconds < 1, f"{address} is known")


def tarpit_hung_up(w):
    with w.session("198.18.9.1") as mta:
        mta.mail("<pit@sender.example>")
        mta.send("R", b"<b@example.org>\0")
        require(mta.is_silent(0.5), "held")
    with w.session("198.18.9.1") as mta:
        mta.mail("<pit@sender.example>")
        answer = mta.rcpt("<b@example.org>")
        require(answer.code == 451 and answer.seconds < 1, f"who hung up is greylisted: {answer}")


def progress(w):
    with w.session("198.18.10.1") as mta:
        mta.mail("<long@sender.example>")
        answer = mta.rcpt("<b@example.org>")
        require(answer.kind == "continue" and answer.progress == 1, str(answer))
        require(HOLD_S - 0.1 <= answer.seconds < HOLD_S + 3, f"{answer.seconds:.1f} s")


def sendmail(w):
    with w.session("198.18.11.1", v="8.17.1") as mta:
        mta.mail("<long@sender.example>")
        answer = mta.rcpt("<b@example.org>")
        require(answer.kind == "continue" and answer.progress == 0 and 7.9 < answer.seconds < 10,
                f"{answer} {answer.seconds:.1f} s")
        answer = end(mta)
        require(header_of(answer).startswith("Message whitelisted by tarpit"), str(answer))
        require(answer.progress == 1 and HOLD_S - 8.1 < answer.seconds < HOLD_S - 5,
                f"the rest at the end: {answer} {answer.seconds:.1f} s")


def next_client(w):
    with w.session("198.18.12.1") as mta:
        mta.mail("<a@sender.example>")
        goes(mta.rcpt("<friend@example.org>"), "first client")
        same(end(mta).kind, "continue", "its message")
        mta.quit_nc()
        mta.connect("[198.18.12.77]", "198.18.12.77", 4711)
        mta.helo("other.example")
        mta.mail("<a@sender.example>")
        require(mta.rcpt("<b@example.org>").code == 451, "the next one")
        w.server.logged("client=198.18.12.77")


def old_version(w):
    with w.session("198.18.13.1", version=2) as mta:
        same(mta.terms.version, 2, "version")
        mta.mail("<a@sender.example>")
        replied(mta.rcpt("<b@example.org>"), DEFERRED, "first try")
        goes(mta.rcpt("<friend@example.org>"), "whitelisted")
        mta.header("Subject", "hi")
        mta.eoh()
        same(mta.eob().kind, "continue", "end")


def garbage(w):
    with milter_mta.Mta(w.server.address) as mta:
        mta.send_raw(b"EHLO x\r\n")
        require(mta.is_closed(2), "closed")
    w.server.logged("milter: a packet that no MTA sends: <EHLO x")


def restart(w):
    with w.session("198.18.14.1") as mta:
        mta.mail("<a@sender.example>")
        require(mta.rcpt("<b@example.org>").code == 451, "first try")
        w.server.restart()
        require(mta.is_closed(2), "closed by the end of the daemon")
    wait_over()
    with w.session("198.18.14.1") as mta:
        mta.mail("<a@sender.example>")
        goes(mta.rcpt("<b@example.org>"), "the retry after a restart")
    w.server.kill()                      # leaves its sockets behind
    w.server.start()
    with w.session("198.18.14.1") as mta:
        mta.mail("<a@sender.example>")
        goes(mta.rcpt("<b@example.org>"), "after kill -9")


def modes(w):
    mask = os.umask(0)
    os.umask(mask)
    for name, mode in (("milter", 0o666), ("plain", 0o777 & ~mask), ("policy", 0o666)):
        same(oct(os.stat(w.server.folder / name).st_mode & 0o777), oct(mode), f"mode of {name}")


def headers(text):
    return [a or b for a, b in HEADER.findall(text)]


def postfix_defer_late(w):
    ask = ("usual", "198.18.21.1", "a@sender.example")
    reply = w.postfix.try_rcpt(*ask, "b@example.org")
    same(reply, DEFERRED, "first try")
    w.server.logged(f"do=defer why=new rule=15 wait={DELAY_S} client=198.18.21.1 name=[198.18.21.1]")
    wait_over()
    replies, over = w.postfix.send(*ask, ["b@example.org", "new@example.org"], "milter late")
    require(replies[0].startswith("250") and over.startswith("250"), f"late: {replies} {over}")
    same(replies[1], DEFERRED, "another recipient")
    found = headers(w.postfix.delivered("milter late"))
    require(len(found) == 1 and found[0].startswith("Delayed for 00:00:"), f"headers: {found}")


def postfix_old(w):
    ask = ("old", "198.18.22.1", "a@sender.example")
    same(w.postfix.try_rcpt(*ask, "b@example.org"), DEFERRED, "first try")
    replies, over = w.postfix.send(*ask, ["friend@example.org"], "milter old")
    require(over is not None and over.startswith("250"), f"{replies} {over}")
    same(headers(w.postfix.delivered("milter old")), ["Recipient e-mail whitelisted"], "headers")


def postfix_tarpit(w):
    """The hold is longer than Postfix's timeout, and that was lowered."""
    with w.postfix.session("short", "198.18.23.1") as smtp:
        smtp.mail("long@sender.example")
        began = time.monotonic()
        code, text = smtp.rcpt("b@example.org")
        took = time.monotonic() - began
        require(code == 250 and HOLD_S <= took < HOLD_S + 4, f"{code} {text!r} after {took:.1f} s")
        code, text = smtp.data("From: <long@sender.example>\r\nSubject: milter tarpit\r\n\r\n")
        same(code, 250, f"end of message ({text!r})")
    same(headers(w.postfix.delivered("milter tarpit")),
         [f"Message whitelisted by tarpit {HOLD_S}s"], "headers")
    with w.postfix.session("short", "198.18.23.1") as smtp:
        smtp.mail("long@sender.example")
        began = time.monotonic()
        code, _ = smtp.rcpt("b@example.org")
        require(code == 250 and time.monotonic() - began < 2, "known from then on")


def postfix_hung_up(w):
    smtp = w.postfix.session("usual", "198.18.24.1")
    smtp.mail("pit@sender.example")
    smtp.putcmd("RCPT", "TO:<b@example.org>")
    time.sleep(0.5)
    smtp.close()                         # without a word
    reply = w.postfix.try_rcpt("usual", "198.18.24.1", "pit@sender.example", "b@example.org")
    require(reply.startswith("451 4.7.1 Greylisting"), f"who hung up: {reply}")


def postfix_hung_up_ahead(w):
    """Left just before the end of the hold; what was sent ahead is no sign of patience."""
    smtp = smtplib.SMTP("127.0.0.1", w.postfix.ports["usual"], "lab.example")
    smtp.ehlo()
    smtp.mail("pit@ahead.example")
    smtp.send("RCPT TO:<b@example.org>\r\nDATA\r\n")
    time.sleep(0.5)
    smtp.close()
    w.postfix.logged("lost connection after DATA ", 8)
    require(not [l for l in w.server.lines if "why=stayed " in l and "from=<pit@ahead.example>" in l], "proven")


def statistics(w):
    """A refused recipient has its line at once, the others when it is known what becomes of their message."""
    def lines(client, count):
        def told():
            return [l.partition(" ")[2] for l in (w.server.folder / "stat").read_text().splitlines()
                    if l.startswith(client + " ")]
        lab.wait_for(lambda: len(told()) >= count, 3, f"{count} lines of {client}")
        time.sleep(0.1)
        return told()

    with w.session("198.18.31.1") as mta:
        mta.mail("<a@sender.example>")
        goes(mta.rcpt("<friend@example.org>"), "friend")
        require(mta.rcpt("<b@example.org>").code == 451, "deferred")
        deferred = "tempfail a@sender.example b@example.org 451 "
        same(lines("198.18.31.1", 1), [deferred + "15"], "before the end")
        goes(end(mta), "end")
        let_in = "accept a@sender.example friend@example.org  friend"
        same(lines("198.18.31.1", 2), [deferred + "15", let_in], "at the end")
        mta.abort()
        mta.mail("<a@sender.example>")
        goes(mta.rcpt("<friend@example.org>"), "given up")
        mta.abort()
        mta.mail("<>")
        goes(mta.rcpt("<\"c d\"@example.org>"), "null sender")
        goes(mta.rcpt("<friend@example.org>"), "null sender")
        require(end(mta).code == 451, "at the end")
        same(lines("198.18.31.1", 4)[2:], ["tempfail  \"c_d\"@example.org 451 ", "tempfail  friend@example.org 451 "],
             "a message that comes again")
    with w.session("198.18.31.2") as mta:
        mta.mail("<a@sender.example>")
        for _ in range(2):
            goes(mta.rcpt("<friend@example.org>"), "friend")
        goes(mta.data(), "DATA")
        for _ in range(2):
            mta.body(b"x" * 60000)
        refused = mta.eob()
        require(refused.code == 551 and refused.text.endswith("too big: <>"), f"of both recipients: {refused}")
        same(lines("198.18.31.2", 2), ["reject a@sender.example friend@example.org 551 big"] * 2, "a refused message")
    with w.session("198.18.31.3") as mta:
        mta.mail("<pit@sender.example>")
        goes(mta.rcpt("<b@example.org>"), "held")
        goes(end(mta), "end")
        same(lines("198.18.31.3", 1), ["accept pit@sender.example b@example.org  pit"], "who stayed")


def postfix_hang_up_is_seen(w):
    """By its kernel; without that Postfix would notice after the whole hold."""
    smtp = smtplib.SMTP("127.0.0.1", w.postfix.ports["usual"], "lab.example")
    smtp.ehlo()
    smtp.mail("long@seen.example")
    began = time.monotonic()
    smtp.putcmd("RCPT", "TO:<b@example.org>")
    time.sleep(0.5)
    smtp.close()
    w.postfix.logged("lost connection after RCPT from unknown[127.0.0.1]", 8)
    require(time.monotonic() - began < HOLD_S - 3, "the hold ended early")


CASES = [
    ("deferred, early, late with the header, known", defer_early_late),
    ("policy and milter door share the memory", both_doors_share_the_memory),
    ("two recipients, one white-listed, one refused by the MTA", recipients),
    ("who authenticated is exempt, for that message", authenticated),
    ("blacklist, with a percent sign", blacklisted),
    ("null sender: refused at the end", null_sender),
    ("the size of the message", size),
    ("tarpit: who stays is let in, and known from then on", tarpit),
    ("tarpit: who hangs up is greylisted", tarpit_hung_up),
    ("tarpit: Postfix is told of progress", progress),
    ("tarpit: Sendmail waits 8 s, and the rest at the end", sendmail),
    ("stat: a line for each recipient, when its fate is known", statistics),
    ("QUIT_NC: another client on the connection", next_client),
    ("version 2", old_version),
    ("garbage", garbage),
    ("modes of sockets", modes),
    ("restart, kill -9 and a stale socket", restart),
    ("Postfix: deferred, late with the header, two recipients", postfix_defer_late),
    ("Postfix with version 2", postfix_old),
    ("Postfix: a tarpit longer than its timeout", postfix_tarpit),
    ("Postfix: who hangs up in the tarpit is greylisted", postfix_hung_up),
    ("Postfix: who hangs up proves nothing by what was sent ahead", postfix_hung_up_ahead),
    ("Postfix: who hangs up is seen at once", postfix_hang_up_is_seen),
]

if __name__ == "__main__":
    sys.exit(lab.main(CASES, doc=__doc__, fixture=world))
