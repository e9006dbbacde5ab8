"""Datasette over the database of the release, immutable, with the metadata that the release brings."""

import hashlib
import subprocess
import urllib.parse

from ..client import Request
from ..server import Server


class Datasette(Server):
    """Its counts of rows come from an inspect file; facets, which no other server makes, are off."""

    name = "datasette"

    def __init__(self, work, release, files):
        super().__init__(work)
        self.release, self.files = release, files
        self.program = work / "python" / "bin" / "datasette"

    def prepare(self):
        key = hashlib.sha256(str(self.release.database).encode()).hexdigest()[:12]
        self.inspected = self.work / f"inspect-{key}.json"
        if not self.inspected.exists():
            command = [self.program, "inspect", self.release.database, "--inspect-file", self.inspected]
            subprocess.run(command, check=True, capture_output=True)

    def command(self):
        return [
            self.program, "serve", "--immutable", self.release.database,
            "--inspect-file", self.inspected, "--metadata", self.release.folder / "datasette.json",
            "--static", f"files:{self.files}", "--host", "127.0.0.1", "--port", str(self.port),
            "--setting", "suggest_facets", "off", "--setting", "max_csv_mb", "0",
        ]

    def probe(self):
        return Request("/-/versions.json")

    def request(self, workload, case):
        plain = {"_shape": "array", "_nocount": 1, "_nofacet": 1}
        match case["asks"]:
            case "record":
                return Request(f"/dataset/{case['table']}/{tilde(case['id'])}.json?_shape=array")
            case "list":
                query = {"state": case["state"], "kind": case["kind"], "_size": 100, "_sort": "id"}
                if case["without"] is not None:
                    query["state__not"] = case["without"]
            case "deep-page":
                name, id = case["after"]
                query = {"_sort": "name", "_size": 100, "_next": f"{tilde(name)},{tilde(id)}"}
            case "search":
                query = {"_search": case["words"], "_size": 20}
                if case["state"] is not None:
                    query["state"] = case["state"]
            case "counts":
                without = case["without"]
                where = "" if without is None else f" where state <> '{without}'"
                sql = f"select state, kind, count(*) as n from agencies{where} group by state, kind"
                return Request("/dataset.json?" + urllib.parse.urlencode({"sql": sql, "_shape": "array"}))
            case "csv":
                # Nothing here is kept, so the plain question is a new one.
                return Request("/dataset/agencies.csv?_stream=on&_size=max")
            case "file":
                name, headers = case["file"], tuple(case.get("headers", ()))
                return Request("/dataset.db" if name == "dataset.sqlite" else f"/files/{name}", headers=headers)
            case _:
                return None
        return Request("/dataset/agencies.json?" + urllib.parse.urlencode(query | plain))


def tilde(text):
    """A value as Datasette writes it into its addresses."""
    plain = lambda byte: chr(byte).isalnum() and byte < 128 or chr(byte) in "_-"
    return "".join(chr(byte) if plain(byte) else "+" if byte == 32 else f"~{byte:02X}" for byte in text.encode())
