#!/usr/bin/env python3
"""Child milters that are killed, frozen, or say what no filter says, in the midst of each step: what
counts then is the fallback, others' mails are not delayed, and who fails again and again is left out
and taken back. A scripted MTA asks; the children are filters on libmilter, or play one.
"""
import contextlib
import sys
import threading
import time

import children_lab
import lab
import milter_mta
from lab import require, same
from milter_mta import packet

FALLBACKS = ("accept", "tempfail", "reject", "discard")
READ_S = 1
TIMES = f"connect_timeout {READ_S}s; read_timeout {READ_S}s; write_timeout {READ_S}s; end_of_message_timeout {READ_S}s"
PATIENCE_S = 20
# In place of the answer to each command; none may come there.
GARBAGE = {
    "O": packet("O", b"\0\0\0\7" + b"\xff" * 8), "C": b"HTTP/1.1 400 Bad Request\r\n\r\n", "H": b"\0\0\0\0",
    "M": packet("z"), "R": packet("y", b"not a code\0"), "T": packet("h", b"X-Early\0" b"1\0"), "L": packet("b", b"body"),
    "N": b"\xff\xff\xff\xff", "B": packet("c") + packet("c"), "E": packet("i", b"\0\0\0\1" b"X-Half"),
}
OUT_S = 30


def play(address, client, before=None, rcpt="<b@example.org>"):
    """A mail; what was answered to each command, up to a refusal. before(letter) runs in front of each."""
    answers = {}
    with milter_mta.Mta(address, PATIENCE_S) as mta:
        mta.negotiate()
        mta.macros("C", {"j": "mx.example.org", "v": "Postfix 3.7.11"})
        for letter, ask in (("C", lambda: mta.connect("mail.sender.example", client, 4711)),
                            ("H", lambda: mta.helo("client.example")), ("M", lambda: mta.mail("<a@sender.example>")),
                            ("R", lambda: mta.rcpt(rcpt)), ("T", mta.data),
                            ("L", lambda: mta.header("Subject", "hello")), ("N", mta.eoh),
                            ("B", lambda: mta.body(b"12345\r\n")), ("E", mta.eob)):
            if before is not None:
                before(letter)
            answer = ask()
            answers[letter] = answer.kind if answer is not None else "continue"
            if answers[letter] != "continue":
                break
    return answers


def expected(fallback, at):
    """The command that is refused, and how."""
    if fallback == "accept":
        return "E", "continue"
    if fallback == "discard" and at in "OCH":
        return "M", "discard"            # no client can be discarded
    return ("C" if at == "O" else "E" if at in "LNB" else at), fallback


def check(answers, fallback, at, what):
    letter, kind = expected(fallback, at)
    same((list(answers)[-1], answers[list(answers)[-1]]), (letter, kind), f"{what} at {at}: {answers}")


class Failing:
    """A child of a daemon, which fails at a step if it is told to, with a fallback."""

    def __init__(self, name, fallback, number):
        self.name, self.fallback = name, fallback
        self.client = f"198.18.{number}.1"
        self.error = None
        self.faults = 0

    def statement(self, address):
        return self.name, f'socket "{address}"; fallback {self.fallback}; {TIMES}; when addr {self.client}'

    def run(self, door):
        try:
            self.rounds(door)
        except (lab.Failure, milter_mta.MilterError) as why:
            self.error = f"{self.name}: {why}"

    def good(self, door, at):
        answers = play(door, self.client)
        same(answers.get("E"), "continue", f"{self.name}: the next mail after {at}: {answers}")


class Played(Failing):
    """kind: garbage, hang, close"""

    def __init__(self, kind, fallback, number, folder):
        super().__init__(f"{kind} {fallback}", fallback, number)
        self.kind = kind
        self.fake = children_lab.Fake(folder / f"fake{number}")
        self.address = f"unix:{self.fake.path}"

    def rounds(self, door):
        for at, octets in GARBAGE.items():
            self.fake.do = {at: octets if self.kind == "garbage" else self.kind}
            check(play(door, self.client), self.fallback, at, self.name)
            self.fake.do = {}
            self.faults += 1
            self.good(door, at)

    def close(self):
        self.fake.close()


class Real(Failing):
    """kind: killed, frozen"""

    def __init__(self, kind, fallback, number, folder, program):
        super().__init__(f"{kind} {fallback}", fallback, number)
        self.kind = kind
        self.child = children_lab.Changer(program, folder, f"real{number}", ("add:X-Real:1",))
        self.address = self.child.address

    def fail(self):
        if self.kind == "killed":
            self.child.kill()
        else:
            self.child.freeze()

    def mend(self):
        if self.kind == "killed":
            self.child.start()
        else:
            self.child.thaw()

    def rounds(self, door):
        for at in "CHMRTE":
            answers = play(door, self.client, lambda letter, at=at: self.fail() if letter == at else None)
            check(answers, self.fallback, at, self.name)
            self.faults += 1
            self.mend()
            self.good(door, at)

    def close(self):
        self.child.kill()


class World:
    def __init__(self, program, stack):
        self.program, self.stack = program, stack
        self.folder = children_lab.scratch(stack)
        self.changer = children_lab.build("changer.c", self.folder)

    def server(self, statements, more=""):
        return lab.Configured(self.program, children_lab.configuration(statements, more), "unix:FOLDER/milter")


@contextlib.contextmanager
def world(program):
    with contextlib.ExitStack() as stack:
        yield World(program, stack)


def each_step(w):
    """All at the same time: who waits for one delays no other."""
    kids, number = [], 0
    with contextlib.ExitStack() as stack:
        for fallback in FALLBACKS:
            for kind in ("garbage", "hang", "close"):
                number += 1
                kids.append(Played(kind, fallback, number, w.folder))
        for fallback in ("accept", "tempfail"):
            for kind in ("killed", "frozen"):
                number += 1
                kids.append(Real(kind, fallback, number, w.folder, w.changer))
        for kid in kids:
            stack.callback(kid.close)
        with w.server([k.statement(k.address) for k in kids], "log_rules") as server:
            threads = [threading.Thread(target=k.run, args=(server.address,)) for k in kids]
            for t in threads:
                t.start()
            for t in threads:
                t.join(120)
            errors = [k.error for k in kids if k.error is not None]
            require(not errors, "; ".join(errors))
            require(server.alive(), server.tail())
            for kid in kids:
                lines = [l for l in server.lines if f"milter {kid.name}: " in l and ": counts as " in l]
                same(len(lines), kid.faults, f"{kid.name}: one line a failure: {lines}")
                require(all(f": counts as {kid.fallback}" in l for l in lines), f"{lines}")


def others_go_on(w):
    """Three wait for one that is frozen; meanwhile others' mails, with and without a child, take no time."""
    waiting, results, ready = 4, [], threading.Barrier(3)
    frozen = children_lab.Changer(w.changer, w.folder, "frozen", ("add:X-Real:1",))
    statements = [("frozen", f'socket "{frozen.address}"; when addr 198.18.1.0/24; read_timeout {waiting}s; '
                             f'end_of_message_timeout {waiting}s'),
                  ("well", f'socket "unix:{w.folder}/well"; when addr 198.18.2.0/24')]

    def wait_for_it(server, n):
        began = []
        def before(letter):
            if letter == "MRE"[n]:
                if ready.wait(PATIENCE_S) == 0:
                    frozen.freeze()
                ready.wait(PATIENCE_S)
                began.append(time.monotonic())
        answers = play(server.address, f"198.18.1.{n}", before)
        results.append((answers, time.monotonic() - began[0]))

    with frozen, children_lab.Fake(w.folder / "well"), w.server(statements) as server:
        same(play(server.address, "198.18.1.9")["E"], "continue", "all is well")
        threads = [threading.Thread(target=wait_for_it, args=(server, n)) for n in range(3)]
        for t in threads:
            t.start()
        time.sleep(1)
        longest, mails, until = 0.0, 0, time.monotonic() + 2
        while time.monotonic() < until:
            for client in ("198.18.2.1", "198.18.3.1"):
                began = time.monotonic()
                same(play(server.address, client)["E"], "continue", client)
                longest = max(longest, time.monotonic() - began)
                mails += 1
        for t in threads:
            t.join(60)
        frozen.thaw()
        same(len(results), 3, "who waited has an end")
        for answers, seconds in results:
            require(answers["E"] == "continue" and waiting - 0.2 < seconds < waiting + 3, f"{answers}, {seconds:.1f} s")
        require(longest < 1.0 and mails >= 4, f"{mails} mails of others, the longest took {longest:.2f} s")


def left_out(w, server):
    """Five failures, three mails more, and then it is there again."""
    for _ in range(8):
        same(play(server.address, "198.18.1.1"), {"C": "tempfail"}, "nobody listens")
    server.logged("milter gone: failed 5 times in a row: is left out for 30 s")
    same(len([l for l in server.lines if "milter gone: can't be reached" in l]), 1, "lines of failures")
    same(len([l for l in server.lines if "is left out" in l]), 1, "lines that say that it is left out")
    fake = children_lab.Fake(w.folder / "gone")
    same(play(server.address, "198.18.1.1"), {"C": "tempfail"}, "it is left out")
    same(fake.accepts, 0, "connections meanwhile")
    return fake


def gone(w):
    return w.server([("gone", f'socket "unix:{w.folder}/gone"; fallback tempfail')])


def breaker(w):
    with gone(w) as server:
        left_out(w, server).close()


def taken_back(w):
    if not w.program.given.long:
        raise lab.Skip(f"takes {OUT_S} s: --long 1")
    with gone(w) as server, left_out(w, server) as fake:
        time.sleep(OUT_S + 1)
        for n in (1, 2, 3):
            same(play(server.address, "198.18.1.1")["E"], "continue", "it is asked again")
            same(fake.accepts, n, "connections")
        same(len([l for l in server.lines if "milter gone: is asked again" in l]), 1, "lines that say so")


CASES = [
    ("each fault at each step, with each fallback", each_step),
    ("others go on", others_go_on),
    ("who fails again and again is left out", breaker),
    ("and taken back", taken_back),
]

if __name__ == "__main__":
    sys.exit(lab.main(CASES, fixture=world, doc=__doc__, numbers={"long": 0}))
