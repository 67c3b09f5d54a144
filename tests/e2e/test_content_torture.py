#!/usr/bin/env python3
"""Mails that no sane sender writes, and MTAs that hang up, while the milter door looks into the content with all
that it has: rules, spamd, Bogofilter, a urlcheck that gets the message, DKIM, DMARC, and all changes.

An MTA's side of the protocol is played, since real MTAs repair most of this before they pass it on. Fit for a
daemon with sanitizers: what it says of itself fails the case.
"""
import contextlib
import itertools
import os
import random
import shutil
import sys
import threading
import time

import fake_dns
import lab
import milter_mta
import outside
from lab import require, same

MEBI = 1 << 20
RULES = """
hostname "mx.example.org"
socket "unix:FOLDER/milter" 666
extendedregex
report none
workers 2
resolver "{dns}"
dns_timeout 3s
max_message_memory {memory}
authentication_results
received_spf
spamdsock inet "127.0.0.1:{spamd}"
spamd_headers
spamd_timeout 20s
bogofilter "[ ! -e FOLDER/stuck ] || sleep 20; cat >FOLDER/null; echo 'X-Bogosity: Ham, tests=bogofilter, spamicity=0.100000, version=1.2.5'; exit 1"
bogofilter_headers
urlcheck_timeout 20s
urlcheck "post" "http://127.0.0.1:{web}/%f" 8 postmsg
racl whitelist from /^<?some@/ maxpeek 0
racl whitelist from /^<?peek@/ maxpeek 1
racl whitelist from /^<?kilo@/ maxpeek 1024
racl whitelist default
dacl whitelist rcpt web@example.org urlcheck "post"
dacl whitelist rcpt secret@example.org header /^Subject: .*(secret|(a|b)+c)/ addheader "X-Found: secret"
dacl blacklist header "X-Refuse: " msg "%r: refused"
dacl whitelist rcpt needle@example.org body /needle [0-9]/ addheader "X-Found: needle", 0
dacl continue spamd > 3 subjtag "[spam %Hs] "
dacl continue dkim fail addheader "X-Dkim: fail"
dacl continue dmarc reject addheader "X-Dmarc: reject"
dacl continue bogofilter > 0.9 addheader "X-Bogus: yes"
dacl whitelist rcpt url@example.org urlcheck "post" addheader "X-Found: url"
dacl whitelist default addfooter "-- \\nfooter of %r" addheader "X-Last: %r", 1
"""
ZONE = """shop.example TXT "v=spf1 ip4:198.18.50.1 -all"
_dmarc.shop.example TXT "v=DMARC1; p=reject"
s._domainkey.shop.example TXT "v=DKIM1; p=MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
slow._domainkey.shop.example TXT DELAY 2500
"""
SIGNED = ("DKIM-Signature", "v=1; a=rsa-sha256; c=relaxed/simple; d=shop.example; s=%s;\n\th=from:subject; "
          "bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=;\n\tb=dGVzdA==")


class World:
    def __init__(self, program, stack, memory="256M"):
        self.dns = stack.enter_context(fake_dns.Server(ZONE))
        self.spamd = outside.Spamd()
        stack.callback(self.spamd.close)
        self.web = outside.Web({"/a%40shop.example": (200, "milterGreylistStatus: Ok\n")})
        stack.callback(self.web.close)
        self.server = None
        self.program = program
        self.begin(stack, memory)

    def rules(self, memory):
        return RULES.format(dns=self.dns.address, memory=memory, spamd=self.spamd.port, web=self.web.port)

    def begin(self, stack, memory):
        self.server = lab.Configured(self.program, self.rules(memory), "unix:FOLDER/milter")
        (self.server.folder / "null").symlink_to("/dev/null")
        stack.enter_context(self.server)

    def mta(self, client="198.18.50.9", timeout_s=60):
        mta = milter_mta.Mta(self.server.address, timeout_s)
        mta.negotiate()
        mta.macros("C", {"j": "mx.example.org", "v": "Postfix 3.7.11"})
        mta.connect("mail.shop.example", client, 4711)
        mta.helo("mail.shop.example")
        return mta

    def envelope(self, mta, sender="a@shop.example", recipients=("b@example.org",)):
        mta.mail(f"<{sender}>")
        for recipient in recipients:
            same(mta.rcpt(f"<{recipient}>").kind, "continue", "RCPT")
        mta.data()

    def content(self, mta, headers, body):
        for name, value in headers:
            mta.header(name, value)
        mta.eoh()
        mta.body(body)

    def send(self, headers=(), body=b"", end=b"", mta=None, **envelope):
        """The answer to the end of a message."""
        with contextlib.ExitStack() as stack:
            if mta is None:
                mta = stack.enter_context(self.mta())
            self.envelope(mta, **envelope)
            self.content(mta, headers, body)
            return mta.eob(end)

    def hale(self):
        """Still there, and no sanitizer has said a word."""
        require(self.server.alive(), f"it ended: {self.server.tail()}")
        bad = [l for l in self.server.lines if "Sanitizer" in l or "runtime error" in l]
        require(not bad, f"{bad[:3]}")

    def stuck(self, yes, spamd=True):
        """Whom it asks about a message answers nobody, or all."""
        flag = self.server.folder / "stuck"
        if yes:
            if spamd:
                self.spamd.free.clear()
            self.web.stuck.clear()
            flag.touch()
        else:
            self.spamd.free.set()
            self.web.stuck.set()
            flag.unlink(missing_ok=True)


@contextlib.contextmanager
def world(program):
    with contextlib.ExitStack() as stack:
        yield World(program, stack)


def names(answer):
    return [c.texts[0] for c in answer.changes if c.texts]


def taken(w, what, *arguments, **more):
    answer = w.send(*arguments, **more)
    same(answer.kind, "continue", what)
    w.hale()
    return answer


FROM = ("From", "<a@shop.example>")
HEADERS = [FROM, ("Subject", "hi"), SIGNED]
HEADERS[2] = (SIGNED[0], SIGNED[1] % "s")


def all_at_once(w):
    answer = taken(w, "all", [*HEADERS, ("Authentication-Results", "mx.example.org; dkim=pass")], b"needle 1\r\n")
    for name in ("X-Spam-Status", "X-Bogosity", "X-Last", "Received-SPF"):
        same(names(answer).count(name), 1, f"{name} in {names(answer)}")
    same(names(answer).count("Authentication-Results"), 2, "one goes, one comes")
    same(answer.body, b"needle 1\r\n-- \r\nfooter of b@example.org\r\n", "body")
    for name, headers in (("needle", HEADERS), ("url", HEADERS), ("secret", [FROM, ("Subject", "a secret")])):
        answer = taken(w, name, headers, b"needle 1\r\n", recipients=[f"{name}@example.org"])
        require(("X-Found", name) in [(c.texts[0], c.texts[1].strip()) for c in answer.changes if c.texts], f"{name}: {names(answer)}")


HEADS = {
    "none": [],
    "of octets": [FROM, ("Subject", bytes(range(1, 256)).decode("latin-1").encode("latin-1"))],
    "empty": [("x", ""), ("y", " "), ("z", "\t\n ")],
    "blank before the colon": [("From ", "<a@shop.example>"), ("Subject ", "hi"), ("Authentication-Results ", "mx.example.org; x")],
    "name only": [("Subject", ""), ("From", ""), (SIGNED[0], "")],
    "bare CR and LF": [FROM, ("Subject", "a\rb\nc\r\nd\n\n\n"), ("\r", "\n"), ("X\nY", "\r\r\r"), ("To", "\n"), ("To", "\r\n")],
    "folded": [FROM, ("Subject", "a\n b\n\tc\r\n d"), ("References", "\n <x>" * 5000)],
    "colons": [(":", ":"), ("::", "::")],
    "From twice": [FROM, FROM],
    "From with a comment without an end": [("From", "(" * 5000 + "<a@shop.example>")],
    "a long From": [("From", "<" + "a," * 30000 + "@shop.example>")],
    "a long subject": [FROM, ("Subject", "ab" * 32000)],
    "a long name": [("X" * 65000, "y"), FROM],
    "cut by Postfix": [FROM, ("X-Long", "y" * 60000)],
    "signatures": [FROM] + [(SIGNED[0], SIGNED[1] % "s")] * 300,
    "broken signatures": [FROM, (SIGNED[0], "v=1; a=; b=" + "=" * 50000), (SIGNED[0], ";" * 60000), (SIGNED[0], "v=1")],
    "forged results": [("Authentication-Results", "mx.example.org; dkim=pass")] * 1000,
    "forged spam headers": [("X-Spam-Status", "No")] * 500 + [("X-Bogosity", "Ham")] * 500,
}


def heads(w):
    with w.mta() as mta:
        for what, headers in HEADS.items():
            taken(w, what, headers, b"needle 2\r\n", mta=mta)


BODIES = {
    "none": b"",
    "one octet": b"x",
    "NUL": b"a\0b\0\0\r\n\0",
    "NUL alone": bytes(200000),
    "8-bit": bytes(range(256)) * 300,
    "bare CR": b"\r" * 100000,
    "bare LF": b"\n" * 100000 + b"needle 3\n",
    "CR LF": b"\r\n" * 100000,
    "a line of 10 MiB": b"needle " + b"1" * (10 * MEBI),
    "dots": b".\r\n..\r\n" * 1000,
    "for backtracking": b"needle 12345678901234567890 " * 20000,
}


def bodies(w):
    with w.mta() as mta:
        for what, body in BODIES.items():
            answer = taken(w, what, HEADERS, body, mta=mta)
            require(answer.body is not None and answer.body.startswith(body), f"{what}: {str(answer)[:200]}, log {w.server.tail(3)[:500]}")
        answer = taken(w, "behind the end", HEADERS, b"a\r\n", end=b"needle 4\r\n", mta=mta)
        require(answer.body.startswith(b"a\r\nneedle 4\r\n"), "the last piece")


def sixty_thousand_headers(w):
    headers = [FROM] + [(f"X-{n % 50}", str(n)) for n in range(60000)] + [("Subject", "the secret")]
    answer = taken(w, "60,000 headers", headers, b"x\r\n", recipients=["secret@example.org"])
    require("X-Found" in names(answer), f"the last is seen: {names(answer)[:20]}")


def fifty_mebibytes(w):
    answer = taken(w, "50 MiB", HEADERS, b"0123456789abcde\n" * (50 * MEBI // 16))
    require(answer.body is not None and len(answer.body) > 50 * MEBI, "the body is changed")


def peeks(w):
    for sender in ("some", "peek", "kilo"):
        answer = taken(w, sender, HEADERS, b"needle 5\r\n" * 1000, sender=f"{sender}@shop.example",
                       recipients=["needle@example.org"])
        same(names(answer).count("X-Found"), int(sender == "kilo"), f"{sender}: {names(answer)}")
        require(answer.body is None, f"{sender}: no more would be left of it than was kept")


STEPS = ["headers", "eoh", "body", "end", "waited"]


def to_step(w, mta, step, selector, recipient="b"):
    w.envelope(mta, recipients=[f"{recipient}@example.org"])
    headers = [FROM, ("Subject", "ab" * 20000), (SIGNED[0], SIGNED[1] % selector)]
    for name, value in headers:
        mta.header(name, value)
    if step == "headers":
        return
    mta.eoh()
    if step == "eoh":
        return
    mta.body(b"needle 1 ab ab\r\n" * 40000)
    if step == "body":
        return
    mta.send("E")
    if step == "waited":
        time.sleep(random.choice((0.01, 0.1, 0.4)))


def leave(w, mta, how, step):
    if how == "abort":
        mta.abort()
        answer = w.send(HEADERS, b"after\r\n", mta=mta) if w.web.stuck.is_set() and step not in ("end", "waited") else None
        require(answer is None or answer.kind == "continue", f"after the abort: {answer}")
    elif how == "quit":
        mta.quit()
    elif how == "new":
        mta.quit_nc()
    mta.close()


def hang_ups(w):
    """At each step: while nobody is stuck, while all are, and while a key is slow."""
    for stuck, selector in ((False, "s"), (True, "s"), (False, "slow")):
        w.stuck(stuck)
        for step, how in itertools.product(STEPS, ("close", "abort", "quit", "new")):
            mta = w.mta()
            to_step(w, mta, step, selector)
            leave(w, mta, how, step)
            w.hale()
    w.stuck(False)
    taken(w, "and then", HEADERS, b"x\r\n")


def many_at_once(w, count=24, rounds=3):
    failures = []

    def one(n):
        chance = random.Random(n)
        try:
            with w.mta() as mta:
                for _ in range(rounds):
                    size = chance.choice((0, 1000, 70000, 400000))
                    answer = w.send(HEADERS, b"needle 7 \r\n" * (size // 10), mta=mta)
                    if answer.kind != "continue":
                        failures.append(str(answer))
        except Exception as e:           # the thread's; it is told below
            failures.append(repr(e))

    threads = [threading.Thread(target=one, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    require(not failures, f"{failures[:3]}")
    w.hale()


def reloads(w):
    """In the midst of messages: from all to nothing, and back, and with wrong files between."""
    conf = w.server.folder / "greylag.conf"
    full = conf.read_text()
    bare = full[:full.index("authentication_results")] + "racl whitelist default\nnospf\n"
    heads_only = bare + 'dacl whitelist header /x/ addheader "X-Head: 1"\n'
    texts = [bare, full, "nonsense\n", heads_only, full, bare, heads_only, full]
    for before, after in itertools.product((full, bare, heads_only), (bare, full, heads_only)):
        conf.write_text(before)
        reload(w)
        with w.mta() as mta:
            w.envelope(mta)
            mta.header(*FROM)
            conf.write_text(after)
            reload(w)
            for header in HEADERS[1:]:
                mta.header(*header)
            mta.eoh()
            mta.body(b"needle 8\r\n" * 100)
            same(mta.eob().kind, "continue", "over a reload")
            same(w.send(HEADERS, b"x\r\n", mta=mta).kind, "continue", "the next")
        w.hale()
    stop = threading.Event()

    def storm():
        for text in itertools.cycle(texts):
            if stop.wait(0.03):
                return
            conf.write_text(text)
            w.server.signal(1)

    thread = threading.Thread(target=storm)
    thread.start()
    try:
        many_at_once(w, 8, 4)
    finally:
        stop.set()
        thread.join()
        conf.write_text(full)
        reload(w)
    w.hale()


def reload(w):
    seen = len([l for l in w.server.lines if "configuration" in l])
    w.server.signal(1)
    with contextlib.suppress(lab.Failure):
        lab.wait_for(lambda: len([l for l in w.server.lines if "configuration" in l]) > seen, 1, "reload")


def ends(program):
    """TERM while all that is looked up runs, and MTAs don't read: it comes to an end, in time, and clean."""
    for stuck in (False, True):
        with contextlib.ExitStack() as stack:
            w = World(program, stack)
            w.stuck(stuck, spamd=False)
            mtas = [stack.enter_context(w.mta()) for _ in range(10)]
            for n, mta in enumerate(mtas):
                to_step(w, mta, STEPS[n % len(STEPS)], "slow" if n > 5 else "s",
                        "web" if n % 2 else "b")
            began = time.monotonic()
            same(w.server.stop(35), 0, f"exit status ({w.server.tail(14)[-900:]})")
            require(time.monotonic() - began < 25, "it took too long")


def small_memory(program):
    for memory in ("1", "1k", "1M"):
        with contextlib.ExitStack() as stack:
            w = World(program, stack, memory)
            answer = taken(w, f"memory {memory}", HEADERS, b"x\r\n" * 200)
            require("X-Last" in names(answer) and "Authentication-Results" in names(answer), str(answer))
            require(not [l for l in w.server.lines if "too long" in l], w.server.tail(9))
            many_at_once(w)
            taken(w, "after them", HEADERS, b"")
            same(w.server.stop(30), 0, f"exit status ({w.server.tail(14)[-900:]})")


def shared(case):
    def run(program):
        with world(program) as w:
            case(w)
            same(w.server.stop(30), 0, f"exit status ({w.server.tail(14)[-900:]})")
    return run


CASES = [
    ("all at once", shared(all_at_once)),
    ("heads", shared(heads)),
    ("bodies", shared(bodies)),
    ("60,000 headers", shared(sixty_thousand_headers)),
    ("50 MiB", shared(fifty_mebibytes)),
    ("maxpeek", shared(peeks)),
    ("hang-ups at each step", shared(hang_ups)),
    ("many at once", shared(many_at_once)),
    ("little memory", small_memory),
    ("reloads", shared(reloads)),
    ("TERM", ends),
]

if __name__ == "__main__":
    sys.exit(lab.main(CASES, doc=__doc__))
