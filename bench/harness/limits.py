"""The two servers that give Porchlight's own answers as they lie ready: what can be reached at all."""

import os
import pathlib
import pwd
import shutil
import subprocess

from .client import Request
from .server import Server

CRATE = pathlib.Path(__file__).resolve().parent.parent / "static-answers"

NGINX = """
daemon off;
master_process on;
worker_processes auto;
{user}
error_log {work}/nginx.error.log;
pid {work}/nginx.pid;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    default_type application/json;
    sendfile on;
    tcp_nopush on;
    tcp_nodelay on;
    # As many as there are: its own bound would have clients connect anew.
    keepalive_requests 1000000000;
    open_file_cache max=4096 inactive=1h;
    server {{
        listen 127.0.0.1:{port};
        location /answers/ {{ alias {answers}/; }}
        location /files/ {{ alias {files}/; }}
        location = /alive {{ return 200; }}
    }}
}}
"""


def built(name):
    """A program of the crate, built now if it is not current; or the one in the folder that
    PORCHLIGHT_BENCH_BIN names."""
    given = os.environ.get("PORCHLIGHT_BENCH_BIN")
    if given:
        return pathlib.Path(given) / name
    subprocess.run(["cargo", "build", "--release", "--locked", "--quiet"], cwd=CRATE, check=True)
    return pathlib.Path(os.environ.get("CARGO_TARGET_DIR", CRATE / "target")) / "release" / name


class BareActix(Server):
    """A server on actix that sends the same bytes and headers from memory (../static-answers)."""

    name = "actix"
    is_exact = True

    def __init__(self, work, captured):
        super().__init__(work)
        self.captured = captured

    def prepare(self):
        self.binary = built("porchlight-static-answers")

    def command(self):
        return [self.binary, self.captured.folder, f"127.0.0.1:{self.port}"]

    def probe(self):
        return self.captured.porchlight.probe()

    def request(self, workload, case):
        return self.captured.asked(case)

    def rows(self, workload, answer):
        return self.captured.porchlight.rows(workload, answer)

    def version(self):
        lock = (CRATE / "Cargo.lock").read_text()
        return "actix-web " + lock.split('name = "actix-web"\nversion = "')[1].split('"')[0]


class Nginx(Server):
    """nginx that sends the same bytes as files, and files of the release where they lie."""

    name = "nginx"
    is_exact = True

    def __init__(self, work, captured, files):
        super().__init__(work)
        self.captured, self.files = captured, files

    def prepare(self):
        if not shutil.which("nginx"):
            raise RuntimeError("nginx is missing: bench/setup installs it")

    def command(self):
        # The workers of a server that root started would be nobody's, who may not read the files.
        user = f"user {pwd.getpwuid(os.getuid()).pw_name};" if os.getuid() == 0 else ""
        config = self.work / "nginx.conf"
        config.write_text(NGINX.format(
            user=user, work=self.work, port=self.port, answers=self.captured.folder, files=self.files
        ))
        return ["nginx", "-p", self.work, "-c", config]

    def probe(self):
        return Request("/alive")

    def request(self, workload, case):
        if "file" in case:
            return Request(f"/files/{case['file']}", headers=tuple(case.get("headers", ())))
        if case["asks"] == "csv":
            # The same bytes lie in the release.
            return None if case["query"] else Request("/files/agencies.csv")
        return self.captured.as_file(case)

    def rows(self, workload, answer):
        return self.captured.porchlight.rows(workload, answer)

    def version(self):
        said = subprocess.run(["nginx", "-v"], capture_output=True, text=True).stderr
        return said.strip().rsplit("/", 1)[-1]
