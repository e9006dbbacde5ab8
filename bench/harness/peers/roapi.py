"""roapi over the CSV files of the release, which it holds in memory; the reader of Parquet in it refuses ours."""

import urllib.parse

from ..client import Request
from ..server import Server, free_port


class Roapi(Server):
    """Lists and records by its REST queries; searches, counts and what lies deep by its SQL."""

    name = "roapi"

    def __init__(self, work, release):
        super().__init__(work)
        self.release, self.program = release, work / "python" / "bin" / "roapi"

    def command(self):
        tables = [f"{name}={self.release.folder}/{name}.csv" for name in ("agencies", "partnerships")]
        return [
            self.program, "--addr-http", f"127.0.0.1:{self.port}",
            "--addr-postgres", f"127.0.0.1:{free_port()}", "--addr-flight-sql", f"127.0.0.1:{free_port()}",
            *(word for table in tables for word in ("--table", table)),
        ]

    def probe(self):
        return Request("/api/tables/partnerships?limit=1")

    def request(self, workload, case):
        columns = ", ".join(self.release.columns)
        match case["asks"]:
            case "record":
                return table(case["table"], {"filter[id]": text(case["id"])})
            case "list":
                query = {"filter[state]": text(case["state"]), "filter[kind]": text(case["kind"]), "sort": "id"}
                # Its REST queries know no `not`; nothing here is kept, so the plain question is a new one.
                return table("agencies", query | {"limit": 100})
            case "deep-page":
                return sql(f"SELECT {columns} FROM agencies ORDER BY name, id LIMIT 100 OFFSET {case['skip']}")
            case "search":
                pattern = text(f"%{case['words']}%")
                where = "(" + " OR ".join(f"{column} ILIKE {pattern}" for column in ("name", "city")) + ")"
                if case["state"] is not None:
                    where += f" AND state = {text(case['state'])}"
                return sql(f"SELECT {columns} FROM agencies WHERE {where} LIMIT 20")
            case "counts":
                without = case["without"]
                where = "" if without is None else f" WHERE state <> {text(without)}"
                return sql(f"SELECT state, kind, count(*) AS n FROM agencies{where} GROUP BY state, kind")
            case "csv":
                return Request("/api/tables/agencies", headers=(("Accept", "application/csv"),))
            case _:
                return None


def table(name, query):
    return Request(f"/api/tables/{name}?" + urllib.parse.urlencode(query, safe="[]"))


def sql(statement):
    return Request("/api/sql", "POST", body=statement)


def text(value):
    """A value as SQL writes it."""
    return "'" + value.replace("'", "''") + "'"
