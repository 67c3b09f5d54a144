#!/usr/bin/env python3
"""test_documents.py GREYLAG SOURCE: what the documents name is there: files, functions, links, commands, packages,
reasons of the log. SOURCE is the folder of the project."""
import glob
import os
import re
import subprocess
import sys
import unittest

GREYLAG, SOURCE = os.path.abspath(sys.argv[1]), sys.argv[2]


def read(*path):
    with open(os.path.join(SOURCE, *path), encoding="utf-8", errors="replace") as f:
        return f.read()


def files(*folders):
    """All paths from the project's folder on."""
    return [os.path.relpath(os.path.join(at, name), SOURCE) for folder in folders
            for at, _, names in os.walk(os.path.join(SOURCE, folder)) for name in names]


def pages():
    return ["README.md", *(os.path.relpath(p, SOURCE) for p in glob.glob(os.path.join(SOURCE, "docs", "*.md")))]


class Architecture(unittest.TestCase):
    """Names in back quotes."""

    def setUp(self):
        self.codes = set(re.findall(r"`([^`\n]+)`", read("docs", "architecture.md")))

    def test_files(self):
        here, count = files("src", "tests", "fuzz", "tools", "man"), 0
        for code in self.codes:
            if not re.fullmatch(r"[\w./*-]+(\.(c|h|py|t|\[ch\])|/)", code) or code.startswith("/"):
                continue
            count += 1
            pattern = "(.*/)?" + re.escape(code.replace(".[ch]", ".c")).replace(r"\*", "[^/]*")
            self.assertTrue(any(re.match(pattern + ("" if code.endswith("/") else "$"), path) for path in here), code)
        self.assertGreater(count, 50)

    def test_names(self):
        """Functions, constants, members: words with an underscore, which the language's statements and the
        counters have too."""
        source, count = "".join(read(p) for p in files("src") if p.endswith((".c", ".h"))), 0
        words = set(re.findall(r"\w+", source.replace("\\n", " ")))
        for code in self.codes:
            if not re.fullmatch(r"(struct )?[\w.]*_\w+", code) or re.search(r"\.[ch]$", code):
                continue
            count += 1
            name = code.replace("struct ", "").split(".")[-1]
            self.assertTrue(name in words, name)
        self.assertGreater(count, 50)


class Links(unittest.TestCase):
    def test_files_and_sections(self):
        count = 0
        for page in pages():
            for target in re.findall(r"\]\(([^)#]*(?:#[^)]*)?)\)", read(page)):
                if "://" in target:
                    continue
                count += 1
                path, _, section = target.partition("#")
                path = os.path.normpath(os.path.join(os.path.dirname(page), path)) if path else page
                self.assertTrue(os.path.exists(os.path.join(SOURCE, path)), f"{page}: {target}")
                if section:
                    heads = [re.sub(r"[^\w -]", "", h.lower()).replace(" ", "-")
                             for h in re.findall(r"^#+ (.*)$", read(path), re.M)]
                    self.assertIn(section, heads, f"{page}: {target}")
        self.assertGreater(count, 20)

    def test_all_pages_are_named(self):
        for page in pages()[1:]:
            self.assertIn(f"({page})", read("README.md"))


class Commands(unittest.TestCase):
    def test_greylag(self):
        """`greylag WORD ...' in the documents, and its long options, are known to the program."""
        out = subprocess.run([GREYLAG, "--help"], capture_output=True, text=True, timeout=60, check=True).stdout
        listed = re.findall(r"^  ([a-z][a-z-]*(?: [a-z-]+)?)  ", out, re.M)
        self.assertGreater(len(listed), 10)
        count = 0
        for page in pages():
            for words in re.findall(r"(?:^    |`|&& |\| )(?:sudo )?greylag ((?:--dbdir[ =]\S+ )?[a-z][^`\n#;|]*)",
                                    read(page), re.M):
                words = re.sub(r"^--dbdir[ =]\S+ ", "", words).split()
                command = " ".join(words[:2]) if " ".join(words[:2]) in listed else words[0]
                self.assertIn(command, [*listed, "config", "milters"], f"{page}: {words}")
                usage = subprocess.run([GREYLAG, *command.split(), "--help"], capture_output=True, text=True,
                                       timeout=60, check=False).stdout
                for option in (w.split("=")[0] for w in words if w.startswith("--")):
                    self.assertIn(option, usage, f"{page}: {words}")
                count += 1
        self.assertGreater(count, 20)

    def test_every_command_is_in_the_manual(self):
        page = read("man", "greylag.1")
        out = subprocess.run([GREYLAG, "--help"], capture_output=True, text=True, timeout=60, check=True).stdout
        for command in re.findall(r"^  ([a-z][a-z-]*(?: [a-z-]+)?)  ", out, re.M):
            self.assertRegex(page, rf"(?m)^\.Ss (.*, )?{command}( milter-manager)?(,|$)")
            usage = subprocess.run([GREYLAG, *command.split(), "--help"], capture_output=True, text=True, timeout=60,
                                   check=False).stdout
            for option in re.findall(r"^  --([a-z0-9-]+)", usage, re.M):
                self.assertRegex(page, rf"\.(It|Op) Fl (.*Fl )?-{option}\b|Op .*Fl -{option}\b|Fl -{option}\b", command)


class Lists(unittest.TestCase):
    def test_dependencies(self):
        """Each package that tools/deps installs has its reason, and none that is not installed."""
        words = set(re.findall(r'^\w+="([^"]*)"', read("tools", "deps"), re.M))
        wanted = {w for text in words for w in text.split() if not w.startswith("$")}
        page = read("docs", "dependencies.md")
        listed = {w for row in re.findall(r"^\| ([^|]+) \|", page, re.M) for w in row.split(", ")}
        listed -= {"package", "---"}
        self.assertEqual(sorted(wanted - listed), [], "not in docs/dependencies.md")
        unpacked = set(re.findall(r"sendmail-\w+", read("tests", "e2e", "sendmail_lab.py")))
        self.assertEqual(sorted(listed - wanted - unpacked), [], "not in tools/deps")

    def test_reasons(self):
        """Those of our own log lines, in greylagd(8)."""
        body = read("src", "session", "decision_log.c")
        body = body[body.index('return "new"'):body.index("case DO_PASS")]
        page = read("man", "greylagd.8")
        reasons = re.findall(r'return "([a-z-]+)";', body)
        self.assertGreater(len(reasons), 15)
        for reason in reasons:
            self.assertRegex(page, rf"(?m)Cm .*\b{reason}\b", reason)

    def test_end_to_end_tests(self):
        page = read("tests", "e2e", "README.md")
        for path in glob.glob(os.path.join(SOURCE, "tests", "e2e", "test_*.py")):
            self.assertIn(f"| `{os.path.basename(path)}` |", page)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
