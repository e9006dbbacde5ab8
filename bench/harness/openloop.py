"""The mix at a fixed rate, while whole tables are read: how long a client waits when others are greedy.

wrk asks again when it was answered, so a server that stalls is asked less. Here requests come when they
are due (static-answers/src/bin/open-loop.rs), and the wait of those that come late counts."""

import json
import statistics
import subprocess
import threading

from . import load, machine
from .client import Request, ask

# The part of what the server can do at most.
SHARE = 0.7
# Clients at a time.
CLIENTS = 64
# Seconds of a run: some ten thousand requests, so that a hundred of them are the slowest hundredth.
SECONDS = 10
# Seconds that measure what it can do.
CAPACITY = 3


class Exports(threading.Thread):
    """Reads a whole table again and again, until it is told to end."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.port, self.ended, self.read = port, threading.Event(), 0
        self.start()

    def run(self):
        while not self.ended.is_set():
            ask(self.port, Request(f"/v1/agencies.csv?state__not=Y{self.read}"), keep=False)
            self.read += 1

    def end(self):
        self.ended.set()
        self.join()
        return self.read


def anew(server):
    server.stop()
    server.start()


def capacity(server, requests):
    """Requests a second with as many clients, none waiting for its turn."""
    anew(server)
    load.write(server.work, server.port, requests)
    return load.many(server.work, server.port, CLIENTS, CAPACITY)["requests"] / CAPACITY


def at_rate(server, program, requests, rate, exports):
    """One run: what the generator counted, and how many tables were read."""
    anew(server)
    load.write(server.work, server.port, requests)
    reading = Exports(server.port) if exports else None
    peak = machine.Peak(server.roots())
    command = [program, f"127.0.0.1:{server.port}", server.work / "requests", str(rate), str(CLIENTS), str(SECONDS)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS + 120)
    _, own = peak.end()
    read = reading.end() if reading else 0
    if done.returncode:
        raise RuntimeError(f"open-loop: {done.stderr}")
    return json.loads(done.stdout) | {"exports": read, "own": own}


def measure(server, program, cases, runs):
    """Medians at the rate, without exports and with them."""
    requests = [server.request(None, case) for case in cases]
    most = statistics.median(capacity(server, requests) for _ in range(min(runs, 3)))
    rate = SHARE * most
    if rate * SECONDS > len(requests):
        raise RuntimeError(f"{len(requests)} cases are too few for {SECONDS} s at {rate:.0f} a second")
    found = {"capacity": most, "rate": rate}
    for name, exports in (("alone", False), ("beside exports", True)):
        done = [at_rate(server, program, requests, rate, exports) for _ in range(runs)]
        found[name] = {what: statistics.median(run[what] for run in done) for what in done[0]}
    return found


def table(found):
    lines = [
        f"### open-loop: the mix, each once, at {SHARE:.0%} of what the server can do",
        "",
        f"{CLIENTS} connections, {found['rate']:,.0f} requests a second of {found['capacity']:,.0f}, {SECONDS} s a run. A request"
        " that was due while its connection waited counts from when it was due. Beside exports: a client reads all"
        " agencies as CSV again and again, made anew each time.",
        "",
        "| | p50 ms | p90 ms | p99 ms | p99.9 ms | most ms | answered a second | refused | tables read | RssAnon MB |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for name in ("alone", "beside exports"):
        of = found[name]
        times = [f"{of[what] / 1000:.1f}" for what in ("p50", "p90", "p99", "p999", "most")]
        cells = [f"{of['requests'] / of['seconds']:,.0f}", f"{of['refused']:.0f}", f"{of['exports']:.0f}", f"{of['own']:.0f}"]
        lines.append(f"| {name} | " + " | ".join(times + cells) + " |")
    return "\n".join(lines) + "\n"
