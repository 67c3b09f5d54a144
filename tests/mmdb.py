#!/usr/bin/env python3
"""Small data bases of countries in the MaxMind DB format, version 2.0, for the tests.

mmdb.py FILE writes the one that lies in tests/data/geo. The format: a binary tree over the bits of an address, 16 zero
octets, the records, a marker and the description of it all. As a module: build() with networks of one's own.
"""
import ipaddress
import pathlib
import struct
import sys

MARKER = b"\xab\xcd\xefMaxMind.com"
UINT16, UINT32, UINT64 = 5, 6, 9

# Networks of documentation (RFC 5737, RFC 3849) and others that nobody has.
NETWORKS = [
    ("192.0.2.0/24", {"country": {"iso_code": "JP", "names": {"en": "Japan"}}}),
    ("192.0.2.128/25", {"country": {"iso_code": "KR"}, "registered_country": {"iso_code": "JP"}}),
    ("192.0.2.200/32", {"country": {"iso_code": "TW"}}),
    ("198.51.100.0/28", {"registered_country": {"iso_code": "US"}}),
    ("198.51.100.16/28", {"country": {"iso_code": "de"}}),
    ("198.51.100.32/28", {"continent": {"code": "AS"}}),
    ("198.51.100.48/28", {"country": {"iso_code": "LONG" * 100}}),
    ("198.51.100.64/28", {"country": {"iso_code": ""}}),
    ("198.51.100.80/28", {"country": {"iso_code": 392}}),
    ("198.51.100.96/28", {"country": "JP"}),
    ("198.51.100.112/28", "JP"),
    ("198.51.100.128/28", {"country": {"iso_code": "J\n"}, "registered_country": {"iso_code": "FR"}}),
    ("2001:db8::/32", {"country": {"iso_code": "CH"}}),
    ("2001:db8:1::/48", {"country": {"iso_code": "AT"}}),
]


def head(kind, size):
    """Control octets: three bits of kind, five of size; more of either behind."""
    first, more = (kind << 5, b"") if kind < 8 else (0, bytes([kind - 7]))
    if size < 29:
        return bytes([first | size]) + more
    if size < 285:
        return bytes([first | 29]) + more + bytes([size - 29])
    return bytes([first | 30]) + more + struct.pack(">H", size - 285)


def number(kind, value):
    octets = value.to_bytes((value.bit_length() + 7) // 8, "big")
    return head(kind, len(octets)) + octets


def encode(value):
    if isinstance(value, bytes):
        return value                # encoded already
    if isinstance(value, str):
        octets = value.encode()
        return head(2, len(octets)) + octets
    if isinstance(value, dict):
        return head(7, len(value)) + b"".join(encode(k) + encode(v) for k, v in value.items())
    if isinstance(value, list):
        return head(11, len(value)) + b"".join(encode(v) for v in value)
    return number(UINT32, value)


def bits_of(network, version):
    """IPv4 lies in ::/96 of an IPv6 tree."""
    width = 32 if version == 4 else 128
    length = network.prefixlen + (96 if version == 6 and network.version == 4 else 0)
    return [int(network.network_address) >> (width - 1 - i) & 1 for i in range(length)]


def grow(networks, version):
    """Nodes of two records: None, another node's number, or ("data", offset)."""
    nodes, data = [[None, None]], b""
    ordered = sorted(((ipaddress.ip_network(n), v) for n, v in networks), key=lambda p: p[0].prefixlen)
    for network, value in ordered:
        here, offset = 0, len(data)
        data += encode(value)
        *path, last = bits_of(network, version)
        for bit in path:
            below = nodes[here][bit]
            if not isinstance(below, int):      # what the wider network says holds for both halves
                nodes.append([below, below])
                nodes[here][bit] = len(nodes) - 1
            here = nodes[here][bit]
        nodes[here][last] = ("data", offset)
    return nodes, data


def build(networks=None, version=6, record_size=24):
    """The octets of a data base. Later networks of a list lie within earlier ones, or beside."""
    nodes, data = grow(NETWORKS if networks is None else networks, version)

    def record(r):
        if r is None:
            return len(nodes)
        return r if isinstance(r, int) else len(nodes) + 16 + r[1]

    tree = b"".join(record(r).to_bytes(record_size // 8, "big") for node in nodes for r in node)
    meta = encode({
        "binary_format_major_version": number(UINT16, 2),
        "binary_format_minor_version": number(UINT16, 0),
        "build_epoch": number(UINT64, 1795000000),
        "database_type": "Greylag-Test-Country",
        "description": {"en": "for tests"},
        "ip_version": number(UINT16, version),
        "languages": ["en"],
        "node_count": number(UINT32, len(nodes)),
        "record_size": number(UINT16, record_size),
    })
    return tree + bytes(16) + data + MARKER + meta


if __name__ == "__main__":
    pathlib.Path(sys.argv[1]).write_bytes(build())
