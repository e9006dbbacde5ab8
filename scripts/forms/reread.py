#!/usr/bin/env python3
"""usage: reread.py [--packages] SERVER

Reads the exports of a running server again, as others do, and compares them cell by cell with its
NDJSON: CSV by Python's csv and by the rules spreadsheets go by; with --packages also by pandas, and
GeoJSON by geojson, geopandas and the JSON Schema of the served document (requirements.txt).
"""
import csv
import io
import json
import re
import sys
import urllib.error
import urllib.request

RESOURCES = (
    "agencies vendors programs partnerships disclosures reported_totals events sources evidence "
    "issues corrections"
).split()
# Features compared with the schema: each takes some milliseconds.
JUDGED = 1000
# What makes a spreadsheet run a cell, or is skipped before that.
RUN = ("=", "+", "-", "@", "\t", "\r")

# What ends a cell that is not quoted.
END = re.compile(r"[,\n\r]")


def get(server, path):
    with urllib.request.urlopen(server + path, timeout=600) as answer:
        return answer.read().decode()


def text(value):
    """The text of a value in CSV."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, dict)):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return value


class Number(str):
    """A number as CSV has it: JSON also tells that 400.0 need not be whole."""

    def __new__(cls, written):
        return super().__new__(cls, written.removesuffix(".0"))


def lines_of(ndjson):
    """The objects; a line of JSON ends with a newline and with nothing else."""
    lines = ndjson.split("\n")
    assert lines.pop() == "", "the last line has no end"
    return [json.loads(line, parse_int=Number, parse_float=Number) for line in lines]


def spreadsheet_rows(table):
    """The cells by the rules of spreadsheets: a cell that begins with a quote ends at the next
    single one, a doubled one is a quote, and commas and ends of lines in it are text."""
    rows, row, at, size = [], [], 0, len(table)
    while at < size:
        if table[at] == '"':
            parts, at = [], at + 1
            while True:
                end = table.index('"', at)
                parts.append(table[at:end])
                at = end + 1
                if at == size or table[at] != '"':
                    break
                parts.append('"')
                at += 1
            cell = "".join(parts)
        else:
            # Any of the ends of lines that spreadsheets know.
            end = found.start() if (found := END.search(table, at)) else size
            cell, at = table[at:end], end
            assert '"' not in cell, f"a quote in a cell that is not quoted: {cell[:80]!r}"
        row.append(cell)
        if at < size and table[at] == ",":
            at += 1
            if at == size or table[at] in "\r\n":
                row.append("")
            else:
                continue
        assert at == size or table[at] in "\r\n", f"{table[at]!r} after a cell"
        rows.append(row)
        row, at = [], at + (2 if table[at : at + 2] == "\r\n" else 1)
    return rows


def compare(what, expected, found):
    assert len(found) == len(expected), f"{what}: {len(found)} rows, not {len(expected)}"
    for number, (one, other) in enumerate(zip(expected, found)):
        for column, cell, read in zip(expected[0], one, other, strict=True):
            assert cell == read, f"{what}, row {number}, {column}: {read[:200]!r}, not {cell[:200]!r}"


def check_csv(server, resource, packages):
    records = lines_of(get(server, f"/v1/{resource}.ndjson"))
    table = get(server, f"/v1/{resource}.csv")
    header = table.split("\n", 1)[0].split(",")
    expected = [header] + [[text(record[name]) for name in header] for record in records]
    assert all(set(record) == set(header) for record in records), f"{resource}: other columns"
    compare(f"{resource}, csv", expected, list(csv.reader(io.StringIO(table, newline=""), strict=True)))
    compare(f"{resource}, spreadsheet", expected, spreadsheet_rows(table))
    if packages:
        import pandas

        frame = pandas.read_csv(io.BytesIO(table.encode()), dtype=str, keep_default_na=False)
        compare(f"{resource}, pandas", expected, [list(frame.columns)] + frame.to_numpy().tolist())

    # For spreadsheets: a mark, and before what would be run a quote; nothing else differs.
    marked = get(server, f"/v1/{resource}.csv?bom=true")
    assert marked.startswith("\ufeff") and not table.startswith("\ufeff")
    safe = [header]
    for record in records:
        row = []
        for name in header:
            cell, value = text(record[name]), record[name]
            runs = cell.startswith(RUN) and not isinstance(value, (Number, bool))
            row.append("'" + cell if runs else cell)
        safe.append(row)
    compare(f"{resource}, with bom", safe, spreadsheet_rows(marked[1:]))
    neutral = sum(one != other for before, after in zip(expected, safe) for one, other in zip(before, after))
    return len(records), len(records) * len(header), neutral


def check_geojson(server, resource):
    import geojson
    import geopandas
    import jsonschema

    records = [json.loads(line) for line in get(server, f"/v1/{resource}.ndjson").split("\n")[:-1]]
    body = get(server, f"/v1/{resource}.geojson")
    collection = geojson.loads(body)
    # A feature without a place is valid by RFC 7946, section 3.2.
    faults = [f.errors() for f in collection["features"] if f.geometry and not f.geometry.is_valid]
    assert not faults, f"{resource}: {faults[:3]}"
    plain = json.loads(body)
    assert [feature["properties"] for feature in plain["features"]] == records, resource
    for feature in plain["features"]:
        assert feature["id"] == feature["properties"]["id"]
        geometry, properties = feature["geometry"], feature["properties"]
        if "lat" in properties:
            point = [properties["lon"], properties["lat"]]
            expected = None if None in point else {"type": "Point", "coordinates": point}
            assert geometry == expected, feature["id"]

    document = json.loads(get(server, "/openapi.json"))
    answers = document["paths"][f"/{resource}"]["get"]["responses"]["200"]["content"]
    schema = answers["application/geo+json"]["schema"] | {"components": document["components"]}
    some = plain | {"features": plain["features"][:JUDGED]}
    jsonschema.Draft202012Validator(schema).validate(some)

    frame = geopandas.read_file(io.BytesIO(body.encode()))
    assert len(frame) == len(records), f"{resource}: geopandas read {len(frame)}"
    assert list(frame["id"]) == [record["id"] for record in records], resource
    placed = sum(feature["geometry"] is not None for feature in plain["features"])
    assert int(frame.geometry.notna().sum()) == placed, resource
    return placed


def main():
    arguments = sys.argv[1:]
    packages = "--packages" in arguments
    servers = [argument for argument in arguments if argument != "--packages"]
    if len(servers) != 1 or servers[0].startswith("-"):
        sys.exit(__doc__)
    csv.field_size_limit(1 << 30)
    for resource in RESOURCES:
        rows, cells, neutral = check_csv(servers[0], resource, packages)
        line = f"{resource}: {rows} rows, {cells} cells, {neutral} made harmless by bom=true"
        if packages and resource in ("agencies", "partnerships", "disclosures"):
            line += f", {check_geojson(servers[0], resource)} points"
        print(line, flush=True)


main()
