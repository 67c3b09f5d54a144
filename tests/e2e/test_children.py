#!/usr/bin/env python3
"""Child milters behind the milter door of a running daemon: filters on libmilter, one of which
answers nothing before the end of the message. A scripted MTA asks."""
import contextlib
import pathlib
import subprocess
import sys
import time

import lab
import milter_mta
from lab import require, same

RULES = """
hostname "mx.example.org"
socket "unix:FOLDER/milter"
milter "first" { socket "unix:FOLDER/first"; fallback tempfail }
milter "second" { socket "unix:FOLDER/second"; when not rcpt alone@example.org }
report none
racl blacklist rcpt ours@example.org
racl whitelist default
"""
SOURCE = pathlib.Path(__file__).with_name("filter.c")
PATIENCE_S = 10.0


def build(folder):
    program = folder / "filter"
    made = subprocess.run(["cc", "-o", program, SOURCE, "-lmilter", "-lpthread"],
                          capture_output=True, timeout=60, check=False)
    if made.returncode != 0:
        raise lab.Skip("needs a compiler and libmilter")
    return program


class World:
    def __init__(self, program, stack, rules=RULES):
        self.server = stack.enter_context(lab.Configured(program, rules, "unix:FOLDER/milter"))
        self.stack = stack
        self.filters = {}
        self.built = None

    def start(self, name, *words):
        path = self.server.folder / name
        path.unlink(missing_ok=True)
        self.filters[name] = subprocess.Popen(
            [self.built, f"unix:{path}", name, *words], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.monotonic() + PATIENCE_S
        while not path.exists() and time.monotonic() < until:
            time.sleep(0.05)
        path.chmod(0o666)

    def stop(self, name):
        self.filters[name].kill()
        self.filters[name].wait(PATIENCE_S)

    @contextlib.contextmanager
    def session(self):
        if self.built is None:
            self.built = build(self.server.folder)
            self.start("first")
            self.start("second", "unanswered")
        with milter_mta.Mta(self.server.address, PATIENCE_S) as mta:
            mta.negotiate()
            mta.macros("C", {"j": "mx.example.org", "v": "Postfix 3.7.11"})
            goes(mta.connect("[192.0.2.1]", "192.0.2.1", 4711))
            goes(mta.helo("client.example"))
            yield mta


@contextlib.contextmanager
def world(program):
    with contextlib.ExitStack() as stack:
        w = World(program, stack)
        yield w
        for name in w.filters:
            w.stop(name)


def goes(answer):
    require(answer is None or answer.kind == "continue", f"not continue: {answer}")


def content(mta):
    goes(mta.data())
    goes(mta.header("Subject", "hello"))
    goes(mta.body(b"12345\r\n"))
    return mta.eob()


def headers(answer):
    return [(c.texts[0], c.texts[1].strip()) for c in answer.changes if c.kind == "addheader"]


def each_sees_the_changes(w):
    with w.session() as mta:
        for _ in range(2):
            goes(mta.mail("<body@example.net>"))
            goes(mta.rcpt("<a@example.org>"))
            answer = content(mta)
            goes(answer)
            same(headers(answer), [("X-first", "1 headers, 7 octets"),
                                   ("X-second", "2 headers, 5 octets")], "headers")
            same(answer.body, b"new\r\n", "body")


def recipients(w):
    with w.session() as mta:
        goes(mta.mail("<s@example.net>"))
        same(mta.rcpt("<no@example.org>").text, "550 5.1.1 100% nobody", "refused by the first")
        same(mta.rcpt("<ours@example.org>").code, 551, "refused by us")
        goes(mta.rcpt("<alone@example.org>"))
        answer = content(mta)
        goes(answer)
        same(headers(answer), [("X-first", "1 headers, 7 octets")], "headers")


def refused(w):
    with w.session() as mta:
        goes(mta.mail("<refuse@example.net>"))
        goes(mta.rcpt("<a@example.org>"))
        same(content(mta).kind, "reject", "at the end")


def dies(w):
    with w.session() as mta:
        goes(mta.mail("<s@example.net>"))
        goes(mta.rcpt("<a@example.org>"))
        w.stop("second")
        answer = content(mta)
        goes(answer)
        same(headers(answer), [("X-first", "1 headers, 7 octets")], "headers")
    w.stop("first")
    for _ in range(7):
        with milter_mta.Mta(w.server.address, PATIENCE_S) as mta:
            mta.negotiate()
            same(mta.connect("[192.0.2.1]", "192.0.2.1", 4711).kind, "tempfail", "dead child")
    w.start("first")
    w.start("second", "unanswered")


CASES = [
    ("each sees what those before have changed", each_sees_the_changes),
    ("recipients, and one that is shown to the first alone", recipients),
    ("refused at the end", refused),
    ("killed: in the midst of a message, and before", dies),
]

if __name__ == "__main__":
    sys.exit(lab.main(CASES, doc=__doc__, fixture=world))
