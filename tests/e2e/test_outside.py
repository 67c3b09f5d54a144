#!/usr/bin/env python3
"""Rules that ask other programs: p0f and web servers, which answer, refuse, dawdle and die."""
import contextlib
import os
import shutil
import socket
import subprocess
import sys
import threading
import time

import lab
import milter_mta
import outside
from lab import require, same

NOW = 1795319831


def word(client, **attributes):
    return client.ask(policy_test_time=NOW, **attributes).split(" ")[0]


@contextlib.contextmanager
def closing(thing):
    try:
        yield thing
    finally:
        thing.close()


@contextlib.contextmanager
def scratch():
    folder = lab.scratch()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


P0F = """report none
p0fsock "%s"
racl blacklist p0f "windows xp" msg "%%Fx?"
racl whitelist p0f /^linux 3/
racl whitelist not p0f "windows" helo "other.example"
racl greylist default msg "wait"
"""


def p0f(program):
    systems = {"192.0.2.1": ("Windows", "XP"), "192.0.2.2": ("Linux", "3.x"), "2001:db8::1": ("Linux", "3.1")}
    with scratch() as folder, closing(outside.P0f(folder / "p0f", systems)) as served, \
            lab.RulesServer(program, P0F % (folder / "p0f")) as server, server.client() as client:
        same(client.ask(client_address="192.0.2.1"), "551 5.7.1 Windows XP?", "Windows")
        same(word(client, client_address="192.0.2.2"), "DUNNO", "Linux")
        same(word(client, client_address="2001:db8::1"), "DUNNO", "by IPv6")
        same(word(client, client_address="192.0.2.3"), "DEFER_IF_PERMIT", "not seen by p0f")
        same(word(client, client_address="192.0.2.3", helo_name="other.example"), "DUNNO", "no system is not Windows")
        require((0x50304601, "2001:db8::1") in served.asked, str(served.asked))
        served.silent = True
        began = time.monotonic()
        same(word(client, client_address="192.0.2.2", sender="b@example.net"), "DEFER_IF_PERMIT", "p0f hangs")
        require(time.monotonic() - began < 3, "it held the answer up")
        served.close()
        (folder / "p0f").unlink()
        same(word(client, client_address="192.0.2.2", sender="c@example.net"), "DEFER_IF_PERMIT", "p0f is gone")
        same(server.stop(), 0, "exit status")


URLS = """report none
onfailure %(onfailure)s
urlcheck_timeout 2s
urlcheck "yes" "%(url)s/%%r?from=%%f&ip=%%i" 2
urlcheck "raw" "%(url)s/raw?%%f" 1 noencode
urlcheck "props" "%(url)s/props?%%r" 1 getprop
list "urls" urlcheck { "yes" }
racl continue from props@example.net urlcheck "props"
racl "red" blacklist $color "red" msg "red %%P{size}"
racl "skip" continue rcpt skip@example.org msg "not for you"
racl "raw" greylist rcpt raw@example.org urlcheck "raw" msg "raw"
racl "checked" whitelist urlcheck "yes" msg "of the rule"
racl greylist default msg "wait"
"""


def urlcheck(program):
    pages = {
        "/in%40example.org": (200, "milterGreylistStatus: Ok\n"),
        "/no%40example.org": (200, "milterGreylistStatus: No\n"),
        "/bad%40example.org": (200, "milterGreylistAction: blacklist\nmilterGreylistCode: 550\n"
                                    "milterGreylistEcode: 5.1.1\nmilterGreylistMsg: %r is not here\n"),
        "/slow%40example.org": (200, "milterGreylistAction: greylist\r\nmilterGreylistDelay: 5h\r\n"),
        "/page%40example.org": (404, "milterGreylistStatus: Ok\n"),
        "/large%40example.org": (200, "milterGreylistStatus: Ok\n" + "x: y\n" * 1000),
        "/props": (200, "milterGreylistStatus: Ok\nColor: RED\nsize: 7\nnothing:\n"),
        "/raw": (200, "milterGreylistStatus: TRUE\n"),
    }
    rules = URLS % {"onfailure": "ignore", "url": "%s"}
    with closing(outside.Web(pages)) as web, \
            lab.RulesServer(program, rules.replace("%s", web.url(""))) as server, server.client() as client:
        def ask(name, **more):
            return client.ask(policy_test_time=NOW, recipient=f"{name}@example.org", **more)

        same(ask("in", sender="a&b?c/%41@example.net"), "DUNNO", "Ok")
        same(web.asked[-1], ("GET", "/in%40example.org?from=a%26b%3Fc%2F%2541%40example.net&ip=203.0.113.9", b""), "the question")
        same(ask("no"), "DEFER_IF_PERMIT wait", "No")
        same(ask("none"), "DEFER_IF_PERMIT wait", "a page that is not there")
        same(ask("page"), "DUNNO", "an error page is read")
        same(ask("bad"), "550 5.1.1 bad@example.org is not here", "blacklisted by the answer")
        same(ask("slow"), "DEFER_IF_PERMIT of the rule", "greylisted by the answer")
        server.logged("wait=18000")
        same(ask("large"), "DEFER_IF_PERMIT wait", "a page that is too long")
        same(ask("raw", sender="a+b@example.net"), "DEFER_IF_PERMIT raw", "another check")
        same(web.asked[-1][1], "/raw?a+b@example.net", "not encoded")
        same(ask("x", sender="props@example.net"), "551 5.7.1 red 7", "lines are properties")
        same(ask("x", sender="other@example.net"), "DEFER_IF_PERMIT wait", "of that question")
        others_go_on(server, web, ask)
        web.close()
        same(ask("in", sender="x@example.net"), "DEFER_IF_PERMIT wait", "the server is gone")
        same(server.stop(), 0, "exit status")


def others_go_on(server, web, ask):
    """A web server that dawdles holds up its own question, until the time is over."""
    web.stuck.clear()
    with server.client() as other:
        began = time.monotonic()
        thread = threading.Thread(target=ask, args=("in",), daemon=True)
        thread.start()
        require(other.ask(policy_test_time=NOW, recipient="x@example.org", sender="").startswith("DEFER"), "other")
        thread.join(10)
        require(1.5 < time.monotonic() - began < 6, f"{time.monotonic() - began} s for a time-out of 2 s")
    web.stuck.set()


def failure(program):
    rules = URLS % {"onfailure": "tempfail", "url": f"http://127.0.0.1:{lab.free_port()}"}
    with lab.RulesServer(program, rules) as server, server.client() as client:
        same(client.ask(policy_test_time=NOW), "451 4.7.1 Service unavailable - try again later", "nobody listens")
        server.logged('fact="the URL check"')


def hang_up(program):
    """Who asks leaves while the web server dawdles; and the daemon ends."""
    with closing(outside.Web({})) as web:
        rules = URLS.replace("2s", "8s") % {"onfailure": "ignore", "url": web.url("")}
        with lab.RulesServer(program, rules) as server:
            web.stuck.clear()
            for _ in range(20):
                with server.client() as client:
                    client.send(lab.request_text())
            lab.wait_for(lambda: len(web.asked) >= 10, 5, "the questions come")
            with server.client() as client:
                client.send(lab.request_text())
                began = time.monotonic()
                same(server.stop(), 0, "exit status")
                require(time.monotonic() - began < 15, "it took long to end")


POST = """socket "unix:FOLDER/milter"
report none
urlcheck "post" "%s/post?%%f" 1 postmsg
racl whitelist default
dacl blacklist urlcheck "post" msg "content"
"""


def posted(program):
    page = {"/post": (200, "milterGreylistStatus: Ok\n")}
    with closing(outside.Web(page)) as web, \
            lab.Configured(program, POST % web.url(""), "unix:FOLDER/milter") as server, \
            milter_mta.Mta(server.address) as mta:
        mta.negotiate()
        for step in (lambda: mta.connect("mx.example", "192.0.2.1", 4711), lambda: mta.helo("mx.example"),
                     lambda: mta.mail("<a@b.example>"), lambda: mta.rcpt("<c@d.example>"), mta.data,
                     lambda: mta.header("Subject", "hi\n there"), lambda: mta.header("From", "x"), mta.eoh,
                     lambda: mta.body(b"hello\r\n" * 20000)):
            answer = step()
            require(answer is None or answer.kind in ("continue", "skip"), str(answer))
        answer = mta.eob()
        require("content" in str(answer), str(answer))
        method, path, body = web.asked[-1]
        same((method, path), ("POST", "/post?a%40b.example"), "the request")
        require(b'name="msg"; filename="msg.txt"\r\nContent-Type: text/plain\r\n\r\n'
                b"Subject: hi\r\n there\r\nFrom: x\r\n\r\n" + b"hello\r\n" * 20000 + b"\r\n--" in body,
                str(body[:300]))
        web.pages.clear()
        mta.abort()


BOGO = """socket "unix:FOLDER/milter"
report none
bogofilter "%s" children 2 timeout 3s
%s
racl whitelist rcpt short@d.example maxpeek 40
racl whitelist default
dacl blacklist bogofilter > 0.99 msg "spam"
dacl blacklist bogofilter unsure bogofilter >= 0.5 msg "unsure"
"""


def message(mta, subject, headers=(), recipient="c"):
    mta.negotiate()
    steps = [lambda: mta.connect("mx.example", "192.0.2.1", 4711), lambda: mta.helo("mx.example"),
             lambda: mta.mail("<a@b.example>"), lambda: mta.rcpt(f"<{recipient}@d.example>"), mta.data,
             lambda: mta.header("Subject", subject)]
    steps += [lambda n=n, v=v: mta.header(n, v) for n, v in headers]
    for step in steps + [mta.eoh, lambda: mta.body(f"{subject} {subject}\r\n".encode())]:
        answer = step()
        require(answer is None or answer.kind in ("continue", "skip"), str(answer))
    return mta.eob()


def bogofilter_by_hand(program):
    """Scripts in its place: each mail's subject says what becomes of it."""
    text = """#!/bin/sh
said() { echo "X-Bogosity: $1, tests=bogofilter, spamicity=$2, version=0"; }
case $(cat) in
Subject:*spam*) said Spam 0.999000 ;;
Subject:*unsure*) said Unsure 0.520000; exit 2 ;;
Subject:*hang*) sleep 60 ;;
Subject:*crash*) kill -9 $$ ;;
Subject:*mute*) exit 0 ;;
*) said Ham 0.010000; exit 1 ;;
esac
"""
    forged = [("X-Bogosity", "Ham, tests=bogofilter"), ("To", "x"), ("x-bogosity", "No")]
    cases = [("spam", "spam", None), ("unsure", "unsure", None), ("ham", "continue", "Ham, tests=bogofilter, "
              "spamicity=0.010000, version=0"), ("crash", "continue", None), ("mute", "continue", None),
             ("hang", "continue", None)]
    with scratch() as folder, \
            lab.Configured(program, BOGO % (folder / "script", "bogofilter_headers"), "unix:FOLDER/milter") as server:
        (folder / "script").write_text(text)
        (folder / "script").chmod(0o755)
        for subject, want, header in cases:
            with milter_mta.Mta(server.address) as mta:
                began = time.monotonic()
                answer = message(mta, subject, forged)
                require(want in str(answer), f"{subject}: {answer}")
                require(time.monotonic() - began < 6, f"{subject}: it hangs")
                changes = [c for c in answer.changes if b"ogosity" in repr(c).encode()]
                if want == "continue":
                    same(len(changes), 2 + (header is not None), f"{subject}: changes {changes}")
                    require(header is None or header in str(changes[-1]), f"{subject}: {changes}")
        server.logged("bogofilter: no answer about a message")
        with milter_mta.Mta(server.address) as mta:
            answer = message(mta, "ham", [forged[0], ("To", "x" * 40), *forged], "short")
            changes = [c for c in answer.changes if b"ogosity" in repr(c).encode()]
            same(len(changes), 4, f"behind what is kept: {changes}")
        for count, want in (1000, "continue"), (1001, "tempfail"), (60000, "tempfail"):
            with milter_mta.Mta(server.address) as mta:
                began = time.monotonic()
                answer = message(mta, "ham", [("X-Bogosity", "Ham")] * count)
                require(want in str(answer)[:1000], f"{count} forged: {str(answer)[:1000]}")
                require(time.monotonic() - began < 20, f"{count} forged: it takes too long")
        server.logged("X-Bogosity can't be deleted: there are too many")
        same(server.stop(), 0, "exit status")


def bogofilter_itself(program):
    if lab.which("bogofilter") is None:
        raise lab.Skip("needs bogofilter")
    with scratch() as folder:
        ask_bogofilter(program, folder)


def ask_bogofilter(program, folder):
    for words, option in (("cheap pills buy now", "-s"), ("lunch tomorrow at noon", "-n")):
        for _ in range(4):
            subprocess.run(["bogofilter", "-d", folder, option], input=f"Subject: {words}\n\n{words} {words}\n",
                           text=True, check=True, timeout=30)
    with lab.Configured(program, BOGO % (f"exec bogofilter -v -d {folder}", ""), "unix:FOLDER/milter") as server:
        for subject, want in (("cheap pills buy now", "spam"), ("lunch tomorrow at noon", "continue"),
                              ("something else", "unsure")):
            with milter_mta.Mta(server.address) as mta:
                answer = message(mta, subject)
                require(want in str(answer), f"{subject}: {answer}")
                require("ogosity" not in str(answer.changes), "a header that nobody wants")


LDAP = """report none
ldapconf "ldap://127.0.0.1:%(dead)d %(url)s" timeout 2s%(bind)s
%(more)s
ldapcheck "plain" "ldap://x/ou=people,dc=example??sub?(mail=%%r)"
ldapcheck "match" "ldap://x/ou=people,dc=example?sn?sub?(mail=%%r)" domatch
ldapcheck "raw" "ldap://x/ou=people,dc=example?sn?sub?(mail=%%r)" domatch noescape
ldapcheck "closed" "ldap://x/ou=closed,dc=example?sn?sub?(mail=%%r)" domatch
racl "plain" whitelist ldapcheck "plain" msg "of the rule"
racl "phone" blacklist $telephoneNumber "1234" msg "who calls"
racl "closed" blacklist ldapcheck "closed" msg "closed"
racl "raw" blacklist from raw@example.net ldapcheck "raw" msg "raw"
racl "match" blacklist helo "match.example" ldapcheck "match" msg "match"
racl greylist default msg "wait"
"""


def ldapcheck(program):
    if lab.which("slapd") is None:
        raise lab.Skip("needs slapd")
    people = {
        "in@example.org": {"milterGreylistStatus": "TRUE"},
        "no@example.org": {"milterGreylistStatus": "FALSE"},
        "bad@example.org": {"milterGreylistAction": "blacklist", "milterGreylistMsg": "%r is not here"},
        "phone@example.org": {"telephoneNumber": "1234"},
        "there@example.org": {},
    }
    with scratch() as folder, closing(outside.Slapd(folder, people, {"secret@example.org": {}})) as slapd:
        values = {"dead": lab.free_port(), "url": slapd.url(), "bind": "", "more": ""}
        with lab.RulesServer(program, LDAP % values) as server, server.client() as client:
            ldap_answers(client)
            slapd.stop()
            same(ask_for(client, "in", sender="x@example.net"), "DEFER_IF_PERMIT wait", "the server is gone")
            slapd.start()
            same(ask_for(client, "in", sender="y@example.net"), "DUNNO", "and back")
            same(server.stop(), 0, "exit status")
        values["bind"] = ' binddn "cn=admin,dc=example" bindpw "secret"'
        with lab.RulesServer(program, LDAP % {**values, "more": "fixldapcheck\nloglevel debug"}) as server, \
                server.client() as client:
            same(ask_for(client, "secret"), "551 5.7.1 closed", "as the administrator")
            same(ask_for(client, "there"), "DUNNO", "fixldapcheck")
            require(not any("secret" in l and "binddn" in l for l in server.lines), "the password is logged")
        values["bind"] = values["bind"].replace("secret", "wrong")
        with lab.RulesServer(program, "onfailure tempfail\n" + LDAP % values) as server, server.client() as client:
            require(ask_for(client, "in").startswith("451"), "a wrong password is a failure")
            server.logged('fact="the LDAP check"')


def ldap_silent(program):
    """It holds up its own question, until its time is over."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        values = {"dead": lab.free_port(), "url": f"ldap://127.0.0.1:{silent.getsockname()[1]}", "bind": "", "more": ""}
        with lab.RulesServer(program, LDAP % values) as server:
            for _ in range(6):           # more than threads, and all of them leave
                with server.client() as client:
                    client.send(lab.request_text())
            with server.client() as client:
                began = time.monotonic()
                same(client.ask(policy_test_time=NOW), "DEFER_IF_PERMIT wait", "silence")
                require(1.5 < time.monotonic() - began < 20, f"{time.monotonic() - began} s")
                client.send(lab.request_text())
                began = time.monotonic()
                same(server.stop(), 0, "exit status")
                require(time.monotonic() - began < 18, "it took long to end")


def tls(program):
    """A certificate that nobody vouches for is none; one that is trusted will do."""
    for name in ("openssl", "slapd"):
        if lab.which(name) is None:
            raise lab.Skip(f"needs {name}")
    with scratch() as folder:
        certificate = outside.make_certificate(folder)
        people = {"in@example.org": {"milterGreylistStatus": "TRUE"}}
        page = {"/in%40example.org": (200, "milterGreylistStatus: Ok\n")}
        with closing(outside.Web(page, certificate)) as web, \
                closing(outside.Slapd(folder, people, certificate=certificate)) as slapd:
            values = {"dead": lab.free_port(), "url": slapd.url(), "bind": "", "more": ""}
            with lab.RulesServer(program, LDAP % values) as server, server.client() as client:
                same(ask_for(client, "in"), "DEFER_IF_PERMIT wait", "a directory that is not trusted")
            os.environ["LDAPTLS_CACERT"] = str(certificate[0])
            try:
                with lab.RulesServer(program, LDAP % values) as server, server.client() as client:
                    same(ask_for(client, "in"), "DUNNO", "one that is")
            finally:
                del os.environ["LDAPTLS_CACERT"]
            rules = URLS % {"onfailure": "ignore", "url": web.url("")}
            with lab.RulesServer(program, rules) as server, server.client() as client:
                same(ask_for(client, "in"), "DEFER_IF_PERMIT wait", "a web server that is not trusted")
            same(web.asked, [], "what it was asked")


def long_times(program):
    """Whose servers have a minute, and are silent, end all the same when the daemon is to."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        rules = LDAP.replace("2s", "40s") % {"dead": lab.free_port(), "url": f"ldap://127.0.0.1:{port}", "bind": "",
                                             "more": "urlcheck_timeout 60s"}
        with lab.RulesServer(program, rules) as server, server.client() as client:
            client.send(lab.request_text())
            time.sleep(0.5)
            began = time.monotonic()
            same(server.stop(25), 0, "exit status")
            require(time.monotonic() - began < 22, "it took long to end")


def ask_for(client, name, **more):
    return client.ask(policy_test_time=NOW, recipient=f"{name}@example.org", **more)


def ldap_answers(client):
    wait = "DEFER_IF_PERMIT wait"
    same(ask_for(client, "in"), "DUNNO", "TRUE")
    same(ask_for(client, "no"), wait, "FALSE")
    same(ask_for(client, "nobody"), wait, "no entry")
    same(ask_for(client, "there"), wait, "an entry alone")
    same(ask_for(client, "there", helo_name="match.example"), "551 5.7.1 match", "domatch")
    same(ask_for(client, "bad"), "551 5.7.1 bad@example.org is not here", "blacklisted by the answer")
    same(ask_for(client, "phone"), "551 5.7.1 who calls", "an attribute is a property")
    same(ask_for(client, "secret"), wait, "what is closed to us")
    same(ask_for(client, "*)(sn=x", helo_name="match.example"), wait, "a filter can't be left")
    same(ask_for(client, "*", helo_name="match.example"), wait, "nor be made wider")
    same(ask_for(client, "*", sender="raw@example.net"), "551 5.7.1 raw", "unless noescape lets it")


CASES = [
    ("p0f", p0f),
    ("urlcheck", urlcheck),
    ("urlcheck: onfailure tempfail", failure),
    ("urlcheck: who asks leaves, and so do we", hang_up),
    ("urlcheck: the message is posted", posted),
    ("bogofilter: what a command may say and do", bogofilter_by_hand),
    ("bogofilter itself", bogofilter_itself),
    ("ldapcheck, with slapd", ldapcheck),
    ("ldapcheck: a server that is silent", ldap_silent),
    ("certificates of web servers and directories", tls),
    ("ldapcheck: a long time-out ends with the daemon", long_times),
]

if __name__ == "__main__":
    sys.exit(lab.main(CASES, doc=__doc__))
