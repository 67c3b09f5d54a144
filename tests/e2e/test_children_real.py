#!/usr/bin/env python3
"""Child milters that people run, directly behind a Postfix and behind a greylagd that Postfix asks:
replies and delivered mails are the same, octet for octet. Chains of filters on libmilter in the
same way, behind Sendmail too. S25R as a condition.

DKIM keys come from a file; spamd and clamd know what the test gives them.
"""
import contextlib
import email.utils
import os
import re
import sys

import children_lab
import fake_dns
import lab
import milter_mta
import sendmail_lab
from children_lab import Mail, configuration, same_outcome
from dkim_sign import make_key, sign
from lab import require, same
from test_spamd import GTUBE, Spamd

# Written now: SpamAssassin has tests for mails of another day.
HEAD = b"From: <a@sender.example>\r\nTo: <b@example.org>\r\nSubject: %s\r\nDate: " + \
       email.utils.formatdate().encode() + b"\r\nMessage-ID: <1@sender.example>\r\n"
FOLDED = b"X-Folded:\r\n\tat once,\r\n  again \r\n\tand again\r\nX-None:nothing\r\nX-Two:  two\r\nX-Empty:\r\nX-Blank: \r\n"
FORGED = b"Authentication-Results: mx.example.org; dkim=pass header.d=forged.example\r\n" \
         b"X-Spam-Status: No, score=-100\r\nX-Virus-Scanned: of course\r\n"
VERIFY = "Mode v\nAuthservID mx.example.org\nTestPublicKeys {}/keys\nAlwaysAddARHeader yes\nOn-BadSignature reject\n"
SIGN = "Mode s\nDomain sender.example\nSelector m\nKeyFile {}/key\nInternalHosts 198.18.1.1\n" \
       "Canonicalization simple/simple\nSignatureAlgorithm rsa-sha256\n"
CLAMAV = {
    "Add": "OnInfected Reject\nRejectMsg infected by %v\nAddHeader Add\n",
    "Replace": "OnInfected Reject\nRejectMsg infected by %v\nAddHeader Replace\n",
    "hold": "OnInfected Quarantine\n",
}
# Number of children of each.
SLOTS = {"verify": 1, "sign": 1, "dmarc": 2, "marks": 1, "blocks": 1, "Add": 1, "Replace": 1, "hold": 1, "chain": 3, "s25r": 1}


def mail_of(subject, body, more=b""):
    return HEAD % subject + more + b"\r\n" + body


def mails(key):
    """By name: unsigned ones, and signed ones."""
    folded = mail_of(b"folded", b"folds above\r\n..\r\n. \r\n", FOLDED)
    eight = mail_of(b"8 bit: k\xc3\xb6\xff", b"\x80\xff\xc3\xb6\r\n", b"MIME-Version: 1.0\r\nContent-Type: text/plain\r\n")
    plain = {
        "plain": mail_of(b"plain", b"Hello, how are you?\r\n"),
        "forged headers": mail_of(b"forged", b"Hello\r\n", FORGED * 3),
        "8 bit": eight,
        "folded": folded,
        "no body": mail_of(b"no body", b""),
        "large": mail_of(b"large", b"0123456789 abcdefghij\r\n" * 9000),
    }
    signed = {}
    for canon in ("simple/simple", "relaxed/relaxed"):
        for name, text in plain.items():
            signed[f"{name}, {canon}"] = sign(text, key, "shop.example", "s", canon)
        signed[f"changed, {canon}"] = signed[f"plain, {canon}"].replace(b"Hello", b"Hullo")
    return plain, signed


class World:
    """One Postfix with two doors for each slot: "direct" has the slot's children, "behind" a greylagd that has
    them. Their sockets are known before they are there."""

    def __init__(self, program, stack):
        self.program = program
        self.folder = children_lab.scratch(stack)
        key = str(self.folder / "key")
        public = make_key(key)
        (self.folder / "keys").write_text(f"s._domainkey.shop.example v=DKIM1; p={public}\n"
                                          f"m._domainkey.sender.example v=DKIM1; p={public}\n")
        self.plain, self.signed = mails(key)
        self.changer = children_lab.build("changer.c", self.folder)
        doors = {}
        for slot, count in SLOTS.items():
            doors[f"{slot} direct"] = ", ".join(f"unix:{self.folder}/{slot}.{n}" for n in range(count))
            doors[f"{slot} behind"] = f"unix:{self.folder}/{slot}.greylagd"
        self.postfix = stack.enter_context(lab.Postfix(
            {name: {"settings": {"milter_default_action": "tempfail", "smtpd_milters": a}} for name, a in doors.items()}))
        self.outcomes = children_lab.Outcomes(self.postfix)

    def behind(self, slot, items="", more=""):
        """A greylagd that has the slot's children."""
        children = [(f"child {n}", f'socket "unix:{self.folder}/{slot}.{n}"; fallback tempfail; {items}')
                    for n in range(SLOTS[slot])]
        door = f"unix:{self.folder}/{slot}.greylagd"
        return lab.Configured(self.program, configuration(children, more, door), door)

    def compare(self, slot, name, mail):
        direct = self.outcomes.send(f"{slot} direct", mail)
        same_outcome(direct, self.outcomes.send(f"{slot} behind", mail), f"{slot}, {name}")
        return direct

    def changers(self, stack, words, addresses=(None, None, None)):
        return [stack.enter_context(children_lab.Changer(self.changer, self.folder, f"chain.{n}", words[n], addresses[n]))
                for n in range(len(words))]


@contextlib.contextmanager
def world(program):
    with contextlib.ExitStack() as stack:
        yield World(program, stack)


def text_of(outcome):
    require(outcome.copies, f"not delivered: {outcome.replies}")
    return outcome.copies[0]


def opendkim_verifies(w):
    with children_lab.opendkim(w.folder, "verify.0", VERIFY.format(w.folder)), w.behind("verify"):
        for name, text in {**w.plain, **w.signed}.items():
            direct = w.compare("verify", name, Mail(text))
            if "changed" in name:
                require(direct.replies[-1].startswith("550"), f"{name}: {direct.replies}")
                continue
            want = b"dkim=pass" if name in w.signed else b"dkim=none"
            require(want in text_of(direct), f"{name}: {text_of(direct)[:600]!r}")
            require(b"forged.example" not in text_of(direct), f"{name}: opendkim takes out what is in its name")


OTHERS = b"Authentication-Results: other.example; dkim=pass header.d=other.example\r\n"


def both_strip(w):
    """What is forged in our name goes once, whoever takes it out; what others say stays."""
    with fake_dns.Server("") as dns, children_lab.opendkim(w.folder, "verify.0", VERIFY.format(w.folder)), \
            w.behind("verify", more=f'authentication_results\nresolver "127.0.0.1@{dns.port}"'):
        forged = b"".join(FORGED.partition(b"\r\n")[:2])
        for more in (forged + OTHERS + forged, OTHERS + forged + forged, forged + forged + OTHERS + OTHERS):
            text = text_of(w.outcomes.send("verify behind", Mail(mail_of(b"forged", b"Hello\r\n", more))))
            same((text.count(b"\nAuthentication-Results: other.example;"), text.count(b"forged.example")),
                 (more.count(OTHERS), 0), f"{text!r}")
            require(text.count(b"\nAuthentication-Results: mx.example.org") == 2 - text.startswith(b"Authentication"),
                    f"opendkim's and ours: {text!r}")


def opendkim_signs(w):
    """What was signed behind greylagd is whole."""
    with children_lab.opendkim(w.folder, "sign.0", SIGN.format(w.folder)), w.behind("sign"), \
            children_lab.opendkim(w.folder, "verify.0", VERIFY.format(w.folder)):
        for name, text in w.plain.items():
            direct = w.compare("sign", name, Mail(text))
            require(b"DKIM-Signature: v=1; " in text_of(direct), f"{name}: not signed")
            signed = w.outcomes.send("sign behind", Mail(text), raw=True).copies[0]
            signed = signed[signed.index(b"DKIM-Signature"):].replace(b"\n", b"\r\n")
            require(b"dkim=pass" in text_of(w.outcomes.send("verify direct", Mail(signed))), f"{name}: the signature")


POLICIES = """
_dmarc.shop.example    TXT "v=DMARC1; p=reject"
_dmarc.sender.example  TXT "v=DMARC1; p=quarantine"
_dmarc.broken.example  TXT SERVFAIL
"""
DMARC = "AuthservID mx.example.org\nTrustedAuthservIDs mx.example.org\nRejectFailures yes\n" \
        "HoldQuarantinedMessages yes\nSoftwareHeader yes\nRequiredHeaders yes\nSPFIgnoreResults yes\n"


def from_shop(text):
    return text.replace(b"From: <a@sender.example>", b"From: <a@shop.example>")


def dmarc_mails(w):
    """By name: what it says, or the reply that it gives, and a mail."""
    signed = sign(from_shop(w.plain["folded"]), str(w.folder / "key"), "shop.example", "s", "relaxed/relaxed")
    forged = from_shop(mail_of(b"forged", b"Hello\r\n", FORGED.replace(b"forged.example", b"shop.example")))
    return {
        "its own signature": (b"dmarc=pass (p=reject dis=none) header.from=shop.example", signed),
        "another's signature": (b"dmarc=fail", w.signed["plain, relaxed/relaxed"]),
        "no signature": ("550 5.7.1 rejected by DMARC policy for shop.example", from_shop(w.plain["plain"])),
        "what is forged in our name": ("550 5.7.1 rejected by DMARC policy for shop.example", forged),
        "no policy": (b"dmarc=none", w.plain["plain"].replace(b"From: <a@sender", b"From: <a@unknown")),
        "no name server": (b"dmarc=none", w.plain["plain"].replace(b"From: <a@sender", b"From: <a@broken")),
        "two who sent it": ("550", w.plain["plain"].replace(b"To: <", b"From: <b@shop.example>\r\nTo: <")),
    }


def opendkim_and_opendmarc(w):
    """The second goes by what the first has put into the mail."""
    host = f"127.53.{os.getpid() % 256}.{os.getpid() // 256 % 254 + 1}"
    with fake_dns.Server(POLICIES, 53, host) as dns, w.behind("dmarc"), \
            children_lab.opendkim(w.folder, "dmarc.0", VERIFY.format(w.folder)), \
            children_lab.opendmarc(w.folder, "dmarc.1", dns, DMARC):
        for name, (want, text) in dmarc_mails(w).items():
            direct = w.compare("dmarc", name, Mail(text))
            if isinstance(want, bytes):
                require(want in text_of(direct), f"{name}: {text_of(direct)[:900]!r}")
            else:
                require(direct.replies[-1].startswith(want), f"{name}: {direct.replies}")
            same(direct.held, name == "another's signature", f"{name}: held")


def spamass_milter(w):
    with Spamd() as spamd, \
            children_lab.spamass_milter(w.folder, "marks.0", spamd.port, []), w.behind("marks"), \
            children_lab.spamass_milter(w.folder, "blocks.0", spamd.port, ["-m", "-r", "5"]), w.behind("blocks"):
        spam = Mail(mail_of(b"spam", GTUBE.encode() + b"\r\n"))
        for name in ("plain", "forged headers", "8 bit", "folded"):
            direct = w.compare("marks", name, Mail(w.plain[name]))
            require(b"\nX-Spam-Status: No, score" in text_of(direct), f"{name}: {text_of(direct)!r}")
        direct = w.compare("marks", "spam", spam)
        require(b"\nX-Spam-Status: Yes, " in text_of(direct), f"spam: {text_of(direct)!r}")
        same(w.compare("blocks", "spam", spam).replies[-1], "550 5.7.1 Blocked by SpamAssassin", "blocked")


def clamav_milter(w):
    ill = Mail(mail_of(b"ill", children_lab.EICAR + b"\r\n"))
    with contextlib.ExitStack() as stack:
        clamd = stack.enter_context(children_lab.clamd(w.folder))
        for slot, lines in CLAMAV.items():
            stack.enter_context(children_lab.clamav_milter(w.folder, f"{slot}.0", clamd, lines))
            stack.enter_context(w.behind(slot))
        for slot in CLAMAV:              # each learns of clamd by and by
            lab.wait_for(lambda s=slot: w.outcomes.send(f"{s} direct", Mail(w.plain["plain"])).copies, 90,
                         "clamd is known")
        for slot in ("Add", "Replace"):
            for name, text in w.plain.items():
                direct = w.compare(slot, name, Mail(text))
                require(b"\nX-Virus-Scanned: clamav-milter" in text_of(direct), f"{name}: {text_of(direct)!r}")
            same(w.compare(slot, "ill", ill).replies[-1], "550 5.7.1 infected by Own.Eicar.UNOFFICIAL", "its reply")
        require(w.compare("hold", "ill", ill).held, "in quarantine")


ARGUMENTS = {"options": "SIZE=999 BODY=8BITMIME RET=HDRS ENVID=e+2Bd", "rcpt_options": "NOTIFY=DELAY ORCPT=rfc822;o+2Bo@e"}
INSERTS = ("ins:1:X-One:1", "ins:2:X-Two: 2", "ins:3:X-Deep:deep\n\tfold", "ins:1000:X-Last:l", "add:X-Added:first")
CHANGES = ("chg:2:X-Same:changed", "chg:1:X-Same:", "chg:3:X-Same:gone?", "chg:1:X-One:one", "chg:9:X-Folded:new",
           "chg:1:x-empty:full", "add:X-Added:second", "ins:1:X-Top:t")
REPLACES = ("body:new body\r\n..\r\nk\xc3\xb6", "rcpt:c@example.org", "par:d@example.org:NOTIFY=NEVER", "gone:x@example.org",
            "from:new@sender.example", "chg:1:X-Added:", "ins:2:X-Late:l", "progress")
CHAINS = {
    "as they are": (INSERTS, CHANGES, REPLACES),
    "blanks for the first": (("blank", *INSERTS), CHANGES, REPLACES),
    "blanks for the second": (INSERTS, ("blank", *CHANGES), REPLACES),
    "blanks for the last": (INSERTS, CHANGES, ("blank", *REPLACES)),
    "blanks for all": (("blank", *INSERTS), ("blank", *CHANGES), ("blank", *REPLACES)),
    "above the Received, and below": (("ins:0:X-A:1", "ins:1:X-B:1", "ins:3:X-C:1", "ins:0:X-D:1", "chg:1:X-A:"),
                                      ("ins:1:X-E:1", "ins:2:X-B:2", "ins:4:X-F:1", "ins:0:X-B:3"), ("chg:2:X-B:two",)),
    "on top for the last": (CHANGES, REPLACES, ("ins:0:X-Above:a", *INSERTS)),
    "body first, and held": (REPLACES, ("no-body", *CHANGES), ("refused", "hold:look at it", *INSERTS)),
    "pieces of the body": (("skip", *CHANGES), ("body:", "skip"), ("hold:it's 100%",)),
}
SAME = b"".join(b"X-Same: %d\r\n" % n for n in range(4)) + FOLDED + b"x-same:5\r\n"


def told(children):
    return [children_lab.timeless(c.told().encode()) for c in children]


def same_told(before, after, what):
    for n, (a, b) in enumerate(zip(before, after)):
        require(a == b, f"{what}: told child {n}, direct and behind: {children_lab.first_difference(a, b)}")


def chains(w):
    text = mail_of(b"chain k\xc3\xb6", b"old body\r\n.\r\n", SAME)
    several = ("b@example.org", "x@example.org", "no@else.example")
    cases = (("a mail", Mail(text, recipients=several, **ARGUMENTS)),
             ("no body", Mail(mail_of(b"none", b"", SAME), sender="")),
             ("large", Mail(mail_of(b"large", b"\x010123456789\r\n" * 40000, SAME))))
    with w.behind("chain"):
        for name, words in CHAINS.items():
            with contextlib.ExitStack() as stack:
                children = w.changers(stack, words)
                for what, mail in cases:
                    direct = w.outcomes.send("chain direct", mail)
                    before = told(children)
                    same_outcome(direct, w.outcomes.send("chain behind", mail), f"{name}, {what}")
                    same_told(before, told(children), f"{name}, {what}")


def arguments_and_the_end(w):
    """What milter-manager loses, and what it puts before the last header."""
    with w.behind("chain"), contextlib.ExitStack() as stack:
        children = w.changers(stack, (("add:X-A:1",), ("ins:99:X-B:2",), ("ins:1000:X-C:3",)))
        outcome = w.outcomes.send("chain behind", Mail(w.plain["plain"], **ARGUMENTS))
        head = text_of(outcome).partition(b"\n\n")[0]
        require(head.endswith(b"\nX-A: 1\nX-B: 2\nX-C: 3"), f"at the end: {head!r}")
        for record in told(children):
            for line in (b"MAIL <a@sender.example>", b"MAIL SIZE=999", b"MAIL BODY=8BITMIME", b"MAIL RET=HDRS",
                         b"MAIL ENVID=e+2Bd", b"RCPT <b@example.org>", b"RCPT NOTIFY=DELAY", b"RCPT ORCPT=rfc822;o+2Bo@e"):
                require(line + b"\n" in record, f"{line!r} in {record!r}")


SENDMAIL_CHAINS = {
    "headers": (("ins:1:X-One:1", "ins:1000:X-Last:l", "add:X-Added:first"),
                ("chg:2:X-Same:changed", "chg:1:X-One:one", "add:X-Added:second", "chg:1:x-folded:new"),
                ("add:X-Third:3", "ins:0:X-Top:t")),
    "blanks for the second": (("ins:1:X-One:1", "add:X-Added:first"),
                              ("blank", "chg:2:X-Same: changed", "add:X-Added: second", "ins:1:X-Blank2:  two"),
                              ("chg:1:X-Added:third",)),
    "deleted ones": (("chg:4:X-Same:", "chg:1:X-Same:"), ("chg:2:X-Same:second of three", "chg:1:X-Same:"),
                     ("chg:1:X-Same:first of two", "chg:2:X-Same:second of two")),
    "above the Received, and below": (("ins:0:X-A:1", "ins:1:X-B:1", "ins:0:X-D:1"), ("ins:1:X-E:1", "ins:0:X-B:3"),
                                      ("chg:2:X-B:two",)),
    "body": (("body:new\r\n..\r\n", "add:X-A:1"), ("rcpt:c@example.org", "chg:1:X-A:2"), ("gone:x@example.org", "progress")),
}


def sendmail_copies(mta, mail, number):
    with mta.session("127.0.0.11") as smtp:
        replies = children_lab.smtp_play(smtp, mail)
    require(replies[-1].startswith("250"), f"{replies}")
    def look():
        paths = list((mta.folder / "mail").glob("[!.]*"))
        return paths if len(paths) >= number else None
    copies = []
    for path in lab.wait_for(look, 10, "delivered"):
        copies.append(children_lab.timeless(path.read_bytes()))
        path.unlink()
    return sorted(copies)


def sendmail(w):
    ports = [lab.free_port() for _ in range(4)]
    addresses = [f"inet:{p}@127.0.0.1" for p in ports]
    rules = configuration([(f"child {n}", f'socket "{a}"; fallback tempfail') for n, a in enumerate(addresses[:3])],
                          door=f"inet:{ports[3]}@127.0.0.1").replace('" 666\n', '"\n')
    names = {"127.0.0.11": "mail11.sender.example"}
    mail = Mail(mail_of(b"sendmail", b"old body\r\n.\r\n", SAME), recipients=("b@example.org", "x@example.org"),
                options="SIZE=999")
    with lab.Configured(w.program, rules, f"inet:127.0.0.1:{ports[3]}"), \
            sendmail_lab.Sendmail(addresses[3], names) as behind, \
            sendmail_lab.Sendmail(" ".join(addresses[:3]), names) as direct:
        for name, words in SENDMAIL_CHAINS.items():
            with contextlib.ExitStack() as stack:
                children = w.changers(stack, words, addresses)
                sendmail_copies(behind, mail, 2)  # learns what these want
                told(children)
                first = sendmail_copies(direct, mail, 2)
                before = told(children)
                second = sendmail_copies(behind, mail, 2)
                same(len(second), len(first), f"{name}: copies")
                for a, b in zip(first, second):
                    require(a == b, f"{name}: direct and behind: {children_lab.first_difference(a, b)}")
                # Who has no list of macros is told of v as of those that we wish for.
                same_told(before, [re.sub(rb"(?m)^v .*\n", b"", t) for t in told(children)], name)


def s25r(w):
    """Page-long configurations have it so: only who looks suspicious meets the milter."""
    when = 'when condition "S25R" condition "Remote Network" condition "Unauthenticated"'
    refuses = {"R": milter_mta.packet("y", b"451 4.7.1 come again\0")}
    cases = (("dsl12-34.home.example", "198.18.2.1", "451 4.7.1 come again", 1),
             ("[UNAVAILABLE]", "198.18.2.2", "451 4.7.1 come again", 1),
             ("mail.sender.example", "198.18.2.3", "250 2.1.5 Ok", 0),
             ("mail-ab1-f12.google.com", "198.18.2.4", "250 2.1.5 Ok", 0),
             ("dsl12-34.home.example", "10.1.2.3", "250 2.1.5 Ok", 0),
             ("dsl12-34.home.example", "2001:db8::1", "250 2.1.5 Ok", 0))
    with children_lab.Fake(w.folder / "s25r.0", refuses) as child, \
            w.behind("s25r", when, f'include "{children_lab.CONDITIONS}"') as server:
        for name, address, want, accepts in cases:
            if ":" in address and not lab.has_ipv6():
                continue
            before = child.accepts
            reply = w.postfix.try_rcpt("s25r behind", address, "a@sender.example", "b@example.org", name)
            same((reply, child.accepts - before), (want, accepts), f"{name} {address}")
        before = child.accepts
        with milter_mta.Mta(server.address) as mta:
            mta.negotiate()
            mta.macros("C", {"j": "mx.example.org", "v": "Postfix 3.7.11"})
            mta.connect("dsl12-34.home.example", "198.18.2.1", 4711)
            mta.helo("client.example")
            mta.macros("M", {"{auth_type}": "PLAIN", "{auth_authen}": "rin"})
            mta.mail("<a@sender.example>")
            same((mta.rcpt("<b@example.org>").kind, child.accepts - before), ("continue", 0), "who authenticated")
        same(child.letters.count("H"), 2, "told of HELO, though asked from MAIL on")


CASES = [
    ("opendkim verifies", opendkim_verifies),
    ("opendkim and we take out what is forged", both_strip),
    ("opendkim signs", opendkim_signs),
    ("opendkim, and opendmarc behind it", opendkim_and_opendmarc),
    ("spamass-milter", spamass_milter),
    ("clamav-milter", clamav_milter),
    ("three that change all", chains),
    ("ESMTP arguments, and headers behind the last", arguments_and_the_end),
    ("Sendmail: three that change headers", sendmail),
    ("S25R: only who looks suspicious", s25r),
]

if __name__ == "__main__":
    sys.exit(lab.main(CASES, needs=["root", "postfix", "openssl"], fixture=world, doc=__doc__))
