"""usage: describe.py [FOLDER]

Has others' tools judge what describes a release: Frictionless and the Data Package profile,
mlcroissant, cffconvert, Datasette, SQLite, zipfile and a JSON Schema of DCAT-US; says what is wrong.

Starts a server of the built-in data and a few invented editions from a temporary home, downloads its
newest release and asks it for its catalogue and pages; or takes the files of a release in FOLDER, and
asks no server. Takes a debug build; PORCHLIGHT_BIN names another.
"""
import asyncio
import hashlib
import html.parser
import importlib.resources
import json
import logging
import pathlib
import sqlite3
import sys
import tempfile
import urllib.parse
import urllib.request
import zipfile

import cffconvert
import datasette.app
import frictionless
import jsonschema
import mlcroissant

HERE = pathlib.Path(__file__).parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE.parent.parent))
from proof import Serving, program, small_home

# The catalogue needs whole addresses and somebody to write to.
PUBLIC = ("--public-url", "https://data.example.org", "--contact-email", "data@example.org")
faults = []


def check(holds, what):
    if not holds:
        faults.append(what)
        print(f"  FAULT {what}")


def download(folder, get):
    """Every file of the newest release."""
    manifest = json.loads(get("/v1/releases/latest"))["data"]
    for name in ["manifest.json", *(file["name"] for file in manifest["files"])]:
        (folder / name).write_bytes(get(f"/data/{manifest['release']}/{name}"))


def sums(folder):
    for line in (folder / "SHA256SUMS").read_text().splitlines():
        sha256, name = line.split("  ")
        found = hashlib.sha256((folder / name).read_bytes()).hexdigest()
        check(found == sha256, f"SHA256SUMS: {name}")


def data_package(folder):
    report = frictionless.validate(str(folder / "datapackage.json"))
    for error in report.flatten(["title", "fieldName", "message"])[:10]:
        check(False, f"frictionless: {error}")
    check(report.valid, "frictionless: the package is not valid")
    check(report.stats["tasks"] > 20, "frictionless: few files were looked at")
    profiles = importlib.resources.files("dplib").joinpath("profiles/2.0")
    profile = json.loads(profiles.joinpath("datapackage.json").read_text())
    package = json.loads((folder / "datapackage.json").read_text())
    judge = jsonschema.validators.validator_for(profile)(profile)
    for error in judge.iter_errors(package):
        check(False, f"profile of Data Package: {list(error.path)}: {error.message[:200]}")


def croissant(folder):
    said = []
    handler = logging.Handler()
    handler.emit = lambda record: said.append(record.getMessage())
    logging.getLogger("absl").addHandler(handler)
    dataset = mlcroissant.Dataset(jsonld=str(folder / "croissant.json"))
    issues = dataset.metadata.issues
    for problem in [*issues.errors, *issues.warnings]:
        check(False, f"mlcroissant: {problem}")
    check(not [line for line in said if "WARNING" in line], f"mlcroissant: {said}")
    package = json.loads((folder / "datapackage.json").read_text())
    rows = {file["name"]: file["rows"] for file in package["resources"] if "rows" in file}
    for name in ("vendors", "programs", "sources"):
        read = sum(1 for _ in dataset.records(record_set=name))
        check(read == rows[name], f"mlcroissant: {name} has {read} records, not {rows[name]}")


def citation(folder):
    cffconvert.Citation((folder / "CITATION.cff").read_text()).validate()


def archive(folder):
    (path,) = folder.glob("porchlight-*.zip")
    with zipfile.ZipFile(path) as packed:
        check(packed.testzip() is None, "the archive is damaged")
        names = packed.namelist()
        apart = {path.name, "SHA256SUMS", "SHA256SUMS.minisig"}
        files = json.loads((folder / "manifest.json").read_text())["files"]
        expected = {file["name"] for file in files} - apart
        check(names == sorted(expected), f"the archive holds {set(names) ^ expected} or is unsorted")
        for name in names:
            check(packed.read(name) == (folder / name).read_bytes(), f"{name} in the archive differs")


def database(folder):
    with sqlite3.connect(f"file:{folder / 'dataset.sqlite'}?mode=ro&immutable=1", uri=True) as connection:
        ask = lambda sql: connection.execute(sql).fetchall()
        check(ask("PRAGMA integrity_check") == [("ok",)], "integrity_check")
        check(ask("PRAGMA foreign_key_check") == [], "foreign_key_check")
        # What lets Datasette search agencies by their own row numbers.
        strangers = ask(
            "SELECT count(*) FROM agencies a LEFT JOIN search s ON s.rowid = a.rowid"
            " AND s.resource = 'agencies' AND s.id = a.id WHERE s.id IS NULL"
        )
        check(strangers == [(0,)], f"{strangers[0][0]} agencies are not found by their row")
        return ask("SELECT name FROM agencies ORDER BY id LIMIT 1")[0][0]


async def look_around(folder, name):
    settings = json.loads((folder / "datasette.json").read_text())
    shown = datasette.app.Datasette(immutables=[str(folder / "dataset.sqlite")], metadata=settings)
    await shown.invoke_startup()
    rows = json.loads((folder / "manifest.json").read_text())["tables"]
    agencies = next(table["rows"] for table in rows if table["name"] == "agencies")

    async def ask(path):
        answer = await shown.client.get(path)
        check(answer.status_code == 200, f"datasette: {path}: {answer.status_code}")
        return answer

    all_of_them = (await ask("/dataset/agencies.json?_facet=state&_shape=objects")).json()
    check(all_of_them["filtered_table_rows_count"] == agencies, "datasette: not all agencies")
    states = all_of_them["facet_results"]["state"]["results"]
    check(states, "datasette: no facets")
    query = urllib.parse.quote(" ".join(word for word in name.split() if word.isalpha()))
    found = (await ask(f"/dataset/agencies.json?_search={query}&_shape=objects")).json()
    check(name in {row["name"] for row in found["rows"]}, f"datasette: `{name}` is not found")
    nothing = (await ask("/dataset/agencies.json?_search=zzyzxqq&_shape=objects")).json()
    check(nothing["rows"] == [], "datasette: a search finds what it should not")
    check('name="_search"' in (await ask("/dataset/agencies")).text, "datasette: no field to search")
    vendors = (await ask("/dataset/search_vendors.json?words=ring&_shape=objects")).json()
    check("ring" in {row["id"] for row in vendors["rows"]}, "datasette: `ring` is not found")


class LinkedData(html.parser.HTMLParser):
    """Takes the JSON-LD out of a page."""

    def __init__(self, page):
        super().__init__()
        self.inside, self.text = False, ""
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.inside = (tag, ("type", "application/ld+json")) == ("script", *attributes[:1])

    def handle_endtag(self, tag):
        self.inside = False

    def handle_data(self, data):
        if self.inside:
            self.text += data


def served(get):
    schema = json.loads((HERE / "dcat-us-3.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    judge = jsonschema.Draft202012Validator(schema)
    catalogue = json.loads(get("/data.json"))
    for error in judge.iter_errors(catalogue):
        check(False, f"DCAT-US: {list(error.path)}: {error.message[:200]}")
    # The judge must be able to find fault.
    del catalogue["dataset"][0]["publisher"]
    catalogue["dataset"][0]["distribution"][0]["byteSize"] = 1
    check(len(list(judge.iter_errors(catalogue))) == 2, "DCAT-US: the schema lets everything pass")
    for page in ("/data", "/dictionary"):
        data = json.loads(LinkedData(get(page).decode()).text)
        check(data["@type"] == "Dataset" and data["distribution"], f"{page}: no linked data")


def serve(folder):
    """Takes a release from a server, and judges what the server makes of it."""
    binary = program("debug")
    with tempfile.TemporaryDirectory() as home:
        serving = Serving(binary, small_home(binary, home), "--no-schedule", *PUBLIC)

        def get(address):
            with urllib.request.urlopen(serving.url + address) as answer:
                return answer.read()

        try:
            download(folder, get)
            print("served")
            served(get)
        finally:
            serving.stop()


def main():
    if sys.argv[1:2] in (["-h"], ["--help"]):
        sys.exit(__doc__)
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path((sys.argv[1:] or [scratch])[0])
        if not sys.argv[1:]:
            serve(folder)
        for step in (sums, data_package, croissant, citation, archive):
            print(step.__name__)
            step(folder)
        print("datasette")
        asyncio.run(look_around(folder, database(folder)))
    if faults:
        sys.exit(f"{len(faults)} faults")
    print("described as it is")


main()
