#!/usr/bin/env python3
"""test_manual.py GREYLAG greylag.conf.5: the manual page has the whole language and nothing else, what it calls
missing is missing, and its examples are taken without a warning."""
import os
import re
import subprocess
import sys
import tempfile
import unittest

GREYLAG, PAGE = os.path.abspath(sys.argv[1]), sys.argv[2]


def plain(text):
    for escape, octet in ((r"\(dq", '"'), (r"\&", ""), (r"\e", "\\")):
        text = text.replace(escape, octet)
    return text


def read_page():
    """Each section's name, and its lines."""
    found, lines = {}, []
    with open(PAGE, encoding="utf-8") as f:
        for line in f.read().splitlines():
            if line.startswith(".Sh "):
                lines = found.setdefault(line[4:], [])
            lines.append(line)
    return found


SECTIONS = read_page()


def items(section):
    """Texts of the section's items, without their macros."""
    return [plain(line.split(" ", 2)[2]) for line in SECTIONS[section]
            if re.match(r"\.It (Li|Cm|Ic) ", line)]


def blocks(section):
    """Its displays, but for those of other programs' files."""
    found, block = [], None
    for line in SECTIONS[section]:
        if line.startswith(".Bd"):
            block = []
        elif line == ".Ed":
            found.append(plain("\n".join(block)) + "\n")
            block = None
        elif block is not None:
            block.append(line)
    return [b for b in found if "check_policy_service" not in b]


def greylag(*words, text=""):
    return subprocess.run([GREYLAG, *words], input=text, capture_output=True, text=True,
                          timeout=60, check=False)


def listing(what):
    """What stands in front of each line, and what behind."""
    lines = greylag("config", what).stdout.splitlines()
    return dict(re.split("  +", line, maxsplit=1) for line in lines)


class Names(unittest.TestCase):
    def same(self, listed, written):
        self.assertGreater(len(listed), 10)
        self.assertEqual(sorted(set(listed) - set(written)), [], "not in the manual page")
        self.assertEqual(sorted(set(written) - set(listed)), [], "not in the language")

    def test_statements(self):
        written = items("STATEMENTS") + items("DEFINITIONS")
        self.same(listing("statements"), [text.split(" ")[0] for text in written])

    def test_clauses(self):
        self.same(listing("clauses"), items("CLAUSES"))

    def test_values(self):
        self.same(listing("values"), [text.split(" ")[0] for text in items("VALUES")])

    def test_missing_statements(self):
        written = items("NOT IN THIS VERSION")
        self.assertGreater(len(written), 5)
        for text in written:
            out = greylag("config", "check", "-", text=text + "\n")
            self.assertEqual(out.returncode, 0, text + out.stderr)
            self.assertIn(text.split(" ", maxsplit=1)[0], out.stderr)
            self.assertIn("no effect", out.stderr, text)


class Examples(unittest.TestCase):
    def check(self, text):
        """Files that an example names lie, empty, in a folder of ours."""
        with tempfile.TemporaryDirectory() as folder:
            text = re.sub("/etc/(greylag|postfix)/", folder + "/", text)
            for path in re.findall(re.escape(folder) + r"/\w+(?:\.\w+)?", text):
                with open(path, "w", encoding="ascii"):
                    pass
            out = greylag("config", "check", "-", text=text)
        self.assertEqual(out.stdout, "-: no errors\n", text + out.stderr)
        self.assertEqual(out.stderr, "", text)

    def test_whole(self):
        self.check(blocks("DESCRIPTION")[0])

    def test_tarpit(self):
        self.check('policy "inet:10023"\n' + blocks("TARPIT")[0])

    def test_message(self):
        self.check(blocks("RULES")[1])

    def test_child_milters(self):
        text = blocks("CHILD MILTERS")[0]
        shipped = os.path.join(os.path.dirname(PAGE), "..", "packaging", "conditions.conf")
        self.check('socket "inet:127.0.0.1:10025"\n' + text.replace("/usr/local/share/greylag/conditions.conf",
                                                                   os.path.abspath(shipped)))

    def test_examples(self):
        head, *examples = blocks("EXAMPLES")
        self.assertGreater(len(examples), 4)
        for text in examples:
            self.check(head + text)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
