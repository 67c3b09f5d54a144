#!/usr/bin/env python3
"""test_dumpfile.py GREYLAG GREYLAGD: milter-greylist's dump file, taken over by the command and by the
first start of a daemon, and written for the way back."""
import os
import pwd
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(1, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
import milter_mta                               # noqa: E402

GREYLAG, GREYLAGD = (os.path.abspath(p) for p in sys.argv[1:3])
DATAERR, NOINPUT, CONFIG = 65, 66, 78
DAY = 86400

HEAD = """#
# milter-greylist databases, dumped by milter-greylist-4.6.4 on 2025-03-03 09:15:00.
# DO NOT EDIT while milter-greylist is running, changes will be overwritten.
#


#
# stored tuples
#
# Sender IP\tSender e-mail\tRecipient e-mail\tTime accepted\tUnsuccessful shortest tarpit
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def line(client, sender, recipient, moment, behind=""):
    return f"{client}\t<{sender}>\t<{recipient}>\t{moment}{behind}\n"


def pending(client, sender, recipient, moment):
    return line(client, sender, recipient, moment, " # 2025-03-03 09:45:00")


def passed(client, sender, recipient, moment):
    return line(client, sender, recipient, moment, " AUTO # 2025-03-04 09:15:00")


def tarpit(client, sender, recipient, moment, shortest=0):
    return line(client, sender, recipient, moment, f"\t{shortest} TARPIT # 2025-03-03 09:15:00")


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="greylag-dump-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.store = os.path.join(self.folder, "store")
        self.dump = os.path.join(self.folder, "greylist.db")
        self.log = os.path.join(self.folder, "log")
        self.conf = os.path.join(self.folder, "greylist.conf")
        os.mkdir(self.store, 0o700)
        self.now = int(time.time())
        self.daemon = None
        self.starts = 0
        user = ""
        if os.geteuid() == 0:
            user = 'user "nobody"\n'
            os.chmod(self.folder, 0o755)
            os.chown(self.store, pwd.getpwnam("nobody").pw_uid, pwd.getpwnam("nobody").pw_gid)
        self.configure(user=user)
        self.user = user

    def configure(self, more="", user=None):
        self.port = free_port()
        with open(self.conf, "w", encoding="ascii") as f:
            f.write(f'policy "inet:127.0.0.1:{self.port}"\nstore lmdb "{self.store}"\nworkers 1\n'
                    f'dumpfile "{self.dump}" 640\ndumpfreq -1\ngreylist 30m\nautowhite 3d\n'
                    f"timeout 5d\n{more}{self.user if user is None else user}"
                    'racl greylist default\n')

    def write(self, *lines, head=HEAD):
        with open(self.dump, "w", encoding="latin-1") as f:
            f.write(head + "".join(lines))

    def start(self, *options):
        with open(self.log, "ab") as log:
            self.daemon = subprocess.Popen(
                [GREYLAGD, *(options or ("-f", self.conf)), *([] if options else ["-D"])],
                stderr=log)
        for _ in range(400):
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                break
            except OSError:
                time.sleep(0.05)
        else:
            self.fail(f"the daemon does not listen: {self.logged()}")
        self.addCleanup(self.stop)
        self.starts += 1                     # its last word of each; what came before is written then
        for _ in range(400):
            if self.logged().count("starting! pid") >= self.starts:
                return
            time.sleep(0.05)
        self.fail(f"the daemon does not say that it runs: {self.logged()}")

    def stop(self):
        if self.daemon is None:
            return
        self.daemon.terminate()
        code = self.daemon.wait(20)
        self.daemon = None
        self.assertEqual(code, 0, self.logged())

    def logged(self):
        with open(self.log, encoding="latin-1") as f:
            return f.read()

    def ask(self, client, sender, recipient):
        request = ("request=smtpd_access_policy\nprotocol_state=RCPT\n"
                   f"client_address={client}\nclient_name=unknown\nsender={sender}\n"
                   f"recipient={recipient}\n\n")
        with socket.create_connection(("127.0.0.1", self.port)) as s:
            s.sendall(request.encode())
            answer = b""
            while b"\n\n" not in answer:
                answer += s.recv(4096)
        return answer.decode()

    def passes(self, *mail):
        answer = self.ask(*mail)
        return "DUNNO" in answer or "PREPEND" in answer

    def wait_of(self, *mail):
        """Seconds that a deferral tells."""
        found = re.search(r"come back in (\d+):(\d\d):(\d\d)", self.ask(*mail))
        self.assertIsNotNone(found)
        hours, minutes, seconds = map(int, found.groups())
        return hours * 3600 + minutes * 60 + seconds

    def greylag(self, *words, code=0, text=None):
        done = subprocess.run([GREYLAG, *words], input=text, capture_output=True, timeout=60,
                              check=False)
        self.out, self.err = done.stdout.decode("latin-1"), done.stderr.decode("latin-1")
        self.assertEqual(done.returncode, code, self.out + self.err)
        return self.out

    def take(self, *words, **more):
        return self.greylag("import", "milter-greylist", f"--config={self.conf}",
                            *(words or (self.dump,)), **more)

    def give(self, *words, **more):
        return self.greylag("export", "milter-greylist", f"--config={self.conf}", *words, **more)

    def rows(self, table="tuples"):
        names, *lines = self.greylag("--dbdir", self.store, "list", table, "--epoch",
                                     "--max-age=36500", "--retry-window=36500").splitlines()
        return [dict(zip(names.split("\t"), x.split("\t"))) for x in lines]

    def entries(self, text):
        return sorted(x.split(" #")[0] for x in text.splitlines() if x and x[0] != "#")


class FirstStart(Case):
    """What milter-greylist would answer, a daemon answers that started with its file."""

    def fill(self):
        now = self.now
        self.write(
            pending("203.0.113.45", "rin@a.example", "sales@b.example", now - 3600),
            pending("203.0.113.46", "rin@a.example", "sales@b.example", now + 700),
            pending("203.0.113.47", "rin@a.example", "sales@b.example", now + 4 * 3600),
            pending("203.0.113.48", "rin@a.example", "sales@b.example", now - 6 * DAY),
            passed("203.0.113.49", "Ken@A.example", "Info@b.example", now + 600),
            passed("203.0.113.50", "ken@a.example", "info@b.example", now - 1),
            passed("203.0.113.51", "ken@a.example", "info@b.example", now + 30 * DAY),
            passed("2001:db8:4::17", "", "info@b.example", now + DAY),
            passed("fe80::1%eth0", "77=rin@a.example", "info@b.example", now + DAY))

    def check(self):
        self.assertTrue(self.passes("203.0.113.45", "rin@a.example", "sales@b.example"))
        self.assertTrue(690 <= self.wait_of("203.0.113.46", "rin@a.example", "sales@b.example")
                        <= 700)
        self.assertTrue(14390 <= self.wait_of("203.0.113.47", "rin@a.example", "sales@b.example")
                        <= 14400)
        for late in ("203.0.113.48", "203.0.113.99"):
            self.assertEqual(self.wait_of(late, "rin@a.example", "sales@b.example"), 1800)
        self.assertTrue(self.passes("203.0.113.49", "ken@a.example", "info@b.example"))
        self.assertFalse(self.passes("203.0.113.50", "ken@a.example", "info@b.example"))
        self.assertTrue(self.passes("203.0.113.51", "ken@a.example", "info@b.example"))
        self.assertTrue(self.passes("2001:db8:4::17", "", "info@b.example"))
        self.assertFalse(self.passes("2001:db8:4::18", "", "info@b.example"))
        self.assertTrue(self.passes("fe80::1", "bounce=12=rin@a.example", "info@b.example"))

    def test_whole(self):
        self.fill()
        self.start()
        self.assertIn("read 9 entries: 7 taken over, 0 of the same tuples, 2 too old",
                      self.logged())
        self.check()
        kept = {r["source"]: int(r["remembered_until"]) for r in self.rows()}
        self.assertIn("203.0.113.47/32", kept)
        self.stop()
        with open(self.dump, encoding="latin-1") as f:  # it is only read
            self.assertEqual(len(f.readlines()), 19)

    def test_command_line_of_milter_greylist(self):
        self.fill()
        with open(self.dump, "a", encoding="ascii") as f:
            f.write(tarpit("203.0.113.60", "a@a.example", "b@b.example", self.now - 60))
        self.start("--as-milter-greylist", "-D", "-f", self.conf, "-d", self.dump)
        self.check()
        self.assertIn("\nmark\t203.0.113.60/32 a@a.example\t",
                      self.greylag("--dbdir", self.store, "export"))

    def test_milter_door(self):
        """The mail server stays connected to the same socket; addresses come in brackets there."""
        self.configure(f'socket "unix:{self.folder}/milter" 666\n')
        self.fill()
        self.start("--as-milter-greylist", "-D", "-f", self.conf)
        for client, sender, recipient, expected in (
                ("203.0.113.45", "<rin@a.example>", "<sales@b.example>", None),
                ("203.0.113.49", "<Ken@a.example>", "<info@b.example>", None),
                ("2001:db8:4::17", "<>", "<info@b.example>", None),
                ("fe80::1", "<bounce=12=rin@a.example>", "<info@b.example>", None),
                ("203.0.113.46", "<rin@a.example>", "<sales@b.example>", "00:11:"),
                ("203.0.113.47", "<rin@a.example>", "<sales@b.example>", "0[34]:[05][09]:"),
                ("203.0.113.99", "<rin@a.example>", "<sales@b.example>", "00:30:00")):
            with milter_mta.Mta(f"unix:{self.folder}/milter") as mta:
                mta.negotiate()
                mta.macros("C", {"j": "mx.example.org", "v": "Postfix 3.7.11"})
                mta.connect(f"[{client}]", client, 4711)
                mta.helo("client.example")
                mta.mail(sender)
                answer = mta.rcpt(recipient)
                if expected is None:
                    self.assertTrue(answer is None or answer.kind == "continue", answer)
                else:
                    self.assertRegex(answer.text, "come back in " + expected)

    def test_only_the_first(self):
        self.fill()
        self.start()
        self.stop()
        self.write(passed("192.0.2.9", "x@y", "z@b.example", self.now + DAY))
        self.start()
        self.assertFalse(self.passes("192.0.2.9", "x@y", "z@b.example"))
        self.assertTrue(self.passes("203.0.113.45", "rin@a.example", "sales@b.example"))
        self.stop()
        self.assertEqual(self.logged().count("taken over"), 1)
        self.greylag("--dbdir", self.store, "forget", "--all")
        self.start()                            # what was forgotten on purpose stays so
        self.assertFalse(self.passes("203.0.113.45", "rin@a.example", "sales@b.example"))
        self.assertEqual(self.logged().count("taken over"), 1)

    def test_interrupted(self):
        """A start that was killed in the midst of it is done again, from the beginning."""
        self.write(*(passed(f"10.0.{i >> 8}.{i & 255}", f"a{i}@a.example", "b@b.example",
                            self.now + DAY) for i in range(50000)))
        with open(self.log, "ab") as log:
            daemon = subprocess.Popen([GREYLAGD, "-f", self.conf, "-D"], stderr=log)
        data = os.path.join(self.store, "data.mdb")
        for _ in range(4000):
            if os.path.exists(data) and os.stat(data).st_size > 500000:
                break
            time.sleep(0.005)
        daemon.kill()
        daemon.wait()
        self.assertNotIn("taken over", self.logged())
        self.start()
        self.assertRegex(self.logged(), r"read 50000 entries: \d+ taken over, [1-9]\d* of the same")
        self.assertTrue(self.passes("10.0.195.79", "a49999@a.example", "b@b.example"))

    def test_a_store_in_use_is_left_alone(self):
        self.start()
        self.assertFalse(self.passes("192.0.2.9", "x@y", "z@b.example"))
        self.stop()
        self.fill()
        self.start()
        self.assertNotIn("taken over", self.logged())

    def test_no_file(self):
        self.start()
        self.assertIn(f'cannot read dumpfile "{self.dump}"', self.logged())
        self.assertIn("starting with an empty greylist", self.logged())
        self.assertFalse(self.passes("192.0.2.9", "x@y", "z@b.example"))
        self.stop()

    def test_no_file_at_first(self):
        self.start()
        self.stop()
        self.fill()
        self.start()
        self.check()

    def test_files_that_are_none(self):
        os.mkfifo(self.dump)                    # would keep a reader waiting for ever
        self.start()
        self.assertIn("starting with an empty greylist", self.logged())
        self.stop()
        os.unlink(self.dump)
        os.mkdir(self.dump)
        self.start()
        self.assertEqual(self.logged().count("starting with an empty greylist"), 2)
        self.stop()

    def test_hostile(self):
        with open(self.dump, "wb") as f:
            f.write(os.urandom(300000) + b"\n" + b"x" * 200000 + b"\n" + b"\0\n\r\n#\n"
                    + passed("192.0.2.9", "x@y", "z@b.example", self.now + DAY).encode()
                    + b"192.0.2.9\t<" + b"a" * 5000 + b">\t<b@c>\t5\n" + b"192.0.2.9\t<a")
        self.start()
        self.assertTrue(self.passes("192.0.2.9", "x@y", "z@b.example"))
        self.assertRegex(self.logged(), r"[1-9]\d* bad lines")
        self.assertEqual(len(re.findall(re.escape(self.dump) + r":\d+:\d+: ", self.logged())), 10)

    def test_unreadable(self):
        if os.geteuid() != 0:
            self.skipTest("needs root, who gives its rights away")
        self.fill()
        os.chmod(self.dump, 0o600)
        self.start()
        self.assertIn("Permission denied", self.logged())
        self.stop()
        os.chmod(self.dump, 0o644)
        self.start()
        self.check()

    def test_networks(self):
        self.configure("subnetmatch /24\nsubnetmatch6 /64\n")
        self.fill()
        self.start()
        self.assertTrue(self.passes("203.0.113.99", "rin@a.example", "sales@b.example"))
        self.assertTrue(self.passes("2001:db8:4::18", "", "info@b.example"))

    def test_lazy_autowhite(self):
        self.configure("lazyaw\n")
        self.fill()
        self.start()
        self.assertTrue(self.passes("203.0.113.49", "new@x.example", "new@b.example"))
        self.assertFalse(self.passes("203.0.113.50", "new@x.example", "new@b.example"))
        self.assertFalse(self.passes("203.0.113.45", "new@x.example", "new@b.example"))

    def test_privacy(self):
        self.configure("privacy\n")
        self.fill()
        self.start()
        self.check()
        self.assertNotIn("203.0.113", self.greylag("--dbdir", self.store, "export"))

    def test_old_form(self):
        self.write("# greylisted tuples\n",
                   line("203.0.113.45", "rin@a.example", "sales@b.example", self.now - 60),
                   "#\n# Auto-whitelisted tuples\n",
                   line("203.0.113.46", "ken@a.example", "info@b.example", self.now + 60, " AUTO"),
                   head="")
        self.start()
        self.assertTrue(self.passes("203.0.113.45", "rin@a.example", "sales@b.example"))
        self.assertTrue(self.passes("203.0.113.46", "ken@a.example", "info@b.example"))


class Import(Case):
    def test_beside_a_daemon(self):
        self.start()
        mail = ("203.0.113.45", "rin@a.example", "sales@b.example")
        later = ("203.0.113.46", "ken@a.example", "info@b.example")
        self.assertEqual(self.wait_of(*mail), 1800)
        self.assertEqual(self.wait_of(*later), 1800)
        self.write(passed(*mail, self.now + DAY), pending(*later, self.now + 100),
                   pending("203.0.113.47", "a@b", "c@d", self.now - 100))
        self.assertIn("read 3 entries: 1 new, 2 merged, 0 skipped", self.take())
        self.assertTrue(self.passes(*mail))
        self.assertLessEqual(self.wait_of(*later), 100)
        self.assertTrue(self.passes("203.0.113.47", "a@b", "c@d"))

    def test_what_is_there_wins(self):
        """A pass that lives longer, and a wait that is over sooner, are newer than the dump."""
        self.start()
        self.write(passed("203.0.113.45", "a@b", "c@d", self.now + 100),
                   pending("203.0.113.46", "a@b", "c@d", self.now - 100))
        self.take()
        for client in ("203.0.113.45", "203.0.113.46"):
            self.assertTrue(self.passes(client, "a@b", "c@d"))
        time.sleep(2.5)                         # a pass is written within two seconds
        before = self.give()
        self.assertIn("2 whitelisted", before)
        self.take()
        self.write(pending("203.0.113.45", "a@b", "c@d", self.now + 9000))
        self.take()
        self.assertEqual(self.entries(self.give()), self.entries(before))

    def test_twice(self):
        """Also entries that a rule with longer times has made, a while later."""
        self.write(pending("203.0.113.45", "a@b", "c@d", self.now + 9000),
                   passed("203.0.113.46", "a@b", "c@d", self.now + 40 * DAY),
                   passed("203.0.113.47", "a@b", "c@d", self.now + 60),
                   passed("203.0.113.47", "A@b", "c@D", self.now + 90))
        self.assertIn("3 new, 1 merged", self.take())
        first = self.give()
        self.assertIn(f"203.0.113.47\t<a@b>\t<c@d>\t{self.now + 90} AUTO # 2", first)
        time.sleep(1.1)
        self.assertIn("0 new, 4 merged", self.take())
        self.assertEqual(self.entries(self.give()), self.entries(first))

    def test_bad_lines(self):
        self.write("203.0.113.45 <a@b> 5\n", passed("203.0.113.45", "a@b", "c@d", self.now + 60),
                   "x\n", *["y\n"] * 20, tarpit("203.0.113.45", "a@b", "c@d", self.now, 70),
                   tarpit("203.0.113.45", "e@b", "c@d", self.now - 20 * DAY))
        self.assertIn("read 25 entries: 1 new, 0 merged, 24 skipped\n  22: a line that is no entry\n"
                      "  1: too old", self.take())
        self.assertIn(f"{self.dump}:11:20: the recipient is expected", self.err)
        self.assertIn(f"{self.dump}:13:1: an IP address is expected", self.err)
        self.assertEqual(len(self.err.splitlines()), 10)

    def test_no_dump(self):
        self.take("-", text=b"racl greylist default\n\0\xff\n", code=DATAERR)
        self.assertIn("-:1:1: an IP address", self.err)
        self.take("/nonexistent", code=NOINPUT)
        self.greylag("import", "milter-greylist", "--config=/nonexistent", self.dump, code=NOINPUT)
        self.assertIn("--config", self.err)
        with open(self.conf, "a", encoding="ascii") as f:
            f.write("racl gerylist default\n")
        self.take("-", text=b"", code=CONFIG)

    def test_nothing_in_it(self):
        self.write()
        self.assertIn("read 0 entries", self.take())

    def test_several_files(self):
        self.write(passed("203.0.113.45", "a@b", "c@d", self.now + 60))
        text = passed("203.0.113.46", "a@b", "c@d", self.now + 60).encode()
        self.assertIn("2 new", self.take(self.dump, "-", text=text))

    def test_networks(self):
        self.write(passed("203.0.113.45", "a@b", "c@d", self.now + 60),
                   passed("2001:db8::1", "a@b", "c@d", self.now + 60))
        self.take("--subnetmatch=24", "--subnetmatch6=48", self.dump)
        self.assertEqual({r["source"] for r in self.rows()}, {"203.0.113.0/24", "2001:db8::/48"})

    def test_numbers_beyond_2038_and_none(self):
        self.write(line("203.0.113.45", "a@b", "c@d", 4102444800, " AUTO"),
                   line("203.0.113.46", "a@b", "c@d", 253402300799, " AUTO"),
                   line("203.0.113.47", "a@b", "c@d", 253402300799),
                   line("203.0.113.48", "a@b", "c@d", 253402300800),
                   line("203.0.113.49", "a@b", "c@d", 0), line("203.0.113.50", "a@b", "c@d", -5))
        self.assertIn("read 6 entries: 3 new, 0 merged, 3 skipped", self.take())
        self.assertIn("203.0.113.45\t<a@b>\t<c@d>\t4102444800 AUTO", self.give())


class Export(Case):
    def fill(self):
        now = self.now
        self.lines = [
            pending("203.0.113.45", "rin@a.example", "sales@b.example", now - 3600),
            pending("203.0.113.46", "rin@a.example", "sales@b.example", now + 700),
            pending("203.0.113.47", "rin@a.example", "sales@b.example", now + 4 * 3600),
            passed("203.0.113.49", "ken@a.example", "info@b.example", now + 600),
            passed("203.0.113.51", "ken@a.example", "info@b.example", now + 30 * DAY),
            passed("2001:db8:4::17", "", "info@b.example", now + DAY)]
        self.write(*self.lines)
        self.take()

    def test_round_trip(self):
        self.fill()
        text = self.give()
        self.assertEqual(self.entries(text), self.entries("".join(self.lines)))
        self.assertIn("\n# Summary: 6 records, 3 greylisted, 3 whitelisted, 0 tarpitted\n", text)
        before = self.greylag("--dbdir", self.store, "export")
        there = os.path.join(self.folder, "there")
        os.mkdir(there)
        out = os.path.join(self.folder, "out")
        self.give("--out", out)
        self.assertEqual(os.stat(out).st_mode & 0o777, 0o640)
        with open(out, encoding="latin-1") as f:
            self.assertEqual(self.entries(f.read()), self.entries(text))
        self.greylag("--dbdir", there, "import", "milter-greylist", f"--config={self.conf}", out)
        after = self.greylag("--dbdir", there, "export")
        # But for those that had to begin at the moment of the import.
        odd = ("203.0.113.47", "203.0.113.51")
        self.assertEqual([x for x in after.splitlines() if not any(o in x for o in odd)],
                         [x for x in before.splitlines() if not any(o in x for o in odd)])
        self.assertEqual(self.entries(self.greylag(
            "--dbdir", there, "export", "milter-greylist", f"--config={self.conf}")),
            self.entries(text))

    def test_times_for_people(self):
        self.fill()
        self.assertRegex(self.give(), r"AUTO # \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\n")
        self.configure("dump_no_time_translation\n")
        self.assertRegex(self.give(), r"AUTO\n")

    def test_left_out(self):
        self.write(passed("203.0.113.45", "a@[192.0.2.1]", "c@d", self.now + 60),
                   passed("203.0.113.45", "x" * 400, "c@d", self.now + 60),
                   passed("203.0.113.45", "a@b", "c@d", self.now + 60),
                   tarpit("203.0.113.45", "a@b", "c@d", self.now))
        self.take()
        self.assertEqual(len(self.entries(self.give())), 1)
        self.assertIn("1 left out: with an address that milter-greylist can't read", self.err)
        self.assertIn("1 left out: with an address that is too long", self.err)
        self.assertIn("left out: a tarpit's mark", self.err)

    def test_hashes(self):
        self.configure("privacy\n")
        self.fill()
        self.assertEqual(self.entries(self.give()), [])
        self.assertIn("6 left out: kept by a name or a hash", self.err)

    def test_no_store(self):
        self.give(code=NOINPUT)


class Statement(Case):
    def test_no_warning(self):
        out = self.greylag("config", "check", self.conf)
        self.assertIn("no errors", out)
        self.assertEqual(self.err, "")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
