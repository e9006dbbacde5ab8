"""What is asked: each workload is a list of cases, which every server is asked in its own words."""

import dataclasses
import random
import urllib.parse

from .client import Request, ask

# Cases that are asked in turn where the answers may be kept: enough that no processor keeps them all
# close, few enough that any cache of answers does.
KEPT_CASES = 500
# Lists and searches are larger.
KEPT_LISTS = 50

# Where the deep page begins, as a part of the table.
DEPTH = 0.9

# The same numbers each time, so that two runs ask the same.
SEED = 20261124


@dataclasses.dataclass
class Workload:
    """One sort of question."""

    name: str
    # What it is, for the results.
    told: str
    cases: list
    # Rows that every answer must have; `None` where the answer has no rows to compare.
    rows: int | None = None
    # Whether a row is a line below a first one of names.
    rows_are_lines: bool = False
    status: int = 200
    connections: int = 16
    # Whether whole answers are read one after another, rather than many small ones by wrk.
    is_download: bool = False
    # Whether each run begins with a server that has answered nothing yet.
    is_cold: bool = False
    # Whether no answer may be a kept one: then a run is cold, and asks no case twice.
    is_new: bool = False
    # Whether answers differ so much in size that a few say nothing about the rest.
    is_varied: bool = False
    # Which servers are asked; all that can, where none is named.
    servers: tuple = ()


def kept(release, porchlight):
    """The workloads whose answers may be kept ones. `porchlight` is a server that runs."""
    chosen = random.Random(SEED)
    agencies = chosen.sample(release.agencies, min(KEPT_CASES, len(release.agencies)))
    partnerships = chosen.sample(release.partnerships, min(KEPT_CASES, len(release.partnerships)))
    lists = [list_of(state, kind) for state, kind in release.full_lists[:KEPT_LISTS]]
    records = [agency(id) for id in agencies]
    return [
        Workload("agency", "an agency by its id", records, rows=1),
        Workload("partnership", "a partnership by its id", [partnership(id) for id in partnerships], rows=1),
        Workload("list", "100 agencies of a state and kind", lists, rows=100),
        Workload("deep-page", "100 agencies by name, nine tenths into them", deep_pages(release, porchlight), rows=100),
        Workload("search", "20 agencies by words in their names and places", [search(words) for words in release.frequent_words(KEPT_LISTS)], rows=20),
        Workload("counts", "agencies by state and kind", [counts()], rows=release.groups),
        Workload("unchanged", "an agency the client has: 304", unchanged(records, porchlight), status=304),
        Workload("page", "an agency for people, HTML", pages(agencies[:100], porchlight)),
        Workload("chart", "a chart of the release, SVG", charts(release.name)),
    ]


def agency(id):
    return {"asks": "record", "path": f"/v1/agencies/{id}", "table": "agencies", "id": id}


def partnership(id):
    return {"asks": "record", "path": f"/v1/partnerships/{id}", "table": "partnerships", "id": id}


def in_release(case, release):
    """The same question to the release by its name, which is another answer with other links."""
    return case | {"path": case["path"].replace("/v1/", f"/v1/releases/{release}/", 1)}


def list_of(state, kind, without=None):
    query = {"state": state, "kind": kind, "limit": 100}
    if without is not None:
        query["state__not"] = without
    return {"asks": "list", "path": "/v1/agencies", "query": query, "state": state, "kind": kind, "without": without}


def search(words, state=None, fields=None):
    query = {"q": words, "limit": 20} | ({"state": state} if state else {}) | ({"fields": fields} if fields else {})
    return {"asks": "search", "path": "/v1/agencies", "query": query, "words": words, "state": state}


def counts(without=None):
    query = {"by": "state,kind"}
    if without is not None:
        query["state__not"] = without
    return {"asks": "counts", "path": "/v1/agencies/counts", "query": query, "without": without}


def deep_pages(release, porchlight):
    """The page after the one that ends at the depth, found by walking there as a client does."""
    path, left = "/v1/agencies?sort=name&limit=1000", max(1, int(len(release.agencies) * DEPTH / 1000))
    begin = 1000 * left
    for _ in range(left):
        answer = ask(porchlight.port, Request(path)).json()
        path, last = answer["links"]["next"], answer["data"][-1]
    cases = []
    # The pages from there on, as the walk would go on.
    path = path.replace("limit=1000", "limit=100")
    while len(cases) < 10:
        where, _, query = path.partition("?")
        case = {"asks": "deep-page", "path": where, "query": dict(urllib.parse.parse_qsl(query))}
        cases.append(case | {"after": (last["name"], last["id"]), "skip": begin + 100 * len(cases)})
        answer = ask(porchlight.port, Request(path)).json()
        path, last = answer["links"]["next"], answer["data"][-1]
    return cases


def unchanged(cases, porchlight):
    """The cases, asked by a client that has what they answer."""
    known = []
    for case in cases:
        tag = ask(porchlight.port, Request(case["path"])).header("etag")
        known.append(case | {"asks": "unchanged", "headers": [("If-None-Match", tag)]})
    return known


def pages(ids, porchlight):
    """The page of each agency, whose address holds its name."""
    found = (ask(porchlight.port, Request(f"/agencies/{id}")).header("location") for id in ids)
    return [{"asks": "page", "path": path} for path in found]


CHARTS = ("partners-over-time", "partners-by-state", "disclosures-by-basis", "requests-by-outcome")


def charts(release):
    return [{"asks": "chart", "path": f"/charts/{release}/{name}.svg"} for name in CHARTS]
