#!/usr/bin/env python3
"""A throw-away Sendmail 8 with greylagd's milter door.

Debian's packages of Sendmail conflict with those of Postfix, so they are never installed: they are
downloaded and unpacked into build-packages/ of the source tree, once ("sendmail_lab.py fetch" does
only that), and run from there. What Sendmail reads and writes is in a scratch folder. It runs in
the foreground, in a mount namespace of its own where /etc/hosts names the clients and no name
server answers: so a test says who a client is by the address that it connects from. The scratch
folder is /media there, since Sendmail trusts no certificate below a folder like /tmp.
"""
import contextlib
import glob
import os
import pathlib
import re
import shutil
import signal
import smtplib
import subprocess
import sys
import time

import certificates
import lab

PACKAGES = pathlib.Path(__file__).resolve().parents[2] / "build-packages"
NEEDS = ("sendmail-bin", "sendmail-base", "sendmail-cf")
# What the binary is linked with, and a system may lack: file name's beginning, package.
LIBRARIES = {"libwrap.so": "libwrap0", "libldap": "libldap-2.5-0", "liblber": "libldap-2.5-0",
             "libsasl2": "libsasl2-2", "libdb-5.3": "libdb5.3", "libnsl.so": "libnsl2"}
DOWNLOAD_S = 120
INSIDE = "/media"          # what the scratch folder is called there

MC = """divert(0)dnl
OSTYPE(`linux')dnl
define(`confDOMAIN_NAME', `mx.example.org')dnl
define(`QUEUE_DIR', `@F@/queue')dnl
define(`confPID_FILE', `@F@/pid')dnl
define(`STATUS_FILE', `@F@/statistics')dnl
define(`HELP_FILE', `')dnl
define(`ALIAS_FILE', `')dnl
define(`confHOSTS_FILE', `@F@/etc/hosts')dnl
define(`confSERVICE_SWITCH_FILE', `@F@/etc/service.switch')dnl
define(`confDONT_PROBE_INTERFACES', `True')dnl
define(`confDELIVERY_MODE', `interactive')dnl
define(`confLOG_LEVEL', `0')dnl
define(`confQUEUE_LA', `1000')dnl
define(`confREFUSE_LA', `1000')dnl
define(`confTO_IDENT', `0')dnl
define(`confTO_RESOLVER_RETRANS', `1s')dnl
define(`confTO_RESOLVER_RETRY', `1')dnl
define(`confDEF_USER_ID', `nobody:nogroup')dnl
define(`confBAD_RCPT_THROTTLE', `0')dnl
define(`confQUEUE_LA', `10000')dnl
define(`confREFUSE_LA', `10000')dnl
define(`confCACERT_PATH', `@F@/tls')dnl
define(`confCACERT', `@F@/tls/ca.pem')dnl
define(`confSERVER_CERT', `@F@/tls/server.pem')dnl
define(`confSERVER_KEY', `@F@/tls/server.key')dnl
FEATURE(`no_default_msa')dnl
FEATURE(`nocanonify')dnl
FEATURE(`accept_unresolvable_domains')dnl
DAEMON_OPTIONS(`Name=MTA, Addr=127.0.0.1, Port=@PORT@')dnl
@FILTERS@
MAILER(`local')dnl
MAILER(`smtp')dnl
LOCAL_CONFIG
Cwexample.org
Kaccess text -k0 -v1 @F@/etc/access
Kstorage macro
LOCAL_RULE_0
R$+ < @ $=w . >	$#keep $@ $2 $: $1 < @ $2 . >
MAILER_DEFINITIONS
Mkeep,	P=/bin/sh, F=DFMPhnu9S, U=nobody:nogroup,
	S=EnvFromL/HdrFromL, R=EnvToL/HdrToL, T=DNS/RFC822/X-Unix,
	A=sh @F@/keep $u
LOCAL_RULESETS
SLocal_check_rcpt
R$*	$: $(access $&{client_addr} $: NONE $)
RNONE	$@ $(storage {greylist} $)
R$+	$@ $(storage {greylist} $@ $1 $)
"""
# A delivered message is one file, which is complete when it is seen.
KEEP = """t=$(mktemp @F@/mail/.new.XXXXXX) && cat >"$t" && mv "$t" "@F@/mail/${t##*.new.}"
"""


# With users: who may authenticate, by cyrus-sasl's own data base. E lines are what its library sees of the
# environment.
AUTH = """define(`confAUTH_MECHANISMS', `PLAIN LOGIN')dnl
TRUST_AUTH_MECH(`PLAIN LOGIN')dnl
"""
AUTH_CONFIG = "ESASL_CONF_PATH=@F@/etc/sasl\n"
SASL = """pwcheck_method: auxprop
auxprop_plugin: sasldb
sasldb_path: @F@/etc/sasl/users
mech_list: PLAIN LOGIN
"""
SASL_PLUGINS = "/usr/lib/*/sasl2"


def run(words, **more):
    return subprocess.run([str(w) for w in words], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          check=False, **more)


def unpack(package, root):
    """Downloads a package, if need be, and unpacks it."""
    found = sorted(PACKAGES.glob(f"{package}_*.deb"))
    if not found:
        if lab.which("apt-get") is None:
            raise lab.Skip("Sendmail is taken from Debian's packages: no apt-get")
        try:
            done = run(["apt-get", "-q", "download", package], cwd=PACKAGES, timeout=DOWNLOAD_S)
        except subprocess.TimeoutExpired as e:
            raise lab.Skip(f"no network? apt-get download {package} takes too long") from e
        found = sorted(PACKAGES.glob(f"{package}_*.deb"))
        if not found:
            raise lab.Skip(f"no network? apt-get download {package}: {done.stderr.strip()[-300:]}")
    done = run(["dpkg", "-x", found[-1], root])
    lab.same(done.returncode, 0, f"dpkg -x {found[-1].name} ({done.stderr.strip()})")


def missing_libraries(binary):
    return [line.split()[0] for line in run(["ldd", binary]).stdout.split("\n") if "not found" in line]


def fetch():
    """The folder with Sendmail's files."""
    root = PACKAGES / "sendmail"
    binary = root / "usr/libexec/sendmail/sendmail"
    if binary.exists():
        return root
    try:
        PACKAGES.mkdir(exist_ok=True)
        half = PACKAGES / f"sendmail.{os.getpid()}"
        half.mkdir()
    except OSError as e:
        raise lab.Skip(f"no place for Sendmail: {e}") from e
    try:
        for package in NEEDS:
            unpack(package, half)
        binary = half / "usr/libexec/sendmail/sendmail"
        for name in missing_libraries(binary):
            package = [p for start, p in LIBRARIES.items() if name.startswith(start)]
            if not package:
                raise lab.Skip(f"Sendmail needs {name}")
            unpack(package[0], half)
        binary.chmod(0o755)              # the loader heeds no LD_LIBRARY_PATH for a set-group-id program
        half.rename(root)
    finally:
        shutil.rmtree(half, ignore_errors=True)
    return root


def fetch_sasl():
    """The folder with the program that makes cyrus-sasl's data base; its plug-ins are the system's."""
    for name in ("libplain.so", "libsasldb.so"):
        if not glob.glob(f"{SASL_PLUGINS}/{name}"):
            raise lab.Skip(f"no {name}: install libsasl2-modules and libsasl2-modules-db")
    root = PACKAGES / "sasl2-bin"
    if not root.exists():
        PACKAGES.mkdir(exist_ok=True)
        half = PACKAGES / f"sasl2-bin.{os.getpid()}"
        half.mkdir()
        try:
            unpack("sasl2-bin", half)
            half.rename(root)
        finally:
            shutil.rmtree(half, ignore_errors=True)
    return root


class Sendmail:
    """A running Sendmail with filters, mostly one, at Sendmail's own timeouts.

    filters: as Sendmail writes them, inet:PORT@127.0.0.1, with a blank between. names: address -> name of clients. access:
    address -> value of {greylist}. users: name -> password of who may authenticate. It knows the authority of its certificates. Needs root.
    """

    def __init__(self, filters, names, access=None, users=None):
        self.root = fetch()
        self.sasl = fetch_sasl() if users else None
        self.users = users or {}
        self.folder = lab.scratch()
        self.filters, self.names, self.access = filters.split(), names, access or {}
        self.certificates = None
        self.port = lab.free_port()
        self.process = None

    def fill(self, text):
        filters = [f"INPUT_MAIL_FILTER(`filter{n}', `S={f}')dnl" for n, f in enumerate(self.filters)]
        for mark, value in (("@F@", INSIDE), ("@PORT@", self.port), ("@FILTERS@", "\n".join(filters))):
            text = text.replace(mark, str(value))
        return text

    def write(self):
        f = self.folder
        for name, mode in (("etc", 0o755), ("queue", 0o700), ("mail", 0o777)):
            (f / name).mkdir()
            (f / name).chmod(mode)
        self.certificates = certificates.Certificates(f / "tls")
        hosts = {"127.0.0.1": "localhost", "127.0.1.1": "mx.example.org", **self.names}
        (f / "etc/hosts").write_text("".join(f"{a} {n}\n" for a, n in hosts.items()))
        (f / "etc/resolv.conf").write_text("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
        (f / "etc/service.switch").write_text("hosts files\naliases files\npasswd files\n")
        (f / "etc/access").write_text("".join(f"{a} {v}\n" for a, v in self.access.items()))
        (f / "keep").write_text(self.fill(KEEP))
        mc = MC
        if self.users:
            self.write_users()
            mc = mc.replace("FEATURE(`no_default_msa')", AUTH + "FEATURE(`no_default_msa')")
            mc = mc.replace("LOCAL_CONFIG\n", "LOCAL_CONFIG\n" + AUTH_CONFIG)
        (f / "etc/sendmail.mc").write_text(self.fill(mc))
        cf = self.root / "usr/share/sendmail/cf"
        done = run([lab.which("m4"), f"-D_CF_DIR_={cf}/", cf / "m4/cf.m4", f / "etc/sendmail.mc"])
        lab.require(done.returncode == 0 and done.stdout, f"m4: {done.stderr}")
        (f / "etc/sendmail.cf").write_text(done.stdout)

    def write_users(self):
        folder = self.folder / "etc/sasl"
        folder.mkdir()
        (folder / "Sendmail.conf").write_text(self.fill(SASL))
        for name, password in self.users.items():
            done = subprocess.run([self.sasl / "usr/sbin/saslpasswd2", "-p", "-c", "-f", folder / "users", "-u",
                                   "mx.example.org", name], input=password, capture_output=True, text=True, check=False)
            lab.require(done.returncode == 0, f"saslpasswd2: {done.stderr}")

    def start(self):
        if run(["unshare", "-m", "true"]).returncode != 0:
            raise lab.Skip("no mount namespace to be had: clients would be named by this system's name servers")
        self.write()
        f = self.folder
        binary = self.root / "usr/libexec/sendmail/sendmail"
        script = ('mount --bind "$0/etc/hosts" /etc/hosts && '
                  '{ [ ! -e /etc/resolv.conf ] || mount --bind "$0/etc/resolv.conf" /etc/resolv.conf; } && '
                  f'mount --bind "$0" {INSIDE} && exec "$@"')
        libraries = sorted({str(p.parent) for p in self.root.rglob("lib*.so*")})
        env = {"PATH": lab.PATH, "LD_LIBRARY_PATH": ":".join(libraries)}
        words = ["unshare", "-m", "sh", "-c", script, f, binary, "-C", f"{INSIDE}/etc/sendmail.cf", "-bD"]
        with open(f / "output", "wb") as output:
            self.process = subprocess.Popen([str(w) for w in words], stdin=subprocess.DEVNULL, stdout=output,
                                            stderr=output, env=env, cwd="/", start_new_session=True)
        lab.wait_for(self.greets, 20, "Sendmail listens")
        return self

    def greets(self):
        lab.require(self.process.poll() is None,
                    f"Sendmail ended: {(self.folder / 'output').read_text(errors='replace')}")
        return lab.Postfix.greets(self.port)

    @contextlib.contextmanager
    def session(self, address, timeout_s=30):
        """An SMTP session from an address in 127.0.0.0/8."""
        smtp = smtplib.SMTP("127.0.0.1", self.port, "client.example", timeout=timeout_s,
                            source_address=(address, 0))
        with smtp:
            smtp.ehlo()
            yield smtp

    def try_rcpt(self, address, sender, recipient):
        """MAIL and RCPT, then QUIT: the reply to RCPT."""
        with self.session(address) as smtp:
            smtp.mail(sender)
            return lab.reply_text(smtp.rcpt(recipient))

    def send(self, address, sender, recipients, mark):
        """A whole message; the replies to each RCPT, and the reply to its end (or None)."""
        with self.session(address) as smtp:
            smtp.mail(sender)
            replies = [lab.reply_text(smtp.rcpt(r)) for r in recipients]
            if not any(r.startswith("250") for r in replies):
                return replies, None
            return replies, lab.reply_text(smtp.data(f"From: <{sender}>\r\nSubject: {mark}\r\n\r\n{mark}\r\n"))

    def delivered(self, mark, timeout_s=10):
        """The text of the delivered message with this subject."""
        def look():
            for path in (self.folder / "mail").glob("[!.]*"):
                text = path.read_text(errors="replace")
                if re.search(f"^Subject: {re.escape(mark)}$", text, re.M):
                    return text
            return None
        return lab.wait_for(look, timeout_s, f"message {mark!r} is delivered")

    def stop(self):
        """With its children, one for each client: they are all in the group of the first."""
        if self.process is not None:
            for number in (signal.SIGTERM, signal.SIGKILL):
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(self.process.pid, number)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self.process.wait(3)
                time.sleep(0.1)
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.stop()
            raise

    def __exit__(self, *_):
        self.stop()


if __name__ == "__main__":
    if sys.argv[1:] != ["fetch"]:
        sys.exit("usage: sendmail_lab.py fetch")
    try:
        fetch()
    except lab.Skip as why:
        sys.exit(str(why))
