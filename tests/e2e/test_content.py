#!/usr/bin/env python3
"""What becomes of a message that rules change: by a real Postfix and by a real Sendmail, each with the blank behind
the colon of a header left to us (as DKIM wants it) and not. Which headers stand where, which are gone, and the body.
"""
import contextlib
import re
import sys

import fake_dns
import lab
import outside
import sendmail_lab
from lab import require, same

MEBI = 1 << 20
RULES = """
socket "inet:127.0.0.1:{port}"
hostname "mx.example.org"
resolver "{dns}"
report all
received_spf
spamdsock inet "127.0.0.1:{spamd}"
spamd_headers
{more}
racl whitelist rcpt peek@example.org maxpeek 1k addheader "X-Racl: %f"
racl whitelist default addheader "X-Racl: %f"
dacl continue rcpt tag@example.org subjtag "[tag %r] "
dacl whitelist rcpt foot@example.org addfooter "-- \\nfooter of %r"
dacl whitelist rcpt i0@example.org addheader "X-Dacl: 0", 0
dacl whitelist rcpt i1@example.org addheader "X-Dacl: 1", 1
dacl whitelist rcpt i2@example.org addheader "X-Dacl: 2", 2
dacl whitelist rcpt all@example.org addheader "X-Dacl: all" addfooter "-- \\nfooter" subjtag "[all] "
dacl whitelist default addheader "X-Dacl: none"
"""
# Authentication-Results has DKIM looked at, for which the headers must come as they were signed.
CONFS = {"exact": "authentication_results", "plain": ""}
ZONE = """sender.example TXT "v=spf1 ip4:127.0.0.0/8 ip4:198.18.0.0/15 -all"
"""
CLIENT = {"Postfix": "198.18.50.1", "Sendmail": "127.0.0.11"}
HEAD = b"""From: <a@sender.example>
To: <b@example.org>
Subject: %s
X-Two:  two blanks
X-None:none
X-Tab:\ttab
X-Fold: a
\t b
X-Empty:
Authentication-Results: mx.example.org; dkim=pass (forged)
Authentication-Results: other.example; dkim=pass (not ours)
authentication-results:mx.example.org 1; dkim=pass (forged)
X-Spam-Status: No, forged
X-Spam-Flag: NO (forged)
X-Last: last
""".replace(b"\n", b"\r\n")


class World:
    """doors: (MTA, configuration) -> how to send."""

    def __init__(self, program, stack):
        dns = stack.enter_context(fake_dns.Server(ZONE))
        spamd = outside.Spamd()
        stack.callback(spamd.close)
        self.servers, self.relays, self.mtas, doors = {}, {}, {}, {}
        for name, more in CONFS.items():
            port = lab.free_port()
            rules = RULES.format(port=port, dns=dns.address, spamd=spamd.port, more=more)
            self.servers[name] = stack.enter_context(lab.Configured(program, rules, f"inet:127.0.0.1:{port}"))
            self.relays[name] = outside.Relay(port)
            stack.callback(self.relays[name].close)
            port = self.relays[name].port
            doors[name] = {"settings": {"smtpd_milters": f"inet:127.0.0.1:{port}"}}
            with contextlib.suppress(lab.Skip):
                self.mtas["Sendmail", name] = stack.enter_context(sendmail_lab.Sendmail(
                    f"inet:{port}@127.0.0.1", {CLIENT["Sendmail"]: "mail.sender.example"}))
        self.postfix = stack.enter_context(lab.Postfix(
            doors, settings={"milter_default_action": "tempfail", "message_size_limit": 50 * MEBI,
                             "virtual_mailbox_limit": 0}))

    @contextlib.contextmanager
    def session(self, mta, conf):
        if mta == "Postfix":
            with self.postfix.session(conf, CLIENT[mta], "mail.sender.example", 60) as smtp:
                yield smtp
            return
        with self.mtas[mta, conf].session(CLIENT[mta], 60) as smtp:
            yield smtp

    def send(self, mta, conf, recipient, body=b"body\r\n"):
        """What was delivered, as a list of header lines with their folds, and the body."""
        mark = f"{mta} {conf} {recipient}"
        with self.session(mta, conf) as smtp:
            smtp.mail("a@sender.example")
            reply = lab.reply_text(smtp.rcpt(f"{recipient}@example.org"))
            require(reply.startswith("250"), f"{mark}: RCPT: {reply}")
            reply = lab.reply_text(smtp.data(HEAD % mark.encode() + b"\r\n" + body))
            require(reply.startswith("250"), f"{mark}: {reply}")
        text = self.delivered(mta, conf, mark)
        head, _, body = text.partition("\n\n")
        lines = re.sub(r"\n([ \t])", "\0\\1", head).split("\n")
        lines = [l.replace("\0", "\n") for l in lines]
        return lines[[l.startswith(("From ", "Return-Path:")) for l in lines].count(True):], body

    def delivered(self, mta, conf, mark):
        """By a part of its subject, as that may have changed."""
        def look():
            folder = (self.postfix.folder / "mail/inbox/new" if mta == "Postfix"
                      else self.mtas[mta, conf].folder / "mail")
            for path in folder.glob("[!.]*"):
                text = path.read_text(errors="replace")
                if re.search(rf"^Subject: .*{re.escape(mark)}$", text[:20000], re.M):
                    return text
            return None
        return lab.wait_for(look, 20, f"message {mark!r} is delivered")

    def doors(self):
        for mta in ("Postfix", "Sendmail"):
            for conf in CONFS:
                if mta == "Postfix" or (mta, conf) in self.mtas:
                    yield mta, conf
        if not self.mtas:
            print("no Sendmail to be had: only Postfix is tried", flush=True)


@contextlib.contextmanager
def world(program):
    with contextlib.ExitStack() as stack:
        yield World(program, stack)


def names(lines):
    """Without what the MTA's delivery adds at the top."""
    return [l.split(":")[0] for l in lines if not l.startswith(("X-Original-To", "Delivered-To"))]


def at_the_end(w):
    """dacl's header, X-Greylist, racl's; spamd's takes the place of the sender's."""
    for mta, conf in w.doors():
        lines, body = w.send(mta, conf, "b")
        found = names(lines)
        tail = [n for n in found[found.index("X-Last") + 1:] if n not in ("Date", "Message-ID", "Message-Id")]
        same(tail, ["X-Dacl", "X-Greylist", "X-Racl"], f"{mta}, {conf}")
        require(found.index("X-Spam-Status") < found.index("X-Last"), f"{mta}, {conf}: {found}")
        require("X-Racl: a@sender.example" in lines, f"{mta}, {conf}: {lines}")
        same(body, "body\n", f"{mta}, {conf}")


def by_index(w):
    """Counted with the MTA's own Received, which milters don't see; and by Sendmail with headers that nobody sees,
    so that 1 and some more are the same place."""
    for mta, conf in w.doors():
        for index in range(3):
            lines, _ = w.send(mta, conf, f"i{index}")
            found = [n for n in names(lines) if n not in ("Received-SPF", "Authentication-Results")]
            same(found.index("X-Dacl"), index if mta == "Postfix" else min(index, 1), f"{mta}, {conf}, index {index}: {found}")


def on_top(w):
    """Ours above the MTA's own Received; what was forged is gone, and what others have said stays."""
    for mta, conf in w.doors():
        lines, _ = w.send(mta, conf, "top")
        found = names(lines)
        first = ["Authentication-Results", "Received-SPF", "Received"] if conf == "exact" else ["Received-SPF", "Received"]
        same(found[:len(first)], first, f"{mta}, {conf}")
        text = "\n".join(lines)
        same(text.count("(not ours)"), 1, f"{mta}, {conf}: {text}")
        require(conf == "plain" or "forged" not in text, f"{mta}, {conf}: {text}")
        require("X-Spam-Flag" not in text and "No, forged" not in text, f"{mta}, {conf}: {text}")
        require(re.search(r"^X-Spam-Status: No, score=1.5 ", text, re.M), f"{mta}, {conf}: {text}")


def blanks(w):
    """No blank is lost or doubled, neither the sender's nor ours."""
    for mta, conf in w.doors():
        lines, _ = w.send(mta, conf, "tag")
        for line in ("X-Two:  two blanks", "X-Last: last", "X-Dacl: none", "X-Racl: a@sender.example",
                     f"Subject: [tag tag@example.org] {mta} {conf} tag", "X-Fold: a\n\t b"):
            require(line in lines, f"{mta}, {conf}: no {line!r} in {lines}")
        # Sendmail writes one behind each colon, unless a milter has asked for them as they are.
        if mta == "Postfix" or conf == "exact":
            for line in ("X-None:none", "X-Tab:\ttab", "X-Empty:"):
                require(line in lines, f"{mta}, {conf}: no {line!r} in {lines}")
        for name in ("X-Greylist", "X-Spam-Status", "Received-SPF"):
            line = [l for l in lines if l.startswith(name + ":")][0]
            require(re.match(rf"{name}: \S", line), f"{mta}, {conf}: {line!r}")


def footers(w):
    for mta, conf in w.doors():
        lines, body = w.send(mta, conf, "all", b"Hello\r\n.\r\n..\r\n\r\n")
        require(body.startswith("Hello\n.\n..\n") and body.endswith("\n-- \nfooter\n"), f"{mta}, {conf}: {body!r}")
        require(f"Subject: [all] {mta} {conf} all" in lines and "X-Dacl: all" in lines, f"{mta}, {conf}: {lines}")
        same([l for l in lines if l.startswith("Subject")], [f"Subject: [all] {mta} {conf} all"], "one subject")


def large_bodies(w):
    line = b"0123456789abcdef" * 4 + b"\r\n"
    for mta, conf in w.doors():
        _, body = w.send(mta, conf, "foot", line * (5 * MEBI // len(line)))
        same(len(body), (len(line) - 1) * (5 * MEBI // len(line)) + len("-- \nfooter of foot@example.org\n"), f"{mta}, {conf}")
        require(body.endswith("def\n-- \nfooter of foot@example.org\n"), f"{mta}, {conf}: {body[-100:]!r}")


def rests(w):
    """Of a body of which only the beginning is looked at the rest is not sent to us, and is delivered all the same."""
    line = b"0123456789abcdef" * 4 + b"\r\n"
    count = 5 * MEBI // len(line)
    for mta, conf in w.doors():
        sent = w.relays[conf].octets
        lines, body = w.send(mta, conf, "peek", line * count)
        same(len(body), (len(line) - 1) * count, f"{mta}, {conf}")
        require("X-Racl: a@sender.example" in lines, f"{mta}, {conf}: {lines}")
        sent = w.relays[conf].octets - sent
        require(sent < 200000, f"{mta}, {conf}: {sent} octets were sent")


CASES = [
    ("headers at the end, in order", at_the_end),
    ("headers by index", by_index),
    ("headers on top, and forged ones", on_top),
    ("blanks", blanks),
    ("footer and tag", footers),
    ("a body of 5 MiB is replaced", large_bodies),
    ("of a body of 5 MiB the rest is not sent", rests),
]

if __name__ == "__main__":
    sys.exit(lab.main(CASES, needs=["root", "postfix", "m4", "unshare", "dpkg", "openssl"], doc=__doc__, fixture=world))
