#!/usr/bin/env python3
"""The milter door, asked by OpenDKIM's miltertest: an MTA side that others wrote. Each script of
tests/miltertest/scripts is a case; it gets the globals socket and delay."""
import contextlib
import pathlib
import subprocess
import sys

import lab

FOLDER = pathlib.Path(__file__).resolve().parents[1] / "miltertest"
DELAY_S = 4
PATIENCE_S = 60
RULES = """
hostname "mx.example.org"
socket "inet:127.0.0.1:%d"
greylist %ds
racl "friend" whitelist rcpt friend@example.org
racl greylist default
dacl "big" blacklist msgsize > 100000
"""


@contextlib.contextmanager
def world(program):
    port = lab.free_port()
    with lab.Configured(program, RULES % (port, DELAY_S), f"inet:127.0.0.1:{port}") as server:
        yield server, f"inet:{port}@127.0.0.1"


def play(script, given):
    server, address = given
    values = {"socket": address, "delay": DELAY_S, "script": script}
    words = [w for name, value in values.items() for w in ("-D", f"{name}={value}")]
    done = subprocess.run(["miltertest", *words, "-s", str(FOLDER / "run.lua")], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, check=False, timeout=PATIENCE_S)
    lab.require(done.returncode == 0, f"{done.stdout}{done.stderr}".strip())
    lab.require(server.alive(), "the daemon ended")


CASES = [(script.stem, lambda given, s=script: play(s, given)) for script in sorted((FOLDER / "scripts").glob("*.lua"))]

if __name__ == "__main__":
    sys.exit(lab.main(CASES, needs=["miltertest"], doc=__doc__, fixture=world))
