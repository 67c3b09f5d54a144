#!/usr/bin/env python3
"""The daemon by a file of rules: its command line, reloads, statistics, and Postgrey's options as such a file."""
import pathlib
import pathlib
import pwd
import random
import shutil
import subprocess
import sys
import threading
import time

import fake_dns
import lab

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import mmdb
from lab import require, same

NOW = 1795319831
PLAIN = 'report none\nracl whitelist domain friend.example\nracl greylist default msg "wait"\n'


def run(program, *words, stdin=""):
    return subprocess.run([program.path, *[str(w) for w in words]], input=stdin, capture_output=True,
                          text=True, timeout=60, check=False)


def word(client, **attributes):
    return client.ask(policy_test_time=NOW, **attributes).split(" ")[0]


def starts_and_answers(program):
    with lab.RulesServer(program, PLAIN) as server, server.client() as client:
        same(word(client, client_name="mx.friend.example"), "DUNNO", "a friend")
        same(client.ask(policy_test_time=NOW, client_name="x.example", etrn_domain=""),
             "DEFER_IF_PERMIT 4.7.1 wait", "a stranger")
        server.logged("do=defer why=new rule=3 wait=1800")
        same(server.stop(), 0, "exit status")


def a_wrong_file(program):
    folder = lab.scratch()
    try:
        path = folder / "wrong.conf"
        path.write_text('policy "inet:127.0.0.1:1"\nracl whitelist adr 192.0.2.1\n')
        for words in (["-f", path], ["-c", "-f", path], ["--as-milter-greylist", "-f", path]):
            done = run(program, *words)
            same(done.returncode, 78, f"exit status of {words}")
            require(f"{path}:2:16: " in done.stderr and "did you mean 'addr'" in done.stderr,
                    f"{words}: {done.stderr}")
            require("\n                 ^" in done.stderr, f"no caret: {done.stderr}")
        path.write_text(PLAIN)
        done = run(program, "-c", "-f", path)
        require(done.returncode == 0 and "is okay" in done.stderr, f"-c: {done.stderr}")
        done = run(program, "-f", path, "--set", f'store lmdb "{folder}"')
        require(done.returncode == 78 and "nothing to listen on" in done.stderr, done.stderr)
        done = run(program, "-f", path, "--set", "gryelist 5m")
        require(done.returncode == 78 and "on the command line: " in done.stderr and
                "'greylist'" in done.stderr, done.stderr)
        done = run(program, "-f", folder / "nowhere.conf")
        require(done.returncode == 78 and "nowhere.conf" in done.stderr, done.stderr)
    finally:
        shutil.rmtree(folder)


def the_command_line(program):
    done = run(program, "--fiel=/x", "-c")
    require(done.returncode == 64 and "did you mean --file" in done.stderr, done.stderr)
    done = run(program, "-f")
    require(done.returncode == 64 and "needs a value" in done.stderr, done.stderr)
    require(run(program, "--help").stdout.startswith("Usage: greylagd [-f FILE]"), "--help")
    require(run(program, "--version").stdout.startswith("greylagd "), "--version")
    done = run(program, "--as-milter-greylist", "-r")
    require(done.returncode == 0 and "4.6.4" in done.stdout, f"-r: {done.stdout}")


def statements_win(program):
    with lab.RulesServer(program, "greylist 5m\n" + PLAIN, sets=["greylist 7m"]) as server:
        with server.client() as client:
            word(client)
        server.logged("wait=420")


def reload(program):
    with lab.RulesServer(program, PLAIN) as server, server.client() as client:
        same(word(client, client_name="mx.new.example"), "DEFER_IF_PERMIT", "before")
        server.write(PLAIN + "greylst 5m\n")
        server.reload()
        server.logged("reload refused, the old configuration stays: ")
        require(any("did you mean" in l for l in server.lines), server.tail())
        same(word(client, client_name="mx.friend.example"), "DUNNO", "the old rules")
        server.write(PLAIN.replace("friend", "new") + "workers 7\n")
        server.reload()
        lab.wait_for(lambda: word(client, client_name="mx.new.example") == "DUNNO", 3, "the new rules")
        same(word(client, client_name="mx.friend.example", sender="z@friend.example"),
             "DEFER_IF_PERMIT", "a friend no more")
        server.logged("workers is changed by a restart only")
        server.file.unlink()
        server.reload()
        lab.wait_for(lambda: sum("reload refused" in l for l in server.lines) == 2, 3, "no file")
        same(word(client, client_name="mx.new.example"), "DUNNO", "still the new rules")


def big_lists_under_load(program):
    """200,000 networks are read again and again while questions come; each has its right answer, and soon."""
    folder = lab.scratch()
    dice = random.Random(7)
    try:
        nets = folder / "nets"
        nets.write_text("".join(f"{dice.randrange(1, 200)}.{dice.randrange(256)}.{dice.randrange(256)}.0/24\n"
                                for _ in range(200000)) + "203.0.113.0/24\n")
        rules = f'list "many" addr file "{nets}"\nreport none\nracl whitelist list "many"\nracl greylist default\n'
        slowest, odd, count, ending = [0.0], [], [0], threading.Event()

        def load(server):
            with server.client(timeout_s=20) as client:
                while not ending.is_set():
                    began = time.monotonic()
                    listed = word(client, client_address="203.0.113.9")
                    other = word(client, client_address="240.0.0.1")
                    slowest[0] = max(slowest[0], time.monotonic() - began)
                    count[0] += 2
                    if (listed, other) != ("DUNNO", "DEFER_IF_PERMIT"):
                        odd.append((listed, other))

        with lab.RulesServer(program, rules) as server:
            thread = threading.Thread(target=load, args=(server,))
            thread.start()
            for _ in range(5):
                server.reload()
                time.sleep(0.3)
            lab.wait_for(lambda: sum("HUP received" in l for l in server.lines) == 5, 20, "five reloads")
            ending.set()
            thread.join()
            require(not odd, f"odd answers: {odd[:2]}")
            require(count[0] > 50 and slowest[0] < 5, f"{count[0]} answers, the slowest {slowest[0]:.1f} s")
            require(not any("refused" in l for l in server.lines), server.tail())
    finally:
        shutil.rmtree(folder)


def statistics(program):
    folder = lab.scratch()
    try:
        out, piped = folder / "stat", folder / "piped"
        rules = f'stat ">>{out}" "%S %f %r %Xc %A\\n"\n' + PLAIN
        with lab.RulesServer(program, rules) as server, server.client() as client:
            word(client, client_name="mx.friend.example")
            word(client, client_name="x.example")
            lab.wait_for(lambda: out.exists() and out.read_text().count("\n") == 2, 3, "two lines")
            same(out.read_text(), "accept a@example.net b@example.org  3\n"
                                  "tempfail a@example.net b@example.org 451 4\n", "the file")
            server.write(rules.replace(f">>{out}", f"|cat >>{piped}"))
            server.reload()
            server.logged("HUP received")
            lab.wait_for(lambda: word(client, client_name="mx.friend.example") == "DUNNO" and
                         piped.exists() and piped.read_text(), 5, "a line through the pipe")
            server.write(rules.replace(f">>{out}", "|sleep 60"))
            server.reload()
            for n in range(300):
                same(word(client, client_name="mx.friend.example"), "DUNNO", f"{n}: with a pipe that hangs")
    finally:
        shutil.rmtree(folder)


def postgrey_as_a_file(program):
    """What --print-config prints runs, and answers and logs the same."""
    folder = lab.scratch()
    try:
        clients = folder / "clients"
        clients.write_text("friend.example\n")
        options = ["--inet=1", "--delay=77", f"--whitelist-clients={clients}", "--whitelist-recipients=/dev/null",
                   "--greylist-text=Later: %s \"seconds\"", "--x-greylist-header=X-Greylist: %t"]
        printed = run(program, "--as-postgrey", "--print-config", *options).stdout
        require("style postgrey\n" in printed, printed)
        printed = "".join(l + "\n" for l in printed.split("\n") if not l.startswith(("policy", "user", "store")))
        with lab.RulesServer(program, printed) as server, server.client() as client:
            same(word(client, client_name="mx.friend.example"), "DUNNO", "a friend")
            same(client.ask(policy_test_time=NOW, client_name="x.example"),
                 'DEFER_IF_PERMIT Later: 77 "seconds"', "a stranger")
            same(client.ask(policy_test_time=NOW + 77, client_name="x.example"), "PREPEND X-Greylist: 77", "later")
            server.logged("action=pass, reason=client whitelist, client_name=mx.friend.example")
            server.logged("action=greylist, reason=new, client_name=x.example")
    finally:
        shutil.rmtree(folder)


def the_users_own_group(program):
    """A user without a group gets its own, never root's."""
    if not lab.is_root():
        raise lab.Skip("needs root")
    who = pwd.getpwnam("nobody")
    with lab.RulesServer(program, PLAIN, user="nobody") as server:
        with open(f"/proc/{server.process.pid}/status", encoding="ascii") as f:
            status = dict(l.split(":\t", 1) for l in f if ":\t" in l)
        same(status["Uid"].split(), [str(who.pw_uid)] * 4, "user")
        same(status["Gid"].split(), [str(who.pw_gid)] * 4, "group")
        same(status["Groups"].split(), [str(who.pw_gid)], "groups")


def folders_of_milter_greylist(program):
    """/run is empty after a boot, and its init script relies on the daemon."""
    folder = lab.scratch()
    try:
        rules = f'style milter-greylist\nsocket "{folder}/run/milter.sock" 660\npidfile "{folder}/pid/greylist.pid"\n' + PLAIN
        user = "nobody" if lab.is_root() else None
        with lab.RulesServer(program, rules, user=user) as server:
            require((folder / "run/milter.sock").is_socket(), "no socket")
            who = pwd.getpwnam(server.user)
            for path, mode in ((folder / "run/milter.sock", "0o660"), (server.folder / "socket", "0o666")):
                door = path.stat()
                same((oct(door.st_mode & 0o777), door.st_uid, door.st_gid), (mode, who.pw_uid, who.pw_gid),
                     f"mode, owner and group of {path.name}")
            for made in ("run", "pid"):
                there = (folder / made).stat()
                same(oct(there.st_mode & 0o7777), "0o755", f"mode of {made}")
                same(pwd.getpwuid(there.st_uid).pw_name, server.user, f"owner of {made}")
            same(server.stop(), 0, "exit status")
        require(not (folder / "run/milter.sock").exists(), "the socket is left")
        with lab.RulesServer(program, rules.replace("style milter-greylist\n", "").replace("/run/", "/other/")):
            raise lab.Failure("started without the folder of its socket")
    except lab.Failure as e:
        require("other" in str(e), str(e))
    finally:
        shutil.rmtree(folder)


def the_recommended_configuration(program):
    """What packaging/greylag.conf promises, with a DNS of the test's."""
    zone = """
        big.example   TXT   "v=spf1 ip4:198.51.100.0/24 -all"
        open.example  TXT   "v=spf1 +all"
    """
    packaging = pathlib.Path(__file__).resolve().parents[2] / "packaging"
    with fake_dns.Server(zone) as dns:
        rules = "".join(line + "\n" for line in (packaging / "greylag.conf").read_text().split("\n")
                        if not line.startswith(("policy", "user", "store")))
        rules = rules.replace("@datadir@/greylag", str(packaging)) + f'resolver "{dns.address}"\n'
        with lab.RulesServer(program, rules) as server, server.client(timeout_s=20) as client:
            line = dict(client_name="dsl77-113.home.example.net", server_address="192.0.2.250")
            same(word(client, client_name="mx.example.net"), "DUNNO", "a mail server")
            same(dns.asked, [], "questions to the DNS about a mail server")
            same(word(client, **line), "SLEEP", "a home line")
            same(word(client, client_address="198.51.100.9", sender="a@big.example", **line), "DUNNO",
                 "a large site's server with a home line's name")
            same(word(client, client_address="198.51.100.9", sender="a@open.example", **line), "SLEEP",
                 "everybody may send for its sender")
            dns.silent = True
            begun = time.monotonic()
            same(word(client, client_address="198.18.0.9", sender="a@silent.example", **line), "SLEEP",
                 "a home line while no name server answers")
            require(time.monotonic() - begun < 9, "longer than dns_timeout")
            same(word(client, client_name="mx2.example.net"), "DUNNO", "a mail server meanwhile")


def nothing_on_standard_input(program):
    folder = lab.scratch()
    try:
        for options in (["--stdio", f"--dbdir={folder}"],):
            done = subprocess.run([program.path, *options], stdin=subprocess.DEVNULL, capture_output=True,
                                  timeout=20, check=False)
            same(done.returncode, 0, "exit status")
    finally:
        shutil.rmtree(folder)


def countries(program):
    """The data base is replaced under load, lost, and comes back broken; a reload opens what is there."""
    def put(code):
        fresh = server.folder / "new.mmdb"
        fresh.write_bytes(mmdb.build([("192.0.2.0/24", {"country": {"iso_code": code}})]))
        fresh.rename(path)

    def answers(expected):
        lab.wait_for(lambda: client.ask(policy_test_time=NOW, client_address="192.0.2.1") == expected, 3, expected)

    rules = 'report none\nracl blacklist geoip "JP"\nracl blacklist geoip "KR" msg "%C"\nracl whitelist default\n'
    with lab.RulesServer(program, rules) as server, server.client() as client:
        server.logged("geoip never matches: no statement geoip2db")
        path = server.folder / "countries.mmdb"
        server.write(f'geoip2db "{path}"\n' + rules)
        server.reload()
        server.logged(f"{path}: No such file or directory: no client's country is known")
        answers("DUNNO")
        for code, answer in [("JP", "551 5.7.1 Go away!"), ("KR", "551 5.7.1 KR"), ("US", "DUNNO")] * 3:
            put(code)
            server.reload()
            answers(answer)
        put("JP")
        answers("DUNNO")                         # the old file, until a reload
        server.reload()
        answers("551 5.7.1 Go away!")
        broken = server.folder / "broken"
        broken.write_bytes(path.read_bytes()[:-9])
        broken.rename(path)
        answers("551 5.7.1 Go away!")
        server.reload()
        server.logged("no data base in the MaxMind DB format, or a damaged one")
        answers("DUNNO")
        maps = pathlib.Path(f"/proc/{server.process.pid}/maps")
        lab.wait_for(lambda: "countries.mmdb" not in maps.read_text(encoding="utf-8"), 3, "no old file mapped")


def rules_are_logged(program):
    with lab.RulesServer(program, "log_rules\nverbose\n" + PLAIN) as server, server.client() as client:
        word(client, client_name="x.example")
        server.logged('rule at line 4: domain: no, saw "x.example"')
        server.logged("rule at line 5: greylist: it holds")


def a_limit_of_all_workers(program):
    rules = ('workers 4\nreport none\nratelimit "few" rcpt 10 / 1h key "all"\n'
             'racl blacklist ratelimit "few"\nracl whitelist default\n')

    def refused(server, times):
        count = 0
        for n in range(times):
            with server.client() as client:  # the next worker's
                count += client.ask(instance=f"m{n}").startswith("551")
        return count

    with lab.RulesServer(program, rules) as server:
        same(refused(server, 10), 0, "refused below the limit")
        same(refused(server, 4), 4, "refused above it")
        server.logged('ratelimit overflow for class few: 11, limit is 10 recipients / 3600 sec, key = "all"')
        server.write(rules.replace("10 / 1h", "12 / 1h"))
        server.reload()
        server.logged("HUP received")
        # What was counted stays: 14 are above the new limit too.
        lab.wait_for(lambda: refused(server, 1) == 1 and any("limit is 12" in l for l in server.lines), 5,
                     "the new limit, with the old count")


CASES = [
    ("a file, an answer, a log line, the end", starts_and_answers),
    ("a wrong file: status 78, place, caret, advice", a_wrong_file),
    ("the command line", the_command_line),
    ("a statement of the command line wins over the file", statements_win),
    ("SIGHUP: new rules; a wrong file changes nothing", reload),
    ("SIGHUP with 200,000 networks under load", big_lists_under_load),
    ("stat: to a file, to a pipe, to a pipe that hangs", statistics),
    ("Postgrey's options as a file", postgrey_as_a_file),
    ("log_rules", rules_are_logged),
    ("a rate limit is one for all workers, and stays over a reload", a_limit_of_all_workers),
    ("the data base of countries", countries),
    ("a user's own group", the_users_own_group),
    ("milter-greylist's folders are made", folders_of_milter_greylist),
    ("the recommended configuration", the_recommended_configuration),
    ("--stdio with nothing to read", nothing_on_standard_input),
]

if __name__ == "__main__":
    sys.exit(lab.main(CASES, doc=__doc__))
