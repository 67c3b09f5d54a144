"""What the end-to-end tests share: a policy server under test, a policy client, a throw-away
Postfix, an SMTP client that pretends to be somebody else, and the small runner.

Python's standard library only. Everything lives in a scratch folder and on loopback; programs are
ended by the process id that was started here. A test file ends with

    if __name__ == "__main__":
        sys.exit(lab.main(CASES, needs=["postfix"]))

and is started as `test_x.py [--against PROGRAM] [CASE...]`. It prints one line a case, "ok NAME",
"skip NAME: why" or "FAIL NAME: why", and exits with 1 after a failure, with 77 (Meson's "skipped")
when a program it needs is missing.
"""
import argparse
import contextlib
import grp
import os
import pathlib
import pwd
import re
import shutil
import signal
import smtplib
import socket
import subprocess
import tempfile
import threading
import time
import traceback

SKIP_STATUS = 77
PATH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin:/usr/local/sbin"

# Lines around start and end, which nobody parses; Postgrey's name the library that it uses.
CHATTER = re.compile(r"^(\d{4}/\d\d/\d\d-\d\d:\d\d:\d\d |Resolved \[|Binding to |Setting [gu]id "
                     r"|Process Backgrounded|greylagd \S+ starting! |--test-clock: )")
LOG_HEAD = re.compile(r"^(?:postgrey|greylagd)\[\d+\]: ")


class Failure(Exception):
    """An expectation that was not met."""


class Skip(Exception):
    """This case can't be tried here."""


def require(truth, why):
    if not truth:
        raise Failure(why)


def same(got, expected, what):
    require(got == expected, f"{what}: got {got!r}, expected {expected!r}")


def which(name):
    return shutil.which(name, path=PATH)


def is_root():
    return os.geteuid() == 0


def wait_for(question, timeout_s, what):
    """Ask until the answer is true; returns it."""
    end = time.monotonic() + timeout_s
    while True:
        answer = question()
        if answer:
            return answer
        require(time.monotonic() < end, f"{what}: not within {timeout_s} s")
        time.sleep(0.02)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def scratch():
    """A new folder that other users may enter (Postfix's processes do)."""
    path = tempfile.mkdtemp(prefix="greylag-e2e-")
    os.chmod(path, 0o755)
    return pathlib.Path(path)


class Program:
    """The policy server under test: ours, or the Postgrey that it takes the place of."""

    def __init__(self, path):
        self.path = str(path)
        self.is_postgrey = os.path.basename(self.path) == "postgrey"
        self.kind = "postgrey" if self.is_postgrey else "greylag"
        self.given = None                # the options of the command line

    def argv(self, options):
        head = [self.path] if self.is_postgrey else [self.path, "--as-postgrey"]
        return head + [str(o) for o in options]

    def only_greylag(self, why):
        if self.is_postgrey:
            raise Skip(f"Postgrey {why}")


class Notified:
    """The socket on which a program tells its service manager that it is ready (sd_notify)."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind("")             # an abstract name, which every user may write to
        self.socket.setblocking(False)
        self.environment = {"NOTIFY_SOCKET": "@" + self.socket.getsockname()[1:].decode()}

    def ready(self):
        """It has said so since the last call that returned True."""
        with contextlib.suppress(BlockingIOError):
            while True:
                if b"READY=1" in self.socket.recv(4096).split(b"\n"):
                    return True
        return False

    def close(self):
        self.socket.close()


class Server:
    """A running policy server, its data base folder and its log.

    options: further Postgrey options. listen: "unix", "inet", or whole option(s) as a list, where
    the test must then say where to connect (unix:PATH or inet:HOST:PORT).
    """

    def __init__(self, program, options=(), *, listen="unix", folder=None, dbdir=None, user=None,
                 connect=None, lists=True, start=True):
        self.program = program
        self.folder = folder or scratch()
        self.own_folder = folder is None
        self.dbdir = pathlib.Path(dbdir or self.folder / "db")
        self.user = user or pwd.getpwuid(os.geteuid()).pw_name
        self.process = None
        self.output = tempfile.TemporaryFile()      # its log: what was written is there at once
        self.taken, self.begun, self.complete, self.reading = 0, b"", [], threading.Lock()
        self.seen = 0
        self.notified = Notified()
        self.argv_listen, self.address = self.listener(listen, connect)
        self.options = [f"--dbdir={self.dbdir}", f"--user={self.user}",
                        f"--group={grp.getgrgid(pwd.getpwnam(self.user).pw_gid).gr_name}"]
        if lists:                        # never the machine's own lists
            empty = self.folder / "empty"
            empty.touch()
            self.options += [f"--whitelist-clients={empty}", f"--whitelist-recipients={empty}"]
        if not program.is_postgrey:
            self.options.append("--test-clock")
        self.options += list(options)
        self.make_dbdir()
        if start:
            try:
                self.start()
            except BaseException:
                self.close()
                raise

    def listener(self, listen, connect):
        if listen == "unix":
            path = self.folder / "socket"
            return [f"--unix={path}"], f"unix:{path}"
        if listen == "inet":
            port = free_port()
            return [f"--inet=127.0.0.1:{port}"], f"inet:127.0.0.1:{port}"
        return list(listen), connect

    def make_dbdir(self):
        if not self.dbdir.exists():
            self.dbdir.mkdir(parents=True)
        if is_root():
            shutil.chown(self.dbdir, self.user)

    def argv(self):
        return self.program.argv(self.argv_listen + self.options)

    def start(self, timeout_s=10):
        while self.notified.ready():
            pass                         # of an earlier start
        self.process = subprocess.Popen(self.argv(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=self.output, env={**os.environ, **self.notified.environment})
        wait_for(self.listens, timeout_s, "the server listens")
        self.wait_ready(timeout_s)
        self.seen = len(self.lines)
        return self

    def wait_ready(self, timeout_s):
        """Waits until it says that it is ready, which it does after a start and after a reload."""
        if not self.program.is_postgrey:
            wait_for(self.notified.ready, timeout_s, "the server is ready")

    @property
    def lines(self):
        """The whole lines of its log so far."""
        with self.reading:
            while octets := os.pread(self.output.fileno(), 1 << 16, self.taken):
                self.taken += len(octets)
                *whole, self.begun = (self.begun + octets).split(b"\n")
                self.complete += [LOG_HEAD.sub("", raw.decode("latin-1")) for raw in whole]
            return list(self.complete)

    def listens(self):
        if self.process.poll() is not None:
            raise Failure(f"the server ended with {self.process.returncode}: {self.tail()}")
        try:
            connect(self.address, 1).close()
            return True
        except OSError:
            return False

    def tail(self, n=5):
        return " | ".join(self.lines[-n:])

    def new_lines(self, at_least=0, timeout_s=3.0):
        """Log lines since the last call, without Postgrey's start and stop chatter."""
        end = time.monotonic() + timeout_s
        while True:
            lines = self.lines
            found = [l for l in lines[self.seen:] if not CHATTER.match(l)]
            if len(found) >= at_least or time.monotonic() > end:
                self.seen = len(lines)
                return found
            time.sleep(0.005)

    def logged(self, text, timeout_s=3.0):
        """Waits for a line that holds the text, anywhere in the log."""
        return wait_for(lambda: [l for l in self.lines if text in l], timeout_s,
                        f"log line with {text!r} (log ends: {self.tail()})")

    def alive(self):
        return self.process.poll() is None

    def signal(self, number):
        self.process.send_signal(number)

    def stop(self, timeout_s=20):
        """SIGTERM and wait; returns the exit status. A message at the milter door has 10 s to come to its
        end. Postgrey sometimes needs to be told twice."""
        if self.process is None:
            return None
        end = time.monotonic() + timeout_s
        if self.alive():
            self.signal(signal.SIGTERM)
        while self.alive():
            if time.monotonic() > end:
                self.kill()
                raise Failure(f"not ended {timeout_s} s after SIGTERM")
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(0.3)
            if self.program.is_postgrey and self.alive():
                self.signal(signal.SIGTERM)
        return self.process.returncode

    def kill(self):
        """kill -9"""
        if self.process is not None and self.alive():
            self.process.kill()
            self.process.wait()

    def restart(self):
        self.stop()
        return self.start()

    def close(self):
        self.kill()
        self.output.close()
        self.notified.close()
        if self.own_folder:
            shutil.rmtree(self.folder, ignore_errors=True)

    def client(self, **more):
        return Policy(self.address, **more)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class RulesServer(Server):
    """A server by a file of the rule language, which is `file` and may be rewritten; what it needs
    to run here is said on the command line. head: the program's first words, by default none."""

    def __init__(self, program, rules, *, head=(), sets=(), **more):
        self.head = list(head)
        self.sets = list(sets)
        self.rules = rules
        self.file = None
        super().__init__(program, lists=False, **more)

    def write(self, rules):
        self.file.write_text(rules)

    def start(self, timeout_s=10):
        if self.file is None:
            self.file = self.folder / "greylag.conf"
            self.write(self.rules)
        return super().start(timeout_s)

    def listener(self, listen, connect):
        if listen == "inet":
            port = free_port()
            return [f'policy "inet:127.0.0.1:{port}"'], f"inet:127.0.0.1:{port}"
        return [f'policy "unix:{self.folder}/socket"'], f"unix:{self.folder}/socket"

    def argv(self):
        user = f'user "{self.user}"'
        sets = self.argv_listen + [f'store lmdb "{self.dbdir}"', user, "test_clock"] + self.sets
        if "resolver" not in self.rules:
            sets.append("nospf")         # nor the machine's DNS
        words = [self.program.path, *self.head, "-f", str(self.file)]
        for statement in sets:
            words += ["--set", statement]
        return words

    def reload(self):
        self.signal(signal.SIGHUP)
        self.wait_ready(20)


def connect(address, timeout_s):
    """unix:PATH or inet:HOST:PORT"""
    kind, rest = address.split(":", 1)
    if kind == "unix":
        s = socket.socket(socket.AF_UNIX)
        try:
            s.settimeout(timeout_s)
            s.connect(rest)
        except OSError:
            s.close()
            raise
        return s
    host, port = rest.rsplit(":", 1)
    return socket.create_connection((host.strip("[]"), int(port)), timeout_s)


# What Postfix sends, as far as it matters; a test overrides what it is about. The attribute
# etrn_domain is always there since Postfix 2.3.
REQUEST = {
    "request": "smtpd_access_policy", "protocol_state": "RCPT", "protocol_name": "ESMTP",
    "client_address": "203.0.113.9", "client_name": "mx.example.net", "helo_name": "mx.example.net",
    "sender": "a@example.net", "recipient": "b@example.org",
}


def request_text(**attributes):
    """A request as octets: REQUEST, changed by the attributes (None leaves one out)."""
    every = {**REQUEST, **attributes}
    lines = [f"{k}={v}\n" for k, v in every.items() if v is not None]
    return ("".join(lines) + "\n").encode("latin-1")


class Policy:
    """A client of the policy protocol on one connection."""

    def __init__(self, address, timeout_s=5.0):
        self.socket = connect(address, timeout_s)
        self.timeout_s = timeout_s
        self.buffer = b""
        self.closed = False              # the server closed

    def send(self, octets):
        self.socket.settimeout(self.timeout_s)
        self.socket.sendall(octets)

    def ask(self, **attributes):
        """One request, one answer: the text after "action="."""
        self.send(request_text(**attributes))
        return self.action()

    def action(self, timeout_s=None):
        answer = self.answer(timeout_s)
        require(answer is not None, "the server closed the connection without an answer")
        require(answer.startswith("action=") and "\n" not in answer, f"odd answer {answer!r}")
        return answer[len("action="):]

    def answer(self, timeout_s=None):
        """Octets up to the next empty line, as text without it; None when the server closed."""
        end = time.monotonic() + (self.timeout_s if timeout_s is None else timeout_s)
        while b"\n\n" not in self.buffer:
            if not self.more(end):
                require(self.closed, f"no answer in time (got {self.buffer!r})")
                require(not self.buffer, f"closed in the middle of an answer: {self.buffer!r}")
                return None
        text, self.buffer = self.buffer.split(b"\n\n", 1)
        return text.decode("latin-1")

    def more(self, end):
        """Reads what comes before the monotonic time; False at its end or the connection's."""
        left = end - time.monotonic()
        if self.closed or left <= 0:
            return False
        self.socket.settimeout(left)
        try:
            octets = self.socket.recv(65536)
        except TimeoutError:
            return False
        except ConnectionResetError:
            octets = b""
        self.closed = not octets
        self.buffer += octets
        return bool(octets)

    def quiet(self, seconds):
        """Nothing more comes: neither octets nor an end."""
        self.more(time.monotonic() + seconds)
        return not self.buffer and not self.closed

    def ended(self, timeout_s=2.0):
        """The server closes, and nothing is left unread."""
        end = time.monotonic() + timeout_s
        while self.more(end):
            pass
        return self.closed and not self.buffer

    def half_close(self):
        self.socket.shutdown(socket.SHUT_WR)

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Configured(Server):
    """A running greylagd with a configuration of its own; address: where it is asked first."""

    def __init__(self, program, rules, address):
        self.rules, self.where = rules, address
        super().__init__(program, lists=False)

    def listener(self, listen, connect):
        return [], self.where.replace("FOLDER", str(self.folder))

    def argv(self):
        path = self.folder / "greylag.conf"
        path.write_text(f'store lmdb "{self.dbdir}"\nnodetach\n'
                        + self.rules.replace("FOLDER", str(self.folder)) + "nospf\n")
        return [self.program.path, "-f", str(path)]


class Postfix:
    """A throw-away Postfix with one smtpd for each door.

    doors: name -> dict of stage ("recipient", "data") -> restriction, such as
    {"inet": {"recipient": "check_policy_service inet:127.0.0.1:10023"}}; and "settings": further
    ones of main.cf for this smtpd. spawn: service name -> (user, argv). settings: more of main.cf for all. Nothing of
    the system's own Postfix is used or changed. Needs root.
    """
    DOMAIN = "example.org"

    def __init__(self, doors, spawn=None, settings=None):
        self.folder = scratch()
        self.settings = settings or {}
        self.doors = doors
        self.spawn = spawn or {}
        self.ports = {name: free_port() for name in doors}
        self.running = False

    def start(self):
        f = self.folder
        for name in ("etc", "queue", "data", "log", "mail"):
            (f / name).mkdir()
        for name in ("data", "log", "mail"):
            shutil.chown(f / name, "postfix")
        (f / "etc/main.cf").write_text("")
        (f / "etc/main.cf").write_text(self.main_cf())
        (f / "etc/master.cf").write_text(self.master_cf())
        (f / "etc/mailboxes").write_text(f"@{self.DOMAIN} inbox/\n")
        self.command("start")
        self.running = True
        for port in self.ports.values():
            wait_for(lambda p=port: self.greets(p), 20, f"smtpd on port {port}")
        return self

    def command(self, verb):
        done = subprocess.run([which("postfix"), "-c", str(self.folder / "etc"), verb],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
                              env={**os.environ, "PATH": PATH})
        if done.returncode != 0 and verb == "start":
            raise Failure(f"postfix {verb}: {done.stderr}\n{self.log()}")

    def postconf(self, name):
        return subprocess.run([which("postconf"), "-c", str(self.folder / "etc"), "-dh", name],
                              capture_output=True, text=True, check=True).stdout.strip()

    def main_cf(self):
        f = self.folder
        postfix = pwd.getpwnam("postfix")
        settings = {
            "compatibility_level": "3.6",
            "daemon_directory": self.postconf("daemon_directory"),
            "command_directory": self.postconf("command_directory"),
            "queue_directory": f / "queue", "data_directory": f / "data",
            "maillog_file": f / "log/mail", "maillog_file_prefixes": f,
            "myhostname": "mx.example.org", "mydestination": "", "mynetworks": "",
            # XCLIENT takes ADDR=IPV6:... only where Postfix may speak IPv6 at all
            "inet_interfaces": "127.0.0.1", "inet_protocols": "all" if has_ipv6() else "ipv4",
            "alias_maps": "", "local_recipient_maps": "", "biff": "no",
            "smtp_dns_support_level": "disabled",
            "default_transport": "discard", "relay_transport": "discard",
            "virtual_mailbox_domains": self.DOMAIN, "virtual_mailbox_base": f / "mail",
            "virtual_mailbox_maps": f"texthash:{f}/etc/mailboxes",
            "virtual_uid_maps": f"static:{postfix.pw_uid}",
            "virtual_gid_maps": f"static:{postfix.pw_gid}", "virtual_minimum_uid": "1",
            "smtpd_relay_restrictions": "reject_unauth_destination",
            "smtpd_authorized_xclient_hosts": "127.0.0.1", "smtpd_peername_lookup": "no",
            "smtpd_error_sleep_time": "0", "in_flow_delay": "0", "smtpd_client_connection_count_limit": "0",
        }
        settings.update(self.settings)
        return "".join(f"{k} = {v}\n" for k, v in settings.items())

    def master_cf(self):
        lines = []
        for name, port in self.ports.items():
            stages = self.doors[name]
            lines.append(f"127.0.0.1:{port} inet n - n - - smtpd")
            lines.append("    -o { smtpd_recipient_restrictions = reject_unauth_destination, "
                         + stages.get("recipient", "permit") + " }")
            lines += [f"    -o {{ {k} = {v} }}" for k, v in stages.get("settings", {}).items()]
            if "data" in stages:
                lines.append("    -o { smtpd_data_restrictions = " + stages["data"] + " }")
        for name, (user, argv) in self.spawn.items():
            lines.append(f"{name} unix - n n - 0 spawn user={user} argv={' '.join(argv)}")
        for name, kind, limit, program in (
                ("cleanup", "unix", 0, "cleanup"), ("qmgr", "unix", 1, "qmgr"),
                ("rewrite", "unix", "-", "trivial-rewrite"), ("bounce", "unix", 0, "bounce"),
                ("defer", "unix", 0, "bounce"), ("trace", "unix", 0, "bounce"),
                ("proxymap", "unix", "-", "proxymap"), ("tlsmgr", "unix", 1, "tlsmgr"),
                ("anvil", "unix", 1, "anvil"),
                ("discard", "unix", "-", "discard"), ("error", "unix", "-", "error"),
                ("retry", "unix", "-", "error"), ("postlog", "unix-dgram", 1, "postlogd")):
            private = "n" if name in ("cleanup", "qmgr", "postlog") else "-"
            lines.append(f"{name} {kind} {private} - n - {limit} {program}")
        lines.append("virtual unix - n n - - virtual")
        return "\n".join(lines) + "\n"

    @staticmethod
    def greets(port):
        try:
            with socket.create_connection(("127.0.0.1", port), 2) as s:
                s.settimeout(5)
                return s.recv(512).startswith(b"220")
        except OSError:
            return False

    def session(self, door, address, name="[UNAVAILABLE]", timeout_s=30):
        """An SMTP session in which Postfix believes that the client is address and name."""
        smtp = smtplib.SMTP("127.0.0.1", self.ports[door], "lab.example", timeout=timeout_s)
        smtp.ehlo()
        wire = f"IPV6:{address}" if ":" in address else address
        code, text = smtp.docmd("XCLIENT", f"NAME={name} ADDR={wire}")
        require(code == 220, f"XCLIENT: {code} {text!r}")
        smtp.ehlo("client.example")
        return smtp

    def try_rcpt(self, door, address, sender, recipient, name="[UNAVAILABLE]"):
        """MAIL and RCPT, then QUIT: the reply to RCPT as "CODE TEXT"."""
        with self.session(door, address, name) as smtp:
            smtp.mail(sender)
            return reply_text(smtp.rcpt(recipient))

    def send(self, door, address, sender, recipients, mark, name="[UNAVAILABLE]"):
        """A whole message; the replies to each RCPT, and the reply to its end (or None)."""
        with self.session(door, address, name) as smtp:
            smtp.mail(sender)
            replies = [reply_text(smtp.rcpt(r)) for r in recipients]
            if not any(r.startswith("250") for r in replies):
                return replies, None
            body = f"From: <{sender}>\r\nSubject: {mark}\r\n\r\n{mark}\r\n"
            return replies, reply_text(smtp.data(body))

    def log(self):
        try:
            return (self.folder / "log/mail").read_text(errors="replace")
        except OSError:
            return ""

    def logged(self, text, timeout_s=5):
        return wait_for(lambda: [l for l in self.log().split("\n") if text in l], timeout_s,
                        f"Postfix's log has {text!r}")[-1]

    def delivered(self, mark, timeout_s=15):
        """The text of the delivered message with this subject."""
        def look():
            for path in (self.folder / "mail/inbox/new").glob("*"):
                text = path.read_text(errors="replace")
                if f"Subject: {mark}\n" in text:
                    return text
            return None
        return wait_for(look, timeout_s, f"message {mark!r} is delivered")

    def stop(self):
        if self.running:
            self.running = False
            pid_file = self.folder / "queue/pid/master.pid"
            pid = int(pid_file.read_text())
            self.command("stop")
            deadline = time.monotonic() + 5
            while os.path.exists(f"/proc/{pid}") and time.monotonic() < deadline:
                time.sleep(0.05)
            if os.path.exists(f"/proc/{pid}"):
                self.command("abort")
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.stop()
            raise

    def __exit__(self, *_):
        self.stop()


def reply_text(reply):
    code, text = reply
    return f"{code} " + text.decode("latin-1")


def has_ipv6():
    try:
        return bool(pathlib.Path("/proc/net/if_inet6").read_text())
    except OSError:
        return False


def arguments(doc, numbers=None):
    parser = argparse.ArgumentParser(description=doc)
    for name, default in (numbers or {}).items():
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--against", metavar="PROGRAM", default="greylagd",
                        help="the policy server under test: greylagd or postgrey, name or path")
    parser.add_argument("--times", action="store_true", help="say how long each case took")
    parser.add_argument("names", nargs="*", help="only cases whose name holds one of these")
    return parser


def run_case(name, function, arguments_, times=False):
    """One case, one line; returns "ok", "skip" or "FAIL"."""
    if times:
        began = time.monotonic()
        result = run_case(name, function, arguments_)
        print(f"    {time.monotonic() - began:.1f} s", flush=True)
        return result
    try:
        function(*arguments_)
    except Skip as why:
        print(f"skip {name}: {why}", flush=True)
        return "skip"
    except Failure as why:
        print(f"FAIL {name}: {why}", flush=True)
        return "FAIL"
    except Exception as why:             # a bug of the test, or a connection that broke
        place = traceback.extract_tb(why.__traceback__)[-1]
        where = f"{os.path.basename(place.filename)}:{place.lineno}"
        print(f"FAIL {name}: {type(why).__name__} at {where}: {why}", flush=True)
        return "FAIL"
    print(f"ok {name}", flush=True)
    return "ok"


def missing(program_path, needs):
    if which(program_path) is None and not os.access(program_path, os.X_OK):
        return f"no {program_path}"
    for name in needs:
        if name == "root" and not is_root():
            return "needs root"
        if name != "root" and which(name) is None:
            return f"no {name}"
    return None


def main(cases, needs=(), doc=None, fixture=None, numbers=None):
    """cases: (name, function) pairs; a function gets the Program, or what the fixture (a context
    manager that gets the Program) yields. numbers: options of this file with their defaults, which
    the Program brings as `given`."""
    args = arguments(doc, numbers).parse_args()
    why = missing(args.against, needs)
    if why:
        print(f"skipped: {why}")
        return SKIP_STATUS
    program = Program(os.path.abspath(which(args.against) or args.against))
    program.given = args
    chosen = [c for c in cases if not args.names or any(n in c[0] for n in args.names)]
    try:
        with (fixture or contextlib.nullcontext)(program) as given:
            results = [run_case(name, function, (given,), args.times) for name, function in chosen]
    except Skip as why:                  # of the fixture
        print(f"skipped: {why}")
        return SKIP_STATUS
    return 1 if "FAIL" in results else 0
