#!/usr/bin/env python3
"""What may break around the daemon, and what must hold all the same.

No "come back later" that a client was told is forgotten by kill -9 or a power cut; a full disk, a
damaged or unwritable store, hostile octets and a crowd of idle connections never stop the answers.

GREYLAG_CRASH_ROUNDS (10) is how often the daemon is killed under load.
"""
import ctypes
import fcntl
import os
import random
import resource
import select
import shutil
import signal
import subprocess
import sys
import threading
import time

import lab
from lab import Failure, Skip, require, same

ROUNDS = int(os.environ.get("GREYLAG_CRASH_ROUNDS", "10"))
NOW = int(time.time())                  # near the real one: what is too old by it is purged
DELAY_S = 60
OPTIONS = [f"--delay={DELAY_S}", "--auto-whitelist-clients=0", "--quiet"]
PROMPT_S = 4.0                           # the store's own limit of 2 s, and room
EXT4_IOC_SHUTDOWN = 0x8004587D           # from <linux/ext4.h>: _IOR('X', 125, __u32)
SHUTDOWN_NO_LOG_FLUSH = 2


def tuple_of(mark, n):
    """A request of its own network, sender and recipient."""
    return {"client_address": f"198.18.{n % 256}.{n // 256 % 256}", "client_name": "unknown",
            "sender": f"s-{mark}-x{n}x@sender.example", "recipient": f"r{n}@example.org"}


def retried(server, tuples, clock, allowed):
    """Retries all after the delay on one connection; the answers' first words must be allowed."""
    wrong = []
    with server.client() as client:
        for start in range(0, len(tuples), 20):      # Postgrey stumbles where one read ends, 8 KiB
            some = tuples[start:start + 20]
            client.send(b"".join(lab.request_text(policy_test_time=clock, instance=f"r{start + i}",
                                                  **t) for i, t in enumerate(some)))
            for t in some:
                action = client.action()
                if action.split(" ")[0] not in allowed:
                    wrong.append(f"{t['sender']}: {action}")
    require(not wrong, f"{len(wrong)} of {len(tuples)} promises forgotten, such as {wrong[:2]}")


class Load:
    """Threads that each send new tuples on a connection of their own and note what was promised."""

    def __init__(self, server, mark, threads=4, clock=NOW):
        self.server, self.mark, self.clock = server, mark, clock
        self.lock = threading.Lock()
        self.next = 0
        self.promised = []
        self.odd = []
        self.going = True
        self.threads = [threading.Thread(target=self.run) for _ in range(threads)]
        for t in self.threads:
            t.start()

    def run(self):
        try:
            with self.server.client(timeout_s=10) as client:
                while self.going:
                    with self.lock:
                        n, self.next = self.next, self.next + 1
                    one = tuple_of(self.mark, n)
                    action = client.ask(policy_test_time=self.clock, **one)
                    with self.lock:
                        if action.startswith("DEFER_IF_PERMIT "):
                            self.promised.append(one)
                        else:
                            self.odd.append(action)
        except (Failure, OSError):
            pass                         # the kill; what was not fully answered is no promise

    def join(self):
        self.going = False
        for t in self.threads:
            t.join()


def killed_under_load(program):
    """In each round some fresh promises, kill -9 at a random moment, start, and all must pass."""
    chance = random.Random(4711)
    before = []
    with lab.Server(program, OPTIONS) as server:
        for n in range(ROUNDS):
            load = Load(server, f"round{n}")
            wanted = chance.randrange(20, 150)
            lab.wait_for(lambda l=load, w=wanted: len(l.promised) >= w or l.odd, 20,
                         "some promises")
            server.kill()
            load.join()
            require(not load.odd, f"round {n}: a new tuple was answered {load.odd[:1]}")
            server.start()
            retried(server, load.promised, NOW + DELAY_S, ["PREPEND"])
            before += load.promised
        # A pass was never promised to be remembered by a kill, but the wait stays.
        retried(server, before, NOW + DELAY_S, ["PREPEND", "DUNNO"])
        same(server.stop(), 0, "exit status in the end")


def killed_at_once(program):
    """kill -9 right after the answer, without any pause: the record was durable before it."""
    with lab.Server(program, OPTIONS) as server:
        for n in range(5):
            one = tuple_of("at-once", n)
            with server.client() as client:
                client.send(lab.request_text(policy_test_time=NOW, **one))
                require(client.action().startswith("DEFER_IF_PERMIT "), "first try")
                server.kill()
            server.start()
            retried(server, [one], NOW + DELAY_S, ["PREPEND"])


class Mounted:
    """A small file system of its own."""

    def __init__(self, kind, megabytes):
        if not lab.is_root():
            raise Skip("needs root")
        if kind == "ext4" and lab.which("mkfs.ext4") is None:
            raise Skip("no mkfs.ext4")
        self.folder = lab.scratch()
        self.point = self.folder / "disk"
        self.point.mkdir()
        if kind == "tmpfs":
            self.source = ["-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs"]
        else:
            image = self.folder / "image"
            with image.open("wb") as f:
                f.truncate(megabytes << 20)
            run("mkfs.ext4", "-q", "-F", str(image))
            self.source = ["-o", "loop", str(image)]

    def mount(self):
        run("mount", *self.source, str(self.point))

    def unmount(self):
        run("umount", str(self.point))

    def __enter__(self):
        try:
            self.mount()
        except Skip:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise
        return self

    def __exit__(self, *_):
        subprocess.run([lab.which("umount"), "-l", str(self.point)], capture_output=True,
                       check=False)
        shutil.rmtree(self.folder, ignore_errors=True)


def run(name, *args):
    done = subprocess.run([lab.which(name) or name, *args], capture_output=True, text=True,
                          check=False)
    if done.returncode != 0:
        raise Skip(f"{name} is not possible here: {done.stderr.strip()}")


def power_cut(program):
    """The file system drops all it has not been told to sync; what was promised is still there."""
    with Mounted("ext4", 64) as disk:
        server = lab.Server(program, OPTIONS, dbdir=disk.point / "db")
        try:
            load = Load(server, "power")
            lab.wait_for(lambda: len(load.promised) >= 150 or load.odd, 20, "some promises")
            fd = os.open(disk.point, os.O_RDONLY)
            flags = ctypes.c_uint32(SHUTDOWN_NO_LOG_FLUSH)
            try:
                with load.lock:
                    promised = list(load.promised)
                    fcntl.ioctl(fd, EXT4_IOC_SHUTDOWN, flags)
            except OSError as why:
                raise Skip(f"the file system can't be shut down: {why}") from None
            finally:
                os.close(fd)
                load.going = False
            with server.client() as client:          # the disk is dead, the answers go on
                prompt(client, tuple_of("dead", 1), ["DUNNO", "DEFER_IF_PERMIT"])
            load.join()
            server.kill()
            disk.unmount()
            disk.mount()
            server.start()
            retried(server, promised, NOW + DELAY_S, ["PREPEND"])
        finally:
            server.close()


def prompt(client, one, allowed, clock=NOW):
    began = time.monotonic()
    action = client.ask(policy_test_time=clock, **one)
    took = time.monotonic() - began
    word = action.split(" ")[0]
    require(word in allowed, f"answered {action!r}, not one of {allowed}")
    require(took < PROMPT_S, f"answered after {took:.1f} s")
    return word


def fill(folder):
    """Leaves no room; returns the file that takes it."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as f:
        for size in (1 << 16, 1 << 12, 1):
            try:
                while True:
                    f.write(b"x" * size)
            except OSError:
                pass
    return ballast


def disk_full(program):
    program.only_greylag("dies of it")
    with Mounted("tmpfs", 24) as disk:
        with lab.Server(program, OPTIONS, dbdir=disk.point / "db") as server:
            with server.client() as client:
                early = [tuple_of("early", n) for n in range(20)]
                for one in early:
                    prompt(client, one, ["DEFER_IF_PERMIT"])
                ballast = fill(disk.point)
                let_through, promised, end = 0, [], time.monotonic() + 15
                for n in range(200000):              # until the store has no page left
                    one = tuple_of("full" + "x" * 200, n)
                    if prompt(client, one, ["DEFER_IF_PERMIT", "DUNNO"]) == "DUNNO":
                        let_through += 1
                    else:
                        promised.append(one)
                    if let_through > 200 or time.monotonic() > end:
                        break
                require(let_through > 200, f"{n} new tuples, and the store was never full")
                prompt(client, early[0], ["PREPEND", "DUNNO"], NOW + DELAY_S)
                ballast.unlink()
                for n in range(100):                 # it may look again only after a while
                    word = prompt(client, tuple_of("after", n), ["DEFER_IF_PERMIT", "DUNNO"])
                    if word != "DUNNO":
                        break
                    time.sleep(0.1)
                prompt(client, tuple_of("after", n), ["PREPEND"], NOW + DELAY_S)
            retried(server, promised, NOW + DELAY_S, ["PREPEND"])
            retried(server, early, NOW + DELAY_S, ["PREPEND", "DUNNO"])
            require(server.alive(), "the daemon is gone")
            same(server.stop(), 0, "exit status")


def refuses(folder):
    try:
        (folder / "probe").write_text("x")
    except OSError:
        return True
    return False


def read_only(program):
    """The store's file system turns read-only under the running daemon, as after an I/O error."""
    program.only_greylag("goes on deferring what it can't remember")
    with Mounted("ext4", 64) as disk:
        with lab.Server(program, OPTIONS, dbdir=disk.point / "db") as server:
            with server.client() as client:
                early = [tuple_of("early", n) for n in range(10)]
                for one in early:
                    prompt(client, one, ["DEFER_IF_PERMIT"])
                run("mount", "-o", "remount,errors=remount-ro", str(disk.point))
                run("mount", "-o", "remount,abort", str(disk.point))
                lab.wait_for(lambda: refuses(disk.point), 3, "the file system refuses writes")
                refused, n = 0, 0
                end = time.monotonic() + 5
                while refused < 100:                 # it may take the kernel a moment
                    one, n = tuple_of("ro", n), n + 1
                    if prompt(client, one, ["DEFER_IF_PERMIT", "DUNNO"]) == "DUNNO":
                        refused += 1
                    else:
                        early.append(one)
                    require(time.monotonic() < end, "it goes on deferring what it can't remember")
            require(server.alive(), "the daemon is gone")
            server.stop()
            disk.unmount()
            disk.mount()
            server.start()
            retried(server, early, NOW + DELAY_S, ["PREPEND"])


def empty(path):
    path.write_bytes(b"")


def cut(path):
    os.truncate(path, path.stat().st_size // 2 + 1)


def cut_first_page(path):
    os.truncate(path, 4096)


def text(path):
    path.write_text("This was a data base once.\n" * 1000)


def zeroes(path):
    path.write_bytes(bytes(path.stat().st_size))


def noise(path):
    path.write_bytes(random.Random(1).randbytes(path.stat().st_size))


def noise_in_head(path):
    with path.open("r+b") as f:
        f.write(random.Random(2).randbytes(8192))


def noise_in_places(seed):
    def do(path):
        chance = random.Random(seed)
        size = path.stat().st_size
        with path.open("r+b") as f:
            for _ in range(30):
                f.seek(chance.randrange(8192, size - 64))
                f.write(chance.randbytes(64))
    return do


def noise_in_pages(seed):
    """Every page but the two at the head."""
    def do(path):
        chance = random.Random(seed)
        with path.open("r+b") as f:
            for page in range(2, path.stat().st_size // 4096):
                f.seek(page * 4096)
                f.write(chance.randbytes(4096))
    return do


def damaged(damage, must_move):
    """The daemon starts and answers; a file that can't be used is moved aside, not deleted."""
    def case(program):
        program.only_greylag("has another store")
        with lab.Server(program, OPTIONS) as server:
            with server.client() as client:
                for n in range(300):
                    client.send(lab.request_text(policy_test_time=NOW, **tuple_of("old", n)))
                for n in range(300):
                    client.action()
            same(server.stop(), 0, "exit status before the damage")
            before = {p.name for p in server.dbdir.iterdir()}
            data = server.dbdir / "data.mdb"
            require(data.exists(), f"no data.mdb among {sorted(before)}")
            damage(data)
            server.start()
            with server.client() as client:
                for n in range(300):                 # old tuples lead through the damaged pages
                    prompt(client, tuple_of("old", n), ["DEFER_IF_PERMIT", "DUNNO", "PREPEND"],
                           NOW + DELAY_S)
                words = [prompt(client, tuple_of("new", n), ["DEFER_IF_PERMIT", "DUNNO"])
                         for n in range(100)]
                require(server.alive(), "the daemon is gone")
                aside = {p.name for p in server.dbdir.iterdir()} - before
                if must_move:
                    require(any("data.mdb" in name for name in aside),
                            f"nothing was moved aside, new are {sorted(aside)}")
                if must_move or aside:
                    require("DUNNO" not in words[-10:], "the new store does not greylist")
                    for n in range(90, 100):
                        prompt(client, tuple_of("new", n), ["PREPEND"], NOW + DELAY_S)
            same(server.stop(), 0, "exit status")
            server.start()                           # and once more on what is there now
            with server.client() as client:
                prompt(client, tuple_of("newer", 1), ["DEFER_IF_PERMIT", "DUNNO"])
    return case


def second_daemon(program):
    with lab.Server(program, OPTIONS) as server:
        with server.client() as client:
            prompt(client, tuple_of("two", 1), ["DEFER_IF_PERMIT"])
            folder = lab.scratch()
            try:
                argv = program.argv([f"--unix={folder}/socket"] + server.options)
                done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True,
                                      timeout=10, check=False)
            except subprocess.TimeoutExpired:
                raise Failure("the second daemon runs on the same store") from None
            finally:
                shutil.rmtree(folder)
            require(done.returncode > 0, f"the second daemon ended with {done.returncode}")
            require(str(server.dbdir).encode() in done.stderr,
                    f"it does not say what is locked: {done.stderr!r}")
            prompt(client, tuple_of("two", 1), ["PREPEND"], NOW + DELAY_S)


def same_socket(program):
    """A second daemon on the first one's socket must not take it away, whatever its store."""
    program.only_greylag("takes the socket away")
    with lab.Server(program, OPTIONS) as server:
        other = server.folder / "other-db"
        other.mkdir()
        argv = program.argv(server.argv_listen + server.options + [f"--dbdir={other}"])
        try:
            done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, timeout=10,
                                  check=False)
            require(done.returncode > 0, f"the second daemon ended with {done.returncode}")
        except subprocess.TimeoutExpired:
            raise Failure("the second daemon took the socket of a living one") from None
        with server.client() as client:
            prompt(client, tuple_of("socket", 1), ["DEFER_IF_PERMIT"])


def stale_socket(program):
    with lab.Server(program, OPTIONS) as server:
        server.kill()
        require((server.folder / "socket").exists(), "the socket file is gone")
        server.start()
        with server.client() as client:
            prompt(client, tuple_of("stale", 1), ["DEFER_IF_PERMIT"])


def terminated_in_flight(program):
    """SIGTERM: what was read is answered, nothing is cut in half, and the exit status is 0."""
    program.only_greylag("drops what is in flight")
    with lab.Server(program, OPTIONS) as server:
        clients = [server.client(timeout_s=10) for _ in range(40)]
        for i, client in enumerate(clients):         # two in one piece: read together
            client.send(lab.request_text(policy_test_time=NOW, **tuple_of("term-a", i))
                        + lab.request_text(policy_test_time=NOW, **tuple_of("term-b", i)))
        require(clients[0].action().startswith("DEFER_IF_PERMIT "), "first answer")
        began = time.monotonic()
        server.signal(signal.SIGTERM)
        promised, unread = [tuple_of("term-a", 0)], 0
        for i, client in enumerate(clients):
            marks = ["term-b"] if i == 0 else ["term-a", "term-b"]
            answers = [client.answer() for _ in marks]
            if answers == [None, None]:
                unread += 1              # came too late, as if nobody listened; Postfix asks anew
                continue
            require(None not in answers, f"client {i}: only {answers}")
            promised += [tuple_of(m, i) for m in marks]
        server.process.wait(10)
        same(server.process.returncode, 0, "exit status")
        require(time.monotonic() - began < 8, "it took too long")
        require(unread < len(clients) // 2, f"{unread} of {len(clients)} got no answer")
        server.start()
        retried(server, promised, NOW + DELAY_S, ["PREPEND"])
        for client in clients:
            client.close()


def terminated_with_idle_clients(program):
    with lab.Server(program, OPTIONS) as server:
        clients = [server.client() for _ in range(20)]
        clients[0].ask(policy_test_time=NOW)
        clients[1].send(b"request=smtpd_access_policy\nsender=x")
        began = time.monotonic()
        same(server.stop(), 0, "exit status")
        require(time.monotonic() - began < 5, "idle clients hold it up")
        for client in clients:
            client.close()


def broken_list_at_reload(program):
    program.only_greylag("dies of it")
    folder = lab.scratch()
    try:
        lists = folder / "clients"
        lists.write_text("old.example\n192.0.2.0/24\n")
        options = [f"--delay={DELAY_S}", f"--whitelist-clients={lists}"]
        with lab.Server(program, options) as server, server.client() as client:
            def word(**attributes):
                return client.ask(policy_test_time=NOW, **attributes).split(" ")[0]
            same(word(client_name="mx.old.example"), "DUNNO", "old list")
            for broken in ("/(unclosed/\nnew.example\n", "/a{99999}/\nnew.example\n",
                           "new.example\n" + "/[z-a]/\n"):
                lists.write_text(broken)
                server.signal(signal.SIGHUP)
                server.logged("HUP received")
                time.sleep(0.2)
                same(word(client_name="mx.old.example"), "DUNNO", f"old list after {broken!r}")
                same(word(client_address="192.0.2.77"), "DUNNO", "old network")
                same(word(client_name="new.example"), "DEFER_IF_PERMIT", "new list")
                require(any(f"{lists}" in l for l in server.lines),
                        f"the log does not name the file: {server.tail()}")
            lists.write_text("new.example\n")
            server.signal(signal.SIGHUP)
            lab.wait_for(lambda: word(client_name="new.example") == "DUNNO", 3, "the mended list")
            same(word(client_name="mx.old.example", sender="y@old.example"), "DEFER_IF_PERMIT",
                 "the mended list has the old name no more")
    finally:
        shutil.rmtree(folder)


def reload_under_load(program):
    program.only_greylag("looks at signals only between requests")
    with lab.Server(program, OPTIONS) as server:
        load = Load(server, "hup")
        for _ in range(20):
            server.signal(signal.SIGHUP)
            time.sleep(0.03)
        load.join()
        require(load.promised and not load.odd, f"odd answers: {load.odd[:2]}")
        require(server.alive(), "the daemon is gone")


def deaf_manager(program):
    """The service manager reads nothing of what it is told: pid 1 that has crashed."""
    program.only_greylag("tells it nothing")
    with open("/proc/sys/net/unix/max_dgram_qlen", encoding="ascii") as f:
        room = int(f.read())
    with lab.Server(program, OPTIONS) as server:
        for n in range(1, room + 2):
            server.signal(signal.SIGHUP)
            lab.wait_for(lambda n=n: sum("HUP received" in l for l in server.lines) == n, 5, f"reload {n}")
        with server.client() as client:
            prompt(client, tuple_of("deaf", 1), ["DEFER_IF_PERMIT"])
        same(server.stop(), 0, "exit status")


def idle_crowd(program):
    """2,000 connections that say nothing, and traffic on another; then the idle ones speak."""
    program.only_greylag("can't have more than about 1,000 connections")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 2500:
        raise Skip(f"only {hard} file descriptors")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 2500), hard))
    idle = []
    try:
        with lab.Server(program, OPTIONS) as server:
            for _ in range(2000):
                idle.append(server.client())
            with server.client() as client:
                for n in range(200):
                    prompt(client, tuple_of("crowd", n), ["DEFER_IF_PERMIT"])
            for n, client in enumerate(idle[::100]):
                prompt(client, tuple_of("idle", n), ["DEFER_IF_PERMIT"])
            same(server.stop(), 0, "exit status")
    finally:
        for client in idle:
            client.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def hostile_octets(program):
    """Endless lines, endless requests, noise: bounded memory, and others are served."""
    program.only_greylag("grows without bound")
    chance = random.Random(5)
    with lab.Server(program, OPTIONS) as server:
        attacks = [b"x" * (4 << 20), b"sender=" + b"y" * (4 << 20),
                   b"".join(b"a%d=b\n" % n for n in range(400000)),
                   b"\n" * 100000, b"=\n" * 100000, chance.randbytes(1 << 20),
                   b"request=smtpd_access_policy\r" * 50000]
        for n, attack in enumerate(attacks):
            with server.client() as client, server.client() as other:
                feed(client, attack)
                require(server.alive(), f"attack {n} ended the daemon")
                prompt(other, tuple_of("hostile", n), ["DEFER_IF_PERMIT"])
        grown = memory_kib(server.process.pid)
        require(grown < 200 * 1024, f"the daemon now holds {grown} KiB")


def feed(client, octets):
    """Sends while the server takes it, reading (and dropping) what it answers."""
    client.socket.setblocking(False)
    at, end = 0, time.monotonic() + 3
    while at < len(octets) and time.monotonic() < end:
        readable, writable, _ = select.select([client.socket], [client.socket], [], 0.5)
        try:
            if readable and not client.socket.recv(1 << 16):
                return
            if writable:
                at += client.socket.send(octets[at:at + (1 << 16)])
        except BlockingIOError:
            pass
        except OSError:
            return                       # closed: its right


def memory_kib(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        return next(int(l.split()[1]) for l in f if l.startswith("RssAnon:"))


def slow_reader(program):
    """Who asks and asks but never reads is a nuisance to nobody else."""
    program.only_greylag("waits for it")
    with lab.Server(program, OPTIONS) as server:
        with server.client() as client, server.client() as other:
            client.socket.setblocking(False)
            one = lab.request_text(policy_test_time=NOW, **tuple_of("slow", 1)) * 100
            end = time.monotonic() + 2
            while time.monotonic() < end:
                try:
                    client.socket.send(one)
                except BlockingIOError:
                    time.sleep(0.01)
                except OSError:
                    break
            prompt(other, tuple_of("slow", 2), ["DEFER_IF_PERMIT"])
            grown = memory_kib(server.process.pid)
            require(grown < 200 * 1024, f"the daemon now holds {grown} KiB")


DAMAGES = [("an empty file", empty, False), ("cut in half", cut, True),
           ("cut to one page", cut_first_page, True), ("a text file", text, True),
           ("zeroes", zeroes, True), ("noise", noise, True),
           ("noise in its head", noise_in_head, True),
           ("noise in every page but the head", noise_in_pages(3), True),
           ("noise in some places (7)", noise_in_places(7), False),
           ("noise in some places (8)", noise_in_places(8), False),
           ("noise in some places (9)", noise_in_places(9), False)]

CASES = [
    (f"kill -9 under load, {ROUNDS} rounds: no promise is forgotten", killed_under_load),
    ("kill -9 right after the answer", killed_at_once),
    ("power cut: what was not synced is gone, the promises are not", power_cut),
    ("disk full: answers go on, greylisting comes back with the space", disk_full),
    ("file system turns read-only", read_only),
    *[(f"damaged store: {name}", damaged(do, move)) for name, do, move in DAMAGES],
    ("a second daemon on the store is refused", second_daemon),
    ("a second daemon on the socket is refused", same_socket),
    ("a stale socket is replaced", stale_socket),
    ("SIGTERM with requests in flight", terminated_in_flight),
    ("SIGTERM with idle clients", terminated_with_idle_clients),
    ("SIGHUP with a broken list: the old one stays", broken_list_at_reload),
    ("SIGHUP under load", reload_under_load),
    ("a service manager that does not listen", deaf_manager),
    ("2,000 idle connections", idle_crowd),
    ("endless lines and noise", hostile_octets),
    ("a client that never reads", slow_reader),
]

if __name__ == "__main__":
    sys.exit(lab.main(CASES, doc=__doc__))
