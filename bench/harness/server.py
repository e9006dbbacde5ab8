"""A server of this machine: how it is started, asked for its costs, and ended."""

import os
import signal
import socket
import subprocess
import time

from . import machine
from .client import LOOPBACK, Request, ask, lines

# Seconds that a server may take to start; Datasette and PostgREST take less than two.
START_WITHIN = 60
# Seconds that a server may take to end before it is killed: it may finish answers under way.
END_WITHIN = 10


def free_port():
    """A port that nobody listens on."""
    with socket.socket() as found:
        found.bind((LOOPBACK, 0))
        return found.getsockname()[1]


class Server:
    """What all servers have in common. Each kind says how it is started and how it is asked."""

    # How it is called on the command line and in the results.
    name = ""
    # Whether it keeps answers, so that it is started anew where they must be new to it.
    keeps_answers = False
    # Whether it must send the very bytes that Porchlight sends.
    is_exact = False

    def __init__(self, work):
        self.work, self.port, self.process = work, free_port(), None
        # Processes beside its own that work for it.
        self.others = []

    def command(self):
        """The program and its arguments."""
        raise NotImplementedError

    def environment(self):
        """Its environment."""
        return dict(os.environ)

    def probe(self):
        """What is asked to see whether it answers."""
        return Request("/")

    def request(self, workload, case):
        """How it is asked for a case; `None` where it cannot do that."""
        raise NotImplementedError

    def rows(self, workload, answer):
        """The rows that an answer holds."""
        return lines(answer) if workload.rows_are_lines else answer.json()

    def version(self):
        """Its version, for the results: what its program says last of itself."""
        return subprocess.run([self.program, "--version"], capture_output=True, text=True).stdout.split()[-1]

    def prepare(self):
        """What must be done once before it is started."""

    def start(self):
        """Starts it, and returns the seconds to its first answer."""
        log = open(self.work / f"{self.name}.log", "ab")
        began = time.perf_counter()
        self.process = subprocess.Popen(
            self.command(), env=self.environment(), stdin=subprocess.DEVNULL,
            stdout=log, stderr=log, start_new_session=True, cwd=self.work,
        )
        log.close()
        while time.perf_counter() - began < START_WITHIN:
            if self.process.poll() is not None:
                raise RuntimeError(f"{self.name} ended with {self.process.returncode}: see {log.name}")
            try:
                if ask(self.port, self.probe(), timeout=5).status == 200:
                    return time.perf_counter() - began
            except OSError:
                pass
            time.sleep(0.001)
        raise RuntimeError(f"{self.name} does not answer within {START_WITHIN} s: see {log.name}")

    def stop(self):
        """Ends it and the processes of its session."""
        if not self.process:
            return
        for word in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self.process.pid, word)
            except ProcessLookupError:
                pass
            try:
                self.process.wait(END_WITHIN)
                break
            except subprocess.TimeoutExpired:
                pass
        self.process = None

    def roots(self):
        """The processes whose costs are its own."""
        return {self.process.pid, *self.others}

    def processor_seconds(self):
        return machine.processor_seconds(self.roots())

    def memory(self):
        return machine.memory(self.roots())
