#!/usr/bin/env python3
"""test_recipes.py GREYLAG GREYLAGD SOURCE: each configuration in docs/recipes.md is taken without a warning, each
`greylag explain' there comes to what stands behind it, and the daemon answers questions about SPF as the text says.
The commented-out parts of packaging/greylag.conf are taken too. SOURCE is the folder of the project."""
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import unittest

GREYLAG, GREYLAGD, SOURCE = (os.path.abspath(word) for word in sys.argv[1:4])
sys.path.insert(0, os.path.join(SOURCE, "tests", "e2e"))
import fake_dns  # noqa: E402

FOR_SENDMAIL = "Sendmail, it can't be kept waiting longer than 8 s"


def readme_blocks():
    """The README's pieces of configuration: indented, in the sections that show some."""
    with open(os.path.join(SOURCE, "README.md"), encoding="utf-8") as f:
        page = f.read()
    for section in page.split("\n## ")[1:]:
        name, text = section.split("\n", 1)
        if name in ("SpamAssassin", "SPF", "Other milters"):
            yield name, "\n".join(re.findall(r"^    (.*)$", text, re.M))


def read_page():
    """Each section's name, and its blocks: (kind, text)."""
    with open(os.path.join(SOURCE, "docs", "recipes.md"), encoding="utf-8") as f:
        page = f.read()
    found = {}
    for section in page.split("\n## ")[1:]:
        name, text = section.split("\n", 1)
        found[name] = re.findall(r"^```(\w+)\n(.*?)^```$", text, re.M | re.S)
    return found


SECTIONS = read_page()


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="greylag-recipes-")
        self.addCleanup(self.folder.cleanup)
        os.mkdir(os.path.join(self.folder.name, "store"))

    def here(self, text):
        """What it names lies with us: shipped files as they are, the administrator's empty, and a store."""
        text = text.replace("/usr/local/share/greylag/", os.path.join(SOURCE, "packaging") + "/")
        text = re.sub(r"/var/lib/GeoIP/[\w-]+\.mmdb", os.path.join(SOURCE, "tests/data/geo/countries.mmdb"), text)
        text = text.replace('"/var/lib/greylag"', f'"{self.folder.name}/store"')
        text = re.sub("/etc/(greylag|postfix)/", self.folder.name + "/", text)
        for path in re.findall(re.escape(self.folder.name) + r"/[\w.]+", text):
            if not os.path.exists(path):
                with open(path, "w", encoding="ascii"):
                    pass
        return text

    def check(self, text, but=None):
        out = subprocess.run([GREYLAG, "config", "check", "-"], input=text, capture_output=True, text=True, timeout=60,
                             check=False)
        self.assertEqual(out.stdout, "-: no errors\n", text + out.stderr)
        warnings = [line for line in out.stderr.splitlines() if but is None or but not in line]
        self.assertEqual(warnings, [], text)


class Recipes(Case):
    def test_there_are_some(self):
        self.assertGreater(len(SECTIONS), 8)
        for name, blocks in SECTIONS.items():
            self.assertIn("conf", [kind for kind, _ in blocks], name)

    def test_index(self):
        with open(os.path.join(SOURCE, "docs", "recipes.md"), encoding="utf-8") as f:
            listed = re.findall(r"^\| \[([^\]]+)\]\(#([^)]+)\)", f.read(), re.M)
        self.assertEqual([name for name, _ in listed], list(SECTIONS))
        for name, anchor in listed:
            self.assertEqual(anchor, re.sub(r"[^\w -]", "", name.lower()).replace(" ", "-"))

    def test_configurations(self):
        for name, blocks in SECTIONS.items():
            for kind, text in blocks:
                with self.subTest(name):
                    if kind == "conf":  # of a tarpit at a milter door there is always a word for Sendmail's users
                        self.check(self.here(text), FOR_SENDMAIL if "\nsocket " in "\n" + text else None)

    def test_readme(self):
        blocks = list(readme_blocks())
        self.assertEqual(len(blocks), 3)
        for name, text in blocks:
            with self.subTest(name):
                self.check(self.here('socket "inet:127.0.0.1:10025"\n' + text + "\n"), FOR_SENDMAIL)

    def test_explanations(self):
        count = 0
        for name, blocks in SECTIONS.items():
            conf = None
            for kind, text in blocks:
                conf = conf if kind != "conf" or conf else self.here(text)
                for line in text.splitlines() if kind == "sh" else ():
                    with self.subTest(name, line=line):
                        count += 1
                        self.explain(conf, line)
        self.assertGreater(count, 15)

    def explain(self, conf, line):
        command, expected = line.split("    # ")
        words = shlex.split(command)
        self.assertEqual((words[:2], words[-1]), (["greylag", "explain"], "greylag.conf"))
        out = subprocess.run([GREYLAG, *words[1:-1], "--json", f"--dbdir={self.folder.name}/store", "-"], input=conf,
                             capture_output=True, text=True, timeout=60, check=False)
        told = json.loads(out.stdout)
        self.assertEqual(told["end"]["verdict"] if told["stage"] == "end" else told["verdict"], expected, out.stdout)


ZONE = """
strict.example   TXT  "v=spf1 ip4:192.0.2.0/24 -all"
open.example     TXT  "v=spf1 +all"
none.example     A    192.0.2.1
broken.example   TXT  SERVFAIL
"""

# Who asks with which sender, and what the answer begins with.
LET_IN = "DUNNO|PREPEND X-Greylist"
SPF_FAIL = "550 5.7.23 SPF: 203.0.113.7 may not send for"
REFUSED_OR_GREYLISTED = [
    ("203.0.113.7", "a@strict.example", SPF_FAIL),
    ("203.0.113.7", "a@none.example", "DEFER_IF_PERMIT"),
]
SPF_QUESTIONS = {
    "SPF: fail is refused, the rest waits": [[
        *REFUSED_OR_GREYLISTED,
        ("192.0.2.7", "a@strict.example", "DEFER_IF_PERMIT"),
        ("203.0.113.7", "a@broken.example", "451 4.4.3 SPF: no answer"),
    ]],
    "SPF: who passes does not wait": [[
        *REFUSED_OR_GREYLISTED,
        ("192.0.2.7", "a@strict.example", LET_IN),
        ("203.0.113.7", "a@open.example", "DEFER_IF_PERMIT"),
    ], [
        ("203.0.113.7", "a@strict.example", "DEFER_IF_PERMIT"),
        ("192.0.2.7", "a@strict.example", LET_IN),
        ("203.0.113.7", "a@open.example", "DEFER_IF_PERMIT"),
    ]],
    "SPF: it is only watched": [[
        ("203.0.113.7", "a@strict.example", "DEFER_IF_PERMIT"),
        ("192.0.2.7", "a@strict.example", "DEFER_IF_PERMIT"),
    ]],
    "By client, sender and recipient": [[
        *REFUSED_OR_GREYLISTED,
        ("203.0.113.7", "a@partner.example", LET_IN),
        ("198.51.100.7", "a@strict.example", "DEFER_IF_PERMIT"),
    ]],
}


class Spf(Case):
    def test_policies(self):
        with fake_dns.Server(ZONE) as dns:
            for name, policies in SPF_QUESTIONS.items():
                confs = [self.here(text) for kind, text in SECTIONS[name] if kind == "conf"]
                self.assertEqual(len(confs), len(policies), name)
                for conf, questions in zip(confs, policies):
                    with self.subTest(name):
                        self.ask(conf, dns.address, questions)

    def ask(self, conf, resolver, questions):
        """One daemon for each connection, as Postfix's spawn would start it."""
        path = os.path.join(self.folder.name, "greylag.conf")
        with open(path, "w", encoding="utf-8") as f:
            f.write(re.sub("^user .*", "", conf, flags=re.M) + f'resolver "{resolver}"\nlocaladdr 198.51.100.99\n')
        text = "".join(
            "request=smtpd_access_policy\nprotocol_state=RCPT\nprotocol_name=ESMTP\n"
            f"client_address={client}\nclient_name=mail.example.net\nreverse_client_name=mail.example.net\n"
            f"helo_name=mail.example.net\nsender={sender}\nrecipient=b@example.org\ninstance={n}\n\n"
            for n, (client, sender, _) in enumerate(questions))
        out = subprocess.run([GREYLAGD, "--stdio", "-f", path], input=text, capture_output=True, text=True,
                             timeout=60, check=False)
        answers = re.findall("^action=(.*)$", out.stdout, re.M)
        self.assertEqual(len(answers), len(questions), out.stdout + out.stderr)
        for answer, (client, sender, expected) in zip(answers, questions):
            self.assertRegex(answer, "^(" + expected + ")", f"{client} {sender}\n{out.stderr}")


class Recommended(Case):
    def test_commented_parts(self):
        """All statements that stand there behind `#' and no blank, taken into the file together."""
        with open(os.path.join(SOURCE, "packaging", "greylag.conf"), encoding="utf-8") as f:
            text = f.read().replace("@datadir@/greylag/", os.path.join(SOURCE, "packaging") + "/")
        whole, count = re.subn(r"^#(?=[a-z}\t])", "", text, flags=re.M)
        self.assertGreater(count, 10)
        self.check(self.here(text))
        whole = re.sub(r"^policy .*$", "", whole, flags=re.M)  # as the file says
        self.check(self.here(whole), FOR_SENDMAIL)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
