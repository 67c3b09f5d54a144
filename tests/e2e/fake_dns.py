#!/usr/bin/env python3
"""A DNS server for end-to-end tests: loopback, UDP and TCP, answers by a zone in a file.

    fake_dns.py ZONE [--port N]      prints 127.0.0.1@PORT and serves until it is ended

    with fake_dns.Server(text) as dns:
        ... resolver "{dns.address}" ...
        dns.asked            names and types so far: [("example.com", "A"), ...]
        dns.silent = True    nothing is answered any more
        dns.load(text)       another zone

The zone is text, in the form of tests/fake_dns.h:

    # a comment
    example.com      A     192.0.2.1
    example.com      MX    10 mail.example.com
    example.com      TXT   "v=spf1 ip4:192.0.2.1 " "-all"
    slow.example.com A     DELAY 300
    *.dead.example   *     SILENT

or JSON: {"example.com": {"A": ["192.0.2.1"], "MX": "10 mail.example.com"}, "dead.example": {"*": "SILENT"}}.
What goes wrong, in place of data: NXDOMAIN NODATA SERVFAIL REFUSED SILENT, DELAY MS, TC (truncated over UDP),
GARBAGE, CUT, WRONGNAME, WRONGID, LOOP (a CNAME to itself), HEX 00ff (rdata), HUGE N (TXT of N octets), MANY N
(addresses). A name without a line is NXDOMAIN, one that lacks the type NODATA; CNAMEs are followed.
"""
import argparse
import heapq
import ipaddress
import json
import re
import selectors
import socket
import struct
import sys
import threading
import time

TYPES = {"A": 1, "CNAME": 5, "SOA": 6, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28}
NAMES = {number: name for name, number in TYPES.items()}
FAULTS = {"NXDOMAIN", "NODATA", "SERVFAIL", "REFUSED", "SILENT", "DELAY", "TC", "GARBAGE", "CUT", "WRONGNAME",
          "WRONGID"}
RCODES = {"SERVFAIL": 2, "NXDOMAIN": 3, "REFUSED": 5}
UDP_MAX = 1200
CHAIN_MAX = 20
TTL = 60


def read_zone(text):
    """(name, type, data) a record, names in lower case."""
    if text.lstrip().startswith("{"):
        for name, types in json.loads(text).items():
            for kind, data in types.items():
                for one in data if isinstance(data, list) else [data]:
                    yield name.lower().rstrip("."), kind.upper(), str(one)
        return
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split(None, 2)
        if not words or words[0].startswith("#"):
            continue
        if len(words) != 3 or words[1].upper() not in {*TYPES, "*"}:
            raise ValueError(f"line {number}: NAME TYPE DATA expected: {line}")
        yield words[0].lower().rstrip("."), words[1].upper(), words[2].strip()


def pack_name(name):
    labels = [label.encode("latin-1") for label in name.rstrip(".").split(".") if label]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def pack_data(kind, data):
    word, _, rest = data.partition(" ")
    if word == "HEX":
        return bytes.fromhex(rest)
    if word == "HUGE":
        whole, left = divmod(int(rest), 255)
        return b"".join(bytes([n]) + b"x" * n for n in [255] * whole + ([left] if left else []))
    if kind in ("A", "AAAA"):
        return ipaddress.ip_address(data).packed
    if kind == "MX":
        return struct.pack(">H", int(word)) + pack_name(rest)
    if kind == "TXT":
        strings = [s.encode("latin-1") for s in re.findall(r'"([^"]*)"', data)]
        return b"".join(bytes([len(s)]) + s for s in strings)
    return pack_name(data)


def pack_record(name, kind, rdata):
    return pack_name(name) + struct.pack(">HHIH", TYPES[kind], 1, TTL, len(rdata)) + rdata


def both_sockets(port, host):
    """On one port; of those that the system chooses for TCP another's UDP may have one."""
    for _ in range(50):
        tcp = socket.create_server((host, port))
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            udp.bind(tcp.getsockname())
            return tcp, udp
        except OSError:
            tcp.close()
            udp.close()
            if port != 0:
                raise
    raise OSError("no port is free for both TCP and UDP")


class Server:
    def __init__(self, zone="", port=0, host="127.0.0.1"):
        self.load(zone)
        self.silent = False
        self.asked = []
        self._first = {}
        self._later = []
        self._tcp, self._udp = both_sockets(port, host)
        self.port = self._tcp.getsockname()[1]
        self.address = f"{host}@{self.port}"
        self._stop, self._stopper = socket.socketpair()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def load(self, zone):
        rows = {}
        for name, kind, data in read_zone(zone):
            rows.setdefault(name, []).append((kind, data))
        self._rows = rows

    def close(self):
        self._stopper.close()
        self._thread.join()
        for s in (self._udp, self._tcp, self._stop):
            s.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # --- answers ---

    def _rows_of(self, name):
        rows = self._rows.get(name)
        at = name.find(".")
        while rows is None and at >= 0:
            rows = self._rows.get("*" + name[at:])
            at = name.find(".", at + 1)
        return rows

    def _fault(self, name, kind):
        """{word: the rest} of what goes wrong for this question."""
        found = {}
        for k, data in self._rows_of(name) or []:
            word, _, rest = data.partition(" ")
            if k in (kind, "*") and word in FAULTS:
                found[word] = rest
        return found

    def _records(self, name, kind):
        """The records behind all CNAMEs, and whether the last name is known."""
        out = []
        for _ in range(CHAIN_MAX):
            rows = self._rows_of(name)
            if rows is None or "NXDOMAIN" in self._fault(name, kind):
                return out, False
            target = None
            for k, data in rows:
                word, _, rest = data.partition(" ")
                if word in FAULTS or k not in (kind, "CNAME"):
                    continue
                if word == "LOOP":
                    out.append(pack_record(name, "CNAME", pack_name(name)))
                elif word == "MANY":
                    out += [pack_record(name, "A", b"\x0a\0" + struct.pack(">H", i)) for i in range(int(rest))]
                else:
                    out.append(pack_record(name, k, pack_data(k, data)))
                    target = data.lower().rstrip(".") if k == "CNAME" and kind != "CNAME" else target
            if target is None:
                return out, True
            name = target
        return out, True

    def _answer(self, message, udp):
        """The octets to send back, or None, and when."""
        labels, at = [], 12
        while message[at]:
            labels.append(message[at + 1:at + 1 + message[at]].decode("latin-1"))
            at += 1 + message[at]
        question = message[12:at + 5]
        name = ".".join(labels).lower()
        kind = NAMES.get(struct.unpack(">H", message[at + 1:at + 3])[0], "?")
        self.asked.append((name, kind))
        fault = self._fault(name, kind)
        if self.silent or "SILENT" in fault:
            return None, 0
        records, known = self._records(name, kind)
        rcode = next((RCODES[word] for word in fault if word in RCODES), 0 if known else 3)
        if rcode in (2, 5):
            records = []
        soa = [] if records and known else [
            pack_record(".", "SOA", pack_name("ns.example") + pack_name("hostmaster.example")
                        + struct.pack(">5I", 1, TTL, TTL, TTL, TTL))]
        head = struct.pack(">HHHHH", 0x8180 | rcode, 1, len(records), len(soa), 0)
        out = message[:2] + head + question + b"".join(records + soa)
        if udp and ("TC" in fault or len(out) > UDP_MAX):
            out = message[:2] + struct.pack(">HHHHH", 0x8380, 1, 0, 0, 0) + question
        if "WRONGNAME" in fault:
            out = out[:13] + bytes([out[13] ^ 1]) + out[14:]
        if "WRONGID" in fault:
            out = bytes([out[0] ^ 1]) + out[1:]
        if "CUT" in fault:
            out = out[:-3]
        if "GARBAGE" in fault:
            out = out[:2] + b"\xc0" * (len(out) - 2)
        return out, self._first.setdefault((name, kind), time.monotonic()) + int(fault.get("DELAY", 0)) / 1000

    # --- sockets ---

    def _serve_udp(self):
        message, peer = self._udp.recvfrom(65535)
        try:
            out, due = self._answer(message, True)
        except (IndexError, struct.error):
            return
        if out is not None:
            heapq.heappush(self._later, (due, len(self.asked), out, peer))

    def _serve_tcp(self):
        stream, _ = self._tcp.accept()
        with stream, stream.makefile("rb") as octets:
            stream.settimeout(1)
            try:
                message = octets.read(struct.unpack(">H", octets.read(2))[0])
                out, _ = self._answer(message, False)
                if out is not None:
                    stream.sendall(struct.pack(">H", len(out)) + out)
            except (IndexError, struct.error, OSError):
                pass

    def _run(self):
        with selectors.DefaultSelector() as waiting:
            waiting.register(self._udp, selectors.EVENT_READ, self._serve_udp)
            waiting.register(self._tcp, selectors.EVENT_READ, self._serve_tcp)
            waiting.register(self._stop, selectors.EVENT_READ, None)
            while True:
                while self._later and self._later[0][0] <= time.monotonic():
                    _, _, out, peer = heapq.heappop(self._later)
                    self._udp.sendto(out, peer)
                timeout = max(0, self._later[0][0] - time.monotonic()) if self._later else None
                for key, _ in waiting.select(timeout):
                    if key.data is None:
                        return
                    key.data()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("zone", help="a file, text or JSON")
    parser.add_argument("--port", type=int, default=0)
    args = parser.parse_args()
    with open(args.zone, encoding="utf-8") as file, Server(file.read(), args.port) as server:
        print(server.address, flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
