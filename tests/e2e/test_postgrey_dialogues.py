#!/usr/bin/env python3
"""Plays the dialogues in dialogues/*.txt against a policy server that takes Postgrey's options.

The expectations are facts: `--record --against /usr/sbin/postgrey` plays them against the real one
and writes what it did back into the files. README.md beside this file has the language.
"""
import os
import pathlib
import re
import shlex
import signal
import socket
import subprocess
import sys
import time

import lab
from lab import Failure, require

HERE = pathlib.Path(__file__).resolve().parent
QUIET_S = 0.15                           # so long nothing comes: there is nothing
EXPECTATION = re.compile(r"  (?:(postgrey|greylag) )?([a-z-]+):(?: (.*))?$")
DATE = r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d \S+"
HOST = socket.gethostname()


class Expectation:
    """One indented line: what must come after a step; only from one of the programs if marked."""

    def __init__(self, kind, text="", only=None):
        self.kind, self.text, self.only = kind, text or "", only

    def __str__(self):
        mark = f"{self.only} " if self.only else ""
        return f"  {mark}{self.kind}:{' ' if self.text else ''}{self.text}"

    def like(self, other):
        return self.kind == other.kind and self.text == other.text

    def matches(self, happened, folder):
        if self.kind != happened.kind:
            return False
        places = {"{DATE}": DATE, "{HOST}": re.escape(HOST), "{VERSION}": r"[^ ;]+",
                  "{DIR}": re.escape(str(folder)), "{NONZERO}": r"[1-9]\d*", "{ANY}": ".*"}
        parts = re.split(r"(\{[A-Z]+\})", self.text)
        pattern = "".join(places.get(p, re.escape(p)) for p in parts)
        return re.fullmatch(pattern, happened.text, re.S) is not None


class Step:
    """A verb with its words, the "| " lines under it, and what is expected."""

    def __init__(self, number, verb, rest):
        self.number, self.verb, self.rest = number, verb, rest
        self.content = []
        self.expected = []


class Case:
    def __init__(self, name, number):
        self.name, self.number, self.steps = name, number, []


def parse(path):
    """(steps in front of the first case, cases)"""
    head, cases = Case("", 0), []
    for number, line in enumerate(path.read_text().split("\n"), 1):
        here = cases[-1] if cases else head
        found = EXPECTATION.match(line)
        if line.startswith("== "):
            cases.append(Case(f"{path.stem}: {line[3:]}", number))
        elif line == "" or line.lstrip().startswith("#"):
            continue
        elif line.startswith("|"):
            here.steps[-1].content.append(line[2:])
        elif found:
            here.steps[-1].expected.append(Expectation(found[2], found[3], found[1]))
        else:
            require(not line.startswith(" "), f"{path.name}:{number}: what is this? {line!r}")
            verb, _, rest = line.partition(" ")
            here.steps.append(Step(number, verb, rest))
    return head.steps, cases


def unescape(text):
    """\\n, \\r, \\t, \\\\ and \\xNN"""
    def one(found):
        what = found[1]
        return chr(int(what[1:], 16)) if what[0] == "x" else {"n": "\n", "r": "\r", "t": "\t",
                                                               "\\": "\\"}[what]
    return re.sub(r"\\(x[0-9a-f]{2}|[nrt\\])", one, text)


def escape(text):
    def one(ch):
        return {"\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(ch) or (
            ch if " " <= ch <= "~" else f"\\x{ord(ch):02x}")
    return "".join(one(ch) for ch in text)


class Player:
    """Plays one case; `happened` of a step is a list of Expectations without a mark."""

    def __init__(self, program, recording=False):
        self.program, self.recording = program, recording
        self.folder = lab.scratch()
        self.options, self.request, self.clock = [], {}, None
        self.server = None
        self.connections, self.current = {}, "first"

    def close(self):
        for c in self.connections.values():
            c.close()
        if self.server:
            self.server.close()
        subprocess.run(["rm", "-rf", str(self.folder)], check=True)

    def words(self, text):
        return [w.replace("{DIR}", str(self.folder)) for w in shlex.split(text)]

    def client(self):
        if self.server is None:
            self.server = lab.Server(self.program, self.options, folder=self.folder)
        if self.current not in self.connections:
            self.connections[self.current] = self.server.client(timeout_s=4.0)
        return self.connections[self.current]

    def play(self, step):
        """Does the step and returns what happened."""
        do = getattr(self, "do_" + step.verb.replace("-", "_"), None)
        require(do is not None, f"line {step.number}: no step {step.verb!r}")
        return do(step) or []

    # Steps that only prepare.

    def do_only(self, step):
        if self.program.kind != step.rest:
            raise lab.Skip(f"{self.program.kind} can't do this")

    def do_options(self, step):
        self.options = self.words(step.rest)

    def do_file(self, step):
        path = self.folder / step.rest
        path.write_bytes("".join(unescape(l) + "\n" for l in step.content).encode("latin-1"))

    def do_default(self, step):
        for word in self.words(step.rest):
            name, _, value = word.partition("=")
            self.request[name] = value

    def do_at(self, step):
        """now, or seconds to go on or back. A start in the real now keeps purges out of it."""
        self.clock = int(time.time()) if step.rest == "now" else self.clock + int(step.rest)

    def do_connection(self, step):
        self.current = step.rest

    # Steps that something comes from.

    def do_ask(self, step):
        """name=value sets, -name leaves out, of the default request; the clock is added."""
        request = dict(self.request)
        for word in self.words(step.rest):
            if word.startswith("-") and "=" not in word:
                request.pop(word[1:])
            else:
                name, _, value = word.partition("=")
                request[name] = unescape(value)
        if self.clock is not None:
            request["policy_test_time"] = self.clock
        text = "".join(f"{k}={v}\n" for k, v in request.items()) + "\n"
        return self.talk(step, text.encode("latin-1"))

    def do_send(self, step):
        return self.talk(step, self.octets(step.rest))

    @staticmethod
    def octets(text):
        return unescape(text).replace("{NOW}", str(int(time.time()))).encode("latin-1")

    def do_last(self, step):
        """send, and close the sending side at once, as Exim does."""
        client = self.client()
        client.send(self.octets(step.rest))
        client.half_close()
        return self.listen(step)

    def do_half_close(self, step):
        self.client().half_close()
        return self.listen(step)

    def talk(self, step, octets):
        client = self.client()
        require(client.quiet(0.0), f"came unasked: {client.buffer!r}")
        client.send(octets)
        return self.listen(step)

    def expects(self, step, kind):
        return sum(e.kind == kind and e.only in (None, self.program.kind) for e in step.expected)

    def listen(self, step):
        """What comes: answers, the end of the connection, log lines."""
        client, happened = self.connections[self.current], []
        answers = 1000 if self.recording else self.expects(step, "answer")
        try:
            while len(happened) < answers:
                text = client.answer(0.4 if self.recording and happened else 4.0)
                if text is None:
                    break
                happened.append(Expectation("answer", escape(text)))
        except Failure:
            pass                         # in time came nothing more
        if self.expects(step, "silent") and not self.recording:
            client.quiet(0.3)
        if self.expects(step, "closed") and not self.recording:
            client.ended(1.0)
        if client.buffer:
            happened.append(Expectation("answer", escape(client.buffer.decode("latin-1")) + " ..."))
        if client.closed:
            happened.append(Expectation("closed"))
            self.connections.pop(self.current).close()
        if not happened:
            happened.append(Expectation("silent"))
        return happened + self.look_at_log(step)

    def look_at_log(self, step):
        if self.expects(step, "any-log"):
            self.server.new_lines(1, QUIET_S if self.recording else 2.0)
            return []
        lines = self.server.new_lines(1000 if self.recording else self.expects(step, "log"),
                                      QUIET_S if self.recording else 2.0)
        found = [Expectation("log", escape(l)) for l in lines]
        if self.expects(step, "died"):
            lab.wait_for(lambda: not self.server.alive(), 3.0, "the server ends")
        if not self.server.alive():
            found.append(Expectation("died"))
        return found

    def do_signal(self, step):
        self.server.signal(getattr(signal, "SIG" + step.rest))
        if self.program.is_postgrey:     # it wakes up for a request only
            probe = lab.Policy(self.server.address, 1.0)
            probe.close()
            return self.look_at_log(step)
        if step.rest == "HUP":
            self.server.wait_ready(5.0)
        return self.look_at_log(step)

    def do_start(self, step):
        """Starts the server now, where its first words matter."""
        self.server = lab.Server(self.program, self.options, folder=self.folder, start=False)
        self.server.start()
        self.server.seen = 0
        return self.look_at_log(step)

    def do_restart(self, _):
        for c in self.connections.values():
            c.close()
        self.connections.clear()
        self.server.restart()

    def do_run(self, step):
        """The program to its end: exit status, stdout, stderr."""
        done = subprocess.run(self.program.argv(self.words(step.rest)), stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=10, check=False, cwd=self.folder)
        happened = [Expectation("exit", str(done.returncode))]
        for kind, octets in (("stdout", done.stdout), ("stderr", done.stderr)):
            lines = octets.decode("latin-1").split("\n")[:-1]
            happened += [Expectation(kind, escape(l)) for l in lines]
        return happened

    def surplus(self):
        """At the end nothing must be left over."""
        for name, client in self.connections.items():
            require(client.quiet(0.0), f"connection {name}: came unasked: {client.buffer!r}")
        if self.server:
            left = self.server.new_lines(1, 0.02)
            require(not left, f"unexpected log lines: {left}")


def loose(step, happened, kind):
    """Without what does not matter: kinds searched by an expectation ending in -has, and log lines
    where any-log stands."""
    kinds = {e.kind[:-4] for e in step.expected if e.kind.endswith("-has")}
    if any(e.kind == "any-log" and e.only in (None, kind) for e in step.expected):
        kinds.add("log")
    return [h for h in happened if h.kind not in kinds]


def check(step, happened, player):
    mine = [e for e in step.expected if e.only in (None, player.program.kind)]
    for e in mine:
        if e.kind.endswith("-has"):
            kind = e.kind[:-4]
            require(any(h.kind == kind and e.text in h.text for h in happened),
                    f"line {step.number}: no {kind} has {e.text!r}")
    exact = [e for e in mine if not e.kind.endswith("-has") and e.kind != "any-log"]
    rest = loose(step, happened, player.program.kind)
    fits = len(exact) == len(rest) and all(e.matches(h, player.folder)
                                           for e, h in zip(exact, rest))
    require(fits, f"line {step.number}: {step.verb} {step.rest}: got "
            f"[{', '.join(str(h).strip() for h in rest)}], expected "
            f"[{', '.join(str(e).strip() for e in exact)}]")


def play_case(program, head, case):
    player = Player(program)
    try:
        for step in head + case.steps:
            check(step, player.play(step), player)
        player.surplus()
    finally:
        player.close()


# Recording.

def with_places(text, folder):
    text = text.replace(str(folder), "{DIR}")
    text = re.sub(r"postgrey-1\.37", "postgrey-{VERSION}", text)
    text = re.sub(r"^postgrey 1\.37$", "postgrey {VERSION}", text)
    text = re.sub(f"at {re.escape(HOST)}\\b", "at {HOST}", text)
    return re.sub(DATE, "{DATE}", text)


def recorded(step, happened, player):
    """The step's new expectations: ours stay; what both did stays unmarked."""
    kept = [e for e in step.expected if e.only == "greylag" or e.kind.endswith("-has")]
    common = [e for e in step.expected if e.only is None]
    new = []
    for h in loose(step, happened, player.program.kind):
        h.text = with_places(h.text, player.folder)
        same = next((e for e in common if e.matches(h, player.folder) or e.like(h)), None)
        if same:
            new.append(same)
            continue
        h.only = player.program.kind if any(e.only == "greylag" for e in kept) else None
        new.append(h)
    return new + kept


def record_file(program, path):
    """Plays all cases and rewrites the expectation lines, keeping everything else."""
    head, cases = parse(path)
    by_line = {}
    for case in cases:
        player = Player(program, recording=True)
        try:
            for step in head + case.steps:
                by_line[step.number] = step.expected     # if it is not to be played
            for step in head + case.steps:
                by_line[step.number] = recorded(step, player.play(step), player)
        except lab.Skip as why:
            print(f"skip {case.name}: {why}")
        finally:
            player.close()
        print(f"recorded {case.name}", flush=True)
    out, pending = [], []
    for number, line in enumerate(path.read_text().split("\n"), 1):
        if EXPECTATION.match(line):
            continue
        if line.startswith("  #"):       # a reason, in front of the lines marked greylag
            where = next((i for i, p in enumerate(pending) if p.startswith("  greylag")),
                         len(pending))
            pending.insert(where, line)
            continue
        out += pending
        pending = []
        out.append(line)
        if by_line.get(number):
            pending = [str(e) for e in by_line[number]]
    path.write_text("\n".join(out + pending))


def main():
    parser = lab.arguments(__doc__)
    parser.add_argument("--record", action="store_true", help="write what the program did")
    args = parser.parse_args()
    why = lab.missing(args.against, [])
    if why:
        print(f"skipped: {why}")
        return lab.SKIP_STATUS
    program = lab.Program(os.path.abspath(lab.which(args.against) or args.against))
    results = []
    for path in sorted((HERE / "dialogues").glob("*.txt")):
        if args.record:
            if not args.names or any(n in path.stem for n in args.names):
                record_file(program, path)
            continue
        head, cases = parse(path)
        for case in cases:
            if not args.names or any(n in case.name for n in args.names):
                results.append(lab.run_case(case.name, play_case, (program, head, case),
                                            args.times))
    return 1 if "FAIL" in results else 0


if __name__ == "__main__":
    sys.exit(main())
