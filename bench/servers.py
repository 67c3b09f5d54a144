"""What the benchmarks of the milter door share: processes that listen on a socket in a scratch folder."""
import os
import pathlib
import statistics
import subprocess
import time

TICK = os.sysconf("SC_CLK_TCK")


class Failure(Exception):
    pass


class Server:
    """A process that listens on DIR/socket. `argv` holds {dir} and {socket}."""

    def __init__(self, name, argv, folder, rules=None):
        self.name = name
        folder.mkdir()
        self.socket = f"{folder}/socket"
        if rules:
            (folder / "store").mkdir()
            (folder / "conf").write_text(rules.replace("{dir}", str(folder)))
        argv = [a.replace("{dir}", str(folder)).replace("{socket}", self.socket) for a in argv]
        with open(folder / "log", "wb") as log:
            self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        end = time.monotonic() + 30
        while not os.path.exists(self.socket):
            if self.process.poll() is not None or time.monotonic() > end:
                raise Failure(f"{name}: does not listen: {(folder / 'log').read_text()[-500:]}")
            time.sleep(0.01)
        time.sleep(0.2)

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def cpu(self):
        """Processor seconds so far."""
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICK

    def memory(self):
        """(resident, of that not of a file) in octets."""
        lines = pathlib.Path(f"/proc/{self.process.pid}/smaps_rollup").read_text().split("\n")
        kib = {p[0]: int(p[1]) for p in (x.split() for x in lines) if len(p) == 3}
        return kib["Rss:"] * 1024, kib["Anonymous:"] * 1024


def median(results, what):
    return statistics.median(r[what] for r in results)
