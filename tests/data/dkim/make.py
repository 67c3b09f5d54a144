#!/usr/bin/env python3
"""Writes the mails of tests/test_dkim.c and the zone of their keys anew, with new keys."""
import pathlib
import re
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent.parent / "e2e"))
from dkim_sign import make_key, sign  # noqa: E402

MAIL = (b"From: Rin <rin@shop.example>\r\nTo:  bob@kitsune.example\r\nSubject:order\r\n\tnumber  7 \r\n"
        b"X-Other: x\r\n\r\nDear Bob,  \r\n\r\nyour\torder\r\n\r\n\r\n")
REST = MAIL.partition(b"\r\n\r\n")[2]


def strings(text, size=200):
    return " ".join(f'"{text[i:i + size]}"' for i in range(0, len(text), size))


def write(name, mail):
    (HERE / (name + ".eml")).write_bytes(mail)


def main():
    with tempfile.TemporaryDirectory() as where:
        key, other, small, ed = (f"{where}/{n}" for n in ("key", "other", "small", "ed"))
        good = make_key(key)
        wrong = make_key(other)
        record = "v=DKIM1; k=rsa; p="
        zone = {"s": record + good, "test": "v=DKIM1; t=y; p=" + wrong, "revoked": "v=DKIM1; p=",
                "bare": "p=" + good, "wrong": record + wrong, "nonsense": "hello",
                "small": record + make_key(small, bits=768),
                "ed": "v=DKIM1; k=ed25519; p=" + make_key(ed, "ed25519"),
                "strict": "v=DKIM1; t=s; p=" + good, "web": "v=DKIM1; s=web; p=" + good,
                "sha1": "v=DKIM1; h=sha1; p=" + good}
        lines = [f"{s}._domainkey.shop.example TXT {strings(t)}" for s, t in zone.items()]
        lines.append(f"tiny._domainkey.shop.example TXT {strings(zone['s'], 7)}")
        lines += ["two._domainkey.shop.example TXT \"a note\"",
                  f"two._domainkey.shop.example TXT {strings(zone['s'])}",
                  "silent._domainkey.shop.example TXT SILENT",
                  "slow._domainkey.shop.example TXT DELAY 150",
                  f"slow._domainkey.shop.example TXT {strings(zone['s'])}",
                  "servfail._domainkey.shop.example TXT SERVFAIL",
                  "huge._domainkey.shop.example TXT HUGE 30000",
                  "octets._domainkey.shop.example TXT HEX 09763d444b494d310070",
                  "nodata._domainkey.shop.example A 192.0.2.1",
                  f"s._domainkey.other.example TXT {strings(zone['s'])}"]
        (HERE / "zone").write_text("\n".join(lines) + "\n")

        def shop(selector="s", mail=MAIL, k=key, **more):
            return sign(mail, k, "shop.example", selector, **more)

        for a in ("simple", "relaxed"):
            for b in ("simple", "relaxed"):
                write(f"{a}-{b}", shop(canon=f"{a}/{b}"))
        for s in zone.keys() - {"s", "small", "ed"} | {"tiny", "two", "silent", "slow", "servfail", "huge",
                                                       "octets", "nodata", "nothing"}:
            write("key-" + s, shop(s))
        write("key-small", shop("small", k=small, algorithm="rsa-sha256"))
        write("key-ed", shop("ed", k=ed, algorithm="ed25519-sha256"))
        write("altered-body", shop().replace(b"Dear Bob", b"Dear Rob"))
        write("altered-header", shop().replace(b"number", b"nomber"))
        write("altered-blanks", shop(canon="relaxed/relaxed").replace(b"Subject:order", b"Subject: order"))
        write("altered-blanks-simple", shop(canon="simple/simple").replace(b"Subject:order", b"Subject: order"))
        write("altered-fold-simple", shop(canon="simple/simple").replace(b"order\r\n\tnumber", b"order\r\n number"))
        write("expired", shop(extra=b"; t=1000000000; x=1000000100"))
        write("expires-late", shop(extra=b"; t=1000000000; x=9000000000"))
        write("future", shop(extra=b"; t=9000000000"))
        write("length-whole", shop(canon="relaxed/simple", length=len(REST) - 4))
        write("length-part", shop(canon="relaxed/simple", length=5))
        write("length-none", shop(canon="relaxed/simple", length=0))
        write("length-whole-relaxed", shop(canon="relaxed/relaxed", length=25))
        write("length-part-relaxed", shop(canon="relaxed/relaxed", length=24))
        write("length-added", shop(canon="relaxed/simple", length=len(REST) - 4) + b"Buy now\r\n")
        write("sha1", shop(algorithm="rsa-sha1"))
        write("no-body", shop(mail=MAIL[:-len(REST)]))
        write("no-body-relaxed", shop(mail=MAIL[:-len(REST)], canon="simple/relaxed"))
        write("no-line-end", shop(mail=MAIL + b"and no end"))
        write("bits", shop(mail=MAIL.replace(b"order", b"k\xc3\xb6\xff\x80")))
        write("no-signature", MAIL)
        write("no-from", shop(names=(b"to", b"subject")))
        write("oversigned", shop(names=(b"from", b"from", b"to", b"subject", b"subject")))
        write("oversigned-added", b"Subject: other\r\n" + shop(names=(b"from", b"subject", b"subject")))
        write("identity", shop(extra=b"; i=rin@mail.shop.example"))
        write("identity-strict", shop("strict", extra=b"; i=rin@mail.shop.example"))
        write("identity-other", shop(extra=b"; i=rin@other.example"))
        for tag in ("v", "a", "d", "s", "h", "bh", "c"):
            write("missing-" + tag, shop(drop=(tag,)))
        write("odd-algorithm", shop().replace(b"a=rsa-sha256", b"a=dsa-sha999"))
        write("odd-domain", shop().replace(b"d=shop.example", b"d=a..b"))
        write("garbage", b"DKIM-Signature: \r\n\t;;==;b=;=\x01;a=b=c\r\n" + MAIL)
        write("empty", b"DKIM-Signature:\r\n" + MAIL)
        write("blank-before-colon", shop().replace(b"DKIM-Signature:", b"DKIM-Signature :"))
        bad = shop("wrong")
        write("bad-then-good", shop("wrong", mail=shop()))
        write("good-then-bad", sign(bad, key, "other.example", "s"))
        write("bad-then-silent", shop("wrong", mail=shop("silent")))
        write("silent-then-good", shop("silent", mail=shop()))
        many = MAIL
        for _ in range(9):
            many = shop("wrong", mail=many)
        write("many", many)
        last = shop()
        for _ in range(8):
            last = shop("wrong", mail=last)
        write("ninth-is-good", last)
        long = re.sub(rb"\r\n\tnumber  7 ", b"\r\n\t" + b"\r\n\t".join([b"a b  c" * 10] * 1000), MAIL)
        write("long-header", shop(mail=long, canon="simple/simple"))


if __name__ == "__main__":
    main()
