#!/usr/bin/env python3
"""usage: reread.py FOLDER

Opens the files of a release, which lie in the folder, with tools that others wrote, and compares
what they read with the CSV files: one function per tool.
"""
import collections
import csv
import datetime
import json
import pathlib
import sys

import duckdb
import geopandas
import pandas
import pyarrow.parquet

# The types of some columns, as pyarrow and duckdb call them.
WORD, DATE = "dictionary<values=string, indices=int32, ordered=0>", "date32[day]"
TYPES = {
    "agencies": {
        "id": ("string", "VARCHAR"),
        "aliases": ("list<element: string not null>", "VARCHAR[]"),
        "state": (WORD, "VARCHAR"),
        "kind": (WORD, "VARCHAR"),
        "lat": ("double", "DOUBLE"),
        "registered": ("bool", "BOOLEAN"),
        "partnerships": ("int64", "BIGINT"),
    },
    "partnerships": {"started_on": (DATE, "DATE"), "match_score": ("double", "DOUBLE")},
    "evidence": {
        "retrieved_at": ("timestamp[us, tz=UTC]", "TIMESTAMP WITH TIME ZONE"),
        "first_listed_on": (DATE, "DATE"),
        "reported": ("map<string, string ('reported')>", "MAP(VARCHAR, VARCHAR)"),
    },
}
# Partnerships at agencies, as the CSV files have them.
JOIN = """
SELECT count(*) FROM '{folder}/partnerships.parquet' AS p
JOIN '{folder}/agencies.parquet' AS a ON a.id = p.agency_id
"""


class Release:
    """The folder of a release, and the cells of its CSV files."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.manifest = json.loads((self.folder / "manifest.json").read_text())
        self.rows = {table["name"]: table["rows"] for table in self.manifest["tables"]}
        self.records, self.headers = {}, {}
        for table, rows in self.rows.items():
            with open(self.folder / f"{table}.csv", encoding="utf-8", newline="") as lines:
                reader = csv.DictReader(lines, strict=True)
                self.records[table], self.headers[table] = list(reader), reader.fieldnames
            assert len(self.records[table]) == rows, table

    def files(self, suffix):
        """The tables that have a file of this suffix, and where it lies."""
        for table in self.rows:
            path = self.folder / f"{table}.{suffix}"
            if path.exists():
                yield table, path

    def matched(self):
        return sum(record["agency_id"] != "" for record in self.records["partnerships"])


def text(value):
    """The text of a value in CSV; numbers as they are, since text has several forms of them."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime.datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, list) and all(isinstance(pair, tuple) for pair in value) and value:
        value = dict(value)
    if isinstance(value, (list, dict)):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return value


def compare(what, expected, found):
    """Records of CSV, and others by column in any order."""
    assert len(found) == len(expected), f"{what}: {len(found)} rows, not {len(expected)}"
    for one, other in zip(expected, sorted(found, key=lambda record: record["id"])):
        assert list(one) == [name for name in other if name != "geometry"], f"{what}: {list(other)}"
        for column, cell in one.items():
            value = text(other[column])
            same = cell != "" and float(cell) == value if isinstance(value, (int, float)) else cell == value
            # An object without names is an empty list to pyarrow.
            same = same or (cell, value) == ("{}", "[]")
            assert same, f"{what}, {one['id']}, {column}: {value!r:.200}, not {cell!r:.200}"


def check_pyarrow(release):
    for suffix in ("parquet", "geo.parquet"):
        for table, path in release.files(suffix):
            file = pyarrow.parquet.ParquetFile(path)
            about = file.metadata.metadata
            assert about[b"table"] == table.encode(), path
            assert about[b"release"] == release.manifest["release"].encode(), path
            schema = file.schema_arrow
            for column, (expected, _) in TYPES.get(table, {}).items():
                assert str(schema.field(column).type) == expected, f"{path}, {schema.field(column)}"
            assert all(b"description" in field.metadata for field in schema), path
            for group in range(file.num_row_groups):
                columns = file.metadata.row_group(group)
                for place in range(columns.num_columns):
                    column = columns.column(place)
                    assert column.compression == "ZSTD", path
                    if column.path_in_schema != "geometry":
                        assert column.statistics.null_count is not None, column
            compare(path.name, release.records[table], file.read().to_pylist())


def check_duckdb(release):
    connection = duckdb.connect()
    connection.execute("SET timezone = 'UTC'")

    def ask(statement):
        return connection.execute(statement).fetchall()

    for table, path in release.files("parquet"):
        types = {row[0]: row[1] for row in ask(f"DESCRIBE FROM '{path}'")}
        assert list(types) == release.headers[table], path
        for column, (_, expected) in TYPES.get(table, {}).items():
            assert types[column] == expected, f"{path}, {column}: {types[column]}"
        lines = path.with_suffix(".ndjson.gz")
        for source in (f"'{path}'", f"read_json('{lines}', format = 'newline_delimited')"):
            [(count,)] = ask(f"SELECT count(*) FROM {source}")
            assert count == release.rows[table], f"{source}: {count} rows"
        found = [row[0] for row in ask(f"SELECT id FROM '{path}' ORDER BY id")]
        assert found == [record["id"] for record in release.records[table]], path
    [(joined,)] = ask(JOIN.format(folder=release.folder))
    assert joined == release.matched(), f"{joined} partnerships have an agency"
    states = collections.Counter(agency["state"] for agency in release.records["agencies"])
    by_state = f"SELECT state, count(*) FROM '{release.folder}/agencies.parquet' GROUP BY state"
    assert dict(ask(by_state)) == states
    named = f"SELECT id, reported['state'] FROM '{release.folder}/evidence.parquet'"
    said = {e["id"]: json.loads(e["reported"]).get("state") for e in release.records["evidence"]}
    assert dict(ask(named)) == said


def check_pandas(release):
    frames = {}
    for table, path in release.files("parquet"):
        frame = frames[table] = pandas.read_parquet(path)
        table_of_text = pandas.read_csv(path.with_suffix(".csv"), dtype=str, keep_default_na=False)
        lines = pandas.read_json(path.with_suffix(".ndjson.gz"), lines=True)
        assert len(frame) == len(table_of_text) == len(lines) == release.rows[table], path
        assert list(frame.columns) == list(table_of_text.columns), path
        assert sorted(frame["id"]) == list(table_of_text["id"]), path
    assert isinstance(frames["agencies"]["state"].dtype, pandas.CategoricalDtype)
    assert str(frames["evidence"]["retrieved_at"].dtype) == "datetime64[us, UTC]"
    joined = frames["partnerships"].merge(frames["agencies"], left_on="agency_id", right_on="id")
    assert len(joined) == release.matched()


def check_geopandas(release):
    for table, path in release.files("geojson"):
        records = release.records[table]
        features = geopandas.read_file(path)
        points = geopandas.read_parquet(path.with_suffix(".geo.parquet"))
        points = points.sort_values("id", ignore_index=True)
        for frame in (features, points):
            assert list(frame["id"]) == [record["id"] for record in records], path
            # GeoJSON's own system and that of GeoParquet are one: longitude and latitude by WGS 84.
            assert frame.crs.equals("OGC:CRS84") or frame.crs.to_epsg() == 4326, frame.crs
        agencies = {agency["id"]: agency for agency in release.records["agencies"]}
        for record, feature, point in zip(records, features.geometry, points.geometry):
            place = record if table == "agencies" else agencies.get(record["agency_id"], {})
            expected = [float(place[name]) for name in ("lon", "lat") if place.get(name)]
            for geometry in (feature, point):
                found = [] if geometry is None else [geometry.x, geometry.y]
                assert found == expected, f"{path}, {record['id']}: {found}, not {expected}"


TOOLS = (check_pyarrow, check_duckdb, check_pandas, check_geopandas)


def main():
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    csv.field_size_limit(1 << 30)
    release = Release(sys.argv[1])
    for check in TOOLS:
        check(release)
        tool = check.__name__.removeprefix("check_")
        print(f"{tool}: {sum(release.rows.values())} rows are as in CSV", flush=True)


main()
