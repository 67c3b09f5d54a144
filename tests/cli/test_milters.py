#!/usr/bin/env python3
"""test_milters.py GREYLAG SOURCE: child milters on the command line: config import milter-manager, milters detect,
and the conditions that are shipped. SOURCE is the folder of the project."""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

GREYLAG, SOURCE = os.path.abspath(sys.argv[1]), sys.argv[2]
CONDITIONS = os.path.join(SOURCE, "packaging", "conditions.conf")
SHOWN = os.path.join(SOURCE, "tests", "data", "milter-manager", "show-config.txt")
USAGE, DATAERR, NOINPUT, CONFIG = 64, 65, 66, 78


def greylag(*words, text=""):
    return subprocess.run([GREYLAG, *words], input=text, capture_output=True, text=True, timeout=60,
                          check=False)


def check(text):
    """The language's opinion of what a command printed: errors and warnings, but for one."""
    lines = [line if not line.startswith("include") else f'include "{CONDITIONS}"'
             for line in text.splitlines()]
    out = greylag("config", "check", "-", text="\n".join(lines) + "\n")
    return out.returncode, out.stderr.splitlines()


class Import(unittest.TestCase):
    def test_whole(self):
        out = greylag("config", "import", "milter-manager", SHOWN)
        self.assertEqual((out.returncode, out.stderr), (0, ""))
        self.assertIn('milter "clamav-milter" {\n', out.stdout)
        self.assertIn('#\tsocket "unix:/var/spool/postfix/spamass/spamass.sock"\n', out.stdout)
        self.assertEqual(check(out.stdout), (0, []))

    def test_standard_input(self):
        with open(SHOWN, encoding="ascii") as f:
            text = f.read()
        out = greylag("config", "import", "milter-manager", "-", text=text)
        self.assertEqual(out.stdout, greylag("config", "import", "milter-manager", SHOWN).stdout)

    def test_cut(self):
        out = greylag("config", "import", "milter-manager", "-",
                      text='define_milter("a") do |milter|\n  milter.enabled = true\n')
        self.assertEqual((out.returncode, out.stdout), (DATAERR, ""))
        self.assertIn("-:1: the block that begins here has no 'end'", out.stderr)

    def test_program(self):
        out = greylag("config", "import", "milter-manager", "-", text="# ruby\nload_default\n")
        self.assertEqual(out.returncode, DATAERR)
        self.assertIn("-:2:1: 'load_default' is not of what milter-manager --show-config prints",
                      out.stderr)

    def test_usage(self):
        self.assertEqual(greylag("config", "import", "milter-manager").returncode, USAGE)
        out = greylag("config", "import", "postgrey", "-")
        self.assertEqual(out.returncode, USAGE)
        self.assertIn("only the configuration of milter-manager", out.stderr)
        self.assertEqual(greylag("config", "import", "milter-manager", "/nowhere").returncode, NOINPUT)
        self.assertIn("milter-manager FILE|-", greylag("config", "import", "--help").stdout)


class Detect(unittest.TestCase):
    def setUp(self):
        self.root = tempfile.mkdtemp(prefix="greylag-root-")
        self.addCleanup(shutil.rmtree, self.root)

    def write(self, path, text=""):
        whole = self.root + path
        os.makedirs(os.path.dirname(whole), exist_ok=True)
        with open(whole, "w", encoding="latin-1") as f:
            f.write(text)

    def unit(self, name, text, started=True):
        self.write(f"/lib/systemd/system/{name}.service", text)
        if started:
            self.start(name)

    def start(self, name):
        folder = self.root + "/etc/systemd/system/multi-user.target.wants"
        os.makedirs(folder, exist_ok=True)
        os.symlink(f"/lib/systemd/system/{name}.service", f"{folder}/{name}.service")

    def detect(self):
        out = greylag("milters", "detect", "--json", f"--root={self.root}")
        self.assertEqual((out.returncode, out.stderr), (0, ""))
        return {m["name"]: m for m in json.loads(out.stdout)["milters"]}

    def socket(self, name):
        found = self.detect()[name]
        return found["socket"], found["socket_from"]

    def test_none(self):
        out = greylag("milters", "detect", f"--root={self.root}")
        self.assertEqual((out.returncode, out.stdout), (1, ""))
        self.assertIn("no milter that we know is installed", out.stderr)
        out = greylag("milters", "detect", "--json", f"--root={self.root}")
        self.assertEqual((out.returncode, json.loads(out.stdout)), (1, {"milters": []}))

    def test_our_own_link_is_none(self):
        self.write("/usr/local/sbin/greylagd")
        os.symlink("greylagd", self.root + "/usr/local/sbin/milter-greylist")
        self.test_none()
        self.write("/usr/sbin/milter-greylist")
        self.assertIn("milter-greylist", self.detect())

    def test_own_file(self):
        self.unit("opendkim", "[Service]\nExecStart=/usr/sbin/opendkim\n")
        self.write("/etc/default/opendkim", "SOCKET=local:/run/old.sock\n")
        self.write("/etc/opendkim.conf", "#Socket inet:1@localhost\nsocket\tlocal:/run/opendkim/opendkim.sock\n"
                                         "SocketX inet:2@localhost\n")
        self.assertEqual(self.socket("opendkim"),
                         ("local:/run/opendkim/opendkim.sock", "/etc/opendkim.conf"))

    def test_defaults(self):
        self.write("/usr/sbin/opendmarc")
        self.write("/etc/default/opendmarc", "RUNDIR=/run/opendmarc\nSOCKET=local:${RUNDIR}/s.sock # here\n"
                                             "SOCKET=local:$RUNDIR/opendmarc.sock\n")
        self.write("/etc/opendmarc.conf", "Socket inet:1@localhost\n")
        self.assertEqual(self.socket("opendmarc"),
                         ("local:/run/opendmarc/opendmarc.sock", "/etc/default/opendmarc"))

    def test_comment_behind_a_value(self):
        self.write("/usr/sbin/opendkim")
        for value in ('"inet:8891@localhost" # here', "'inet:8891@localhost'# here", "inet:8891@localhost\t# here"):
            self.write("/etc/default/opendkim", f"export SOCKET={value}\n")
            self.assertEqual(self.socket("opendkim")[0], "inet:8891@localhost")

    def test_option_in_defaults(self):
        self.write("/usr/sbin/spamass-milter")
        self.write("/etc/sysconfig/spamass-milter", 'EXTRA_FLAGS="-u sa -p /run/spamass/sock -i 127.0.0.1"\n')
        self.assertEqual(self.socket("spamass-milter"),
                         ("unix:/run/spamass/sock", "/etc/sysconfig/spamass-milter"))

    def test_script(self):
        self.write("/usr/sbin/spamass-milter")
        self.write("/etc/default/spamass-milter", 'OPTIONS="-u spamass-milter"\n')
        self.write("/etc/init.d/spamass-milter", "SOCKET=/var/run/spamass/spamass.sock\n"
                   'if [ -x /usr/sbin/postfix ]; then\n    SOCKET="/var/spool/postfix/spamass/spamass.sock"\nfi\n')
        self.assertEqual(self.socket("spamass-milter"),
                         ("unix:/var/spool/postfix/spamass/spamass.sock", "/etc/init.d/spamass-milter"))

    def test_script_alone_is_what_a_removed_package_leaves(self):
        self.write("/etc/init.d/spamass-milter", "SOCKET=/var/run/spamass/spamass.sock\n")
        self.assertEqual(greylag("milters", "detect", f"--root={self.root}").returncode, 1)

    def test_unit_with_variables(self):
        self.unit("mimedefang", "[Service]\nEnvironment=LC_ALL=C SOCKET=/var/spool/MIMEDefang/mimedefang.sock\n"
                  "EnvironmentFile=-/etc/default/mimedefang\nExecStartPre=/bin/rm -p /no\n"
                  "ExecStart=/bin/sh -c 'exec /usr/bin/mimedefang \\\n   -m /x \\\n  -p $SOCKET -P /run/pid'\n")
        self.assertEqual(self.socket("mimedefang"),
                         ("unix:/var/spool/MIMEDefang/mimedefang.sock", "/lib/systemd/system/mimedefang.service"))
        self.write("/etc/default/mimedefang", "SOCKET=inet:9000@127.0.0.1\n")
        self.assertEqual(self.socket("mimedefang")[0], "inet:9000@127.0.0.1")

    def test_edited_unit(self):
        self.unit("milter-regex", "[Service]\nExecStart=/usr/sbin/milter-regex -p unix:/run/a\n")
        self.write("/etc/systemd/system/milter-regex.service.d/override.conf",
                   "[Service]\nExecStart=\nExecStart=/usr/sbin/milter-regex -punix:/run/b\n")
        self.assertEqual(self.socket("milter-regex"),
                         ("unix:/run/b", "/etc/systemd/system/milter-regex.service.d/override.conf"))

    def test_clamav(self):
        self.unit("clamav-milter", "[Service]\nExecStart=/usr/sbin/clamav-milter\n")
        self.write("/etc/clamav/clamav-milter.conf", "MilterSocket /run/clamav/clamav-milter.ctl\n")
        found = self.detect()["clamav-milter"]
        self.assertEqual((found["socket"], found["enabled"], found["conditions"]),
                         ("unix:/run/clamav/clamav-milter.ctl", True, []))
        self.write("/etc/clamav/clamav-milter.conf", "Example\nMilterSocket inet:7357\n")
        found = self.detect()["clamav-milter"]
        self.assertEqual((found["socket"], found["enabled"]), ("inet:7357", False))
        self.assertIn("still the example", found["why"])

    def test_rspamd(self):
        self.unit("rspamd", "[Service]\nExecStart=/usr/bin/rspamd -c /etc/rspamd/rspamd.conf -f\n")
        self.assertEqual(self.socket("rspamd"), ("inet:11332@localhost", None))
        for value, socket in (("localhost:11332", "inet:11332@localhost"), ("*:9999", "inet:9999"),
                              ("[::1]:11332", "inet:11332@[::1]"), ("192.0.2.1", "inet:11332@192.0.2.1"),
                              ("/run/rspamd/m.sock mode=0660", "unix:/run/rspamd/m.sock")):
            self.write("/etc/rspamd/local.d/worker-proxy.inc", f'milter = yes;\nbind_socket = "{value}";\n')
            self.assertEqual(self.socket("rspamd"), (socket, "/etc/rspamd/local.d/worker-proxy.inc"))
        self.write("/etc/rspamd/override.d/worker-proxy.inc", "milter = no;\n")
        found = self.detect()["rspamd"]
        self.assertFalse(found["enabled"])
        self.assertIn("no milter", found["why"])

    def test_milter_greylist(self):
        self.unit("milter-greylist", "[Service]\nExecStart=/usr/sbin/milter-greylist -D\n")
        self.write("/etc/milter-greylist/greylist.conf", 'socket "/run/milter-greylist/s.sock" 660\n'
                   "racl whitelist domain /dyn/ tarpit 70s\nracl whitelist tarpit 125s\nracl greylist default\n")
        found = self.detect()["milter-greylist"]
        self.assertEqual((found["socket"], found["tarpit_s"]), ("unix:/run/milter-greylist/s.sock", 125))
        self.assertIn("read_timeout 132s", found["statement"])
        self.assertIn('macro "{stress}" "yes"', found["statement"])
        out = greylag("milters", "detect", f"--root={self.root}")
        self.assertIn("Greylag reads its greylist.conf", out.stdout)
        self.assertEqual(check('socket "/run/m"\n' + out.stdout + "racl whitelist default\n"), (0, []))

    def test_option_of_milter_greylist_beats_its_file(self):
        self.unit("milter-greylist", "[Service]\nEnvironmentFile=/etc/default/milter-greylist\n"
                  "ExecStart=/usr/sbin/milter-greylist -D $OPTIONS\n")
        self.write("/etc/default/milter-greylist", 'OPTIONS="-p inet:11122@[127.0.0.1]"\n')
        self.write("/etc/mail/greylist.conf", 'socket "/run/x"\nracl whitelist tarpit 65s\n')
        found = self.detect()["milter-greylist"]
        self.assertEqual((found["socket"], found["tarpit_s"]), ("inet:11122@[127.0.0.1]", 65))

    def test_not_started(self):
        self.unit("opendkim", "[Service]\nExecStart=/usr/sbin/opendkim -p inet:8891@localhost\n", False)
        found = self.detect()["opendkim"]
        self.assertEqual((found["enabled"], found["why"]), (False, "it is not started with the system"))
        out = greylag("milters", "detect", f"--root={self.root}").stdout
        self.assertIn('# milter "opendkim" {\n#\tsocket "inet:8891@localhost"\n# }\n', out)

    def test_run_level(self):
        self.write("/usr/sbin/opendkim")
        self.write("/etc/default/opendkim", "SOCKET=inet:8891@localhost\n")
        self.write("/etc/rc2.d/S20opendkim")
        self.assertTrue(self.detect()["opendkim"]["enabled"])
        self.write("/etc/default/opendkim", "ENABLED=0\nSOCKET=inet:8891@localhost\n")
        found = self.detect()["opendkim"]
        self.assertEqual((found["enabled"], found["why"]), (False, "its file of defaults says ENABLED=0"))

    def test_order_is_that_of_the_content(self):
        for name in ("enma", "rspamd", "opendmarc", "opendkim", "clamav-milter", "amavisd-milter", "spamass-milter"):
            self.write(f"/usr/sbin/{name}")
        self.assertEqual(list(self.detect()), ["clamav-milter", "opendkim", "opendmarc", "spamass-milter",
                                               "amavisd-milter", "rspamd", "enma"])

    def test_no_socket(self):
        self.write("/usr/sbin/amavisd-milter")
        found = self.detect()["amavisd-milter"]
        self.assertEqual((found["socket"], found["statement"], found["why"]),
                         (None, None, "nobody says where it listens"))

    def test_values_that_are_no_sockets(self):
        self.unit("opendkim", "[Service]\nExecStart=/usr/sbin/opendkim\n")
        for value in ("", "inet:", "inet:99999", "run/x", 'unix:/a"b', "unix:/a b", "unix:/\xff", "inet:1@a b",
                      "unix:/" + "x" * 5000, "local:", "inet:8891@$HOST"):
            self.write("/etc/opendkim.conf", f"Socket {value}\n")
            self.assertIsNone(self.detect()["opendkim"]["socket"], value)

    def test_odd_files(self):
        self.unit("opendkim", "\0\xff" * 10000 + "\nExecStart=\\\n\\\n\\")
        self.write("/etc/default/opendkim", "x" * (2 << 20))            # beyond the bound: not read
        os.mkfifo(self.root + "/etc/opendkim.conf")                     # would be waited for
        os.makedirs(self.root + "/etc/rc2.d")
        os.symlink("loop", self.root + "/etc/init.d")
        self.assertIsNone(self.detect()["opendkim"]["socket"])
        self.write("/lib/systemd/system/opendkim.service",
                   "[Service]\nEnvironment=" + "A=${A}${A} " * 5000 + "\nExecStart=/x -p ${A}${A}${A}$\n")
        self.assertIsNone(self.detect()["opendkim"]["socket"])


class Conditions(unittest.TestCase):
    def test_shipped_file_is_clean(self):
        self.assertEqual(check('socket "/run/m"\ninclude "x"\nracl whitelist default\n'), (0, []))

    def test_installed_copy_names_the_file(self):
        with open(CONDITIONS, encoding="ascii") as f:
            self.assertIn('include "@datadir@/greylag/conditions.conf"', f.read())


class Language(unittest.TestCase):
    def test_tables_know_it(self):
        statements = greylag("config", "statements").stdout
        clauses = greylag("config", "clauses").stdout
        for word in ("milter ", "condition ", "include "):
            self.assertIn("\n" + word, statements)
        self.assertIn('\ncondition "NAME" ', clauses)
        self.assertIn('\nmilter "NAME" VERDICT ', clauses)

    def test_error_in_an_included_file(self):
        with tempfile.TemporaryDirectory() as folder:
            for name, text in (("main.conf", 'quiet\ninclude "more.conf"\n'),
                               ("more.conf", 'milter "m" {\n\tsocket "/m"\n\tfallback acept\n}\n')):
                with open(os.path.join(folder, name), "w", encoding="ascii") as f:
                    f.write(text)
            out = greylag("config", "check", f"{folder}/main.conf")
            self.assertEqual(out.returncode, CONFIG)
            self.assertIn(f"{folder}/main.conf:2:9: {folder}/more.conf:3:11: unknown word 'acept'; did you mean "
                          "'accept'?", out.stderr)
            shown = greylag("config", "print", f"{folder}/main.conf")
            self.assertEqual(shown.returncode, CONFIG)

    def test_print_shows_what_is_included(self):
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, "more.conf"), "w", encoding="ascii") as f:
                f.write('condition "calm" not stress\nmilter "m" { socket "inet:1"; when condition "calm" }\n')
            with open(os.path.join(folder, "main.conf"), "w", encoding="ascii") as f:
                f.write('include "more.conf"\n')
            out = greylag("config", "print", f"{folder}/main.conf").stdout
            self.assertIn('\ncondition "calm" not stress\nmilter "m" {\n\tsocket "inet:127.0.0.1:1"\n'
                          '\twhen condition "calm"\n', out)
            self.assertEqual(greylag("config", "print", "-", text=out).stdout, out)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
