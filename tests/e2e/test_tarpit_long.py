#!/usr/bin/env python3
"""Tarpits of page-long waits at Postfix's default timeouts: 125 s, as taRgrey has it, and the 300 s
that RFC 5321 asks of clients. Both at the same time; it takes five minutes."""
import contextlib
import sys
import threading
import time

import lab
from lab import require, same

HOLDS_S = (125, 300)
RULES = """
hostname "mx.example.org"
socket "inet:127.0.0.1:%d"
policy "unix:FOLDER/policy"
racl whitelist from /^<short/ tarpit 125s
racl whitelist from /^<long/ tarpit 300s
racl greylist default
"""


@contextlib.contextmanager
def world(program):
    port = lab.free_port()
    settings = {"smtpd_milters": f"inet:127.0.0.1:{port}", "milter_default_action": "tempfail"}
    with contextlib.ExitStack() as stack:
        stack.enter_context(lab.Configured(program, RULES % port, "unix:FOLDER/policy"))
        postfix = stack.enter_context(lab.Postfix({"milter": {"settings": settings}}))
        same(postfix.postconf("milter_command_timeout"), "30s", "Postfix's default")
        yield postfix


def hold(postfix, sender, address, results):
    with postfix.session("milter", address, timeout_s=360) as smtp:
        smtp.mail(f"{sender}@sender.example")
        began = time.monotonic()
        code, _ = smtp.rcpt("b@example.org")
        results[sender] = (code, time.monotonic() - began)
        code, _ = smtp.data(f"From: <{sender}@sender.example>\r\nSubject: {sender}\r\n\r\n")
        results[sender] += (code,)


def waits(postfix):
    results = {}
    threads = [threading.Thread(target=hold, args=(postfix, sender, address, results))
               for sender, address in (("short", "198.18.1.1"), ("long", "198.18.2.1"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for sender, seconds in zip(("short", "long"), HOLDS_S):
        require(sender in results and len(results[sender]) == 3, f"{sender}: cut off")
        rcpt, took, end = results[sender]
        same((rcpt, end), (250, 250), f"{sender}: replies")
        require(seconds <= took < seconds + 5, f"{sender}: {took:.1f} s")
        postfix.delivered(sender)


CASES = [("125 s and 300 s, and Postfix waits", waits)]

if __name__ == "__main__":
    sys.exit(lab.main(CASES, needs=["root", "postfix"], doc=__doc__, fixture=world))
