#!/usr/bin/env python3
"""Who answers for a message: a real Postfix takes mails that openssl has signed, and passes them to
the milter door, which asks a DNS server of its own.

One daemon tells in headers what it found, one refuses by rules, and a policy door tells of SPF. A
real Sendmail asks too.
"""
import contextlib
import re
import shutil
import socketserver
import struct
import sys
import threading

import fake_dns
import lab
import sendmail_lab
from dkim_sign import make_key, sign
from lab import require, same

TELLS = """
hostname "mx.example.org"
socket "inet:127.0.0.1:%d"
policy "inet:127.0.0.1:%d"
resolver "127.0.0.1@%d"
report none
authentication_results
received_spf
racl whitelist default
"""
REFUSES = TELLS + """
dacl blacklist dkim fail msg "its signature is wrong"
dacl blacklist dmarc reject msg "its owner wants it so"
dacl continue dmarc quarantine subjtag "[doubtful] "
"""
ZONE = """shop.example TXT "v=spf1 ip4:198.18.50.1 -all"
_dmarc.shop.example TXT "v=DMARC1; p=reject"
_dmarc.soft.example TXT "v=DMARC1; p=quarantine"
s._domainkey.shop.example TXT {key}
revoked._domainkey.shop.example TXT "v=DKIM1; p="
silent._domainkey.shop.example TXT SERVFAIL
"""
GOOD, BAD = "198.18.50.1", "198.18.50.9"
FORGED = (b"Authentication-Results: mx.example.org; dkim=pass header.d=forged.example\r\n"
          b"authentication-results: (a\r\n\t(comment)) \"MX.example.org\" 1; dkim=pass header.d=forged.example\r\n"
          b"Authentication-Results : mx.example.org; dkim=pass header.d=forged.example\r\n"
          b"Authentication-Results: other.example; dkim=pass header.d=forged.example\r\n")


class Tagger(socketserver.ThreadingTCPServer):
    """A child milter that writes another subject and another body."""
    daemon_threads = True
    allow_reuse_address = True

    class RequestHandlerClass(socketserver.StreamRequestHandler):
        def handle(self):
            subject = b""
            while head := self.rfile.read(5):
                letter, data = head[4:], self.rfile.read(struct.unpack(">I", head[:4])[0] - 1)
                if letter == b"O":
                    self.say(b"O", struct.pack(">III", 6, 0x1ff, 0))
                elif letter == b"Q":
                    return
                elif letter == b"E":
                    self.say(b"m", struct.pack(">I", 1) + b"Subject\0[seen] " + subject + b"\0")
                    self.say(b"b", b"another body\r\n")
                    self.say(b"c")
                elif letter not in (b"D", b"A", b"K"):
                    if letter == b"L" and data.startswith(b"Subject\0"):
                        subject = data.split(b"\0")[1]
                    self.say(b"c")

        def say(self, letter, data=b""):
            self.wfile.write(struct.pack(">I", len(data) + 1) + letter + data)

    def __init__(self):
        super().__init__(("127.0.0.1", 0), self.RequestHandlerClass)
        threading.Thread(target=self.serve_forever, daemon=True).start()


class World:
    def __init__(self, program, stack):
        self.program = program
        folder = lab.scratch()
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        self.key = f"{folder}/key"
        public = "v=DKIM1; p=" + make_key(self.key)
        strings = " ".join(f'"{public[i:i + 100]}"' for i in range(0, len(public), 100))
        self.dns = dns = stack.enter_context(fake_dns.Server(ZONE.format(key=strings)))
        doors, self.servers = {}, {}
        tagger = stack.enter_context(Tagger())
        stack.callback(tagger.shutdown)
        where = f'socket "inet:{tagger.server_address[1]}@127.0.0.1"'
        child = f'milter "tagger" {{ {where} }}\nmilter "again" {{ {where}; when dkim pass }}\n'
        for name, rules in (("tells", TELLS), ("refuses", REFUSES), ("tells with a child", TELLS + child)):
            milter, policy = lab.free_port(), lab.free_port()
            self.servers[name] = stack.enter_context(lab.Configured(
                program, rules % (milter, policy, dns.port), f"inet:127.0.0.1:{milter}"))
            doors[name] = {"settings": {"smtpd_milters": f"inet:127.0.0.1:{milter}"}}
            doors[name + " by policy"] = {"recipient": f"check_policy_service inet:127.0.0.1:{policy}"}
        self.postfix = stack.enter_context(lab.Postfix(
            doors, settings={"milter_default_action": "tempfail", "disable_mime_input_processing": "yes"}))
        self.marks = iter(f"mail {n} of the test" for n in range(1000))

    def mail(self, sender="rin@shop.example", body=b"Dear Bob\r\n\r\n\r\n", **how):
        """Its subject, and its octets; signed, if how has a canonical form."""
        mark = next(self.marks)
        text = b"From: Rin  <" + sender.encode() + b">\r\nTo:bob@example.org\r\nSubject: " + mark.encode() + b"\r\n"
        text += b"X-Fold:  a\r\n\t b \r\n\r\n" + body
        if how:
            names = (b"from", b"to", b"subject", b"x-fold")
            text = sign(text, self.key, "shop.example", how.pop("selector", "s"), names=names, **how)
        return mark, text

    def send(self, door, text, client=BAD, sender="a@other.example"):
        with self.postfix.session(door, client) as smtp:
            smtp.mail(sender)
            same(lab.reply_text(smtp.rcpt("bob@example.org"))[:3], "250", "RCPT")
            smtp.putcmd("data")
            same(smtp.getreply()[0], 354, "DATA")
            smtp.send(re.sub(rb"(?m)^\.", b"..", text) + b".\r\n")
            return lab.reply_text(smtp.getreply())

    def told(self, mail, **how):
        """The header of ours in what was delivered, in one line, and all of it."""
        mark, text = mail
        reply = self.send("tells", text, **how)
        same(reply[:3], "250", reply)
        text = self.postfix.delivered(mark)
        ours = re.findall(r"(?m)^Authentication-Results: mx\.example\.org;(?:.*\n)(?:[ \t].*\n)*", text)
        same(len(ours), 1, text)
        return re.sub(r"\s+", " ", ours[0]), text


@contextlib.contextmanager
def world(program):
    with contextlib.ExitStack() as stack:
        yield World(program, stack)


def canonical_forms(w):
    for canon in ("simple/simple", "simple/relaxed", "relaxed/simple", "relaxed/relaxed"):
        line, _ = w.told(w.mail(canon=canon))
        require("dkim=pass header.d=shop.example" in line, f"{canon}: {line}")
        require("dmarc=pass (p=reject) header.from=shop.example" in line, line)


def bodies(w):
    for body in (b"", b"\r\n", b".\r\n..\r\n", b"k\xc3\xb6\xff\r\n", b"a \t\r\n" * 20000, b"x" * 900 + b"\r\n"):
        for canon in ("simple/simple", "relaxed/relaxed"):
            line, _ = w.told(w.mail(body=body, canon=canon))
            require("dkim=pass " in line, f"{canon} {body[:20]}: {line}")


def on_top(w):
    line, text = w.told(w.mail(canon="relaxed/relaxed"), client=GOOD, sender="rin@shop.example")
    head = text[text.index("Authentication-Results"):]
    require(head.index("Received-SPF: pass") < head.index("Received: from"), text)
    require("spf=pass smtp.mailfrom=rin@shop.example" in line, line)
    require(text.index("Authentication-Results") < text.index("Received: from"), text)


def wrong_ones(w):
    cases = ((dict(canon="relaxed/relaxed"), lambda t: t.replace(b"Dear", b"Deer"), "dkim=fail (body was changed)"),
             (dict(canon="relaxed/relaxed"), lambda t: t.replace(b"To:", b"To:x"), "dkim=fail (bad signature)"),
             (dict(canon="simple/simple"), lambda t: t.replace(b"To:", b"To: "), "dkim=fail (bad signature)"),
             (dict(canon="relaxed/relaxed", selector="revoked"), lambda t: t, "dkim=fail (key revoked)"),
             (dict(canon="relaxed/relaxed", selector="none"), lambda t: t, "dkim=permerror (no key)"),
             (dict(canon="relaxed/relaxed", selector="silent"), lambda t: t, "dkim=temperror (key unavailable)"),
             (dict(), lambda t: t, "dkim=none"))
    for how, change, want in cases:
        mark, text = w.mail(**how)
        line, _ = w.told((mark, change(text)))
        require(want in line, f"{want}: {line}")
        want = "dmarc=temperror" if "temperror" in want else "dmarc=fail (p=reject dis=reject)"
        require(want in line, f"{want}: {line}")


def forged(w):
    mark, text = w.mail(canon="simple/simple")
    line, text = w.told((mark, FORGED + text))
    require("dkim=pass header.d=shop.example" in line, line)
    same(text.count("forged.example"), 1, text)
    require("other.example; dkim=pass header.d=forged.example" in text, text)


def sendmail(w):
    """It counts deleted headers where Postfix does not, and has another idea of places."""
    milter, policy = lab.free_port(), lab.free_port()
    with lab.Configured(w.program, TELLS % (milter, policy, w.dns.port), f"inet:127.0.0.1:{milter}"), \
            sendmail_lab.Sendmail(f"inet:{milter}@127.0.0.1", {"127.0.0.11": "mail11.sender.example"}) as mta:
        for canon in ("simple/simple", "relaxed/relaxed"):
            mark, text = w.mail(canon=canon)
            with mta.session("127.0.0.11") as smtp:
                smtp.mail("rin@shop.example")
                smtp.rcpt("bob@example.org")
                same(smtp.docmd("data")[0], 354, "DATA")
                smtp.send(FORGED * 2 + text + b".\r\n")
                reply = lab.reply_text(smtp.getreply())
            require(reply.startswith("250"), reply)
            text = mta.delivered(mark)
            line = re.sub(r"\s+", " ", text[:text.index("Received: from")])
            require("Authentication-Results: mx.example.org; iprev=" in line, text)
            require("dkim=pass header.d=shop.example" in line and "Received-SPF: fail" in line, text)
            same(text.count("forged.example"), 2, text)
            same(text.count("other.example; dkim=pass"), 2, text)


def behind_a_child(w):
    """What is signed is the message as it came, whatever a child milter makes of it; a condition of
    the next one too."""
    mark, text = w.mail(canon="simple/simple")
    reply = w.send("tells with a child", FORGED + text)
    same(reply[:3], "250", reply)
    text = w.postfix.delivered("[seen] [seen] " + mark)
    line = re.sub(r"\s+", " ", text[text.index("Authentication-Results: mx.example.org"):])
    require("dkim=pass header.d=shop.example" in line and "dmarc=pass" in line, text)
    require("\nanother body\n" in text and text.count("forged.example") == 1, text)


def refused(w):
    _, text = w.mail(canon="relaxed/relaxed")
    reply = w.send("refuses", text.replace(b"Dear", b"Deer"))
    require(reply.startswith("551") and reply.endswith("its signature is wrong"), reply)
    _, text = w.mail()
    reply = w.send("refuses", text)
    require(reply.startswith("551") and reply.endswith("its owner wants it so"), reply)
    same(w.send("refuses", w.mail(canon="relaxed/relaxed")[1])[:3], "250", "signed")
    same(w.send("refuses", text, client=GOOD, sender="rin@shop.example")[:3], "250", "SPF")
    mark, text = w.mail("rin@soft.example")
    same(w.send("refuses", text)[:3], "250", "quarantine")
    w.postfix.delivered("[doubtful] " + mark)


def many_at_once(w):
    """The pool has four threads."""
    big = b"a line of a large body, as they are\r\n" * 100000
    mails = [w.mail(body=big, canon="relaxed/relaxed") for _ in range(6)]
    with contextlib.ExitStack() as stack:
        sessions = [stack.enter_context(w.postfix.session("tells", BAD)) for _ in mails]
        for smtp, (_, text) in zip(sessions, mails):
            smtp.mail("a@other.example")
            smtp.rcpt("bob@example.org")
            smtp.putcmd("data")
            same(smtp.getreply()[0], 354, "DATA")
            smtp.send(text + b".\r\n")
        for smtp in sessions:
            same(smtp.getreply()[0], 250, "the end")
    for mark, _ in mails:
        require("dkim=pass" in w.postfix.delivered(mark), mark)


def hang_up(w):
    """In the midst of it; the daemon goes on."""
    _, text = w.mail(body=b"a line\r\n" * 100000, canon="relaxed/relaxed")
    for _ in range(5):
        smtp = w.postfix.session("tells", BAD)
        smtp.mail("a@other.example")
        smtp.rcpt("bob@example.org")
        smtp.putcmd("data")
        smtp.getreply()
        smtp.send(text + b".\r\n")
        smtp.close()
    line, _ = w.told(w.mail(canon="relaxed/relaxed"))
    require("dkim=pass" in line, line)


def policy_door(w):
    mark, text = w.mail()
    same(w.send("tells by policy", text, client=GOOD, sender="rin@shop.example")[:3], "250", "sent")
    text = w.postfix.delivered(mark)
    require(re.search(r"(?m)^Received-SPF: pass \(mx\.example\.org: shop\.example designates 198\.18\.50\.1 ", text),
            text)


CASES = [("all canonical forms, as they came", canonical_forms),
         ("bodies of all kinds", bodies),
         ("the headers are at the top", on_top),
         ("signatures that are no good", wrong_ones),
         ("results in our name are deleted", forged),
         ("the same with Sendmail", sendmail),
         ("behind a child milter", behind_a_child),
         ("rules refuse", refused),
         ("many large ones at once", many_at_once),
         ("who hangs up", hang_up),
         ("Received-SPF at the policy door", policy_door)]

if __name__ == "__main__":
    sys.exit(lab.main(CASES, needs=["root", "postfix", "openssl"], doc=__doc__, fixture=world))
