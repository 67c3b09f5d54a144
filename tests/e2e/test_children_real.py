#!/usr/bin/env python3
"""Child milters that people run, directly behind a Postfix and behind a greylagd that Postfix asks:
replies and delivered mails are the same, octet for octet. Chains of filters on libmilter in the
same way, behind Sendmail too. S25R as a condition.

DKIM keys come from a file, spamd and clamd know what the test gives them.
"""
import contextlib
import os
import sys

import children_lab
import lab
import sendmail_lab
from children_lab import Mail, configuration, same_outcome
from dkim_sign import make_key, sign
from lab import require, same
from test_spamd import GTUBE, Spamd

HEAD = b"From: <a@sender.example>\r\nTo: <b@example.org>\r\nSubject: %s\r\nDate: Tue, 24 Nov 2026 23:00:00 +0000\r\n" \
       b"Message-ID: <1@sender.example>\r\n"
FOLDED = b"X-Folded:\r\n\tat once,\r\n  again \r\n\tand again\r\nX-None:nothing\r\nX-Two:  two\r\nX-Empty:\r\nX-Blank: \r\n"
FORGED = b"Authentication-Results: mx.example.org; dkim=pass header.d=forged.example\r\n" \
         b"X-Spam-Status: No, score=-100\r\nX-Virus-Scanned: of course\r\n"
CHILDREN = ("verify", "sign", "spamass", "blocks", "clamav", "replaces")


def mail_of(subject, body, more=b""):
    return HEAD % subject + more + b"\r\n" + body


def mails(key):
    plain = mail_of(b"plain", b"Hello, how are you?\r\n")
    folded = mail_of(b"folded", b"folds above\r\n..\r\n. \r\n", FOLDED)
    eight = mail_of(b"8 bit: k\xc3\xb6\xff", b"\x80\xff\xc3\xb6\r\n", b"MIME-Version: 1.0\r\nContent-Type: text/plain\r\n")
    found = {
        "plain": plain,
        "forged headers": mail_of(b"forged", b"Hello\r\n", FORGED * 3),
        "8 bit": eight,
        "folded": folded,
        "no body": mail_of(b"no body", b""),
        "large": mail_of(b"large", b"0123456789 abcdefghij\r\n" * 9000),
        "GTUBE": mail_of(b"gtube", GTUBE.encode() + b"\r\n"),
        "EICAR": mail_of(b"eicar", children_lab.EICAR + b"\r\n"),
    }
    for canon in ("simple/simple", "relaxed/relaxed"):
        for name, text in (("folded", folded), ("8 bit", eight), ("no body", mail_of(b"signed", b""))):
            found[f"{name}, signed {canon}"] = sign(text, key, "shop.example", "s", canon)
        found[f"changed, signed {canon}"] = sign(plain, key, "shop.example", "s", canon).replace(b"Hello", b"Hullo")
    return found


class World:
    def __init__(self, program, stack):
        self.program, self.stack = program, stack
        self.folder = children_lab.scratch(stack)
        self.key = str(self.folder / "key")
        public = make_key(self.key)
        (self.folder / "keys").write_text(f"s._domainkey.shop.example v=DKIM1; p={public}\n"
                                          f"m._domainkey.sender.example v=DKIM1; p={public}\n")
        self.changer = children_lab.build("changer.c", self.folder)

    def behind(self, name, children, more=""):
        """A greylagd with these children; its address."""
        server = self.stack.enter_context(lab.Configured(self.program, configuration(children, more),
                                                         "unix:FOLDER/milter"))
        server.name = name
        return server

    @contextlib.contextmanager
    def doors(self, children, more=""):
        """A Postfix with "direct" and "behind", and the daemon. children: Process, or pairs of it and items."""
        pairs = [c if isinstance(c, tuple) else (c, "") for c in children]
        rules = [(f"child {n}", f'socket "{c.address}"; fallback tempfail; {items}') for n, (c, items) in enumerate(pairs)]
        with lab.Configured(self.program, configuration(rules, more), "unix:FOLDER/milter") as server:
            addresses = {"direct": ", ".join(c.address for c, _ in pairs), "behind": server.address}
            doors = {name: {"settings": {**children_lab.SETTINGS, "smtpd_milters": a}} for name, a in addresses.items()}
            with lab.Postfix(doors) as postfix:
                yield children_lab.Outcomes(postfix), server


@contextlib.contextmanager
def world(program):
    with contextlib.ExitStack() as stack:
        yield World(program, stack)


def compare(outcomes, name, mail):
    direct = outcomes.send("direct", mail)
    same_outcome(direct, outcomes.send("behind", mail), name)
    return direct


def text_of(outcome):
    require(outcome.copies, f"not delivered: {outcome.replies}")
    return outcome.copies[0]


def opendkim_verifies(w):
    lines = f"Mode v\nAuthservID mx.example.org\nTestPublicKeys {w.folder}/keys\nAlwaysAddARHeader yes\n" \
            "On-BadSignature reject\n"
    with children_lab.opendkim(w.folder, "verify", lines) as child, w.doors([child]) as (outcomes, _):
        for name, text in mails(w.key).items():
            if name in ("GTUBE", "EICAR"):
                continue
            direct = compare(outcomes, name, Mail(text))
            if "changed" in name:
                require(direct.replies[-1].startswith("550"), f"{name}: {direct.replies}")
                continue
            want = b"dkim=pass" if "signed" in name else b"dkim=none"
            require(want in text_of(direct), f"{name}: {text_of(direct)[:600]!r}")
            require(b"forged.example" not in text_of(direct), f"{name}: opendkim takes out what is in its name")


def opendkim_signs(w):
    """What was signed behind greylagd is whole."""
    signs = f"Mode s\nDomain sender.example\nSelector m\nKeyFile {w.key}\nInternalHosts 198.18.1.1\n" \
            "Canonicalization simple/simple\nSignatureAlgorithm rsa-sha256\n"
    checks = f"Mode v\nAuthservID check.example\nTestPublicKeys {w.folder}/keys\nOn-BadSignature reject\n"
    with children_lab.opendkim(w.folder, "sign", signs) as child, w.doors([child]) as (outcomes, _), \
            children_lab.opendkim(w.folder, "check", checks) as checker, w.doors([checker]) as (second, _):
        for name, text in mails(w.key).items():
            if "signed" in name:
                continue
            direct = compare(outcomes, name, Mail(text))
            require(b"DKIM-Signature: v=1; " in text_of(direct), f"{name}: not signed")
        for name in ("folded", "large"):
            with outcomes.postfix.session("behind", "198.18.1.1") as smtp:
                children_lab.smtp_play(smtp, Mail(mails(w.key)[name]))
            path = lab.wait_for(lambda: list(outcomes.inbox.glob("*")), 10, "delivered")[0]
            signed = path.read_bytes()
            path.unlink()
            signed = signed[signed.index(b"DKIM-Signature"):].replace(b"\n", b"\r\n")
            require(b"dkim=pass" in text_of(second.send("behind", Mail(signed))), f"{name}: the signature")


def spamass_milter(w):
    with Spamd() as spamd, \
            children_lab.spamass_milter(w.folder, "spamass", spamd.port, []) as marks, \
            children_lab.spamass_milter(w.folder, "blocks", spamd.port, ["-m", "-r", "5"]) as blocks:
        with w.doors([marks]) as (outcomes, _):
            for name in ("plain", "GTUBE", "forged headers", "8 bit", "folded", "no body"):
                direct = compare(outcomes, name, Mail(mails(w.key)[name]))
                want = b"\nX-Spam-Status: " + (b"Yes, " if name == "GTUBE" else b"No, ")
                require(want in text_of(direct), f"{name}: {text_of(direct)!r}")
        with w.doors([blocks]) as (outcomes, _):
            same(compare(outcomes, "blocked", Mail(mails(w.key)["GTUBE"])).replies[-1],
                 "550 5.7.1 Blocked by SpamAssassin", "blocked")


def clamav_milter(w):
    lines = "OnInfected Reject\nRejectMsg infected by %v: 100%\nAddHeader {}\n"
    for how in ("Add", "Replace"):
        with children_lab.clamav(w.folder, f"clamav-{how}", lines.format(how)) as child, w.doors([child]) as (outcomes, _):
            for name, text in mails(w.key).items():
                if "signed" in name:
                    continue
                direct = compare(outcomes, f"{how}, {name}", Mail(text))
                if name == "EICAR":
                    require("infected by Own.Eicar" in direct.replies[-1], f"{direct.replies}")
                else:
                    require(b"\nX-Virus-Scanned: clamav-milter" in text_of(direct), f"{name}: {text_of(direct)!r}")
    with children_lab.clamav(w.folder, "clamav-hold", "OnInfected Quarantine\n") as child, \
            w.doors([child]) as (outcomes, _):
        require(compare(outcomes, "hold", Mail(mails(w.key)["EICAR"])).held, "in quarantine")


def chain(w, words, letters="abc"):
    """Changers with these words each, in their order."""
    stack = contextlib.ExitStack()
    return stack, [stack.enter_context(children_lab.Changer(w.changer, w.folder, letter, words[letter]))
                   for letter in letters]


ARGUMENTS = {"options": "SIZE=999 BODY=8BITMIME RET=HDRS ENVID=e+2Bd", "rcpt_options": "NOTIFY=DELAY ORCPT=rfc822;o+2Bo@e"}
INSERTS = ("ins:1:X-One:1", "ins:2:X-Two: 2", "ins:3:X-Deep:deep\n\tfold", "ins:1000:X-Last:l", "add:X-Added:first")
CHANGES = ("chg:2:X-Same:changed", "chg:1:X-Same:", "chg:3:X-Same:gone?", "chg:1:X-One:one", "chg:9:X-Folded:new",
           "chg:1:x-empty:full", "add:X-Added:second", "ins:1:X-Top:t")
REPLACES = ("body:new body\r\n..\r\nk\xc3\xb6", "rcpt:c@example.org", "par:d@example.org:NOTIFY=NEVER", "gone:x@example.org",
            "from:new@sender.example", "chg:1:X-Added:", "ins:2:X-Late:l", "progress")
CHAINS = {
    "as they are": {"a": INSERTS, "b": CHANGES, "c": REPLACES},
    "blanks for the first": {"a": ("blank", *INSERTS), "b": CHANGES, "c": REPLACES},
    "blanks for the second": {"a": INSERTS, "b": ("blank", *CHANGES), "c": REPLACES},
    "blanks for the last": {"a": INSERTS, "b": CHANGES, "c": ("blank", *REPLACES)},
    "blanks for all": {"a": ("blank", *INSERTS), "b": ("blank", *CHANGES), "c": ("blank", *REPLACES)},
    "body first, and held": {"a": REPLACES, "b": ("no-body", *CHANGES), "c": ("refused", "hold:look at it", *INSERTS)},
    "pieces of the body": {"a": ("skip", *CHANGES), "b": ("body:", "skip"), "c": ("hold:it's 100%",)},
}
SAME = b"".join(b"X-Same: %d\r\n" % n for n in range(4)) + FOLDED + b"x-same:5\r\n"


def chains(w):
    text = mail_of(b"chain k\xc3\xb6", b"old body\r\n.\r\n", SAME)
    for name, words in CHAINS.items():
        stack, children = chain(w, words)
        with stack, w.doors(children) as (outcomes, _):
            for what, mail in (("a mail", Mail(text, recipients=("b@example.org", "x@example.org", "no@else.example"),
                                               **ARGUMENTS)),
                               ("no body", Mail(mail_of(b"none", b"", SAME), sender="")),
                               ("large", Mail(mail_of(b"large", b"\x000123456789\r\n" * 40000, SAME)))):
                direct = outcomes.send("direct", mail)
                told = [children_lab.timeless(c.told().encode()) for c in children]
                same_outcome(direct, outcomes.send("behind", mail), f"{name}, {what}")
                for child, before in zip(children, told):
                    after = children_lab.timeless(child.told().encode())
                    require(after == before, f"{name}, {what}, {child.record.name}: direct and behind: "
                            f"{children_lab.first_difference(before, after)}")


CASES = [
    ("opendkim verifies", opendkim_verifies),
    ("opendkim signs", opendkim_signs),
    ("spamass-milter", spamass_milter),
    ("clamav-milter", clamav_milter),
    ("three that change all", chains),
]

if __name__ == "__main__":
    sys.exit(lab.main(CASES, needs=["root", "postfix", "openssl"], fixture=world, doc=__doc__))
