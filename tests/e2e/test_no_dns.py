#!/usr/bin/env python3
"""No name server answers, mail comes all the same: rules want SPF, lists, reverse names and senders' domains, some
hundred connections ask about fresh clients, and each gets its answer in bounded time. Then the DNS is back.

--seconds N is how long it is away (10); from 60 on memory is measured too, after the first minute and at the end."""
import asyncio
import pathlib
import random
import subprocess
import sys
import time

import fake_dns
import lab
from lab import require, same

TIMEOUT_S = 2           # dns_timeout of the rules
MARGIN_S = 3            # for a busy machine; the answers' order is not the question here
CONNECTIONS = 300
NOW = 1795319831
RETRY_S = 600           # after the wait of the rules

IN_FLIGHT_MAX = 8192    # half of DNS_IN_FLIGHT_MAX (src/dns/resolver.h), beyond which a question fails at once

# The cache of failures, RESOLVER_CACHE_BYTES, fills first; what comes on top has no end.
GROWTH_MAX = 24 << 20

RULES = """
resolver "{dns}"
dns_timeout {timeout}s
greylist 5m
report none
quiet
dnsrbl "bad" bad.example 127.0.0.0/8
dnsrbl "worse" worse.example 127.0.0.0/8
dnsrbl "dynamic" dynamic.example 127.0.0.0/8
racl "friend" whitelist from friend@friend.example
racl "spf" blacklist spf fail msg "spf"
racl "bad" blacklist dnsrbl "bad" msg "bad"
racl "worse" blacklist dnsrbl "worse" msg "worse"
racl "dynamic" greylist dnsrbl "dynamic" delay 1h
racl "nameless" blacklist rdns none msg "nameless"
racl "nobody" blacklist sender unresolvable msg "nobody"
racl "partner" whitelist from /@partner/
racl greylist default
"""

# Names that are right, as wildcards say it; clients of 198.18.0.0/16 are on a list, of 198.19.0.0/16 have no name.
ZONE = """
*.18.198.bad.example A 127.0.0.2
*.bad.example * NXDOMAIN
*.worse.example * NXDOMAIN
*.dynamic.example * NXDOMAIN
*.19.198.in-addr.arpa * NXDOMAIN
*.in-addr.arpa PTR mx.named.example
mx.named.example A 192.0.2.1
*.sender.example TXT "v=spf1 -all"
*.sender.example MX 10 mx.named.example
*.stranger.example MX 10 mx.named.example
"""


class Load:
    """Connections that ask in turn, each with a client and a sender that nobody has seen."""

    def __init__(self, address, seconds):
        self.path = address.partition(":")[2]
        self.end = time.monotonic() + seconds
        self.number = 0
        self.slowest = {}       # the slowest answer of each kind
        self.odd = []
        self.count = 0
        self.dice = random.Random(11)

    def fresh(self):
        self.number += 1
        n = self.number
        return {"client_address": f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}", "client_name": "unknown",
                "helo_name": "mx.example.net", "instance": f"n{n}", "policy_test_time": NOW}, n

    async def ask(self, streams, kind, wanted, limit_s, **attributes):
        reader, writer = streams
        began = time.monotonic()
        writer.write(lab.request_text(**attributes))
        answer = await asyncio.wait_for(reader.readuntil(b"\n\n"), 60)
        took = time.monotonic() - began
        self.count += 1
        self.slowest[kind] = max(self.slowest.get(kind, 0), took)
        if not answer.startswith(b"action=" + wanted) or took > limit_s:
            self.odd.append(f"{kind}: {took:.2f} s, {answer[:60]!r}")

    async def connection(self):
        streams = await asyncio.open_unix_connection(self.path)
        limit = TIMEOUT_S + MARGIN_S
        while time.monotonic() < self.end and not self.odd:
            what, n = self.fresh()
            turn = self.dice.randrange(4)
            if turn == 0:
                await self.ask(streams, "friend", b"DUNNO", MARGIN_S, sender="friend@friend.example", **what)
            elif turn == 1:
                await self.ask(streams, "partner", b"DUNNO", limit, sender=f"a@partner{n}.example", **what)
            else:
                sender = f"a@s{n}.stranger.example"
                await self.ask(streams, "first", b"DEFER_IF_PERMIT", limit, sender=sender, **what)
                what |= {"instance": f"r{n}", "policy_test_time": NOW + RETRY_S}
                await self.ask(streams, "retry", b"DUNNO", limit, sender=sender, **what)
        streams[1].close()

    async def run(self, watch):
        watching = asyncio.create_task(watch())
        await asyncio.gather(*(self.connection() for _ in range(CONNECTIONS)))
        watching.cancel()


class Watch:
    """The daemon's own figures while the load runs."""

    def __init__(self, program, server):
        self.greylag = pathlib.Path(program.path).with_name("greylag")
        self.server = server
        self.in_flight, self.first, self.last = 0, None, None
        self.began = time.monotonic()

    def status(self):
        done = subprocess.run([str(self.greylag), "--dbdir", str(self.server.dbdir), "status", "--raw"], text=True,
                              capture_output=True, timeout=30, check=False)
        same(done.returncode, 0, f"greylag status: {done.stderr}")
        return dict(line.split("=", 1) for line in done.stdout.splitlines())

    def memory(self):
        """Octets without the mapped pages of the store, which grows by what it is told."""
        text = pathlib.Path(f"/proc/{self.server.process.pid}/status").read_text()
        return int(text.partition("RssAnon:")[2].split()[0]) << 10

    async def __call__(self):
        while True:
            await asyncio.sleep(1)
            status = await asyncio.to_thread(self.status)
            self.in_flight = max(self.in_flight, int(status["dns_in_flight"]))
            self.last = self.memory()
            if self.first is None and time.monotonic() - self.began >= 60:
                self.first = self.last


def away(program, server, seconds):
    load, watch = Load(server.address, seconds), Watch(program, server)
    asyncio.run(load.run(watch))
    times = ", ".join(f"{kind} {s:.2f} s" for kind, s in sorted(load.slowest.items()))
    memory = "" if watch.first is None else \
        f"; memory {watch.first / 2**20:.1f} MiB after a minute, {watch.last / 2**20:.1f} MiB at the end"
    print(f"    {load.count} answers, the slowest {times}; {watch.in_flight} questions in flight{memory}", flush=True)
    require(not load.odd, f"{len(load.odd)} wrong or late answers: {load.odd[:3]}")
    same(set(load.slowest), {"friend", "partner", "first", "retry"}, "kinds of answers")
    require(load.slowest["first"] >= TIMEOUT_S, "the DNS was not waited for: it is not silent, or not asked")
    require(0 < watch.in_flight <= IN_FLIGHT_MAX, f"{watch.in_flight} questions in flight")
    if watch.first is not None:
        require(watch.last <= watch.first + GROWTH_MAX, f"memory grew from {watch.first} to {watch.last}")
    return watch


def is_back(server, watch):
    """Soon the facts are found again, and then always."""
    tail = [0]

    def ask(net, sender):
        tail[0] += 1
        address = f"{net}.{tail[0] >> 8}.{tail[0] & 255}"
        with server.client(timeout_s=20) as client:
            return client.ask(client_address=address, client_name="unknown", instance=f"b{tail[0]}",
                              sender=sender.replace("*", f"b{tail[0]}"), policy_test_time=NOW)

    began = time.monotonic()
    lab.wait_for(lambda: "bad" in ask("198.18", "a@*.stranger.example"), 60, "a listed client is refused again")
    print(f"    right again after {time.monotonic() - began:.1f} s", flush=True)
    for _ in range(25):
        require(ask("198.18", "a@*.stranger.example").endswith(" bad"), "a listed client")
        require(ask("198.51", "a@*.sender.example").endswith(" spf"), "a sender whose SPF fails")
        require(ask("198.19", "a@*.stranger.example").endswith(" nameless"), "a client without a name")
        require(ask("198.51", "a@*.nobody.example").endswith(" nobody"), "a sender without a domain")
        require(ask("198.51", "a@*.stranger.example").startswith("DEFER_IF_PERMIT"), "a stranger")
        same(ask("198.51", "a@partner.stranger.example"), "DUNNO", "a partner")
    # libunbound waits for a silent server up to two minutes, and asks it several times.
    lab.wait_for(lambda: watch.status()["dns_in_flight"] == "0", 300, "no question is in flight")
    print(f"    none in flight after {time.monotonic() - began:.1f} s", flush=True)


def no_dns(program):
    with fake_dns.Server(ZONE) as dns:
        rules = RULES.format(dns=dns.address, timeout=TIMEOUT_S)
        with lab.RulesServer(program, rules) as server:
            dns.silent = True
            watch = away(program, server, program.given.seconds)
            kinds = {kind for _, kind in dns.asked}
            require({"A", "TXT", "PTR", "MX"} <= kinds, f"asked for {kinds} only")
            dns.asked.clear()
            dns.silent = False
            is_back(server, watch)
            same(server.stop(), 0, "exit status")


CASES = [("the DNS is silent, and back", no_dns)]

if __name__ == "__main__":
    sys.exit(lab.main(CASES, doc=__doc__, numbers={"seconds": 10}))
