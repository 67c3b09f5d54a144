#!/usr/bin/env python3
"""test_spf.py GREYLAG: greylag spf, against a DNS server of its own.

GREYLAG is the executable.
"""
import os
import re
import socket
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
import fake_dns  # noqa: E402

GREYLAG = sys.argv[1]

USAGE, UNAVAILABLE = 64, 69     # what sysexits.h calls them

LONG = " ".join(f"ip4:10.{i}.0.0/16" for i in range(200))

ZONE = f"""
example.com            TXT  "some other text"
example.com            TXT  "v=spf1 moo=1 ip4:192.0.2.1 ip6:2001:db8::/64 mx " "include:other.example -all exp=why.example"
example.com            MX   10 mail.example.com
mail.example.com       A    192.0.2.25
mail.example.com       AAAA 2001:db8:1::25
other.example          TXT  "v=spf1 a:host.other.example ?ip4:192.0.2.77 ~all"
host.other.example     A    192.0.2.30
why.example            TXT  "%{{c}} may not send for %{{d}} as %{{s}} from %{{h}} to " "%{{r}}: %{{p}}"
soft.example           TXT  "v=spf1 ~all"
neutral.example        TXT  "v=spf1 ?all"
default.example        TXT  "v=spf1 a"
default.example        A    192.0.2.8
bare.example           A    192.0.2.8
redirected.example     TXT  "v=spf1 ip4:192.0.2.2 redirect=example.com"
nowhere.example        TXT  "v=spf1 redirect=bare.example"
broken.example         TXT  "v=spf1 ip4:192.0.2.1 moo -all"
twice.example          TXT  "v=spf1 -all"
twice.example          TXT  "v=spf1 +all"
servfail.example       TXT  SERVFAIL
refused.example        TXT  REFUSED
silent.example         TXT  SILENT
behind.example         TXT  "v=spf1 a:silent.example include:servfail.example -all"
behind.example         A    192.0.2.9
silent.example         A    SERVFAIL
voids.example          TXT  "v=spf1 a:v1.example a:v2.example -all"
voids3.example         TXT  "v=spf1 a:v1.example mx:bare.example a:v3.example -all"
terms.example          TXT  "v=spf1 a a a a a a a a a a -all"
terms.example          A    192.0.2.9
terms11.example        TXT  "v=spf1 a a a a a a a a a a a -all"
terms11.example        A    192.0.2.9
loop.example           TXT  "v=spf1 include:loop.example -all"
long.example           TXT  "v=spf1 " {" ".join(f'"{LONG[i:i + 250]}"' for i in range(0, len(LONG), 250))} " -all"
cut.example            TXT  TC
cut.example            TXT  "v=spf1 ip4:192.0.2.1 -all"
xn--bcher-kva.example  TXT  "v=spf1 ip4:192.0.2.1 -all exp=buch.example"
buch.example           TXT  "not for %{{d}}"
local.example          TXT  "v=spf1 exists:%{{l}}.users.example -all"
joe.users.example      A    127.0.0.2
nibbles.example        TXT  "v=spf1 exists:%{{ir}}.%{{v}}.nibbles.example -all exp=arpa.example"
arpa.example           TXT  "%{{c}} is at %{{ir}}.%{{v}}.arpa"
8.6.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.nibbles.example A 127.0.0.2
helo.example           TXT  "v=spf1 ip4:192.0.2.1 -all exp=%{{l}}.helo.example"
postmaster.helo.example TXT "not from %{{s}}"
red.example            TXT  "v=spf1 -all exp=esc.example"
esc.example            TXT  "\x1b[31mred"
eight.example          TXT  "v=spf1 -all exp=bit.example"
bit.example            TXT  "\xc3\xbc"
tab.example            TXT  "v=spf1 -all exp=at.example"
at.example             TXT  "a\tb"
macro.example          TXT  "v=spf1 -all exp=h.example"
h.example              TXT  "you are %{{h}}"
escape.example         TXT  "v=spf1 a:\x1b]0;title\x07.example -all"
slow.example           TXT  DELAY 400
slow.example           TXT  "v=spf1 -all"
many.example           TXT  "v=spf1 mx -all"
""" + "".join(f"many.example MX {i} m{i}.example\n" for i in range(11))


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.dns = fake_dns.Server(ZONE)
        cls.addClassCleanup(cls.dns.close)

    def run_greylag(self, *words, code=0):
        done = subprocess.run([GREYLAG, "spf", *words], stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=60)
        self.out, self.err = done.stdout.decode("ascii"), done.stderr.decode("utf-8")
        self.assertEqual(done.returncode, code, (words, self.out, self.err))
        return self.out

    def ask(self, ip, sender, *more, helo="client.example.net"):
        out = self.run_greylag("--ip", ip, "--helo", helo, "--from", sender, "--resolver", self.dns.address,
                               "--receiver", "mx.here.example", *more)
        self.assertEqual(self.err, "")
        self.assertRegex(out, r"\A[ -~\n]*\n\Z")        # nothing that a terminal would obey
        return out

    def expect(self, line, ip, sender, *more, **other):
        self.assertEqual(self.ask(ip, sender, *more, **other), line + "\n", (ip, sender))

    def steps(self, ip, sender, *more, **other):
        """The lines behind the first."""
        return self.ask(ip, sender, "-v", *more, **other).splitlines()[1:]


class Results(Case):
    def test_each(self):
        for what, result, ip, sender in (
                ("its own address", "pass", "192.0.2.1", "joe@example.com"),
                ("a domain in capitals", "pass", "192.0.2.1", "joe@Example.COM"),
                ("a host of its MX", "pass", "192.0.2.25", "joe@example.com"),
                ("an included one", "pass", "192.0.2.30", "joe@example.com"),
                ("softfail", "softfail", "192.0.2.99", "joe@soft.example"),
                ("an include that is neutral does not match, and ~all is behind", "softfail", "192.0.2.78",
                 "joe@other.example"),
                ("neutral", "neutral", "192.0.2.99", "joe@neutral.example"),
                ("no mechanism matches", "neutral", "192.0.2.99", "joe@default.example"),
                ("no record", "none", "192.0.2.99", "joe@bare.example"),
                ("no such domain", "none", "192.0.2.99", "joe@unheard.example"),
                ("no domain at all", "none", "192.0.2.99", "joe@a..b"),
                ("a redirect, matched before", "pass", "192.0.2.2", "joe@redirected.example"),
                ("a redirect", "pass", "192.0.2.1", "joe@redirected.example"),
                ("a redirect to nothing", "permerror", "192.0.2.1", "joe@nowhere.example"),
                ("a mechanism that is none", "permerror", "192.0.2.1", "joe@broken.example"),
                ("two records", "permerror", "192.0.2.1", "joe@twice.example"),
                ("SERVFAIL", "temperror", "192.0.2.1", "joe@servfail.example"),
                ("REFUSED", "temperror", "192.0.2.1", "joe@refused.example"),
                ("SERVFAIL of a mechanism", "temperror", "192.0.2.1", "joe@behind.example"),
                ("a macro of the local part", "pass", "192.0.2.1", "joe@local.example"),
                ("the same of another", "fail", "192.0.2.1", "jim@local.example")):
            with self.subTest(what):
                self.expect(result, ip, sender)

    def test_limits(self):
        """RFC 7208 section 4.6.4."""
        for what, result, sender in (("two void look-ups", "fail", "joe@voids.example"),
                                     ("three", "permerror", "joe@voids3.example"),
                                     ("ten terms that ask", "fail", "joe@terms.example"),
                                     ("eleven", "permerror", "joe@terms11.example"),
                                     ("a loop", "permerror", "joe@loop.example"),
                                     ("eleven hosts of an MX", "permerror", "joe@many.example")):
            with self.subTest(what):
                self.expect(result, "192.0.2.99", sender)

    def test_explanation(self):
        self.expect("fail 192.0.2.99 may not send for example.com as joe@example.com from client.example.net to "
                    "mx.here.example: unknown", "192.0.2.99", "joe@example.com")

    def test_receiver_is_this_host(self):
        out = self.run_greylag("--ip=192.0.2.99", "--helo=h.example", "--from=joe@example.com",
                               f"--resolver={self.dns.address}")
        name = socket.gethostname()
        self.assertIn(f" to {name}: " if re.fullmatch(r"[a-zA-Z0-9.-]+", name) else " to ", out)

    def test_ipv6(self):
        self.expect("pass", "2001:db8::1", "joe@example.com")
        self.expect("pass", "2001:db8:1::25", "joe@example.com")
        self.expect("pass", "::ffff:192.0.2.1", "joe@example.com")
        self.assertTrue(self.ask("2001:db8:2::1", "joe@example.com").startswith("fail 2001:db8:2::1 "))

    def test_nibbles(self):
        """A name in the DNS has no case; an explanation has."""
        self.expect("pass", "2001:db8::68", "joe@nibbles.example")
        self.expect("fail 2001:db8::cafe is at E.F.A.C.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.B.D.0.1.0.0.2.ip6.arpa",
                    "2001:db8::cafe", "joe@nibbles.example")

    def test_null_sender(self):
        for sender in ("", "<>"):
            self.expect("pass", "192.0.2.1", sender, helo="helo.example")
            self.expect("fail not from postmaster@helo.example", "192.0.2.2", sender, helo="helo.example")
            self.expect("none", "192.0.2.1", sender, helo="")
            self.expect("none", "192.0.2.1", sender, helo="[192.0.2.1]")

    def test_brackets(self):
        """As a log has it."""
        self.expect("pass", "192.0.2.1", "<joe@example.com>")
        self.assertIn("identity: MAIL FROM joe@example.com", self.steps("192.0.2.1", "<joe@example.com>"))
        self.expect("none", "192.0.2.1", "joe@example.com>")

    def test_no_helo(self):
        out = self.run_greylag("--ip=192.0.2.1", "--from=joe@example.com", f"--resolver={self.dns.address}")
        self.assertEqual(out, "pass\n")

    def test_utf8_sender(self):
        self.expect("pass", "192.0.2.1", "jos\u00e9@b\u00fccher.example")
        self.expect("fail not for xn--bcher-kva.example", "192.0.2.2", "jos\u00e9@b\u00fccher.example")
        self.expect("fail", "192.0.2.1", "jos\u00e9@local.example")      # RFC 8616 section 4: matches nothing
        self.expect("none", "192.0.2.1", b"joe@b\xff.example")

    def test_tcp(self):
        self.expect("pass", "10.199.1.1", "joe@long.example")
        self.expect("fail", "11.0.0.1", "joe@long.example")
        self.expect("pass", "192.0.2.1", "joe@cut.example")


class Hostile(Case):
    def test_explanations(self):
        """Who can print to the administrator's terminal can do more than explain."""
        for domain in ("red", "eight", "tab"):
            self.expect("fail", "192.0.2.1", f"joe@{domain}.example")
        self.expect("fail you are h.example.net", "192.0.2.1", "joe@macro.example", helo="h.example.net")
        self.expect("fail", "192.0.2.1", "joe@macro.example", helo="\x1b[31m")

    def test_steps(self):
        self.assertIn(r"\x1b]0;title\x07", "\n".join(self.steps("192.0.2.1", "joe@escape.example")))
        self.assertIn(r"jo\x1b[31me@red.example", self.steps("192.0.2.1", "jo\x1b[31me@red.example")[0])
        self.assertIn(r"postmaster@\x1b[31m", self.steps("192.0.2.1", "", helo="\x1b[31m")[0])
        self.steps("192.0.2.1", "joe@macro.example", helo="\x1b[31m\n")


class Time(Case):
    def test_slow(self):
        self.expect("fail", "192.0.2.1", "joe@slow.example")

    def test_deadline(self):
        began = time.monotonic()
        steps = self.steps("192.0.2.1", "joe@silent.example", "--timeout=1")
        self.assertLess(time.monotonic() - began, 8)
        self.assertIn("DNS: silent.example TXT: failed (time-out)", steps)
        self.expect("temperror", "192.0.2.1", "joe@silent.example", "--timeout", "1")

    def test_nobody_listens(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.bind(("127.0.0.1", 0))
            port = s.getsockname()[1]
        self.expect("temperror", "192.0.2.1", "joe@example.com", f"--resolver=127.0.0.1@{port}", "--timeout=2")


class Steps(Case):
    def test_pass(self):
        self.assertEqual(self.steps("192.0.2.30", "joe@example.com"), [
            "identity: MAIL FROM joe@example.com",
            "DNS: example.com TXT: 2 records",
            "record of example.com: v=spf1 moo=1 ip4:192.0.2.1 ip6:2001:db8::/64 mx include:other.example -all "
            "exp=why.example",
            "ip4:192.0.2.1: does not match",
            "ip6:2001:db8::/64: does not match",
            "DNS: example.com MX: mail.example.com",
            "DNS: mail.example.com A: 192.0.2.25",
            "mx: does not match",
            "  DNS: other.example TXT: 1 record",
            "  record of other.example: v=spf1 a:host.other.example ?ip4:192.0.2.77 ~all",
            "  DNS: host.other.example A: 192.0.2.30",
            "  a:host.other.example: matches, pass",
            "  other.example gives pass",
            "include:other.example: matches, pass",
            "example.com gives pass",
            "look-ups: 3 (at most 10), void: 0 (at most 2), DNS questions: 5",
        ])

    def test_fail(self):
        steps = self.steps("192.0.2.99", "joe@redirected.example")
        self.assertIn("redirect to example.com", steps)
        self.assertIn("include:other.example: does not match", steps)
        self.assertIn("-all: matches, fail", steps)
        self.assertIn("explanation at why.example", steps)
        self.assertIn("DNS: why.example TXT: 1 record", steps)
        self.assertIn("DNS: 99.2.0.192.in-addr.arpa PTR: no such name", steps)
        self.assertNotIn("reason:", "\n".join(steps))

    def test_identity(self):
        self.assertIn("identity: HELO, postmaster@helo.example",
                      self.steps("192.0.2.1", "<>", helo="helo.example"))

    def test_reasons(self):
        for sender, step, reason in (
                ("joe@bare.example", "DNS: bare.example TXT: no data", "bare.example has no SPF record"),
                ("joe@unheard.example", "DNS: unheard.example TXT: no such name",
                 "unheard.example has no SPF record"),
                ("joe@servfail.example", "DNS: servfail.example TXT: failed (SERVFAIL)",
                 "servfail.example: no answer from the DNS for its SPF record"),
                ("joe@broken.example", "record of broken.example: v=spf1 ip4:192.0.2.1 moo -all",
                 'broken.example: unknown mechanism: "moo" (column 22 of its record)'),
                ("joe@voids3.example", "DNS: v3.example A: no such name",
                 "voids3.example: more than 2 terms have empty answers (column 37 of its record)"),
                ("joe@terms11.example", "a: does not match",
                 "terms11.example: more than 10 terms ask the DNS (column 28 of its record)"),
                ("joe@default.example", "default.example gives neutral",
                 "default.example: no mechanism matches"),
                ("joe@many.example", "DNS: many.example MX: " + " ".join(f"m{i}.example" for i in range(10))
                 + " ... (11)", "many.example: many.example has more than 10 MX records (column 8 of its record)")):
            with self.subTest(sender):
                steps = self.steps("192.0.2.99", sender)
                self.assertIn(step, steps)
                self.assertEqual(steps[-1], "reason: " + reason)

    def test_counts(self):
        self.assertIn("look-ups: 10 (at most 10), void: 0 (at most 2), DNS questions: 11",
                      self.steps("192.0.2.99", "joe@terms.example"))
        self.assertIn("look-ups: 2 (at most 10), void: 2 (at most 2), DNS questions: 3",
                      self.steps("192.0.2.99", "joe@voids.example"))

    def test_too_many(self):
        """What a hostile record makes us say is bounded, and the result is there still."""
        term = "ip4:10.0.0.1 "
        record = "v=spf1 " + term * ((16384 - 100) // len(term)) + "include:d{}.example -all"
        with fake_dns.Server("".join(
                "d%d.example TXT " % i + " ".join(f'"{r[k:k + 250]}"' for k in range(0, len(r), 250)) + "\n"
                for i in range(12) for r in [record.format(i + 1)])) as dns:
            out = self.ask("192.0.2.1", "joe@d0.example", "-v", f"--resolver={dns.address}")
        self.assertTrue(out.startswith("permerror\n"))
        self.assertLess(len(out), (256 << 10) + 1000)
        self.assertIn("\n... more steps than can be shown\n", out)
        self.assertIn("terms ask the DNS", out.splitlines()[-1])


class Words(Case):
    def test_help(self):
        self.assertIn("Usage: greylag spf ", self.run_greylag("--help"))
        self.assertIn("--resolver", self.out)

    def test_refused(self):
        for words, said in (
                ([], "spf: --ip is missing"),
                (["--from=a@b.example"], "spf: --ip is missing"),
                (["--ip=192.0.2.1"], "spf: --from is missing"),
                (["--ip=192.0.2.1", "--helo=x"], "spf: --from is missing"),
                (["--ip=192.0.2.256", "--from="], "spf: --ip is no address"),
                (["--ip=mail.example", "--from="], "spf: --ip is no address"),
                (["--ip=192.0.2.1", "--from=", "word"], "too many words: greylag spf"),
                (["--ip=192.0.2.1", "--from"], "--from needs a value"),
                (["--ip=192.0.2.1", "--from=", "--timeout=0"], "--timeout: 0: out of range"),
                (["--ip=192.0.2.1", "--from=", "--timeout=soon"], "--timeout: soon: a number is expected"),
                (["--ip=192.0.2.1", "--from=", "--resolver=dns.example"], "'dns.example' is no ADDRESS"),
                (["--ip=192.0.2.1", "--from=", "--resolver=127.0.0.1@70000"], "is no ADDRESS or ADDRESS@PORT"),
                (["--ip=192.0.2.1", "--from=", "--resolver="], "'' is no ADDRESS"),
                (["--ip=192.0.2.1", "--from=", "--resolver=\x1b[31m"], "is no ADDRESS"),
                (["--ip=192.0.2.1", "--from=", "--to=a@b.example"], "--to is no option of `greylag spf'"),
                (["--ip=192.0.2.1", "--from=", "--resolvr=::1"], "did you mean --resolver?")):
            with self.subTest(words):
                self.run_greylag(*words, code=USAGE)
                self.assertTrue(self.err.startswith("greylag: "), self.err)
                self.assertIn(said, self.err)
                self.assertNotIn("\x1b", self.err)
                self.assertEqual(self.out, "")

    def test_resolvers(self):
        """Nobody is asked for what is no domain."""
        for resolver in ("recursive", "127.0.0.1", "::1", "::1@5300"):
            self.expect("none", "192.0.2.1", "", f"--resolver={resolver}", helo="")

    def test_no_resolver(self):
        """Without descriptors; libunbound then leaks a little."""
        done = subprocess.run(["sh", "-c", 'ulimit -n 6; exec "$@"', "sh", GREYLAG, "spf", "--ip=192.0.2.1", "--from="],
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=60,
                              env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0"})
        self.assertEqual((done.returncode, done.stdout), (UNAVAILABLE, b""), done.stderr)
        self.assertIn(b"greylag: spf: resolver: ", done.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
