#!/usr/bin/env python3
"""What the administrator sees of child milters: `greylag milters`, and the log of a running daemon."""
import contextlib
import json
import pathlib
import signal
import subprocess
import sys
import time

import lab
import milter_mta
import test_children as children
from lab import require, same

RULES = """
hostname "mx.example.org"
socket "unix:FOLDER/milter"
workers 2
verbose
log_rules
stress 2
milter "first" { socket "unix:FOLDER/first"; fallback tempfail }
milter "second one" { socket "unix:FOLDER/second"; evaluation yes; when not rcpt alone@example.org }
milter "not here" { socket "unix:FOLDER/none"; when addr 198.51.100.0/24 }
milter "calm" { socket "unix:FOLDER/none2"; evaluation yes; when stress addr 203.0.113.0/24 }
report none
racl whitelist default
dacl blacklist from never@example.net
"""


class World(children.World):
    def __init__(self, program, stack):
        super().__init__(program, stack, RULES)
        self.greylag = pathlib.Path(program.path).parent / "greylag"

    def cli(self, *words):
        return subprocess.run([self.greylag, "--dbdir", self.server.dbdir, "milters", *words],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=30, check=False)

    def children(self):
        done = self.cli("--json")
        same(done.returncode, 0, "exit code")
        return {c["milter"]: c for c in json.loads(done.stdout)["milters"]}

    def mail(self, sender="<s@example.net>", recipient="<a@example.org>"):
        with self.session() as mta:
            children.goes(mta.mail(sender))
            children.goes(mta.rcpt(recipient))
            return children.content(mta)


@contextlib.contextmanager
def world(program):
    with contextlib.ExitStack() as stack:
        w = World(program, stack)
        yield w
        for name in w.filters:
            w.stop(name)


def before_any(w):
    seen = w.children()
    same(list(seen), ["first", "second one", "not here", "calm"], "milters")
    first = seen["first"]
    same(first["sessions"], 0, "sessions")
    same(first["socket"], f"unix:{w.server.folder}/first", "socket")
    same(first["left_out_workers"], 0, "left out")
    same(seen["second one"]["evaluation"], True, "evaluation")
    same(seen["second one"]["when"], "not rcpt alone@example.org", "condition")
    lines = w.cli().stdout.splitlines()
    same(len(lines), 5, "lines")
    same(lines[1].split("\t")[2], "not asked yet", "state")
    same(lines[2].split("\t")[2], "not asked yet, evaluation", "state")


def settled(w, name, key, want):
    until = time.monotonic() + 5
    while w.children()[name][key] != want and time.monotonic() < until:
        time.sleep(0.05)
    same(w.children()[name][key], want, f"{key} of {name}")


def counted(w):
    children.goes(w.mail())
    same(w.mail("<refuse@example.net>").kind, "reject", "at the end")
    same(w.mail("<never@example.net>").kind, "replycode", "by our own rule")
    settled(w, "first", "sessions", 3)
    first = w.children()["first"]
    same((first["accepted"], first["rejected"]), (2, 1), "verdicts")
    require(first["answers"] >= 8 and first["time_max_us"] > 0, f"figures: {first}")
    same(w.children()["not here"]["sessions"], 0, "sessions of one whose condition does not hold")
    require(w.server.logged('asked milters: milters=first:accept,"second one":accept* client='),
            "no line of the verdicts")
    require(w.server.logged('do=reject why=rule rule=16 milters=first:accept,"second one":accept* '),
            "no verdicts in the decision")
    require(w.server.logged("refused by milter first: milters=first:reject"), "no line of the refusal")
    require(w.server.logged("condition at connect: does not hold"), "no condition in the trace")
    require(w.server.logged("milter first: mail: continue, after "), "no answer in the trace")


def reloaded(w):
    w.server.signal(signal.SIGHUP)
    require(w.server.logged("reading the configuration again"), "no reload")
    children.goes(w.mail())
    settled(w, "first", "sessions", 4)
    same(w.children()["first"]["accepted"], 3, "after a reload")


def stressed(w):
    """Two sessions at once."""
    with w.session(), milter_mta.Mta(w.server.address, 10) as mta:
        mta.negotiate()
        children.goes(mta.connect("[203.0.113.1]", "203.0.113.1", 4711))
        settled(w, "calm", "fault_connect", 1)
        status = subprocess.run([w.greylag, "--dbdir", w.server.dbdir, "status", "--raw"], timeout=30,
                                capture_output=True, text=True, check=True).stdout
        require("\nmilter_sessions=2\n" in status, f"sessions: {status}")
    with milter_mta.Mta(w.server.address, 10) as mta:
        mta.negotiate()
        children.goes(mta.connect("[203.0.113.1]", "203.0.113.1", 4711))
        same(w.children()["calm"]["fault_connect"], 1, "when calm")


def left_out(w):
    """Without log_rules: a line for the first failure, and one when it is left out, of each worker."""
    path = w.server.folder / "greylag.conf"
    path.write_text(path.read_text().replace("log_rules\n", ""))
    w.server.signal(signal.SIGHUP)
    lab.wait_for(lambda: len(w.server.logged("reading the configuration again")) == 2, 5, "reload")
    w.mail()
    w.stop("first")
    for _ in range(14):
        with milter_mta.Mta(w.server.address, children.PATIENCE_S) as mta:
            mta.negotiate()
            same(mta.connect("[192.0.2.1]", "192.0.2.1", 4711).kind, "tempfail", "dead child")
    first = w.children()["first"]
    same(first["left_out_workers"], 2, "workers that leave it out")
    require(0 < first["left_out_ms"] <= 30000, f"how long: {first}")
    same(first["fault_connect"], 10, "faults")
    same(first["left_out"], 4, "left out")
    line = w.cli().stdout.splitlines()[1].split("\t")
    require(line[2].startswith("left out for "), f"state: {line}")
    require("connect 10, left_out 4" in line[10], f"faults: {line}")
    same(len(w.server.logged("milter first: failed 5 times in a row: is left out for 30 s")), 2,
         "lines of being left out")
    same(len([l for l in w.server.lines if "milter first: " in l and "counts as tempfail" in l]), 2,
         "lines of failures")
    w.start("first")


def no_daemon(w):
    w.server.stop()
    same(w.cli().returncode, 69, "exit code")


CASES = [
    ("before anybody was asked", before_any),
    ("counters, and lines of the log", counted),
    ("over a reload", reloaded),
    ("a condition of stress", stressed),
    ("one that is left out", left_out),
    ("no daemon", no_daemon),
]

if __name__ == "__main__":
    sys.exit(lab.main(CASES, doc=__doc__, fixture=world))
