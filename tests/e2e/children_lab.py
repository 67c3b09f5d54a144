"""Child milters for tests: those that people run, one that writes down what it is told
(changer.c), one that does what a script says; and what a mail server makes of a mail.

All are on loopback or on sockets in scratch folders, with configurations of their own.
"""
import contextlib
import dataclasses
import os
import pathlib
import re
import shutil
import signal
import socket
import struct
import subprocess
import threading

import lab
import milter_mta

HERE = pathlib.Path(__file__).parent
CONDITIONS = HERE.parents[1] / "packaging/conditions.conf"
# Not in one piece, or this file would be found by those who look for it.
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-" + b"FILE!$H+H*"


class Process:
    """A program that listens at a socket of its own: unix:PATH, or inet:PORT@127.0.0.1."""

    def __init__(self, words, address, patience_s=20):
        self.words, self.address, self.patience_s = [str(w) for w in words], address, patience_s
        self.process = None
        self.start()

    def listens(self):
        lab.require(self.process.poll() is None, f"{self.words[0]} ended with {self.process.returncode}")
        try:
            lab.connect(dialled(self.address), 1).close()
            return True
        except OSError:
            return False

    def start(self):
        if self.address.startswith("unix:"):
            pathlib.Path(self.address[5:]).unlink(missing_ok=True)
        self.process = subprocess.Popen(self.words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        lab.wait_for(self.listens, self.patience_s, f"{self.words[0]} listens")
        if self.address.startswith("unix:"):
            os.chmod(self.address[5:], 0o666)

    def freeze(self):
        """All of its threads stand still when this returns."""
        self.process.send_signal(signal.SIGSTOP)
        tasks = pathlib.Path(f"/proc/{self.process.pid}/task")
        lab.wait_for(lambda: all(self.state(t) == "T" for t in tasks.iterdir()), 5, "frozen")

    @staticmethod
    def state(task):
        try:
            return (task / "stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return "T"                   # it has ended

    def thaw(self):
        self.process.send_signal(signal.SIGCONT)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()


def dialled(address):
    """A milter's address as lab.connect has it."""
    if address.startswith("unix:"):
        return address
    port, host = address[5:].split("@")
    return f"inet:{host}:{port}"


def need(*programs):
    for name in programs:
        if lab.which(name) is None:
            raise lab.Skip(f"no {name}")


def build(source, folder):
    """A filter on libmilter; its program."""
    program = folder / pathlib.Path(source).stem
    if lab.which("cc") is None:
        raise lab.Skip("no compiler")
    made = subprocess.run(["cc", "-D_GNU_SOURCE", "-o", program, HERE / source, "-lmilter", "-lpthread"],
                          capture_output=True, text=True, timeout=60, check=False)
    if made.returncode != 0:
        raise lab.Skip(f"needs libmilter-dev: {made.stderr.strip()[-200:]}")
    return program


# --- what people run ---

def opendkim(folder, name, lines):
    need("opendkim")
    conf, address = folder / f"{name}.conf", f"unix:{folder}/{name}"
    conf.write_text(f"Socket local:{folder}/{name}\nBackground no\nSyslog no\nUMask 000\n"
                    f"TemporaryDirectory {folder}\nRequireSafeKeys no\n{lines}\n")
    return Process([lab.which("opendkim"), "-f", "-x", conf], address)


def opendmarc(folder, name, dns, lines):
    """It asks whom /etc/resolv.conf names: one of its own names our server, which is to be at port 53."""
    need("opendmarc", "unshare")
    if subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False).returncode != 0:
        raise lab.Skip("no mount namespace to be had: opendmarc would ask this system's name servers")
    conf, resolv, address = folder / f"{name}.conf", folder / f"{name}.resolv", f"unix:{folder}/{name}"
    resolv.write_text(f"nameserver {dns.address.partition('@')[0]}\noptions timeout:2 attempts:1\n")
    conf.write_text(f"Socket local:{folder}/{name}\nBackground no\nSyslog no\nUMask 000\n{lines}\n")
    script = 'mount --bind "$0" /etc/resolv.conf && exec "$@"'
    return Process(["unshare", "-m", "sh", "-c", script, resolv, lab.which("opendmarc"), "-f", "-c", conf], address)


def spamass_milter(folder, name, port, options):
    need("spamass-milter")
    return Process([lab.which("spamass-milter"), "-p", folder / name, *options, "--", "-d", "127.0.0.1", "-p", port],
                   f"unix:{folder}/{name}")


def clamd(folder):
    """With one signature of our own."""
    need("clamd")
    own = folder / "clamd.d"
    (own / "db").mkdir(parents=True)
    (own / "tmp").mkdir()
    (own / "db/own.ndb").write_text(f"Own.Eicar:0:*:{EICAR.hex()}\n")
    (own / "conf").write_text(f"Foreground yes\nLocalSocket {own}/clamd\nLocalSocketMode 666\nUser root\n"
                              f"DatabaseDirectory {own}/db\nTemporaryDirectory {own}/tmp\n")
    return Process([lab.which("clamd"), "-c", own / "conf"], f"unix:{own}/clamd")


def clamav_milter(folder, name, clamd_, lines):
    need("clamav-milter")
    conf = folder / f"{name}.conf"
    conf.write_text(f"Foreground yes\nMilterSocket unix:{folder}/{name}\nUser root\nClamdSocket {clamd_.address}\n"
                    f"TemporaryDirectory {folder}\n{lines}\n")
    return Process([lab.which("clamav-milter"), "-c", conf], f"unix:{folder}/{name}")


class Changer(Process):
    """changer.c, with these words."""

    def __init__(self, program, folder, name, words, address=None):
        self.record = folder / f"{name}.told"
        super().__init__([program, address or f"unix:{folder}/{name}", self.record, *words],
                         address or f"unix:{folder}/{name}")

    def told(self, timeout_s=5):
        """What it was told of the messages since the last call."""
        lab.wait_for(self.record.exists, timeout_s, f"{self.record.name}: it was told of a message")
        text = self.record.read_text()
        self.record.unlink()
        return text


# --- one that does what a script says ---

class Fake:
    """A child milter in a thread for each connection. do: letter of a command -> what comes in place
    of an answer: octets, "hang", "close", or a list of those. Without it everything is answered
    with CONTINUE. It counts its connections."""

    def __init__(self, path, do=None, steps=0):
        self.path, self.do, self.steps = path, do or {}, steps
        self.accepts = 0
        self.letters = []
        self.over = threading.Event()
        pathlib.Path(path).unlink(missing_ok=True)
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(str(path))
        os.chmod(path, 0o666)
        self.socket.listen(100)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self.accepts += 1
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        with connection, connection.makefile("rb") as stream, contextlib.suppress(OSError):
            while head := stream.read(5):
                letter = head[4:].decode("latin-1")
                data = stream.read(struct.unpack(">I", head[:4])[0] - 1)
                self.letters.append(letter)
                if letter == "Q":
                    return
                if not self.answer(connection, letter, data):
                    return

    def answer(self, connection, letter, data):
        """False: it hangs up."""
        what = self.do.get(letter)
        if what is None:
            if letter == "O":
                connection.sendall(milter_mta.packet("O", struct.pack(">III", 6, 0x1ff, self.steps)))
            elif letter not in "DA":
                connection.sendall(milter_mta.packet("c"))
            return True
        if isinstance(what, bytes):
            connection.sendall(what)
            return True
        if what == "hang":
            self.over.wait(30)
        return False

    def close(self):
        self.over.set()
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        pathlib.Path(self.path).unlink(missing_ok=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


# --- what becomes of a mail ---

@dataclasses.dataclass
class Mail:
    text: bytes                          # CR LF line ends
    sender: str = "a@sender.example"
    recipients: tuple = ("b@example.org",)
    options: str = ""                    # of MAIL
    rcpt_options: str = ""
    client: str = "198.18.1.1"
    name: str = "mail.sender.example"


@dataclasses.dataclass
class Outcome:
    replies: list                        # to MAIL, each RCPT, and the end
    copies: list = dataclasses.field(default_factory=list)
    recipients: list = dataclasses.field(default_factory=list)
    sender: str = ""
    held: bool = False


def timeless(octets):
    """Without what differs from one mail to the next of the same text."""
    octets = re.sub(rb"(?m)^(\tid |\tby .* id |DMARC-Filter: OpenDMARC Filter \S+ \S+ )\w+", rb"\1ID", octets)
    octets = re.sub(rb"(?s)(DKIM-Signature:.*?\bt=)\d+(;.*?\bb=)[A-Za-z0-9+/=\s]+?(?=\n\S|;)", rb"\1T\2SIGNATURE", octets)
    octets = re.sub(rb"\w{3}, +\d+ \w{3} \d{4} \d\d:\d\d:\d\d ([-+]\d{4}( \(\w+\))?|GMT)", b"DATE", octets)
    octets = re.sub(rb"----------=_\w+\.\w+", b"BOUNDARY", octets)
    return re.sub(rb"(Message-I[dD]: <)\d{14}\.\w+@", rb"\1ID@", octets)


def smtp_play(smtp, mail):
    """The replies to MAIL, each RCPT and the end."""
    def say(line):
        smtp.putcmd(line)
        return lab.reply_text(smtp.getreply())
    replies = [say(f"MAIL FROM:<{mail.sender}> {mail.options}".rstrip())]
    replies += [say(f"RCPT TO:<{r}> {mail.rcpt_options}".rstrip()) for r in mail.recipients]
    if any(r.startswith("250") for r in replies[1:]):
        replies.append(say("DATA"))
        if replies[-1].startswith("354"):
            smtp.send(re.sub(rb"(?m)^\.", b"..", mail.text) + b".\r\n")
            replies[-1] = lab.reply_text(smtp.getreply())
    return replies


class Outcomes:
    """Mails to a Postfix of the lab, one at a time."""

    def __init__(self, postfix):
        self.postfix = postfix
        self.inbox = postfix.folder / "mail/inbox/new"

    def send(self, door, mail, raw=False):
        """raw: with times and IDs."""
        with self.postfix.session(door, mail.client, mail.name) as smtp:
            replies = smtp_play(smtp, mail)
        got = re.search(r"queued as (\w+)", replies[-1])
        outcome = Outcome([re.sub(r"queued as \w+", "queued", r) for r in replies])
        if got is not None:
            self.wait_for_end(got[1], outcome, (lambda octets: octets) if raw else timeless)
        return outcome

    def wait_for_end(self, queue_id, outcome, clean):
        held = self.postfix.folder / "queue/hold" / queue_id
        end = rf" {queue_id}: (removed|milter-discard:)"
        lab.wait_for(lambda: held.exists() or re.search(end, self.postfix.log()), 20, f"{queue_id} is done with")
        log = self.postfix.log()
        outcome.recipients = sorted(set(re.findall(rf" {queue_id}: to=<([^>]*)>", log)))
        outcome.sender = "".join(sorted(set(re.findall(rf" {queue_id}: from=<([^>]*)>", log))))
        if held.exists():
            outcome.held = True
            text = self.command("postcat", "-q", "-h", "-b", queue_id)
            envelope = self.command("postcat", "-q", "-e", queue_id)
            outcome.recipients = sorted(re.findall(r"(?m)^recipient: (.*)$", envelope.decode()))
            outcome.copies = [clean(text)]
            self.command("postsuper", "-d", queue_id)
            return
        for path in sorted(self.inbox.glob("*")):
            outcome.copies.append(clean(path.read_bytes()))
            path.unlink()
        outcome.copies.sort()

    def command(self, name, *words):
        folder = self.postfix.folder / "etc"
        return subprocess.run([lab.which(name), "-c", folder, *words], stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=20, check=True).stdout


def first_difference(a, b):
    """A line about where two texts differ."""
    for n, (x, y) in enumerate(zip(a.split(b"\n"), b.split(b"\n"))):
        if x != y:
            return f"line {n + 1}: {x[:200]!r}, {y[:200]!r}"
    return f"{len(a)} and {len(b)} octets"


def same_outcome(direct, behind, what):
    lab.same(behind.replies, direct.replies, f"{what}: replies")
    lab.same(behind.held, direct.held, f"{what}: held")
    lab.same(behind.recipients, direct.recipients, f"{what}: recipients")
    lab.same(behind.sender, direct.sender, f"{what}: sender")
    lab.same(len(behind.copies), len(direct.copies), f"{what}: copies")
    for a, b in zip(direct.copies, behind.copies):
        lab.require(a == b, f"{what}: direct and behind: {first_difference(a, b)}")


def configuration(children, more="", door="unix:FOLDER/milter"):
    """children: pairs of name and the statement's items."""
    lines = "".join(f'milter "{name}" {{ {items} }}\n' for name, items in children)
    return (f'hostname "mx.example.org"\nsocket "{door}" 666\nreport none\nworkers 1\n{more}\n{lines}'
            "racl whitelist default\n")


def scratch(stack):
    folder = lab.scratch()
    stack.callback(shutil.rmtree, folder, ignore_errors=True)
    return folder
