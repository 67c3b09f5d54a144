#!/usr/bin/env python3
"""Traces of large senders whose retries come from another machine each time, as dialogues for tests/scenario.c.

    pools.py            writes NAME.t and NAME-net.t beside this file
    pools.py --check    are they what it would write?

Each pool has a record of a shape that large senders publish (chains of includes, a redirect, several networks of IPv4
and IPv6), names of its machines, and messages: each is tried at once, and then after 5, 15, 30 minutes and so on from
a machine that is drawn by lot. All is drawn from one seed, so that the files are always the same.

NAME.t has `source spf, rdns, net`: a message is let in at its second try, and the next one of its sender at its first,
whatever machine brings it. NAME-net.t has `source net`: what is expected there is what a model of greylisting by
networks says (class Net). The table in docs/sources.md is what `pools.py --table` prints.
"""
import argparse
import ipaddress
import pathlib
import random
import sys

HERE = pathlib.Path(__file__).resolve().parent
SEED = 2016
MINUTES = [0, 5, 15, 30, 60, 90, 120, 180, 240, 360, 480, 600, 720, 900, 1080, 1260]   # tries of one message
MESSAGES = 4
LATER = 40                  # minutes from a delivery to the next mail of the same sender to the same person
DELAY = 5                   # minutes
IDLE = 60                   # minutes: then the daemon closes a connection
DEFERRED = "DEFER_IF_PERMIT Greylisting in action, please come back in 00:05:00"


class Pool:
    def __init__(self, name, about, records, networks, host=None, domain=None):
        self.name, self.about, self.records = name, about, records
        self.networks = [ipaddress.ip_network(n) for n in networks]    # where its machines are
        self.host = host        # the name of machine N; None: it has none
        self.domain = domain or name + ".example"

    def member(self, lot):
        """An address of a network that is drawn by its size, but the small ones are not forgotten."""
        net = lot.choice(self.networks)
        if net.version == 4:
            return net[lot.randrange(1, net.num_addresses - 1)]
        return net[lot.randrange(2 ** 16) << 64 | lot.randrange(1, 2 ** 16)] if net.prefixlen <= 48 else net[1]


POOLS = [
    Pool("webmail", "a chain: the record includes one that includes three lists of networks",
         {"webmail.example": "v=spf1 include:_spf.webmail.example ~all",
          "_spf.webmail.example": "v=spf1 include:_nets.webmail.example include:_nets2.webmail.example "
                                  "include:_nets3.webmail.example ~all",
          "_nets.webmail.example": "v=spf1 ip4:198.18.0.0/19 ip4:198.18.64.0/20 ip4:100.64.16.0/20 ip4:100.65.192.0/18 "
                                   "ip4:100.70.0.0/16 ip4:100.72.128.0/17 ~all",
          "_nets2.webmail.example": "v=spf1 ip6:2001:db8:4000::/36 ip6:2001:db8:8000::/36 ~all",
          "_nets3.webmail.example": "v=spf1 ip4:100.77.0.0/17 ip4:100.77.192.0/19 ip4:100.78.8.0/21 ~all"},
         ["198.18.0.0/19", "198.18.64.0/20", "100.65.192.0/18", "100.70.0.0/16", "100.72.128.0/17",
          "2001:db8:4000::/36", "2001:db8:8000::/36"],
         host=lambda n, ip: f"mail-{'abcdefgh'[n % 8]}{'fklmxy'[n % 6]}{n % 4}-f{n % 80}.out.webmail.example"),
    Pool("office", "hosted mail: the customer's record includes the host's, with networks up to /14",
         {"customer.example": "v=spf1 include:spf.office.example -all",
          "spf.office.example": "v=spf1 ip4:100.84.0.0/15 ip4:100.88.0.0/14 ip4:100.93.0.0/17 ip4:198.19.0.0/17 "
                                "ip6:2001:db8:f400::/48 ip6:2001:db8:f403::/49 -all"},
         ["100.84.0.0/15", "100.88.0.0/14", "100.93.0.0/17", "198.19.0.0/17", "2001:db8:f400::/48"],
         host=lambda n, ip: f"mail-{'abcdef'[n % 6]}m{n % 7}pr0{n % 9}on2{n % 900 + 100}.outbound.office.example",
         domain="customer.example"),
    Pool("freemail", "a redirect, behind which the networks stand in two further records",
         {"freemail.example": "v=spf1 redirect=_spf.freemail.example",
          "_spf.freemail.example": "v=spf1 include:_a.freemail.example include:_b.freemail.example ?all",
          "_a.freemail.example": "v=spf1 ip4:100.96.10.0/24 ip4:100.96.12.0/24 ip4:100.97.30.0/23 ip4:100.99.64.0/18 ?all",
          "_b.freemail.example": "v=spf1 ip4:100.101.5.0/24 ip4:100.101.77.0/24 ip4:100.102.200.0/22 ?all"},
         ["100.96.10.0/24", "100.96.12.0/24", "100.97.30.0/23", "100.99.64.0/18", "100.101.5.0/24",
          "100.101.77.0/24", "100.102.200.0/22"],
         host=lambda n, ip: f"sonic{n % 300}-{n % 60}.consmr.mail.freemail.example"),
    Pool("bulk", "a bulk sender's bounce domain: networks and addresses of a mail cloud, names like those of lines",
         {"bounces.shop.example": "v=spf1 include:cloudmail.example ~all",
          "cloudmail.example": "v=spf1 ip4:100.110.9.0/24 ip4:100.110.15.0/24 ip4:100.111.240.0/20 ip4:100.112.0.0/20 "
                               "ip4:100.115.128.0/18 -all"},
         ["100.110.9.0/24", "100.110.15.0/24", "100.111.240.0/20", "100.112.0.0/20", "100.115.128.0/18"],
         host=lambda n, ip: f"a{n % 90}-{n % 250}.smtp-out.cloudmail.example", domain="bounces.shop.example"),
    Pool("relay", "a filtering relay that its customer's record forgets: only the names of its machines say whose they are",
         {"forgetful.example": "v=spf1 ip4:192.0.2.25 ?all"},
         ["100.120.4.0/24", "100.120.77.0/24", "100.121.30.0/24", "100.122.0.0/22", "2001:db8:aa00::/48"],
         host=lambda n, ip: f"{'abcdefghijklmnop'[n % 16]}{'abcdefghijklmnop'[n // 16 % 16]}"
                            f"{'abcdefghijklmnop'[n // 256 % 16]}.out.relay.example", domain="forgetful.example"),
]


class Net:
    """Greylisting by the /24 or /64 alone."""

    def __init__(self):
        self.first, self.passed = {}, set()

    def lets_in(self, minute, ip, tuple_):
        key = (ipaddress.ip_network(f"{ip}/{24 if ip.version == 4 else 64}", strict=False), tuple_)
        if key not in self.first:
            self.first[key] = minute
            return False
        if minute - self.first[key] >= DELAY:
            self.passed.add(key)
        return key in self.passed


class Identities:
    """All of a pool are one: the second try is let in, and who was let in once is known."""

    def __init__(self):
        self.first = {}

    def lets_in(self, minute, _, tuple_):
        if tuple_ not in self.first:
            self.first[tuple_] = minute
        return minute - self.first[tuple_] >= DELAY


def trace(pool, model):
    """(minute, sender, recipient, address, is let in) of each try; the lots are the same for each model."""
    tries, begin = [], 0
    for number in range(MESSAGES):
        lot = random.Random(f"{SEED} {pool.name} {number}")
        members = [pool.member(lot) for _ in range(2 * len(MINUTES))]
        sender, recipient = f"user{number}@{pool.domain}", f"friend{number}@example.org"
        for mail in range(2):                       # the second one comes when the first is through
            for i, minute in enumerate(MINUTES):
                ip = members[mail * len(MINUTES) + i]
                end = begin + minute
                let_in = model.lets_in(end, ip, (sender, recipient))
                tries.append((end, sender, recipient, ip, let_in))
                if let_in:
                    break
            begin = end + LATER
    return tries


def names_of(pool, tries):
    rows, seen = [], {}
    for _, _, _, ip, _ in tries:
        if pool.host is None or ip in seen:
            continue
        number = int(ip) * 2654435761 % 2 ** 32 >> 8
        name = pool.host(number, ip)
        seen[ip] = name
        rows.append(f"{ip.reverse_pointer} PTR {name}")
        rows.append(f"{name} {'A' if ip.version == 4 else 'AAAA'} {ip}")
    return rows


def dialogue(pool, net):
    tries = trace(pool, Net() if net else Identities())
    sources = "net" if net else "spf, rdns, net"
    lines = [f"# {pool.about[0].upper()}{pool.about[1:]}.",
             f"# Written by pools.py: its retries with source {sources}.", "dns"]
    lines += [f"{name} TXT {' '.join(strings(text))}" for name, text in pool.records.items()]
    lines += names_of(pool, tries)
    lines += [".", "rules", "nospf", "report none", f"greylist {DELAY}m", "autowhite 10d", "subnetmatch /24",
              "subnetmatch6 /64", f"source {sources}", "racl greylist default", ".", "on mta"]
    now = 0
    for i, (minute, sender, recipient, ip, let_in) in enumerate(tries):
        if minute > now:
            lines.append(f"advance {(minute - now) * 60}s")
            if minute - now >= IDLE:
                lines.append(f"on mta{i}")
            now = minute
        lines.append(f"ask client_address={ip} client_name=unknown reverse_client_name= sender={sender} "
                     f"recipient={recipient} instance=m{i}")
        lines.append("answer " + ("DUNNO" if let_in else DEFERRED))
    lines.append(f"count defer_new {sum(not t[4] for t in tries)}")
    return "\n".join(lines) + "\n"


def strings(text):
    return [f'"{text[i:i + 250]}"' for i in range(0, len(text), 250)]


def files():
    return {f"{p.name}{'-net' if net else ''}.t": dialogue(p, net) for p in POOLS for net in (False, True)}


def mails(tries):
    """(tries, minutes until it was let in, was it?) of each mail, one after the other."""
    rest = list(tries)
    for _ in range(2 * MESSAGES):
        mail = rest[:next((i + 1 for i, t in enumerate(rest[:len(MINUTES)]) if t[4]), len(MINUTES))]
        rest = rest[len(mail):]
        yield len(mail), mail[-1][0] - mail[0][0], mail[-1][4]


def figures(pool, model):
    """Tries of the first mails, of the second ones, and the longest wait."""
    all_ = list(mails(trace(pool, model)))
    words = [str(n) if done else "never" for n, _, done in all_]
    wait = f"{max(m for _, m, _ in all_)} min" if all(done for _, _, done in all_) else "for ever"
    return ", ".join(words[::2]), ", ".join(words[1::2]), wait


def print_table():
    print("| pool | tries until let in, `source net` | of the next mail | longest wait | with `spf, rdns, net` | of the next mail | "
          "longest wait |\n| --- | --- | --- | --- | --- | --- | --- |")
    for pool in POOLS:
        cells = [pool.name]
        for model in (Net(), Identities()):
            cells += figures(pool, model)
        print("| " + " | ".join(cells) + " |")


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--check", action="store_true")
    p.add_argument("--table", action="store_true")
    args = p.parse_args()
    if args.table:
        print_table()
        return 0
    stale = 0
    for name, text in files().items():
        path = HERE / name
        if not args.check:
            path.write_text(text)
        elif not path.exists() or path.read_text() != text:
            print(f"{path} is not what pools.py writes")
            stale = 1
    return stale


if __name__ == "__main__":
    sys.exit(main())
