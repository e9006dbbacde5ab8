"""A PostgreSQL of the benchmark's own, with the tables of the release."""

import hashlib
import os
import pathlib
import pwd
import shutil
import signal
import sqlite3
import subprocess
import time

# What PostgreSQL's documentation advises for a machine with memory to spare: a quarter of it, and a
# disk that is no disk of turning plates.
SETTINGS = {
    "listen_addresses": "''",
    "shared_buffers": "1GB",
    "work_mem": "32MB",
    "effective_cache_size": "4GB",
    "random_page_cost": "1.1",
}

# Indexes on what is asked, and the words of an agency as a computed field: a column would be sent with
# every row, and naming the others instead costs PostgREST three times as much for a record.
INDEXES = """
CREATE INDEX ON agencies (state, kind, id);
CREATE INDEX ON agencies (name, id);
CREATE INDEX ON partnerships (agency_id);
CREATE FUNCTION words(agencies) RETURNS tsvector LANGUAGE sql IMMUTABLE AS $$
    SELECT to_tsvector('simple'::regconfig,
        $1.name || ' ' || $1.aliases || ' ' || coalesce($1.city, '') || ' ' || $1.counties)
$$;
CREATE INDEX ON agencies USING gin (to_tsvector('simple'::regconfig,
    name || ' ' || aliases || ' ' || coalesce(city, '') || ' ' || counties));
"""

# Raised when the above changes: a cluster of before is made anew.
EDITION = 2

START_WITHIN = 30


def programs():
    """The newest PostgreSQL of this machine; Debian keeps it out of the path."""
    found = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    if not found:
        raise RuntimeError("PostgreSQL is missing: bench/setup installs it")
    return found[-1]


class Postgres:
    """Made once for a release, and kept. It refuses to run as root, and gets another user then."""

    def __init__(self, work, release):
        self.bin, self.release, self.process = programs(), release, None
        key = hashlib.sha256(f"{release.database} {EDITION}".encode()).hexdigest()[:12]
        # The path of a socket may have 107 bytes, so it is not below the work folder.
        self.folder = pathlib.Path(f"/tmp/porchlight-bench-postgres-{key}")
        self.user = None
        if os.getuid() == 0:
            names = {entry.pw_name for entry in pwd.getpwall()}
            self.user = "postgres" if "postgres" in names else "nobody"

    def run(self, command, **more):
        return subprocess.run(command, user=self.user, cwd="/", check=True, capture_output=True, text=True, **more)

    def prepare(self):
        """Makes the cluster and loads the release, unless that was done."""
        if (self.folder / "ready").exists():
            return
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(mode=0o755)
        if self.user:
            shutil.chown(self.folder, self.user)
        self.run([self.bin / "initdb", "--pgdata", self.folder / "data", "--auth", "trust",
                  "--username", "bench", "--locale", "C.UTF-8", "--encoding", "UTF8"])
        self.start()
        try:
            for name in ("agencies", "partnerships"):
                self.load(name)
            self.psql(INDEXES)
            self.psql("VACUUM ANALYZE")
        finally:
            self.stop()
        (self.folder / "ready").touch()

    def load(self, name):
        """A table from its CSV, with the types that the database of the release gives its columns."""
        database = sqlite3.connect(f"file:{self.release.database}?immutable=1", uri=True)
        columns = database.execute(f"SELECT name, type, pk FROM pragma_table_info('{name}')").fetchall()
        database.close()
        types = {"TEXT": "text", "INTEGER": "bigint", "REAL": "double precision"}
        lines = [
            f'"{column}" {"boolean" if column == "registered" else types[kind]}{" PRIMARY KEY" if key else ""}'
            for column, kind, key in columns
        ]
        names = ", ".join(f'"{column}"' for column, _, _ in columns)
        self.psql(f"CREATE TABLE {name} ({', '.join(lines)})")
        with open(self.release.folder / f"{name}.csv") as rows:
            command = f"COPY {name} ({names}) FROM STDIN (FORMAT csv, HEADER true)"
            self.run(self.client() + ["-c", command], stdin=rows)

    def client(self):
        return ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", self.folder, "-U", "bench", "-d", "postgres"]

    def psql(self, text):
        self.run(self.client(), input=text)

    def url(self):
        return f"postgres:///postgres?host={self.folder}&user=bench"

    def start(self):
        settings = [word for name, value in SETTINGS.items() for word in ("-c", f"{name}={value.strip(chr(39))}")]
        command = [self.bin / "postgres", "-D", self.folder / "data", "-k", self.folder, *settings]
        log = open(self.folder / "log", "ab")
        self.process = subprocess.Popen(command, user=self.user, cwd="/", stdin=subprocess.DEVNULL,
                                        stdout=log, stderr=log, start_new_session=True)
        log.close()
        until = time.monotonic() + START_WITHIN
        while time.monotonic() < until:
            state = self.folder / "data" / "postmaster.pid"
            # The last line of this file is the server's state.
            if state.exists() and state.read_text().rstrip().endswith("ready"):
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        raise RuntimeError(f"PostgreSQL does not start: see {log.name}")

    def stop(self):
        if not self.process:
            return
        # Fast: sessions are cut off.
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(START_WITHIN)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None
