#!/usr/bin/env python3
"""test_explain.py GREYLAG GREYLAGD: what `greylag explain` says, beside what the daemon does."""
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import mmdb

GREYLAG, GREYLAGD = sys.argv[1:3]
USAGE, NOINPUT, UNAVAILABLE, CONFIG = 64, 66, 69, 78

T0 = 1795000000
CLIENT = dict(client_address="203.0.113.9", client_name="dsl1-22.example.net",
              reverse_client_name="dsl1-22.example.net", helo_name="dsl1-22.example.net",
              sender="a@example.net", recipient="b@example.org")
WORD = dict(client_address="client-ip", client_name="client-name", helo_name="helo",
            reverse_client_name="reverse-name", sender="from", recipient="to",
            sasl_username="auth", ccert_subject="tls")

RULES = """\
greylist 5m
autowhite 35d
autowhite clients 5 every 1h
list "friends" domain { .example.com .friends.example }
list "nets" addr { 192.0.2.0/24 198.51.100.0/24 }
racl blacklist from /^<spam/ msg "go away"
racl whitelist domain .example.com helo "mx.example.com"
racl whitelist list "friends" not helo nonfqdn
racl whitelist list "nets"
racl whitelist spf pass
clients file "FOLDER/clients" optional
recipients file "FOLDER/recipients" optional
racl whitelist rdns none from friend@example.net
racl "dsl" greylist s25r delay 10m autowhite 7d
racl continue from late@example.net msg "later"
racl whitelist time "* * * * *" from clock@example.net
racl greylist default
"""


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="greylag-explain-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.store = os.path.join(self.folder, "store")
        os.mkdir(self.store)

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w") as f:
            f.write(text)
        return path

    def conf(self, rules=RULES):
        self.write("clients", "# ours\nmail.example.net\n198.18.0.0/15\n")
        self.write("recipients", "postmaster@\n")
        self.file = self.write("greylag.conf", rules.replace("FOLDER", self.folder) +
                               f'store lmdb "{self.store}"\ntest_clock\nnospf\n')
        return self.file

    def run_explain(self, *words, code=None, text=None, **question):
        options = [f"--{WORD[name]}=".encode() + (value if isinstance(value, bytes)
                                                  else value.encode())
                   for name, value in question.items()]
        done = subprocess.run([GREYLAG, "explain", *options, *words], input=text,
                              capture_output=True, timeout=60)
        self.out, self.err = done.stdout.decode(), done.stderr.decode()
        if code is not None:
            self.assertEqual(done.returncode, code, (words, self.out, self.err))
        self.code = done.returncode
        return self.out

    def explain(self, *words, **question):
        """The facts as JSON, whose verdict fits the exit code, and whose sentence fits the text."""
        words = words or (self.file,)
        for _ in range(3):                  # a second may end between the two
            told = json.loads(self.run_explain("--json", *words, **question))
            self.assertEqual(self.code, 0 if told["passes"] else 1)
            line = self.run_explain(*words, **question).splitlines()[0]
            if line == told["summary"]:
                break
        self.assertEqual(line, told["summary"])
        return told

    def ask(self, at, **question):
        """The daemon's answer to one question, at a time of the test's."""
        attributes = dict(request="smtpd_access_policy", protocol_state="RCPT", instance=f"i{at}",
                          etrn_domain="", policy_test_time=str(at), **question)
        request = "".join(f"{n}={v}\n" for n, v in attributes.items()) + "\n"
        done = subprocess.run([GREYLAGD, "-f", self.file, "--stdio"], input=request.encode(),
                              capture_output=True, timeout=60)
        self.assertTrue(done.stdout.startswith(b"action="), done.stderr)
        return done.stdout.decode().split("\n")[0].removeprefix("action=")

    def same(self, at, **changes):
        """Explain foretells what the daemon then answers."""
        question = dict(CLIENT, **changes)
        told = self.explain(self.file, f"--at={at}", **question)
        self.assertEqual(told["policy_answer"], self.ask(at, **question), told["summary"])
        return told


class AsTheDaemon(Case):
    """The same question to both, over what the daemon then remembers."""

    def test_rules(self):
        self.conf()
        for changes, verdict, line in (
                (dict(sender="spammer@x.example"), "reject", 6),
                (dict(client_name="mx.example.com", helo_name="mx.example.com"), "pass", 7),
                (dict(client_name="a.friends.example", helo_name="a.friends.example"), "pass", 8),
                (dict(client_address="192.0.2.7"), "pass", 9),
                (dict(client_address="198.18.0.1"), "pass", 11),
                (dict(recipient="postmaster+x@example.org"), "pass", 12),
                (dict(sender="friend@example.net", client_name="unknown",
                      reverse_client_name="unknown"), "pass", 13),
                ({}, "defer", 14),
                (dict(client_name="mx.example.net", sender="late@example.net"), "defer", 17),
                (dict(client_name="mx.example.net", sender="clock@example.net"), "pass", 16),
                (dict(client_name="mx.example.net", sender=""), "defer", 17)):
            told = self.same(T0, **changes)
            self.assertEqual((told["verdict"], told["rule"]["line"]), (verdict, line), changes)
            self.assertEqual(told["walk"][-1]["line"], line)
            self.assertEqual(len(told["walk"]) + told["rules_not_looked_at"], 12)

    def test_countries(self):
        path = os.path.join(self.folder, "x.mmdb")
        rules = f"""report none
geoip2db "{path}"
racl whitelist geoip "KR"
racl blacklist geoip "JP" msg "not from %C"
racl blacklist geoip "ZZ"
racl blacklist not geoip "CH" msg "nor from %C"
racl greylist default
"""
        self.conf(rules)
        with open(path, "wb") as f:
            f.write(mmdb.build())
        for address, answer, line in (("192.0.2.129", "DUNNO", 3), ("192.0.2.1", "551 5.7.1 not from JP", 4),
                                      ("203.0.113.1", "551 5.7.1 Go away!", 5),
                                      ("198.51.100.1", "551 5.7.1 nor from US", 6)):
            told = self.same(T0, client_address=address)
            self.assertEqual((told["policy_answer"], told["rule"]["line"]), (answer, line), address)
        self.assertEqual(self.same(T0, client_address="2001:db8::1")["verdict"], "defer")
        os.unlink(path)
        told = self.same(T0, client_address="192.0.2.1")
        self.assertEqual((told["verdict"], told["rule"]["line"]), ("defer", 7))
        self.assertIn(f"{path}: No such file or directory: no client's country is known", self.err)
        self.assertIn("there is no data base of countries",
                      self.run_explain(self.file, **dict(CLIENT, client_address="192.0.2.1")))

    def test_exempt(self):
        self.conf()
        for name, reason in (("sasl_username", "authenticated"), ("ccert_subject", "certificate")):
            told = self.same(T0, **{name: "rin"})
            self.assertEqual((told["verdict"], told["reason"], told["walk"]), ("pass", reason, []))
        self.conf(RULES + 'racl whitelist auth "rin"\n')     # a rule about it: no blanket exemption
        self.assertEqual(self.same(T0, sasl_username="rin")["verdict"], "defer")

    def test_a_tuple_s_life(self):
        self.conf()
        for at, reason, wait in ((0, "new", 600), (100, "early-retry", 500), (600, "waited", None),
                                 (700, "known", None), (700 + 7 * 86400, "known", None),
                                 (700 + 15 * 86400, "passed-too-long-ago", 600),
                                 (700 + 30 * 86400, "came-back-too-late", 600)):
            told = self.same(T0 + at)
            self.assertEqual((told["reason"], told["wait_s"]), (reason, wait))
        self.assertEqual(self.same(T0 + at - 50)["reason"], "first-seen-in-the-future")

    def test_promise_kept(self):
        """A tuple that the ten minutes' rule promised meets that of five, and keeps its promise."""
        self.conf()
        self.same(T0)
        told = self.same(T0 + 400, client_name="mx.example.net")
        self.assertEqual((told["verdict"], told["wait_s"]), ("defer", 200))
        self.conf("style postgrey\n" + RULES)
        told = self.same(T0 + 400, client_name="mx.example.net")
        self.assertEqual(told["verdict"], "pass")

    def test_postgrey_s_words(self):
        self.conf("style postgrey\n" + RULES + 'greylist_text "wait %s, %r"\n'
                  'greylist_header "X-Greylist: %t"\n')
        self.assertIn("wait 600, example.org", self.same(T0)["policy_answer"])
        self.assertEqual(self.same(T0 + 601)["policy_answer"], "PREPEND X-Greylist: 601")

    def test_retries(self):
        self.conf(RULES + "retries 3\n")
        self.same(T0)
        self.assertIn("3 retries", self.explain(f"--at={T0 + 300}", self.file,
                                                **CLIENT)["ways"][0]["text"])
        self.assertEqual(self.same(T0 + 601)["verdict"], "defer")
        self.assertEqual(self.same(T0 + 602)["verdict"], "defer")
        self.assertEqual(self.same(T0 + 603)["verdict"], "pass")

    def test_auto_allow(self):
        self.conf(RULES.replace("clients 5", "clients 2") + "racl whitelist known\n")
        for n in range(2):
            sender = f"{'xy'[n]}@example.net"
            told = self.same(T0 + n * 7200, sender=sender)
            self.assertEqual([w["passes"] for w in told["ways"] if w["kind"] == "auto-allow"],
                             [2 - n])
            self.same(T0 + n * 7200 + 600, sender=sender)
        told = self.same(T0 + 20000, sender="z@example.net")
        self.assertEqual((told["reason"], told["memory"]["client"]["count"]), ("auto-allowed", 2))
        self.assertEqual(told["rule"]["line"], 14)

    def test_tarpit(self):
        self.conf("racl whitelist tarpit 125s\nracl greylist default\n")
        told = self.same(T0)
        self.assertEqual((told["verdict"], told["hold_s"], told["after_hold"]),
                         ("hold", 125, "pass"))
        self.assertEqual([w["kind"] for w in told["ways"]][:1], ["stay"])
        told = self.same(T0 + 10)                   # it hung up
        self.assertEqual((told["verdict"], told["rule"]["line"]), ("defer", 2))
        self.assertEqual(told["memory"]["held_since"], T0)
        self.assertIn("it hung up on a tarpit", told["walk"][0]["clauses"][0]["detail"])

    def test_tarpit_and_come_back(self):
        self.conf("racl greylist tarpit 30s\n")
        told = self.same(T0)
        self.assertEqual((told["verdict"], told["hold_s"], told["after_hold"]),
                         ("hold", 30, "defer"))
        self.assertEqual(told["ways"][0]["kind"], "wait")

    def test_null_sender(self):
        self.conf(RULES + "delayedreject\n")
        told = self.same(T0, sender="")
        self.assertEqual((told["passes"], told["verdict"], told["reason"], told["wait_s"]),
                         (False, "defer", "null-sender", 600))
        self.assertIn("only after its message", told["summary"])

    def test_privacy(self):
        self.conf(RULES + "privacy\n")
        self.same(T0)
        told = self.same(T0 + 60)
        self.assertEqual((told["wait_s"], told["memory"]["tuple"]["first_seen"]), (540, T0))

    def test_no_rules_and_testmode(self):
        self.conf("")
        self.assertIsNone(self.same(T0)["rule"])
        self.conf("testmode\n")
        self.assertTrue(self.same(T0)["passes"])


class Words(Case):
    def test_text(self):
        self.conf()
        self.ask(T0, **CLIENT)
        out = self.run_explain(self.file, f"--at={T0 + 60}", "--epoch", code=1, **CLIENT)
        self.assertTrue(out.startswith("would be greylisted for 9 min more by rule at line 14 "
                                       '(racl "dsl" greylist s25r delay 600s'), out)
        for line in (f"{self.file}:10: racl whitelist spf pass",
                     "    never here spf pass; the SPF result is not looked up here; the daemon does",
                     '    no         list "nets"; saw "203.0.113.9"',
                     '    yes        s25r; saw "dsl1-22.example.net"; S25R rules that match: 1, 6',
                     "    => holds, and decides", "3 more rules were not looked at",
                     f"first seen         {T0} (1 min ago)",
                     f"passes from        {T0 + 600} (in 9 min)",
                     " 1. waiting: a retry " f"from {T0 + 600} (in 9 min) until "
                     f"{T0 + 600 + 5 * 86400}"):
            self.assertIn(line + "\n", out)
        self.assertIn("would let it in if the client's name ended in .example.com (it is "
                      'dsl1-22.example.net), and the HELO name were "mx.example.com"', out)

    def test_ways(self):
        self.conf()
        ways = self.explain(f"--at={T0}", self.file,
                            **dict(CLIENT, client_name="x.example.com",
                                   sender="clock@example.net"))["ways"]
        self.assertEqual(ways, [])                  # the clock's rule lets it in
        told = self.explain(f"--at={T0}", self.file, **dict(CLIENT, sender="clock@example.net"))
        self.assertEqual([w["kind"] for w in told["ways"]][:3], ["wait", "unless", "authenticate"])
        unless = told["ways"][1]
        self.assertEqual(unless["rule"]["line"], 16)
        self.assertIn("the client's name did not look like an end user's line", unless["text"])
        rules = [(w["missing"], w["rule"]["line"]) for w in told["ways"] if w["kind"] == "rule"]
        self.assertEqual(rules, [(1, 8), (1, 9), (1, 11), (1, 12), (2, 7), (2, 13)])
        self.assertEqual(told["ways"][-1]["kind"], "auto-allow")

    def test_dns_lists(self):
        self.conf('dnsrbl "bad" bad.example 127.0.0.2 weight 3\n'
                  'dnswl "good" good.example 127.0.0.0/16 weight 1\n'
                  'racl whitelist dnswl "good"\nracl whitelist not dnsbl score >= 3\n'
                  'racl greylist dnsrbl "bad"\n')
        out = self.run_explain(self.file, f"--at={T0}", code=1, **CLIENT)
        for clause in ('dnswl "good"', "not dnsbl score >= 3", 'dnsrbl "bad"'):
            self.assertIn(f"    never here {clause}; the answer of the DNS lists is not looked up "
                          "here; the daemon does\n", out)

    def test_entries(self):
        self.conf()
        for changes, said in ((dict(client_address="198.18.3.4"), f"{self.folder}/clients:3"),
                              (dict(recipient="Postmaster@x"), f"{self.folder}/recipients:1"),
                              (dict(client_address="198.51.100.1"), "addr 198.51.100.0/24"),
                              (dict(client_name="a.friends.example", helo_name="a.b.example"),
                               "domain .friends.example")):
            clauses = self.explain(self.file, **dict(CLIENT, **changes))["walk"][-1]["clauses"]
            self.assertIn(said, clauses[0]["detail"])

    def test_hostile_octets(self):
        self.conf()
        hostile = b"spam\xff\x1b[2J\"\\\n\xc3\xa9@example.net"
        question = dict(CLIENT, sender=hostile, helo_name=b"\xfe\x80", client_name=b"\xe9")
        told = self.explain(self.file, **question)
        self.assertEqual(told["question"]["sender"],
                         'spam\\xff\\x1b[2J"\\x5c\\x0a\\xc3\\xa9@example.net')
        out = self.run_explain(self.file, **question)
        self.assertTrue(out.isascii() and "\x1b" not in out)

    def test_odd_configuration(self):
        """Octets that are no UTF-8, and long rules."""
        path = os.path.join(self.folder, "odd.conf")
        with open(path, "wb") as f:
            f.write(b'racl blacklist from /\xff\xfe/ msg "\xe9"\nracl whitelist from /' +
                    b"x" * 3000 + b'/\nracl greylist default\n')
        told = self.explain(path, f"--dbdir={self.store}", **CLIENT)
        self.assertIn("\\xff\\xfe", told["walk"][0]["text"])
        self.assertIn("xxx", told["walk"][1]["text"])

    def test_times(self):
        self.conf()
        now = int(time.time())
        for at, least in (("+5m", now + 300), ("+90", now + 90), ("+1h", now + 3600)):
            told = self.explain(self.file, f"--at={at}", **CLIENT)
            self.assertLess(abs(told["question"]["time"] - least), 60)
        for at in ("2026-11-24 10:00", "2026-11-24T10:00:00"):
            told = self.explain(self.file, f"--at={at}", **CLIENT)
            self.assertEqual(told["question"]["time"],
                             int(time.mktime((2026, 11, 24, 10, 0, 0, 0, 0, -1))))
        for at in ("noon", "2026-02-30 10:00", "+", "+5y", "-5", "2026-11-24", "9" * 30, "",
                   "2026-11-24 10:00x"):
            self.run_explain(self.file, f"--at={at}", code=USAGE, **CLIENT)

    def test_usage(self):
        self.conf()
        for name in ("client_address", "sender", "recipient"):
            self.run_explain(self.file, code=USAGE,
                             **{n: v for n, v in CLIENT.items() if n != name})
            self.assertIn(f"--{WORD[name]} is missing", self.err)
        self.run_explain(self.file, code=USAGE, **dict(CLIENT, client_address="mx.example.net"))
        self.run_explain(self.file, code=USAGE, **dict(CLIENT, helo_name="x" * 9000))
        self.run_explain(self.file, "--limit=3", code=USAGE, **CLIENT)
        self.run_explain(self.file + ".not", code=NOINPUT, **CLIENT)
        self.run_explain(f"--dbdir={self.store}", code=UNAVAILABLE, **CLIENT)
        self.assertIn("Name its file", self.err)

    def test_broken_configuration(self):
        self.conf("racl gerylist default\n")
        self.assertEqual(self.run_explain(self.file, code=CONFIG, **CLIENT), "")
        self.assertIn("did you mean 'greylist'", self.err)

    def test_standard_input(self):
        told = json.loads(self.run_explain("--json", f"--dbdir={self.store}", "-", code=0,
                                           text=b"racl whitelist default\n", **CLIENT))
        self.assertEqual(told["configuration"]["file"], "-")
        self.assertIn("nothing is remembered", told["configuration"]["warnings"][0])

    def test_child_milters(self):
        self.conf("""socket "unix:FOLDER/m"
list "accounts" rcpt { b@example.org }
dnsrbl "list" dnsbl.example 127.0.0.2
condition "bad" spf fail or dnsrbl "list"
milter "always" { socket "/run/a" }
milter "rcpt" { socket "/run/b"; when list "accounts"; evaluation yes }
milter "not" { socket "/run/c"; when addr 10.0.0.0/8 spf pass }
milter "dns" { socket "/run/d"; when from a@example.net condition "bad" }
milter "content" { socket "/run/e"; when header /^Subject: x/ or not stress }
sm_macro "m" "{m}" unset
milter "macro" { socket "/run/f"; when sm_macro "m" }
milter "other" { socket "/run/g"; when milter "rcpt" reject }
racl whitelist default
""")
        told = {m["name"]: m for m in self.explain(**CLIENT)["milters"]}
        self.assertEqual({n: m["answer"] for n, m in told.items()},
                         dict(always="yes", rcpt="yes", dns="unknown", content="unknown", macro="unknown",
                              other="unknown", **{"not": "no"}))
        self.assertEqual([told[n]["step"] for n in ("always", "rcpt", "dns", "other")],
                         ["connect", "rcpt", "mail", "end"])
        self.assertEqual(told["rcpt"]["condition"], 'list "accounts"')
        self.assertEqual(told["rcpt"]["evaluation"], True)
        self.assertEqual(told["dns"]["missing"], "the SPF result, the answer of the DNS lists")
        self.assertEqual(told["content"]["missing"], "the load, the headers")
        self.assertEqual(told["macro"]["missing"], "the MTA's macros")
        self.assertEqual(told["other"]["missing"], "the answer of another milter")
        text = self.run_explain(self.file, **CLIENT)
        self.assertIn('    yes        "rcpt", asked from rcpt on, under evaluation; when list "accounts"\n', text)
        told = self.explain(self.file, "--header=Subject: x", **CLIENT)
        self.assertEqual([m["answer"] for m in told["milters"] if m["name"] == "content"], ["yes"])

    def test_changes_nothing(self):
        self.conf()
        self.ask(T0, **CLIENT)
        def export():
            return subprocess.run([GREYLAG, f"--dbdir={self.store}", "export"],
                                  capture_output=True, check=True).stdout
        before = export()
        self.explain(f"--at={T0 + 700}", self.file, **CLIENT)
        self.assertEqual(export(), before)


MESSAGE_RULES = """\
autowhite 35d
racl blacklist from spam@x.example
racl greylist rcpt grey@example.org delay 10m
racl whitelist rcpt white@example.org
racl whitelist default
dacl blacklist header "X-Bad: yes" msg "bad header"
dacl whitelist header /^Subject: good/
dacl blacklist body /viagra/
dacl blacklist spamd >= 10
dacl greylist spamd > 5 delay 5m
dacl blacklist msgsize > 2000
"""
TUPLE = ("tuple\t203.0.113.9/32\ta@example.net\tb@example.org\t{first}\t{first}\t300\t0\t0\t0\tnet\t0"
         "\t7.5\tspam\tBAYES_99,URIBL_BLACK\n")


class Messages(Case):
    """The rules for the message."""

    def setUp(self):
        super().setUp()
        self.conf(MESSAGE_RULES)

    def end(self, *words, **question):
        told = self.explain(*words, self.file, f"--at={T0}", **dict(CLIENT, **question))
        self.assertEqual(told["verdict"], told["end"]["verdict"] if told["stage"] == "end" else told["verdict"])
        return told, told["end"]

    def message(self, text):
        return "--message=" + self.write("message", text)

    def test_nothing_given(self):
        told, end = self.end()
        self.assertTrue(told["passes"])
        self.assertEqual((told["stage"], end["verdict"], end["rule"]), ("rcpt", "pass", None))
        self.assertEqual([r["answer"] for r in end["walk"]], ["never"] * 6)
        self.assertEqual(end["walk"][0]["clauses"][0]["why"], "the headers are not given: --header, --message")
        self.assertIn("--score", end["walk"][3]["clauses"][0]["why"])

    def test_what_is_given(self):
        for words, verdict, line in (
                (("--header=X-Bad: yes",), "reject", 6),
                (("--header", "X-Other: yes", "--header", "X-Bad: yes"), "reject", 6),
                (("--header=X-Bad: no",), "pass", None),
                (("--header=Subject: good", "--score=12"), "pass", 7),
                (("--body=" + self.write("body", "hello\nviagra\n"),), "reject", 8),
                (("--score=7.5",), "defer", 10),
                (("--score=5.09",), "pass", None),
                (("--score=-3",), "pass", None),
                (("--score=12",), "reject", 9)):
            told, end = self.end(*words)
            self.assertEqual((end["verdict"], end["rule"] and end["rule"]["line"]), (verdict, line), words)
            self.assertEqual((told["passes"], told["stage"]), (verdict == "pass", "rcpt" if verdict == "pass"
                                                               else "end"))
            if verdict != "pass":
                self.assertEqual(told["rule"]["line"], line)
        self.assertEqual(end["walk"][3]["clauses"][0]["saw"], "12.0")

    def test_messages(self):
        for text, verdict, line in (
                ("Subject: hi\nX-Bad: no\n\nX-Bad: yes\n", "pass", None),
                ("From somebody\nReceived: from a\n\tby b\nX-Bad: yes\n\n", "reject", 6),
                ("X-Bad: yes", "reject", 6),
                ("Subject:good\r\n\r\nviagra\r\n", "pass", 7),
                ("Subject: hi\nno header: viagra\n", "reject", 8),
                ("Subject: hi\nviagra\nX-Bad: yes\n", "reject", 8),
                ("", "pass", None),
                ("Subject: hi\n\n" + "x\n" * 700, "reject", 11)):
            told, end = self.end(self.message(text))
            self.assertEqual((end["verdict"], end["rule"] and end["rule"]["line"]), (verdict, line), text)
        self.run_explain("--message=-", self.file, text=b"X-Bad: yes\n\n", code=1, **CLIENT)

    def test_stopped_before(self):
        told, end = self.end("--score=12", recipient="grey@example.org")
        self.assertEqual((told["stage"], told["verdict"], told["wait_s"]), ("rcpt", "defer", 600))
        self.assertEqual(end["verdict"], "reject")
        self.assertIn("once it is let in, its message would be rejected",
                      self.run_explain("--score=12", self.file, **dict(CLIENT, recipient="grey@example.org")))
        told, end = self.end("--score=12", sender="spam@x.example")
        self.assertIsNone(end)

    def test_not_by_default(self):
        """A greylist rule for the message counts for who was let in by the default."""
        told, end = self.end("--score=7.5", recipient="white@example.org")
        self.assertEqual((told["passes"], end["verdict"]), (True, "pass"))

    def test_remembered(self):
        path = self.write("export", "greylag-export\t3\t-\t-\n" + TUPLE.format(first=T0 - 100) + "end\t1\n")
        subprocess.run([GREYLAG, "import", f"--dbdir={self.store}", path], check=True, capture_output=True)
        told, end = self.end("--score=7.5")
        self.assertEqual((told["reason"], told["wait_s"], told["stage"]), ("early-retry", 200, "end"))
        self.assertEqual(told["memory"]["tuple"]["scan"],
                         {"score": 7.5, "verdict": "spam", "symbols": ["BAYES_99", "URIBL_BLACK"]})
        self.assertIn("its first try      scored 7.5, spam (BAYES_99, URIBL_BLACK)\n", self.run_explain(
            "--score=7.5", self.file, f"--at={T0}", **CLIENT))
        self.assertTrue(self.end("--score=1")[0]["passes"])

    def test_usage(self):
        for words in (("--score=x",), ("--score=",), ("--header=no header",), ("--header=a b: c",),
                      ("--message=/dev/null", "--body=/dev/null")):
            self.run_explain(*words, self.file, code=USAGE, **CLIENT)
        self.run_explain("--message=/nonexistent", self.file, code=NOINPUT, **CLIENT)


class Beside(Case):
    """Without a file: the running daemon is asked."""

    def start(self, *options):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            port = s.getsockname()[1]
        if os.geteuid() == 0:                   # it would not stay root
            os.chmod(self.folder, 0o755)
            shutil.chown(self.store, "nobody", "nogroup")
        self.log = open(os.path.join(self.folder, "log"), "ab")
        self.addCleanup(self.log.close)
        process = subprocess.Popen([GREYLAGD, *(o.replace("PORT", str(port)) for o in options)],
                                   stderr=self.log)

        def stop():
            process.terminate()
            process.wait(20)
        self.addCleanup(stop)
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                return port
            except OSError:
                time.sleep(0.05)
        raise AssertionError("the daemon does not listen")

    def user(self):
        return 'user "nobody:nogroup"\n' if os.geteuid() == 0 else ""

    def put(self, port, **question):
        request = "request=smtpd_access_policy\nprotocol_state=RCPT\n" + "".join(
            f"{n}={v}\n" for n, v in question.items()) + "\n"
        with socket.create_connection(("127.0.0.1", port)) as s:
            s.sendall(request.encode())
            return s.recv(4096).decode()

    def test_with_a_file(self):
        self.conf(RULES + "workers 1\n" + self.user())
        past = int(time.time()) - 100
        os.utime(self.file, (past, past))
        port = self.start("-f", self.file, "--set", 'policy "inet:127.0.0.1:PORT"',
                          "--set", "greylist 20m")
        self.put(port, **dict(CLIENT, client_name="mx.example.net"))
        here = f"--dbdir={self.store}"
        told = self.explain(here, **dict(CLIENT, client_name="mx.example.net"))
        self.assertEqual(told["reason"], "early-retry")
        self.assertLessEqual(abs(told["wait_s"] - 1200), 30)
        self.assertEqual((told["rule"]["file"], told["rule"]["line"]), (self.file, 17))
        self.assertEqual(told["configuration"]["file"], self.file)
        self.assertEqual((told["configuration"]["warnings"], self.err), ([], ""))

        future = int(time.time()) + 100
        os.utime(os.path.join(self.folder, "clients"), (future, future))
        told = self.explain(here, **CLIENT)
        self.assertIn("clients has changed since the daemon read it",
                      told["configuration"]["warnings"][0])
        self.assertIn("has changed since", self.err)

    def test_set_rules(self):
        """A rule of the command line has its line, not one of the file."""
        self.conf("autowhite 35d\nracl whitelist from ok@example.net\nworkers 1\n" + self.user())
        self.start("-f", self.file, "--set", 'policy "inet:127.0.0.1:PORT"',
                   "--set", 'racl blacklist from bad@example.net')
        here = f"--dbdir={self.store}"
        told = self.explain(here, **dict(CLIENT, sender="bad@example.net"))
        self.assertEqual((told["verdict"], told["rule"]["file"], told["rule"]["line"]), ("reject", None, 2))
        self.assertIn("line 2 of the daemon's options", told["summary"])
        told = self.explain(here, **dict(CLIENT, sender="ok@example.net"))
        self.assertEqual((told["rule"]["file"], told["rule"]["line"]), (self.file, 2))

    def test_with_options(self):
        user = ("--user=nobody", "--group=nogroup") if os.geteuid() == 0 else ()
        self.write("clients", "mail.example.net\n")
        port = self.start("--inet=127.0.0.1:PORT", f"--dbdir={self.store}", "--delay=77",
                          f"--whitelist-clients={self.folder}/clients", "--workers=1", *user)
        here = f"--dbdir={self.store}"
        told = self.explain(here, **CLIENT)
        self.assertEqual((told["reason"], told["wait_s"]), ("new", 77))
        self.assertIsNone(told["configuration"]["file"])
        self.put(port, **CLIENT)
        self.assertEqual(self.explain(here, **CLIENT)["reason"], "early-retry")
        told = self.explain(here, **dict(CLIENT, client_name="mail.example.net"))
        self.assertTrue(told["passes"])
        self.assertIn("of the daemon's options", told["summary"])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
