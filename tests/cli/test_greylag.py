#!/usr/bin/env python3
"""test_greylag.py GREYLAG GREYLAGD DATA: the greylag command, with a daemon and without.

GREYLAG and GREYLAGD are the executables, DATA is tests/data.
"""
import fcntl
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import mmdb

GREYLAG, GREYLAGD, DATA = sys.argv[1:4]
POSTGREY = os.path.join(DATA, "postgrey")

# What sysexits.h calls them.
USAGE, DATAERR, NOINPUT, UNAVAILABLE = 64, 65, 66, 69

AGES = ["--max-age=36500", "--retry-window=36500"]      # nothing of 2023 is too old


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Daemon:
    def __init__(self, folder, *options):
        self.port = free_port()
        if os.geteuid() == 0:                   # it would not stay root
            options = ("--user=nobody", "--group=nogroup", *options)
            shutil.chown(folder, "nobody", "nogroup")
        self.log = open(os.path.join(folder, "log"), "ab")
        self.process = subprocess.Popen(
            [GREYLAGD, f"--dbdir={folder}", f"--inet=127.0.0.1:{self.port}", "--delay=1",
             "--workers=1", *options], stderr=self.log)
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return
            except OSError:
                time.sleep(0.05)
        raise AssertionError("the daemon does not listen")

    def ask(self, client, sender, recipient):
        request = ("request=smtpd_access_policy\nprotocol_state=RCPT\n"
                   f"client_address={client}\nclient_name=unknown\nsender={sender}\n"
                   f"recipient={recipient}\n\n")
        with socket.create_connection(("127.0.0.1", self.port)) as s:
            s.sendall(request.encode("utf-8", "surrogateescape"))
            answer = b""
            while b"\n\n" not in answer:
                piece = s.recv(4096)
                if not piece:
                    break
                answer += piece
        return answer.decode().split()[0].removeprefix("action=")

    def stop(self):
        self.process.terminate()
        code = self.process.wait(20)
        self.log.close()
        if code != 0:
            raise AssertionError(f"the daemon ended with {code}")


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="greylag-cli-")
        self.addCleanup(shutil.rmtree, self.folder)

    def run_greylag(self, *words, code=0, text=None, folder=None):
        done = subprocess.run([GREYLAG, "--dbdir", folder or self.folder, *words],
                              input=text, capture_output=True, timeout=60)
        self.out = done.stdout.decode("utf-8", "surrogateescape")
        self.err = done.stderr.decode("utf-8", "surrogateescape")
        self.assertEqual(done.returncode, code, (words, self.out, self.err))
        return self.out

    def rows(self, *words, **more):
        lines = self.run_greylag("list", *words, **more).splitlines()
        names = lines[0].split("\t")
        return [dict(zip(names, line.split("\t"), strict=True)) for line in lines[1:]]

    def start(self, *options):
        daemon = Daemon(self.folder, *options)
        self.addCleanup(lambda: daemon.process.poll() is None and daemon.stop())
        return daemon

    def other_folder(self):
        folder = tempfile.mkdtemp(prefix="greylag-cli-")
        self.addCleanup(shutil.rmtree, folder)
        return folder


class Settings(Case):
    def test_the_daemon_s(self):
        """Its times and networks count, as long as it runs, and unless an option is given."""
        daemon = self.start("--lookup-by-host", "--max-age=7", "--retry-window=1")
        daemon.ask("203.0.113.9", "a@example.net", "b@example.org")
        mail = ("203.0.113.9", "a@example.net", "b@example.org")
        self.assertIn("203.0.113.9/32", self.run_greylag("show", *mail))
        (row,) = self.rows("--epoch")
        self.assertEqual(int(row["remembered_until"]) - int(row["first_seen"]), 86400)
        self.assertIn("never seen", self.run_greylag("show", "--delay=300", *mail, code=1))
        (row,) = self.rows("--epoch", "--retry-window=3")
        self.assertEqual(int(row["remembered_until"]) - int(row["first_seen"]), 3 * 86400)
        time.sleep(1.1)
        daemon.ask(*mail)
        (row,) = self.rows("--epoch")
        self.assertEqual(int(row["remembered_until"]) - int(row["last_seen"]), 7 * 86400)
        daemon.stop()
        self.assertIn("never seen", self.run_greylag("show", *mail, code=1))
        (row,) = self.rows("--epoch")
        self.assertEqual(int(row["remembered_until"]) - int(row["last_seen"]), 35 * 86400)

    def test_a_file_of_the_daemon_s_folder(self):
        """A name without a folder is one of the daemon's folder, not of who asks."""
        store = self.other_folder()
        user = 'user "nobody:nogroup"\n' if os.geteuid() == 0 else ""
        if user:
            shutil.chown(store, "nobody", "nogroup")
        os.chmod(self.folder, 0o755)
        with open(os.path.join(self.folder, "own.conf"), "w") as f:
            f.write(f'policy "inet:127.0.0.1:{free_port()}"\n{user}store lmdb "{store}"\nautowhite 9d\n')
        daemon = subprocess.Popen([os.path.abspath(GREYLAGD), "-f", "own.conf"], cwd=self.folder, stderr=subprocess.DEVNULL)
        self.addCleanup(daemon.wait)
        self.addCleanup(daemon.terminate)
        question = ["explain", "--client-ip=203.0.113.9", "--from=a@example.net", "--to=b@example.org"]
        for _ in range(100):
            if subprocess.run([GREYLAG, "--dbdir", store, "status"], capture_output=True).returncode == 0:
                break
            time.sleep(0.05)
        self.assertIn("greylisted", self.run_greylag(*question, folder=store, code=1))


class Words(Case):
    def test_help(self):
        self.assertIn("import postgrey", self.run_greylag("--help"))
        for command in ("status", "list", "show", "forget", "export", "import"):
            self.assertIn(f"Usage: greylag {command} ", self.run_greylag(command, "--help"))
        self.assertIn("--targrey", self.run_greylag("import", "postgrey", "--help"))
        self.assertRegex(self.run_greylag("--version"), r"^greylag \d+\.\d+")

    def test_guesses(self):
        self.run_greylag("lsit", code=USAGE)
        self.assertIn("did you mean list?", self.err)
        self.run_greylag("list", "--wating", code=USAGE)
        self.assertIn("did you mean --waiting?", self.err)
        for words in (["config"], ["config", "chek", "x"], ["config", "--help"]):
            self.run_greylag(*words, code=USAGE)
            self.assertIn("check, print, clauses, statements, values, import", self.err)
        self.run_greylag("frobnicate", code=USAGE)
        self.assertNotIn("mean", self.err)

    def test_refused(self):
        for words in ([], ["list", "x"], ["show", "203.0.113.9"], ["show", "x", "y", "z"],
                      ["show", "--json", "203.0.113.9", "a@b", "c@d"], ["list", "--limit=x"], ["list", "--limit"],
                      ["list", "--raw=1"], ["list", "--max-age=5y"], ["list", "--limit=-1"],
                      ["list", "clients", "--sender=a@b"], ["list", "--client=203.0.113.9"],
                      ["import"], ["export", "a", "b"], ["list", "--ipv4cidr=33"]):
            self.run_greylag(*words, code=USAGE)
            self.assertTrue(self.err.startswith("greylag: "), words)
            self.assertEqual(self.out, "")

    def test_no_store(self):
        for words in (["list"], ["export"], ["show", "203.0.113.9", "a@b", "c@d"],
                      ["forget", "--all"]):
            self.run_greylag(*words, code=NOINPUT)
            self.assertIn("no store", self.err)
        self.run_greylag("status", code=UNAVAILABLE)
        self.assertIn("no daemon answers", self.err)
        self.assertEqual(os.listdir(self.folder), [])
        self.run_greylag("list", folder="/nonexistent/x", code=NOINPUT)
        self.assertIn("no folder /nonexistent/x", self.err)

    def test_environment_and_place_of_dbdir(self):
        for words, env in ((["status"], {"GREYLAG_DBDIR": self.folder}),
                           (["status", f"--dbdir={self.folder}"], {})):
            done = subprocess.run([GREYLAG, *words], env=env, capture_output=True)
            self.assertEqual(done.returncode, UNAVAILABLE)
            self.assertIn(self.folder.encode(), done.stderr)


class Beside(Case):
    """While the daemon runs."""

    def teach(self, daemon):
        self.assertEqual(daemon.ask("203.0.113.9", "a@example.net", "b@example.org"),
                         "DEFER_IF_PERMIT")
        self.assertEqual(daemon.ask("198.51.100.4", "", "b@example.org"), "DEFER_IF_PERMIT")
        time.sleep(1.1)
        self.assertEqual(daemon.ask("203.0.113.77", "A@Example.Net", "b@example.org"), "PREPEND")
        self.assertEqual(daemon.ask("2001:db8::9", "list+7@example.com", "C@example.org"),
                         "DEFER_IF_PERMIT")

    def test_all(self):
        daemon = self.start()
        self.teach(daemon)

        raw = dict(line.split("=") for line in self.run_greylag("status", "--raw").splitlines())
        self.assertEqual(raw["requests"], "4")
        self.assertRegex(self.run_greylag("status"), r"(?m)^defer new +3$")

        rows = self.rows()
        self.assertEqual([(r["source"], r["sender"], r["recipient"], r["passes"]) for r in rows],
                         [("198.51.100.0/24", "<>", "b@example.org", "0"),
                          ("2001:db8::/64", "list@example.com", "c@example.org", "0"),
                          ("203.0.113.0/24", "a@example.net", "b@example.org", "1")])
        self.assertEqual(rows[2]["state"], "passed")
        self.assertRegex(rows[0]["first_seen"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4}$")
        waiting = self.rows("--waiting", "--epoch")
        self.assertEqual(len(waiting), 2)
        for r in waiting:
            self.assertEqual(int(r["passes_from"]), int(r["first_seen"]) + 1)
            self.assertEqual(int(r["remembered_until"]), int(r["first_seen"]) + 2 * 86400)
        self.assertEqual(len(self.rows("--passed")), 1)
        self.assertEqual(len(self.rows("--limit=2")), 2)
        self.assertEqual(len(self.rows("--source=203.0.113.200")), 1)
        self.assertEqual(len(self.rows("--source=203.0.0.0/8")), 1)
        self.assertEqual(len(self.rows("--sender=<>")), 1)
        self.assertEqual(len(self.rows("--sender=list+other@example.com")), 1)
        self.assertEqual(len(self.rows("--recipient=@example.org")), 3)
        self.assertEqual(len(self.rows("--recipient=@ample.org")), 0)
        clients = self.rows("clients")
        self.assertEqual([(c["client"], c["count"], c["state"]) for c in clients],
                         [("203.0.113.77", "1", "counting")])

        show = self.run_greylag("show", "203.0.113.77", "a@example.net", "B@example.org")
        self.assertRegex(show, r"(?m)^passes +1$")
        self.assertIn("not free yet, 1 passes counted of 5", show)
        self.assertRegex(self.run_greylag("show", "198.51.100.4", "<>", "b@example.org"),
                         r"(?m)^state +waited: the next try passes$")
        self.assertIn("never seen",
                      self.run_greylag("show", "192.0.2.1", "a@b", "c@d", code=1))

        self.assertIn("forgot 1 tuples, 0 clients, 0 marks",
                      self.run_greylag("forget", "--source=203.0.113.0/24"))
        self.assertEqual(daemon.ask("203.0.113.9", "a@example.net", "b@example.org"),
                         "DEFER_IF_PERMIT")
        self.assertIn("forgot 0 tuples, 1 clients", self.run_greylag(
            "forget", "--client=203.0.113.77"))
        self.run_greylag("forget", code=USAGE)
        self.run_greylag("forget", "--all", "--sender=x", code=USAGE)

        daemon.stop()
        self.run_greylag("status", code=UNAVAILABLE)
        self.assertIn("holds 3 tuples, 0 clients, 0 marks", self.err)
        self.assertIn("forgot 3 tuples", self.run_greylag("forget", "--all"))
        self.assertEqual(self.rows(), [])

    def test_import_under_the_daemon(self):
        daemon = self.start()
        now = int(time.time())
        lines = [f"tuple\t10.{i // 250}.{i % 250}.0/24\ta@b\tc@d\t{now - 50}\t{now - 9}\t1\t1\t0\t0"
                 "\tnet" for i in range(5000)]
        text = "\n".join(["greylag-export\t1\t-\t-", *lines, "end\t5000", ""]).encode()
        importer = subprocess.Popen([GREYLAG, "--dbdir", self.folder, "import", "-"],
                                    stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        importer.stdin.write(text)
        importer.stdin.close()
        slowest = asked = 0
        while importer.poll() is None:
            before = time.monotonic()
            asked += 1      # digits that touch letters are not folded: each is a new sender
            self.assertEqual(daemon.ask("203.0.113.9", f"n{asked}n@b", "c@d"),
                             "DEFER_IF_PERMIT")
            slowest = max(slowest, time.monotonic() - before)
        self.assertEqual(importer.returncode, 0)
        self.assertLess(slowest, 2)
        self.assertEqual(daemon.ask("10.3.7.1", "a@b", "c@d"), "DUNNO")
        daemon.stop()

    def test_start_while_somebody_looks(self):
        self.start().stop()
        for _ in range(3):
            looking = [subprocess.Popen([GREYLAG, "--dbdir", self.folder, "list"],
                                        stdout=subprocess.DEVNULL) for _ in range(5)]
            daemon = self.start()
            self.assertEqual([p.wait() for p in looking], [0] * 5)
            daemon.stop()


class Config(Case):
    def test_data_base_of_countries(self):
        geoip = b'policy "inet:10023"\nracl greylist geoip "JP"\n'
        good = os.path.join(DATA, "geo", "countries.mmdb")
        with open(good, "rb") as f:
            self.assertEqual(f.read(), mmdb.build(), "tests/mmdb.py makes another one now")
        for text, told in ((geoip, "-: geoip never matches: no statement geoip2db names a data base\n"),
                           (geoip + f'geoip2db "{good}"\n'.encode(), ""),
                           (geoip + b'geoip2db "/nowhere/x.mmdb"\n', "-: /nowhere/x.mmdb: No such file"),
                           (geoip + f'geoip2db "{__file__}"\n'.encode(), "no data base in the MaxMind DB format")):
            self.assertEqual(self.run_greylag("config", "check", "-", text=text), "-: no errors\n")
            self.assertIn(told, self.err)
            self.assertEqual(told == "", self.err == "", self.err)

    def test_right(self):
        text = b'extendedregex\nracl greylist domain /^\\[.+\\]$/ msg "S25R rule 0"\nracl whitelist default\n'
        out = self.run_greylag("config", "check", "-", text=text)
        self.assertIn("no errors", out)
        printed = self.run_greylag("config", "print", "-", text=text)
        self.assertIn('racl greylist domain /^\\[.+\\]$/ msg "S25R rule 0"', printed)
        self.assertEqual(self.run_greylag("config", "print", "-", text=printed.encode()), printed)

    def test_wrong(self):
        self.run_greylag("config", "check", "-", text=b"racl gerylist default\n", code=78)
        self.assertIn("1:6", self.err)
        self.assertIn("did you mean 'greylist'", self.err)

    def test_warnings(self):
        text = (b'policy "inet:10023"\nracl whitelist addr 192.0.2.0/24\n'
                b'racl greylist domain /\\.example\\.com$/\nracl blacklist addr 192.0.2.1\n')
        out = self.run_greylag("config", "check", "-", text=text)
        self.assertEqual(out, "-: no errors\n")
        self.assertEqual([line.split(" ")[0] for line in self.err.splitlines()], ["-:3:", "-:4:"])
        self.assertIn('says the same as "domain .example.com"', self.err)
        self.assertIn("the whitelist rule at line 2 matches before it", self.err)

    def test_warning_of_the_whole(self):
        self.run_greylag("config", "check", "-", text=b"quiet\n")
        self.assertTrue(self.err.startswith("-: nothing listens"), self.err)

    def test_quiet(self):
        text = b'socket "/run/x"\nracl greylist s25r\nracl whitelist default\n'
        self.run_greylag("config", "check", "-", text=text)
        self.assertEqual(self.err, "")
        self.run_greylag("config", "print", "-", text=b"quiet\n")
        self.assertEqual(self.err, "")

    def test_clauses(self):
        out = self.run_greylag("config", "clauses")
        self.assertRegex(out, r"(?m)^stress +more than")
        self.assertRegex(out, r"(?m)^log \"FORMAT\" .*log line$")

    def test_statements(self):
        self.assertRegex(self.run_greylag("config", "statements"), r"(?m)^greylist +the wait of")

    def test_values(self):
        self.assertRegex(self.run_greylag("config", "values"), r"(?m)^nolog +no log line")


class RoundTrip(Case):
    def fill(self, daemon):
        daemon.ask("203.0.113.9", "a@example.net", "b@example.org")
        daemon.ask("203.0.113.9", "", 'q"\\\udcff@example.org')
        daemon.ask("203.0.113.9", "x" * 900 + "@example.net", "b@example.org")
        time.sleep(1.1)
        daemon.ask("203.0.113.9", "a@example.net", "b@example.org")

    def test_both_forms(self):
        daemon = self.start("--targrey", "--tarpit=2")
        self.fill(daemon)
        daemon.stop()
        text = self.run_greylag("export")
        self.assertRegex(text.splitlines()[0], r"^greylag-export\t3\t")
        self.assertIn('q"\\x5c\\xff@example.org', text)
        for form in ([], ["--json"]):
            path = os.path.join(self.folder, "out")
            self.run_greylag("export", *form, path)
            self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)
            with open(path) as f:
                lines = f.read().splitlines()
            self.assertEqual(len(lines), len(text.splitlines()))
            if form:
                self.assertEqual([list(json.loads(line))[0] for line in lines][0],
                                 "greylag-export")
            there = self.other_folder()
            self.assertIn(f"read {len(lines) - 2} entries: {len(lines) - 2} new, 0 merged",
                          self.run_greylag("import", path, folder=there))
            self.assertEqual(self.run_greylag("export", folder=there), text)
            self.assertIn(f"0 new, {len(lines) - 2} merged",
                          self.run_greylag("import", path, folder=there))
            self.assertEqual(self.run_greylag("export", folder=there), text)

    def test_scans(self):
        first = int(time.time()) - 10
        line = (f"tuple\t203.0.113.0/24\ta@example.net\tb@example.org\t{first}\t{first}\t300\t0\t0\t0\tnet\t0"
                "\t-7.5\tham\tBAYES_00,...")
        path = os.path.join(self.folder, "in")
        with open(path, "w") as f:
            f.write(f"greylag-export\t3\t-\t-\n{line}\nend\t1\n")
        self.run_greylag("import", path)
        self.assertEqual(self.run_greylag("export").splitlines()[1], line)
        told = json.loads(self.run_greylag("export", "--json").splitlines()[1])
        self.assertEqual((told["score"], told["verdict"], told["symbols"]), (-7.5, "ham", "BAYES_00,..."))
        self.assertIn("scored -7.5, no spam (BAYES_00, ...)\n",
                      self.run_greylag("show", "203.0.113.9", "a@example.net", "b@example.org"))
        told = json.loads(self.run_greylag("list", "--json"))
        self.assertEqual((told["state"], told["sender"], told["passes_from"]),
                         ("waiting", "a@example.net", first + 300))
        self.assertEqual(told["scan"], {"score": -7.5, "verdict": "ham", "symbols": ["BAYES_00", "..."]})

    def test_privacy(self):
        daemon = self.start("--privacy")
        self.fill(daemon)
        text = self.run_greylag("export")
        self.assertNotIn("example", text)
        self.assertNotIn("203.0.113", text)
        self.assertTrue(all(re.fullmatch("[0-9a-f]{24}", r["source"]) for r in self.rows()))
        self.assertEqual(len(self.rows("--sender=a@example.net")), 1)
        self.assertEqual(len(self.rows("--source=203.0.113.9")), 3)
        self.run_greylag("show", "203.0.113.9", "a@example.net", "b@example.org")
        self.assertIn("forgot 1 tuples", self.run_greylag(
            "forget", "--source=203.0.113.9", "--sender=<>"))
        daemon.stop()
        text = self.run_greylag("export")
        secret = self.run_greylag("export", "--with-secret")

        there = self.other_folder()             # another store: nobody could look these up
        self.assertIn("3 skipped", self.run_greylag("import", "-", text=text.encode(),
                                                    folder=there))
        there = self.other_folder()
        self.assertIn("3 new", self.run_greylag("import", "-", text=secret.encode(), folder=there))
        self.assertEqual(self.run_greylag("export", folder=there), text)
        self.run_greylag("show", "203.0.113.9", "a@example.net", "b@example.org", folder=there)
        self.assertIn("3 merged", self.run_greylag("import", "-", text=text.encode(), folder=there))

    def test_readable_becomes_hashed(self):
        text = ("greylag-export\t1\t-\t-\nclient\t203.0.113.9\t5\t1700000000\nend\t1\n").encode()
        self.assertIn("1 new", self.run_greylag("import", "--privacy", "-", text=text))
        self.assertRegex(self.rows("clients")[0]["client"], "^[0-9a-f]{24}$")
        self.assertEqual(len(self.rows("clients", "--client=203.0.113.9")), 1)

    def test_bad_input(self):
        good = "greylag-export\t1\t-\t-\nclient\t203.0.113.9\t5\t1700000000\n"
        for text, said in (("", "no export"), ("VERSION=3\n", "import postgrey"),
                           (good, ":3: the export was cut short"),
                           (good + "end\t2\n", ":3: 2 entries were announced, 1 are here"),
                           (good + "client\t203.0.113.9\tx\t1\n", ":3:20: count: a number"),
                           (good + "x" * 200000, "longer than"),
                           ("end\t0\n", "no export")):
            self.run_greylag("import", "-", text=text.encode(), code=DATAERR)
            self.assertIn(said, self.err)
        self.assertEqual(len(self.rows("clients")), 1)
        self.run_greylag("import", "/nonexistent", code=NOINPUT)


def shifted(name):
    """A dump whose newest time is an hour ago, so that it is not too old."""
    with open(os.path.join(POSTGREY, name + ".print"), encoding="latin-1") as f:
        text = f.read()
    by = int(time.time()) - 3600 - max(map(int, re.findall(r"\b17\d{8}\b", text)))
    return re.sub(r"\b17\d{8}\b", lambda m: str(int(m[0]) + by), text).encode("latin-1")


class FromPostgrey(Case):
    def test_files(self):
        names = ("plain-postgrey.db", "plain-postgrey_clients.db")
        paths = [os.path.join(POSTGREY, n) for n in names]
        self.assertIn("read 15 entries: 15 new, 0 merged, 0 skipped",
                      self.run_greylag("import", "postgrey", *AGES, *paths))
        self.assertIn("15 merged", self.run_greylag("import", "postgrey", *AGES, *paths))
        rows = {(r["source"], r["sender"], r["recipient"]): r for r in self.rows("--epoch")}
        passed = rows["203.0.113.0/24", "a@example.net", "b@example.org"]
        self.assertEqual((passed["first_seen"], passed["last_seen"], passed["passes"]),
                         ("1700000000", "1700000400", "1"))
        self.assertEqual(rows["203.0.113.0/24", "a@example.net", "c@example.org"]["passes"], "0")
        self.assertEqual({c["client"]: c["count"] for c in self.rows("clients")},
                         {"203.0.113.9": "1", "198.51.100.4": "2", "2001:db8:1:2:4::8": "1"})

    def test_delay(self):
        path = os.path.join(POSTGREY, "plain-postgrey.db")
        self.run_greylag("import", "postgrey", *AGES, "--delay=401", path)
        self.assertEqual(self.rows("--passed", "--source=203.0.113.9"), [])

    def test_too_old(self):
        path = os.path.join(POSTGREY, "plain-postgrey.db")
        self.assertIn("12 skipped\n  12: too old", self.run_greylag("import", "postgrey", path))

    def test_dump_on_standard_input(self):
        daemon = self.start()
        self.run_greylag("import", "postgrey", "-", text=shifted("plain-postgrey"))
        self.assertIn(daemon.ask("198.51.100.77", "bounce-9@lists.example.com", "b@example.org"),
                      "DUNNO")
        self.assertIn(daemon.ask("2001:db8:1:2:ff::1", "a@example.net", "b@example.org"), "DUNNO")
        daemon.stop()

    def test_by_host(self):
        path = os.path.join(POSTGREY, "host-postgrey.db")
        self.run_greylag("import", "postgrey", *AGES, "--lookup-by-host", path)
        self.assertIn("203.0.113.9/32", {r["source"] for r in self.rows()})

    def test_digests(self):
        daemon = self.start()
        for name in ("privacy-postgrey", "privacy-postgrey_clients"):
            self.run_greylag("import", "postgrey", "-", text=shifted(name))
        self.assertTrue(all(r["source"].startswith("sha1:") for r in self.rows()))
        before = len(self.rows())
        self.run_greylag("show", "203.0.113.1", "a@example.net", "b@example.org")
        self.assertIn("as a digest", self.out)
        time.sleep(1.5)                         # the daemon looks once a second
        self.assertEqual(daemon.ask("203.0.113.1", "a@example.net", "b@example.org"), "DUNNO")
        self.assertEqual(daemon.ask("2001:db8:1:2:9::", "a@example.net", "b@example.org"), "DUNNO")
        read = {"203.0.113.0/24", "2001:db8:1:2::/64"}
        for _ in range(50):                     # written within a second
            if read <= {r["source"] for r in self.rows()}:
                break
            time.sleep(0.1)
        self.assertEqual(len(self.rows()), before)
        self.assertEqual({r["source"] for r in self.rows() if r["sender"] == "a@example.net"}, read)
        clients = {r["client"] for r in self.rows("clients")}
        self.assertTrue(all(c.startswith("sha1:") for c in clients))
        self.run_greylag("show", "198.51.100.4", "x@x", "y@y", code=1)
        self.assertIn("2 passes counted", self.out)
        self.assertIn("1 clients", self.run_greylag("forget", "--client=198.51.100.4"))
        daemon.stop()
        text = self.run_greylag("export")
        there = self.other_folder()
        self.run_greylag("import", "-", text=text.encode(), folder=there)
        self.assertEqual(self.run_greylag("export", folder=there), text)
        self.assertIn("a digest", self.run_greylag(
            "import", "postgrey", "--no-digests", "-", text=shifted("privacy-postgrey")))

    def test_folder(self):
        home = self.other_folder()
        self.run_greylag("import", "postgrey", home, code=NOINPUT)
        self.assertIn("no postgrey.db", self.err)
        shutil.copy(os.path.join(POSTGREY, "plain-postgrey.db"), os.path.join(home, "postgrey.db"))
        self.assertIn("12 new", self.run_greylag("import", "postgrey", *AGES, home))
        self.assertEqual(self.err, "")
        with open(os.path.join(home, "postgrey.lock"), "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.run_greylag("import", "postgrey", *AGES, home)
            self.assertIn("Postgrey is running", self.err)
            self.assertIn(f"db_dump -h {home} -p postgrey.db", self.err)
        open(os.path.join(home, "__db.001"), "w").close()
        self.run_greylag("import", "postgrey", *AGES, home)
        self.assertIn("may be running", self.err)

    def test_targrey(self):
        now = int(time.time())
        text = ("VERSION=3\nformat=print\ntype=btree\nHEADER=END\n"
                f" 203.0.113.0/a@b/c@d\n {now - 900},{now - 100},1\n"
                f" 203.0.113.0/a@b/e@d\n {now - 900},{now - 100},2\n"
                f" 203.0.113.99\n {now - 60}\nDATA=END\n").encode()
        self.run_greylag("import", "postgrey", "--targrey", "--retry-count=2", "-", text=text)
        self.assertEqual([r["passes"] for r in self.rows()], ["0", "1"])
        self.assertEqual([r["source"] for r in self.rows("marks")], ["203.0.113.0/24"])
        self.assertIn("forgot 2 tuples, 0 clients, 1 marks",
                      self.run_greylag("forget", "--source=203.0.113.99"))

    def test_nothing_in_it(self):
        self.run_greylag("import", "postgrey", os.path.join(POSTGREY, "running.db"), code=DATAERR)
        self.assertIn("Stop it", self.err)

    def test_skipped_and_why(self):
        now = int(time.time())
        text = ("VERSION=3\nformat=print\ntype=btree\nHEADER=END\n"
                f" unknown/a@b/c@d\n {now},{now}\n 203.0.113.0/a@b/c@d\n {now + 900},{now + 900}\n"
                f" 203.0.113.0/a@b/e@d\n {now},{now}\nDATA=END\n").encode()
        out = self.run_greylag("import", "postgrey", "-", text=text)
        self.assertIn("read 3 entries: 1 new, 0 merged, 2 skipped\n", out)
        self.assertIn("  1: no address in the key\n", out)
        self.assertIn("  1: time in the future\n", out)

    def test_refused_files(self):
        for name in ("checksum.db", "hash.db", "encrypted.db", "twice.db", "README"):
            self.run_greylag("import", "postgrey", os.path.join(POSTGREY, name), code=DATAERR)
            self.assertIn(name, self.err)
        self.run_greylag("import", "postgrey", "-", text=shifted("plain-postgrey")[:-20],
                         code=DATAERR)
        self.run_greylag("import", "postgrey", "/nonexistent.db", code=NOINPUT)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[4:])
