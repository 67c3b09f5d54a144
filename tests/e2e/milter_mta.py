#!/usr/bin/env python3
"""The MTA's side of the milter protocol, for tests of the milter door. Standard library only.

    with Mta("unix:/run/filter") as mta:
        mta.negotiate()
        mta.macros("C", {"j": "mx.example", "v": "Postfix 3.7.11"})
        answer = mta.connect("[192.0.2.1]", "192.0.2.1", 4711)
        answer.kind                     # "continue"

It sends what the filter asked for: a command whose NO bit is set is left out, after one whose NR bit
is set no answer is read; both give None. As Postfix does, each read has the timeout anew, so a filter
that sends PROGRESS in time may take as long as it likes (up to PATIENCE_S in all).

Run by itself it plays a small mail and prints what came:

    milter_mta.py unix:/path | inet:HOST:PORT
"""
import argparse
import dataclasses
import socket
import struct
import sys
import time

VERSION = 6
ACTIONS = 0x1FF
STEPS = 0x1FFFFF

# letter: (NO bit, NR bit); zero where there is none.
COMMANDS = {
    "C": (0x001, 0x001000),
    "H": (0x002, 0x002000),
    "M": (0x004, 0x004000),
    "R": (0x008, 0x008000),
    "T": (0x200, 0x010000),
    "U": (0x100, 0x020000),
    "L": (0x020, 0x000080),
    "N": (0x040, 0x040000),
    "B": (0x010, 0x080000),
    "E": (0, 0),
}
SKIP_STEP = 0x400
BLANK_STEP = 0x100000

FINAL = {
    "c": "continue",
    "a": "accept",
    "r": "reject",
    "t": "tempfail",
    "d": "discard",
    "y": "replycode",
    "s": "skip",
    "4": "shutdown",
    "f": "conn_fail",
}
# letter: (name, action bit, has an index)
CHANGES = {
    "h": ("addheader", 0x001, False),
    "i": ("insheader", 0x001, True),
    "m": ("chgheader", 0x010, True),
    "b": ("replbody", 0x002, False),
    "+": ("addrcpt", 0x004, False),
    "2": ("addrcpt_par", 0x080, False),
    "-": ("delrcpt", 0x008, False),
    "e": ("chgfrom", 0x040, False),
    "q": ("quarantine", 0x020, False),
}
STRINGS = {"h": (2, 2), "i": (2, 2), "m": (2, 2), "+": (1, 1), "2": (1, 2), "-": (1, 1), "e": (1, 2), "q": (1, 1)}
STAGES = ["connect", "helo", "mail", "rcpt", "data", "eom", "eoh"]

BODY_CHUNK = 65535
PACKET_MAX = 1 << 20
PACKETS_MAX = 10000  # before one final answer
PATIENCE_S = 300


class MilterError(Exception):
    """The filter did what an MTA would not put up with."""


class Silent(MilterError):
    """Nothing came within the timeout."""


class Closed(MilterError):
    """The filter closed the connection."""


class Malformed(MilterError):
    """Octets that are no reply, or none that may stand here."""


@dataclasses.dataclass
class Terms:
    version: int
    actions: int
    steps: int
    macros: dict  # stage's name: list of names


@dataclasses.dataclass
class Change:
    kind: str
    index: int = None
    texts: tuple = ()
    body: bytes = b""


@dataclasses.dataclass
class Answer:
    kind: str
    text: str = ""  # of a replycode: lines with CR LF between, percent signs single again
    changes: list = dataclasses.field(default_factory=list)
    progress: int = 0
    seconds: float = 0.0

    @property
    def code(self):
        return int(self.text[:3]) if self.kind == "replycode" else None

    @property
    def body(self):
        """The new body, or None when it stays."""
        pieces = [c.body for c in self.changes if c.kind == "replbody"]
        return b"".join(pieces) if pieces else None

    def __str__(self):
        words = [self.kind + (f" {self.text!r}" if self.text else "")]
        words += [f"{c.kind} {c.index if c.index is not None else ''} {c.texts or len(c.body)}" for c in self.changes]
        if self.progress:
            words.append(f"progress {self.progress}")
        return "; ".join(words)


def octets(text):
    return text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")


def text_of(raw):
    return raw.decode("utf-8", "surrogateescape")


def cstring(text):
    return octets(text) + b"\0"


def packet(letter, data=b""):
    """The octets of one packet."""
    return struct.pack(">I", 1 + len(data)) + octets(letter) + data


def split_strings(data, what):
    if data and not data.endswith(b"\0"):
        raise Malformed(f"{what}: no NUL at the end: {data!r}")
    return [text_of(part) for part in data.split(b"\0")[:-1]]


def dial(address, timeout_s):
    scheme, _, rest = address.partition(":")
    if scheme == "unix":
        sock = socket.socket(socket.AF_UNIX)
        target = rest
    elif scheme == "inet":
        host, _, port = rest.rpartition(":")
        host = host.strip("[]")
        sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        target = (host, int(port))
    else:
        raise ValueError(f"{address}: neither unix:/path nor inet:host:port")
    try:
        sock.settimeout(timeout_s)
        sock.connect(target)
    except OSError:
        sock.close()
        raise
    return sock


class Mta:
    def __init__(self, address, timeout_s=10.0):
        self.timeout_s = timeout_s
        self.terms = Terms(VERSION, ACTIONS, 0, {})
        self.sock = dial(address, timeout_s)
        self.inbox = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.sock.close()

    # Octets and packets

    def send_raw(self, data):
        """Whatever it is; for malformed input. The filter may have closed already."""
        try:
            self.sock.settimeout(self.timeout_s)
            self.sock.sendall(data)
        except socket.timeout as e:
            raise Silent("the filter doesn't read") from e
        except OSError as e:
            raise Closed(str(e)) from e

    def send_slowly(self, data, piece=1, pause_s=0.0):
        for at in range(0, len(data), piece):
            self.send_raw(data[at:at + piece])
            time.sleep(pause_s)

    def send(self, letter, data=b""):
        self.send_raw(packet(letter, data))

    def half_close(self):
        """No more will be sent; answers may still come."""
        self.sock.shutdown(socket.SHUT_WR)

    def fill(self, size, end):
        while len(self.inbox) < size:
            left = end - time.monotonic()
            if left <= 0:
                raise Silent(f"no whole packet within {self.timeout_s} s, but {self.inbox!r}")
            try:
                self.sock.settimeout(left)
                more = self.sock.recv(65536)
            except socket.timeout:
                continue
            except OSError as e:
                raise Closed(str(e)) from e
            if not more:
                raise Closed(f"in the midst of a packet: {self.inbox!r}" if self.inbox else "closed")
            self.inbox += more

    def read_packet(self, timeout_s=None):
        """(letter, data) of the next packet."""
        end = time.monotonic() + (self.timeout_s if timeout_s is None else timeout_s)
        self.fill(4, end)
        (length,) = struct.unpack(">I", self.inbox[:4])
        if length == 0 or length > PACKET_MAX:
            raise Malformed(f"length {length}")
        self.fill(4 + length, end)
        letter, data = self.inbox[4:5], self.inbox[5:4 + length]
        self.inbox = self.inbox[4 + length:]
        return letter.decode("latin-1"), data

    def is_closed(self, timeout_s=None):
        """Whether the filter closes within the timeout, without another packet."""
        try:
            found = self.read_packet(timeout_s)
        except Closed:
            return True
        except Silent:
            return False
        raise Malformed(f"a packet instead of the end: {found!r}")

    def is_silent(self, timeout_s):
        """Whether nothing comes and the connection stays for so long."""
        try:
            found = self.read_packet(timeout_s)
        except Silent:
            return not self.inbox
        except Closed:
            return False
        raise Malformed(f"a packet instead of silence: {found!r}")

    # Answers

    def read_change(self, letter, data):
        name, action, indexed = CHANGES[letter]
        if not self.terms.actions & action:
            raise Malformed(f"{name} was not agreed on")
        if letter == "b":
            return Change(name, body=data)
        index = None
        if indexed:
            if len(data) < 4:
                raise Malformed(f"{name}: {data!r}")
            (index,) = struct.unpack(">I", data[:4])
            data = data[4:]
        texts = split_strings(data, name)
        least, most = STRINGS[letter]
        if not least <= len(texts) <= most:
            raise Malformed(f"{name}: {texts!r}")
        return Change(name, index, tuple(texts))

    @staticmethod
    def read_text(data):
        """As both MTAs want it: the same code on all lines, percent signs doubled."""
        (text,) = split_strings(data, "replycode") if data.count(b"\0") == 1 else ("",)
        lines = text.split("\r\n")
        for at, line in enumerate(lines):
            mark = " " if at + 1 == len(lines) else "-"
            bad = line[:1] not in ("4", "5") or not line[:3].isdigit() or line[3:4] != mark or line[:3] != text[:3]
            bad = bad or line[4:5].isdigit() and line[4] != line[0]
            bad = bad or not line.isascii() or not line.isprintable() or len(line) > 984
            if bad or "%" in line.replace("%%", ""):
                raise Malformed(f"replycode: {data!r}")
        return text.replace("%%", "%")

    def read_answer(self, at_end=False, strict=True):
        """Packets up to the final one. Changes may stand only where at_end says so, or strict is false."""
        answer = Answer("")
        begin = time.monotonic()
        for _ in range(PACKETS_MAX):
            letter, data = self.read_packet()
            answer.seconds = time.monotonic() - begin
            if letter == "p" and not data:
                answer.progress += 1
            elif letter in CHANGES:
                if strict and not at_end:
                    raise Malformed(f"{CHANGES[letter][0]} before the end of the message")
                answer.changes.append(self.read_change(letter, data))
            elif letter in FINAL:
                if letter == "y":
                    answer.text = self.read_text(data)
                elif data:
                    raise Malformed(f"{FINAL[letter]} with {data!r}")
                answer.kind = FINAL[letter]
                return answer
            else:
                raise Malformed(f"reply {letter!r} with {data!r}")
            if answer.seconds > PATIENCE_S:
                raise Silent(f"no final answer within {PATIENCE_S} s")
        raise Malformed(f"{PACKETS_MAX} packets and no final answer")

    def ask(self, letter, data=b""):
        """Sends a command, unless it was declined, and reads its answer, unless there is none."""
        declined, unanswered = COMMANDS[letter]
        if self.terms.steps & declined:
            return None
        self.send(letter, data)
        if self.terms.steps & unanswered:
            return None
        return self.read_answer(at_end=letter == "E")

    # The dialogue

    def negotiate(self, version=VERSION, actions=ACTIONS, steps=STEPS):
        """Returns the terms, checked as Sendmail does."""
        self.send("O", struct.pack(">III", version, actions, steps))
        letter, data = self.read_packet()
        if letter != "O" or len(data) < 12:
            raise Malformed(f"{letter!r} {data!r} as answer to the offer")
        answered = struct.unpack(">III", data[:12])
        if answered[0] < 2 or answered[0] > version:
            raise Malformed(f"version {answered[0]} as answer to {version}")
        if answered[1] & ~(actions or 0x0F) or answered[2] & ~(steps or 0x3F):
            raise Malformed("actions %#x, steps %#x: not all was offered" % answered[1:])
        lists = self.read_lists(data[12:])
        if lists and (version < 6 or not actions & 0x100):
            raise Malformed("lists of macros that were not offered")
        self.terms = Terms(*answered, lists)
        return self.terms

    @staticmethod
    def read_lists(data):
        lists = {}
        while data:
            names, nul, rest = data[4:].partition(b"\0")
            if len(data) < 5 or not nul:
                raise Malformed(f"list of macros: {data!r}")
            (stage,) = struct.unpack(">I", data[:4])
            if stage >= len(STAGES) or STAGES[stage] in lists:
                raise Malformed(f"list of macros for stage {stage}")
            lists[STAGES[stage]] = text_of(names).split()
            data = rest
        return lists

    def macros(self, letter, pairs=()):
        """pairs: a dict, or a list of (name, value); long names with their braces."""
        pairs = pairs.items() if isinstance(pairs, dict) else pairs
        self.send("D", octets(letter) + b"".join(cstring(n) + cstring(v) for n, v in pairs))

    def connect(self, host, address=None, port=0, family=None):
        """Without an address the family is unknown; a path is a local socket."""
        if family is None:
            if address is None:
                family = "U"
            else:
                family = "L" if address.startswith("/") else "6" if ":" in address else "4"
        data = cstring(host) + octets(family)
        if family != "U":
            data += struct.pack(">H", port) + cstring(address or "")
        return self.ask("C", data)

    def helo(self, name):
        return self.ask("H", cstring(name))

    def mail(self, address, *arguments):
        return self.ask("M", b"".join(cstring(a) for a in (address, *arguments)))

    def rcpt(self, address, *arguments):
        return self.ask("R", b"".join(cstring(a) for a in (address, *arguments)))

    def data(self):
        return self.ask("T")

    def unknown(self, line):
        return self.ask("U", cstring(line))

    def header(self, name, value):
        """The value as it stands behind "Name: "; the blank is sent if the filter asked for it."""
        blank = b" " if self.terms.steps & BLANK_STEP else b""
        return self.ask("L", cstring(name) + blank + cstring(value))

    def eoh(self):
        return self.ask("N")

    def body(self, data):
        """In pieces as MTAs cut it; ends at the first answer other than continue, which it returns."""
        answer = None
        for at in range(0, len(data), BODY_CHUNK):
            answer = self.ask("B", data[at:at + BODY_CHUNK])
            if answer is not None and answer.kind != "continue":
                if answer.kind == "skip" and not self.terms.steps & SKIP_STEP:
                    raise Malformed("skip was not agreed on")
                break
        return answer

    def eob(self, data=b""):
        return self.ask("E", data)

    def abort(self):
        self.send("A")

    def quit(self):
        self.send("Q")

    def quit_nc(self):
        self.send("K")


def goes_on(answer):
    return answer is None or answer.kind in ("continue", "skip")


def play(mta, options, tell=print):
    """A simple mail; tells each answer. True if it was taken."""
    macros = {
        "C": {"j": "mx.example", "{daemon_name}": "mx.example", "v": options.v, "_": f"{options.name} [{options.client}]"},
        "R": {"i": "28A42A72015", "{rcpt_addr}": options.rcpt},
        "E": {"i": "28A42A72015"},
    }
    steps = [
        ("C", "connect", lambda: mta.connect(options.name, options.client, 4711)),
        ("H", "helo", lambda: mta.helo(options.helo)),
        ("M", "mail", lambda: mta.mail(f"<{options.sender}>", "SIZE=100")),
        ("R", "rcpt", lambda: mta.rcpt(f"<{options.rcpt}>")),
        ("T", "data", mta.data),
        ("L", "header", lambda: mta.header("Subject", "hi")),
        ("L", "header", lambda: mta.header("From", f"<{options.sender}>")),
        ("N", "eoh", mta.eoh),
        ("B", "body", lambda: mta.body(b"hello\r\n")),
        ("E", "eob", mta.eob),
    ]
    answer = None
    for letter, name, step in steps:
        mta.macros(letter, macros.get(letter, {}))
        answer = step()
        tell(f"{name}: {answer if answer is not None else '-'}")
        if not goes_on(answer):
            break
    mta.abort()
    mta.quit()
    tell(f"closed: {mta.is_closed(2)}")
    return answer is None or answer.kind in ("continue", "accept")


def main(argv):
    parser = argparse.ArgumentParser(description="Plays a small mail to a filter and prints what it answers.")
    parser.add_argument("socket", help="unix:/path or inet:host:port")
    parser.add_argument("--client", default="192.0.2.1", metavar="ADDRESS")
    parser.add_argument("--name", default="[192.0.2.1]", help="the client's name")
    parser.add_argument("--helo", default="mail.example")
    parser.add_argument("--sender", default="a@b.example")
    parser.add_argument("--rcpt", default="c@d.example")
    parser.add_argument("--v", default="Postfix 3.7.11", metavar="TEXT", help="the macro v")
    parser.add_argument("--version", type=int, default=VERSION)
    parser.add_argument("--timeout", type=float, default=30.0, metavar="SECONDS", help="of each read")
    options = parser.parse_args(argv)
    try:
        with Mta(options.socket, options.timeout) as mta:
            terms = mta.negotiate(options.version)
            print(f"version {terms.version} actions {terms.actions:#x} steps {terms.steps:#x} {terms.macros or ''}")
            return 0 if play(mta, options) else 1
    except (MilterError, OSError) as e:
        print(f"{type(e).__name__}: {e}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
