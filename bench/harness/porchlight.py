"""Porchlight itself."""

import pathlib
import re
import subprocess
import urllib.parse

from proof import environment, newest_release, program

from .client import Request, ask, lines
from .server import Server

# Requests a second that one address may make, and how many at once: the limiter works as it does for
# everybody, and never refuses.
UNREACHED = "100000000:100000000"
# Downloads to one address: all clients of the benchmark have the same.
DOWNLOADS = "256"


class Porchlight(Server):
    """Asked for what a client would ask for."""

    name = "porchlight"
    keeps_answers = True

    def __init__(self, work, binary, home):
        super().__init__(work)
        self.binary, self.home = binary, pathlib.Path(home)
        self.release = newest_release(home).name
        self.more = {}

    def command(self):
        return [self.binary, "serve", "--no-schedule", "--listen", f"127.0.0.1:{self.port}"]

    def environment(self):
        return environment(
            self.home,
            PORCHLIGHT_RATE_LIMIT=UNREACHED,
            PORCHLIGHT_MAX_DOWNLOADS=DOWNLOADS,
            PORCHLIGHT_MAX_DOWNLOADS_PER_CLIENT=DOWNLOADS,
            **self.more,
        )

    def probe(self):
        return Request("/v1/summary")

    def request(self, workload, case):
        return Request(path(case), headers=tuple(case.get("headers", ())))

    def rows(self, workload, answer):
        if workload.rows_are_lines:
            return lines(answer)
        data = answer.json()["data"]
        return data if isinstance(data, list) else [data]

    def answers_from_cache(self):
        """How many answers were kept ones, and how many were made."""
        text = ask(self.port, Request("/metrics")).body.decode()
        count = lambda outcome: sum(
            float(line.rsplit(" ", 1)[1])
            for line in text.splitlines()
            if line.startswith("porchlight_") and f'="{outcome}"' in line and "cache" in line
        )
        return count("hit"), count("miss")

    def version(self):
        said = subprocess.run([self.binary, "--version"], capture_output=True, text=True).stdout
        return re.sub(r"^porchlight ", "", said.strip())


def path(case):
    """The path and query of a case."""
    query = urllib.parse.urlencode(case.get("query", {}), safe=",")
    return case["path"] + (f"?{query}" if query else "")
